//! What did customers begin with, and did they come back?
//!
//! Method: everybody is looked at who made their first purchase at least so many days ago. Came back: a purchase on a later
//! day within those days; spent later: what they paid on later days within them, less what was given back after the first
//! day within them. Those who began with a product (or on a channel, in a country, with a coupon) are compared with those who
//! did not and who began alike: in the same month, on the same channel, in the same country, in the same fifth of the first
//! purchase's value, with or without a coupon ([`matched`]). What has fewer than 30 buyers in those counts as the others.
//! Of many comparisons some are striking by chance: a verdict is given only at a false discovery rate of 5 % (Benjamini and
//! Hochberg 1995), and only of at least 30 customers who have somebody to be compared with.
//!
//! Limits: customers differ in ways that no store knows, so a verdict is a reason to look, and no proof. Products that are
//! often bought together share their verdict.

pub mod matched;

use crate::chance::{false_discovery_rates, wilson};
use matched::{Matched, Tally, matched};
use quintile_model::Ledger;
use quintile_model::ledger::NO_TEXT;
use quintile_model::time::Month;
use std::collections::HashMap;

/// The rate of false discoveries among verdicts, at most.
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// Customers that a verdict is given of, at least.
pub const LEAST: u64 = 30;

/// What customers are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The items of the first purchase.
    Item,
    /// Its channel.
    Channel,
    /// Its country.
    Country,
    /// Its coupon.
    Coupon,
}

/// First purchases of some customers.
#[derive(Debug, Clone, Default)]
pub struct Beginnings {
    firsts: Vec<First>,
    /// Items of each, as places in the names.
    items: Vec<u32>,
    texts: Names,
    names: Names,
    titles: Vec<String>,
    /// Customers whose first purchase is too young.
    pub too_young: u64,
}

/// One customer's first purchase, and what came of it.
#[derive(Debug, Clone, Copy)]
struct First {
    month: Month,
    channel: u32,
    country: u32,
    coupon: u32,
    /// What was paid on the first day, in ten-thousandths.
    value: i64,
    back: bool,
    later: i64,
    /// What the goods of first and later purchases cost, as far as that is known.
    cost: i64,
    items_end: u32,
}

/// One thing that customers began with.
#[derive(Debug, Clone, PartialEq)]
pub struct Beginning {
    /// What it is called in facts; `None` where orders do not say.
    pub name: Option<String>,
    /// What people call it.
    pub title: String,
    /// Customers who began with it.
    pub customers: u64,
    /// Of those, customers who came back.
    pub back: u64,
    /// The 95 % interval of their share.
    pub back_interval: (f64, f64),
    /// What they paid on the first day, in ten-thousandths.
    pub first: i128,
    /// What they spent later.
    pub later: i128,
    /// What the goods of both cost, as far as that is known.
    pub cost: i128,
    /// Against those who began alike; amounts in ten-thousandths.
    pub matched: Option<Matched>,
    /// The least rate of false discoveries at which it would be called one; `None` where it was not tested.
    pub false_discovery_rate: Option<f64>,
    /// What the data bear.
    pub verdict: Verdict,
}

/// What the data bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Fewer come back than of those who began alike.
    Fewer,
    /// More do.
    More,
    /// No difference is shown.
    NoDifference,
    /// Too few customers have somebody to be compared with.
    TooFew,
}

impl Verdict {
    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Fewer => "fewer-come-back",
            Verdict::More => "more-come-back",
            Verdict::NoDifference => "no-difference-shown",
            Verdict::TooFew => "too-few",
        }
    }
}

/// Names, each once.
#[derive(Debug, Clone, Default)]
struct Names {
    all: Vec<String>,
    places: HashMap<String, u32>,
}

impl Names {
    fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.all.len() as u32;
        self.all.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        place
    }
}

impl Beginnings {
    /// Of the customers of a ledger, with what they did in so many days after the first purchase; `last_day` is the last that
    /// is known.
    pub fn of(ledger: &Ledger, last_day: i32, within: i32) -> Beginnings {
        let mut found = Beginnings::default();
        for customer in 0..ledger.customers() {
            found.add(ledger, customer, last_day, within);
        }
        found.texts = numbered(&ledger.texts);
        found.names = numbered(&ledger.item_names);
        found.titles = ledger.item_titles.clone();
        found
    }

    fn add(&mut self, ledger: &Ledger, customer: usize, last_day: i32, within: i32) {
        let places = ledger.orders_of(customer);
        let Some(first) = ledger.orders.get(places.start).filter(|_| !places.is_empty()) else { return };
        if first.day > last_day - within {
            self.too_young += 1;
            return;
        }
        let start = self.items.len();
        let (mut value, mut later, mut cost, mut back, mut coupon) = (0_i64, 0_i64, 0_i64, false, first.coupon);
        for place in places {
            let order = &ledger.orders[place];
            let gross = order.gross.unwrap_or(0);
            if order.day == first.day {
                value = value.saturating_add(gross);
                cost = cost.saturating_add(order.cost);
                self.items.extend(ledger.items_of(place));
                coupon = if coupon == NO_TEXT { order.coupon } else { coupon };
            } else if order.day <= first.day + within {
                back = true;
                later = later.saturating_add(gross);
                cost = cost.saturating_add(order.cost);
            }
        }
        for refund in ledger.refunds_of(customer) {
            if refund.day > first.day && refund.day <= first.day + within {
                later = later.saturating_sub(refund.amount);
            }
        }
        self.items[start..].sort_unstable();
        let mut kept = start;
        for at in start..self.items.len() {
            if at == start || self.items[at] != self.items[kept - 1] {
                self.items[kept] = self.items[at];
                kept += 1;
            }
        }
        self.items.truncate(kept);
        let month = Month::of_day(first.day);
        let (channel, country) = (first.channel, first.country);
        self.firsts.push(First { month, channel, country, coupon, value, back, later, cost, items_end: self.items.len() as u32 });
    }

    /// Adds those of other customers.
    pub fn merge(&mut self, other: Beginnings) {
        self.too_young += other.too_young;
        let texts: Vec<u32> = other.texts.all.iter().map(|text| self.texts.place(text)).collect();
        let names: Vec<u32> = other.names.all.iter().map(|name| self.names.place(name)).collect();
        self.titles.resize(self.names.all.len(), String::new());
        for (place, title) in names.iter().zip(other.titles) {
            let known = &mut self.titles[*place as usize];
            if known.is_empty() {
                *known = title;
            }
        }
        let text = |place: u32| texts.get(place as usize).copied().unwrap_or(NO_TEXT);
        let before = self.items.len() as u32;
        self.items.extend(other.items.iter().map(|item| names[*item as usize]));
        self.firsts.extend(other.firsts.into_iter().map(|first| First {
            channel: text(first.channel),
            country: text(first.country),
            coupon: text(first.coupon),
            items_end: first.items_end + before,
            ..first
        }));
    }

    /// Customers who are old enough.
    pub fn customers(&self) -> u64 {
        self.firsts.len() as u64
    }

    /// Of those, customers who came back.
    pub fn back(&self) -> u64 {
        self.firsts.iter().filter(|first| first.back).count() as u64
    }

    /// Each thing that customers began with, those with a verdict first, then by how many they are.
    pub fn told(&self, by: By) -> Vec<Beginning> {
        let strata = self.strata(by);
        let mut all: Vec<Tally> = Vec::new();
        for (first, stratum) in self.firsts.iter().zip(&strata) {
            let stratum = *stratum as usize;
            if all.len() <= stratum {
                all.resize(stratum + 1, Tally::default());
            }
            all[stratum].add(first.back, first.later as f64);
        }
        let mut of: HashMap<u32, Vec<u32>> = HashMap::new();
        for customer in 0..self.firsts.len() {
            for way in self.ways(customer, by) {
                of.entry(*way).or_default().push(customer as u32);
            }
        }
        let mut told: Vec<Beginning> = of.into_iter().map(|(way, customers)| self.one(way, by, &customers, &strata, &all)).collect();
        // The order of a hash table is nobody's.
        told.sort_by(|a, b| b.customers.cmp(&a.customers).then_with(|| a.name.cmp(&b.name)));
        judge(&mut told);
        told.sort_by_key(|beginning| match beginning.verdict {
            Verdict::Fewer => 0,
            Verdict::More => 1,
            Verdict::NoDifference | Verdict::TooFew => 2,
        });
        told
    }

    fn ways(&self, customer: usize, by: By) -> &[u32] {
        let first = &self.firsts[customer];
        match by {
            By::Item => {
                let start = customer.checked_sub(1).map_or(0, |before| self.firsts[before].items_end);
                &self.items[start as usize..first.items_end as usize]
            }
            By::Channel => std::slice::from_ref(&first.channel),
            By::Country => std::slice::from_ref(&first.country),
            By::Coupon => std::slice::from_ref(&first.coupon),
        }
    }

    /// The stratum of each customer: what they began alike in, but for what is asked.
    fn strata(&self, by: By) -> Vec<u32> {
        let common = |of: fn(&First) -> u32| {
            let mut counts: HashMap<u32, u64> = HashMap::new();
            self.firsts.iter().for_each(|first| *counts.entry(of(first)).or_default() += 1);
            move |first: &First| {
                Some(of(first)).filter(|place| counts.get(place).copied().unwrap_or(0) >= LEAST).map_or(u32::MAX - 1, |place| place)
            }
        };
        let (channel, country) = (common(|first| first.channel), common(|first| first.country));
        let bands = fifths(self.firsts.iter().map(|first| first.value).collect());
        let mut numbers: HashMap<(i32, u32, u32, usize, bool), u32> = HashMap::new();
        let mut stratum = |first: &First| {
            let next = numbers.len() as u32;
            let key = (
                first.month.0,
                if by == By::Channel { 0 } else { channel(first) },
                if by == By::Country { 0 } else { country(first) },
                bands.partition_point(|band| *band < first.value),
                by != By::Coupon && first.coupon != NO_TEXT,
            );
            *numbers.entry(key).or_insert(next)
        };
        self.firsts.iter().map(&mut stratum).collect()
    }

    fn one(&self, way: u32, by: By, customers: &[u32], strata: &[u32], all: &[Tally]) -> Beginning {
        let mut own: HashMap<u32, Tally> = HashMap::new();
        let (mut back, mut first_value, mut later, mut cost) = (0, 0_i128, 0_i128, 0_i128);
        for customer in customers {
            let first = &self.firsts[*customer as usize];
            own.entry(strata[*customer as usize]).or_default().add(first.back, first.later as f64);
            back += u64::from(first.back);
            first_value += i128::from(first.value);
            later += i128::from(first.later);
            cost += i128::from(first.cost);
        }
        let mut own: Vec<(u32, Tally)> = own.into_iter().collect();
        // Sums of floating point in one order, so that the same store gives the same digits.
        own.sort_by_key(|(stratum, _)| *stratum);
        let names = if by == By::Item { &self.names } else { &self.texts };
        let customers = customers.len() as u64;
        Beginning {
            name: names.all.get(way as usize).cloned(),
            title: if by == By::Item { self.titles.get(way as usize).cloned().unwrap_or_default() } else { String::new() },
            customers,
            back,
            back_interval: wilson(back, customers).unwrap_or((0.0, 1.0)),
            first: first_value,
            later,
            cost,
            matched: matched(own.into_iter().map(|(stratum, some)| (some, all[stratum as usize]))),
            false_discovery_rate: None,
            verdict: Verdict::TooFew,
        }
    }
}

/// Gives verdicts where the data bear them.
fn judge(told: &mut [Beginning]) {
    let tested: Vec<usize> = (0..told.len()).filter(|at| told[*at].matched.is_some_and(|matched| matched.customers >= LEAST)).collect();
    let probabilities: Vec<f64> = tested.iter().filter_map(|at| told[*at].matched).map(|matched| matched.probability).collect();
    for (at, rate) in tested.into_iter().zip(false_discovery_rates(&probabilities)) {
        let beginning = &mut told[at];
        beginning.false_discovery_rate = Some(rate);
        let difference = beginning.matched.map_or(0.0, |matched| matched.difference);
        beginning.verdict = match rate <= FALSE_DISCOVERIES {
            true if difference < 0.0 => Verdict::Fewer,
            true if difference > 0.0 => Verdict::More,
            _ => Verdict::NoDifference,
        };
    }
}

/// Values that part others into fifths, as nearly as equal values allow.
fn fifths(mut values: Vec<i64>) -> Vec<i64> {
    values.sort_unstable();
    let mut bands: Vec<i64> = (1..5).filter_map(|fifth| values.get((values.len() * fifth / 5).checked_sub(1)?).copied()).collect();
    bands.dedup();
    bands
}

fn numbered(names: &[String]) -> Names {
    let mut all = Names::default();
    names.iter().for_each(|name| {
        all.place(name);
    });
    all
}

#[cfg(test)]
mod tests;
