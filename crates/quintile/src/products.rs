//! What did customers begin with, and did they come back?

use crate::header::{counted, grouped};
use crate::ledger::LedgerParts;
use crate::months::whole;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, When};
use quintile_insight::beginnings::{Beginning, Beginnings, By, FALSE_DISCOVERIES, LEAST, Verdict};
use quintile_model::Money;
use quintile_model::money::div_half_even;
use quintile_profile::{Item, LedgerItems, PlaceLevel};

/// What customers who began are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Began {
    /// The products of the first purchase.
    Product,
    /// Its categories.
    Category,
    /// Its channel.
    Channel,
    /// Its coupon.
    Coupon,
    /// The country it went to, else the customer's.
    Country,
    /// The state or province, with the country.
    Region,
    /// The city, with the country.
    City,
    /// The postcode, with the country.
    Postcode,
    /// What is said of the customer: their tags and gender.
    Who,
}

impl Began {
    /// The name of its column.
    fn name(self) -> &'static str {
        match self {
            Began::Product => "product",
            Began::Category => "category",
            Began::Channel => "channel",
            Began::Coupon => "coupon",
            Began::Country => "country",
            Began::Region => "region",
            Began::City => "city",
            Began::Postcode => "postcode",
            Began::Who => "who",
        }
    }

    fn by(self) -> By {
        match self {
            Began::Product | Began::Category | Began::Region | Began::City | Began::Postcode | Began::Who => By::Item,
            Began::Channel => By::Channel,
            Began::Coupon => By::Coupon,
            Began::Country => By::Country,
        }
    }

    fn items(self) -> Option<LedgerItems> {
        match self {
            Began::Product => Some(LedgerItems::Goods(Item::Product)),
            Began::Category => Some(LedgerItems::Goods(Item::Category)),
            Began::Region => Some(LedgerItems::Place(PlaceLevel::Region)),
            Began::City => Some(LedgerItems::Place(PlaceLevel::City)),
            Began::Postcode => Some(LedgerItems::Place(PlaceLevel::Postcode)),
            Began::Who => Some(LedgerItems::Who),
            Began::Channel | Began::Coupon | Began::Country => None,
        }
    }

    fn is_goods(self) -> bool {
        matches!(self.items(), Some(LedgerItems::Goods(_)))
    }

    fn is_place(self) -> bool {
        matches!(self, Began::Country | Began::Region | Began::City | Began::Postcode)
    }
}

/// Which beginnings are asked for.
#[derive(Debug, Clone)]
pub struct ProductsAsk {
    /// The moment.
    pub when: When,
    /// What customers are told apart by.
    pub by: Began,
    /// Days in which they can come back; half a year, of a short history half of it, where `None`.
    pub within_days: Option<u16>,
    /// Only what so many customers began with.
    pub least: u64,
    /// The share of revenue that is left when goods are paid, where no cost of products is known.
    pub margin_share: Option<f64>,
}

/// Beginnings as they were found.
pub(crate) struct FoundBeginnings {
    pub header: Header,
    pub told: Vec<Beginning>,
    pub within: i32,
    pub customers: u64,
    pub back: u64,
    too_young: u64,
    things: usize,
    knows_costs: bool,
    /// Who came back, of each thing that has a name.
    placed: Vec<u64>,
}

impl Workspace {
    /// Each thing that customers began with, those first that fewer come back after than after others.
    pub fn products(&self, ask: &ProductsAsk) -> Result<Answer, Error> {
        if let Some(share) = ask.margin_share.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(Error::Usage(format!("--margin is a share from 0 to 1, such as 0.4; `{share}` is none")));
        }
        let found = self.beginnings(ask)?;
        let answer = columns(ask, &found);
        let notes = notes(ask, &found);
        Answer::new(found.header, answer, notes)
    }

    pub(crate) fn beginnings(&self, ask: &ProductsAsk) -> Result<FoundBeginnings, Error> {
        let stand = self.stand(&ask.when)?;
        let last_day = stand.as_of.last_day();
        let within = ask.within_days.map_or_else(|| days_to_come_back(&stand), i32::from);
        if within == 0 {
            return Err(Error::Usage("--within wants at least one day".to_owned()));
        }
        let parts = LedgerParts { items: ask.by.items(), costs: true };
        let (found, left) = self.ledgers(&stand, parts, |ledger| Ok((Beginnings::of(ledger, last_day, within), ledger.knows_costs)))?;
        let knows_costs = found.iter().any(|(_, knows)| *knows);
        let mut all = Beginnings::default();
        found.into_iter().for_each(|(part, _)| all.merge(part));
        let mut told = all.told(ask.by.by());
        let things = told.len();
        let placed = told.iter().filter(|one| one.name.is_some()).map(|one| one.back).collect();
        told.retain(|beginning| beginning.customers >= ask.least);
        if ask.by.is_place() {
            told.sort_by_key(|one| std::cmp::Reverse(one.back));
        }
        let mut header = stand.header;
        header.leave_out(&left);
        header.thresholds.clear();
        Ok(FoundBeginnings {
            header,
            told,
            within,
            customers: all.customers(),
            back: all.back(),
            too_young: all.too_young,
            things,
            knows_costs,
            placed,
        })
    }
}

/// Days to come back in where nobody says.
pub(crate) fn days_to_come_back(stand: &Stand) -> i32 {
    let history = stand.first_fact.map_or(0, |first| stand.as_of.last_day() - stand.as_of.zone.day(first.0) + 1);
    (history / 2).clamp(1, HALF_A_YEAR)
}

const HALF_A_YEAR: i32 = 180;

fn columns(ask: &ProductsAsk, found: &FoundBeginnings) -> Vec<AnswerColumn> {
    let told = &found.told;
    let mut columns = vec![AnswerColumn::text(ask.by.name(), told.iter().map(|one| one.name.clone()))];
    if told.iter().any(|one| !one.title.is_empty()) {
        columns.push(AnswerColumn::text("title", told.iter().map(|one| Some(one.title.clone()))));
    }
    let share = |name: &str, of: &dyn Fn(&Beginning) -> Option<f64>| AnswerColumn::share(name, told.iter().map(of));
    let each = |name: &str, of: &dyn Fn(&Beginning) -> i128| {
        AnswerColumn::amount(name, told.iter().map(|one| Money::from_sum(div_half_even(of(one), i128::from(one.customers.max(1))))))
    };
    let estimate = |name: &str, of: &dyn Fn(&Beginning) -> Option<f64>| {
        AnswerColumn::amount(name, told.iter().map(|one| of(one).map(|amount| Money(amount.round() as i64))))
    };
    columns.extend([
        AnswerColumn::count("customers", told.iter().map(|one| Some(one.customers))),
        AnswerColumn::count("back", told.iter().map(|one| Some(one.back))),
        share("back_share", &|one| Some(one.back as f64 / one.customers as f64)),
        share("back_low_share", &|one| Some(one.back_interval.0)),
        share("back_high_share", &|one| Some(one.back_interval.1)),
        AnswerColumn::count("compared", told.iter().map(|one| one.matched.map(|matched| matched.customers))),
        share("weighed_back_share", &|one| one.matched.map(|matched| matched.back)),
        share("alike_back_share", &|one| one.matched.map(|matched| matched.others_back)),
        share("difference_share", &|one| one.matched.map(|matched| matched.difference)),
        share("lower_share", &|one| one.matched.map(|matched| matched.interval.0)),
        share("upper_share", &|one| one.matched.map(|matched| matched.interval.1)),
        each("first_purchase", &|one| one.first),
        each("later", &|one| one.later),
        estimate("later_difference", &|one| one.matched.map(|matched| matched.later)),
        estimate("later_lower", &|one| one.matched.map(|matched| matched.later_interval.0)),
        estimate("later_upper", &|one| one.matched.map(|matched| matched.later_interval.1)),
        AnswerColumn::amount("bearable_cost", told.iter().map(|one| bearable(ask, found, one))),
        AnswerColumn::number("false_discovery_rate", told.iter().map(|one| one.false_discovery_rate)),
        AnswerColumn::text("verdict", told.iter().map(|one| Some(one.verdict.id().to_owned()))),
    ]);
    if ask.by.is_goods() {
        columns.push(AnswerColumn::text("segment", told.iter().map(|one| Some(segment(one, ask.by)))));
    }
    columns
}

/// What a customer may cost to win so that nothing is lost within the days: first purchase and later ones, less their goods.
fn bearable(ask: &ProductsAsk, found: &FoundBeginnings, one: &Beginning) -> Option<Money> {
    let revenue = one.first + one.later;
    let customers = i128::from(one.customers.max(1));
    if let Some(share) = ask.margin_share {
        return Some(Money((revenue as f64 * share / customers as f64).round() as i64));
    }
    found.knows_costs.then(|| Money::from_sum(div_half_even(revenue - one.cost, customers))).flatten()
}

/// Who began with it and never came back, in the segment language.
fn segment(one: &Beginning, by: Began) -> String {
    let parameter = if by == Began::Category { "category" } else { "id" };
    let quoted = one.name.as_deref().unwrap_or_default().replace('\\', "\\\\").replace('\'', "\\'");
    format!("number_of_purchases = 1 AND products_purchased MATCHES ({parameter} = '{quoted}')")
}

fn notes(ask: &ProductsAsk, found: &FoundBeginnings) -> Vec<String> {
    let mut notes = Vec::new();
    if found.customers == 0 {
        notes.push(format!(
            "nobody made a first purchase {} ago or earlier; ask for fewer with --within",
            counted(found.within as u64, "day", "days")
        ));
        return notes;
    }
    notes.push(format!(
        "{} made their first purchase {} ago or earlier; {:.1} % came back within them, on a later day; {} began later and are not looked at",
        counted(found.customers, "customer", "customers"),
        counted(found.within as u64, "day", "days"),
        100.0 * found.back as f64 / found.customers as f64,
        whole(found.too_young)
    ));
    notes.push(
        "alike: those who began without it in the same month, channel, country, fifth of value, and with or without a coupon; difference: the share who came back among those with it less that among those alike, both weighed by how many there are to compare; later: what a customer spent on later days within them"
            .to_owned(),
    );
    if found.things == 0 {
        notes.push(match ask.by {
            Began::Product | Began::Category => "no first purchase says what was in it; import files that name products".to_owned(),
            Began::Who => "nothing is said of any customer; import customers with tags or a gender".to_owned(),
            Began::Channel | Began::Coupon | Began::Country | Began::Region | Began::City | Began::Postcode => {
                format!("no first purchase says its {0}, and no customer; import orders or customers with a {0}", ask.by.name())
            }
        });
        return notes;
    }
    if ask.by.is_place() {
        notes.extend(together(&found.placed, ask.by.name()));
    }
    let of = |verdict: Verdict| found.told.iter().filter(|one| one.verdict == verdict).count();
    let (fewer, more) = (of(Verdict::Fewer), of(Verdict::More));
    notes.push(format!(
        "a verdict of {LEAST} customers or more, at a false discovery rate of {} %: fewer come back after {}, more after {}; it is a reason to look and no proof",
        FALSE_DISCOVERIES * 100.0,
        grouped(&fewer.to_string()),
        grouped(&more.to_string())
    ));
    if found.things > found.told.len() {
        notes.push(format!(
            "{} of {} shown, with {} or more",
            grouped(&found.told.len().to_string()),
            grouped(&found.things.to_string()),
            counted(ask.least, "customer", "customers")
        ));
    }
    if !found.knows_costs && ask.margin_share.is_none() {
        notes.push("bearable_cost, the most a customer may cost to win, needs what products cost, or --margin SHARE".to_owned());
    }
    notes
}

/// In how few places half of those live who came back.
fn together(placed: &[u64], what: &str) -> Option<String> {
    let mut backs: Vec<u64> = placed.iter().copied().filter(|back| *back > 0).collect();
    backs.sort_unstable_by(|a, b| b.cmp(a));
    let all: u64 = backs.iter().sum();
    let mut sum = 0;
    let few = backs.iter().take_while(|back| {
        let more = sum * 2 < all;
        sum += **back;
        more
    });
    let few = few.count();
    let whose = match what {
        "country" => counted(backs.len() as u64, "country", "countries"),
        "city" => counted(backs.len() as u64, "city", "cities"),
        what => counted(backs.len() as u64, what, &format!("{what}s")),
    };
    (all > 0).then(|| {
        format!(
            "of {} who came back and whose {what} is known, half live in {} of {whose}",
            counted(all, "customer", "customers"),
            whole(few as u64)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn half_of_those_who_came_back_live_in_few_places() {
        let check =
            |backs: &[u64], expected: &str| assert!(together(backs, "city").unwrap().ends_with(expected), "{:?}", together(backs, "city"));
        check(&[1, 5, 0, 2, 2], "half live in 1 of 4 cities");
        check(&[2, 2, 2], "half live in 2 of 3 cities");
        assert_eq!(together(&[0], "city"), None);
    }
}
