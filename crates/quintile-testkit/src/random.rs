//! Random small shops: few products, few days, many ties, and everything that can be missing missing at times.

use crate::shop::{Known, Line, Order, Person, Refund, Shop};
use crate::touches::{Cart, Consent, Event, Message, Referral, Review, Survey, Ticket, Touches};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use quintile_model::KeyMaker;

/// Shops of up to so many customers whose facts lie within some two years around the start of 2025.
pub fn shops(customers: usize) -> impl Strategy<Value = Shop> {
    (vec(person(), 0..=customers), any::<bool>()).prop_map(|(mut people, repeat_texts)| {
        // Keys differ, and do not follow the order of the ids.
        let keys: Vec<u64> = (1..=people.len() as u64).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        let guest = |email| KeyMaker::new("").guest_by_email(email).0;
        for (person, key) in people.iter_mut().zip(&keys) {
            person.key = *key;
            for referral in &mut person.touched.referrals {
                // Drawn as a place among the people, or an address; a place beyond them is somebody nobody knows.
                referral.referred = referral.referred.map(|at| match at {
                    12 => guest("a@example.com"),
                    13 => guest("b@example.org"),
                    at => keys.get(at as usize).copied().unwrap_or(at + 1),
                });
            }
        }
        Shop { people, repeat_texts }
    })
}

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const START: i64 = 1_704_067_200_000_000;

/// Instants: often the very same, often a whole number of hours.
pub fn instants() -> impl Strategy<Value = i64> {
    prop_oneof![
        2 => (0_i64..24 * 730).prop_map(|hour| START + hour * HOUR),
        2 => (0_i64..40).prop_map(|step| START + step * 17 * 24 * HOUR + 11 * HOUR),
        1 => (0_i64..730 * 24 * HOUR).prop_map(|micros| START + micros),
    ]
}

/// Instants within two hours of those at which much happens, in steps of five minutes or a microsecond beside one.
pub fn busy_instants() -> impl Strategy<Value = i64> {
    (14_i64..22, -12_i64..24, prop_oneof![4 => Just(0_i64), 1 => Just(-1), 1 => Just(1)])
        .prop_map(|(step, minutes, micros)| START + step * 17 * 24 * HOUR + 11 * HOUR + minutes * 5 * MINUTE + micros)
}

fn text(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(texts).prop_map(str::to_owned)
}

fn person() -> impl Strategy<Value = Person> {
    let parts = (vec(known(), 1..4), vec(order(), 0..9), vec(refund(), 0..2), vec(line(), 0..2), touches());
    parts.prop_map(|(known, orders, refunds, mut lines, touched)| {
        lines.iter_mut().for_each(|line| line.kind = Some("return"));
        Person { key: 0, known, orders, refunds, lines, touched }
    })
}

fn known() -> impl Strategy<Value = Known> {
    let who = (text(&["1", "2", "a@example.com"]), text(&["shop", "till"]), any::<bool>(), weighted(0.3, instants()), instants());
    let told = (
        of(text(&["a@example.com", "B@Example.org", "nobody"])),
        of(text(&["en", "de"])),
        of(text(&["vip, early", "early"])),
        of(text(&["enabled"])),
        of(text(&["SUBSCRIBED", "UNSUBSCRIBED"])),
        of(text(&["SUBSCRIBED", "PENDING"])),
        of(text(&["DE", "FR"])),
        of(text(&["Ulm"])),
    );
    let more = (
        weighted(0.3, text(&["female", "x"])),
        weighted(0.4, birthday()),
        weighted(0.3, text(&["school"])),
        weighted(0.3, text(&["ads", "friends"])),
        weighted(0.3, text(&["spring"])),
        weighted(0.3, text(&["contest"])),
    );
    (who, told, more).prop_map(|((id, source, registered, at, version), told, more)| {
        let (email, language, tags, account_status, email_consent, sms_consent, country, city) = told;
        let (gender, birthday, organisation_type, acquisition_source, acquisition_campaign, lead_source) = more;
        Known {
            id,
            source,
            registered,
            at,
            version,
            email,
            language,
            tags,
            account_status,
            email_consent,
            sms_consent,
            country,
            city,
            gender,
            birthday,
            organisation_type,
            acquisition_source,
            acquisition_campaign,
            lead_source,
            ..Known::default()
        }
    })
}

fn birthday() -> impl Strategy<Value = String> {
    text(&[
        "1990-05-17",
        "2000-02-29",
        " 1961-12-31 ",
        "--05-17",
        "--02-29",
        "2031-01-01",
        "1990-02-30",
        "5/17/1990",
        "1990-05-17T00:00:00",
        "",
    ])
}

fn touches() -> impl Strategy<Value = Touches> {
    let first = (vec(event(), 0..18), vec(cart(), 0..6), vec(message(), 0..18), vec(ticket(), 0..4));
    let second = (vec(review(), 0..3), vec(survey(), 0..7), vec(referral(), 0..3), vec(consent(), 0..4));
    (first, second).prop_map(|((events, carts, messages, tickets), (reviews, surveys, referrals, consents))| Touches {
        events,
        carts,
        messages,
        tickets,
        reviews,
        surveys,
        referrals,
        consents,
    })
}

fn event() -> impl Strategy<Value = Event> {
    let name = text(&["product_viewed", "product_viewed", "page_viewed", "searched", "form_submitted", "ordered tea"]);
    let what = (weighted(0.4, text(&["v1", "v2", "v3"])), weighted(0.4, text(&["/a", "/b"])), weighted(0.4, text(&["tea", "club"])));
    let how = (
        weighted(0.3, prop_oneof![4 => 0_i64..900, 1 => Just(-5)]),
        weighted(0.7, text(&["desktop", "mobile", "tablet"])),
        weighted(0.4, text(&["web", "app", "APP", "ios"])),
        weighted(0.2, text(&["ads", "news", "friends"])),
        weighted(0.2, text(&["spring", "autumn"])),
    );
    (busy_instants(), name, what, how).prop_map(|(at, name, (visit, page, term), (seconds, device, platform, channel, campaign))| Event {
        at,
        name,
        visit,
        page,
        term,
        seconds,
        device,
        platform,
        channel,
        campaign,
    })
}

fn cart() -> impl Strategy<Value = Cart> {
    let is = (of(any::<bool>()), weighted(0.3, any::<bool>()), weighted(0.3, text(&["1", "2", "3", "4"])));
    (busy_instants(), is, weighted(0.8, 0_i64..900_000), weighted(0.4, text(&["EUR", "USD", "GBP"])))
        .prop_map(|(at, (checkout, emptied, order), value, currency)| Cart { at, checkout, emptied, order, value, currency })
}

fn message() -> impl Strategy<Value = Message> {
    let action = text(&["sent", "sent", "delivered", "opened", "opened", "clicked", "bounced", "unsubscribed", "marked_as_spam"]);
    let which = (weighted(0.6, text(&["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"])), weighted(0.5, text(&["spring", "autumn"])));
    (busy_instants(), text(&["email", "email", "email", "sms", "push"]), action, which, weighted(0.4, any::<bool>()))
        .prop_map(|(at, channel, action, (message, campaign), machine)| Message { at, channel, action, message, campaign, machine })
}

fn score() -> impl Strategy<Value = Option<i64>> {
    weighted(0.6, (0_i64..=20).prop_map(|halves| halves * 5_000))
}

fn ticket() -> impl Strategy<Value = Ticket> {
    (instants(), of(any::<bool>()), weighted(0.4, instants()), score()).prop_map(|(at, complaint, solved_at, score)| Ticket {
        at,
        complaint,
        solved_at,
        score,
    })
}

fn review() -> impl Strategy<Value = Review> {
    (instants(), score()).prop_map(|(at, rating)| Review { at, rating })
}

fn survey() -> impl Strategy<Value = Survey> {
    let measure = text(&["nps", "csat", "interest", "interest", "need", "value", "gender", "birthday", "organisation_type", "colour"]);
    let answer = prop_oneof![3 => text(&["tea", "tea, mugs", " ,", "jam;tea", "1990-05-17", "", "calm"]), 1 => birthday()];
    (instants(), text(&["What?", "Why?"]), of(measure), weighted(0.8, answer), score())
        .prop_map(|(at, question, measure, answer, score)| Survey { at, question, measure, answer, score })
}

fn referral() -> impl Strategy<Value = Referral> {
    (instants(), weighted(0.8, 0_u64..14)).prop_map(|(at, referred)| Referral { at, referred })
}

fn consent() -> impl Strategy<Value = Consent> {
    (instants(), text(&["email", "sms", "push"]), text(&["SUBSCRIBED", "UNSUBSCRIBED", "PENDING"]))
        .prop_map(|(at, channel, state)| Consent { at, channel, state })
}

fn order() -> impl Strategy<Value = Order> {
    let standing = prop_oneof![8 => Just(None), 1 => Just(Some("unpaid")), 1 => Just(Some("test"))];
    let money =
        (weighted(0.4, text(&["EUR", "USD", "GBP"])), weighted(0.5, 0_i64..2_000_000), weighted(0.3, prop_oneof![Just(0), 1_i64..90_000]));
    let told = (of(text(&["web", "till"])), weighted(0.2, text(&["SPRING", " "])), of(text(&["DE", "FR", "US"])));
    let after = (vec(refund(), 0..2), weighted(0.1, instants()), weighted(0.3, text(&["1", "2", "3", "4"])));
    (instants(), standing, money, told, vec(line(), 0..5), after).prop_map(
        |(at, standing, (currency, total, discount), (channel, discount_codes, country), lines, (refunds, cancelled, id))| Order {
            id,
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
    (kind, what, quantity, prop_oneof![3 => Just(0), 1 => 1_i64..5_000], -50_000_i64..900_000).prop_map(
        |(kind, (product, category), quantity, discount, amount)| Line { kind, product, category, brand: None, quantity, discount, amount },
    )
}

fn refund() -> impl Strategy<Value = Refund> {
    (instants(), 0_i64..600_000, weighted(0.3, text(&["EUR", "USD", "GBP"]))).prop_map(|(at, amount, currency)| Refund {
        at,
        amount,
        currency,
    })
}
