//! Touchpoints of small shops, by all ways that people are named.

use crate::tests::{File, facts, file, import, store};
use crate::{CommitSummary, Store};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;
use quintile_model::batch::FactColumns;
use quintile_model::{CustomerBatch, RecordKind, Touchpoint};

const EVENTS: RecordKind = RecordKind::Touchpoint(Touchpoint::Events);
const CARTS: RecordKind = RecordKind::Touchpoint(Touchpoint::Carts);
const MESSAGES: RecordKind = RecordKind::Touchpoint(Touchpoint::Messages);
const TICKETS: RecordKind = RecordKind::Touchpoint(Touchpoint::Tickets);
const REFERRALS: RecordKind = RecordKind::Touchpoint(Touchpoint::Referrals);
use RecordKind::{Customers, Orders};

fn wanted() -> FactColumns {
    FactColumns {
        customers: vec!["customer_id", "registered", "email"],
        touchpoints: vec![
            (Touchpoint::Events, vec!["at", "name", "value"]),
            (Touchpoint::Carts, vec!["at", "value", "checkout"]),
            (Touchpoint::Messages, vec!["at", "action", "campaign"]),
            (Touchpoint::Tickets, vec!["at", "status"]),
        ],
        ..FactColumns::default()
    }
}

fn shown(batch: &CustomerBatch, name: impl Fn(usize) -> String, all: &mut Vec<String>) {
    for (kind, facts) in &batch.touchpoints {
        let options = FormatOptions::default().with_null("-");
        let columns = wanted().touchpoints.iter().find(|(other, _)| other == kind).unwrap().1.clone();
        for customer in 0..batch.keys.len() {
            for row in facts.of(customer) {
                let cells = columns.iter().map(|column| {
                    let column = facts.rows.column_by_name(column).unwrap();
                    let text = ArrayFormatter::try_new(column, &options).unwrap().value(row).to_string();
                    text.replace("1970-01-01T00:00:00", "").replace('Z', "")
                });
                all.push(format!("{}: {} {}", name(customer), kind.name(), cells.collect::<Vec<_>>().join(" ")));
            }
        }
    }
}

/// All settled touchpoints, of customers, visitors and nobody.
fn touchpoints(store: &Store) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let mut all = Vec::new();
    for batch in snapshot.scan(&wanted(), 2, Ok::<_, std::io::Error>).unwrap() {
        let names = names(&batch);
        shown(&batch, |customer| names[customer].clone(), &mut all);
    }
    for batch in snapshot.scan_visitors(&wanted(), 2, Ok::<_, std::io::Error>).unwrap() {
        shown(&batch, |_| "visitor".to_owned(), &mut all);
    }
    shown(&snapshot.nobody(&wanted()).unwrap(), |_| "nobody".to_owned(), &mut all);
    all.sort();
    all
}

fn names(batch: &CustomerBatch) -> Vec<String> {
    let ids = quintile_model::columns::texts(&batch.customers.rows, "customer_id");
    let registered = quintile_model::columns::flags(&batch.customers.rows, "registered");
    (0..batch.keys.len())
        .map(|customer| {
            batch.customers.of(customer).max_by_key(|row| registered.value(*row)).map_or("?".into(), |row| ids.value(row).to_owned())
        })
        .collect()
}

/// Everybody the store knows, when touchpoints are not asked for.
fn everybody(store: &Store) -> Vec<String> {
    let wanted = FactColumns { touchpoints: Vec::new(), ..wanted() };
    let batches = store.snapshot().unwrap().scan(&wanted, 2, Ok::<_, std::io::Error>).unwrap();
    let mut all: Vec<String> = batches.iter().flat_map(names).collect();
    all.sort();
    all
}

fn import_one(store: &Store, now: i64, rows: &[(RecordKind, &str)]) -> CommitSummary {
    import(store, now, &[file(rows)])
}

#[test]
fn a_message_meets_the_order_by_its_address() {
    let (_folder, store) = store();
    import_one(&store, 1, &[(MESSAGES, "id=m1 email=A@x.example at=5 channel=email action=sent campaign=spring")]);
    assert_eq!(touchpoints(&store), ["a@x.example: messages .000005 sent spring"]);
    assert_eq!(everybody(&store), ["a@x.example"], "known though it has no orders");
    import_one(&store, 2, &[(Orders, "order_id=O email=a@x.example at=10")]);
    import_one(&store, 3, &[(Customers, "customer_id=7 email=a@x.example")]);
    assert_eq!(touchpoints(&store), ["7: messages .000005 sent spring"]);
    assert_eq!(facts(&store), ["7: order O .000010 -"]);
    assert_eq!(everybody(&store), ["7"]);
    import_one(&store, 4, &[(MESSAGES, "id=m2 email=a@x.example at=6 channel=email action=opened")]);
    assert_eq!(touchpoints(&store), ["7: messages .000005 sent spring", "7: messages .000006 opened -"]);
    // A second customer with that address: the guest stays its own.
    import_one(&store, 5, &[(TICKETS, "id=t1 customer_id=8 email=a@x.example at=7 status=open")]);
    let apart = ["8: tickets .000007 open", "a@x.example: messages .000005 sent spring", "a@x.example: messages .000006 opened -"];
    assert_eq!(touchpoints(&store), apart);
    assert_eq!(facts(&store), ["a@x.example: order O .000010 -"]);
    assert_eq!(everybody(&store), ["7", "8", "a@x.example"]);
}

#[test]
fn a_visitor_who_says_who_they_are_gets_their_history() {
    let rows = [
        (EVENTS, "visitor_id=v at=1 name=page_viewed"),
        (EVENTS, "visitor_id=v at=2 name=product_viewed value=3"),
        (EVENTS, "visitor_id=other at=2 name=page_viewed"),
        (CARTS, "visitor_id=v at=3 value=20"),
        (EVENTS, "visitor_id=v customer_id=7 at=4 name=identified"),
        (EVENTS, "visitor_id=v at=9 name=page_viewed"),
        (EVENTS, "at=9 name=page_viewed"),
    ];
    let whole = [
        "7: carts .000003 20.0000 -",
        "7: events .000001 page_viewed -",
        "7: events .000002 product_viewed 3.0000",
        "7: events .000004 identified -",
        "7: events .000009 page_viewed -",
        "nobody: events .000009 page_viewed -",
        "visitor: events .000002 page_viewed -",
    ];
    let (_a, at_once) = store();
    let summary = import_one(&at_once, 1, &rows);
    assert_eq!((summary.rows["events"], summary.rows_of_visitors["events"], summary.rows_of_nobody["events"]), (6, 1, 1));
    assert_eq!(touchpoints(&at_once), whole);
    let (_b, one_by_one) = store();
    for (now, row) in rows.iter().enumerate() {
        import_one(&one_by_one, now as i64, &[*row]);
    }
    assert_eq!(touchpoints(&one_by_one), whole);
    assert_eq!(everybody(&one_by_one), ["7"]);
}

#[test]
fn of_two_ties_the_earliest_keeps_the_history() {
    let (_folder, store) = store();
    import_one(&store, 1, &[(EVENTS, "visitor_id=v at=1 name=page_viewed")]);
    import_one(&store, 2, &[(EVENTS, "visitor_id=v customer_id=8 at=20 name=identified")]);
    assert_eq!(touchpoints(&store), ["8: events .000001 page_viewed -", "8: events .000020 identified -"]);
    import_one(&store, 3, &[(CARTS, "visitor_id=v email=a@x.example at=10 value=1")]);
    let guest = ["8: events .000020 identified -", "a@x.example: carts .000010 1.0000 -", "a@x.example: events .000001 page_viewed -"];
    assert_eq!(touchpoints(&store), guest);
    import_one(&store, 4, &[(Orders, "order_id=O customer_id=9 email=a@x.example at=50")]);
    let joined = ["8: events .000020 identified -", "9: carts .000010 1.0000 -", "9: events .000001 page_viewed -"];
    assert_eq!(touchpoints(&store), joined);
    assert_eq!(everybody(&store), ["8", "9"]);
}

#[test]
fn the_newest_version_of_a_touchpoint_holds_and_equal_rows_are_told_apart() {
    let (_folder, store) = store();
    let ticket = |version: u8, status: &str| (TICKETS, format!("id=t customer_id=7 at=5 version={version} status={status}"));
    let files: Vec<File> = [ticket(2, "solved"), ticket(1, "open"), ticket(3, "closed")]
        .into_iter()
        .map(|row| File { source: "shop", document: false, rows: vec![row] })
        .collect();
    import(&store, 1, &files[..2]);
    assert_eq!(touchpoints(&store), ["7: tickets .000005 solved"]);
    import(&store, 2, &files[1..]);
    assert_eq!(touchpoints(&store), ["7: tickets .000005 closed"]);
    let view = (EVENTS, "customer_id=7 at=6 name=page_viewed");
    import_one(&store, 3, &[view]);
    import_one(&store, 4, &[view, view]);
    import_one(&store, 5, &[view]);
    assert_eq!(touchpoints(&store).iter().filter(|fact| fact.contains("page_viewed")).count(), 2);
    let referral = (REFERRALS, "id=r customer_id=7 at=6 code=SUN referred_email=b@x.example order_id=O9");
    assert_eq!(import_one(&store, 6, &[referral]).rows["referrals"], 1);
}

#[test]
fn many_imports_of_events_are_folded_and_say_the_same() {
    let (_folder, store) = store();
    let (_other_folder, other) = crate::tests::store();
    let files: Vec<File> = (0..40)
        .map(|i| {
            let visitor = if i % 7 == 3 { format!("customer_id={}", i % 3) } else { String::new() };
            let rows = vec![
                (EVENTS, format!("id=e{} visitor_id=v{} {visitor} at={i} name=page_viewed version={i}", i % 30, i % 5)),
                (MESSAGES, format!("email=m{}@x.example at={i} channel=email action=sent", i % 3)),
            ];
            File { source: "shop", document: false, rows }
        })
        .collect();
    for (i, file) in files.iter().enumerate() {
        import(&store, i as i64, std::slice::from_ref(file));
    }
    import(&other, 100, &files);
    assert_eq!(touchpoints(&store), touchpoints(&other));
    assert_eq!(everybody(&store), everybody(&other));
}

/// Random small shops with touchpoints: few people, few visitors, few addresses.
fn any_files() -> impl Strategy<Value = Vec<File>> {
    let who = prop_oneof![
        3 => Just(String::new()),
        2 => (0..3_u8).prop_map(|id| format!("customer_id={id}")),
        3 => (0..3_u8).prop_map(|email| format!("email=e{email}@x.example")),
        1 => (0..2_u8, 0..2_u8).prop_map(|(id, email)| format!("customer_id={id} email=e{email}@x.example")),
        1 => (0..2_u8).prop_map(|phone| format!("phone=+4930123456{phone}")),
        1 => (0..3_u8, 0..2_u8).prop_map(|(email, phone)| format!("email=e{email}@x.example phone=+4930123456{phone}")),
    ];
    let visitor = prop_oneof![1 => Just(String::new()), 3 => (0..3_u8).prop_map(|visitor| format!("visitor_id=v{visitor}"))];
    let event = (who.clone(), visitor.clone(), 0..9_u8)
        .prop_map(|(who, visitor, at)| (EVENTS, format!("{who} {visitor} at={at} name=n{} version=1", at % 2)));
    let cart = (who.clone(), visitor, 0..4_u8, 0..3_u8).prop_map(|(who, visitor, cart, version)| {
        (CARTS, format!("id=c{cart} {who} {visitor} at={} value={version} version={version}", cart * 2))
    });
    let message = (who.clone(), 0..9_u8).prop_map(|(who, at)| (MESSAGES, format!("{who} at={at} channel=email action=sent version=1")));
    let ticket = (who, 0..3_u8, 0..3_u8)
        .prop_map(|(who, id, version)| (TICKETS, format!("id=t{id} {who} at={version} status=s{version} version={version}")));
    let order = (0..4_i64, 0..9_i64).prop_map(|(order, version)| {
        let who = if (order + version) % 2 == 0 {
            format!("customer_id={}", (order + version) % 3)
        } else {
            format!("email=e{}@x.example", (order * 2 + version) % 3)
        };
        (Orders, format!("order_id=O{order} {who} at={} version={version} total={version}", order * 10 + version % 4))
    });
    let customer =
        (0..3_u8, 0..3_u8).prop_map(|(customer, email)| (Customers, format!("customer_id={customer} email=e{email}@x.example version=1")));
    let row = prop_oneof![4 => event, 2 => cart, 2 => message, 2 => ticket, 2 => order, 2 => customer];
    let file = prop::collection::vec(row, 1..8).prop_map(|rows| File { source: "shop", document: false, rows });
    prop::collection::vec(file, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(std::env::var("QUINTILE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(16)))]
    #[test]
    fn imports_of_touchpoints_commute(files in any_files(), order in any::<prop::sample::Index>()) {
        let (_a, one_by_one) = store();
        for file in &files {
            import(&one_by_one, 1000, std::slice::from_ref(file));
        }
        let (_b, reversed) = store();
        for file in files.iter().rev() {
            import(&reversed, 1000, std::slice::from_ref(file));
        }
        let (_c, at_once) = store();
        let mut turned = files.clone();
        turned.rotate_left(order.index(files.len()));
        import(&at_once, 1000, &turned);
        let once = touchpoints(&one_by_one);
        prop_assert_eq!(&once, &touchpoints(&reversed));
        prop_assert_eq!(&once, &touchpoints(&at_once));
        prop_assert_eq!(facts(&one_by_one), facts(&reversed));
        prop_assert_eq!(facts(&one_by_one), facts(&at_once));
        prop_assert_eq!(everybody(&one_by_one), everybody(&reversed));
        prop_assert_eq!(everybody(&one_by_one), everybody(&at_once));
        // Twice is once.
        import(&at_once, 2000, &files);
        prop_assert_eq!(&once, &touchpoints(&at_once));
    }
}
