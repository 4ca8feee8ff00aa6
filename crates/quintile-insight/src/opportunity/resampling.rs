//! Customers drawn again and again, to see how much a figure rests on who happened to be there.
//!
//! Customers are resampled by groups. A key is a hash, so the groups of its first byte are random ones of equal chance, and
//! resampling 256 of them resamples customers (the bootstrap of groups; Efron and Tibshirani 1993, 8.5). The same seed draws
//! the same customers, so that figures of different moves can be added up draw by draw.

/// Groups of customers that are resampled: by the first byte of their keys.
pub const GROUPS: usize = 1 << GROUP_BITS;
const GROUP_BITS: u32 = 8;

/// The group of a customer's key.
pub fn group(key: u64) -> usize {
    (key >> (u64::BITS - GROUP_BITS)) as usize
}

/// How often each group is taken, resampling after resampling.
pub struct Resampling {
    chance: SplitMix,
    weights: Vec<u32>,
}

impl Resampling {
    /// From a seed.
    pub fn new(seed: u64) -> Resampling {
        Resampling { chance: SplitMix(seed), weights: vec![0; GROUPS] }
    }

    /// The next one.
    pub fn draw(&mut self) -> &[u32] {
        self.weights.fill(0);
        (0..GROUPS).for_each(|_| self.weights[self.chance.below(GROUPS)] += 1);
        &self.weights
    }
}

/// The 95 % interval of figures that were drawn: from their 2.5th to their 97.5th percentile; `None` of none.
pub fn interval(mut drawn: Vec<f64>) -> Option<(f64, f64)> {
    drawn.sort_unstable_by(f64::total_cmp);
    let last = drawn.len().checked_sub(1)?;
    let at = |share: f64| drawn[(last as f64 * share).round() as usize];
    Some((at(0.025), at(0.975)))
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same on every machine.
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below a small bound. Of bounds that do not divide 2^64 the first values have a chance larger by less than 2^-40.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next_bits() % bound as u64) as usize
    }

    /// Above 0 and up to 1.
    pub fn unit(&mut self) -> f64 {
        ((self.next_bits() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Normal, of mean 0 and deviation 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resampling_takes_as_many_groups_as_there_are() {
        let (mut first, mut again) = (Resampling::new(7), Resampling::new(7));
        for _ in 0..20 {
            let drawn = first.draw().to_vec();
            assert_eq!((drawn.iter().sum::<u32>() as usize, drawn.as_slice()), (GROUPS, again.draw()));
        }
        // About a third of the groups is not drawn: 1/e of them.
        let missed = first.draw().iter().filter(|weight| **weight == 0).count();
        assert!((70..120).contains(&missed), "{missed}");
    }

    #[test]
    fn draws_have_their_moments() {
        let mut chance = SplitMix(3);
        let normal: Vec<f64> = (0..20_000).map(|_| chance.normal()).collect();
        let mean = normal.iter().sum::<f64>() / 20_000.0;
        let square = normal.iter().map(|value| value * value).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (square - 1.0).abs() < 0.05, "{mean} {square}");
        assert_eq!(interval((0..=1000).rev().map(f64::from).collect()), Some((25.0, 975.0)));
        assert_eq!(interval(Vec::new()), None);
    }
}
