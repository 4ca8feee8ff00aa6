//! Segments side by side: what two of them have in common, one of them at two moments, and how much many overlap.

use crate::header::grouped;
use crate::segment::{Asked, SegmentAsk};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, RfmAsk, When};
use arrow::array::{Array, AsArray};
use arrow::datatypes::Decimal64Type;
use quintile_model::Money;
use quintile_profile::columns;
use std::collections::{HashMap, HashSet};

/// Of all pairs only those are shown of whom so large a share is in both.
const NEAR_TWINS: f64 = 0.5;

/// What customers spent, net, by key; those whose money is not known are not in it.
pub(super) type Spent = HashMap<u64, i64>;

/// The money of some customers; `None` where the sum is beyond what an amount holds.
pub(super) fn money_of<'a>(spent: &Spent, keys: impl Iterator<Item = &'a u64>) -> Option<Money> {
    Money::from_sum(keys.filter_map(|key| spent.get(key)).map(|amount| i128::from(*amount)).sum())
}

/// Keys that are in the first and not in the second; both ascend.
pub(super) fn only_in(first: &[u64], second: &[u64]) -> Vec<u64> {
    first.iter().copied().filter(|key| second.binary_search(key).is_err()).collect()
}

impl Workspace {
    /// Two segments: who is in the one alone, in both, in the other alone, with what they spent.
    pub fn segment_diff(&self, one: &SegmentAsk, other: &SegmentAsk) -> Result<Answer, Error> {
        let stand = self.stand(&one.when)?;
        let (first, second) = (self.run_segment(&stand, one)?, self.run_segment(&stand, other)?);
        let label = |ask: &SegmentAsk| match &ask.of {
            Asked::Name(name) | Asked::Draft(name) => name.clone(),
            Asked::Text(_) => "the text".to_owned(),
        };
        let names = match one.of.words() == other.of.words() {
            // What is in force and what the file says.
            true => ["leave", "stay", "enter"].map(str::to_owned),
            false => [format!("only in {}", label(one)), "in both".to_owned(), format!("only in {}", label(other))],
        };
        let mut notes = Vec::new();
        for (ask, found) in [(one, &first), (other, &second)] {
            if let Some(lacks) = found.ran.lacks.first().filter(|lacks| !lacks.is_empty()) {
                notes.push(format!("the store lacks {} for {}", lacks.join(", "), label(ask)));
            }
        }
        let spent = [("amount_spent", self.spent(&stand)?)];
        diff_of(&spent, names, &first.members, &second.members, Some(first.ran.header), notes)
    }

    /// One segment at two moments: who left since the earlier one, who stayed, who entered, with what each had spent by either.
    pub fn segment_moved(&self, ask: &SegmentAsk, from: &str) -> Result<Answer, Error> {
        let earlier = SegmentAsk { when: When::AsOf(from.to_owned()), ..ask.clone() };
        let (then, now) = (self.stand(&earlier.when)?, self.stand(&ask.when)?);
        if then.as_of.instant >= now.as_of.instant {
            return Err(Error::Usage(format!("`--from {from}` is not before {}", now.header.as_of_words)));
        }
        let (before, after) = (self.run_segment(&then, &earlier)?, self.run_segment(&now, ask)?);
        let names = ["left", "stayed", "entered"].map(str::to_owned);
        let notes = vec![
            format!("from {} to {}", then.header.as_of_words, now.header.as_of_words),
            "`spent_then` is what they had spent by the one, `spent_now` by the other".to_owned(),
        ];
        let spent = [("spent_then", self.spent(&then)?), ("spent_now", self.spent(&now)?)];
        diff_of(&spent, names, &before.members, &after.members, Some(after.ran.header), notes)
    }

    /// How much segments overlap, pair by pair, those that are most alike first. Without names: all that have one, as far as the store
    /// has what they rest on, and of their pairs those who are nearly the same.
    pub fn segment_overlap(&self, when: &When, asked: &[Asked]) -> Result<Answer, Error> {
        let mut sets: Vec<(String, HashSet<u64>)> = Vec::new();
        let header;
        if asked.is_empty() {
            let (counted, _, of_all) = self.counted(when, None, false)?;
            header = of_all;
            // Another name of a segment is no twin.
            let told = counted
                .into_iter()
                .filter(|segment| segment.lacks.is_empty() && !segment.members.is_empty() && segment.entry.other_name_of().is_none());
            sets.extend(told.map(|segment| (segment.entry.id, segment.members.iter().collect())));
        } else {
            let stand = self.stand(when)?;
            let mut last = stand.header.clone();
            for of in asked {
                let ask = SegmentAsk { when: when.clone(), of: of.clone(), parameters: Vec::new() };
                let found = self.run_segment(&stand, &ask)?;
                sets.push((of.words().to_owned(), found.members.into_iter().collect()));
                last = found.ran.header;
            }
            header = last;
        }
        let mut pairs = Vec::new();
        for (at, (one, members)) in sets.iter().enumerate() {
            for (other, theirs) in &sets[at + 1..] {
                let both = members.intersection(theirs).count();
                let either = members.len() + theirs.len() - both;
                let alike = if either == 0 { 0.0 } else { both as f64 / either as f64 };
                if !asked.is_empty() || alike >= NEAR_TWINS {
                    pairs.push((one, other, members.len(), theirs.len(), both, alike));
                }
            }
        }
        pairs.sort_by(|a, b| b.5.total_cmp(&a.5));
        let share = |part: usize, of: usize| (of > 0).then(|| part as f64 / of as f64);
        let mut notes = Vec::new();
        if asked.is_empty() {
            let all = grouped(&sets.len().to_string());
            notes.push(format!("of {all} segments with members, the pairs of whom at least half of those in either are in both"));
        }
        Answer::new(
            header,
            vec![
                AnswerColumn::text("segment", pairs.iter().map(|pair| Some(pair.0.clone()))),
                AnswerColumn::text("other", pairs.iter().map(|pair| Some(pair.1.clone()))),
                AnswerColumn::count("customers", pairs.iter().map(|pair| Some(pair.2 as u64))),
                AnswerColumn::count("other_customers", pairs.iter().map(|pair| Some(pair.3 as u64))),
                AnswerColumn::count("in_both", pairs.iter().map(|pair| Some(pair.4 as u64))),
                AnswerColumn::share("in_other_share", pairs.iter().map(|pair| share(pair.4, pair.2))),
                AnswerColumn::share("of_other_share", pairs.iter().map(|pair| share(pair.4, pair.3))),
                AnswerColumn::share("alike_share", pairs.iter().map(|pair| Some(pair.5))),
            ],
            notes,
        )
    }

    /// What each customer spent, net.
    pub(super) fn spent(&self, stand: &Stand) -> Result<Spent, Error> {
        let mut wanted = crate::profile::named(&["amount_spent".to_owned()])?;
        wanted.push(columns::customer_key());
        let profile = self.profile_at(stand.clone(), wanted, &RfmAsk::default())?;
        let parts = profile.map(|rows| {
            let keys = crate::segment::keys_of(&rows)?;
            let amounts = rows.column(0).as_primitive_opt::<Decimal64Type>();
            let amounts = amounts.ok_or_else(|| Error::Answer("`amount_spent` holds no amounts".to_owned()))?;
            let known = keys.into_iter().enumerate().filter(|(row, _)| amounts.is_valid(*row));
            Ok(known.map(|(row, key)| (key, amounts.value(row))).collect::<Vec<_>>())
        })?;
        Ok(parts.into_iter().flatten().collect())
    }
}

/// Who is in the first of two lists alone, in both, in the second alone, with what they spent.
fn diff_of(
    spent: &[(&str, Spent)],
    names: [String; 3],
    first: &[u64],
    second: &[u64],
    header: Option<Header>,
    notes: Vec<String>,
) -> Result<Answer, Error> {
    let both: Vec<u64> = first.iter().copied().filter(|key| second.binary_search(key).is_ok()).collect();
    let parts = [only_in(first, second), both, only_in(second, first)];
    let all = parts.iter().map(Vec::len).sum::<usize>();
    let share = |part: &Vec<u64>| (all > 0).then(|| part.len() as f64 / all as f64);
    let mut columns = vec![
        AnswerColumn::text("who", names.into_iter().map(Some)),
        AnswerColumn::count("customers", parts.iter().map(|part| Some(part.len() as u64))),
        AnswerColumn::share("share", parts.iter().map(share)),
    ];
    for (name, spent) in spent {
        columns.push(AnswerColumn::amount(name, parts.iter().map(|part| money_of(spent, part.iter()))));
    }
    Answer::of(header, columns, notes)
}
