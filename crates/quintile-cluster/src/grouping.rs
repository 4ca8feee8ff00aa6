//! Groups that were found once, and the group of anybody since.

use crate::kinds::KindColumn;
use crate::matching::{matching, matching_by_members};
use crate::points::squared_distance;
use crate::prepare::Preparation;

/// How columns were prepared, and the means that were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// Of the columns that were kept, in their order.
    pub preparation: Preparation,
    /// One mean a group, as prepared.
    pub centres: Vec<Vec<f64>>,
    /// Columns of kinds; none where customers were grouped by numbers alone.
    pub kinds: Kinds,
}

/// What of a grouping is about kinds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kinds {
    /// The columns.
    pub columns: Vec<KindColumn>,
    /// The commonest kind of each group in each column, as its code.
    pub of_groups: Vec<Vec<u32>>,
    /// What a kind that differs weighs beside squared distances.
    pub gamma: f64,
}

impl Grouping {
    /// The names of the columns of numbers a row is grouped by.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.preparation.kept.iter().map(|scale| scale.name.as_str())
    }

    /// The names of the columns of kinds.
    pub fn kind_columns(&self) -> impl Iterator<Item = &str> {
        self.kinds.columns.iter().map(|column| column.name.as_str())
    }

    /// The group of a row of raw values and kinds: the nearest mean, of equals the first. Values are in the order of
    /// [`columns`](Self::columns), a missing one is not a number; kinds in that of [`kind_columns`](Self::kind_columns), as codes.
    pub fn of(&self, raw: &[f64], kinds: &[u32]) -> usize {
        let point = self.preparation.apply(raw);
        let mut nearest = (0, f64::INFINITY);
        for (group, centre) in self.centres.iter().enumerate() {
            let differ = self.kinds.of_groups.get(group).map_or(0, |of| of.iter().zip(kinds).filter(|(of, own)| of != own).count());
            let apart = squared_distance(&point, centre) + if differ > 0 { self.kinds.gamma * differ as f64 } else { 0.0 };
            if apart < nearest.1 {
                nearest = (group, apart);
            }
        }
        nearest.0
    }

    /// Do both group by the same columns, and by numbers alone?
    fn compares_means(&self, earlier: &Grouping) -> bool {
        self.columns().eq(earlier.columns()) && self.kinds.columns.is_empty() && earlier.kinds.columns.is_empty()
    }

    /// For each group the place of the earlier one it continues, if any. By the same columns of numbers: [`matching`] of the means in the
    /// shop's own units, as this grouping prepares them. By others, such as where a column was left out this time: by the customers they
    /// have in common, [`matching_by_members`], of whom `labels` says the group of each in both groupings.
    pub fn continues(&self, earlier: &Grouping, labels: impl FnOnce() -> Vec<(usize, usize)>) -> Vec<Option<usize>> {
        if !self.compares_means(earlier) {
            return matching_by_members(&labels(), self.centres.len(), earlier.centres.len());
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
        Grouping { preparation, centres, kinds: Kinds::default() }
    }

    #[test]
    fn groups_go_on_in_the_units_of_the_shop() {
        let earlier = of((0..100).map(f64::from).collect(), &[5.0, 40.0, 90.0]);
        // A year on everybody spends more, and the scale is another.
        let later = of((0..200).map(f64::from).collect(), &[85.0, 6.0]);
        let not_asked = || panic!("means are enough");
        assert_eq!(later.continues(&earlier, not_asked), [Some(2), Some(0)]);
        assert_eq!((later.of(&[100.0], &[]), later.of(&[1.0], &[]), later.of(&[f64::NAN], &[])), (0, 1, 0));
        let mut other = earlier.clone();
        other.preparation.kept[0].name = "orders".into();
        // By other columns whoever has the customers goes on.
        let labels = || [(0, 1), (0, 1), (0, 1), (0, 2), (1, 0), (1, 2)].to_vec();
        assert_eq!(later.continues(&other, labels), [Some(1), Some(0)]);
    }

    #[test]
    fn a_kind_that_differs_weighs_gamma() {
        let mut grouping = of((0..100).map(f64::from).collect(), &[20.0, 60.0]);
        let column = KindColumn { name: "country".into(), kinds: vec!["DE".into(), "FR".into()] };
        grouping.kinds = Kinds { columns: vec![column], of_groups: vec![vec![0], vec![1]], gamma: 0.0 };
        assert_eq!([0, 1].map(|kind| grouping.of(&[25.0], &[kind])), [0, 0]);
        grouping.kinds.gamma = 100.0;
        assert_eq!([0, 1].map(|kind| grouping.of(&[25.0], &[kind])), [0, 1]);
    }
}
