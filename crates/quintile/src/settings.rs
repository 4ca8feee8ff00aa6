//! Settings: `quintile.toml` under what was typed, over what stands when nobody says anything.

use crate::Error;
use crate::currencies;
use crate::run::{Run, WrittenRun};
use crate::schedule::{MailSettings, Schedule, WrittenMail, WrittenSchedule};
use quintile_catalog::Catalog;
use quintile_model::{StoreZone, ids};
use quintile_profile::ThresholdSettings;
use serde::Deserialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The name of the settings file, by which a project is found.
pub const FILE: &str = "quintile.toml";

/// The currency of a store that names none (ISO 4217: no currency).
pub const NO_CURRENCY: &str = "XXX";

/// Settings in force.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The store's time zone.
    pub zone: StoreZone,
    /// The reporting currency; as in the files where `None`.
    pub currency: Option<String>,
    /// The currency of the settings file, into which stored rates lead.
    pub(crate) rates_currency: Option<String>,
    /// Thresholds fixed by hand.
    pub thresholds: ThresholdSettings,
    /// What sorts customers into states once a value model stands.
    pub states: StatesBy,
    /// The RFM map: the id of one in the catalogue, or a file.
    pub rfm_map: String,
    /// Metrics of RFM instead of the map's own.
    pub rfm_metrics: Option<[String; 3]>,
    /// What is left out of every answer.
    pub leave_out: LeaveOutSettings,
    /// Bytes for staged and answered rows before temporary files are used.
    pub memory_bytes: usize,
    /// Threads that read and compute.
    pub threads: usize,
    /// A list of fewer customers is marked.
    pub export_small: u64,
    /// What `quintile run` does; it changes no answer.
    pub run: Run,
    /// What the report shows; it changes no answer.
    pub report: ReportSettings,
    /// What a server does by itself; it changes no answer.
    pub schedule: Schedule,
    /// How mail leaves, where it does.
    pub mail: Option<MailSettings>,
    /// Where each setting came from, by name.
    pub origins: Vec<(&'static str, Origin)>,
}

/// What sorts customers into states: life stages, retention states and buying groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatesBy {
    /// The probability of no purchase by a value model that has won the backtest; usual gaps without one.
    #[default]
    Model,
    /// Usual gaps, whatever models stand.
    Gaps,
}

impl StatesBy {
    fn name(self) -> &'static str {
        match self {
            StatesBy::Model => "model",
            StatesBy::Gaps => "gaps",
        }
    }
}

/// What is left out of every answer, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct LeaveOutSettings {
    /// Channels of orders.
    pub channels: Vec<String>,
    /// Tags of orders or customers.
    pub tags: Vec<String>,
    /// Domains of e-mail addresses.
    pub email_domains: Vec<String>,
    /// Customers, by id as answers show it, or by e-mail.
    pub customers: Vec<String>,
    /// Customers who name a company or buy much at once.
    pub wholesale: bool,
    /// How many units a median order has for that; companies alone where `None`.
    pub wholesale_units: Option<u32>,
}

/// Where a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Typed, or in the environment.
    Given,
    /// In `quintile.toml`.
    File,
    /// Nobody said.
    Default,
}

impl Origin {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Given => "command line or environment",
            Origin::File => FILE,
            Origin::Default => "default",
        }
    }
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// A time zone.
    pub zone: Option<String>,
    /// A reporting currency.
    pub currency: Option<String>,
    /// Threads.
    pub threads: Option<usize>,
    /// The moment that counts as now, for tests and demonstrations; the clock where `None`.
    pub now: Option<quintile_model::Instant>,
}

impl Settings {
    /// Reads the settings of a project.
    pub fn read(root: &Path, overrides: &Overrides) -> Result<Settings, Error> {
        let file = root.join(FILE);
        let text = std::fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        Self::of_text(&text, &file, overrides)
    }

    /// The settings that a file of this text gives.
    pub(crate) fn of_text(text: &str, file: &Path, overrides: &Overrides) -> Result<Settings, Error> {
        let line_of = |at: usize| 1 + text[..at.min(text.len())].matches('\n').count();
        let written: Written = toml::from_str(text).map_err(|error| Error::Settings {
            file: file.to_owned(),
            line: error.span().map(|span| line_of(span.start)),
            why: error.message().to_owned(),
        })?;
        let wrong = |why: String| Error::Settings { file: file.to_owned(), line: None, why };
        let mut origins = Vec::new();
        let mut origin = |name: &'static str, given: bool, written: bool| {
            origins.push((
                name,
                if given {
                    Origin::Given
                } else if written {
                    Origin::File
                } else {
                    Origin::Default
                },
            ));
        };
        origin("zone", overrides.zone.is_some(), written.zone.is_some());
        let zone = match (&overrides.zone, &written.zone) {
            (Some(name), _) => StoreZone::named(name).map_err(|error| Error::Usage(error.to_string()))?,
            (None, Some(name)) => StoreZone::named(name).map_err(|error| wrong(error.to_string()))?,
            (None, None) => StoreZone::utc(),
        };
        origin("currency", overrides.currency.is_some(), written.currency.is_some());
        let rates_currency = written.currency.as_deref().map(|code| currency_code(code).map_err(wrong)).transpose()?;
        let currency = match &overrides.currency {
            Some(code) => Some(currency_code(code).map_err(Error::Usage)?),
            None => rates_currency.clone(),
        };
        if let Some(other) = written.returns.as_deref().filter(|returns| *returns != LOWER_MONEY) {
            return Err(wrong(format!("`returns` is `{other}`; the one way known is `{LOWER_MONEY}`")));
        }
        origin("returns", false, written.returns.is_some());
        origin("memory", false, written.memory.is_some());
        let memory_bytes = match &written.memory {
            Some(text) => {
                bytes_of(text).ok_or_else(|| wrong(format!("`memory` is `{text}`; write it as `512 MiB` or `2 GiB`, at least 16 MiB")))?
            }
            None => default_memory(),
        };
        origin("threads", overrides.threads.is_some(), written.threads.is_some());
        let threads = overrides.threads.or(written.threads).unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        origin("rfm.map", false, written.rfm.map.is_some());
        origin("rfm.metrics", false, written.rfm.metrics.is_some());
        let defaults = ThresholdSettings::default();
        let t = &written.thresholds;
        for (name, written) in [
            ("thresholds.usual_gap_days", t.usual_gap_days.is_some()),
            ("thresholds.last_call_days", t.last_call_days.is_some()),
            ("thresholds.drifting", t.drifting.is_some()),
            ("thresholds.risk", t.risk.is_some()),
            ("thresholds.inactive", t.inactive.is_some()),
            ("thresholds.loyal_orders", t.loyal_orders.is_some()),
            ("thresholds.loyal_window_days", t.loyal_window_days.is_some()),
            ("thresholds.promising", t.promising.is_some()),
            ("thresholds.loyalist_orders", t.loyalist_orders.is_some()),
            ("thresholds.big_spender_percentile", t.big_spender_percentile.is_some()),
            ("thresholds.new_percentile", t.new_percentile.is_some()),
            ("thresholds.states", t.states.is_some()),
        ] {
            origin(name, false, written);
        }
        let leave_out = written.leave_out;
        let lists = [&leave_out.channels, &leave_out.tags, &leave_out.email_domains, &leave_out.customers];
        for (name, list) in LEFT_OUT.into_iter().zip(lists) {
            origin(name, false, !list.is_empty());
        }
        origin("leave-out.wholesale", false, leave_out.wholesale);
        origin("leave-out.wholesale-units", false, leave_out.wholesale_units.is_some());
        origin("export.small", false, written.export.small.is_some());
        let percentile = |name: &str, value: Option<u8>, otherwise: u8| match value.unwrap_or(otherwise) {
            value @ 1..=100 => Ok(value),
            value => Err(wrong(format!("`{name}` is {value}; use 1 to 100"))),
        };
        let thresholds = ThresholdSettings {
            usual_gap_days: t.usual_gap_days,
            last_call_days: t.last_call_days,
            drifting: t.drifting.unwrap_or(defaults.drifting),
            risk: t.risk.unwrap_or(defaults.risk),
            inactive: t.inactive.unwrap_or(defaults.inactive),
            loyal_orders: t.loyal_orders.unwrap_or(defaults.loyal_orders),
            loyal_window_days: t.loyal_window_days,
            promising: t.promising.unwrap_or(defaults.promising),
            loyalist_orders: t.loyalist_orders.unwrap_or(defaults.loyalist_orders),
            big_spender_percentile: percentile("big_spender_percentile", t.big_spender_percentile, defaults.big_spender_percentile)?,
            new_percentile: percentile("new_percentile", t.new_percentile, defaults.new_percentile)?,
        };
        Ok(Settings {
            zone,
            currency,
            rates_currency,
            thresholds,
            states: t.states.unwrap_or_default(),
            rfm_map: written.rfm.map.unwrap_or_else(|| quintile_catalog::load::DEFAULT_RFM_MAP.to_owned()),
            rfm_metrics: written.rfm.metrics,
            leave_out,
            memory_bytes,
            threads: threads.max(1),
            export_small: written.export.small.unwrap_or(EXPORT_SMALL),
            run: Run::of(written.run).map_err(wrong)?,
            report: written.report,
            schedule: Schedule::of(written.schedule).map_err(|why| wrong(format!("`[schedule]`: {why}")))?,
            mail: MailSettings::of(written.mail).map_err(|why| wrong(format!("`[mail]`: {why}")))?,
            origins,
        })
    }

    /// Name, value and origin of every setting, in the order of the file.
    pub fn listed(&self) -> Vec<(&'static str, String, Origin)> {
        let value = |name: &str| -> String {
            let t = &self.thresholds;
            let listed = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
            let days = |value: Option<f64>| value.map_or("from the data".to_owned(), |value| value.to_string());
            match name {
                "zone" => self.zone.name().to_owned(),
                "currency" => self.currency.clone().unwrap_or_else(|| "as in the files".to_owned()),
                "returns" => LOWER_MONEY.to_owned(),
                "memory" => format!("{} MiB", self.memory_bytes / MIB),
                "threads" => self.threads.to_string(),
                "rfm.map" => self.rfm_map.clone(),
                "rfm.metrics" => self.rfm_metrics.as_ref().map_or("those of the map".to_owned(), |metrics| metrics.join(", ")),
                "thresholds.usual_gap_days" => days(t.usual_gap_days),
                "thresholds.last_call_days" => days(t.last_call_days),
                "thresholds.drifting" => t.drifting.to_string(),
                "thresholds.risk" => t.risk.to_string(),
                "thresholds.inactive" => t.inactive.to_string(),
                "thresholds.loyal_orders" => t.loyal_orders.to_string(),
                "thresholds.loyal_window_days" => days(t.loyal_window_days),
                "thresholds.promising" => t.promising.to_string(),
                "thresholds.loyalist_orders" => t.loyalist_orders.to_string(),
                "thresholds.big_spender_percentile" => t.big_spender_percentile.to_string(),
                "thresholds.new_percentile" => t.new_percentile.to_string(),
                "thresholds.states" => self.states.name().to_owned(),
                "leave-out.channels" => listed(&self.leave_out.channels),
                "leave-out.tags" => listed(&self.leave_out.tags),
                "leave-out.email-domains" => listed(&self.leave_out.email_domains),
                "leave-out.customers" => listed(&self.leave_out.customers),
                "leave-out.wholesale" => self.leave_out.wholesale.to_string(),
                "leave-out.wholesale-units" => self.leave_out.wholesale_units.map_or("none".to_owned(), |units| units.to_string()),
                "export.small" => self.export_small.to_string(),
                other => unreachable!("`{other}` is no setting"),
            }
        };
        self.origins.iter().map(|(name, origin)| (*name, value(name), *origin)).collect()
    }

    /// A hash of every setting that can change an answer. Memory and threads cannot.
    pub fn hash(&self) -> String {
        let mut text = String::new();
        for (name, value, origin) in self.listed() {
            // Nothing left out is as if there were no such settings, and so are states that nobody has spoken of.
            let idle = (name.starts_with("leave-out.") || name == "thresholds.states") && origin == Origin::Default;
            if !matches!(name, "memory" | "threads" | "export.small") && !idle {
                let _ = writeln!(text, "{name}={value}");
            }
        }
        format!("{:016x}", ids::text_hash(&text))
    }
}

/// What the report shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportSettings {
    /// Also of a large store the parts that take another reading of all its facts.
    pub every_part: bool,
}

/// A list of fewer customers is marked, unless the settings say another number.
const EXPORT_SMALL: u64 = 5;

/// The one way that returns are counted: each lowers money at its own time.
const LOWER_MONEY: &str = "lower-money";
const MIB: usize = 1024 * 1024;
/// The lists of what is left out.
const LEFT_OUT: [&str; 4] = ["leave-out.channels", "leave-out.tags", "leave-out.email-domains", "leave-out.customers"];

/// The settings file of a new project.
pub(crate) fn template(zone: Option<&str>, currency: Option<&str>, catalog: &Catalog) -> String {
    let line = |name: &str, value: Option<&str>, otherwise: &str| match value {
        Some(value) => format!("{name} = {}", toml::Value::String(value.to_owned())),
        None => format!("# {name} = \"{otherwise}\""),
    };
    let maps = catalog.rfm.iter().map(|map| map.id.as_str()).collect::<Vec<_>>().join(", ");
    let defaults = ThresholdSettings::default();
    format!(
        "# Settings of this Quintile project. What is commented out stands at its default.

# The store's time zone. Days begin and end by it, and times in files without a zone are read by it.
{}

# The reporting currency. Orders in another one count in money only with a dated rate (`quintile rates import`).
{}

# Returns lower money at their own time and never take an order away.
# returns = \"{LOWER_MONEY}\"

# Memory for rows under way; what does not fit waits in temporary files.
# memory = \"1 GiB\"

# How customers are scored and grouped: one of {maps}, or the path of a map of your own.
[rfm]
# map = \"{}\"
# metrics = [\"last_order_date\", \"number_of_orders\", \"amount_spent\"]

# Thresholds are found from the store's own data unless they are fixed here.
[thresholds]
# usual_gap_days = 30
# last_call_days = 180
# drifting = {:.1}
# risk = {:.1}
# inactive = {:.1}
# loyal_orders = {}
# loyal_window_days = 120
# promising = {}
# loyalist_orders = {}
# big_spender_percentile = {}
# new_percentile = {}
# Life stages, retention states and buying groups go by the value model that won the backtest, or always by usual gaps: \"gaps\".
# states = \"model\"

# What is left out of every answer. `quintile check` proposes, `quintile check --leave-out` writes it here.
[leave-out]
# channels = [\"pos\"]
# tags = [\"staff\"]
# email-domains = [\"shop.example\"]
# customers = [\"4711\"]
# wholesale = true
# wholesale-units = 40

# Of a store of more than three million orders the report leaves out the parts that read all facts once more, unless this is true.
[report]
# every_part = true

# A list of fewer customers is marked: whoever sees it may tell who they are.
[export]
# small = 5

# What `quintile run` does each time: files, folders and patterns to import, and where to write what comes of them.
[run]
# import = [\"exports/*.csv\"]
# models = [\"value\", \"clusters\"]
# profile = \"out/customers.parquet\"
# report = \"out/report.html\"

# Answers it writes: check, stages, rfm, opportunities, likely, tactics, concentration, value, backtest, clusters.
[run.answers]
# opportunities = \"out/opportunities.xlsx\"

# What `quintile serve` does by itself, by the clock of the store's zone: import the files that come into a folder, fit what `[run]`
# names and work out the day's answers at night, make the report, and mail it.
[schedule]
# watch = \"incoming\"
# nightly = \"03:00\"
# report = \"monday 07:00\"
# report-when-ready = true
# mail-to = [\"team@shop.example\"]

# The server that takes mail; name and password stand in the environment, as QUINTILE_SMTP_USER and QUINTILE_SMTP_PASSWORD.
[mail]
# server = \"smtp.shop.example:587\"
# encryption = \"starttls\"
# from = \"quintile@shop.example\"
",
        line("zone", zone, "Europe/London"),
        line("currency", currency, "GBP"),
        quintile_catalog::load::DEFAULT_RFM_MAP,
        defaults.drifting,
        defaults.risk,
        defaults.inactive,
        defaults.loyal_orders,
        defaults.promising,
        defaults.loyalist_orders,
        defaults.big_spender_percentile,
        defaults.new_percentile,
    )
}

pub(crate) fn currency_code(code: &str) -> Result<String, String> {
    let upper = code.trim().to_uppercase();
    if currencies::is_known(&upper) || upper == NO_CURRENCY {
        return Ok(upper);
    }
    if upper.len() != 3 || !upper.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("`{code}` is no currency; use a code of three letters, such as EUR"));
    }
    let meant = currencies::nearest(&upper).iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    let meant = if meant.is_empty() { "use one such as `EUR`".to_owned() } else { format!("did you mean {meant}?") };
    Err(format!("`{code}` is no currency of ISO 4217; {meant}"))
}

/// `512 MiB` in bytes; at least 16 MiB.
fn bytes_of(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: usize = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "kib" | "kb" | "k" => 1024,
        "mib" | "mb" | "m" => MIB,
        "gib" | "gb" | "g" => 1024 * MIB,
        _ => return None,
    };
    number.checked_mul(unit).filter(|bytes| *bytes >= 16 * MIB)
}

/// The smaller of a quarter of the machine and 1 GiB.
fn default_memory() -> usize {
    let most = 1024 * MIB;
    let Ok(text) = std::fs::read_to_string(PathBuf::from("/proc/meminfo")) else { return most };
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse::<usize>().ok());
    total.map_or(most, |kib| (kib * 1024 / 4).clamp(16 * MIB, most))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Written {
    zone: Option<String>,
    currency: Option<String>,
    returns: Option<String>,
    memory: Option<String>,
    threads: Option<usize>,
    rfm: WrittenRfm,
    thresholds: WrittenThresholds,
    #[serde(rename = "leave-out")]
    leave_out: LeaveOutSettings,
    export: WrittenExport,
    run: WrittenRun,
    report: ReportSettings,
    schedule: WrittenSchedule,
    mail: WrittenMail,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenExport {
    small: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenRfm {
    map: Option<String>,
    metrics: Option<[String; 3]>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenThresholds {
    usual_gap_days: Option<f64>,
    last_call_days: Option<f64>,
    drifting: Option<f64>,
    risk: Option<f64>,
    inactive: Option<f64>,
    loyal_orders: Option<u32>,
    loyal_window_days: Option<f64>,
    promising: Option<u32>,
    loyalist_orders: Option<u32>,
    big_spender_percentile: Option<u8>,
    new_percentile: Option<u8>,
    states: Option<StatesBy>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, Error> {
        Settings::of_text(text, Path::new("quintile.toml"), &Overrides::default())
    }

    #[test]
    fn the_template_says_nothing_but_defaults() {
        let catalog = Catalog::built_in().unwrap();
        let template = template(None, None, &catalog);
        assert_eq!(parse(&template).unwrap().hash(), parse("").unwrap().hash());
        // And every line that is commented out can be taken in as it stands.
        let all: String = template
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let settings = parse(&all).unwrap();
        assert_eq!((settings.zone.name(), settings.currency.as_deref()), ("Europe/London", Some("GBP")));
        assert_eq!(settings.thresholds.usual_gap_days, Some(30.0));
    }

    #[test]
    fn only_what_changes_answers_changes_the_hash() {
        let plain = parse("").unwrap().hash();
        assert_eq!(parse("memory = '64 MiB'\nthreads = 3\n[export]\nsmall = 20").unwrap().hash(), plain);
        assert_ne!(parse("zone = 'Europe/Berlin'").unwrap().hash(), plain);
        assert_ne!(parse("[thresholds]\nrisk = 2.5").unwrap().hash(), plain);
        assert_ne!(parse("[thresholds]\nstates = 'gaps'").unwrap().hash(), plain);
        assert_eq!(parse("[leave-out]\nchannels = []\nwholesale = false").unwrap().hash(), plain);
        assert_ne!(parse("[leave-out]\nchannels = ['pos']").unwrap().hash(), plain);
        assert_ne!(parse("[leave-out]\nwholesale = true").unwrap().hash(), plain);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let text = |text: &str| parse(text).unwrap_err().to_string();
        assert!(text("zone = 'UTC'\n[threshold]\n").starts_with("`quintile.toml`, line 2: unknown field `threshold`"));
        assert!(text("zone = 'Berlin'").contains("unknown time zone `Berlin`"));
        assert!(text("currency = 'euro'").contains("code of three letters"));
        assert!(text("currency = 'EUX'").contains("did you mean `EUR`?"));
        assert!(text("memory = '1 MiB'").contains("at least 16 MiB"));
        assert!(text("returns = 'ignore'").contains("`lower-money`"));
    }
}
