//! Which thresholds the store's own past speaks for: from how overdue on customers are at risk, and from how overdue on they
//! are inactive.

use super::past::Cut;
use crate::header::counted;
use crate::months::whole;
use crate::settings::{self, Settings};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Overrides, RfmAsk, When};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};
use quintile_insight::backtest::Judged;
use quintile_insight::backtest::threshold::{LEAST, Rule, Scored, mean_gap};
use quintile_model::time::StoreZone;
use quintile_profile::columns;
use toml_edit::{DocumentMut, Item, Table, value};

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

/// A rule at some moments.
struct Ruled {
    name: &'static str,
    by_cut: Vec<Scored>,
}

/// One row: a rule at one cut of its score.
struct Row {
    rule: &'static str,
    cut: f64,
    what: String,
    judged: Judged,
}

/// The rule by which stages are drawn.
const STAGES: &str = "overdue-ratio";

impl Workspace {
    /// Holds the thresholds of stages, and rules of thumb, against what repeat customers did.
    pub fn suggest_thresholds(&self, ask: &SuggestAsk) -> Result<Suggestion, Error> {
        if !(ask.sure > 0.0 && ask.sure < 1.0) {
            return Err(Error::Usage(format!("--sure is a share between 0 and 1, such as 0.9; `{}` is none", ask.sure)));
        }
        let stand = self.stand(&ask.when)?;
        let (deeds, left) = self.deeds(&stand)?;
        let cuts = deeds.cuts(ask.cut.as_deref(), ask.horizon_days)?;
        let mut rules: Vec<Ruled> = vec![Ruled { name: STAGES, by_cut: Vec::new() }];
        rules.extend(Rule::ALL.map(|rule| Ruled { name: rule.id(), by_cut: Vec::new() }));
        for cut in &cuts {
            rules[0].by_cut.push(self.overdue_at(&deeds, *cut)?);
            let known = |customer: usize| {
                let days = deeds.days_of(customer);
                &days[..days.partition_point(|day| *day <= cut.day)]
            };
            let mean = mean_gap((0..deeds.keys.len()).map(known)).unwrap_or(0.0);
            for (rule, ruled) in Rule::ALL.into_iter().zip(&mut rules[1..]) {
                let mut scored = Scored::default();
                for customer in 0..deeds.keys.len() {
                    if let Some(ratio) = rule.ratio(known(customer), cut.day, mean) {
                        scored.add(ratio, !deeds.after(customer, *cut).0);
                    }
                }
                ruled.by_cut.push(scored);
            }
        }
        let in_force = &self.settings.thresholds;
        // Chosen on the earlier cuts and judged at the last; with one cut there is nothing else to choose on.
        let (last, earlier) = rules[0].by_cut.split_last().ok_or_else(|| Error::Usage("there is no cut to look at".to_owned()))?;
        let mut learnt = Scored::default();
        (if earlier.is_empty() { std::slice::from_ref(last) } else { earlier }).iter().for_each(|scored| learnt.merge(scored));
        let risk = learnt.risk(in_force.risk).map(|risk| risk.max(in_force.drifting));
        // What is better on the earlier cuts and worse at the last is no better.
        let youden = |cut: f64| last.judged(cut).youden().unwrap_or(0.0);
        let risk = risk.map(|risk| if youden(risk) > youden(in_force.risk) { risk } else { in_force.risk });
        let inactive = learnt.inactive(ask.sure, risk.unwrap_or(in_force.risk));
        let rows = rows(&rules, in_force.risk, in_force.inactive, risk, inactive);
        let gain = risk.map_or(0.0, |risk| youden(risk) - youden(in_force.risk));
        let told = Told {
            cuts: &cuts,
            repeat: last.len(),
            learnt: learnt.len(),
            apart: !earlier.is_empty(),
            sure: ask.sure,
            risk,
            inactive,
            gain,
        };
        let mut notes = told.notes(in_force.risk, in_force.inactive);
        notes.extend(
            rules
                .iter()
                .filter_map(|rule| Some((rule.name, rule.by_cut.last()?.auc()?)))
                .map(|(name, auc)| format!("{name} ranks those who stay away with an auc of {auc:.3} at the last cut (0.5 is chance)")),
        );
        if stand.header.value_model.is_some() || self.predictions(stand.as_of.instant, &stand.header.currency)?.is_some() {
            notes.push(
                "a value model stands: stages may go by its probability instead, and `quintile value backtest` judges that".to_owned(),
            );
        }
        let share = |name: &str, of: &dyn Fn(&Judged) -> Option<f64>| AnswerColumn::share(name, rows.iter().map(|row| of(&row.judged)));
        let columns = vec![
            AnswerColumn::text("rule", rows.iter().map(|row| Some(row.rule.to_owned()))),
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
        ];
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        Ok(Suggestion { answer: Answer::new(header, columns, notes)?, risk, inactive })
    }

    /// Writes what is suggested into the settings file; comments and everything else in it stay. What was written.
    pub fn keep_thresholds(&self, suggestion: &Suggestion) -> Result<Vec<String>, Error> {
        let file = self.root().join(settings::FILE);
        let text = std::fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        let kept = [("risk", suggestion.risk), ("inactive", suggestion.inactive)];
        let kept: Vec<(&str, f64)> = kept.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let changed = with_thresholds(&text, &kept).map_err(|why| Error::Settings { file: file.clone(), line: None, why })?;
        // What could not be read again is not written.
        Settings::of_text(&changed, &file, &Overrides::default())?;
        self.write_settings(&changed)?;
        Ok(kept.into_iter().map(|(name, value)| format!("{name} = {value}")).collect())
    }

    /// How overdue repeat customers were at a cut, by what was known then and by the store's own rule.
    fn overdue_at(&self, deeds: &super::Deeds, cut: Cut) -> Result<Scored, Error> {
        let mut wanted = crate::profile::named(&["number_of_purchases", "overdue_ratio"].map(str::to_owned))?;
        wanted.push(columns::customer_key());
        let lacking = || Error::Answer("the profile lacks how overdue customers are".to_owned());
        let mut scored = Scored::default();
        self.profile_of(&cut.when(), wanted, &RfmAsk::default())?.each(|batches| {
            for rows in &batches {
                let keys = crate::segment::keys_of(rows)?;
                let purchases = rows.column(0).as_primitive_opt::<Int64Type>().ok_or_else(lacking)?;
                let ratios = rows.column(1).as_primitive_opt::<Float64Type>().ok_or_else(lacking)?;
                for (row, key) in keys.iter().enumerate().filter(|(row, _)| purchases.value(*row) >= 2 && ratios.is_valid(*row)) {
                    if let Ok(customer) = deeds.keys.binary_search(key) {
                        scored.add(ratios.value(row), !deeds.after(customer, cut).0);
                    }
                }
            }
            Ok(true)
        })?;
        Ok(scored)
    }
}

/// The rule of the stages at what is in force and what is suggested, then every rule at whole numbers, all at the last cut.
fn rows(rules: &[Ruled], risk: f64, inactive: f64, suggested_risk: Option<f64>, suggested_inactive: Option<f64>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |rule: &Ruled, cut: f64, what: &str| {
        if let Some(last) = rule.by_cut.last() {
            rows.push(Row { rule: rule.name, cut, what: what.to_owned(), judged: last.judged(cut) });
        }
    };
    add(&rules[0], risk, "risk, in force");
    if let Some(suggested) = suggested_risk {
        add(&rules[0], suggested, "risk, suggested");
    }
    add(&rules[0], inactive, "inactive, in force");
    if let Some(suggested) = suggested_inactive {
        add(&rules[0], suggested, "inactive, suggested");
    }
    for rule in rules {
        for times in [1.0, 2.0, 3.0, 4.0] {
            add(rule, times, "rule of thumb");
        }
    }
    rows
}

struct Told<'a> {
    cuts: &'a [Cut],
    repeat: usize,
    learnt: usize,
    apart: bool,
    sure: f64,
    risk: Option<f64>,
    inactive: Option<f64>,
    /// What J rises by at the last cut where risk moves.
    gain: f64,
}

impl Told<'_> {
    fn notes(&self, risk: f64, inactive: f64) -> Vec<String> {
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
        notes
    }
}

/// The settings with some thresholds fixed.
fn with_thresholds(text: &str, kept: &[(&str, f64)]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    let section = document.entry("thresholds").or_insert_with(|| Item::Table(Table::new()));
    let section = section.as_table_like_mut().ok_or("`thresholds` is no section")?;
    for (name, number) in kept {
        section.insert(name, value(*number));
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_go_into_the_file_and_everything_else_stays() {
        let text = "# ours\nzone = 'UTC' # always\n\n[thresholds] # by hand\n# risk = 2.0\ndrifting = 1.25 # ours\n";
        let changed = with_thresholds(text, &[("risk", 2.5), ("inactive", 6.0)]).unwrap();
        for kept in ["# ours\n", "zone = 'UTC' # always\n", "[thresholds] # by hand\n", "# risk = 2.0\n", "drifting = 1.25 # ours\n"] {
            assert!(changed.contains(kept), "{changed}");
        }
        let settings = Settings::of_text(&changed, std::path::Path::new("quintile.toml"), &Overrides::default()).unwrap();
        assert_eq!((settings.thresholds.risk, settings.thresholds.inactive, settings.thresholds.drifting), (2.5, 6.0, 1.25));
        assert!(with_thresholds("thresholds = 3", &[("risk", 1.0)]).is_err());
    }
}
