//! Who customers are, where they live, and what they agreed to.
//!
//! Facts about a customer are corrected rather than dated, so the newest version holds at every moment. What is known
//! of a registered customer goes before what a guest order said.

use crate::consent;
use crate::lines::{Coded, NO_TEXT};
use crate::out;
use crate::work::Work;
use arrow::array::{Array, ArrayRef, BooleanArray, ListBuilder, StringArray, StringBuilder};
use quintile_model::columns::{flags, instants, repeated, texts};
use quintile_model::touchpoints::channel;
use std::sync::Arc;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Option<ArrayRef> {
    let customers = work.customers();
    Some(match name {
        "customer_id" => ids(work),
        "_customer_key" => Arc::new(arrow::array::UInt64Array::from(work.batch.keys.clone())),
        "customer_added_date" => {
            let added = added(work);
            out::instants(customers, |customer| added[customer])
        }
        "registered" => {
            let registered = flags(&work.batch.customers.rows, "registered");
            let any = |customer: usize| work.batch.customers.of(customer).any(|row| registered.value(row));
            Arc::new((0..customers).map(|customer| Some(any(customer))).collect::<BooleanArray>())
        }
        "returns_only" => {
            let returns = has_refund(work);
            let only = |customer: usize| work.orders.count(customer) == 0 && returns[customer];
            Arc::new((0..customers).map(|customer| Some(only(customer))).collect::<BooleanArray>())
        }
        "country" | "region" | "city" | "postcode" | "company" => place(work, name),
        "language" => coded(work, "language"),
        "email_subscription_status" => consent::status(work, channel::EMAIL, Some("email_consent")),
        "sms_subscription_status" => consent::status(work, channel::SMS, Some("sms_consent")),
        "push_subscription_status" => consent::status(work, channel::PUSH, None),
        "customer_account_status" => coded(work, "account_status"),
        "first_name" | "last_name" | "email" => text(work, name, |text| Some(text.to_owned())),
        "customer_email_domain" => text(work, "email", |email| {
            email.rsplit_once('@').map(|(_, domain)| domain.trim().to_lowercase()).filter(|domain| !domain.is_empty())
        }),
        "customer_tags" => {
            let tags = Coded::of(repeated(&work.batch.customers.rows, "tags"));
            lists(customers, |customer, list| {
                let row = chosen(work, customer, |row| tags.codes[row] != NO_TEXT)?;
                list.extend(tags.text(tags.codes[row]).split(',').map(str::trim).filter(|tag| !tag.is_empty()));
                Some(())
            })
        }
        "customer_countries" => {
            let own = Coded::of(repeated(&work.batch.customers.rows, "country"));
            let ordered = Coded::of(repeated(&work.batch.orders.rows, "country"));
            lists(customers, |customer, list| {
                if let Some(row) = chosen(work, customer, |row| own.codes[row] != NO_TEXT) {
                    list.push(own.text(own.codes[row]));
                }
                let codes = work.orders.of(customer).map(|slot| ordered.codes[work.orders.row(slot)]);
                let mut last = NO_TEXT;
                for code in codes.filter(|code| *code != NO_TEXT) {
                    if code != last {
                        list.push(ordered.text(code));
                        last = code;
                    }
                }
                (!list.is_empty()).then_some(())
            })
        }
        _ => return None,
    })
}

/// The newest row of the customer that has a value, among registered rows first.
pub(crate) fn chosen(work: &Work<'_>, customer: usize, has: impl Fn(usize) -> bool) -> Option<usize> {
    let own = work.batch.customers.of(customer);
    if own.len() == 1 {
        return has(own.start).then_some(own.start);
    }
    let registered = flags(&work.batch.customers.rows, "registered");
    let newest = |wanted: bool| own.clone().rev().find(|row| registered.value(*row) == wanted && has(*row));
    newest(true).or_else(|| newest(false))
}

/// Ids to show: that of the registered customer, else of the earliest guest; a later source is named before it.
fn ids(work: &Work<'_>) -> ArrayRef {
    let facts = &work.batch.customers;
    let ids = texts(&facts.rows, "customer_id");
    let sources = Coded::of(repeated(&facts.rows, "source"));
    let bare = |source: i32| match &work.question.first_source {
        Some(first) if source != NO_TEXT => sources.text(source) == first,
        _ => true,
    };
    let bare: Vec<bool> = (0..sources.texts.len() as i32).map(|code| sources.texts.is_null(code as usize) || bare(code)).collect();
    let one_each = facts.len() == work.customers() && (0..work.customers()).all(|customer| facts.of(customer).len() == 1);
    if one_each && bare.iter().all(|bare| *bare) {
        return Arc::new(ids.clone());
    }
    let registered = flags(&facts.rows, "registered");
    let mut shown = StringBuilder::with_capacity(work.customers(), ids.value_data().len());
    for customer in 0..work.customers() {
        let own = facts.of(customer);
        // An order that joined a customer by e-mail knows no id.
        let named = |row: &usize| ids.is_valid(*row) && !ids.value(*row).is_empty();
        let of_the_source = own.clone().rev().find(|row| registered.value(*row) && named(row));
        match of_the_source.or_else(|| own.clone().find(named)) {
            None => shown.append_null(),
            Some(row) => {
                let source = sources.codes[row];
                // Guests are the same person in every source.
                if registered.value(row) && source != NO_TEXT && !bare[source as usize] {
                    shown.append_value(format!("{}:{}", sources.text(source), ids.value(row)));
                } else {
                    shown.append_value(ids.value(row));
                }
            }
        }
    }
    Arc::new(shown.finish())
}

/// When each customer was first known of, as far as that is before the moment asked for.
pub(crate) fn added(work: &Work<'_>) -> Vec<Option<i64>> {
    earliest(work).into_iter().map(|at| work.question.as_of.counts(at).then_some(at)).collect()
}

/// The earliest dated fact of each customer, of any moment; `i64::MAX` where none is dated.
fn earliest(work: &Work<'_>) -> Vec<i64> {
    let batch = work.batch;
    let known = instants(&batch.customers.rows, "at");
    let any_known = known.null_count() < known.len();
    let ordered: &[i64] = instants(&batch.orders.rows, "at").values();
    let refunded: &[i64] = instants(&batch.refunds.rows, "at").values();
    let first = |customer: usize| {
        let mut least = i64::MAX;
        if any_known {
            least = batch.customers.of(customer).filter(|row| known.is_valid(*row)).map(|row| known.value(row)).min().unwrap_or(least);
        }
        // Orders and refunds lie in the order of time.
        least = least.min(ordered[batch.orders.of(customer)].first().copied().unwrap_or(i64::MAX));
        least.min(refunded[batch.refunds.of(customer)].first().copied().unwrap_or(i64::MAX))
    };
    (0..work.customers()).map(first).collect()
}

/// Since when each customer is known, at whatever moment one asks: by the earliest fact, or always by a row without a time
/// where there is no other fact to date it.
pub(crate) fn known_since(work: &Work<'_>) -> Vec<i64> {
    let batch = work.batch;
    let mut since = earliest(work);
    for (customer, since) in since.iter_mut().enumerate().filter(|(_, since)| **since == i64::MAX) {
        if batch.orders.of(customer).is_empty() && batch.refunds.of(customer).is_empty() {
            *since = i64::MIN;
        }
    }
    since
}

/// Which customers are known at the moment. `None` when all are.
pub(crate) fn known(work: &Work<'_>) -> Option<Vec<bool>> {
    let batch = work.batch;
    let ordered: &[i64] = instants(&batch.orders.rows, "at").values();
    let as_of = &work.question.as_of;
    let by_order = |customer: usize| ordered[batch.orders.of(customer)].first().is_some_and(|at| as_of.counts(*at));
    if (0..work.customers()).all(by_order) {
        return None;
    }
    let known: Vec<bool> = known_since(work).into_iter().map(|since| as_of.counts(since)).collect();
    known.contains(&false).then_some(known)
}

/// Which customers have a refund that counts.
pub(crate) fn has_refund(work: &Work<'_>) -> Vec<bool> {
    let batch = work.batch;
    let at: &[i64] = instants(&batch.refunds.rows, "at").values();
    let counts = |row: usize| {
        let order = batch.refund_order[row];
        work.question.as_of.counts(at[row])
            && (order == quintile_model::batch::NO_ORDER || work.orders.slot(order) != quintile_model::batch::NO_ORDER)
    };
    (0..work.customers()).map(|customer| batch.refunds.of(customer).any(counts)).collect()
}

fn coded(work: &Work<'_>, column: &str) -> ArrayRef {
    let known = Coded::of(repeated(&work.batch.customers.rows, column));
    out::coded(work.customers(), known.texts, |customer| {
        chosen(work, customer, |row| known.codes[row] != NO_TEXT).map(|row| known.codes[row])
    })
}

/// Of the customer, else of the latest counted order that names one.
fn place(work: &Work<'_>, column: &str) -> ArrayRef {
    let own = Coded::of(repeated(&work.batch.customers.rows, column));
    let ordered = Coded::of(repeated(&work.batch.orders.rows, column));
    let all: StringArray = own.texts.iter().chain(ordered.texts.iter()).collect();
    let after = own.texts.len() as i32;
    out::coded(work.customers(), &all, |customer| {
        chosen(work, customer, |row| own.codes[row] != NO_TEXT).map(|row| own.codes[row]).or_else(|| {
            let codes = work.orders.of(customer).rev().map(|slot| ordered.codes[work.orders.row(slot)]);
            codes.into_iter().find(|code| *code != NO_TEXT).map(|code| code + after)
        })
    })
}

fn text(work: &Work<'_>, column: &str, shown: impl Fn(&str) -> Option<String>) -> ArrayRef {
    let known = texts(&work.batch.customers.rows, column);
    let value = |customer| chosen(work, customer, |row| known.is_valid(row)).and_then(|row| shown(known.value(row)));
    Arc::new((0..work.customers()).map(value).collect::<StringArray>())
}

/// Lists of texts, in order, each once.
pub(crate) fn lists<'a>(customers: usize, mut fill: impl FnMut(usize, &mut Vec<&'a str>) -> Option<()>) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    let mut list = Vec::new();
    for customer in 0..customers {
        list.clear();
        match fill(customer, &mut list) {
            None => lists.append_null(),
            Some(()) => {
                list.sort_unstable();
                list.dedup();
                lists.append_value(list.iter().map(Some));
            }
        }
    }
    Arc::new(lists.finish())
}
