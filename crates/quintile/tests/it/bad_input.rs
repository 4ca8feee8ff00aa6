//! Files that are wrong: each costs what is wrong with it and no more, its rows are kept where a person can mend them,
//! and the message says what to do.

use crate::project::{Project, Table, gzip, long, whole};
use flate2::{Compression, write::GzEncoder};
use quintile::{Error, ImportAsk, ImportReport, Kind};
use std::io::Write;
use std::path::{Path, PathBuf};

const HEADER: &str = "order_id,customer_id,order_date,total";

/// Fails, whole, with these words, and the store stays empty.
fn check_error(project: &Project, paths: &[PathBuf], kind: Kind, words: &[&str]) {
    let error = project.try_import(paths).err().unwrap_or_else(|| panic!("{paths:?} was imported"));
    let text = whole(&error);
    assert!(words.iter().all(|words| text.contains(words)), "{text}");
    assert_eq!(error.kind(), kind, "{text}");
    assert_eq!((project.version(), project.stored()), (0, vec![]), "{text}");
}

/// Good rows go in; refused ones lie in `rejects/` with these lines, columns, reasons and rows.
fn check_rejects(project: &Project, path: &Path, expected: &[(&str, &str, &str, &str)]) -> ImportReport {
    let report = project.try_import(&[path.to_owned()]).unwrap_or_else(|error| panic!("{}", whole(&error)));
    let rejects = report.rejects.clone().unwrap_or_else(|| panic!("nothing was refused of {}", path.display()));
    let summary = report.summary.as_ref().unwrap();
    assert_eq!(rejects, project.workspace.root().join("rejects").join(format!("{}.csv", summary.commit)));
    assert_eq!(
        rows_of(&rejects),
        expected
            .iter()
            .map(|(line, column, reason, row)| [path.to_str().unwrap(), line, column, reason, row].map(str::to_owned).to_vec())
            .collect::<Vec<_>>()
    );
    assert_eq!(report.refused(), expected.len() as u64);
    report
}

fn rows_of(rejects: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(rejects).unwrap();
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), ["file", "line", "column", "reason", "row"]);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn orders(project: &Project) -> Table {
    project.columns("2025-12-31", &["customer_id", "number_of_orders", "amount_spent", "first_order_date", "last_order_date"])
}

/// How many orders there are, and for how much.
fn totals(project: &Project) -> (i128, String) {
    let orders = orders(project);
    (orders.sum("number_of_orders") / 10_000, quintile::model::Money(orders.sum("amount_spent") as i64).to_string())
}

#[test]
fn a_delimiter_is_found_and_a_strange_one_is_named() {
    let project = Project::new();
    project.import_text("orders.csv", "order_id;customer_id;order_date;total\n1;a;2025-01-05;1.234,50\n2;a;06.01.2025;2,50\n");
    assert_eq!(totals(&project), (2, "1237.00".to_owned()));
    let project = Project::new();
    let strange = project.file("orders.csv", format!("{HEADER}\n1,a,2025-01-05,1\n").replace(',', "^"));
    check_error(
        &project,
        &[strange],
        Kind::Invalid,
        &["orders.csv` is not recognised", "without columns", "commas, tabs, semicolons or bars"],
    );
    // One row of another delimiter among good ones.
    let mixed = project.file("mixed.csv", format!("{HEADER}\n1,a,2025-01-05,1\n2;a;2025-01-05;1\n3,a,2025-01-05,3,4\n4,b,2025-01-05,4\n"));
    check_rejects(
        &project,
        &mixed,
        &[
            ("3", "", "the row has 1 cells where the header has 4", "2;a;2025-01-05;1"),
            (
                "4",
                "",
                "the row has 5 cells where the header has 4; perhaps a delimiter stands in a cell without quotes",
                "3,a,2025-01-05,3,4",
            ),
        ],
    );
    assert_eq!(totals(&project), (2, "5.00".to_owned()));
}

#[test]
fn every_encoding_is_read() {
    let text = "order_id,customer_id,order_date,total,city\n1,Zoë,2025-01-05,1,Münster\n2,Œuvre,2025-01-05,2,Köln\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>();
    let windows: Vec<u8> =
        text.chars().map(|character| if character == 'Œ' { 0x8C } else { u8::try_from(u32::from(character)).unwrap() }).collect();
    for (name, content, noted) in [
        ("plain.csv", text.as_bytes().to_vec(), None),
        ("marked.csv", [b"\xEF\xBB\xBF", text.as_bytes()].concat(), None),
        ("little.csv", utf16(u16::to_le_bytes), Some("UTF-16")),
        ("big.csv", utf16(u16::to_be_bytes), Some("UTF-16")),
        ("windows.csv", windows, Some("Windows-1252")),
        ("packed.csv.gz", gzip(text.as_bytes()), None),
    ] {
        let project = Project::new();
        let report = project.import_text(name, content);
        let profile = project.columns("", &["customer_id", "city"]);
        assert_eq!(profile.rows, [["Zoë", "Münster"], ["Œuvre", "Köln"]], "{name}");
        if let Some(words) = noted {
            assert!(report.files[0].notes.iter().any(|note| note.contains(words)), "{name}: {:?}", report.files[0].notes);
        }
    }
}

#[test]
fn a_cut_gzip_gives_its_good_rows() {
    let project = Project::new();
    let mut text = format!("{HEADER}\n");
    for order in 0..200_000 {
        text.push_str(&format!("{order},c{},2025-01-{:02},{}.50\n", order % 97, order % 28 + 1, order * 7919 % 1000));
    }
    let packed = gzip(text.as_bytes());
    let path = project.file("orders.csv.gz", &packed[..packed.len() / 2]);
    let report = project.try_import(&[path]).unwrap();
    let (kept, refused) = (report.records["orders"], rows_of(&report.rejects.unwrap()));
    assert!((50_000..150_000).contains(&kept), "{kept}");
    assert_eq!(totals(&project).0, i128::from(kept));
    // The last row is cut too.
    let last = refused.last().unwrap();
    assert!(last[3].contains("the gzip file is cut off") && last[3].contains("copy or download the file again"), "{last:?}");
    assert!(last[1].parse::<u64>().unwrap() > kept && refused.len() <= 2, "{refused:?}");
    assert!(report.files[0].notes.iter().any(|note| note.contains("could not be read to its end")), "{:?}", report.files[0].notes);
}

#[test]
fn a_gzip_bomb_is_no_table() {
    let mut zeros = GzEncoder::new(Vec::new(), Compression::best());
    zeros.write_all(&vec![0; 16 << 20]).unwrap();
    let zeros = zeros.finish().unwrap();
    let project = Project::new();
    let bomb = project.file("bomb.csv.gz", zeros.repeat(64));
    check_error(&project, &[bomb], Kind::Invalid, &["bomb.csv.gz` is not recognised", "binary"]);
    // One that begins like a table: its rows go in, and it is given up when it has unpacked to nonsense.
    let members = if long() { 640 } else { 80 };
    let hidden = [gzip(format!("{HEADER}\n{}", "1,a,2025-01-05,1\n".repeat(40_000)).as_bytes()), zeros.repeat(members)].concat();
    assert!(hidden.len() * 500 < members * (16 << 20));
    let report = project.try_import(&[project.file("hidden.csv.gz", hidden)]).unwrap_or_else(|error| panic!("{}", whole(&error)));
    let refused = rows_of(&report.rejects.unwrap());
    assert!(refused.iter().any(|row| row[3].contains("unpacks to more than 500 times its size")), "{refused:?}");
    assert_eq!(totals(&project), (1, "1.00".to_owned()));
}

#[test]
fn a_very_long_line_costs_itself() {
    let megabytes = if long() { 1024 } else { 32 };
    let project = Project::new();
    let path = project.path("orders.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    write!(file, "{HEADER}\n1,a,2025-01-05,1\n2,").unwrap();
    let letters = vec![b'x'; 1 << 20];
    for _ in 0..megabytes {
        file.write_all(&letters).unwrap();
    }
    write!(file, ",2025-01-05,2\n3,b,2025-01-05,4\n").unwrap();
    drop(file);
    let report = project.try_import(std::slice::from_ref(&path)).unwrap();
    let refused = rows_of(&report.rejects.unwrap());
    assert_eq!((refused.len(), refused[0][1].as_str()), (1, "3"));
    assert!(refused[0][3].contains("the row is longer than 16 MiB"), "{}", refused[0][3]);
    assert!(refused[0][4].len() < 10_000);
    assert_eq!(totals(&project), (2, "5.00".to_owned()));
}

#[test]
fn amounts_that_are_none_are_refused_with_their_row() {
    let project = Project::new();
    let path = project.file(
        "orders.csv",
        format!("{HEADER}\n1,a,2025-01-05,1.5\n2,a,2025-01-05,NaN\n3,a,2025-01-05,1e400\n4,a,2025-01-05,inf\n5,\"a,b\",2025-01-05,twelve\n6,a,2025-01-05,2.00005\n7,a,,1\n,a,2025-01-05,1\n"),
    );
    let report = check_rejects(
        &project,
        &path,
        &[
            ("3", "total", "`NaN` is not an amount: not a number", "2,a,2025-01-05,NaN"),
            ("4", "total", "`1e400` is not an amount: too large (at most 99,999,999,999,999.9999)", "3,a,2025-01-05,1e400"),
            ("5", "total", "`inf` is not an amount: not a number", "4,a,2025-01-05,inf"),
            ("6", "total", "`twelve` is not an amount: not a number", "5,\"a,b\",2025-01-05,twelve"),
            ("8", "order_date", "the row has no value for `order_date`", "7,a,,1"),
            ("9", "order_id", "the row has no value for `order_id`", ",a,2025-01-05,1"),
        ],
    );
    assert_eq!(report.files[0].first_refusals.len(), 5, "a few are shown, all are kept");
    assert!(
        report.files[0].notes.iter().any(|note| note == "1 amounts had more than four decimals and were rounded"),
        "{:?}",
        report.files[0].notes
    );
    // Half to even.
    assert_eq!(orders(&project).get("a", "amount_spent"), "3.5000");
    // A file without one good row is refused whole, and its rows are kept all the same.
    let project = Project::new();
    project.mapping("orders", &[("order_id", "order_id"), ("customer_id", "customer_id"), ("order_date", "at"), ("total", "total")]);
    let path = project.file("orders.csv", format!("{HEADER}\n1,a,2025-01-05,NaN\n2,a,2025-01-05,1e400\n3,a,soon,1\n4,a,2025-13-01,\n"));
    let error = project.try_import(&[path]).unwrap_err();
    let Error::NothingImported { rejects } = &error else { panic!("{}", whole(&error)) };
    assert!(error.to_string().contains("no row could be imported, and the store is as it was"), "{error}");
    assert_eq!((rows_of(rejects).len(), project.version()), (4, 0));
}

#[test]
fn dates_in_three_formats_are_read_or_refused_and_never_guessed_apart() {
    let project = Project::new();
    let report = project
        .import_text("orders.csv", format!("{HEADER}\n1,a,2025-01-05,1\n2,b,13/02/2025 08:30,1\n3,c,\"Mar 5, 2025\",1\n4,d,4/3/2025,1\n"));
    assert_eq!(report.records["orders"], 4);
    let orders = self::orders(&project);
    // 13 can only be a day, so the column has days first.
    assert_eq!(
        orders.column("first_order_date"),
        ["2025-01-05T00:00:00Z", "2025-02-13T08:30:00Z", "2025-03-05T00:00:00Z", "2025-03-04T00:00:00Z"]
    );
    let project = Project::new();
    let path = project
        .file("orders.csv", format!("{HEADER}\n1,a,13/2/2025,1\n2,b,14/2/2025,1\n3,c,15/2/2025,1\n4,d,16/2/2025,1\n5,e,2/17/2025,1\n"));
    check_rejects(&project, &path, &[("6", "order_date", "`2/17/2025` is not a time", "5,e,2/17/2025,1")]);
    let project = Project::new();
    let report = project.import_text("orders.csv", format!("{HEADER}\n1,a,3/2/2025,1\n"));
    assert!(report.files[0].notes.iter().any(|note| note.contains("could have the day or the month first")), "{:?}", report.files[0].notes);
}

#[test]
fn negative_totals_count_as_they_stand() {
    let project = Project::new();
    project
        .import_text("orders.csv", format!("{HEADER}\n1,a,2025-01-05,10\n2,a,2025-01-06,-4.5\n3,b,2025-01-06,-1\n4,b,2025-01-07,(2.50)\n"));
    let orders = orders(&project);
    assert_eq!((orders.get("a", "number_of_orders"), orders.get("a", "amount_spent")), ("2", "5.5000"));
    assert_eq!((orders.get("b", "number_of_orders"), orders.get("b", "amount_spent")), ("2", "-3.5000"));
    assert_eq!(project.stages("2025-02-01", "life_stage").sum("revenue"), 20_000);
}

#[test]
fn ten_thousand_columns_are_read() {
    let mut text = [HEADER.to_owned(), "1,a,2025-01-05,2.5".to_owned(), "2,a,2025-01-06,2.5".to_owned()];
    for column in 0..10_000 {
        text[0].push_str(&format!(",extra{column}"));
        text[1].push_str(",x");
        text[2].push(',');
    }
    let project = Project::new();
    project.import_text("orders.csv", text.join("\n"));
    assert_eq!(totals(&project), (2, "5.00".to_owned()));
}

#[test]
fn what_holds_nothing_is_named() {
    let project = Project::new();
    check_error(&project, &[project.file("empty.csv", "")], Kind::Invalid, &["empty.csv` is empty", "export it again, or leave it out"]);
    check_error(&project, &[project.file("blank.csv", "\n \n")], Kind::Invalid, &["blank.csv` is empty"]);
    check_error(&project, &[project.file("header.csv", HEADER)], Kind::Invalid, &["header.csv` is not recognised", "a header and no rows"]);
    check_error(
        &project,
        &[project.file("words.csv", "alpha,beta\none,two\n")],
        Kind::Invalid,
        &["`alpha`, `beta`", "a time was not found", "--mapping"],
    );
    check_error(
        &project,
        &[project.file("sheet.csv", b"PK\x03\x04 and so on")],
        Kind::Invalid,
        &["a spreadsheet", "save the sheet as CSV"],
    );
    check_error(&project, &[project.file("x.parquet", "PAR1 and so on")], Kind::Invalid, &["the Parquet file", "write it again"]);
    // In a folder an empty file keeps nobody from being read.
    let folder = project.path("folder");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.csv"), "").unwrap();
    std::fs::write(folder.join("b.csv"), format!("{HEADER}\n1,a,2025-01-05,1\n")).unwrap();
    let report = project.try_import(&[folder]).unwrap();
    assert!(report.files[0].not_read && report.files[0].notes[0].contains("is empty"), "{:?}", report.files[0]);
    assert_eq!(totals(&project), (1, "1.00".to_owned()));
}

#[test]
fn paths_that_lead_nowhere_are_named() {
    let project = Project::new();
    let good = project.file("good.csv", format!("{HEADER}\n1,a,2025-01-05,1\n"));
    check_error(
        &project,
        &[project.path("none.csv"), good.clone()],
        Kind::NotFound,
        &["there is no file or folder", "none.csv`; check the spelling"],
    );
    check_error(&project, &[good.join("inside")], Kind::Failed, &["cannot read", "good.csv/inside`; check that you may read it"]);
    let folder = project.path("folder");
    std::fs::create_dir(&folder).unwrap();
    check_error(&project, std::slice::from_ref(&folder), Kind::Invalid, &["nothing to import in", "there are no files in it"]);
    #[cfg(unix)]
    {
        let link = project.path("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        check_error(&project, &[link], Kind::NotFound, &["there is no file or folder", "link`"]);
        // Among other files of a folder it is passed over.
        std::os::unix::fs::symlink("nowhere", folder.join("a.csv")).unwrap();
        std::fs::copy(&good, folder.join("b.csv")).unwrap();
        assert_eq!(project.import(&[folder]).records["orders"], 1);
    }
}

#[test]
fn a_mapping_that_does_not_fit_says_what_is_missing() {
    let project = Project::new();
    let path = project.file("orders.csv", format!("{HEADER}\n1,a,2025-01-05,1\n"));
    let try_mapping = |text: &str| {
        let mapping = project.file("till.toml", text);
        project
            .workspace
            .import(&ImportAsk { paths: vec![path.clone()], mapping: Some(mapping), ..ImportAsk::default() }, &|_| {})
            .map(|_| ())
    };
    let column = |from: &str, to: &str| format!("[[column]]\nfrom = '{from}'\nto = '{to}'\n");
    let ids = column("order_id", "orders.order_id");
    for (text, expected) in [
        (
            format!("name = 'till'\nkinds = ['orders']\n{ids}{}", column("when", "orders.at")),
            "the file has no column `when`; it has `order_id`, `customer_id`, `order_date`, `total`",
        ),
        (format!("kinds = ['orders']\n{ids}"), "no column is `orders.at` (when it was placed)"),
        (
            format!("kinds = ['orders']\n{ids}{}", column("order_date", "orders.when")),
            "`orders.when`, the target of column `order_date`, is unknown",
        ),
        ("kinds = [".to_owned(), "till.toml"),
    ] {
        let error = try_mapping(&text).unwrap_err();
        assert!(whole(&error).contains(expected), "{}", whole(&error));
        assert_eq!((error.kind(), project.version()), (Kind::Invalid, 0), "{}", whole(&error));
    }
    try_mapping(&format!("kinds = ['orders']\n{ids}{}{}", column("order_date", "orders.at"), column("customer_id", "orders.customer_id")))
        .unwrap();
    assert_eq!(totals(&project), (1, "0.00".to_owned()));
}
