//! What customers are like: what the source says of them, else what they answered when asked.
//!
//! An answer stands until the same question is answered anew.

use crate::lines::{Coded, NO_TEXT};
use crate::out;
use crate::touches::Touches;
use crate::who::{chosen, lists};
use crate::work::Work;
use arrow::array::{Array, ArrayRef, StringArray};
use arrow::datatypes::Int64Type;
use jiff::civil::Date;
use quintile_model::columns::{repeated, texts};
use quintile_model::time::StoreZone;
use quintile_model::touchpoints::{Touchpoint, measure};
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Option<ArrayRef> {
    Some(match name {
        "gender" | "organisation_type" => word(work, name),
        "birthday" => {
            let birthdays = birthdays(work);
            Arc::new(birthdays.iter().map(|birthday| birthday.as_ref().map(Birthday::shown)).collect::<StringArray>())
        }
        "age" => {
            let (birthdays, today) = (birthdays(work), StoreZone::date_of(work.question.as_of.day()));
            out::column::<Int64Type>(work.customers(), |customer| birthdays[customer].as_ref()?.age(today))
        }
        "interests" => answers(work, measure::INTEREST),
        "needs" => answers(work, measure::NEED),
        "values" => answers(work, measure::VALUE),
        _ => return None,
    })
}

/// Answers to questions that measure one thing.
struct Answers<'a> {
    surveys: Touches<'a>,
    measured: Vec<bool>,
    measures: Coded<'a>,
    answers: Coded<'a>,
}

impl<'a> Answers<'a> {
    fn to(work: &'a Work<'_>, what: &str) -> Self {
        let surveys = work.touches(Touchpoint::Surveys);
        let measures = Coded::of(repeated(surveys.rows(), "measure"));
        let answers = Coded::of(repeated(surveys.rows(), "answer"));
        Answers { measured: measures.texts.iter().map(|text| text == Some(what)).collect(), measures, answers, surveys }
    }

    /// The rows of a customer, oldest first.
    fn rows(&self, customer: usize) -> impl DoubleEndedIterator<Item = usize> {
        self.surveys.of(customer).filter(|row| self.measures.codes[*row] >= 0 && self.measured[self.measures.codes[*row] as usize])
    }

    /// The answer of a row, unless it is blank.
    fn text(&self, row: usize) -> Option<&'a str> {
        match self.answers.codes[row] {
            NO_TEXT => None,
            code => Some(self.answers.text(code).trim()).filter(|text| !text.is_empty()),
        }
    }
}

/// Of the customer, else the newest answer.
fn word(work: &Work<'_>, name: &str) -> ArrayRef {
    let said = Coded::of(repeated(&work.batch.customers.rows, name));
    let answers = Answers::to(work, name);
    let answered = answers.answers.texts.iter().map(|text| text.map(str::trim));
    let all: StringArray = said.texts.iter().chain(answered).collect();
    let after = said.texts.len() as i32;
    out::coded(work.customers(), &all, |customer| {
        chosen(work, customer, |row| said.codes[row] != NO_TEXT).map(|row| said.codes[row]).or_else(|| {
            let newest = answers.rows(customer).rev().find(|row| answers.text(*row).is_some());
            newest.map(|row| answers.answers.codes[row] + after)
        })
    })
}

/// The newest answers to each question, parted at commas, each once.
fn answers(work: &Work<'_>, what: &str) -> ArrayRef {
    let answers = Answers::to(work, what);
    let questions = Coded::of(repeated(answers.surveys.rows(), "question"));
    let mut newest: HashMap<i32, i64> = HashMap::new();
    lists(work.customers(), |customer, list| {
        newest.clear();
        // Where several things may be chosen, each can be a row; those of one question and moment belong together.
        newest.extend(answers.rows(customer).map(|row| (questions.codes[row], answers.surveys.at[row])));
        let standing = answers.rows(customer).filter(|row| newest.get(&questions.codes[*row]) == Some(&answers.surveys.at[*row]));
        let texts = standing.filter_map(|row| answers.text(row));
        list.extend(texts.flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty()));
        (!list.is_empty()).then_some(())
    })
}

/// A day of birth, of which the year may be unknown.
struct Birthday {
    day: Date,
    year_known: bool,
}

/// Stands in where the year is unknown; it has a 29th of February.
const LEAP_YEAR: &str = "2000";

impl Birthday {
    /// `1990-05-31`, with or without a time after it, or `--05-31`.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(day) = text.strip_prefix("--") {
            return Some(Birthday { day: format!("{LEAP_YEAR}-{day}").parse().ok()?, year_known: false });
        }
        let (day, time) = text.split_at_checked(10)?;
        let only_a_time = time.is_empty() || time.starts_with(['T', ' ']);
        // Nothing but digits and hyphens: the reader of dates takes more than that.
        let plain = day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        (only_a_time && plain).then(|| day.parse().ok()).flatten().map(|day| Birthday { day, year_known: true })
    }

    fn shown(&self) -> String {
        match self.year_known {
            true => self.day.to_string(),
            false => format!("--{:02}-{:02}", self.day.month(), self.day.day()),
        }
    }

    /// Whole years on a day. Who is born on the 29th of February is a year older on the first of March.
    fn age(&self, today: Date) -> Option<i64> {
        let before = (today.month(), today.day()) < (self.day.month(), self.day.day());
        let years = i64::from(today.year()) - i64::from(self.day.year()) - i64::from(before);
        (self.year_known && years >= 0).then_some(years)
    }
}

/// Of the customer, else the newest answer that is a day.
fn birthdays(work: &Work<'_>) -> Vec<Option<Birthday>> {
    let said = texts(&work.batch.customers.rows, "birthday");
    let answers = Answers::to(work, "birthday");
    let of_row = |row: usize| said.is_valid(row).then(|| Birthday::read(said.value(row))).flatten();
    let one = |customer: usize| {
        let row = chosen(work, customer, |row| of_row(row).is_some());
        row.and_then(of_row).or_else(|| answers.rows(customer).rev().find_map(|row| Birthday::read(answers.text(row)?)))
    };
    (0..work.customers()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_are_read() {
        for (text, shown) in [
            ("1990-05-31", Some("1990-05-31")),
            (" 1990-05-31T10:00:00Z", Some("1990-05-31")),
            ("--02-29", Some("--02-29")),
            ("--2-9", None),
            ("1990-02-30", None),
            ("31.05.1990", None),
            ("+1990-05-3", None),
            ("1990-05-311", None),
            ("", None),
            ("ä990-05-31", None),
        ] {
            assert_eq!(Birthday::read(text).map(|day| day.shown()).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn a_year_older_on_the_day() {
        let age = |birthday: &str, today: &str| Birthday::read(birthday).and_then(|day| day.age(today.parse().unwrap()));
        assert_eq!(age("1990-05-31", "2026-05-30"), Some(35));
        assert_eq!(age("1990-05-31", "2026-05-31"), Some(36));
        assert_eq!(age("2000-02-29", "2026-02-28"), Some(25));
        assert_eq!(age("2000-02-29", "2026-03-01"), Some(26));
        assert_eq!(age("2027-01-01", "2026-03-01"), None);
        assert_eq!(age("--05-31", "2026-05-31"), None);
    }
}
