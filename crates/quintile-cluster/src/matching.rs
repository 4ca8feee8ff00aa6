//! Which group of an earlier fit each new one is, so that numbers and names last.
//!
//! The pairs with the least sum of distances between their means (the Hungarian method: Kuhn 1955, in the form of Jonker and
//! Volgenant 1987). A pair farther apart than half of the distance between the earlier group and its nearest neighbour is
//! not one group that moved but two groups.

use crate::points::squared_distance;

/// For each new mean the place of the earlier one it continues, if any. No earlier one continues twice.
pub fn matching(earlier: &[Vec<f64>], new: &[Vec<f64>]) -> Vec<Option<usize>> {
    let pairs = least_pairs(new.len(), earlier.len(), |one, other| squared_distance(&new[one], &earlier[other]).sqrt());
    let near = |(one, other): (usize, Option<usize>)| {
        other.filter(|other| squared_distance(&new[one], &earlier[*other]).sqrt() <= reach(earlier, *other))
    };
    pairs.into_iter().enumerate().map(near).collect()
}

/// Two groups have at least this much in common, of all customers who are in either, to be one that goes on.
const IN_COMMON: f64 = 0.5;

/// For each new group the earlier one it continues, by the customers both have: the pairs with the most in common (Jaccard index), as far
/// as that is half of those who are in either. `labels` has the new and the earlier group of each customer.
pub fn matching_by_members(labels: &[(usize, usize)], new: usize, earlier: usize) -> Vec<Option<usize>> {
    let mut both = vec![0.0; new * earlier];
    let (mut of_new, mut of_earlier) = (vec![0.0; new], vec![0.0; earlier]);
    for (one, other) in labels.iter().filter(|(one, other)| *one < new && *other < earlier) {
        both[one * earlier + other] += 1.0;
        of_new[*one] += 1.0;
        of_earlier[*other] += 1.0;
    }
    let in_common = |one: usize, other: usize| {
        let both = both[one * earlier + other];
        if both > 0.0 { both / (of_new[one] + of_earlier[other] - both) } else { 0.0 }
    };
    let pairs = least_pairs(new, earlier, |one, other| 1.0 - in_common(one, other));
    let alike = |(one, other): (usize, Option<usize>)| other.filter(|other| in_common(one, *other) >= IN_COMMON);
    pairs.into_iter().enumerate().map(alike).collect()
}

/// Half of the way to the nearest neighbour; a group that was alone can be anywhere.
fn reach(groups: &[Vec<f64>], of: usize) -> f64 {
    let others = groups.iter().enumerate().filter(|(place, _)| *place != of);
    others.map(|(_, other)| squared_distance(&groups[of], other).sqrt() / 2.0).fold(f64::INFINITY, f64::min)
}

/// For each row the column it is paired with, such that the sum of costs is least and as many as can be are paired.
fn least_pairs(rows: usize, columns: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<Option<usize>> {
    // Filled up to a square: who is paired with what was added has no pair.
    let size = rows.max(columns);
    let cost = |row: usize, column: usize| if row < rows && column < columns { cost(row, column) } else { 0.0 };
    // Place `size` is a column that is not there, where each search begins.
    let mut of_column = vec![usize::MAX; size + 1];
    let (mut by_row, mut by_column) = (vec![0.0; size], vec![0.0; size + 1]);
    for row in 0..size {
        of_column[size] = row;
        let mut column = size;
        let mut least = vec![f64::INFINITY; size];
        let mut from = vec![size; size];
        let mut done = vec![false; size + 1];
        while of_column[column] != usize::MAX {
            done[column] = true;
            let row = of_column[column];
            let (mut step, mut next) = (f64::INFINITY, size);
            for other in (0..size).filter(|other| !done[*other]) {
                let reduced = cost(row, other) - by_row[row] - by_column[other];
                if reduced < least[other] {
                    (least[other], from[other]) = (reduced, column);
                }
                if least[other] < step {
                    (step, next) = (least[other], other);
                }
            }
            if next == size {
                break;
            }
            for other in 0..=size {
                if done[other] {
                    by_row[of_column[other]] += step;
                    by_column[other] -= step;
                } else if other < size {
                    least[other] -= step;
                }
            }
            column = next;
        }
        while column != size {
            of_column[column] = of_column[from[column]];
            column = from[column];
        }
    }
    let mut pairs = vec![None; rows];
    for (column, row) in of_column.iter().enumerate().take(columns) {
        if let Some(pair) = pairs.get_mut(*row) {
            *pair = Some(column);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    fn all_orders(count: usize) -> Vec<Vec<usize>> {
        if count == 0 {
            return vec![vec![]];
        }
        let with_last = |order: Vec<usize>| {
            (0..count).map(move |at| {
                let mut order = order.clone();
                order.insert(at, count - 1);
                order
            })
        };
        all_orders(count - 1).into_iter().flat_map(with_last).collect()
    }

    #[test]
    fn pairs_are_the_best_of_all_orders() {
        let mut chance = Chance::seeded(1);
        for case in 0..200 {
            let (rows, columns) = (1 + case % 6, 1 + case / 6 % 6);
            let costs: Vec<Vec<f64>> = (0..rows).map(|_| (0..columns).map(|_| (chance.share() * 10.0).floor()).collect()).collect();
            let found = least_pairs(rows, columns, |row, column| costs[row][column]);
            assert_eq!(found.iter().flatten().count(), rows.min(columns));
            let sum: f64 = found.iter().enumerate().filter_map(|(row, column)| column.map(|column| costs[row][column])).sum();
            let of_order =
                |order: &Vec<usize>| (0..rows).filter(|row| order[*row] < columns).map(|row| costs[row][order[row]]).sum::<f64>();
            let best = all_orders(rows.max(columns)).iter().map(of_order).fold(f64::INFINITY, f64::min);
            assert_eq!(sum, best, "{costs:?}");
        }
    }

    #[test]
    fn a_group_goes_on_where_it_moved_a_little() {
        let earlier = [vec![0.0, 0.0], vec![10.0, 0.0], vec![0.0, 10.0]];
        // The second moved a little, the first not at all, the third is gone and a new one came far away.
        let new = [vec![11.0, 1.0], vec![40.0, 40.0], vec![0.0, 0.0]];
        assert_eq!(matching(&earlier, &new), [Some(1), None, Some(0)]);
        assert_eq!(matching(&[], &new), [None, None, None]);
        assert_eq!(matching(&earlier, &[]), []);
        assert_eq!(matching(&[vec![1.0]], &[vec![5.0]]), [Some(0)]);
    }
}
