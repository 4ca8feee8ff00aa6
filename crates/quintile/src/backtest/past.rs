//! What customers really did, by day: the truth that is looked back at.

use crate::header::counted;
use crate::ledger::LedgerParts;
use crate::workspace::{Stand, Workspace};
use crate::{Error, When};
use quintile_model::Ledger;
use quintile_model::time::StoreZone;
use quintile_profile::leave_out::LeftOut;

/// Purchase days of every buyer, each day once, with what was ordered on it.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    /// Buyers, ascending.
    pub keys: Vec<u64>,
    ends: Vec<u32>,
    days: Vec<i32>,
    /// Order values, in ten-thousandths.
    values: Vec<i64>,
    /// The last day that is known.
    pub last_day: i32,
}

/// A moment to look back at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The last day that is known.
    pub day: i32,
    /// Days after it that are looked at.
    pub horizon: i32,
}

impl Cut {
    /// The moment to ask for so that nothing after the day is known.
    pub fn when(self) -> When {
        When::AsOf(StoreZone::date_of(self.day + 1).to_string())
    }
}

/// Cuts at the most.
const CUTS: i32 = 6;

/// Days looked at after a cut, where nobody says.
const HORIZON: i32 = 90;

impl Workspace {
    /// Reads them all.
    pub(crate) fn deeds(&self, stand: &Stand) -> Result<(Deeds, LeftOut), Error> {
        let (parts, left) = self.ledgers(stand, LedgerParts::default(), |ledger| Ok(Deeds::of(ledger)))?;
        Ok((Deeds::joined(parts, stand.as_of.last_day()), left))
    }
}

impl Deeds {
    /// Of the buyers of a ledger.
    pub fn of(ledger: &Ledger) -> Deeds {
        let mut deeds = Deeds::default();
        for customer in 0..ledger.customers() {
            let orders = &ledger.orders[ledger.orders_of(customer)];
            for of_day in orders.chunk_by(|a, b| a.day == b.day) {
                deeds.days.push(of_day[0].day);
                deeds.values.push(of_day.iter().map(|order| order.gross.unwrap_or(0)).fold(0, i64::saturating_add));
            }
            if !orders.is_empty() {
                deeds.keys.push(ledger.keys[customer]);
                deeds.ends.push(deeds.days.len() as u32);
            }
        }
        deeds
    }

    /// Of several ledgers, in the order of their customers.
    pub fn joined(parts: Vec<Deeds>, last_day: i32) -> Deeds {
        let mut all = Deeds { last_day, ..Deeds::default() };
        for part in parts {
            let before = all.days.len() as u32;
            all.keys.extend(part.keys);
            all.ends.extend(part.ends.iter().map(|end| end + before));
            all.days.extend(part.days);
            all.values.extend(part.values);
        }
        all
    }

    /// The places at which each buyer's days begin, with the end of the last, and all days.
    pub fn purchases(&self) -> (Vec<u32>, &[i32]) {
        (std::iter::once(0).chain(self.ends.iter().copied()).collect(), &self.days)
    }

    /// The purchase days of a buyer.
    pub fn days_of(&self, customer: usize) -> &[i32] {
        let start = customer.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.days[start as usize..self.ends[customer] as usize]
    }

    /// Did a buyer make a purchase in the days after a cut, and what were its orders worth?
    pub fn after(&self, customer: usize, cut: Cut) -> (bool, i128) {
        let start = customer.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
        let days = self.days_of(customer);
        let within = days.partition_point(|day| *day <= cut.day)..days.partition_point(|day| *day <= cut.day + cut.horizon);
        let spent = self.values[start + within.start..start + within.end].iter().map(|value| i128::from(*value)).sum();
        (!within.is_empty(), spent)
    }

    /// The cuts to look at, oldest first: the one that was asked for, or some a horizon apart as far as the history bears them.
    pub fn cuts(&self, asked: Option<&str>, horizon: Option<u16>) -> Result<Vec<Cut>, Error> {
        let first = self.days.iter().min().copied().unwrap_or(self.last_day);
        let history = self.last_day - first + 1;
        if let Some(text) = asked {
            let date: jiff::civil::Date =
                text.parse().map_err(|_| Error::Usage(format!("`{text}` is no date; use one such as 2011-06-12")))?;
            let day = StoreZone::day_of(date);
            let left = self.last_day - day;
            let horizon = horizon.map_or(left.min(HORIZON), i32::from);
            if day < first || left < 1 || horizon > left {
                return Err(Error::Usage(format!(
                    "nothing is known of {} after {date}: purchases are known from {} through {}; give another --cut, or a shorter --horizon",
                    counted(horizon.max(1) as u64, "day", "days"),
                    StoreZone::date_of(first),
                    StoreZone::date_of(self.last_day)
                )));
            }
            return Ok(vec![Cut { day, horizon }]);
        }
        let horizon = horizon.map_or((history / 3).clamp(1, HORIZON), i32::from);
        // As long before a cut as after it, so that there is something to know.
        let cuts: Vec<Cut> = (1..=CUTS)
            .map(|back| Cut { day: self.last_day - back * horizon, horizon })
            .take_while(|cut| cut.day - first + 1 >= horizon)
            .collect();
        if cuts.is_empty() {
            return Err(Error::Usage(format!(
                "a history of {} bears no look back over {}; give a shorter --horizon",
                counted(history.max(0) as u64, "day", "days"),
                counted(horizon as u64, "day", "days")
            )));
        }
        Ok(cuts.into_iter().rev().collect())
    }
}
