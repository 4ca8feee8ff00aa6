//! Parameters recovered from customers simulated with them, and intervals that hold the truth as often as they say.

use crate::simulate::customers;
use quintile_value::{Histories, Limit, ModelName, Purchasing, bootstrap};

/// A day of ours is two hundred ticks, so that rounding does not matter.
const FINE: u32 = 200;

fn truths() -> Vec<Purchasing> {
    let mut truths = Vec::new();
    for (r, mean_gap) in [(0.3, 30.0), (1.2, 12.0)] {
        for (leave, sum) in [(0.1, 4.0), (0.35, 1.5)] {
            let values = [r, r * mean_gap * f64::from(FINE), leave * sum, (1.0 - leave) * sum];
            truths.extend(Purchasing::with_parameters(ModelName::BgNbd, &values));
            truths.extend(Purchasing::with_parameters(ModelName::MbgNbd, &values));
        }
        for (s, stay) in [(0.6, 60.0), (1.5, 400.0)] {
            let values = [r, r * mean_gap * f64::from(FINE), s, s * stay * f64::from(FINE)];
            truths.extend(Purchasing::with_parameters(ModelName::ParetoNbd, &values));
        }
    }
    truths
}

/// Over a grid of truths: each parameter lies within four standard errors, and no fit is less likely than the truth.
#[test]
fn parameters_come_back() {
    for (seed, truth) in truths().into_iter().enumerate() {
        let histories = Histories::new(&customers(&truth, 12_000, 300 * FINE, seed as u64), 1.0).unwrap();
        let fitted = Purchasing::fit(truth.name(), &histories).unwrap();
        assert_eq!(fitted.limit, None, "{truth:?}: {:?}", fitted.model);
        let likelihood: f64 =
            histories.rows().iter().zip(histories.weights()).map(|(row, weight)| weight * truth.log_likelihood(&histories.seen(row))).sum();
        assert!(fitted.log_likelihood > likelihood, "{truth:?}");
        assert!(fitted.log_likelihood < likelihood + 15.0, "{truth:?}: {} {likelihood}", fitted.log_likelihood);
        for (place, ((name, value), (_, expected))) in fitted.model.parameters().into_iter().zip(truth.parameters()).enumerate() {
            let error = fitted.covariance_of_logarithms[place][place].sqrt();
            let off = (value / expected).ln() / error;
            assert!(off.abs() < 4.0, "{truth:?}: {name} is {value}, {off:.1} errors away (seed {seed})");
        }
    }
}

/// A store of so many different histories that the climb begins with a part of them ends where a climb from anywhere else does.
#[test]
fn where_a_climb_begins_does_not_matter() {
    let truth = Purchasing::with_parameters(ModelName::ParetoNbd, &[0.8, 20.0, 0.7, 50.0]).unwrap();
    let all = customers(&truth, 150_000, 700, 3);
    let histories = Histories::new(&all, 7.0).unwrap();
    assert!(histories.distinct() > 50_000, "{}", histories.distinct());
    let fitted = Purchasing::fit(ModelName::ParetoNbd, &histories).unwrap();
    // No small step along any parameter is uphill.
    let height = |model: &Purchasing| -> f64 {
        histories.rows().iter().zip(histories.weights()).map(|(row, weight)| weight * model.log_likelihood(&histories.seen(row))).sum()
    };
    let values: Vec<f64> = fitted.model.parameters().into_iter().map(|(_, value)| value).collect();
    let top = height(&fitted.model);
    assert!((top - fitted.log_likelihood).abs() < 1e-9 * top.abs(), "{top} {}", fitted.log_likelihood);
    for place in 0..values.len() {
        for step in [0.999, 1.001] {
            let mut moved = values.clone();
            moved[place] *= step;
            assert!(height(&Purchasing::with_parameters(ModelName::ParetoNbd, &moved).unwrap()) < top, "{place} {step}");
        }
    }
    let slope = |place: usize| {
        let at = |step: f64| {
            let mut moved = values.clone();
            moved[place] *= step;
            height(&Purchasing::with_parameters(ModelName::ParetoNbd, &moved).unwrap())
        };
        (at(1.0001) - at(0.9999)) / 0.0002
    };
    // A slope of one a thousand customers would be a hundredth of a standard error.
    assert!((0..values.len()).all(|place| slope(place).abs() < 1.0), "{:?}", (0..values.len()).map(slope).collect::<Vec<_>>());
}

/// Of sixty simulated stores, about fifty-four have the truth within the nominal 90%.
#[test]
fn intervals_hold_the_truth() {
    let truth = Purchasing::with_parameters(ModelName::MbgNbd, &[0.6, 15.0 * f64::from(FINE), 0.5, 1.5]).unwrap();
    let ahead = 90.0 * f64::from(FINE);
    let expected = truth.expected_of_new(ahead);
    let (mut by_error, mut by_bootstrap) = ([0; 4], 0);
    let stores = 60;
    for seed in 0..stores {
        let histories = Histories::new(&customers(&truth, 1_500, 300 * FINE, 1_000 + seed), 1.0).unwrap();
        let fitted = Purchasing::fit(ModelName::MbgNbd, &histories).unwrap();
        for (place, ((_, value), (_, expected))) in fitted.model.parameters().into_iter().zip(truth.parameters()).enumerate() {
            let error = fitted.covariance_of_logarithms[place][place].sqrt();
            by_error[place] += i32::from((value / expected).ln().abs() < 1.645 * error);
        }
        let answers: Vec<f64> = bootstrap::refits(&fitted.model, fitted.limit.as_ref(), &histories, 60, seed)
            .iter()
            .map(|model| model.expected_of_new(ahead))
            .collect();
        let (low, high) = bootstrap::interval(&answers, 0.9).unwrap();
        by_bootstrap += i32::from(low <= expected && expected <= high);
    }
    // Three standard deviations of a binomial of 60 at 0.9 are seven.
    assert!(by_error.iter().all(|held| (47..=60).contains(held)), "of the parameters {by_error:?} in {stores}");
    assert!((47..=60).contains(&by_bootstrap), "by resampling {by_bootstrap} in {stores}");
}

/// Over the grid of truths, some stores of each: nine of ten intervals by the errors of the parameters hold the truth. `QUINTILE_LONG`
/// makes it sixteen of each.
#[test]
fn intervals_hold_over_the_grid() {
    let long = std::env::var_os("QUINTILE_LONG").is_some();
    let (stores, lowest, highest) = if long { (16, 0.86, 0.94) } else { (3, 0.80, 0.97) };
    let (mut held, mut all, mut at_limits) = (0, 0, 0);
    for (place, truth) in truths().into_iter().enumerate() {
        for seed in 0..stores {
            let histories = Histories::new(&customers(&truth, 4_000, 300 * FINE, 5_000 + 100 * place as u64 + seed), 1.0).unwrap();
            let fitted = Purchasing::fit(truth.name(), &histories).unwrap();
            if fitted.limit.is_some() {
                at_limits += 1;
                continue;
            }
            for (place, ((_, value), (_, expected))) in fitted.model.parameters().into_iter().zip(truth.parameters()).enumerate() {
                let error = fitted.covariance_of_logarithms[place][place].sqrt();
                all += 1;
                held += i32::from((value / expected).ln().abs() < 1.645 * error);
            }
        }
    }
    let share = f64::from(held) / f64::from(all);
    println!("{held} of {all} intervals hold the truth, {at_limits} stores ended at a limit");
    // Four intervals of one store go together: three stores of twelve truths are as if there were some fifty.
    assert!((lowest..=highest).contains(&share) && at_limits <= stores, "{held} of {all} hold the truth, {at_limits} ended at a limit");
}

/// Truths at a boundary are named: nobody leaves, and everybody leaves alike.
#[test]
fn limits_are_named() {
    let stay = Purchasing::with_parameters(ModelName::Nbd, &[0.7, 30.0]).unwrap();
    let histories = Histories::new(&customers(&stay, 4_000, 300, 5), 7.0).unwrap();
    for name in [ModelName::BgNbd, ModelName::MbgNbd, ModelName::ParetoNbd] {
        let fitted = Purchasing::fit(name, &histories).unwrap();
        let nbd = Purchasing::fit(ModelName::Nbd, &histories).unwrap();
        assert!(fitted.log_likelihood >= nbd.log_likelihood - 1e-3, "{name:?}");
        if fitted.limit == Some(Limit::NobodyLeaves) {
            assert!(fitted.limit.as_ref().unwrap().alive_says_nothing());
            assert_eq!(fitted.log_likelihood, nbd.log_likelihood);
        } else {
            // A sliver of leaving fitted to noise: hardly likelier.
            assert!(fitted.log_likelihood < nbd.log_likelihood + 6.0, "{name:?} {fitted:?}");
        }
    }
    let alike = Purchasing::with_parameters(ModelName::BgNbd, &[0.9, 20.0, 2e5, 8e5]).unwrap();
    let mut named = 0;
    for seed in 0..6 {
        let histories = Histories::new(&customers(&alike, 4_000, 300, 70 + seed), 7.0).unwrap();
        match Purchasing::fit(ModelName::BgNbd, &histories).unwrap().limit {
            Some(Limit::SameDropout { probability }) => {
                named += 1;
                assert!((probability - 0.2).abs() < 0.02, "{probability}");
            }
            Some(other) => panic!("{other}"),
            None => {}
        }
    }
    assert!(named >= 1, "one probability for all was never recognised");
}
