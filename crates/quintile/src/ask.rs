//! The moment a question is asked for. This is the only place that reads a clock.

use crate::Error;
use jiff::{Timestamp, civil};
use quintile_model::{AsOf, Instant, StoreZone};

/// The moment asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum When {
    /// Not said: the start of today; of a store whose facts end earlier, the start of the day after its last fact.
    #[default]
    Latest,
    /// A date (its first instant in the store's zone), an instant, or `today`.
    AsOf(String),
    /// Through this date.
    Until(String),
}

/// A moment, and how it was chosen.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub as_of: AsOf,
    pub chosen: Chosen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    Given,
    Today,
    DayAfterLastFact,
}

/// After every fact: 9987-04-29, which still is a date in every zone.
pub(crate) const FOREVER: Instant = Instant(253_000_000_000_000_000);

pub(crate) fn now() -> Instant {
    Instant(Timestamp::now().as_microsecond())
}

pub(crate) fn moment(when: &When, zone: &StoreZone, now: Instant, last_fact: Option<Instant>) -> Result<Moment, Error> {
    let start = |date: civil::Date| AsOf::start_of(date, zone).ok_or_else(|| Error::Usage(format!("{date} is beyond the calendar")));
    let today = StoreZone::date_of(zone.day(now.0));
    let given = |as_of| Ok(Moment { as_of, chosen: Chosen::Given });
    match when {
        When::AsOf(text) if text == "today" => given(start(today)?),
        When::AsOf(text) => match text.parse::<civil::Date>() {
            Ok(date) if text.len() <= 10 => given(start(date)?),
            _ => match text.parse::<Timestamp>() {
                Ok(at) => given(AsOf { instant: Instant(at.as_microsecond()), zone: zone.clone() }),
                Err(_) => Err(Error::Usage(format!(
                    "`{text}` is no moment; use a date such as 2011-12-10, an instant such as 2011-12-10T08:00:00Z, or `today`"
                ))),
            },
        },
        When::Until(text) => {
            let date: civil::Date = text.parse().map_err(|_| Error::Usage(format!("`{text}` is no date; use one such as 2011-12-09")))?;
            given(start(date.tomorrow().map_err(|_| Error::Usage(format!("{date} is beyond the calendar")))?)?)
        }
        When::Latest => {
            let after = last_fact.map(|last| StoreZone::date_of(zone.day(last.0) + 1)).filter(|after| *after < today);
            let chosen = if after.is_some() { Chosen::DayAfterLastFact } else { Chosen::Today };
            Ok(Moment { as_of: start(after.unwrap_or(today))?, chosen })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(when: When, last_fact: Option<&str>, expected: &str) {
        let at = |text: &str| Instant(text.parse::<Timestamp>().unwrap().as_microsecond());
        let zone = StoreZone::named("Europe/Berlin").unwrap();
        let found = moment(&when, &zone, at("2026-03-10T12:00:00Z"), last_fact.map(at)).map(|moment| moment.as_of.instant.to_iso());
        assert_eq!(found.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn moments_are_days_of_the_store() {
        check(When::AsOf("2026-02-01".into()), None, "2026-01-31T23:00:00Z");
        check(When::AsOf("2026-02-01T08:00:00Z".into()), None, "2026-02-01T08:00:00Z");
        check(When::Until("2026-02-01".into()), None, "2026-02-01T23:00:00Z");
        check(When::AsOf("today".into()), None, "2026-03-09T23:00:00Z");
        check(
            When::AsOf("soon".into()),
            None,
            "`soon` is no moment; use a date such as 2011-12-10, an instant such as 2011-12-10T08:00:00Z, or `today`",
        );
    }

    #[test]
    fn unsaid_is_today_or_the_day_after_the_last_fact() {
        check(When::Latest, None, "2026-03-09T23:00:00Z");
        check(When::Latest, Some("2026-03-10T11:00:00Z"), "2026-03-09T23:00:00Z");
        check(When::Latest, Some("2011-12-09T12:50:00Z"), "2011-12-09T23:00:00Z");
        check(When::Latest, Some("2099-01-01T00:00:00Z"), "2026-03-09T23:00:00Z");
    }
}
