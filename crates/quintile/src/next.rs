//! What is bought after what, and after how long.

use crate::header::grouped;
use crate::ledger::LedgerParts;
use crate::months::whole;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, When};
use quintile_insight::baskets::next::{Follow, follows};
use quintile_model::Ledger;
use quintile_profile::{Item, LedgerItems};
use std::collections::HashMap;

/// Which pairs are asked for.
#[derive(Debug, Clone)]
pub struct NextAsk {
    /// The moment.
    pub when: When,
    /// Categories instead of products.
    pub by_category: bool,
    /// The share of buyers who bought the one and later the other, at least.
    pub support: f64,
}

/// The rate of false discoveries up to which the order of two items is told.
const FALSE_DISCOVERIES: f64 = 0.05;

/// Pairs of fewer customers than this are not looked at.
const LEAST: u64 = 10;

impl Workspace {
    /// Pairs of items of which the second came later, those with the most customers first.
    pub fn next_bought(&self, ask: &NextAsk) -> Result<Answer, Error> {
        if !(ask.support > 0.0 && ask.support <= 1.0) {
            return Err(Error::Usage(format!("--support is a share above 0 and up to 1, such as 0.01; `{}` is none", ask.support)));
        }
        let stand = self.stand(&ask.when)?;
        let item = if ask.by_category { Item::Category } else { Item::Product };
        let parts = LedgerParts { items: Some(LedgerItems::Goods(item)), costs: false };
        let (found, left) = self.ledgers(&stand, parts, |ledger| Ok(Bought::of(ledger)))?;
        self.go_on()?;
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        Bought::joined(found).next(ask, header)
    }
}

/// What each buyer bought first on which day.
#[derive(Debug, Default)]
pub(crate) struct Bought {
    names: Vec<String>,
    titles: Vec<String>,
    /// By buyer: items with the day on which they were first bought.
    customers: Vec<Vec<(u32, i32)>>,
}

impl Bought {
    /// Of the buyers of a ledger with items.
    pub fn of(ledger: &Ledger) -> Bought {
        let mut customers: Vec<Vec<(u32, i32)>> = Vec::new();
        for customer in 0..ledger.customers() {
            let mut own: Vec<(u32, i32)> = Vec::new();
            for order in ledger.orders_of(customer) {
                own.extend(ledger.items_of(order).iter().map(|item| (*item, ledger.orders[order].day)));
            }
            own.sort_unstable();
            own.dedup_by_key(|(item, _)| *item);
            if !ledger.orders_of(customer).is_empty() {
                customers.push(own);
            }
        }
        Bought { customers, names: ledger.item_names.clone(), titles: ledger.item_titles.clone() }
    }

    /// Of several ledgers, whose items have other places in each.
    pub fn joined(parts: Vec<Bought>) -> Bought {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut all = Bought::default();
        for part in parts {
            let mut places = Vec::with_capacity(part.names.len());
            for (name, title) in part.names.into_iter().zip(part.titles) {
                let place = *numbers.entry(name).or_insert_with_key(|name| {
                    all.names.push(name.clone());
                    all.titles.push(String::new());
                    all.names.len() as u32 - 1
                });
                if all.titles[place as usize].is_empty() {
                    all.titles[place as usize] = title;
                }
                places.push(place);
            }
            let of_buyer = |own: Vec<(u32, i32)>| own.into_iter().map(|(item, day)| (places[item as usize], day)).collect();
            all.customers.extend(part.customers.into_iter().map(of_buyer));
        }
        all
    }

    /// Items that have a title, with it.
    pub fn titles(&self) -> HashMap<String, String> {
        let titled = self.names.iter().zip(&self.titles).filter(|(_, title)| !title.is_empty());
        titled.map(|(name, title)| (name.clone(), title.clone())).collect()
    }

    /// Pairs that enough buyers made.
    pub fn next(&self, ask: &NextAsk, header: Header) -> Result<Answer, Error> {
        let Bought { names, titles, customers } = self;
        let least = ((ask.support * customers.len() as f64).ceil() as u64).max(LEAST);
        let follows = follows(customers, least);
        let titled = !ask.by_category && titles.iter().any(|title| !title.is_empty());
        let text = |name: &str, of: &dyn Fn(&Follow) -> String| AnswerColumn::text(name, follows.iter().map(|follow| Some(of(follow))));
        let mut columns = vec![text("bought", &|follow| names[follow.first as usize].clone())];
        if titled {
            columns.push(text("bought_title", &|follow| titles[follow.first as usize].clone()));
        }
        columns.push(text("then", &|follow| names[follow.then as usize].clone()));
        if titled {
            columns.push(text("then_title", &|follow| titles[follow.then as usize].clone()));
        }
        columns.extend([
            AnswerColumn::count("customers", follows.iter().map(|follow| Some(follow.customers))),
            AnswerColumn::count("followed", follows.iter().map(|follow| Some(follow.followed))),
            AnswerColumn::share("followed_share", follows.iter().map(|follow| Some(follow.share()))),
            AnswerColumn::number("median_days", follows.iter().map(|follow| Some(follow.median_days))),
            AnswerColumn::count("reversed", follows.iter().map(|follow| Some(follow.reversed))),
            AnswerColumn::number("false_discovery_rate", follows.iter().map(|follow| Some(follow.false_discovery_rate))),
            text("in_this_order", &|follow| {
                match follow.false_discovery_rate <= FALSE_DISCOVERIES {
                    true if follow.followed > follow.reversed => "more-often",
                    true => "less-often",
                    false => "not-shown",
                }
                .to_owned()
            }),
        ]);
        let notes = vec![
            format!(
                "{} pairs that {} of {} buyers made, or more; --support asks for others",
                grouped(&follows.len().to_string()),
                whole(least),
                whole(customers.len() as u64)
            ),
            "followed: bought the second for the first time on a later day than the first; reversed: the other way round; in_this_order: whether the order of the two is more than chance (sign test, false discovery rate 5 %); what came on sale later than the other comes later for that alone".to_owned(),
        ];
        Answer::new(header, columns, notes)
    }
}
