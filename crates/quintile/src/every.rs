//! Moments of a store's life: every month end, every week or every day.

use crate::history::ascending;
use crate::workspace::Stand;
use crate::{Error, When, ask};
use jiff::{Span, civil};
use quintile_model::time::StoreZone;
use quintile_model::{AsOf, Instant};
use quintile_profile::history::Moments;

/// How far apart moments lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Every {
    /// The first instant of each day.
    Day,
    /// The first instant of each Monday.
    Week,
    /// The first instant of each month, which is the end of the month before.
    #[default]
    Month,
}

impl Every {
    /// The first such day after a day.
    fn after(self, date: civil::Date) -> civil::Date {
        let next = |days: i64| date.saturating_add(Span::new().days(days));
        match self {
            Every::Day => next(1),
            Every::Week => next(7 - i64::from(date.weekday().to_monday_zero_offset())),
            Every::Month => date.first_of_month().saturating_add(Span::new().months(1)),
        }
    }
}

/// From a date, or from the first order of the store, up to the moment that is asked for, which is the last one whatever its day.
pub(crate) fn moments_of_life(stand: &Stand, every: Every, from: Option<&str>) -> Result<Moments, Error> {
    let zone = &stand.as_of.zone;
    let mut date = match from {
        // The day before it, so that it is taken itself if it is such a day.
        Some(text) => StoreZone::date_of(date(stand, text)?.day() - 1),
        None => StoreZone::date_of(zone.day(stand.first_fact.unwrap_or(stand.as_of.instant).0)),
    };
    let mut moments = vec![stand.as_of.clone()];
    loop {
        let next = every.after(date);
        match AsOf::start_of(next, zone) {
            Some(as_of) if as_of.instant < stand.as_of.instant && next > date => moments.push(as_of),
            _ => return ascending(moments),
        }
        date = next;
    }
}

/// A date or an instant in the store's zone.
pub(crate) fn date(stand: &Stand, text: &str) -> Result<AsOf, Error> {
    Ok(ask::moment(&When::AsOf(text.to_owned()), &stand.as_of.zone, Instant(0), None)?.as_of)
}

/// A moment as people read it: a date where it is the beginning of a day.
pub(crate) fn shown(as_of: &AsOf) -> String {
    let date = StoreZone::date_of(as_of.day());
    if as_of.zone.start_of(date) == Some(as_of.instant) { date.to_string() } else { as_of.instant.to_iso() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(every: Every, date: &str, expected: &str) {
        assert_eq!(every.after(date.parse().unwrap()).to_string(), expected, "{every:?} after {date}");
    }

    #[test]
    fn moments_lie_on_days_months_and_mondays() {
        check(Every::Day, "2024-02-28", "2024-02-29");
        check(Every::Week, "2024-07-01", "2024-07-08");
        check(Every::Week, "2024-07-07", "2024-07-08");
        check(Every::Month, "2024-01-31", "2024-02-01");
        check(Every::Month, "2024-12-01", "2025-01-01");
    }
}
