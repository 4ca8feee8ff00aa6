//! What is at hand gives the numbers that a whole question gives, and a sample says how far it can be believed.

use crate::demo_store;
use crate::demo_touches::FILES;
use crate::project::{Project, when, whole};
use arrow::array::AsArray;
use quintile::segment::at_hand::AtHand;
use quintile::segment::{PreviewedCondition, SegmentPreview};
use quintile::{Asked, ImportAsk, SegmentAsk, Workspace};

const MEBIBYTE: usize = 1 << 20;

fn ask(as_of: &str, text: &str) -> SegmentAsk {
    SegmentAsk { when: when(as_of), of: Asked::Text(text.to_owned()), parameters: Vec::new() }
}

fn preview(workspace: &Workspace, at_hand: &AtHand, ask: &SegmentAsk, exact: bool) -> SegmentPreview {
    workspace.segment_preview(ask, at_hand, exact).unwrap_or_else(|error| panic!("{:?}: {}", ask.of, whole(&error)))
}

/// The numbers of both ways.
fn same(workspace: &Workspace, at_hand: &AtHand, ask: &SegmentAsk) {
    let (found, explained) = (preview(workspace, at_hand, ask, true), workspace.segment_explain(ask).unwrap());
    let count = workspace.segment_count(ask).unwrap();
    assert_eq!((found.size.count, found.size.interval, found.sampled), (count.count, None, None), "{:?}", ask.of);
    assert_eq!((found.customers, &found.members_hash), (count.customers, &Some(count.members_hash)), "{:?}", ask.of);
    assert_eq!((&found.lacks, &found.sentence), (&explained.lacks, &explained.sentence), "{:?}", ask.of);
    let shown = |c: &PreviewedCondition| (c.depth, c.text.clone(), c.size.count, c.removes.map(|removes| removes.count));
    assert_eq!(found.conditions.iter().map(shown).collect::<Vec<_>>(), explained.conditions, "{:?}", ask.of);
    let (own, theirs) = (&found.header, &explained.header);
    assert_eq!(
        (&own.as_of, own.version, &own.settings, own.customers),
        (&theirs.as_of, theirs.version, &theirs.settings, theirs.customers)
    );
    assert_eq!((&own.warnings, &own.left_out), (&theirs.warnings, &theirs.left_out), "{:?}", ask.of);
    for threshold in &theirs.thresholds {
        assert!(own.thresholds.contains(threshold), "{:?}: {threshold:?}", ask.of);
    }
}

#[test]
fn ready_segments_count_the_same_by_what_is_at_hand() {
    let project = Project::of("Europe/Berlin", "EUR");
    let folder = project.path("");
    demo_store::write(&folder, 1).unwrap();
    project.import(&[demo_store::ORDERS, demo_store::CUSTOMERS, demo_store::PRODUCTS].map(|name| folder.join(name)));
    for (name, _) in FILES {
        let kind = name.trim_end_matches(".csv").to_owned();
        let ask =
            ImportAsk { paths: vec![folder.join(name)], as_kind: Some(kind), source: Some("shopify".to_owned()), ..ImportAsk::default() };
        project.workspace.import(&ask, &|_| {}).unwrap_or_else(|error| panic!("{name}: {}", whole(&error)));
    }
    let workspace = &project.workspace;
    let all = workspace.segment_count_all(&when(demo_store::AS_OF), None, false).unwrap();
    let column = |name: &str| all.rows.column_by_name(name).unwrap().clone();
    let (names, hashes) = (column("segment"), column("members_hash"));
    let at_hand = AtHand::new(256 * MEBIBYTE, 2).unwrap();
    let mut told = 0;
    for (name, hash) in names.as_string::<i32>().iter().zip(hashes.as_string::<i32>()) {
        let (Some(name), Some(hash)) = (name, hash) else { continue };
        let asked = ask(demo_store::AS_OF, &format!("segment('{name}')"));
        let found = preview(workspace, &at_hand, &asked, true);
        assert_eq!(found.members_hash.as_deref(), Some(hash), "{name}");
        told += 1;
    }
    assert!(told > 120, "{told}");
    let texts = [
        "amount_spent > 50 AND number_of_orders >= 2 AND NOT life_stage = 'loyal'",
        "monetary_score >= 4 OR amount_spent > average(buyers.amount_spent)",
        "orders_placed MATCHES (amount > average(average_order_value), count >= 2) AND retention_state = 'active'",
        "amount_discounted > 10 AND orders_placed MATCHES (channel = 'nowhere')",
        "first_order_date >= 2020-01-01 AND customer_tags CONTAINS 'vip'",
        "(number_of_orders = 1 AND rfm_group = 'NEW') OR email_subscription_status = 'SUBSCRIBED'",
    ];
    // With room for all, with room for little, and with room for nothing.
    for at_hand in [at_hand, AtHand::new(MEBIBYTE / 8, 2).unwrap(), AtHand::new(0, 1).unwrap()] {
        for text in texts {
            same(workspace, &at_hand, &ask(demo_store::AS_OF, text));
        }
        // Another moment is another answer, and the first one stays.
        let (earlier, later) = (ask("2025-01-01", texts[0]), ask(demo_store::AS_OF, texts[0]));
        same(workspace, &at_hand, &earlier);
        same(workspace, &at_hand, &later);
    }
}

#[test]
fn what_is_at_hand_goes_when_the_store_moves() {
    let project = Project::new();
    let orders = |customers: std::ops::Range<u32>| -> String {
        let rows = customers.map(|n| format!("{n},c{n},2025-11-{:02} 10:00,{}.00\n", 1 + n % 28, 10 + n));
        format!("order_id,customer_id,created_at,total\n{}", rows.collect::<String>())
    };
    project.import_text("first.csv", orders(0..50));
    let at_hand = AtHand::new(64 * MEBIBYTE, 2).unwrap();
    let asked = ask("2025-12-01", "amount_spent >= 30 AND orders_placed MATCHES (amount >= 40)");
    same(&project.workspace, &at_hand, &asked);
    let before = preview(&project.workspace, &at_hand, &asked, false);
    assert!(at_hand.bytes() > 0);
    project.import_text("second.csv", orders(50..90));
    same(&project.workspace, &at_hand, &asked);
    let after = preview(&project.workspace, &at_hand, &asked, false);
    assert_eq!((before.size.count, after.size.count), (20, 60));
}

#[test]
fn facts_are_sampled_first_and_the_sample_says_so() {
    let project = Project::new();
    let rows =
        (0..60_000).map(|n| format!("{n},c{n},2025-{:02}-10 10:00,{}.00,{}\n", 1 + n % 11, 1 + n % 97, ["web", "app", "till"][n % 3]));
    project.import_text("many.csv", format!("order_id,customer_id,created_at,total,channel\n{}", rows.collect::<String>()));
    let at_hand = AtHand::new(256 * MEBIBYTE, 2).unwrap();
    let workspace = &project.workspace;
    let text = "amount_spent > 40 AND orders_placed MATCHES (channel = 'app', amount >= 30)";
    let asked = ask("2025-12-01", text);
    let first = preview(workspace, &at_hand, &asked, false);
    assert_eq!((first.sampled, first.members_hash.as_ref()), (Some(20_000), None));
    let exact = workspace.segment_explain(&asked).unwrap();
    let close = |size: quintile::segment::at_hand::sample::Size, count: u64| {
        let (low, high) = size.interval.expect("an interval");
        // Wider than 95 %, so that the test does not depend on how keys happen to fall.
        let slack = (high - low) / 2;
        assert!(low < high && low.saturating_sub(slack) <= count && count <= high + slack, "{count} is not in {low} to {high}");
    };
    close(first.size, exact.count);
    for (shown, told) in first.conditions.iter().zip(&exact.conditions) {
        match shown.text.starts_with("amount_spent") {
            // Of columns all customers are asked at once.
            true => assert_eq!((shown.size.interval, shown.size.count), (None, told.2)),
            false => close(shown.size, told.2),
        }
        if let (Some(removes), Some(told)) = (shown.removes, told.3) {
            close(removes, told);
        }
    }
    // The same question gives the same sample, until somebody asked for the numbers; then they are at hand.
    assert_eq!(preview(workspace, &at_hand, &asked, false).size, first.size);
    same(workspace, &at_hand, &asked);
    let again = preview(workspace, &at_hand, &asked, false);
    assert_eq!((again.sampled, again.size.count, again.size.interval), (None, exact.count, None));
    // A change of a column's condition beside it stays exact; a change of the facts' is sampled anew.
    let other = ask("2025-12-01", "amount_spent > 60 AND orders_placed MATCHES (channel = 'app', amount >= 30)");
    assert_eq!(preview(workspace, &at_hand, &other, false).sampled, None);
    same(workspace, &at_hand, &other);
    let other = ask("2025-12-01", "amount_spent > 60 AND orders_placed MATCHES (channel = 'app', amount >= 35)");
    assert_eq!(preview(workspace, &at_hand, &other, false).sampled, Some(20_000));
    // What facts say of a trait is sampled as conditions about facts are, and columns are asked of all customers.
    write_trait(&project, "in_app", "value = \"orders_placed(sum_amount, channel = 'app')\"");
    write_trait(&project, "doubled", "value = '2 * amount_spent'");
    let by_trait = ask("2025-12-01", "trait.doubled > 80 AND trait.in_app >= 30");
    let first = preview(workspace, &at_hand, &by_trait, false);
    let doubled = first.conditions.iter().find(|part| part.text == "trait.doubled > 80").unwrap();
    assert_eq!((first.sampled, doubled.size.interval), (Some(20_000), None));
    close(first.size, exact.count);
    same(workspace, &at_hand, &by_trait);
    assert_eq!(preview(workspace, &at_hand, &by_trait, false).size.count, exact.count);
    // A figure of the store of such a trait takes the facts of all customers, so that the answer is exact at once.
    let of_all = ask("2025-12-01", "trait.in_app > average(trait.in_app)");
    assert_eq!(preview(workspace, &at_hand, &of_all, false).sampled, None);
    same(workspace, &at_hand, &of_all);
}

#[test]
fn traits_are_at_hand_as_they_are_written_now() {
    let project = Project::of("Europe/Berlin", "EUR");
    let folder = project.path("");
    demo_store::write(&folder, 1).unwrap();
    project.import(&[demo_store::ORDERS, demo_store::CUSTOMERS, demo_store::PRODUCTS].map(|name| folder.join(name)));
    for (name, text) in [
        ("lately", "value = 'orders_placed(sum_amount, date >= -180d)'"),
        ("share", "value = 'trait.lately / amount_spent'"),
        ("per_order", "value = 'amount_spent / number_of_orders'"),
        ("relative", "value = 'trait.per_order / average(trait.per_order)'"),
        ("fond", "condition = \"trait.share > 0.3 AND monetary_score >= 3 OR segment('loyal')\""),
        ("large", "condition = 'orders_placed MATCHES (amount > trait.per_order, count >= 2)'"),
    ] {
        write_trait(&project, name, text);
    }
    let texts = [
        "trait.lately > 50 AND number_of_orders >= 2",
        "trait.share BETWEEN 0.2 AND 0.8",
        "trait.relative > 1 AND NOT trait.per_order > 80",
        "trait.relative > median(trait.relative) OR trait.lately = 0",
        "trait.fond = true AND trait.large != true",
        "trait.lately > percentile(trait.lately, 75)",
        "trait.share IS NULL OR trait.lately < 20",
        "trait.per_order > average(buyers.trait.per_order)",
    ];
    // With room for all, and with room for nothing.
    for at_hand in [AtHand::new(64 * MEBIBYTE, 2).unwrap(), AtHand::new(0, 1).unwrap()] {
        for text in texts {
            same(&project.workspace, &at_hand, &ask(demo_store::AS_OF, text));
        }
        // Without another state of the store the same words mean something else.
        let asked = ask(demo_store::AS_OF, "trait.per_order > 40 AND trait.lately > average(amount_spent)");
        let before = preview(&project.workspace, &at_hand, &asked, true);
        same(&project.workspace, &at_hand, &asked);
        write_trait(&project, "per_order", "value = '2 * amount_spent / number_of_orders'");
        write_trait(&project, "lately", "value = 'orders_placed(sum_amount, date >= -700d)'");
        same(&project.workspace, &at_hand, &asked);
        let after = preview(&project.workspace, &at_hand, &asked, true);
        assert!(before.size.count < after.size.count, "{} {}", before.size.count, after.size.count);
        for text in texts {
            same(&project.workspace, &at_hand, &ask(demo_store::AS_OF, text));
        }
        write_trait(&project, "per_order", "value = 'amount_spent / number_of_orders'");
        write_trait(&project, "lately", "value = 'orders_placed(sum_amount, date >= -180d)'");
    }
}

#[test]
fn what_was_not_there_yet_is_lacked_at_hand_too() {
    let project = Project::new();
    project.import_text(
        "orders.csv",
        "order_id,customer_id,created_at,total\n1,a,2025-01-01 10:00,5.00\n2,b,2025-06-01 10:00,9.00\n".to_owned(),
    );
    let text = "message_id,customer_id,at,channel,action,campaign\nm1,a,2025-05-01T10:00:00Z,email,opened,summer\n";
    let messages = ImportAsk {
        paths: vec![project.file("messages.csv", text)],
        as_kind: Some("messages".to_owned()),
        source: Some("shopify".to_owned()),
        ..ImportAsk::default()
    };
    project.workspace.import(&messages, &|_| {}).unwrap_or_else(|error| panic!("{}", whole(&error)));
    let at_hand = AtHand::new(MEBIBYTE, 1).unwrap();
    for as_of in ["2025-03-01", "2025-07-01"] {
        for text in [
            "messages.opened MATCHES (count >= 1)",
            "messages_opened_90d > 0",
            "messages.opened MATCHES (campaign = 'summer') AND monetary_score > 1",
            "amount_spent > 1",
        ] {
            same(&project.workspace, &at_hand, &ask(as_of, text));
        }
    }
}

fn write_trait(project: &Project, name: &str, text: &str) {
    let folder = project.workspace.root().join("traits");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.toml")), text).unwrap();
}
