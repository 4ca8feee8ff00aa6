//! The groups of recency, frequency and money, or of any three metrics.

use crate::profile::Profile;
use crate::stages::class_money;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, When};
use quintile_catalog::{Axes, Better, RfmMap, rfm::NOBODY};
use quintile_insight::sizes::sizes;
use quintile_profile::rfm::{Cells, Metric, RfmGroup, Scoring};
use quintile_profile::{RfmSettings, columns, rfm as profile};
use std::path::Path;

/// Which map, over which metrics.
#[derive(Debug, Clone, Default)]
pub struct RfmAsk {
    /// The id of a map in the catalogue, or the path of a file; as in the settings when `None`.
    pub map: Option<String>,
    /// Three columns, each perhaps with `:low` or `:high` behind it; those of the map when `None`.
    pub metrics: Option<[String; 3]>,
}

impl Workspace {
    /// Groups with their customers and what they brought.
    pub fn rfm(&self, when: &When, ask: &RfmAsk) -> Result<Answer, Error> {
        let answer = self.profile_of(when, crate::stages::class_columns("rfm_group")?, ask)?;
        self.rfm_of(ask, answer)
    }

    /// The same from a profile that is there, of the same map and metrics.
    pub(crate) fn rfm_of(&self, ask: &RfmAsk, answer: Profile) -> Result<Answer, Error> {
        let map = self.rfm_map(ask)?;
        let cuts = answer.statistics.scores.clone();
        let order: Vec<String> = map.groups.iter().map(|group| group.id.clone()).chain([NOBODY.to_owned()]).collect();
        let (header, classes) = class_money(answer, "rfm_group", &order)?;
        let rows = sizes(&classes);
        let group = |id: &str| map.groups.iter().find(|group| group.id == id);
        let name = |id: &str| group(id).map_or("Prospects".to_owned(), |group| group.name.clone());
        let meaning = |id: &str| group(id).map_or("Known to the store, without an order.".to_owned(), |group| group.meaning.clone());
        let mut notes = vec![format!("map `{}`: {}", map.id, map.name)];
        for (letter, (rule, cuts)) in ["R", "F", "M"].into_iter().zip(map.scores.iter().zip(cuts.iter().flatten())) {
            notes.push(cut_sentence(letter, rule, &cuts.column, cuts.of, &cuts.cuts, cuts.reached_is_enough));
        }
        let table = vec![
            AnswerColumn::text("rfm_group", rows.iter().map(|row| Some(row.id.clone()))),
            AnswerColumn::text("name", rows.iter().map(|row| Some(name(&row.id)))),
            AnswerColumn::count("customers", rows.iter().map(|row| Some(row.customers))),
            AnswerColumn::share("customer_share", rows.iter().map(|row| row.customer_share)),
            AnswerColumn::amount("revenue", rows.iter().map(|row| row.revenue)),
            AnswerColumn::share("revenue_share", rows.iter().map(|row| row.revenue_share)),
            AnswerColumn::amount("average", rows.iter().map(|row| row.average)),
            AnswerColumn::text("meaning", rows.iter().map(|row| Some(meaning(&row.id)))),
        ];
        Answer::new(header, table, notes)
    }

    /// The map that is asked for.
    pub(crate) fn rfm_map(&self, ask: &RfmAsk) -> Result<RfmMap, Error> {
        let name = ask.map.as_deref().unwrap_or(&self.settings.rfm_map);
        let is_file = name.ends_with(".toml") || name.contains('/') || name.contains('\\');
        let map = if is_file {
            // What is typed is seen from where it is typed; what is in the settings, from the settings.
            let path = if ask.map.is_some() { Path::new(name).to_owned() } else { self.root().join(name) };
            RfmMap::from_file(&path)?
        } else {
            self.catalog.rfm_map(name)?.clone()
        };
        match ask.metrics.as_ref().or(self.settings.rfm_metrics.as_ref()) {
            None => Ok(map),
            Some(metrics) => {
                let mut parsed = Vec::with_capacity(3);
                for metric in metrics {
                    parsed.push(match metric.trim().split_once(':') {
                        None => (metric.trim().to_owned(), None),
                        Some((name, "low")) => (name.to_owned(), Some(Better::Low)),
                        Some((name, "high")) => (name.to_owned(), Some(Better::High)),
                        Some((_, other)) => {
                            return Err(Error::Usage(format!("`{metric}`: `:{other}` is not known; write `:low` or `:high`")));
                        }
                    });
                }
                let names: Vec<String> = parsed.iter().map(|(name, _)| name.clone()).collect();
                crate::profile::named(&names)?;
                let metrics: [(String, Option<Better>); 3] = parsed.try_into().unwrap_or_else(|_| unreachable!("three go in"));
                Ok(map.with_metrics(metrics))
            }
        }
    }
}

/// A map as the profile takes it.
pub(crate) fn rfm_settings(map: &RfmMap) -> RfmSettings {
    let metrics = map.scores.clone().map(|rule| Metric {
        column: rule.metric,
        better: match rule.better {
            Better::High => profile::Better::Larger,
            Better::Low => profile::Better::Smaller,
        },
    });
    let scoring = map.scores.clone().map(|rule| match rule.breaks {
        None => Scoring::Quantiles(map.levels),
        Some(cuts) => {
            // The profile wants the easiest first: the lowest where more is better, the highest where less is.
            let mut cuts: Vec<f64> = cuts.iter().map(|cut| cut.0 as f64 / quintile_model::money::UNIT as f64).collect();
            if rule.better == Better::Low {
                cuts.reverse();
            }
            Scoring::Breaks(cuts)
        }
    });
    let mut groups: Vec<RfmGroup> = map.groups.iter().map(|group| RfmGroup { id: group.id.clone(), cells: Vec::new() }).collect();
    for (cell, group) in cells(map) {
        groups[group].cells.push(cell);
    }
    RfmSettings { map: profile::RfmMap { name: map.id.clone(), scoring, groups }, metrics }
}

/// Each cell of the map once, as a box of scores.
fn cells(map: &RfmMap) -> Vec<(Cells, usize)> {
    let mut seen = std::collections::HashSet::new();
    let mut cells = Vec::new();
    for ([r, f, m], group) in map.triples() {
        let (key, cell) = match map.axes {
            Axes::RecencyFm => ((r, f + m, 0), Cells { recency: (r, r), frequency_plus_monetary: (f + m, f + m), ..Cells::ANY }),
            Axes::RecencyFrequency => ((r, f, 0), Cells { recency: (r, r), frequency: (f, f), ..Cells::ANY }),
            Axes::RecencyFrequencyMoney => ((r, f, m), Cells { recency: (r, r), frequency: (f, f), monetary: (m, m), ..Cells::ANY }),
        };
        if seen.insert(key) {
            cells.push((cell, group));
        }
    }
    cells
}

fn cut_sentence(letter: &str, rule: &quintile_catalog::ScoreRule, column: &str, of: u64, cuts: &[f64], reached: bool) -> String {
    let instant = columns::find(column).is_some_and(|column| column.kind == columns::ColumnType::Instant);
    let values: Vec<String> = cuts
        .iter()
        .map(|cut| match instant {
            true => quintile_model::Instant(*cut as i64).to_iso().chars().take(10).collect(),
            false => format!("{cut:.2}").trim_end_matches('0').trim_end_matches('.').to_owned(),
        })
        .collect();
    let how = if rule.breaks.is_some() {
        "fixed cuts".to_owned()
    } else {
        format!("cut from {} buyers, equal values alike", crate::header::grouped(&of.to_string()))
    };
    let passed = match (reached, rule.better) {
        (true, Better::High) => "from",
        (true, Better::Low) => "up to",
        (false, Better::High) => "above",
        (false, Better::Low) => "below",
    };
    format!("{letter}: {column}, one score more {passed} each of {} ({how})", values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintile_catalog::Catalog;

    #[test]
    fn every_map_of_the_catalogue_is_one_the_profile_takes() {
        for map in Catalog::built_in().unwrap().rfm {
            rfm_settings(&map).map.check().unwrap_or_else(|error| panic!("{}: {error}", map.id));
        }
    }

    #[test]
    fn the_default_map_is_the_one_the_profile_takes_for_itself() {
        let ours = rfm_settings(Catalog::built_in().unwrap().default_rfm_map());
        let theirs = RfmSettings::default();
        assert_eq!(ours.metrics, theirs.metrics);
        assert_eq!(ours.map.scoring, theirs.map.scoring);
        let mut names: Vec<_> = ours.map.groups.iter().map(|group| &group.id).collect();
        let mut known: Vec<_> = theirs.map.groups.iter().map(|group| &group.id).collect();
        names.sort();
        known.sort();
        assert_eq!(names, known);
    }

    #[test]
    fn fixed_cuts_go_to_the_profile_easiest_first() {
        let klaviyo = rfm_settings(Catalog::built_in().unwrap().rfm_map("klaviyo").unwrap());
        assert_eq!(klaviyo.map.scoring[0], Scoring::Breaks(vec![365.0, 180.0]));
        assert_eq!(klaviyo.metrics[0].better, profile::Better::Smaller);
    }
}
