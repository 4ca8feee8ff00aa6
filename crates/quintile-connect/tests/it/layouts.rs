//! A small file of each layout, and what it becomes.

use crate::shop::{Folder, Kept, options, read, read_paths, read_text};
use quintile_connect::{Layout, Mapping, survey};
use quintile_model::RecordKind::{Cancellations, Customers, Lines, Orders, Products, Refunds};

fn check(kept: &Kept, kind: quintile_model::RecordKind, names: &[&str], expected: &[&str]) {
    assert_eq!(kept.table(kind, names), expected, "{}", kind.name());
}

const SHOPIFY: &str = "\
Name,Email,Financial Status,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount,Billing Name,Billing Zip,Cancelled at,Refunded Amount,Vendor,Id,Phone
#1,ann@example.com,paid,USD,20.00,25.00,2024-01-31 18:22:10 -0500,2,Hat - Red,10.00,HAT-R,0.00,Ann van Example,'01234,,5.00,Hats,901,
#1,ann@example.com,,,,,2024-01-31 18:22:10 -0500,1,Gift,0.00,,0.00,,,,,Hats,,
#2,,pending,USD,5.00,5.00,2024-02-01 09:00:00 -0500,1,Hat - Red,5.00,HAT-R,0.00,,,2024-02-02 09:00:00 -0500,0.00,Hats,902,+1 310 555 0100
#1,cy@example.com,voided,USD,1.00,1.00,2024-02-03 09:00:00 -0500,1,Pin,1.00,PIN,0.00,,,,0.00,Hats,903,
";

#[test]
fn shopify_orders() {
    let (file, kept) = read_text("export.csv", SHOPIFY.as_bytes());
    assert_eq!((file.layout, file.source.as_str(), file.document), (Layout::ShopifyOrders, "shopify", true));
    check(
        &kept,
        Orders,
        &["order_id", "email", "phone", "at", "standing", "total", "first_name", "last_name", "postcode"],
        &[
            "#1|ann@example.com||2024-01-31T23:22:10Z|counts|25.00|Ann van|Example|01234",
            "#2||+1 310 555 0100|2024-02-01T14:00:00Z|unpaid|5.00|||",
            "#1/903|cy@example.com||2024-02-03T14:00:00Z|failed|1.00|||",
        ],
    );
    check(
        &kept,
        Lines,
        &["order_id", "product", "title", "brand", "quantity", "unit_price"],
        &[
            "#1|HAT-R|Hat - Red|Hats|2.00|10.00",
            "#1|Gift|Gift|Hats|1.00|0.00",
            "#2|HAT-R|Hat - Red|Hats|1.00|5.00",
            "#1/903|PIN|Pin|Hats|1.00|1.00",
        ],
    );
    check(&kept, Refunds, &["refund_id", "order_id", "at", "amount"], &["refunded-amount:#1|#1||5.00"]);
    check(&kept, Cancellations, &["order_id", "at"], &["#2|2024-02-02T14:00:00Z"]);
    assert_eq!(kept.refusals, []);
}

#[test]
fn a_shopify_order_that_stands_twice_is_read_once() {
    let twice = format!("{SHOPIFY}{}", SHOPIFY.lines().skip(3).take(1).map(|line| format!("{line}\n")).collect::<String>());
    let (_, kept) = read_text("export.csv", twice.as_bytes());
    assert_eq!((kept.count(Orders), kept.count(Lines)), (3, 4));
    assert!(kept.summary.notes[0].contains("stand more than once"));
}

#[test]
fn shopify_customers_and_products() {
    let (file, kept) = read_text(
        "customers.csv",
        b"Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Zip,Phone,Accepts SMS Marketing,Total Spent,Tags\n'77,Ann,E,ann@example.com,yes,'01234,,no,268.60,\"vip, old\"\n,Bo,F,Bo@Example.com,no,,,no,0,\n,,,,no,,,no,0,\n",
    );
    assert_eq!(file.layout, Layout::ShopifyCustomers);
    check(
        &kept,
        Customers,
        &["customer_id", "email", "email_consent", "sms_consent", "postcode", "tags"],
        &["77|ann@example.com|SUBSCRIBED|NOT_SUBSCRIBED|01234|vip, old", "bo@example.com|Bo@Example.com|NOT_SUBSCRIBED|NOT_SUBSCRIBED||"],
    );
    assert_eq!((kept.refusals.len(), kept.refusals[0].line), (1, 4));
    let (file, kept) = read_text(
        "products.csv",
        b"Handle,Title,Vendor,Product Category,Type,Variant SKU,Cost per item,Image Src\nhat,Hat,Hats,,Headgear,HAT-R,4.00,x\nhat,,,,,HAT-B,4.50,\nhat,,,,,,,y\npin,Pin,Pins,Jewelry > Pins,Pin,,,\n",
    );
    assert_eq!(file.layout, Layout::ShopifyProducts);
    check(
        &kept,
        Products,
        &["product", "title", "category", "brand", "cost"],
        &["HAT-R|Hat|Headgear|Hats|4.00", "HAT-B|Hat|Headgear|Hats|4.50", "Pin|Pin|Jewelry > Pins|Pins|"],
    );
}

const WOO_ORDERS: &str = r#"{"request":{"page":1},"status":200,"headers":{},"body":[
{"id":5,"number":"5","status":"cancelled","currency":"EUR","total":"17.50","total_tax":"0.00","shipping_total":"7.50","discount_total":"0.01","customer_id":0,
 "billing":{"email":"Ann@example.com","first_name":"Ann","country":"US"},"date_created":"2024-06-01T10:00:00","date_created_gmt":"2024-06-01T14:00:00","date_modified_gmt":"2024-06-02T14:00:00",
 "line_items":[{"id":9,"name":"Hat","product_id":3,"quantity":3,"subtotal":"10.01","total":"10.00"}],"shipping_lines":[{"id":10,"method_title":"Flat","total":"7.50"}],
 "fee_lines":[],"coupon_lines":[{"code":"a"},{"code":"b"}],"refunds":[{"id":8,"total":"-4.00"}]},
{"id":6,"status":"on-hold","currency":"EUR","total":"1.00","customer_id":12,"billing":{},"date_created_gmt":"2024-06-03T14:00:00","line_items":[],"refunds":[]},
{"id":7,"status":"wc-odd","total":"1e400","billing":{},"date_created_gmt":"2024-06-03T14:00:00","line_items":[]},
{"id":8,"status":"checkout-draft","total":"1","billing":{},"date_created_gmt":"2024-06-03T14:00:00","line_items":[]}]}"#;

#[test]
fn woocommerce_orders() {
    let (file, kept) = read_text("page.json", WOO_ORDERS.as_bytes());
    assert_eq!((file.layout, file.document, file.source.as_str()), (Layout::WooOrders, true, "woocommerce"));
    check(
        &kept,
        Orders,
        &["order_id", "customer_id", "email", "at", "version", "standing", "total", "discount_codes"],
        &[
            "5||Ann@example.com|2024-06-01T14:00:00Z|2024-06-02T14:00:00Z|counts|17.50|a, b",
            "6|12||2024-06-03T14:00:00Z||unpaid|1.00|",
            "8|||2024-06-03T14:00:00Z||draft|1.00|",
        ],
    );
    // 10.01 / 3 is no price of four decimals: what is left over stands in the discount.
    check(
        &kept,
        Lines,
        &["order_id", "line_id", "product", "quantity", "unit_price", "discount", "kind"],
        &["5|9|3|3.00|3.3367|0.0101|sale", "5|10||1.00|7.50|0.00|shipping"],
    );
    check(&kept, Refunds, &["refund_id", "order_id", "at", "version", "amount"], &["8|5||1970-01-01T00:00:00Z|4.00"]);
    check(&kept, Cancellations, &["order_id", "at"], &["5|2024-06-02T14:00:00Z"]);
    assert_eq!((kept.refusals.len(), kept.refusals[0].line, kept.refusals[0].column.as_deref()), (1, 3, Some("total")));
}

#[test]
fn woocommerce_refunds_customers_and_products() {
    let (file, kept) = read_text("r.json", br#"[{"id":8,"parent_id":5,"date_created":"2024-06-05T10:00:00","date_created_gmt":"2024-06-05T14:00:00","amount":"4.00","line_items":[]}]"#);
    assert_eq!(file.layout, Layout::WooRefunds);
    check(&kept, Refunds, &["refund_id", "order_id", "at", "amount"], &["8|5|2024-06-05T14:00:00Z|4.00"]);
    let (file, kept) = read_text(
        "c.json",
        br#"[{"id":12,"email":"bo@example.com","role":"customer","first_name":"Bo","billing":{"phone":"1"},"date_created_gmt":"2024-06-05T14:00:00"},{"id":1,"email":"x@example.com","role":"administrator","billing":{}}]"#,
    );
    assert_eq!(file.layout, Layout::WooCustomers);
    check(&kept, Customers, &["customer_id", "email", "first_name", "at"], &["12|bo@example.com|Bo|2024-06-05T14:00:00Z"]);
    let (file, kept) = read_text("p.json", br#"[{"id":3,"name":"Hat","type":"simple","sku":"H","categories":[{"name":"Hats"},{"name":"All"}],"date_created_gmt":"2024-01-05T14:00:00"}]"#);
    assert_eq!(file.layout, Layout::WooProducts);
    check(&kept, Products, &["product", "title", "category", "launched"], &["3|Hat|Hats|2024-01-05T14:00:00Z"]);
}

#[test]
fn woocommerce_analytics() {
    let (file, kept) = read_text("a.csv", "Date,Order #,N. Revenue (formatted),Status,Customer,Coupon(s),Attribution\n2026-01-31 16:46:34,1707,\"$1,048.00\",completed,Chloé S,welcome10,Unknown\n".as_bytes());
    assert_eq!(file.layout, Layout::WooAnalyticsOrders);
    check(&kept, Orders, &["order_id", "at", "version", "total", "email"], &["1707|2026-01-31T16:46:34Z|1970-01-01T00:00:00Z|1048.00|"]);
}

#[test]
fn online_retail() {
    let (file, kept) = read_text(
        "o.csv",
        b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,A,HAT,2,12/1/2010 8:26,2.55,17850.0,UK\n1,POST,POSTAGE,1,12/1/2010 8:27,1,17850.0,UK\nC2,A,HAT,-1,12/13/2010 9:00,2.55,17850.0,UK\nC2,D,,-1,12/13/2010 8:59,1,17850.0,UK\n3,B,,1,12/14/2010 9:00,x,,UK\n4,A,HAT,1,12/14/2010 9:00,2,nan,UK\n",
    );
    assert_eq!((file.layout, file.source.as_str()), (Layout::OnlineRetail, "online-retail"));
    check(
        &kept,
        Orders,
        &["order_id", "customer_id", "at"],
        &["1|17850|2010-12-01T08:26:00Z", "1|17850|2010-12-01T08:27:00Z", "4||2010-12-14T09:00:00Z"],
    );
    check(
        &kept,
        Lines,
        &["order_id", "product", "quantity", "kind"],
        &["1|A|2.00|sale", "1|POST|1.00|shipping", "C2|A|-1.00|return", "C2|D|-1.00|return", "4|A|1.00|sale"],
    );
    check(&kept, Refunds, &["refund_id", "order_id", "customer_id", "at", "amount"], &["C2||17850|2010-12-13T08:59:00Z|3.55"]);
    assert_eq!((kept.refusals[0].line, kept.refusals[0].column.as_deref()), (6, Some("UnitPrice")));
}

#[test]
fn cdnow() {
    let (file, kept) = read_text(
        "m.txt",
        b" 00001 19970101  1   11.77\r\n 00002 19970112  5   77.00\r\n 00002 19970112  5   77.00\r\n 00003 19970112  0    0.00\r\n",
    );
    assert_eq!(file.layout, Layout::Cdnow);
    check(
        &kept,
        Orders,
        &["order_id", "customer_id", "at", "total"],
        &[
            "1-19970101-1-11.77-1|1|1997-01-01T00:00:00Z|11.77",
            "2-19970112-5-77.00-1|2|1997-01-12T00:00:00Z|77.00",
            "2-19970112-5-77.00-2|2|1997-01-12T00:00:00Z|77.00",
            "3-19970112-0-0.00-1|3|1997-01-12T00:00:00Z|0.00",
        ],
    );
    let (_, tidy) = read_text("t.csv", b"customer_id,date,number_of_cds,dollar_value\n1,1997-01-01,1,11.77\n2,1997-01-12,5,77.0\n2,1997-01-12,5,77.0\n3,1997-01-12,0,0.0\n");
    assert_eq!(kept.column(Orders, "order_id"), tidy.column(Orders, "order_id"));
    let (file, kept) = read_text("s.txt", b" 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   29.73\n");
    assert_eq!((file.layout, kept.column(Orders, "customer_id")), (Layout::Cdnow, vec!["4".to_owned(), "4".to_owned()]));
}

#[test]
fn orders_beside_their_lines() {
    let folder = Folder::with(&[
        ("orders.csv", b"order_id,customer_id,order_date,channel\n1,7,2024-01-01,web\n2,8,2024-01-02,app\n"),
        ("lines.csv", b"order_id,customer_id,order_date,product_id,quantity,unit_price\n1,7,2024-01-01,X,1,2.00\n1,7,2024-01-01,Y,2,3.00\n2,8,2024-01-02,X,1,2.00\n"),
        (".hidden.csv", b"x"),
        ("readme.txt", b"nothing to see"),
    ]);
    let (files, kept) = read_paths(&[folder.path().to_owned()]);
    let names: Vec<_> =
        files.iter().map(|file| (file.path.file_name().unwrap().to_str().unwrap(), file.only_lines(), file.layout)).collect();
    assert_eq!(names, [("lines.csv", true, Layout::Mapped), ("orders.csv", false, Layout::Mapped), ("readme.txt", false, Layout::NotRead)]);
    assert_eq!((kept.count(Orders), kept.count(Lines)), (2, 3));
    // Alone, the lines bring their orders with them.
    let (files, kept) = read_paths(&[folder.file("lines.csv")]);
    assert_eq!(files[0].produces, [Orders, Lines]);
    check(&kept, Orders, &["order_id", "customer_id", "at"], &["1|7|2024-01-01T00:00:00Z", "2|8|2024-01-02T00:00:00Z"]);
}

#[test]
fn order_fields_may_be_blank_on_further_rows() {
    let (_, kept) = read_text(
        "flat.csv",
        b"Order Number;Order Date;Email;Order Status;Item Name;SKU;Quantity;Item Cost;Order Total\n1;31.01.2024 18:00;a@example.com;Completed;Hat;H;1;2,50;5,50\n;;;;Pin;P;2;1,50;\n2;01.02.2024 18:00;b@example.com;Cancelled;Pin;P;1;1,50;1,50\n",
    );
    assert_eq!(kept.refusals, []);
    check(
        &kept,
        Orders,
        &["order_id", "email", "at", "total", "status"],
        &["1|a@example.com|2024-01-31T18:00:00Z|5.50|Completed", "2|b@example.com|2024-02-01T18:00:00Z|1.50|Cancelled"],
    );
    check(&kept, Lines, &["order_id", "product", "quantity", "unit_price"], &["1|H|1.00|2.50", "1|P|2.00|1.50", "2|P|1.00|1.50"]);
    check(&kept, Cancellations, &["order_id", "at"], &["2|"]);
}

#[test]
fn the_amount_of_a_line_gives_its_price() {
    let (_, kept) = read_text("f.csv", b"order,date,customer,product,qty,amount\n1,2024-01-01,7,X,3,10.00\n1,2024-01-01,7,Y,1,7.00\n");
    check(&kept, Lines, &["product", "quantity", "unit_price", "discount"], &["X|3.00|3.3333|-0.0001", "Y|1.00|7.00|0.00"]);
    assert_eq!(kept.goods().to_string(), "17.00");
}

#[test]
fn json_lines_and_lists_are_mapped() {
    let lines = b"{\"orderId\":1,\"createdAt\":\"2024-01-01T10:00:00Z\",\"customer\":{\"id\":7,\"email\":\"a@example.com\"},\"total\":12.30}\n{\"orderId\":2,\"createdAt\":\"2024-01-02T10:00:00Z\",\"customer\":{\"id\":8,\"email\":\"b@example.com\"},\"total\":0.1}\n";
    let (file, kept) = read_text("o.jsonl", lines);
    assert_eq!(file.produces, [Orders]);
    check(
        &kept,
        Orders,
        &["order_id", "customer_id", "email", "at", "total"],
        &["1|7|a@example.com|2024-01-01T10:00:00Z|12.30", "2|8|b@example.com|2024-01-02T10:00:00Z|0.10"],
    );
}

#[test]
fn a_mapping_goes_before_the_guess_and_is_found_again() {
    let folder =
        Folder::with(&[("a.csv", b"k,d,w\n1,3/4/2024,5\n2,5/4/2024,5\n"), ("b.csv", b"W,K,D\n5,3,6/4/2024\n"), ("c.csv", b"x,y\n1,2\n")]);
    let mapping = Mapping::from_toml("name = 'mine'\nkinds = ['orders']\n[[column]]\nfrom = 'k'\nto = 'orders.order_id'\n[[column]]\nfrom = 'd'\nto = ['orders.at']\ntimes = 'day-first'\n[[column]]\nfrom = 'w'\nto = 'orders.customer_id'\n").unwrap();
    let mut options = options("Europe/Berlin");
    options.mapping = Some(mapping.clone());
    let files = survey(&[folder.file("a.csv")], &options).unwrap();
    let kept = read(&files, &options.zone).unwrap();
    check(&kept, Orders, &["order_id", "customer_id", "at"], &["1|5|2024-04-02T22:00:00Z", "2|5|2024-04-04T22:00:00Z"]);
    let error = survey(&[folder.file("c.csv")], &options).unwrap_err().to_string();
    assert!(error.contains("--mapping") || error.contains("no column `k`"), "{error}");
    options.mapping = None;
    options.saved_mappings =
        vec![Mapping { header: quintile_connect::header_fingerprint(&["K".into(), "D".into(), "W".into()]), ..mapping }];
    let files = survey(&[folder.file("a.csv")], &options).unwrap();
    assert!(files[0].notes[0].contains("saved mapping `mine`"));
}

#[test]
fn a_preview_shows_the_first_rows_alone() {
    let folder = Folder::with(&[("e.csv", SHOPIFY.as_bytes())]);
    let options = options("UTC");
    let files = survey(&[folder.file("e.csv")], &options).unwrap();
    let preview = files[0].preview(2, &options.zone).unwrap();
    assert_eq!(preview.summary.rows_read, 2);
    assert_eq!(preview.records.iter().filter(|(kind, _)| *kind == Orders).map(|(_, batch)| batch.num_rows()).sum::<usize>(), 1);
    assert_eq!(files[0].rows_hint(), Some(4));
}

#[test]
fn parquet_columns_and_text_give_the_same_records() {
    use arrow::array::*;
    use arrow::datatypes::*;
    use std::sync::Arc;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("order_id", Arc::new(Int64Array::from(vec![1, 1, 2, -3]))),
        ("customer_id", Arc::new(Float64Array::from(vec![Some(7.0), Some(7.0), None, Some(8.0)]))),
        ("ts", Arc::new(TimestampMillisecondArray::from(vec![1_704_103_200_000, 1_704_103_200_000, 1_704_189_600_000, 1_704_189_600_000]))),
        ("product_id", Arc::new(Int32Array::from(vec![Some(5), Some(6), None, Some(5)]))),
        ("category", Arc::new(vec!["a", "b", "a", "a"].into_iter().collect::<DictionaryArray<Int8Type>>())),
        ("title", Arc::new(StringArray::from(vec!["x", " y ", "", "z"]))),
        ("quantity", Arc::new(Int32Array::from(vec![1, 2, 3, 4]))),
        ("unit_price", Arc::new(Decimal128Array::from(vec![25_500, 10_000, 1, -5]).with_precision_and_scale(18, 4).unwrap())),
        ("discount", Arc::new(Float64Array::from(vec![2.55, 0.1, 1e-7, f64::NAN]))),
        ("refund", Arc::new(Decimal128Array::from(vec![255, 100, 0, 5]).with_precision_and_scale(12, 2).unwrap())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut parquet = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut parquet, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let (file, kept) = read_text("x.parquet", &parquet);
    assert_eq!(file.produces, [Orders, Lines]);
    check(&kept, Orders, &["order_id", "customer_id", "at"], &["1|7|2024-01-01T10:00:00Z", "2||2024-01-02T10:00:00Z"]);
    check(
        &kept,
        Lines,
        &["order_id", "product", "category", "title", "quantity", "unit_price", "discount", "refund"],
        &["1|5|a|x|1.00|2.55|2.55|2.55", "1|6|b|y|2.00|1.00|0.10|1.00", "2||a||3.00|0.0001|0.00|0.00"],
    );
    assert_eq!(kept.refusals.len(), 1);
    assert_eq!((kept.refusals[0].line, kept.refusals[0].column.as_deref()), (4, Some("discount")));
    assert_eq!(kept.summary.rounded_amounts, 1);
    let csv = b"order_id,customer_id,ts,product_id,category,title,quantity,unit_price,discount,refund\n1,7.0,2024-01-01 10:00:00,5,a,x,1,2.55,2.55,2.55\n1,7.0,2024-01-01 10:00:00,6,b, y ,2,1,0.1,1\n2,,2024-01-02 10:00:00,,a,,3,0.0001,0.0000001,0\n-3,8.0,2024-01-02 10:00:00,5,a,z,4,-0.0005,NaN,0.05\n";
    let (_, text) = read_text("x.csv", csv);
    for (kind, names) in [
        (Orders, ["order_id", "customer_id", "at"].as_slice()),
        (Lines, &["order_id", "product", "category", "title", "quantity", "unit_price", "discount", "refund"]),
    ] {
        assert_eq!(kept.table(kind, names), text.table(kind, names));
    }
    assert_eq!(text.refusals[0].line, 5);
}
