//! Three sentences that a merchant should not miss, each with the figures in it, so that they can be said in another language too.

use super::Answers;
use crate::header;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, When};
use quintile_model::Money;
use quintile_report::Finding;

/// A finding with what its sentences are made of.
pub(super) struct Found {
    /// Which one it is, for whoever words it anew.
    id: &'static str,
    pub finding: Finding,
    customers: Option<u64>,
    /// Of the revenue, or of all customers.
    share: Option<f64>,
    amount: Option<Money>,
    /// The bounds of an estimate.
    bounds: Option<(Money, Money)>,
    /// The stage that moves, by its id, and the name of its goal.
    moves: Option<(String, String)>,
}

impl Workspace {
    /// The three findings that the report begins with.
    pub fn three_findings(&self, when: &When) -> Result<Answer, Error> {
        let (answers, _) = self.answers_for_report(when)?;
        let found = findings(&answers);
        let text = |name: &str, of: fn(&Found) -> &String| AnswerColumn::text(name, found.iter().map(|found| Some(of(found).clone())));
        let moves =
            |of: fn(&(String, String)) -> &String| found.iter().map(move |found| found.moves.as_ref().map(|moves| of(moves).clone()));
        let table = vec![
            text("headline", |found| &found.finding.headline),
            text("detail", |found| &found.finding.detail),
            text("section", |found| &found.finding.section),
            AnswerColumn::text("finding", found.iter().map(|found| Some(found.id.to_owned()))),
            AnswerColumn::count("customers", found.iter().map(|found| found.customers)),
            AnswerColumn::share("share", found.iter().map(|found| found.share)),
            AnswerColumn::amount("amount", found.iter().map(|found| found.amount)),
            AnswerColumn::amount("low", found.iter().map(|found| found.bounds.map(|bounds| bounds.0))),
            AnswerColumn::amount("high", found.iter().map(|found| found.bounds.map(|bounds| bounds.1))),
            AnswerColumn::text("stage", moves(|moves| &moves.0)),
            AnswerColumn::text("goal", moves(|moves| &moves.1)),
        ];
        Answer::new(answers.header, table, Vec::new())
    }
}

/// The findings, most important first.
pub(super) fn findings(answers: &Answers) -> Vec<Found> {
    let mut found: Vec<Found> = top_fifth(answers).into_iter().collect();
    found.push(likely_gain(answers));
    found.push(late(answers));
    found
}

fn nothing(id: &'static str, section: &str, headline: String, detail: String) -> Found {
    let finding = Finding { headline, detail, section: section.to_owned() };
    Found { id, finding, customers: None, share: None, amount: None, bounds: None, moves: None }
}

/// How much hangs on how few; `None` while nobody has spent anything.
fn top_fifth(answers: &Answers) -> Option<Found> {
    let fifth = answers.concentration.top.iter().find(|top| top.of_customers == 0.2)?;
    let share = fifth.of_revenue?;
    let (id, weight) = match share {
        0.7.. => ("top-fifth-few", "So few carry so much that losing some of them would be felt; look after them by name."),
        0.5.. => ("top-fifth-half", "They carry more than half; the rest is spread over many."),
        _ => ("top-fifth-wide", "Revenue is spread wide, and hangs on no few of them."),
    };
    let spent = Money::from_sum(fifth.spent);
    let customers = header::counted(fifth.customers, "customer", "customers");
    let headline = format!("The top fifth of the buyers brings {:.0} % of the revenue.", share * 100.0);
    let told = nothing(id, "concentration", headline, format!("{customers} have spent {}. {weight}", money(answers, spent)));
    Some(Found { customers: Some(fifth.customers), share: Some(share), amount: spent, ..told })
}

/// The move that promises most by the store's own past.
fn likely_gain(answers: &Answers) -> Found {
    let likely = &answers.likely;
    let best = likely
        .rows
        .iter()
        .zip(&likely.gains)
        .find(|(row, gain)| row.value.is_some_and(|value| value > 0.0) && gain.gain.is_some_and(|gain| gain > 0.0));
    let Some((row, value, extra, (low, high))) = best.and_then(|(row, gain)| Some((row, gain.gain?, row.extra?, gain.interval?))) else {
        let detail = "The table of opportunities shows what each move would be worth if everybody made it; which share can be moved will show after a few months.";
        let headline = "The past is too short to say which move pays.".to_owned();
        return nothing("past-too-short", "opportunities", headline, detail.to_owned());
    };
    let estimate = |value: f64| format!("{} {}", header::about(value / 10_000.0), answers.header.currency);
    let (id, costs) = match likely.has_terms {
        true => ("likely-gain", "by margin and after costs as far as they are given"),
        false => ("likely-gain-before-costs", "before costs"),
    };
    let (from, to) = (row.stage_name.to_lowercase(), row.goal_name.to_lowercase());
    let headline = format!("The likeliest gain is {from} to {to}: about {} in a good month.", estimate(value));
    let detail = format!(
        "If as many moved as in the best month of this season, {extra:.0} customers more than usual would. The store's own past puts the value between {} and {} (95 % interval), {costs}.",
        estimate(low),
        estimate(high),
    );
    let amount = |value: f64| Money::from_sum(value.round() as i128);
    Found {
        customers: Some(extra.round() as u64),
        amount: amount(value),
        bounds: amount(low).zip(amount(high)),
        moves: Some((row.stage.clone(), row.goal_name.clone())),
        ..nothing(id, "opportunities", headline, detail)
    }
}

/// Who bought more than once, and is late or gone.
fn late(answers: &Answers) -> Found {
    let class = |id: &str| answers.likely.classes.iter().find(|class| class.id == id);
    let slipping: Vec<_> = ["at-risk-repeat", "inactive-repeat"].iter().filter_map(|id| class(id)).collect();
    let (customers, spent) = slipping.iter().fold((0, 0), |(customers, spent), class| (customers + class.customers, spent + class.spent));
    let all: u64 = answers.likely.classes.iter().map(|class| class.customers).sum();
    if customers == 0 {
        let detail = "Everybody who bought more than once bought again within their usual time.".to_owned();
        return nothing("nobody-late", "stages", "No repeat customer is late.".to_owned(), detail);
    }
    let (share, spent) = (customers as f64 / all as f64, Money::from_sum(spent));
    let headline = format!(
        "{} who bought more than once {} late or gone.",
        header::counted(customers, "customer", "customers"),
        if customers == 1 { "is" } else { "are" }
    );
    let detail = format!(
        "They have brought {} so far and are {:.0} % of all customers; the longer they stay away, the fewer come back.",
        money(answers, spent),
        100.0 * share
    );
    Found { customers: Some(customers), share: Some(share), amount: spent, ..nothing("late", "stages", headline, detail) }
}

fn money(answers: &Answers, amount: Option<Money>) -> String {
    let currency = &answers.header.currency;
    amount.map_or("an unknown amount".to_owned(), |amount| format!("{} {currency}", header::money(amount, currency)))
}
