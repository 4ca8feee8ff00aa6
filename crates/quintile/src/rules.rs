//! What is bought together, and who has the one and not yet the other.

use crate::header::{counted, grouped};
use crate::months::whole;
use crate::profile::named;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, When};
use quintile_insight::baskets::rules::least_baskets;
use quintile_insight::baskets::{Baskets, ItemSets, Limits, Rule, RuleSettings, frequent, rules};
use quintile_model::batch::FactColumns;
use quintile_model::{CustomerBatch, Money};
use quintile_profile::leave_out::LeftOut;
use quintile_profile::{Item, ProfileQuestion, Sold, facts_needed, sold};
use std::collections::HashMap;

/// Which rules are asked for.
#[derive(Debug, Clone)]
pub struct RulesAsk {
    /// The moment.
    pub when: When,
    /// Categories instead of products.
    pub by_category: bool,
    /// Of a category that is a path, only so many of its steps.
    pub level: Option<usize>,
    /// What a customer ever bought is a basket, instead of what one order holds.
    pub over_customers: bool,
    /// The share of baskets that a rule's items lie in, at least.
    pub support: f64,
    /// Of the baskets with what a rule starts from, the share that has what it leads to, at least.
    pub confidence: f64,
    /// Items in a rule, both sides together.
    pub largest: usize,
    /// Postage, fees and the like are items too.
    pub every_line: bool,
}

impl RulesAsk {
    /// What is asked where nobody says more: pairs of products of one order.
    pub fn usual(when: When) -> RulesAsk {
        RulesAsk {
            when,
            by_category: false,
            level: None,
            over_customers: false,
            support: 0.005,
            confidence: 0.2,
            largest: 2,
            every_line: false,
        }
    }
}

/// Between the steps of a category's path.
const CATEGORY_STEP: &str = " > ";

/// The rate of false discoveries up to which a rule is shown.
const FALSE_DISCOVERIES: f64 = 0.05;

impl Workspace {
    /// Rules between what is bought, by the money in them.
    pub fn rules(&self, ask: &RulesAsk) -> Result<Answer, Error> {
        for (name, share) in [("--support", ask.support), ("--confidence", ask.confidence)] {
            if !(share > 0.0 && share <= 1.0) {
                return Err(Error::Usage(format!("{name} is a share above 0 and up to 1, such as 0.01; `{share}` is none")));
            }
        }
        if ask.largest < 2 {
            return Err(Error::Usage("a rule has two items or more: --items 2".to_owned()));
        }
        if ask.level.is_some() && !ask.by_category {
            return Err(Error::Usage("--level counts the steps of a category; it goes with --by category".to_owned()));
        }
        let stand = self.stand(&ask.when)?;
        let item = if ask.by_category { Item::Category } else { Item::Product };
        let (mut sold, left) = self.sold(&stand, item, ask.every_line)?;
        if let Some(level) = ask.level {
            sold = cut(sold, level);
        }
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        self.rules_of(ask, &sold, header)
    }

    /// Rules between what was sold.
    pub(crate) fn rules_of(&self, ask: &RulesAsk, sold: &Sold, header: Header) -> Result<Answer, Error> {
        let item = if ask.by_category { Item::Category } else { Item::Product };
        let baskets = baskets(if ask.over_customers { &sold.customers } else { &sold.orders });
        let (sets, least, raised) = self.sets(&baskets, ask)?;
        let all = rules(&sets, baskets.len(), RuleSettings::of(ask.confidence));
        let (kept, chance): (Vec<Rule>, Vec<Rule>) = all.into_iter().partition(|rule| rule.false_discovery_rate <= FALSE_DISCOVERIES);
        let mut found: Vec<(Rule, Gap)> = kept.into_iter().zip(std::iter::repeat(Gap::default())).collect();
        Gap::fill(&mut found, sold);
        found.sort_by(|(a, one), (b, other)| {
            let money = |rule: &Rule, gap: &Gap| gap.expected(rule, sold);
            money(b, other)
                .cmp(&money(a, one))
                .then(b.lift().total_cmp(&a.lift()))
                .then_with(|| a.bought.cmp(&b.bought))
                .then(a.also.cmp(&b.also))
        });
        let what = if ask.over_customers { "customers" } else { "orders" };
        let mut notes = vec![
            format!(
                "of {} {what}; support: share with all items of a rule; confidence: of those with `bought`, the share with `also`; lift: how many times the share of all {what} that is",
                whole(baskets.len() as u64)
            ),
            "customers_without: who has bought the one and never the other; expected = customers_without x share of buyers of the one who have the other x what a buyer of it has paid for it; they may not be like those who did, so it bounds from above".to_owned(),
        ];
        if raised {
            notes.push(format!(
                "too many sets at {} of the {what}; shown are those in {} or more",
                percent(ask.support),
                whole(least.into())
            ));
        }
        if !chance.is_empty() {
            notes.push(format!(
                "{} left out that may be chance (Fisher's exact test, false discovery rate above {})",
                counted(chance.len() as u64, "rule is", "rules are"),
                percent(FALSE_DISCOVERIES)
            ));
        }
        Answer::new(header, columns(&found, sold, item, ask.level), notes)
    }

    /// What was sold, of customers and of nobody.
    fn sold(&self, stand: &Stand, item: Item, every_line: bool) -> Result<(Sold, LeftOut), Error> {
        let (question, wanted) = self.question_of_sold(stand, item)?;
        let find = |batch: CustomerBatch| Ok(sold(&batch, &question, item, every_line)?);
        let (parts, left) = self.scan(&stand.snapshot, &wanted, &question.as_of, find)?;
        Ok((self.with_nobody(stand, parts, item, every_line)?, left))
    }

    /// What is asked of a batch for what was sold, and which facts that takes.
    pub(crate) fn question_of_sold(&self, stand: &Stand, item: Item) -> Result<(ProfileQuestion, FactColumns), Error> {
        let mut question = ProfileQuestion::new(stand.as_of.clone());
        question.columns = named(&["amount_spent", item.needs()].map(str::to_owned))?;
        question.currency = stand.currency.clone();
        question.rates = stand.rates.clone();
        let mut wanted = facts_needed(&question);
        if item == Item::Product
            && let Some(lines) = &mut wanted.lines
        {
            lines.push("title");
        }
        Ok((question, wanted))
    }

    /// Parts together, and what nobody bought.
    pub(crate) fn with_nobody(&self, stand: &Stand, parts: Vec<Sold>, item: Item, every_line: bool) -> Result<Sold, Error> {
        let (question, mut wanted) = self.question_of_sold(stand, item)?;
        let (mut all, mut numbers) = (Sold::default(), HashMap::new());
        parts.into_iter().for_each(|part| all.merge(&mut numbers, part));
        // Whoever names no customer still buys things together, and is no customer who could buy more.
        let rules = self.leave_out_rules(&stand.snapshot);
        rules.read(&mut wanted);
        let nobody = stand.snapshot.nobody(&wanted)?;
        if !nobody.keys.is_empty() {
            let nobody = sold(&rules.apply(nobody, &question.as_of)?.0, &question, item, every_line)?;
            let gross = vec![0; nobody.gross.len()];
            all.merge(&mut numbers, Sold { customers: Vec::new(), gross, ..nobody });
        }
        Ok(all)
    }

    /// The sets that lie in enough baskets; where there are too many, those that lie in more.
    fn sets(&self, baskets: &Baskets, ask: &RulesAsk) -> Result<(ItemSets, u32, bool), Error> {
        let asked = least_baskets(baskets.len(), ask.support);
        let mut limits = Limits { largest_set: ask.largest, ..Limits::of(asked) };
        loop {
            self.go_on()?;
            match frequent(baskets, limits) {
                Ok(sets) => return Ok((sets, limits.least_baskets, limits.least_baskets > asked)),
                Err(_) => limits.least_baskets = limits.least_baskets.saturating_mul(2),
            }
        }
    }
}

/// The same sold, with only the first steps of each category's path: `Grocery > Bread > White` at level 1 is `Grocery`.
fn cut(sold: Sold, level: usize) -> Sold {
    let mut kept = Sold::default();
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let place: Vec<u32> = sold
        .texts
        .iter()
        .zip(sold.gross)
        .map(|(text, gross)| {
            let steps = text.split(CATEGORY_STEP).take(level.max(1)).collect::<Vec<_>>().join(CATEGORY_STEP);
            let number = *numbers.entry(steps).or_insert_with_key(|steps| {
                kept.texts.push(steps.clone());
                kept.titles.push(String::new());
                kept.gross.push(0);
                kept.texts.len() as u32 - 1
            });
            kept.gross[number as usize] += gross;
            number
        })
        .collect();
    let renamed = |items: Vec<u32>| {
        let mut items: Vec<u32> = items.into_iter().map(|item| place[item as usize]).collect();
        items.sort_unstable();
        items.dedup();
        items
    };
    kept.orders = sold.orders.into_iter().map(renamed).collect();
    kept.customers = sold.customers.into_iter().map(renamed).collect();
    kept
}

fn baskets(of: &[Vec<u32>]) -> Baskets {
    let mut all = Baskets::default();
    of.iter().for_each(|items| all.push(items.iter().copied()));
    all
}

/// Customers around a rule.
#[derive(Debug, Clone, Copy, Default)]
struct Gap {
    /// Have bought all that it starts from.
    bought: u64,
    /// Of those, have also bought what it leads to.
    both: u64,
    /// Have bought what it leads to.
    also: u64,
}

impl Gap {
    /// Counts the customers around each rule: those of the rarest of its items are looked through.
    fn fill(rules: &mut [(Rule, Gap)], sold: &Sold) {
        let mut owners: Vec<Vec<u32>> = vec![Vec::new(); sold.texts.len()];
        for (customer, items) in sold.customers.iter().enumerate() {
            items.iter().for_each(|item| owners[*item as usize].push(customer as u32));
        }
        let owns: Vec<Vec<u32>> = sold
            .customers
            .iter()
            .map(|items| {
                let mut sorted = items.clone();
                sorted.sort_unstable();
                sorted
            })
            .collect();
        for (rule, gap) in rules {
            let Some(rarest) = rule.bought.iter().min_by_key(|item| owners[**item as usize].len()) else { continue };
            let has = |customer: u32, item: &u32| owns[customer as usize].binary_search(item).is_ok();
            for customer in &owners[*rarest as usize] {
                if rule.bought.iter().all(|item| has(*customer, item)) {
                    gap.bought += 1;
                    gap.both += u64::from(has(*customer, &rule.also));
                }
            }
            gap.also = owners[rule.also as usize].len() as u64;
        }
    }

    fn without(&self) -> u64 {
        self.bought - self.both
    }

    /// Those without x share of those with x what a buyer has paid, rounded once.
    fn expected(&self, rule: &Rule, sold: &Sold) -> Option<Money> {
        let paid = sold.gross[rule.also as usize];
        let divisor = i128::from(self.bought) * i128::from(self.also);
        let product = paid.checked_mul(i128::from(self.without()))?.checked_mul(i128::from(self.both))?;
        (divisor > 0).then(|| Money::from_sum(quintile_model::money::div_half_even(product, divisor))).flatten()
    }
}

fn columns(found: &[(Rule, Gap)], sold: &Sold, item: Item, level: Option<usize>) -> Vec<AnswerColumn> {
    let joined = |rule: &Rule, of: &[String]| rule.bought.iter().map(|item| of[*item as usize].as_str()).collect::<Vec<_>>().join(" + ");
    let titled = item == Item::Product && sold.titles.iter().any(|title| !title.is_empty());
    let mut columns = vec![AnswerColumn::text("bought", found.iter().map(|(rule, _)| Some(joined(rule, &sold.texts))))];
    if titled {
        columns.push(AnswerColumn::text("bought_title", found.iter().map(|(rule, _)| Some(joined(rule, &sold.titles)))));
    }
    columns.push(AnswerColumn::text("also", found.iter().map(|(rule, _)| Some(sold.texts[rule.also as usize].clone()))));
    if titled {
        columns.push(AnswerColumn::text("also_title", found.iter().map(|(rule, _)| Some(sold.titles[rule.also as usize].clone()))));
    }
    columns.extend([
        AnswerColumn::count("baskets", found.iter().map(|(rule, _)| Some(rule.both.into()))),
        AnswerColumn::share("support_share", found.iter().map(|(rule, _)| Some(rule.support()))),
        AnswerColumn::share("confidence_share", found.iter().map(|(rule, _)| Some(rule.confidence()))),
        AnswerColumn::number("lift", found.iter().map(|(rule, _)| Some(rule.lift()))),
        AnswerColumn::number("false_discovery_rate", found.iter().map(|(rule, _)| Some(rule.false_discovery_rate))),
        AnswerColumn::count("customers_without", found.iter().map(|(_, gap)| Some(gap.without()))),
        AnswerColumn::amount("expected", found.iter().map(|(rule, gap)| gap.expected(rule, sold))),
        AnswerColumn::text("segment", found.iter().map(|(rule, _)| Some(segment(rule, sold, item, level)))),
    ]);
    columns
}

/// Who has bought the one and not the other, in the segment language.
fn segment(rule: &Rule, sold: &Sold, item: Item, level: Option<usize>) -> String {
    let is = |item_of: u32| {
        let quoted = sold.texts[item_of as usize].replace('\\', "\\\\").replace('\'', "\\'");
        match (item, level) {
            (Item::Product, _) => format!("(id = '{quoted}')"),
            // What goes on below the step, and what ends there.
            (Item::Category, Some(_)) => {
                format!("(category = '{quoted}') OR products_purchased MATCHES (category STARTS WITH '{quoted}{CATEGORY_STEP}')")
            }
            (Item::Category, None) => format!("(category = '{quoted}')"),
        }
    };
    let bracketed = |text: String| if level.is_some() { format!("({text})") } else { text };
    let mut parts: Vec<String> = rule.bought.iter().map(|item| bracketed(format!("products_purchased MATCHES {}", is(*item)))).collect();
    parts.push(match level {
        Some(_) => format!("NOT (products_purchased MATCHES {})", is(rule.also)),
        None => format!("products_purchased NOT MATCHES {}", is(rule.also)),
    });
    parts.join(" AND ")
}

fn percent(share: f64) -> String {
    format!("{} %", grouped(&format!("{}", (share * 1e6).round() / 1e4)))
}
