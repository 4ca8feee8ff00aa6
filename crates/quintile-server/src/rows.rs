//! Rows as JSON, and in the other forms a caller can ask for.

use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rights::Right;
use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use axum::http::{StatusCode, header};
use quintile::cell::{Cells, Value as Cell, plain_decimal};
use quintile::write::{Format, harmless};
use quintile::{Answer, Error, Header};
use serde_json::{Map, Number, Value, json};

/// Forms of rows: media type, suffix, format; `None` is JSON, which goes before the others.
const FORMS: [(&str, &str, Option<Format>); 6] = [
    ("application/json", "json", None),
    ("text/csv", "csv", Some(Format::Csv)),
    ("application/x-ndjson", "jsonl", Some(Format::JsonLines)),
    ("application/vnd.apache.parquet", "parquet", Some(Format::Parquet)),
    ("application/vnd.apache.arrow.stream", "arrows", Some(Format::Arrow)),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", Some(Format::Xlsx)),
];

/// The media type of a format by its suffix.
pub fn media_type(suffix: &str) -> &'static str {
    FORMS.iter().find(|(_, known, _)| *known == suffix).map_or("application/octet-stream", |(media_type, _, _)| media_type)
}

/// An answer in the form that is asked for. Anything but JSON is taken along, and so written down.
pub fn answer(ask: &Ask, name: &str, answer: &Answer) -> Result<Answered, Problem> {
    let (media_type, suffix, format) = form(ask)?;
    let Some(format) = format else { return Ok(answered::json(&table(answer).map_err(|error| ask.problem(&error))?)) };
    ask.must(Right::Export, "taking rows along as a file")?;
    let mut safe = answer.clone();
    if format == Format::Csv {
        safe.rows = harmless(&safe.rows).map_err(|error| ask.problem(&error))?;
    }
    let mut bytes = Vec::new();
    safe.write(format, true, &mut bytes).map_err(|error| ask.problem(&error))?;
    ask.audit("export", name, &format!("{} rows as {suffix}", answer.rows.num_rows()))?;
    Ok(answered::saved_as(answered::bytes(bytes, media_type), &format!("{name}.{suffix}")))
}

/// The first form that the caller takes, by the weights of `Accept`.
fn form(ask: &Ask) -> Result<(&'static str, &'static str, Option<Format>), Problem> {
    let accept = ask.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
    if accept.trim().is_empty() {
        return Ok(FORMS[0]);
    }
    let mut best: Option<(f32, (&'static str, &'static str, Option<Format>))> = None;
    for wanted in accept.split(',') {
        let mut parts = wanted.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        let takes = |media_type: &str| {
            range == "*/*"
                || range == media_type
                || range.strip_suffix("/*").is_some_and(|kind| media_type.starts_with(&format!("{kind}/")))
        };
        if let Some(form) = FORMS.into_iter().find(|(media_type, _, _)| takes(media_type))
            && weight > best.as_ref().map_or(0.0, |(weight, _)| *weight)
        {
            best = Some((weight, form));
        }
    }
    best.map(|(_, form)| form).ok_or_else(|| {
        let known = FORMS.map(|(media_type, _, _)| media_type).join(", ");
        Problem::new(StatusCode::NOT_ACCEPTABLE, "form", format!("rows can be had as {known}; say so in `Accept`"))
    })
}

/// An answer as JSON: what it holds for, its columns, its rows, its notes.
pub fn table(answer: &Answer) -> Result<Value, Error> {
    Ok(json!({
        "header": answer.header.as_ref().map(header_json).transpose()?,
        "columns": columns(&answer.rows),
        "rows": rows(&answer.rows)?,
        "notes": answer.notes,
    }))
}

/// What an answer holds for.
pub fn header_json(header: &Header) -> Result<Value, Error> {
    serde_json::to_value(header).map_err(|error| Error::Answer(error.to_string()))
}

/// Columns with their kinds.
pub fn columns(rows: &RecordBatch) -> Value {
    let schema = rows.schema();
    schema.fields().iter().map(|field| json!({"name": field.name(), "kind": kind(field.name(), field.data_type())})).collect()
}

fn kind(name: &str, of: &DataType) -> &'static str {
    match of {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => "count",
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => "count",
        DataType::Float16 | DataType::Float32 | DataType::Float64 if name.ends_with("share") => "share",
        DataType::Float16 | DataType::Float32 | DataType::Float64 => "number",
        DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) if *scale >= 0 => "amount",
        DataType::Timestamp(_, Some(_)) => "instant",
        DataType::Boolean => "flag",
        DataType::List(of) if *of.data_type() == DataType::Utf8 => "texts",
        // All else is shown as a text.
        _ => "text",
    }
}

/// Rows, each as an object.
pub fn rows(rows: &RecordBatch) -> Result<Value, Error> {
    let columns = rows.columns().iter().map(Cells::of).collect::<Result<Vec<_>, _>>()?;
    let schema = rows.schema();
    let row = |row: usize| -> Value {
        let cells = schema.fields().iter().zip(&columns);
        Value::Object(cells.map(|(field, cells)| (field.name().clone(), cell(cells.get(row)))).collect::<Map<_, _>>())
    };
    Ok((0..rows.num_rows()).map(row).collect())
}

fn cell(value: Cell<'_>) -> Value {
    match value {
        Cell::Missing => Value::Null,
        Cell::Text(text) => Value::from(text.into_owned()),
        Cell::Count(count) => Value::from(count),
        Cell::Number(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Cell::Amount(amount, scale) => Value::from(plain_decimal(amount, scale)),
        Cell::Instant(at) => Value::from(quintile::model::Instant(at).to_iso()),
        Cell::Flag(flag) => Value::from(flag),
        Cell::Texts(texts) => Value::from(texts),
    }
}
