//! Touchpoints of synthetic customers: of each customer 20 events in some 8 visits, 12 mails with what became of them, and
//! now and then a cart, a ticket, a review, an answer, a referral.

use super::{Random, amounts, facts, list, repeated, times};
use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray, UInt64Array};
use quintile_model::Touchpoint;
use quintile_model::batch::Facts;
use std::sync::Arc;

const START: i64 = 1_672_531_200_000_000;
const SPAN: i64 = 1096 * 86_400_000_000;
const MINUTE: i64 = 60_000_000;

/// Rows of one kind: a customer's offsets, their times, and what makes columns of them.
struct Rows {
    offsets: Vec<u32>,
    at: Vec<i64>,
}

impl Rows {
    /// As many rows as `many` says, ascending in time.
    fn of(random: &mut Random, customers: usize, many: impl Fn(&mut Random) -> usize) -> Rows {
        let mut rows = Rows { offsets: vec![0], at: Vec::new() };
        for _ in 0..customers {
            let start = rows.at.len();
            for _ in 0..many(random) {
                rows.at.push(START + (random.unit() * SPAN as f64) as i64);
            }
            rows.at[start..].sort_unstable();
            rows.offsets.push(rows.at.len() as u32);
        }
        rows
    }

    fn words(&self, random: &mut Random, of: &[&str]) -> ArrayRef {
        let codes = self.at.iter().map(|_| (random.next() % of.len() as u64) as i32).collect();
        repeated(codes, &list(of.iter().map(|text| (*text).to_owned())))
    }

    fn scores(&self, random: &mut Random) -> ArrayRef {
        amounts(self.at.iter().map(|_| Some((random.next() % 6) as i64 * 10_000)).collect())
    }

    fn nothing(&self) -> ArrayRef {
        Arc::new(StringArray::from(vec![None::<&str>; self.at.len()]))
    }

    fn flags(&self, random: &mut Random, share: f64) -> ArrayRef {
        Arc::new(BooleanArray::from(self.at.iter().map(|_| random.unit() < share).collect::<Vec<_>>()))
    }

    fn facts(self, columns: Vec<(&str, ArrayRef)>) -> Facts {
        let mut all = vec![("at", times(self.at))];
        all.extend(columns);
        facts(all, self.offsets)
    }
}

/// All kinds, for so many customers whose keys count from nought.
pub(crate) fn touchpoints(random: &mut Random, customers: usize) -> Vec<(Touchpoint, Facts)> {
    Touchpoint::ALL.into_iter().map(|kind| (kind, one(random, kind, customers))).collect()
}

fn one(random: &mut Random, kind: Touchpoint, customers: usize) -> Facts {
    match kind {
        Touchpoint::Events => events(random, customers),
        Touchpoint::Messages => messages(random, customers),
        Touchpoint::Carts => {
            let rows = Rows::of(random, customers, |random| random.geometric(0.6));
            let columns = vec![
                ("checkout", rows.flags(random, 0.5)),
                ("emptied", rows.flags(random, 0.1)),
                ("order_key", Arc::new(UInt64Array::from(vec![None; rows.at.len()])) as ArrayRef),
                ("value", rows.scores(random)),
                ("currency", rows.words(random, &["EUR"])),
            ];
            rows.facts(columns)
        }
        Touchpoint::Tickets => {
            let rows = Rows::of(random, customers, |random| random.geometric(0.3));
            let columns = vec![
                ("complaint", rows.flags(random, 0.3)),
                ("solved_at", times(rows.at.iter().map(|at| at + 60 * MINUTE).collect())),
                ("score", rows.scores(random)),
            ];
            rows.facts(columns)
        }
        Touchpoint::Reviews => {
            let rows = Rows::of(random, customers, |random| random.geometric(0.2));
            let columns = vec![("rating", rows.scores(random))];
            rows.facts(columns)
        }
        Touchpoint::Surveys => {
            let rows = Rows::of(random, customers, |random| random.geometric(0.3));
            let columns = vec![
                ("question", rows.words(random, &["What?", "Why?"])),
                ("measure", rows.words(random, &["nps", "csat", "interest", "need", "value"])),
                ("answer", rows.words(random, &["tea", "mugs, tea", "gifts"])),
                ("score", rows.scores(random)),
            ];
            rows.facts(columns)
        }
        Touchpoint::Referrals => {
            let rows = Rows::of(random, customers, |random| random.geometric(0.05));
            let referred: UInt64Array = rows.at.iter().map(|_| Some(random.next() % customers as u64)).collect();
            rows.facts(vec![("referred_key", Arc::new(referred))])
        }
        Touchpoint::Consents => {
            let rows = Rows::of(random, customers, |random| random.geometric(0.4));
            let columns = vec![
                ("channel", rows.words(random, &["email", "sms", "push"])),
                ("state", rows.words(random, &["SUBSCRIBED", "UNSUBSCRIBED"])),
            ];
            rows.facts(columns)
        }
    }
}

/// Visits of two or three events some minutes apart, of which half bear an id.
fn events(random: &mut Random, customers: usize) -> Facts {
    let visits = Rows::of(random, customers, |random| 1 + random.geometric(0.87));
    let (mut rows, mut ids) = (Rows { offsets: vec![0], at: Vec::new() }, Vec::new());
    for own in visits.offsets.windows(2) {
        let mut events: Vec<(i64, Option<String>)> = Vec::new();
        for at in &visits.at[own[0] as usize..own[1] as usize] {
            let id = (random.unit() < 0.5).then(|| format!("{:016x}", random.next()));
            let many = 1 + random.geometric(0.6) as i64;
            events.extend((0..many).map(|event| (at + event * 3 * MINUTE, id.clone())));
        }
        events.sort_by_key(|(at, _)| *at);
        for (at, id) in events {
            rows.at.push(at);
            ids.push(id);
        }
        rows.offsets.push(rows.at.len() as u32);
    }
    let columns = vec![
        ("name", rows.words(random, &["product_viewed", "page_viewed", "searched"])),
        ("visit", Arc::new(StringArray::from(ids)) as ArrayRef),
        ("page", rows.words(random, &["/", "/tea", "/cups"])),
        ("term", rows.words(random, &["tea", "mug"])),
        ("seconds", Arc::new(Int64Array::from(vec![None; rows.at.len()]))),
        ("device", rows.words(random, &["desktop", "mobile", "tablet"])),
        ("platform", rows.words(random, &["web", "web", "app"])),
        ("channel", rows.words(random, &["ads", "news", "search"])),
        ("campaign", rows.words(random, &["spring", "autumn"])),
    ];
    rows.facts(columns)
}

/// Each mail is sent and delivered, half are opened and a tenth clicked.
fn messages(random: &mut Random, customers: usize) -> Facts {
    let mails = Rows::of(random, customers, |random| random.geometric(0.92));
    let mut rows = Rows { offsets: vec![0], at: Vec::new() };
    let (mut ids, mut actions) = (Vec::new(), Vec::new());
    for own in mails.offsets.windows(2) {
        let mut deeds: Vec<(i64, i32, String)> = Vec::new();
        for at in &mails.at[own[0] as usize..own[1] as usize] {
            let id = format!("{:012x}", random.next() >> 16);
            for (action, share) in [(0, 1.0), (1, 1.0), (2, 0.5), (3, 0.1)] {
                if random.unit() < share {
                    deeds.push((at + i64::from(action) * 20 * MINUTE, action, id.clone()));
                }
            }
        }
        deeds.sort_by_key(|(at, ..)| *at);
        for (at, action, id) in deeds {
            rows.at.push(at);
            actions.push(action);
            ids.push(id);
        }
        rows.offsets.push(rows.at.len() as u32);
    }
    let all = list(["sent", "delivered", "opened", "clicked"].iter().map(|text| (*text).to_owned()));
    let columns = vec![
        ("channel", rows.words(random, &["email"])),
        ("action", repeated(actions, &all)),
        ("message", Arc::new(StringArray::from(ids)) as ArrayRef),
        ("campaign", rows.words(random, &["spring", "autumn"])),
        ("machine", rows.flags(random, 0.2)),
        ("link", rows.nothing()),
    ];
    rows.facts(columns)
}
