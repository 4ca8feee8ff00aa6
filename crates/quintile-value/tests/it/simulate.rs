//! Customers simulated from a model, purchases merged by day as a shop's are.

use quintile_value::bootstrap::Random;
use quintile_value::{History, ModelName, Purchasing};

/// `many` customers who came in the first part of `days` days and are looked at on the last.
pub fn customers(model: &Purchasing, many: usize, days: u32, seed: u64) -> Vec<History> {
    let mut random = Random::of(seed, 0);
    (0..many)
        .map(|_| {
            let age = (f64::from(days) * (0.3 + 0.7 * random.uniform())).round() as u32;
            one(model, age, &mut random)
        })
        .collect()
}

/// One customer after `age` days; parameters are in days, and times are not rounded but to a fine tick.
pub fn one(model: &Purchasing, age: u32, random: &mut Random) -> History {
    let values: Vec<f64> = model.parameters().into_iter().map(|(_, value)| value).collect();
    let rate = random.gamma(values[0]) / values[1];
    let (mut chance, mut leaves, mut at_once) = (0.0, f64::INFINITY, false);
    match model.name() {
        ModelName::BgNbd => chance = random.beta(values[2], values[3]),
        ModelName::MbgNbd => {
            chance = random.beta(values[2], values[3]);
            at_once = random.uniform() < chance;
        }
        ModelName::ParetoNbd => leaves = random.exponential() / (random.gamma(values[2]) / values[3]),
        ModelName::Nbd => {}
    }
    let (mut time, mut again, mut last) = (0.0, 0, 0);
    while !at_once {
        time += random.exponential() / rate;
        if time > leaves || time > f64::from(age) {
            break;
        }
        again += 1;
        last = (time.round() as u32).clamp(1, age);
        at_once = random.uniform() < chance;
    }
    History { again, last, age }
}
