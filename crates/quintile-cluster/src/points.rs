//! The table of numbers that is grouped: rows are points.
//!
//! Eight rows lie together, column by column, so that the same step is done for eight rows at once. What is past the last
//! row is zero and counts nowhere.

use crate::Error;

/// Rows that lie together.
pub(crate) const LANES: usize = 8;

/// Tiles of one piece of work: 4,096 rows. Sums are taken within a piece, then over pieces in their order, whoever does them.
pub(crate) const TILES_OF_PIECE: usize = 512;

/// Larger numbers have squares whose sums overflow.
const LIMIT: f64 = 1e100;

/// A table of finite numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    rows: usize,
    columns: usize,
    /// Tile by tile, in each column by column, of each the eight rows.
    values: Vec<f64>,
}

impl Points {
    /// From columns of equal length.
    pub fn from_columns<C: AsRef<[f64]>>(columns: &[C]) -> Result<Points, Error> {
        let rows = columns.first().map_or(0, |column| column.as_ref().len());
        for (column, values) in columns.iter().enumerate() {
            if values.as_ref().len() != rows {
                return Err(Error::Ragged { column, found: values.as_ref().len(), expected: rows });
            }
        }
        Self::of(rows, columns.len(), |row, column| columns[column].as_ref()[row])
    }

    /// From numbers row by row.
    pub fn from_rows(values: &[f64], columns: usize) -> Result<Points, Error> {
        if columns == 0 {
            return Err(Error::NoColumns("none were given".to_owned()));
        }
        if !values.len().is_multiple_of(columns) {
            let column = values.len() % columns;
            return Err(Error::Ragged { column, found: values.len() / columns, expected: values.len() / columns + 1 });
        }
        Self::of(values.len() / columns, columns, |row, column| values[row * columns + column])
    }

    fn of(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Result<Points, Error> {
        if rows == 0 {
            return Err(Error::NoRows);
        }
        if columns == 0 {
            return Err(Error::NoColumns("none were given".to_owned()));
        }
        let mut values = vec![0.0; rows.div_ceil(LANES) * columns * LANES];
        for row in 0..rows {
            for column in 0..columns {
                let found = value(row, column);
                if found.is_nan() || found.abs() > LIMIT {
                    return Err(Error::Value { row, column, value: found, limit: LIMIT });
                }
                values[place(columns, row, column)] = found;
            }
        }
        Ok(Points { rows, columns, values })
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One value; both count from 0.
    pub fn value(&self, row: usize, column: usize) -> f64 {
        self.values[place(self.columns, row, column)]
    }

    /// One row.
    pub fn row(&self, row: usize) -> Vec<f64> {
        (0..self.columns).map(|column| self.value(row, column)).collect()
    }

    /// These rows, in this order; a row may come more than once.
    pub fn gather(&self, rows: &[usize]) -> Points {
        let mut values = vec![0.0; rows.len().div_ceil(LANES) * self.columns * LANES];
        for (to, from) in rows.iter().enumerate() {
            for column in 0..self.columns {
                values[place(self.columns, to, column)] = self.value(*from, column);
            }
        }
        Points { rows: rows.len(), columns: self.columns, values }
    }

    /// The mean of each column.
    pub fn means(&self) -> Vec<f64> {
        (0..self.columns).map(|column| (0..self.rows).map(|row| self.value(row, column)).sum::<f64>() / self.rows as f64).collect()
    }

    /// The mean squared distance of each column from its mean.
    pub fn variances(&self) -> Vec<f64> {
        let means = self.means();
        let of = |column: usize| (0..self.rows).map(|row| (self.value(row, column) - means[column]).powi(2)).sum::<f64>();
        (0..self.columns).map(|column| of(column) / self.rows as f64).collect()
    }

    /// The tiles, eight rows each.
    pub(crate) fn tiles(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.columns * LANES)
    }

    /// The pieces of work, by their numbers, and the numbers within a piece.
    pub(crate) fn pieces(&self) -> std::slice::Chunks<'_, f64> {
        self.values.chunks(self.columns * LANES * TILES_OF_PIECE)
    }

    /// Numbers of one tile.
    pub(crate) fn tile_length(&self) -> usize {
        self.columns * LANES
    }
}

fn place(columns: usize, row: usize, column: usize) -> usize {
    (row / LANES * columns + column) * LANES + row % LANES
}

/// Runs a loop over numbers as it was compiled for the widest registers of this machine. Nothing is fused or reordered, so
/// the result is that of any other machine.
#[inline(always)]
pub(crate) fn on_widest<T>(work: impl FnOnce() -> T) -> T {
    static WIDEST: std::sync::LazyLock<pulp::Arch> = std::sync::LazyLock::new(pulp::Arch::new);
    WIDEST.dispatch(work)
}

/// The squared distances of the eight rows of a tile from one point.
#[inline(always)]
pub(crate) fn squared_distances(tile: &[f64], point: &[f64]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for (lanes, of_point) in tile.as_chunks::<LANES>().0.iter().zip(point) {
        for lane in 0..LANES {
            let apart = lanes[lane] - of_point;
            sums[lane] += apart * apart;
        }
    }
    sums
}

/// The squared distance of two points.
pub(crate) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_are_two_ways_to_the_same_table() {
        let by_rows: Vec<f64> = (0..33).map(f64::from).collect();
        let points = Points::from_rows(&by_rows, 3).unwrap();
        let columns: Vec<Vec<f64>> = (0..3).map(|c| (0..11).map(|r| f64::from(r * 3 + c)).collect()).collect();
        assert_eq!(points, Points::from_columns(&columns).unwrap());
        assert_eq!(points.row(9), [27.0, 28.0, 29.0]);
        assert_eq!(points.gather(&[9, 0, 9]).row(2), [27.0, 28.0, 29.0]);
        assert_eq!(points.means(), [15.0, 16.0, 17.0]);
        assert_eq!(points.variances(), [90.0, 90.0, 90.0]);
    }

    #[test]
    fn what_is_no_number_is_said_with_its_place() {
        let none: [Vec<f64>; 0] = [];
        assert_eq!(Points::from_columns(&none), Err(Error::NoRows));
        assert_eq!(Points::from_columns(&[vec![0.0], vec![]]), Err(Error::Ragged { column: 1, found: 0, expected: 1 }));
        let error = Points::from_columns(&[vec![1.0, f64::NAN]]).unwrap_err().to_string();
        assert!(error.starts_with("row 1, column 0: NaN is no number to group by"), "{error}");
        assert!(Points::from_rows(&[1e101], 1).is_err());
        assert!(Points::from_rows(&[1.0, 2.0, 3.0], 2).is_err());
    }
}
