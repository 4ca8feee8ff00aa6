//! Traits of one's own: each segment over one has the members of the same segment written out, and every answer shows the same value.

use crate::project::{Project, whole};
use quintile::segment::changes::SegmentPlan;
use quintile::{Asked, ProfileAsk, SegmentAsk, When};
use std::collections::BTreeMap;

const AS_OF: &str = "2025-12-01";

fn shop() -> Project {
    let mut text = "order_id,customer_id,created_at,total,channel\n".to_owned();
    for order in 0..400 {
        let (customer, day, channel) = (order * 7 % 90, 1 + order % 28, ["web", "app", "till"][order % 3]);
        text += &format!("{order},c{customer},2025-{:02}-{day:02} 10:00,{}.50,{channel}\n", 1 + order / 40, 5 + order % 120);
    }
    let project = Project::new();
    project.import_text("shop.csv", text);
    project
}

fn write(project: &Project, name: &str, text: &str) {
    let folder = project.workspace.root().join("traits");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.toml")), text).unwrap();
}

const TRAITS: [(&str, &str); 13] = [
    ("spent_lately", "value = 'orders_placed(sum_amount, date >= -90d)'\nmeaning = 'what they spent in the last 90 days'"),
    ("app_orders", "value = \"orders_placed(count, channel = 'app')\""),
    ("largest_by_app", "value = \"orders_placed(max_amount, channel = 'app', date < first_order_date + 200d)\""),
    ("doubled", "value = '2 * number_of_orders + 1'"),
    ("per_order", "value = 'amount_spent / number_of_orders'"),
    ("lately", "value = 'trait.spent_lately / amount_spent'"),
    ("patience", "value = 'days_since_last_order / 2'"),
    ("relative", "value = 'amount_spent / average(amount_spent)'"),
    ("above", "condition = 'amount_spent > average(amount_spent)'"),
    ("app_fan", "condition = \"orders_placed MATCHES (channel = 'app', count >= 2) AND monetary_score >= 3\""),
    ("twice", "condition = 'orders_placed MATCHES (amount > average(average_order_value), count >= 2)'"),
    ("fan_of_late", "condition = \"trait.app_fan = true AND trait.lately > 0.1 OR segment('many')\""),
    ("unlike", "condition = 'trait.relative > average(trait.relative)'"),
];

fn with_traits() -> Project {
    let project = shop();
    TRAITS.iter().for_each(|(name, text)| write(&project, name, text));
    std::fs::create_dir_all(project.workspace.segments_folder()).unwrap();
    std::fs::write(project.workspace.segments_folder().join("many.sql"), "trait.doubled >= 15").unwrap();
    project
}

fn hash(project: &Project, as_of: &str, text: &str) -> (u64, String) {
    let ask = SegmentAsk { when: When::AsOf(as_of.to_owned()), of: Asked::Text(text.to_owned()), parameters: Vec::new() };
    let count = project.workspace.segment_count(&ask).unwrap_or_else(|error| panic!("{text}: {}", whole(&error)));
    assert!(count.problems.is_empty() && count.lacks.is_empty(), "{text}: {:?} {:?}", count.problems, count.lacks);
    (count.count, count.members_hash)
}

#[test]
fn a_trait_says_what_its_expression_says() {
    let project = with_traits();
    let app_fan = "orders_placed MATCHES (channel = 'app', count >= 2) AND monetary_score >= 3";
    let same = [
        ("trait.spent_lately > 50", "orders_placed MATCHES (date >= -90d, sum_amount > 50)"),
        ("trait.spent_lately BETWEEN 20 AND 60", "orders_placed MATCHES (date >= -90d, sum_amount BETWEEN 20 AND 60)"),
        ("trait.spent_lately = 0", "orders_placed NOT MATCHES (date >= -90d)"),
        ("trait.app_orders >= 2", "orders_placed MATCHES (channel = 'app', count >= 2)"),
        ("NOT trait.app_orders >= 2", "orders_placed NOT MATCHES (channel = 'app', count >= 2)"),
        ("trait.largest_by_app IS NULL", "orders_placed NOT MATCHES (channel = 'app', date < first_order_date + 200d)"),
        ("trait.largest_by_app > 60", "orders_placed MATCHES (channel = 'app', date < first_order_date + 200d, max_amount > 60)"),
        ("trait.doubled >= 9", "number_of_orders >= 4"),
        ("trait.doubled = 8", "number_of_orders < 0"),
        ("trait.per_order = average_order_value", "number_of_orders > 0"),
        ("trait.per_order > 60", "average_order_value > 60"),
        ("average_order_value >= trait.per_order", "number_of_orders > 0"),
        ("trait.lately > 0.5", "amount_spent < 2 * trait.spent_lately"),
        ("trait.patience >= 30", "days_since_last_order >= 60"),
        ("trait.relative > 1", "amount_spent > average(amount_spent)"),
        ("trait.relative > average(trait.relative)", "amount_spent > average(amount_spent)"),
        ("trait.unlike = true", "amount_spent > average(amount_spent)"),
        ("trait.above = true", "amount_spent > average(amount_spent)"),
        ("trait.above = false", "NOT amount_spent > average(amount_spent)"),
        ("trait.above != true", "NOT amount_spent > average(amount_spent)"),
        ("trait.above IS NOT NULL", "customer_id IS NOT NULL"),
        ("trait.app_fan = true", app_fan),
        ("trait.twice = true", "orders_placed MATCHES (amount > average(average_order_value), count >= 2)"),
        (
            "orders_placed MATCHES (amount > trait.per_order, count >= 2)",
            "orders_placed MATCHES (amount > average_order_value, count >= 2)",
        ),
        ("segment('many')", "number_of_orders >= 7"),
        ("trait.fan_of_late = true", &format!("({app_fan} AND trait.lately > 0.1) OR number_of_orders >= 7")),
        ("average(trait.spent_lately) > 0 AND trait.app_orders >= 2", "trait.app_orders >= 2"),
    ];
    let mut somebody = 0;
    for as_of in [AS_OF, "2025-07-15"] {
        for (short, long) in &same {
            if short.starts_with("average(") {
                continue;
            }
            let found = hash(&project, as_of, short);
            assert_eq!(found, hash(&project, as_of, long), "{short} as of {as_of}");
            somebody += usize::from(found.0 > 0 && found.0 < 90);
        }
    }
    assert!(somebody > 30, "{somebody} of them part the shop");
}

#[test]
fn every_answer_shows_the_same_value() {
    let project = with_traits();
    let names = ["customer_id", "trait.spent_lately", "trait.lately", "trait.above", "trait.doubled", "amount_spent", "trait.spent_lately"];
    let table = project.columns(AS_OF, &names);
    assert_eq!(table.names, names);
    let of: BTreeMap<String, Vec<String>> = table.rows.iter().map(|row| (row[0].clone(), row.clone())).collect();
    assert_eq!(of.len(), 90);
    let above = hash(&project, AS_OF, "trait.above = true").0 as usize;
    assert_eq!(of.values().filter(|row| row[3] == "true").count(), above);
    // The least of the upper fifth, by nearest rank, found in what is shown.
    let mut spent: Vec<f64> = of.values().map(|row| row[1].parse().unwrap()).collect();
    spent.sort_by(f64::total_cmp);
    let bound = spent[spent.len() * 80 / 100 - 1];
    let more = spent.iter().filter(|value| **value > bound).count() as u64;
    assert!(more > 0);
    assert_eq!(hash(&project, AS_OF, "trait.spent_lately > percentile(trait.spent_lately, 80)").0, more);
    for (id, row) in &of {
        let (spent, whole): (f64, f64) = (row[1].parse().unwrap(), row[5].parse().unwrap());
        let share: f64 = row[2].parse().unwrap();
        assert!((share - spent / whole).abs() < 1e-12, "{id}: {row:?}");
        assert_eq!(row[1], row[6]);
    }
    // All columns have the traits at their end; members are cut out of the same rows.
    let all = project.profile(AS_OF);
    assert_eq!(all.names.iter().filter(|name| name.starts_with("trait.")).count(), TRAITS.len());
    let asked = |text: &str| SegmentAsk { when: When::AsOf(AS_OF.to_owned()), of: Asked::Text(text.to_owned()), parameters: Vec::new() };
    let columns = ["trait.above", "customer_id"].map(str::to_owned);
    let (members, count) = project.workspace.segment_members(&asked("trait.above = true AND trait.doubled > 7"), &columns).unwrap();
    let mut rows = 0;
    members
        .each(|batches| {
            rows += batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
            Ok(true)
        })
        .unwrap();
    assert_eq!(rows, count.count);
    // One customer, in two places.
    let id = "c7";
    let customer = project.workspace.customer(&When::AsOf(AS_OF.to_owned()), id).unwrap_or_else(|error| panic!("{}", whole(&error)));
    let shown = arrow::util::display::array_value_to_string(customer.profile.column_by_name("trait.spent_lately").unwrap(), 0).unwrap();
    assert_eq!(shown, of[id][1]);
    let why = project.workspace.segment_explain_customer(&asked("trait.spent_lately > 10 AND trait.above = true"), id).unwrap();
    let found: Vec<String> = why.conditions.iter().flat_map(|part| part.found.iter().map(|found| found.value.clone())).collect();
    let spent: f64 = of[id][1].parse().unwrap();
    assert_eq!(found, [format!("{spent:.2}"), if of[id][3] == "true" { "yes" } else { "no" }.to_owned()]);
}

#[test]
fn traits_that_are_wrong_are_refused_with_their_reason() {
    let project = shop();
    write(&project, "a", "value = 'trait.b + 1'");
    write(&project, "b", "value = '2 * trait.c'");
    write(&project, "c", "value = 'number_of_orders + trait.a'");
    write(&project, "behind", "value = 'trait.a + 1'");
    write(&project, "money", "value = 'amount_spent + days_since_last_order'");
    write(&project, "wrong", "value = 'amount_spnt / 2'");
    write(&project, "sound", "value = 'number_of_orders + 1'");
    write(&project, "broken", "vlaue = 'number_of_orders + 1'");
    write(&project, "round", "condition = \"segment('round')\"");
    std::fs::create_dir_all(project.workspace.segments_folder()).unwrap();
    std::fs::write(project.workspace.segments_folder().join("round.sql"), "trait.round = true").unwrap();
    let check = |text: &str, expected: &str| {
        let ask = SegmentAsk { when: When::AsOf(AS_OF.to_owned()), of: Asked::Text(text.to_owned()), parameters: Vec::new() };
        let error = project.workspace.segment_count(&ask).unwrap_err();
        assert!(error.to_string().contains(expected), "{text}: {error}");
    };
    check("trait.a > 1", "`trait.a` cannot be asked: traits name each other in a circle: `trait.a` -> `trait.b` -> `trait.c` -> `trait.a`");
    check("trait.behind > 1", "it names a trait that is in a circle");
    check("trait.money > 1", "`amount_spent` and `days_since_last_order` count different things");
    check("trait.wrong > 1", "did you mean `amount_spent`?");
    check("trait.broken > 1", "unknown field `vlaue`");
    check("trait.sund > 1", "unknown trait `trait.sund`, did you mean `trait.sound`?");
    check("trait.sound > '1'", "`trait.sound` is a whole number, which stands without quotes");
    check("trait.round = true", "in a circle: `trait.round` -> `round` -> `trait.round`");
    // One that is wrong keeps no other from being asked, and is not put in force.
    assert_eq!(hash(&project, AS_OF, "trait.sound > 1"), hash(&project, AS_OF, "number_of_orders > 0"));
    let profile = |name: &str| {
        let ask = ProfileAsk { when: When::AsOf(AS_OF.to_owned()), columns: vec![name.to_owned()], ..ProfileAsk::default() };
        project.workspace.profile(&ask).map(|profile| profile.customers()).map_err(|error| error.to_string())
    };
    assert_eq!(profile("trait.sound"), Ok(90));
    assert!(profile("trait.wrong").unwrap_err().contains("did you mean `amount_spent`?"));
    assert!(profile("trait.sond").unwrap_err().contains("did you mean `trait.sound`?"));
    let error = project.workspace.segment_changes(&When::AsOf(AS_OF.to_owned())).unwrap_err().to_string();
    assert!(error.contains("traits/a.toml") && error.contains("in a circle"), "{error}");
}

#[test]
fn traits_are_in_force_as_segments_are() {
    let project = shop();
    let workspace = &project.workspace;
    let when = When::AsOf(AS_OF.to_owned());
    write(&project, "often", "condition = 'number_of_orders >= 5'");
    std::fs::create_dir_all(workspace.segments_folder()).unwrap();
    std::fs::write(workspace.segments_folder().join("loved.sql"), "trait.often = true").unwrap();
    let plan = || workspace.segment_changes(&when).unwrap_or_else(|error| panic!("{}", whole(&error)));
    let words = |plan: &SegmentPlan| -> Vec<(String, String)> {
        plan.changes.iter().map(|change| (change.fate.word().to_owned(), change.segment.clone())).collect()
    };
    let pair = |fate: &str, name: &str| (fate.to_owned(), name.to_owned());
    let first = plan();
    assert_eq!(words(&first), [pair("added", "loved"), pair("added", "trait.often")]);
    assert_eq!(first.changes[0].after, first.changes[1].after);
    workspace.apply_segments(&first).unwrap();
    let before = hash(&project, AS_OF, "segment('loved')").0;
    write(&project, "often", "condition = 'number_of_orders >= 3'");
    // Until it is applied the trait stays as it was.
    assert_eq!(hash(&project, AS_OF, "segment('loved')").0, before);
    let second = plan();
    assert_eq!(words(&second), [pair("follows", "loved"), pair("changed", "trait.often")]);
    assert!(second.changes[0].entrants > 0);
    workspace.apply_segments(&second).unwrap();
    assert!(hash(&project, AS_OF, "segment('loved')").0 > before);
    write(&project, "often", "condition = 'number_of_orders >= 3'\nmeaning = 'who orders often'");
    assert_eq!(words(&plan()), [pair("reworded", "trait.often")]);
    std::fs::remove_file(workspace.root().join("traits/often.toml")).unwrap();
    let error = workspace.segment_changes(&when).unwrap_err().to_string();
    assert!(error.contains("`loved` names `trait.often`"), "{error}");
    std::fs::write(workspace.segments_folder().join("loved.sql"), "number_of_orders >= 3").unwrap();
    let last = plan();
    assert_eq!(words(&last), [pair("changed", "loved"), pair("removed", "trait.often")]);
    workspace.apply_segments(&last).unwrap();
    assert!(plan().changes.is_empty());
}
