//! Who came back after being inactive, what they spent since, and what passive customers had spent.

use crate::header::counted;
use crate::ledger::LedgerParts;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When};
use quintile_insight::reactivation::{How, Limits, Reactivation, Returns, Stretches};
use quintile_model::Money;
use quintile_model::money::div_half_even;
use quintile_profile::Statistics;

/// Which returns are asked for.
#[derive(Debug, Clone)]
pub struct ReactivationAsk {
    /// The moment.
    pub when: When,
    /// Days before it that are looked at.
    pub days: u16,
}

/// One row: who was inactive, and how they came back.
struct Row<'a> {
    who: &'static str,
    how: &'static str,
    stretches: &'a Stretches,
    returns: Returns,
    /// The row of either way, which alone has those who did not come back.
    any: bool,
}

impl Workspace {
    /// For customers inactive after one purchase and after more: how many came back, how, and what they spent since.
    pub fn reactivation(&self, ask: &ReactivationAsk) -> Result<Answer, Error> {
        let stand = self.stand(&ask.when)?;
        let today = stand.as_of.day();
        let from = today - i32::from(ask.days);
        let profile = self.profile_of(&ask.when, crate::profile::named(&["life_stage".to_owned()])?, &RfmAsk::default())?;
        let limits = limits_of(&profile.statistics)?;
        let (parts, left) = self.ledgers(&stand, LedgerParts::default(), |ledger| Ok(Reactivation::of(ledger, &limits, from, today)))?;
        let mut all = Reactivation::default();
        parts.into_iter().for_each(|part| all.merge(part));
        let mut header = profile.header;
        header.leave_out(&left);
        told(&all, &limits, ask.days, header)
    }
}

/// By what customers are inactive.
pub(crate) fn limits_of(statistics: &Statistics) -> Result<Limits, Error> {
    let (Some(last_call), Some(usual_gap)) = (statistics.last_call, statistics.usual_gap) else {
        return Err(Error::Answer("the store has no thresholds to tell the inactive by".to_owned()));
    };
    Ok(Limits { last_call: last_call.value, usual_gap: usual_gap.value, inactive: statistics.inactive })
}

/// As a table.
pub(crate) fn told(all: &Reactivation, limits: &Limits, days: u16, header: Header) -> Result<Answer, Error> {
    let ways = [("any", How::Any), ("discounted", How::Discounted), ("full-price", How::FullPrice)];
    let rows: Vec<Row<'_>> = [("after-one-purchase", &all.once), ("repeat", &all.repeat)]
        .into_iter()
        .flat_map(|(who, stretches)| {
            ways.map(|(how, which)| Row { who, how, stretches, returns: stretches.returns(which), any: which == How::Any })
        })
        .collect();
    let count = |name: &str, of: &dyn Fn(&Row<'_>) -> Option<u64>| AnswerColumn::count(name, rows.iter().map(of));
    let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    let money = |name: &str, of: &dyn Fn(&Row<'_>) -> Option<Money>| AnswerColumn::amount(name, rows.iter().map(of));
    let columns = vec![
        AnswerColumn::text("inactive", rows.iter().map(|row| Some(row.who.to_owned()))),
        AnswerColumn::text("order", rows.iter().map(|row| Some(row.how.to_owned()))),
        count("were_inactive", &|row| row.any.then_some(row.stretches.all)),
        count("came_back", &|row| Some(row.returns.count)),
        AnswerColumn::share("came_back_share", rows.iter().map(|row| share(row.returns.count, row.stretches.all))),
        AnswerColumn::number("median_silent_days", rows.iter().map(|row| row.returns.silent_days)),
        AnswerColumn::share("bought_again_share", rows.iter().map(|row| share(row.returns.again, row.returns.count))),
        money("spent_since", &|row| Money::from_sum(row.returns.spent)),
        money("spent_since_each", &|row| each(row.returns.spent, row.returns.count)),
        money("discount_each", &|row| each(row.returns.discount, row.returns.count)),
        count("inactive_now", &|row| row.any.then_some(row.stretches.open)),
        money("spent_before_each", &|row| each(row.stretches.open_spent, row.stretches.open).filter(|_| row.any)),
    ];
    let notes = vec![
        format!(
            "inactive: silent for more than {:.0} days after one purchase, after more for {:.1} times the gap expected of the customer (usual gap {:.0} days); looked at are the last {}",
            limits.last_call,
            limits.inactive,
            limits.usual_gap,
            counted(days.into(), "day", "days")
        ),
        "spent_since: orders from the day of return on, before refunds; spent_before_each: what those inactive now had ordered so far"
            .to_owned(),
        "who would have come back anyway is not known; an experiment with some held out tells what asking them is worth".to_owned(),
    ];
    Answer::new(header, columns, notes)
}

fn each(sum: i128, of: u64) -> Option<Money> {
    (of > 0).then(|| Money::from_sum(div_half_even(sum, i128::from(of)))).flatten()
}
