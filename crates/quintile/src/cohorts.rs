//! Do customers who first bought in one month come back, and what do they leave?

use crate::annotations::of_month;
use crate::header::{counted, grouped};
use crate::ledger::LedgerParts;
use crate::months::whole;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, When};
use quintile_insight::cohorts::{Cell, Cohort, Cohorts, at_age, ways};
use quintile_model::Money;
use quintile_model::time::Month;
use quintile_profile::{Item, LedgerItems};

pub use quintile_insight::cohorts::Split;

/// What is counted of a cohort, month by month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CohortMeasure {
    /// Customers who ordered.
    Customers,
    /// The same as a share of the cohort.
    #[default]
    Share,
    /// Orders.
    Orders,
    /// Money, less what was given back.
    Revenue,
    /// Revenue less what the goods cost.
    Margin,
    /// Revenue a customer of the cohort.
    RevenueEach,
}

/// Which cohorts are asked for.
#[derive(Debug, Clone, Default)]
pub struct CohortsAsk {
    /// The moment.
    pub when: When,
    /// What is counted.
    pub measure: CohortMeasure,
    /// Each month with those before it.
    pub cumulative: bool,
    /// By what cohorts are split.
    pub split: Option<Split>,
    /// With a split by items: categories instead of products.
    pub by_category: bool,
    /// Ways of a split, those with the most customers.
    pub most: usize,
}

/// Cohorts as they were found.
pub(crate) struct FoundCohorts {
    pub header: crate::Header,
    pub cohorts: Vec<Cohort>,
    /// Ways of the split that there are, shown or not.
    ways: usize,
    knows_costs: bool,
    last_is_over: bool,
}

impl Workspace {
    /// A row a cohort, a column a month since its first: the triangle.
    pub fn cohorts(&self, ask: &CohortsAsk) -> Result<Answer, Error> {
        let found = self.find_cohorts(ask)?;
        if ask.measure == CohortMeasure::Margin && !found.knows_costs {
            return Err(Error::Usage(
                "margin needs what products cost, and the store knows no cost of any; import products with `cost`, or ask for --measure revenue"
                    .to_owned(),
            ));
        }
        let ages = found.cohorts.iter().map(|cohort| cohort.cells.len()).max().unwrap_or(0);
        let mut columns = cohort_columns(ask, &found.cohorts);
        columns.push(AnswerColumn::count("customers", found.cohorts.iter().map(|cohort| Some(cohort.customers))));
        for age in 0..ages {
            let cells = found.cohorts.iter().map(|cohort| (cohort, value(cohort, age, ask.cumulative)));
            columns.push(measured(ask.measure, age, cells));
        }
        columns.extend(self.read_annotations()?.column(found.cohorts.iter().map(|cohort| Some(of_month(cohort.month)))));
        Answer::new(found.header.clone(), columns, notes(ask, &found))
    }

    /// A row for each cohort and month, with everything that is counted.
    pub fn cohort_rows(&self, ask: &CohortsAsk) -> Result<Answer, Error> {
        let found = self.find_cohorts(ask)?;
        let rows: Vec<(&Cohort, usize, Cell)> = found
            .cohorts
            .iter()
            .flat_map(|cohort| (0..cohort.cells.len()).filter_map(move |age| Some((cohort, age, value(cohort, age, ask.cumulative)?))))
            .collect();
        let of: Vec<Cohort> = rows.iter().map(|(cohort, ..)| Cohort { cells: Vec::new(), ..(*cohort).clone() }).collect();
        let mut columns = cohort_columns(ask, &of);
        let count =
            |name: &str, of: &dyn Fn(&(&Cohort, usize, Cell)) -> u64| AnswerColumn::count(name, rows.iter().map(|row| Some(of(row))));
        columns.extend([
            count("customers", &|row| row.0.customers),
            AnswerColumn::text("month", rows.iter().map(|(cohort, age, _)| Some(cohort.month.later(*age as i32).to_string()))),
            count("months_since", &|row| row.1 as u64),
            count("buyers", &|row| row.2.customers),
            AnswerColumn::share("buyers_share", rows.iter().map(|(cohort, _, cell)| share(cell.customers, cohort.customers))),
            count("returned", &|row| row.2.returned),
            count("orders", &|row| row.2.orders),
            AnswerColumn::amount("revenue", rows.iter().map(|(_, _, cell)| Money::from_sum(cell.revenue))),
            AnswerColumn::amount("margin", rows.iter().map(|(_, _, cell)| margin(cell).filter(|_| found.knows_costs))),
        ]);
        Answer::new(found.header.clone(), columns, notes(ask, &found))
    }

    pub(crate) fn find_cohorts(&self, ask: &CohortsAsk) -> Result<FoundCohorts, Error> {
        let stand = self.stand(&ask.when)?;
        let item = if ask.by_category { Item::Category } else { Item::Product };
        let parts = LedgerParts { items: (ask.split == Some(Split::Item)).then_some(LedgerItems::Goods(item)), costs: true };
        let find = |ledger: &quintile_model::Ledger| Ok((Cohorts::of(ledger, ask.split), ledger.knows_costs));
        let (found, left) = self.ledgers(&stand, parts, find)?;
        let knows_costs = found.iter().any(|(_, knows)| *knows);
        let mut all = Cohorts::default();
        found.into_iter().for_each(|(part, _)| all.merge(part));
        let last_day = stand.as_of.last_day();
        let last = Month::of_day(last_day);
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        let most = if ask.split.is_some() { ask.most.max(1) } else { usize::MAX };
        Ok(FoundCohorts {
            header,
            cohorts: all.rows(last, most, 0),
            ways: all.ways(),
            knows_costs,
            last_is_over: Month::of_day(last_day + 1) != last,
        })
    }
}

fn cohort_columns(ask: &CohortsAsk, cohorts: &[Cohort]) -> Vec<AnswerColumn> {
    let mut columns = Vec::new();
    if let Some(name) = split_name(ask) {
        columns.push(AnswerColumn::text(name, cohorts.iter().map(|cohort| cohort.of.clone())));
    }
    columns.push(AnswerColumn::text("cohort", cohorts.iter().map(|cohort| Some(cohort.month.to_string()))));
    columns
}

fn split_name(ask: &CohortsAsk) -> Option<&'static str> {
    Some(match ask.split? {
        Split::Item if ask.by_category => "first_category",
        Split::Item => "first_product",
        Split::Channel => "first_channel",
        Split::Country => "first_country",
        Split::Coupon => "first_coupon",
    })
}

/// The cell of a month, or the sum up to it; customers who came back are then counted once. `None` in the future.
fn value(cohort: &Cohort, age: usize, cumulative: bool) -> Option<Cell> {
    let cell = cohort.cells.get(age)?;
    if !cumulative {
        return Some(*cell);
    }
    let mut sum = Cell::default();
    for earlier in &cohort.cells[..=age] {
        sum.returned += earlier.returned;
        sum.orders += earlier.orders;
        sum.revenue += earlier.revenue;
        sum.cost += earlier.cost;
    }
    // All of them in the first month; those who came back at least once in any later one.
    sum.customers = if age == 0 { cell.customers } else { sum.returned - cohort.customers };
    Some(sum)
}

fn measured<'a>(measure: CohortMeasure, age: usize, cells: impl Iterator<Item = (&'a Cohort, Option<Cell>)>) -> AnswerColumn {
    let count = |of: fn(&Cell) -> u64| move |(_, cell): (&Cohort, Option<Cell>)| cell.as_ref().map(of);
    match measure {
        CohortMeasure::Customers => AnswerColumn::count(&format!("m{age}"), cells.map(count(|cell| cell.customers))),
        CohortMeasure::Orders => AnswerColumn::count(&format!("m{age}"), cells.map(count(|cell| cell.orders))),
        CohortMeasure::Share => AnswerColumn::share(
            &format!("m{age}_share"),
            cells.map(|(cohort, cell)| cell.and_then(|cell| share(cell.customers, cohort.customers))),
        ),
        CohortMeasure::Revenue => {
            AnswerColumn::amount(&format!("m{age}"), cells.map(|(_, cell)| cell.and_then(|cell| Money::from_sum(cell.revenue))))
        }
        CohortMeasure::Margin => AnswerColumn::amount(&format!("m{age}"), cells.map(|(_, cell)| cell.as_ref().and_then(margin))),
        CohortMeasure::RevenueEach => AnswerColumn::amount(
            &format!("m{age}"),
            cells.map(|(cohort, cell)| {
                let customers = i128::from(cohort.customers);
                cell.filter(|_| customers > 0)
                    .and_then(|cell| Money::from_sum(quintile_model::money::div_half_even(cell.revenue, customers)))
            }),
        ),
    }
}

fn margin(cell: &Cell) -> Option<Money> {
    Money::from_sum(cell.revenue - cell.cost)
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

fn notes(ask: &CohortsAsk, found: &FoundCohorts) -> Vec<String> {
    let mut notes = Vec::new();
    if ask.split.is_none() {
        let told: Vec<String> = [1, 3, 6, 12, 24]
            .into_iter()
            .filter_map(|age| {
                let (all, came) = at_age(&found.cohorts, age);
                (all > 0).then(|| format!("{:.1} % in month {age} (of {})", 100.0 * came as f64 / all as f64, whole(all)))
            })
            .collect();
        if !told.is_empty() {
            notes.push(format!("of all customers old enough, who ordered: {}", told.join(", ")));
        }
    }
    if ask.cumulative {
        notes.push("each month with those before it; from m1 on, customers are those who came back at least once by then".to_owned());
    }
    let shown = ways(&found.cohorts).len();
    if found.ways > shown {
        notes.push(format!("{shown} of {} shown, those with the most customers; --top N shows more", grouped(&found.ways.to_string())));
    }
    if ask.split == Some(Split::Item) {
        notes.push("a customer stands under each of what the first order held, so that these cohorts do not add up to all".to_owned());
    }
    if let Some(first) = found.cohorts.iter().map(|cohort| cohort.month).min() {
        notes.push(format!("history starts in {first}; customers of the first months may have bought before"));
    }
    if let Some(last) = found.cohorts.iter().map(|cohort| cohort.month.later(cohort.cells.len() as i32 - 1)).max()
        && !found.last_is_over
    {
        notes.push(format!("{last} is not over: the last month of each row is smaller than it will be"));
    }
    if found.cohorts.is_empty() {
        notes.push(format!("{} an order that counts", counted(0, "customer has", "customers have")));
    }
    notes
}
