//! Everything about one customer.

mod touchpoints;

use crate::ask::FOREVER;
use crate::header::counted;
use crate::profile::named;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When};
use arrow::array::{Array, RecordBatch};
use arrow::datatypes::Schema;
use quintile_model::batch::{FactColumns, NO_ORDER};
use quintile_model::columns::{amounts, instants, repeated, texts};
use quintile_model::ids::normal_email;
use quintile_model::{CustomerBatch, CustomerKey, FactKind, Instant, KeyMaker, Money};
use quintile_profile::{Column, ProfileQuestion, columns, facts_needed, first_pass, second_pass};
use quintile_store::Snapshot;
use std::sync::Arc;

/// Everything about one customer.
#[derive(Debug, Clone)]
pub struct CustomerAnswer {
    /// What it holds for.
    pub header: Header,
    /// One row: every column of the profile, and the user's own traits.
    pub profile: RecordBatch,
    /// The orders, oldest first: also those that do not count, with the reason.
    pub orders: Answer,
    /// Money given back, oldest first.
    pub refunds: Answer,
    /// The latest of what they did beside ordering, and what happened to them, oldest first.
    pub touchpoints: Answer,
}

/// One row of the profile, and where it came from.
pub(crate) struct OneCustomer {
    pub header: Header,
    pub row: RecordBatch,
    key: CustomerKey,
    snapshot: Arc<Snapshot>,
    as_of: Instant,
}

impl Workspace {
    /// The customer of an id, as answers show it, or of an e-mail address.
    pub fn customer(&self, when: &When, asked: &str) -> Result<CustomerAnswer, Error> {
        let OneCustomer { header, row: mut profile, key, snapshot, as_of } =
            self.one_customer(when, asked, columns::ALL.iter().collect())?;
        if let Some(traits) = self.traits_of(&self.stand(when)?, key)?.filter(|traits| traits.num_rows() == profile.num_rows()) {
            let fields: Vec<_> = profile.schema().fields().iter().chain(traits.schema().fields()).cloned().collect();
            let columns = profile.columns().iter().chain(traits.columns()).cloned().collect();
            profile = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        }
        let all = FactColumns {
            customers: vec![],
            orders: vec!["at", "order_id", "standing", "status", "currency", "total"],
            lines: Some(vec!["amount"]),
            refunds: Some(vec!["at", "amount", "currency", "product"]),
            cancellations: vec!["at"],
            touchpoints: touchpoints::columns(),
        };
        let facts = snapshot.customer(key, &all)?;
        let orders = orders(&facts, as_of, &header)?;
        let refunds = refunds(&facts, as_of, &header)?;
        let touchpoints = touchpoints::latest(&facts, as_of, &header)?;
        Ok(CustomerAnswer { header, profile, orders, refunds, touchpoints })
    }

    /// One row of the profile, for the customer of an id or of an e-mail address.
    pub(crate) fn one_customer(&self, when: &When, asked: &str, wanted: Vec<&'static Column>) -> Result<OneCustomer, Error> {
        // Scores and classes need the whole store; the rest needs this customer alone.
        let later: Vec<_> = wanted.iter().copied().filter(|column| column.second_pass()).collect();
        let store = self.profile_of(when, later, &RfmAsk::default())?;
        let key = self.find(&store.snapshot, asked)?;
        let mut question = ProfileQuestion { columns: wanted, ..store.question.clone() };
        let asks = |name: &str| question.columns.iter().any(|column| column.name == name);
        let (launches, costs) = (asks("new_arrival_share"), asks("contribution"));
        if launches {
            question.launches = Some(self.launches(&store.snapshot, &question)?);
        }
        if costs {
            question.costs = self.costs(&store.snapshot, &question)?;
        }
        let rules = self.leave_out_rules(&store.snapshot);
        let mut wanted = facts_needed(&question);
        rules.read(&mut wanted);
        let facts = store.snapshot.customer(key, &wanted)?;
        if facts.keys.is_empty() {
            return Err(Error::UnknownCustomer(asked.to_owned()));
        }
        let (kept, left) = rules.apply(facts.clone(), &question.as_of)?;
        // Who is left out whole is shown all the same, for it may be a mistake.
        let mut header = store.header;
        let facts = if kept.keys.is_empty() { facts } else { kept };
        for (reason, left) in &left.0 {
            let what = match left.customers {
                0 => format!("{} not in this profile", counted(left.orders, "order is", "orders are")),
                _ => "this customer is left out of every other answer".to_owned(),
            };
            header.warnings.push(format!("{what}, by [leave-out] in quintile.toml: {}", reason.name()));
        }
        let row = second_pass(first_pass(&facts, &question)?.batch, &store.statistics, &question)?;
        if row.num_rows() == 0 {
            return Err(Error::UnknownCustomer(format!("{asked}` as of `{}", header.as_of_words)));
        }
        Ok(OneCustomer { header, row, key, snapshot: store.snapshot, as_of: question.as_of.instant })
    }

    /// The key of an id or address. Keys are made from names, so most are found without looking through the store.
    pub(crate) fn find(&self, snapshot: &Snapshot, asked: &str) -> Result<CustomerKey, Error> {
        let first = snapshot.first_source().unwrap_or_default().to_owned();
        let mut candidates = vec![KeyMaker::new(&first).registered(asked)];
        if let Some((source, id)) = asked.split_once(':') {
            candidates.push(KeyMaker::new(source).registered(id));
        }
        if let Some(email) = normal_email(asked) {
            // Guests are named by their address alone, whatever the source.
            candidates.push(KeyMaker::new("").guest_by_email(&email));
        }
        let nothing = FactColumns { customers: vec!["customer_id"], ..FactColumns::default() };
        for key in candidates {
            if !snapshot.customer(key, &nothing)?.keys.is_empty() {
                return Ok(key);
            }
        }
        // Guests, and addresses of registered customers: whose shown id or address is it?
        let email = normal_email(asked);
        let mut question = ProfileQuestion::new(quintile_model::AsOf { instant: FOREVER, zone: self.settings.zone.clone() });
        question.columns = named(&["customer_id".to_owned()])?;
        question.first_source = snapshot.first_source().map(str::to_owned);
        let mut wanted = facts_needed(&question);
        wanted.customers.push("email");
        let found = snapshot.scan(&wanted, self.settings.threads, |batch| {
            self.go_on()?;
            let emails = texts(&batch.customers.rows, "email");
            let ids = texts(&batch.customers.rows, "customer_id");
            let sources = repeated(&batch.customers.rows, "source");
            let mut keys = Vec::new();
            for customer in 0..batch.keys.len() {
                let is = |row: usize| {
                    let shown = match sources.get(row) {
                        Some(source) if source != first => format!("{source}:{}", ids.value(row)),
                        _ => ids.value(row).to_owned(),
                    };
                    shown == asked || (email.is_some() && emails.is_valid(row) && normal_email(emails.value(row)) == email)
                };
                if let Some(row) = batch.customers.of(customer).find(|row| is(*row)) {
                    keys.push((batch.keys[customer], ids.value(row).to_owned()));
                }
            }
            Ok::<_, Error>(keys)
        })?;
        let found: Vec<(u64, String)> = found.into_iter().flatten().collect();
        match &found[..] {
            [] => Err(Error::UnknownCustomer(asked.to_owned())),
            [(key, _)] => Ok(CustomerKey(*key)),
            many => Err(Error::ManyCustomers { asked: asked.to_owned(), ids: many.iter().map(|(_, id)| id.clone()).collect() }),
        }
    }
}

fn orders(facts: &CustomerBatch, as_of: Instant, header: &Header) -> Result<Answer, Error> {
    let rows = &facts.orders.rows;
    let at = instants(rows, "at");
    let (ids, standing, status, currency, total) =
        (texts(rows, "order_id"), repeated(rows, "standing"), repeated(rows, "status"), repeated(rows, "currency"), amounts(rows, "total"));
    let lines = amounts(&facts.lines.rows, "amount");
    let mut of_lines = vec![(0_u64, 0_i128); rows.num_rows()];
    for (line, order) in facts.line_order.iter().enumerate().filter(|(_, order)| **order != NO_ORDER) {
        let (count, sum) = &mut of_lines[*order as usize];
        *count += 1;
        *sum += i128::from(lines.value(line));
    }
    let called_off = |order: usize| {
        let times = instants(&facts.cancellations.rows, "at");
        (0..facts.cancellations.len()).any(|row| facts.cancellation_order[row] == order as u32 && times.value(row) < as_of.0)
    };
    let counts = |order: usize| match standing.get(order) {
        _ if called_off(order) => "cancelled",
        Some("counts") => "yes",
        Some(other) => other,
        None => "no",
    };
    // An order of later than the moment has not happened yet.
    let kept: Vec<usize> = (0..rows.num_rows()).filter(|order| at.value(*order) < as_of.0).collect();
    let value = |order: usize| match total.is_valid(order) {
        true => Some(Money(total.value(order))),
        false => Money::from_sum(of_lines[order].1),
    };
    let columns = vec![
        AnswerColumn::text("order_id", kept.iter().map(|order| Some(ids.value(*order).to_owned()))),
        AnswerColumn::instant("at", kept.iter().map(|order| Some(Instant(at.value(*order))))),
        AnswerColumn::amount("value", kept.iter().map(|order| value(*order))),
        AnswerColumn::text("currency", kept.iter().map(|order| currency.get(*order).map(str::to_owned))),
        AnswerColumn::count("lines", kept.iter().map(|order| Some(of_lines[*order].0))),
        AnswerColumn::text("counts", kept.iter().map(|order| Some(counts(*order).to_owned()))),
        AnswerColumn::text("status", kept.iter().map(|order| status.get(*order).map(str::to_owned))),
    ];
    Answer::new(header.clone(), columns, Vec::new())
}

fn refunds(facts: &CustomerBatch, as_of: Instant, header: &Header) -> Result<Answer, Error> {
    let rows = &facts.refunds.rows;
    debug_assert!(FactKind::Refunds.schema().field_with_name("product").is_ok());
    let (at, amount, currency, product) =
        (instants(rows, "at"), amounts(rows, "amount"), repeated(rows, "currency"), repeated(rows, "product"));
    let kept: Vec<usize> = (0..rows.num_rows()).filter(|row| at.value(*row) < as_of.0).collect();
    let columns = vec![
        AnswerColumn::instant("at", kept.iter().map(|row| Some(Instant(at.value(*row))))),
        AnswerColumn::amount("amount", kept.iter().map(|row| Some(Money(amount.value(*row))))),
        AnswerColumn::text("currency", kept.iter().map(|row| currency.get(*row).map(str::to_owned))),
        AnswerColumn::text("product", kept.iter().map(|row| product.get(*row).map(str::to_owned))),
    ];
    Answer::new(header.clone(), columns, Vec::new())
}
