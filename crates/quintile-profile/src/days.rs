//! Local days of many instants.

use jiff::Timestamp;
use quintile_model::time::{DAY_MICROS, DayNumber, StoreZone};

/// Offsets from UTC for instants within a span, by a look into a table with one entry a UTC day.
pub(crate) struct LocalTime<'a> {
    zone: &'a StoreZone,
    plan: Plan,
}

enum Plan {
    /// One offset holds throughout.
    Fixed(i64),
    /// The offset of each UTC day from the first; `i64::MIN` where it changes within the day.
    ByDay(i64, Vec<i64>),
    /// Ask the zone each time.
    Asked,
}

/// A table of so many days (180 years) is still small; a wider span of times is surely broken data.
const TABLE_DAYS: i64 = 1 << 16;
const CHANGES: i64 = i64::MIN;

impl<'a> LocalTime<'a> {
    /// For instants between the least and the greatest of these.
    pub(crate) fn new(zone: &'a StoreZone, at: &[i64]) -> Self {
        let (least, most) = at.iter().fold((i64::MAX, i64::MIN), |(least, most), at| (least.min(*at), most.max(*at)));
        LocalTime { zone, plan: Self::plan(zone, least, most) }
    }

    fn plan(zone: &StoreZone, least: i64, most: i64) -> Plan {
        if least > most {
            return Plan::Fixed(0);
        }
        let (Ok(start), Ok(end)) = (Timestamp::from_microsecond(least), Timestamp::from_microsecond(most)) else { return Plan::Asked };
        let (first, last) = (least.div_euclid(DAY_MICROS), most.div_euclid(DAY_MICROS));
        if last - first > TABLE_DAYS {
            return Plan::Asked;
        }
        let changes: Vec<i64> = zone
            .zone()
            .following(start)
            .map(|change| change.timestamp())
            .take_while(|change| *change <= end)
            .map(|change| change.as_microsecond())
            .collect();
        if changes.is_empty() {
            return Plan::Fixed(zone.offset(least));
        }
        let mut table: Vec<i64> = (first..=last).map(|day| zone.offset(day * DAY_MICROS)).collect();
        // The day of the least instant may have changed before it.
        table[0] = CHANGES;
        for change in changes {
            table[(change.div_euclid(DAY_MICROS) - first) as usize] = CHANGES;
        }
        Plan::ByDay(first, table)
    }

    /// Microseconds to add for the wall clock.
    #[inline]
    pub(crate) fn offset(&self, at: i64) -> i64 {
        match &self.plan {
            Plan::Fixed(offset) => *offset,
            Plan::ByDay(first, table) => match table[(at.div_euclid(DAY_MICROS) - first) as usize] {
                CHANGES => self.zone.offset(at),
                offset => offset,
            },
            Plan::Asked => self.zone.offset(at),
        }
    }

    /// The local days of all.
    pub(crate) fn days(&self, at: &[i64]) -> Vec<DayNumber> {
        let day = |wall: i64| wall.div_euclid(DAY_MICROS) as DayNumber;
        match &self.plan {
            Plan::Fixed(offset) => at.iter().map(|at| day(at.wrapping_add(*offset))).collect(),
            _ => at.iter().map(|at| day(at.wrapping_add(self.offset(*at)))).collect(),
        }
    }

    /// The local hour of an instant, 0 to 23.
    #[inline]
    pub(crate) fn hour(&self, at: i64) -> usize {
        (at.wrapping_add(self.offset(at)).rem_euclid(DAY_MICROS) / 3_600_000_000) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_zone_everywhere() {
        for name in ["UTC", "Europe/Berlin", "America/St_Johns", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kolkata"] {
            let zone = StoreZone::named(name).unwrap();
            let at: Vec<i64> = (0..40_000).map(|i| 1_262_304_000_000_000 + i * 7_777_000_003).collect();
            let local = LocalTime::new(&zone, &at);
            let days = local.days(&at);
            for (at, day) in at.iter().zip(days) {
                assert_eq!(day, zone.day(*at), "{name} {at}");
                assert_eq!(local.hour(*at), zone.hour(*at) as usize, "{name} {at}");
            }
        }
    }

    #[test]
    fn single_instants_and_wild_spans_are_fine() {
        let zone = StoreZone::named("Europe/Berlin").unwrap();
        for at in [vec![], vec![1_774_746_000_000_000], vec![-9_000_000_000_000_000, 9_000_000_000_000_000]] {
            let days = LocalTime::new(&zone, &at).days(&at);
            assert_eq!(days, at.iter().map(|at| zone.day(*at)).collect::<Vec<_>>());
        }
    }
}
