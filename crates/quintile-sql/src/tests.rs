use super::*;
use arrow::array::{Array, AsArray, Decimal64Array, DictionaryArray, Int64Array, StringArray, TimestampMicrosecondArray, UInt64Array};
use arrow::datatypes::{Decimal128Type, Int32Type, Int64Type, TimeUnit};
use arrow::util::pretty::pretty_format_batches;
use std::sync::Mutex;

const LIMITS: SqlLimits = SqlLimits { memory_bytes: 64 * 1024 * 1024, rows: None, threads: 2, time: None };

/// Four orders of two customers, in the types of the files.
fn orders() -> RecordBatch {
    let country: DictionaryArray<Int32Type> = [Some("DE"), Some("FR"), None, Some("DE")].into_iter().collect();
    let schema = Schema::new(vec![
        Field::new("customer_key", DataType::UInt64, false),
        Field::new("order_id", DataType::Utf8, false),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some(quintile_model::records::UTC_OFFSET.into())), false),
        Field::new("total", DataType::Decimal64(18, 4), true),
        Field::new("country", country.data_type().clone(), true),
    ]);
    let total = Decimal64Array::from(vec![Some(105_000), Some(200_001), None, Some(5)]).with_precision_and_scale(18, 4).unwrap();
    RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(UInt64Array::from(vec![7, 7, u64::MAX, u64::MAX])),
            Arc::new(StringArray::from(vec!["a", "b", "c", "d"])),
            Arc::new(TimestampMicrosecondArray::from(vec![0, 86_400_000_000, 5, 6]).with_timezone(quintile_model::records::UTC_OFFSET)),
            Arc::new(total),
            Arc::new(country),
        ],
    )
    .unwrap()
}

/// Columns that scans were asked for.
type Projections = Arc<Mutex<Vec<Option<Vec<usize>>>>>;

/// A table of these batches, and the projections it was asked for.
fn table(name: &str, batches: Vec<RecordBatch>) -> (SqlTable, Projections) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, schema) = (asked.clone(), batches[0].schema());
    let scan: Scan = Arc::new(move |projection| {
        seen.lock().unwrap().push(projection.map(<[usize]>::to_vec));
        let projection = projection.map(<[usize]>::to_vec);
        let batches = batches.clone().into_iter().map(move |batch| match &projection {
            Some(columns) => batch.project(columns).map_err(ScanError::from),
            None => Ok(batch),
        });
        Ok(Box::new(batches) as Batches)
    });
    (SqlTable { name: name.to_owned(), schema, scan }, asked)
}

fn tables() -> Vec<SqlTable> {
    let name = Arc::new(StringArray::from(vec!["Ann", "Bo"]));
    let key = Arc::new(UInt64Array::from(vec![7, u64::MAX]));
    let schema = Schema::new(vec![Field::new("customer_key", DataType::UInt64, false), Field::new("first_name", DataType::Utf8, false)]);
    let customers = RecordBatch::try_new(Arc::new(schema), vec![key, name]).unwrap();
    vec![table("orders", vec![orders(), orders().slice(0, 0)]).0, table("customers", vec![customers]).0]
}

fn check(sql: &str, expected: &str) {
    let answer = query(sql, tables(), LIMITS).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text = pretty_format_batches(&answer.batches).unwrap().to_string();
    let plain: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(" | "))
        .collect();
    assert_eq!(plain.join("\n"), expected, "{sql}\n{text}");
}

fn refused(sql: &str) -> SqlError {
    match query(sql, tables(), LIMITS) {
        Ok(answer) => panic!("answered: {sql}\n{}", pretty_format_batches(&answer.batches).unwrap()),
        Err(error) => error,
    }
}

#[test]
fn money_is_exact_and_texts_are_texts() {
    check("SELECT sum(total) AS total, count(*) AS n FROM orders", "total | n\n30.5006 | 4");
    check("SELECT avg(total) AS mean, max(total) AS most FROM orders WHERE total > 1", "mean | most\n15.25005000 | 20.0001");
    check("SELECT order_id FROM orders WHERE total > 10.5 ORDER BY 1", "order_id\nb");
    check("SELECT country, count(*) AS n FROM orders GROUP BY country ORDER BY n DESC, country", "country | n\nDE | 2\nFR | 1\n | 1");
    check("SELECT max(country) AS c FROM orders WHERE country LIKE 'D%'", "c\nDE");
    let answer = query("SELECT country, total FROM orders", tables(), LIMITS).unwrap();
    assert_eq!(answer.schema.field(0).data_type(), &DataType::Utf8);
    assert_eq!(answer.batches[0].column(1).as_primitive::<Decimal128Type>().value(1), 200_001);
}

#[test]
fn tables_join_and_names_are_lower_case() {
    let sql = "SELECT First_Name, COUNT(*) AS N FROM Orders JOIN CUSTOMERS USING (Customer_Key) GROUP BY 1 ORDER BY 1";
    check(sql, "first_name | n\nAnn | 2\nBo | 2");
    check("WITH big AS (SELECT * FROM orders WHERE total > 10) SELECT count(*) AS n FROM big", "n\n2");
    check("SELECT count(*) AS n FROM orders WHERE at < '1970-01-02'", "n\n3");
}

#[test]
fn only_asked_columns_are_read() {
    let (orders, asked) = table("orders", vec![orders()]);
    query("SELECT sum(total) FROM orders WHERE country = 'DE'", vec![orders.clone()], LIMITS).unwrap();
    assert_eq!(*asked.lock().unwrap(), [Some(vec![3, 4])]);
    asked.lock().unwrap().clear();
    let answer = query("SELECT count(*) FROM orders", vec![orders], LIMITS).unwrap();
    assert_eq!(*asked.lock().unwrap(), [Some(vec![0])]);
    assert_eq!(answer.batches[0].column(0).as_primitive::<Int64Type>().value(0), 4);
}

#[test]
fn what_is_there_can_be_asked() {
    check("SELECT table_name FROM information_schema.tables WHERE table_schema = 'store' ORDER BY 1", "table_name\ncustomers\norders");
    let text = |sql: &str| pretty_format_batches(&query(sql, tables(), LIMITS).unwrap().batches).unwrap().to_string();
    let shown = text("SHOW TABLES");
    assert!(shown.contains("orders") && shown.contains("customers"), "{shown}");
    let described = text("DESCRIBE orders");
    assert!(described.contains("total") && described.contains("Decimal128(18, 4)"), "{described}");
    assert!(text("SHOW COLUMNS FROM orders").contains("country"));
    assert!(text("EXPLAIN SELECT count(*) FROM orders").contains("StreamingTableExec"));
    assert!(text("EXPLAIN ANALYZE SELECT count(*) FROM orders").contains("output_rows"));
}

#[test]
fn an_empty_answer_has_its_columns() {
    let answer = query("SELECT country, total FROM orders WHERE total < 0", tables(), LIMITS).unwrap();
    assert!(answer.batches.is_empty() && !answer.cut_off);
    assert_eq!(answer.schema.field(0).name(), "country");
    assert_eq!(answer.schema.field(0).data_type(), &DataType::Utf8);
}

#[test]
fn rows_beyond_the_limit_are_cut_off_and_said() {
    let few = SqlLimits { rows: Some(3), ..LIMITS };
    let rows = |sql: &str, limits| {
        let answer = query(sql, tables(), limits).unwrap();
        (answer.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), answer.cut_off)
    };
    assert_eq!(rows("SELECT * FROM orders", few), (3, true));
    assert_eq!(rows("SELECT * FROM orders LIMIT 3", few), (3, false));
    assert_eq!(rows("SELECT * FROM orders", LIMITS), (4, false));
}

#[test]
fn a_scan_stops_when_no_more_is_wanted() {
    let given = Arc::new(Mutex::new(0));
    let counter = given.clone();
    let scan: Scan = Arc::new(move |projection| {
        let (counter, projection) = (counter.clone(), projection.map(<[usize]>::to_vec));
        Ok(Box::new(std::iter::repeat_with(move || {
            *counter.lock().unwrap() += 1;
            match &projection {
                Some(columns) => orders().project(columns).map_err(ScanError::from),
                None => Ok(orders()),
            }
        })) as Batches)
    });
    let endless = SqlTable { name: "orders".to_owned(), schema: orders().schema(), scan };
    let answer = query("SELECT order_id FROM orders LIMIT 10", vec![endless], LIMITS).unwrap();
    assert_eq!(answer.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 10);
    assert!(*given.lock().unwrap() < 100);
}

#[test]
fn nothing_can_be_changed_and_no_file_reached() {
    let folder = std::env::temp_dir().join(format!("quintile-sql-attack-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let secret = folder.join("secret.csv");
    std::fs::write(&secret, "a,b\n1,2\n").unwrap();
    let (out, file) = (folder.join("out.csv").display().to_string(), secret.display().to_string());
    let attacks = [
        format!("COPY (SELECT 1) TO '{out}'"),
        format!("COPY orders TO '{out}' STORED AS CSV"),
        format!("COPY orders FROM '{file}'"),
        format!("EXPLAIN COPY (SELECT 1) TO '{out}'"),
        format!("EXPLAIN ANALYZE COPY (SELECT 1) TO '{out}'"),
        format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{file}'"),
        format!("EXPLAIN CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{file}'"),
        format!("SELECT * FROM '{file}'"),
        format!("SELECT * FROM \"{file}\""),
        format!("SELECT * FROM \"file://{file}\""),
        format!("SELECT * FROM read_csv('{file}')"),
        format!("SELECT * FROM read_parquet('{file}')"),
        format!("SELECT * FROM csv_scan('{file}')"),
        format!("SELECT * FROM glob('{file}')"),
        format!("SELECT * FROM parquet_metadata('{file}')"),
        format!("SELECT pg_read_file('{file}')"),
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        "CREATE SCHEMA s".to_owned(),
        "CREATE DATABASE d".to_owned(),
        "CREATE FUNCTION f(INT) RETURNS INT RETURN $1".to_owned(),
        "CREATE INDEX i ON orders (total)".to_owned(),
        "DROP TABLE orders".to_owned(),
        "DROP VIEW orders".to_owned(),
        "DROP SCHEMA store CASCADE".to_owned(),
        "ALTER TABLE orders ADD COLUMN x INT".to_owned(),
        "TRUNCATE TABLE orders".to_owned(),
        "INSERT INTO orders VALUES (1)".to_owned(),
        "INSERT INTO customers SELECT 1, 'x'".to_owned(),
        "EXPLAIN ANALYZE INSERT INTO customers SELECT 1, 'x'".to_owned(),
        "UPDATE orders SET total = 0".to_owned(),
        "DELETE FROM orders".to_owned(),
        "MERGE INTO orders USING customers ON true WHEN MATCHED THEN DELETE".to_owned(),
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone".to_owned(),
        "WITH more AS (SELECT 1) INSERT INTO customers SELECT 1, 'x'".to_owned(),
        "SELECT * INTO t FROM orders".to_owned(),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "SET datafusion.runtime.memory_limit = '100G'".to_owned(),
        "RESET datafusion.execution.batch_size".to_owned(),
        "BEGIN".to_owned(),
        "COMMIT".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "EXECUTE p".to_owned(),
        "EXPLAIN PREPARE p AS SELECT 1".to_owned(),
        "USE other".to_owned(),
        "CALL f()".to_owned(),
        "LOAD DATA INPATH 'x' INTO TABLE orders".to_owned(),
        "ATTACH DATABASE 'x' AS y".to_owned(),
        "INSTALL httpfs".to_owned(),
        "GRANT ALL ON orders TO x".to_owned(),
        "VACUUM".to_owned(),
        "SELECT 1; DROP TABLE orders".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
    ];
    for attack in &attacks {
        let error = refused(attack);
        assert!(error.is_of_the_user(), "{attack}: {error}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "a file was written");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_second_lock_lies_behind_the_first() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let context = context(super::runtime(1 << 20).unwrap(), 1).unwrap();
        for sql in
            ["CREATE TABLE t AS SELECT 1", "CREATE VIEW v AS SELECT 1", "SET datafusion.execution.batch_size = 1", "PREPARE p AS SELECT 1"]
        {
            let plan = context.state().create_logical_plan(sql).await.unwrap();
            assert!(gate::options().verify_plan(&plan).is_err(), "{sql}");
        }
        let copy = context.state().create_logical_plan("COPY (SELECT 1) TO '/tmp/x.csv'").await;
        assert!(copy.is_err(), "no format is known, so that nothing can be copied to a file");
    });
}

#[test]
fn errors_are_in_the_words_of_the_user() {
    let said = |sql: &str| refused(sql).to_string();
    assert_eq!(said("SELECT * FROM order"), "unknown table `order`, did you mean `orders`?");
    assert_eq!(said("SELECT * FROM ordres"), "unknown table `ordres`, did you mean `orders`?");
    assert_eq!(said("SELECT * FROM weather"), "unknown table `weather`; there are `customers`, `orders`");
    assert_eq!(said("SELECT totl FROM orders"), "unknown column `totl`, did you mean `total`?");
    assert_eq!(said("SELECT o.kountry FROM orders o"), "unknown column `kountry`, did you mean `country`?");
    assert_eq!(said("SELECT weather FROM customers"), "unknown column `weather`; there are `customer_key`, `first_name`");
    assert_eq!(
        said("DROP TABLE orders"),
        "`DROP TABLE` is refused: only SELECT, EXPLAIN, SHOW and DESCRIBE are answered, nothing is changed by SQL"
    );
    assert_eq!(said("  "), "the query is empty; try `SHOW TABLES`");
    assert_eq!(said("SELECT 1; SELECT 2"), "2 statements were given; give one at a time");
    assert!(said("SELEC 1").starts_with("the query cannot be read: "), "{}", said("SELEC 1"));
    assert!(said("SELECT 1/0").contains("ivi"), "{}", said("SELECT 1/0"));
    assert!(said("DESCRIBE ordres").contains("`ordres`"), "{}", said("DESCRIBE ordres"));
    assert!(said("SHOW COLUMNS FROM ordres").contains("ordres"), "{}", said("SHOW COLUMNS FROM ordres"));
}

#[test]
fn memory_is_counted_and_its_end_is_an_error() {
    let many: Vec<RecordBatch> = (0..64)
        .map(|batch| {
            let values = Int64Array::from_iter_values((0..8192).map(|row| batch * 8192 + row));
            RecordBatch::try_new(Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)])), vec![Arc::new(values)]).unwrap()
        })
        .collect();
    let small = SqlLimits { memory_bytes: 2 * 1024 * 1024, ..LIMITS };
    let ask = |sql: &str| query(sql, vec![table("t", many.clone()).0], small);
    for sql in ["SELECT * FROM t", "SELECT count(DISTINCT n), count(DISTINCT n + 1) FROM t", "SELECT count(*) FROM t a JOIN t b USING (n)"]
    {
        let error = ask(sql).expect_err(sql);
        assert!(matches!(error, SqlError::Memory { megabytes: 2 }), "{sql}: {error}");
    }
    assert!(ask("SELECT sum(n) FROM t").is_ok());
}

#[test]
fn a_scan_that_fails_or_panics_is_an_error_with_its_table() {
    let failing = |scan: Scan| SqlTable { name: "orders".to_owned(), schema: orders().schema(), scan };
    let at_once = failing(Arc::new(|_| Err("the disk is gone".into())));
    let later = failing(Arc::new(|_| Ok(Box::new(std::iter::once(Err("the disk is gone".into()))) as Batches)));
    let panicking = failing(Arc::new(|_| panic!("the disk is gone")));
    for table in [at_once, later, panicking] {
        let error = query("SELECT count(*), max(order_id) FROM orders", vec![table], LIMITS).unwrap_err();
        assert_eq!(error.to_string(), "table `orders` could not be read");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the disk is gone");
        assert!(!error.is_of_the_user());
    }
}

#[test]
fn deep_and_odd_texts_are_errors_or_answers_and_never_a_panic() {
    let chain = format!("SELECT 1{}", "+1".repeat((LONGEST_QUERY - 8) / 2));
    assert!(chain.len() <= LONGEST_QUERY);
    assert_eq!(refused(&chain).to_string(), "an expression of the query is more than 400 operations deep; use IN for long lists");
    assert!(query(&format!("SELECT 1{}", "+1".repeat(390)), tables(), LIMITS).is_ok());
    let ors = format!("SELECT count(*) FROM orders WHERE total=1{}", " OR total=1".repeat((LONGEST_QUERY - 41) / 11));
    refused(&ors);
    let many = format!("SELECT count(*) FROM orders WHERE total IN (1{})", ",2".repeat((LONGEST_QUERY - 60) / 2));
    assert!(query(&many, tables(), LIMITS).is_ok());
    let unions = |times| format!("SELECT order_id FROM orders{}", " UNION ALL SELECT order_id FROM orders".repeat(times - 1));
    assert!(query(&unions(gate::MOST_SCANS), tables(), LIMITS).is_ok());
    assert_eq!(refused(&unions(gate::MOST_SCANS + 1)).to_string(), "the query reads tables more than 200 times; ask in smaller steps");
    let joins = format!(
        "SELECT count(*) FROM customers c0{}",
        (1..20).map(|n| format!(" JOIN customers c{n} ON c{n}.customer_key = c0.customer_key")).collect::<String>()
    );
    query(&joins, tables(), LIMITS).unwrap();
    refused(&format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000)));
    refused(&format!("SELECT {}", "- ".repeat(10_000)));
    refused(&"SELECT 1 UNION ALL ".repeat(1000));
    refused(&"x".repeat(LONGEST_QUERY + 1));
    for text in ["\0", "'", "\"", "SELECT", "SELECT * FROM", ")", "--", "/*", "SELECT '\u{0}'; ;", "SELECT $1", "SELECT @x", "EXPLAIN"] {
        let _ = query(text, tables(), LIMITS);
    }
}
