//! All answers as one page: `sections` says what is on it and in which order, `figures` turns answers into tables and charts,
//! `reading` reads the facts once more for the parts about the way customers go, and every part that takes more than a table has
//! a file of its own.

mod actions;
mod beginnings;
mod clusters;
mod cohorts;
mod costly;
mod figures;
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
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When, header};
use figures::Figures;
use quintile_insight::concentration::{Concentration, concentration};
use quintile_insight::flicker::Flicker;
use quintile_model::{AsOf, FactKind, Money};
use quintile_profile::columns;
use quintile_report::{Finding, Mark, Part, Report, Theme};

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

    /// The three findings that the report begins with.
    pub fn three_findings(&self, when: &When) -> Result<Answer, Error> {
        let (answers, _) = self.answers_for_report(when)?;
        let found = findings(&answers);
        let text = |name: &str, of: fn(&Finding) -> &String| AnswerColumn::text(name, found.iter().map(|found| Some(of(found).clone())));
        let table =
            vec![text("headline", |found| &found.headline), text("detail", |found| &found.detail), text("section", |found| &found.section)];
        Answer::new(answers.header, table, Vec::new())
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
            findings: findings(&answers),
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

/// Three sentences that a merchant should not miss.
fn findings(answers: &Answers) -> Vec<Finding> {
    let currency = &answers.header.currency;
    let money = |amount: Option<Money>| {
        amount.map_or("an unknown amount".to_owned(), |amount| format!("{} {currency}", header::money(amount, currency)))
    };
    let estimate = |value: f64| format!("{} {currency}", header::about(value / 10_000.0));
    let mut found = Vec::new();
    let fifth = answers.concentration.top.iter().find(|top| top.of_customers == 0.2);
    if let Some((fifth, share)) = fifth.and_then(|fifth| Some((fifth, fifth.of_revenue?))) {
        found.push(Finding {
            headline: format!("The top fifth of the buyers brings {:.0} % of the revenue.", share * 100.0),
            detail: format!(
                "{} have spent {}. {}",
                header::counted(fifth.customers, "customer", "customers"),
                money(Money::from_sum(fifth.spent)),
                match share {
                    0.7.. => "So few carry so much that losing some of them would be felt; look after them by name.",
                    0.5.. => "They carry more than half; the rest is spread over many.",
                    _ => "Revenue is spread wide, and hangs on no few of them.",
                }
            ),
            section: "concentration".to_owned(),
        });
    }
    let likely = &answers.likely;
    let ranked = likely.rows.iter().zip(&likely.gains);
    let best =
        ranked.into_iter().find(|(row, gain)| row.value.is_some_and(|value| value > 0.0) && gain.gain.is_some_and(|gain| gain > 0.0));
    match best.and_then(|(row, gain)| Some((row, gain.gain?, row.extra?, gain.interval?))) {
        Some((row, value, extra, (low, high))) => found.push(Finding {
            headline: format!(
                "The likeliest gain is {} to {}: about {} in a good month.",
                row.stage_name.to_lowercase(),
                row.goal_name.to_lowercase(),
                estimate(value)
            ),
            detail: format!(
                "If as many moved as in the best month of this season, {extra:.0} customers more than usual would. The store's own past puts the value between {} and {} (95 % interval), {}.",
                estimate(low),
                estimate(high),
                if likely.has_terms { "by margin and after costs as far as they are given" } else { "before costs" }
            ),
            section: "opportunities".to_owned(),
        }),
        None => found.push(Finding {
            headline: "The past is too short to say which move pays.".to_owned(),
            detail: "The table of opportunities shows what each move would be worth if everybody made it; which share can be moved will show after a few months.".to_owned(),
            section: "opportunities".to_owned(),
        }),
    }
    let class = |id: &str| answers.likely.classes.iter().find(|class| class.id == id);
    let slipping: Vec<_> = ["at-risk-repeat", "inactive-repeat"].iter().filter_map(|id| class(id)).collect();
    let (customers, spent) = slipping.iter().fold((0, 0), |(customers, spent), class| (customers + class.customers, spent + class.spent));
    let all: u64 = answers.likely.classes.iter().map(|class| class.customers).sum();
    if customers > 0 {
        found.push(Finding {
            headline: format!(
                "{} who bought more than once {} late or gone.",
                header::counted(customers, "customer", "customers"),
                if customers == 1 { "is" } else { "are" }
            ),
            detail: format!(
                "They have brought {} so far and are {:.0} % of all customers; the longer they stay away, the fewer come back.",
                money(Money::from_sum(spent)),
                100.0 * customers as f64 / all as f64
            ),
            section: "stages".to_owned(),
        });
    } else {
        found.push(Finding {
            headline: "No repeat customer is late.".to_owned(),
            detail: "Everybody who bought more than once bought again within their usual time.".to_owned(),
            section: "stages".to_owned(),
        });
    }
    found
}
