//! What is left out before anything is asked: orders of some channels and tags, and whole customers: staff, people on a
//! list, wholesale buyers. The batch that is left is what it would be if those facts had never been.
//!
//! Which rules hold is the settings' business, and what should be ruled is looked for in [`crate::suspects`]. What is known
//! of a customer holds at every moment, as everywhere; how much they buy at once goes by the orders before the moment.

use arrow::array::{Array, BooleanArray};
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use quintile_model::batch::{CustomerBatch, FactColumns, Facts, NO_ORDER};
use quintile_model::columns::{amounts, flags, instants, repeated, texts};
use quintile_model::ids::normal_email;
use quintile_model::records::{line_kind, standing};
use quintile_model::time::AsOf;
use std::collections::{BTreeMap, BTreeSet};

/// The rules. Texts are in lower case and trimmed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeaveOut {
    /// Orders of these channels.
    pub channels: BTreeSet<String>,
    /// Orders with one of these tags, and customers with one of them.
    pub tags: BTreeSet<String>,
    /// Customers with an address at one of these domains.
    pub email_domains: BTreeSet<String>,
    /// Customers by key.
    pub customers: BTreeSet<u64>,
    /// Customers by address.
    pub emails: BTreeSet<String>,
    /// Wholesale buyers.
    pub wholesale: Option<Wholesale>,
}

/// Who buys to sell again: whoever names a company, or buys much at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wholesale {
    /// Customers whose median order has this many units or more, in ten-thousandths; `None` goes by companies alone.
    pub units: Option<i64>,
}

/// Why something is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// On the list of customers.
    Customer,
    /// By the domain of the e-mail.
    EmailDomain,
    /// By a tag.
    Tag,
    /// A wholesale buyer.
    Wholesale,
    /// By the channel of the order.
    Channel,
}

impl Reason {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Customer => "list of customers",
            Reason::EmailDomain => "e-mail domain",
            Reason::Tag => "tag",
            Reason::Wholesale => "wholesale",
            Reason::Channel => "channel",
        }
    }
}

/// How much is left out for one reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Whole customers.
    pub customers: u64,
    /// Orders before the moment, theirs and others.
    pub orders: u64,
}

/// How much is left out, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut(pub BTreeMap<Reason, Left>);

impl LeftOut {
    /// Adds another batch's.
    pub fn merge(&mut self, other: LeftOut) {
        for (reason, more) in other.0 {
            let left = self.0.entry(reason).or_default();
            left.customers += more.customers;
            left.orders += more.orders;
        }
    }

    /// Of all reasons together.
    pub fn all(&self) -> Left {
        self.0
            .values()
            .fold(Left::default(), |all, left| Left { customers: all.customers + left.customers, orders: all.orders + left.orders })
    }
}

impl LeaveOut {
    /// Is nothing left out?
    pub fn is_empty(&self) -> bool {
        *self == LeaveOut::default()
    }

    /// Adds the columns that the rules read.
    pub fn read(&self, wanted: &mut FactColumns) {
        if self.is_empty() {
            return;
        }
        add(&mut wanted.customers, &["document"]);
        add(&mut wanted.orders, &["at", "standing"]);
        if !self.email_domains.is_empty() || !self.emails.is_empty() {
            add(&mut wanted.customers, &["email"]);
        }
        if !self.tags.is_empty() {
            add(&mut wanted.customers, &["tags"]);
            add(&mut wanted.orders, &["tags"]);
        }
        if !self.channels.is_empty() {
            add(&mut wanted.orders, &["channel"]);
        }
        if let Some(wholesale) = &self.wholesale {
            add(&mut wanted.customers, &["company"]);
            add(&mut wanted.orders, &["company"]);
            if wholesale.units.is_some() {
                add(wanted.lines.get_or_insert_default(), &["kind", "quantity"]);
            }
        }
    }

    /// Why each customer of a batch is left out whole, and each order for itself or with its customer. The batch is read
    /// with [`LeaveOut::read`].
    pub fn reasons(&self, batch: &CustomerBatch, as_of: &AsOf) -> (Vec<Option<Reason>>, Vec<Option<Reason>>) {
        let customers = self.of_customers(batch, as_of);
        let mut orders = vec![None; batch.orders.len()];
        let tagged = (!self.tags.is_empty()).then(|| Texts::of(batch, Side::Orders, "tags", |tags| has_tag(tags, &self.tags)));
        let channels = (!self.channels.is_empty())
            .then(|| Texts::of(batch, Side::Orders, "channel", |channel| self.channels.contains(&channel.trim().to_lowercase())));
        for (customer, whole) in customers.iter().enumerate() {
            for order in batch.orders.of(customer) {
                let by_tag = || tagged.as_ref().is_some_and(|tagged| tagged.is(order)).then_some(Reason::Tag);
                let by_channel = || channels.as_ref().is_some_and(|channels| channels.is(order)).then_some(Reason::Channel);
                orders[order] = whole.or_else(by_tag).or_else(by_channel);
            }
        }
        (customers, orders)
    }

    fn of_customers(&self, batch: &CustomerBatch, as_of: &AsOf) -> Vec<Option<Reason>> {
        let known = &batch.customers.rows;
        let addresses = !self.email_domains.is_empty() || !self.emails.is_empty();
        let emails = addresses.then(|| texts(known, "email"));
        let tagged = (!self.tags.is_empty()).then(|| Texts::of(batch, Side::Customers, "tags", |tags| has_tag(tags, &self.tags)));
        let wholesale = self.wholesale.as_ref().map(|wholesale| wholesale.buyers(batch, as_of));
        let why = |customer: usize| {
            // Nobody is no customer.
            if batch.keys[customer] == 0 {
                return None;
            }
            if self.customers.contains(&batch.keys[customer]) {
                return Some(Reason::Customer);
            }
            let own = || batch.customers.of(customer);
            for row in own().filter(|row| emails.is_some_and(|emails| emails.is_valid(*row))) {
                let email = emails.and_then(|emails| normal_email(emails.value(row))).unwrap_or_default();
                if self.emails.contains(&email) {
                    return Some(Reason::Customer);
                }
                if domain(&email).is_some_and(|domain| self.email_domains.contains(domain)) {
                    return Some(Reason::EmailDomain);
                }
            }
            // The newest word on tags holds.
            if let Some(tagged) = &tagged
                && own().rev().find(|row| tagged.given(*row)).is_some_and(|row| tagged.is(row))
            {
                return Some(Reason::Tag);
            }
            wholesale.as_ref().is_some_and(|buyers| buyers[customer]).then_some(Reason::Wholesale)
        };
        (0..batch.keys.len()).map(why).collect()
    }

    /// The batch without what is left out, and how much that is.
    pub fn apply(&self, batch: CustomerBatch, as_of: &AsOf) -> Result<(CustomerBatch, LeftOut), ArrowError> {
        let mut left = LeftOut::default();
        if self.is_empty() {
            return Ok((batch, left));
        }
        let (whole, orders) = self.reasons(&batch, as_of);
        for reason in whole.iter().flatten() {
            left.0.entry(*reason).or_default().customers += 1;
        }
        let at = instants(&batch.orders.rows, "at").values();
        for (reason, _) in orders.iter().zip(at).filter(|(_, at)| as_of.counts(**at)) {
            if let Some(reason) = reason {
                left.0.entry(*reason).or_default().orders += 1;
            }
        }
        if whole.iter().chain(&orders).all(Option::is_none) {
            return Ok((batch, left));
        }
        let kept: Vec<bool> = orders.iter().map(Option::is_none).collect();
        Ok((without(batch, &whole, &kept)?, left))
    }
}

/// The batch of the customers that are not left out whole, with the orders that are kept and what belongs to them.
fn without(batch: CustomerBatch, whole: &[Option<Reason>], orders: &[bool]) -> Result<CustomerBatch, ArrowError> {
    let stated = flags(&batch.customers.rows, "document");
    let with_its_order = |order: u32| order == NO_ORDER || orders[order as usize];
    let stays = |customer: usize| {
        let own = batch.orders.of(customer);
        let parted = own.clone().any(|order| !orders[order]);
        // Of whom no source says anything is known by orders and refunds alone.
        let known_otherwise = || {
            batch.keys[customer] == 0
                || own.clone().any(|order| orders[order])
                || batch.refunds.of(customer).any(|row| with_its_order(batch.refund_order[row]))
                || batch.customers.of(customer).any(|row| stated.value(row))
        };
        whole[customer].is_none() && (!parted || known_otherwise())
    };
    let customers: Vec<bool> = (0..batch.keys.len()).map(stays).collect();
    let all = |_: usize| true;
    let linked = |links: &[u32]| -> Vec<bool> { links.iter().map(|order| with_its_order(*order)).collect() };
    let (of_lines, of_refunds, of_cancellations) =
        (linked(&batch.line_order), linked(&batch.refund_order), linked(&batch.cancellation_order));
    let (orders, places) = part(&batch.orders, &customers, |row| orders[row])?;
    let relinked = |links: &[u32], rows: &[u32]| -> Vec<u32> {
        let moved = |row: &u32| match links[*row as usize] {
            NO_ORDER => NO_ORDER,
            // Both ascend.
            order => places.binary_search(&order).map_or(NO_ORDER, |place| place as u32),
        };
        rows.iter().map(moved).collect()
    };
    let (lines, line_rows) = part(&batch.lines, &customers, |row| of_lines[row])?;
    let (refunds, refund_rows) = part(&batch.refunds, &customers, |row| of_refunds[row])?;
    let (cancellations, cancellation_rows) = part(&batch.cancellations, &customers, |row| of_cancellations[row])?;
    let touchpoints = batch.touchpoints.iter().map(|(kind, facts)| Ok((*kind, part(facts, &customers, all)?.0)));
    Ok(CustomerBatch {
        customers: part(&batch.customers, &customers, all)?.0,
        line_order: relinked(&batch.line_order, &line_rows),
        refund_order: relinked(&batch.refund_order, &refund_rows),
        cancellation_order: relinked(&batch.cancellation_order, &cancellation_rows),
        touchpoints: touchpoints.collect::<Result<_, ArrowError>>()?,
        keys: batch.keys.iter().zip(&customers).filter(|(_, stays)| **stays).map(|(key, _)| *key).collect(),
        orders,
        lines,
        refunds,
        cancellations,
    })
}

/// Some facts of some customers, and which rows they were.
fn part(facts: &Facts, customers: &[bool], row_stays: impl Fn(usize) -> bool) -> Result<(Facts, Vec<u32>), ArrowError> {
    let (mut rows, mut offsets) = (Vec::with_capacity(facts.len()), vec![0]);
    let mut mask = vec![false; facts.len()];
    for customer in (0..customers.len()).filter(|customer| customers[*customer]) {
        for row in facts.of(customer).filter(|row| row_stays(*row)) {
            rows.push(row as u32);
            mask[row] = true;
        }
        offsets.push(rows.len() as u32);
    }
    let kept = filter_record_batch(&facts.rows, &BooleanArray::from(mask))?;
    Ok((Facts { rows: kept, offsets }, rows))
}

impl Wholesale {
    fn buyers(&self, batch: &CustomerBatch, as_of: &AsOf) -> Vec<bool> {
        let at = instants(&batch.orders.rows, "at").values();
        let own = Texts::of(batch, Side::Customers, "company", |company| !company.trim().is_empty());
        let ordered = Texts::of(batch, Side::Orders, "company", |company| !company.trim().is_empty());
        let units = self.units.map(|least| (least, median_units(batch, as_of)));
        let buys = |customer: usize| {
            batch.customers.of(customer).any(|row| own.is(row))
                || batch.orders.of(customer).any(|row| as_of.counts(at[row]) && ordered.is(row))
                || units.as_ref().is_some_and(|(least, medians)| medians[customer].is_some_and(|median| median >= *least))
        };
        (0..batch.keys.len()).map(buys).collect()
    }
}

/// Units of goods in each customer's median order (the lower of two) before the moment, in ten-thousandths. Reads `kind`
/// and `quantity` of lines.
pub(crate) fn median_units(batch: &CustomerBatch, as_of: &AsOf) -> Vec<Option<i64>> {
    let at = instants(&batch.orders.rows, "at").values();
    let standings = repeated(&batch.orders.rows, "standing");
    let kinds = repeated(&batch.lines.rows, "kind");
    let quantities = amounts(&batch.lines.rows, "quantity").values();
    let mut units = vec![0_i64; batch.orders.len()];
    for (line, order) in batch.line_order.iter().enumerate().filter(|(_, order)| **order != NO_ORDER) {
        if kinds.get(line) == Some(line_kind::SALE) {
            let sum = &mut units[*order as usize];
            *sum = sum.saturating_add(quantities[line]);
        }
    }
    let mut own = Vec::new();
    let median = |customer: usize| {
        own.clear();
        let counts = |row: &usize| as_of.counts(at[*row]) && standings.get(*row) == Some(standing::COUNTS);
        own.extend(batch.orders.of(customer).filter(counts).map(|row| units[row]));
        let middle = own.len().checked_sub(1)? / 2;
        Some(*own.select_nth_unstable(middle).1)
    };
    (0..batch.keys.len()).map(median).collect()
}

/// The domain of an address.
pub(crate) fn domain(email: &str) -> Option<&str> {
    email.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
}

/// Tags as sources join them.
pub(crate) fn each_tag(tags: &str) -> impl Iterator<Item = String> + '_ {
    tags.split(',').map(|tag| tag.trim().to_lowercase()).filter(|tag| !tag.is_empty())
}

fn has_tag(tags: &str, wanted: &BTreeSet<String>) -> bool {
    each_tag(tags).any(|tag| wanted.contains(&tag))
}

pub(crate) fn add(columns: &mut Vec<&'static str>, more: &[&'static str]) {
    for name in more {
        if !columns.contains(name) {
            columns.push(name);
        }
    }
}

enum Side {
    Customers,
    Orders,
}

/// Of each row of a column of repeated texts, whether it is of the kind looked for; asked once a text.
struct Texts<'a> {
    column: quintile_model::columns::RepeatedText<'a>,
    is: Vec<bool>,
}

impl<'a> Texts<'a> {
    fn of(batch: &'a CustomerBatch, side: Side, name: &str, is: impl Fn(&str) -> bool) -> Texts<'a> {
        let facts = match side {
            Side::Customers => &batch.customers,
            Side::Orders => &batch.orders,
        };
        let column = repeated(&facts.rows, name);
        Texts { column, is: column.values().iter().map(|text| text.is_some_and(&is)).collect() }
    }

    fn given(&self, row: usize) -> bool {
        self.column.code(row).is_some()
    }

    fn is(&self, row: usize) -> bool {
        self.column.code(row).is_some_and(|code| self.is[code])
    }
}
