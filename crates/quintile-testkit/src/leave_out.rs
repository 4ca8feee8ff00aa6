//! What is left out, worked out plainly: take the facts out of the shop by hand, and ask the shop that is left.

use crate::shop::{Order, Person, Shop};
use std::collections::BTreeSet;

/// What to leave out. Texts are in lower case.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the settings are")]
pub struct Rules {
    pub channels: BTreeSet<String>,
    pub tags: BTreeSet<String>,
    pub email_domains: BTreeSet<String>,
    pub customers: BTreeSet<u64>,
    /// Median units of an order from which on a customer buys wholesale, in ten-thousandths.
    pub wholesale_units: Option<i64>,
}

/// The shop without what the rules leave out as of a moment. The shop's customers are known by their facts alone: nobody
/// states them, so that whose last fact goes is gone.
pub fn without(shop: &Shop, rules: &Rules, as_of: i64) -> Shop {
    let mut left = shop.clone();
    left.people.retain(|person| !whole(person, rules, as_of));
    for person in &mut left.people {
        let before = person.orders.len();
        person.orders.retain(|order| order.channel.as_ref().is_none_or(|channel| !rules.channels.contains(&channel.trim().to_lowercase())));
        if person.orders.len() < before && person.orders.is_empty() && person.refunds.is_empty() {
            person.known.clear();
        }
    }
    left.people.retain(|person| !person.known.is_empty());
    left
}

fn whole(person: &Person, rules: &Rules, as_of: i64) -> bool {
    let of_domain = |email: &String| {
        let email = email.trim().to_lowercase();
        email.split_once('@').is_some_and(|(_, domain)| rules.email_domains.contains(domain))
    };
    let newest_tags = person.known.iter().rev().find_map(|known| known.tags.clone()).unwrap_or_default();
    rules.customers.contains(&Shop::key(person))
        || person.known.iter().filter_map(|known| known.email.as_ref()).any(of_domain)
        || newest_tags.split(',').any(|tag| rules.tags.contains(&tag.trim().to_lowercase()))
        || rules.wholesale_units.is_some_and(|least| median_units(person, as_of).is_some_and(|median| median >= least))
}

/// Of the units in each order, the one in the middle, the lower of two.
fn median_units(person: &Person, as_of: i64) -> Option<i64> {
    let counts = |order: &&Order| order.at < as_of && order.standing.unwrap_or("counts") == "counts";
    let goods = |order: &Order| order.lines.iter().filter(|line| line.kind.unwrap_or("sale") == "sale").map(|line| line.quantity).sum();
    let mut units: Vec<i64> = person.orders.iter().filter(counts).map(goods).collect();
    units.sort_unstable();
    (!units.is_empty()).then(|| units[(units.len() - 1) / 2])
}
