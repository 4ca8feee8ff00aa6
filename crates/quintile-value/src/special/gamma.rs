//! The logarithm of the gamma function and its first two derivatives, for positive arguments.

/// `ln Γ(x)`.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// `ln Γ(p + x) - ln Γ(p)`: a product where `x` is a small whole number, so that nothing cancels.
pub(crate) fn ln_rising(p: f64, x: f64) -> f64 {
    if (0.0..=4096.0).contains(&x) && x.fract() == 0.0 {
        (0..x as u32).map(|i| (p + f64::from(i)).ln()).sum()
    } else {
        ln_gamma(p + x) - ln_gamma(p)
    }
}

/// The argument above which the asymptotic series below is exact to a double.
const LARGE: f64 = 12.0;

/// `ψ(x)`: recurrence up to a large argument, then Abramowitz and Stegun 6.3.18.
pub(crate) fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < LARGE {
        below += 1.0 / x;
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series = y
        * (1.0 / 12.0 - y * (1.0 / 120.0 - y * (1.0 / 252.0 - y * (1.0 / 240.0 - y * (1.0 / 132.0 - y * (691.0 / 32_760.0 - y / 12.0))))));
    x.ln() - 0.5 / x - series - below
}

/// `ψ'(x)`: recurrence, then Abramowitz and Stegun 6.4.12.
pub(crate) fn trigamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < LARGE {
        below += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series =
        y * (1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y * (1.0 / 30.0 - y * (5.0 / 66.0 - y * (691.0 / 2730.0 - y * 7.0 / 6.0))))));
    below + 1.0 / x + 0.5 * y + series / x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-13 * expected.abs().max(1.0), "{found} is not {expected}");
    }

    #[test]
    fn values_of_the_handbook() {
        let euler = 0.577_215_664_901_532_9;
        check(digamma(1.0), -euler);
        check(digamma(0.5), -euler - 2.0 * 2.0_f64.ln());
        check(digamma(2.0), 1.0 - euler);
        check(trigamma(1.0), std::f64::consts::PI.powi(2) / 6.0);
        check(trigamma(0.5), std::f64::consts::PI.powi(2) / 2.0);
        check(ln_gamma(0.5), 0.5 * std::f64::consts::PI.ln());
    }

    #[test]
    fn derivatives_of_one_another() {
        for x in [0.03, 0.7, 3.3, 11.9, 12.1, 400.0] {
            let step = 1e-5 * x;
            let slope = (ln_gamma(x + step) - ln_gamma(x - step)) / (2.0 * step);
            assert!((digamma(x) - slope).abs() < 1e-6 * (1.0 + slope.abs()), "at {x}: {} {slope}", digamma(x));
            let slope = (digamma(x + step) - digamma(x - step)) / (2.0 * step);
            assert!((trigamma(x) - slope).abs() < 1e-6 * (1.0 + slope.abs()), "at {x}: {} {slope}", trigamma(x));
        }
    }
}
