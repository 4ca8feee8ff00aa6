//! Columns of kinds, such as countries, as codes; and rows with kinds as points, for what judges points alone.

use crate::{Error, Points};

/// Kinds of a column that have codes of their own; rarer ones share one, and so do rows without any.
pub const MOST_KINDS: usize = 12;

/// The kinds of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindColumn {
    /// The column.
    pub name: String,
    /// Kinds with a code of their own, which is their place: the commonest first, of equals by name.
    pub kinds: Vec<String>,
}

impl KindColumn {
    /// The kinds of some rows.
    pub fn of<'a>(name: &str, values: impl Iterator<Item = Option<&'a str>>) -> KindColumn {
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        values.flatten().for_each(|kind| *counts.entry(kind).or_default() += 1);
        let mut kinds: Vec<(&str, usize)> = counts.into_iter().collect();
        kinds.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        kinds.truncate(MOST_KINDS);
        KindColumn { name: name.to_owned(), kinds: kinds.into_iter().map(|(kind, _)| kind.to_owned()).collect() }
    }

    /// The code of a kind.
    pub fn code(&self, kind: Option<&str>) -> u32 {
        let own = self.kinds.len() as u32;
        match kind {
            None => own + 1,
            Some(kind) => self.kinds.iter().position(|known| known == kind).map_or(own, |place| place as u32),
        }
    }

    /// How many codes there are, with the one of rarer kinds and that of none.
    pub fn codes(&self) -> u32 {
        self.kinds.len() as u32 + 2
    }

    /// The kind of a code; `None` where rows have none.
    pub fn kind(&self, code: u32) -> Option<&str> {
        match self.kinds.get(code as usize) {
            Some(kind) => Some(kind),
            None if code as usize == self.kinds.len() => Some("other"),
            None => None,
        }
    }
}

/// Numbers, and beside them a column for each code, set so that rows whose kinds differ are `gamma` apart, squared: the distance of
/// k-prototypes as one between points.
pub fn as_points<C: AsRef<[u32]>>(numbers: &Points, kinds: &[C], gamma: f64) -> Result<Points, Error> {
    let mut columns: Vec<Vec<f64>> =
        (0..numbers.columns()).map(|column| (0..numbers.rows()).map(|row| numbers.value(row, column)).collect()).collect();
    let step = (gamma / 2.0).sqrt();
    for codes in kinds {
        let codes = codes.as_ref();
        let most = codes.iter().copied().max().unwrap_or(0);
        for code in 0..=most {
            // A code that nobody or everybody has tells nobody apart.
            let many = codes.iter().filter(|own| **own == code).count();
            if many > 0 && many < codes.len() {
                columns.push(codes.iter().map(|own| if *own == code { step } else { 0.0 }).collect());
            }
        }
    }
    Points::from_columns(&columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_have_codes_and_the_rest_share_one() {
        let rows: Vec<String> = (0..20).map(|kind| format!("k{kind:02}")).collect();
        let values = rows.iter().map(|kind| Some(kind.as_str())).chain([Some("k19"), None]);
        let column = KindColumn::of("country", values);
        assert_eq!((column.kinds.len(), column.kinds[0].as_str(), column.codes()), (MOST_KINDS, "k19", 14));
        assert_eq!([Some("k19"), Some("k00"), Some("k18"), Some("new"), None].map(|kind| column.code(kind)), [0, 1, 12, 12, 13]);
        assert_eq!([0, 12, 13].map(|code| column.kind(code)), [Some("k19"), Some("other"), None]);
    }

    #[test]
    fn kinds_that_differ_are_gamma_apart() {
        let numbers = Points::from_rows(&[1.0, 1.0, 4.0], 1).unwrap();
        let points = as_points(&numbers, &[[0, 1, 1], [2, 2, 2]], 0.7).unwrap();
        let apart = |one: usize, other: usize| crate::points::squared_distance(&points.row(one), &points.row(other));
        assert!((apart(0, 1) - 0.7).abs() < 1e-12 && (apart(1, 2) - 9.0).abs() < 1e-12 && (apart(0, 2) - 9.7).abs() < 1e-12);
    }
}
