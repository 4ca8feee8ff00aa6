//! Do customers who first bought in one month come back, and what do they leave?
//!
//! Method: a cohort is the customers whose first order that counts lies in one calendar month. For each month since, those
//! who ordered, their orders, and their money: order values less what was given back in that month, and that less what the
//! goods cost. A cohort can be split by what the first order was: its channel, country or coupon, or one of its products.
//!
//! Limits: a customer whose first order had several products stands under each, so that those splits do not add up. The
//! last month is as long as it is known. Customers of the first months of a history may have bought before it.

use quintile_model::ledger::{Ledger, LedgerOrder};
use quintile_model::time::Month;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// By what a cohort is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// The items of the first order.
    Item,
    /// The channel of the first order.
    Channel,
    /// The country of the first order.
    Country,
    /// The coupon of the first order.
    Coupon,
}

/// What the customers of a cohort did in one month. Amounts are in ten-thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Customers who ordered.
    pub customers: u64,
    /// Of those, customers for whom it is the first month with an order after their first month; all of them in that.
    pub returned: u64,
    /// Their orders.
    pub orders: u64,
    /// Order values less what was given back in the month.
    pub revenue: i128,
    /// What the goods of the orders cost, as far as that is known.
    pub cost: i128,
}

impl Cell {
    fn add(&mut self, other: &Cell) {
        self.customers += other.customers;
        self.returned += other.returned;
        self.orders += other.orders;
        self.revenue += other.revenue;
        self.cost += other.cost;
    }
}

/// Cells by months since the first.
type Ages = Vec<Cell>;

/// Cohorts of some customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cohorts {
    /// By what the first order was, `None` where nobody says or nothing was asked, then by its month.
    of: BTreeMap<Option<String>, BTreeMap<Month, Ages>>,
}

/// One cohort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    /// What the first order was; `None` where nobody says or nothing was asked.
    pub of: Option<String>,
    /// The month of the first order.
    pub month: Month,
    /// Its customers.
    pub customers: u64,
    /// By months since, through the last month that has begun.
    pub cells: Vec<Cell>,
}

impl Cohorts {
    /// Of the customers of a ledger; with items where the split asks for them.
    pub fn of(ledger: &Ledger, split: Option<Split>) -> Cohorts {
        let mut cohorts = Cohorts::default();
        let mut calendar = Calendar::default();
        // Places of texts and items differ from ledger to ledger; names are looked up once a cohort.
        let mut by_place: HashMap<(u32, Month), Ages> = HashMap::new();
        let mut ages = Ages::new();
        for customer in 0..ledger.customers() {
            let orders = ledger.orders_of(customer);
            let Some(first) = ledger.orders.get(orders.start).filter(|_| !orders.is_empty()) else { continue };
            let start = calendar.month(first.day);
            life(ledger, customer, start, &mut calendar, &mut ages);
            let own = [place_of(first, split)];
            let places = if split == Some(Split::Item) { ledger.items_of(orders.start) } else { &own };
            for place in if places.is_empty() { &own } else { places } {
                add(by_place.entry((*place, start)).or_default(), &ages);
            }
        }
        for ((place, start), ages) in by_place {
            let of = match split {
                Some(Split::Item) => ledger.item_names.get(place as usize).map(String::as_str),
                _ => ledger.text(place),
            };
            add(cohorts.of.entry(of.map(str::to_owned)).or_default().entry(start).or_default(), &ages);
        }
        cohorts
    }

    /// Adds the cohorts of other customers.
    pub fn merge(&mut self, other: Cohorts) {
        for (of, months) in other.of {
            let own = self.of.entry(of).or_default();
            for (month, ages) in months {
                add(own.entry(month).or_default(), &ages);
            }
        }
    }

    /// The cohorts as they stand when `last` is the month that has begun, oldest first. Of a split, so many with the most
    /// customers, and none with fewer than `least`; those come first that have the most.
    pub fn rows(&self, last: Month, most: usize, least: u64) -> Vec<Cohort> {
        let size = |months: &BTreeMap<Month, Ages>| months.values().filter_map(|ages| ages.first()).map(|cell| cell.customers).sum::<u64>();
        let mut of: Vec<_> = self.of.iter().map(|(of, months)| (size(months), of, months)).collect();
        of.retain(|(customers, ..)| *customers >= least);
        of.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let cohort = |of: &Option<String>, month: &Month, ages: &Ages| Cohort {
            of: of.clone(),
            month: *month,
            customers: ages.first().map_or(0, |cell| cell.customers),
            cells: (0..=(last.0 - month.0).max(0) as usize).map(|age| ages.get(age).copied().unwrap_or_default()).collect(),
        };
        of.into_iter().take(most).flat_map(|(_, of, months)| months.iter().map(move |(month, ages)| cohort(of, month, ages))).collect()
    }

    /// How many ways of the split have customers.
    pub fn ways(&self) -> usize {
        self.of.len()
    }
}

/// Of the customers of all cohorts that are at least so many whole months old: how many there are, and how many of them
/// ordered in that month. The month that has begun is not over and does not count.
pub fn at_age(cohorts: &[Cohort], age: usize) -> (u64, u64) {
    let old = cohorts.iter().filter(|cohort| cohort.cells.len() > age + 1);
    old.fold((0, 0), |(all, came), cohort| (all + cohort.customers, came + cohort.cells[age].customers))
}

fn place_of(first: &LedgerOrder, split: Option<Split>) -> u32 {
    match split {
        None | Some(Split::Item) => quintile_model::ledger::NO_TEXT,
        Some(Split::Channel) => first.channel,
        Some(Split::Country) => first.country,
        Some(Split::Coupon) => first.coupon,
    }
}

fn add(to: &mut Ages, more: &Ages) {
    if to.len() < more.len() {
        to.resize(more.len(), Cell::default());
    }
    to.iter_mut().zip(more).for_each(|(own, other)| own.add(other));
}

/// What one customer did, by months since the first order.
fn life(ledger: &Ledger, customer: usize, start: Month, calendar: &mut Calendar, ages: &mut Ages) {
    ages.clear();
    let mut at = |day| {
        // A refund can lie before the first order that counts: it belongs to what the store does not know.
        let age = (calendar.month(day).0 - start.0).max(0) as usize;
        if ages.len() <= age {
            ages.resize(age + 1, Cell::default());
        }
        age
    };
    let orders: Vec<(usize, LedgerOrder)> = ledger.orders[ledger.orders_of(customer)].iter().map(|order| (at(order.day), *order)).collect();
    let refunds: Vec<(usize, i64)> = ledger.refunds_of(customer).iter().map(|refund| (at(refund.day), refund.amount)).collect();
    for (age, order) in orders {
        let cell = &mut ages[age];
        cell.customers = 1;
        cell.orders += 1;
        cell.revenue += i128::from(order.gross.unwrap_or(0));
        cell.cost += i128::from(order.cost);
    }
    for (age, amount) in refunds {
        ages[age].revenue -= i128::from(amount);
    }
    ages[0].returned = 1;
    if let Some(back) = ages.iter_mut().skip(1).find(|cell| cell.customers > 0) {
        back.returned = 1;
    }
}

/// Months of days; neighbouring orders often share one.
#[derive(Default)]
struct Calendar {
    known: HashMap<i32, Month>,
    last: Option<(i32, Month)>,
}

impl Calendar {
    fn month(&mut self, day: i32) -> Month {
        match self.last {
            Some((known, month)) if known == day => month,
            _ => {
                let month = *self.known.entry(day).or_insert_with(|| Month::of_day(day));
                self.last = Some((day, month));
                month
            }
        }
    }
}

/// The ways of a split, each once, in the order of some cohorts.
pub fn ways(cohorts: &[Cohort]) -> Vec<Option<&str>> {
    let mut seen = BTreeSet::new();
    cohorts.iter().map(|cohort| cohort.of.as_deref()).filter(|of| seen.insert(*of)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintile_model::ledger::{LedgerRefund, NO_TEXT};

    /// Customers as lists of (day, value, country, items).
    fn shop(customers: &[&[(i32, i64, u32, &[u32])]]) -> Ledger {
        let mut ledger =
            Ledger { texts: vec!["DE".into(), "FR".into()], item_names: vec!["cup".into(), "pot".into()], ..Ledger::default() };
        for (key, orders) in customers.iter().enumerate() {
            ledger.keys.push(key as u64);
            for (day, value, country, items) in *orders {
                let order = LedgerOrder {
                    day: *day,
                    gross: Some(*value),
                    discount: 0,
                    cost: value / 2,
                    channel: NO_TEXT,
                    country: *country,
                    coupon: NO_TEXT,
                };
                ledger.orders.push(order);
                ledger.items.extend(*items);
                ledger.item_ends.push(ledger.items.len() as u32);
            }
            ledger.order_ends.push(ledger.orders.len() as u32);
            ledger.refund_ends.push(0);
        }
        ledger
    }

    // Days of January, February and March 1970.
    const JAN: i32 = 4;
    const FEB: i32 = 33;
    const MAR: i32 = 70;

    #[test]
    fn each_month_since_the_first_order() {
        let ledger = shop(&[
            &[(JAN, 10, 0, &[0]), (JAN + 1, 5, 0, &[1]), (MAR, 7, 1, &[0])],
            &[(JAN, 20, 0, &[0, 1]), (FEB, 4, 0, &[]), (MAR, 4, 0, &[])],
            &[(FEB, 8, 1, &[])],
        ]);
        let march = Month::of_day(MAR);
        let rows = Cohorts::of(&ledger, None).rows(march, usize::MAX, 0);
        let shown: Vec<Vec<(u64, u64, u64, i128)>> = rows
            .iter()
            .map(|row| row.cells.iter().map(|cell| (cell.customers, cell.returned, cell.orders, cell.revenue)).collect())
            .collect();
        assert_eq!(shown, [vec![(2, 2, 3, 35), (1, 1, 1, 4), (2, 1, 2, 11)], vec![(1, 1, 1, 8), (0, 0, 0, 0)]]);
        assert_eq!(rows[0].cells[0].cost, 5 + 2 + 10);
        // March is not over: nobody is two whole months old.
        assert_eq!((at_age(&rows, 0), at_age(&rows, 1), at_age(&rows, 2)), ((3, 3), (2, 1), (0, 0)));
    }

    #[test]
    fn splits_go_by_the_first_order() {
        let ledger = shop(&[&[(JAN, 10, 0, &[0, 1]), (FEB, 5, 1, &[1])], &[(JAN, 20, 1, &[0])], &[(FEB, 1, NO_TEXT, &[])]]);
        let of = |split| {
            let rows = Cohorts::of(&ledger, Some(split)).rows(Month::of_day(FEB), 10, 0);
            rows.iter().map(|row| format!("{} {}", row.of.as_deref().unwrap_or("-"), row.customers)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(of(Split::Country), "- 1, DE 1, FR 1");
        assert_eq!(of(Split::Item), "cup 2, - 1, pot 1");
        assert_eq!(of(Split::Coupon), "- 2, - 1");
        assert_eq!(Cohorts::of(&ledger, Some(Split::Item)).rows(Month::of_day(FEB), 1, 2).len(), 1);
    }

    #[test]
    fn refunds_lower_the_month_in_which_they_are_given() {
        let mut ledger = shop(&[&[(JAN, 10, 0, &[])]]);
        ledger.refunds = vec![LedgerRefund { day: 0, amount: 1 }, LedgerRefund { day: MAR, amount: 4 }];
        ledger.refund_ends = vec![2];
        let rows = Cohorts::of(&ledger, None).rows(Month::of_day(MAR), 1, 0);
        assert_eq!(rows[0].cells.iter().map(|cell| cell.revenue).collect::<Vec<_>>(), [9, 0, -4]);
    }

    proptest::proptest! {
        /// Parts of the customers, added together, are all of them; and nobody and nothing is lost.
        #[test]
        fn parts_add_up(people in proptest::collection::vec(proptest::collection::vec((0_i32..120, 0_i64..50, 0_u32..2), 1..6), 1..20), cut in 0_usize..20) {
            let people: Vec<Vec<(i32, i64, u32, &[u32])>> = people.into_iter().map(|mut orders| {
                orders.sort_unstable();
                orders.into_iter().map(|(day, value, country)| (day, value, country, &[] as &[u32])).collect()
            }).collect();
            let slices: Vec<&[(i32, i64, u32, &[u32])]> = people.iter().map(Vec::as_slice).collect();
            let cut = cut.min(slices.len());
            let whole = Cohorts::of(&shop(&slices), Some(Split::Country));
            let mut parts = Cohorts::of(&shop(&slices[..cut]), Some(Split::Country));
            parts.merge(Cohorts::of(&shop(&slices[cut..]), Some(Split::Country)));
            proptest::prop_assert_eq!(&whole, &parts);
            let cells: Vec<Cell> = whole.rows(Month::of_day(120), 9, 0).into_iter().flat_map(|row| row.cells).collect();
            proptest::prop_assert_eq!(cells.iter().map(|cell| cell.orders).sum::<u64>(), slices.iter().map(|orders| orders.len() as u64).sum::<u64>());
            let spent: i64 = slices.iter().flat_map(|orders| orders.iter()).map(|order| order.1).sum();
            proptest::prop_assert_eq!(cells.iter().map(|cell| cell.revenue).sum::<i128>(), i128::from(spent));
        }
    }
}
