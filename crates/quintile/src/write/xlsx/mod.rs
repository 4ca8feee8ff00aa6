//! Spreadsheets: a sheet of the rows, and one that says what they hold for.
//!
//! Amounts and counts are numbers, instants are dates of the store's zone, everything else is text: an id stays as it is
//! written, and no text of a file ever becomes a formula. A cell holds a binary floating-point number of about fifteen
//! digits; an amount is written as the nearest one to its exact decimal, and amounts with more digits are listed on the
//! second sheet.

pub(crate) mod formats;

use super::written;
use crate::cell::{Cells, Value, plain_decimal};
use crate::{Error, Header};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use formats::Formats;
use quintile_model::StoreZone;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::io::{BufWriter, Seek, SeekFrom, Write};

/// Rows of a sheet below its line of names.
const MOST_ROWS: u32 = 1_048_575;
/// Characters of a cell.
const MOST_CHARACTERS: usize = 32_767;
/// Digits that a number of a cell holds for sure.
const MOST_DIGITS: usize = 15;
/// Cells with more digits that are listed one by one.
const LISTED: usize = 20;
/// Widths of columns, in characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 8..=60;

pub(super) struct XlsxRows<W: Write> {
    out: W,
    book: Workbook,
    formats: Formats,
    columns: Vec<Column>,
    zone: StoreZone,
    with_names: bool,
    next: u32,
    about: Vec<(String, String)>,
    long_numbers: Vec<String>,
    long_numbers_more: usize,
    cut_texts: usize,
}

struct Column {
    name: String,
    format: Format,
    width: usize,
}

impl<W: Write + Send> XlsxRows<W> {
    pub(super) fn new(with_names: bool, schema: &SchemaRef, header: Option<&Header>, notes: &[String], out: W) -> Result<Self, Error> {
        let formats = Formats::of(header.map_or("", |header| &header.currency));
        let columns: Vec<Column> = schema
            .fields()
            .iter()
            .map(|field| Column {
                name: field.name().clone(),
                format: format_of(&formats, field.name(), field.data_type()),
                width: if with_names { field.name().chars().count() } else { 0 },
            })
            .collect();
        let mut book = book();
        let sheet = book.add_worksheet_with_constant_memory();
        sheet.set_name("Rows")?;
        if with_names {
            for (at, column) in columns.iter().enumerate() {
                sheet.write_string_with_format(0, at as u16, &column.name, &formats.names)?;
            }
            sheet.set_freeze_panes(1, 0)?;
        }
        let zone = header.and_then(|header| StoreZone::named(&header.zone).ok()).unwrap_or_else(StoreZone::utc);
        let next = u32::from(with_names);
        Ok(XlsxRows {
            out,
            book,
            formats,
            columns,
            zone,
            with_names,
            next,
            about: about(header, notes),
            long_numbers: Vec::new(),
            long_numbers_more: 0,
            cut_texts: 0,
        })
    }

    pub(super) fn write(&mut self, batches: &[RecordBatch]) -> Result<(), Error> {
        for batch in batches {
            let cells = batch.columns().iter().map(Cells::of).collect::<Result<Vec<_>, _>>()?;
            for row in 0..batch.num_rows() {
                if self.next > MOST_ROWS {
                    return Err(Error::Usage(format!(
                        "a sheet holds {MOST_ROWS} rows and there are more; write .csv or .parquet, or fewer rows with --limit"
                    )));
                }
                for (at, column) in cells.iter().enumerate() {
                    self.put(at, &column.get(row))?;
                }
                self.next += 1;
            }
        }
        Ok(())
    }

    fn put(&mut self, at: usize, value: &Value<'_>) -> Result<(), Error> {
        let (row, place) = (self.next, at as u16);
        let column = &mut self.columns[at];
        let sheet = self.book.worksheet_from_index(0)?;
        let (mut width, mut digits) = (0, 0);
        match value {
            Value::Missing => {}
            Value::Text(text) => {
                width = text.chars().count();
                self.cut_texts += usize::from(width > MOST_CHARACTERS);
                sheet.write_string_with_format(row, place, cut(text), &column.format)?;
            }
            Value::Texts(texts) => {
                let text = texts.join(", ");
                width = text.chars().count();
                self.cut_texts += usize::from(width > MOST_CHARACTERS);
                sheet.write_string_with_format(row, place, cut(&text), &column.format)?;
            }
            Value::Count(count) => {
                (width, digits) = (count.to_string().len() * 4 / 3, significant(i128::from(*count)));
                sheet.write_number_with_format(row, place, *count as f64, &column.format)?;
            }
            Value::Number(number) => {
                width = 12;
                sheet.write_number_with_format(row, place, *number, &column.format)?;
            }
            Value::Amount(amount, scale) => {
                let text = plain_decimal(*amount, *scale);
                (width, digits) = (text.len() * 4 / 3 + 4, significant(*amount));
                sheet.write_number_with_format(row, place, nearest(&text), &column.format)?;
            }
            Value::Instant(at) => {
                width = 17;
                match serial(at.saturating_add(self.zone.offset(*at))) {
                    Some(serial) => sheet.write_number_with_format(row, place, serial, &column.format)?,
                    // Before the calendar of spreadsheets.
                    None => sheet.write_string(row, place, quintile_model::Instant(*at).to_iso())?,
                };
            }
            Value::Flag(flag) => {
                width = 6;
                sheet.write_boolean(row, place, *flag)?;
            }
        }
        column.width = column.width.max(width);
        if digits > MOST_DIGITS {
            if self.long_numbers.len() < LISTED {
                self.long_numbers.push(formats::cell_name(row, place));
            } else {
                self.long_numbers_more += 1;
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        let sheet = self.book.worksheet_from_index(0)?;
        for (at, column) in self.columns.iter().enumerate() {
            // The arrow of the filter stands beside the name.
            sheet.set_column_width(at as u16, (column.width + 3).clamp(*WIDTHS.start(), *WIDTHS.end()) as f64)?;
        }
        if self.with_names && !self.columns.is_empty() {
            sheet.autofilter(0, 0, self.next.saturating_sub(1).max(1), self.columns.len() as u16 - 1)?;
            sheet.set_repeat_rows(0, 0)?;
        }
        set_up_print(sheet);
        if !self.long_numbers.is_empty() {
            let more = if self.long_numbers_more > 0 { format!(" and {} more", self.long_numbers_more) } else { String::new() };
            self.about.push((
                "Long numbers".to_owned(),
                format!(
                    "more digits than the {MOST_DIGITS} a cell holds, shown to the nearest: {}{more}; CSV has them exact",
                    self.long_numbers.join(", ")
                ),
            ));
        }
        if self.cut_texts > 0 {
            self.about
                .push(("Long texts".to_owned(), format!("cut at {MOST_CHARACTERS} characters: {}; CSV has them whole", self.cut_texts)));
        }
        write_about(self.book.add_worksheet(), &self.formats, &self.about)?;
        save(&mut self.book, self.out)
    }
}

/// An empty workbook that is the same whenever it is made.
pub(crate) fn book() -> Workbook {
    let mut book = Workbook::new();
    if let Ok(moment) = ExcelDateTime::from_ymd(2000, 1, 1) {
        book.set_properties(&DocProperties::new().set_creation_datetime(&moment).set_author("Quintile"));
    }
    book
}

/// Writes a workbook to where answers go. The packer wants to go back and forth, which not every output can.
pub(crate) fn save(book: &mut Workbook, mut out: impl Write) -> Result<(), Error> {
    let failed = |source| Error::File { doing: "write", path: std::env::temp_dir(), source };
    let mut file = BufWriter::new(tempfile::tempfile().map_err(failed)?);
    book.save_to_writer(&mut file)?;
    let mut file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    written(std::io::copy(&mut file, &mut out).map(drop))?;
    written(out.flush())
}

/// On paper: sideways, A4, as wide as one page.
pub(crate) fn set_up_print(sheet: &mut Worksheet) {
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_footer("&L&A&RPage &P of &N");
}

/// Width of the texts of the second sheet, in characters.
const ABOUT_WIDTH: usize = 110;

/// The height of a row for a text in a column of a width: not every program finds it by itself.
pub(crate) fn height_of(text: &str, width: usize) -> f64 {
    // Letters are not all as wide as a digit, and lines end between words.
    let lines = text.lines().map(|line| 1 + line.chars().count() / (width * 19 / 20).max(1)).sum::<usize>();
    15.0 * lines.clamp(1, 25) as f64
}

/// What rows hold for, as pairs of a name and a text.
pub(crate) fn about(header: Option<&Header>, notes: &[String]) -> Vec<(String, String)> {
    let mut about = Vec::new();
    let mut say = |name: &str, text: &str| about.push((name.to_owned(), text.to_owned()));
    if let Some(header) = header {
        say("As of", &format!("{} ({})", header.as_of, header.as_of_words));
        say("Time zone", &header.zone);
        say("Currency", &header.currency);
        say("Store version", &header.version.to_string());
        say("Settings", &header.settings);
    }
    notes.iter().for_each(|note| say("Note", note));
    if let Some(header) = header {
        header.warnings.iter().for_each(|warning| say("Warning", warning));
        for threshold in &header.thresholds {
            say(threshold.name, &format!("{}: {}", threshold.value, threshold.found));
        }
    }
    say("Made by", concat!("Quintile ", env!("CARGO_PKG_VERSION")));
    about
}

/// The sheet that says what the others hold for.
pub(crate) fn write_about(sheet: &mut Worksheet, formats: &Formats, about: &[(String, String)]) -> Result<(), Error> {
    sheet.set_name("About")?;
    sheet.set_column_width(0, 22)?.set_column_width(1, ABOUT_WIDTH as f64)?;
    for (row, (name, text)) in about.iter().enumerate() {
        sheet.write_string_with_format(row as u32, 0, name, &formats.label)?;
        sheet.write_string_with_format(row as u32, 1, cut(text), &formats.wrapped)?;
        sheet.set_row_height(row as u32, height_of(text, ABOUT_WIDTH))?;
    }
    set_up_print(sheet);
    Ok(())
}

fn format_of(formats: &Formats, name: &str, data_type: &DataType) -> Format {
    match data_type {
        DataType::Decimal64(_, 4) => formats.amount.clone(),
        DataType::Decimal64(..) | DataType::Decimal128(..) => formats.number.clone(),
        DataType::Float16 | DataType::Float32 | DataType::Float64 if name.ends_with("share") || name.ends_with("_rate") => {
            formats.share.clone()
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => formats.number.clone(),
        DataType::Timestamp(..) => formats.instant.clone(),
        DataType::Utf8 | DataType::Dictionary(..) | DataType::List(_) => formats.text.clone(),
        _ => formats.count.clone(),
    }
}

/// The number nearest to a decimal, as its text is read.
fn nearest(decimal: &str) -> f64 {
    decimal.parse().unwrap_or(f64::NAN)
}

/// Digits from the first that is not nought to the last.
fn significant(value: i128) -> usize {
    value.unsigned_abs().to_string().trim_end_matches('0').len()
}

/// As much of a text as a cell holds.
fn cut(text: &str) -> &str {
    text.char_indices().nth(MOST_CHARACTERS).map_or(text, |(end, _)| &text[..end])
}

/// Days since the last day of 1899, as spreadsheets count; `None` before March 1900, whose days they count wrongly.
fn serial(local_micros: i64) -> Option<f64> {
    const DAY: i64 = 86_400 * 1_000_000;
    let (days, part) = (local_micros.div_euclid(DAY) + 25_569, local_micros.rem_euclid(DAY));
    (61..=2_958_465).contains(&days).then(|| days as f64 + part as f64 / DAY as f64)
}

impl From<XlsxError> for Error {
    fn from(error: XlsxError) -> Self {
        Error::Answer(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Decimal64Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
    use quintile_model::records::amount_type;
    use std::io::Read;
    use std::sync::Arc;

    /// The XML of a part of a workbook, as the independent reader of the archive finds it.
    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn written_book(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut rows = XlsxRows::new(true, &batch.schema(), None, &[], &mut bytes).unwrap();
        rows.write(&[batch]).unwrap();
        rows.finish().unwrap();
        bytes
    }

    #[test]
    fn texts_never_become_formulas_and_ids_stay_texts() {
        let hostile = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2", "007", "http://example.com"];
        let bytes = written_book(vec![("id", Arc::new(StringArray::from(hostile.to_vec())))]);
        let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
        assert!(!sheet.contains("<f>") && !sheet.contains("<f "), "{sheet}");
        for text in hostile {
            let text = text.replace('\'', "&apos;");
            assert!(
                sheet.contains(&format!("<t>{text}</t>")) || sheet.contains(&format!("<t>{}</t>", text.replace("&apos;", "'"))),
                "{text}: {sheet}"
            );
        }
        assert!(!sheet.contains("<hyperlink"));
    }

    #[test]
    fn amounts_are_numbers_and_long_ones_are_named() {
        let amounts: ArrayRef =
            Arc::new(Decimal64Array::from(vec![Some(12_345_600), Some(999_999_999_999_999_999), None]).with_data_type(amount_type()));
        let bytes = written_book(vec![("spent", amounts), ("n", Arc::new(Int64Array::from(vec![1, i64::MAX, 3])))]);
        let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
        assert!(sheet.contains("<v>1234.56</v>"), "{sheet}");
        let about = part(&bytes, "xl/sharedStrings.xml");
        assert!(about.contains("shown to the nearest: A3, B3;"), "{about}");
    }

    #[test]
    fn instants_are_dates_and_old_ones_are_texts() {
        let micros = |days: i64, seconds: i64| (days * 86_400 + seconds) * 1_000_000;
        let instants: ArrayRef =
            Arc::new(TimestampMicrosecondArray::from(vec![micros(0, 0), micros(15_318, 43_200), micros(-40_000, 0)]).with_timezone("UTC"));
        let bytes = written_book(vec![("at", instants), ("share", Arc::new(Float64Array::from(vec![Some(0.5), None, Some(f64::NAN)])))]);
        let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
        // 2011-12-10 12:00, by the calendar of spreadsheets.
        assert!(sheet.contains("<v>25569</v>") && sheet.contains("<v>40887.5</v>") && sheet.contains("1860-06-26T00:00:00Z"), "{sheet}");
        assert_eq!(sheet.matches("<row ").count(), 4);
    }

    #[test]
    fn the_same_rows_are_the_same_file() {
        let make = || written_book(vec![("id", Arc::new(StringArray::from(vec!["a"])))]);
        assert_eq!(make(), make());
    }

    #[test]
    fn digits_are_those_that_matter() {
        assert_eq!([significant(0), significant(1_200), significant(-123_456), significant(999_999_999_999_999_999)], [0, 2, 6, 18]);
    }
}
