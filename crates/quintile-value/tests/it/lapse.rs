//! Who will not come back, on two real stores, against numbers worked out by another program.

use crate::shared::{folder, json, near, number};
use quintile_value::backtest::{Cut, Group, Purchases, Rule, at};
use quintile_value::{Histories, ModelName, scores};
use std::collections::{BTreeMap, BTreeSet};

/// Purchase days of the customers of a file of CDNOW, as days since 1997-01-01.
fn cdnow(file: &str, date_column: usize) -> Option<(Vec<u32>, Vec<i32>)> {
    let text = std::fs::read_to_string(folder()?.join("data/cdnow").join(file)).unwrap();
    let mut days: BTreeMap<&str, BTreeSet<i32>> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(date) = words.get(date_column).filter(|date| date.len() == 8)
            && let Ok(date) = date.parse::<i32>()
        {
            let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
            let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month as usize - 1];
            days.entry(words[0]).or_default().insert((year - 1997) * 365 + before + day - 1);
        }
    }
    let (mut offsets, mut all) = (vec![0], Vec::new());
    for days in days.values() {
        all.extend(days);
        offsets.push(all.len() as u32);
    }
    Some((offsets, all))
}

/// Expected and actual purchases of the 39 weeks after, by the purchases of the 39 weeks before: the published rows.
#[test]
fn expected_and_actual_by_purchases() {
    let (Some((offsets, days)), Some(golden)) = (cdnow("CDNOW_sample.txt", 2), json("btyd_cdnow_sample.json")) else { return };
    let purchases = Purchases { offsets: &offsets, days: &days };
    let models = [(ModelName::BgNbd, "bgnbd"), (ModelName::MbgNbd, "mbgnbd"), (ModelName::ParetoNbd, "pareto_nbd")];
    let result = at(&purchases, Cut { day: 272, horizon: 273 }, &models.map(|(model, _)| model)).unwrap();
    for (model, name) in models {
        let score = result.scores.iter().find(|score| score.rule == Rule::Model(model) && score.group == Group::All).unwrap();
        let rows = &golden[name]["holdout"]["by_frequency_0_to_7plus"];
        assert_eq!(score.by_purchases.len(), 8);
        for (place, class) in score.by_purchases.iter().enumerate() {
            assert_eq!((class.purchases as usize, class.customers as f64), (place + 1, number(&rows["n"][place])));
            near(class.came, number(&rows["actual_mean"][place]), 1e-7, "came");
            near(class.forecast, number(&rows["expected_mean"][place]), 1e-5, name);
        }
    }
}

#[test]
fn rules_of_lapse_on_cdnow() {
    let (Some((offsets, days)), Some(golden)) = (cdnow("CDNOW_master.txt", 1), json("churn_threshold_backtest.json")) else { return };
    let purchases = Purchases { offsets: &offsets, days: &days };
    assert_eq!(purchases.customers(), 23_570);
    // 1997-09-30.
    let day = 272;
    let known = purchases.known(day);
    let models = [ModelName::BgNbd, ModelName::MbgNbd, ModelName::ParetoNbd];
    let mut rows = 0;
    for row in golden["rows"].as_array().unwrap().iter().filter(|row| row["dataset"] == "cdnow" && row["cut"] == "1997-09-30") {
        rows += 1;
        let cut = Cut { day, horizon: number(&row["H_days"]) as u32 };
        let result = at(&purchases, cut, &models).unwrap();
        let came = purchases.came(&known, cut);
        let silent: Vec<bool> = came.iter().map(|came| *came == 0.0).collect();
        // Four digits are given, and there equal recencies in parts of weeks are not always equal.
        let close = |found: f64, expected: &serde_json::Value, what: &str| {
            assert!((found - number(expected)).abs() <= 1.5e-4, "{what}: {found} is not {expected}");
        };
        for (group, name) in [(Group::All, "all"), (Group::Again, "repeat")] {
            let expected = &row[name];
            let of = |rule: Rule| result.scores.iter().find(|score| score.rule == rule && score.group == group).unwrap();
            close(of(Rule::Recency).auc.unwrap(), &expected["recency"], "recency");
            if group == Group::Again {
                close(of(Rule::OwnGaps).auc.unwrap(), &expected["recency/own_mean_gap"], "own gaps");
            }
            for (model, short) in [(ModelName::BgNbd, "bg"), (ModelName::MbgNbd, "mbg"), (ModelName::ParetoNbd, "pnbd")] {
                let score = of(Rule::Model(model));
                close(score.auc.unwrap(), &expected[&format!("P(no purchase in H)_{short}")], "silence");
                close(score.brier.unwrap(), &expected[&format!("brier_{short}")], "brier");
                close(score.forecast.unwrap(), &expected[&format!("meanpred_{short}")], "mean forecast");
            }
        }
        close(result.scores.iter().find(|score| score.group == Group::All).unwrap().silent, &row["inactive_share"], "silent");
        // P(alive), and the rules of thumb as cuts.
        let histories = Histories::new(&known.histories, 7.0).unwrap();
        let again: Vec<usize> = (0..known.histories.len()).filter(|place| known.histories[*place].again > 0).collect();
        let outcomes: Vec<bool> = again.iter().map(|place| silent[*place]).collect();
        for (fitted, short) in result.fitted.iter().zip(["bg", "mbg", "pnbd"]) {
            let time = f64::from(cut.horizon) / 7.0;
            let left: Vec<f64> = known.histories.iter().map(|history| 1.0 - fitted.model.p_alive(&histories.seen(history))).collect();
            close(scores::auc(&left, &silent).unwrap(), &row["all"][&format!("1-palive_{short}")], "P(alive) of all");
            let points = &row["operating_points_repeat"];
            // A gap of exactly so many times one's own is late there where its parts of weeks round up.
            let close = |found: f64, expected: &serde_json::Value, what: &str| {
                assert!((found - number(expected)).abs() <= 6e-4, "{what}: {found} is not {expected}");
            };
            let check = |flags: Vec<bool>, name: &str| {
                let found = scores::flagged(flags, &outcomes).unwrap();
                close(found.flagged, &points[name]["flag"], name);
                close(found.precision.unwrap(), &points[name]["precision"], name);
                close(found.recall.unwrap(), &points[name]["recall"], name);
            };
            check(again.iter().map(|place| left[*place] > 0.5).collect(), &format!("P(alive)<.5 {short}"));
            let silence = |place: &usize| fitted.model.silent(&histories.seen(&known.histories[*place]), time) > 0.5;
            check(again.iter().map(silence).collect(), &format!("P(no purchase in H)>.5 {short}"));
            for times in [2, 3, 4] {
                let late = |place: &usize| {
                    let history = known.histories[*place];
                    (history.age - history.last) * history.again > times * history.last
                };
                check(again.iter().map(late).collect(), &format!("{times}x own mean gap"));
            }
            for (place, (name, value)) in fitted.model.parameters().into_iter().enumerate() {
                near(value, number(&row["params"][short][place]), 1e-4, name);
            }
        }
    }
    assert_eq!(rows, 2);
}

/// A model beats the rules of thumb on CDNOW, and the cut it is used with tells more than either.
#[test]
fn the_past_of_cdnow_chooses_a_model() {
    let Some((offsets, days)) = cdnow("CDNOW_master.txt", 1) else { return };
    let purchases = Purchases { offsets: &offsets, days: &days };
    let results: Vec<_> = [455, 364, 273]
        .into_iter()
        .map(|day| at(&purchases, Cut { day, horizon: 91 }, &[ModelName::MbgNbd, ModelName::ParetoNbd]).unwrap())
        .collect();
    let choice = quintile_value::backtest::choose(&results).unwrap();
    assert!(matches!(choice.rule, Rule::Model(_)), "{choice:?}");
    assert_eq!(choice.brier.len(), 5);
    let cuts = quintile_value::backtest::cuts(&results, choice.model.unwrap()).unwrap();
    assert!(cuts.again > 0.3 && cuts.again < 0.95 && cuts.once > cuts.again && cuts.once < 1.0, "{cuts:?}");
}
