//! A few customers, written down so that one can read them.
//!
//! ```
//! use quintile_testkit::shop::{Order, Person, Shop};
//!
//! let shop = Shop::of([
//!     Person::new("ada")
//!         .order(Order::on("2026-01-05 10:00").line("tea", "drinks", 2, "3.50").line("mug", "kitchen", 1, "8"))
//!         .order(Order::on("2026-02-01").line("tea", "drinks", 1, "3.50").refund("2026-02-03", "3.50")),
//!     Person::new("ben").refund("2026-01-02", "12"),
//! ]);
//! assert_eq!(shop.batch().orders.len(), 2);
//! ```
//!
//! Times are in UTC; amounts and quantities are decimal. A mistake in a shop panics: it is a mistake in a test.

use crate::touches::{self, Touches};
use arrow::array::{
    ArrayRef, BooleanArray, Decimal64Array, DictionaryArray, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray, UInt32Array,
    UInt64Array, new_null_array,
};
use arrow::datatypes::{DataType, Int32Type, SchemaRef};
use arrow::record_batch::RecordBatch;
use quintile_model::batch::{CustomerBatch, Facts, NO_ORDER};
use quintile_model::{FactKind, KeyMaker, Money, Touchpoint};
use std::sync::Arc;

/// Some customers.
#[derive(Debug, Clone, Default)]
pub struct Shop {
    /// The customers, in any order.
    pub people: Vec<Person>,
    /// Lists of repeated texts hold each text once for every row, as lists put together from several files do.
    pub repeat_texts: bool,
}

/// A customer with all facts.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// The key; made from the first id where it is 0.
    pub key: u64,
    /// What is known, oldest first.
    pub known: Vec<Known>,
    /// Orders, in any order.
    pub orders: Vec<Order>,
    /// Refunds of no order.
    pub refunds: Vec<Refund>,
    /// Lines of no order.
    pub lines: Vec<Line>,
    /// What they did beside ordering.
    pub touched: Touches,
}

/// One row of what is known of a customer.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of customers are")]
pub struct Known {
    pub id: String,
    pub source: String,
    pub registered: bool,
    pub at: Option<i64>,
    pub version: i64,
    pub email: Option<String>,
    pub language: Option<String>,
    pub tags: Option<String>,
    pub account_status: Option<String>,
    pub email_consent: Option<String>,
    pub sms_consent: Option<String>,
    pub country: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postcode: Option<String>,
    pub company: Option<String>,
    pub gender: Option<String>,
    pub birthday: Option<String>,
    pub organisation_type: Option<String>,
    pub acquisition_source: Option<String>,
    pub acquisition_campaign: Option<String>,
    pub lead_source: Option<String>,
}

/// An order.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of orders are")]
pub struct Order {
    /// The id in the source `shop`, by which a cart names it.
    pub id: Option<String>,
    pub at: i64,
    pub standing: Option<&'static str>,
    pub currency: Option<String>,
    pub total: Option<i64>,
    pub discount: Option<i64>,
    pub channel: Option<String>,
    pub discount_codes: Option<String>,
    pub country: Option<String>,
    pub lines: Vec<Line>,
    pub refunds: Vec<Refund>,
    pub cancelled: Option<i64>,
}

/// A line; amounts and quantity in ten-thousandths.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of lines are")]
pub struct Line {
    pub kind: Option<&'static str>,
    pub product: Option<String>,
    pub category: Option<String>,
    pub brand: Option<String>,
    pub quantity: i64,
    pub discount: i64,
    pub amount: i64,
}

/// A refund; the amount in ten-thousandths.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of refunds are")]
pub struct Refund {
    pub at: i64,
    pub amount: i64,
    pub currency: Option<String>,
}

/// A time in UTC, as `2026-01-05` or `2026-01-05 10:00`, in microseconds.
pub fn time(text: &str) -> i64 {
    let wall: jiff::civil::DateTime = text.parse().unwrap_or_else(|error| panic!("`{text}` is no time: {error}"));
    wall.to_zoned(jiff::tz::TimeZone::UTC).unwrap_or_else(|error| panic!("`{text}` is no time: {error}")).timestamp().as_microsecond()
}

/// An amount in ten-thousandths.
pub fn amount(text: &str) -> i64 {
    Money::parse(text).unwrap_or_else(|error| panic!("`{text}` is no amount: {error}")).money.0
}

impl Person {
    /// A registered customer of the source `shop`, of whom no more is known.
    pub fn new(id: &str) -> Self {
        let known = Known { id: id.into(), source: "shop".into(), registered: true, ..Known::default() };
        Person { known: vec![known], ..Person::default() }
    }

    /// Changes the last row of what is known.
    pub fn know(mut self, change: impl FnOnce(&mut Known)) -> Self {
        change(self.known.last_mut().expect("a person has a row"));
        self
    }

    /// With an order.
    pub fn order(mut self, order: Order) -> Self {
        self.orders.push(order);
        self
    }

    /// With an order of one line of `10.00` at each of these times.
    pub fn orders(self, times: &[&str]) -> Self {
        times.iter().fold(self, |person, time| person.order(Order::on(time).line("thing", "things", 1, "10")))
    }

    /// With a refund of no order.
    pub fn refund(mut self, at: &str, money: &str) -> Self {
        self.refunds.push(Refund { at: time(at), amount: amount(money), currency: None });
        self
    }
}

impl Order {
    /// An order of nothing yet.
    pub fn on(at: &str) -> Self {
        Order { at: time(at), ..Order::default() }
    }

    /// With a line of goods.
    pub fn line(self, product: &str, category: &str, quantity: i64, unit_price: &str) -> Self {
        self.discounted_line(product, category, quantity, unit_price, "0")
    }

    /// With a line of goods at a discount on the line.
    pub fn discounted_line(mut self, product: &str, category: &str, quantity: i64, unit_price: &str, discount: &str) -> Self {
        self.lines.push(Line {
            kind: None,
            product: Some(product.into()),
            category: Some(category.into()),
            brand: None,
            quantity: quantity * 10_000,
            discount: amount(discount),
            amount: quantity * amount(unit_price) - amount(discount),
        });
        self
    }

    /// With a line that is not goods.
    pub fn other_line(mut self, kind: &'static str, money: &str) -> Self {
        self.lines.push(Line { kind: Some(kind), quantity: 10_000, amount: amount(money), ..Line::default() });
        self
    }

    /// With money given back.
    pub fn refund(mut self, at: &str, money: &str) -> Self {
        self.refunds.push(Refund { at: time(at), amount: amount(money), currency: self.currency.clone() });
        self
    }

    /// Called off.
    pub fn cancelled(mut self, at: &str) -> Self {
        self.cancelled = Some(time(at));
        self
    }

    /// With any other change.
    pub fn with(mut self, change: impl FnOnce(&mut Order)) -> Self {
        change(&mut self);
        self
    }
}

impl Shop {
    /// A shop of these customers.
    pub fn of(people: impl IntoIterator<Item = Person>) -> Self {
        Shop { people: people.into_iter().collect(), repeat_texts: false }
    }

    /// The key of a customer.
    pub fn key(person: &Person) -> u64 {
        match (person.key, person.known.first()) {
            (0, Some(known)) => KeyMaker::new(&known.source).registered(&known.id).0,
            (key, _) => key,
        }
    }

    /// All customers as one batch with every column.
    pub fn batch(&self) -> CustomerBatch {
        self.batches(usize::MAX).pop().unwrap_or_else(|| self.of_people(&[]))
    }

    /// The customers in batches of so many, ascending by key.
    pub fn batches(&self, customers: usize) -> Vec<CustomerBatch> {
        let mut people: Vec<&Person> = self.people.iter().collect();
        people.sort_by_key(|person| Self::key(person));
        people.chunks(customers).map(|people| self.of_people(people)).collect()
    }

    fn of_people(&self, people: &[&Person]) -> CustomerBatch {
        let keys: Vec<u64> = people.iter().map(|person| Self::key(person)).collect();
        let mut offsets: [Vec<u32>; 5] = Default::default();
        offsets.iter_mut().for_each(|offsets| offsets.push(0));
        let (mut known, mut orders, mut lines, mut refunds, mut cancellations) = (vec![], vec![], vec![], vec![], vec![]);
        for person in people {
            known.extend(&person.known);
            let mut own: Vec<&Order> = person.orders.iter().collect();
            own.sort_by_key(|order| order.at);
            let first_refund = refunds.len();
            let first_cancellation = cancellations.len();
            lines.extend(person.lines.iter().map(|line| (NO_ORDER, line)));
            refunds.extend(person.refunds.iter().map(|refund| (NO_ORDER, refund)));
            for order in own {
                let row = orders.len() as u32;
                orders.push(order);
                lines.extend(order.lines.iter().map(|line| (row, line)));
                refunds.extend(order.refunds.iter().map(|refund| (row, refund)));
                cancellations.extend(order.cancelled.map(|at| (row, at)));
            }
            refunds[first_refund..].sort_by_key(|(_, refund)| refund.at);
            cancellations[first_cancellation..].sort_by_key(|(_, at)| *at);
            let ends = [known.len(), orders.len(), lines.len(), refunds.len(), cancellations.len()];
            offsets.iter_mut().zip(ends).for_each(|(offsets, end)| offsets.push(end as u32));
        }
        let [of_known, of_orders, of_lines, of_refunds, of_cancellations] = offsets;
        let facts = |kind: FactKind, len, columns, offsets| Facts { rows: self.rows(&kind.schema(), len, columns), offsets };
        let touched = |kind: Touchpoint| {
            let (len, columns, offsets) = touches::columns(kind, people, self.repeat_texts);
            (kind, Facts { rows: self.rows(&kind.schema(), len, columns), offsets })
        };
        CustomerBatch {
            keys,
            customers: facts(
                FactKind::Customers,
                known.len(),
                vec![
                    ("at", times(known.iter().map(|known| known.at))),
                    ("customer_id", texts(known.iter().map(|known| Some(known.id.clone())))),
                    ("registered", Arc::new(BooleanArray::from(known.iter().map(|known| known.registered).collect::<Vec<_>>()))),
                    ("email", texts(known.iter().map(|known| known.email.clone()))),
                    ("language", self.repeated(known.iter().map(|known| known.language.clone()))),
                    ("tags", self.repeated(known.iter().map(|known| known.tags.clone()))),
                    ("account_status", self.repeated(known.iter().map(|known| known.account_status.clone()))),
                    ("email_consent", self.repeated(known.iter().map(|known| known.email_consent.clone()))),
                    ("sms_consent", self.repeated(known.iter().map(|known| known.sms_consent.clone()))),
                    ("gender", self.repeated(known.iter().map(|known| known.gender.clone()))),
                    ("birthday", texts(known.iter().map(|known| known.birthday.clone()))),
                    ("organisation_type", self.repeated(known.iter().map(|known| known.organisation_type.clone()))),
                    ("acquisition_source", self.repeated(known.iter().map(|known| known.acquisition_source.clone()))),
                    ("acquisition_campaign", self.repeated(known.iter().map(|known| known.acquisition_campaign.clone()))),
                    ("lead_source", self.repeated(known.iter().map(|known| known.lead_source.clone()))),
                    ("version", Arc::new(known.iter().map(|known| Some(known.version)).collect::<Int64Array>())),
                    ("country", self.repeated(known.iter().map(|known| known.country.clone()))),
                    ("city", self.repeated(known.iter().map(|known| known.city.clone()))),
                    ("region", self.repeated(known.iter().map(|known| known.region.clone()))),
                    ("postcode", self.repeated(known.iter().map(|known| known.postcode.clone()))),
                    ("company", self.repeated(known.iter().map(|known| known.company.clone()))),
                    ("source", self.repeated(known.iter().map(|known| Some(known.source.clone())))),
                ],
                of_known,
            ),
            orders: facts(
                FactKind::Orders,
                orders.len(),
                vec![
                    (
                        "order_key",
                        Arc::new(UInt64Array::from_iter_values(
                            orders.iter().map(|order| order.id.as_ref().map_or(0, |id| KeyMaker::new("shop").order(id).0)),
                        )),
                    ),
                    ("at", times(orders.iter().map(|order| Some(order.at)))),
                    ("standing", self.repeated(orders.iter().map(|order| Some(order.standing.unwrap_or("counts").to_owned())))),
                    ("currency", self.repeated(orders.iter().map(|order| order.currency.clone()))),
                    ("total", amounts(orders.iter().map(|order| order.total))),
                    ("discount", amounts(orders.iter().map(|order| order.discount))),
                    ("channel", self.repeated(orders.iter().map(|order| order.channel.clone()))),
                    ("discount_codes", self.repeated(orders.iter().map(|order| order.discount_codes.clone()))),
                    ("country", self.repeated(orders.iter().map(|order| order.country.clone()))),
                ],
                of_orders,
            ),
            lines: facts(
                FactKind::Lines,
                lines.len(),
                vec![
                    ("kind", self.repeated(lines.iter().map(|(_, line)| Some(line.kind.unwrap_or("sale").to_owned())))),
                    ("product", self.repeated(lines.iter().map(|(_, line)| line.product.clone()))),
                    ("category", self.repeated(lines.iter().map(|(_, line)| line.category.clone()))),
                    ("brand", self.repeated(lines.iter().map(|(_, line)| line.brand.clone()))),
                    ("quantity", amounts(lines.iter().map(|(_, line)| Some(line.quantity)))),
                    ("discount", amounts(lines.iter().map(|(_, line)| Some(line.discount)))),
                    ("amount", amounts(lines.iter().map(|(_, line)| Some(line.amount)))),
                ],
                of_lines,
            ),
            refunds: facts(
                FactKind::Refunds,
                refunds.len(),
                vec![
                    ("at", times(refunds.iter().map(|(_, refund)| Some(refund.at)))),
                    ("amount", amounts(refunds.iter().map(|(_, refund)| Some(refund.amount)))),
                    ("currency", self.repeated(refunds.iter().map(|(_, refund)| refund.currency.clone()))),
                ],
                of_refunds,
            ),
            cancellations: facts(
                FactKind::Cancellations,
                cancellations.len(),
                vec![("at", times(cancellations.iter().map(|(_, at)| Some(*at))))],
                of_cancellations,
            ),
            line_order: lines.iter().map(|(order, _)| *order).collect(),
            refund_order: refunds.iter().map(|(order, _)| *order).collect(),
            cancellation_order: cancellations.iter().map(|(order, _)| *order).collect(),
            touchpoints: Touchpoint::ALL.into_iter().map(touched).collect(),
        }
    }

    /// All columns of a kind; those not given are null, or nought where they must be known.
    fn rows(&self, schema: &SchemaRef, len: usize, given: Vec<(&str, ArrayRef)>) -> RecordBatch {
        let columns = schema.fields().iter().map(|field| match given.iter().find(|(name, _)| name == field.name()) {
            Some((_, column)) => column.clone(),
            None if field.is_nullable() => new_null_array(field.data_type(), len),
            None => match field.data_type() {
                DataType::UInt64 => Arc::new(UInt64Array::from(vec![0; len])) as ArrayRef,
                DataType::UInt32 => Arc::new(UInt32Array::from(vec![0; len])),
                DataType::Int64 => Arc::new(Int64Array::from(vec![0; len])),
                DataType::Boolean => Arc::new(BooleanArray::from(vec![false; len])),
                DataType::Timestamp(..) => times(vec![Some(0); len].into_iter()),
                DataType::Decimal64(..) => amounts(vec![Some(0); len].into_iter()),
                DataType::Utf8 => texts(vec![Some(String::new()); len].into_iter()),
                _ => self.repeated(vec![Some("shop".to_owned()); len].into_iter()),
            },
        });
        let columns = columns.collect();
        RecordBatch::try_new(schema.clone(), columns).unwrap_or_else(|error| panic!("facts cannot be put together: {error}"))
    }

    fn repeated(&self, texts: impl Iterator<Item = Option<String>>) -> ArrayRef {
        repeated(texts, self.repeat_texts)
    }
}

pub(crate) fn repeated(texts: impl Iterator<Item = Option<String>>, repeat_texts: bool) -> ArrayRef {
    let mut values: Vec<String> = Vec::new();
    let mut code = |text: String| {
        let known = values.iter().position(|value| *value == text).filter(|_| !repeat_texts);
        known.unwrap_or_else(|| {
            values.push(text);
            values.len() - 1
        }) as i32
    };
    let codes: Int32Array = texts.map(|text| text.map(&mut code)).collect();
    Arc::new(DictionaryArray::<Int32Type>::new(codes, Arc::new(StringArray::from(values))))
}

pub(crate) fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone(quintile_model::records::UTC_OFFSET))
}

pub(crate) fn amounts(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<Decimal64Array>().with_data_type(quintile_model::records::amount_type()))
}

pub(crate) fn texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}
