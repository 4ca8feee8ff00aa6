//! A table handed over by the front door, as the engine sees it.

use crate::error::ScanFailed;
use arrow::array::{ArrayRef, Decimal64Array, Decimal128Array, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Why a table could not be read.
pub type ScanError = Box<dyn std::error::Error + Send + Sync>;

/// The rows of a table, batch by batch.
pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ScanError>> + Send>;

/// Begins to read a table: all columns, or those at these places, in this order.
pub type Scan = Arc<dyn Fn(Option<&[usize]>) -> Result<Batches, ScanError> + Send + Sync>;

/// A table that can be asked about.
#[derive(Clone)]
pub struct SqlTable {
    /// Its name, lower case.
    pub name: String,
    /// Its columns.
    pub schema: SchemaRef,
    /// How to read it. A scan runs on a thread of its own, and stops being asked for batches when no more are needed.
    pub scan: Scan,
}

impl fmt::Debug for SqlTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlTable").field("name", &self.name).field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// Batches on their way from a scan to the engine.
const WAITING_BATCHES: usize = 2;

/// The table with the types the engine computes with: money in 128 bits (it sums and compares those everywhere), repeated
/// texts as views of their values.
#[derive(Debug)]
pub(crate) struct Provider {
    table: Arc<SqlTable>,
    schema: SchemaRef,
}

impl Provider {
    pub(crate) fn of(table: SqlTable) -> Self {
        let schema = engine_schema(&table.schema);
        Provider { table: Arc::new(table), schema }
    }
}

fn engine_schema(schema: &Schema) -> SchemaRef {
    let engine = |field: &Arc<Field>| field.as_ref().clone().with_data_type(engine_type(field.data_type()));
    Arc::new(Schema::new(schema.fields().iter().map(engine).collect::<Vec<_>>()))
}

fn engine_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => DataType::Decimal128(*precision, *scale),
        DataType::Dictionary(_, values) if matches!(**values, DataType::Utf8) => DataType::Utf8View,
        other => other.clone(),
    }
}

#[async_trait]
impl TableProvider for Provider {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => self.schema.clone(),
        };
        let part = Part { table: self.table.clone(), projection: projection.cloned(), schema: schema.clone() };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(part)], None, [], false, limit)?))
    }
}

/// One scan of a table.
#[derive(Debug)]
struct Part {
    table: Arc<SqlTable>,
    projection: Option<Vec<usize>>,
    schema: SchemaRef,
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (table, projection, schema) = (self.table.clone(), self.projection.clone(), self.schema.clone());
        let mut stream = RecordBatchReceiverStreamBuilder::new(schema.clone(), WAITING_BATCHES);
        let sender = stream.tx();
        stream.spawn_blocking(move || {
            let failed =
                |source: ScanError| DataFusionError::External(Box::new(ScanFailed { table: table.name.clone(), source: source.into() }));
            let read = || -> Result<(), DataFusionError> {
                // A count asks for no column at all: read the first, and keep the number of rows.
                let counted = projection.as_ref().is_some_and(Vec::is_empty);
                let columns = if counted { Some(&[0][..]) } else { projection.as_deref() };
                for batch in (table.scan)(columns).map_err(failed)? {
                    let batch = batch.map_err(failed)?;
                    let batch = if counted { rows_only(&batch, &schema) } else { cast_to(&batch, schema.clone()) };
                    let batch = batch.map_err(|e| failed(e.into()))?;
                    if sender.blocking_send(Ok(batch)).is_err() {
                        break; // nobody wants more
                    }
                }
                Ok(())
            };
            catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| Err(failed(panic_error(panic.as_ref()))))
        });
        stream.build()
    }
}

fn panic_error(panic: &(dyn Any + Send)) -> ScanError {
    crate::panic_text(panic).into()
}

fn rows_only(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), Vec::new(), &options)
}

/// The batch with other types of the same columns.
pub(crate) fn cast_to(batch: &RecordBatch, schema: SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns: Result<Vec<ArrayRef>, ArrowError> =
        batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast_column(column, field.data_type())).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema, columns?, &options)
}

fn cast_column(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    match (column.data_type(), to) {
        (from, to) if from == to => Ok(column.clone()),
        // Same scale, wider integers: no rounding and no check.
        (DataType::Decimal64(_, from), DataType::Decimal128(precision, scale)) if from == scale => {
            let narrow = column.as_any().downcast_ref::<Decimal64Array>();
            let wide: Option<Decimal128Array> = narrow.map(|array| array.unary(i128::from));
            match wide {
                Some(wide) => Ok(Arc::new(wide.with_precision_and_scale(*precision, *scale)?)),
                None => cast(column, to),
            }
        }
        _ => cast(column, to),
    }
}
