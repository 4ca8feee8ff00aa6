//! `quintile run`: import, models, profile, answers and report, as `[run]` of quintile.toml says.

use crate::arguments::HELP;
use crate::output::{self, progress::Bar};
use crate::session::{PARTIAL, Session};
use clap::{Args, ValueEnum};
use quintile::header::counted;
use quintile::run::Question;
use quintile::value::BacktestAsk;
use quintile::write::Format;
use quintile::{Answer, Error, ImportAsk, ProfileAsk, RfmAsk, When, Workspace};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Do all that is done each time: import, models, profile, answers, report
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile run
  quintile run import report
  quintile run --as-of 2011-12-10

What is imported, fitted and written stands in `[run]` of quintile.toml. It can be run again at any time: a file that was
imported before changes nothing, and each file is written whole or not at all."
)]
pub struct RunArgs {
    /// Only these steps, in their usual order
    #[arg(value_name = "STEP")]
    steps: Vec<Step>,
}

/// A step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// Files into the store
    Import,
    /// Value models and clusters, fitted anew
    Models,
    /// One row per customer
    Profile,
    /// Answers into files
    Answers,
    /// All of it as one page
    Report,
}

pub fn run(arguments: RunArgs, session: &Session) -> Result<ExitCode, Error> {
    if session.given.output.is_some() {
        return Err(Error::Usage("a run writes where `[run]` of quintile.toml says; leave out -o".to_owned()));
    }
    let workspace = session.open()?;
    let plan = &workspace.settings.run;
    if *plan == quintile::run::Run::default() {
        let why = "there is no `[run]` in quintile.toml; say there what to import and what to write, such as `report = \"report.html\"`";
        return Err(Error::Usage(why.to_owned()));
    }
    let wanted = |step: Step| arguments.steps.is_empty() || arguments.steps.contains(&step);
    let walk = Walk { session, workspace: &workspace, when: session.when() };
    let mut refused = 0;
    if wanted(Step::Import) {
        refused = walk.import()?;
    }
    if wanted(Step::Models) {
        walk.models()?;
    }
    if wanted(Step::Profile) {
        walk.profile()?;
    }
    if wanted(Step::Answers) {
        walk.answers()?;
    }
    if wanted(Step::Report) {
        walk.report()?;
    }
    Ok(if refused > 0 { ExitCode::from(PARTIAL) } else { ExitCode::SUCCESS })
}

struct Walk<'a> {
    session: &'a Session,
    workspace: &'a Workspace,
    when: When,
}

impl Walk<'_> {
    /// How many rows were refused.
    fn import(&self) -> Result<u64, Error> {
        let (paths, unmatched) = self.workspace.settings.run.files(self.workspace.root())?;
        for pattern in unmatched {
            self.session.warn(&format!("no file matches `{pattern}`"));
        }
        if paths.is_empty() {
            self.tell("import", "no files")?;
            return Ok(0);
        }
        let bar = Bar::new(self.session);
        let report = self.workspace.import(&ImportAsk { paths, ..ImportAsk::default() }, &|progress| bar.hear(progress));
        bar.end();
        let report = report?;
        let known = report.files.iter().filter(|file| file.known_since.is_some()).count();
        let known = if known > 0 { format!(", {known} of them known before") } else { String::new() };
        let files = counted(report.files.len() as u64, "file", "files");
        let came = match &report.summary {
            Some(summary) => format!("{}, import {}", counted(summary.orders_new, "new order", "new orders"), summary.commit),
            None => "nothing new".to_owned(),
        };
        self.tell("import", &format!("{files}{known}: {came}"))?;
        if let Some(rejects) = report.rejects.as_ref().filter(|_| report.refused() > 0) {
            self.session.warn(&format!(
                "{} refused; the reasons are in `{}`",
                counted(report.refused(), "row was", "rows were"),
                rejects.display()
            ));
        }
        Ok(report.refused())
    }

    fn models(&self) -> Result<(), Error> {
        for fitting in &self.workspace.settings.run.models {
            let what = self.workspace.fit(*fitting, &self.when)?;
            self.tell("models", &format!("{}: {what}", fitting.name()))?;
        }
        Ok(())
    }

    fn profile(&self) -> Result<(), Error> {
        let Some(file) = &self.workspace.settings.run.profile else { return Ok(()) };
        let profile = self.workspace.profile(&ProfileAsk { when: self.when.clone(), ..ProfileAsk::default() })?;
        let format = self.format(file)?;
        let rows = self.write(file, |out| profile.write(format, true, None, out))?;
        self.tell("profile", &format!("{} in `{}`", counted(rows, "customer", "customers"), file.display()))
    }

    fn answers(&self) -> Result<(), Error> {
        for (question, file) in &self.workspace.settings.run.answers {
            let format = self.format(file)?;
            if *question == Question::Opportunities && format == Format::Xlsx {
                let book = self.workspace.opportunities_workbook(&self.when)?;
                self.workspace.keep_forecast_of(&self.when, &book)?;
                self.write(file, |out| book.write(out))?;
            } else {
                let answer = match self.answer(*question) {
                    Ok(answer) => answer,
                    // A shop may be too small for models, and everything else is written all the same.
                    Err(error @ (Error::NoValueModel { .. } | Error::NoClusters)) => {
                        self.session.warn(&format!("{} is not written: {error}", question.name()));
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                self.write(file, |out| answer.write(format, true, out).map(drop))?;
            }
            self.tell("answers", &format!("{} in `{}`", question.name(), file.display()))?;
        }
        Ok(())
    }

    fn answer(&self, question: Question) -> Result<Answer, Error> {
        let (workspace, when) = (self.workspace, &self.when);
        match question {
            Question::Check => workspace.check(when),
            Question::Stages => workspace.stages(when, "life_stage"),
            Question::Rfm => workspace.rfm(when, &RfmAsk::default()),
            Question::Opportunities => workspace.opportunities(when),
            // What a run says of the future is held against it later.
            Question::Likely => workspace.likely_opportunities_kept(when).map(|(answer, _)| answer),
            Question::Tactics => workspace.tactics(when),
            Question::Concentration => workspace.concentration(when),
            Question::Value => workspace.value_show(when),
            Question::Backtest => workspace.value_backtest(&BacktestAsk { when: when.clone(), ..BacktestAsk::default() }),
            Question::Clusters => workspace.clusters(when),
        }
    }

    fn report(&self) -> Result<(), Error> {
        let Some(file) = &self.workspace.settings.run.report else { return Ok(()) };
        let page = quintile::page(&self.workspace.report(&self.when)?);
        self.write(file, |out| out.write_all(page.as_bytes()).map_err(output::broken))?;
        self.tell("report", &format!("`{}`", file.display()))
    }

    /// Settings took no file of another kind.
    fn format(&self, file: &Path) -> Result<Format, Error> {
        Format::of_file(file).ok_or_else(|| Error::Usage(format!("`{}` has no suffix that is known", file.display())))
    }

    /// Writes a file of the project, whole or not at all, in a folder that is made where it is not there.
    fn write<T>(&self, file: &Path, write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Error>) -> Result<T, Error> {
        let path: PathBuf = self.workspace.root().join(file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| Error::File { doing: "write", path: folder.to_owned(), source })?;
        }
        output::to_file(&path, write)
    }

    /// One line a thing done.
    fn tell(&self, step: &str, what: &str) -> Result<(), Error> {
        writeln!(std::io::stdout(), "{} {what}", self.session.bold(&format!("{step}:"))).map_err(output::broken)
    }
}
