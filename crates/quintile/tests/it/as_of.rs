//! The profile at a past date is that of a store which was given only what happened before it; and no order in which
//! facts come in, nor how they are grouped, changes a profile.
//!
//! Versions correct with hindsight: the store cut at a date has the newest version of each fact, if that lies before the
//! date. So do identities: the cut store knows the same customers' addresses.

use crate::project::{Project, Table};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A row of a file, or the lines of one order, which come together: how often a line without an id occurs is counted
/// within one file.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub kind: usize,
    pub text: String,
}

impl Fact {
    fn cell(&self, name: &str) -> &str {
        let place = FILES[self.kind].1.iter().position(|(from, _)| *from == name);
        place.and_then(|place| self.text.split(',').nth(place)).unwrap_or_default()
    }

    /// What it is a version of.
    fn key(&self) -> &str {
        self.text.split(',').next().unwrap_or_default()
    }

    /// When it happens; where it does not say, with its order.
    fn at(&self) -> &str {
        match self.kind {
            CANCELLATIONS => self.cell("cancelled_at"),
            _ => self.cell("date"),
        }
    }
}

/// Files by kind: name, and columns with what they are.
pub(crate) const FILES: [(&str, &[(&str, &str)]); 5] = [
    (
        "orders",
        &[
            ("order_id", "order_id"),
            ("customer_id", "customer_id"),
            ("email", "email"),
            ("phone", "phone"),
            ("date", "at"),
            ("updated_at", "version"),
            ("total", "total"),
            ("currency", "currency"),
            ("status", "status"),
            ("country", "country"),
            ("coupon", "discount_codes"),
        ],
    ),
    (
        "lines",
        &[
            ("order_id", "order_id"),
            ("product", "product"),
            ("category", "category"),
            ("quantity", "quantity"),
            ("price", "unit_price"),
            ("discount", "discount"),
        ],
    ),
    (
        "refunds",
        &[
            ("refund_id", "refund_id"),
            ("order_id", "order_id"),
            ("customer_id", "customer_id"),
            ("email", "email"),
            ("date", "at"),
            ("updated_at", "version"),
            ("amount", "amount"),
            ("currency", "currency"),
        ],
    ),
    ("cancellations", &[("order_id", "order_id"), ("cancelled_at", "at"), ("updated_at", "version")]),
    (
        "customers",
        &[
            ("customer_id", "customer_id"),
            ("email", "email"),
            ("phone", "phone"),
            ("registered", "at"),
            ("updated_at", "version"),
            ("city", "city"),
            ("tags", "tags"),
        ],
    ),
];
const ORDERS: usize = 0;
const LINES: usize = 1;
const REFUNDS: usize = 2;
const CANCELLATIONS: usize = 3;
const CUSTOMERS: usize = 4;

fn time(hours: i64) -> String {
    let start: jiff::Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    (start + jiff::SignedDuration::from_hours(hours)).to_string()
}

/// The time at which the source says it last changed a fact; later than anything that happens.
fn version(number: u32) -> String {
    time(24 * 365 + i64::from(number))
}

/// Who an order or a refund names: customer_id, email, phone.
fn who() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0..4_u8).prop_map(|id| format!("{id},,")),
        4 => (0..4_u8, any::<bool>()).prop_map(|(email, loud)| if loud { format!(", E{email}@X.example,") } else { format!(",e{email}@x.example,") }),
        1 => (0..2_u8).prop_map(|phone| format!(",,+49 731 55{phone}")),
        1 => Just(",,".to_owned()),
    ]
}

fn order(number: usize) -> impl Strategy<Value = Vec<Fact>> {
    let versions = vec(
        (
            who(),
            0..3_i64,
            weighted(0.7, 0..200_u32),
            prop::sample::select(vec!["EUR", "EUR", "EUR", "", "USD"]),
            prop::sample::select(vec!["completed", "completed", "processing", "", "pending", "failed"]),
            prop::sample::select(vec!["", "DE", "FR"]),
            prop::sample::select(vec!["", "", "SPRING"]),
        ),
        1..4,
    );
    let line = (
        prop::sample::select(vec!["tea,drinks", "mug,kitchen", "jam,", "pot,kitchen"]),
        1..4_u8,
        0..30_u8,
        prop_oneof![3 => Just(0), 1 => 1..3_u8],
    );
    // All versions of a refund have a time, or none has.
    let refund = prop_oneof![4 => vec((24..2000_i64).prop_map(Some), 1..3), 1 => vec(Just(None), 1..3)];
    let refund = refund.prop_flat_map(|times| times.into_iter().map(|time| (Just(time), 0..50_u8)).collect::<Vec<_>>());
    let cancelled = weighted(0.2, prop_oneof![3 => vec((24..1500_i64).prop_map(Some), 1..3), 1 => vec(Just(None), 1..3)]);
    (0..180_i64, versions, vec(line, 0..4), vec(refund, 0..3), cancelled).prop_map(move |(day, versions, lines, refunds, cancelled)| {
        let begin = day * 24;
        let mut facts = Vec::new();
        let mut named = ",,";
        for (number_of, (who, later, total, currency, status, country, coupon)) in versions.iter().enumerate() {
            let at = begin + later * 7;
            let total = total.map(|total| format!("{total}.25")).unwrap_or_default();
            let number_of = number_of as u32;
            // A version that names nobody takes nobody away.
            named = if who == ",," { named } else { who };
            let text = format!("O{number},{named},{},{},{total},{currency},{status},{country},{coupon}", time(at), version(number_of));
            facts.push(Fact { kind: ORDERS, text });
        }
        if !lines.is_empty() {
            let rows =
                lines.iter().map(|(product, quantity, price, discount)| format!("O{number},{product},{quantity},{price}.5,{discount}"));
            facts.push(Fact { kind: LINES, text: rows.collect::<Vec<_>>().join("\n") });
        }
        for (place, versions) in refunds.iter().enumerate() {
            for (number_of, (later, amount)) in versions.iter().enumerate() {
                let at = later.map(|later| begin + later);
                let date = at.map(time).unwrap_or_default();
                let text = format!("R{number}-{place},O{number},,,{date},{},{amount}.1,EUR", version(number_of as u32));
                facts.push(Fact { kind: REFUNDS, text });
            }
        }
        for (number_of, later) in cancelled.into_iter().flatten().enumerate() {
            let at = later.map(|later| begin + later);
            let text = format!("O{number},{},{}", at.map(time).unwrap_or_default(), version(number_of as u32));
            facts.push(Fact { kind: CANCELLATIONS, text });
        }
        facts
    })
}

/// A refund that names a customer and no order.
fn refund(number: usize) -> impl Strategy<Value = Vec<Fact>> {
    let who = prop_oneof![(0..4_u8).prop_map(|id| format!("{id},")), (0..4_u8).prop_map(|email| format!(",e{email}@x.example"))];
    (who, 0..4000_i64, 0..50_u8).prop_map(move |(who, at, amount)| {
        let text = format!("F{number},,{who},{},{},{amount}.1,EUR", time(at), version(0));
        vec![Fact { kind: REFUNDS, text }]
    })
}

/// What the shop says of its registered customers, in one or two versions.
fn customer(id: usize) -> impl Strategy<Value = Vec<Fact>> {
    let told = (
        weighted(0.8, 0..4_u8),
        weighted(0.3, 0..2_u8),
        0..4000_i64,
        prop::sample::select(vec!["", "Ulm", "Bonn"]),
        prop::sample::select(vec!["", "vip"]),
    );
    vec(told, 0..3).prop_map(move |versions| {
        let facts = versions.into_iter().enumerate().map(|(number, (email, phone, at, city, tags))| {
            let email = email.map(|email| format!("e{email}@x.example")).unwrap_or_default();
            let phone = phone.map(|phone| format!("+49 731 55{phone}")).unwrap_or_default();
            let text = format!("{id},{email},{phone},{},{},{city},{tags}", time(at), version(number as u32));
            Fact { kind: CUSTOMERS, text }
        });
        facts.collect()
    })
}

/// A shop, the imports each fact comes in (some come twice), the order of rows, and a moment in hours.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub facts: Vec<Fact>,
    pub imports: Vec<Vec<usize>>,
    order: Vec<u32>,
    pub moment: String,
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let orders = (0..9_usize).map(order).collect::<Vec<_>>();
    let refunds = (0..2_usize).map(refund).collect::<Vec<_>>();
    let customers = (0..4_usize).map(customer).collect::<Vec<_>>();
    (orders, 0..10_usize, refunds, 0..3_usize, customers).prop_flat_map(|(orders, some, refunds, few, customers)| {
        let facts: Vec<Fact> = orders.into_iter().take(some).chain(refunds.into_iter().take(few)).chain(customers).flatten().collect();
        let count = facts.len();
        let imports = vec(vec(0..4_usize, 1..3), count);
        (Just(facts), imports, vec(any::<u32>(), count), 0..200 * 24_i64).prop_map(|(facts, imports, order, moment)| Case {
            facts,
            imports,
            order,
            moment: time(moment),
        })
    })
}

/// A store of facts, one import after the other.
fn store(imports: &[Vec<&Fact>]) -> Project {
    let project = Project::of("Europe/Berlin", "EUR");
    for (kind, columns) in FILES {
        project.mapping(kind, columns);
    }
    for (number, facts) in imports.iter().enumerate() {
        let mut paths: Vec<PathBuf> = Vec::new();
        for (kind, (name, columns)) in FILES.iter().enumerate() {
            let rows: Vec<&str> = facts.iter().filter(|fact| fact.kind == kind).map(|fact| fact.text.as_str()).collect();
            if !rows.is_empty() {
                let header: Vec<&str> = columns.iter().map(|(from, _)| *from).collect();
                paths.push(project.file(&format!("{name}-{number}.csv"), format!("{}\n{}\n", header.join(","), rows.join("\n"))));
            }
        }
        if !paths.is_empty() {
            project.import(&paths);
        }
    }
    project
}

/// What a store that knows nothing later would have.
fn before<'a>(facts: &'a [Fact], moment: &str) -> Vec<&'a Fact> {
    let mut newest: BTreeMap<(usize, &str), &Fact> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.kind != CUSTOMERS) {
        let known = newest.entry((fact.kind, fact.key())).or_insert(fact);
        if fact.cell("updated_at") > known.cell("updated_at") {
            *known = fact;
        }
    }
    let order_of = |fact: &Fact| if fact.kind == REFUNDS { fact.cell("order_id").to_owned() } else { fact.key().to_owned() };
    let happened = |fact: &&Fact| match fact.at() {
        "" => newest.get(&(ORDERS, order_of(fact).as_str())).is_none_or(|order| order.at() < moment),
        at => at < moment,
    };
    let identities = facts.iter().filter(|fact| fact.kind == CUSTOMERS);
    newest.values().copied().filter(happened).chain(identities).collect()
}

fn check(case: &Case) -> Result<(), String> {
    let count = 1 + case.imports.iter().flatten().max().copied().unwrap_or(0);
    let mut shuffled: Vec<usize> = (0..case.facts.len()).collect();
    shuffled.sort_by_key(|at| case.order[*at]);
    let parted: Vec<Vec<&Fact>> = (0..count)
        .map(|import| shuffled.iter().filter(|at| case.imports[**at].contains(&import)).map(|at| &case.facts[*at]).collect())
        .collect();
    let (parted, at_once) = (store(&parted), store(&[case.facts.iter().collect()]));
    let moment = &case.moment;
    let same = |a: &Table, b: &Table, why: &str| a.differs(b).map_or(Ok(()), |difference| Err(format!("{why}: {difference}")));
    let then = at_once.profile(moment);
    same(&parted.profile(""), &at_once.profile(""), "parted / at once, at the end")?;
    same(&parted.profile(moment), &then, "parted / at once, at the moment")?;
    let cut = store(&[before(&case.facts, moment)]);
    same(&then, &cut.profile(moment), "all facts / those before the moment")?;
    for partition in ["life_stage", "buying_group"] {
        same(&parted.stages(moment, partition), &cut.stages(moment, partition), partition)?;
    }
    Ok(())
}

/// Leaves out what the difference does not need.
fn smallest(mut case: Case) -> (Case, String) {
    let mut found = check(&case).err().unwrap_or_default();
    loop {
        let before = case.facts.len();
        for at in (0..case.facts.len()).rev() {
            let mut less = case.clone();
            less.facts.remove(at);
            less.imports.remove(at);
            less.order.remove(at);
            if let Err(difference) = check(&less) {
                (case, found) = (less, difference);
            }
        }
        if case.facts.len() == before {
            return (case, found);
        }
    }
}

/// A shop as a failure shows it: the imports each fact comes in, its file, its row.
fn shown(moment: &str, text: &str) -> Case {
    let mut case = Case { facts: Vec::new(), imports: Vec::new(), order: Vec::new(), moment: moment.to_owned() };
    for line in text.trim().lines().map(str::trim) {
        let (imports, rest) = line.trim_start_matches('[').split_once("] ").unwrap();
        let (name, row) = rest.split_once(": ").unwrap();
        let kind = FILES.iter().position(|(known, _)| *known == name).unwrap();
        case.facts.push(Fact { kind, text: row.to_owned() });
        case.imports.push(imports.split(", ").map(|import| import.parse().unwrap()).collect());
        case.order.push(case.order.len() as u32);
    }
    case
}

/// Each of these went wrong once.
#[test]
fn small_shops_whose_facts_come_in_pieces() {
    let wrong: Vec<String> = [
        (
            "who loses the only order was never a customer",
            "2024-06-01T00:00:00Z",
            "[0] orders: O0,1,,,2024-05-01T00:00:00Z,2025-01-01T00:00:00Z,1,EUR,completed,,
             [1] orders: O0,2,,,2024-05-01T00:00:00Z,2025-01-01T01:00:00Z,2,EUR,completed,,",
        ),
        (
            "nor is a guest who turns out to be a customer",
            "2024-06-01T00:00:00Z",
            "[0] orders: O0,,e0@x.example,,2024-05-01T00:00:00Z,2025-01-01T00:00:00Z,1,EUR,completed,,
             [1] customers: 1,e0@x.example,,2024-03-28T00:00:00Z,2025-01-01T00:00:00Z,Bonn,vip",
        ),
        (
            "an older version that comes later does not name the buyer",
            "2024-06-01T00:00:00Z",
            "[0] orders: O0,,e3@x.example,,2024-05-01T00:00:00Z,2025-01-01T01:00:00Z,1,EUR,completed,,
             [1] orders: O0,,e0@x.example,,2024-05-01T00:00:00Z,2025-01-01T00:00:00Z,2,EUR,completed,,",
        ),
        (
            "nor where the buyer lives",
            "2024-06-01T00:00:00Z",
            "[0] orders: O0,,e3@x.example,,2024-05-01T00:00:00Z,2025-01-01T01:00:00Z,1,EUR,completed,,
             [1] orders: O0,,e3@x.example,,2024-05-01T00:00:00Z,2025-01-01T00:00:00Z,2,EUR,completed,FR,",
        ),
        (
            "where an order goes later does not tell where its buyer lives now",
            "2024-06-01T00:00:00Z",
            "[0] orders: O0,,e3@x.example,,2024-05-01T00:00:00Z,2025-01-01T01:00:00Z,1,EUR,completed,,
             [0] orders: O1,,e3@x.example,,2024-07-01T00:00:00Z,2025-01-01T00:00:00Z,2,EUR,completed,FR,",
        ),
        (
            "the newest word of a customer holds, its blanks too",
            "2024-06-01T00:00:00Z",
            "[0] customers: 3,e3@x.example,,2024-04-13T00:00:00Z,2025-01-01T00:00:00Z,Bonn,
             [1] customers: 3,,,2024-05-15T00:00:00Z,2025-01-01T01:00:00Z,,",
        ),
        (
            "a guest whose address two customers have is a guest again, by the same name",
            "2024-06-01T00:00:00Z",
            "[0] orders: O0,,e2@x.example,,2024-05-01T00:00:00Z,2025-01-01T00:00:00Z,1,EUR,completed,,
             [0] customers: 1,e2@x.example,,2024-03-28T00:00:00Z,2025-01-01T00:00:00Z,,
             [1] customers: 3,e2@x.example,,2024-03-28T00:00:00Z,2025-01-01T00:00:00Z,,",
        ),
        (
            "the same of one known by a refund",
            "2024-06-01T00:00:00Z",
            "[0] refunds: F0,,,e3@x.example,2024-05-05T00:00:00Z,2025-01-01T00:00:00Z,33,EUR
             [0] customers: 0,e3@x.example,,2024-03-12T00:00:00Z,2025-01-01T00:00:00Z,,
             [1] customers: 1,e3@x.example,,2024-04-09T00:00:00Z,2025-01-01T00:00:00Z,,",
        ),
        (
            "an order that goes twice",
            "2024-06-01T00:00:00Z",
            "[0] orders: O0,,e3@x.example,,2024-05-01T00:00:00Z,2025-01-01T00:00:00Z,1,EUR,pending,,
             [1, 2] orders: O0,,e1@x.example,,2024-05-01T00:00:00Z,2025-01-01T01:00:00Z,1,EUR,pending,,",
        ),
    ]
    .into_iter()
    .filter_map(|(name, moment, text)| Some(format!("{name}: {}", check(&shown(moment, text)).err()?)))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("QUINTILE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(12),
        // `smallest` does it better.
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_profile_knows_nothing_later(case in cases()) {
        if check(&case).is_err() {
            let (case, difference) = smallest(case);
            let rows: Vec<String> = case.facts.iter().zip(&case.imports).map(|(fact, imports)| format!("{imports:?} {}: {}", FILES[fact.kind].0, fact.text)).collect();
            panic!("at {}: {difference}\n{}", case.moment, rows.join("\n"));
        }
    }
}
