//! Are groups apart? Three figures that say so in three ways.

use crate::Points;
use crate::points::{LANES, on_widest, squared_distance, squared_distances};
use rayon::prelude::*;

/// How much nearer rows are to their own group than to the next one: the mean over rows of (b - a) / max(a, b), where a is
/// the mean distance to the other rows of the group and b that to the rows of the nearest other group (Rousseeuw 1987).
/// Between -1 and 1; a row that is alone in its group counts as 0; `None` with fewer than two groups.
///
/// Each pair of rows is looked at once and nothing is kept of it, so that memory grows with rows times groups. For many
/// rows give a sample: of 5,000 the mean is within about 0.003.
pub fn silhouette(points: &Points, labels: &[u32]) -> Option<f64> {
    let sorted = ByGroup::of(points, labels);
    let groups = sorted.sizes.len();
    if groups < 2 {
        return None;
    }
    // Tiles are dealt out to a fixed number of stripes, whatever the threads, and stripes are summed in their order.
    const STRIPES: usize = 8;
    let stripes: Vec<Vec<f64>> = (0..STRIPES)
        .into_par_iter()
        .map(|stripe| {
            on_widest(
                #[inline(always)]
                || sorted.sums(stripe, STRIPES),
            )
        })
        .collect();
    let padded = sorted.group_of_tile.len() * LANES;
    let sum = |group: usize, row: usize| stripes.iter().map(|sums| sums[group * padded + row]).sum::<f64>();
    let mut total = 0.0;
    for (tile, own) in sorted.group_of_tile.iter().enumerate() {
        for row in (tile * LANES..(tile + 1) * LANES).filter(|row| sorted.there[*row] > 0.0) {
            let others = sorted.sizes[*own] - 1;
            if others == 0 {
                continue;
            }
            let inside = sum(*own, row) / others as f64;
            let beside = (0..groups).filter(|group| group != own).map(|group| sum(group, row) / sorted.sizes[group] as f64);
            let nearest = beside.fold(f64::INFINITY, f64::min);
            let larger = inside.max(nearest);
            total += if larger > 0.0 { (nearest - inside) / larger } else { 0.0 };
        }
    }
    Some(total / points.rows() as f64)
}

/// Rows by group, each group filled up to whole tiles.
struct ByGroup {
    points: Points,
    sizes: Vec<usize>,
    group_of_tile: Vec<usize>,
    /// 1 for a row, 0 for what fills up a tile.
    there: Vec<f64>,
}

impl ByGroup {
    fn of(points: &Points, labels: &[u32]) -> ByGroup {
        let most = labels.iter().max().map_or(0, |most| *most as usize + 1);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); most];
        labels.iter().enumerate().for_each(|(row, label)| members[*label as usize].push(row));
        members.retain(|rows| !rows.is_empty());
        let (mut order, mut there, mut group_of_tile) = (Vec::new(), Vec::new(), Vec::new());
        for (group, rows) in members.iter().enumerate() {
            let padded = rows.len().next_multiple_of(LANES);
            order.extend(rows);
            order.extend(std::iter::repeat_n(rows[0], padded - rows.len()));
            there.extend(std::iter::repeat_n(1.0, rows.len()));
            there.extend(std::iter::repeat_n(0.0, padded - rows.len()));
            group_of_tile.extend(std::iter::repeat_n(group, padded / LANES));
        }
        ByGroup { points: points.gather(&order), sizes: members.iter().map(Vec::len).collect(), group_of_tile, there }
    }

    /// For each group and row the sum of distances from the row to those of the group, over the pairs of one stripe.
    #[inline(always)]
    fn sums(&self, stripe: usize, stripes: usize) -> Vec<f64> {
        let tiles: Vec<&[f64]> = self.points.tiles().collect();
        let padded = tiles.len() * LANES;
        let mut sums = vec![0.0; self.sizes.len() * padded];
        for first in (stripe..tiles.len()).step_by(stripes) {
            let rows: [Vec<f64>; LANES] = std::array::from_fn(|lane| self.points.row(first * LANES + lane));
            let own = self.group_of_tile[first];
            let there = &self.there[first * LANES..][..LANES];
            let mut to_group = [[0.0; LANES]; LANES];
            for second in first..tiles.len() {
                let other = self.group_of_tile[second];
                let also: [f64; LANES] = std::array::from_fn(|lane| self.there[second * LANES + lane]);
                let mut from_first = [0.0; LANES];
                for (lane, row) in rows.iter().enumerate() {
                    let apart = squared_distances(tiles[second], row).map(f64::sqrt);
                    for other in 0..LANES {
                        to_group[lane][other] += apart[other] * also[other];
                        from_first[other] += apart[other] * there[lane];
                    }
                }
                // Within one tile each pair was seen from both sides already.
                if second > first {
                    sums[own * padded + second * LANES..][..LANES].iter_mut().zip(from_first).for_each(|(sum, found)| *sum += found);
                }
                if self.group_of_tile.get(second + 1) != Some(&other) {
                    for (lane, found) in to_group.iter().enumerate() {
                        sums[other * padded + first * LANES + lane] += found.iter().sum::<f64>();
                    }
                    to_group = [[0.0; LANES]; LANES];
                }
            }
        }
        sums
    }
}

/// Spread between groups over spread within them, each per degree of freedom (Calinski and Harabasz 1974). Larger is
/// better; `None` with fewer than two groups, without more rows than groups, or where nothing is spread within groups.
pub fn calinski_harabasz(points: &Points, labels: &[u32]) -> Option<f64> {
    let groups = Groups::of(points, labels);
    let (k, rows) = (groups.sizes.len(), points.rows());
    if k < 2 || rows <= k {
        return None;
    }
    let middle = points.means();
    let between: f64 =
        groups.centres.iter().zip(&groups.sizes).map(|(centre, size)| *size as f64 * squared_distance(centre, &middle)).sum();
    let within: f64 = groups.squares.iter().sum();
    (within > 0.0).then(|| between / (k - 1) as f64 / (within / (rows - k) as f64))
}

/// The mean over groups of the worst ratio of two groups' widths to the distance of their means (Davies and Bouldin 1979).
/// Smaller is better; `None` with fewer than two groups or where two groups have the same mean.
pub fn davies_bouldin(points: &Points, labels: &[u32]) -> Option<f64> {
    let groups = Groups::of(points, labels);
    let k = groups.sizes.len();
    if k < 2 {
        return None;
    }
    let mut total = 0.0;
    for one in 0..k {
        let mut worst = 0.0_f64;
        for other in (0..k).filter(|other| *other != one) {
            let apart = squared_distance(&groups.centres[one], &groups.centres[other]).sqrt();
            if apart <= 0.0 {
                return None;
            }
            worst = worst.max((groups.widths[one] + groups.widths[other]) / apart);
        }
        total += worst;
    }
    Some(total / k as f64)
}

/// Means of groups, and what lies around them.
struct Groups {
    sizes: Vec<usize>,
    centres: Vec<Vec<f64>>,
    /// Sum of squared distances to the mean.
    squares: Vec<f64>,
    /// Mean distance to the mean.
    widths: Vec<f64>,
}

impl Groups {
    fn of(points: &Points, labels: &[u32]) -> Groups {
        let most = labels.iter().max().map_or(0, |most| *most as usize + 1);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); most];
        labels.iter().enumerate().for_each(|(row, label)| members[*label as usize].push(row));
        members.retain(|rows| !rows.is_empty());
        let mut groups = Groups { sizes: Vec::new(), centres: Vec::new(), squares: Vec::new(), widths: Vec::new() };
        for rows in members {
            let centre = points.gather(&rows).means();
            let apart: Vec<f64> = rows.iter().map(|row| squared_distance(&points.row(*row), &centre)).collect();
            groups.sizes.push(rows.len());
            groups.squares.push(apart.iter().sum());
            groups.widths.push(apart.iter().map(|apart| apart.sqrt()).sum::<f64>() / rows.len() as f64);
            groups.centres.push(centre);
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    /// The definition, pair by pair.
    fn plain(points: &Points, labels: &[u32]) -> f64 {
        let rows = points.rows();
        let most = *labels.iter().max().unwrap();
        let mut total = 0.0;
        for row in 0..rows {
            let mean = |group: u32| {
                let of = (0..rows).filter(|other| labels[*other] == group && *other != row);
                let apart: Vec<f64> = of.map(|other| squared_distance(&points.row(row), &points.row(other)).sqrt()).collect();
                (apart.len(), apart.iter().sum::<f64>() / apart.len() as f64)
            };
            let (others, inside) = mean(labels[row]);
            let beside = (0..=most).filter(|group| *group != labels[row]).map(mean).filter(|(count, _)| *count > 0);
            let nearest = beside.map(|(_, mean)| mean).fold(f64::INFINITY, f64::min);
            total += if others == 0 { 0.0 } else { (nearest - inside) / nearest.max(inside) };
        }
        total / rows as f64
    }

    #[test]
    fn the_silhouette_is_its_definition() {
        let mut chance = Chance::seeded(5);
        for (rows, columns, groups) in [(2, 1, 2), (9, 2, 3), (50, 3, 4), (203, 8, 7), (100, 1, 40)] {
            let values: Vec<f64> = (0..rows * columns).map(|_| chance.normal()).collect();
            let points = Points::from_rows(&values, columns).unwrap();
            let mut labels: Vec<u32> = (0..rows).map(|_| chance.below(groups) as u32).collect();
            (labels[0], labels[1]) = (0, groups as u32 - 1);
            let found = silhouette(&points, &labels).unwrap();
            assert!((found - plain(&points, &labels)).abs() < 1e-12, "{rows} {groups}");
        }
    }

    #[test]
    fn one_group_is_apart_from_nothing() {
        let points = Points::from_rows(&[1.0, 2.0, 3.0], 1).unwrap();
        assert_eq!(
            (silhouette(&points, &[0; 3]), calinski_harabasz(&points, &[0; 3]), davies_bouldin(&points, &[0; 3])),
            (None, None, None)
        );
        let same = Points::from_rows(&[1.0; 4], 1).unwrap();
        assert_eq!(silhouette(&same, &[0, 0, 1, 1]), Some(0.0));
        assert_eq!((calinski_harabasz(&same, &[0, 0, 1, 1]), davies_bouldin(&same, &[0, 0, 1, 1])), (None, None));
    }
}
