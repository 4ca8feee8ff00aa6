//! Real data, with the totals that are published of it or were counted by other means. The files are not part of the
//! project: `QUINTILE_SHARED` names the folder they are in, and without it these tests pass.

use crate::shop::{Kept, options, read, read_paths};
use quintile_connect::{Layout, PlannedFile, survey};
use quintile_model::{RecordKind, StoreZone};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("QUINTILE_SHARED")?).join(path);
    assert!(path.exists(), "QUINTILE_SHARED is set and {} is missing", path.display());
    Some(path)
}

fn read_shared(path: &str) -> Option<(Vec<PlannedFile>, Kept)> {
    shared(path).map(|path| read_paths(&[path]))
}

fn distinct(values: &[String]) -> usize {
    values.iter().filter(|value| !value.is_empty()).collect::<HashSet<_>>().len()
}

fn check_online_retail(files: &[PlannedFile], kept: &Kept) {
    assert_eq!(files[0].layout, Layout::OnlineRetail);
    assert_eq!((kept.count(RecordKind::Lines), kept.refusals.len()), (541_909, 0));
    assert_eq!(kept.goods().to_string(), "9747747.934");
    assert_eq!(distinct(&kept.column(RecordKind::Orders, "order_id")), 25_900 - 3_836);
    assert_eq!(kept.count(RecordKind::Refunds), 3_836);
    let customers = kept.column(RecordKind::Refunds, "customer_id");
    let amounts: i128 = kept
        .column(RecordKind::Refunds, "amount")
        .iter()
        .zip(&customers)
        .filter(|(_, customer)| !customer.is_empty())
        .map(|(amount, _)| i128::from(quintile_model::Money::parse(amount).unwrap().money.0))
        .sum();
    assert_eq!(amounts, 6_113_420_900);
    assert_eq!(distinct(&kept.column(RecordKind::Orders, "customer_id")), 4_339);
}

#[test]
fn online_retail_is_the_same_from_csv_and_parquet() {
    let (Some((csv_files, csv)), Some((parquet_files, parquet))) =
        (read_shared("data/online_retail/online_retail_I.csv.gz"), read_shared("data/online_retail/online_retail_I.parquet"))
    else {
        return;
    };
    check_online_retail(&csv_files, &csv);
    check_online_retail(&parquet_files, &parquet);
    for (kind, names) in [
        (RecordKind::Lines, ["order_id", "product", "title", "quantity", "unit_price", "kind"].as_slice()),
        (RecordKind::Orders, &["order_id", "customer_id", "at", "country"]),
        (RecordKind::Refunds, &["refund_id", "customer_id", "at", "amount", "country"]),
    ] {
        for name in names {
            assert!(csv.column(kind, name) == parquet.column(kind, name), "{}.{name} differs", kind.name());
        }
    }
}

#[test]
fn cdnow_has_the_same_orders_in_all_its_forms() {
    let (Some((files, master)), Some((_, tidy)), Some((sample_files, sample)), Some((_, tidy_sample))) = (
        read_shared("data/cdnow/CDNOW_master.txt"),
        read_shared("data/cdnow/cdnow_full_tidy.csv.gz"),
        read_shared("data/cdnow/CDNOW_sample.txt"),
        read_shared("data/cdnow/cdnow_sample_tidy.csv.gz"),
    ) else {
        return;
    };
    assert_eq!((files[0].layout, sample_files[0].layout), (Layout::Cdnow, Layout::Cdnow));
    let ids = master.column(RecordKind::Orders, "order_id");
    assert_eq!((ids.len(), distinct(&ids), master.refusals.len()), (69_659, 69_659, 0));
    assert_eq!(distinct(&master.column(RecordKind::Orders, "customer_id")), 23_570);
    assert_eq!(master.sum(RecordKind::Orders, "total").to_string(), "2500315.63");
    assert_eq!(master.goods().to_string(), "2500315.63");
    assert_eq!(master.sum(RecordKind::Lines, "quantity").to_string(), "167881.00");
    assert_eq!(ids, tidy.column(RecordKind::Orders, "order_id"));
    let sample_ids = sample.column(RecordKind::Orders, "order_id");
    assert_eq!((sample_ids.len(), distinct(&sample.column(RecordKind::Orders, "customer_id"))), (6_919, 2_357));
    assert_eq!(sample_ids, tidy_sample.column(RecordKind::Orders, "order_id"));
    let all: HashSet<_> = ids.iter().collect();
    assert!(sample_ids.iter().all(|id| all.contains(id)));
}

#[test]
fn a_shopify_export_has_its_orders() {
    let Some((files, kept)) = read_shared("data/woocommerce_store/orders_export.csv") else { return };
    assert_eq!(files[0].layout, Layout::ShopifyOrders);
    assert!(files[0].document);
    assert_eq!((kept.count(RecordKind::Orders), kept.summary.rows_read, kept.refusals.len()), (1_509, 2_847, 0));
    assert_eq!(distinct(&kept.column(RecordKind::Orders, "order_id")), 1_509);
    assert_eq!(kept.count(RecordKind::Lines), 2_847);
    let (files, kept) = read_shared("data/woocommerce_store/customers_export.csv").unwrap();
    assert_eq!(files[0].layout, Layout::ShopifyCustomers);
    assert!(kept.column(RecordKind::Customers, "customer_id").iter().all(|id| !id.starts_with('\'')));
    let (_, kept) = read_shared("connectors/shopify/orders_export_mini_ltv.csv").unwrap();
    assert_eq!(kept.refusals, []);
    assert_eq!((kept.summary.rows_read, kept.count(RecordKind::Lines)), (9, 9));
}

#[test]
fn a_woocommerce_store_has_its_orders_refunds_customers_and_products() {
    let Some(folder) = shared("data/woocommerce_store/wc_rest") else { return };
    let (files, kept) = read_paths(&[folder]);
    assert_eq!(files.len(), 24);
    assert_eq!(files.iter().filter(|file| file.layout == Layout::NotRead).count(), 2);
    assert_eq!((kept.count(RecordKind::Orders), kept.count(RecordKind::Products), kept.refusals.len()), (1_545, 60, 0));
    // Of 335 users one is the administrator.
    assert_eq!(kept.count(RecordKind::Customers), 334);
    let refunds = kept.table(RecordKind::Refunds, &["refund_id", "order_id", "amount"]);
    assert_eq!((refunds.len(), refunds.iter().collect::<HashSet<_>>().len()), (160, 80));
    let kinds = kept.column(RecordKind::Lines, "kind");
    assert_eq!(kinds.iter().filter(|kind| *kind == "sale").count(), 2_890);
    // Order by order: lines sum to the total less tax, to the last decimal.
    let mut sums: HashMap<String, i64> = HashMap::new();
    let amounts = |kind, name| -> Vec<i64> {
        kept.column(kind, name)
            .iter()
            .map(|text| if text.is_empty() { 0 } else { quintile_model::Money::parse(text).unwrap().money.0 })
            .collect()
    };
    let (quantity, price, discount) =
        (amounts(RecordKind::Lines, "quantity"), amounts(RecordKind::Lines, "unit_price"), amounts(RecordKind::Lines, "discount"));
    for (row, order) in kept.column(RecordKind::Lines, "order_id").into_iter().enumerate() {
        *sums.entry(order).or_default() += quantity[row] * price[row] / 10_000 - discount[row];
    }
    let (total, tax) = (amounts(RecordKind::Orders, "total"), amounts(RecordKind::Orders, "tax"));
    let standing = kept.column(RecordKind::Orders, "standing");
    for (row, order) in kept.column(RecordKind::Orders, "order_id").iter().enumerate() {
        if standing[row] == "counts" {
            assert_eq!(sums.get(order).copied().unwrap_or(0), total[row] - tax[row], "order {order}");
        }
    }
    assert_eq!(standing.iter().filter(|standing| *standing == "draft").count(), 36);
    assert_eq!(kept.count(RecordKind::Cancellations), 32);
}

#[test]
fn woocommerce_analytics_is_read_and_warned_of() {
    let Some((files, kept)) = read_shared("data/woocommerce_store/analytics_orders.csv") else { return };
    assert_eq!(files[0].layout, Layout::WooAnalyticsOrders);
    assert!(files[0].notes.iter().any(|note| note.contains("without e-mail")));
    // 80 of its rows are refunds.
    assert_eq!((kept.summary.rows_read, kept.count(RecordKind::Orders), kept.refusals.len()), (1_511, 1_431, 0));
}

#[test]
fn purchases_without_numbers_are_orders_of_their_own() {
    let Some((files, kept)) = read_shared("data/rfm_package/rfm_data_orders.csv.gz") else { return };
    assert_eq!((files[0].layout, files[0].produces.as_slice()), (Layout::Mapped, [RecordKind::Orders].as_slice()));
    let ids = kept.column(RecordKind::Orders, "order_id");
    assert_eq!((ids.len(), distinct(&ids), kept.refusals.len()), (4_906, 4_906, 0));
    assert_eq!(distinct(&kept.column(RecordKind::Orders, "customer_id")), 995);
    assert_eq!(kept.sum(RecordKind::Orders, "total").to_string(), "464158.00");
    let (files, kept) = read_shared("data/rfm_package/rfm_data_customer.csv.gz").unwrap();
    assert_eq!(files[0].produces, [RecordKind::Customers]);
    assert_eq!(kept.count(RecordKind::Customers), 39_999);
    assert!(kept.column(RecordKind::Customers, "customer_id").iter().all(|id| !id.contains('.')));
}

/// The time to read a file, for eyes alone: `QUINTILE_TIMED` names files or folders, apart by colons.
#[test]
fn timed() {
    let Some(paths) = std::env::var_os("QUINTILE_TIMED") else { return };
    struct Counting(u64);
    impl quintile_model::records::RecordSink for Counting {
        fn records(&mut self, _: RecordKind, batch: arrow::record_batch::RecordBatch) -> Result<(), quintile_model::records::SinkError> {
            self.0 += batch.num_rows() as u64;
            Ok(())
        }
        fn refuse(&mut self, refusal: quintile_model::records::Refusal) -> Result<(), quintile_model::records::SinkError> {
            println!("{refusal:?}");
            Ok(())
        }
        fn progress(&mut self, _: u64, _: u64) -> Result<(), quintile_model::records::SinkError> {
            Ok(())
        }
    }
    let options = options("UTC");
    let start = std::time::Instant::now();
    let files = survey(&std::env::split_paths(&paths).collect::<Vec<_>>(), &options).unwrap();
    println!("survey {:?}", start.elapsed());
    for file in &files {
        println!("{} {} {} {:?} {:?} {:?}", file.path.display(), file.format, file.layout, file.produces, file.rows_hint(), file.notes);
        if let Some(mapping) = &file.mapping {
            println!("{}", mapping.to_toml());
        }
        let start = std::time::Instant::now();
        let mut records = 0;
        let parts = file.parts(4, &StoreZone::utc()).unwrap();
        for part in &parts {
            let mut sink = Counting(0);
            part.read(&mut sink).unwrap();
            records += sink.0;
        }
        println!("  {records} records in {:?}, {} parts", start.elapsed(), parts.len());
    }
    let _ = read(&[], &options.zone);
}
