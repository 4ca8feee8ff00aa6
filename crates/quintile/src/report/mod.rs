//! All answers as one page: `sections` says what is on it and in which order, `findings` what it begins with, `figures` turns answers
//! into tables and charts, `reading` reads the facts once more for the parts about the way customers go, and every part that takes
//! more than a table has a file of its own.

mod actions;
mod beginnings;
mod clusters;
mod cohorts;
mod costly;
mod figures;
mod findings;
mod forecast_tables;
mod funnel;
mod league;
mod metrics;
mod movement;
mod reactivation;
mod reading;
mod sections;
mod targets;
mod together;
mod value;

use crate::annotations::{Annotations, Stretch, before_each};
use crate::concentration::TOP;
use crate::costly::FoundCostly;
use crate::history::{History, ascending};
use crate::months::{Calendar, CalendarPart};
use crate::movement::days_back;
use crate::opportunities::Likely;
use crate::past::months_back;
use crate::profile::named;
use crate::segment::metrics::FoundMetrics;
use crate::segment::{MetricsAsk, MetricsOf};
use crate::stages::class_columns;
use crate::table::Answer;
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When, header};
use figures::Figures;
use quintile_insight::concentration::{Concentration, concentration};
use quintile_insight::flicker::Flicker;
use quintile_model::{AsOf, FactKind, Money};
use quintile_profile::columns;
use quintile_report::{Mark, Part, Report, Theme};

/// Everything the page is made of.
struct Answers {
    header: Header,
    calendar: Calendar,
    check: Answer,
    stages: Answer,
    retention: Answer,
    buying: Answer,
    grid: sections::RfmGrid,
    rfm: Answer,
    concentration: Concentration,
    guide: Answer,
    /// Oldest first, a month apart, now last.
    concentration_of_past: Vec<Concentration>,
    likely: Likely,
    /// `None` before a value model stands.
    foresight: Option<value::Foresight>,
    groups: clusters::Groups,
    /// How many change class a day, by the name of the partition.
    flicker: Vec<(String, Flicker)>,
    annotations: Annotations,
    /// Of the moments of the past, the days since the one before.
    stretches: Vec<Stretch>,
}

/// What is read once more, for the page alone.
struct ReadAgain {
    /// By life stage.
    metrics: FoundMetrics,
    costly: FoundCostly,
    /// `None` of a store that is too large for it.
    ways: Option<reading::Ways>,
}

/// A part that is not on the page, and why.
struct Lacking {
    part: String,
    why: String,
}

impl Answers {
    /// The dates of the moments of the past, a month apart, the last of them now.
    fn dates_of_past(&self) -> Vec<String> {
        self.stretches.iter().map(|(_, last)| last.to_string()).collect()
    }

    /// The same of the months between them, each by its end.
    fn dates_of_months(&self) -> Vec<String> {
        self.dates_of_past().into_iter().skip(1).collect()
    }

    /// What happened in these months.
    fn marks_of_months(&self) -> Vec<Mark> {
        self.annotations.marks(self.stretches.get(1..).unwrap_or_default())
    }
}

/// Everything the page is drawn from.
const COLUMNS: [&str; 8] =
    ["life_stage", "retention_state", "buying_group", "rfm_group", "recency_score", "frequency_score", "amount_spent", "number_of_orders"];

/// Days over which changes of class are counted.
const FLICKER_DAYS: u16 = 30;

impl Workspace {
    /// The facts are read once for the whole page.
    fn read_for_report(&self, when: &When) -> Result<(History, Calendar), Error> {
        let stand = self.stand(when)?;
        let money = self.money_question(&stand)?;
        let mut columns = named(&COLUMNS.map(str::to_owned))?;
        columns.push(columns::customer_key());
        let moments = ascending(months_back(&stand).into_iter().chain(days_back(&stand, FLICKER_DAYS)).collect())?;
        let (history, parts) =
            self.history_of(stand, moments, columns, &RfmAsk::default(), |whole, kept| CalendarPart::of_kept(whole, kept, &money))?;
        let nobody = self.calendar_of_nobody(history.snapshot(), &self.leave_out_rules(history.snapshot()), &money)?;
        let calendar = Calendar::of(history.header.clone(), &money.as_of, parts, nobody);
        Ok((history, calendar))
    }

    fn flicker_for_report(&self, history: &History) -> Result<Vec<(String, Flicker)>, Error> {
        let moments = history.moments.all();
        let places: Vec<usize> = (moments.len().saturating_sub(usize::from(FLICKER_DAYS) + 1)..moments.len()).collect();
        let names = ["Life stages", "Retention", "RFM groups", "Buying groups"];
        let partitions = ["life_stage", "retention_state", "rfm_group", "buying_group"]
            .map(|name| self.partition(name))
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        Ok(names.map(str::to_owned).into_iter().zip(history.flicker(&places, &partitions)?).collect())
    }

    fn answers_for_report(&self, when: &When) -> Result<(Answers, History), Error> {
        let (history, calendar) = self.read_for_report(when)?;
        let check = self.check_of(&calendar)?;
        let likely = self.likely_of(when, &history)?;
        let header = likely.header.clone().ok_or_else(|| Error::Answer("the likely table has no moment".to_owned()))?;
        let possible = self.possible_of(when, header.clone(), &likely.classes, &self.plan()?, likely.targets.clone())?;
        let stages = |partition: &str| self.stages_of(partition, history.profile(class_columns(partition)?)?);
        let concentrated = |place: &usize| Ok(concentration(history.spent_by_buyers(*place)?, &TOP));
        let concentration_of_past = likely.past.places.iter().map(concentrated).collect::<Result<Vec<_>, Error>>()?;
        let concentration = match concentration_of_past.last() {
            Some(now) => now.clone(),
            None => concentrated(&history.last())?,
        };
        let moments: Vec<AsOf> = likely.past.places.iter().map(|place| history.moments.all()[*place].clone()).collect();
        let answers = Answers {
            header,
            check,
            stages: stages("life_stage")?,
            retention: stages("retention_state")?,
            buying: stages("buying_group")?,
            grid: sections::RfmGrid::of(&history)?,
            rfm: self.rfm_of(&RfmAsk::default(), history.profile(class_columns("rfm_group")?)?)?,
            guide: possible.answer()?,
            calendar,
            concentration,
            concentration_of_past,
            likely,
            flicker: self.flicker_for_report(&history)?,
            annotations: self.read_annotations()?,
            stretches: before_each(&moments),
            foresight: self.foresight(when)?,
            groups: self.groups_for_report(when)?,
        };
        Ok((answers, history))
    }

    fn read_again(&self, when: &When, history: &History) -> Result<ReadAgain, Error> {
        let is_read = history.snapshot().rows(FactKind::Orders) <= reading::MOST_ORDERS || self.settings.report.every_part;
        let by_stage =
            MetricsAsk { when: when.clone(), of: MetricsOf::Classes("life_stage".to_owned()), trend: None, from: None, most: usize::MAX };
        Ok(ReadAgain {
            metrics: self.find_metrics(&by_stage)?,
            costly: self.find_costly(when)?,
            ways: if is_read { Some(self.ways_for_report(when, history)?) } else { None },
        })
    }

    /// The report: what a merchant reads on the first day.
    pub fn report(&self, when: &When) -> Result<Report, Error> {
        let (answers, history) = self.answers_for_report(when)?;
        let again = self.read_again(when, &history)?;
        let figures = Figures { currency: &answers.header.currency };
        let name = self.root().file_name().map_or_else(|| "the store".to_owned(), |name| name.to_string_lossy().into_owned());
        let head = &answers.header;
        Ok(Report {
            title: format!("Customers of {name}"),
            subtitle: format!(
                "As of {} ({}), amounts in {}; {}",
                head.as_of_words,
                head.zone,
                head.currency,
                header::counted(head.customers.unwrap_or_default(), "customer", "customers")
            ),
            findings: findings::findings(&answers).into_iter().map(|found| found.finding).collect(),
            sections: sections::all(self, &answers, &again, &figures)?,
            provenance: vec![
                ("As of".to_owned(), format!("{} ({}); facts before it count", head.as_of, head.as_of_words)),
                ("Time zone".to_owned(), head.zone.clone()),
                ("Currency".to_owned(), head.currency.clone()),
                ("Store version".to_owned(), head.version.to_string()),
                ("Settings".to_owned(), head.settings.clone()),
                ("Made by".to_owned(), concat!("Quintile ", env!("CARGO_PKG_VERSION")).to_owned()),
            ],
        })
    }
}

/// One picture of a report, as SVG.
pub fn chart(report: &Report, name: &str, dark: bool) -> Result<String, Error> {
    let charts = report.sections.iter().flat_map(|section| &section.parts).filter_map(|part| match part {
        Part::Chart(chart) => Some(chart),
        Part::Text(_)
        | Part::Notes(_)
        | Part::Tiles(_)
        | Part::Cards(_)
        | Part::Table(_)
        | Part::Grid(_)
        | Part::TwoByTwo(_)
        | Part::Folded(_) => None,
    });
    let Some(chart) = charts.clone().find(|chart| chart.id == name) else {
        let known = charts.map(|chart| format!("`{}`", chart.id)).collect::<Vec<_>>().join(", ");
        return Err(Error::Usage(format!("there is no picture `{name}`; there are {known}")));
    };
    let theme = if dark { Theme::Dark } else { Theme::Light };
    quintile_report::svg(chart, theme).map_err(|error| Error::Answer(error.to_string()))
}

/// The same as PNG; an error in a build without it.
pub fn chart_png(report: &Report, name: &str, dark: bool) -> Result<Vec<u8>, Error> {
    let svg = chart(report, name, dark)?;
    #[cfg(feature = "png")]
    return quintile_report::png(&svg).map_err(|error| Error::Answer(error.to_string()));
    #[cfg(not(feature = "png"))]
    {
        drop(svg);
        Err(Error::Usage("this build draws no PNG; build it with the feature `png`, or let the file end in .svg".to_owned()))
    }
}
