//! An import that was undone was never made, whatever it had joined, moved or corrected, and in whatever order.

use super::*;
use crate::{CommitSummary, StoreError, UndoStep, Undone};

fn options(now: i64) -> ImportOptions {
    ImportOptions { now: Instant(now), memory_bytes: 1 << 20, threads: 2 }
}

fn undo(store: &Store, import: u32) -> Result<Undone, StoreError> {
    store.undo(import, options(9000), |_| Ok::<_, std::io::Error>(()))
}

/// All that the store says: every settled row of customers and of nobody, the first source, the imported files.
fn all(store: &Store) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let wanted = FactColumns {
        customers: vec!["customer_id", "registered", "email", "phone", "first_name", "city", "source", "document", "version"],
        orders: vec!["order_id", "at", "total", "standing", "claim", "city", "source", "version"],
        lines: Some(vec!["at", "product", "category", "quantity", "amount", "version"]),
        refunds: Some(vec!["at", "amount", "dated", "claim", "version"]),
        cancellations: vec!["at", "dated", "version"],
        touchpoints: Vec::new(),
    };
    let mut batches = snapshot.scan(&wanted, 2, Ok::<_, std::io::Error>).unwrap();
    batches.push(snapshot.nobody(&wanted).unwrap());
    let options = FormatOptions::default().with_null("-");
    let mut said = vec![format!("first source {:?}", snapshot.first_source())];
    for batch in &batches {
        for customer in 0..batch.keys.len() {
            let kinds = [
                ("customer", &batch.customers),
                ("order", &batch.orders),
                ("line", &batch.lines),
                ("refund", &batch.refunds),
                ("cancellation", &batch.cancellations),
            ];
            for (kind, facts) in kinds {
                for row in facts.of(customer) {
                    // What merging needs to know is not what is asked.
                    let asked = facts.rows.schema();
                    let cells: Vec<String> = (0..asked.fields().len())
                        .filter(|column| asked.field(*column).name() != "commit")
                        .map(|column| {
                            let shown = ArrayFormatter::try_new(facts.rows.column(column), &options).unwrap().value(row).to_string();
                            format!("{}={shown}", asked.field(column).name())
                        })
                        .collect();
                    said.push(format!("{kind} {}", cells.join(" ")));
                }
            }
        }
    }
    said.extend(store.imported().unwrap().into_iter().map(|file| format!("file {}", file.fingerprint)));
    said.sort();
    said
}

/// Stores of these imports, each a list of files, at the times of their numbers.
fn made(imports: &[&[File]]) -> (tempfile::TempDir, Store) {
    let (folder, store) = store();
    for (number, files) in imports.iter().enumerate() {
        import(&store, 100 + number as i64, files);
    }
    (folder, store)
}

/// Undoes each of the imports in a store of all of them, and holds it against the store that never had it.
fn check(imports: &[&[File]]) {
    for gone in 0..imports.len() {
        let (_folder, store) = made(imports);
        undo(&store, gone as u32 + 1).unwrap();
        let (_other_folder, other) = self::store();
        for (number, files) in imports.iter().enumerate().filter(|(number, _)| *number != gone) {
            import(&other, 100 + number as i64, files);
        }
        assert_eq!(all(&store), all(&other), "without import {}", gone + 1);
    }
}

#[test]
fn joins_moves_and_corrections_are_taken_back() {
    let guest = file(&[
        (Orders, "order_id=A email=ada@example.com first_name=Ada phone=+4973155512 at=10"),
        (Lines, "order_id=A product=tea quantity=1 unit_price=10"),
        (Refunds, "refund_id=R email=ada@example.com amount=3 at=20 currency=EUR"),
    ]);
    let registered = file(&[(Customers, "customer_id=7 email=ada@example.com at=5 city=Ulm")]);
    let namesake = file(&[(Customers, "customer_id=8 email=ada@example.com at=6")]);
    let corrected = file(&[
        (Orders, "order_id=A customer_id=9 email=eve@example.com at=11 version=500 total=8"),
        (Products, "product=tea category=drinks brand=leaf"),
    ]);
    let late = file(&[(Lines, "order_id=A product=mug quantity=1 unit_price=4"), (Cancellations, "order_id=A")]);
    let by_phone = file(&[(Orders, "order_id=B phone=+4973155512 at=30"), (Refunds, "order_id=B amount=1")]);
    let [a, b, c, d, e, f] = [guest, registered, namesake, corrected, late, by_phone].map(|file| [file]);
    check(&[&a, &b, &c, &d, &e, &f]);
    check(&[&e, &d, &c, &b, &a, &f]);
    check(&[&f, &b, &e, &a, &d, &c]);
}

#[test]
fn the_first_source_is_that_of_what_is_left() {
    let of = |source: &'static str, row: &str| [File { source, ..file(&[(Orders, row)]) }];
    let imports = [
        of("till", "order_id=A customer_id=1 at=1"),
        of("web", "order_id=A customer_id=1 at=2"),
        of("till", "order_id=B customer_id=1 at=3"),
    ];
    check(&[&imports[0], &imports[1], &imports[2]]);
    let (_folder, store) = made(&[&imports[0], &imports[1], &imports[2]]);
    undo(&store, 1).unwrap();
    assert_eq!(store.snapshot().unwrap().first_source(), Some("web"));
}

#[test]
fn whole_documents_are_taken_back_with_all_their_lines() {
    let old = [document(&[
        (Orders, "order_id=A customer_id=7 at=10 version=100"),
        (Lines, "order_id=A line_id=1 product=tea quantity=1 unit_price=10"),
        (Lines, "order_id=A line_id=2 product=cup quantity=1 unit_price=20 refund=5"),
        (Cancellations, "order_id=A at=40 version=100"),
    ])];
    let new = [document(&[
        (Orders, "order_id=A customer_id=8 at=11 version=200"),
        (Lines, "order_id=A line_id=1 product=tea quantity=1 unit_price=12"),
    ])];
    check(&[&old, &new]);
    check(&[&new, &old]);
}

#[test]
fn an_undone_import_can_be_made_again() {
    let files = [file(&[(Orders, "order_id=A customer_id=7 at=10")]), file(&[(Orders, "order_id=B customer_id=7 at=11")])];
    let (_folder, store) = made(&[&files[..1], &files[1..]]);
    let before = all(&store);
    let undone = undo(&store, 1).unwrap();
    assert_eq!((undone.version, undone.import.id, undone.again), (3, 1, vec![2]));
    assert!(store.known_file("100").unwrap().is_none(), "its file is forgotten");
    assert_eq!(store.known_file("101").unwrap().map(|commit| commit.id), Some(2));
    let summary: CommitSummary = import(&store, 100, &files[..1]);
    assert_eq!((summary.commit, summary.orders_new, summary.orders_known), (4, 1, 0));
    assert_eq!(all(&store), before);
    let listed: Vec<_> =
        store.commits().unwrap().into_iter().map(|commit| (commit.id, commit.rows, commit.undone.map(|at| at.0))).collect();
    assert_eq!(listed, [(1, 2, Some(9000)), (2, 2, None), (4, 2, None)]);
}

#[test]
fn what_cannot_be_undone_is_said() {
    let files = [file(&[(Orders, "order_id=A customer_id=7 at=10")]), file(&[(Orders, "order_id=B customer_id=7 at=11")])];
    let (folder, store) = made(&[&files[..1], &files[1..]]);
    let says = |import: u32| undo(&store, import).unwrap_err().to_string();
    assert_eq!(says(7), "there is no import 7; there are 1, 2");
    undo(&store, 2).unwrap();
    assert_eq!(says(2), "import 2 was undone already; the only one is 1");
    assert_eq!(says(3), "there is no import 3; the only one is 1");
    let writing = store.begin_import(options(1)).unwrap();
    assert!(matches!(undo(&Store::open(folder.path()).unwrap(), 1), Err(StoreError::Locked(_))));
    drop(writing);
    undo(&store, 1).unwrap();
    assert_eq!(says(1), "import 1 was undone already; there is none to undo");
    assert_eq!(all(&store), ["first source None"]);
}

#[test]
fn what_is_stopped_or_lost_changes_nothing() {
    let files = [file(&[(Orders, "order_id=A customer_id=7 at=10")]), file(&[(Orders, "order_id=B customer_id=7 at=11")])];
    let (folder, store) = made(&[&files[..1], &files[1..]]);
    let before = all(&store);
    let stop = |at: UndoStep| {
        let result = store.undo(1, options(9000), |step| if step == at { Err(std::io::Error::other("enough")) } else { Ok(()) });
        assert_eq!(result.unwrap_err().to_string(), "enough");
    };
    stop(UndoStep::TakingOut);
    stop(UndoStep::MakingAgain { import: 2, number: 1, of: 1 });
    assert_eq!((all(&store), store.snapshot().unwrap().version()), (before.clone(), 2));
    // A reader keeps what it reads, however much is undone meanwhile.
    let reader = store.snapshot().unwrap();
    undo(&store, 1).unwrap();
    undo(&store, 2).unwrap();
    let wanted = everything();
    let customers: usize = reader.scan(&wanted, 1, |batch| Ok::<_, std::io::Error>(batch.orders.rows.num_rows())).unwrap().iter().sum();
    assert_eq!(customers, 2);
    drop(reader);
    // The next writer removes what nobody needs.
    import(&store, 1, &files[..1]);
    let mut left = 0;
    for kind in ["orders", "customers", "order-index", "records"] {
        left += std::fs::read_dir(folder.path().join("facts").join(kind)).map_or(0, Iterator::count);
    }
    assert_eq!(left, 3, "one file of orders, customers and the index");
}

#[test]
fn a_store_of_the_first_format_is_read_on_and_its_last_import_can_be_undone() {
    let files = [file(&[(Orders, "order_id=A customer_id=7 at=10")]), file(&[(Orders, "order_id=B customer_id=7 at=11")])];
    let (folder, store) = made(&[&files[..1], &files[1..]]);
    let before = all(&store);
    let db = rusqlite::Connection::open(folder.path().join("quintile.db")).unwrap();
    db.execute_batch(
        "ALTER TABLE commits DROP COLUMN what; ALTER TABLE commits DROP COLUMN keeps; ALTER TABLE commits DROP COLUMN undone_in;
         DROP TABLE kept; DELETE FROM files WHERE kind LIKE 'records-%'; UPDATE about SET value = 1 WHERE name = 'format';",
    )
    .unwrap();
    drop(db);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(all(&store), before);
    let error = undo(&store, 1).unwrap_err();
    assert!(matches!(error, StoreError::NotKept { id: 1, later: 2 }), "{error}");
    undo(&store, 2).unwrap();
    undo(&store, 1).unwrap();
    assert_eq!(all(&store), ["first source None"]);
}

/// What happens to a store.
#[derive(Debug, Clone)]
enum Deed {
    Import(Vec<File>),
    Undo(prop::sample::Index),
    /// Undo it and import it again.
    Again(prop::sample::Index),
}

/// Random imports of three sources, some of whole documents, and undoing in any order.
fn any_deeds() -> impl Strategy<Value = Vec<Deed>> {
    let imported = (any_files(), any::<u8>()).prop_map(|(mut files, turn)| {
        for (number, file) in files.iter_mut().enumerate() {
            file.source = ["shop", "shop", "till", "web"][(number + turn as usize) % 4];
            file.document = (turn as usize / 4 + number).is_multiple_of(5);
        }
        files.truncate(2);
        Deed::Import(files)
    });
    let undone = any::<prop::sample::Index>().prop_map(Deed::Undo);
    let again = any::<prop::sample::Index>().prop_map(Deed::Again);
    prop::collection::vec(prop_oneof![7 => imported, 2 => undone, 1 => again], 2..22)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(std::env::var("QUINTILE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(6)))]
    #[test]
    fn undone_imports_were_never_made(deeds in any_deeds()) {
        let (_folder, store) = store();
        // What should be left: the import's number, its time, its files.
        let mut left: Vec<(u32, i64, Vec<File>)> = Vec::new();
        for (number, deed) in deeds.iter().enumerate() {
            let now = 1000 + number as i64;
            match deed {
                Deed::Import(files) => left.push((import(&store, now, files).commit, now, files.clone())),
                Deed::Undo(which) | Deed::Again(which) if !left.is_empty() => {
                    let (id, _, files) = left.remove(which.index(left.len()));
                    undo(&store, id).unwrap();
                    if matches!(deed, Deed::Again(_)) {
                        left.push((import(&store, now, &files).commit, now, files));
                    }
                }
                Deed::Undo(_) | Deed::Again(_) => {}
            }
        }
        let (_other_folder, other) = self::store();
        for (_, now, files) in &left {
            import(&other, *now, files);
        }
        prop_assert_eq!(all(&store), all(&other));
        prop_assert!(store.snapshot().unwrap().runs() <= 8);
        // And to the end, the newest first, then the oldest.
        while !left.is_empty() {
            let (id, ..) = if left.len().is_multiple_of(2) { left.remove(0) } else { left.remove(left.len() - 1) };
            undo(&store, id).unwrap();
        }
        prop_assert_eq!(all(&store), ["first source None"]);
    }
}
