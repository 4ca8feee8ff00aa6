//! The same thing twice, half a thing, and an old thing late: none of them changes what the store says.

use crate::project::{Project, gzip, whole};
use quintile::{Error, ImportAsk, Kind, Progress, Workspace};
use quintile_model::RecordKind;
use quintile_store::{FileSource, ImportOptions, Store, StoreError};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Orders with equal lines, some of one time and customer.
fn shop(orders: usize) -> String {
    let mut text = "order_id,customer_id,order_date,product,quantity,unit_price,country\n".to_owned();
    for order in 0..orders {
        for line in 0..3 {
            let (day, product) = (order % 28 + 1, (order + line / 2) % 5);
            text.push_str(&format!("{order},{},2025-01-{day:02}T10:00:00Z,p{product},1,{}.5,DE\n", order % 11, order % 9));
        }
    }
    text
}

#[test]
fn a_file_is_imported_once() {
    let project = Project::new();
    let first = project.import_text("shop.csv", shop(40));
    assert_eq!((first.summary.as_ref().unwrap().orders_new, first.summary.unwrap().rows["lines"]), (40, 120));
    let (version, stored, profile) = (project.version(), project.stored(), project.profile(""));
    assert_eq!((version, profile.header.version), (1, 1));
    // Under its own name, and under another beside itself.
    for paths in [vec![project.path("shop.csv")], vec![project.path("shop.csv"), project.file("copy.csv", shop(40))]] {
        let report = project.import(&paths);
        assert!(report.summary.is_none());
        assert!(report.files.iter().all(|file| file.known_since == Some(1)), "{:?}", report.files);
    }
    assert_eq!((project.version(), project.stored()), (version, stored));
    let again = project.profile("");
    profile.same_as(&again, "the same file again");
    assert_eq!(again.header.version, version);
    // Two copies in the first import are one too.
    let other = Project::new();
    let report = other.import(&[other.file("a.csv", shop(40)), other.file("b.csv", shop(40))]);
    assert!(report.files[1].not_read && report.files[1].notes[0].contains("same content"), "{:?}", report.files[1]);
    profile.same_as(&other.profile(""), "two copies at once");
}

#[test]
fn the_same_rows_in_another_form_change_no_answer() {
    let project = Project::new();
    let text = shop(40);
    project.import_text("shop.csv", &text);
    let (profile, orders) = (project.profile(""), project.columns("", &["customer_id", "number_of_orders"]).sum("number_of_orders"));
    let names: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let mut json = String::new();
    for line in text.lines().skip(1) {
        let fields: serde_json::Map<String, serde_json::Value> =
            names.iter().zip(line.split(',')).map(|(name, value)| ((*name).to_owned(), value.into())).collect();
        json.push_str(&format!("{}\n", serde_json::Value::from(fields)));
    }
    let forms: [(&str, Vec<u8>); 6] = [
        ("packed.csv.gz", gzip(text.as_bytes())),
        ("semicolons.csv", text.replace(',', ";").into_bytes()),
        ("tabs.tsv", text.replace(',', "\t").replace('\n', "\r\n").into_bytes()),
        ("marked.csv", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("lines.jsonl", json.into_bytes()),
        ("shop.parquet", parquet(&text)),
    ];
    for (number, (name, content)) in forms.into_iter().enumerate() {
        let report = project.import_text(name, content);
        let summary = report.summary.unwrap();
        assert_eq!((summary.commit, summary.orders_new, summary.orders_known), (number as u32 + 2, 0, 40), "{name}");
        profile.same_as(&project.profile(""), name);
    }
    assert_eq!(orders, 400_000);
}

fn parquet(text: &str) -> Vec<u8> {
    use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
    use std::sync::Arc;
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let texts = |at: usize| -> ArrayRef { Arc::new(rows.iter().map(|row| Some(row[at])).collect::<StringArray>()) };
    let whole = |at: usize| -> ArrayRef { Arc::new(rows.iter().map(|row| row[at].parse::<i64>().unwrap()).collect::<Int64Array>()) };
    let times: TimestampMicrosecondArray = rows.iter().map(|row| quintile::instant(row[2]).unwrap().0).collect::<Vec<_>>().into();
    let prices: Float64Array = rows.iter().map(|row| row[5].parse::<f64>().unwrap()).collect::<Vec<_>>().into();
    let columns: Vec<ArrayRef> =
        vec![whole(0), whole(1), Arc::new(times.with_timezone("+00:00")), texts(3), whole(4), Arc::new(prices), texts(6)];
    let batch = RecordBatch::try_from_iter(text.lines().next().unwrap().split(',').zip(columns)).unwrap();
    let mut content = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut content, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    content
}

/// Imports until the given stage (or the first rows, where it is `None`), and stops there.
fn stop_at(project: &Project, paths: &[PathBuf], stage: Option<&str>) -> Error {
    let flag = project.workspace.stop_flag();
    let ask = ImportAsk { paths: paths.to_vec(), ..ImportAsk::default() };
    let result = project.workspace.import(&ask, &|progress| {
        let there = match (progress, stage) {
            (Progress::Read { .. }, None) => true,
            (Progress::Stage(now), Some(stage)) => now == stage,
            _ => false,
        };
        if there {
            flag.store(true, Ordering::Relaxed);
        }
    });
    flag.store(false, Ordering::Relaxed);
    result.err().unwrap_or_else(|| panic!("{stage:?} did not stop"))
}

#[test]
fn an_import_that_is_stopped_leaves_the_store_as_it_was() {
    let project = Project::new();
    project.import_text("first.csv", shop(20));
    let (version, stored, profile) = (project.version(), project.stored(), project.profile(""));
    let paths = [project.file("second.csv", shop(9000)), project.file("extra.csv", "order_id,product,quantity,unit_price\n1,p9,1,4\n")];
    for stage in [None, Some("reading"), Some("finding whose each order is"), Some("reading lines")] {
        let error = stop_at(&project, &paths, stage);
        assert!(matches!(error, Error::Stopped) && error.kind() == Kind::Stopped, "{stage:?}: {}", whole(&error));
        assert_eq!(error.to_string(), "stopped; the store is as it was");
        assert_eq!((project.version(), project.stored()), (version, stored.clone()), "{stage:?}");
        profile.same_as(&project.profile(""), "after a stop");
    }
    // And then it goes through as if nothing had been.
    let report = project.import(&paths);
    assert_eq!(report.summary.unwrap().orders_new, 8980);
    let fresh = Project::new();
    fresh.import_text("first.csv", shop(20));
    fresh.import(&[fresh.file("second.csv", shop(9000)), fresh.file("extra.csv", "order_id,product,quantity,unit_price\n1,p9,1,4\n")]);
    fresh.profile("").same_as(&project.profile(""), "after the stops");
}

#[test]
fn an_import_that_is_dropped_leaves_the_store_as_it_was_and_keeps_others_out_meanwhile() {
    let project = Project::new();
    project.import_text("first.csv", shop(20));
    let (version, stored, profile) = (project.version(), project.stored(), project.profile(""));
    let store = Store::open(project.workspace.root()).unwrap();
    let options = ImportOptions { now: quintile::instant("2026-01-01T00:00:00Z").unwrap(), memory_bytes: 0, threads: 1 };
    let mut import = store.begin_import(options).unwrap();
    let mut sink = import.sink(FileSource { number: 0, source: "files".into(), document: false });
    let batch = {
        use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
        use std::sync::Arc;
        let at = TimestampMicrosecondArray::from(vec![1_735_689_600_000_000]).with_timezone(quintile_model::records::UTC_OFFSET);
        let schema = RecordKind::Orders.schema_of(&["order_id", "customer_id", "at"]);
        RecordBatch::try_new(
            schema,
            vec![Arc::new(StringArray::from(vec!["new"])) as ArrayRef, Arc::new(StringArray::from(vec!["new"])), Arc::new(at)],
        )
        .unwrap()
    };
    assert!(sink.take(RecordKind::Orders, &batch).unwrap().is_empty());
    sink.finish().unwrap();
    import.resolve().unwrap();
    // While it is under way, others read and cannot write.
    profile.same_as(&project.profile(""), "during an import");
    let second = [project.file("second.csv", shop(30))];
    let error = project.try_import(&second).unwrap_err();
    assert!(matches!(&error, Error::Store(StoreError::Locked(_))) && error.kind() == Kind::Conflict, "{}", whole(&error));
    assert!(error.to_string().contains("another"), "{error}");
    assert!(matches!(
        Workspace::open(project.workspace.root(), &Default::default())
            .unwrap()
            .import(&ImportAsk { paths: second.to_vec(), ..ImportAsk::default() }, &|_| {}),
        Err(Error::Store(StoreError::Locked(_)))
    ));
    drop(import);
    assert_eq!((project.version(), project.stored()), (version, stored));
    profile.same_as(&project.profile(""), "after a dropped import");
    assert_eq!(project.import(&second).summary.unwrap().orders_new, 10);
}

#[test]
fn an_older_version_that_comes_later_changes_nothing() {
    let file = |version: &str, customer: &str, total: &str, status: &str| {
        format!(
            "order_id,customer_id,order_date,updated_at,total,status\n1,{customer},2025-01-05,{version},{total},{status}\n2,b,2025-01-06,2025-01-06,7,completed\n"
        )
    };
    let (old, new) = (file("2025-02-01", "a", "10", "pending"), file("2025-03-01", "b", "12", "completed"));
    let project = Project::new();
    project.import_text("new.csv", &new);
    let profile = project.profile("2025-04-01");
    assert_eq!((profile.get("b", "number_of_orders"), profile.get("b", "amount_spent")), ("2", "19.0000"));
    let summary = project.import_text("old.csv", &old).summary.unwrap();
    assert_eq!((summary.orders_new, summary.orders_known, summary.orders_moved), (0, 2, 0));
    let bought = |project: &Project| {
        let profile = project.columns("2025-04-01", &["customer_id", "number_of_orders", "amount_spent"]);
        profile.rows.into_iter().filter(|row| row[1] != "0").collect::<Vec<_>>()
    };
    assert_eq!(bought(&project), [["b", "2", "19.0000"]]);
    profile.same_as(&project.profile("2025-04-01"), "an older version later");
    let other = Project::new();
    other.import_text("old.csv", old);
    assert_eq!(bought(&other), [["b", "1", "7.0000"]], "the first order is unpaid");
    other.import_text("new.csv", new);
    profile.same_as(&other.profile("2025-04-01"), "the newer version later");
}
