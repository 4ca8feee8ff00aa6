//! Random numbers from a seed: the same on every machine and in every release, since a stored seed must give its clusters again.
//!
//! It stands here and not in a crate below, so that grouping stays free of the words of commerce and of Arrow; of a crate
//! from outside the numbers could change with its version.

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From a seed; one seed, one sequence.
    pub fn seeded(seed: u64) -> Chance {
        Chance(seed)
    }

    /// A sequence of its own for the part `index` of a work, so that parts can be done in any order.
    pub fn of_part(seed: u64, index: u64) -> Chance {
        let mut mixed = Chance(seed ^ index.wrapping_mul(0xD134_2543_DE82_EF95));
        Chance(mixed.bits())
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0.0..1.0`.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `0..bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller 1958). For tests: a logarithm may differ between machines.
    #[cfg(test)]
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }

    /// `take` of the numbers `0..of`, ascending, each set as likely as any other; all of them where `take` is not less.
    ///
    /// Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
    pub fn sample(&mut self, of: usize, take: usize) -> Vec<usize> {
        if take >= of {
            return (0..of).collect();
        }
        let mut taken = Vec::with_capacity(take);
        for row in 0..of {
            if self.below(of - row) < take - taken.len() {
                taken.push(row);
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first numbers of the reference implementation for the seed 1234567.
        let mut chance = Chance::seeded(1_234_567);
        let first = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([chance.bits(), chance.bits(), chance.bits()], first);
    }

    #[test]
    fn a_sample_is_ascending_and_even() {
        let mut chance = Chance::seeded(1);
        let mut seen = [0_u32; 10];
        for _ in 0..10_000 {
            let sample = chance.sample(10, 3);
            assert!(sample.len() == 3 && sample.windows(2).all(|pair| pair[0] < pair[1]));
            sample.iter().for_each(|row| seen[*row] += 1);
        }
        assert!(seen.iter().all(|count| count.abs_diff(3000) < 200), "{seen:?}");
        assert_eq!(chance.sample(3, 9), [0, 1, 2]);
    }

    #[test]
    fn normal_numbers_have_their_moments() {
        let mut chance = Chance::seeded(2);
        let drawn: Vec<f64> = (0..50_000).map(|_| chance.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / 50_000.0;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 50_000.0;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }
}
