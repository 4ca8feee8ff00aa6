//! What must hold of any parameters and any customer.

use crate::shared::{cdnow, cdnow_histories, near};
use proptest::prelude::*;
use quintile_value::gamma_gamma::{self, Spending};
use quintile_value::{Histories, History, ModelName, Purchasing, Seen, TooLittle};

fn any_model() -> impl Strategy<Value = Purchasing> {
    let positive = || (-8.0_f64..8.0).prop_map(f64::exp);
    (0..4_usize, positive(), positive(), positive(), positive()).prop_map(|(model, one, two, three, four)| {
        let name = ModelName::ALL[model];
        let values = [one, two, three, four];
        Purchasing::with_parameters(name, if name == ModelName::Nbd { &values[..2] } else { &values }).unwrap()
    })
}

fn any_customer() -> impl Strategy<Value = Seen> {
    (prop_oneof![0_u32..8, 0_u32..3000], 0.0_f64..1.0, prop_oneof![0.0_f64..3.0, 0.0_f64..4000.0]).prop_map(|(again, part, age)| Seen {
        again: f64::from(again),
        last: if again == 0 { 0.0 } else { part * age },
        age,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn probabilities_and_counts_are_what_they_are_called(model in any_model(), customer in any_customer(), time in 0.0_f64..5000.0) {
        let alive = model.p_alive(&customer);
        prop_assert!((0.0..=1.0).contains(&alive), "p_alive {}", alive);
        let silent = model.silent(&customer, time);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&silent), "silent {}", silent);
        let expected = model.expected(&customer, time);
        prop_assert!(expected.is_finite() && expected >= 0.0, "expected {}", expected);
        prop_assert!(model.log_likelihood(&customer).is_finite());
        // At least one purchase is never likelier than the number of purchases expected.
        prop_assert!(1.0 - silent <= expected * (1.0 + 1e-9) + 1e-12, "{} purchases, {} silent", expected, silent);
    }

    #[test]
    fn longer_is_more(model in any_model(), customer in any_customer(), time in 0.0_f64..2000.0, longer in 0.0_f64..2000.0) {
        let (near, far) = (model.expected(&customer, time), model.expected(&customer, time + longer));
        prop_assert!(far >= near * (1.0 - 1e-9), "{} then {}", near, far);
        let (near, far) = (model.silent(&customer, time), model.silent(&customer, time + longer));
        prop_assert!(far <= near * (1.0 + 1e-9) + 1e-12, "silent {} then {}", near, far);
    }

    #[test]
    fn more_recent_is_never_less_alive(model in any_model(), customer in any_customer(), part in 0.0_f64..1.0) {
        let earlier = Seen { last: customer.last * part, ..customer };
        if customer.again > 0.0 {
            prop_assert!(model.p_alive(&customer) >= model.p_alive(&earlier) * (1.0 - 1e-9));
        }
    }

    #[test]
    fn longer_silence_is_never_more_alive(model in any_model(), customer in any_customer(), longer in 0.0_f64..1000.0) {
        let later = Seen { age: customer.age + longer, ..customer };
        prop_assert!(model.p_alive(&later) <= model.p_alive(&customer) * (1.0 + 1e-9));
    }
}

fn any_history() -> impl Strategy<Value = History> {
    (prop_oneof![3 => Just(0_u32), 3 => 1_u32..4, 1 => 1_u32..400], any::<u16>(), 0_u32..2000).prop_map(|(again, part, age)| {
        let again = if age == 0 { 0 } else { again };
        History { again, last: if again == 0 { 0 } else { 1 + (u32::from(part) * (age - 1)) / 65_535 }, age }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_store_gets_an_answer(histories in prop::collection::vec(any_history(), 0..400), seed in 0..4_usize) {
        let histories = Histories::new(&histories, 7.0).unwrap();
        match Purchasing::fit(ModelName::ALL[seed], &histories) {
            Ok(fitted) => {
                prop_assert!(fitted.log_likelihood.is_finite());
                prop_assert!(fitted.model.parameters().iter().all(|(_, value)| value.is_finite() && *value >= 0.0), "{:?}", fitted);
                for row in histories.rows() {
                    let expected = fitted.model.expected(&histories.seen(row), 52.0);
                    prop_assert!(expected.is_finite() && expected >= 0.0, "{:?} of {:?}", fitted.model, row);
                }
            }
            Err(missing) => prop_assert!(missing.to_string().contains("few") || missing == TooLittle::NoTime),
        }
    }
}

fn any_spending() -> impl Strategy<Value = (u32, f64)> {
    (0_u32..300, prop_oneof![Just(0.0), Just(-3.0), 0.01_f64..500.0, (-14.0_f64..28.0).prop_map(f64::exp)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_spending_gets_an_answer(rows in prop::collection::vec(any_spending(), 0..200), alike in any::<bool>()) {
        let (purchases, mut means): (Vec<u32>, Vec<f64>) = rows.into_iter().unzip();
        if alike {
            means.iter_mut().for_each(|mean| *mean = 20.0);
        }
        match gamma_gamma::fit(&Spending::new(&purchases, &means)) {
            Ok(fit) => {
                prop_assert!(fit.log_likelihood.is_finite());
                prop_assert!(fit.params.named().iter().all(|(_, value)| value.is_finite() && *value > 0.0), "{:?}", fit);
                for (purchases, mean) in purchases.iter().zip(&means) {
                    let worth = fit.params.mean_of(f64::from(*purchases), *mean);
                    prop_assert!(worth.is_none_or(|worth| worth.is_finite() && worth >= 0.0), "{:?} of {} {}", fit, purchases, mean);
                }
                if alike {
                    prop_assert!(fit.limit.is_some(), "{:?}", fit);
                }
            }
            Err(missing) => prop_assert!(missing.to_string().contains("too few")),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn waits_end_where_their_chance_is_reached(model in any_model(), customer in any_customer(), chance in 0.05_f64..0.95) {
        let most = 300.0;
        let at = |time: f64| 1.0 - model.silent(&customer, time);
        match model.next_purchase(&customer, chance, most) {
            Some(time) => {
                prop_assert!((0.0..=most).contains(&time));
                prop_assert!(at(time) >= chance - 1e-9, "{} at {}", at(time), time);
                prop_assert!(at((time - 1e-4 * most).max(0.0)) <= chance + 1e-9, "earlier than {}", time);
            }
            None => prop_assert!(at(most) <= chance + 1e-9, "{} at the end", at(most)),
        }
        if let Some(wait) = model.wait_if_alive(customer.again, customer.last, chance, most) {
            // Of the rates alone, whatever the model says of leaving.
            let rates: Vec<f64> = model.parameters().into_iter().map(|(_, value)| value).take(2).collect();
            let nbd = Purchasing::with_parameters(ModelName::Nbd, &rates).unwrap();
            let quiet = nbd.silent_if_alive(customer.again, customer.last, wait);
            prop_assert!((quiet - (1.0 - chance)).abs() < 1e-9, "{} silent after {}", quiet, wait);
        }
    }
}

#[test]
fn days_and_weeks_are_one_fit() {
    let Some(customers) = cdnow() else { return };
    let weeks = cdnow_histories(&customers);
    let histories: Vec<History> = customers.iter().map(|customer| customer.history).collect();
    let days = Histories::new(&histories, 1.0).unwrap();
    let hours: Vec<History> =
        histories.iter().map(|history| History { again: history.again, last: history.last * 24, age: history.age * 24 }).collect();
    let hours = Histories::new(&hours, 24.0).unwrap();
    let purchases: f64 = weeks.again().1;
    for name in ModelName::ALL {
        let [by_week, by_day, by_hour] = [&weeks, &days, &hours].map(|histories| Purchasing::fit(name, histories).unwrap());
        // A density over days is a seventh of one over weeks, for each purchase.
        near(by_day.log_likelihood + purchases * 7.0_f64.ln(), by_week.log_likelihood, 1e-12, "log-likelihood");
        near(by_hour.log_likelihood, by_day.log_likelihood, 1e-12, "log-likelihood");
        for ((parameter, week), (_, day)) in by_week.model.parameters().into_iter().zip(by_day.model.parameters()) {
            let unit = if ["alpha", "beta"].contains(&parameter) { 7.0 } else { 1.0 };
            near(day, week * unit, 1e-9, parameter);
        }
        for ((parameter, day), (_, hour)) in by_day.model.parameters().into_iter().zip(by_hour.model.parameters()) {
            near(hour, day, 1e-7, parameter);
        }
    }
}

#[test]
fn customers_of_one_purchase_are_not_all_alive() {
    let Some(customers) = cdnow() else { return };
    let histories = cdnow_histories(&customers);
    let once = Seen { again: 0.0, last: 0.0, age: 30.0 };
    assert_eq!(Purchasing::fit(ModelName::BgNbd, &histories).unwrap().model.p_alive(&once), 1.0);
    let alive = Purchasing::fit(ModelName::MbgNbd, &histories).unwrap().model.p_alive(&once);
    assert!(alive > 0.2 && alive < 0.6, "{alive}");
}

#[test]
fn too_little_says_what_is_missing() {
    let once = History { again: 0, last: 0, age: 100 };
    let twice = History { again: 1, last: 50, age: 100 };
    let fit =
        |histories: Vec<History>| Purchasing::fit(ModelName::MbgNbd, &Histories::new(&histories, 7.0).unwrap()).unwrap_err().to_string();
    assert_eq!(fit(vec![twice; 12]), "12 customers are too few to fit a value model: at least 50 are needed");
    let mut many = vec![once; 500];
    many.extend(vec![twice; 3]);
    assert_eq!(fit(many), "3 customers bought a second time, which is too few to fit a value model: at least 20 are needed");
}

#[test]
fn threads_do_not_change_a_digit() {
    let Some(customers) = cdnow() else { return };
    let histories = cdnow_histories(&customers);
    let on = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let fitted = Purchasing::fit(ModelName::ParetoNbd, &histories).unwrap();
            let again = quintile_value::bootstrap::refits(&fitted.model, None, &histories, 3, 9);
            (fitted, again)
        })
    };
    assert_eq!(on(1), on(3));
}
