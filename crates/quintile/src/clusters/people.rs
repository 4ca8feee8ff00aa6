//! The customers who are grouped, column by column, and those who stand apart.

use crate::profile::{Profile, named};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal64Type, Int64Type};
use quintile_cluster::grouping::Grouping;
use quintile_cluster::kinds::KindColumn;
use quintile_model::Money;
use quintile_profile::{ClusterModel, Column, kinds, numbers};
use std::collections::HashMap;

/// Customers at a moment.
pub(super) struct People {
    pub header: Header,
    pub columns: Vec<&'static Column>,
    /// Of customers with two orders or more, column by column; a missing value is not a number.
    pub values: Vec<Vec<f64>>,
    /// Columns of kinds.
    pub kinds: Vec<KindsOf>,
    /// What each of them spent, where it is known.
    pub spent: Vec<Option<i64>>,
    /// Customers with one order, and what they spent.
    pub one_order: Circle,
    /// Of the customers with one order, column by column.
    pub of_one_order: Vec<Vec<f64>>,
}

/// The kinds of a column, each text once.
pub(super) struct KindsOf {
    pub column: &'static Column,
    texts: Vec<String>,
    places: HashMap<String, u32>,
    /// Of customers with two orders or more.
    of: Vec<Option<u32>>,
    /// Of customers with one.
    of_one_order: Vec<Option<u32>>,
}

impl KindsOf {
    fn new(column: &'static Column) -> KindsOf {
        KindsOf { column, texts: Vec::new(), places: HashMap::new(), of: Vec::new(), of_one_order: Vec::new() }
    }

    fn take(&mut self, batch: &RecordBatch, many: &[usize], one: &[usize]) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(batch.num_rows());
        kinds(batch, self.column.name, |kind| {
            rows.push(kind.map(|kind| match self.places.get(kind) {
                Some(place) => *place,
                None => {
                    let place = self.texts.len() as u32;
                    self.texts.push(kind.to_owned());
                    self.places.insert(kind.to_owned(), place);
                    place
                }
            }));
        })?;
        self.of.extend(many.iter().map(|row| rows[*row]));
        self.of_one_order.extend(one.iter().map(|row| rows[*row]));
        Ok(())
    }

    fn text(&self, place: Option<u32>) -> Option<&str> {
        self.texts.get(place? as usize).map(String::as_str)
    }

    /// Which kinds have codes of their own.
    pub fn column(&self) -> KindColumn {
        KindColumn::of(self.column.name, self.of.iter().map(|place| self.text(*place)))
    }

    /// The code of each customer with two orders or more.
    pub fn codes(&self, column: &KindColumn) -> Vec<u32> {
        let of_texts: Vec<u32> = self.texts.iter().map(|text| column.code(Some(text))).collect();
        let none = column.code(None);
        self.of.iter().map(|place| place.map_or(none, |place| of_texts[place as usize])).collect()
    }

    /// The commonest kind of some customers, with its share of them: `France (62 %)`.
    pub fn commonest<'a>(&'a self, customers: impl Iterator<Item = &'a Option<u32>>) -> Option<String> {
        let (mut counts, mut all) = (vec![0_usize; self.texts.len()], 0_usize);
        for place in customers {
            all += 1;
            if let Some(place) = place {
                counts[*place as usize] += 1;
            }
        }
        let most = (0..counts.len()).max_by(|a, b| counts[*a].cmp(&counts[*b]).then(self.texts[*b].cmp(&self.texts[*a])))?;
        (counts[most] > 0).then(|| format!("{} ({:.0} %)", self.texts[most], 100.0 * counts[most] as f64 / all as f64))
    }

    /// The same of those in a group.
    pub fn of_group<'a>(&'a self, labels: &'a [usize], group: usize) -> impl Iterator<Item = &'a Option<u32>> {
        self.of.iter().zip(labels).filter(move |(_, label)| **label == group).map(|(place, _)| place)
    }

    /// Of customers with one order.
    pub fn of_one_order(&self) -> impl Iterator<Item = &Option<u32>> {
        self.of_one_order.iter()
    }
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
        let (columns, of_kinds): (Vec<_>, Vec<_>) = columns.into_iter().partition(|column| ClusterModel::takes(column));
        let mut kinds: Vec<KindsOf> = of_kinds.into_iter().map(KindsOf::new).collect();
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
                kinds.iter_mut().try_for_each(|kinds| kinds.take(batch, &many, &one))?;
                spent.extend(many.iter().map(|row| amount(*row)));
                one.iter().for_each(|row| one_order.add(amount(*row)));
            }
            Ok(true)
        })?;
        Ok(People { header, columns, values, kinds, spent, one_order, of_one_order })
    }

    /// Customers with two orders or more.
    pub(super) fn count(&self) -> usize {
        self.spent.len()
    }

    /// The group of each of them.
    pub(super) fn labels(&self, grouping: &Grouping) -> Vec<usize> {
        let places: Vec<usize> = grouping.columns().filter_map(|name| self.columns.iter().position(|column| column.name == name)).collect();
        let of_column = |column: &KindColumn| Some(self.kinds.iter().find(|of| of.column.name == column.name)?.codes(column));
        let codes: Vec<Vec<u32>> = grouping.kinds.columns.iter().filter_map(of_column).collect();
        let (mut row, mut kinds) = (vec![0.0; places.len()], vec![0; codes.len()]);
        (0..self.count())
            .map(|customer| {
                row.iter_mut().zip(&places).for_each(|(value, place)| *value = self.values[*place][customer]);
                kinds.iter_mut().zip(&codes).for_each(|(kind, codes)| *kind = codes[customer]);
                grouping.of(&row, &kinds)
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
