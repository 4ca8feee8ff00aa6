//! Instants, the store's zone, and the moment a question is asked for.

use jiff::{Timestamp, civil, tz::TimeZone};

/// A moment: microseconds since 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub i64);

/// Microseconds in an elapsed 24-hour day.
pub const DAY_MICROS: i64 = 86_400_000_000;

impl Instant {
    /// ISO 8601 in UTC, whole seconds unless there are parts: `2011-12-09T12:50:00Z`.
    pub fn to_iso(self) -> String {
        Timestamp::from_microsecond(self.0).map(|t| t.to_string()).unwrap_or_else(|_| self.0.to_string())
    }
}

/// A calendar day in the store's zone: days since 1970-01-01.
pub type DayNumber = i32;

/// The store's time zone with its offsets laid out, so that millions of instants become days by a short search.
#[derive(Debug, Clone)]
pub struct StoreZone {
    zone: TimeZone,
    /// (first instant, offset from UTC), both in microseconds, ascending; the first entry reaches back for ever.
    offsets: Vec<(i64, i64)>,
}

/// The name is not in the time zone database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone `{0}`; use a name such as `Europe/Berlin` or `UTC`")]
pub struct UnknownZone(pub String);

impl StoreZone {
    /// UTC.
    pub fn utc() -> Self {
        Self::of(TimeZone::UTC)
    }

    /// The zone of an IANA name, from the database compiled in.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).map(Self::of).map_err(|_| UnknownZone(name.to_owned()))
    }

    fn of(zone: TimeZone) -> Self {
        let start = civil::date(1900, 1, 1).to_zoned(TimeZone::UTC).map(|z| z.timestamp()).unwrap_or(Timestamp::UNIX_EPOCH);
        let end = civil::date(2200, 1, 1).to_zoned(TimeZone::UTC).map(|z| z.timestamp()).unwrap_or(Timestamp::MAX);
        let mut offsets = vec![(i64::MIN, i64::from(zone.to_offset(start).seconds()) * 1_000_000)];
        for change in zone.following(start).take_while(|change| change.timestamp() < end) {
            offsets.push((change.timestamp().as_microsecond(), i64::from(change.offset().seconds()) * 1_000_000));
        }
        StoreZone { zone, offsets }
    }

    /// The zone itself, for calendar arithmetic.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Microseconds to add to an instant to read the store's wall clock.
    #[inline]
    pub fn offset(&self, at: i64) -> i64 {
        if self.offsets.len() == 1 {
            return self.offsets[0].1;
        }
        self.offsets[self.offsets.partition_point(|(first, _)| *first <= at) - 1].1
    }

    /// The store's calendar day of an instant.
    #[inline]
    pub fn day(&self, at: i64) -> DayNumber {
        (at + self.offset(at)).div_euclid(DAY_MICROS) as DayNumber
    }

    /// ISO weekday of an instant on the store's wall clock: Monday is 1.
    #[inline]
    pub fn weekday(&self, at: i64) -> i8 {
        // 1970-01-01 was a Thursday.
        ((self.day(at) + 3).rem_euclid(7) + 1) as i8
    }

    /// Hour of an instant on the store's wall clock, 0 to 23.
    #[inline]
    pub fn hour(&self, at: i64) -> i8 {
        ((at + self.offset(at)).rem_euclid(DAY_MICROS) / 3_600_000_000) as i8
    }

    /// First instant of a day in this zone; where midnight does not exist, the first that does.
    pub fn start_of(&self, date: civil::Date) -> Option<Instant> {
        let zoned = date.to_zoned(self.zone.clone()).ok()?;
        Some(Instant(zoned.timestamp().as_microsecond()))
    }

    /// A wall-clock time in this zone as an instant; gaps and folds resolve as RFC 5545 does ("compatible").
    pub fn instant(&self, wall: civil::DateTime) -> Option<Instant> {
        wall.to_zoned(self.zone.clone()).ok().map(|z| Instant(z.timestamp().as_microsecond()))
    }

    /// The calendar date of a day number.
    pub fn date_of(day: DayNumber) -> civil::Date {
        civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(day))
    }

    /// The day number of a calendar date.
    pub fn day_of(date: civil::Date) -> DayNumber {
        (date - civil::date(1970, 1, 1)).get_days()
    }
}

/// A calendar month: months since January of the year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl Month {
    /// The month of a day.
    pub fn of_day(day: DayNumber) -> Month {
        let date = StoreZone::date_of(day);
        Month(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// So many months later; earlier where negative.
    pub fn later(self, months: i32) -> Month {
        Month(self.0 + months)
    }

    /// Its first day, within the calendar.
    pub fn first_day(self) -> civil::Date {
        let year = self.0.div_euclid(12).clamp(i32::from(civil::Date::MIN.year()), i32::from(civil::Date::MAX.year()));
        civil::date(year as i16, self.0.rem_euclid(12) as i8 + 1, 1)
    }
}

impl std::fmt::Display for Month {
    /// As in ISO 8601: `2011-12`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// The moment a question is asked for: facts before it count, facts at or after it do not.
#[derive(Debug, Clone)]
pub struct AsOf {
    /// The moment.
    pub instant: Instant,
    /// The store's zone, in which days are counted.
    pub zone: StoreZone,
}

impl AsOf {
    /// The first instant of a day.
    pub fn start_of(date: civil::Date, zone: &StoreZone) -> Option<Self> {
        Some(AsOf { instant: zone.start_of(date)?, zone: zone.clone() })
    }

    /// Does a fact of that time count?
    #[inline]
    pub fn counts(&self, at: i64) -> bool {
        at < self.instant.0
    }

    /// The date of `as_of` in the store's zone, which `today` in a query means.
    pub fn day(&self) -> DayNumber {
        self.zone.day(self.instant.0)
    }

    /// The last day whose facts can count: the day of the last instant before `as_of`.
    pub fn last_day(&self) -> DayNumber {
        self.zone.day(self.instant.0 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn days_follow_the_wall_clock_through_daylight_saving() {
        let zone = StoreZone::named("Europe/Berlin").unwrap();
        assert_eq!(StoreZone::date_of(zone.day(at("2026-03-28T23:30:00Z"))), civil::date(2026, 3, 29));
        assert_eq!(zone.hour(at("2026-03-29T00:59:00Z")), 1);
        assert_eq!(zone.hour(at("2026-03-29T01:00:00Z")), 3);
        assert_eq!(zone.weekday(at("2026-03-29T12:00:00Z")), 7);
    }

    #[test]
    fn offsets_agree_with_the_time_zone_database() {
        for name in ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"] {
            let zone = StoreZone::named(name).unwrap();
            for hours in (0..24 * 365 * 30).step_by(977) {
                let instant = Timestamp::from_microsecond(at("2005-01-01T00:00:00Z") + hours * 3_600_000_000).unwrap();
                let expected = i64::from(zone.zone().to_offset(instant).seconds()) * 1_000_000;
                assert_eq!(zone.offset(instant.as_microsecond()), expected, "{name} {instant}");
            }
        }
    }

    #[test]
    fn unknown_zones_are_named() {
        assert_eq!(StoreZone::named("Mars/Base").unwrap_err(), UnknownZone("Mars/Base".into()));
    }

    #[test]
    fn as_of_excludes_its_own_day() {
        let as_of = AsOf::start_of(civil::date(2011, 12, 10), &StoreZone::utc()).unwrap();
        assert!(as_of.counts(at("2011-12-09T23:59:59Z")));
        assert!(!as_of.counts(at("2011-12-10T00:00:00Z")));
        assert_eq!(as_of.day() - as_of.last_day(), 1);
    }
}
