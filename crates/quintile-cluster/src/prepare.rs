//! Raw columns to comparable ones. This decides more than the way of grouping does.
//!
//! Of each column, in this order: a missing value takes the median; counts and amounts take the logarithm of 1 + x; what lies
//! beyond the 1st and 99th percentile is brought to them; the median is taken off and the rest divided by the spread. Then a
//! column that says the same as an earlier one is left out, and so is one in which all are alike. All of it is kept, to be
//! shown and to be done again to other rows.

use crate::{Error, Points};

/// A raw column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// One value a row; missing where it is not a finite number.
    pub values: Vec<f64>,
    /// Is it a count or an amount, of which ratios matter more than differences?
    pub logarithm: bool,
}

/// How columns are prepared.
#[derive(Debug, Clone, PartialEq)]
pub struct Manner {
    /// The share at each end that is brought to its percentile.
    pub tail: f64,
    /// A column whose correlation with an earlier one is at least this, whichever its sign, is left out.
    pub alike: f64,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner { tail: 0.01, alike: 0.9 }
    }
}

/// Comparable columns, and how they came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The columns that were kept.
    pub points: Points,
    /// How.
    pub preparation: Preparation,
}

/// How columns were prepared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Preparation {
    /// Those that were kept, in their order.
    pub kept: Vec<Scale>,
    /// The others, with the reason.
    pub left_out: Vec<(String, LeftOut)>,
}

/// How one column was prepared.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// The column.
    pub name: String,
    /// Was the logarithm of 1 + x taken? Of x below 0 it is that of 1 - x, below 0.
    pub logarithm: bool,
    /// Values are multiplied by this first; other than 1 only where they are near the largest number there is.
    pub unit: f64,
    /// What stands for a missing value, as it was.
    pub middle: f64,
    /// Rows where it was missing.
    pub missing: usize,
    /// Values below come to this, after the logarithm.
    pub low: f64,
    /// Values above come to this, after the logarithm.
    pub high: f64,
    /// The median, after the logarithm.
    pub centre: f64,
    /// The larger of the interquartile range over 1.349, which is the deviation where the column is bell-shaped, and half
    /// of the deviation, since quartiles may coincide.
    pub spread: f64,
}

/// Why a column was left out.
#[derive(Debug, Clone, PartialEq)]
pub enum LeftOut {
    /// All rows are alike, or nearly all.
    Constant,
    /// It says the same as an earlier column.
    Like {
        /// That column.
        column: String,
        /// Pearson's correlation of the two, prepared.
        correlation: f64,
    },
}

/// Prepares columns; those that come first are kept rather than later ones.
pub fn prepare(columns: &[Column], manner: &Manner) -> Result<Prepared, Error> {
    let rows = columns.first().map_or(0, |column| column.values.len());
    if let Some((column, of)) = columns.iter().enumerate().find(|(_, of)| of.values.len() != rows) {
        return Err(Error::Ragged { column, found: of.values.len(), expected: rows });
    }
    if rows == 0 {
        return Err(Error::NoRows);
    }
    let mut preparation = Preparation::default();
    let mut kept: Vec<Vec<f64>> = Vec::new();
    for column in columns {
        let Some(scale) = Scale::of(column, manner) else {
            preparation.left_out.push((column.name.clone(), LeftOut::Constant));
            continue;
        };
        let scaled: Vec<f64> = column.values.iter().map(|value| scale.apply(*value)).collect();
        let like = kept.iter().zip(&preparation.kept).map(|(other, of)| (correlation(other, &scaled), of.name.clone()));
        match like.max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs())).filter(|(found, _)| found.abs() >= manner.alike) {
            Some((correlation, column_like)) => {
                preparation.left_out.push((column.name.clone(), LeftOut::Like { column: column_like, correlation }));
            }
            None => {
                kept.push(scaled);
                preparation.kept.push(scale);
            }
        }
    }
    if kept.is_empty() {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        return Err(Error::NoColumns(format!("in {} all rows are alike", names.join(", "))));
    }
    Ok(Prepared { points: Points::from_columns(&kept)?, preparation })
}

impl Preparation {
    /// A row of raw values, in the order of the columns kept, as points have it.
    pub fn apply(&self, raw: &[f64]) -> Vec<f64> {
        self.kept.iter().zip(raw).map(|(scale, value)| scale.apply(*value)).collect()
    }

    /// A point as raw values: what a mean looks like in the shop's own units.
    pub fn back(&self, point: &[f64]) -> Vec<f64> {
        self.kept.iter().zip(point).map(|(scale, value)| scale.back(*value)).collect()
    }
}

impl Scale {
    fn of(column: &Column, manner: &Manner) -> Option<Scale> {
        let largest = column.values.iter().copied().filter(|value| value.is_finite()).fold(0.0_f64, |most, value| most.max(value.abs()));
        // Squares of differences must not overflow.
        let unit = if largest > 1e100 { 1e-250 } else { 1.0 };
        let mut values: Vec<f64> = column.values.iter().copied().filter(|value| value.is_finite()).collect();
        let missing = column.values.len() - values.len();
        if values.is_empty() {
            return None;
        }
        values.sort_unstable_by(f64::total_cmp);
        let middle = quantile(&values, 0.5, unit) / unit;
        let shaped = Scale {
            name: column.name.clone(),
            logarithm: column.logarithm,
            unit,
            middle,
            missing,
            low: f64::MIN,
            high: f64::MAX,
            centre: 0.0,
            spread: 1.0,
        };
        let mut values: Vec<f64> = column.values.iter().map(|value| shaped.apply(*value)).collect();
        values.sort_unstable_by(f64::total_cmp);
        let tail = manner.tail.clamp(0.0, 0.5);
        let (low, high) = (quantile(&values, tail, 1.0), quantile(&values, 1.0 - tail, 1.0));
        values.iter_mut().for_each(|value| *value = value.clamp(low, high.max(low)));
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
        // Within the rounding of its own values a column is constant.
        if deviation <= 1e-12 * mean.abs().max(f64::MIN_POSITIVE / f64::EPSILON) {
            return None;
        }
        let quartiles = quantile(&values, 0.75, 1.0) - quantile(&values, 0.25, 1.0);
        let spread = (quartiles / 1.349).max(deviation / 2.0);
        Some(Scale { low, high: high.max(low), centre: quantile(&values, 0.5, 1.0), spread, ..shaped })
    }

    /// A raw value as points have it.
    pub fn apply(&self, raw: f64) -> f64 {
        let value = if raw.is_finite() { raw } else { self.middle } * self.unit;
        let value = if self.logarithm { value.signum() * value.abs().ln_1p() } else { value };
        (value.clamp(self.low, self.high) - self.centre) / self.spread
    }

    /// A value of a point as it would be raw.
    pub fn back(&self, value: f64) -> f64 {
        let value = value * self.spread + self.centre;
        let value = if self.logarithm { value.signum() * value.abs().exp_m1() } else { value };
        (value / self.unit).clamp(f64::MIN, f64::MAX)
    }
}

/// Between the two nearest of ascending values, times a factor that comes first so that nothing overflows (Hyndman and Fan
/// 1996, type 7).
fn quantile(ascending: &[f64], share: f64, unit: f64) -> f64 {
    let at = (ascending.len() - 1) as f64 * share;
    let (below, above) = (ascending[at.floor() as usize] * unit, ascending[at.ceil() as usize] * unit);
    below + (above - below) * (at - at.floor())
}

/// Pearson's, of columns that are scaled already.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        both += (a - mean_a) * (b - mean_b);
        of_a += (a - mean_a).powi(2);
        of_b += (b - mean_b).powi(2);
    }
    if of_a > 0.0 && of_b > 0.0 { both / (of_a.sqrt() * of_b.sqrt()) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, values: impl IntoIterator<Item = f64>, logarithm: bool) -> Column {
        Column { name: name.into(), values: values.into_iter().collect(), logarithm }
    }

    #[test]
    fn a_column_is_logged_cut_and_scaled() {
        let found = prepare(&[column("spent", (0..=100).map(|x| f64::from(x).exp_m1()), true)], &Manner::default()).unwrap();
        let scale = &found.preparation.kept[0];
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(scale.low, 1.0) && near(scale.high, 99.0) && near(scale.centre, 50.0) && near(scale.spread, 50.0 / 1.349));
        assert!(near(found.points.value(0, 0), -49.0 / 50.0 * 1.349) && near(found.points.value(50, 0), 0.0));
        assert!(near(scale.back(found.points.value(30, 0)).ln_1p(), 30.0));
        assert_eq!(scale.missing, 0);
    }

    #[test]
    fn the_missing_take_the_median_and_debts_keep_their_sign() {
        let found =
            prepare(&[column("net", [-9.0, f64::NAN, 9.0, 1.0, 2.0, f64::INFINITY], true)], &Manner { tail: 0.0, alike: 1.0 }).unwrap();
        let scale = &found.preparation.kept[0];
        assert_eq!((scale.middle, scale.missing), (1.5, 2));
        assert!((scale.low + 10.0_f64.ln()).abs() < 1e-12 && (scale.high - 10.0_f64.ln()).abs() < 1e-12);
        assert_eq!(found.points.value(1, 0), found.points.value(5, 0));
    }

    #[test]
    fn what_says_the_same_or_nothing_is_left_out() {
        let orders = column("orders", (0..50).map(f64::from), false);
        let spent = column("spent", (0..50).map(|x| f64::from(-3 * x) + f64::from(x % 2)), false);
        let days = column("days", (0..50).map(|x| f64::from(x * 7 % 50)), false);
        let flat = column("flat", [4.0; 50], true);
        let found = prepare(&[orders, flat.clone(), spent, days], &Manner::default()).unwrap();
        let kept: Vec<&str> = found.preparation.kept.iter().map(|scale| scale.name.as_str()).collect();
        assert_eq!(kept, ["orders", "days"]);
        assert_eq!(found.preparation.left_out[0], ("flat".into(), LeftOut::Constant));
        let (name, LeftOut::Like { column, correlation }) = &found.preparation.left_out[1] else { panic!("{found:?}") };
        assert!(name == "spent" && column == "orders" && *correlation < -0.99);
        assert_eq!(prepare(&[flat], &Manner::default()), Err(Error::NoColumns("in flat all rows are alike".into())));
        assert_eq!(prepare(&[], &Manner::default()), Err(Error::NoRows));
    }
}
