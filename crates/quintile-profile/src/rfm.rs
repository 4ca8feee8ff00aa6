//! How three metrics become scores, and scores a group.

use crate::partitions::RFM_PROSPECTS;

/// Which metrics are scored, and by which map.
#[derive(Debug, Clone, PartialEq)]
pub struct RfmSettings {
    /// How scores become groups, and metrics scores.
    pub map: RfmMap,
    /// Recency, frequency and value, or any other three columns of the first pass.
    pub metrics: [Metric; 3],
}

/// A column that is scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its name; a count, number, amount or instant of the first pass.
    pub column: String,
    /// Which end has the highest score.
    pub better: Better,
}

/// Which end of a metric is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Larger,
    /// Less is better, as with days since something.
    Smaller,
}

/// How one metric is scored.
#[derive(Debug, Clone, PartialEq)]
pub enum Scoring {
    /// `1 + floor(n * share of buyers with a smaller value)`: equal values score equally, whatever the order of rows.
    Quantiles(u8),
    /// One more for each break passed: reached from below where larger is better, from above where smaller is.
    /// Given in the metric's unit, easiest first.
    Breaks(Vec<f64>),
}

impl Scoring {
    /// The highest score.
    pub fn levels(&self) -> usize {
        match self {
            Scoring::Quantiles(levels) => *levels as usize,
            Scoring::Breaks(breaks) => breaks.len() + 1,
        }
    }
}

/// A map from scores to groups.
#[derive(Debug, Clone, PartialEq)]
pub struct RfmMap {
    /// Its name.
    pub name: String,
    /// How recency, frequency and value are scored.
    pub scoring: [Scoring; 3],
    /// The groups, in the order they are shown.
    pub groups: Vec<RfmGroup>,
}

/// A group: the scores it takes, as boxes that do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfmGroup {
    /// Its id.
    pub id: String,
    /// The scores it takes.
    pub cells: Vec<Cells>,
}

/// A box of scores; each pair is the lowest and highest score in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cells {
    /// Of recency.
    pub recency: (u8, u8),
    /// Of frequency.
    pub frequency: (u8, u8),
    /// Of value.
    pub monetary: (u8, u8),
    /// Of frequency and value added up, which is twice their mean FM.
    pub frequency_plus_monetary: (u8, u8),
}

impl Cells {
    /// Every score.
    pub const ANY: Cells =
        Cells { recency: (0, u8::MAX), frequency: (0, u8::MAX), monetary: (0, u8::MAX), frequency_plus_monetary: (0, u8::MAX) };

    fn holds(&self, [r, f, m]: [u8; 3]) -> bool {
        let within = |(low, high): (u8, u8), score: u8| low <= score && score <= high;
        within(self.recency, r)
            && within(self.frequency, f)
            && within(self.monetary, m)
            && within(self.frequency_plus_monetary, f.saturating_add(m))
    }
}

/// What is wrong with a map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Levels must be 2 to 9.
    #[error("the map `{0}` scores a metric in {1} levels; use 2 to 9")]
    Levels(String, usize),
    /// Breaks must go one way.
    #[error("the map `{0}` has breaks that are not in order; give the easiest first, each once")]
    Breaks(String),
    /// A cell no group takes.
    #[error("in the map `{0}` no group takes the scores {1}; add them to one")]
    Uncovered(String, String),
    /// A cell two groups take.
    #[error("in the map `{0}` the scores {1} are in `{2}` and in `{3}`; take them from one")]
    Twice(String, String, String, String),
    /// A group no scores lead to.
    #[error("in the map `{0}` no scores lead to the group `{1}`; give it some, or take it away")]
    Unreachable(String, String),
    /// Two groups of one name, or one named as those without an order.
    #[error("in the map `{0}` the group `{1}` stands twice")]
    SameName(String, String),
}

impl RfmMap {
    /// Every cell in exactly one group, every group reachable.
    pub fn check(&self) -> Result<(), MapError> {
        self.table().map(drop)
    }

    /// Group by scores: the position in `groups`.
    pub(crate) fn table(&self) -> Result<Table, MapError> {
        let name = || self.name.clone();
        let levels = [0, 1, 2].map(|axis: usize| self.scoring[axis].levels());
        if let Some(bad) = levels.into_iter().find(|levels| !(2..=9).contains(levels)) {
            return Err(MapError::Levels(name(), bad));
        }
        for scoring in &self.scoring {
            if let Scoring::Breaks(breaks) = scoring {
                let up = breaks.windows(2).all(|pair| pair[0] < pair[1]);
                let down = breaks.windows(2).all(|pair| pair[0] > pair[1]);
                if !(up || down) || breaks.iter().any(|at| !at.is_finite()) {
                    return Err(MapError::Breaks(name()));
                }
            }
        }
        for (at, group) in self.groups.iter().enumerate() {
            if group.id == RFM_PROSPECTS || self.groups[..at].iter().any(|other| other.id == group.id) {
                return Err(MapError::SameName(name(), group.id.clone()));
            }
        }
        let mut cells = vec![0; 1000];
        let mut reached = vec![false; self.groups.len()];
        for (r, f, m) in (1..=levels[0]).flat_map(|r| (1..=levels[1]).flat_map(move |f| (1..=levels[2]).map(move |m| (r, f, m)))) {
            let scores = [r as u8, f as u8, m as u8];
            let mut takers = self
                .groups
                .iter()
                .enumerate()
                .flat_map(|(at, group)| group.cells.iter().filter(|cells| cells.holds(scores)).map(move |_| at));
            let Some(first) = takers.next() else { return Err(MapError::Uncovered(name(), format!("{r}{f}{m}"))) };
            if let Some(second) = takers.next() {
                let (first, second) = (self.groups[first].id.clone(), self.groups[second].id.clone());
                return Err(MapError::Twice(name(), format!("{r}{f}{m}"), first, second));
            }
            reached[first] = true;
            cells[r * 100 + f * 10 + m] = first as i32;
        }
        match reached.iter().position(|reached| !reached) {
            Some(at) => Err(MapError::Unreachable(name(), self.groups[at].id.clone())),
            None => Ok(Table { cells }),
        }
    }

    /// Shopify's eleven groups, of recency and of the mean of frequency and value.
    pub fn shopify() -> RfmMap {
        // (group, recency, twice FM)
        let boxes: &[(&str, (u8, u8), (u8, u8))] = &[
            ("CHAMPIONS", (5, 5), (7, 10)),
            ("LOYAL", (3, 4), (7, 10)),
            ("ACTIVE", (4, 5), (3, 6)),
            ("NEW", (5, 5), (2, 2)),
            ("PROMISING", (4, 4), (2, 2)),
            ("NEEDS_ATTENTION", (3, 3), (5, 6)),
            ("ALMOST_LOST", (3, 3), (2, 4)),
            ("PREVIOUSLY_LOYAL", (1, 2), (9, 10)),
            ("AT_RISK", (1, 2), (5, 8)),
            ("DORMANT", (1, 2), (2, 4)),
        ];
        RfmMap {
            name: "shopify".into(),
            scoring: [Scoring::Quantiles(5), Scoring::Quantiles(5), Scoring::Quantiles(5)],
            groups: boxes
                .iter()
                .map(|(id, recency, sum)| RfmGroup {
                    id: (*id).into(),
                    cells: vec![Cells { recency: *recency, frequency_plus_monetary: *sum, ..Cells::ANY }],
                })
                .collect(),
        }
    }
}

impl Default for RfmSettings {
    /// Shopify's map over the time of the last order, the number of orders and the amount spent.
    fn default() -> Self {
        let metric = |column: &str| Metric { column: column.into(), better: Better::Larger };
        RfmSettings { map: RfmMap::shopify(), metrics: [metric("last_order_date"), metric("number_of_orders"), metric("amount_spent")] }
    }
}

/// Groups by scores.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    cells: Vec<i32>,
}

impl Table {
    /// The group of a buyer. A partition leaves nobody out: an unknown frequency is taken to be like the value and the
    /// other way round, and whatever else is unknown scores lowest.
    #[inline]
    pub(crate) fn group(&self, [r, f, m]: [Option<u8>; 3]) -> i32 {
        let (frequency, monetary) = (f.or(m).unwrap_or(1), m.or(f).unwrap_or(1));
        self.cells[r.unwrap_or(1) as usize * 100 + frequency as usize * 10 + monetary as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shopify_has_each_cell_once() {
        let table = RfmMap::shopify().table().unwrap();
        let map = RfmMap::shopify();
        let group = |r, f, m| map.groups[table.group([Some(r), Some(f), Some(m)]) as usize].id.clone();
        assert_eq!(group(5, 5, 5), "CHAMPIONS");
        assert_eq!(group(5, 1, 1), "NEW");
        assert_eq!(group(4, 1, 1), "PROMISING");
        assert_eq!(group(3, 2, 3), "NEEDS_ATTENTION");
        assert_eq!(group(1, 5, 4), "PREVIOUSLY_LOYAL");
        assert_eq!(group(2, 4, 4), "AT_RISK");
        assert_eq!(group(1, 2, 2), "DORMANT");
        assert_eq!(map.groups[table.group([Some(5), Some(4), None]) as usize].id, "CHAMPIONS");
    }

    #[test]
    fn holes_doubles_and_unreachable_groups_are_named() {
        let mut map = RfmMap::shopify();
        map.groups.pop();
        assert_eq!(map.check().unwrap_err(), MapError::Uncovered("shopify".into(), "111".into()));
        let mut map = RfmMap::shopify();
        map.groups.push(RfmGroup { id: "EXTRA".into(), cells: vec![Cells { recency: (5, 5), ..Cells::ANY }] });
        assert!(matches!(map.check(), Err(MapError::Twice(_, cell, _, extra)) if cell == "511" && extra == "EXTRA"));
        let mut map = RfmMap::shopify();
        map.groups.push(RfmGroup { id: "NOBODY".into(), cells: vec![] });
        assert_eq!(map.check().unwrap_err(), MapError::Unreachable("shopify".into(), "NOBODY".into()));
        let mut map = RfmMap::shopify();
        map.scoring[0] = Scoring::Breaks(vec![10.0, 30.0, 20.0, 40.0]);
        assert_eq!(map.check().unwrap_err(), MapError::Breaks("shopify".into()));
    }
}
