//! The profile, worked out plainly: one customer after the other, one column after the other, in maps.
//!
//! Written from the meaning of the columns alone. It is slow on purpose, and shares no code with what it checks.

mod care;
mod engagement;
mod traits;
mod visits;

use crate::shop::{Known, Line, Order, Person, Refund, Shop};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked; thresholds are the defaults.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The moment.
    pub as_of: i64,
    /// The store's zone.
    pub zone: TimeZone,
    /// The reporting currency; `None` takes amounts as they are.
    pub currency: Option<String>,
    /// (currency, day since 1970, billionths): the latest on or before the day holds.
    pub rates: Vec<(String, i64, i64)>,
    /// The source whose ids are bare.
    pub first_source: Option<String>,
    /// When products came on sale.
    pub launches: BTreeMap<String, i64>,
    /// Cost of a unit, by product.
    pub product_costs: BTreeMap<String, i64>,
    /// (day since 1970, cost of a ticket): the latest on or before the day holds.
    pub ticket_costs: Vec<(i64, i64)>,
    /// What a channel cost in a month, counted from January of the year 0.
    pub winning_costs: BTreeMap<(String, i64), i64>,
}

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "named as types are")]
pub enum Value {
    Missing,
    Int(i64),
    Number(f64),
    /// Ten-thousandths.
    Amount(i64),
    Instant(i64),
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
}

/// The values of one customer.
pub type Row = BTreeMap<&'static str, Value>;

const DAY: i64 = 86_400_000_000;

/// One row a known customer, by key.
pub fn profile(shop: &Shop, settings: &Settings) -> BTreeMap<u64, Row> {
    let customers: BTreeMap<u64, Customer<'_>> = shop
        .people
        .iter()
        .map(|person| (Shop::key(person), Customer::of(person, settings)))
        .filter(|(_, customer)| customer.known)
        .collect();
    let mut store = Store::of(customers.values(), settings);
    store.revenue = care::revenue(&shop.people, settings);
    for won in customers.values().filter_map(|customer| care::won(customer, settings)) {
        *store.won.entry(won).or_default() += 1;
    }
    customers.iter().map(|(key, customer)| (*key, customer.row(&store, settings))).collect()
}

/// The orders of a person that count, oldest first.
pub(crate) fn counted_orders<'a>(person: &'a Person, settings: &Settings) -> Vec<Counted<'a>> {
    Customer::of(person, settings).orders
}

/// An amount in the reporting currency, by the rate of its day.
pub(crate) fn in_reporting_currency(settings: &Settings, amount: i128, currency: &Option<String>, at: i64) -> Option<i128> {
    converted(settings, amount, currency, at)
}

/// An order that counts, with its value in the reporting currency.
pub(crate) struct Counted<'a> {
    pub order: &'a Order,
    pub gross: Option<i128>,
    net: Option<i128>,
    discount: Option<i128>,
    pub discounted: bool,
}

/// A customer as of the moment.
struct Customer<'a> {
    person: &'a Person,
    known: bool,
    added: Option<i64>,
    orders: Vec<Counted<'a>>,
    /// (when, how much) of refunds with a rate.
    refunds: Vec<(i64, i128)>,
    refunds_counted: usize,
    unlinked_refund: bool,
    returned_orders: usize,
    days: Vec<i64>,
}

fn local(settings: &Settings, at: i64) -> Zoned {
    Timestamp::from_microsecond(at).unwrap().to_zoned(settings.zone.clone())
}

fn day(settings: &Settings, at: i64) -> i64 {
    let date = local(settings, at).date();
    let days = date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1))).unwrap().get_days();
    i64::from(days)
}

/// `part / whole`, to the nearest whole number, a half to the even one.
fn half_even(part: i128, whole: i128) -> i128 {
    let below = part.div_euclid(whole);
    let rest = part.rem_euclid(whole) * 2;
    if rest > whole || (rest == whole && below % 2 != 0) { below + 1 } else { below }
}

fn converted(settings: &Settings, amount: i128, currency: &Option<String>, at: i64) -> Option<i128> {
    let (Some(reporting), Some(currency)) = (&settings.currency, currency) else { return Some(amount) };
    if reporting == currency {
        return Some(amount);
    }
    let on = day(settings, at);
    let rates = settings.rates.iter().filter(|(of, since, _)| of == currency && *since <= on);
    let (_, _, rate) = rates.max_by_key(|(_, since, _)| *since)?;
    Some(half_even(amount * *rate as i128, 1_000_000_000))
}

impl<'a> Customer<'a> {
    fn of(person: &'a Person, settings: &Settings) -> Self {
        let before = |at: i64| at < settings.as_of;
        let counts =
            |order: &Order| order.standing.unwrap_or("counts") == "counts" && before(order.at) && !order.cancelled.is_some_and(before);
        let mut sorted: Vec<&Order> = person.orders.iter().collect();
        sorted.sort_by_key(|order| order.at);

        let mut customer = Customer {
            person,
            known: false,
            added: None,
            orders: Vec::new(),
            refunds: Vec::new(),
            refunds_counted: 0,
            unlinked_refund: false,
            returned_orders: 0,
            days: Vec::new(),
        };
        for order in sorted.into_iter().filter(|order| counts(order)) {
            let lines: i128 = order.lines.iter().map(|line| line.amount as i128).sum();
            let value = order.total.map_or(lines, |total| total as i128);
            let gross = converted(settings, value, &order.currency, order.at);
            let of_lines: i128 = order
                .lines
                .iter()
                .map(|line| line.discount as i128 - if line.kind == Some("discount") { line.amount as i128 } else { 0 })
                .sum();
            let discount = order.discount.map_or(of_lines, |discount| discount as i128);
            let mut net = gross;
            let mut returned = false;
            for refund in order.refunds.iter().filter(|refund| before(refund.at)) {
                returned = true;
                customer.refunds_counted += 1;
                if let (Some(net), Some(back)) = (&mut net, converted(settings, refund.amount as i128, &refund.currency, refund.at)) {
                    *net -= back;
                    customer.refunds.push((refund.at, back));
                }
            }
            customer.returned_orders += usize::from(returned);
            customer.days.push(day(settings, order.at));
            customer.orders.push(Counted {
                order,
                gross,
                net,
                discount: gross.and_then(|_| converted(settings, discount, &order.currency, order.at)),
                discounted: discount > 0,
            });
        }
        for refund in person.refunds.iter().filter(|refund| before(refund.at)) {
            customer.unlinked_refund = true;
            customer.refunds_counted += 1;
            if let Some(back) = converted(settings, refund.amount as i128, &refund.currency, refund.at) {
                customer.refunds.push((refund.at, back));
            }
        }
        customer.days.sort();
        customer.days.dedup();

        let refunds =
            || person.refunds.iter().chain(person.orders.iter().flat_map(|order| &order.refunds)).map(|refund: &Refund| refund.at);
        let times = || person.known.iter().filter_map(|known| known.at).chain(person.orders.iter().map(|order| order.at)).chain(refunds());
        customer.added = times().filter(|at| before(*at)).min();
        customer.known = customer.added.is_some() || times().next().is_none();
        customer
    }

    /// Money is not known when there is some and none of it has a rate.
    fn money_known(&self) -> bool {
        match self.orders.len() {
            0 => self.refunds_counted == 0 || !self.refunds.is_empty(),
            _ => self.orders.iter().any(|order| order.gross.is_some()),
        }
    }

    fn orders_known(&self) -> bool {
        self.orders.is_empty() || self.orders.iter().any(|order| order.gross.is_some())
    }

    fn gross(&self) -> i128 {
        self.orders.iter().filter_map(|order| order.gross).sum()
    }

    fn refunded(&self) -> i128 {
        self.refunds.iter().map(|(_, back)| back).sum()
    }

    fn spent(&self) -> Option<i128> {
        self.money_known().then(|| self.gross() - self.refunded())
    }

    fn median_net(&self) -> Option<i128> {
        let mut net: Vec<i128> = self.orders.iter().filter_map(|order| order.net).collect();
        net.sort();
        let n = net.len();
        match n {
            0 => None,
            _ if n % 2 == 1 => Some(net[n / 2]),
            _ => Some(half_even(net[n / 2 - 1] + net[n / 2], 2)),
        }
    }

    fn gaps(&self) -> Vec<i64> {
        self.days.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    fn regularity(&self) -> Option<f64> {
        let gaps = self.gaps();
        let n = gaps.len() as f64;
        let mean = gaps.iter().sum::<i64>() as f64 / n;
        let variance = gaps.iter().map(|gap| (*gap as f64 - mean).powi(2)).sum::<f64>() / n;
        (gaps.len() >= 2).then(|| 1.0 / (1.0 + variance.sqrt() / mean))
    }

    fn sales(&self) -> impl Iterator<Item = (&'a Order, &'a Line)> + '_ {
        self.orders
            .iter()
            .flat_map(|counted| counted.order.lines.iter().filter(|line| line.kind.is_none()).map(|line| (counted.order, line)))
    }

    /// Registered rows before others, newer before older.
    fn attribute<T: Clone>(&self, of: impl Fn(&Known) -> Option<T>) -> Option<T> {
        let rows = |registered: bool| self.person.known.iter().rev().filter(move |known| known.registered == registered);
        rows(true).chain(rows(false)).find_map(of)
    }

    /// Most units, then most recent, then by name: the text, its units and all units.
    fn favourite<'b>(
        sales: impl Iterator<Item = (&'b Order, &'b Line)>,
        text: impl Fn(&Line) -> Option<String>,
    ) -> Option<(String, i128, i128)> {
        let mut of: BTreeMap<String, (i128, i64)> = BTreeMap::new();
        for (order, line) in sales {
            if let Some(text) = text(line) {
                let entry = of.entry(text).or_insert((0, i64::MIN));
                *entry = (entry.0 + line.quantity as i128, entry.1.max(order.at));
            }
        }
        let all = of.values().map(|(units, _)| units).sum();
        let mut ranked: Vec<_> = of.into_iter().collect();
        ranked.sort_by(|(a, (units_a, at_a)), (b, (units_b, at_b))| (units_b, at_b).cmp(&(units_a, at_a)).then(a.cmp(b)));
        ranked.into_iter().next().map(|(text, (units, _))| (text, units, all))
    }

    fn row(&self, store: &Store, settings: &Settings) -> Row {
        let mut row = Row::new();
        let (as_of, orders) = (settings.as_of, &self.orders);
        let n = orders.len();
        let purchases = self.days.len();
        let today = day(settings, as_of);
        let elapsed = |at: i64| number(Some((as_of - at) as f64 / DAY as f64));
        let first = orders.first().map(|counted| counted.order);
        let last = orders.last().map(|counted| counted.order);
        let known_amount = |amount: i128, known: bool| if known { Value::Amount(amount as i64) } else { Value::Missing };
        let amount = |amount: Option<i128>| amount.map_or(Value::Missing, |amount| Value::Amount(amount as i64));

        // Who.
        let named = self.person.known.iter().rev().find(|known| known.registered).or(self.person.known.first());
        row.insert(
            "customer_id",
            named.map_or(Value::Missing, |known| {
                Value::Text(match &settings.first_source {
                    // Guests go by e-mail or phone, which are the same in every source.
                    Some(first) if known.registered && *first != known.source => format!("{}:{}", known.source, known.id),
                    _ => known.id.clone(),
                })
            }),
        );
        row.insert("customer_added_date", self.added.map_or(Value::Missing, Value::Instant));
        row.insert("registered", Value::Flag(self.person.known.iter().any(|known| known.registered)));
        row.insert("returns_only", Value::Flag(n == 0 && self.refunds_counted > 0));
        let ordered_country = || orders.iter().rev().find_map(|counted| counted.order.country.clone());
        row.insert("country", text(self.attribute(|known| known.country.clone()).or_else(ordered_country)));
        row.insert("city", text(self.attribute(|known| known.city.clone())));
        row.insert("language", text(self.attribute(|known| known.language.clone())));
        row.insert("email", text(self.attribute(|known| known.email.clone())));
        row.insert("customer_account_status", text(self.attribute(|known| known.account_status.clone())));
        let domain = |email: String| email.split_once('@').map(|(_, domain)| domain.to_lowercase());
        row.insert("customer_email_domain", text(self.attribute(|known| known.email.clone()).and_then(domain)));
        let tags = self.attribute(|known| known.tags.clone()).map(|tags| tags.split(", ").map(str::to_owned).collect::<BTreeSet<_>>());
        row.insert("customer_tags", tags.map_or(Value::Missing, |tags| Value::Texts(tags.into_iter().collect())));
        let mut countries: BTreeSet<String> = orders.iter().filter_map(|counted| counted.order.country.clone()).collect();
        countries.extend(self.attribute(|known| known.country.clone()));
        let countries = countries.into_iter().collect::<Vec<_>>();
        row.insert("customer_countries", if countries.is_empty() { Value::Missing } else { Value::Texts(countries) });

        // Value.
        row.insert("number_of_orders", Value::Int(n as i64));
        row.insert("number_of_purchases", Value::Int(purchases as i64));
        row.insert("amount_spent", amount(self.spent()));
        row.insert("amount_spent_gross", known_amount(self.gross(), self.orders_known()));
        row.insert("amount_refunded", known_amount(self.refunded(), self.money_known()));
        row.insert("amount_discounted", known_amount(orders.iter().filter_map(|order| order.discount).sum(), self.orders_known()));
        let with_amount = orders.iter().filter(|order| order.gross.is_some()).count();
        row.insert("orders_without_rate", Value::Int((n - with_amount) as i64));
        row.insert("average_order_value", amount((with_amount > 0).then(|| half_even(self.gross(), with_amount as i128))));
        row.insert("median_net_order_value", amount(self.median_net()));
        row.insert("largest_order", amount(orders.iter().filter_map(|order| order.net).max()));
        row.insert("last_order_total", amount(orders.last().and_then(|order| order.net)));
        let units: i128 = self.sales().map(|(_, line)| line.quantity as i128).sum();
        row.insert("units", Value::Int(half_even(units, 10_000) as i64));
        row.insert("average_units_per_order", number((n > 0).then(|| units as f64 / 10_000.0 / n as f64)));

        // Rhythm.
        let gaps = self.gaps();
        let mut sorted = gaps.clone();
        sorted.sort();
        let middle = |at: usize| sorted[at] as f64;
        let half = sorted.len() / 2;
        let median = match sorted.len() {
            0 => None,
            k if k % 2 == 1 => Some(middle(half)),
            _ => Some((middle(half - 1) + middle(half)) / 2.0),
        };
        let at = |order: Option<&Order>| order.map_or(Value::Missing, |order| Value::Instant(order.at));
        row.insert("first_order_date", at(first));
        row.insert("second_order_date", at(orders.get(1).map(|counted| counted.order)));
        row.insert("last_order_date", at(last));
        row.insert("tenure_days", self.added.map_or(Value::Missing, elapsed));
        row.insert("days_since_first_order", first.map_or(Value::Missing, |order| elapsed(order.at)));
        row.insert("days_since_last_order", last.map_or(Value::Missing, |order| elapsed(order.at)));
        row.insert("mean_days_between_purchases", number((!gaps.is_empty()).then(|| gaps.iter().sum::<i64>() as f64 / gaps.len() as f64)));
        row.insert("median_days_between_purchases", number(median));
        row.insert("purchase_regularity", number(self.regularity()));
        row.insert("expected_gap_days", number(store.expected(&gaps)));
        let overdue = store.overdue(&self.days, today);
        row.insert("overdue_ratio", number(overdue));
        let mut lapses = 0;
        for (number, gap) in gaps.iter().enumerate() {
            let back = store.overdue(&self.days[..=number], self.days[number] + gap).unwrap();
            let inactive = if number == 0 { *gap as f64 > store.last_call } else { back > 4.0 };
            lapses += i64::from(inactive);
        }
        row.insert("lapses", Value::Int(lapses));

        // Windows.
        let within = |days: i64| orders.iter().filter(move |counted| as_of - counted.order.at <= days * DAY);
        row.insert("orders_in_30d", Value::Int(within(30).count() as i64));
        row.insert("orders_in_90d", Value::Int(within(90).count() as i64));
        row.insert("orders_in_365d", Value::Int(within(365).count() as i64));
        let back: i128 = self.refunds.iter().filter(|(at, _)| as_of - at <= 365 * DAY).map(|(_, back)| back).sum();
        let lately: i128 = within(365).filter_map(|counted| counted.gross).sum();
        row.insert("spent_in_365d", known_amount(lately - back, self.money_known()));

        // Taste.
        let category = |line: &Line| line.category.clone();
        let product = |line: &Line| line.product.clone();
        let distinct = |of: &dyn Fn(&Line) -> Option<String>| {
            Value::Int(self.sales().filter_map(|(_, line)| of(line)).collect::<BTreeSet<_>>().len() as i64)
        };
        row.insert("distinct_products", distinct(&product));
        row.insert("distinct_categories", distinct(&category));
        let favourite = |of: &dyn Fn(&Line) -> Option<String>| text(Self::favourite(self.sales(), of).map(|(name, _, _)| name));
        row.insert("favourite_category", favourite(&category));
        row.insert("favourite_product", favourite(&product));
        let in_order = |order: Option<&Counted<'a>>, of: &dyn Fn(&Line) -> Option<String>| {
            let lines = order
                .into_iter()
                .flat_map(|counted| counted.order.lines.iter().filter(|line| line.kind.is_none()).map(|line| (counted.order, line)));
            text(Self::favourite(lines, of).map(|(name, _, _)| name))
        };
        row.insert("first_category", in_order(orders.first(), &category));
        row.insert("first_product", in_order(orders.first(), &product));
        row.insert("last_category", in_order(orders.last(), &category));
        let largest = Self::favourite(self.sales(), category).filter(|(_, _, all)| *all > 0);
        row.insert("category_concentration", number(largest.map(|(_, units, all)| units as f64 / all as f64)));
        let full: i128 = self.sales().filter(|(_, line)| line.discount <= 0).map(|(_, line)| line.quantity as i128).sum();
        row.insert("full_price_unit_share", number((units > 0).then(|| full as f64 / units as f64)));
        let (mut new, mut dated) = (0, 0);
        for (order, line) in self.sales() {
            if let Some(launch) = line.product.as_ref().and_then(|product| settings.launches.get(product)) {
                dated += line.quantity;
                new += if order.at - launch < 30 * DAY { line.quantity } else { 0 };
            }
        }
        row.insert("new_arrival_share", number((dated > 0).then(|| new as f64 / dated as f64)));

        // Habits.
        let share = |count: usize| number((n > 0).then(|| count as f64 / n as f64));
        row.insert("discounted_order_share", share(orders.iter().filter(|order| order.discounted).count()));
        let coupon = |order: &Order| order.discount_codes.as_ref().is_some_and(|codes| !codes.trim().is_empty());
        row.insert("coupon_order_share", share(orders.iter().filter(|counted| coupon(counted.order)).count()));
        let most = |of: &dyn Fn(&Zoned) -> i64| {
            let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
            orders.iter().for_each(|counted| *counts.entry(of(&local(settings, counted.order.at))).or_default() += 1);
            let best = counts.values().max().copied();
            best.and_then(|best| counts.iter().find(|(_, count)| **count == best)).map_or(Value::Missing, |(value, _)| Value::Int(*value))
        };
        row.insert("favourite_weekday", most(&|at| i64::from(at.weekday().to_monday_one_offset())));
        row.insert("favourite_hour", most(&|at| i64::from(at.hour())));
        row.insert("first_channel", text(first.and_then(|order| order.channel.clone())));
        row.insert("last_channel", text(last.and_then(|order| order.channel.clone())));

        // Care.
        let rate = self.money_known() && self.gross() > 0;
        row.insert("refund_rate", number(rate.then(|| self.refunded() as f64 / self.gross() as f64)));
        row.insert("return_rate", number((n > 0 && !self.unlinked_refund).then(|| self.returned_orders as f64 / n as f64)));

        // Scores.
        let score = |values: &[i128], own: Option<i128>| {
            own.filter(|_| n > 0).map(|own| 1 + 5 * values.iter().filter(|value| **value < own).count() as i64 / values.len() as i64)
        };
        let r = score(&store.recency, last.map(|order| order.at as i128));
        let f = score(&store.frequency, Some(n as i128));
        let m = score(&store.monetary, self.spent());
        let int = |score: Option<i64>| score.map_or(Value::Missing, Value::Int);
        row.insert("recency_score", int(r));
        row.insert("frequency_score", int(f));
        row.insert("monetary_score", int(m));
        row.insert(
            "rfm",
            match (r, f, m) {
                (Some(r), Some(f), Some(m)) => Value::Text(format!("{r}{f}{m}")),
                _ => Value::Missing,
            },
        );
        let rfm_group = match (r, f) {
            (Some(r), Some(f)) => shopify_group(r, (f + m.unwrap_or(f)) as f64 / 2.0),
            _ => "PROSPECTS",
        };
        row.insert("rfm_group", Value::Text(rfm_group.into()));

        // Classes.
        let since = self.days.last().map_or(0.0, |last| (today - last) as f64);
        let overdue = overdue.unwrap_or(0.0);
        let loyal = self.days.iter().filter(|day| (today - **day) as f64 <= store.window).count() >= 3;
        let stage = match purchases {
            0 if self.refunds_counted > 0 && n == 0 => "inactive-first-time",
            0 => "prospects",
            1 if since > store.last_call => "inactive-first-time",
            1 => "first-time-buyers",
            _ if overdue > 4.0 => "inactive-repeat",
            _ if overdue > 2.0 => "at-risk-repeat",
            _ if loyal => "loyal",
            _ => "active-repeat",
        };
        row.insert("life_stage", Value::Text(stage.into()));
        let state = match purchases {
            0 => "prospects",
            _ if overdue <= 1.0 => "active",
            _ if overdue <= 2.0 => "drifting",
            _ if overdue <= 4.0 => "churn-risk",
            _ => "lost",
        };
        row.insert("retention_state", Value::Text(state.into()));
        let live = overdue <= 2.0;
        let median = self.median_net();
        let at_least = |value: Option<i128>| median.is_some_and(|median| value.is_some_and(|value| median >= value));
        let steady = self.regularity().is_some_and(|own| store.steady.is_some_and(|steady| own >= steady - 1e-12));
        let brought = self.person.touched.referrals.iter().any(|referral| referral.at < as_of);
        let group = if purchases == 0 {
            "prospects"
        } else if !live && purchases >= 2 {
            "lapsed-core"
        } else if live && f == Some(5) && m == Some(5) {
            "champions"
        } else if live && purchases >= 2 && at_least(store.p80) {
            "big-spenders"
        } else if live && purchases >= 4 && (steady || f == Some(5)) {
            "loyalists"
        } else if live && (purchases >= 2 || brought) {
            "promising"
        } else if live && median.is_some_and(|median| store.p25.is_some_and(|p25| median > p25)) {
            "new"
        } else {
            "low-value"
        };
        row.insert("buying_group", Value::Text(group.into()));
        let core = match group {
            "prospects" => "prospects",
            "champions" | "big-spenders" | "loyalists" => "core",
            "promising" | "new" => "potential-core",
            _ => "non-core",
        };
        row.insert("core_group", Value::Text(core.into()));
        visits::add(self, settings, &mut row);
        engagement::add(self, settings, &mut row);
        care::add(self, store, settings, &mut row);
        traits::add(self, settings, &mut row);
        row
    }
}

fn text(text: Option<String>) -> Value {
    text.map_or(Value::Missing, Value::Text)
}

fn number(number: Option<f64>) -> Value {
    number.map_or(Value::Missing, Value::Number)
}

fn shopify_group(r: i64, fm: f64) -> &'static str {
    match r {
        5 if fm <= 1.0 => "NEW",
        5 if fm <= 3.0 => "ACTIVE",
        5 => "CHAMPIONS",
        4 if fm <= 1.0 => "PROMISING",
        4 if fm <= 3.0 => "ACTIVE",
        4 => "LOYAL",
        3 if fm <= 2.0 => "ALMOST_LOST",
        3 if fm <= 3.0 => "NEEDS_ATTENTION",
        3 => "LOYAL",
        _ if fm <= 2.0 => "DORMANT",
        _ if fm <= 4.0 => "AT_RISK",
        _ => "PREVIOUSLY_LOYAL",
    }
}

/// What depends on all customers.
#[derive(Debug, Clone)]
struct Store {
    usual_gap: f64,
    last_call: f64,
    window: f64,
    recency: Vec<i128>,
    frequency: Vec<i128>,
    monetary: Vec<i128>,
    p80: Option<i128>,
    p25: Option<i128>,
    steady: Option<f64>,
    revenue: BTreeMap<u64, i128>,
    won: BTreeMap<(String, i64), i128>,
}

impl Store {
    fn of<'a, 'b: 'a>(customers: impl Iterator<Item = &'a Customer<'b>> + Clone, settings: &Settings) -> Self {
        let last_day = day(settings, settings.as_of - 1);
        let buyers = || customers.clone().filter(|customer| !customer.orders.is_empty());
        let (mut first, mut later) = (Gaps::default(), Gaps::default());
        for customer in buyers() {
            let open = last_day - customer.days.last().unwrap();
            match customer.gaps().split_first() {
                None => first.open.push(open),
                Some((gap, rest)) => {
                    first.finished.push(*gap);
                    later.finished.extend(rest);
                    later.open.push(open);
                }
            }
        }
        let survival = later.survival();
        let usual_gap = survival.iter().find(|(_, s)| s.at_most_half()).map(|(day, _)| *day);
        let mut second = first.finished.clone();
        second.sort();
        let middle = second.get(second.len().div_ceil(2).max(1) - 1).copied();
        let usual_gap = usual_gap.or(later.finished.iter().max().copied()).or(middle).unwrap_or(30) as f64;
        let curve = first.survival();
        let year = curve.iter().filter(|(day, _)| **day <= 365).last().map_or(1.0, |(_, s)| s.value());
        let call = curve.iter().find(|(_, s)| 1.0 - s.value() >= 0.8 * (1.0 - year) - 1e-12).map_or(0, |(day, _)| *day);
        let mut medians: Vec<i128> = buyers().filter_map(Customer::median_net).collect();
        medians.sort();
        let rank = |percent: usize| medians.get((medians.len() * percent).div_ceil(100).max(1) - 1).copied();
        let mut steady: Vec<f64> = buyers().filter(|customer| customer.days.len() >= 4).filter_map(Customer::regularity).collect();
        steady.sort_by(f64::total_cmp);
        let n = steady.len();
        Store {
            usual_gap,
            last_call: (call as f64).max(60.0),
            window: (4.0 * usual_gap).max(90.0),
            recency: buyers().map(|customer| customer.orders.last().unwrap().order.at as i128).collect(),
            frequency: buyers().map(|customer| customer.orders.len() as i128).collect(),
            monetary: buyers().filter_map(Customer::spent).collect(),
            p80: rank(80),
            p25: rank(25),
            steady: (n > 0).then(|| (steady[(n - 1) / 2] + steady[n / 2]) / 2.0),
            revenue: BTreeMap::new(),
            won: BTreeMap::new(),
        }
    }

    fn expected(&self, gaps: &[i64]) -> Option<f64> {
        (!gaps.is_empty()).then(|| (2.0 * self.usual_gap + gaps.iter().sum::<i64>() as f64) / (2.0 + gaps.len() as f64))
    }

    /// How late a customer with these purchases is on a day.
    fn overdue(&self, days: &[i64], today: i64) -> Option<f64> {
        let last = days.last()?;
        let gaps: Vec<i64> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Some((today - last) as f64 / self.expected(&gaps).unwrap_or(self.last_call / 4.0))
    }
}

#[derive(Default)]
struct Gaps {
    finished: Vec<i64>,
    open: Vec<i64>,
}

/// A share as an exact fraction, as long as it fits.
#[derive(Clone, Copy)]
struct Share {
    exact: Option<(u128, u128)>,
    near: f64,
}

impl Share {
    fn times(self, part: u128, whole: u128) -> Share {
        let exact = self.exact.and_then(|(over, under)| {
            let (over, under) = (over.checked_mul(part)?, under.checked_mul(whole)?);
            let common = divisor(over, under);
            Some((over / common, under / common))
        });
        Share { exact, near: self.near * (part as f64 / whole as f64) }
    }

    fn at_most_half(self) -> bool {
        self.exact.map_or(self.near <= 0.5, |(over, under)| over <= under / 2 || 2 * over <= under)
    }

    fn value(self) -> f64 {
        self.exact.map_or(self.near, |(over, under)| over as f64 / under as f64)
    }
}

fn divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a.max(1) } else { divisor(b, a % b) }
}

impl Gaps {
    /// Kaplan-Meier: after each day on which gaps ended, the share of gaps that are longer.
    fn survival(&self) -> BTreeMap<i64, Share> {
        let mut share = Share { exact: Some((1, 1)), near: 1.0 };
        let mut curve = BTreeMap::new();
        for day in self.finished.iter().copied().collect::<BTreeSet<i64>>() {
            let at_risk = self.finished.iter().chain(&self.open).filter(|gap| **gap >= day).count() as u128;
            let ended = self.finished.iter().filter(|gap| **gap == day).count() as u128;
            share = share.times(at_risk - ended, at_risk);
            curve.insert(day, share);
        }
        curve
    }
}
