//! What the command prints, on a shop of seven customers. `UPDATE_GOLDEN=1 cargo test -p quintile-cli` writes the files
//! in `golden/` anew; read the difference in review.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Shop {
        let folder = tempfile::tempdir().unwrap();
        for name in ["orders.csv", "rates.csv"] {
            std::fs::copy(here("shop").join(name), folder.path().join(name)).unwrap();
        }
        let shop = Shop { folder };
        let made = shop.run(&["init", ".", "--tz", "Europe/Berlin", "--currency", "EUR"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // The default depends on the machine.
        let settings = shop.folder.path().join("quintile.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        std::fs::write(&settings, text.replace("# memory = \"1 GiB\"", "memory = \"256 MiB\"")).unwrap();
        shop
    }

    fn imported() -> Shop {
        let shop = Shop::new();
        assert_eq!(shop.run(&["import", "orders.csv"]).status.code(), Some(7));
        assert_eq!(shop.run(&["rates", "import", "rates.csv"]).status.code(), Some(0));
        shop
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quintile"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("QUINTILE_")) {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path()).env("QUINTILE_NOW", "2024-07-01T08:00:00Z").env("QUINTILE_NO_INPUT", "1");
        command.args(arguments).output().unwrap()
    }

    /// Runs a command and holds its code, its stdout and its stderr against a golden file.
    fn check(&self, name: &str, arguments: &[&str]) {
        let output = self.run(arguments);
        let folder = self.folder.path().canonicalize().unwrap();
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).replace(&folder.display().to_string(), "SHOP");
            text.replace(&self.folder.path().display().to_string(), "SHOP").replace('\\', "/")
        };
        let found = format!(
            "$ quintile {}\ncode {}\n--- stdout\n{}--- stderr\n{}",
            arguments.join(" "),
            output.status.code().unwrap_or(-1),
            text(&output.stdout),
            text(&output.stderr)
        );
        let path = here("golden").join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &found).unwrap();
            return;
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert_eq!(found, expected, "{name}: run with UPDATE_GOLDEN=1 if this is meant");
    }
}

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

#[test]
fn import_tells_what_it_did() {
    let shop = Shop::new();
    shop.check("import-dry-run", &["import", "orders.csv", "--dry-run"]);
    shop.check("import", &["import", "orders.csv"]);
    shop.check("import-again", &["import", "orders.csv"]);
    shop.check("imports", &["imports"]);
    shop.check("no-import", &["import", "--undo", "9"]);
    let rejects = std::fs::read_to_string(shop.folder.path().join("rejects/1.csv")).unwrap();
    assert_eq!(rejects.lines().count(), 3, "{rejects}");
    shop.check("import-undo", &["import", "--undo", "1"]);
    shop.check("import-undone-already", &["import", "--undo", "1"]);
    shop.check("imports-undone", &["imports"]);
}

#[test]
fn questions_are_answered() {
    let shop = Shop::imported();
    shop.check("stages", &["stages"]);
    shop.check("stages-csv", &["stages", "--format", "csv", "-q"]);
    shop.check("stages-until", &["stages", "--until", "2024-03-31", "--partition", "retention-state"]);
    shop.check("opportunities", &["opportunities"]);
    shop.check("opportunities-json", &["opportunities", "--format", "json", "-q"]);
    shop.check("rfm", &["rfm"]);
    shop.check("rfm-metrics", &["rfm", "--map", "ten", "--metrics", "days_since_last_order,orders_in_90d,refund_rate:low"]);
    shop.check("profile", &["profile"]);
    shop.check("profile-csv", &["profile", "--columns", "customer_id,amount_spent,days_since_last_order,country,rfm", "--format", "csv"]);
    shop.check("customer", &["customer", "show", "c1"]);
    shop.check("customer-by-email", &["customer", "show", "EVE@example.com", "--format", "json", "-q"]);
    shop.check("movement", &["movement", "--from", "2024-04-01"]);
    shop.check("movement-balance", &["movement", "--from", "2024-04-01", "--balance", "--partition", "retention_state"]);
    shop.check("movement-flows", &["movement", "--flows"]);
    shop.check("movement-customer", &["movement", "--customer", "c1"]);
    shop.check("movement-flicker", &["movement", "--flicker", "--days", "7", "--format", "csv", "-q"]);
    shop.check("history", &["history", "--from", "2024-05-01", "--partition", "core_group"]);
    shop.check("history-rows", &["history", "--rows", "--from", "2024-06-01", "--columns", "customer_id,life_stage,orders_in_30d"]);
    shop.check("concentration-trend", &["concentration", "--trend"]);
    shop.check("cohorts", &["cohorts"]);
    shop.check("cohorts-cumulative", &["cohorts", "--measure", "revenue", "--cumulative", "--by", "country", "--format", "csv", "-q"]);
    shop.check("cohorts-rows", &["cohorts", "--rows", "--limit", "4", "--format", "json", "-q"]);
    shop.check("cohorts-margin", &["cohorts", "--measure", "margin"]);
    shop.check("products", &["products", "--least", "1", "--within", "30"]);
    shop.check("products-country", &["products", "--by", "country", "--least", "1", "--margin", "0.4", "--format", "csv", "-q"]);
    shop.check("funnel", &["funnel"]);
    shop.check("funnel-json", &["funnel", "--by-channel", "--format", "json", "-q"]);
    shop.check("funnel-paths", &["funnel", "--paths", "--touches", "3", "--segment", "country = 'Germany'"]);
    shop.check("backtest", &["backtest", "--query", "number_of_orders >= 2", "--horizon", "30"]);
    shop.check("backtest-csv", &["backtest", "--query", "number_of_orders >= 2", "--horizon", "30", "--silence", "--format", "csv", "-q"]);
    shop.check("backtest-cut", &["backtest", "--query", "number_of_orders >= 2", "--cut", "2024-06-01", "--horizon", "30"]);
    shop.check("thresholds", &["thresholds", "suggest", "--horizon", "30"]);
    shop.check("thresholds-costs", &["thresholds", "suggest", "--horizon", "30", "--false-alarm-cost", "0.5", "--miss-cost", "4"]);
    shop.check("thresholds-no-costs", &["thresholds", "suggest", "--miss-cost", "-4"]);
    shop.check("thresholds-write", &["thresholds", "suggest", "--horizon", "30", "--write", "--format", "json"]);
    shop.check("backtest-league", &["backtest", "--league", "--horizon", "30"]);
    shop.check("reactivation", &["reactivation"]);
    shop.check("behaviour", &["behaviour", "--within", "30"]);
    let published =
        "source = \"Statistics of a trade body, table 3\"\ndate = \"2024-05\"\n[figures]\nrepeat_share = { value = 0.5, of = 800 }\n";
    std::fs::write(shop.folder.path().join("published.toml"), published).unwrap();
    shop.check("behaviour-published", &["behaviour", "--within", "30", "--reference", "published.toml", "--format", "csv"]);
    std::fs::write(shop.folder.path().join("nobody.toml"), "date = \"2024\"\n[figures]\nrepeat_share = 0.5\n").unwrap();
    shop.check("behaviour-nobody", &["behaviour", "--reference", "nobody.toml"]);
    shop.check("costly", &["costly"]);
    shop.check("costly-discounts", &["costly", "--discounts", "--format", "csv"]);
    shop.check("next", &["next", "--format", "csv"]);
    shop.check("config", &["config", "show", "--origin", "--threads", "2"]);
}

#[test]
fn metrics_of_segments_and_what_happened() {
    let shop = Shop::imported();
    shop.check("segment-metrics", &["segment", "metrics"]);
    shop.check("segment-metrics-json", &["segment", "metrics", "one-order", "--query", "country = 'Germany'", "--format", "json", "-q"]);
    shop.check("segment-metrics-top", &["segment", "metrics", "--partition", "country", "--top", "1"]);
    shop.check("segment-metrics-definitions", &["segment", "metrics", "--definitions"]);
    shop.check("segment-metrics-no-classes", &["segment", "metrics", "--partition", "amount_spent"]);
    shop.check("annotate", &["annotate", "2024-05-09", "Ascension Day", "--kind", "holiday"]);
    shop.check("annotate-days", &["annotate", "2024-06-01", "no tea", "--to", "2024-06-12", "--kind", "stock-out"]);
    shop.check("annotate-list", &["annotate"]);
    shop.check("annotate-wrong-day", &["annotate", "2024-05-32", "x"]);
    shop.check(
        "segment-metrics-trend",
        &["segment", "metrics", "--partition", "core_group", "--trend", "--from", "2024-05-01", "--format", "csv"],
    );
    shop.check("history-annotated", &["history", "--from", "2024-05-01", "--partition", "core_group"]);
    shop.check("movement-flows-annotated", &["movement", "--flows"]);
    shop.check("check-annotated", &["check"]);
}

#[test]
fn what_should_be_left_out_is_proposed_and_kept() {
    let shop = Shop::imported();
    let more = "Order ID,Order Date,Customer ID,Email,Total,Currency,Channel,Tags
2001,2024-05-02 10:00,c1,ada@example.com,12.00,EUR,pos,
2002,2024-05-03 10:00,s1,kim@office.test,0.00,EUR,web,staff
2003,2024-05-04 10:00,s1,kim@office.test,9.50,EUR,web,staff
";
    std::fs::write(shop.folder.path().join("more.csv"), more).unwrap();
    assert_eq!(shop.run(&["import", "more.csv"]).status.code(), Some(0));
    let settings = shop.folder.path().join("quintile.toml");
    shop.check("check", &["check"]);
    shop.check("no-proposal", &["check", "--leave-out", "chanel:pos"]);
    shop.check("check-leave-out", &["check", "--leave-out", "channel:pos", "tag:staff"]);
    let text = std::fs::read_to_string(&settings).unwrap();
    assert!(text.contains("# tags = [\"staff\"]") && text.contains("\ntags = [\"staff\"]\n"), "{text}");
    shop.check("check-left-out", &["check"]);
    shop.check("stages-left-out", &["stages"]);
    #[cfg(feature = "sql")]
    shop.check(
        "sql-left-out",
        &["sql", "SELECT (SELECT sum(number_of_orders) FROM profiles) AS in_profiles, (SELECT count(*) FROM orders) AS in_facts"],
    );
}

#[test]
fn a_plan_goes_before_the_store_and_stands_alone() {
    let shop = Shop::imported();
    let plan = "margin_share = 0.4\n[[stage]]\nid = 'first-time-buyers'\ncustomers = 40\ncurrent_clv = 31.50\ngoal_clv = 120\ntarget_customers = 2\nset_on = 2024-04-01\nuntil = 2024-08-31\nfixed_cost = 99.90\neffort_hours = 12\n";
    std::fs::write(shop.folder.path().join("opportunities.toml"), plan).unwrap();
    shop.check("opportunities-planned", &["opportunities", "--as-of", "2024-06-11"]);
    shop.check("opportunities-likely", &["opportunities", "--likely", "--as-of", "2024-06-11"]);
    shop.check("opportunities-tactics", &["opportunities", "--tactics", "--as-of", "2024-06-11"]);
    shop.check("opportunities-plan", &["opportunities", "--plan"]);
    shop.check("opportunities-extra", &["opportunities", "--extra", "200", "--within", "4w", "--as-of", "2024-06-11"]);
    shop.check("opportunities-no-extra", &["opportunities", "--extra", "-200", "--within", "4w"]);
    shop.check("opportunities-no-days", &["opportunities", "--extra", "200", "--within", "soon"]);
    shop.check(
        "opportunities-sensitivity",
        &["opportunities", "--likely", "--sensitivity", "--as-of", "2024-06-11", "--format", "csv", "-q"],
    );
    shop.check("opportunities-segments", &["opportunities", "--likely", "--segment", "repeat", "loyal", "--as-of", "2024-06-11"]);
    shop.check("opportunities-look-back", &["opportunities", "--look-back", "2"]);
    shop.check("opportunities-kept", &["opportunities", "--kept"]);
    shop.check("opportunities-from", &["opportunities", "--from", "opportunities.toml", "-C", "/"]);
    std::fs::write(shop.folder.path().join("wrong.toml"), "[[stage]]\nid = 'loyal'\ncustomers = 'many'\n").unwrap();
    shop.check("opportunities-wrong", &["opportunities", "--from", "wrong.toml"]);
}

#[test]
fn a_run_does_what_the_settings_say_and_the_same_again() {
    let shop = Shop::new();
    shop.check("run-nothing", &["run"]);
    let settings = shop.folder.path().join("quintile.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let run = "[run]\nimport = ['ord*.csv', 'later/*.csv']\nmodels = ['value', 'clusters']\nprofile = 'out/customers.csv'\nreport = 'out/report.html'\n";
    let answers = "[run.answers]\nstages = 'out/stages.xlsx'\nopportunities = 'out/opportunities.xlsx'\nlikely = 'out/likely.json'\nvalue = 'out/value.csv'\n";
    std::fs::write(&settings, text.replace("[run]\n", run).replace("[run.answers]\n", answers)).unwrap();
    shop.check("run", &["run", "--as-of", "2024-06-11"]);
    let read = |name: &str| std::fs::read(shop.folder.path().join("out").join(name)).unwrap();
    let names = ["customers.csv", "stages.xlsx", "opportunities.xlsx", "likely.json", "report.html"];
    let first = names.map(read);
    shop.check("run-again", &["run", "--as-of", "2024-06-11"]);
    assert!(first == names.map(read), "the same run writes the same bytes");
    // What a run says of the future is kept, once for each moment.
    let kept: Vec<_> =
        std::fs::read_dir(shop.folder.path().join("answers/forecasts")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(kept, ["2024-06-10T22-00-00Z.json"]);
    shop.check("run-step", &["run", "profile", "-q"]);
    std::fs::write(&settings, text.replace("[run.answers]\n", "[run.answers]\nstage = 'x.csv'\n")).unwrap();
    shop.check("run-wrong", &["run"]);
}

#[test]
fn segments_are_counted_shown_and_explained() {
    let shop = Shop::imported();
    let query = "amount_spent > average(amount_spent) AND last_order_date >= -90d";
    shop.check("segment-count", &["segment", "count", "--query", query]);
    shop.check("segment-count-json", &["segment", "count", "--query", query, "--format", "json", "-q"]);
    shop.check(
        "segment-facts",
        &["segment", "members", "--query", "orders_placed MATCHES (amount >= 50, nth = 1) THEN orders_placed WITHIN 60d"],
    );
    shop.check(
        "segment-members",
        &["segment", "members", "spent-over", "--set", "amount=60", "--columns", "customer_id,amount_spent", "--format", "csv"],
    );
    shop.check("segment-explain", &["segment", "explain", "second-order-late"]);
    shop.check("segment-explain-customer", &["segment", "explain", "--query", query, "--customer", "c1"]);
    shop.check("segment-check", &["segment", "check", "--query", "customer_countries CONTAINS 'Taiwan' AND country = 'Germny'"]);
    shop.check("segment-check-wrong", &["segment", "check", "--query", "amount_spend > $3 OR last_order_date > 30"]);
    shop.check("segment-show", &["segment", "show", "second-order-late"]);
    shop.check("segment-list", &["segment", "list"]);
    shop.check(
        "segment-migrate",
        &["segment", "migrate", "--query", "products_purchased(id: '1', date: -30d) = true AND last_order_date >= 30_days_ago"],
    );
    shop.check(
        "segment-json",
        &["segment", "fmt", "--to", "json", "--query", "NOT (registered = true OR amount_spent BETWEEN 1 AND 2.50)"],
    );
    shop.check("segment-quality", &["segment", "quality", "second-order-late", "--set", "patience=20"]);
    shop.check("segment-quality-csv", &["segment", "quality", "--query", query, "--format", "csv", "-q"]);
    shop.check("segment-unsaid", &["segment", "fmt", "--to", "klaviyo", "--query", query]);
}

#[test]
fn own_segments_are_files_that_are_planned_and_applied() {
    let shop = Shop::imported();
    let segment = |name: &str, arguments: &[&str]| shop.check(name, &[&["segment"], arguments].concat());
    let write = |name: &str, text: &str| std::fs::write(shop.folder.path().join("segments").join(name), text).unwrap();
    segment("segment-new", &["new", "big", "--query", "amount_spent > 100", "--question", "Who spends much?"]);
    segment("segment-new-again", &["new", "big", "--query", "amount_spent > 100"]);
    segment("segment-new-wrong", &["new", "wrong", "--query", "amount_spend > 100"]);
    segment("segment-new-name", &["new", "Big Ones", "--query", "amount_spent > 100"]);
    segment("segment-new-from", &["new", "late", "--from", "second-order-late", "--review-on", "2024-06-30"]);
    let late = std::fs::read_to_string(shop.folder.path().join("segments/late.toml")).unwrap();
    write("late.toml", &(late + LATE_EXAMPLES));
    segment("segment-count-draft", &["count", "big"]);
    segment("segment-test", &["test"]);
    shop.check("plan", &["plan"]);
    shop.check("plan-keep", &["plan", "-o", "plan.json"]);
    shop.check("apply-nobody", &["apply"]);
    shop.check("apply", &["apply", "plan.json"]);
    shop.check("apply-old", &["apply", "plan.json"]);
    shop.check("plan-nothing", &["plan"]);
    segment("segment-edit", &["edit", "big", "--query", "amount_spent > 200"]);
    segment("segment-edit-ready", &["edit", "repeat", "--query", "amount_spent > 200"]);
    segment("segment-count-in-force", &["count", "big"]);
    segment("segment-count-of-draft", &["count", "big", "--draft", "-q"]);
    segment("segment-diff", &["diff", "big"]);
    segment("segment-diff-other", &["diff", "repeat", "--query", "amount_spent > 100", "-q"]);
    segment("segment-diff-from", &["diff", "repeat", "--from", "2024-04-01"]);
    segment("segment-overlap", &["overlap", "big", "repeat", "--query", "country = 'Germany'"]);
    write("late-2.toml", &std::fs::read_to_string(shop.folder.path().join("segments/late.toml")).unwrap());
    std::fs::remove_file(shop.folder.path().join("segments/late.toml")).unwrap();
    write("both.toml", "segment = \"segment('big') AND segment('late-2')\"\n");
    shop.check("plan-changes", &["plan"]);
    shop.check("plan-markdown", &["plan", "--markdown", "-q"]);
    shop.check("plan-exit-code", &["plan", "--detailed-exitcode", "--format", "csv", "-q"]);
    write("both.toml", "segment = \"segment('big') AND segment('late')\"\n");
    shop.check("plan-wrong", &["plan"]);
    write("both.toml", "segment = \"segment('big') AND segment('both')\"\n");
    shop.check("plan-circle", &["plan"]);
    write("both.toml", "segmnt = 'a'\n");
    shop.check("plan-broken", &["plan"]);
    std::fs::remove_file(shop.folder.path().join("segments/both.toml")).unwrap();
    assert_eq!(shop.run(&["plan", "-o", "plan.json"]).status.code(), Some(0));
    let more = "Order ID,Order Date,Customer ID,Email,Total,Currency,Country\n3001,2024-06-10 10:00,c2,bea@example.com,700.00,EUR,France\n";
    std::fs::write(shop.folder.path().join("more.csv"), more).unwrap();
    assert_eq!(shop.run(&["import", "more.csv"]).status.code(), Some(0));
    shop.check("apply-moved", &["apply", "plan.json"]);
    // Ready segments come and go, so not all of them are looked at.
    let all: serde_json::Value =
        serde_json::from_slice(&shop.run(&["segment", "count", "--all", "--format", "json", "-q"]).stdout).unwrap();
    assert_eq!((&all["header"]["version"], &all["header"]["customers"]), (&2.into(), &6.into()));
    let row = |name: &str| all["rows"].as_array().unwrap().iter().find(|row| row["segment"] == name).unwrap_or_else(|| panic!("{name}"));
    for name in ["big", "repeat"] {
        let alone: serde_json::Value =
            serde_json::from_slice(&shop.run(&["segment", "count", name, "--format", "json", "-q"]).stdout).unwrap();
        assert_eq!((&alone["count"], &alone["members_hash"]), (&row(name)["customers"], &row(name)["members_hash"]), "{name}");
    }
    assert_eq!((&row("cart-abandoners")["customers"], &row("cart-abandoners")["lacks"]), (&serde_json::Value::Null, &"carts".into()));
    assert_eq!(row("full-price-only")["lacks"], "discounts");
    segment("segment-lacks", &["count", "cart-abandoners"]);
}

const LATE_EXAMPLES: &str = "
[[inside]]
who = 'one order a quarter of a year ago'
orders = [{ days_ago = 90 }]

[[inside]]
who = 'one order a year ago'
orders = [{ days_ago = 365 }]

[[outside]]
who = 'left a cart'
touches = [{ kind = 'carts', days_ago = 3, checkout = true, value = '40.00' }]
";

#[test]
fn definitions_of_klaviyo_become_files_and_back() {
    let shop = Shop::imported();
    let definition = r#"{"data": [{"type": "segment", "attributes": {"name": "Big spenders, lately", "definition": {"condition_groups": [
        {"conditions": [{"type": "profile-metric", "metric_id": "PLACED", "measurement": "count",
          "measurement_filter": {"type": "numeric", "operator": "greater-than-or-equal", "value": 2},
          "timeframe_filter": {"type": "date", "operator": "in-the-last", "unit": "day", "quantity": 90}, "metric_filters": null}]}]}}}]}"#;
    std::fs::write(shop.folder.path().join("klaviyo.json"), definition).unwrap();
    shop.check("segment-import-klaviyo", &["segment", "import-klaviyo", "klaviyo.json"]);
    shop.check("segment-export-klaviyo", &["segment", "export-klaviyo", "big-spenders-lately"]);
    shop.check("segment-export-klaviyo-unsaid", &["segment", "export-klaviyo", "second-order-late"]);
}

#[test]
fn mistakes_are_explained() {
    let shop = Shop::imported();
    shop.check("no-column", &["profile", "--columns", "amount_spend"]);
    shop.check("no-customer", &["customer", "show", "c99"]);
    shop.check("no-map", &["rfm", "--map", "shopfy"]);
    shop.check("no-partition", &["stages", "--partition", "mood"]);
    shop.check("no-date", &["stages", "--as-of", "yesterday"]);
    shop.check("two-dates", &["stages", "--as-of", "2024-05-01", "--until", "2024-05-01"]);
    shop.check("no-movement", &["movement", "--from", "2024-06-01", "--to", "2024-05-01"]);
    shop.check("no-file", &["import", "nothing.csv"]);
    shop.check("init-twice", &["init", "."]);
    shop.check("no-segment", &["segment", "count", "spent-ovr"]);
    shop.check("wrong-segment", &["segment", "count", "--query", "amount_spent > days_since_last_order"]);
    shop.check("clusters-none", &["clusters", "show"]);
    shop.check("clusters-few", &["clusters", "fit"]);
    shop.check("clusters-words", &["clusters", "fit", "--columns", "country"]);
    shop.check("no-project", &["stages", "-C", "/"]);
    shop.check("no-value-model", &["value", "show"]);
    shop.check("value-of-few", &["value", "fit"]);
    shop.check("value-of-few-json", &["value", "fit", "--model", "mbg-nbd", "--format", "json", "-q"]);
    shop.check("no-such-model", &["value", "fit", "--model", "pareto"]);
    shop.check("no-backtest", &["value", "backtest"]);
    shop.check("no-cut", &["value", "backtest", "--cut", "2024-06-30", "--horizon", "90"]);
}

#[test]
fn threads_change_no_answer_and_files_are_whole() {
    let shop = Shop::imported();
    let one = shop.run(&["profile", "--format", "csv", "--threads", "1"]).stdout;
    assert_eq!(one, shop.run(&["profile", "--format", "csv", "--threads", "3"]).stdout);
    assert_eq!(String::from_utf8(one).unwrap().lines().count(), 7);
    for name in ["p.parquet", "p.csv", "p.json", "p.jsonl"] {
        assert!(shop.run(&["profile", "-o", name]).status.success(), "{name}");
    }
    let parquet = std::fs::read(shop.folder.path().join("p.parquet")).unwrap();
    assert_eq!((&parquet[..4], &parquet[parquet.len() - 4..]), (&b"PAR1"[..], &b"PAR1"[..]));
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(shop.folder.path().join("p.json")).unwrap()).unwrap();
    assert_eq!((json["rows"].as_array().unwrap().len(), &json["header"]["currency"]), (6, &"EUR".into()));
}

#[cfg(feature = "sql")]
#[test]
fn sql_sees_facts_and_profiles() {
    let shop = Shop::imported();
    shop.check(
        "sql",
        &["sql", "SELECT country, count(*) AS customers, sum(amount_spent) AS spent FROM profiles GROUP BY country ORDER BY spent DESC"],
    );
    shop.check("sql-join", &["sql", "SELECT o.order_id, o.total, p.life_stage FROM orders o JOIN profiles p ON p.customer_id = o.customer_id ORDER BY o.order_id LIMIT 3", "--format", "csv", "-q"]);
    shop.check("sql-table", &["sql", "SELECT * FROM order"]);
    shop.check("sql-write", &["sql", "DROP TABLE orders"]);
    shop.check("sql-tables", &["sql", "DESCRIBE orders", "-q"]);
}
