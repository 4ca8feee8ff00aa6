//! Random small shops: few products, few days, many ties, and everything that can be missing missing at times.

use crate::shop::{Known, Line, Order, Person, Refund, Shop};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;

/// Shops of up to so many customers whose facts lie within some two years around the start of 2025.
pub fn shops(customers: usize) -> impl Strategy<Value = Shop> {
    (vec(person(), 0..=customers), any::<bool>()).prop_map(|(mut people, repeat_texts)| {
        // Keys differ, and do not follow the order of the ids.
        people.iter_mut().enumerate().for_each(|(at, person)| person.key = (at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Shop { people, repeat_texts }
    })
}

/// Instants: often the very same, often a whole number of hours.
pub fn instants() -> impl Strategy<Value = i64> {
    const HOUR: i64 = 3_600_000_000;
    const START: i64 = 1_704_067_200_000_000;
    prop_oneof![
        2 => (0_i64..24 * 730).prop_map(|hour| START + hour * HOUR),
        2 => (0_i64..40).prop_map(|step| START + step * 17 * 24 * HOUR + 11 * HOUR),
        1 => (0_i64..730 * 24 * HOUR).prop_map(|micros| START + micros),
    ]
}

fn text(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(texts).prop_map(str::to_owned)
}

fn person() -> impl Strategy<Value = Person> {
    let parts = (vec(known(), 1..4), vec(order(), 0..9), vec(refund(), 0..2), vec(line(), 0..2));
    parts.prop_map(|(known, orders, refunds, mut lines)| {
        lines.iter_mut().for_each(|line| line.kind = Some("return"));
        Person { key: 0, known, orders, refunds, lines }
    })
}

fn known() -> impl Strategy<Value = Known> {
    let who = (text(&["1", "2", "a@example.com"]), text(&["shop", "till"]), any::<bool>(), weighted(0.3, instants()));
    let told = (
        of(text(&["a@example.com", "B@Example.org", "nobody"])),
        of(text(&["en", "de"])),
        of(text(&["vip, early", "early"])),
        of(text(&["enabled"])),
        of(text(&["SUBSCRIBED", "UNSUBSCRIBED"])),
        of(text(&["DE", "FR"])),
        of(text(&["Ulm"])),
    );
    (who, told).prop_map(|((id, source, registered, at), (email, language, tags, account_status, email_consent, country, city))| Known {
        id,
        source,
        registered,
        at,
        email,
        language,
        tags,
        account_status,
        email_consent,
        country,
        city,
    })
}

fn order() -> impl Strategy<Value = Order> {
    let standing = prop_oneof![8 => Just(None), 1 => Just(Some("unpaid")), 1 => Just(Some("test"))];
    let money =
        (weighted(0.4, text(&["EUR", "USD", "GBP"])), weighted(0.5, 0_i64..2_000_000), weighted(0.3, prop_oneof![Just(0), 1_i64..90_000]));
    let told = (of(text(&["web", "till"])), weighted(0.2, text(&["SPRING", " "])), of(text(&["DE", "FR", "US"])));
    let after = (vec(refund(), 0..2), weighted(0.1, instants()));
    (instants(), standing, money, told, vec(line(), 0..5), after).prop_map(
        |(at, standing, (currency, total, discount), (channel, discount_codes, country), lines, (refunds, cancelled))| Order {
            at,
            standing,
            currency,
            total,
            discount,
            channel,
            discount_codes,
            country,
            lines,
            refunds,
            cancelled,
        },
    )
}

fn line() -> impl Strategy<Value = Line> {
    let kind = prop_oneof![6 => Just(None), 1 => Just(Some("shipping")), 1 => Just(Some("discount")), 1 => Just(Some("return"))];
    let what = (weighted(0.9, text(&["tea", "mug", "pot", "jam"])), weighted(0.8, text(&["drinks", "kitchen", "food"])));
    let quantity = prop_oneof![4 => (1_i64..4).prop_map(|units| units * 10_000), 1 => 0_i64..30_000];
    (kind, what, quantity, prop_oneof![3 => Just(0), 1 => 1_i64..5_000], -50_000_i64..900_000)
        .prop_map(|(kind, (product, category), quantity, discount, amount)| Line { kind, product, category, quantity, discount, amount })
}

fn refund() -> impl Strategy<Value = Refund> {
    (instants(), 0_i64..600_000, weighted(0.3, text(&["EUR", "USD", "GBP"]))).prop_map(|(at, amount, currency)| Refund {
        at,
        amount,
        currency,
    })
}
