//! Groups that were found once, and the group of anybody since.

use crate::matching::matching;
use crate::points::squared_distance;
use crate::prepare::Preparation;

/// How columns were prepared, and the means that were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// Of the columns that were kept, in their order.
    pub preparation: Preparation,
    /// One mean a group, as prepared.
    pub centres: Vec<Vec<f64>>,
}

impl Grouping {
    /// The names of the columns a row is grouped by.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.preparation.kept.iter().map(|scale| scale.name.as_str())
    }

    /// The group of a row of raw values: the nearest mean, of equals the first. Values are in the order of
    /// [`columns`](Self::columns), a missing one is not a number.
    pub fn of(&self, raw: &[f64]) -> usize {
        let point = self.preparation.apply(raw);
        let mut nearest = (0, f64::INFINITY);
        for (group, centre) in self.centres.iter().enumerate() {
            let apart = squared_distance(&point, centre);
            if apart < nearest.1 {
                nearest = (group, apart);
            }
        }
        nearest.0
    }

    /// For each group the place of the earlier one it continues, if any: [`matching`] of the means in the shop's own units,
    /// as this grouping prepares them. Nobody continues a grouping by other columns.
    pub fn continues(&self, earlier: &Grouping) -> Vec<Option<usize>> {
        if !self.columns().eq(earlier.columns()) {
            return vec![None; self.centres.len()];
        }
        let now: Vec<Vec<f64>> = earlier.centres.iter().map(|centre| self.preparation.apply(&earlier.preparation.back(centre))).collect();
        matching(&now, &self.centres)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::{Column, Manner, prepare};

    fn of(values: Vec<f64>, centres: &[f64]) -> Grouping {
        let column = Column { name: "spent".into(), values, logarithm: true };
        let preparation = prepare(&[column], &Manner::default()).unwrap().preparation;
        let centres = centres.iter().map(|raw| preparation.apply(&[*raw])).collect();
        Grouping { preparation, centres }
    }

    #[test]
    fn groups_go_on_in_the_units_of_the_shop() {
        let earlier = of((0..100).map(f64::from).collect(), &[5.0, 40.0, 90.0]);
        // A year on everybody spends more, and the scale is another.
        let later = of((0..200).map(f64::from).collect(), &[85.0, 6.0]);
        assert_eq!(later.continues(&earlier), [Some(2), Some(0)]);
        assert_eq!((later.of(&[100.0]), later.of(&[1.0]), later.of(&[f64::NAN])), (0, 1, 0));
        let mut other = earlier.clone();
        other.preparation.kept[0].name = "orders".into();
        assert_eq!(later.continues(&other), [None, None]);
    }
}
