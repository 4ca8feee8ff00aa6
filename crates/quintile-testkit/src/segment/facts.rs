//! All facts of a customer that have happened and count, by the names that segments use.

use super::touches::{Touch, sorted};
use crate::reference::{Settings, Value, counted_orders, in_reporting_currency};
use crate::shop::{Line, Person};
use quintile_model::Touchpoint;
use std::collections::BTreeMap;

/// One fact.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    /// When.
    pub at: i64,
    /// Values by the names of parameters.
    pub values: BTreeMap<String, Value>,
    /// Of an order, its lines of goods.
    pub lines: Vec<BTreeMap<String, Value>>,
}

/// Facts by function, in the order of time.
pub type FactsOf = BTreeMap<&'static str, Vec<Fact>>;

const HOUR: i64 = 3_600_000_000;

fn text(text: &Option<String>) -> Value {
    text.clone().map_or(Value::Missing, Value::Text)
}

/// `a, b` is two values.
fn parted(text: &Option<String>) -> Value {
    let parts: Vec<String> =
        text.iter().flat_map(|text| text.split(',')).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { Value::Missing } else { Value::Texts(parts) }
}

fn amount(value: Option<i128>) -> Value {
    value.map_or(Value::Missing, |value| Value::Amount(value as i64))
}

fn line_values(line: &Line, value: Option<i128>) -> BTreeMap<String, Value> {
    let quantity = i128::from(line.quantity);
    let whole = i128::from(line.amount + line.discount) * 10_000;
    let price = (quantity != 0).then(|| {
        let (whole, quantity) = if quantity < 0 { (-whole, -quantity) } else { (whole, quantity) };
        let (below, rest) = (whole.div_euclid(quantity), 2 * whole.rem_euclid(quantity));
        if rest > quantity || (rest == quantity && below % 2 != 0) { below + 1 } else { below }
    });
    BTreeMap::from([
        ("id".to_owned(), text(&line.product)),
        ("sku".to_owned(), text(&line.product)),
        ("category".to_owned(), text(&line.category)),
        ("product_type".to_owned(), text(&line.category)),
        ("quantity".to_owned(), Value::Amount(line.quantity)),
        ("amount".to_owned(), amount(value)),
        ("price".to_owned(), amount(price)),
        ("full_price".to_owned(), Value::Flag(line.discount <= 0)),
    ])
}

/// All facts before the moment.
pub fn facts(person: &Person, touches: &[Touch], settings: &Settings) -> FactsOf {
    let mut facts = FactsOf::new();
    let mut refunds = Vec::new();
    let back = |at: i64, money: i64, currency: &Option<String>| in_reporting_currency(settings, i128::from(money), currency, at);
    for (before, counted) in counted_orders(person, settings).into_iter().enumerate() {
        let order = counted.order;
        let of_order = BTreeMap::from([
            ("channel".to_owned(), text(&order.channel)),
            ("country".to_owned(), text(&order.country)),
            ("discount_code".to_owned(), parted(&order.discount_codes)),
            ("discounted".to_owned(), Value::Flag(counted.discounted)),
            ("nth".to_owned(), Value::Int(before as i64 + 1)),
            ("currency".to_owned(), text(&order.currency)),
        ]);
        let mut lines = Vec::new();
        for line in &order.lines {
            let rated = in_reporting_currency(settings, i128::from(line.amount), &order.currency, order.at);
            let own = line_values(line, rated);
            let mut all = of_order.clone();
            all.extend(own.clone());
            let fact = Fact { at: order.at, values: all, lines: Vec::new() };
            match line.kind {
                None => {
                    lines.push(own);
                    facts.entry("products_purchased").or_default().push(fact);
                }
                Some("return") => facts.entry("products_returned").or_default().push(fact),
                Some(_) => {}
            }
        }
        for refund in order.refunds.iter().filter(|refund| refund.at < settings.as_of) {
            let value = back(refund.at, refund.amount, &refund.currency).filter(|_| counted.gross.is_some());
            let mut values = of_order.clone();
            values.extend([("amount".to_owned(), amount(value)), ("currency".to_owned(), text(&refund.currency))]);
            refunds.push(Fact { at: refund.at, values, lines: Vec::new() });
        }
        let mut values = of_order;
        values.insert("amount".to_owned(), amount(counted.gross));
        facts.entry("orders_placed").or_default().push(Fact { at: order.at, values, lines });
    }
    for refund in person.refunds.iter().filter(|refund| refund.at < settings.as_of) {
        let value = back(refund.at, refund.amount, &refund.currency);
        let values = BTreeMap::from([("amount".to_owned(), amount(value)), ("currency".to_owned(), text(&refund.currency))]);
        refunds.push(Fact { at: refund.at, values, lines: Vec::new() });
    }
    // Lines of no order lie before all others, at the beginning of time as far as the shop says.
    let loose = person.lines.iter().filter(|line| line.kind == Some("return") && settings.as_of > 0);
    let loose = loose.map(|line| Fact { at: 0, values: line_values(line, Some(i128::from(line.amount))), lines: Vec::new() });
    facts.entry("products_returned").or_default().extend(loose);
    facts.insert("refunds", refunds);
    touched(touches, person, settings, &mut facts);
    facts.values_mut().for_each(|facts| facts.sort_by_key(|fact| fact.at));
    facts
}

fn touched(touches: &[Touch], person: &Person, settings: &Settings, facts: &mut FactsOf) {
    let before = |kind| sorted(touches, kind).into_iter().filter(|touch| touch.at < settings.as_of).collect::<Vec<&Touch>>();
    let get = |touch: &Touch, name: &str| touch.values.get(name).cloned().unwrap_or(Value::Missing);
    let is = |touch: &Touch, name: &str, value: &str| get(touch, name) == Value::Text(value.to_owned());
    let fact = |touch: &Touch, names: &[(&str, &str)]| {
        let values = names.iter().map(|(name, column)| ((*name).to_owned(), get(touch, column)));
        Fact { at: touch.at, values: values.collect(), lines: Vec::new() }
    };
    const EVENT: [(&str, &str); 8] = [
        ("name", "name"),
        ("id", "product"),
        ("category", "category"),
        ("page", "page"),
        ("term", "term"),
        ("value", "value"),
        ("seconds", "seconds"),
        ("device", "device"),
    ];
    let (mut named, mut last) = (Vec::new(), None);
    for event in before(Touchpoint::Events) {
        let own = fact(event, &EVENT);
        for (function, name) in [("storefront.product_viewed", "product_viewed"), ("pages_viewed", "page_viewed"), ("searches", "searched")]
        {
            if is(event, "name", name) {
                facts.entry(function).or_default().push(own.clone());
            }
        }
        let begins = match get(event, "visit") {
            Value::Text(visit) if named.contains(&visit) => false,
            Value::Text(visit) => {
                named.push(visit);
                true
            }
            _ => last.replace(event.at).is_none_or(|last: i64| event.at - last >= HOUR / 2),
        };
        if begins {
            facts.entry("visits").or_default().push(own.clone());
        }
        facts.entry("events").or_default().push(own);
    }
    for cart in before(Touchpoint::Carts) {
        let own = fact(cart, &[("value", "value"), ("checkout", "checkout")]);
        // An order that was called off later was placed all the same.
        let ordered = person
            .orders
            .iter()
            .any(|order| order.standing.unwrap_or("counts") == "counts" && order.at >= cart.at && order.at < cart.at + HOUR);
        if get(cart, "emptied") != Value::Flag(true) && cart.at + HOUR <= settings.as_of && !ordered {
            facts.entry("carts_abandoned").or_default().push(own.clone());
        }
        if get(cart, "checkout") == Value::Flag(true) {
            facts.entry("checkouts_started").or_default().push(own);
        }
    }
    for message in before(Touchpoint::Messages) {
        let own = fact(message, &[("channel", "channel"), ("campaign", "campaign"), ("message", "message")]);
        let machine = get(message, "machine") == Value::Flag(true);
        let mail = is(message, "channel", "email");
        let kinds = [
            ("sent", "messages.received", ""),
            ("opened", "messages.opened", "shopify_email.opened"),
            ("clicked", "messages.clicked", "shopify_email.clicked"),
            ("bounced", "messages.bounced", "shopify_email.bounced"),
        ];
        for (action, function, of_mail) in kinds {
            if !is(message, "action", action) || (machine && matches!(action, "opened" | "clicked")) {
                continue;
            }
            facts.entry(function).or_default().push(own.clone());
            if mail && !of_mail.is_empty() {
                facts.entry(of_mail).or_default().push(own.clone());
            }
        }
    }
    for ticket in before(Touchpoint::Tickets) {
        let mut own = fact(ticket, &[("channel", "channel"), ("complaint", "complaint"), ("score", "score")]);
        let tags = match get(ticket, "tags") {
            Value::Text(tags) => parted(&Some(tags)),
            _ => Value::Missing,
        };
        own.values.insert("tag".to_owned(), tags);
        facts.entry("tickets").or_default().push(own);
    }
    for review in before(Touchpoint::Reviews) {
        facts.entry("reviews").or_default().push(fact(review, &[("id", "product"), ("rating", "rating")]));
    }
}
