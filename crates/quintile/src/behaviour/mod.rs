//! How the shop attracts, cultivates and keeps its customers, against its own period before, another store, or published figures.

mod published;
mod told;

use crate::ledger::LedgerParts;
use crate::table::Answer;
use crate::workspace::{Overrides, Stand, Workspace};
use crate::{Error, Header, When};
use arrow::array::Array;
use published::Published;
use quintile_insight::behaviour::compare::compare;
use quintile_insight::behaviour::{Behaviour, Figure, Measure, Span, States, Unit};
use quintile_model::StoreZone;
use quintile_model::columns::{amounts, texts};
use quintile_model::records::cost;
use quintile_profile::{Item, LedgerItems};
use std::path::PathBuf;

/// What is asked.
#[derive(Debug, Clone)]
pub struct BehaviourAsk {
    /// The moment with which the period ends.
    pub when: When,
    /// Days of the period; a year, of a history of less than two half of it, where `None`.
    pub period_days: Option<u16>,
    /// Days within which a second purchase is looked for; 90 where `None`.
    pub within_days: Option<u16>,
    /// What it is held against.
    pub against: Against,
}

/// What a shop is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// Its own period before.
    PeriodBefore,
    /// Another store, as of the same moment, or of its own latest where none is asked for.
    Store(PathBuf),
    /// Published figures, in a file that says whose they are.
    Published(PathBuf),
}

/// Days within which a second purchase is looked for where nobody says.
const WITHIN: u16 = 90;
/// Days of a period where nobody says and the history is long enough.
const YEAR: i32 = 365;

/// What was measured of one store over one period.
struct Measured {
    span: Span,
    figures: Vec<Option<Figure>>,
}

impl Workspace {
    /// Each figure of attraction, cultivation and retention beside its reference.
    pub fn behaviour(&self, ask: &BehaviourAsk) -> Result<Answer, Error> {
        let published = match &ask.against {
            Against::Published(path) => Some(Published::read(path)?),
            Against::PeriodBefore | Against::Store(_) => None,
        };
        let other = match &ask.against {
            Against::Store(folder) => Some(Workspace::open(
                folder,
                &Overrides { threads: Some(self.settings.threads), now: Some(self.now()), ..Overrides::default() },
            )?),
            Against::PeriodBefore | Against::Published(_) => None,
        };
        let stand = self.stand(&ask.when)?;
        let other_stand = other.as_ref().map(|other| other.stand(&ask.when)).transpose()?;
        let said = published.as_ref().and_then(|published| published.period_days);
        let days = match ask.period_days.or(said) {
            Some(days) => i32::from(days),
            None => other_stand.iter().map(usual_period).fold(usual_period(&stand), i32::min),
        };
        let within = i32::from(ask.within_days.or_else(|| published.as_ref()?.within_days).unwrap_or(WITHIN));
        if within >= days {
            return Err(Error::Usage(format!(
                "a second purchase within {within} days cannot be seen in a period of {days}; ask for a longer --period or a shorter --within"
            )));
        }
        let (own, header) = self.measured(&stand, days, within, 0)?;
        let mut notes = Vec::new();
        let currency = header.currency.clone();
        let (reference, named) = match (&ask.against, &published, &other, &other_stand) {
            (_, Some(published), _, _) => {
                notes.extend(published.notes(&currency, days, within));
                (published.figures(&currency), published.named())
            }
            (_, _, Some(other), Some(other_stand)) => {
                let (reference, header) = other.measured(other_stand, days, within, 0)?;
                let mut figures = reference.figures;
                if header.currency != currency {
                    notes.push(format!("its money is in {} and this one's in {currency}: amounts are not compared", header.currency));
                    for (figure, measure) in figures.iter_mut().zip(Measure::ALL) {
                        *figure = figure.filter(|_| measure.unit() != Unit::Money);
                    }
                }
                (figures, format!("the store in `{}`, as of {}", other.root().display(), header.as_of_words))
            }
            _ => (self.measured(&stand, days, within, 1)?.0.figures, format!("the {days} days before")),
        };
        let compared =
            compare(Measure::ALL.into_iter().zip(own.figures.iter().zip(&reference)).map(|(of, (own, other))| (of, *own, *other)));
        notes.splice(0..0, told::sentences(&compared, &named, &currency));
        notes.extend(told::notes(&own.span, &named));
        Answer::new(header, told::columns(&compared, &currency), notes)
    }

    /// The figures of a period that ends so many periods before the moment.
    fn measured(&self, stand: &Stand, days: i32, within: i32, back: i32) -> Result<(Measured, Header), Error> {
        let history = stand.first_fact.map_or(i32::MAX, |first| stand.as_of.zone.day(first.0));
        let end = stand.as_of.last_day() + 1 - back * days;
        let span = Span { end, days, within, history };
        let parts = LedgerParts { items: Some(LedgerItems::Goods(Item::Category)), costs: false };
        let (found, left) = self.ledgers(stand, parts, |ledger| Ok(Behaviour::of(ledger, span)))?;
        let mut all = Behaviour::default();
        found.into_iter().for_each(|part| all.merge(part));
        let states = if span.reaches(1) { Some(self.states_at(stand, span, back)?) } else { None };
        let winning = self.spent_on_winning(stand, span)?;
        let figures = Measure::ALL.into_iter().map(|measure| all.figure(measure, span, states, winning)).collect();
        let mut header = stand.header.clone();
        header.leave_out(&left);
        header.thresholds.clear();
        Ok((Measured { span, figures }, header))
    }

    /// Life stages at the end of a period, by the thresholds of that day.
    fn states_at(&self, stand: &Stand, span: Span, back: i32) -> Result<States, Error> {
        let when = if back == 0 { When::AsOf(stand.as_of.instant.to_iso()) } else { When::AsOf(StoreZone::date_of(span.end).to_string()) };
        let (_, classes) = self.classes(&when, "life_stage")?;
        let count = |ids: &[&str]| classes.iter().filter(|class| ids.contains(&class.id.as_str())).map(|class| class.customers).sum();
        let all: u64 = classes.iter().map(|class| class.customers).sum();
        Ok(States {
            buyers: all - count(&["prospects"]),
            at_risk: count(&["at-risk-repeat"]),
            inactive: count(&["inactive-first-time", "inactive-repeat"]),
        })
    }

    /// What the costs of the period say was spent on winning customers, in ten-thousandths; `None` where none say.
    fn spent_on_winning(&self, stand: &Stand, span: Span) -> Result<Option<i128>, Error> {
        let stated = stand.snapshot.costs()?;
        let (what, period, currency) = (texts(&stated, "what"), texts(&stated, "period"), texts(&stated, "currency"));
        let amount = amounts(&stated, "amount");
        let mut spent = None;
        for row in 0..stated.num_rows() {
            let foreign = stand.currency.as_deref().is_some_and(|own| currency.is_valid(row) && currency.value(row) != own);
            let within = crate::costs::first_day(period.value(row)).is_some_and(|day| (span.start()..span.end).contains(&day));
            if what.value(row) == cost::ACQUISITION && within && !foreign {
                *spent.get_or_insert(0) += i128::from(amount.value(row));
            }
        }
        Ok(spent)
    }
}

/// A year, or half of a history that has not two.
fn usual_period(stand: &Stand) -> i32 {
    let history = stand.first_fact.map_or(0, |first| stand.as_of.last_day() - stand.as_of.zone.day(first.0) + 1);
    (history / 2).clamp(1, YEAR)
}
