//! Small answers: a few rows under a header, with notes.

use crate::write::{Format, RowWriter};
use crate::{Error, Header};
use arrow::array::{
    Array, ArrayRef, AsArray, Decimal64Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Decimal64Type, Field, Schema};
use quintile_model::records::amount_type;
use quintile_model::{Instant, Money};
use std::io::Write;
use std::sync::Arc;

/// A small answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What it holds for; `None` of a list that holds for no moment.
    pub header: Option<Header>,
    /// The rows.
    pub rows: RecordBatch,
    /// What to say beside them.
    pub notes: Vec<String>,
}

/// A column of a small answer.
pub(crate) struct AnswerColumn(Field, ArrayRef);

impl AnswerColumn {
    fn new(name: &str, array: ArrayRef) -> AnswerColumn {
        AnswerColumn(Field::new(name, array.data_type().clone(), true), array)
    }

    pub(crate) fn text(name: &str, values: impl Iterator<Item = Option<String>>) -> AnswerColumn {
        Self::new(name, Arc::new(values.collect::<StringArray>()))
    }

    pub(crate) fn count(name: &str, values: impl Iterator<Item = Option<u64>>) -> AnswerColumn {
        Self::new(name, Arc::new(values.map(|value| value.map(|value| value as i64)).collect::<Int64Array>()))
    }

    /// Shares are named `…share`, so that a table can show them in hundredths.
    pub(crate) fn share(name: &str, values: impl Iterator<Item = Option<f64>>) -> AnswerColumn {
        Self::new(name, Arc::new(values.collect::<Float64Array>()))
    }

    /// Numbers that are neither counts nor shares.
    pub(crate) fn number(name: &str, values: impl Iterator<Item = Option<f64>>) -> AnswerColumn {
        Self::new(name, Arc::new(values.collect::<Float64Array>()))
    }

    pub(crate) fn instant(name: &str, values: impl Iterator<Item = Option<Instant>>) -> AnswerColumn {
        let instants: TimestampMicrosecondArray = values.map(|value| value.map(|at| at.0)).collect();
        Self::new(name, Arc::new(instants.with_timezone("UTC")))
    }

    pub(crate) fn amount(name: &str, values: impl Iterator<Item = Option<Money>>) -> AnswerColumn {
        let amounts: Decimal64Array = values.map(|value| value.map(|money| money.0)).collect();
        Self::new(name, Arc::new(amounts.with_data_type(amount_type())))
    }
}

impl Answer {
    pub(crate) fn new(header: Header, columns: Vec<AnswerColumn>, notes: Vec<String>) -> Result<Answer, Error> {
        Self::of(Some(header), columns, notes)
    }

    /// Of a moment, or of figures that hold for none.
    pub(crate) fn of(header: Option<Header>, columns: Vec<AnswerColumn>, notes: Vec<String>) -> Result<Answer, Error> {
        Ok(Answer { header, rows: rows(columns)?, notes })
    }

    /// The columns in which no row has a value.
    pub fn empty_columns(&self) -> Vec<&str> {
        let fields = self.rows.schema_ref().fields().iter().zip(self.rows.columns());
        fields.filter(|(_, column)| column.null_count() == column.len()).map(|(field, _)| field.name().as_str()).collect()
    }

    /// A list that holds for no moment.
    pub(crate) fn list(columns: Vec<AnswerColumn>) -> Result<Answer, Error> {
        Ok(Answer { header: None, rows: rows(columns)?, notes: Vec::new() })
    }

    /// The sum of the amounts of a column that are above nought; `None` where there is no such column, or the sum is too
    /// large for an amount.
    pub fn sum_above_nought(&self, name: &str) -> Option<Money> {
        let amounts = self.rows.column_by_name(name)?.as_primitive_opt::<Decimal64Type>()?;
        Money::from_sum(amounts.iter().flatten().filter(|amount| *amount > 0).map(i128::from).sum())
    }

    /// Writes it.
    pub fn write(&self, format: Format, with_names: bool, out: impl Write + Send) -> Result<u64, Error> {
        let mut writer = RowWriter::of(format, with_names, self.rows.schema_ref(), self.header.as_ref(), &self.notes, out)?;
        writer.write(std::slice::from_ref(&self.rows))?;
        writer.finish()
    }
}

/// The sum of a column of amounts.
pub(crate) fn sum_of(answer: &Answer, name: &str) -> Result<Option<Money>, Error> {
    let array = answer.rows.column(answer.rows.schema().index_of(name)?);
    let amounts = array.as_primitive_opt::<Decimal64Type>().ok_or_else(|| Error::Answer(format!("`{name}` holds no amounts")))?;
    Ok(Money::from_sum(amounts.iter().flatten().map(i128::from).sum()))
}

fn rows(columns: Vec<AnswerColumn>) -> Result<RecordBatch, Error> {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().map(|AnswerColumn(field, array)| (field, array)).unzip();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}
