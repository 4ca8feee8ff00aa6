//! A project: its settings, its catalogue, its store.

use crate::overview::Overview;
pub use crate::settings::Overrides;
use crate::settings::{self, NO_CURRENCY, Settings};
use crate::table::{Answer, AnswerColumn};
use crate::{Error, Header, RfmAsk, When, ask, header};
use quintile_catalog::{Catalog, RfmMap};
use quintile_model::time::DayNumber;
use quintile_model::{Instant, StoreZone, ids};
use quintile_profile::rates::{ONE, Rates};
use quintile_store::accounts::Accounts;
use quintile_store::{Snapshot, Store, StoredRate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A project, on which every question is asked.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    /// Settings in force.
    pub settings: Settings,
    /// The catalogue, with what the project adds to it.
    pub catalog: Arc<Catalog>,
    pub(crate) store: Store,
    stop: Arc<AtomicBool>,
    now: Option<Instant>,
    /// The text of a plan that goes before the project's file.
    pub(crate) tried: Option<String>,
}

/// Folders that hold what can be made again, or what is too large for version control.
const IGNORED: &str = "# The store: facts, answers and refused rows. Settings, mappings and maps belong into version control.
/facts/
/answers/
/pending/
/rejects/
/quintile.db*
/accounts.db*
/uploads/
/*.lock
";

impl Workspace {
    /// Makes a project in a folder: settings, a folder for mappings, an empty store.
    pub fn init(folder: &Path, overrides: &Overrides) -> Result<Workspace, Error> {
        let settings_file = folder.join(settings::FILE);
        if settings_file.exists() {
            return Err(Error::ProjectExists { folder: folder.to_owned() });
        }
        // Check what was typed before anything is written.
        let zone =
            overrides.zone.as_deref().map(|name| StoreZone::named(name).map_err(|error| Error::Usage(error.to_string()))).transpose()?;
        let currency = overrides.currency.as_deref().map(|code| settings::currency_code(code).map_err(Error::Usage)).transpose()?;
        std::fs::create_dir_all(folder.join("mappings")).map_err(Error::file("write", folder.join("mappings")))?;
        Store::create(folder)?;
        let text = settings::template(zone.as_ref().map(StoreZone::name), currency.as_deref(), &Catalog::built_in()?);
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            std::fs::write(&ignore, IGNORED).map_err(Error::file("write", &ignore))?;
        }
        std::fs::write(&settings_file, text).map_err(Error::file("write", &settings_file))?;
        Self::open(folder, overrides)
    }

    /// Opens the project of a folder, or of the nearest folder above it that has one.
    pub fn open(folder: &Path, overrides: &Overrides) -> Result<Workspace, Error> {
        let here = std::path::absolute(folder).map_err(Error::file("read", folder))?;
        let root = here.ancestors().find(|folder| folder.join(settings::FILE).is_file());
        let root = root.ok_or_else(|| Error::NoProject { folder: folder.to_owned() })?;
        let settings = Settings::read(root, overrides)?;
        let catalog = Arc::new(Catalog::from_folder(&root.join("catalog"))?);
        let store = Store::open(root)?;
        Ok(Workspace { root: root.to_owned(), settings, catalog, store, stop: Arc::default(), now: overrides.now, tried: None })
    }

    /// The same catalogue over another store.
    pub(crate) fn with_store(&self, root: &Path, settings: Settings, store: Store) -> Workspace {
        Workspace {
            root: root.to_owned(),
            settings,
            catalog: self.catalog.clone(),
            store,
            stop: self.stop.clone(),
            now: self.now,
            tried: self.tried.clone(),
        }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The same project once more, with a stop flag of its own: what is asked here can be ended by itself.
    pub fn once_more(&self) -> Workspace {
        Workspace {
            root: self.root.clone(),
            settings: self.settings.clone(),
            catalog: self.catalog.clone(),
            store: self.store.clone(),
            stop: Arc::default(),
            now: self.now,
            tried: self.tried.clone(),
        }
    }

    /// The same project with another plan, which is in no file; both are ended together.
    pub(crate) fn with_plan(&self, text: String) -> Workspace {
        Workspace { stop: self.stop.clone(), tried: Some(text), ..self.once_more() }
    }

    /// The newest commit: as long as it is the same, so are the facts.
    pub fn version(&self) -> Result<u32, Error> {
        Ok(self.store.version()?)
    }

    /// Who may ask a server of this project.
    pub fn accounts(&self) -> Result<Accounts, Error> {
        Ok(self.store.accounts()?)
    }

    /// Writes down that the command took something along.
    pub fn exported(&self, what: &str, note: &str) -> Result<(), Error> {
        Ok(self.accounts()?.audit(self.now(), "the command", "export", what, note)?)
    }

    /// Set it to true, from any thread, to end what is under way.
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// The imports, oldest first, those that were undone too.
    pub fn imports(&self) -> Result<Answer, Error> {
        let commits = self.store.commits()?;
        Answer::list(vec![
            AnswerColumn::count("import", commits.iter().map(|commit| Some(u64::from(commit.id)))),
            AnswerColumn::instant("at", commits.iter().map(|commit| Some(commit.at))),
            AnswerColumn::count("rows", commits.iter().map(|commit| Some(commit.rows))),
            AnswerColumn::instant("undone", commits.iter().map(|commit| commit.undone)),
            AnswerColumn::text("files", commits.iter().map(|commit| Some(commit.files.join(", ")))),
        ])
    }

    /// The settings in force; with `origins` also where each came from.
    pub fn config(&self, origins: bool) -> Result<Answer, Error> {
        let settings = self.settings.listed();
        let mut columns = vec![
            AnswerColumn::text("setting", settings.iter().map(|(name, _, _)| Some((*name).to_owned()))),
            AnswerColumn::text("value", settings.iter().map(|(_, value, _)| Some(value.clone()))),
        ];
        if origins {
            columns.push(AnswerColumn::text("origin", settings.iter().map(|(_, _, origin)| Some(origin.name().to_owned()))));
        }
        Answer::list(columns)
    }

    pub(crate) fn go_on(&self) -> Result<(), Error> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::Stopped) } else { Ok(()) }
    }

    /// The day that it is in the store's zone. A moment that nobody names is another one with each.
    pub fn today(&self) -> DayNumber {
        self.settings.zone.day(self.now().0)
    }

    /// What answers rest on beside facts and settings, as a mark that is another one when any of it changes: models, the plan, and the tables of
    /// the store such as rates. It can be another one for less.
    pub fn mark_of_the_rest(&self) -> String {
        let mark = |name: &str| {
            let about = std::fs::metadata(self.root.join(name)).ok();
            let at = about.as_ref().and_then(|about| about.modified().ok()).and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            format!("{:?} {:?}", at, about.filter(std::fs::Metadata::is_file).map(|about| about.len()))
        };
        let wal = std::fs::metadata(self.root.join("quintile.db-wal")).map_or(0, |about| about.len());
        // Files of models are written under another name first, so that their folder is another one with each.
        let marks = ["quintile.db", "answers/value", "answers/clusters.json", "answers/forecasts", crate::plan::FILE].map(mark);
        format!("{} {wal}", marks.join(" "))
    }

    /// Keeps the page of a report beside the answers, under the day it holds for; its name in the project.
    pub fn keep_report(&self, day: &str, page: &str) -> Result<String, Error> {
        let name = format!("report-{day}.html");
        self.keep_answer(&name, page)?;
        Ok(format!("answers/{name}"))
    }

    pub(crate) fn now(&self) -> Instant {
        self.now.unwrap_or_else(ask::now)
    }

    pub(crate) fn answers_folder(&self) -> PathBuf {
        self.root.join("answers")
    }

    pub(crate) fn mappings_folder(&self) -> PathBuf {
        self.root.join("mappings")
    }

    /// Writes a file beside the answers, whole or not at all.
    pub(crate) fn keep_answer(&self, name: &str, text: &str) -> Result<(), Error> {
        let folder = self.answers_folder();
        std::fs::create_dir_all(&folder).map_err(Error::file("write", &folder))?;
        whole(&folder, name, text)
    }

    /// Writes the settings file anew, whole or not at all.
    pub(crate) fn write_settings(&self, text: &str) -> Result<(), Error> {
        whole(&self.root, settings::FILE, text)
    }

    /// The state of the store now, and what a question needs to know of it.
    pub(crate) fn stand(&self, when: &When) -> Result<Stand, Error> {
        let snapshot = self.store.snapshot()?;
        let overview = Overview::of(self, &snapshot)?;
        let moment = ask::moment(when, &self.settings.zone, self.now(), overview.last_fact())?;
        let currency = self.settings.currency.clone().or_else(|| overview.main_currency().map(str::to_owned));
        let rates = match &currency {
            Some(currency) => self.rates_into(currency)?,
            None => Rates::none(),
        };
        let shown = currency.as_deref().unwrap_or(NO_CURRENCY);
        let hash = self.settings_hash(&self.rfm_map(&RfmAsk::default())?, &rates);
        let mut header = Header::new(&moment, snapshot.version(), shown, hash);
        if overview.last_fact().is_none() {
            header.warnings.push("the store is empty; import files with `quintile import`".to_owned());
        }
        let in_other_currencies = currency.as_deref().map_or(0, |currency| overview.orders_beside(currency));
        if let Some(currency) = &currency {
            let others = in_other_currencies;
            if others > 0 && rates.is_empty() {
                header.warnings.push(format!(
                    "{} not in {currency}, and no rates are known; they count as orders and not in amounts (`quintile rates import`)",
                    header::counted(others, "order is", "orders are")
                ));
            }
            let unnamed = overview.unnamed_beside_others();
            if unnamed > 0 && self.settings.currency.is_none() {
                header.warnings.push(format!(
                    "{} no currency and are taken to be in {currency}; set `currency` in quintile.toml to say so, or import them under another project",
                    header::counted(unnamed, "order names", "orders name")
                ));
            }
        }
        Ok(Stand {
            snapshot: Arc::new(snapshot),
            as_of: moment.as_of,
            currency,
            rates,
            in_other_currencies,
            first_fact: overview.first_fact(),
            header,
        })
    }

    /// A hash of everything but facts that can change an answer: settings, the RFM map, exchange rates.
    pub(crate) fn settings_hash(&self, map: &RfmMap, rates: &Rates) -> String {
        format!("{:016x}", ids::text_hash(&format!("{}\n{map:?}\n{rates:?}", self.settings.hash())))
    }

    /// Stored rates lead into the currency of the settings file. Into another one they are crossed, day by day.
    fn rates_into(&self, currency: &str) -> Result<Rates, Error> {
        let stored = self.store.rates()?;
        let mut rates = Rates::none();
        let Some(base) = self.settings.rates_currency.as_deref() else { return Ok(rates) };
        if base == currency {
            for rate in &stored {
                rates.add(&rate.currency, rate.day, rate.rate_e9);
            }
            return Ok(rates);
        }
        for (code, day, rate) in crossed(&stored, base, currency) {
            rates.add(&code, day, rate);
        }
        Ok(rates)
    }
}

/// Writes a file, whole or not at all.
pub(crate) fn whole(folder: &Path, name: &str, text: &str) -> Result<(), Error> {
    let path = folder.join(name);
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.as_file().sync_all()?;
        // Who may read it stays who could.
        if let Ok(before) = std::fs::metadata(&path) {
            file.as_file().set_permissions(before.permissions())?;
        }
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(Error::file("write", &path))
}

/// The store at a moment.
#[derive(Clone)]
pub(crate) struct Stand {
    pub snapshot: Arc<Snapshot>,
    pub as_of: quintile_model::AsOf,
    pub currency: Option<String>,
    pub rates: Rates,
    /// Orders in another currency than the reporting one.
    pub in_other_currencies: u64,
    /// When the first order or refund was.
    pub first_fact: Option<Instant>,
    pub header: Header,
}

/// Rates into `target`, from rates into `base`: a unit of c is worth (c in base) / (target in base), on every day that
/// either of the two changes.
fn crossed(stored: &[StoredRate], base: &str, target: &str) -> Vec<(String, DayNumber, i64)> {
    let mut by_currency: BTreeMap<&str, BTreeMap<DayNumber, i64>> = BTreeMap::new();
    for rate in stored {
        by_currency.entry(&rate.currency).or_default().insert(rate.day, rate.rate_e9);
    }
    let Some(into) = by_currency.get(target).cloned() else { return Vec::new() };
    let one: BTreeMap<DayNumber, i64> = into.keys().take(1).map(|day| (*day, ONE)).collect();
    by_currency.insert(base, one);
    let mut rates = Vec::new();
    for (code, own) in by_currency.iter().filter(|(code, _)| **code != target) {
        let days: BTreeSet<DayNumber> = own.keys().chain(into.keys()).copied().collect();
        for day in days {
            let on = |rates: &BTreeMap<DayNumber, i64>| rates.range(..=day).next_back().map(|(_, rate)| *rate);
            if let (Some(own), Some(into)) = (on(own), on(&into))
                && into > 0
            {
                let rate = quintile_model::money::div_half_even(i128::from(own) * i128::from(ONE), i128::from(into));
                if let Ok(rate) = i64::try_from(rate) {
                    rates.push(((*code).to_owned(), day, rate));
                }
            }
        }
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_crossed_on_every_day_that_one_changes() {
        let rate = |currency: &str, day, rate_e9| StoredRate { currency: currency.into(), day, rate_e9 };
        // Into EUR: 1 USD is 0.8 from day 10; 1 GBP is 1.2 from day 5 and 1.6 from day 20.
        let stored = [rate("GBP", 5, 1_200_000_000), rate("GBP", 20, 1_600_000_000), rate("USD", 10, 800_000_000)];
        let found = crossed(&stored, "EUR", "USD");
        assert_eq!(found, [("EUR".into(), 10, 1_250_000_000), ("GBP".into(), 10, 1_500_000_000), ("GBP".into(), 20, 2_000_000_000)]);
    }
}
