//! Days and seconds on the store's wall clock, as of a moment.
//!
//! A day is what lies between two local midnights, be it 23, 24 or 25 hours. A date as written is compared as the whole day,
//! a date with a time as the whole second, and another attribute as the instant it is.

use crate::check::typed::{DateBase, DateTerm};
use crate::reduce::core::Order;
use crate::syntax::tree::Length;
use jiff::civil::{Date, DateTime};
use quintile_model::{AsOf, Instant, StoreZone};

/// When a segment is asked.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Facts before this instant have happened.
    pub facts_before: Instant,
    /// The moment that `today` and offsets are counted from.
    pub as_of: AsOf,
}

impl Moment {
    /// As of a moment, with all that happened before it.
    pub fn of(as_of: AsOf) -> Moment {
        Moment { facts_before: as_of.instant, as_of }
    }

    /// The day it is.
    pub fn today(&self) -> Date {
        StoreZone::date_of(self.as_of.day())
    }
}

/// Instants from the first up to, and without, the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub start: i64,
    pub end: i64,
}

impl Stretch {
    fn instant(at: i64) -> Stretch {
        Stretch { start: at, end: at.saturating_add(1) }
    }
}

/// The first instant of a day; beyond the calendar, the end of time.
pub(crate) fn start_of(day: Date, zone: &StoreZone) -> i64 {
    match zone.start_of(day) {
        Some(instant) => instant.0,
        None if day.year() > 0 => i64::MAX,
        None => i64::MIN,
    }
}

fn day_stretch(day: Date, zone: &StoreZone) -> Stretch {
    Stretch { start: start_of(day, zone), end: day.tomorrow().map_or(i64::MAX, |next| start_of(next, zone)) }
}

fn second_stretch(at: DateTime, zone: &StoreZone) -> Stretch {
    let start = zone.instant(at).map_or(i64::MAX, |instant| instant.0);
    Stretch { start, end: start.saturating_add(1_000_000) }
}

fn moved_day(day: Date, moved: &[(bool, Length)]) -> Date {
    moved.iter().fold(day, |day, (back, length)| if *back { day.saturating_sub(length.span()) } else { day.saturating_add(length.span()) })
}

fn moved_second(at: DateTime, moved: &[(bool, Length)]) -> DateTime {
    moved.iter().fold(at, |at, (back, length)| if *back { at.saturating_sub(length.span()) } else { at.saturating_add(length.span()) })
}

/// An instant moved on the wall clock.
pub(crate) fn moved_instant(at: i64, moved: &[(bool, Length)], zone: &StoreZone) -> i64 {
    if moved.is_empty() {
        return at;
    }
    let Ok(timestamp) = jiff::Timestamp::from_microsecond(at) else { return at };
    let wall = timestamp.to_zoned(zone.zone().clone()).datetime();
    let to = moved_second(wall, moved);
    if to == wall {
        return at;
    }
    zone.instant(to).map_or(if to > wall { i64::MAX } else { i64::MIN }, |instant| instant.0)
}

/// What a date means; `None` where it is an attribute without a value.
pub(crate) fn stretch(term: &DateTerm, moment: &Moment, attribute: &dyn Fn(&str) -> Option<i64>) -> Option<Stretch> {
    let zone = &moment.as_of.zone;
    Some(match &term.base {
        DateBase::Today => day_stretch(moved_day(moment.today(), &term.moved), zone),
        DateBase::Day(day) => day_stretch(moved_day(*day, &term.moved), zone),
        DateBase::Second(at) => second_stretch(moved_second(*at, &term.moved), zone),
        DateBase::Attribute(name) => Stretch::instant(moved_instant(attribute(name)?, &term.moved, zone)),
    })
}

/// Does an instant compare so with a stretch? Later than a day is later than all of it.
#[inline]
pub(crate) fn compares(at: i64, order: Order, with: Stretch) -> bool {
    match order {
        Order::Equal => with.start <= at && at < with.end,
        Order::Less => at < with.start,
        Order::LessOrEqual => at < with.end,
        Order::Greater => at >= with.end,
        Order::GreaterOrEqual => at >= with.start,
    }
}

/// The instants that compare so, from the first up to and with the last.
pub(crate) fn instants(order: Order, with: Stretch) -> (i64, i64) {
    match order {
        Order::Equal => (with.start, with.end.saturating_sub(1)),
        Order::Less => (i64::MIN, with.start.saturating_sub(1)),
        Order::LessOrEqual => (i64::MIN, with.end.saturating_sub(1)),
        Order::Greater => (with.end, i64::MAX),
        Order::GreaterOrEqual => (with.start, i64::MAX),
    }
}

/// The day a date is kept on in a year: the 29th of February on the 28th where there is none.
pub(crate) fn kept_on(day: Date, year: i16) -> Date {
    Date::new(year, day.month(), day.day()).or_else(|_| Date::new(year, day.month(), 28)).unwrap_or(day)
}

/// Does the day of a date, in whatever year, lie between two days?
pub(crate) fn anniversary(day: Date, low: Date, high: Date) -> bool {
    // A longer stretch than this holds every day there is.
    if low > high {
        return false;
    }
    let years = low.year()..=high.year().min(low.year().saturating_add(2));
    years.into_iter().any(|year| (low..=high).contains(&kept_on(day, year)))
}

/// The day that a term of an anniversary means.
pub(crate) fn day_of(term: &DateTerm, moment: &Moment, attribute: &dyn Fn(&str) -> Option<i64>) -> Option<Date> {
    let zone = &moment.as_of.zone;
    Some(match &term.base {
        DateBase::Today => moved_day(moment.today(), &term.moved),
        DateBase::Day(day) => moved_day(*day, &term.moved),
        DateBase::Second(at) => moved_second(*at, &term.moved).date(),
        DateBase::Attribute(name) => moved_day(StoreZone::date_of(zone.day(attribute(name)?)), &term.moved),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::tree::LengthUnit;
    use jiff::civil::date;

    fn back(count: u32, unit: LengthUnit) -> DateTerm {
        DateTerm { base: DateBase::Today, moved: vec![(true, Length { count, unit })] }
    }

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    fn moment(day: Date, zone: &str) -> Moment {
        Moment::of(AsOf::start_of(day, &StoreZone::named(zone).unwrap()).unwrap())
    }

    #[test]
    fn offsets_are_calendar_ones() {
        let days = |day, term: DateTerm| moved_day(day, &term.moved);
        // The reference says 2021-05-07, which is off by one: seven days before the 15th is the 8th.
        assert_eq!(days(date(2021, 5, 15), back(7, LengthUnit::Days)), date(2021, 5, 8));
        assert_eq!(days(date(2023, 3, 31), back(1, LengthUnit::Months)), date(2023, 2, 28));
        assert_eq!(days(date(2024, 3, 31), back(1, LengthUnit::Months)), date(2024, 2, 29));
        assert_eq!(days(date(2024, 2, 29), back(1, LengthUnit::Years)), date(2023, 2, 28));
    }

    #[test]
    fn days_are_between_midnights_through_daylight_saving() {
        let none = |_: &str| None;
        let stretch = stretch(&back(1, LengthUnit::Days), &moment(date(2026, 3, 30), "Europe/Berlin"), &none).unwrap();
        assert_eq!(stretch, Stretch { start: at("2026-03-28T23:00:00Z"), end: at("2026-03-29T22:00:00Z") });
        let zone = StoreZone::named("Europe/Berlin").unwrap();
        let day = [(false, Length { count: 1, unit: LengthUnit::Days })];
        assert_eq!(moved_instant(at("2026-03-28T12:00:00Z"), &day, &zone), at("2026-03-29T11:00:00Z"));
    }

    #[test]
    fn anniversaries_wrap_around_the_new_year_and_leap_days_are_kept() {
        assert!(anniversary(date(1990, 1, 5), date(2025, 12, 15), date(2026, 1, 14)));
        assert!(!anniversary(date(1990, 2, 5), date(2025, 12, 15), date(2026, 1, 14)));
        assert!(anniversary(date(2000, 2, 29), date(2025, 2, 28), date(2025, 2, 28)));
        assert!(!anniversary(date(2000, 2, 29), date(2024, 2, 28), date(2024, 2, 28)));
        assert!(anniversary(date(2000, 2, 29), date(2024, 2, 29), date(2024, 2, 29)));
    }
}
