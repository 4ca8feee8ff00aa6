//! The tables of opportunities as a spreadsheet that goes on calculating: whoever edits a yellow cell sees what follows.
//!
//! | file | the sheet |
//! | --- | --- |
//! | `possible` | the guide's table |
//! | `likely` | what is to be gained, less what it costs |
//! | `targets` | targets beside what was reached |
//! | `tactics` | what to do first, as a two-by-two |
//! | `sheet` | what the sheets share: headings, inputs, formulas with their results |
//!
//! Figures that can be edited stand as numbers, everything that follows from them as a formula, with the result it has now.
//! Texts of the plan or the catalogue stand as texts and never in a formula.

mod likely;
mod possible;
mod sheet;
mod tactics;
mod targets;

use super::tactics::first_rows;
use super::{Likely, Possible, typed};
use crate::workspace::Workspace;
use crate::write::xlsx::{self, formats::Formats};
use crate::{Error, Header, When};
use sheet::Field;
use std::io::Write;
use std::path::Path;

/// Opportunities, ready to be written as a spreadsheet.
pub struct Workbook {
    possible: Possible,
    pub(super) likely: Likely,
    tactics: Vec<tactics::Entry>,
}

impl Workspace {
    /// Both tables of opportunities, targets and tactics as a spreadsheet.
    pub fn opportunities_workbook(&self, when: &When) -> Result<Workbook, Error> {
        let likely = self.likely(when)?;
        let header = likely.header.clone().ok_or_else(|| Error::Answer("the likely table has no moment".to_owned()))?;
        let possible = self.possible_of(when, header, &likely.classes, &self.plan()?, likely.targets.clone())?;
        let tactics = first_rows(self, &likely).iter().map(tactics::Entry::of).collect();
        Ok(Workbook { possible, likely, tactics })
    }
}

impl Workbook {
    /// Of the figures of a file alone.
    pub fn of_file(file: &Path) -> Result<Workbook, Error> {
        let (possible, likely) = typed::tables_of(file)?;
        Ok(Workbook { possible, likely, tactics: Vec::new() })
    }

    /// What it holds for; `None` of figures alone.
    pub fn header(&self) -> Option<&Header> {
        self.possible.header.as_ref()
    }

    /// Writes it.
    pub fn write(&self, out: impl Write) -> Result<(), Error> {
        let formats = Formats::of(&self.possible.currency);
        let mut book = xlsx::book();
        let mut fields: Vec<(&str, &[Field])> = vec![("Possible", &possible::FIELDS)];
        possible::write(book.add_worksheet(), &formats, &self.possible)?;
        // Figures alone have a likely table where their file gives rates.
        if self.header().is_some() || self.likely.rows.iter().any(|row| row.usual_rate.is_some()) {
            likely::write(book.add_worksheet(), &formats, &self.likely)?;
            fields.push(("Likely", &likely::FIELDS));
        }
        if !self.possible.targets.is_empty() {
            targets::write(book.add_worksheet(), &formats, &self.possible)?;
            fields.push(("Targets", &targets::FIELDS));
        }
        if !self.tactics.is_empty() {
            tactics::write(book.add_worksheet(), &formats, &self.tactics)?;
            fields.push(("Tactics", &tactics::FIELDS));
        }
        sheet::write_fields(book.add_worksheet(), &formats, &fields)?;
        let mut notes = self.possible.answer()?.notes;
        notes.extend(self.likely.notes());
        notes.dedup();
        xlsx::write_about(book.add_worksheet(), &formats, &xlsx::about(self.header(), &notes))?;
        xlsx::save(&mut book, out)
    }
}
