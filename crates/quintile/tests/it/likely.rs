//! What grows out of the likely table: the way to an amount, forecasts beside what came, overlaps, thresholds moved.

use crate::project::{Project, Table, when, whole};
use quintile::value::ValueFitAsk;
use quintile::{Answer, Asked, ExtraAsk, When};
use std::fmt::Write;

/// A hundred first orders in January; of them one customer a day comes again in the first twenty days of February, and two a
/// day in the first ten of March, each for 30.
fn shop() -> Project {
    let project = Project::new();
    let mut orders = "order_id,customer_id,order_date,total,currency\n".to_owned();
    for customer in 0..100 {
        writeln!(orders, "a{customer},c{customer},2025-01-{:02},10,EUR", 1 + customer % 28).unwrap();
    }
    for customer in 0..20 {
        writeln!(orders, "b{customer},c{customer},2025-02-{:02},30,EUR", 1 + customer).unwrap();
        writeln!(orders, "d{customer},c{},2025-03-{:02},30,EUR", 20 + customer, 1 + customer / 2).unwrap();
    }
    project.import_text("orders.csv", orders);
    project
}

fn plan(project: &Project, text: &str) {
    std::fs::write(project.workspace.root().join(quintile::PLAN_FILE), text).unwrap();
}

fn sound(answer: Result<Answer, quintile::Error>) -> Answer {
    answer.unwrap_or_else(|error| panic!("{}", whole(&error)))
}

#[test]
fn the_way_to_an_amount_by_hand() {
    let project = shop();
    // Of 200 in the stage: in windows of ten days 10 of 100 moved in February and 20 of 80 in March, and each spent 30. Usual
    // is 17.5 %, best of the season 25 %, 7.5 % more are 15 customers and 450 of money, 2.25 a head.
    let stage = "[[stage]]\nid = 'first-time-buyers'\ncustomers = 200\n";
    plan(&project, stage);
    let ask = |extra: &str| ExtraAsk::parse(when("2025-04-01"), extra, "10d").unwrap();
    let answer = sound(project.workspace.way_to_extra(&ask("300")));
    assert!(answer.notes[0].contains("1 move on 134 customers"), "{:?}", answer.notes);
    let table = Table::of(answer);
    let row = |name: &str| table.get("first-time-buyers", name).to_owned();
    assert_eq!((row("usual_share"), row("best_share"), row("worth")), ("0.175".into(), "0.25".into(), "30.0000".into()));
    assert_eq!((row("reach"), row("gain"), row("windows")), ("134".into(), "301.5000".into(), "2".into()));
    assert_eq!((table.get("sum", "gain"), table.get("active-repeat", "reach")), ("301.5000", "0"));
    // Half of the revenue is margin, half can be reached, at 0.10 each and 20 for all: 0.5 x 225 - 10 - 20.
    plan(&project, &format!("{stage}margin_share = 0.5\nreach_share = 0.5\ncost_per_customer = 0.1\nfixed_cost = 20\n"));
    let answer = sound(project.workspace.way_to_extra(&ask("300")));
    assert!(answer.notes[0].contains("cannot be reached") && answer.notes[0].contains("the most there is"), "{:?}", answer.notes);
    let table = Table::of(answer);
    assert_eq!((table.get("sum", "reach"), table.get("sum", "cost"), table.get("sum", "gain")), ("100", "30.0000", "82.5000"));
    // Nobody has seen so long a window.
    let far = ExtraAsk::parse(when("2025-04-01"), "300", "52w").unwrap();
    let refused = project.workspace.way_to_extra(&far).unwrap_err().to_string();
    assert!(refused.contains("no window of 364 days") && refused.contains("2025-01-01"), "{refused}");
}

#[test]
fn nonsense_is_refused() {
    let check = |extra: &str, within: &str, expected: &str| {
        let error = ExtraAsk::parse(When::Latest, extra, within).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("0", "90d", "--extra is an amount above nought such as 20000 or 1499.50; `0` is none");
    check("-5", "90d", "`-5` is none");
    check("much", "90d", "`much` is none");
    check("5", "90x", "--within is a number of days from 1d to 365d, such as 90d or 12w; `90x` is none");
    check("5", "0", "`0` is none");
    check("5", "53w", "`53w` is none");
    check("5", "99999w", "`99999w` is none");
    assert_eq!(ExtraAsk::parse(When::Latest, "1.5", "12w").unwrap().within_days, 84);
}

/// Orders of many days, so that stages fill and move; the same whatever comes after a day.
fn busy(days: std::ops::Range<u32>) -> String {
    let mut text = "order_id,customer_id,order_date,total,currency\n".to_owned();
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for day in 0..days.end {
        for nth in 0..6 {
            let (customer, total) = (draw(40 + u64::from(day)), 1 + draw(90));
            let date = quintile::model::StoreZone::date_of(19_723 + day as i32);
            if days.contains(&day) {
                writeln!(text, "{day}-{nth},c{customer},{date},{total},EUR").unwrap();
            }
        }
    }
    text
}

fn kept(project: &Project, date: &str) -> (Table, Vec<String>) {
    let answer = sound(project.workspace.kept_forecasts(&when(date)));
    let notes = answer.notes.clone();
    (Table::of(answer), notes)
}

#[test]
fn a_forecast_stays_as_it_was_and_is_held_against_what_comes() {
    let project = Project::new();
    assert!(kept(&project, "").1[0].contains("no forecast was kept"));
    // Day 366 is 2025-01-01.
    project.import_text("first.csv", busy(0..366));
    let (said, first) = project.workspace.likely_opportunities_kept(&when("2025-01-01")).unwrap();
    let before = std::fs::read_to_string(&first.file).unwrap();
    let said = Table::of(said);
    let (open, _) = kept(&project, "2025-01-20");
    assert!(!open.rows.is_empty() && open.column("moves").iter().all(|place| *place == "open"), "{open:?}");
    assert!(open.column("made").iter().all(|made| *made == "before"));
    assert!(open.column("moves_until").iter().all(|day| *day == "2025-01-31"));
    // What comes later does not change what was said, and is seen.
    project.import_text("later.csv", busy(366..460));
    let again = project.workspace.likely_opportunities_kept(&when("2025-01-01")).unwrap().1;
    assert!(first.is_new && !again.is_new && again.sentence().contains("was kept before and stays"));
    assert_eq!(std::fs::read_to_string(&first.file).unwrap(), before);
    let (seen, notes) = kept(&project, "2025-04-01");
    for (at, row) in open.rows.iter().enumerate() {
        let (stage, expected) = (row[2].as_str(), &seen.rows[at]);
        assert_eq!(expected[2], stage);
        let get = |name: &str| expected[seen.names.iter().position(|own| own == name).unwrap()].as_str();
        let expected_then = said.get(stage, "move_anyway").parse::<f64>().unwrap();
        assert!((get("moves_expected").parse::<f64>().unwrap() - expected_then).abs() < 1e-9, "{stage}");
        assert_eq!(get("customers"), get("customers_seen"), "{stage}");
        let number = |name: &str| get(name).parse::<f64>().unwrap();
        let inside = (number("moves_low")..=number("moves_high")).contains(&number("moves_seen"));
        assert_eq!(get("moves") == "inside", inside, "{stage}: {expected:?}");
    }
    assert!(notes.iter().any(|note| note.starts_with("moves: of ") && note.contains("inside the interval")), "{notes:?}");
    // Those who moved are those of the movement between the two days, by the thresholds of the first.
    let settings = project.workspace.root().join("quintile.toml");
    let stored: serde_json::Value = serde_json::from_str(&before).unwrap();
    let of = |name: &str| stored["thresholds"][name].as_f64().unwrap();
    let fixed = format!(
        "\n[thresholds]\nusual_gap_days = {:?}\nlast_call_days = {:?}\nloyal_window_days = {:?}\n",
        of("usual_gap_days"),
        of("last_call_days"),
        of("loyal_window_days")
    );
    let text = std::fs::read_to_string(&settings).unwrap().replace("\n[thresholds]\n", &fixed);
    std::fs::write(&settings, text).unwrap();
    let fixed = quintile::Workspace::open(project.workspace.root(), &quintile::Overrides::default()).unwrap();
    let ask = quintile::MovementAsk {
        when: when("2025-02-01"),
        from: Some("2025-01-01".into()),
        partition: "life_stage".into(),
        own_thresholds: false,
    };
    let movement = Table::of(sound(fixed.movement(&ask)));
    let moved: u64 = movement
        .rows
        .iter()
        .filter(|row| row[0] == "active-repeat" && row[1] == "loyal")
        .map(|row| row[movement.names.iter().position(|name| name == "customers").unwrap()].parse::<u64>().unwrap())
        .sum();
    let row = seen.rows.iter().find(|row| row[2] == "active-repeat").unwrap();
    assert_eq!(row[seen.names.iter().position(|name| name == "moves_seen").unwrap()], moved.to_string());
    // A file that came late and lies before it changes who stood in the stage, and that is said.
    project.import_text("late.csv", "order_id,customer_id,order_date,total,currency\nlate,somebody,2024-12-20,5,EUR\n");
    let (late, _) = kept(&project, "2025-04-01");
    let row = late.rows.iter().find(|row| row[2] == "first-time-buyers").unwrap();
    assert!(row.last().unwrap().contains("files imported since"), "{row:?}");
    // One that is broken is named.
    std::fs::write(&first.file, "{").unwrap();
    let broken = project.workspace.kept_forecasts(&when("2025-04-01")).unwrap_err().to_string();
    assert!(broken.contains("is no forecast") && broken.contains("delete the file"), "{broken}");
}

#[test]
fn looking_back_reads_nothing_later() {
    let (short, long) = (Project::new(), Project::new());
    short.import_text("orders.csv", busy(0..400));
    long.import_text("orders.csv", busy(0..460));
    let back = |project: &Project, date: &str, months| Table::of(sound(project.workspace.look_back_at_forecasts(&when(date), months)));
    // As of day 397, 2025-02-01, both know the same; the long one is asked for it two months later.
    let (one, other) = (back(&short, "2025-02-01", 3), back(&long, "2025-04-01", 5));
    assert!(one.rows.len() >= 10, "{one:?}");
    let said = |table: &Table| -> Vec<Vec<String>> {
        let names =
            ["forecast", "life_stage", "customers", "moves_expected", "moves_low", "moves_high", "moves_seen", "money_expected", "value"];
        let places = names.map(|name| table.names.iter().position(|own| own == name).unwrap());
        table.rows.iter().filter(|row| row[0].as_str() < "2025-02-01").map(|row| places.map(|at| row[at].clone()).to_vec()).collect()
    };
    assert_eq!(said(&one), said(&other));
    assert!(one.column("made").iter().all(|made| *made == "looking back"));
}

#[test]
fn segments_that_share_customers_count_them_once() {
    let project = Project::new();
    project.import_text("orders.csv", busy(0..420));
    // Many who are late come in November, so that December promises more than the median month.
    let mut surge = "order_id,customer_id,order_date,total,currency\n".to_owned();
    (0..200).for_each(|customer| writeln!(surge, "s{customer},c{customer},2024-11-{:02},40,EUR", 1 + customer % 25).unwrap());
    project.import_text("surge.csv", surge);
    let ask = |date: &str, names: &[&str]| {
        let asked: Vec<Asked> = names.iter().map(|name| Asked::Name((*name).to_owned())).collect();
        Table::of(sound(project.workspace.likely_of_segments(&when(date), &asked)))
    };
    let stages = ["first-time-buyers", "active-repeat", "at-risk-repeat", "inactive-repeat"];
    let mut taken_off = 0.0;
    for date in ["2024-10-01", "2024-11-01", "2024-12-01", "2025-01-01", "2025-02-01"] {
        // The stages part everybody: nothing is counted twice, and a segment that is a stage has the customers of its row.
        let apart = ask(date, &stages);
        let likely = Table::of(sound(project.workspace.likely_opportunities(&when(date))));
        assert_eq!(apart.get("sum", "taken_off"), "0.0000");
        assert_eq!(apart.get("sum", "gain"), apart.get("sum", "counted_gain"));
        for stage in stages {
            assert_eq!(apart.get(stage, "customers"), likely.get(stage, "customers"), "{stage}");
        }
        // With all of the repeat customers beside them, each still counts once.
        let with_all = ask(date, &[stages[0], stages[1], stages[2], stages[3], "repeat", "repeat"]);
        assert_eq!(with_all.rows.len(), 6);
        assert_eq!(with_all.get("sum", "counted"), apart.get("sum", "counted"));
        let number = |row: &str, name: &str| with_all.get(row, name).parse::<f64>().unwrap_or(0.0);
        assert!((number("sum", "gain") - number("sum", "counted_gain") - number("sum", "taken_off")).abs() < 0.001);
        // What is left of a segment is its gain for each head that is counted.
        for row in with_all.rows.iter().filter(|row| row[0] != "sum") {
            let left = number(&row[0], "gain").max(0.0) * number(&row[0], "counted") / number(&row[0], "customers");
            assert!((left - number(&row[0], "counted_gain")).abs() < 0.001, "{row:?}");
        }
        taken_off += number("sum", "taken_off");
    }
    assert!(taken_off > 0.0);
    let unknown = project.workspace.likely_of_segments(&When::Latest, &[Asked::Name("firsttime-buyers".into())]).unwrap_err();
    assert!(unknown.to_string().contains("firsttime-buyers"), "{unknown}");
}

#[test]
fn the_ranking_is_told_under_other_thresholds() {
    let project = Project::new();
    project.import_text("orders.csv", busy(0..420));
    let answer = sound(project.workspace.likely_sensitivity(&when("2025-02-01")));
    assert!(answer.notes[0].contains("first"), "{:?}", answer.notes);
    let table = Table::of(answer);
    let rows = |name: &str| table.rows.iter().filter(|row| row[0] == name).collect::<Vec<_>>();
    let likely = Table::of(sound(project.workspace.likely_opportunities(&when("2025-02-01"))));
    let column = |name: &str| table.names.iter().position(|own| own == name).unwrap();
    // In force it is the likely table, and a rank is what it is in force.
    for row in rows("in force") {
        assert_eq!(row[column("gain")], likely.get(&row[column("life_stage")], "gain"));
        assert_eq!(row[column("rank")], row[column("rank_in_force")]);
    }
    let days = |name: &str| rows(name)[0][column("usual_gap_days")].parse::<f64>().unwrap();
    assert!((days("days x 0.75") - 0.75 * days("in force")).abs() < 1e-9 && (days("days x 1.25") - 1.25 * days("in force")).abs() < 1e-9);
    // The same settings by hand give the same table.
    let settings = project.workspace.root().join("quintile.toml");
    let text = std::fs::read_to_string(&settings).unwrap().replace("\n[thresholds]\n", "\n[thresholds]\nrisk = 3.0\ninactive = 6.0\n");
    std::fs::write(&settings, text).unwrap();
    let fixed = quintile::Workspace::open(project.workspace.root(), &quintile::Overrides::default()).unwrap();
    let by_hand = Table::of(sound(fixed.likely_opportunities(&when("2025-02-01"))));
    for row in rows("at risk from 3 gaps") {
        assert_eq!(row[column("gain")], by_hand.get(&row[column("life_stage")], "gain"), "{row:?}");
    }
}

#[test]
fn what_is_still_expected_stands_beside_what_was_spent() {
    let project = Project::new();
    project.import_text("orders.csv", busy(0..420));
    let answer = sound(project.workspace.opportunities(&when("2025-02-01")));
    assert!(answer.notes.iter().any(|note| note.contains("predicted_clv is empty: no value model was fitted")), "{:?}", answer.notes);
    assert!(answer.empty_columns().contains(&"predicted_clv") && answer.empty_columns().contains(&"goal_predicted_clv"));
    project.workspace.value_fit(&ValueFitAsk { when: when("2025-02-01"), ..ValueFitAsk::default() }).unwrap();
    let answer = sound(project.workspace.opportunities(&when("2025-02-01")));
    assert!(answer.notes.iter().any(|note| note.starts_with("predicted_clv: ") && note.contains("fitted through 2025-01-31")));
    let table = Table::of(answer);
    // The mean over the profile's own rows.
    let profile = project.columns("2025-02-01", &["life_stage", "predicted_clv"]);
    let mean = |wanted: &[&str]| {
        let own: Vec<f64> =
            profile.rows.iter().filter(|row| wanted.contains(&row[0].as_str())).filter_map(|row| row[1].parse().ok()).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let near = |found: &str, expected: f64| assert!((found.parse::<f64>().unwrap() - expected).abs() < 0.0002, "{found} {expected}");
    near(table.get("active-repeat", "predicted_clv"), mean(&["active-repeat"]));
    near(table.get("active-repeat", "goal_predicted_clv"), mean(&["loyal"]));
    near(table.get("at-risk-repeat", "goal_predicted_clv"), mean(&["active-repeat", "loyal"]));
}
