//! Personal columns, of which those who may not see them see a first letter.

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use quintile::{Error, columns};
use std::sync::Arc;

/// The names among these that say who somebody is.
pub fn personal<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    names.into_iter().filter(|name| columns::find(name).is_some_and(|column| column.personal)).map(str::to_owned).collect()
}

/// The rows with the personal columns masked; an id that is an address is masked too.
pub fn masked(rows: &RecordBatch) -> Result<RecordBatch, Error> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(rows.num_columns());
    for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
        let is_personal = columns::find(field.name()).is_some_and(|column| column.personal);
        columns.push(match field.data_type() {
            DataType::Utf8 if is_personal => texts(column, mask),
            DataType::Utf8 if field.name() == "customer_id" => texts(column, mask_address),
            _ if is_personal => {
                let masked = texts(&cast(column, &DataType::Utf8)?, mask);
                cast(&masked, field.data_type())?
            }
            _ => column.clone(),
        });
    }
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

fn texts(column: &ArrayRef, mask: fn(&str) -> String) -> ArrayRef {
    Arc::new(column.as_string::<i32>().iter().map(|text| text.map(mask)).collect::<StringArray>())
}

/// `a•••@example.com`, `A•••`.
fn mask(text: &str) -> String {
    let first: String = text.chars().take(1).collect();
    match text.rsplit_once('@') {
        Some((_, host)) => format!("{first}•••@{host}"),
        // Of a date even the first digits would say something.
        None if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => "•••".to_owned(),
        None => format!("{first}•••"),
    }
}

fn mask_address(text: &str) -> String {
    if text.contains('@') { mask(text) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_letter_is_left() {
        let cases = [
            ("ada@example.com", "a•••@example.com"),
            ("Ada", "A•••"),
            ("1990-05-31", "•••"),
            ("--05-31", "•••"),
            ("", "•••"),
            ("Ö", "Ö•••"),
        ];
        for (text, expected) in cases {
            assert_eq!(mask(text), expected);
        }
        assert_eq!(mask_address("guest:ada@example.com"), "g•••@example.com");
        assert_eq!(mask_address("17850"), "17850");
    }

    #[test]
    fn only_personal_columns_are_masked() {
        let column = |texts: &[&str]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
        let rows = RecordBatch::try_from_iter([
            ("customer_id", column(&["1", "a@b.c"])),
            ("email", column(&["ada@b.c", "bob@b.c"])),
            ("customer_city", column(&["Rome", "Bonn"])),
        ])
        .unwrap();
        let safe = masked(&rows).unwrap();
        let texts = |at: usize| safe.column(at).as_string::<i32>().iter().flatten().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!([texts(0), texts(1), texts(2)], [["1", "a•••@b.c"], ["a•••@b.c", "b•••@b.c"], ["Rome", "Bonn"]]);
        assert_eq!(personal(["email", "customer_id", "no_such"]), ["email"]);
    }
}
