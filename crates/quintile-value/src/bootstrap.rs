//! How far an answer depends on who happened to be customers.
//!
//! The Bayesian bootstrap (Rubin 1981): every customer gets a random weight of mean one, the model is fitted again, and the spread of the
//! answers is the interval. Customers with one history are one row, whose weight is then a gamma variable with as many degrees of freedom
//! as it has customers; so a resampled million costs as little as the three hundred thousand rows it is.

use crate::fit::Limit;
use crate::history::Histories;
use crate::purchasing::Purchasing;
use rayon::prelude::*;

/// Fits the model again on so many resampled populations. The same seed gives the same models, on any number of threads.
pub fn refits(model: &Purchasing, limit: Option<&Limit>, histories: &Histories, draws: usize, seed: u64) -> Vec<Purchasing> {
    (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut random = Random::of(seed, draw as u64);
            let weights = histories.weights().iter().map(|customers| random.gamma(*customers)).collect();
            model.fit_again(limit, &histories.with_weights(weights))
        })
        .collect()
}

/// Parameters drawn around their values by the covariance of their logarithms: what resampling gives, for a store too large to fit again and
/// again. None where the covariance is not known; a parameter without an error stays as it is.
pub fn around(values: &[f64], covariance_of_logarithms: &[Vec<f64>], draws: usize, seed: u64) -> Vec<Vec<f64>> {
    let size = values.len();
    if covariance_of_logarithms.len() != size || covariance_of_logarithms.iter().any(|row| row.len() != size) {
        return Vec::new();
    }
    let mut lower = vec![vec![0.0; size]; size];
    for row in 0..size {
        for column in 0..=row {
            let known: f64 = lower[row][..column].iter().zip(&lower[column]).map(|(one, other): (&f64, &f64)| one * other).sum();
            let rest = covariance_of_logarithms[row][column] - known;
            lower[row][column] = match (row == column, lower[column][column]) {
                (true, _) => rest.max(0.0).sqrt(),
                (false, 0.0) => 0.0,
                (false, pivot) => rest / pivot,
            };
        }
    }
    let mut random = Random::of(seed, 2);
    (0..draws)
        .map(|_| {
            let normal: Vec<f64> = (0..size).map(|_| random.normal()).collect();
            let off = |row: usize| lower[row].iter().zip(&normal).map(|(one, other)| one * other).sum::<f64>();
            values.iter().enumerate().map(|(row, value)| value * off(row).exp()).collect()
        })
        .collect()
}

/// The bounds that leave half of `1 - level` of the answers outside on either side; `None` of no answers.
pub fn interval(answers: &[f64], level: f64) -> Option<(f64, f64)> {
    let mut sorted: Vec<f64> = answers.iter().copied().filter(|answer| answer.is_finite()).collect();
    if sorted.is_empty() {
        return None;
    }
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (share * (sorted.len() - 1) as f64).clamp(0.0, (sorted.len() - 1) as f64);
        let (below, part) = (place.floor() as usize, place.fract());
        let above = (below + 1).min(sorted.len() - 1);
        sorted[below] + part * (sorted[above] - sorted[below])
    };
    let outside = 0.5 * (1.0 - level.clamp(0.0, 1.0));
    Some((at(outside), at(1.0 - outside)))
}

/// Random numbers from a seed: SplitMix64 (Steele, Lea & Flood 2014), the same on every machine.
pub struct Random(u64);

impl Random {
    /// The numbers of a seed and a stream.
    pub fn of(seed: u64, stream: u64) -> Self {
        let mut random = Random(seed ^ stream.wrapping_mul(0xA076_1D64_78BD_642F));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Between 0 and 1, neither included.
    pub fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal, by Marsaglia's polar method.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 {
                return x * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Gamma with the given shape and scale 1: Marsaglia & Tsang (2000). 0 where the shape is not positive.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape == 1.0 {
            return self.exponential();
        }
        if shape.is_nan() || shape <= 0.0 {
            return 0.0;
        }
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Beta with the given shapes.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        if x + y > 0.0 { x / (x + y) } else { 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_gamma_weights() {
        let mut random = Random::of(7, 0);
        for shape in [0.3, 1.0, 2.5, 400.0] {
            let draws: Vec<f64> = (0..20_000).map(|_| random.gamma(shape)).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 20_000.0;
            assert!((mean / shape - 1.0).abs() < 0.05 && (variance / shape - 1.0).abs() < 0.12, "{shape}: {mean} {variance}");
        }
    }

    #[test]
    fn draws_have_the_covariance_they_were_drawn_by() {
        let covariance = vec![vec![0.04, 0.018, 0.0], vec![0.018, 0.09, 0.0], vec![0.0; 3]];
        let draws = around(&[2.0, 5.0, 7.0], &covariance, 40_000, 3);
        let logarithms = |place: usize, value: f64| draws.iter().map(move |draw| (draw[place] / value).ln());
        let product: f64 = logarithms(0, 2.0).zip(logarithms(1, 5.0)).map(|(one, other)| one * other).sum::<f64>() / 40_000.0;
        let square: f64 = logarithms(1, 5.0).map(|one| one * one).sum::<f64>() / 40_000.0;
        assert!((product - 0.018).abs() < 0.001 && (square - 0.09).abs() < 0.003, "{product} {square}");
        assert!(draws.iter().all(|draw| draw[2] == 7.0));
        assert!(around(&[1.0], &[], 5, 1).is_empty());
    }

    #[test]
    fn an_interval_of_known_numbers() {
        let answers: Vec<f64> = (0..=100).map(f64::from).collect();
        let (low, high) = interval(&answers, 0.9).unwrap();
        assert!((low - 5.0).abs() < 1e-12 && (high - 95.0).abs() < 1e-12);
        assert_eq!(interval(&[], 0.9), None);
    }
}
