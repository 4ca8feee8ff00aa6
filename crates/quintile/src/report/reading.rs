//! One more reading of all facts, for the parts about the way customers go: what they began with, how far they got, what they
//! bought together and after what, whether they came back, and what discounts went to whom.
//!
//! Each part takes of a batch what it needs while the batch is at hand, so that more parts are not more readings.

use crate::backtest::Deeds;
use crate::cohorts::Split;
use crate::costly::{discounts_told, pace_of};
use crate::funnel::{Funnels, funnel_of, funnels_of};
use crate::header::Header;
use crate::history::History;
use crate::next::Bought;
use crate::products::days_to_come_back;
use crate::reactivation;
use crate::stages::class_columns;
use crate::table::Answer;
use crate::workspace::{Stand, Workspace};
use crate::{Error, FunnelAsk, NextAsk, RulesAsk, When};
use quintile_insight::beginnings::Beginnings;
use quintile_insight::cohorts::{Cohort, Cohorts};
use quintile_insight::costly::subsidy::{Given, given};
use quintile_insight::reactivation::Reactivation;
use quintile_model::time::Month;
use quintile_model::{CustomerBatch, FactKind};
use quintile_profile::{Item, Journey, LedgerItems, Sold, journeys, journeys_needed, ledger, ledger_needed, sold};
use std::collections::HashMap;

/// Orders beyond which a store is not read once more unless the settings ask for it: with ten million, the first reading alone
/// takes nearly all the time that a report may.
pub(super) const MOST_ORDERS: u64 = 3_000_000;

/// Days looked back at for who came back, and for discounts.
const YEAR: u16 = 365;

/// Ways of a split that are shown, those with the most customers.
const WAYS: usize = 8;

/// What was found.
pub(super) struct Ways {
    /// By product, what it is called.
    pub titles: HashMap<String, String>,
    /// By each split, the cohorts of its ways.
    pub splits: Vec<(Split, Vec<Cohort>)>,
    pub beginnings: Beginnings,
    /// Days in which customers could come back.
    pub within: i32,
    pub knows_costs: bool,
    /// Does any line name its product?
    pub has_items: bool,
    pub rules: Answer,
    pub next: Answer,
    pub funnel: Answer,
    pub funnel_by_channel: Answer,
    /// `None` where the store has no thresholds to tell the inactive by.
    pub reactivation: Option<Answer>,
    pub discounts: Option<Answer>,
    /// Or why there is none.
    pub league: Result<Answer, String>,
}

struct OfBatch {
    cohorts: Vec<Cohorts>,
    beginnings: Beginnings,
    bought: Bought,
    sold: Sold,
    funnels: Funnels,
    reactivation: Reactivation,
    given: [Given; 4],
    deeds: Deeds,
}

const SPLITS: [Split; 3] = [Split::Channel, Split::Country, Split::Item];

impl Workspace {
    /// Reads it all; the history of the same moment tells by what customers are late or inactive.
    pub(super) fn ways_for_report(&self, when: &When, history: &History) -> Result<Ways, Error> {
        let stand = self.stand(when)?;
        let profile = history.profile(class_columns("life_stage")?)?;
        let (limits, pace) = (reactivation::limits_of(&profile.statistics).ok(), pace_of(&profile.statistics).ok());
        let has_items = stand.snapshot.rows(FactKind::Lines) > 0;
        let items = has_items.then_some(LedgerItems::Goods(Item::Product));
        let mut question = self.money_question(&stand)?;
        question.costs = self.product_costs(&stand.snapshot)?;
        let (question_of_sold, of_sold) = self.question_of_sold(&stand, Item::Product)?;
        let mut wanted = ledger_needed(items, &question).and(&journeys_needed(&question));
        if has_items {
            wanted = wanted.and(&of_sold);
        }
        let (today, last_day, within) = (stand.as_of.day(), stand.as_of.last_day(), days_to_come_back(&stand));
        let of_batch = |batch: CustomerBatch| {
            let ledger = ledger(&batch, items, &question)?;
            let mut ways: Vec<Journey> = journeys(&batch, &question);
            ways.retain(|journey| journey.known);
            Ok(OfBatch {
                cohorts: SPLITS.iter().map(|split| Cohorts::of(&ledger, Some(*split))).collect(),
                beginnings: Beginnings::of(&ledger, last_day, within),
                bought: Bought::of(&ledger),
                sold: if has_items { sold(&batch, &question_of_sold, Item::Product, false)? } else { Sold::default() },
                funnels: funnels_of(&ways, true),
                reactivation: limits
                    .map_or_else(Reactivation::default, |limits| Reactivation::of(&ledger, &limits, today - i32::from(YEAR), today)),
                given: pace.map_or([Given::default(); 4], |pace| given(&ledger, &pace, last_day - i32::from(YEAR) + 1)),
                deeds: Deeds::of(&ledger),
            })
        };
        let (parts, left) = self.scan(&stand.snapshot, &wanted, &question.as_of, of_batch)?;
        let mut header = stand.header.clone();
        header.leave_out(&left);
        header.thresholds.clear();
        let knows_costs = !question.costs.is_empty();
        self.ways_of(&stand, parts, Told { header, limits, pace, within, knows_costs, has_items })
    }

    fn ways_of(&self, stand: &Stand, parts: Vec<OfBatch>, told: Told) -> Result<Ways, Error> {
        let Told { header, limits, pace, within, knows_costs, has_items } = told;
        let mut cohorts: Vec<Cohorts> = SPLITS.iter().map(|_| Cohorts::default()).collect();
        let (mut beginnings, mut returns) = (Beginnings::default(), Reactivation::default());
        let (mut bought, mut sold, mut funnels, mut given, mut deeds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            cohorts.iter_mut().zip(part.cohorts).for_each(|(all, own)| all.merge(own));
            beginnings.merge(part.beginnings);
            returns.merge(part.reactivation);
            bought.push(part.bought);
            sold.push(part.sold);
            funnels.push(part.funnels);
            given.push(part.given);
            deeds.push(part.deeds);
        }
        let last = Month::of_day(stand.as_of.last_day());
        let bought = Bought::joined(bought);
        let all_sold = if has_items { self.with_nobody(stand, sold, Item::Product, false)? } else { Sold::default() };
        let rules_ask = RulesAsk { support: 0.01, ..RulesAsk::usual(When::Latest) };
        let next_ask = NextAsk { when: When::Latest, by_category: false, support: 0.02 };
        let by = |by_channel| FunnelAsk { by_channel, most: 5, ..FunnelAsk::default() };
        let deeds = Deeds::joined(deeds, stand.as_of.last_day());
        let whole_shop: Vec<Funnels> = funnels.iter().map(without_channels).collect();
        Ok(Ways {
            splits: SPLITS.into_iter().zip(cohorts).map(|(split, cohorts)| (split, cohorts.rows(last, WAYS, 1))).collect(),
            beginnings,
            within,
            knows_costs,
            has_items,
            rules: self.rules_of(&rules_ask, &all_sold, header.clone())?,
            next: bought.next(&next_ask, header.clone())?,
            titles: bought.titles(),
            funnel: funnel_of(&by(false), whole_shop, header.clone())?,
            funnel_by_channel: funnel_of(&by(true), funnels, header.clone())?,
            reactivation: limits.map(|limits| reactivation::told(&returns, &limits, YEAR, header.clone())).transpose()?,
            discounts: pace.map(|pace| discounts_told(given, &pace, YEAR, header.clone())).transpose()?,
            league: match deeds.cuts(None, None) {
                Ok(_) => Ok(self.league_of(&deeds, None, None, header)?),
                Err(why) => Err(why.to_string()),
            },
        })
    }
}

/// What is known when the facts have been read.
struct Told {
    header: Header,
    limits: Option<quintile_insight::reactivation::Limits>,
    pace: Option<quintile_insight::costly::subsidy::Pace>,
    within: i32,
    knows_costs: bool,
    has_items: bool,
}

fn without_channels(funnels: &Funnels) -> Funnels {
    let mut whole = Funnels::new();
    for funnel in funnels.values() {
        match whole.get_mut(&None) {
            Some(all) => all.merge(funnel.clone()),
            None => {
                whole.insert(None, funnel.clone());
            }
        }
    }
    whole
}
