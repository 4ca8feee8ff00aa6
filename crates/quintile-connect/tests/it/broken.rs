//! Files that are wrong: each costs what is wrong with it and no more, and nothing panics.

use crate::shop::{Folder, options, read, read_paths, read_text};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use quintile_connect::{ConnectError, fuzz_read, survey};
use quintile_model::RecordKind::{Customers, Orders};
use std::io::Write;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn orders(count: usize) -> Vec<u8> {
    let mut text = b"order_id,customer_id,order_date,total\n".to_vec();
    for order in 0..count {
        writeln!(text, "{order},c{},2024-01-01 10:{:02}:00,{}.50", order % 97, order % 60, order * 7919 % 1000).unwrap();
    }
    text
}

fn check_error(name: &str, content: &[u8], expected: &str) {
    let folder = Folder::with(&[(name, content)]);
    let error = survey(&[folder.file(name)], &options("UTC")).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn files_that_are_no_tables_are_named_for_what_they_are() {
    check_error("empty.csv", b"", "is empty");
    check_error("blank.csv", b" \n\n", "is empty");
    check_error("sheet.xlsx", b"PK\x03\x04rest of it", "spreadsheet");
    check_error("x.csv", &[7u8, 0, 1, 2, 0, 0, 3, 4, 5, 0].repeat(100), "binary");
    check_error("x.txt", b"Dear reader\nthere is no table here\n", "without columns");
    check_error("x.csv", b"alpha,beta\none,two\n", "`alpha`, `beta`");
    check_error("x.csv", b"order_id,customer_id,order_date,total\n", "no rows");
    check_error("x.parquet", b"PAR1 and then nothing", "Parquet file");
    check_error("x.json", b"{\"body\":[]}", "empty");
    let folder = Folder::with(&[]);
    assert!(matches!(survey(&[folder.file("none.csv")], &options("UTC")), Err(ConnectError::Missing { .. })));
    assert!(matches!(survey(&[folder.path().to_owned()], &options("UTC")), Err(ConnectError::NothingToRead { .. })));
}

#[test]
fn a_cut_gzip_gives_its_good_rows() {
    let packed = gzip(&orders(200_000));
    let (_, kept) = read_text("x.csv.gz", &packed[..packed.len() / 2]);
    assert!(kept.count(Orders) > 10_000, "{}", kept.count(Orders));
    assert!(kept.summary.ended_early);
    let last = kept.refusals.last().unwrap();
    assert!(last.reason.contains("cut off") && last.line > 10_000, "{last:?}");
}

#[test]
fn a_gzip_of_zeros_is_no_table() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    for _ in 0..256 {
        packed.write_all(&zeros).unwrap();
    }
    check_error("bomb.gz", &packed.finish().unwrap(), "binary");
}

#[test]
fn an_endless_line_costs_itself() {
    let mut text = orders(10);
    text.extend(b"11,");
    text.extend(std::iter::repeat_n(b'x', 100 << 20));
    text.extend(b"\n12,c1,2024-01-01,1.00\n");
    let (_, kept) = read_text("x.csv", &text);
    assert_eq!((kept.count(Orders), kept.refusals.len()), (11, 1));
    assert!(kept.refusals[0].reason.contains("16 MiB"));
}

#[test]
fn ten_thousand_columns_are_read() {
    let mut header = "order_id,customer_id,order_date,total".to_owned();
    let mut row = "1,7,2024-01-01,2.50".to_owned();
    for column in 0..10_000 {
        header.push_str(&format!(",extra{column}"));
        row.push_str(",x");
    }
    let (_, kept) = read_text("x.csv", format!("{header}\n{row}\n").as_bytes());
    assert_eq!((kept.count(Orders), kept.refusals.len()), (1, 0));
}

#[test]
fn refusals_say_where_and_why() {
    let (_, kept) = read_text(
        "x.csv",
        b"order_id,customer_id,order_date,total\n1,7,2024-01-01,2.50\n2,7,2024-13-01,2.50\n\n3,7,2024-01-01,NaN\n4,7,2024-01-01,1e400\n5,7,2024-01-01,\"12,5\"\n,7,2024-01-01,1\n6,7,2024-01-01\n7,7,2024-01-01,\x00\n8,\"multi\nline\",2024-01-01,1\n9,7,,1\n",
    );
    let refused: Vec<_> =
        kept.refusals.iter().map(|refusal| (refusal.line, refusal.column.as_deref().unwrap_or(""), refusal.reason.as_str())).collect();
    assert_eq!(
        refused,
        [
            (3, "order_date", "`2024-13-01` is not a time"),
            (5, "total", "`NaN` is not an amount: not a number"),
            (6, "total", "`1e400` is not an amount: too large (at most 99,999,999,999,999.9999)"),
            (7, "total", "`12,5` is not an amount: not a number; is the comma its decimal point?"),
            (8, "order_id", "the row has no value for `order_id`"),
            (9, "", "the row has 3 cells where the header has 4"),
            (10, "", "the row holds a zero byte, which no text has"),
            (13, "order_date", "the row has no value for `order_date`"),
        ]
    );
    assert_eq!(kept.refusals[3].row, "5,7,2024-01-01,\"12,5\"");
    assert_eq!(kept.column(Orders, "order_id"), ["1", "8"]);
}

#[test]
fn encodings_and_line_ends_do_not_matter() {
    let text = "customer_id;first_name;email\r\n1;Zoë;a@example.com\r\n2;Łu;b@example.com\r\n";
    let utf16: Vec<u8> = "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for content in [text.as_bytes().to_vec(), [b"\xEF\xBB\xBF", text.as_bytes()].concat(), utf16, gzip(text.as_bytes())] {
        let (_, kept) = read_text("x.csv", &content);
        assert_eq!(kept.column(Customers, "first_name"), ["Zoë", "Łu"]);
    }
    let (file, kept) = read_text("x.csv", b"customer_id,first_name,email\n1,Zo\xEB,a@example.com\n");
    assert_eq!(kept.column(Customers, "first_name"), ["Zoë"]);
    assert!(file.notes.iter().any(|note| note.contains("Windows-1252")));
}

#[test]
fn one_damaged_file_in_a_folder_does_not_stop_the_others() {
    let folder = Folder::with(&[("a.csv", &orders(3)), ("b.parquet", b"PAR1xxxx"), ("c.csv", b"")]);
    let (files, kept) = read_paths(&[folder.path().to_owned()]);
    assert_eq!((files.len(), kept.count(Orders)), (3, 3));
    assert!(files[1].notes[0].contains("Parquet"));
}

#[test]
fn a_damaged_parquet_file_is_an_error_and_no_panic() {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let batch = RecordBatch::try_from_iter([
        ("order_id", Arc::new(Int64Array::from_iter_values(0..5000)) as ArrayRef),
        ("order_date", Arc::new(StringArray::from_iter_values((0..5000).map(|day| format!("2024-01-{:02}", day % 28 + 1)))) as ArrayRef),
    ])
    .unwrap();
    let mut content = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut content, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    for seed in 0..150usize {
        let mut damaged = content.clone();
        for step in 0..4 {
            let at = (seed * 7919 + step * 104_729) % damaged.len();
            damaged[at] ^= (seed as u8).wrapping_mul(31).wrapping_add(1);
        }
        let folder = Folder::with(&[("x.parquet", &damaged)]);
        fuzz_read(&folder.file("x.parquet"));
    }
}

#[test]
fn stopping_stops() {
    struct Stop;
    impl quintile_model::records::RecordSink for Stop {
        fn records(
            &mut self,
            _: quintile_model::RecordKind,
            _: arrow::record_batch::RecordBatch,
        ) -> Result<(), quintile_model::records::SinkError> {
            Ok(())
        }
        fn refuse(&mut self, _: quintile_model::records::Refusal) -> Result<(), quintile_model::records::SinkError> {
            Ok(())
        }
        fn progress(&mut self, _: u64, _: u64) -> Result<(), quintile_model::records::SinkError> {
            Err(quintile_model::records::SinkError::Stopped)
        }
    }
    let folder = Folder::with(&[("x.csv", &orders(50_000))]);
    let options = options("UTC");
    let files = survey(&[folder.file("x.csv")], &options).unwrap();
    let part = files[0].parts(1, &options.zone).unwrap().remove(0);
    assert!(matches!(part.read(&mut Stop), Err(ConnectError::Sink(quintile_model::records::SinkError::Stopped))));
    assert!(read(&files, &options.zone).is_ok());
}

proptest! {
    // `QUINTILE_FUZZ_CASES` makes a long night of it.
    #![proptest_config(ProptestConfig::with_cases(std::env::var("QUINTILE_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(96)))]

    #[test]
    fn no_bytes_make_a_reader_panic(content in prop::collection::vec(any::<u8>(), 1..400)) {
        let folder = Folder::with(&[("x", &content)]);
        fuzz_read(&folder.file("x"));
    }

    #[test]
    fn no_text_after_a_known_beginning_makes_a_reader_panic(
        start in prop::sample::select(vec![
            "order_id,customer_id,order_date,total\n", "Name,Email,Created at,Total,Lineitem name\n", "{\"id\":1,\"status\":\"x\",\"line_items\":[],\"billing\":{},\"total\":\"1\"}\n",
            "[{\"id\":1,\"parent_id\":1,\"amount\":\"1\",\"line_items\":[],\"date_created\":\"2024-01-01\"},", "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n",
            " 00001 19970101  1   11.77\n", "Handle,Title,Variant SKU\n", "First Name,Last Name,Email,Accepts Email Marketing\n", "Date,Order #,N. Revenue (formatted),Status\n", "customer;datum;betrag;menge;artikel\n",
        ]),
        rest in "([a-zC0-9#'\"é€.,;:|/ \\-+T{}\\[\\]\n\t$]|2024-01-0[1-9]|[0-9]{1,3},){0,120}",
    ) {
        let folder = Folder::with(&[("x", format!("{start}{rest}").as_bytes())]);
        fuzz_read(&folder.file("x"));
    }
}
