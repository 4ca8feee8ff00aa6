//! What the settings leave out is as if it had never been, and what is proposed is what looks like it.

use crate::project::Project;
use quintile::{Error, Kind, Overrides, When, Workspace};

const COLUMNS: [(&str, &str); 9] = [
    ("order_id", "order_id"),
    ("customer_id", "customer_id"),
    ("email", "email"),
    ("date", "at"),
    ("total", "total"),
    ("channel", "channel"),
    ("tags", "tags"),
    ("company", "company"),
    ("discount", "discount"),
];
const LINES: [(&str, &str); 4] = [("order_id", "order_id"), ("product", "product"), ("quantity", "quantity"), ("price", "unit_price")];

/// An order as a row, and its units.
type Order = (String, u32);

/// Orders with their units, of a shop that sells on its own page, at a till and on a marketplace, to staff and to a
/// reseller; and those of its customers alone.
fn shop() -> (Vec<Order>, Vec<Order>) {
    let (mut all, mut own) = (Vec::new(), Vec::new());
    let mut order = 0;
    let mut add = |rest: &str, units: u32, kept: bool| {
        order += 1;
        let row = (format!("{order},{}", rest.replace("DAY", &format!("2025-{:02}-{:02}", order % 12 + 1, order % 27 + 1))), units);
        own.extend(kept.then(|| row.clone()));
        all.push(row);
    };
    for number in 0..20 {
        add(&format!("c{},c{}@gmail.com,DAY,{}.5,web,,,", number % 8, number % 8, 20 + number), 1 + number % 3, true);
    }
    for number in 0..4 {
        // At the till: by one who also orders on the page, and by somebody nobody knows otherwise.
        let who = if number % 2 == 0 { "c1,c1@gmail.com".to_owned() } else { format!(",walkin{number}@gmail.com") };
        add(&format!("{who},DAY,9,POS,,,"), 1, false);
    }
    add(",m1@gmail.com,DAY,30,amazon_de,,,", 1, false);
    for number in 0..4 {
        add(&format!("s{},s{}@shop.de,DAY,0,web,,,25", number % 2, number % 2), 1, false);
    }
    add("c2,c2@gmail.com,DAY,5,web,test-order,,", 1, false);
    add("b1,b1@big.de,DAY,900,web,,,", 60, false);
    add("b2,b2@small.de,DAY,90,web,,Small GmbH,", 2, false);
    (all, own)
}

fn filled(rows: &[Order]) -> Project {
    let project = Project::new();
    project.mapping("orders", &COLUMNS);
    project.mapping("lines", &LINES);
    let header = |columns: &[(&str, &str)]| columns.iter().map(|(from, _)| *from).collect::<Vec<_>>().join(",");
    let orders: Vec<&str> = rows.iter().map(|(row, _)| row.as_str()).collect();
    let lines: Vec<String> =
        rows.iter().map(|(row, units)| format!("{},tea,{units},1", row.split(',').next().unwrap_or_default())).collect();
    let paths = [
        project.file("orders.csv", format!("{}\n{}\n", header(&COLUMNS), orders.join("\n"))),
        project.file("lines.csv", format!("{}\n{}\n", header(&LINES), lines.join("\n"))),
    ];
    project.import(&paths);
    project
}

/// The project again, by the settings as they are now.
fn reopened(project: &Project) -> Workspace {
    let overrides = Overrides { threads: Some(2), now: quintile::instant("2026-01-01T12:00:00Z"), ..Overrides::default() };
    Workspace::open(project.workspace.root(), &overrides).unwrap()
}

fn notes(workspace: &Workspace, word: &str) -> Vec<String> {
    workspace.check(&When::AsOf("2026-01-01".into())).unwrap().notes.into_iter().filter(|note| note.contains(word)).collect()
}

#[test]
fn what_looks_like_it_is_proposed_with_counts_and_money() {
    let (all, _) = shop();
    let project = filled(&all);
    let proposed = notes(&project.workspace, "looks like");
    let expected = [
        "looks like a till: 4 orders of channel `pos`, 36.00 EUR before refunds; leave them out with `quintile check --leave-out channel:pos`",
        "looks like a marketplace: 1 order of channel `amazon_de`, 30.00 EUR before refunds; leave them out with `quintile check --leave-out channel:amazon_de`",
        "looks like test orders: 1 order with tag `test-order`, 5.00 EUR before refunds; leave them out with `quintile check --leave-out tag:test-order`",
        "looks like staff: 2 customers at `shop.de` with 4 orders, 0.00 EUR before refunds; leave them out with `quintile check --leave-out email-domain:shop.de`",
        "looks like staff: customer `s0` with 2 orders, all free by a discount, 0.00 EUR before refunds; leave them out with `quintile check --leave-out customer:s0`",
        "looks like staff: customer `s1` with 2 orders, all free by a discount, 0.00 EUR before refunds; leave them out with `quintile check --leave-out customer:s1`",
        "looks like wholesale buyers: 2 customers with 2 orders who name a company or take 10 units or more in the median order, 990.00 EUR before refunds; leave them out with `quintile check --leave-out wholesale`",
    ];
    assert_eq!(proposed, expected);
}

#[test]
fn what_is_left_out_had_never_been() {
    let (all, own) = shop();
    let (mut project, other) = (filled(&all), filled(&own));
    let before = project.profile("2026-01-01");
    let when = When::AsOf("2026-01-01".into());
    let report = project.workspace.leave_out(&when, &["all".to_owned()]).unwrap();
    assert_eq!(report.taken.len(), 7);
    let text = std::fs::read_to_string(&report.file).unwrap();
    assert!(text.contains("# Thresholds are found from the store's own data") && text.contains("wholesale = true"), "{text}");
    project.workspace = reopened(&project);
    let after = project.profile("2026-01-01");
    assert_ne!(after.header.settings, before.header.settings, "an answer with less in it is another answer");
    other.profile("2026-01-01").same_as(&after, "left out / never there");
    for (a, b) in [
        (project.rfm("2026-01-01"), other.rfm("2026-01-01")),
        (project.stages("2026-01-01", "life_stage"), other.stages("2026-01-01", "life_stage")),
        (project.opportunities("2026-01-01"), other.opportunities("2026-01-01")),
        (project.check("2026-01-01").0, other.check("2026-01-01").0),
    ] {
        b.same_as(&a, "left out / never there");
    }
    let left: Vec<_> = after.header.left_out.iter().map(|left| (left.reason, left.customers, left.orders)).collect();
    assert_eq!(left, [("list of customers", 2, 4), ("tag", 0, 1), ("wholesale", 2, 2), ("channel", 0, 5)]);
    assert!(after.header.footer().contains("left out: 2 customers with 4 orders by list of customers, 1 order by tag, "));
    assert_eq!(
        notes(&project.workspace, "left out by"),
        [
            "left out by [leave-out] in quintile.toml: 2 customers with 4 orders by list of customers, 1 order by tag, 2 customers with 2 orders by wholesale, 5 orders by channel; they came to 1,061.00 before refunds and are in no answer"
        ]
    );
    assert_eq!(notes(&project.workspace, "looks like"), Vec::<String>::new(), "nothing is proposed twice");
    // Whoever is left out can still be looked at.
    let shown = project.workspace.customer(&when, "s0").unwrap();
    assert!(shown.header.warnings.iter().any(|warning| warning.contains("left out of every other answer")), "{:?}", shown.header.warnings);
    let shown = project.workspace.customer(&when, "c1").unwrap();
    assert!(shown.header.warnings.iter().any(|warning| warning.starts_with("2 orders are not in this profile")));
}

#[test]
fn the_moment_and_the_currency_go_by_what_is_left() {
    let mut project = Project::new();
    project.mapping("orders", &COLUMNS);
    let rows =
        ["1,c1,c1@gmail.com,2025-01-05,10,web,,,", "2,c2,c2@gmail.com,2025-02-05,10,web,,,", "3,c3,c3@gmail.com,2025-06-05,10,pos,,,"];
    let header = COLUMNS.map(|(from, _)| from).join(",");
    project.import(&[project.file("orders.csv", format!("{header}\n{}\n", rows.join("\n")))]);
    assert!(project.profile("").header.as_of.starts_with("2025-06-06"));
    project.workspace.leave_out(&When::Latest, &["channel:pos".to_owned()]).unwrap();
    project.workspace = reopened(&project);
    let profile = project.profile("");
    assert!(profile.header.as_of.starts_with("2025-02-06"), "{}", profile.header.as_of);
    assert_eq!(profile.column("customer_id"), ["c1", "c2"], "who was known by such an order alone is no customer");
}

#[test]
fn a_customer_on_the_list_is_named_by_id_or_address() {
    let (all, _) = shop();
    let mut project = filled(&all);
    let file = project.workspace.root().join("quintile.toml");
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("# customers = [\"4711\"]", "customers = ['c3', 'C4@Gmail.com', 'walkin1@gmail.com']");
    std::fs::write(&file, text).unwrap();
    project.workspace = reopened(&project);
    let ids: Vec<String> = project.profile("2026-01-01").column("customer_id").into_iter().map(str::to_owned).collect();
    assert!(ids.contains(&"c5".to_owned()) && ids.contains(&"walkin3@gmail.com".to_owned()), "{ids:?}");
    for gone in ["c3", "c4", "walkin1@gmail.com"] {
        assert!(!ids.contains(&gone.to_owned()), "{gone}");
    }
}

#[test]
fn an_unknown_proposal_is_said_with_the_nearest() {
    let (all, _) = shop();
    let project = filled(&all);
    let error = project.workspace.leave_out(&When::AsOf("2026-01-01".into()), &["chanel:pos".to_owned()]).unwrap_err();
    assert!(matches!(error, Error::Usage(_)) && error.kind() == Kind::Usage);
    assert!(error.to_string().starts_with("no proposal `chanel:pos`, did you mean `channel:pos`? proposed are `channel:pos`, "), "{error}");
}
