//! Which customers cost more than they leave, and how much of the discounts went to those who were about to buy anyway.

use crate::header::{counted, money};
use crate::ledger::LedgerParts;
use crate::months::whole;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal64Type, Int64Type};
use quintile_insight::costly::subsidy::{Given, Lateness, Pace, given};
use quintile_insight::costly::{Account, Verdict};
use quintile_model::Money;
use quintile_profile::Statistics;

/// What is read of each customer.
const READ: [&str; 9] = [
    "customer_id",
    "amount_spent_gross",
    "amount_refunded",
    "amount_discounted",
    "contribution",
    "tickets",
    "number_of_orders",
    "complaints",
    "life_stage",
];

/// A customer whom it is worth looking at.
pub(crate) struct Costly {
    id: String,
    pub account: Account,
    complaints: u64,
    pub stage: String,
}

/// Whom it is worth looking at.
pub(crate) struct FoundCostly {
    pub header: Header,
    /// All that there are.
    pub customers: u64,
    /// Of those, so many who bought before the history and are not judged.
    pub before_history: u64,
    pub found: Vec<Costly>,
}

impl Workspace {
    /// Customers who leave less than nothing, or get half or more of what they pay back or off; those who were given the most first.
    pub fn costly(&self, when: &When) -> Result<Answer, Error> {
        let FoundCostly { header, customers, before_history, mut found } = self.find_costly(when)?;
        found.sort_by(|a, b| {
            let rank = |one: &Costly| (one.account.verdict(), std::cmp::Reverse(one.account.given()));
            rank(a).cmp(&rank(b)).then_with(|| a.id.cmp(&b.id))
        });
        let sum: i128 = found.iter().map(|one| one.account.given()).sum();
        let stop = found.iter().filter(|one| one.account.verdict() == Verdict::StopChasing).count();
        let knows_costs = found.iter().any(|one| one.account.contribution.is_some());
        let amount = |name: &str, of: &dyn Fn(&Account) -> i128| {
            AnswerColumn::amount(name, found.iter().map(|one| Money::from_sum(of(&one.account))))
        };
        let columns = vec![
            AnswerColumn::text("customer_id", found.iter().map(|one| Some(one.id.clone()))),
            AnswerColumn::text("verdict", found.iter().map(|one| Some(one.account.verdict().id().to_owned()))),
            amount("spent_gross", &|account| account.gross.into()),
            amount("refunded", &|account| account.refunded.into()),
            amount("discounted", &|account| account.discounted.into()),
            AnswerColumn::share("given_share", found.iter().map(|one| one.account.given_share())),
            amount("left", &Account::left),
            AnswerColumn::count("orders", found.iter().map(|one| Some(one.account.orders))),
            AnswerColumn::count("tickets", found.iter().map(|one| Some(one.account.tickets))),
            AnswerColumn::count("complaints", found.iter().map(|one| Some(one.complaints))),
            AnswerColumn::text("life_stage", found.iter().map(|one| Some(one.stage.clone()))),
        ];
        let given = Money::from_sum(sum).map_or("more than can be shown".to_owned(), |sum| money(sum, &header.currency));
        let mut notes = vec![
            format!(
                "{} of {} were given {given} {} back or off the price; {} left less than nothing: no campaign to them is worth its cost",
                counted(found.len() as u64, "customer", "customers"),
                whole(customers),
                header.currency,
                whole(stop as u64)
            ),
            "look: half or more of what the goods would have cost was given back or off, or more tickets than orders".to_owned(),
        ];
        notes.push(match knows_costs {
            true => "left: after costs of goods, tickets and winning, as far as they are known".to_owned(),
            false => "left: order values less refunds; costs of goods, tickets and winning are not known".to_owned(),
        });
        if before_history > 0 {
            notes.push(format!(
                "{} given back more than they are known to have paid: they bought before the history begins and are not judged",
                counted(before_history, "customer was", "customers were")
            ));
        }
        Answer::new(header, columns, notes)
    }

    pub(crate) fn find_costly(&self, when: &When) -> Result<FoundCostly, Error> {
        let profile = self.profile_of(when, crate::profile::named(&READ.map(str::to_owned))?, &RfmAsk::default())?;
        let customers = profile.customers();
        let parts = profile.map(|rows| costly_of(&rows))?;
        let (before, found): (Vec<Costly>, Vec<Costly>) =
            parts.into_iter().flatten().partition(|one| one.account.verdict() == Verdict::NotTold);
        Ok(FoundCostly { header: profile.header, customers, before_history: before.len() as u64, found })
    }

    /// Discounts of the last so many days by how late their customers were.
    pub fn discounts_given(&self, when: &When, days: u16) -> Result<Answer, Error> {
        let stand = self.stand(when)?;
        let profile = self.profile_of(when, crate::profile::named(&["life_stage".to_owned()])?, &RfmAsk::default())?;
        let pace = pace_of(&profile.statistics)?;
        let from = stand.as_of.last_day() - i32::from(days) + 1;
        let (parts, left) = self.ledgers(&stand, LedgerParts::default(), |ledger| Ok(given(ledger, &pace, from)))?;
        let mut header = profile.header;
        header.leave_out(&left);
        discounts_told(parts, &pace, days, header)
    }
}

/// By what customers are late.
pub(crate) fn pace_of(statistics: &Statistics) -> Result<Pace, Error> {
    let (Some(last_call), Some(usual_gap)) = (statistics.last_call, statistics.usual_gap) else {
        return Err(Error::Answer("the store has no thresholds to tell by who is late".to_owned()));
    };
    // Half of those who come for a second purchase have come long before the last call; a quarter of it is what stages wait.
    Ok(Pace { usual_gap: usual_gap.value, after_first: last_call.value / 4.0, risk: statistics.risk })
}

/// Discounts by how late their customers were, as a table.
pub(crate) fn discounts_told(parts: Vec<[Given; 4]>, pace: &Pace, days: u16, header: Header) -> Result<Answer, Error> {
    let mut all = [Given::default(); 4];
    for part in parts {
        for (own, other) in all.iter_mut().zip(part) {
            own.orders += other.orders;
            own.discounted += other.discounted;
            own.discount += other.discount;
            own.gross += other.gross;
        }
    }
    let sum: i128 = all.iter().map(|given| given.discount).sum();
    let share = |part: i128, of: i128| (of > 0).then(|| part as f64 / of as f64);
    let columns = vec![
        AnswerColumn::text("customers", Lateness::ALL.iter().map(|lateness| Some(lateness.id().to_owned()))),
        AnswerColumn::count("orders", all.iter().map(|given| Some(given.orders))),
        AnswerColumn::count("discounted_orders", all.iter().map(|given| Some(given.discounted))),
        AnswerColumn::share("discounted_share", all.iter().map(|given| share(given.discounted.into(), given.orders.into()))),
        AnswerColumn::amount("discounts", all.iter().map(|given| Money::from_sum(given.discount))),
        AnswerColumn::share("of_discounts_share", all.iter().map(|given| share(given.discount, sum))),
        AnswerColumn::amount("spent_gross", all.iter().map(|given| Money::from_sum(given.gross))),
    ];
    let mut notes = vec![format!(
        "orders of the last {} by how late the customer was: not late is within the gap expected of them then ({:.0} days after a first purchase), at risk is later than {:.1} of them",
        counted(days.into(), "day", "days"),
        pace.after_first,
        pace.risk
    )];
    let not_late = all[Lateness::NotLate as usize];
    match share(not_late.discount, sum) {
        Some(part) => notes.push(format!(
            "{:.0} % of all discounts went to customers who were not late and would probably have bought anyway; an experiment tells for sure",
            100.0 * part
        )),
        None => notes.push("the store knows of no discounts in these days".to_owned()),
    }
    Answer::new(header, columns, notes)
}

fn costly_of(rows: &RecordBatch) -> Result<Vec<Costly>, Error> {
    let lacking = |name: &str| Error::Answer(format!("the profile lacks `{name}`"));
    let amounts = |at: usize| rows.column(at).as_primitive_opt::<Decimal64Type>().ok_or_else(|| lacking(READ[at]));
    let counts = |at: usize| rows.column(at).as_primitive_opt::<Int64Type>().ok_or_else(|| lacking(READ[at]));
    let ids = rows.column(0).as_string_opt::<i32>().ok_or_else(|| lacking(READ[0]))?;
    let (gross, refunded, discounted, contribution) = (amounts(1)?, amounts(2)?, amounts(3)?, amounts(4)?);
    let (tickets, orders, complaints) = (counts(5)?, counts(6)?, counts(7)?);
    let stages = quintile_model::columns::repeated(rows, READ[8]);
    let mut found = Vec::new();
    for row in 0..rows.num_rows() {
        let amount = |of: &arrow::array::Decimal64Array| if of.is_valid(row) { of.value(row) } else { 0 };
        let count = |of: &arrow::array::Int64Array| if of.is_valid(row) { of.value(row).max(0) as u64 } else { 0 };
        let account = Account {
            gross: amount(gross),
            refunded: amount(refunded),
            discounted: amount(discounted),
            contribution: contribution.is_valid(row).then(|| contribution.value(row)),
            tickets: count(tickets),
            orders: count(orders),
        };
        if account.verdict() != Verdict::Fine {
            let id = if ids.is_valid(row) { ids.value(row).to_owned() } else { String::new() };
            found.push(Costly { id, account, complaints: count(complaints), stage: stages.get(row).unwrap_or_default().to_owned() });
        }
    }
    Ok(found)
}
