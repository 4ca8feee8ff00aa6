//! Is there something to do with it: a goal, a play, a taste, a channel, an hour?

use super::people::Person;
use super::{Grade, Told, is_in};
use crate::Error;
use crate::header::grouped;
use crate::ledger::LedgerParts;
use crate::segment::{Asked, SegmentAsk};
use crate::workspace::{Stand, Workspace};
use quintile_insight::quality::taste::liked;
use quintile_profile::{Item, LedgerItems};
use std::collections::HashMap;

impl Workspace {
    pub(super) fn operable(&self, stand: &Stand, ask: &SegmentAsk, people: &[Person], members: &[u64]) -> Result<Told, Error> {
        let entry = match &ask.of {
            Asked::Name(name) | Asked::Draft(name) => self.segment(name).ok(),
            Asked::Text(_) => None,
        };
        let goal = entry.as_ref().map(|entry| entry.goal.clone()).filter(|goal| !goal.is_empty());
        let plays = entry.map(|entry| entry.plays).unwrap_or_default();
        let likes = self.likes(stand, members)?;
        let own = || people.iter().filter(|person| is_in(members, person.key));
        let mut hours = [0_u64; 24];
        own().filter_map(|person| usize::try_from(person.hour?).ok()).filter(|hour| *hour < 24).for_each(|hour| hours[hour] += 1);
        let hour = (0..24).max_by_key(|hour| (hours[*hour], 24 - *hour)).filter(|hour| hours[*hour] > 0);
        let channels = [
            ("email", own().filter(|person| person.email).count()),
            ("sms", own().filter(|person| person.sms).count()),
            ("push", own().filter(|person| person.push).count()),
        ];
        let channel = channels.iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0);
        let has = [goal.is_some(), !plays.is_empty(), !likes.is_empty(), channel.is_some(), hour.is_some()];
        let count = has.iter().filter(|has| **has).count();
        let list = |none: &str, words: Option<String>| words.unwrap_or_else(|| none.to_owned());
        let sentence = [
            list("it has no goal", goal.map(|goal| format!("goal: {}", goal.trim_end_matches('.')))),
            list("no play fits it", (!plays.is_empty()).then(|| format!("plays: {}", plays.join(", ")))),
            list(
                "it buys no product more than others",
                (!likes.is_empty()).then(|| format!("buys more than others: {}", likes.join(", "))),
            ),
            list(
                "nobody is known to agree to messages",
                channel.map(|(name, count)| format!("most may be reached by {name} ({})", grouped(&count.to_string()))),
            ),
            list("no hour is known", hour.map(|hour| format!("orders most at {hour} o'clock"))),
        ]
        .join("; ");
        Ok(Told {
            question: "operable",
            figure: "of 5 things to act by",
            value: Some(count as f64),
            interval: None,
            wanted: "goal, play, taste, channel, hour",
            grade: match (has[0] && has[1], count) {
                (true, 4..) => Grade::Good,
                (_, 2..) => Grade::Fair,
                _ => Grade::Poor,
            },
            sentence,
        })
    }

    /// Products that members buy more than others, the three of the largest lift.
    fn likes(&self, stand: &Stand, members: &[u64]) -> Result<Vec<String>, Error> {
        let parts = LedgerParts { items: Some(LedgerItems::Goods(Item::Product)), costs: false };
        let (found, _) = self.ledgers(stand, parts, |ledger| {
            let mut counts: HashMap<String, (u64, u64, String)> = HashMap::new();
            let (mut buyers, mut own_buyers) = (0_u64, 0_u64);
            for customer in 0..ledger.customers() {
                let own = is_in(members, ledger.keys[customer]);
                let mut items: Vec<u32> = ledger.orders_of(customer).flat_map(|order| ledger.items_of(order)).copied().collect();
                items.sort_unstable();
                items.dedup();
                buyers += u64::from(!ledger.orders_of(customer).is_empty());
                own_buyers += u64::from(own && !ledger.orders_of(customer).is_empty());
                for item in items {
                    let known = counts.entry(ledger.item_names[item as usize].clone()).or_default();
                    *known = (known.0 + u64::from(own), known.1 + 1, std::mem::take(&mut known.2));
                    if known.2.is_empty() {
                        known.2.clone_from(&ledger.item_titles[item as usize]);
                    }
                }
            }
            Ok((counts, own_buyers, buyers))
        })?;
        let (mut all, mut own_buyers, mut buyers): (HashMap<String, (u64, u64, String)>, u64, u64) = (HashMap::new(), 0, 0);
        for (counts, own, every) in found {
            own_buyers += own;
            buyers += every;
            for (name, (own, every, title)) in counts {
                let known = all.entry(name).or_default();
                *known = (known.0 + own, known.1 + every, if known.2.is_empty() { title } else { std::mem::take(&mut known.2) });
            }
        }
        let mut items: Vec<(String, (u64, u64, String))> = all.into_iter().collect();
        items.sort();
        let pairs: Vec<(u64, u64)> = items.iter().map(|(_, counts)| (counts.0, counts.1)).collect();
        let name = |at: usize| match items[at].1.2.as_str() {
            "" => items[at].0.clone(),
            title => title.to_owned(),
        };
        let least = (own_buyers / 100).max(10);
        let found = liked(&pairs, own_buyers, buyers, least);
        Ok(found.into_iter().take(3).map(|liked| format!("{} ({:.1} times)", name(liked.item), liked.lift)).collect())
    }
}
