//! Follows a mapping a whole Parquet column at a time: no text is made for a cell that needs none.

use super::Mapping;
use super::beside::{has_words, in_our_words};
use crate::amounts::Decimals;
use crate::emit::Reading;
use crate::error::ConnectError;
use crate::table::cut;
use crate::table::parquet::{BATCH_ROWS, Batches, as_text};
use crate::times::{self, TimeForm};
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Decimal64Array, DictionaryArray, Int32Array, PrimitiveArray, StringArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal64Type, Decimal128Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Schema,
    TimeUnit, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::record_batch::RecordBatch;
use quintile_model::money::{MAX, Money, div_half_even};
use quintile_model::{RecordKind, StoreZone};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Can the mapping be followed by columns? Not where a record needs more than its own columns, copied.
pub(crate) fn possible(mapping: &Mapping, schema: &Schema) -> bool {
    let derived = |kind, column| mapping.source_of(kind, column).is_some();
    let simple = mapping.decimals == Decimals::Point
        && mapping.always.is_empty()
        && mapping.kinds.iter().all(|kind| kind.columns().iter().all(|column| mapping.sources_of(*kind, column.name).count() < 2))
        && !derived(RecordKind::Orders, "status")
        && !derived(RecordKind::Orders, "full_name")
        && !derived(RecordKind::Customers, "full_name")
        && !derived(RecordKind::Customers, "email_consent")
        && !derived(RecordKind::Customers, "sms_consent")
        && !derived(RecordKind::Customers, "birthday")
        && !mapping.kinds.contains(&RecordKind::Costs)
        && mapping.kinds.iter().all(|kind| kind.columns().iter().all(|column| !column.required || derived(*kind, column.name)))
        && !derived(RecordKind::Lines, "amount")
        && (!mapping.kinds.contains(&RecordKind::Orders) || mapping.has_order_ids());
    simple
        && mapping.columns.iter().filter(|column| !column.to.is_empty()).all(|column| {
            schema.field_with_name(&column.from).is_ok_and(|field| {
                column.to.iter().all(|target| {
                    target.kind.column(target.column).is_some_and(|wanted| convertible(field.data_type(), &wanted.data_type, column.times))
                })
            })
        })
}

fn convertible(from: &DataType, to: &DataType, form: TimeForm) -> bool {
    let text = matches!(from, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        || matches!(from, DataType::Dictionary(_, value) if matches!(**value, DataType::Utf8 | DataType::LargeUtf8));
    match to {
        DataType::Timestamp(..) => {
            matches!(from, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
                || text
                || (from.is_integer() && form != TimeForm::Spreadsheet)
        }
        DataType::Decimal64(..) => {
            from.is_integer()
                || matches!(
                    from,
                    DataType::Float32 | DataType::Float64 | DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..)
                )
                || text
        }
        DataType::Boolean => *from == DataType::Boolean,
        DataType::Int64 => from.is_integer(),
        _ => text || from.is_integer() || matches!(from, DataType::Float32 | DataType::Float64 | DataType::Boolean),
    }
}

/// Reads some row groups by a mapping.
pub(crate) fn read(
    path: &Path,
    mapping: &Mapping,
    row_groups: Option<Vec<usize>>,
    zone: &StoreZone,
    limit: Option<u64>,
    first_row: u64,
    reading: &mut Reading<'_>,
) -> Result<(), ConnectError> {
    let own_zone = mapping.zone.as_deref().and_then(|name| StoreZone::named(name).ok());
    let zone = own_zone.as_ref().unwrap_or(zone);
    let flat = mapping.kinds.contains(&RecordKind::Orders) && mapping.kinds.contains(&RecordKind::Lines);
    let footer = crate::table::parquet::footer(path)?;
    let wishes: Vec<_> = mapping
        .columns
        .iter()
        .filter(|column| !column.to.is_empty())
        .map(|column| (column.from.clone(), wish(mapping, &column.from, &footer.schema)))
        .collect();
    let batch_rows = limit.map_or(BATCH_ROWS, |limit| usize::try_from(limit).unwrap_or(BATCH_ROWS).clamp(1, BATCH_ROWS));
    let mut batches = Batches::open(path, &wishes, row_groups, batch_rows)?;
    let mut previous = None;
    let mut row = first_row;
    while let Some(batch) = batches.next()? {
        read_batch(&batch, mapping, zone, flat, row, &mut previous, reading)?;
        row += batch.num_rows() as u64;
        if !reading.counted(batch.num_rows() as u64)? {
            break;
        }
    }
    Ok(())
}

/// The type in which a column would best be read.
fn wish(mapping: &Mapping, from: &str, schema: &Schema) -> Option<DataType> {
    let stored = schema.field_with_name(from).ok()?.data_type().clone();
    let column = mapping.columns.iter().find(|column| column.from == from)?;
    let wanted = column.to.first().and_then(|target| target.kind.column(target.column))?.data_type;
    match (&stored, &wanted) {
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, DataType::Dictionary(..)) => Some(wanted),
        (DataType::Dictionary(_, value), DataType::Dictionary(..)) if **value == DataType::Utf8 => Some(wanted),
        (DataType::LargeUtf8 | DataType::Utf8View, DataType::Utf8) => Some(DataType::Utf8),
        (DataType::Decimal128(precision, scale), DataType::Decimal64(..)) if *precision <= 18 => {
            Some(DataType::Decimal64(*precision, *scale))
        }
        _ => None,
    }
}

/// The order handed over last.
type Previous = Option<(String, i64)>;

fn read_batch(
    batch: &RecordBatch,
    mapping: &Mapping,
    zone: &StoreZone,
    flat: bool,
    first_row: u64,
    previous: &mut Previous,
    reading: &mut Reading<'_>,
) -> Result<(), ConnectError> {
    let mut done: HashMap<(&str, DataType, &str), ArrayRef> = HashMap::new();
    let mut bad: Vec<Bad> = Vec::new();
    let mut made: Vec<(RecordKind, RecordBatch)> = Vec::new();
    for kind in &mapping.kinds {
        let mut names = Vec::new();
        let mut arrays = Vec::new();
        for wanted in kind.columns() {
            let Some(column) = mapping.source_of(*kind, wanted.name) else { continue };
            let array = batch.column_by_name(&column.from).ok_or_else(|| failed(format!("the column `{}` is gone", column.from)))?;
            let key = (column.from.as_str(), wanted.data_type.clone(), if has_words(*kind, wanted.name) { wanted.name } else { "" });
            let converted = match done.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let mut wrong = Wrongs { column: &column.from, bad: &mut bad };
                    let converted = match &wanted.data_type {
                        DataType::Timestamp(..) => instants(array, column.times, zone, &mut wrong)?,
                        DataType::Decimal64(..) => amounts(array, reading, &mut wrong)?,
                        DataType::Boolean => array.clone(),
                        DataType::Int64 => cast(array, &DataType::Int64).map_err(|error| failed(error.to_string()))?,
                        DataType::Dictionary(..) if has_words(*kind, wanted.name) => {
                            in_words(&repeated(array)?, *kind, wanted.name, &mut wrong)?
                        }
                        DataType::Dictionary(..) => repeated(array)?,
                        _ => texts(array)?,
                    };
                    done.insert(key, converted.clone());
                    converted
                }
            };
            if wanted.required && converted.null_count() > 0 {
                for row in (0..converted.len()).filter(|row| converted.is_null(*row)) {
                    if !bad.iter().any(|bad| bad.row == row) {
                        bad.push(Bad { row, column: column.from.clone(), reason: format!("the row has no value for `{}`", column.from) });
                    }
                }
            }
            names.push(wanted.name);
            arrays.push(converted);
        }
        // Required columns are declared so once refused rows are out.
        let open: Vec<_> =
            kind.schema_of(&names).fields().iter().map(|field| Arc::new(field.as_ref().clone().with_nullable(true))).collect();
        made.push((*kind, RecordBatch::try_new(Arc::new(Schema::new(open)), arrays).map_err(|error| failed(error.to_string()))?));
    }
    let good = if bad.is_empty() { None } else { Some(refuse(batch, bad, first_row, reading)?) };
    for (kind, made) in made {
        let mut made = match &good {
            Some(good) => filter_record_batch(&made, good).map_err(|error| failed(error.to_string()))?,
            None => made,
        };
        if flat && kind == RecordKind::Orders {
            made = without_repeats(&made, previous)?;
        }
        if made.num_rows() == 0 {
            continue;
        }
        let names: Vec<_> = made.schema().fields().iter().map(|field| field.name().clone()).collect();
        let schema = kind.schema_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let made = RecordBatch::try_new(schema, made.columns().to_vec()).map_err(|error| failed(error.to_string()))?;
        reading.sink.records(kind, made)?;
    }
    Ok(())
}

fn failed(why: String) -> ConnectError {
    ConnectError::Sink(quintile_model::records::SinkError::Failed(why.into()))
}

/// A cell that could not be read.
struct Bad {
    row: usize,
    column: String,
    reason: String,
}

struct Wrongs<'a> {
    column: &'a str,
    bad: &'a mut Vec<Bad>,
}

impl Wrongs<'_> {
    fn add(&mut self, row: usize, reason: String) {
        self.bad.push(Bad { row, column: self.column.to_owned(), reason });
    }
}

/// Refuses rows, each once and for its first reason, and gives the rows that remain.
fn refuse(batch: &RecordBatch, mut bad: Vec<Bad>, first_row: u64, reading: &mut Reading<'_>) -> Result<BooleanArray, ConnectError> {
    bad.sort_by_key(|bad| bad.row);
    bad.dedup_by_key(|bad| bad.row);
    let mut good = vec![true; batch.num_rows()];
    for bad in bad {
        good[bad.row] = false;
        let mut shown = String::new();
        for array in batch.columns() {
            let value = as_text(&array.slice(bad.row, 1)).ok().filter(|text| text.is_valid(0)).map(|text| text.value(0).to_owned());
            if !shown.is_empty() {
                shown.push(',');
            }
            shown.push_str(&value.unwrap_or_default());
        }
        reading.refuse(first_row + bad.row as u64 + 1, Some(&bad.column), bad.reason, cut(shown))?;
    }
    Ok(BooleanArray::from(good))
}

/// Orders of rows that follow each other, once each; once more where the time changes.
fn without_repeats(orders: &RecordBatch, previous: &mut Previous) -> Result<RecordBatch, ConnectError> {
    let (Some(ids), Some(times)) = (
        orders.column_by_name("order_id").and_then(|ids| ids.as_string_opt::<i32>()),
        orders.column_by_name("at").and_then(|at| at.as_primitive_opt::<TimestampMicrosecondType>()),
    ) else {
        return Ok(orders.clone());
    };
    let rows = orders.num_rows();
    let keep = BooleanBuffer::collect_bool(rows, |row| match row {
        0 => previous.as_ref().is_none_or(|(id, at)| id != ids.value(0) || *at != times.value(0)),
        _ => times.value(row) != times.value(row - 1) || ids.value(row) != ids.value(row - 1),
    });
    if rows > 0 {
        *previous = Some((ids.value(rows - 1).to_owned(), times.value(rows - 1)));
    }
    filter_record_batch(orders, &BooleanArray::new(keep, None)).map_err(|error| failed(error.to_string()))
}

/// Texts, each of its own: ids and names.
fn texts(array: &ArrayRef) -> Result<ArrayRef, ConnectError> {
    Ok(match array.data_type() {
        DataType::Utf8 => trimmed(array.as_string::<i32>()),
        DataType::Int8 => digits::<Int8Type>(array),
        DataType::Int16 => digits::<Int16Type>(array),
        DataType::Int32 => digits::<Int32Type>(array),
        DataType::Int64 => digits::<Int64Type>(array),
        DataType::UInt8 => digits::<UInt8Type>(array),
        DataType::UInt16 => digits::<UInt16Type>(array),
        DataType::UInt32 => digits::<UInt32Type>(array),
        DataType::UInt64 => digits::<UInt64Type>(array),
        _ => trimmed(&as_text(array).map_err(|error| failed(error.to_string()))?),
    })
}

/// Without spaces around, and null where nothing is left; untouched where nothing changes.
fn trimmed(texts: &StringArray) -> ArrayRef {
    if is_clean(texts) {
        return Arc::new(texts.clone());
    }
    Arc::new(texts.iter().map(|text| text.map(str::trim).filter(|text| !text.is_empty())).collect::<StringArray>())
}

fn is_clean(texts: &StringArray) -> bool {
    texts.iter().all(|text| {
        text.is_none_or(|text| !text.is_empty() && !text.starts_with(char::is_whitespace) && !text.ends_with(char::is_whitespace))
    })
}

/// Whole numbers as texts; equal neighbours, as in lines of one order, are written by copying.
fn digits<T: ArrowPrimitiveType>(array: &ArrayRef) -> ArrayRef
where
    T::Native: Into<i128> + PartialEq,
{
    let values = array.as_primitive::<T>();
    let mut bytes = Vec::with_capacity(values.len() * 10);
    let mut offsets = Vec::with_capacity(values.len() + 1);
    offsets.push(0i32);
    let mut last: Option<(T::Native, std::ops::Range<usize>)> = None;
    for (row, value) in values.values().iter().enumerate() {
        if values.is_valid(row) {
            match &last {
                Some((known, range)) if known == value => bytes.extend_from_within(range.clone()),
                _ => {
                    let start = bytes.len();
                    write_digits((*value).into(), &mut bytes);
                    last = Some((*value, start..bytes.len()));
                }
            }
        }
        offsets.push(bytes.len() as i32);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    // 64 thousand numbers of at most twenty digits never reach the end of an offset.
    StringArray::try_new(offsets, Buffer::from_vec(bytes), values.nulls().cloned())
        .map_or_else(|_| arrow::array::new_null_array(&DataType::Utf8, array.len()), |texts| Arc::new(texts) as ArrayRef)
}

fn write_digits(value: i128, bytes: &mut Vec<u8>) {
    if value < 0 {
        bytes.push(b'-');
    }
    let Ok(mut rest) = u64::try_from(value.unsigned_abs()) else { return };
    let mut buffer = [0u8; 20];
    let mut start = buffer.len();
    loop {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    bytes.extend_from_slice(&buffer[start..]);
}

/// Texts that repeat, as codes into a list.
fn repeated(array: &ArrayRef) -> Result<ArrayRef, ConnectError> {
    let wanted = quintile_model::records::repeated_text_type();
    Ok(match array.data_type() {
        // Spaces and blanks are looked for in the list alone; where there are some, the texts are made anew.
        same if *same == wanted && array.as_any_dictionary().values().as_string_opt::<i32>().is_some_and(is_clean) => array.clone(),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
            codes(cast(array, &DataType::Int32).map_err(|error| failed(error.to_string()))?.as_primitive::<Int32Type>())
        }
        _ => {
            let texts = texts(array)?;
            cast(&texts, &wanted).map_err(|error| failed(error.to_string()))?
        }
    })
}

/// Texts that repeat, each in our words.
fn in_words(array: &ArrayRef, kind: RecordKind, column: &str, wrong: &mut Wrongs<'_>) -> Result<ArrayRef, ConnectError> {
    let list = array.as_dictionary::<Int32Type>();
    let Some(values) = list.values().as_string_opt::<i32>() else { return Ok(array.clone()) };
    let ours: Vec<Result<&str, String>> = values.iter().map(|value| in_our_words(kind, column, value.unwrap_or_default())).collect();
    if ours.iter().any(Result::is_err) {
        for (row, code) in list.keys().iter().enumerate() {
            if let Some(Err(why)) = code.map(|code| &ours[code as usize]) {
                wrong.add(row, why.clone());
            }
        }
    }
    let values: StringArray = ours.iter().map(|word| word.as_ref().ok().copied()).collect();
    let array = DictionaryArray::<Int32Type>::try_new(list.keys().clone(), Arc::new(values));
    array.map(|array| Arc::new(array) as ArrayRef).map_err(|error| failed(error.to_string()))
}

/// The widest range of numbers that gets a table; wider ones go through a map.
const TABLE_OF_CODES: i64 = 1 << 20;

/// Whole numbers as codes into the list of those that occur.
fn codes(values: &Int32Array) -> ArrayRef {
    let (lowest, highest) = values.iter().flatten().fold((i32::MAX, i32::MIN), |(low, high), value| (low.min(value), high.max(value)));
    let mut list: Vec<i32> = Vec::new();
    let mut keys: Vec<i32> = Vec::with_capacity(values.len());
    if i64::from(highest) - i64::from(lowest) < TABLE_OF_CODES && lowest <= highest {
        let mut table = vec![-1i32; (i64::from(highest) - i64::from(lowest) + 1) as usize];
        for (row, value) in values.values().iter().enumerate() {
            if values.is_null(row) {
                keys.push(0);
                continue;
            }
            let code = &mut table[(i64::from(*value) - i64::from(lowest)) as usize];
            if *code < 0 {
                *code = list.len() as i32;
                list.push(*value);
            }
            keys.push(*code);
        }
    } else {
        let mut table: HashMap<i32, i32> = HashMap::new();
        for (row, value) in values.values().iter().enumerate() {
            if values.is_null(row) {
                keys.push(0);
                continue;
            }
            keys.push(*table.entry(*value).or_insert_with(|| {
                list.push(*value);
                list.len() as i32 - 1
            }));
        }
    }
    let list = digits::<Int32Type>(&(Arc::new(Int32Array::from(list)) as ArrayRef));
    let keys = Int32Array::new(ScalarBuffer::from(keys), values.nulls().cloned());
    DictionaryArray::<Int32Type>::try_new(keys, list).map_or_else(
        |_| arrow::array::new_null_array(&quintile_model::records::repeated_text_type(), values.len()),
        |array| Arc::new(array) as ArrayRef,
    )
}

/// Amounts of four decimals.
fn amounts(array: &ArrayRef, reading: &mut Reading<'_>, wrong: &mut Wrongs<'_>) -> Result<ArrayRef, ConnectError> {
    let (values, nulls) = match array.data_type() {
        DataType::Decimal64(_, 4) => {
            let values = array.as_primitive::<Decimal64Type>();
            (values.values().clone(), values.nulls().cloned())
        }
        DataType::Decimal32(..) | DataType::Decimal64(..) => {
            let wide = cast(array, &DataType::Decimal128(38, scale_of(array.data_type()))).map_err(|error| failed(error.to_string()))?;
            return amounts(&wide, reading, wrong);
        }
        DataType::Decimal128(_, scale) => {
            let values = array.as_primitive::<Decimal128Type>();
            let scale = i32::from(*scale);
            let factor = 10i128.pow(scale.abs_diff(4).min(38));
            scaled(
                values,
                wrong,
                |value| {
                    if scale <= 4 {
                        value.checked_mul(factor).map(|value| (value, false))
                    } else {
                        Some((div_half_even(value, factor), value % factor != 0))
                    }
                },
                reading,
            )
        }
        DataType::Int32 => {
            let values = array.as_primitive::<Int32Type>();
            (values.values().iter().map(|value| i64::from(*value) * quintile_model::money::UNIT).collect(), values.nulls().cloned())
        }
        data_type if data_type.is_integer() => {
            let wide = cast(array, &DataType::Decimal128(38, 0)).map_err(|error| failed(error.to_string()))?;
            return amounts(&wide, reading, wrong);
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            floats((0..values.len()).map(|row| values.is_valid(row).then(|| values.value(row))), |value| value.to_string(), reading, wrong)
        }
        // A narrow float too, by its own shortest form: 2.55, and not 2.5499999523.
        _ => parsed(&as_text(array).map_err(|error| failed(error.to_string()))?, reading, wrong),
    };
    let array = Decimal64Array::new(values, nulls).with_data_type(quintile_model::records::amount_type());
    Ok(Arc::new(array))
}

fn scale_of(data_type: &DataType) -> i8 {
    match data_type {
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => *scale,
        _ => 0,
    }
}

type Amounts = (ScalarBuffer<i64>, Option<NullBuffer>);

fn scaled(
    values: &PrimitiveArray<Decimal128Type>,
    wrong: &mut Wrongs<'_>,
    scale: impl Fn(i128) -> Option<(i128, bool)>,
    reading: &mut Reading<'_>,
) -> Amounts {
    let mut amounts = Vec::with_capacity(values.len());
    for (row, value) in values.values().iter().enumerate() {
        match scale(*value).filter(|(amount, _)| amount.unsigned_abs() <= MAX as u128) {
            _ if values.is_null(row) => amounts.push(0),
            Some((amount, rounded)) => {
                reading.summary.rounded_amounts += u64::from(rounded);
                amounts.push(amount as i64);
            }
            None => {
                wrong.add(row, format!("`{}` is not an amount: too large", values.value_as_string(row)));
                amounts.push(0);
            }
        }
    }
    (ScalarBuffer::from(amounts), values.nulls().cloned())
}

fn floats(
    values: impl Iterator<Item = Option<f64>>,
    shortest: impl Fn(f64) -> String,
    reading: &mut Reading<'_>,
    wrong: &mut Wrongs<'_>,
) -> Amounts {
    let mut amounts = Vec::new();
    let mut valid = Vec::new();
    for (row, value) in values.enumerate() {
        valid.push(value.is_some());
        let Some(value) = value else {
            amounts.push(0);
            continue;
        };
        // A float that its nearest four-decimal number gives back is that number by its shortest form.
        let nearest = (value * 10_000.0).round();
        if nearest.abs() < 1e15 && nearest / 10_000.0 == value {
            amounts.push(nearest as i64);
            continue;
        }
        let text = if value.abs() < 1e30 { shortest(value) } else { format!("{value:e}") };
        amounts.push(one_amount(&text, row, reading, wrong));
    }
    (ScalarBuffer::from(amounts), Some(NullBuffer::from(valid)))
}

fn parsed(texts: &StringArray, reading: &mut Reading<'_>, wrong: &mut Wrongs<'_>) -> Amounts {
    let mut amounts = Vec::with_capacity(texts.len());
    let mut valid = Vec::with_capacity(texts.len());
    for row in 0..texts.len() {
        let text = if texts.is_valid(row) { texts.value(row).trim() } else { "" };
        valid.push(!text.is_empty());
        amounts.push(if text.is_empty() { 0 } else { one_amount(text, row, reading, wrong) });
    }
    (ScalarBuffer::from(amounts), Some(NullBuffer::from(valid)))
}

fn one_amount(text: &str, row: usize, reading: &mut Reading<'_>, wrong: &mut Wrongs<'_>) -> i64 {
    let parsed =
        Money::parse(text).or_else(|why| crate::amounts::plain(text, Decimals::Point).ok_or(why).and_then(|plain| Money::parse(&plain)));
    match parsed {
        Ok(parsed) => {
            reading.summary.rounded_amounts += u64::from(parsed.rounded);
            parsed.money.0
        }
        Err(why) => {
            wrong.add(row, format!("`{}` is not an amount: {why}", crate::emit::brief(text)));
            0
        }
    }
}

/// Instants in microseconds; wall clocks without a zone by the store's.
fn instants(array: &ArrayRef, form: TimeForm, zone: &StoreZone, wrong: &mut Wrongs<'_>) -> Result<ArrayRef, ConnectError> {
    let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
    let by_wall = |walls: &TimestampMicrosecondArray| -> ScalarBuffer<i64> {
        if zone.name() == "UTC" {
            walls.values().clone()
        } else {
            walls.values().iter().map(|wall| times::wall_to_instant(*wall, zone)).collect()
        }
    };
    let (values, nulls): Amounts = match array.data_type() {
        DataType::Timestamp(_, None) => {
            let walls = cast(array, &micros).map_err(|error| failed(error.to_string()))?;
            let walls = walls.as_primitive::<TimestampMicrosecondType>();
            (by_wall(walls), walls.nulls().cloned())
        }
        DataType::Timestamp(..) => {
            let instants = cast(array, &quintile_model::records::instant_type()).map_err(|error| failed(error.to_string()))?;
            let instants = instants.as_primitive::<TimestampMicrosecondType>();
            (instants.values().clone(), instants.nulls().cloned())
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>();
            (
                days.values().iter().map(|day| times::wall_to_instant(i64::from(*day).saturating_mul(86_400_000_000), zone)).collect(),
                days.nulls().cloned(),
            )
        }
        DataType::Date64 => {
            let millis = array.as_primitive::<Date64Type>();
            (
                millis.values().iter().map(|milli| times::wall_to_instant(milli.saturating_mul(1000), zone)).collect(),
                millis.nulls().cloned(),
            )
        }
        _ => {
            let texts = as_text(array).map_err(|error| failed(error.to_string()))?;
            let mut values = MutableBuffer::new(texts.len() * 8);
            let mut valid = Vec::with_capacity(texts.len());
            for row in 0..texts.len() {
                let text = if texts.is_valid(row) { texts.value(row).trim() } else { "" };
                valid.push(!text.is_empty());
                let value = match times::parse(text, form) {
                    _ if text.is_empty() => 0,
                    Ok(written) => written.instant(zone),
                    Err(why) => {
                        wrong.add(row, format!("`{}` is {why}", crate::emit::brief(text)));
                        0
                    }
                };
                values.push(value);
            }
            (ScalarBuffer::from(Buffer::from(values)), Some(NullBuffer::from(valid)))
        }
    };
    // Placeholders such as the year 1 or 9999 are no times of commerce.
    let sound = -2_208_988_800_000_000..7_258_118_400_000_000;
    if !values.iter().all(|value| sound.contains(value)) {
        for (row, value) in values
            .iter()
            .enumerate()
            .filter(|(row, value)| !sound.contains(value) && nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row)))
        {
            wrong.add(row, format!("`{}` is not a time between the years 1900 and 2200", times::wall_text(*value)));
        }
    }
    let array = TimestampMicrosecondArray::new(values, nulls).with_timezone(quintile_model::records::UTC_OFFSET);
    Ok(Arc::new(array))
}
