//! Times as files write them, to instants. A time without a zone is on the store's wall clock.

use quintile_model::StoreZone;
use std::fmt;

/// How a column writes its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeForm {
    /// In a way that explains itself: ISO 8601, RFC 2822, a month by name.
    #[default]
    Plain,
    /// `31/1/2024`, perhaps with a time.
    DayFirst,
    /// `1/31/2024`, perhaps with a time.
    MonthFirst,
    /// `20240131`.
    Compact,
    /// Seconds since 1970.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
    /// Microseconds since 1970.
    UnixMicros,
    /// Days since 1899-12-30, as spreadsheets count.
    Spreadsheet,
}

impl TimeForm {
    /// All forms.
    pub const ALL: [TimeForm; 8] = [
        Self::Plain,
        Self::DayFirst,
        Self::MonthFirst,
        Self::Compact,
        Self::UnixSeconds,
        Self::UnixMillis,
        Self::UnixMicros,
        Self::Spreadsheet,
    ];

    /// The word in mappings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::DayFirst => "day-first",
            Self::MonthFirst => "month-first",
            Self::Compact => "yyyymmdd",
            Self::UnixSeconds => "unix-seconds",
            Self::UnixMillis => "unix-milliseconds",
            Self::UnixMicros => "unix-microseconds",
            Self::Spreadsheet => "spreadsheet-days",
        }
    }

    /// The form of that word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

impl fmt::Display for TimeForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A time as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// Microseconds of the wall clock it names.
    pub wall: i64,
    /// Offset of that wall clock from UTC in microseconds, where it is said.
    pub offset: Option<i64>,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Written {
    /// The instant, by the store's zone where no offset is said.
    pub(crate) fn instant(self, zone: &StoreZone) -> i64 {
        match self.offset {
            Some(offset) => self.wall.saturating_sub(offset),
            None => wall_to_instant(self.wall, zone),
        }
    }
}

/// The instant at which the store's clock shows this; gaps and folds are resolved by the zone.
pub(crate) fn wall_to_instant(wall: i64, zone: &StoreZone) -> i64 {
    let (before, after) = (zone.offset(wall.saturating_sub(2 * DAY)), zone.offset(wall.saturating_add(2 * DAY)));
    if before == after && zone.offset(wall) == before {
        return wall.saturating_sub(before);
    }
    // A change of the clock is near: the zone decides.
    civil(wall).and_then(|civil| zone.instant(civil)).map_or(wall.saturating_sub(before), |instant| instant.0)
}

fn civil(wall: i64) -> Option<jiff::civil::DateTime> {
    Some(jiff::Timestamp::from_microsecond(wall).ok()?.to_zoned(jiff::tz::TimeZone::UTC).datetime())
}

/// A wall clock as ISO 8601 without a zone, whole seconds unless there are parts.
pub(crate) fn wall_text(wall: i64) -> String {
    civil(wall).map_or_else(|| wall.to_string(), |civil| civil.to_string())
}

/// A wall clock as digits for ids: `20240131`, with the time where it is not midnight: `20240131T182210`.
pub(crate) fn wall_digits(wall: i64) -> String {
    match civil(wall) {
        Some(civil) if wall.rem_euclid(DAY) == 0 => civil.strftime("%Y%m%d").to_string(),
        Some(civil) => civil.strftime("%Y%m%dT%H%M%S").to_string(),
        None => wall.to_string(),
    }
}

/// Reads a time; the error says what is wrong with it.
pub(crate) fn parse(text: &str, form: TimeForm) -> Result<Written, &'static str> {
    let written = match form {
        TimeForm::Plain => iso(text.as_bytes()).or_else(|| by_tokens(text, None)),
        TimeForm::DayFirst => iso(text.as_bytes()).or_else(|| by_tokens(text, Some(true))),
        TimeForm::MonthFirst => iso(text.as_bytes()).or_else(|| by_tokens(text, Some(false))),
        TimeForm::Compact => compact(text).or_else(|| iso(text.as_bytes())),
        TimeForm::UnixSeconds => unix(text, 6),
        TimeForm::UnixMillis => unix(text, 3),
        TimeForm::UnixMicros => unix(text, 0),
        TimeForm::Spreadsheet => spreadsheet(text),
    };
    let written = written.ok_or("not a time")?;
    // The years of which commerce speaks; a year 9999 is a placeholder, and 0001 another.
    if !(-2_208_988_800 * SECOND..7_258_118_400 * SECOND).contains(&written.wall) {
        return Err("not a time between the years 1900 and 2200");
    }
    Ok(written)
}

/// Decides how a column writes its times from its values, and whether day and month could not be told apart.
///
/// `None` when hardly any value is a time.
pub(crate) fn form_of<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Option<(TimeForm, bool)> {
    let values = values.filter(|value| !value.is_empty());
    let total = values.clone().count();
    if total == 0 {
        return None;
    }
    let fits = |form: TimeForm| values.clone().filter(|value| parse(value, form).is_ok()).count();
    let enough = |count: usize| count * 10 >= total * 8;
    let numbers = values
        .clone()
        .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && value.matches('.').count() < 2)
        .count();
    if enough(numbers) {
        let lengths = |range: std::ops::RangeInclusive<usize>| {
            enough(values.clone().filter(|value| range.contains(&value.split('.').next().unwrap_or("").len())).count())
        };
        let found = if lengths(8..=8) && enough(fits(TimeForm::Compact)) {
            TimeForm::Compact
        } else if lengths(9..=10) {
            TimeForm::UnixSeconds
        } else if lengths(12..=13) {
            TimeForm::UnixMillis
        } else if lengths(15..=16) {
            TimeForm::UnixMicros
        } else if lengths(5..=5) && enough(fits(TimeForm::Spreadsheet)) {
            TimeForm::Spreadsheet
        } else {
            return None;
        };
        return enough(fits(found)).then_some((found, false));
    }
    if enough(fits(TimeForm::Plain)) {
        return Some((TimeForm::Plain, false));
    }
    let (day, month) = (fits(TimeForm::DayFirst), fits(TimeForm::MonthFirst));
    if !enough(day.max(month)) {
        return None;
    }
    Some(if day > month {
        (TimeForm::DayFirst, false)
    } else if month > day {
        (TimeForm::MonthFirst, false)
    } else {
        // Dots are written where the day comes first; slashes mostly too, but for the largest market.
        let dots = values.clone().any(|value| value.contains('.') && !value.contains('/'));
        (if dots { TimeForm::DayFirst } else { TimeForm::MonthFirst }, true)
    })
}

/// `2024-01-31`, `2024-01-31 18:22`, `2024-01-31T18:22:10.5Z`, `2024-01-31 18:22:10 -0500`.
fn iso(text: &[u8]) -> Option<Written> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        digits.iter().try_fold(0i64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
    };
    let separator = *text.get(4)?;
    if !matches!(separator, b'-' | b'/') || *text.get(7)? != separator {
        return None;
    }
    let date = days_from_civil(number(0..4)?, number(5..7)?, number(8..10)?)? * DAY;
    if text.len() == 10 {
        return Some(Written { wall: date, offset: None });
    }
    if !matches!(text[10], b'T' | b't' | b' ') || *text.get(13)? != b':' {
        return None;
    }
    let (hour, minute) = (number(11..13)?, number(14..16)?);
    let mut at = 16;
    let (mut second, mut part) = (0, 0);
    if text.get(at) == Some(&b':') {
        second = number(17..19)?;
        at = 19;
        if matches!(text.get(at), Some(b'.' | b',')) {
            at += 1;
            let mut digits = 0;
            while let Some(byte) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
                if digits < 6 {
                    part = part * 10 + i64::from(byte - b'0');
                    digits += 1;
                }
                at += 1;
            }
            if digits == 0 {
                return None;
            }
            part *= 10i64.pow(6 - digits);
        }
    }
    let wall = date + clock(hour, minute, second)? + part;
    let rest = std::str::from_utf8(text.get(at..)?).ok()?.trim();
    Some(Written { wall, offset: if rest.is_empty() { None } else { Some(offset(rest)?) } })
}

fn clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    // A leap second is the last of its minute.
    (hour < 24 && minute < 60 && second <= 60).then(|| ((hour * 60 + minute) * 60 + second.min(59)) * SECOND)
}

/// `Z`, `UTC`, `GMT`, `+01:00`, `-0500`, `+01`.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z" | "UTC" | "GMT" | "+0" | "UT") {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|character| *character != ':').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let value: i64 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() == 2 { (value, 0) } else { (value / 100, value % 100) };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60 * SECOND)
}

/// Days since 1970-01-01 of a civil date, `None` where there is no such day.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=last).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

fn compact(text: &str) -> Option<Written> {
    let text = text.strip_suffix(".0").unwrap_or(text);
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let days = days_from_civil(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?)?;
    Some(Written { wall: days * DAY, offset: None })
}

fn unix(text: &str, decimals: u32) -> Option<Written> {
    let (value, _) = quintile_model::money::parse_scaled(text, decimals).ok()?;
    Some(Written { wall: i64::try_from(value).ok()?, offset: Some(0) })
}

fn spreadsheet(text: &str) -> Option<Written> {
    let (value, _) = quintile_model::money::parse_scaled(text, 9).ok()?;
    if !(20_000 * 1_000_000_000..100_000 * 1_000_000_000).contains(&value) {
        return None;
    }
    // 25,569 days lie between 1899-12-30 and 1970-01-01; seconds are what the fraction can carry.
    let seconds = quintile_model::money::div_half_even((value - 25_569 * 1_000_000_000) * 86_400, 1_000_000_000);
    Some(Written { wall: i64::try_from(seconds).ok()?.checked_mul(SECOND)?, offset: None })
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Numbers and words in any usual order: `Sat, 03 Mar 2018 02:35:28 +0000`, `Jan 31, 2024 6:22:10 PM`, and with
/// `day_first` also `31/1/2024 18:22`.
fn by_tokens(text: &str, day_first: Option<bool>) -> Option<Written> {
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    let mut numbers: Vec<(i64, usize)> = Vec::new();
    let mut month_by_name = None;
    let mut month_position = 0;
    let mut clock_parts: Vec<i64> = Vec::new();
    let mut afternoon = None;
    let mut zone = None;
    let mut rest = text.trim();
    while let Some(first) = rest.bytes().next() {
        let run = |test: fn(&u8) -> bool| rest.bytes().take_while(test).count();
        if first.is_ascii_digit() {
            let length = run(u8::is_ascii_digit);
            if length > 4 {
                return None;
            }
            let value: i64 = rest[..length].parse().ok()?;
            rest = &rest[length..];
            if clock_parts.is_empty() && rest.starts_with(':') && numbers.len() + usize::from(month_by_name.is_some()) >= 2 {
                clock_parts.push(value);
                while let Some(after) = rest.strip_prefix(':') {
                    let length = after.bytes().take_while(u8::is_ascii_digit).count();
                    clock_parts.push(after.get(..length).filter(|part| (1..=2).contains(&part.len()))?.parse().ok()?);
                    rest = &after[length..];
                }
                if let Some(after) = rest.strip_prefix('.') {
                    rest = &after[after.bytes().take_while(u8::is_ascii_digit).count()..];
                }
                // An offset belongs to the clock; elsewhere a minus is a separator.
                let trimmed = rest.trim_start();
                if trimmed.starts_with(['+', '-']) {
                    zone = Some(offset(trimmed.trim())?);
                    rest = "";
                }
            } else {
                numbers.push((value, length));
            }
        } else if first.is_ascii_alphabetic() {
            let length = run(u8::is_ascii_alphabetic);
            let word = rest[..length].to_ascii_lowercase();
            rest = &rest[length..];
            match word.as_str() {
                "am" | "a" => afternoon = Some(false),
                "pm" | "p" => afternoon = Some(true),
                "utc" | "gmt" | "z" | "ut" => zone = Some(0),
                "t" | "at" | "st" | "nd" | "rd" | "th" | "m" => {}
                _ if length >= 3 && MONTHS.contains(&&word[..3]) && month_by_name.is_none() => {
                    month_by_name = MONTHS.iter().position(|month| *month == &word[..3]).map(|index| index as i64 + 1);
                    month_position = numbers.len();
                }
                _ if length >= 3 && ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].contains(&&word[..3]) => {}
                _ => return None,
            }
        } else if matches!(first, b'/' | b'.' | b'-' | b',' | b' ') {
            rest = &rest[1..];
        } else {
            return None;
        }
    }
    let full_year = |(value, length): (i64, usize)| match length {
        4 => Some(value),
        // Two digits are of the years 1970 to 2069.
        2 => Some(if value < 70 { 2000 + value } else { 1900 + value }),
        _ => None,
    };
    let (year, month, day) = match (month_by_name, numbers.as_slice()) {
        (Some(month), [first, second]) if month_position == 0 || first.1 <= 2 => (full_year(*second)?, month, first.0),
        (Some(month), [first, second]) => (full_year(*first)?, month, second.0),
        (None, [first, second, third]) if first.1 == 4 => (first.0, second.0, third.0),
        (None, [first, second, third]) => {
            let year = full_year(*third)?;
            if day_first? { (year, second.0, first.0) } else { (year, first.0, second.0) }
        }
        _ => return None,
    };
    let mut hour = clock_parts.first().copied().unwrap_or(0);
    if let Some(afternoon) = afternoon {
        if clock_parts.is_empty() || !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    let clock = clock(hour, clock_parts.get(1).copied().unwrap_or(0), clock_parts.get(2).copied().unwrap_or(0))?;
    Some(Written { wall: days_from_civil(year, month, day)? * DAY + clock, offset: zone })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, form: TimeForm, expected: &str) {
        let instant = parse(text, form).map(|written| written.instant(&StoreZone::named("America/New_York").unwrap()));
        let shown = instant.map(|at| quintile_model::Instant(at).to_iso());
        assert_eq!(shown.as_deref(), Ok(expected), "{text}");
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        check("2024-01-31 18:22:10 -0500", TimeForm::Plain, "2024-01-31T23:22:10Z");
        check("2024-01-31T18:22:10.25+01:00", TimeForm::Plain, "2024-01-31T17:22:10.25Z");
        check("2024-01-31T18:22:10Z", TimeForm::Plain, "2024-01-31T18:22:10Z");
        check("2024-01-31", TimeForm::Plain, "2024-01-31T05:00:00Z");
        check("2024-07-31 18:22", TimeForm::Plain, "2024-07-31T22:22:00Z");
        check("Sat, 03 Mar 2018 02:35:28 +0000", TimeForm::Plain, "2018-03-03T02:35:28Z");
        check("Jan 31, 2024 6:22:10 PM", TimeForm::Plain, "2024-01-31T23:22:10Z");
        check("31-Jan-24", TimeForm::Plain, "2024-01-31T05:00:00Z");
        check("12/1/2010 8:26", TimeForm::MonthFirst, "2010-12-01T13:26:00Z");
        check("31.1.2024 18:22", TimeForm::DayFirst, "2024-01-31T23:22:00Z");
        check("19970101", TimeForm::Compact, "1997-01-01T05:00:00Z");
        check("1706725330", TimeForm::UnixSeconds, "2024-01-31T18:22:10Z");
        check("1706725330500", TimeForm::UnixMillis, "2024-01-31T18:22:10.5Z");
        check("45384.5", TimeForm::Spreadsheet, "2024-04-02T16:00:00Z");
    }

    #[test]
    fn gaps_and_folds_follow_the_zone() {
        check("2024-03-10 02:30:00", TimeForm::Plain, "2024-03-10T07:30:00Z");
        check("2024-11-03 01:30:00", TimeForm::Plain, "2024-11-03T05:30:00Z");
        check("2024-03-10 03:00:00", TimeForm::Plain, "2024-03-10T07:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "x",
            "2024-02-30",
            "2024-13-01",
            "0000-00-00",
            "9999-12-31",
            "2024-01-31 25:00",
            "1/2",
            "2024-01-31 18:22:10 EST5",
            "-",
            "12:30",
        ] {
            assert!(parse(text, TimeForm::Plain).is_err(), "{text}");
        }
    }

    #[test]
    fn the_whole_column_decides_between_day_and_month() {
        let form = |values: &[&'static str]| form_of(values.iter().copied());
        assert_eq!(form(&["1/2/2024", "13/2/2024"]), Some((TimeForm::DayFirst, false)));
        assert_eq!(form(&["1/2/2024", "2/13/2024"]), Some((TimeForm::MonthFirst, false)));
        assert_eq!(form(&["1/2/2024", "2/3/2024"]), Some((TimeForm::MonthFirst, true)));
        assert_eq!(form(&["1.2.2024"]), Some((TimeForm::DayFirst, true)));
        assert_eq!(form(&["19970101", "19970132"]), None);
        assert_eq!(form(&["1706725330"]), Some((TimeForm::UnixSeconds, false)));
        assert_eq!(form(&["17850", "13047"]), None);
    }
}
