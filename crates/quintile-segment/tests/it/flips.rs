//! The next flip against asking again and again.

use crate::agreement::{asked, settings, words};
use arrow::array::AsArray;
use proptest::prelude::*;
use quintile_model::{AsOf, CustomerBatch, Instant, StoreZone};
use quintile_profile::{ProfileQuestion, Statistics, counted, first_pass, second_pass, statistics};
use quintile_segment::flip::{Flip, Then, next_flip};
use quintile_segment::{Ask, Figures, Gathered, Moment, Plan, Program, World};
use quintile_testkit::reference::Settings;
use quintile_testkit::segment::random;
use quintile_testkit::segment::touches::Touches;
use quintile_testkit::shop::{Order, Person, Shop};

const DAY: i64 = 86_400_000_000;

/// One customer with the facts before a moment, and the rows of later moments.
struct Alone {
    batch: CustomerBatch,
    question: ProfileQuestion,
    store: Statistics,
    program: Program,
}

impl Alone {
    fn new(program: Program, person: &Person, touches: &Touches, settings: &Settings, zone: &StoreZone) -> Option<Alone> {
        let shop = Shop { people: vec![person.clone()], repeat_texts: false };
        let (vocabulary, _) = words();
        let mut names = program.columns().to_vec();
        names.extend(quintile_segment::flip::columns(&program, &vocabulary).into_iter().filter(|name| !program.columns().contains(name)));
        let all = asked(&shop, touches, settings, zone, usize::MAX, &names);
        let whole = all.batches.into_iter().next()?;
        let batch = whole.before(Instant(settings.as_of));
        let first = first_pass(&batch, &all.question).unwrap();
        if first.batch.num_rows() == 0 {
            return None;
        }
        let store = statistics(vec![first.vectors], &all.question);
        Some(Alone { batch, question: all.question, store, program })
    }

    fn then(&self, as_of: &AsOf) -> Then {
        let question = ProfileQuestion { as_of: as_of.clone(), ..self.question.clone() };
        let rows = second_pass(first_pass(&self.batch, &question).unwrap().batch, &self.store, &question).unwrap();
        let parts = self.program.facts().map(|(_, parts)| parts).unwrap_or_default();
        Then { rows, counted: counted(&self.batch, &parts, &question).unwrap() }
    }

    fn figures(&self) -> Figures {
        let rows = self.then(&self.question.as_of).rows;
        Figures::of(self.program.statistics(), vec![Gathered::of(self.program.statistics(), &rows)])
    }

    fn is_member(&self, at: i64, figures: &Figures) -> bool {
        let as_of = AsOf { instant: Instant(at), zone: self.question.as_of.zone.clone() };
        let then = self.then(&as_of);
        let keys = then.rows.column(0).as_primitive::<arrow::datatypes::UInt64Type>().values().to_vec();
        let world = World::new(&then.rows, &keys, &self.batch, &then.counted);
        let moment = Moment { facts_before: self.question.as_of.instant, as_of };
        self.program.members(&world, &moment, figures)[0].value(0)
    }

    fn flip(&self, figures: &Figures) -> Flip {
        let (vocabulary, _) = words();
        let next = next_flip(&self.program, &vocabulary, figures, &self.batch, &self.question.as_of, |as_of| {
            Ok::<_, std::convert::Infallible>(self.then(as_of))
        });
        next.unwrap_or_else(|never| match never {})
    }
}

fn program(text: &str) -> Program {
    let (vocabulary, _) = words();
    Plan::new(&[Ask::Text(text)], &vocabulary).unwrap_or_else(|refused| panic!("{text}\n{refused}")).program()
}

fn check(text: &str, person: &Person, as_of: &str, zone: &str, expected: &str) {
    let zone = StoreZone::named(zone).unwrap();
    let as_of = AsOf::start_of(as_of.parse().unwrap(), &zone).unwrap();
    let settings = Settings {
        as_of: as_of.instant.0,
        zone: zone.zone().clone(),
        currency: None,
        rates: Vec::new(),
        first_source: None,
        launches: Default::default(),
        product_costs: Default::default(),
        ticket_costs: Vec::new(),
        winning_costs: Default::default(),
    };
    let alone = Alone::new(program(text), person, &Touches::new(), &settings, &zone).unwrap();
    let found = match alone.flip(&alone.figures()) {
        Flip::At(at) => at.to_iso(),
        Flip::Never => "never".to_owned(),
        Flip::NotBefore(_) => "not soon".to_owned(),
    };
    assert_eq!(found, expected, "{text}");
}

#[test]
fn windows_end_at_the_stores_midnight_through_daylight_saving() {
    let person = Person::new("ada").order(Order::on("2026-03-10 11:00").line("tea", "drinks", 1, "3"));
    // -20d is the 10th on the 30th, and the day after on the 31st; clocks went forward on the 29th.
    check("last_order_date >= -20d", &person, "2026-03-15", "Europe/Berlin", "2026-03-30T22:00:00Z");
    check("last_order_date < -20d", &person, "2026-03-15", "Europe/Berlin", "2026-03-30T22:00:00Z");
    check("orders_placed MATCHES (date >= -20d)", &person, "2026-03-15", "Europe/Berlin", "2026-03-30T22:00:00Z");
    check("orders_placed MATCHES (date >= -1m)", &person, "2026-03-15", "UTC", "2026-04-11T00:00:00Z");
    check("last_order_date = -20d", &person, "2026-03-15", "UTC", "2026-03-30T00:00:00Z");
    check("last_order_date = -20d", &person, "2026-03-30", "UTC", "2026-03-31T00:00:00Z");
}

#[test]
fn elapsed_days_end_to_the_microsecond() {
    let person = Person::new("ada").order(Order::on("2026-03-10 11:00").line("tea", "drinks", 1, "3"));
    check("days_since_last_order >= 30", &person, "2026-03-15", "Europe/Berlin", "2026-04-09T11:00:00Z");
    check("days_since_last_order > 30", &person, "2026-03-15", "Europe/Berlin", "2026-04-09T11:00:00.000001Z");
    check("orders_in_30d > 0", &person, "2026-03-15", "Europe/Berlin", "2026-04-09T11:00:00.000001Z");
    check("days_since_last_order >= 3", &person, "2026-03-15", "Europe/Berlin", "never");
    // Compared with each other they meet at some hour: twice the days since the 10th are more than those since the 1st after the 19th.
    let twice = Person::new("bea").order(Order::on("2026-03-01 08:00").line("tea", "drinks", 1, "3"));
    let twice = twice.order(Order::on("2026-03-10 11:00").line("tea", "drinks", 1, "3"));
    let text = "days_since_first_order < 2 * days_since_last_order";
    check(text, &twice, "2026-03-15", "Europe/Berlin", "2026-03-19T14:00:00.000001Z");
    check("days_since_last_order >= 0.5 * days_since_first_order", &twice, "2026-03-15", "UTC", "2026-03-19T14:00:00Z");
    check("amount_spent > 2", &person, "2026-03-15", "Europe/Berlin", "never");
    check("anniversary('first_order_date') = today", &person, "2026-03-15", "UTC", "2027-03-10T00:00:00Z");
    check("overdue_ratio > 1 AND number_of_orders = 0", &person, "2026-03-15", "UTC", "not soon");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(60), max_shrink_iters: 500, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changes_before_the_flip_and_something_at_it(
        text in random::segments(),
        shop in quintile_testkit::random::shops(2),
        touches in random::touches(2),
        (settings, zone) in settings(),
    ) {
        let Some(person) = shop.people.first() else { return Ok(()) };
        let Some(alone) = Alone::new(program(&text), person, &random::by_key(touches), &settings, &zone) else { return Ok(()) };
        let figures = alone.figures();
        let now = settings.as_of;
        let before = alone.is_member(now, &figures);
        let end = match alone.flip(&figures) {
            Flip::At(at) => {
                prop_assert!(at.0 > now);
                prop_assert_ne!(alone.is_member(at.0, &figures), before, "{}", text);
                prop_assert_eq!(alone.is_member(at.0 - 1, &figures), before, "{}", text);
                at.0
            }
            Flip::NotBefore(at) => at.0.min(now + 400 * DAY),
            Flip::Never => now + 800 * DAY,
        };
        // Between now and then: at midnights of every third day, and at odd hours.
        let mut at = now;
        while at < end {
            prop_assert_eq!(alone.is_member(at, &figures), before, "{} at {}", text, Instant(at).to_iso());
            at += 3 * DAY + 3_600_000_000;
        }
    }
}
