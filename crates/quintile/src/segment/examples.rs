//! The customers that a file of a segment gives as examples, inside and outside, asked by the segment itself.
//!
//! Each example is in a shop of its own with the other customers that the file names, imported into an empty store that is thrown
//! away, so that it is asked by nothing but what answers for the real one. All is asked as of 2026-01-01 in UTC.

use crate::segment::own::{Meaning, OwnSegment};
use crate::workspace::Workspace;
use crate::{Error, When};
use arrow::array::{
    ArrayRef, BooleanArray, Decimal64Array, DictionaryArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Int32Type};
use quintile_catalog::{Example, ExampleOrder, ExampleShop};
use quintile_model::ids::normal_email;
use quintile_model::nearest::nearest;
use quintile_model::records::{UTC_OFFSET, amount_type};
use quintile_model::time::DAY_MICROS;
use quintile_model::{Instant, KeyMaker, Money, RecordKind, StoreZone, Touchpoint};
use quintile_segment::{Ask, Plan};
use quintile_store::{FileSource, ImportOptions, ImportedFile, Store};
use std::collections::BTreeMap;
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
    /// What the segment rests on and no example has: a value model, clusters.
    pub without: Vec<String>,
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
        let wrong = |why: String| Error::Settings { file: self.segments_folder().join(format!("{}.toml", segment.id)), line: None, why };
        let when = When::AsOf(AS_OF.to_iso());
        let mut tested = Vec::new();
        for (example, inside) in examples {
            let folder = tempfile::tempdir().map_err(Error::file("write", std::env::temp_dir()))?;
            let store = Store::create(folder.path())?;
            import(&store, example, &segment.shop).map_err(|failed| match failed {
                Failed::Example(why) => wrong(why),
                Failed::Store(error) => error,
            })?;
            let shop = self.beside(folder.path(), store);
            let ran = shop.run_program(&shop.stand(&when)?, plan.program())?;
            let key = Who::of(EXAMPLE, example).key();
            let passed = ran.members.iter().any(|members| members.iter().any(|member| member == key)) == inside;
            let fitted = ran.lacks.iter().flatten().filter_map(|lack| lack.strip_suffix(" fit`)")?.split_once(" (").map(|(what, _)| what));
            let without = fitted.map(str::to_owned).collect();
            tested.push(Tested { segment: segment.id.clone(), who: example.who.clone(), inside, passed, without });
        }
        Ok(tested)
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

/// The id of the example.
const EXAMPLE: &str = "example";

/// How the facts of an example name their customer.
struct Who {
    column: &'static str,
    id: String,
}

impl Who {
    /// By an id; of a guest by an address.
    fn of(id: &str, example: &Example) -> Who {
        match example.guest {
            false => Who { column: "customer_id", id: id.to_owned() },
            true => {
                let email = example.known.get("email").cloned();
                Who { column: "email", id: email.unwrap_or_else(|| format!("{}@example.com", id.replace(' ', "-"))) }
            }
        }
    }

    fn key(&self) -> u64 {
        match self.column {
            "customer_id" => KeyMaker::new(SOURCE).registered(&self.id).0,
            _ => KeyMaker::new("").guest_by_email(&normal_email(&self.id).unwrap_or_default()).0,
        }
    }
}

fn import(store: &Store, example: &Example, shop: &ExampleShop) -> Result<(), Failed> {
    let mut kinds: BTreeMap<RecordKind, Rows> = BTreeMap::new();
    let of = |example: &Example| {
        let who = example.who.clone();
        move |why| Failed::Example(format!("in the example `{who}`: {why}"))
    };
    describe(EXAMPLE, example, &mut kinds).map_err(of(example))?;
    for (place, other) in shop.others.iter().enumerate() {
        for number in 0..other.times {
            describe(&format!("other {place}.{number}"), other, &mut kinds).map_err(of(other))?;
        }
    }
    for (product, days) in &shop.launches {
        let row = [("product", toml::Value::String(product.clone())), ("launched", before(*days))];
        kinds.entry(RecordKind::Products).or_default().push(row.map(|(name, value)| (name.to_owned(), value)).into());
    }
    if let Some(cost) = &shop.ticket_cost {
        for month in 1..=12 {
            // As far back as examples reach.
            for year in 2016..=2025 {
                let period = format!("{year}-{month:02}");
                let row = [("what", "ticket"), ("period", &period), ("amount", cost)];
                let row = row.map(|(name, text)| (name.to_owned(), toml::Value::String(text.to_owned())));
                kinds.entry(RecordKind::Costs).or_default().push(row.into());
            }
        }
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
    let who = Who::of(id, example);
    let named = || (who.column, text(&who.id));
    let mut put = |kind: RecordKind, row: Vec<(&str, toml::Value)>| {
        kinds.entry(kind).or_default().push(row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    };
    if !example.guest {
        let mut known = vec![named()];
        known.extend(example.known.iter().map(|(name, value)| (name.as_str(), text(value))));
        known.extend(example.known_for_days.map(|days| ("at", before(days))));
        put(RecordKind::Customers, known);
    }
    for (at, order) in example.orders.iter().enumerate() {
        let ExampleOrder { days_ago, amount, category, product, discount, refund, country, channel, codes, brand, units } = order;
        let order_id = format!("{id}-{}", at + 1);
        let mut row = vec![("order_id", text(&order_id)), named(), ("at", before(*days_ago)), ("total", text(amount))];
        for (name, value) in [("country", country), ("channel", channel), ("discount_codes", codes)] {
            row.extend(value.iter().map(|value| (name, text(value))));
        }
        put(RecordKind::Orders, row);
        let less = discount.as_deref().unwrap_or("0");
        // The line comes to the amount, so that one unit costs its part of it before the discount.
        let whole = money(amount)?.0.saturating_add(money(less)?.0);
        let price = crate::cell::plain_decimal(i128::from(whole / i64::from((*units).max(1))), 4);
        let units = units.to_string();
        let mut line =
            vec![("order_id", text(&order_id)), ("unit_price", text(&price)), ("discount", text(less)), ("quantity", text(&units))];
        for (name, value) in [("category", category), ("product", product), ("brand", brand)] {
            line.extend(value.iter().map(|value| (name, text(value))));
        }
        put(RecordKind::Lines, line);
        if let Some(refund) = refund {
            let at = before((days_ago - 1.0).max(0.0));
            put(RecordKind::Refunds, vec![("order_id", text(&order_id)), named(), ("at", at), ("amount", text(refund))]);
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
