//! Products: what the source says of them, to fill what lines leave out.

use crate::StoreError;
use crate::run;
use arrow::array::{Array, DictionaryArray, Int32Array, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use quintile_model::columns;
use quintile_model::records::{amount_type, instant_type};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Products by the name that lines call them; the newest commit's word counts.
#[derive(Debug, Default)]
pub(crate) struct Products {
    by_name: HashMap<String, Product>,
}

#[derive(Debug, Default, Clone)]
struct Product {
    category: Option<String>,
    brand: Option<String>,
}

/// The columns of products on disk.
pub(crate) fn schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        Field::new("product", DataType::Utf8, false),
        text("title"),
        text("category"),
        text("brand"),
        text("product_type"),
        Field::new("launched", instant_type(), true),
        Field::new("cost", amount_type(), true),
        Field::new("version", DataType::Int64, false),
    ]))
}

/// Records of products as they are kept.
pub(crate) fn stored_batches(records: &[RecordBatch], version: i64) -> impl Iterator<Item = Result<RecordBatch, StoreError>> {
    run::as_kept(records, schema(), version)
}

impl Products {
    /// Reads the files, oldest first.
    pub fn read(files: &[PathBuf]) -> Result<Products, StoreError> {
        let mut products = Products::default();
        for path in files {
            run::read_plain(path, |batch| {
                let [names, categories, brands] = ["product", "category", "brand"].map(|name| columns::texts(batch, name));
                let text = |column: &StringArray, row: usize| column.is_valid(row).then(|| column.value(row).to_owned());
                for row in 0..batch.num_rows() {
                    let product = products.by_name.entry(names.value(row).to_owned()).or_default();
                    product.category = text(categories, row).or(product.category.take());
                    product.brand = text(brands, row).or(product.brand.take());
                }
                Ok(())
            })?;
        }
        Ok(products)
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Lines with their category and brand, where the line itself has none.
    pub fn fill(&self, lines: RecordBatch) -> Result<RecordBatch, StoreError> {
        if self.is_empty() || lines.column_by_name("product").is_none() {
            return Ok(lines);
        }
        let products = columns::repeated(&lines, "product");
        let known: Vec<Option<&Product>> = products.values().iter().map(|name| self.by_name.get(name.unwrap_or_default())).collect();
        let (schema, mut arrays) = (lines.schema(), lines.columns().to_vec());
        for (name, of) in [("category", category as fn(&Product) -> Option<&str>), ("brand", brand)] {
            let Ok(at) = schema.index_of(name) else { continue };
            if arrays[at].null_count() == 0 {
                continue;
            }
            let own = columns::repeated(&lines, name);
            // The line's own values first, then one value a product that has one.
            let mut values = StringBuilder::new();
            own.values().iter().for_each(|value| values.append_option(value));
            let mut next = own.values().len() as i32;
            let of_product: Vec<Option<i32>> = known
                .iter()
                .map(|product| {
                    let value = product.and_then(of)?;
                    values.append_value(value);
                    next += 1;
                    Some(next - 1)
                })
                .collect();
            let keys: Int32Array = (0..lines.num_rows())
                .map(|row| own.code(row).map(|code| code as i32).or_else(|| products.code(row).and_then(|code| of_product[code])))
                .collect();
            arrays[at] = Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(values.finish())));
        }
        Ok(RecordBatch::try_new(schema, arrays)?)
    }
}

fn category(product: &Product) -> Option<&str> {
    product.category.as_deref()
}

fn brand(product: &Product) -> Option<&str> {
    product.brand.as_deref()
}
