//! What a mapping can say beyond one column for one: amounts after discounts, discounts that add up, paths of categories, tags out of
//! columns, and what is the same in every row; and questions that rest on it.

use crate::project::{Project, Table, when};
use quintile::{Against, Began, BehaviourAsk, ImportAsk, ProductsAsk, RulesAsk};

fn import_by(project: &Project, name: &str, text: &str, mapping: &str) {
    let path = project.file(name, text);
    let mapping = project.file(&format!("{name}.toml"), mapping);
    let ask = ImportAsk { paths: vec![path], mapping: Some(mapping), ..ImportAsk::default() };
    project.workspace.import(&ask, &|_| {}).unwrap_or_else(|error| panic!("{}", crate::project::whole(&error)));
}

/// A mapping of columns, each to what it is, and of what every row has.
fn mapping(kinds: &str, columns: &[(&str, &str)], always: &[(&str, &str)]) -> String {
    let mut text = format!("name = 'm'\nkinds = [{kinds}]\n");
    for (from, to) in columns {
        text.push_str(&format!("[[column]]\nfrom = '{from}'\nto = [{to}]\n"));
    }
    for (to, value) in always {
        text.push_str(&format!("[[always]]\nto = '{to}'\nvalue = '{value}'\n"));
    }
    text
}

fn shop() -> Project {
    let project = Project::new();
    // a paid 1.00 for three, of which no price of four decimals makes exactly that, and 2.00 after 0.30 off.
    import_by(
        &project,
        "sold.csv",
        "household,basket,when,sku,units,paid,off,off_too\n\
         a,1,2025-01-10T10:00:00Z,X,3,1.00,0,0\na,1,2025-01-10T10:00:00Z,Y,1,2.00,0.10,0.20\n\
         b,2,2025-02-10T10:00:00Z,X,7,1.00,0.01,0\nb,3,2025-03-10T10:00:00Z,Z,1,5.00,,\n",
        &mapping(
            "'orders', 'lines'",
            &[
                ("household", "'orders.customer_id'"),
                ("basket", "'orders.order_id', 'lines.order_id'"),
                ("when", "'orders.at'"),
                ("sku", "'lines.product'"),
                ("units", "'lines.quantity'"),
                ("paid", "'lines.amount'"),
                ("off", "'lines.discount'"),
                ("off_too", "'lines.discount'"),
            ],
            &[],
        ),
    );
    import_by(
        &project,
        "goods.csv",
        "sku,wide,narrow\nX,Food,Bread\nY,Food,Milk\nZ,Toys,\n",
        &mapping("'products'", &[("sku", "'products.product'"), ("wide", "'products.category'"), ("narrow", "'products.category'")], &[]),
    );
    import_by(
        &project,
        "people.csv",
        "household,Income,kids\na,\"10,000+\",0\nb,,2\n",
        &mapping(
            "'customers'",
            &[("household", "'customers.customer_id'"), ("Income", "'customers.tags'"), ("kids", "'customers.tags'")],
            &[],
        ),
    );
    import_by(
        &project,
        "sent.csv",
        "household,day,campaign\na,2025-01-20,spring\nb,2025-01-20,spring\n",
        &mapping(
            "'messages'",
            &[("household", "'messages.customer_id'"), ("day", "'messages.at'"), ("campaign", "'messages.campaign'")],
            &[("messages.action", "Sent"), ("messages.channel", "direct mail")],
        ),
    );
    project
}

#[test]
fn amounts_are_after_their_discounts_and_what_rounding_leaves_is_none() {
    let found = shop().columns("2025-04-01", &["customer_id", "amount_spent", "full_price_unit_share", "discounted_order_share", "units"]);
    let row = |who: &str| {
        ["amount_spent", "full_price_unit_share", "discounted_order_share", "units"].map(|name| found.get(who, name).to_owned())
    };
    assert_eq!(row("a"), ["3.0000", "0.75", "1.0", "4"]);
    assert_eq!(row("b"), ["6.0000", "0.125", "0.5", "8"]);
}

#[test]
fn categories_are_paths_and_columns_become_tags() {
    let project = shop();
    let found = project.columns("2025-04-01", &["customer_id", "first_category", "customer_tags"]);
    assert_eq!([found.get("a", "first_category"), found.get("b", "first_category")], ["Food > Bread", "Food > Bread"]);
    assert_eq!([found.get("a", "customer_tags"), found.get("b", "customer_tags")], ["[income:10;000+, kids:0]", "[kids:2]"]);
    assert_eq!(project.segment("2025-04-01", "products_purchased MATCHES (category = 'Toys')"), 1);
    let rules = |level| {
        let ask = RulesAsk {
            by_category: true,
            over_customers: true,
            level,
            support: 0.1,
            confidence: 0.1,
            ..RulesAsk::usual(when("2025-04-01"))
        };
        project.workspace.rules(&ask).unwrap().rows.num_rows()
    };
    // Two customers are too few for a rule, at any level; a level of products is refused.
    assert_eq!([rules(None), rules(Some(1))], [0, 0]);
    let ask = RulesAsk { level: Some(1), ..RulesAsk::usual(when("2025-04-01")) };
    assert!(project.workspace.rules(&ask).unwrap_err().to_string().contains("--by category"));
}

#[test]
fn what_every_row_has_is_in_every_row() {
    let project = shop();
    assert_eq!(project.segment("2025-04-01", "messages.received MATCHES (campaign = 'spring', channel = 'post')"), 2);
    assert_eq!(project.segment("2025-04-01", "messages.received MATCHES (campaign = 'spring') THEN orders_placed WITHIN 60d"), 1);
}

#[test]
fn who_began_is_told_apart_by_tags() {
    let ask = ProductsAsk { when: when("2025-06-01"), by: Began::Who, within_days: Some(60), least: 1, margin_share: None };
    let found = Table::of(shop().workspace.products(&ask).unwrap());
    let row = |who: &str| ["customers", "back"].map(|name| found.get(who, name).to_owned());
    assert_eq!([row("kids:0"), row("kids:2"), row("income:10;000+")], [["1", "0"], ["1", "1"], ["1", "0"]]);
}

/// Many customers of three cities, of which one has most of those who come back.
#[test]
fn places_say_where_those_live_who_come_back() {
    let project = Project::new();
    let mut text = "order_id,customer_id,order_date,total,city,country\n".to_owned();
    let mut order = 0;
    for nth in 0..90 {
        let (city, back) = match nth % 3 {
            0 => ("Lyon", nth % 6 == 0),
            1 => ("Lille", nth % 9 == 1),
            _ => ("", true),
        };
        for month in 1..=1 + i32::from(back) {
            order += 1;
            text.push_str(&format!("{order},c{nth},2025-0{month}-03,10,{city},FR\n"));
        }
    }
    project.import_text("orders.csv", text);
    let ask = ProductsAsk { when: when("2025-06-01"), by: Began::City, within_days: Some(60), least: 1, margin_share: Some(0.5) };
    let answer = project.workspace.products(&ask).unwrap();
    assert!(
        answer.notes.iter().any(|note| note.contains("of 25 customers who came back and whose city is known, half live in 1 of 2 cities")),
        "{:?}",
        answer.notes
    );
    let found = Table::of(answer);
    let row = |city: &str| ["customers", "back", "bearable_cost"].map(|name| found.get(city, name).to_owned());
    assert_eq!([row("Lyon, FR"), row("Lille, FR")], [["30", "15", "7.5000"], ["30", "10", "6.6667"]]);
}

#[test]
fn a_store_does_not_differ_from_itself() {
    let project = shop();
    let ask = |against| BehaviourAsk { when: when("2025-04-01"), period_days: Some(30), within_days: Some(10), against };
    let found = Table::of(project.workspace.behaviour(&ask(Against::Store(project.workspace.root().to_owned()))).unwrap());
    let figures: Vec<(&str, &str)> = found.rows.iter().map(|row| (row[1].as_str(), row[5].as_str())).collect();
    assert_eq!(figures.len(), 12);
    assert!(figures.iter().all(|(_, verdict)| ["too-few", "unknown", "no-difference-shown"].contains(verdict)), "{figures:?}");
    let error = project.workspace.behaviour(&ask(Against::Published(project.path("none.toml")))).unwrap_err();
    assert!(error.to_string().contains("none.toml"), "{error}");
    let short = BehaviourAsk { period_days: Some(10), ..ask(Against::PeriodBefore) };
    assert!(project.workspace.behaviour(&short).unwrap_err().to_string().contains("--period"));
}
