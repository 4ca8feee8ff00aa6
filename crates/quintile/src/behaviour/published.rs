//! Published figures as a TOML file: whose they are, of when, and what they say.
//!
//! A file without a source and a date is refused: a figure that nobody stands for is no reference.

use crate::Error;
use quintile_insight::behaviour::{Figure, Measure, Unit};
use quintile_model::nearest::nearest;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What the file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Published {
    /// Who published it, and where.
    source: String,
    /// When.
    date: String,
    /// Of which shops.
    #[serde(default)]
    of: Option<String>,
    /// The currency of its amounts.
    #[serde(default)]
    currency: Option<String>,
    /// Days of its period.
    #[serde(default)]
    pub period_days: Option<u16>,
    /// Days within which it looks for a second purchase.
    #[serde(default)]
    pub within_days: Option<u16>,
    figures: BTreeMap<String, Stated>,
}

/// A value, or a value and of how many customers it is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Stated {
    Value(f64),
    Of { value: f64, of: u64 },
}

impl Stated {
    fn value(self) -> f64 {
        match self {
            Stated::Value(value) | Stated::Of { value, .. } => value,
        }
    }
}

impl Published {
    pub fn read(path: &Path) -> Result<Published, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
        Self::of_text(&text).map_err(|why| Error::Usage(format!("`{}` is no file of references: {why}", path.display())))
    }

    fn of_text(text: &str) -> Result<Published, String> {
        let read: Published = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, said) in [("source", &read.source), ("date", &read.date)] {
            if said.trim().is_empty() {
                return Err(format!("`{name}` is empty; a figure that nobody stands for is no reference"));
            }
        }
        if !read.date.as_bytes().first_chunk::<4>().is_some_and(|year| year.iter().all(u8::is_ascii_digit)) {
            return Err(format!("`date` is `{}`; write it as 2024, 2024-05 or 2024-05-31", read.date));
        }
        for (name, stated) in &read.figures {
            let known = || Measure::ALL.into_iter().map(Measure::name);
            let Some(measure) = Measure::ALL.into_iter().find(|measure| measure.name() == name) else {
                let near = nearest(name, known()).map_or_else(
                    || format!("use one of {}", known().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(format!("there is no figure `{name}`; {near}"));
            };
            let value = stated.value();
            let share = measure.unit() == Unit::Share;
            if !value.is_finite() || (share && !(0.0..=1.0).contains(&value)) {
                return Err(format!("`{name}` is {value}; {}", if share { "a share is from 0 to 1" } else { "it has to be a number" }));
            }
            if measure.unit() == Unit::Money && read.currency.is_none() {
                return Err(format!("`{name}` is an amount, and `currency` is not said"));
            }
        }
        Ok(read)
    }

    /// Its figures, in the order of all measures. Amounts only where they are in the currency of the answer.
    pub fn figures(&self, currency: &str) -> Vec<Option<Figure>> {
        let figure = |measure: Measure| {
            let stated = *self.figures.get(measure.name())?;
            match (measure.unit(), stated) {
                (Unit::Share, Stated::Of { value, of }) => Some(Figure::Share { some: (value * of as f64).round() as u64, of }),
                (Unit::Money, stated) => (self.currency.as_deref() == Some(currency)).then(|| Figure::Stated(stated.value() * 10_000.0)),
                (Unit::Share | Unit::Customers | Unit::Days | Unit::Number, stated) => Some(Figure::Stated(stated.value())),
            }
        };
        Measure::ALL.into_iter().map(figure).collect()
    }

    /// What sentences call it.
    pub fn named(&self) -> String {
        let of = self.of.as_ref().map(|of| format!(" of {of}")).unwrap_or_default();
        format!("figures{of} ({}, {})", self.source.trim(), self.date.trim())
    }

    /// What does not fit between the file and the question.
    pub fn notes(&self, currency: &str, days: i32, within: i32) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(own) = self.currency.as_deref().filter(|own| *own != currency) {
            notes.push(format!("its money is in {own} and this store's in {currency}: amounts are not compared"));
        }
        for (what, said, asked) in [("a period", self.period_days, days), ("a second purchase", self.within_days, within)] {
            if let Some(said) = said.filter(|said| i32::from(*said) != asked) {
                notes.push(format!(
                    "the source looks at {what} within {said} days and the question at {asked}: they do not measure the same"
                ));
            }
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "source = \"Statistics of a trade body, table 3\"\ndate = \"2024-05\"\n";

    #[test]
    fn values_and_how_many_they_are_of() {
        let read = Published::of_text(&format!(
            "{HEAD}currency = \"EUR\"\n[figures]\nfirst_purchase = 41.5\nsecond_share = {{ value = 0.25, of = 800 }}\n"
        ))
        .unwrap();
        let at = |figures: &[Option<Figure>], of: Measure| figures[Measure::ALL.iter().position(|measure| *measure == of).unwrap()];
        let figures = read.figures("EUR");
        assert_eq!(at(&figures, Measure::SecondShare), Some(Figure::Share { some: 200, of: 800 }));
        assert_eq!(at(&figures, Measure::FirstPurchase), Some(Figure::Stated(415_000.0)));
        assert_eq!(at(&figures, Measure::NewShare), None);
        assert_eq!(at(&read.figures("USD"), Measure::FirstPurchase), None);
        assert_eq!(read.notes("USD", 365, 90).len(), 1);
        assert!(read.named().contains("table 3, 2024-05"));
    }

    #[test]
    fn what_nobody_stands_for_is_refused() {
        let check = |text: &str, expected: &str| {
            let error = Published::of_text(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("date = \"2024\"\n[figures]\n", "missing field `source`");
        check("source = \"x\"\n[figures]\n", "missing field `date`");
        check("source = \" \"\ndate = \"2024\"\n[figures]\n", "nobody stands for");
        check("source = \"x\"\ndate = \"lately\"\n[figures]\n", "write it as 2024");
        check(&format!("{HEAD}[figures]\nsecond_shares = 0.2\n"), "did you mean `second_share`?");
        check(&format!("{HEAD}[figures]\nsecond_share = 20\n"), "a share is from 0 to 1");
        check(&format!("{HEAD}[figures]\nfirst_purchase = 20\n"), "`currency` is not said");
    }
}
