//! What the sheets share: a heading, a line of names that stays in sight, inputs, and formulas that bring their result.

use crate::Error;
use crate::write::xlsx::formats::{Formats, cell_name};
use crate::write::xlsx::{height_of, set_up_print};
use rust_xlsxwriter::{Format, Formula, Worksheet};

/// A column of a sheet, with what it means.
pub(super) struct Field {
    pub name: &'static str,
    pub width: u8,
    pub meaning: &'static str,
}

pub(super) const fn field(name: &'static str, width: u8, meaning: &'static str) -> Field {
    Field { name, width, meaning }
}

/// The first row of figures: a heading, a line under it, an empty one and the names come before.
pub(super) const FIRST: u32 = 4;

/// Begins a sheet.
pub(super) fn begin(sheet: &mut Worksheet, formats: &Formats, name: &str, title: &str, quiet: &str, fields: &[Field]) -> Result<(), Error> {
    sheet.set_name(name)?;
    // What is not known yet is empty, and not nought.
    sheet.set_formula_result_default("");
    sheet.write_string_with_format(0, 0, title, &formats.title)?;
    sheet.write_string_with_format(1, 0, quiet, &formats.quiet)?;
    for (at, field) in fields.iter().enumerate() {
        sheet.write_string_with_format(FIRST - 1, at as u16, field.name, &formats.names)?;
        sheet.set_column_width(at as u16, f64::from(field.width))?;
    }
    // Names of two lines.
    sheet.set_row_height(FIRST - 1, 32.0)?;
    sheet.set_freeze_panes(FIRST, 0)?;
    sheet.set_repeat_rows(FIRST - 1, FIRST - 1)?;
    set_up_print(sheet);
    Ok(())
}

/// A row that is being filled.
pub(super) struct Line<'a> {
    pub sheet: &'a mut Worksheet,
    pub row: u32,
}

impl Line<'_> {
    /// The name of a cell of this row.
    pub fn cell(&self, column: u16) -> String {
        cell_name(self.row, column)
    }

    /// A text; nothing where it is empty.
    pub fn text(&mut self, column: u16, text: &str, format: &Format) -> Result<(), Error> {
        if !text.is_empty() {
            self.sheet.write_string_with_format(self.row, column, text, format)?;
        }
        Ok(())
    }

    /// A number; an empty cell of its looks where there is none.
    pub fn number(&mut self, column: u16, number: Option<f64>, format: &Format) -> Result<(), Error> {
        match number.filter(|number| number.is_finite()) {
            Some(number) => self.sheet.write_number_with_format(self.row, column, number, format)?,
            None => self.sheet.write_blank(self.row, column, format)?,
        };
        Ok(())
    }

    /// A formula of numbers that is empty while one of the cells it needs is.
    pub fn formula(&mut self, column: u16, needs: &[u16], formula: &str, now: Option<f64>, format: &Format) -> Result<(), Error> {
        let empty = needs.iter().map(|need| format!("{}=\"\"", self.cell(*need))).collect::<Vec<_>>().join(",");
        let result = now.filter(|now| now.is_finite()).map_or(String::new(), |now| now.to_string());
        let formula = Formula::new(format!("=IF(OR({empty}),\"\",{formula})")).set_result(result);
        self.sheet.write_formula_with_format(self.row, column, formula, format)?;
        Ok(())
    }

    /// A formula as it stands.
    pub fn plain_formula(&mut self, column: u16, formula: &str, now: String, format: &Format) -> Result<(), Error> {
        self.sheet.write_formula_with_format(self.row, column, Formula::new(format!("={formula}")).set_result(now), format)?;
        Ok(())
    }
}

/// The sheet that explains the columns of the others.
pub(super) fn write_fields(sheet: &mut Worksheet, formats: &Formats, sheets: &[(&str, &[Field])]) -> Result<(), Error> {
    const OWN: [Field; 3] = [field("Sheet", 12, ""), field("Column", 24, ""), field("What it means", 100, "")];
    begin(sheet, formats, "Columns", "What the columns mean", "Yellow cells are yours to edit; the others follow from them.", &OWN)?;
    let lines = sheets.iter().flat_map(|(name, fields)| fields.iter().map(move |field| (*name, field)));
    for (at, (name, field)) in lines.enumerate() {
        let mut line = Line { sheet, row: FIRST + at as u32 };
        line.text(0, name, &formats.text)?;
        line.text(1, field.name, &formats.label)?;
        line.text(2, field.meaning, &formats.wrapped)?;
        line.sheet.set_row_height(line.row, height_of(field.meaning, 100))?;
    }
    Ok(())
}
