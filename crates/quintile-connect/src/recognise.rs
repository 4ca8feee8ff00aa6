//! What a file is: by its content first, by its name hardly at all.

use crate::error::ConnectError;
use crate::open::{Charset, Sample, sample};
use crate::table::json::Shape;
use crate::table::parquet::{Footer, ParquetTable, flat_columns, footer};
use crate::table::{Row, Step, Table, delimited, json, lines, whitespace};
use crate::times::{self, TimeForm};
use crate::{cdnow, online_retail, segment, services, shopify, woocommerce};
use quintile_model::RecordKind;
use std::fmt;
use std::path::Path;

/// How a file writes its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Text with a delimiter.
    Delimited {
        /// `,`, `;`, `|` or a tab.
        delimiter: char,
    },
    /// Cells with spaces between.
    Whitespace,
    /// Apache Parquet.
    Parquet,
    /// A JSON object a line.
    JsonLines,
    /// One JSON list.
    JsonList,
    /// A JSON object with its items in a list inside, as interfaces answer.
    JsonPage,
    /// Nothing that is read.
    Unknown,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delimited { delimiter: ',' } => "CSV",
            Self::Delimited { delimiter: '\t' } => "tab-separated",
            Self::Delimited { delimiter: ';' } => "CSV with semicolons",
            Self::Delimited { .. } => "CSV with bars",
            Self::Whitespace => "table with spaces",
            Self::Parquet => "Parquet",
            Self::JsonLines => "JSON Lines",
            Self::JsonList => "JSON list",
            Self::JsonPage => "JSON page",
            Self::Unknown => "unknown",
        })
    }
}

/// What the columns of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Shopify's orders export.
    ShopifyOrders,
    /// Shopify's customers export.
    ShopifyCustomers,
    /// Shopify's products export.
    ShopifyProducts,
    /// A page of WooCommerce orders.
    WooOrders,
    /// A page of WooCommerce refunds.
    WooRefunds,
    /// A page of WooCommerce customers.
    WooCustomers,
    /// A page of WooCommerce products.
    WooProducts,
    /// The orders list of WooCommerce Analytics.
    WooAnalyticsOrders,
    /// The lines of Online Retail, of either version.
    OnlineRetail,
    /// The purchases of CDNOW.
    Cdnow,
    /// Calls in the Segment specification.
    Segment,
    /// A table of another service, recognised by its columns.
    Service(services::Sheet),
    /// By a mapping, guessed or given.
    Mapped,
    /// Not read; the notes say why.
    NotRead,
}

impl Layout {
    /// The source a file of this layout is of, unless told otherwise.
    pub fn default_source(self) -> &'static str {
        match self {
            Self::ShopifyOrders | Self::ShopifyCustomers | Self::ShopifyProducts => "shopify",
            Self::WooOrders | Self::WooRefunds | Self::WooCustomers | Self::WooProducts | Self::WooAnalyticsOrders => "woocommerce",
            Self::OnlineRetail => "online-retail",
            Self::Cdnow => "cdnow",
            Self::Segment => "segment",
            Self::Service(sheet) => sheet.source(),
            Self::Mapped | Self::NotRead => "files",
        }
    }

    /// The kinds of records it yields; none of a mapping, which has its own.
    pub fn produces(self) -> &'static [RecordKind] {
        use RecordKind::{Cancellations, Customers, Lines, Orders, Products, Refunds};
        match self {
            Self::ShopifyOrders | Self::WooOrders => &[Orders, Lines, Refunds, Cancellations],
            Self::ShopifyCustomers | Self::WooCustomers => &[Customers],
            Self::ShopifyProducts | Self::WooProducts => &[Products],
            Self::WooRefunds => &[Refunds],
            Self::WooAnalyticsOrders => &[Orders],
            Self::OnlineRetail => &[Orders, Lines, Refunds],
            Self::Cdnow => &[Orders, Lines],
            Self::Segment => segment::PRODUCES,
            Self::Service(sheet) => sheet.produces(),
            Self::Mapped | Self::NotRead => &[],
        }
    }

    /// Does it hand over whole orders, each with all its lines?
    pub fn document(self) -> bool {
        matches!(self, Self::ShopifyOrders | Self::WooOrders)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ShopifyOrders => "Shopify orders export",
            Self::ShopifyCustomers => "Shopify customers export",
            Self::ShopifyProducts => "Shopify products export",
            Self::WooOrders => "WooCommerce orders",
            Self::WooRefunds => "WooCommerce refunds",
            Self::WooCustomers => "WooCommerce customers",
            Self::WooProducts => "WooCommerce products",
            Self::WooAnalyticsOrders => "WooCommerce Analytics orders",
            Self::OnlineRetail => "Online Retail",
            Self::Cdnow => "CDNOW",
            Self::Segment => "Segment calls",
            Self::Service(sheet) => sheet.title(),
            Self::Mapped => "mapped",
            Self::NotRead => "not read",
        })
    }
}

/// How to open a file again, and how its columns are found.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub charset: Charset,
    pub has_header: bool,
    pub shape: Shape,
    pub header: Vec<String>,
    /// Form of the times of a known layout.
    pub times: TimeForm,
    /// JSON with one whole object in every line.
    pub line_wise: bool,
}

/// What a look at the beginning of a file tells.
pub(crate) struct Recognised {
    pub format: Format,
    /// `None` where the columns are of no known layout.
    pub layout: Option<Layout>,
    pub reader: Reader,
    pub rows: Vec<Vec<String>>,
    pub rows_hint: Option<u64>,
    pub notes: Vec<String>,
}

/// Rows of a sample.
const SAMPLE_ROWS: usize = 2000;

/// Looks at the beginning of a file. The error says what it is instead of something readable.
pub(crate) fn recognise(path: &Path, bytes: u64) -> Result<Result<Recognised, String>, ConnectError> {
    if bytes == 0 {
        return Err(ConnectError::Empty { path: path.to_owned() });
    }
    let sample = sample(path)?;
    if sample.text.starts_with(b"PAR1") {
        return parquet(path, footer(path)?);
    }
    if sample.text.iter().all(u8::is_ascii_whitespace) {
        return Err(ConnectError::Empty { path: path.to_owned() });
    }
    if let Some(what) = known_binary(&sample.text) {
        return Ok(Err(what.to_owned()));
    }
    if sample.binary {
        return Ok(Err("it is binary and no format that is read here; export it as CSV or Parquet".to_owned()));
    }
    let mut recognised = match json::shape(&sample.text) {
        Some(shape) => match of_json(&sample, shape) {
            Ok(recognised) => recognised,
            Err(why) => return Ok(Err(why)),
        },
        None => match of_text(&sample) {
            Ok(recognised) => recognised,
            Err(why) => return Ok(Err(why)),
        },
    };
    if sample.charset != Charset::Utf8 {
        recognised.notes.push(format!("the file is read as {}", sample.charset.name()));
    }
    recognised.rows_hint = rows_hint(&sample, bytes, &recognised);
    Ok(Ok(recognised))
}

fn parquet(path: &Path, footer: Footer) -> Result<Result<Recognised, String>, ConnectError> {
    let columns = flat_columns(&footer.schema);
    let mut table = ParquetTable::open(path, columns.clone(), SAMPLE_ROWS)?;
    let rows = rows_of(&mut table);
    let layout = online_retail::recognise(&columns).then_some(Layout::OnlineRetail);
    let reader = reader(Charset::Utf8, true, columns, layout, &rows);
    Ok(Ok(Recognised { format: Format::Parquet, layout, reader, rows, rows_hint: Some(footer.rows()), notes: Vec::new() }))
}

fn known_binary(start: &[u8]) -> Option<&'static str> {
    Some(match start {
        [b'P', b'K', 3, 4, ..] => "it is a zip archive or a spreadsheet; unpack it, or save the sheet as CSV",
        [0xD0, 0xCF, 0x11, 0xE0, ..] => "it is an old spreadsheet; save the sheet as CSV",
        [b'S', b'Q', b'L', b'i', b't', b'e', ..] => "it is an SQLite database; export its tables as CSV",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "it is packed with zstd; unpack it first",
        [b'B', b'Z', b'h', ..] => "it is packed with bzip2; unpack it first",
        [0xFD, b'7', b'z', b'X', b'Z', ..] => "it is packed with xz; unpack it first",
        [b'%', b'P', b'D', b'F', ..] => "it is a PDF; export the data as CSV",
        _ => return None,
    })
}

fn of_json(sample: &Sample, shape: Shape) -> Result<Recognised, String> {
    let format = match &shape {
        Shape::Lines => Format::JsonLines,
        Shape::List => Format::JsonList,
        Shape::Page(_) => Format::JsonPage,
    };
    let fields = json::fields(&sample.text, &shape);
    let mut items = json::Items::new(sample.text.as_slice(), shape.clone());
    let first = loop {
        match items.next() {
            Ok(json::Item::Value(value)) => break value,
            Ok(json::Item::Refused { .. }) => {}
            Ok(json::Item::End) if shape != Shape::Lines => return Err("its list of items is empty".to_owned()),
            Ok(json::Item::End) | Err(_) => return Err("it begins like JSON, and no item of it can be read".to_owned()),
        }
    };
    use woocommerce::Page;
    let layout = match woocommerce::recognise(&fields, &first) {
        Some(Page::Orders) => Some(Layout::WooOrders),
        Some(Page::Refunds) => Some(Layout::WooRefunds),
        Some(Page::Customers) => Some(Layout::WooCustomers),
        Some(Page::Products) => Some(Layout::WooProducts),
        Some(Page::Unused(what)) => return Err(format!("it holds {what}")),
        None => segment::recognise(&first).then_some(Layout::Segment),
    };
    let mut table = json::JsonTable::new(sample.text.as_slice(), shape.clone(), fields.clone());
    let rows = rows_of(&mut table);
    let mut notes = Vec::new();
    let lists: Vec<_> = first
        .as_object()
        .map(|fields| {
            fields
                .iter()
                .filter(|(_, value)| value.as_array().is_some_and(|list| !list.is_empty()))
                .map(|(name, _)| format!("`{name}`"))
                .collect()
        })
        .unwrap_or_default();
    if layout.is_none() && !lists.is_empty() {
        notes.push(format!("lists inside an item are not read: {}", lists.join(", ")));
    }
    let line_wise = shape == Shape::Lines && sample.charset == Charset::Utf8 && lines::line_wise(&sample.text, sample.whole);
    let reader = Reader { shape, line_wise, ..reader(sample.charset, true, fields, None, &rows) };
    Ok(Recognised { format, layout, reader, rows, rows_hint: None, notes })
}

fn of_text(sample: &Sample) -> Result<Recognised, String> {
    let text = cut_at_line(sample);
    let spaces = by_spaces(text);
    let sniffed = delimited::sniff(text);
    let one_column = sniffed.is_none();
    let (format, has_header, header, rows) = match (sniffed, spaces) {
        (None, Some(_)) => {
            let named = cdnow::has_header(&mut whitespace::Whitespace::new(text, false).map_err(|error| error.to_string())?);
            let mut table = whitespace::Whitespace::new(text, named).map_err(|error| error.to_string())?;
            (Format::Whitespace, named, table.header().to_vec(), rows_of(&mut table))
        }
        (sniffed, _) => {
            let delimiter = sniffed.map_or(b',', |(delimiter, _)| delimiter);
            let mut bare = delimited::Delimited::new(text, delimiter, false).map_err(|error| error.to_string())?;
            let named = !first_row_is_data(&mut bare);
            let mut table = delimited::Delimited::new(text, delimiter, named).map_err(|error| error.to_string())?;
            (Format::Delimited { delimiter: char::from(delimiter) }, named, table.header().to_vec(), rows_of(&mut table))
        }
    };
    if one_column && !matches!(format, Format::Whitespace) {
        return Err("it is text without columns; tables with commas, tabs, semicolons or bars are read, and JSON and Parquet".to_owned());
    }
    let layout = if shopify::orders::recognise(&header) {
        Some(Layout::ShopifyOrders)
    } else if shopify::products::recognise(&header) {
        Some(Layout::ShopifyProducts)
    } else if shopify::customers::recognise(&header) {
        Some(Layout::ShopifyCustomers)
    } else if woocommerce::analytics::recognise(&header) {
        Some(Layout::WooAnalyticsOrders)
    } else if online_retail::recognise(&header) {
        Some(Layout::OnlineRetail)
    } else if cdnow::recognise(&header, &rows[..rows.len().min(100)], has_header) {
        Some(Layout::Cdnow)
    } else {
        match services::recognise(&header) {
            Some(Ok(sheet)) => Some(Layout::Service(sheet)),
            Some(Err(lacks)) => return Err(lacks.to_owned()),
            None => None,
        }
    };
    let mut notes = Vec::new();
    if layout == Some(Layout::WooAnalyticsOrders) {
        notes.push(woocommerce::analytics::NOTE.to_owned());
    }
    if !has_header && layout.is_none() {
        notes.push("the first row holds values and no names; the columns are numbered".to_owned());
    }
    let reader = reader(sample.charset, has_header, header, layout, &rows);
    Ok(Recognised { format, layout, reader, rows, rows_hint: None, notes })
}

fn reader(charset: Charset, has_header: bool, header: Vec<String>, layout: Option<Layout>, rows: &[Vec<String>]) -> Reader {
    let time_column = match layout {
        Some(Layout::ShopifyOrders) => shopify::orders::time_column(&header),
        Some(Layout::OnlineRetail) => online_retail::time_column(&header),
        Some(Layout::Service(sheet)) => sheet.time_column(&header),
        _ => usize::MAX,
    };
    let values = rows.iter().filter_map(|row| row.get(time_column)).map(|value| value.trim());
    let times = times::form_of(values).map_or(TimeForm::Plain, |(form, _)| form);
    Reader { charset, has_header, shape: Shape::Lines, header, times, line_wise: false }
}

/// The sample without its last line, which may be cut.
fn cut_at_line(sample: &Sample) -> &[u8] {
    if sample.whole {
        return &sample.text;
    }
    match sample.text.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => &sample.text[..=end],
        None => &sample.text,
    }
}

/// The number of cells of a table with spaces between; `None` where its lines do not agree, or hold mostly words.
fn by_spaces(text: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(&text[..text.len().min(64 * 1024)]);
    let lines: Vec<Vec<&str>> =
        text.lines().filter(|line| !line.trim().is_empty()).take(50).map(|line| line.split_ascii_whitespace().collect()).collect();
    let cells = lines.first()?.len();
    let last = lines.last()?;
    let numeric = last.iter().filter(|cell| cell.parse::<f64>().is_ok()).count();
    (cells > 1 && lines.len() > 1 && numeric * 2 >= last.len() && lines[..lines.len() - 1].iter().all(|line| line.len() == cells))
        .then_some(cells)
}

/// A first row with numbers, times or addresses in it is no header.
fn first_row_is_data(table: &mut dyn Table) -> bool {
    let mut row = Row::default();
    if !matches!(table.next(&mut row), Ok(Step::Row)) {
        return false;
    }
    let is_value = |cell: &str| {
        !cell.is_empty()
            && (quintile_model::Money::parse(cell).is_ok()
                || times::parse(cell, TimeForm::Plain).is_ok()
                || (cell.contains('@') && cell.contains('.')))
    };
    let values = (0..row.cells).filter(|column| is_value(row.cell(*column))).count();
    values * 4 >= row.cells.max(1)
}

fn rows_of(table: &mut dyn Table) -> Vec<Vec<String>> {
    let (mut rows, mut row) = (Vec::new(), Row::default());
    let mut cells = 0;
    // A table of very many columns shows itself in few rows.
    while rows.len() < SAMPLE_ROWS && cells < 200_000 {
        match table.next(&mut row) {
            Ok(Step::Row) => {
                cells += row.cells;
                rows.push((0..row.cells).map(|column| row.raw(column).chars().take(200).collect()).collect());
            }
            Ok(Step::Refused(_)) => cells += 1,
            Ok(Step::End) | Err(_) => break,
        }
    }
    rows
}

/// How many rows the file will have, by those of the sample.
fn rows_hint(sample: &Sample, bytes: u64, recognised: &Recognised) -> Option<u64> {
    let lines = match recognised.format {
        Format::JsonList | Format::JsonPage => {
            let mut items = json::Items::new(sample.text.as_slice(), recognised.reader.shape.clone());
            let mut count = 0u64;
            while matches!(items.next(), Ok(json::Item::Value(_) | json::Item::Refused { .. })) {
                count += 1;
            }
            count
        }
        _ => (sample.text.iter().filter(|byte| **byte == b'\n').count() as u64)
            .saturating_sub(u64::from(recognised.reader.has_header && recognised.format != Format::JsonLines)),
    };
    if sample.whole {
        return Some(lines);
    }
    let text_bytes = sample.unpacked_bytes.filter(|unpacked| *unpacked > bytes).unwrap_or(bytes) as f64;
    let estimate = lines as f64 * text_bytes / sample.text.len().max(1) as f64;
    Some(estimate as u64)
}
