//! Months, concentration, likely opportunities, and the page they are shown on.

use crate::project::Project;
use quintile::When;

fn when(date: &str) -> When {
    When::AsOf(date.to_owned())
}

/// Tags that a browser would run, and quotes that would end an attribute.
const HOSTILE: &str = "\"><script>alert(1)</script>";

#[test]
fn a_store_of_nothing_has_a_report_that_says_so() {
    let project = Project::new();
    let report = project.workspace.report(&When::Latest).unwrap();
    let page = quintile::page(&report);
    assert!(page.contains("the store is empty"), "{page}");
    assert_eq!(report.findings.len(), 2, "an empty store has no top fifth");
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn one_order_is_enough_for_a_page() {
    let project = Project::new();
    project.import_text("orders.csv", "order_id,customer_id,order_date,total,currency\n1,a,2025-01-05,12.50,EUR\n");
    let report = project.workspace.report(&when("2025-02-01")).unwrap();
    let page = quintile::page(&report);
    assert!(page.contains("history starts in 2025-01") && page.contains("12.50"));
    assert!(!page.contains("NaN") && !page.contains("<script"));
}

#[test]
fn what_a_file_says_is_shown_and_never_run() {
    let project = Project::new();
    let text = format!("order_id,customer_id,order_date,total,currency\n1,\"{}\",2025-01-05,1,EUR\n", HOSTILE.replace('"', "\"\""));
    project.import_text("orders.csv", text);
    let mut report = project.workspace.report(&when("2025-02-01")).unwrap();
    report.title = HOSTILE.to_owned();
    report.sections[0].title = HOSTILE.to_owned();
    let page = quintile::page(&report);
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
}

#[test]
fn a_month_holds_its_orders_and_the_refunds_of_its_days() {
    let project = Project::new();
    project.import_text(
        "orders.csv",
        "order_id,customer_id,order_date,total,currency\n1,a,2025-01-05,10,EUR\n2,b,2025-01-31,20,EUR\n3,a,2025-02-01,40,EUR\n4,,2025-02-02,80,EUR\n",
    );
    let (rows, notes) = project.check("2025-03-01");
    assert_eq!(rows.column("month"), ["2025-01", "2025-02"]);
    assert_eq!(rows.column("orders"), ["2", "1"]);
    assert_eq!(rows.column("net"), ["30.0000", "40.0000"]);
    assert_eq!((rows.column("buyers"), rows.column("new_buyers")), (vec!["2", "1"], vec!["2", "0"]));
    assert_eq!((rows.column("nobodys_orders"), rows.column("nobodys_gross")), (vec!["0", "1"], vec!["0.0000", "80.0000"]));
    assert!(notes.iter().any(|note| note.contains("1 order names no customer: 80.00 of 150.00")), "{notes:?}");
}

#[test]
fn an_order_that_finds_its_customer_is_nobodys_no_more() {
    let project = Project::new();
    project.import_text("first.csv", "order_id,customer_id,order_date,total,currency\n1,,2025-01-05,10,EUR\n2,,2025-01-06,20,EUR\n");
    project.import_text("second.csv", "order_id,customer_id,order_date,total,currency\n1,a,2025-01-05,10,EUR\n");
    let (rows, _) = project.check("2025-03-01");
    assert_eq!((rows.column("orders"), rows.column("nobodys_orders")), (vec!["1"], vec!["1"]));
    assert_eq!((rows.column("gross"), rows.column("nobodys_gross")), (vec!["10.0000"], vec!["20.0000"]));
}

#[test]
fn online_retail_is_told_what_has_no_customer_and_where_history_starts() {
    let Some(shared) = std::env::var_os("QUINTILE_SHARED") else { return };
    let file = std::path::PathBuf::from(shared).join("data/online_retail/online_retail_I.csv.gz");
    assert!(file.exists(), "QUINTILE_SHARED is set and {} is missing", file.display());
    let project = Project::of("Europe/London", "GBP");
    project.import(&[file]);
    let report = project.workspace.report(&when("2011-12-10")).unwrap();
    let page = quintile::page(&report);
    for said in [
        "history starts in 2010-12",
        "1,447,682.12 of 9,747,747.93 after refunds",
        // The first and the last full month, net, and the likely value of the first rows: as `checks/likely.py` finds it.
        "554,604.02",
        "1,132,407.74",
        "951,000",
        "645,000 to 1,500,000",
        "170,000",
    ] {
        assert!(page.contains(said), "`{said}` is not on the page");
    }
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
    assert_eq!(report.findings.len(), 3);
    let lorenz = quintile::chart(&report, "lorenz", false).unwrap();
    assert!(lorenz.starts_with("<svg"));
    let error = quintile::chart(&report, "lorentz", false).unwrap_err().to_string();
    assert!(error.contains("there is no picture `lorentz`; there are `months-gross`"), "{error}");
}

#[test]
fn the_reports_of_the_shop_itself_are_explained_order_by_order() {
    let Some(shared) = std::env::var_os("QUINTILE_SHARED") else { return };
    let folder = std::path::PathBuf::from(shared).join("data/woocommerce_store");
    assert!(folder.exists(), "QUINTILE_SHARED is set and {} is missing", folder.display());
    let project = Project::of("America/New_York", "USD");
    project.import(&[folder.join("wc_rest")]);
    let version = project.version();
    let answer = project.workspace.check_against(&when("2026-03-01"), &[folder.join("analytics_orders.csv")]).unwrap();
    // By a count over the raw files: the same 1,431 orders in the same months, of which 86 are in EUR and added as USD there.
    assert_eq!(answer.notes[1..], ["86 orders in another currency, whose amount is added there as it stands"]);
    let rows = crate::project::Table::of(answer);
    let orders = |name: &str| rows.column(name).iter().map(|count| count.parse::<u32>().unwrap()).sum::<u32>();
    assert_eq!((orders("orders_here"), orders("orders_there")), (1_431, 1_431));
    assert_eq!(rows.column("difference"), rows.column("other_currency"));
    assert!(rows.sum("other_currency") > 0);
    assert_eq!(project.version(), version, "nothing was imported");
}
