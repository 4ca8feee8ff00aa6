//! Which thresholds the store's own past speaks for: from how overdue on customers are at risk, and from how overdue on they
//! are inactive.
//!
//! | file | what it holds |
//! | --- | --- |
//! | here | choosing, and the tables |
//! | `rules` | each rule's scores at each cut |
//! | `told` | a suggestion in words |
//! | `kept` | what is suggested, fixed in the settings file |

mod kept;
mod rules;
mod told;

use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, When};
use quintile_insight::backtest::Judged;
use quintile_insight::backtest::threshold::Costs;
use quintile_value::ModelName;
use rules::Ruled;
use told::Told;

/// A suggestion that is asked for.
#[derive(Debug, Clone)]
pub struct SuggestAsk {
    /// The moment whose past is looked at.
    pub when: When,
    /// Days looked at after a cut; 90, or a third of a short history, where `None`.
    pub horizon_days: Option<u16>,
    /// The last day that was known; cuts a horizon apart where `None`.
    pub cut: Option<String>,
    /// The share that has to stay away beyond the threshold of the inactive.
    pub sure: f64,
    /// What a customer costs who was flagged and bought; as much as a miss where neither is given.
    pub false_alarm_cost: Option<f64>,
    /// What a customer costs who was not flagged and stayed away.
    pub miss_cost: Option<f64>,
    /// Every cut that was tried instead of some.
    pub curve: bool,
}

impl SuggestAsk {
    /// As it is asked where nobody says more than when.
    pub fn at(when: When) -> SuggestAsk {
        SuggestAsk { when, horizon_days: None, cut: None, sure: 0.9, false_alarm_cost: None, miss_cost: None, curve: false }
    }

    /// What mistakes cost, and whether anybody said so.
    fn costs(&self) -> Result<(Costs, bool), Error> {
        let usual = Costs::default();
        let costs = Costs { false_alarm: self.false_alarm_cost.unwrap_or(usual.false_alarm), miss: self.miss_cost.unwrap_or(usual.miss) };
        let sound =
            [costs.false_alarm, costs.miss].iter().all(|cost| cost.is_finite() && *cost >= 0.0) && costs.false_alarm + costs.miss > 0.0;
        if !sound {
            return Err(Error::Usage(format!(
                "--false-alarm-cost and --miss-cost are amounts of which none is below nought and one is above it, such as 0.5 and 4; {} and {} are not",
                costs.false_alarm, costs.miss
            )));
        }
        Ok((costs, self.false_alarm_cost.is_some() || self.miss_cost.is_some()))
    }
}

/// What is suggested.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// How each rule and cut did.
    pub answer: Answer,
    /// Overdue by more usual gaps than this is at risk.
    pub risk: Option<f64>,
    /// Overdue by more usual gaps than this is inactive.
    pub inactive: Option<f64>,
}

/// One row: a rule at one cut of its score, at the last moment.
struct Row {
    rule: String,
    cut: f64,
    what: String,
    judged: Judged,
    /// The cost by customer at the moments that suggestions are chosen on.
    cost_before: Option<f64>,
}

impl Workspace {
    /// Holds the thresholds of stages, and rules of thumb, against what repeat customers did.
    pub fn suggest_thresholds(&self, ask: &SuggestAsk) -> Result<Suggestion, Error> {
        if !(ask.sure > 0.0 && ask.sure < 1.0) {
            return Err(Error::Usage(format!("--sure is a share between 0 and 1, such as 0.9; `{}` is none", ask.sure)));
        }
        let (costs, costs_given) = ask.costs()?;
        let stand = self.stand(&ask.when)?;
        let (deeds, left) = self.deeds(&stand)?;
        let cuts = deeds.cuts(ask.cut.as_deref(), ask.horizon_days)?;
        let standing = self.value_model(stand.as_of.instant)?.and_then(|model| model.choice.model);
        let model = standing.as_deref().and_then(ModelName::named);
        let (rules, no_model) = self.ruled(&deeds, &cuts, model)?;
        let in_force = &self.settings.thresholds;
        let stages = &rules[0];
        let last = stages.by_cut.last().ok_or_else(|| Error::Usage("there is no cut to look at".to_owned()))?;
        // Chosen on the earlier cuts and judged at the last; with one cut there is nothing else to choose on.
        let learnt = stages.learnt();
        let youden = |cut: f64| last.judged(cut).youden().unwrap_or(0.0);
        let cost = |cut: f64| costs.each(&last.judged(cut));
        let found = if costs_given { learnt.cheapest(&stages.cuts(), costs, in_force.risk) } else { learnt.risk(in_force.risk) };
        let found = found.map(|risk| risk.max(in_force.drifting));
        // What is better on the earlier cuts and worse at the last is no better.
        let is_better = |risk: f64| match costs_given {
            true => cost(risk) < cost(in_force.risk),
            false => youden(risk) > youden(in_force.risk),
        };
        let risk = found.map(|risk| if is_better(risk) { risk } else { in_force.risk });
        let inactive = learnt.inactive(ask.sure, risk.unwrap_or(in_force.risk));
        let told = Told {
            cuts: &cuts,
            repeat: last.len(),
            learnt: learnt.len(),
            apart: cuts.len() > 1,
            sure: ask.sure,
            risk,
            inactive,
            gain: risk.map_or(0.0, |risk| youden(risk) - youden(in_force.risk)),
            costs,
            costs_given,
            cost_in_force: cost(in_force.risk),
            cost_suggested: risk.and_then(cost),
            cost_of_no_cut: costs.of_no_cut(&last.judged(in_force.risk)),
        };
        let mut notes = told.notes(in_force.risk, in_force.inactive);
        notes.extend(
            rules
                .iter()
                .filter_map(|rule| Some((&rule.name, rule.by_cut.last()?.auc()?)))
                .map(|(name, auc)| format!("{name} ranks those who stay away with an auc of {auc:.3} at the last cut (0.5 is chance)")),
        );
        if let Some(model) = model {
            notes.push(format!(
                "p-left: 1 - P(alive), p-silent: the probability of no purchase in the horizon, by {} fitted at each cut on what was known then; stages may go by it instead, and `quintile value backtest` judges that",
                model.as_str()
            ));
        }
        notes.extend(no_model);
        let rows = if ask.curve {
            curve(&rules, costs)
        } else {
            rows(&rules, costs, [(in_force.risk, "risk, in force"), (in_force.inactive, "inactive, in force")], [risk, inactive])
        };
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        Ok(Suggestion { answer: Answer::new(header, columns(&rows, costs), notes)?, risk, inactive })
    }
}

fn columns(rows: &[Row], costs: Costs) -> Vec<AnswerColumn> {
    let share = |name: &str, of: &dyn Fn(&Judged) -> Option<f64>| AnswerColumn::share(name, rows.iter().map(|row| of(&row.judged)));
    vec![
        AnswerColumn::text("rule", rows.iter().map(|row| Some(row.rule.clone()))),
        AnswerColumn::number("above", rows.iter().map(|row| Some(row.cut))),
        AnswerColumn::text("what", rows.iter().map(|row| Some(row.what.clone()))),
        AnswerColumn::count("customers", rows.iter().map(|row| Some(row.judged.customers))),
        AnswerColumn::count("flagged", rows.iter().map(|row| Some(row.judged.flagged))),
        share("flagged_share", &Judged::flagged_share),
        share("silent_share", &Judged::precision),
        share("lower_share", &|judged| judged.precision_interval().map(|interval| interval.0)),
        share("upper_share", &|judged| judged.precision_interval().map(|interval| interval.1)),
        share("others_silent_share", &Judged::others),
        share("recall_share", &Judged::recall),
        AnswerColumn::number("lift", rows.iter().map(|row| row.judged.lift())),
        AnswerColumn::number("youden", rows.iter().map(|row| row.judged.youden())),
        AnswerColumn::number("cost_each", rows.iter().map(|row| costs.each(&row.judged))),
        AnswerColumn::number("cost_each_before", rows.iter().map(|row| row.cost_before)),
    ]
}

/// A rule at a cut of its score.
fn row(rule: &Ruled, cut: f64, what: &str, costs: Costs) -> Option<Row> {
    let judged = rule.by_cut.last()?.judged(cut);
    let cost_before = (rule.by_cut.len() > 1).then(|| costs.each(&rule.learnt().judged(cut))).flatten();
    Some(Row { rule: rule.name.clone(), cut, what: what.to_owned(), judged, cost_before })
}

/// The rule of the stages at what is in force and what is suggested, then every rule at whole numbers or plain shares and
/// where it costs least, all at the last cut.
fn rows(
    rules: &[Ruled],
    costs: Costs,
    [risk, inactive]: [(f64, &str); 2],
    [suggested_risk, suggested_inactive]: [Option<f64>; 2],
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |rule: &Ruled, cut: f64, what: &str| rows.extend(row(rule, cut, what, costs));
    for ((cut, what), suggested, name) in [(risk, suggested_risk, "risk, suggested"), (inactive, suggested_inactive, "inactive, suggested")]
    {
        add(&rules[0], cut, what);
        if let Some(suggested) = suggested {
            add(&rules[0], suggested, name);
        }
    }
    for rule in rules {
        if rule.is_probability {
            [0.3, 0.5, 0.7].iter().for_each(|cut| add(rule, *cut, "probability"));
            if let Some(best) = rule.learnt().parts_best(&rule.cuts()) {
                add(rule, best, "parts best");
            }
        } else {
            [1.0, 2.0, 3.0, 4.0].iter().for_each(|times| add(rule, *times, "rule of thumb"));
        }
        if let Some(cheapest) = rule.learnt().cheapest(&rule.cuts(), costs, risk.0) {
            add(rule, cheapest, "least cost");
        }
    }
    rows
}

/// Every rule at every cut that is tried.
fn curve(rules: &[Ruled], costs: Costs) -> Vec<Row> {
    let mut rows = Vec::new();
    for rule in rules {
        let cheapest = rule.learnt().cheapest(&rule.cuts(), costs, f64::INFINITY);
        for cut in rule.cuts() {
            let what = if cheapest == Some(cut) { "least cost" } else { "" };
            rows.extend(row(rule, cut, what, costs));
        }
    }
    rows
}
