//! How a shop attracts, cultivates and keeps its customers, in figures that can be held against others.
//!
//! Method: of a period that ends with the moment asked for, and of the period before it, as the ledger has them.
//!
//! - *Attraction*: customers whose first purchase lies in the period, their share among its buyers, what they paid on the first day.
//! - *Cultivation*: of those who began in the period and so long ago that they had the time, the share with a second purchase within
//!   so many days, and the days until then; what the second purchase was worth more than the first, of the same customers; categories
//!   that a buyer bought of in the period.
//! - *Retention*: of the buyers of the period before, the share who bought in this one; of those who began in the period before, the
//!   same. States at its end come from the profile and are handed in.
//!
//! A figure of a time that the history does not reach is absent and not nought; who is new is known only where the period before is.
//! [`compare`] holds two of them against each other.
//!
//! Limits: customers of two periods or two shops differ in more than how they are treated. Where the history begins in the middle of
//! customers' lives, some who look new are not.

pub mod compare;

use quintile_model::Ledger;
use quintile_model::time::DayNumber;

/// The days that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first day after the period.
    pub end: DayNumber,
    /// Days of the period; the one before has as many.
    pub days: i32,
    /// Days within which a second purchase is looked for.
    pub within: i32,
    /// The first day that is known of.
    pub history: DayNumber,
}

impl Span {
    /// The first day of the period.
    pub fn start(self) -> DayNumber {
        self.end - self.days
    }

    /// Does the history reach over so many whole periods?
    pub fn reaches(self, periods: i32) -> bool {
        self.history <= self.end - periods * self.days
    }
}

/// Which part of the way a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// How new customers come.
    Attraction,
    /// How they grow.
    Cultivation,
    /// Who stays.
    Retention,
}

impl Part {
    /// All, in the order of a customer's life.
    pub const ALL: [Part; 3] = [Part::Attraction, Part::Cultivation, Part::Retention];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Part::Attraction => "attraction",
            Part::Cultivation => "cultivation",
            Part::Retention => "retention",
        }
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Customers whose first purchase lies in the period.
    NewCustomers,
    /// Their share among its buyers.
    NewShare,
    /// What they paid on the first day.
    FirstPurchase,
    /// What winning one of them cost.
    CostOfNew,
    /// The share of them with a second purchase in time.
    SecondShare,
    /// Days until it.
    SecondDays,
    /// What the second purchase was worth more than the first.
    SecondMore,
    /// Categories that a buyer of the period bought of.
    Categories,
    /// Buyers of the period before who bought in this one.
    RepeatShare,
    /// Those who began in the period before and bought in this one.
    KeptShare,
    /// Buyers at risk at the end.
    AtRiskShare,
    /// Buyers inactive at the end.
    InactiveShare,
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Customers.
    Customers,
    /// A share.
    Share,
    /// Ten-thousandths of the reporting currency.
    Money,
    /// Days.
    Days,
    /// A plain number.
    Number,
}

impl Measure {
    /// All, in the order in which they are told.
    pub const ALL: [Measure; 12] = [
        Self::NewCustomers,
        Self::NewShare,
        Self::FirstPurchase,
        Self::CostOfNew,
        Self::SecondShare,
        Self::SecondDays,
        Self::SecondMore,
        Self::Categories,
        Self::RepeatShare,
        Self::KeptShare,
        Self::AtRiskShare,
        Self::InactiveShare,
    ];

    /// Its name in answers and in files of references.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewCustomers => "new_customers",
            Self::NewShare => "new_share",
            Self::FirstPurchase => "first_purchase",
            Self::CostOfNew => "cost_of_new",
            Self::SecondShare => "second_share",
            Self::SecondDays => "second_days",
            Self::SecondMore => "second_more",
            Self::Categories => "categories",
            Self::RepeatShare => "repeat_share",
            Self::KeptShare => "kept_share",
            Self::AtRiskShare => "at_risk_share",
            Self::InactiveShare => "inactive_share",
        }
    }

    /// The part it belongs to.
    pub fn part(self) -> Part {
        match self {
            Self::NewCustomers | Self::NewShare | Self::FirstPurchase | Self::CostOfNew => Part::Attraction,
            Self::SecondShare | Self::SecondDays | Self::SecondMore | Self::Categories => Part::Cultivation,
            Self::RepeatShare | Self::KeptShare | Self::AtRiskShare | Self::InactiveShare => Part::Retention,
        }
    }

    /// What it is counted in.
    pub fn unit(self) -> Unit {
        match self {
            Self::NewCustomers => Unit::Customers,
            Self::NewShare | Self::SecondShare | Self::RepeatShare | Self::KeptShare | Self::AtRiskShare | Self::InactiveShare => {
                Unit::Share
            }
            Self::FirstPurchase | Self::CostOfNew | Self::SecondMore => Unit::Money,
            Self::SecondDays => Unit::Days,
            Self::Categories => Unit::Number,
        }
    }

    /// Whether more of it is better, less is, or neither: many new among the buyers can mean that few old ones stay.
    pub fn better(self) -> Option<Better> {
        match self {
            Self::NewCustomers
            | Self::FirstPurchase
            | Self::SecondShare
            | Self::SecondMore
            | Self::Categories
            | Self::RepeatShare
            | Self::KeptShare => Some(Better::More),
            Self::CostOfNew | Self::SecondDays | Self::AtRiskShare | Self::InactiveShare => Some(Better::Less),
            Self::NewShare => None,
        }
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More.
    More,
    /// Less.
    Less,
}

/// A figure, with what is needed to say how far chance alone could move it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// So many, each on their own.
    Count(u64),
    /// So many of so many.
    Share {
        /// Those who did.
        some: u64,
        /// All.
        of: u64,
    },
    /// The mean of so many values.
    Mean(Sums),
    /// A value that somebody states, without saying of how many.
    Stated(f64),
}

/// Values added up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
}

impl Sums {
    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.squares += value * value;
    }

    fn merge(&mut self, other: Sums) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }
}

/// What is counted of some customers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Behaviour {
    buyers: u64,
    new: u64,
    first: Sums,
    with_time: u64,
    second: u64,
    second_days: Sums,
    second_more: Sums,
    categories: Sums,
    before: u64,
    before_again: u64,
    began_before: u64,
    began_before_again: u64,
}

/// What other parts of the store say at the end of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct States {
    /// Customers with a purchase.
    pub buyers: u64,
    /// Of them at risk.
    pub at_risk: u64,
    /// Of them inactive.
    pub inactive: u64,
}

impl Behaviour {
    /// Of the customers of a ledger whose items are categories.
    pub fn of(ledger: &Ledger, span: Span) -> Behaviour {
        let mut found = Behaviour::default();
        let mut categories = Vec::new();
        for customer in 0..ledger.customers() {
            found.add(ledger, customer, span, &mut categories);
        }
        found
    }

    /// Adds other customers.
    pub fn merge(&mut self, other: Behaviour) {
        self.buyers += other.buyers;
        self.new += other.new;
        self.first.merge(other.first);
        self.with_time += other.with_time;
        self.second += other.second;
        self.second_days.merge(other.second_days);
        self.second_more.merge(other.second_more);
        self.categories.merge(other.categories);
        self.before += other.before;
        self.before_again += other.before_again;
        self.began_before += other.began_before;
        self.began_before_again += other.began_before_again;
    }

    fn add(&mut self, ledger: &Ledger, customer: usize, span: Span, categories: &mut Vec<u32>) {
        let places = ledger.orders_of(customer);
        let known = places.start + ledger.orders[places.clone()].partition_point(|order| order.day < span.end);
        let orders = &ledger.orders[places.start..known];
        let Some(first_day) = orders.first().map(|order| order.day) else { return };
        let (start, before) = (span.start(), span.start() - span.days);
        let bought = |from: DayNumber, until: DayNumber| orders.iter().any(|order| (from..until).contains(&order.day));
        let (now, earlier) = (bought(start, span.end), bought(before, start));
        if earlier {
            self.before += 1;
            self.before_again += u64::from(now);
        }
        if (before..start).contains(&first_day) {
            self.began_before += 1;
            self.began_before_again += u64::from(now);
        }
        if !now {
            return;
        }
        self.buyers += 1;
        categories.clear();
        let places = (places.start..known).filter(|place| ledger.orders[*place].day >= start);
        places.for_each(|place| categories.extend(ledger.items_of(place)));
        categories.sort_unstable();
        categories.dedup();
        if !categories.is_empty() {
            self.categories.add(categories.len() as f64);
        }
        if first_day < start {
            return;
        }
        self.new += 1;
        let worth = |day: DayNumber| -> Option<f64> {
            orders.iter().filter(|order| order.day == day).map(|order| order.gross.map(|gross| gross as f64)).sum()
        };
        let first = worth(first_day);
        if let Some(first) = first {
            self.first.add(first);
        }
        if first_day > span.end - 1 - span.within {
            return;
        }
        self.with_time += 1;
        let second_day = orders.iter().map(|order| order.day).find(|day| *day > first_day);
        if let Some(day) = second_day.filter(|day| day - first_day <= span.within) {
            self.second += 1;
            self.second_days.add(f64::from(day - first_day));
            if let (Some(first), Some(second)) = (first, worth(day)) {
                self.second_more.add(second - first);
            }
        }
    }

    /// A figure of the span, if the history reaches so far and there is somebody to measure. `winning` is what was spent on winning
    /// customers in the period, in ten-thousandths.
    pub fn figure(&self, measure: Measure, span: Span, states: Option<States>, winning: Option<i128>) -> Option<Figure> {
        let share = |some: u64, of: u64| (of > 0).then_some(Figure::Share { some, of });
        let mean = |sums: Sums| (sums.count > 0).then_some(Figure::Mean(sums));
        let periods = match measure {
            // Who is new is known only where a period before it is.
            Measure::NewCustomers
            | Measure::NewShare
            | Measure::FirstPurchase
            | Measure::CostOfNew
            | Measure::SecondShare
            | Measure::SecondDays
            | Measure::SecondMore
            | Measure::RepeatShare
            | Measure::KeptShare => 2,
            Measure::Categories | Measure::AtRiskShare | Measure::InactiveShare => 1,
        };
        if !span.reaches(periods) {
            return None;
        }
        match measure {
            Measure::NewCustomers => (self.buyers > 0).then_some(Figure::Count(self.new)),
            Measure::NewShare => share(self.new, self.buyers),
            Measure::FirstPurchase => mean(self.first),
            Measure::CostOfNew => winning.filter(|_| self.new > 0).map(|spent| Figure::Stated(spent as f64 / self.new as f64)),
            Measure::SecondShare => share(self.second, self.with_time),
            Measure::SecondDays => mean(self.second_days),
            Measure::SecondMore => mean(self.second_more),
            Measure::Categories => mean(self.categories),
            Measure::RepeatShare => share(self.before_again, self.before),
            Measure::KeptShare => share(self.began_before_again, self.began_before),
            Measure::AtRiskShare => states.and_then(|states| share(states.at_risk, states.buyers)),
            Measure::InactiveShare => states.and_then(|states| share(states.inactive, states.buyers)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintile_model::ledger::{LedgerOrder, NO_TEXT};

    /// A ledger of customers, each a list of (day, amount, category).
    fn ledger(customers: &[&[(i32, i64, u32)]]) -> Ledger {
        let mut ledger = Ledger { item_names: (0..9).map(|item| item.to_string()).collect(), ..Ledger::default() };
        for (key, orders) in customers.iter().enumerate() {
            for (day, gross, item) in *orders {
                ledger.orders.push(LedgerOrder {
                    day: *day,
                    gross: Some(*gross),
                    discount: 0,
                    cost: 0,
                    channel: NO_TEXT,
                    country: NO_TEXT,
                    coupon: NO_TEXT,
                });
                ledger.items.push(*item);
                ledger.item_ends.push(ledger.items.len() as u32);
            }
            ledger.keys.push(key as u64);
            ledger.order_ends.push(ledger.orders.len() as u32);
            ledger.refund_ends.push(0);
        }
        ledger
    }

    #[test]
    fn figures_are_counted_by_hand() {
        // The period is 100..200, the one before 0..100; second purchases within 30 days.
        let span = Span { end: 200, days: 100, within: 30, history: 0 };
        let all = ledger(&[
            // Began before, bought again now; two categories now.
            &[(10, 500, 0), (120, 100, 1), (130, 100, 2)],
            // Began before, never again.
            &[(90, 500, 0)],
            // New, second after 20 days and worth 50 more; two orders on the first day are one purchase.
            &[(150, 60, 1), (150, 40, 1), (170, 150, 2)],
            // New, second too late.
            &[(110, 200, 1), (160, 10, 1)],
            // New, and too young for a second.
            &[(180, 300, 3)],
            // Not yet there.
            &[(200, 9, 1)],
        ]);
        let found = Behaviour::of(&all, span);
        let figure = |measure| found.figure(measure, span, Some(States { buyers: 5, at_risk: 2, inactive: 1 }), Some(600)).unwrap();
        let mean = |values: &[f64]| {
            let mut sums = Sums::default();
            values.iter().for_each(|value| sums.add(*value));
            Figure::Mean(sums)
        };
        assert_eq!(figure(Measure::NewCustomers), Figure::Count(3));
        assert_eq!(figure(Measure::NewShare), Figure::Share { some: 3, of: 4 });
        assert_eq!(figure(Measure::FirstPurchase), mean(&[100.0, 200.0, 300.0]));
        assert_eq!(figure(Measure::CostOfNew), Figure::Stated(200.0));
        assert_eq!(figure(Measure::SecondShare), Figure::Share { some: 1, of: 2 });
        assert_eq!(figure(Measure::SecondDays), mean(&[20.0]));
        assert_eq!(figure(Measure::SecondMore), mean(&[50.0]));
        assert_eq!(figure(Measure::Categories), mean(&[2.0, 2.0, 1.0, 1.0]));
        assert_eq!(figure(Measure::RepeatShare), Figure::Share { some: 1, of: 2 });
        assert_eq!(figure(Measure::KeptShare), Figure::Share { some: 1, of: 2 });
        assert_eq!(figure(Measure::AtRiskShare), Figure::Share { some: 2, of: 5 });
        // The period before is known whole, and the one before it is not.
        let before = Span { end: span.start(), ..span };
        let earlier = Behaviour::of(&all, before);
        assert_eq!(earlier.figure(Measure::Categories, before, None, None), Some(mean(&[1.0, 1.0])));
        assert_eq!(earlier.figure(Measure::NewCustomers, before, None, None), None);
        assert_eq!(earlier.figure(Measure::RepeatShare, before, None, None), None);
        assert_eq!(earlier.figure(Measure::InactiveShare, before, None, None), None);
    }

    #[test]
    fn parts_are_the_whole() {
        let span = Span { end: 200, days: 100, within: 30, history: 0 };
        let (one, other): (&[(i32, i64, u32)], &[(i32, i64, u32)]) = (&[(120, 100, 1), (130, 70, 2)], &[(150, 60, 1)]);
        let mut parts = Behaviour::of(&ledger(&[one]), span);
        parts.merge(Behaviour::of(&ledger(&[other]), span));
        assert_eq!(parts, Behaviour::of(&ledger(&[one, other]), span));
    }
}
