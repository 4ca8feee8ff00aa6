//! How cells look: numbers with their currency, names of columns, cells that may be edited.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// The formats of a workbook.
pub(crate) struct Formats {
    /// Names of columns.
    pub names: Format,
    /// A heading above a table.
    pub title: Format,
    /// A quiet line under a heading.
    pub quiet: Format,
    /// Names of rows.
    pub label: Format,
    pub text: Format,
    /// Text of several lines.
    pub wrapped: Format,
    pub amount: Format,
    pub share: Format,
    pub count: Format,
    /// A number that is neither a count nor a share.
    pub number: Format,
    pub instant: Format,
    pub date: Format,
    /// Cells to be edited, by what they hold.
    pub input_amount: Format,
    pub input_share: Format,
    pub input_count: Format,
    pub input_number: Format,
    /// Sums.
    pub total_amount: Format,
    pub total_text: Format,
}

/// What marks a cell that may be edited: blue on light yellow, as in many a planning sheet.
const INPUT_GROUND: Color = Color::RGB(0xFF_F8_DC);
const INPUT_TEXT: Color = Color::RGB(0x1F_3F_9F);
const NAMES_GROUND: Color = Color::RGB(0x2B_3A_55);

impl Formats {
    /// With amounts in a currency; an unknown one has no sign.
    pub fn of(currency: &str) -> Formats {
        let decimals = crate::header::decimals_of(currency) as usize;
        let digits = if decimals == 0 { "#,##0".to_owned() } else { format!("#,##0.{}", "0".repeat(decimals)) };
        let known =
            currency.len() == 3 && currency != crate::settings::NO_CURRENCY && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        let money = if known { format!("{digits}\\ \"{currency}\"") } else { digits };
        let plain = |format: &str| Format::new().set_num_format(format).set_align(FormatAlign::Top);
        let input = |format: &str| {
            plain(format).set_background_color(INPUT_GROUND).set_font_color(INPUT_TEXT).set_border(FormatBorder::Hair).set_unlocked()
        };
        let total = || Format::new().set_bold().set_border_top(FormatBorder::Thin);
        Formats {
            names: Format::new()
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(NAMES_GROUND)
                .set_align(FormatAlign::Top)
                .set_text_wrap(),
            title: Format::new().set_bold().set_font_size(14),
            quiet: Format::new().set_font_color(Color::RGB(0x59_59_59)).set_italic(),
            label: Format::new().set_bold().set_align(FormatAlign::Top),
            text: plain("@").set_align(FormatAlign::Left).set_indent(1),
            wrapped: plain("@").set_text_wrap(),
            amount: plain(&money),
            share: plain("0.0\\ %"),
            count: plain("#,##0"),
            number: plain("#,##0.00"),
            instant: plain("yyyy\\-mm\\-dd\\ hh:mm"),
            date: plain("yyyy\\-mm\\-dd"),
            input_amount: input(&money),
            input_share: input("0.0\\ %"),
            input_count: input("#,##0"),
            input_number: input("#,##0.00"),
            total_amount: total().set_num_format(&money),
            total_text: total(),
        }
    }
}

/// The letters of a column, from nought: `A`, `Z`, `AA`.
pub(crate) fn column_name(column: u16) -> String {
    let (mut left, mut letters) = (u32::from(column) + 1, Vec::new());
    while left > 0 {
        left -= 1;
        letters.push((b'A' + (left % 26) as u8) as char);
        left /= 26;
    }
    letters.iter().rev().collect()
}

/// A cell as a spreadsheet names it, from nought: `A1`.
pub(crate) fn cell_name(row: u32, column: u16) -> String {
    format!("{}{}", column_name(column), row + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_the_names_that_spreadsheets_show() {
        assert_eq!(
            [cell_name(0, 0), cell_name(9, 25), cell_name(0, 26), cell_name(4, 701), cell_name(0, 702)],
            ["A1", "Z10", "AA1", "ZZ5", "AAA1"]
        );
    }
}
