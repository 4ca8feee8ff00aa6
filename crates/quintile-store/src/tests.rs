//! Imports of small shops, and what the store then says of them.

use crate::{FileSource, ImportOptions, ImportedFile, Store};
use arrow::array::{ArrayRef, Decimal64Array, DictionaryArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::Int32Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;
use quintile_model::batch::{FactColumns, NO_ORDER};
use quintile_model::{Instant, RecordKind};
use std::sync::Arc;

mod undo;

/// A file of records, each a row of `column=value` texts.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub source: &'static str,
    pub document: bool,
    pub rows: Vec<(RecordKind, String)>,
}

pub(crate) fn file(rows: &[(RecordKind, &str)]) -> File {
    File { source: "shop", document: false, rows: rows.iter().map(|(kind, row)| (*kind, (*row).to_owned())).collect() }
}

fn document(rows: &[(RecordKind, &str)]) -> File {
    File { document: true, ..file(rows) }
}

fn batch(kind: RecordKind, row: &str) -> RecordBatch {
    let cells: Vec<(&str, &str)> = row.split_whitespace().filter_map(|cell| cell.split_once('=')).collect();
    let names: Vec<&str> = cells.iter().map(|(name, _)| *name).collect();
    let schema = kind.schema_of(&names);
    let value = |name: &str| cells.iter().find(|(other, _)| *other == name).map(|(_, value)| *value).unwrap();
    let arrays = schema.fields().iter().map(|field| -> ArrayRef {
        use arrow::datatypes::DataType;
        let value = value(field.name());
        match field.data_type() {
            DataType::Utf8 => Arc::new(StringArray::from(vec![value])),
            DataType::Dictionary(..) => Arc::new(vec![value].into_iter().collect::<DictionaryArray<Int32Type>>()),
            DataType::Boolean => Arc::new(arrow::array::BooleanArray::from(vec![value == "true"])),
            DataType::Int64 => Arc::new(arrow::array::Int64Array::from(vec![value.parse::<i64>().unwrap()])),
            DataType::Decimal64(..) => {
                let amount = quintile_model::Money::parse(value).unwrap().money.0;
                Arc::new(Decimal64Array::from(vec![amount]).with_precision_and_scale(18, 4).unwrap())
            }
            _ => Arc::new(
                TimestampMicrosecondArray::from(vec![value.parse::<i64>().unwrap()]).with_timezone(quintile_model::records::UTC_OFFSET),
            ),
        }
    });
    RecordBatch::try_new(schema.clone(), arrays.collect()).unwrap()
}

pub(crate) fn import(store: &Store, now: i64, files: &[File]) -> crate::CommitSummary {
    let options = ImportOptions { now: Instant(now), memory_bytes: 1 << 20, threads: 2 };
    let mut import = store.begin_import(options).unwrap();
    for (number, file) in files.iter().enumerate() {
        let mut sink = import.sink(FileSource { number: number as u32, source: file.source.to_owned(), document: file.document });
        for (kind, row) in &file.rows {
            assert_eq!(sink.take(*kind, &batch(*kind, row)).unwrap(), vec![]);
        }
        sink.finish().unwrap();
    }
    import.resolve().unwrap();
    import.commit(vec![ImportedFile { fingerprint: now.to_string(), ..ImportedFile::default() }]).unwrap()
}

fn everything() -> FactColumns {
    FactColumns {
        customers: vec!["customer_id", "registered", "email", "city"],
        orders: vec!["order_id", "at", "total", "standing", "city"],
        lines: Some(vec!["at", "product", "category", "quantity", "amount"]),
        refunds: Some(vec!["at", "amount", "dated"]),
        cancellations: vec!["at"],
        touchpoints: Vec::new(),
    }
}

/// All settled facts as text, one line each, with whose they are and which order they belong to.
pub(crate) fn facts(store: &Store) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let batches = snapshot.scan(&everything(), 2, Ok::<_, std::io::Error>).unwrap();
    let mut all = Vec::new();
    for batch in batches {
        let ids = quintile_model::columns::texts(&batch.customers.rows, "customer_id");
        let registered = quintile_model::columns::flags(&batch.customers.rows, "registered");
        for customer in 0..batch.keys.len() {
            let named = batch.customers.of(customer).filter(|row| !ids.value(*row).is_empty());
            let name = named.max_by_key(|row| registered.value(*row)).map_or("?", |row| ids.value(row));
            let show = |kind: &str, facts: &quintile_model::Facts, names: &[&str], links: Option<&[u32]>, all: &mut Vec<String>| {
                for row in facts.of(customer) {
                    let options = FormatOptions::default().with_null("-");
                    let cells = names.iter().map(|column| {
                        let column = facts.rows.column_by_name(column).unwrap();
                        ArrayFormatter::try_new(column, &options)
                            .unwrap()
                            .value(row)
                            .to_string()
                            .replace("1970-01-01T00:00:00", "")
                            .replace('Z', "")
                    });
                    let order = links.map_or(String::new(), |links| match links[row] {
                        NO_ORDER => " of no order".to_owned(),
                        order => format!(" of {}", quintile_model::columns::texts(&batch.orders.rows, "order_id").value(order as usize)),
                    });
                    all.push(format!("{name}: {kind} {}{order}", cells.collect::<Vec<_>>().join(" ")));
                }
            };
            show("order", &batch.orders, &["order_id", "at", "total"], None, &mut all);
            show("line", &batch.lines, &["at", "product", "category", "amount"], Some(&batch.line_order), &mut all);
            show("refund", &batch.refunds, &["at", "amount"], Some(&batch.refund_order), &mut all);
            show("cancellation", &batch.cancellations, &["at"], Some(&batch.cancellation_order), &mut all);
        }
    }
    all.sort();
    all
}

pub(crate) fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path()).unwrap();
    (folder, store)
}

use RecordKind::{Cancellations, Customers, Lines, Orders, Products, Refunds};

#[test]
fn an_empty_store_has_no_customers() {
    let (_folder, store) = store();
    assert_eq!(facts(&store), Vec::<String>::new());
}

#[test]
fn lines_and_refunds_find_their_order() {
    let (_folder, store) = store();
    let summary = import(
        &store,
        1,
        &[file(&[
            (Orders, "order_id=A customer_id=7 at=10 total=30"),
            (Lines, "order_id=A product=tea quantity=2 unit_price=10"),
            (Lines, "order_id=A product=tea quantity=2 unit_price=10"),
            (Refunds, "order_id=A at=50 amount=5"),
            (Refunds, "order_id=A amount=6"),
            (Cancellations, "order_id=A at=60"),
        ])],
    );
    assert_eq!((summary.orders_new, summary.orders_known, summary.refunds_undated, summary.waiting), (1, 0, 1, 0));
    assert_eq!(
        facts(&store),
        [
            "7: cancellation .000060 of A",
            "7: line .000010 tea - 20.0000 of A",
            "7: line .000010 tea - 20.0000 of A",
            "7: order A .000010 30.0000",
            "7: refund .000010 6.0000 of A",
            "7: refund .000050 5.0000 of A",
        ]
    );
}

#[test]
fn the_same_rows_again_change_nothing() {
    let (_folder, store) = store();
    let shop = file(&[
        (Orders, "order_id=A customer_id=7 at=10"),
        (Lines, "order_id=A product=tea quantity=1 unit_price=10"),
        (Lines, "order_id=A product=tea quantity=1 unit_price=10"),
        (Refunds, "order_id=A at=50 amount=5"),
    ]);
    import(&store, 1, std::slice::from_ref(&shop));
    let once = facts(&store);
    let summary = import(&store, 2, &[shop.clone(), shop.clone()]);
    assert_eq!((summary.orders_new, summary.orders_known), (0, 1));
    assert_eq!(facts(&store), once);
    let (_folder, other) = self::store();
    import(&other, 1, &[shop.clone(), shop]);
    assert_eq!(facts(&other), once, "two copies in one import are one too");
}

#[test]
fn a_later_import_keeps_the_larger_number_of_equal_lines() {
    let (_folder, store) = store();
    let line = (Lines, "order_id=A product=tea quantity=1 unit_price=10");
    let order = (Orders, "order_id=A customer_id=7 at=10");
    import(&store, 1, &[file(&[order, line])]);
    import(&store, 2, &[file(&[order, line, line, line])]);
    import(&store, 3, &[file(&[order, line, line])]);
    assert_eq!(facts(&store).iter().filter(|fact| fact.contains("line")).count(), 3);
}

#[test]
fn a_newer_document_replaces_the_order_with_all_its_lines() {
    let (_folder, store) = store();
    let old = document(&[
        (Orders, "order_id=A customer_id=7 at=10 version=100 total=30"),
        (Lines, "order_id=A line_id=1 product=tea quantity=1 unit_price=10"),
        (Lines, "order_id=A line_id=2 product=cup quantity=1 unit_price=20"),
        (Cancellations, "order_id=A at=40 version=100"),
    ]);
    let new = document(&[
        (Orders, "order_id=A customer_id=7 at=11 version=200 total=12"),
        (Lines, "order_id=A line_id=1 product=tea quantity=1 unit_price=12"),
    ]);
    import(&store, 1, std::slice::from_ref(&old));
    import(&store, 2, std::slice::from_ref(&new));
    let expected = ["7: line .000011 tea - 12.0000 of A", "7: order A .000011 12.0000"];
    assert_eq!(facts(&store), expected);
    for files in [vec![new.clone(), old.clone()], vec![old.clone(), new.clone()]] {
        let (_folder, other) = self::store();
        import(&other, 1, &files);
        assert_eq!(facts(&other), expected, "in one import");
    }
    let (_folder, other) = self::store();
    import(&other, 1, &[new]);
    import(&other, 2, &[old]);
    assert_eq!(facts(&other), expected, "the older one later");
}

#[test]
fn what_was_said_last_holds_for_facts_that_move_too() {
    let guest = file(&[
        (Orders, "order_id=A email=ada@example.com at=10 version=1"),
        (Cancellations, "order_id=A at=40 version=1"),
        (Refunds, "order_id=A refund_id=R at=50 amount=5 version=1"),
    ]);
    let said_again = file(&[(Cancellations, "order_id=A at=60 version=1"), (Refunds, "order_id=A refund_id=R at=70 amount=4 version=1")]);
    let registered = file(&[(Customers, "customer_id=7 email=ada@example.com at=5")]);
    let expected = ["7: cancellation .000060 of A", "7: order A .000010 -", "7: refund .000070 4.0000 of A"];
    for files in [[&guest, &said_again, &registered], [&registered, &guest, &said_again]] {
        let (_folder, store) = store();
        files.iter().enumerate().for_each(|(at, file)| drop(import(&store, at as i64 + 1, &[(*file).clone()])));
        assert_eq!(facts(&store), expected);
    }
}

#[test]
fn a_guest_joins_the_registered_customer_with_its_email_whenever_it_comes() {
    let guest = file(&[(Orders, "order_id=A email=Ada@Example.com at=10"), (Lines, "order_id=A product=tea quantity=1 unit_price=10")]);
    let registered = file(&[(Customers, "customer_id=7 email=ada@example.com at=5")]);
    let expected = ["7: line .000010 tea - 10.0000 of A", "7: order A .000010 -"];
    for files in [[&guest, &registered], [&registered, &guest]] {
        let (_folder, store) = store();
        import(&store, 1, &[files[0].clone()]);
        import(&store, 2, &[files[1].clone()]);
        assert_eq!(facts(&store), expected);
    }
    // A second registered customer with the same e-mail: the guest is its own again.
    let (_folder, store) = store();
    import(&store, 1, &[guest, registered]);
    assert_eq!(facts(&store), expected);
    let summary = import(&store, 2, &[file(&[(Customers, "customer_id=8 email=ada@example.com")])]);
    assert_eq!(summary.orders_moved, 1);
    assert_eq!(facts(&store), ["ada@example.com: line .000010 tea - 10.0000 of A", "ada@example.com: order A .000010 -"]);
}

#[test]
fn an_order_moves_when_a_newer_version_names_another_customer() {
    let (_folder, store) = store();
    import(
        &store,
        1,
        &[file(&[
            (Orders, "order_id=A customer_id=7 at=10 version=1"),
            (Lines, "order_id=A product=tea quantity=1 unit_price=10"),
            (Refunds, "order_id=A at=50 amount=5"),
        ])],
    );
    import(&store, 2, &[file(&[(Orders, "order_id=A customer_id=8 at=10 version=2")])]);
    assert_eq!(facts(&store), ["8: line .000010 tea - 10.0000 of A", "8: order A .000010 -", "8: refund .000050 5.0000 of A"]);
    import(&store, 3, &[file(&[(Orders, "order_id=A customer_id=7 at=10 version=3")])]);
    assert!(facts(&store).iter().all(|fact| fact.starts_with("7: ")), "and back again: {:?}", facts(&store));
}

#[test]
fn lines_and_refunds_wait_for_their_order() {
    let (_folder, store) = store();
    let late = file(&[(Lines, "order_id=A product=tea quantity=1 unit_price=10"), (Refunds, "order_id=A amount=5")]);
    assert_eq!(import(&store, 1, &[late]).waiting, 2);
    assert_eq!(facts(&store), Vec::<String>::new());
    import(&store, 2, &[file(&[(Orders, "order_id=A customer_id=7 at=10")])]);
    assert_eq!(facts(&store), ["7: line .000010 tea - 10.0000 of A", "7: order A .000010 -", "7: refund .000010 5.0000 of A"]);
    import(&store, 3, &[file(&[(Lines, "order_id=A product=cup quantity=1 unit_price=1")])]);
    assert!(facts(&store).contains(&"7: line .000010 cup - 1.0000 of A".to_owned()), "lines of a known order go to it");
}

#[test]
fn products_tell_the_category_that_lines_leave_out() {
    let (_folder, store) = store();
    import(&store, 1, &[file(&[(Orders, "order_id=A customer_id=7 at=10"), (Lines, "order_id=A product=tea quantity=1 unit_price=10")])]);
    import(&store, 2, &[file(&[(Products, "product=tea category=drinks")])]);
    assert!(facts(&store).contains(&"7: line .000010 tea drinks 10.0000 of A".to_owned()), "{:?}", facts(&store));
}

#[test]
fn many_imports_are_folded_and_say_the_same() {
    let (_folder, store) = store();
    let (_other_folder, other) = self::store();
    let files: Vec<File> = (0..30)
        .map(|i| {
            let (order, line) = (
                format!("order_id=O{} customer_id={} at={} version={i}", i % 20, i % 7, 100 - i),
                format!("order_id=O{} product=p{} quantity=1 unit_price={}", i % 20, i % 3, i % 20),
            );
            file(&[(Orders, &order), (Lines, &line)])
        })
        .collect();
    for (i, file) in files.iter().enumerate() {
        import(&store, i as i64, std::slice::from_ref(file));
    }
    import(&other, 1, &files);
    assert_eq!(facts(&store), facts(&other));
    assert!(store.snapshot().unwrap().runs() <= 8);
}

#[test]
fn a_second_writer_is_refused_and_a_dropped_import_leaves_nothing() {
    let (folder, store) = store();
    let options = ImportOptions { now: Instant(1), memory_bytes: 0, threads: 1 };
    let first = store.begin_import(options.clone()).unwrap();
    assert!(matches!(Store::open(folder.path()).unwrap().begin_import(options.clone()), Err(crate::StoreError::Locked(_))));
    let mut sink = first.sink(FileSource { number: 0, source: "shop".into(), document: false });
    sink.take(Orders, &batch(Orders, "order_id=A customer_id=7 at=10")).unwrap();
    sink.finish().unwrap();
    drop(first);
    assert_eq!(store.snapshot().unwrap().version(), 0);
    assert_eq!(facts(&store), Vec::<String>::new());
}

/// Random small shops: a few orders in several versions, guests and registered customers with few e-mails.
fn any_files() -> impl Strategy<Value = Vec<File>> {
    let order = (0..4_i64, 0..9_i64).prop_map(|(order, version)| {
        // What a version of an order says depends on order and version alone, wherever it is read.
        let registered = (order + version) % 2 == 0;
        let who = if registered {
            format!("customer_id={}", (order + version) % 3)
        } else {
            format!("email=e{}@x.example", (order * 2 + version) % 3)
        };
        (Orders, format!("order_id=O{order} {who} at={} version={version} total={version}", order * 10 + version % 4))
    });
    let customer =
        (0..3_u8, 0..3_u8).prop_map(|(customer, email)| (Customers, format!("customer_id={customer} email=e{email}@x.example version=1")));
    let refund = (0..4_u8, 0..3_u8).prop_map(|(order, refund)| {
        (Refunds, format!("order_id=O{order} refund_id=R{order}{refund} at={} amount={refund} version=1", 50 + refund))
    });
    let cancellation = (0..4_u8).prop_map(|order| (Cancellations, format!("order_id=O{order} at=70 version=1")));
    let line = (0..4_u8, 0..3_u8)
        .prop_map(|(order, product)| (Lines, format!("order_id=O{order} product=p{product} quantity=1 unit_price={product}")));
    let row = prop_oneof![4 => order, 2 => customer, 2 => line, 1 => refund, 1 => cancellation];
    let file = prop::collection::vec(row, 1..8).prop_map(|rows| File { source: "shop", document: false, rows });
    prop::collection::vec(file, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(std::env::var("QUINTILE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(16)))]
    #[test]
    fn imports_commute(files in any_files(), order in any::<prop::sample::Index>()) {
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
        prop_assert_eq!(facts(&one_by_one), facts(&reversed));
        prop_assert_eq!(facts(&one_by_one), facts(&at_once));
    }
}
