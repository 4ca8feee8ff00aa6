//! One run of the command: what was typed, where it goes, and what is said beside it.

use crate::arguments::{Everywhere, Face, When as Colour};
use quintile::{Error, Header, Kind, Overrides, When, Workspace};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One run.
pub struct Session {
    /// What was typed.
    pub given: Everywhere,
    colour_out: bool,
    colour_err: bool,
}

/// Some rows were refused, and the others imported.
pub const PARTIAL: u8 = 7;

impl Session {
    pub fn new(given: Everywhere) -> Session {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let colour = |terminal: bool| match given.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if set("NO_COLOR") => false,
            Colour::Auto if std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") => true,
            Colour::Auto => terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        };
        let (colour_out, colour_err) = (colour(std::io::stdout().is_terminal()), colour(std::io::stderr().is_terminal()));
        Session { given, colour_out, colour_err }
    }

    /// Opens the project, and lets Ctrl-C end what is under way.
    pub fn open(&self) -> Result<Workspace, Error> {
        let folder = self.given.project.as_deref().unwrap_or(Path::new("."));
        let workspace = Workspace::open(folder, &self.overrides()?)?;
        stop_on_signal(workspace.stop_flag());
        Ok(workspace)
    }

    pub fn overrides(&self) -> Result<Overrides, Error> {
        let now = match &self.given.now {
            None => None,
            Some(text) => {
                Some(quintile::instant(text).ok_or_else(|| Error::Usage(format!("`{text}` is no instant such as 2011-12-10T00:00:00Z")))?)
            }
        };
        Ok(Overrides {
            zone: self.given.tz.clone(),
            currency: self.given.currency.clone(),
            threads: self.given.threads.map(usize::from),
            now,
        })
    }

    /// The moment that is asked for.
    pub fn when(&self) -> When {
        match (&self.given.as_of, &self.given.until) {
            (_, Some(until)) => When::Until(until.clone()),
            (Some(as_of), None) => When::AsOf(as_of.clone()),
            (None, None) => When::Latest,
        }
    }

    /// How the answer is written.
    pub fn face(&self) -> Face {
        let by_suffix = || {
            Some(match quintile::write::Format::of_file(self.given.output.as_deref()?)? {
                quintile::write::Format::Parquet => Face::Parquet,
                quintile::write::Format::Csv => Face::Csv,
                quintile::write::Format::Json => Face::Json,
                quintile::write::Format::JsonLines => Face::Jsonl,
                quintile::write::Format::Arrow => Face::Arrow,
                quintile::write::Format::Xlsx => Face::Xlsx,
            })
        };
        self.given.format.or_else(by_suffix).unwrap_or(Face::Table)
    }

    /// May we ask, and is there somebody to answer?
    pub fn may_ask(&self) -> bool {
        !self.given.no_input && !self.given.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks on the terminal; an empty answer is `None`.
    pub fn ask(&self, question: &str) -> Option<String> {
        eprint!("{question} ");
        let _ = std::io::stderr().flush();
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).ok()?;
        let line = line.trim();
        (!line.is_empty()).then(|| line.to_owned())
    }

    /// Is there progress to show?
    pub fn shows_progress(&self) -> bool {
        !self.given.no_progress && !self.given.quiet && std::io::stderr().is_terminal()
    }

    /// Says something beside the answer.
    pub fn say(&self, text: &str) {
        if !self.given.quiet {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// Says something to keep in mind.
    pub fn warn(&self, text: &str) {
        if !self.given.quiet {
            let _ = writeln!(std::io::stderr(), "{} {text}", self.painted("warning:", "33;1", self.colour_err));
        }
    }

    /// Says what the answer holds for. Thresholds are said where they make the answer, or when more is wanted.
    pub fn say_header(&self, header: &Header, with_thresholds: bool) {
        for warning in &header.warnings {
            self.warn(warning);
        }
        if with_thresholds || self.given.verbose > 0 {
            for threshold in &header.thresholds {
                self.say(&format!("{} = {}: {}", threshold.name, threshold.value, threshold.found));
            }
        }
        self.say(&header.footer());
        if header.chosen_for_you {
            self.say("ask for another moment with --as-of DATE or --until DATE");
        }
    }

    /// A heading on stdout.
    pub fn bold(&self, text: &str) -> String {
        self.painted(text, "1", self.colour_out && self.given.output.is_none())
    }

    fn painted(&self, text: &str, code: &str, colour: bool) -> String {
        if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Says what went wrong; the exit code.
    pub fn fail(&self, error: &Error) -> ExitCode {
        let code = match error.kind() {
            Kind::BrokenPipe => return ExitCode::SUCCESS,
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::NotFound => 3,
            Kind::Invalid => 4,
            Kind::Conflict => 5,
            Kind::Stopped => 130,
        };
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            let inner_text = inner.to_string();
            if !text.contains(&inner_text) {
                text = format!("{text}: {inner_text}");
            }
            cause = inner.source();
        }
        let _ = writeln!(std::io::stderr(), "{} {text}", self.painted("error:", "31;1", self.colour_err));
        ExitCode::from(code)
    }
}

/// The first Ctrl-C lets the work end in order, the second ends it.
fn stop_on_signal(stop: Arc<AtomicBool>) {
    // Without a handler Ctrl-C ends the process at once, and the store is whole all the same.
    let _ = ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}
