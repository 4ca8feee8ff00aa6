//! The customers that a file of a segment gives as examples, inside and outside, asked by the segment itself.
//!
//! The examples of one segment are a small shop of their own, imported into an empty store that is thrown away, so that they are
//! asked by nothing but what answers for the real one. They are asked as of 2026-01-01 in UTC.

use crate::segment::own::{Meaning, OwnSegment};
use crate::workspace::Workspace;
use crate::{Error, When};
use arrow::array::{
    ArrayRef, BooleanArray, Decimal64Array, DictionaryArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Int32Type};
use quintile_catalog::{Example, ExampleOrder};
use quintile_model::nearest::nearest;
use quintile_model::records::{UTC_OFFSET, amount_type};
use quintile_model::time::DAY_MICROS;
use quintile_model::{Instant, KeyMaker, Money, RecordKind, StoreZone, Touchpoint};
use quintile_segment::{Ask, Plan};
use quintile_store::{FileSource, ImportOptions, ImportedFile, Store};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The moment examples are asked for: 2026-01-01 in UTC.
const AS_OF: Instant = Instant(1_767_225_600_000_000);
const SOURCE: &str = "examples";

/// An example, asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// The segment.
    pub segment: String,
    /// The example in words.
    pub who: String,
    /// Is it given as inside?
    pub inside: bool,
    /// Is it where it is given?
    pub passed: bool,
}

/// Rows of one kind of records, each by the names of its columns.
type Rows = Vec<BTreeMap<String, toml::Value>>;

impl Workspace {
    /// Asks the examples of the user's own segments as their files say; of one alone, or of all.
    pub fn segment_test(&self, name: Option<&str>) -> Result<Vec<Tested>, Error> {
        let segments = match name {
            None => self.own_files()?.segments(&self.segments_folder())?.into_values().collect(),
            Some(name) => match self.own_named(name, Meaning::Files)? {
                Some(segment) => vec![segment],
                None => {
                    let own = self.own(Meaning::Files)?;
                    return Err(Error::UnknownSegment { name: name.to_owned(), nearest: nearest(name, own.keys().map(String::as_str)) });
                }
            },
        };
        let mut tested = Vec::new();
        for segment in segments {
            self.go_on()?;
            tested.extend(self.test_one(&segment)?);
        }
        Ok(tested)
    }

    fn test_one(&self, segment: &OwnSegment) -> Result<Vec<Tested>, Error> {
        let examples: Vec<(&Example, bool)> =
            segment.inside.iter().map(|example| (example, true)).chain(segment.outside.iter().map(|example| (example, false))).collect();
        let vocabulary = self.words_of(Meaning::Files, &[])?;
        let plan = Plan::new(&[Ask::Name(&segment.id)], &vocabulary).map_err(|refused| Error::Segment(Box::new(refused)))?;
        if examples.is_empty() {
            return Ok(Vec::new());
        }
        let folder = tempfile::tempdir().map_err(Error::file("write", std::env::temp_dir()))?;
        let store = Store::create(folder.path())?;
        let wrong = |why: String| Error::Settings { file: self.segments_folder().join(format!("{}.toml", segment.id)), line: None, why };
        import(&store, &examples).map_err(|failed| match failed {
            Failed::Example(why) => wrong(why),
            Failed::Store(error) => error,
        })?;
        let shop = self.beside(folder.path(), store);
        let when = When::AsOf(AS_OF.to_iso());
        let ran = shop.run_program(&shop.stand(&when)?, &when, plan.program())?;
        let members: HashSet<u64> = ran.members.into_iter().flatten().collect();
        let keys = KeyMaker::new(SOURCE);
        let tested = |(at, (example, inside)): (usize, (&Example, bool))| Tested {
            segment: segment.id.clone(),
            who: example.who.clone(),
            inside,
            passed: members.contains(&keys.registered(&customer(at)).0) == inside,
        };
        Ok(examples.into_iter().enumerate().map(tested).collect())
    }
}

/// What examples cannot be is the user's to mend; all else is not.
enum Failed {
    Example(String),
    Store(Error),
}

impl From<quintile_store::StoreError> for Failed {
    fn from(error: quintile_store::StoreError) -> Failed {
        Failed::Store(Error::from(error))
    }
}

/// The id of the example at a place.
fn customer(at: usize) -> String {
    format!("example-{}", at + 1)
}

fn import(store: &Store, examples: &[(&Example, bool)]) -> Result<(), Failed> {
    let mut kinds: BTreeMap<RecordKind, Rows> = BTreeMap::new();
    for (at, (example, _)) in examples.iter().enumerate() {
        describe(&customer(at), example, &mut kinds).map_err(|why| Failed::Example(format!("in the example `{}`: {why}", example.who)))?;
    }
    let options = ImportOptions { now: AS_OF, memory_bytes: 16 << 20, threads: 1 };
    let mut import = store.begin_import(options)?;
    let mut sink = import.sink(FileSource { number: 0, source: SOURCE.to_owned(), document: false });
    for (kind, rows) in &kinds {
        for row in rows {
            // One at a time: what a row does not say is not there at all.
            let batch = record(*kind, row).map_err(Failed::Example)?;
            if let Some(refused) = sink.take(*kind, &batch)?.first() {
                return Err(Failed::Example(format!("a row of {} cannot be taken: {}", kind.name(), refused.reason)));
            }
        }
    }
    sink.finish()?;
    import.resolve()?;
    import.commit(vec![ImportedFile { fingerprint: SOURCE.to_owned(), ..ImportedFile::default() }])?;
    Ok(())
}

/// An example as rows.
fn describe(id: &str, example: &Example, kinds: &mut BTreeMap<RecordKind, Rows>) -> Result<(), String> {
    let text = |value: &str| toml::Value::String(value.to_owned());
    let mut put = |kind: RecordKind, row: Vec<(&str, toml::Value)>| {
        kinds.entry(kind).or_default().push(row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    };
    let mut known = vec![("customer_id", text(id))];
    known.extend(example.known.iter().map(|(name, value)| (name.as_str(), text(value))));
    put(RecordKind::Customers, known);
    for (at, order) in example.orders.iter().enumerate() {
        let ExampleOrder { days_ago, amount, category, product, discount, refund, country } = order;
        let order_id = format!("{id}-{}", at + 1);
        let mut row = vec![("order_id", text(&order_id)), ("customer_id", text(id)), ("at", before(*days_ago)), ("total", text(amount))];
        row.extend(country.iter().map(|country| ("country", text(country))));
        put(RecordKind::Orders, row);
        let less = discount.as_deref().unwrap_or("0");
        let price = money(amount)?.0.saturating_add(money(less)?.0);
        let price = crate::cell::plain_decimal(i128::from(price), 4);
        let mut line = vec![("order_id", text(&order_id)), ("unit_price", text(&price)), ("discount", text(less))];
        line.extend(category.iter().map(|category| ("category", text(category))));
        line.extend(product.iter().map(|product| ("product", text(product))));
        put(RecordKind::Lines, line);
        if let Some(refund) = refund {
            let at = before((days_ago - 1.0).max(0.0));
            let row = vec![("order_id", text(&order_id)), ("customer_id", text(id)), ("at", at), ("amount", text(refund))];
            put(RecordKind::Refunds, row);
        }
    }
    for (at, touch) in example.touches.iter().enumerate() {
        let said = touch.get("kind").and_then(toml::Value::as_str).unwrap_or_default();
        let kind = Touchpoint::ALL.into_iter().find(|kind| kind.name() == said).ok_or_else(|| {
            let known = Touchpoint::ALL.map(|kind| format!("`{}`", kind.name())).join(", ");
            format!("`kind = '{said}'` is nothing that a touch can be; use one of {known}")
        })?;
        let days = touch.get("days_ago").and_then(|days| days.as_float().or(days.as_integer().map(|days| days as f64)));
        let days = days.ok_or_else(|| "a touch lacks `days_ago`, a number of days".to_owned())?;
        let mut row =
            vec![("customer_id", text(id)), ("id", text(&format!("{id}-{kind}-{}", at + 1, kind = kind.name()))), ("at", before(days))];
        let own = touch.iter().filter(|(name, _)| !matches!(name.as_str(), "kind" | "days_ago"));
        row.extend(own.map(|(name, value)| (name.as_str(), value.clone())));
        put(RecordKind::Touchpoint(kind), row);
    }
    Ok(())
}

/// An instant so many days before the moment, in microseconds.
fn before(days: f64) -> toml::Value {
    toml::Value::Integer(AS_OF.0 - (days * DAY_MICROS as f64) as i64)
}

fn money(text: &str) -> Result<Money, String> {
    Money::parse(text).map(|parsed| parsed.money).map_err(|_| format!("`{text}` is no amount; write one such as 12.50"))
}

/// One row as a batch of records.
fn record(kind: RecordKind, row: &BTreeMap<String, toml::Value>) -> Result<RecordBatch, String> {
    let (mut names, mut columns): (Vec<&'static str>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for (name, value) in row {
        let known = kind.columns();
        let Some(column) = known.iter().find(|column| column.name == name) else {
            let meant = nearest(name, known.iter().map(|column| column.name)).map(|name| format!(", did you mean `{name}`?"));
            return Err(format!("{} have no `{name}`{}", kind.name(), meant.unwrap_or_default()));
        };
        let unfit = || format!("`{name}` of {} cannot be {value}", kind.name());
        let text = || value.as_str().map(str::to_owned).or_else(|| value.as_integer().map(|number| number.to_string()));
        let array: ArrayRef = match &column.data_type {
            DataType::Utf8 => Arc::new(StringArray::from(vec![text().ok_or_else(unfit)?])),
            DataType::Dictionary(..) => {
                let text = text().ok_or_else(unfit)?;
                Arc::new([text.as_str()].into_iter().collect::<DictionaryArray<Int32Type>>())
            }
            DataType::Boolean => Arc::new(BooleanArray::from(vec![value.as_bool().ok_or_else(unfit)?])),
            DataType::Int64 => Arc::new(Int64Array::from(vec![value.as_integer().ok_or_else(unfit)?])),
            DataType::Decimal64(..) => {
                let text = text().or_else(|| value.as_float().map(|number| number.to_string())).ok_or_else(unfit)?;
                Arc::new(Decimal64Array::from(vec![money(&text)?.0]).with_data_type(amount_type()))
            }
            DataType::Timestamp(..) => {
                let at = value.as_integer().or_else(|| crate::instant(value.as_str()?).map(|at| at.0)).ok_or_else(unfit)?;
                Arc::new(TimestampMicrosecondArray::from(vec![at]).with_timezone(UTC_OFFSET))
            }
            other => return Err(format!("`{name}` of {} is {other}, which an example cannot give", kind.name())),
        };
        names.push(column.name);
        columns.push(array);
    }
    let schema = kind.schema_of(&names);
    // A schema has the columns in its own order.
    let ordered = schema.fields().iter().filter_map(|field| {
        let at = names.iter().position(|name| name == field.name())?;
        Some(columns[at].clone())
    });
    let ordered = ordered.collect();
    RecordBatch::try_new(schema, ordered).map_err(|error| error.to_string())
}

impl Workspace {
    /// Another store under the same settings and catalogue, in UTC and with nothing left out.
    fn beside(&self, folder: &std::path::Path, store: Store) -> Workspace {
        let mut settings = self.settings.clone();
        settings.zone = StoreZone::utc();
        settings.currency = None;
        settings.leave_out = Default::default();
        self.with_store(folder, settings, store)
    }
}
