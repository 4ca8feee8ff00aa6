//! The CDNOW sample: parameters, likelihoods, errors and predictions as published and recomputed to many digits.

use crate::shared::{cdnow, cdnow_histories, json, near, number};
use quintile_value::gamma_gamma::{self, Spending};
use quintile_value::{Ahead, ModelName, Purchasing, Seen, scores};
use serde_json::Value;

fn key(name: ModelName) -> &'static str {
    match name {
        ModelName::BgNbd => "bgnbd",
        ModelName::MbgNbd => "mbgnbd",
        ModelName::ParetoNbd => "pareto_nbd",
        ModelName::Nbd => "nbd",
    }
}

const MODELS: [ModelName; 3] = [ModelName::BgNbd, ModelName::MbgNbd, ModelName::ParetoNbd];

#[test]
fn fits_of_the_sample() {
    let (Some(customers), Some(golden)) = (cdnow(), json("btyd_cdnow_sample.json")) else { return };
    let histories = cdnow_histories(&customers);
    assert_eq!(histories.customers(), 2357);
    assert_eq!(histories.distinct(), 1016);
    for name in MODELS {
        let expected = &golden[key(name)];
        let fitted = Purchasing::fit(name, &histories).unwrap();
        assert_eq!(fitted.limit, None);
        assert!(fitted.evaluations < 20, "{name:?} took {} looks", fitted.evaluations);
        let likelihood = number(&expected["log_likelihood"]);
        assert!((fitted.log_likelihood - likelihood).abs() < 1e-7, "{name:?}: {} is not {likelihood}", fitted.log_likelihood);
        for (place, (parameter, value)) in fitted.model.parameters().into_iter().enumerate() {
            near(value, number(&expected["params"][parameter]), 1e-6, &format!("{name:?} {parameter}"));
            let error = fitted.standard_errors[place].unwrap();
            near(error, number(&expected["std_err"][parameter]), 1e-5, &format!("error of {name:?} {parameter}"));
        }
    }
}

/// What other programs reached, as they print it.
#[test]
fn no_peer_is_likelier() {
    let (Some(customers), Some(golden)) = (cdnow(), json("btyd_cdnow_sample.json")) else { return };
    let histories = cdnow_histories(&customers);
    let mut peers = 0;
    for (source, published) in golden["published"].as_object().unwrap() {
        let name = match source.split("nbd").next().unwrap() {
            "bg" => ModelName::BgNbd,
            "mbg" => ModelName::MbgNbd,
            "pareto_" => ModelName::ParetoNbd,
            _ => continue,
        };
        let Some(likelihood) = published.get("LL").map(number) else { continue };
        let printed = published["LL"].to_string();
        let digits = printed.split_once('.').map_or(0, |(_, digits)| digits.len()) as i32;
        let fitted = Purchasing::fit(name, &histories).unwrap();
        assert!(fitted.log_likelihood >= likelihood - 0.5001 * 10_f64.powi(-digits), "{source}: {} {likelihood}", fitted.log_likelihood);
        peers += 1;
    }
    assert!(peers >= 6, "{peers}");
}

#[test]
fn the_covariance_is_that_of_both_parameters() {
    let Some(customers) = cdnow() else { return };
    let fitted = Purchasing::fit(ModelName::BgNbd, &cdnow_histories(&customers)).unwrap();
    near(fitted.covariance[0][1], 0.003_706_421, 1e-4, "covariance of r and alpha");
    for row in 0..4 {
        for column in 0..4 {
            assert_eq!(fitted.covariance[row][column], fitted.covariance[column][row]);
        }
    }
}

#[test]
fn every_customer_of_the_sample() {
    let (Some(customers), Some(golden)) = (cdnow(), json("btyd_cdnow_sample.json")) else { return };
    let histories = cdnow_histories(&customers);
    for name in MODELS {
        let fitted = Purchasing::fit(name, &histories).unwrap();
        let rows = fitted.model.forecast(&histories, &Ahead { horizons: [39.0], silence: 39.0, discounted: None });
        let mut expected = Vec::new();
        for (customer, row) in customers.iter().zip(histories.row_of_customer()) {
            let found = rows[*row as usize];
            let of = |column: &str| customer.row[&format!("{}_{column}", key(name))];
            near(found.expected[0], of("cet39"), 1e-6, "expected orders");
            near(found.p_alive, of("palive"), 1e-6, "p_alive");
            near(fitted.model.log_likelihood(&histories.seen(&customer.history)), of("ll"), 1e-6, "log-likelihood");
            expected.push(found.expected[0]);
        }
        let came: Vec<f64> = customers.iter().map(|customer| customer.row["x_star"]).collect();
        let found = scores::counted(&expected, &came).unwrap();
        let holdout = &golden[key(name)]["holdout"];
        near(found.forecast, number(&holdout["sum_expected"]), 1e-6, "sum");
        near(found.mean_error, number(&holdout["mae"]), 1e-6, "mean error");
        near(found.root_mean_square, number(&holdout["rmse"]), 1e-6, "root mean square");
        near(found.correlation.unwrap(), number(&holdout["pearson"]), 1e-6, "correlation");
        let alive = rows.iter().zip(histories.weights()).map(|(row, weight)| row.p_alive * weight).sum::<f64>() / 2357.0;
        near(alive, number(&holdout["mean_p_alive"]), 1e-6, "mean p_alive");
        assert_eq!(came.iter().sum::<f64>(), 1882.0);
        for (time, expected) in golden[key(name)]["unconditional_expectation"].as_object().unwrap() {
            near(fitted.model.expected_of_new(time.parse().unwrap()), number(expected), 1e-7, "expected of a new customer");
        }
    }
}

fn with_params(name: ModelName, params: &Value) -> Purchasing {
    let values: Vec<f64> = params.as_array().unwrap().iter().map(number).collect();
    Purchasing::with_parameters(name, &values).unwrap()
}

fn seen(case: &Value) -> Seen {
    Seen { again: number(&case["x"]), last: number(&case["t_x"]), age: number(&case["T"]) }
}

#[test]
fn cases_of_fifty_digits() {
    let Some(golden) = json("btyd_cdnow_sample.json") else { return };
    let fixed = &golden["fixed_parameter_cases_mpmath50"];
    let mut cases = 0;
    for case in fixed["cases"].as_array().unwrap() {
        for name in MODELS {
            let model = with_params(name, &fixed["params"][key(name)]);
            let (customer, expected) = (seen(case), &case[key(name)]);
            near(model.log_likelihood(&customer), number(&expected["log_likelihood"]), 1e-12, "log-likelihood");
            near(model.p_alive(&customer), number(&expected["p_alive"]), 1e-12, "p_alive");
            near(model.expected(&customer, number(&case["t"])), number(&expected["expected"]), 1e-12, "expected");
            cases += 1;
        }
    }
    assert_eq!(cases, 96);
}

#[test]
fn silence_within_a_horizon() {
    let Some(golden) = json("p_no_purchase.json") else { return };
    for case in golden["cases"].as_array().unwrap() {
        for name in [ModelName::BgNbd, ModelName::ParetoNbd] {
            let model = with_params(name, &golden["params"][key(name)]);
            near(model.silent(&seen(case), number(&case["H"])), number(&case[key(name)]), 1e-10, &format!("{name:?} {case}"));
        }
    }
}

#[test]
fn discounted_for_ever() {
    let Some(golden) = json("btyd_cdnow_sample.json") else { return };
    let params = quintile_value::pareto_nbd::Params { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 };
    for case in golden["dert_pareto_nbd"].as_array().unwrap() {
        let found = params.discounted_for_ever(&seen(case), number(&case["delta"])).unwrap();
        near(found, number(&case["dert"]), 1e-9, &format!("{case}"));
    }
    assert_eq!(params.discounted_for_ever(&Seen { again: 0.0, last: 0.0, age: 1.0 }, 0.0), None);
}

#[test]
fn spending_of_the_sample() {
    let (Some(customers), Some(golden)) = (cdnow(), json("btyd_cdnow_sample.json")) else { return };
    let purchases: Vec<u32> = customers.iter().map(|customer| customer.history.again).collect();
    let means: Vec<f64> = customers.iter().map(|customer| customer.spent).collect();
    let spending = Spending::new(&purchases, &means);
    assert_eq!((spending.customers(), spending.left_out()), (946, 1411));
    let expected = &golden["gamma_gamma"];
    let fit = gamma_gamma::fit(&spending).unwrap();
    assert_eq!(fit.limit, None);
    let likelihood = number(&expected["log_likelihood"]);
    assert!((fit.log_likelihood - likelihood).abs() < 1e-5, "{} is not {likelihood}", fit.log_likelihood);
    for (place, (parameter, value)) in fit.params.named().into_iter().enumerate() {
        near(value, number(&expected["params"][parameter]), 1e-5, parameter);
        near(fit.errors.as_ref().unwrap().standard_error(place).unwrap(), number(&expected["std_err"][parameter]), 1e-5, parameter);
    }
    near(fit.params.mean_of_all().unwrap(), number(&expected["population_mean_spend"]), 1e-6, "mean of all");
    near(gamma_gamma::correlation(&purchases, &means).unwrap(), number(&expected["pearson_x_m"]), 1e-6, "correlation");
    let sum: f64 =
        customers.iter().filter(|c| c.history.again > 0).map(|c| fit.params.log_likelihood(f64::from(c.history.again), c.spent)).sum();
    near(sum, fit.log_likelihood, 1e-12, "sum of customers");
    for customer in &customers {
        let mean = fit.params.mean_of(f64::from(customer.history.again), customer.spent).unwrap();
        near(mean, customer.row["gg_cond_mean"], 1e-6, "mean purchase");
    }
    let fixed = gamma_gamma::Params { p: 6.25, q: 3.74, gamma: 15.44 };
    for case in golden["fixed_parameter_gamma_gamma"]["first10_customers"].as_array().unwrap() {
        near(fixed.mean_of(number(&case["x"]), number(&case["m"])).unwrap(), number(&case["conditional_mean"]), 1e-8, "mean");
    }
}

/// Twelve months, a twelfth of the year's discount each: the sum of `mean purchase x purchases of the month / 1.01^month`.
#[test]
fn value_of_twelve_months() {
    let (Some(customers), Some(golden)) = (cdnow(), json("btyd_cdnow_sample.json")) else { return };
    let model = Purchasing::with_parameters(ModelName::BgNbd, &[0.243, 4.414, 0.793, 2.426]).unwrap();
    let spend = gamma_gamma::Params { p: 6.25, q: 3.74, gamma: 15.44 };
    for (convention, month) in [("clv_12m_discrete", 30.0 / 7.0), ("clv_12m_lifetimes_weeks", 4.345)] {
        let values: Vec<f64> = customers
            .iter()
            .map(|customer| {
                let seen = Seen { again: customer.row["x"], last: customer.row["tx"], age: customer.row["T"] };
                let mean = spend.mean_of(seen.again, customer.spent).unwrap();
                (1..=12)
                    .map(|i| {
                        let i = f64::from(i);
                        let purchases = model.expected(&seen, i * month) - model.expected(&seen, (i - 1.0) * month);
                        mean * purchases / 1.01_f64.powf(i)
                    })
                    .sum()
            })
            .collect();
        for (found, expected) in values.iter().zip(golden[convention]["first10"].as_array().unwrap()) {
            near(*found, number(expected), 2e-7, convention);
        }
        near(values.iter().sum(), number(&golden[convention]["sum"]), 1e-7, convention);
    }
}

/// What customers have done by a purchase a week, against the continuous sum by parts.
#[test]
fn discounting_by_parts() {
    let model = Purchasing::with_parameters(ModelName::MbgNbd, &[0.525, 6.183, 0.891, 1.614]).unwrap();
    let rate: f64 = 0.002;
    let small: f64 = (0..156_000)
        .map(|step| {
            let (from, to) = (f64::from(step) * 1e-3, f64::from(step + 1) * 1e-3);
            (model.expected_if_alive(3.0, 30.0, to) - model.expected_if_alive(3.0, 30.0, from)) * (-rate * (from + to) / 2.0).exp()
        })
        .sum();
    near(model.discounted_if_alive(3.0, 30.0, 156.0, rate), small, 1e-8, "discounted");
}
