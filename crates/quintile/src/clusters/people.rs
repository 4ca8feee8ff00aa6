//! The customers who are grouped, column by column, and those who stand apart.

use crate::profile::{Profile, named};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal64Type, Int64Type};
use quintile_cluster::grouping::Grouping;
use quintile_model::Money;
use quintile_profile::{Column, numbers};

/// Customers at a moment.
pub(super) struct People {
    pub header: Header,
    pub columns: Vec<&'static Column>,
    /// Of customers with two orders or more, column by column; a missing value is not a number.
    pub values: Vec<Vec<f64>>,
    /// What each of them spent, where it is known.
    pub spent: Vec<Option<i64>>,
    /// Customers with one order, and what they spent.
    pub one_order: Circle,
    /// Of the customers with one order, column by column.
    pub of_one_order: Vec<Vec<f64>>,
}

/// Some customers.
#[derive(Debug, Clone, Default)]
pub(super) struct Circle {
    pub customers: u64,
    pub spent: i128,
}

impl Circle {
    pub fn add(&mut self, spent: Option<i64>) {
        self.customers += 1;
        self.spent += i128::from(spent.unwrap_or(0));
    }

    pub fn revenue(&self) -> Option<Money> {
        Money::from_sum(self.spent)
    }
}

impl Workspace {
    /// Everybody with an order, by these columns.
    pub(super) fn people(&self, when: &When, columns: Vec<&'static Column>) -> Result<People, Error> {
        let mut asked = columns.clone();
        for column in named(&["number_of_orders", "amount_spent"].map(str::to_owned))? {
            if !asked.iter().any(|known| known.name == column.name) {
                asked.push(column);
            }
        }
        let profile = self.profile_of(when, asked, &RfmAsk::default())?;
        People::of(profile, columns)
    }
}

impl People {
    fn of(profile: Profile, columns: Vec<&'static Column>) -> Result<People, Error> {
        let none = || vec![Vec::new(); columns.len()];
        let (mut values, mut of_one_order) = (none(), none());
        let (mut spent, mut one_order) = (Vec::new(), Circle::default());
        let header = profile.each(|batches| {
            for batch in &batches {
                let column = |name: &str| batch.column_by_name(name).ok_or_else(|| Error::Answer(format!("the profile lacks `{name}`")));
                let orders = column("number_of_orders")?.as_primitive::<Int64Type>();
                let amounts = column("amount_spent")?.as_primitive::<Decimal64Type>();
                let amount = |row: usize| amounts.is_valid(row).then(|| amounts.value(row));
                let rows =
                    |keep: &dyn Fn(i64) -> bool| (0..batch.num_rows()).filter(|row| keep(orders.value(*row))).collect::<Vec<usize>>();
                let (many, one) = (rows(&|orders| orders > 1), rows(&|orders| orders == 1));
                take(batch, &columns, &many, &mut values)?;
                take(batch, &columns, &one, &mut of_one_order)?;
                spent.extend(many.iter().map(|row| amount(*row)));
                one.iter().for_each(|row| one_order.add(amount(*row)));
            }
            Ok(true)
        })?;
        Ok(People { header, columns, values, spent, one_order, of_one_order })
    }

    /// Customers with two orders or more.
    pub(super) fn count(&self) -> usize {
        self.spent.len()
    }

    /// The group of each of them.
    pub(super) fn labels(&self, grouping: &Grouping) -> Vec<usize> {
        let places: Vec<usize> = grouping.columns().filter_map(|name| self.columns.iter().position(|column| column.name == name)).collect();
        let mut row = vec![0.0; places.len()];
        (0..self.count())
            .map(|customer| {
                row.iter_mut().zip(&places).for_each(|(value, place)| *value = self.values[*place][customer]);
                grouping.of(&row)
            })
            .collect()
    }
}

fn take(batch: &RecordBatch, columns: &[&'static Column], rows: &[usize], into: &mut [Vec<f64>]) -> Result<(), Error> {
    for (column, into) in columns.iter().zip(into) {
        let values = numbers(batch, column.name)?;
        into.extend(rows.iter().map(|row| values[*row]));
    }
    Ok(())
}

/// The middle of what is known, or nothing.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}
