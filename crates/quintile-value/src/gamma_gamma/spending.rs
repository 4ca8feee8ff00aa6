//! What customers spent at a purchase, those with equally many purchases together.

/// Customers who bought again, by their number of purchases. Customers without a purchase, or with none of any value, are left out and
/// counted.
#[derive(Debug, Clone)]
pub struct Spending {
    /// By number of purchases: where its customers end in `totals`.
    pub(super) groups: Vec<(u32, std::ops::Range<usize>)>,
    /// What each spent altogether, over the mean purchase of all.
    pub(super) totals: Vec<f64>,
    /// The mean purchase of all, in money.
    pub(super) scale: f64,
    /// `Σ ln m` and `Σ x ln m`, with `m` over the mean purchase.
    pub(super) logarithms: (f64, f64),
    left_out: usize,
}

impl Spending {
    /// From the purchases of each customer (after the first, as [`crate::History`] counts them, unless all are meant) and their mean value.
    pub fn new(purchases: &[u32], means: &[f64]) -> Self {
        let counts = |purchases: u32, mean: f64| purchases > 0 && mean.is_finite() && mean > 0.0;
        let most = purchases.iter().copied().max().unwrap_or(0).min(1 << 24) as usize;
        let (mut customers, mut sum) = (0_usize, 0.0);
        let mut ends = vec![0_usize; most + 1];
        for (purchases, mean) in purchases.iter().zip(means) {
            if counts(*purchases, *mean) {
                customers += 1;
                sum += mean;
                ends[(*purchases as usize).min(most)] += 1;
            }
        }
        let scale = if customers > 0 { sum / customers as f64 } else { 1.0 };
        let mut groups = Vec::new();
        let mut start = 0;
        for (again, end) in ends.iter_mut().enumerate() {
            let count = *end;
            if count > 0 {
                groups.push((again as u32, start..start + count));
            }
            *end = start;
            start += count;
        }
        let mut totals = vec![0.0; customers];
        let mut logarithms = (0.0, 0.0);
        let inverse = 1.0 / scale;
        for (purchases, mean) in purchases.iter().zip(means) {
            if counts(*purchases, *mean) {
                let place = &mut ends[(*purchases as usize).min(most)];
                let (again, mean) = (f64::from(*purchases), mean * inverse);
                totals[*place] = again * mean;
                let ln = mean.ln();
                logarithms.0 += ln;
                logarithms.1 += again * ln;
                *place += 1;
            }
        }
        Spending { groups, totals, scale, logarithms, left_out: purchases.len().min(means.len()) - customers }
    }

    /// Customers fitted on.
    pub fn customers(&self) -> usize {
        self.totals.len()
    }

    /// Customers left out: without a purchase, or with purchases of no value.
    pub fn left_out(&self) -> usize {
        self.left_out
    }
}

/// Pearson's correlation of the number of purchases with their mean value, over customers with both; near 0 where the model may be used.
pub fn correlation(purchases: &[u32], means: &[f64]) -> Option<f64> {
    let mut n = 0.0;
    let (mut mean_x, mut mean_y, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in purchases.iter().zip(means) {
        if *x == 0 || !y.is_finite() || *y <= 0.0 {
            continue;
        }
        n += 1.0;
        let (dx, dy) = (f64::from(*x) - mean_x, y - mean_y);
        mean_x += dx / n;
        mean_y += dy / n;
        xx += dx * (f64::from(*x) - mean_x);
        yy += dy * (y - mean_y);
        xy += dx * (y - mean_y);
    }
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}
