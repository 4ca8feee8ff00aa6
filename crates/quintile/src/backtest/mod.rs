//! What a segment would have foretold at moments of the past.
//!
//! - `league`: which way of segmenting parts customers best.
//! - `past`: what customers really did, by day.
//! - `thresholds`: the same of the thresholds that part stages.

mod league;
mod past;
mod thresholds;

pub(crate) use past::Deeds;
pub use thresholds::{SuggestAsk, Suggestion};

use crate::header::counted;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Asked, Error, SegmentAsk, When};
use past::Cut;
use quintile_insight::backtest::Judged;
use quintile_model::Money;
use quintile_model::money::div_half_even;
use quintile_model::time::StoreZone;

/// A look back that is asked for.
#[derive(Debug, Clone)]
pub struct BacktestAsk {
    /// The moment whose past is looked at.
    pub when: When,
    /// The segment.
    pub of: Asked,
    /// Values of its `$parameters`.
    pub parameters: Vec<(String, String)>,
    /// Days looked at after a cut; 90, or a third of a short history, where `None`.
    pub horizon_days: Option<u16>,
    /// The last day that was known; cuts a horizon apart where `None`.
    pub cut: Option<String>,
    /// Staying away is what is foretold, and not an order.
    pub silence: bool,
}

impl Workspace {
    /// At each cut the members of the segment, drawn by what was known then, and what they did in the days after it.
    pub fn backtest(&self, ask: &BacktestAsk) -> Result<Answer, Error> {
        let stand = self.stand(&ask.when)?;
        let (deeds, left) = self.deeds(&stand)?;
        let cuts = deeds.cuts(ask.cut.as_deref(), ask.horizon_days)?;
        let mut rows = Vec::with_capacity(cuts.len());
        for cut in &cuts {
            rows.push((cut, self.at_cut(ask, &deeds, *cut)?));
        }
        let all = rows.iter().fold(Judged::default(), |all, (_, row)| all.and(row.judged));
        let share =
            |name: &str, of: &dyn Fn(&Judged) -> Option<f64>| AnswerColumn::share(name, rows.iter().map(|(_, row)| of(&row.judged)));
        let columns = vec![
            AnswerColumn::text("cut", rows.iter().map(|(cut, _)| Some(StoreZone::date_of(cut.day).to_string()))),
            AnswerColumn::count("horizon_days", rows.iter().map(|(cut, _)| Some(cut.horizon as u64))),
            AnswerColumn::count("customers", rows.iter().map(|(_, row)| Some(row.judged.customers))),
            AnswerColumn::count("members", rows.iter().map(|(_, row)| Some(row.judged.flagged))),
            share("precision_share", &Judged::precision),
            share("lower_share", &|judged| judged.precision_interval().map(|interval| interval.0)),
            share("upper_share", &|judged| judged.precision_interval().map(|interval| interval.1)),
            share("others_share", &Judged::others),
            share("recall_share", &Judged::recall),
            AnswerColumn::number("lift", rows.iter().map(|(_, row)| row.judged.lift())),
            AnswerColumn::amount("spent_each", rows.iter().map(|(_, row)| each(row.spent, row.judged.flagged))),
            AnswerColumn::amount(
                "others_spent_each",
                rows.iter().map(|(_, row)| each(row.others_spent, row.judged.customers - row.judged.flagged)),
            ),
        ];
        let what = if ask.silence { "made no purchase" } else { "made a purchase" };
        let mut notes = vec![format!(
            "precision: of the members at a cut, drawn by what was known through that day, the share who {what} in the days after it; recall: of all who did, the share who were members; customers: whoever had bought by then, and the members"
        )];
        if let (Some(precision), Some(others), Some(lift)) = (all.precision(), all.others(), all.lift()) {
            notes.push(format!(
                "over {} the members {what} in {:.1} % of cases, the others in {:.1} %: {lift:.2} times the share of all",
                counted(rows.len() as u64, "cut", "cuts"),
                100.0 * precision,
                100.0 * others
            ));
        } else if all.flagged == 0 {
            notes.push("the segment had no members at any cut".to_owned());
        }
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        Answer::new(header, columns, notes)
    }

    fn at_cut(&self, ask: &BacktestAsk, deeds: &Deeds, cut: Cut) -> Result<AtCut, Error> {
        let when = cut.when();
        let stand = self.stand(&when)?;
        let segment = SegmentAsk { when, of: ask.of.clone(), parameters: ask.parameters.clone() };
        let members = self.run_segment(&stand, &segment)?.members;
        let mut found = AtCut::default();
        let mut buyers = 0;
        for customer in 0..deeds.keys.len() {
            let days = deeds.days_of(customer);
            let member = members.binary_search(&deeds.keys[customer]).is_ok();
            let bought = days.first().is_some_and(|first| *first <= cut.day);
            if !bought && !member {
                continue;
            }
            buyers += u64::from(member);
            let (came, spent) = deeds.after(customer, cut);
            found.judged.add(member, came != ask.silence);
            *(if member { &mut found.spent } else { &mut found.others_spent }) += spent;
        }
        // Members who never bought anything, until today, are not among the deeds.
        for _ in buyers..members.len() as u64 {
            found.judged.add(true, ask.silence);
        }
        Ok(found)
    }
}

/// What became of the members at one cut.
#[derive(Default)]
struct AtCut {
    judged: Judged,
    spent: i128,
    others_spent: i128,
}

fn each(spent: i128, customers: u64) -> Option<Money> {
    (customers > 0).then(|| Money::from_sum(div_half_even(spent, i128::from(customers)))).flatten()
}
