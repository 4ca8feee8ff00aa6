//! One number for one segment, however it is asked; own segments in force and as their files say.

use crate::project::{Project, whole};
use quintile::segment::{OwnSegment, changes::SegmentPlan};
use quintile::{Asked, Error, Kind, SegmentAsk, When};

fn shop() -> String {
    let mut text = "order_id,customer_id,created_at,total,channel\n".to_owned();
    for order in 0..400 {
        let (customer, day, channel) = (order * 7 % 90, 1 + order % 28, ["web", "app", "till"][order % 3]);
        text += &format!("{order},c{customer},2025-{:02}-{day:02} 10:00,{}.50,{channel}\n", 1 + order / 40, 5 + order % 120);
    }
    text
}

fn ask(of: Asked) -> SegmentAsk {
    SegmentAsk { when: When::AsOf("2025-12-01".to_owned()), of, parameters: Vec::new() }
}

fn named(name: &str) -> SegmentAsk {
    ask(Asked::Name(name.to_owned()))
}

fn write(project: &Project, name: &str, text: &str) {
    let folder = project.workspace.segments_folder();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_segment_has_one_number_however_it_is_asked() {
    let project = Project::new();
    project.import_text("shop.csv", shop());
    // Of rows alone, of figures of the store, of facts alone, of facts and classes of the store together, and of facts that are
    // compared with a figure of the store, which takes two readings.
    let texts = [
        ("rows", "number_of_orders >= 4"),
        ("figure", "amount_spent > average(amount_spent)"),
        ("facts", "orders_placed MATCHES (channel = 'app', count >= 2)"),
        ("both", "orders_placed MATCHES (channel = 'app', count >= 2) AND monetary_score >= 3"),
        ("twice", "orders_placed MATCHES (amount > average(average_order_value), count >= 2)"),
        ("named", "segment('twice') AND segment('figure')"),
    ];
    for (name, text) in texts {
        write(&project, &format!("{name}.sql"), text);
    }
    let all = project.workspace.segment_count_all(&ask(Asked::Text(String::new())).when, Some("own"), false).unwrap();
    let column = |name: &str| all.rows.column_by_name(name).unwrap().clone();
    let (names, counts, hashes) = (column("segment"), column("customers"), column("members_hash"));
    use arrow::array::AsArray;
    assert_eq!(names.len(), texts.len());
    for row in 0..names.len() {
        let name = names.as_string::<i32>().value(row);
        let text = texts.iter().find(|(known, _)| *known == name).unwrap().1;
        let count = counts.as_primitive::<arrow::datatypes::Int64Type>().value(row) as u64;
        assert!(count > 0, "{name}: nobody");
        for ask in [named(name), ask(Asked::Text(text.to_owned())), ask(Asked::Draft(name.to_owned()))] {
            let alone = project.workspace.segment_count(&ask).unwrap_or_else(|error| panic!("{}", whole(&error)));
            assert_eq!((alone.count, alone.customers), (count, 90), "{name}");
            assert_eq!(alone.members_hash, hashes.as_string::<i32>().value(row), "{name}");
            let (members, listed) = project.workspace.segment_members(&ask, &["customer_id".to_owned()]).unwrap();
            assert_eq!((members.customers(), &listed.members_hash), (count, &alone.members_hash), "{name}");
            assert_eq!(members.header.members_hash.as_ref(), Some(&alone.members_hash));
            let explained = project.workspace.segment_explain(&ask).unwrap();
            assert_eq!((explained.count, explained.header.version), (count, alone.header.version), "{name}");
        }
    }
}

#[test]
fn what_is_in_force_stays_until_it_is_applied_anew() {
    let project = Project::new();
    project.import_text("shop.csv", shop());
    let workspace = &project.workspace;
    let count = |ask: &SegmentAsk| workspace.segment_count(ask).unwrap_or_else(|error| panic!("{}", whole(&error))).count;
    let plan = || workspace.segment_changes(&named("many").when).unwrap_or_else(|error| panic!("{}", whole(&error)));
    workspace.segment_new(&OwnSegment::new("many", "number_of_orders >= 5")).unwrap();
    let first = plan();
    let kept = SegmentPlan::from_json(&first.to_json().unwrap()).unwrap();
    workspace.apply_segments(&kept).unwrap();
    let (before, after) = (count(&named("many")), count(&ask(Asked::Text("number_of_orders >= 2".to_owned()))));
    assert!(before < after);
    write(&project, "many.toml", "segment = 'number_of_orders >= 2'\n");
    assert_eq!((count(&named("many")), count(&ask(Asked::Draft("many".to_owned())))), (before, after));
    let second = plan();
    let change = &second.changes[0];
    assert_eq!((change.before, change.after, change.entrants, change.leavers), (Some(before), Some(after), after - before, 0));
    // The first plan was made for what was in force then, and so is every plan once another one is applied.
    for old in [&first, &second] {
        let refused = workspace.apply_segments(old);
        match std::ptr::eq(old, &second) {
            true => refused.unwrap(),
            false => assert!(matches!(refused, Err(Error::PlanIsOld { .. }))),
        }
    }
    assert_eq!(count(&named("many")), after);
    assert!(plan().changes.is_empty());
    // Files that change, settings that change and a store that moves make a plan old.
    write(&project, "more.sql", "number_of_orders >= 3");
    let third = plan();
    write(&project, "more.sql", "number_of_orders >= 4");
    let error = workspace.apply_segments(&third).unwrap_err();
    assert!(error.kind() == Kind::Conflict && error.to_string().contains("files in"), "{error}");
    let fourth = plan();
    project.import_text("later.csv", "order_id,customer_id,created_at,total,channel\nz1,c1,2025-11-30 10:00,5,web\n".to_owned());
    let error = workspace.apply_segments(&fourth).unwrap_err();
    assert!(error.to_string().contains("the store moved from version 1 to 2"), "{error}");
    assert_eq!(workspace.segment_file("more").unwrap().map(|path| path.is_file()), Some(true));
}

#[test]
fn protected_segments_stay_and_circles_are_shown() {
    let project = Project::new();
    project.import_text("shop.csv", shop());
    let workspace = &project.workspace;
    let when = named("kept").when;
    write(&project, "kept.toml", "segment = 'number_of_orders >= 5'\nprotected = true\n");
    workspace.apply_segments(&workspace.segment_changes(&when).unwrap()).unwrap();
    std::fs::remove_file(workspace.segments_folder().join("kept.toml")).unwrap();
    let error = workspace.segment_changes(&when).unwrap_err();
    assert!(matches!(&error, Error::Protected(name) if name == "kept"), "{error}");
    write(&project, "kept.toml", "segment = 'number_of_orders >= 5'\n");
    write(&project, "a.sql", "segment('b') AND number_of_orders > 1");
    write(&project, "b.sql", "number_of_orders > 2 OR NOT segment('a')");
    let error = workspace.segment_changes(&when).unwrap_err().to_string();
    assert!(error.contains("in a circle: `a` -> `b` -> `a`"), "{error}");
    let error = workspace.segment_count(&named("b")).unwrap_err().to_string();
    assert!(error.contains("in a circle"), "{error}");
    // One that cannot be asked keeps nobody else from being asked.
    let all = workspace.segment_count_all(&when, None, false).unwrap();
    assert!(all.notes.iter().any(|note| note.contains("`a` cannot be asked")), "{:?}", all.notes);
}

#[test]
fn what_the_store_lacks_is_named() {
    let project = Project::new();
    project.import_text("shop.csv", shop());
    let lacks = |text: &str| project.workspace.segment_count(&ask(Asked::Text(text.to_owned()))).unwrap().lacks;
    let check = |text: &str, expected: &[&str]| assert_eq!(lacks(text), expected, "{text}");
    check("number_of_orders > 1 AND orders_placed MATCHES (channel = 'web')", &[]);
    check("tickets MATCHES (count > 1)", &["tickets"]);
    check("tickets > 1 OR number_of_orders > 1", &["tickets"]);
    check("visits_30d > 1 AND messages.opened MATCHES ()", &["events", "messages"]);
    check("products_purchased MATCHES (category = 'Shoes')", &["lines"]);
    check("orders_placed MATCHES (country = 'DE')", &["country of orders"]);
    check("carts_abandoned_90d > 1", &["carts"]);
    check("units > 3", &["lines"]);
    check("amount_spent > 3", &[]);
    check("gender = 'f'", &["gender of customers"]);
    check("gender IS NULL", &[]);
    check("p_alive > 0.5", &["a value model (`quintile value fit`)"]);
    check("orders_placed NOT MATCHES (discounted = true)", &["discounts"]);
    check("store_credit_accounts MATCHES ()", &["facts that no source brings yet"]);
}

#[test]
fn what_came_later_was_lacking_before() {
    let project = Project::new();
    project.import_text("shop.csv", shop());
    let text = "message_id,customer_id,at,channel,action,campaign\nm1,c1,2025-08-01T10:00:00Z,email,opened,summer\n";
    let report = project.workspace.import(
        &quintile::ImportAsk {
            paths: vec![project.file("messages.csv", text)],
            as_kind: Some("messages".to_owned()),
            ..quintile::ImportAsk::default()
        },
        &|_| {},
    );
    report.unwrap_or_else(|error| panic!("{}", whole(&error)));
    let check = |as_of: &str, text: &str, expected: &[&str]| {
        let ask = SegmentAsk { when: When::AsOf(as_of.to_owned()), of: Asked::Text(text.to_owned()), parameters: Vec::new() };
        assert_eq!(project.workspace.segment_count(&ask).unwrap().lacks, expected, "{text} as of {as_of}");
    };
    // By facts, by a column of facts, by an attribute that is made of them, and beside a class of the whole store.
    for text in [
        "messages.opened MATCHES ()",
        "messages_opened_90d > 0",
        "messages.opened MATCHES () AND monetary_score > 1",
        "messages.opened MATCHES (count > average(number_of_orders))",
    ] {
        check("2025-07-01", text, &["messages"]);
        check("2025-12-01", text, &[]);
    }
    check("2025-07-01", "messages.opened MATCHES (campaign = 'summer')", &["messages"]);
    check("2025-12-01", "messages.opened MATCHES (campaign = 'summer')", &[]);
    check("2025-07-01", "orders_placed MATCHES (channel = 'app')", &[]);
}

#[test]
fn values_of_the_store_take_the_place_of_examples() {
    let project = Project::new();
    let rows: String =
        (1..=10).map(|n| format!("{n},{n},2025-11-{n:02}T10:00:00Z,{n}0.00,{}\n", if n < 4 { "DE" } else { "FR" })).collect();
    project.import_text("orders.csv", format!("order_id,customer_id,order_date,total,country\n{rows}"));
    let counted = |suggested: bool| {
        let all = project.workspace.segment_count_all(&named("x").when, Some("first-steps"), suggested).unwrap();
        let text = |name: &str, row: usize| {
            let column = all.rows.column_by_name(name)?;
            (!arrow::array::Array::is_null(column, row)).then(|| arrow::util::display::array_value_to_string(column, row).unwrap())
        };
        let row = |id: &str| (0..all.rows.num_rows()).find(|row| text("segment", *row).as_deref() == Some(id)).unwrap();
        let of = |id: &str| (text("customers", row(id)).unwrap(), text("with", row(id)), text("members_hash", row(id)));
        (of("local"), of("one-order"), all.notes.clone())
    };
    let (local, one, notes) = counted(false);
    assert_eq!((local.0.as_str(), local.1, one.1), ("3", None, None));
    assert!(notes.iter().any(|note| note.contains("--suggested")), "{notes:?}");
    let (local, one, _) = counted(true);
    assert_eq!((local.0.as_str(), local.1.as_deref(), one.1), ("7", Some("$country = 'FR'"), None));
    // Alone it is the same, and what is given goes before what is suggested.
    let alone = |ask: &SegmentAsk| {
        let count = project.workspace.segment_count(&project.workspace.with_suggestions(ask).unwrap()).unwrap();
        (count.count, Some(count.members_hash))
    };
    assert_eq!(alone(&named("local")), (7, local.2));
    assert_eq!(alone(&SegmentAsk { parameters: vec![("country".to_owned(), "'DE'".to_owned())], ..named("local") }).0, 3);
    assert!(project.workspace.with_suggestions(&ask(Asked::Text("number_of_orders > 1".to_owned()))).is_err());
}
