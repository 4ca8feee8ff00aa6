//! Where customers came from: what the source says, else what their first visits say.
//!
//! What comes after the first order brought nobody, so visits are looked at up to it.

use crate::lines::{Coded, NO_TEXT};
use crate::out;
use crate::touches::Touches;
use crate::who::chosen;
use crate::work::Work;
use arrow::array::{Array, ArrayRef, StringArray};
use quintile_model::columns::repeated;
use quintile_model::time::Month;
use quintile_model::touchpoints::{Touchpoint, event};
use std::collections::BTreeMap;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Option<ArrayRef> {
    Some(match name {
        "acquisition_source" => source(work).array(),
        "acquisition_campaign" => {
            let events = work.touches(Touchpoint::Events);
            let campaigns = Coded::of(repeated(events.rows(), "campaign"));
            Origin::of(work, name, &[campaigns.texts], |customer| {
                before_first_order(work, &events, customer).map(|row| campaigns.codes[row]).find(|code| *code != NO_TEXT)
            })
            .array()
        }
        "lead_source" => {
            let events = work.touches(Touchpoint::Events);
            let names = repeated(events.rows(), "name");
            let (terms, pages) = (Coded::of(repeated(events.rows(), "term")), Coded::of(repeated(events.rows(), "page")));
            Origin::of(work, name, &[terms.texts, pages.texts], |customer| {
                let mut forms = before_first_order(work, &events, customer).filter(|row| names.get(*row) == Some(event::FORM_SUBMITTED));
                forms.find_map(|row| match (terms.codes[row], pages.codes[row]) {
                    (NO_TEXT, NO_TEXT) => None,
                    (NO_TEXT, page) => Some(page + terms.texts.len() as i32),
                    (term, _) => Some(term),
                })
            })
            .array()
        }
        _ => return None,
    })
}

/// One text a customer, by code.
pub(crate) struct Origin {
    texts: StringArray,
    codes: Vec<i32>,
}

impl Origin {
    /// Of the customer, else as an event says; codes of events begin at nought.
    fn of(work: &Work<'_>, column: &str, of_events: &[&StringArray], event: impl Fn(usize) -> Option<i32>) -> Self {
        let said = Coded::of(repeated(&work.batch.customers.rows, column));
        let texts: StringArray = said.texts.iter().chain(of_events.iter().flat_map(|texts| texts.iter())).collect();
        let after = said.texts.len() as i32;
        let one = |customer: usize| {
            let row = chosen(work, customer, |row| said.codes[row] != NO_TEXT).map(|row| said.codes[row]);
            row.or_else(|| event(customer).map(|code| code + after)).unwrap_or(NO_TEXT)
        };
        Origin { codes: (0..work.customers()).map(one).collect(), texts }
    }

    fn array(&self) -> ArrayRef {
        out::coded(self.codes.len(), &self.texts, |customer| Some(self.codes[customer]).filter(|code| *code != NO_TEXT))
    }

    fn text(&self, customer: usize) -> Option<&str> {
        Some(self.codes[customer]).filter(|code| *code != NO_TEXT).map(|code| self.texts.value(code as usize))
    }
}

fn source(work: &Work<'_>) -> Origin {
    let events = work.touches(Touchpoint::Events);
    let channels = Coded::of(repeated(events.rows(), "channel"));
    Origin::of(work, "acquisition_source", &[channels.texts], |customer| {
        before_first_order(work, &events, customer).map(|row| channels.codes[row]).find(|code| *code != NO_TEXT)
    })
}

/// Events no later than the first order; all where there is none.
fn before_first_order(work: &Work<'_>, events: &Touches<'_>, customer: usize) -> impl Iterator<Item = usize> {
    let first = work.orders.at[work.orders.of(customer)].first().copied().unwrap_or(i64::MAX);
    let own = events.of(customer);
    own.start..own.start + events.at[own].partition_point(|at| *at <= first)
}

/// The channel over which each buyer was won: `acquisition_source`, else the channel of the first order.
pub(crate) fn won_over(work: &Work<'_>) -> impl Fn(usize) -> Option<String> {
    let source = source(work);
    let channels = Coded::of(repeated(&work.batch.orders.rows, "channel"));
    let codes: Vec<i32> = (0..work.customers())
        .map(|customer| work.orders.of(customer).next().map_or(NO_TEXT, |slot| channels.codes[work.orders.row(slot)]))
        .collect();
    let texts = channels.texts.clone();
    move |customer| {
        let ordered = || Some(codes[customer]).filter(|code| *code != NO_TEXT).map(|code| texts.value(code as usize));
        source.text(customer).or_else(ordered).map(crate::costs::channel_name)
    }
}

/// How many buyers of a batch were won over each channel in each month: that of their first order, in the store's zone.
/// Take the sums over all batches. Read it with [`facts_needed`](crate::facts_needed) for `acquisition_source` and
/// `first_channel`.
pub fn buyers_won(batch: &quintile_model::CustomerBatch, question: &crate::ProfileQuestion) -> BTreeMap<(String, Month), u64> {
    let work = Work::new(batch, question);
    let channel = won_over(&work);
    let mut won = BTreeMap::new();
    for customer in 0..work.customers() {
        let Some(slot) = work.orders.of(customer).next() else { continue };
        if let Some(channel) = channel(customer) {
            *won.entry((channel, Month::of_day(work.days()[slot]))).or_default() += 1;
        }
    }
    won
}
