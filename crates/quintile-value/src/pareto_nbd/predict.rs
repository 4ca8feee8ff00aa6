//! Predictions of the Pareto/NBD.

use super::Params;
use super::integral::Kernel;
use crate::history::Seen;

impl Params {
    fn kernel(&self, again: f64) -> Kernel {
        Kernel { k: self.r + again, alpha: self.alpha, s: self.s, beta: self.beta }
    }

    /// The log-likelihood of one customer, in the unit of the parameters.
    pub fn log_likelihood(&self, seen: &Seen) -> f64 {
        let kernel = self.kernel(seen.again);
        let (lower, upper) = (kernel.end(seen.last), kernel.end(seen.age));
        let whole = (-kernel.fall(&lower, &upper)).exp() + if self.s > 0.0 { kernel.over(&lower, &upper) } else { 0.0 };
        crate::special::ln_rising(self.r, seen.again) - seen.again * self.alpha.ln() + whole.ln() - kernel.k * lower.a - kernel.s * lower.b
    }

    /// The probability that the customer has not left for good: what was seen with the customer alive, over all of what was seen.
    pub fn p_alive(&self, seen: &Seen) -> f64 {
        if self.s == 0.0 {
            return 1.0;
        }
        let kernel = self.kernel(seen.again);
        let (lower, upper) = (kernel.end(seen.last), kernel.end(seen.age));
        let stayed = (-kernel.fall(&lower, &upper)).exp();
        stayed / (stayed + kernel.over(&lower, &upper))
    }

    /// Expected purchases in the next `time` of a customer who has not left: the mean rate, times the mean time until leaving.
    ///
    /// Fader & Hardie (2005), eq. 41, in a form that has no gap at `s = 1`.
    pub fn expected_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        let rate = (self.r + again) / (self.alpha + age);
        if self.s == 0.0 {
            return rate * time.max(0.0);
        }
        let grown = (time.max(0.0) / (self.beta + age)).ln_1p();
        let power = (self.s - 1.0) * grown;
        let ratio = if power.abs() < 1e-8 { 1.0 - 0.5 * power } else { -(-power).exp_m1() / power };
        rate * (self.beta + age) * grown * ratio
    }

    /// The probability of no purchase in the next `time` of a customer who has not left: silent and staying, or silent until leaving.
    pub fn silent_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        let time = time.max(0.0);
        if self.s == 0.0 {
            return (-(self.r + again) * (time / (self.alpha + age)).ln_1p()).exp();
        }
        let kernel = Kernel { alpha: self.alpha + age, beta: self.beta + age, ..self.kernel(again) };
        let (lower, upper) = (kernel.end(0.0), kernel.end(time));
        ((-kernel.fall(&lower, &upper)).exp() + kernel.over(&lower, &upper)).min(1.0)
    }

    /// Discounted expected residual purchases: all that is still to come, each worth less by `rate` in a unit of time.
    ///
    /// Fader, Hardie & Lee (2005), "RFM and CLV", eq. 8: the confluent hypergeometric function there is the integral of `e^-δt` times the
    /// probability of staying, `((β+T)/(β+T+t))^s`, taken here in `ln t` by the trapezoidal rule. Infinite where nobody leaves and the rate
    /// is 0, and `None` for a rate that is not positive.
    pub fn discounted_for_ever(&self, seen: &Seen, rate: f64) -> Option<f64> {
        if rate.is_nan() || rate <= 0.0 {
            return None;
        }
        let scale = self.beta + seen.age;
        let step = 1.0 / 32.0;
        // t = e^(v - e^-v) falls off as a double exponential on both sides of the integrand.
        let staying: f64 = (-160..=1600)
            .map(|index| {
                let v = f64::from(index) * step;
                let left = (-v).exp();
                let time = (v - left).exp();
                (-rate * time - self.s * (time / scale).ln_1p()).exp() * time * (1.0 + left)
            })
            .sum();
        Some(self.p_alive(seen) * (self.r + seen.again) / (self.alpha + seen.age) * staying * step)
    }
}
