//! A run: what is imported and what is written each time, as `[run]` of `quintile.toml` says it.
//!
//! Here are its parts and how they are read. The steps are walked by whoever runs them, who also writes the files.

use crate::value::ValueFitAsk;
use crate::workspace::Workspace;
use crate::write::Format;
use crate::{ClustersAsk, Error, When};
use quintile_model::nearest::nearest;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a run does; an empty one does nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// Files, folders and patterns with `*`, from the project's folder.
    pub import: Vec<String>,
    /// What is fitted anew before anything is asked.
    pub models: Vec<Fitting>,
    /// Where the profile is written.
    pub profile: Option<PathBuf>,
    /// Where answers are written.
    pub answers: Vec<(Question, PathBuf)>,
    /// Where the report is written.
    pub report: Option<PathBuf>,
}

/// What a run can fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitting {
    /// Value models, of which one is chosen; predicted columns and states rest on it.
    Value,
    /// Clusters.
    Clusters,
}

impl Fitting {
    /// Everything.
    pub const ALL: [Fitting; 2] = [Fitting::Value, Fitting::Clusters];

    /// Its name in `quintile.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Fitting::Value => "value",
            Fitting::Clusters => "clusters",
        }
    }
}

/// A question whose answer a run can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Months to hold against the books.
    Check,
    /// Life stages.
    Stages,
    /// RFM groups.
    Rfm,
    /// What is possible; as a spreadsheet all tables of opportunities.
    Opportunities,
    /// What is likely.
    Likely,
    /// What to do first.
    Tactics,
    /// On how few it rests.
    Concentration,
    /// What the store is expected to do, by the value model.
    Value,
    /// What each rule would have said of the store's past.
    Backtest,
    /// Clusters as they were last fitted.
    Clusters,
}

impl Question {
    /// Every question.
    pub const ALL: [Question; 10] = [
        Question::Check,
        Question::Stages,
        Question::Rfm,
        Question::Opportunities,
        Question::Likely,
        Question::Tactics,
        Question::Concentration,
        Question::Value,
        Question::Backtest,
        Question::Clusters,
    ];

    /// Its name in `quintile.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Question::Check => "check",
            Question::Stages => "stages",
            Question::Rfm => "rfm",
            Question::Opportunities => "opportunities",
            Question::Likely => "likely",
            Question::Tactics => "tactics",
            Question::Concentration => "concentration",
            Question::Value => "value",
            Question::Backtest => "backtest",
            Question::Clusters => "clusters",
        }
    }
}

/// `[run]` as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WrittenRun {
    import: Vec<String>,
    models: Vec<String>,
    profile: Option<PathBuf>,
    answers: BTreeMap<String, PathBuf>,
    report: Option<PathBuf>,
}

impl Run {
    /// Checks what was written; an error says what to write instead.
    pub(crate) fn of(written: WrittenRun) -> Result<Run, String> {
        for file in written.answers.values().chain(&written.profile) {
            if Format::of_file(file).is_none() {
                return Err(format!("`{}` has no suffix that is known; use .csv, .json, .jsonl, .parquet or .xlsx", file.display()));
            }
        }
        if let Some(file) = written.report.as_ref().filter(|file| file.extension().is_none_or(|suffix| suffix != "html")) {
            return Err(format!("`{}` is no page; let the report end in .html", file.display()));
        }
        let unknown = |what: &str, name: &str, known: &[&str]| {
            let meant = nearest(name, known.iter().copied()).map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
            let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!("{what} `{name}`{meant}; there are {known}")
        };
        let question = |name: String, file: PathBuf| {
            let found = Question::ALL.into_iter().find(|question| question.name() == name);
            found
                .map(|question| (question, file))
                .ok_or_else(|| unknown("`[run.answers]` has no answer", &name, &Question::ALL.map(Question::name)))
        };
        let fitting = |name: &String| {
            let found = Fitting::ALL.into_iter().find(|fitting| fitting.name() == name);
            found.ok_or_else(|| unknown("`models` in `[run]` has no", name, &Fitting::ALL.map(Fitting::name)))
        };
        let models = written.models.iter().map(fitting).collect::<Result<Vec<_>, String>>()?;
        let answers = written.answers.into_iter().map(|(name, file)| question(name, file)).collect::<Result<Vec<_>, String>>()?;
        Ok(Run { import: written.import, models, profile: written.profile, answers, report: written.report })
    }

    /// The files and folders to import, from a folder; and the patterns that match none.
    pub fn files(&self, root: &Path) -> Result<(Vec<PathBuf>, Vec<String>), Error> {
        let (mut files, mut unmatched) = (Vec::new(), Vec::new());
        for pattern in &self.import {
            if !pattern.contains(['*', '?', '[']) {
                files.push(root.join(pattern));
                continue;
            }
            // The folder may have signs of its own that are no pattern.
            let whole = format!("{}/{pattern}", glob::Pattern::escape(&root.display().to_string()));
            let wrong = |why: &str| Error::Usage(format!("`{pattern}` in `[run]` is no pattern: {why}"));
            let before = files.len();
            for found in glob::glob(&whole).map_err(|error| wrong(error.msg))? {
                files.push(found.map_err(|error| Error::File { doing: "read", path: error.path().to_owned(), source: error.into() })?);
            }
            if files.len() == before {
                unmatched.push(pattern.clone());
            }
        }
        Ok((files, unmatched))
    }
}

impl Workspace {
    /// Fits anew what a run names, and says in a sentence what came of it. Data that bear no model are no fault: it is said, and what rests
    /// on one stays empty.
    pub fn fit(&self, fitting: Fitting, when: &When) -> Result<String, Error> {
        match fitting {
            Fitting::Value => {
                let fit = self.value_fit(&ValueFitAsk { when: when.clone(), ..ValueFitAsk::default() })?;
                let why = fit.stored.not_fitted.values().next().cloned().unwrap_or_default();
                Ok(fit.stored.choice.model.map_or(why, |model| format!("{model}; states by {}", fit.stored.choice.rule)))
            }
            Fitting::Clusters => {
                // The columns of the clusters before; the default ones where there are none yet.
                let ask = ClustersAsk { when: when.clone(), columns: self.clustered_by()?, seed: 1, k: None };
                Ok(self.fit_clusters(&ask)?.notes.into_iter().next().unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_of_the_projects_folder_and_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a shop [1]");
        std::fs::create_dir_all(root.join("in")).unwrap();
        for name in ["b.csv", "a.csv", "c.txt"] {
            std::fs::write(root.join("in").join(name), "").unwrap();
        }
        let run = Run { import: vec!["in/*.csv".into(), "other.csv".into(), "in/*.json".into()], ..Run::default() };
        let (files, unmatched) = run.files(&root).unwrap();
        assert_eq!(files, ["in/a.csv", "in/b.csv", "other.csv"].map(|name| root.join(name)));
        assert_eq!(unmatched, ["in/*.json"]);
        let broken = Run { import: vec!["in/[".into()], ..Run::default() };
        assert!(broken.files(&root).unwrap_err().to_string().contains("`in/[` in `[run]` is no pattern"));
    }

    #[test]
    fn what_cannot_be_written_is_said_before_anything_is_done() {
        let check = |text: &str, expected: &str| {
            let error = Run::of(toml::from_str(text).unwrap()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("profile = 'out/customers'", "`out/customers` has no suffix that is known");
        check("report = 'out/report.csv'", "let the report end in .html");
        check("[answers]\nstage = 'a.csv'", "no answer `stage`, did you mean `stages`?; there are `check`, `stages`");
        check("models = ['cluster']", "`models` in `[run]` has no `cluster`, did you mean `clusters`?; there are `value`, `clusters`");
    }
}
