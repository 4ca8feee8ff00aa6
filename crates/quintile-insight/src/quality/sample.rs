//! How many customers an experiment needs to see a lift.

/// The points of the normal distribution for a two-sided test at 5 % and a power of 80 %.
const TEST: f64 = 1.959_963_984_540_054;
const POWER: f64 = 0.841_621_233_572_914_2;

/// Customers of each of two equal arms who are needed to see that a share rises by a part of itself, 0.1 for 10 %: two-sided
/// at 5 %, with a power of 80 %, by the normal approximation with a variance for each arm (Fleiss 1981, 3.14 without its
/// correction). `None` where the share is 0 or 1, or would rise beyond 1.
pub fn per_arm(share: f64, lift: f64) -> Option<f64> {
    let with = share * (1.0 + lift);
    if !(share > 0.0 && with < 1.0 && lift != 0.0) {
        return None;
    }
    let spread = share * (1.0 - share) + with * (1.0 - with);
    Some((TEST + POWER).powi(2) * spread / (with - share).powi(2))
}

/// The least lift that two arms of so many customers each can see; `None` where no lift within the share would do.
pub fn least_lift(share: f64, each_arm: f64) -> Option<f64> {
    let most = (1.0 - share) / share;
    if !(share > 0.0 && share < 1.0 && each_arm > 0.0) || per_arm(share, most * 0.999).is_none_or(|needed| needed > each_arm) {
        return None;
    }
    let (mut low, mut high) = (0.0_f64, most * 0.999);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        match per_arm(share, middle) {
            Some(needed) if needed <= each_arm => high = middle,
            _ => low = middle,
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_golden_sizes() {
        // `golden/lift_hillstrom.json`, n_per_arm_unpooled at a power of 80 %.
        for (share, lift, needed) in [(0.00573, 0.2, 74_859.505_489_6), (0.05, 0.1, 31_230.692_463)] {
            let found = per_arm(share, lift).unwrap();
            assert!((found / needed - 1.0).abs() < 1e-9, "{found} and not {needed}");
            assert!((least_lift(share, needed).unwrap() - lift).abs() < 1e-6);
        }
        assert_eq!((per_arm(0.0, 0.1), per_arm(0.95, 0.1), least_lift(0.5, 2.0)), (None, None, None));
    }
}
