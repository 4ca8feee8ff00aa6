//! What looks as if it should be left out: test and staff orders, marketplaces, tills, wholesale buyers. Found once, shown
//! with counts and money, and left out only when somebody says so ([`crate::leave_out`]).

use crate::leave_out::{add, domain, each_tag, median_units};
use crate::question::{ProfileError, ProfileQuestion, facts_needed};
use crate::work::Work;
use arrow::array::{Array, AsArray};
use quintile_model::batch::{CustomerBatch, FactColumns};
use quintile_model::columns::{amounts, repeated, texts};
use quintile_model::ids::normal_email;
use quintile_model::money;
use std::collections::BTreeMap;

/// What batches tell of it.
#[derive(Debug, Clone, Default)]
pub struct Suspects {
    all: Seen,
    channels: BTreeMap<String, Seen>,
    tags: BTreeMap<String, Seen>,
    domains: BTreeMap<String, Seen>,
    /// Customers all of whose orders, two or more, were free by a discount: id, and what they are.
    free: Vec<(String, Seen)>,
    buyers: Vec<Buyer>,
}

/// How much of something there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Seen {
    customers: u64,
    orders: u64,
    /// Orders that a discount made free.
    free: u64,
    gross: i128,
}

/// A customer as a possible wholesale buyer.
#[derive(Debug, Clone, Copy)]
struct Buyer {
    company: bool,
    median_units: i64,
    orders: u64,
    gross: i128,
}

/// Something to leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What would be left out.
    pub what: What,
    /// What it looks like: `staff`, `a marketplace`.
    pub looks_like: &'static str,
    /// Customers it is about.
    pub customers: u64,
    /// Their orders that count.
    pub orders: u64,
    /// What those came to before refunds, in ten-thousandths of the reporting currency.
    pub gross: i128,
}

/// What a proposal would leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Orders of a channel.
    Channel(String),
    /// Orders and customers with a tag.
    Tag(String),
    /// Customers with an address at a domain.
    EmailDomain(String),
    /// One customer, by id.
    Customer(String),
    /// Customers with a company, or whose median order has this many whole units.
    Wholesale {
        /// Ten times the store's median.
        units: i64,
    },
}

impl Proposal {
    /// The name by which it is accepted: `channel:pos`, `wholesale`.
    pub fn name(&self) -> String {
        match &self.what {
            What::Channel(channel) => format!("channel:{channel}"),
            What::Tag(tag) => format!("tag:{tag}"),
            What::EmailDomain(domain) => format!("email-domain:{domain}"),
            What::Customer(id) => format!("customer:{id}"),
            What::Wholesale { .. } => "wholesale".to_owned(),
        }
    }
}

/// The columns that looking takes, beside those of the question (which asks for `customer_id` and `amount_spent`).
pub fn suspects_needed(question: &ProfileQuestion) -> FactColumns {
    let mut wanted = facts_needed(question);
    add(&mut wanted.customers, &["email", "tags", "company"]);
    add(&mut wanted.orders, &["channel", "tags", "company", "discount", "discount_codes"]);
    add(wanted.lines.get_or_insert_default(), &["kind", "quantity", "discount"]);
    wanted
}

/// Looks through a batch.
pub fn suspects(batch: &CustomerBatch, question: &ProfileQuestion) -> Result<Suspects, ProfileError> {
    let work = Work::new(batch, question);
    let values = work.values()?;
    let ids = crate::who::column("customer_id", &work);
    let ids = ids.as_ref().and_then(|ids| ids.as_string_opt::<i32>());
    let (known, orders) = (&batch.customers.rows, &batch.orders.rows);
    let (emails, own_tags, own_company) = (texts(known, "email"), repeated(known, "tags"), repeated(known, "company"));
    let (channels, tags, company) = (repeated(orders, "channel"), repeated(orders, "tags"), repeated(orders, "company"));
    let (discounts, codes) = (amounts(orders, "discount"), repeated(orders, "discount_codes"));
    let line_discounts = amounts(&batch.lines.rows, "discount");
    let mut discounted = vec![false; batch.orders.len()];
    for (line, order) in batch.line_order.iter().enumerate() {
        if let Some(discounted) = discounted.get_mut(*order as usize) {
            *discounted |= line_discounts.value(line) > 0;
        }
    }
    let medians = median_units(batch, &question.as_of);
    let mut found = Suspects::default();
    for (customer, median) in medians.into_iter().enumerate() {
        let slots = work.orders.of(customer);
        let mut own = Seen { customers: 1, ..Seen::default() };
        let mut named_company = batch.customers.of(customer).any(|row| own_company.get(row).is_some_and(|text| !text.trim().is_empty()));
        for slot in slots {
            let row = work.orders.row(slot);
            let gross = values.gross(slot);
            let by_discount = discounts.is_valid(row) && discounts.value(row) > 0 || codes.get(row).is_some() || discounted[row];
            let seen =
                Seen { customers: 0, orders: 1, free: u64::from(gross == Some(0) && by_discount), gross: gross.map_or(0, i128::from) };
            own.add(&seen);
            named_company |= company.get(row).is_some_and(|text| !text.trim().is_empty());
            if let Some(channel) = channels.get(row).map(|channel| channel.trim().to_lowercase()).filter(|channel| !channel.is_empty()) {
                found.channels.entry(channel).or_default().add(&seen);
            }
            for tag in tags.get(row).into_iter().flat_map(each_tag).filter(|tag| tag_looks_like(tag).is_some()) {
                found.tags.entry(tag).or_default().add(&seen);
            }
        }
        found.all.add(&own);
        let rows = || batch.customers.of(customer).rev();
        for tag in rows().find_map(|row| own_tags.get(row)).into_iter().flat_map(each_tag).filter(|tag| tag_looks_like(tag).is_some()) {
            found.tags.entry(tag).or_default().add(&own);
        }
        let email = rows().find(|row| emails.is_valid(*row)).and_then(|row| normal_email(emails.value(row)));
        if let Some(domain) = email.as_deref().and_then(domain).filter(|domain| !is_public(domain)) {
            found.domains.entry(domain.to_owned()).or_default().add(&own);
        }
        if own.orders >= 2
            && own.free == own.orders
            && let Some(ids) = ids.filter(|ids| ids.is_valid(customer))
        {
            found.free.push((ids.value(customer).to_owned(), own));
        }
        if let Some(median_units) = median {
            found.buyers.push(Buyer { company: named_company, median_units, orders: own.orders, gross: own.gross });
        }
    }
    Ok(found)
}

impl Seen {
    fn add(&mut self, more: &Seen) {
        self.customers += more.customers;
        self.orders += more.orders;
        self.free += more.free;
        self.gross += more.gross;
    }
}

impl Suspects {
    /// Adds another batch's.
    pub fn merge(&mut self, other: Suspects) {
        self.all.add(&other.all);
        for (own, others) in [(&mut self.channels, other.channels), (&mut self.tags, other.tags), (&mut self.domains, other.domains)] {
            others.into_iter().for_each(|(name, more)| own.entry(name).or_default().add(&more));
        }
        self.free.extend(other.free);
        self.buyers.extend(other.buyers);
    }

    /// What to leave out: by kind, the most orders first. Nothing is proposed that holds more than half of the orders: that
    /// is what the shop lives on.
    pub fn proposals(mut self) -> Vec<Proposal> {
        let most = self.all.orders / 2;
        let proposal = |what: What, looks_like: &'static str, seen: &Seen| Proposal {
            what,
            looks_like,
            customers: seen.customers,
            orders: seen.orders,
            gross: seen.gross,
        };
        let mut all = Vec::new();
        let mut put = |mut some: Vec<Proposal>| {
            some.retain(|proposal| proposal.orders > 0 && proposal.orders <= most);
            some.sort_by_key(|proposal| (std::cmp::Reverse(proposal.orders), proposal.name()));
            all.append(&mut some);
        };
        let channel = |(name, seen): (&String, &Seen)| Some(proposal(What::Channel(name.clone()), channel_looks_like(name)?, seen));
        put(self.channels.iter().filter_map(channel).collect());
        let tag = |(name, seen): (&String, &Seen)| Some(proposal(What::Tag(name.clone()), tag_looks_like(name)?, seen));
        put(self.tags.iter().filter_map(tag).collect());
        let of_domain = |(name, seen): (&String, &Seen)| {
            let looks_like = if is_for_tests(name) {
                "test orders"
            } else if seen.customers >= 2 && seen.free * 2 >= seen.orders.max(1) {
                // Several people of one house whose orders are mostly free.
                "staff"
            } else {
                return None;
            };
            Some(proposal(What::EmailDomain(name.clone()), looks_like, seen))
        };
        put(self.domains.iter().filter_map(of_domain).collect());
        self.free.sort_by_key(|(id, seen)| (std::cmp::Reverse(seen.orders), id.clone()));
        self.free.truncate(FREE_CUSTOMERS);
        put(self.free.iter().map(|(id, seen)| proposal(What::Customer(id.clone()), "staff", seen)).collect());
        put(self.wholesale().into_iter().collect());
        all
    }

    fn wholesale(&mut self) -> Option<Proposal> {
        let middle = self.buyers.len().checked_sub(1)? / 2;
        let median = self.buyers.select_nth_unstable_by_key(middle, |buyer| buyer.median_units).1.median_units;
        // Ten times the store's own, in whole units and at least ten.
        let unit = i128::from(money::UNIT);
        let units = i64::try_from((i128::from(median.max(money::UNIT)) * TIMES + unit - 1) / unit).ok()?;
        let least = units.saturating_mul(money::UNIT);
        let mut seen = Seen::default();
        for buyer in self.buyers.iter().filter(|buyer| buyer.company || buyer.median_units >= least) {
            seen.add(&Seen { customers: 1, orders: buyer.orders, free: 0, gross: buyer.gross });
        }
        let what = What::Wholesale { units };
        Some(Proposal { what, looks_like: "wholesale buyers", customers: seen.customers, orders: seen.orders, gross: seen.gross })
    }
}

/// A wholesale buyer takes this many times what the store's median buyer takes.
const TIMES: i128 = 10;
/// Customers that are proposed one by one.
const FREE_CUSTOMERS: usize = 20;

/// Marketplaces, as their channels begin.
const MARKETPLACES: &[&str] = &[
    "amazon",
    "ebay",
    "etsy",
    "zalando",
    "otto",
    "kaufland",
    "allegro",
    "walmart",
    "cdiscount",
    "mirakl",
    "bol",
    "aboutyou",
    "rakuten",
    "mercadolibre",
    "shopee",
    "lazada",
    "temu",
    "galaxus",
    "real",
    "marketplace",
];
/// Names of tills.
const TILLS: &[&str] = &["pos", "till", "kasse", "retail"];
/// Tags of test orders, of staff, of wholesale.
const TESTS: &[&str] = &["test", "testing", "dummy"];
const STAFF: &[&str] = &["staff", "employee", "employees", "team", "internal", "mitarbeiter"];
const WHOLESALE: &[&str] = &["wholesale", "b2b", "reseller", "trade", "distributor", "haendler", "händler"];
/// Where anybody can have an address.
const PUBLIC: &[&str] = &[
    "gmail",
    "googlemail",
    "yahoo",
    "ymail",
    "hotmail",
    "outlook",
    "live",
    "msn",
    "icloud",
    "me",
    "mac",
    "aol",
    "gmx",
    "web",
    "t-online",
    "freenet",
    "mail",
    "yandex",
    "proton",
    "protonmail",
    "pm",
    "qq",
    "163",
    "126",
    "orange",
    "wanadoo",
    "free",
    "laposte",
    "libero",
    "btinternet",
    "comcast",
    "verizon",
    "att",
    "posteo",
    "mailbox",
    "zoho",
    "fastmail",
    "bluewin",
    "hey",
];

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn channel_looks_like(channel: &str) -> Option<&'static str> {
    // A short name may begin any word; a long one is a name wherever it begins one.
    const LONG: usize = 5;
    let marketplace = |word: &str| MARKETPLACES.iter().any(|name| word == *name || (name.len() >= LONG && word.starts_with(name)));
    let sale_point = words(channel).collect::<Vec<_>>().windows(3).any(|three| three == ["point", "of", "sale"]);
    if words(channel).any(marketplace) {
        Some("a marketplace")
    } else if sale_point || words(channel).any(|word| TILLS.contains(&word)) {
        Some("a till")
    } else {
        None
    }
}

fn tag_looks_like(tag: &str) -> Option<&'static str> {
    let is = |names: &[&str]| words(tag).any(|word| names.contains(&word));
    if is(TESTS) {
        Some("test orders")
    } else if is(STAFF) {
        Some("staff")
    } else if is(WHOLESALE) {
        Some("wholesale buyers")
    } else {
        channel_looks_like(tag)
    }
}

fn is_public(domain: &str) -> bool {
    domain.split('.').next().is_some_and(|name| PUBLIC.contains(&name))
}

/// Domains kept free for examples and tests (RFC 2606), and what people type instead.
fn is_for_tests(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    matches!(last, "test" | "example" | "invalid" | "localhost")
        || matches!(domain.split('.').next(), Some("example" | "test" | "mailinator"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_channel_or_tag_looks_like() {
        let check = |channel: &str, expected: Option<&str>| assert_eq!(channel_looks_like(channel), expected, "{channel}");
        check("amazon_de", Some("a marketplace"));
        check("amazonfba", Some("a marketplace"));
        check("otto market", Some("a marketplace"));
        check("bolero", None);
        check("pos", Some("a till"));
        check("point of sale", Some("a till"));
        check("postcard", None);
        check("web", None);
        assert_eq!(tag_looks_like("staff-order"), Some("staff"));
        assert_eq!(tag_looks_like("latest"), None);
        assert_eq!(tag_looks_like("b2b"), Some("wholesale buyers"));
    }

    #[test]
    fn addresses_that_anybody_can_have_are_of_no_house() {
        assert!(is_public("gmail.com") && is_public("yahoo.co.uk") && !is_public("shop.example"));
        assert!(is_for_tests("shop.example") && is_for_tests("example.com") && is_for_tests("a.test") && !is_for_tests("contest.com"));
    }
}
