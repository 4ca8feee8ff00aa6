//! Follows a mapping cell by cell: for text of every form, and for Parquet that needs more than copying.

use super::beside::{has_words, in_our_words};
use super::words::standing_of;
use super::{Mapping, Target};
use crate::amounts::{self, Decimals};
use crate::cdnow::price_and_discount;
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::occurrence::Occurrences;
use crate::shopify::{consent, orders::parted};
use crate::table::{NO_COLUMN, Row, Table};
use crate::times::{self, TimeForm};
use quintile_model::money::UNIT;
use quintile_model::{RecordKind, StoreZone};

/// Reads a table by a mapping.
pub(crate) fn read(table: &mut dyn Table, mapping: &Mapping, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let header = table.header().to_vec();
    let own_zone = mapping.zone.as_deref().and_then(|name| StoreZone::named(name).ok());
    let plans: Vec<Plan> = mapping.kinds.iter().map(|kind| Plan::of(*kind, mapping, &header)).collect();
    let mut records: Vec<Records> = plans.iter().map(|plan| Records::new(plan.kind, &plan.names)).collect();
    let mut cancellations = Records::new(RecordKind::Cancellations, &["order_id"]);
    let context = Context {
        zone: own_zone.as_ref().unwrap_or(zone),
        decimals: mapping.decimals,
        flat: mapping.kinds.contains(&RecordKind::Orders) && mapping.kinds.contains(&RecordKind::Lines),
        whole: whole_numbers(mapping, &header),
        status: find(mapping, &header, RecordKind::Orders, "status"),
    };
    let purchases = mapping.kinds.contains(&RecordKind::Orders) && !mapping.has_order_ids();
    let purchase = Purchase::of(mapping, &header);
    let mut occurrences = Occurrences::default();
    let mut carried = Carried::default();
    reading.each_row(table, |reading, row| {
        let order_id = if purchases {
            match purchase.id(row, &context, &mut occurrences, reading) {
                Ok(id) => Some(id),
                Err(wrong) => return Ok(Err(wrong)),
            }
        } else if context.flat {
            match carried.order_id(row, &plans) {
                Ok(id) => id,
                Err(wrong) => return Ok(Err(wrong)),
            }
        } else {
            None
        };
        // All records of a row are read before one is handed over, so that a refused row leaves nothing behind.
        let mut read: Vec<Option<Vec<Cell<'_>>>> = Vec::with_capacity(plans.len());
        let joined: Vec<Vec<String>> = plans.iter().map(|plan| plan.joined(row, &context)).collect();
        for (plan, joined) in plans.iter().zip(&joined) {
            if context.flat && !purchases && plan.kind == RecordKind::Orders && carried.follows(row, plan, order_id.as_deref()) {
                read.push(None);
                continue;
            }
            match plan.record(row, &context, Made { order_id: order_id.as_deref(), joined }, reading) {
                Ok(cells) => read.push(Some(cells)),
                Err(wrong) => return Ok(Err(wrong)),
            }
        }
        for ((plan, records), cells) in plans.iter().zip(&mut records).zip(&read) {
            let Some(cells) = cells else { continue };
            records.push(cells, reading)?;
            if plan.kind == RecordKind::Orders {
                if context.status != NO_COLUMN && standing_of(row.cell(context.status)).1 {
                    cancellations.push(&cells[..1], reading)?;
                }
                carried.remember(row, plan, order_id.as_deref());
            }
        }
        Ok(Ok(()))
    })?;
    for records in &mut records {
        records.flush(reading)?;
    }
    cancellations.flush(reading)
}

/// Between the steps of a category's path.
const CATEGORY_STEP: &str = " > ";

struct Context<'a> {
    zone: &'a StoreZone,
    decimals: Decimals,
    flat: bool,
    /// Columns whose ids went through floats: `17850.0` is 17850.
    whole: Vec<bool>,
    status: usize,
}

fn find(mapping: &Mapping, header: &[String], kind: RecordKind, column: &str) -> usize {
    mapping.source_of(kind, column).and_then(|mapped| header.iter().position(|name| *name == mapped.from)).unwrap_or(NO_COLUMN)
}

fn whole_numbers(mapping: &Mapping, header: &[String]) -> Vec<bool> {
    let ids = |target: &Target| {
        matches!(target.column, "order_id" | "customer_id" | "product" | "line_id" | "refund_id" | "id" | "visitor_id" | "referred_id")
    };
    header.iter().map(|name| mapping.columns.iter().any(|column| column.from == *name && column.to.iter().any(ids))).collect()
}

impl Context<'_> {
    fn text<'r>(&self, row: &'r Row, column: usize) -> &'r str {
        let text = row.cell(column);
        if self.whole.get(column).copied().unwrap_or(false) {
            match text.strip_suffix(".0") {
                Some(whole) if !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit()) => return whole,
                _ => {}
            }
        }
        // What tools write for "nothing".
        if matches!(text, "NULL" | "null" | "NaN" | "nan" | "NA" | "N/A" | "None" | "\\N") { "" } else { text }
    }

    fn amount(&self, row: &Row, column: usize, name: &str, reading: &mut Reading<'_>) -> Result<Option<i64>, Wrong> {
        let text = row.cell(column);
        if text.is_empty() || matches!(text, "NULL" | "null" | "NA" | "N/A" | "None" | "\\N") {
            return Ok(None);
        }
        // Plain notation passes as it is; the rest has signs or separators to take away.
        let simple =
            text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') || (self.decimals == Decimals::Point && !text.contains(','));
        if simple && let Ok(amount) = reading.amount(text, name) {
            return Ok(amount);
        }
        match amounts::plain(text, self.decimals) {
            Some(plain) => reading.amount(&plain, name),
            None => {
                reading.amount(text, name)?;
                Err(Wrong::new(name, format!("`{}` is not an amount with a decimal comma", crate::emit::brief(text))))
            }
        }
    }

    /// Amounts of several columns; those that are empty add nothing, and where all are, there is none.
    fn sum(&self, row: &Row, columns: &[usize], name: &str, reading: &mut Reading<'_>) -> Result<Option<i64>, Wrong> {
        let mut sum: Option<i64> = None;
        for column in columns {
            if let Some(amount) = self.amount(row, *column, name, reading)? {
                sum = Some(sum.unwrap_or(0).saturating_add(amount));
            }
        }
        Ok(sum)
    }

    fn time(&self, row: &Row, column: usize, form: TimeForm, name: &str) -> Result<Option<times::Written>, Wrong> {
        match self.text(row, column) {
            "" => Ok(None),
            text => times::parse(text, form).map(Some).map_err(|why| Wrong::time(text, name, why)),
        }
    }
}

/// How the records of one kind come from a row.
struct Plan {
    kind: RecordKind,
    fields: Vec<Field>,
    /// The columns of its records, one a field.
    names: Vec<&'static str>,
    order_id: usize,
    at: usize,
    /// Texts that several columns make together.
    joins: Vec<Join>,
}

/// A text that several columns make together.
enum Join {
    /// A category by its path, the widest first: `Grocery > Bread`.
    Path(Vec<usize>),
    /// Tags such as `age:45-54`, one for each column that has a value.
    Tags(Vec<(usize, String)>),
}

/// What a record has that no cell of the row holds as it stands.
struct Made<'a> {
    /// The order's id, which the row itself may not have.
    order_id: Option<&'a str>,
    /// What [`Plan::joins`] make of the row.
    joined: &'a [String],
}

struct Field {
    column: usize,
    /// Its name in the file, for refusals.
    from: String,
    required: bool,
    how: How,
}

enum How {
    Text,
    Amount,
    Time(TimeForm),
    Standing,
    Consent,
    Whole,
    Flag,
    /// A day, in one of the forms of times.
    Day(TimeForm),
    /// In our words.
    Word(&'static str),
    /// The same in every row.
    Always(String),
    /// A text of several columns, by its place among the plan's joins.
    Joined(usize),
    /// Amounts that add up.
    Sum(Vec<usize>),
    FirstName,
    LastName,
    /// The order's id, which the row itself may not have.
    OrderId,
    /// Price and discount from the amount of the line, which is after its discounts, and its quantity.
    Price {
        quantity: usize,
        discounts: Vec<usize>,
    },
    Rest {
        quantity: usize,
        discounts: Vec<usize>,
    },
}

impl Plan {
    fn of(kind: RecordKind, mapping: &Mapping, header: &[String]) -> Self {
        let at = |column: &str| find(mapping, header, kind, column);
        let amount = at("amount");
        let by_amount = kind == RecordKind::Lines && amount != NO_COLUMN;
        let full_name = at("full_name");
        let places = |column: &str| -> Vec<usize> {
            mapping.sources_of(kind, column).filter_map(|mapped| header.iter().position(|name| *name == mapped.from)).collect()
        };
        let discounts = if by_amount { places("discount") } else { Vec::new() };
        let mut fields = Vec::new();
        let mut names = Vec::new();
        let mut joins = Vec::new();
        for column in kind.columns() {
            let (index, how) = match column.name {
                "order_id" if matches!(kind, RecordKind::Orders | RecordKind::Lines) => (at("order_id"), How::OrderId),
                "standing" if kind == RecordKind::Orders && at("standing") == NO_COLUMN => (at("status"), How::Standing),
                "unit_price" if by_amount => (amount, How::Price { quantity: at("quantity"), discounts: discounts.clone() }),
                "discount" if by_amount => (amount, How::Rest { quantity: at("quantity"), discounts: discounts.clone() }),
                "discount" if places("discount").len() > 1 => (at("discount"), How::Sum(places("discount"))),
                "category" if places("category").len() > 1 => {
                    joins.push(Join::Path(places("category")));
                    (at("category"), How::Joined(joins.len() - 1))
                }
                "tags" if places("tags").len() > 1 => {
                    let named = |place: usize| (place, header[place].trim().to_lowercase());
                    joins.push(Join::Tags(places("tags").into_iter().map(named).collect()));
                    (at("tags"), How::Joined(joins.len() - 1))
                }
                "first_name" if at("first_name") == NO_COLUMN => (full_name, How::FirstName),
                "last_name" if at("last_name") == NO_COLUMN => (full_name, How::LastName),
                "email_consent" | "sms_consent" => (at(column.name), How::Consent),
                "birthday" => {
                    (at("birthday"), How::Day(mapping.source_of(kind, "birthday").map(|mapped| mapped.times).unwrap_or_default()))
                }
                name if at(name) != NO_COLUMN && has_words(kind, name) => (at(name), How::Word(column.name)),
                name if at(name) == NO_COLUMN && mapping.default_of(kind, name).is_some() => {
                    (NO_COLUMN, How::Always(mapping.default_of(kind, name).unwrap_or_default().to_owned()))
                }
                name => match column.data_type {
                    arrow::datatypes::DataType::Decimal64(..) => (at(name), How::Amount),
                    arrow::datatypes::DataType::Timestamp(..) => {
                        (at(name), How::Time(mapping.source_of(kind, name).map(|mapped| mapped.times).unwrap_or_default()))
                    }
                    arrow::datatypes::DataType::Int64 => (at(name), How::Whole),
                    arrow::datatypes::DataType::Boolean => (at(name), How::Flag),
                    _ => (at(name), How::Text),
                },
            };
            if index == NO_COLUMN && !matches!(how, How::OrderId | How::Always(_)) {
                continue;
            }
            let from = header.get(index).cloned().unwrap_or_default();
            names.push(column.name);
            fields.push(Field { column: index, from, required: column.required, how });
        }
        Plan { kind, fields, names, order_id: at("order_id"), at: at("at"), joins }
    }

    /// What [`Plan::joins`] make of a row.
    fn joined(&self, row: &Row, context: &Context<'_>) -> Vec<String> {
        let text = |place: &usize| context.text(row, *place);
        let join = |join: &Join| match join {
            Join::Path(places) => places.iter().map(text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(CATEGORY_STEP),
            Join::Tags(places) => {
                let known = places.iter().map(|(place, name)| (name, text(place))).filter(|(_, text)| !text.is_empty());
                // Tags are parted by commas, so that a tag has none.
                known.map(|(name, text)| format!("{name}:{}", text.replace(',', ";"))).collect::<Vec<_>>().join(", ")
            }
        };
        self.joins.iter().map(join).collect()
    }

    fn record<'r>(
        &'r self,
        row: &'r Row,
        context: &Context<'_>,
        made: Made<'r>,
        reading: &mut Reading<'_>,
    ) -> Result<Vec<Cell<'r>>, Wrong> {
        let mut cells = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            let cell = match &field.how {
                How::Text => Cell::Text(context.text(row, field.column)),
                How::OrderId => Cell::Text(made.order_id.unwrap_or_else(|| context.text(row, field.column))),
                How::Amount => Cell::amount(context.amount(row, field.column, &field.from, reading)?),
                How::Time(form) => {
                    Cell::at(context.time(row, field.column, *form, &field.from)?.map(|written| written.instant(context.zone)))
                }
                How::Standing => Cell::Text(standing_of(context.text(row, field.column)).0),
                How::Consent => Cell::Text(consent_of(context.text(row, field.column))),
                How::Always(word) => Cell::Text(word),
                How::Joined(place) => Cell::Text(&made.joined[*place]),
                How::Sum(columns) => Cell::amount(context.sum(row, columns, &field.from, reading)?),
                How::Word(column) => {
                    let text = context.text(row, field.column);
                    Cell::Text(in_our_words(self.kind, column, text).map_err(|why| Wrong::new(&field.from, why))?)
                }
                How::Whole => match context.amount(row, field.column, &field.from, reading)? {
                    Some(amount) => Cell::Whole(amount / UNIT),
                    None => Cell::Null,
                },
                How::Flag => match context.text(row, field.column) {
                    "" => Cell::Null,
                    text => Cell::Flag(
                        flag_of(text)
                            .ok_or_else(|| Wrong::new(&field.from, format!("`{}` is neither true nor false", crate::emit::brief(text))))?,
                    ),
                },
                How::Day(form) => {
                    context.time(row, field.column, *form, &field.from)?.map_or(Cell::Null, |written| Cell::Day(written.wall))
                }
                How::FirstName => Cell::Text(parted(context.text(row, field.column)).0),
                How::LastName => Cell::Text(parted(context.text(row, field.column)).1),
                How::Price { quantity, discounts } | How::Rest { quantity, discounts } => {
                    match context.amount(row, field.column, &field.from, reading)? {
                        None => Cell::Null,
                        Some(amount) => {
                            let units = context.amount(row, *quantity, "quantity", reading)?.unwrap_or(UNIT);
                            let off = context.sum(row, discounts, "discount", reading)?.unwrap_or(0);
                            let (price, discount) = price_and_discount(amount, off, units);
                            Cell::Amount(if matches!(field.how, How::Price { .. }) { price } else { discount })
                        }
                    }
                }
            };
            let empty = matches!(cell, Cell::Null | Cell::Text(""));
            if empty && field.required {
                return Err(Wrong::new(&field.from, format!("the row has no value for `{}`", field.from)));
            }
            cells.push(cell);
        }
        Ok(cells)
    }
}

/// Yes or no, in the ways that tools write them.
pub(crate) fn flag_of(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(&["true", "t", "yes", "y", "1"]) {
        Some(true)
    } else if is(&["false", "f", "no", "n", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// Consent as the model writes it, from yes and no or from the model's own words.
pub(super) fn consent_of(text: &str) -> &'static str {
    const WORDS: [&str; 6] = ["SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "INVALID", "UNSUBSCRIBED", "REDACTED"];
    match WORDS.iter().find(|word| word.eq_ignore_ascii_case(text)) {
        Some(word) => word,
        None => match text {
            "1" => "SUBSCRIBED",
            "0" => "NOT_SUBSCRIBED",
            text => consent(text),
        },
    }
}

/// The order of the row before, for rows that leave its fields blank.
#[derive(Default)]
struct Carried {
    order_id: String,
    at: String,
}

impl Carried {
    /// The order of a row: its own, or that of the row before where it names neither order nor time.
    fn order_id(&self, row: &Row, plans: &[Plan]) -> Result<Option<String>, Wrong> {
        let Some(plan) = plans.iter().find(|plan| plan.kind == RecordKind::Orders) else { return Ok(None) };
        if !row.cell(plan.order_id).is_empty() || !row.cell(plan.at).is_empty() {
            return Ok(None);
        }
        if self.order_id.is_empty() {
            Err(Wrong::new("", "the row names no order, and none stands before it"))
        } else {
            Ok(Some(self.order_id.clone()))
        }
    }

    /// Is the order of this row the one handed over last?
    fn follows(&self, row: &Row, plan: &Plan, carried: Option<&str>) -> bool {
        let at = row.cell(plan.at);
        carried.is_some() || (!self.order_id.is_empty() && row.cell(plan.order_id) == self.order_id && (at.is_empty() || at == self.at))
    }

    fn remember(&mut self, row: &Row, plan: &Plan, carried: Option<&str>) {
        if carried.is_none() {
            self.order_id.clear();
            self.order_id.push_str(row.cell(plan.order_id));
            self.at.clear();
            self.at.push_str(row.cell(plan.at));
        }
    }
}

/// What tells one purchase from another where there is no order number.
struct Purchase {
    customer: usize,
    at: usize,
    form: TimeForm,
    total: usize,
    product: usize,
    quantity: usize,
}

impl Purchase {
    fn of(mapping: &Mapping, header: &[String]) -> Self {
        let first = |targets: &[(RecordKind, &str)]| {
            targets
                .iter()
                .map(|(kind, column)| find(mapping, header, *kind, column))
                .find(|column| *column != NO_COLUMN)
                .unwrap_or(NO_COLUMN)
        };
        use RecordKind::{Lines, Orders};
        Purchase {
            customer: first(&[(Orders, "customer_id"), (Orders, "email")]),
            at: first(&[(Orders, "at")]),
            form: mapping.source_of(Orders, "at").map(|column| column.times).unwrap_or_default(),
            total: first(&[(Orders, "total"), (Lines, "amount"), (Lines, "unit_price")]),
            product: first(&[(Lines, "product")]),
            quantity: first(&[(Lines, "quantity")]),
        }
    }

    fn id(&self, row: &Row, context: &Context<'_>, occurrences: &mut Occurrences, reading: &mut Reading<'_>) -> Result<String, Wrong> {
        let customer = context.text(row, self.customer);
        if customer.is_empty() {
            return Err(Wrong::new("", "the row names neither an order nor a customer"));
        }
        let at = context.time(row, self.at, self.form, "the time")?.ok_or_else(|| Wrong::new("", "the row has no time"))?;
        let total = context.amount(row, self.total, "the amount", reading)?;
        let quantity = context.amount(row, self.quantity, "the quantity", reading)?;
        let mut content = context.text(row, self.product).to_owned();
        if let Some(quantity) = quantity {
            content = format!("{content}x{}", quintile_model::Money(quantity));
        }
        let wall = at.wall.saturating_sub(at.offset.unwrap_or(0));
        Ok(occurrences.id(customer, wall, &content, total))
    }
}
