//! How the ranking of likely opportunities changes with the thresholds that draw the stages.
//!
//! The whole table is worked out anew under each set of thresholds: other customers are then in each stage, now and in every
//! past month. What stays first under all of them does not hang on where a line was drawn.

use super::likely::{Likely, money};
use crate::backtest::SuggestAsk;
use crate::header::counted;
use crate::settings::StatesBy;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, Settings, When};
use quintile_insight::opportunity::gain::Gain;
use quintile_insight::opportunity::likely::LikelyRow;
use quintile_profile::ThresholdSettings;

/// Thresholds under which the table is worked out.
struct Variant {
    name: String,
    thresholds: ThresholdSettings,
    states: StatesBy,
    /// Stages go by a value model, and risk and inactive say nothing.
    by_model: bool,
}

/// A row of the answer.
struct Line<'a> {
    variant: &'a Variant,
    shown: &'a Shown,
    rank: Option<u64>,
    row: &'a LikelyRow,
    gain: &'a Gain,
    effort_days: Option<f64>,
    rank_in_force: Option<u64>,
}

/// The thresholds as they came out.
struct Shown {
    usual_gap_days: Option<f64>,
    last_call_days: Option<f64>,
}

impl Workspace {
    /// The likely opportunities under the thresholds in force and under others, each ranked.
    pub fn likely_sensitivity(&self, when: &When) -> Result<Answer, Error> {
        let (variants, mut notes) = self.variants(when)?;
        let mut tables = Vec::with_capacity(variants.len());
        for variant in &variants {
            self.go_on()?;
            let settings = Settings { thresholds: variant.thresholds.clone(), states: variant.states, ..self.settings.clone() };
            tables.push(self.with_store(self.root(), settings, self.store.clone()).likely(when)?);
        }
        let shown: Vec<Shown> = tables
            .iter()
            .map(|likely| Shown { usual_gap_days: likely.thresholds.usual_gap_days, last_call_days: likely.thresholds.last_call_days })
            .collect();
        let in_force = tables.first().ok_or_else(|| Error::Answer("there are no thresholds".to_owned()))?;
        let mut lines = Vec::new();
        for ((variant, likely), shown) in variants.iter().zip(&tables).zip(&shown) {
            for (at, row) in likely.rows.iter().enumerate() {
                lines.push(Line {
                    variant,
                    shown,
                    rank: rank(likely, &row.stage),
                    row,
                    gain: &likely.gains[at],
                    effort_days: likely.terms[at].effort_days,
                    rank_in_force: rank(in_force, &row.stage),
                });
            }
        }
        notes.insert(0, told(&variants, &tables));
        notes.push(in_force.terms_note());
        let header: Header = in_force.header.clone().ok_or_else(|| Error::Answer("the likely table has no moment".to_owned()))?;
        Answer::new(header, columns(&lines), notes)
    }

    /// The thresholds in force, all spans of days shorter and longer, what `thresholds suggest` says, and rules of thumb.
    fn variants(&self, when: &When) -> Result<(Vec<Variant>, Vec<String>), Error> {
        let set = &self.settings.thresholds;
        let statistics =
            self.profile_of(when, crate::stages::class_columns(&self.catalog.guide.partition)?, &RfmAsk::default())?.statistics;
        let stand = self.stand(when)?;
        let by_model =
            self.predictions(stand.as_of.instant, &stand.header.currency)?.is_some_and(|in_force| in_force.predictions.lapse.is_some());
        let mut notes = Vec::new();
        let mut variants = vec![Variant { name: "in force".to_owned(), thresholds: set.clone(), states: self.settings.states, by_model }];
        let mut add = |name: &str, thresholds: ThresholdSettings| {
            variants.push(Variant { name: name.to_owned(), thresholds, states: StatesBy::Gaps, by_model: false });
        };
        if by_model {
            add("usual gaps", set.clone());
            notes.push("in force, stages go by the probability of the value model; under all others by usual gaps".to_owned());
        }
        let days = |times: f64| ThresholdSettings {
            usual_gap_days: statistics.usual_gap.map(|found| found.value * times),
            last_call_days: statistics.last_call.map(|found| found.value * times),
            loyal_window_days: statistics.loyal_window.map(|found| found.value * times),
            ..set.clone()
        };
        add("days x 0.75", days(0.75));
        add("days x 1.25", days(1.25));
        match self.suggest_thresholds(&SuggestAsk::at(when.clone())) {
            Ok(found) => {
                let risk = found.risk.unwrap_or(set.risk);
                let inactive = found.inactive.unwrap_or(set.inactive).max(risk);
                if (risk, inactive) == (set.risk, set.inactive) {
                    notes.push("suggested by the store's past is what is in force".to_owned());
                } else {
                    add("suggested", ThresholdSettings { risk, inactive, drifting: set.drifting.min(risk), ..set.clone() });
                }
            }
            Err(Error::Usage(why)) => notes.push(format!("nothing is suggested: {why}")),
            Err(error) => return Err(error),
        }
        for times in [1.0, 3.0, 4.0] {
            // Inactive is twice as late as at risk, as it is by default.
            let moved = ThresholdSettings { risk: times, inactive: 2.0 * times, drifting: set.drifting.min(times), ..set.clone() };
            add(&format!("at risk from {times} gaps"), moved);
        }
        notes.push("days x 0.75 and x 1.25: usual gap, last call and loyal window, as they were found, so many times; at risk from n gaps: inactive from twice as many".to_owned());
        Ok((variants, notes))
    }
}

/// The rank of a stage among those with something to gain.
fn rank(likely: &Likely, stage: &str) -> Option<u64> {
    let at = likely.rows.iter().position(|row| row.stage == stage)?;
    likely.gains[at].gain.filter(|gain| *gain > 0.0).map(|_| at as u64 + 1)
}

/// The first of a table.
fn first(likely: &Likely) -> Option<&LikelyRow> {
    likely.rows.first().filter(|row| rank(likely, &row.stage).is_some())
}

/// Does the first stay first?
fn told(variants: &[Variant], tables: &[Likely]) -> String {
    let Some(leader) = tables.first().and_then(first) else {
        return "under the thresholds in force there is nothing to gain".to_owned();
    };
    let others: Vec<String> = variants
        .iter()
        .zip(tables)
        .skip(1)
        .filter(|(_, likely)| first(likely).map(|row| &row.stage) != Some(&leader.stage))
        .map(|(variant, likely)| format!("`{}` ({})", variant.name, first(likely).map_or("nothing to gain", |row| row.stage_name.as_str())))
        .collect();
    let all = counted(variants.len() as u64 - 1, "other set of thresholds", "other sets of thresholds");
    match others.as_slice() {
        [] => format!("{} to {} stays first under each of {all}", leader.stage_name, leader.goal_name),
        others => format!(
            "{} to {} is first in force, and not under {} of {all}: {}",
            leader.stage_name,
            leader.goal_name,
            others.len(),
            others.join(", ")
        ),
    }
}

fn columns(lines: &[Line<'_>]) -> Vec<AnswerColumn> {
    let text = |name: &str, of: &dyn Fn(&Line<'_>) -> String| AnswerColumn::text(name, lines.iter().map(|line| Some(of(line))));
    let number = |name: &str, of: &dyn Fn(&Line<'_>) -> Option<f64>| AnswerColumn::number(name, lines.iter().map(of));
    let amount =
        |name: &str, of: &dyn Fn(&Line<'_>) -> Option<f64>| AnswerColumn::amount(name, lines.iter().map(|line| of(line).and_then(money)));
    let set = |of: fn(&ThresholdSettings) -> f64| move |line: &Line<'_>| (!line.variant.by_model).then(|| of(&line.variant.thresholds));
    vec![
        text("thresholds", &|line| line.variant.name.clone()),
        number("usual_gap_days", &|line| line.shown.usual_gap_days),
        number("last_call_days", &|line| line.shown.last_call_days),
        number("risk", &set(|thresholds| thresholds.risk)),
        number("inactive", &set(|thresholds| thresholds.inactive)),
        AnswerColumn::count("rank", lines.iter().map(|line| line.rank)),
        text("life_stage", &|line| line.row.stage.clone()),
        text("goal", &|line| line.row.goal_name.clone()),
        AnswerColumn::count("customers", lines.iter().map(|line| line.row.customers)),
        number("move_extra", &|line| line.row.extra),
        amount("value", &|line| line.row.value),
        amount("gain", &|line| line.gain.gain),
        number("effort_days", &|line| line.effort_days),
        AnswerColumn::count("rank_in_force", lines.iter().map(|line| line.rank_in_force)),
    ]
}
