//! A suggestion in words.

use super::super::past::Cut;
use crate::header::counted;
use crate::months::whole;
use quintile_insight::backtest::threshold::{Costs, LEAST};
use quintile_model::time::StoreZone;

/// What a suggestion rests on.
pub(super) struct Told<'a> {
    pub cuts: &'a [Cut],
    pub repeat: usize,
    pub learnt: usize,
    pub apart: bool,
    pub sure: f64,
    pub risk: Option<f64>,
    pub inactive: Option<f64>,
    /// What J rises by at the last cut where risk moves.
    pub gain: f64,
    /// What mistakes cost, and whether that was given.
    pub costs: Costs,
    pub costs_given: bool,
    /// The cost by customer at the last cut, of risk as it is in force and as it is suggested.
    pub cost_in_force: Option<f64>,
    pub cost_suggested: Option<f64>,
    /// The same of flagging nobody, and of flagging everybody.
    pub cost_of_no_cut: Option<(f64, f64)>,
}

impl Told<'_> {
    pub fn notes(&self, risk: f64, inactive: f64) -> Vec<String> {
        let last = self.cuts.last().map_or(String::new(), |cut| StoreZone::date_of(cut.day).to_string());
        let horizon = counted(self.cuts.last().map_or(0, |cut| cut.horizon as u64), "day", "days");
        let mut notes = vec![format!(
            "of {} at {last}: flagged is who is more overdue than `above`, silent who then made no purchase in {horizon}; each customer by what was known through that day",
            counted(self.repeat as u64, "customer of two purchases or more", "customers of two purchases or more")
        )];
        let learnt = counted(self.learnt as u64, "case", "cases");
        notes.push(match self.apart {
            true => format!(
                "suggestions are chosen on {learnt} at {} before it, and judged at the last",
                counted(self.cuts.len() as u64 - 1, "cut", "cuts")
            ),
            false => format!("suggestions are chosen and judged on the same {learnt}, which flatters them; more history gives more cuts"),
        });
        notes.push(match self.risk {
            Some(found) if (found - risk).abs() < 1e-9 => {
                format!("risk stays at {risk}: no cut is better than it both before and at the last cut")
            }
            Some(found) if self.costs_given => format!(
                "risk: {found} instead of {risk} costs least: at the last cut {:.4} by customer instead of {:.4}",
                self.cost_suggested.unwrap_or_default(),
                self.cost_in_force.unwrap_or_default()
            ),
            Some(found) => format!(
                "risk: {found} instead of {risk} parts those who stay away from those who buy better, at the last cut by {:.3} of J (youden); under 0.02 is next to nothing",
                self.gain
            ),
            None => format!("risk stays at {risk}: no cut with {} customers beyond it parts anybody", whole(LEAST)),
        });
        notes.push(match self.inactive {
            Some(found) if (found - inactive).abs() < 1e-9 => {
                format!("inactive stays at {inactive}: from there on {:.0} % stay away", 100.0 * self.sure)
            }
            Some(found) => {
                format!("inactive: {found} instead of {inactive} is where {:.0} % or more stay away from there on", 100.0 * self.sure)
            }
            None => format!(
                "inactive stays at {inactive}: with {} customers beyond it, nowhere do {:.0} % stay away",
                whole(LEAST),
                100.0 * self.sure
            ),
        });
        notes.push(self.of_costs());
        notes
    }

    fn of_costs(&self) -> String {
        let how = if self.costs_given {
            "as given; risk is suggested by them"
        } else {
            "for want of figures; --false-alarm-cost and --miss-cost give them"
        };
        let without = self.cost_of_no_cut.map_or_else(String::new, |(nobody, everybody)| {
            format!("; at the last cut, flagging nobody costs {nobody:.4}, flagging everybody {everybody:.4}")
        });
        format!(
            "cost_each: by customer looked at, a false alarm (flagged, and bought) at {} and a miss (not flagged, and silent) at {}, {how}{without}; --curve shows every cut",
            self.costs.false_alarm, self.costs.miss
        )
    }
}
