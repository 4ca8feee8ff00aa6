//! Which messages customers agreed to.
//!
//! A permission given or taken back is a fact with a time. What a source says of the customer is as old as its version.
//! The newest of both that lies before the moment holds; where only the source's word is known, and it is newer than the
//! moment, it holds all the same.

use crate::lines::{Coded, NO_TEXT};
use crate::out;
use crate::who::chosen;
use crate::work::Work;
use arrow::array::{Array, ArrayRef, StringArray};
use quintile_model::columns::{numbers, repeated};
use quintile_model::touchpoints::Touchpoint;

/// The state of a channel, by consents and by a column of customers where there is one.
pub(crate) fn status(work: &Work<'_>, channel: &str, column: Option<&str>) -> ArrayRef {
    let consents = work.touches(Touchpoint::Consents);
    let channels = repeated(consents.rows(), "channel");
    let states = Coded::of(repeated(consents.rows(), "state"));
    let given = |customer: usize| {
        let mut newest = consents.of(customer).rev().filter(|row| states.codes[*row] != NO_TEXT);
        newest.find(|row| channels.get(*row) == Some(channel)).map(|row| (states.codes[row], consents.at[row]))
    };
    let Some(column) = column else {
        return out::coded(work.customers(), states.texts, |customer| given(customer).map(|(state, _)| state));
    };
    let said = Coded::of(repeated(&work.batch.customers.rows, column));
    let versions = numbers(&work.batch.customers.rows, "version");
    let all: StringArray = said.texts.iter().chain(states.texts.iter()).collect();
    let after = said.texts.len() as i32;
    out::coded(work.customers(), &all, |customer| {
        let of_source = chosen(work, customer, |row| said.codes[row] != NO_TEXT);
        let given = given(customer).map(|(state, at)| (state + after, at));
        match (of_source, given) {
            (Some(row), Some((state, at))) => {
                let version = versions.is_valid(row).then(|| versions.value(row));
                let newer = version.is_some_and(|version| version > at && work.question.as_of.counts(version));
                Some(if newer { said.codes[row] } else { state })
            }
            (row, given) => given.map(|(state, _)| state).or(row.map(|row| said.codes[row])),
        }
    })
}
