//! What was sold in each order that counts, and to each customer, by the same rules as the profile.

use crate::question::{ProfileError, ProfileQuestion};
use crate::rates::convert;
use crate::work::Work;
use quintile_model::CustomerBatch;
use quintile_model::batch::NO_ORDER;
use quintile_model::columns::{amounts, repeated};
use std::collections::HashMap;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// The product, as lines call it.
    Product,
    /// The category.
    Category,
}

impl Item {
    /// The column of lines, which is also the name in answers.
    pub fn column(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Category => "category",
        }
    }

    /// The column of the profile whose facts hold it.
    pub fn needs(self) -> &'static str {
        match self {
            Self::Product => "distinct_products",
            Self::Category => "distinct_categories",
        }
    }
}

/// What was sold in one batch of customers.
#[derive(Debug, Clone, Default)]
pub struct Sold {
    /// The items, each once.
    pub texts: Vec<String>,
    /// What each is called, where lines say; empty where they do not.
    pub titles: Vec<String>,
    /// The items of each order that counts, by place in `texts`; what stands in several lines stands here as often.
    pub orders: Vec<Vec<u32>>,
    /// The items of each customer with an order that counts, each once.
    pub customers: Vec<Vec<u32>>,
    /// What was paid for each item, in the reporting currency, in ten-thousandths, orders without a rate left out.
    pub gross: Vec<i128>,
}

impl Sold {
    /// Adds what was sold in another batch.
    pub fn merge(&mut self, numbers: &mut HashMap<String, u32>, other: Sold) {
        let place: Vec<u32> = other
            .texts
            .into_iter()
            .zip(other.titles)
            .zip(other.gross)
            .map(|((text, title), gross)| {
                let number = *numbers.entry(text).or_insert_with_key(|text| {
                    self.texts.push(text.clone());
                    self.titles.push(String::new());
                    self.gross.push(0);
                    self.texts.len() as u32 - 1
                });
                self.gross[number as usize] += gross;
                let known = &mut self.titles[number as usize];
                if known.is_empty() {
                    *known = title;
                }
                number
            })
            .collect();
        let renamed = |mut items: Vec<u32>| {
            items.iter_mut().for_each(|item| *item = place[*item as usize]);
            items
        };
        self.orders.extend(other.orders.into_iter().map(renamed));
        self.customers.extend(other.customers.into_iter().map(renamed));
    }
}

/// Goods sold; with `every_line` also postage, fees and whatever else stands in an order with a quantity and a price above
/// zero. Read with [`facts_needed`](crate::facts_needed) for `amount_spent` and [`Item::needs`], and with `title` of lines
/// where titles are wanted.
pub fn sold(batch: &CustomerBatch, question: &ProfileQuestion, item: Item, every_line: bool) -> Result<Sold, ProfileError> {
    let work = Work::new(batch, question);
    let values = work.values()?;
    let names = repeated(&batch.lines.rows, item.column());
    let titles = batch.lines.rows.column_by_name("title").map(|_| repeated(&batch.lines.rows, "title"));
    let (paid, slots) = (amounts(&batch.lines.rows, "amount").values(), work.orders.slots_of(&batch.line_order));
    let mut goods = vec![every_line; batch.lines.len()];
    if !every_line {
        let kinds = repeated(&batch.lines.rows, "kind");
        goods.iter_mut().enumerate().for_each(|(row, goods)| *goods = kinds.get(row) == Some(quintile_model::records::line_kind::SALE));
    }
    let mut sold = Sold::default();
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    for customer in 0..work.customers() {
        let own = work.orders.of(customer);
        let first = sold.orders.len();
        sold.orders.resize(first + own.len(), Vec::new());
        let mut all = Vec::new();
        for row in batch.lines.of(customer).filter(|row| goods[*row] && slots[*row] != NO_ORDER && (!every_line || paid[*row] > 0)) {
            let Some(name) = names.get(row).filter(|name| !name.is_empty()) else { continue };
            let number = *numbers.entry(name).or_insert_with(|| {
                sold.texts.push(name.to_owned());
                sold.titles.push(titles.and_then(|titles| titles.get(row)).unwrap_or_default().to_owned());
                sold.gross.push(0);
                sold.texts.len() as u32 - 1
            });
            let slot = slots[row] as usize;
            sold.orders[first + slot - own.start].push(number);
            all.push(number);
            if values.gross(slot).is_some() {
                sold.gross[number as usize] += convert(i128::from(paid[row]), values.rate(slot));
            }
        }
        if !own.is_empty() {
            all.sort_unstable();
            all.dedup();
            sold.customers.push(all);
        }
    }
    Ok(sold)
}
