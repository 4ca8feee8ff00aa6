//! k groups of rows with numbers and kinds (k-prototypes; Huang, "Extensions to the k-means algorithm for clustering large
//! data sets with categorical values", 1998).
//!
//! The distance of a row from a prototype is the squared distance of its numbers plus gamma for each kind that differs. A
//! prototype is the mean of its rows' numbers and their commonest kind in each column.

use crate::chance::Chance;
use crate::points::squared_distance;
use crate::{Error, Points};
use rayon::prelude::*;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// How many groups.
    pub k: usize,
    /// What a kind that differs weighs; half of the mean deviation of the columns of numbers where it is not given (Huang).
    pub gamma: Option<f64>,
    /// How often to begin anew; the least cost wins.
    pub starts: usize,
    /// Where chance begins.
    pub seed: u64,
    /// After so many rounds it is enough.
    pub most_rounds: usize,
}

impl Params {
    /// `k` groups, ten starts.
    pub fn new(k: usize, seed: u64) -> Params {
        Params { k, gamma: None, starts: 10, seed, most_rounds: 100 }
    }
}

/// A group's prototype.
#[derive(Debug, Clone, PartialEq)]
pub struct Prototype {
    /// The mean of each column of numbers.
    pub numbers: Vec<f64>,
    /// The commonest kind of each column of kinds; of equals the smallest.
    pub kinds: Vec<u32>,
    /// How many rows.
    pub size: usize,
}

/// Groups that were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Prototypes {
    /// One a group; fewer than were asked for where there are fewer distinct rows.
    pub groups: Vec<Prototype>,
    /// The group of each row.
    pub labels: Vec<u32>,
    /// The sum of distances of rows from their prototypes.
    pub cost: f64,
    /// What a kind that differs weighed.
    pub gamma: f64,
    /// Rounds of the best run.
    pub rounds: usize,
}

/// The best of many starts. Each column of kinds has a code for each row.
pub fn fit<C: AsRef<[u32]> + Sync>(numbers: &Points, kinds: &[C], params: &Params) -> Result<Prototypes, Error> {
    let rows = numbers.rows();
    if params.k == 0 || params.k > rows {
        return Err(Error::Groups { k: params.k, rows, hint: crate::k_means::AT_LEAST_ONE });
    }
    for (column, codes) in kinds.iter().enumerate() {
        if codes.as_ref().len() != rows {
            return Err(Error::Ragged { column, found: codes.as_ref().len(), expected: rows });
        }
    }
    let table = Table {
        numbers: (0..rows).map(|row| numbers.row(row)).collect(),
        kinds: (0..rows).map(|row| kinds.iter().map(|codes| codes.as_ref()[row]).collect()).collect(),
        gamma: params.gamma.filter(|gamma| gamma.is_finite() && *gamma >= 0.0).unwrap_or_else(|| huang(numbers)),
    };
    let best = (0..params.starts.max(1) as u64)
        .into_par_iter()
        .map(|start| (start, table.run(params, &mut Chance::of_part(params.seed, start))))
        .min_by(|(a, one), (b, other)| one.cost.total_cmp(&other.cost).then(a.cmp(b)));
    best.map(|(_, found)| found).ok_or(Error::NoRows)
}

/// What a kind that differs weighs unless it is said: half of the mean deviation of the columns of numbers.
pub fn huang(numbers: &Points) -> f64 {
    let deviations = numbers.variances();
    0.5 * deviations.iter().map(|variance| variance.sqrt()).sum::<f64>() / deviations.len() as f64
}

struct Table {
    numbers: Vec<Vec<f64>>,
    kinds: Vec<Vec<u32>>,
    gamma: f64,
}

impl Table {
    fn rows(&self) -> usize {
        self.numbers.len()
    }

    fn prototype(&self, row: usize) -> Prototype {
        Prototype { numbers: self.numbers[row].clone(), kinds: self.kinds[row].clone(), size: 0 }
    }

    fn distance(&self, row: usize, prototype: &Prototype) -> f64 {
        let differ = self.kinds[row].iter().zip(&prototype.kinds).filter(|(own, of)| own != of).count();
        squared_distance(&self.numbers[row], &prototype.numbers) + self.gamma * differ as f64
    }

    fn run(&self, params: &Params, chance: &mut Chance) -> Prototypes {
        let mut groups = self.start(params.k, chance);
        let mut labels = vec![u32::MAX; self.rows()];
        let mut rounds = 0;
        loop {
            let mut moved = 0;
            let mut cost = 0.0;
            for (row, label) in labels.iter_mut().enumerate() {
                let (mut nearest, mut least) = (0, f64::INFINITY);
                for (group, prototype) in groups.iter().enumerate() {
                    let found = self.distance(row, prototype);
                    if found < least {
                        (nearest, least) = (group as u32, found);
                    }
                }
                moved += usize::from(*label != nearest);
                *label = nearest;
                cost += least;
            }
            rounds += 1;
            let next = self.groups_of(&mut labels, groups.len());
            let fewer = next.len() < groups.len();
            if (moved == 0 && !fewer) || rounds >= params.most_rounds {
                groups.iter_mut().zip(&next).for_each(|(group, next)| group.size = next.size);
                let groups = if fewer { next } else { groups };
                return Prototypes { groups, labels, cost, gamma: self.gamma, rounds };
            }
            groups = next;
        }
    }

    /// Rows far from those taken so far are likely, as in k-means++.
    fn start(&self, k: usize, chance: &mut Chance) -> Vec<Prototype> {
        let mut groups = vec![self.prototype(chance.below(self.rows()))];
        let mut nearest: Vec<f64> = (0..self.rows()).map(|row| self.distance(row, &groups[0])).collect();
        while groups.len() < k {
            let total: f64 = nearest.iter().sum();
            if total <= 0.0 {
                break;
            }
            let mut sum = total * chance.share();
            let drawn = nearest.iter().position(|weight| {
                sum -= weight;
                sum < 0.0
            });
            let taken = self.prototype(drawn.or_else(|| nearest.iter().rposition(|weight| *weight > 0.0)).unwrap_or(0));
            nearest.iter_mut().enumerate().for_each(|(row, nearest)| *nearest = nearest.min(self.distance(row, &taken)));
            groups.push(taken);
        }
        groups
    }

    /// Prototypes of the rows of each group; a group that lost all rows is left out and labels close up.
    fn groups_of(&self, labels: &mut [u32], k: usize) -> Vec<Prototype> {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); k];
        labels.iter().enumerate().for_each(|(row, label)| members[*label as usize].push(row));
        members.retain(|rows| !rows.is_empty());
        let of = |(group, rows): (usize, &Vec<usize>)| {
            rows.iter().for_each(|row| labels[*row] = group as u32);
            let mean = |column: usize| rows.iter().map(|row| self.numbers[*row][column]).sum::<f64>() / rows.len() as f64;
            Prototype {
                numbers: (0..self.numbers[0].len()).map(mean).collect(),
                kinds: (0..self.kinds[0].len()).map(|column| commonest(rows.iter().map(|row| self.kinds[*row][column]))).collect(),
                size: rows.len(),
            }
        };
        members.iter().enumerate().map(of).collect()
    }
}

fn commonest(kinds: impl Iterator<Item = u32>) -> u32 {
    let mut kinds: Vec<u32> = kinds.collect();
    kinds.sort_unstable();
    let mut best = (0, 0);
    for run in kinds.chunk_by(|a, b| a == b) {
        if run.len() > best.1 {
            best = (run[0], run.len());
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_part_what_numbers_do_not() {
        let numbers = Points::from_rows(&[1.0, 1.1, 1.2, 1.0, 1.1, 1.2], 1).unwrap();
        let kinds = [vec![7, 7, 7, 3, 3, 3], vec![1, 1, 2, 5, 5, 5]];
        let found = fit(&numbers, &kinds, &Params { gamma: Some(1.0), ..Params::new(2, 1) }).unwrap();
        assert_eq!(found.labels[..3], [found.labels[0]; 3]);
        assert_eq!(found.labels[3..], [1 - found.labels[0]; 3]);
        let first = &found.groups[found.labels[0] as usize];
        assert_eq!((first.kinds.as_slice(), first.size), ([7, 1].as_slice(), 3));
        // 2 x (0.1^2 + 0.1^2) for the numbers and one kind that differs.
        assert!((found.cost - 1.04).abs() < 1e-12, "{}", found.cost);
    }

    #[test]
    fn without_kinds_it_is_k_means() {
        let mut chance = Chance::seeded(4);
        let values: Vec<f64> = (0..200).map(|row| f64::from(row % 4) * 3.0 + chance.share()).collect();
        let points = Points::from_rows(&values, 2).unwrap();
        let none: [Vec<u32>; 0] = [];
        let found = fit(&points, &none, &Params::new(2, 1)).unwrap();
        let means = crate::k_means::fit(&points, &crate::k_means::Params::new(2, 1)).unwrap();
        assert!((found.cost - means.inertia).abs() < 1e-9);
    }

    #[test]
    fn gamma_is_huangs_and_equal_rows_are_one_group() {
        let numbers = Points::from_rows(&[0.0, 2.0, 0.0, 2.0], 1).unwrap();
        let found = fit(&numbers, &[vec![1_u32; 4]], &Params::new(4, 9)).unwrap();
        assert_eq!((found.gamma, found.groups.len(), found.cost), (0.5, 2, 0.0));
    }
}
