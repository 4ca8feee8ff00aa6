//! Prints the page of a made-up shop: `cargo run -p quintile-report --example sample > report.html`.

use quintile_report::{
    Align, Chart, ChartKind, Column, Finding, Grid, GridCell, GridRow, Part, Report, Row, Section, Series, Table, Tile, page,
};

fn main() {
    println!("{}", page(&report()));
}

fn report() -> Report {
    Report {
        title: "Alder & Finch".into(),
        subtitle: "Customers and revenue as of 9 December 2011, in pounds sterling (GBP)".into(),
        findings: vec![
            finding(
                "One customer in five brings 74% of revenue",
                "1,176 of 5,878 customers. Losing ten of the largest would cost as much as a usual November.",
                "concentration",
            ),
            finding(
                "412 loyal customers have gone quiet",
                "They used to order every seven weeks, and have not for five months. They brought £612,400 a year.",
                "life-stages",
            ),
            finding(
                "A second order is worth £284,000 a year",
                "Half of new customers never come back. Each point more that does adds about £5,700.",
                "opportunities",
            ),
        ],
        sections: vec![reconciliation(), life_stages(), recency_and_frequency(), concentration(), opportunities(), cohorts(), actions()],
        provenance: [
            ("As of", "2011-12-09 00:00, Europe/London"),
            ("Currency", "GBP; 214 orders converted at the rate of their day"),
            ("Orders", "36,969 of 5,878 customers, 2009-12-01 to 2011-12-08"),
            ("Store version", "41"),
            ("Files", "online_retail_2009.csv, online_retail_2010.csv"),
            ("Settings", "Guests joined by e-mail address; refunds set against their orders"),
        ]
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .to_vec(),
    }
}

fn finding(headline: &str, detail: &str, section: &str) -> Finding {
    Finding { headline: headline.into(), detail: detail.into(), section: section.into() }
}

fn section(id: &str, title: &str, lead: &str, parts: Vec<Part>) -> Section {
    Section { id: id.into(), title: title.into(), lead: lead.into(), parts }
}

fn words(title: &str) -> Column {
    Column { title: title.into(), definition: String::new(), align: Align::Start }
}

fn figure(title: &str, definition: &str) -> Column {
    Column { title: title.into(), definition: definition.into(), align: Align::End }
}

fn row(cells: &[&str], remark: &str) -> Row {
    Row { cells: cells.iter().map(|cell| (*cell).to_string()).collect(), remark: remark.into(), is_total: cells.first() == Some(&"Total") }
}

fn months() -> Vec<String> {
    (0..24).map(|month| format!("{}-{:02}", 2010 + month / 12, month % 12 + 1)).collect()
}

fn series(name: &str, values: Vec<Option<f64>>) -> Series {
    Series { name: name.into(), values }
}

fn pounds(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("£{text}")
}

fn sales(month: usize) -> f64 {
    let season = [0.8, 0.75, 0.95, 0.85, 1.0, 0.98, 0.95, 0.97, 1.3, 1.5, 1.85, 1.2][month % 12];
    (310_000.0 + 4_100.0 * month as f64) * season + (month * 7919 % 1000) as f64 * 9.37
}

fn reconciliation() -> Section {
    let refunds = |month: usize| sales(month) * (0.02 + (month * 31 % 7) as f64 / 300.0);
    let mut rows: Vec<Row> = (12..24)
        .map(|month| {
            let remark = if month == 22 { "One order of £77,183.60 was refunded within the hour." } else { "" };
            let cells = [
                months()[month].clone(),
                (1300 + month * 41).to_string(),
                pounds(sales(month)),
                pounds(refunds(month)),
                pounds(sales(month) - refunds(month)),
                "£0".into(),
            ];
            Row { cells: cells.to_vec(), remark: remark.into(), is_total: false }
        })
        .collect();
    rows.push(row(&["Total", "24,312", "£4,987,104", "£189,552", "£4,797,552", "£0"], ""));
    let table = Table {
        id: "months".into(),
        caption: "Orders and refunds by month, 2011".into(),
        columns: vec![
            words("Month"),
            figure("Orders", "Orders placed in the month, cancelled ones left out."),
            figure("Gross sales", "What was charged for goods, with tax and after discounts."),
            figure("Refunds", "What was paid back, in the month in which it was paid back."),
            figure("Net sales", "Gross sales less refunds."),
            figure("Difference from the file", "Net sales less the sum of the file's own lines."),
        ],
        rows,
    };
    let chart = Chart {
        id: "net-sales".into(),
        title: "Net sales by month".into(),
        summary: "Sales peak every November, at about twice a usual month.".into(),
        kind: ChartKind::Bars,
        unit: "GBP".into(),
        categories: months(),
        series: vec![series("Net sales", (0..24).map(|month| Some(sales(month) - refunds(month))).collect())],
        ..Chart::default()
    };
    let stacked = Chart {
        id: "new-and-returning".into(),
        title: "New and returning customers by month".into(),
        summary: "Three of four orders come from customers who bought before.".into(),
        kind: ChartKind::StackedBars,
        unit: "customers".into(),
        categories: months(),
        series: vec![
            series("Returning", (0..24).map(|month| Some((sales(month) / 420.0).round())).collect()),
            series("New", (0..24).map(|month| Some((sales(month) / 1500.0 + 80.0 - month as f64 * 4.0).round())).collect()),
        ],
        ..Chart::default()
    };
    section(
        "reconciliation",
        "Do the figures add up?",
        "Every order of the files is counted once. All twelve months agree with the sums of the files to the penny.",
        vec![Part::Chart(chart), Part::Table(table), Part::Chart(stacked)],
    )
}

fn life_stages() -> Section {
    let stages = [
        ("New", "612", "10.4%", "£221,870", "4.6%", ""),
        ("Promising", "804", "13.7%", "£402,118", "8.4%", ""),
        ("Loyal", "1,093", "18.6%", "£2,604,551", "54.3%", ""),
        ("Loyal, gone quiet", "412", "7.0%", "£612,400", "12.8%", "Quiet: more than three of their usual pauses since the last order."),
        ("One order only", "1,623", "27.6%", "£498,203", "10.4%", ""),
        ("Lost", "1,334", "22.7%", "£458,410", "9.6%", ""),
        ("Total", "5,878", "100.0%", "£4,797,552", "100.0%", ""),
    ];
    let table = Table {
        id: "stages".into(),
        caption: "Customers and revenue by life stage".into(),
        columns: vec![
            words("Life stage"),
            figure("Customers", "Each customer is in one stage."),
            figure("Share", "Of all customers."),
            figure("Revenue", "Net sales of the last twelve months."),
            figure("Share of revenue", "Of the net sales of the last twelve months."),
        ],
        rows: stages.iter().map(|s| row(&[s.0, s.1, s.2, s.3, s.4], s.5)).collect(),
    };
    let chart = Chart {
        id: "stage-revenue".into(),
        title: "Revenue by life stage".into(),
        summary: "Loyal customers bring more than half of revenue.".into(),
        kind: ChartKind::LyingBars,
        unit: "GBP".into(),
        categories: stages[..6].iter().map(|stage| stage.0.to_string()).collect(),
        series: vec![series("Revenue", [221_870.0, 402_118.0, 2_604_551.0, 612_400.0, 498_203.0, 458_410.0].map(Some).to_vec())],
        ..Chart::default()
    };
    section("life-stages", "Where are customers in their life?", "", vec![Part::Table(table), Part::Chart(chart)])
}

fn recency_and_frequency() -> Section {
    let counts = [
        [91, 143, 208, 331, 603],
        [122, 190, 251, 289, 322],
        [214, 260, 265, 240, 196],
        [322, 288, 251, 200, 114],
        [427, 294, 201, 116, 40],
    ];
    let names = ["Champions", "Loyal", "Promising", "At risk", "Lost"];
    let rows = (0..5).map(|line| GridRow {
        title: ["5 (last 30 days)", "4", "3", "2", "1 (over a year)"][line].into(),
        cells: (0..5)
            .map(|place| {
                let count = counts[line][place];
                Some(GridCell { text: count.to_string(), detail: names[(line + 4 - place) / 2].into(), shade: f64::from(count) / 603.0 })
            })
            .collect(),
    });
    let grid = Grid {
        id: "rfm".into(),
        caption: "Customers by recency and frequency".into(),
        row_title: "Recency".into(),
        column_title: "Frequency".into(),
        columns: ["1", "2", "3", "4", "5"].map(String::from).to_vec(),
        rows: rows.collect(),
    };
    section(
        "rfm",
        "Who bought lately, and who often?",
        "Fifths of all customers: 5 is the fifth that bought most lately, or most often.",
        vec![Part::Grid(grid), Part::Notes(vec!["Ties go to the higher fifth, so that fifths are not of quite the same size.".into()])],
    )
}

fn concentration() -> Section {
    let tile = |label: &str, value: &str, detail: &str, definition: &str| Tile {
        label: label.into(),
        value: value.into(),
        detail: detail.into(),
        definition: definition.into(),
    };
    let tiles = vec![
        tile(
            "Revenue of the largest fifth",
            "74.1%",
            "between 72.8% and 75.6%",
            "Share of net sales of the 20% of customers with the most.",
        ),
        tile("Customers for half of revenue", "287", "4.9% of customers", "The fewest customers that together bring half of net sales."),
        tile("The largest customer", "£259,657.30", "5.4% of revenue", "Net sales of the customer with the most."),
        tile("Gini coefficient", "0.78", "", "0 when all bring the same, 1 when one brings everything."),
    ];
    let share = |place: usize| (1.0 - (1.0 - place as f64 / 20.0).powf(3.6)) * 100.0;
    let chart = Chart {
        id: "lorenz".into(),
        title: "Share of revenue by share of customers".into(),
        summary: "The curve rises steeply: a fifth of customers brings three quarters of revenue, in both years alike.".into(),
        kind: ChartKind::Lines,
        unit: "%".into(),
        categories: (0..=20).map(|place| format!("{}%", place * 5)).collect(),
        series: vec![
            series("2011", (0..=20).map(|place| Some(share(place))).collect()),
            series("2010", (0..=20).map(|place| (place > 1).then(|| share(place) * 0.93)).collect()),
        ],
        ..Chart::default()
    };
    section("concentration", "On how few does the shop depend?", "", vec![Part::Tiles(tiles), Part::Chart(chart)])
}

fn opportunities() -> Section {
    let rows = vec![
        row(
            &["One order only → promising", "1,623", "£307", "£500", "£313,239"],
            "Assumes that they would then buy as those do who bought twice.",
        ),
        row(&["Promising → loyal", "804", "£500", "£2,383", "£1,513,932"], "An upper bound: few ever make this step within a year."),
        row(&["Loyal, gone quiet → loyal", "412", "£1,486", "£2,383", "£369,564"], ""),
    ];
    let table = Table {
        id: "steps".into(),
        caption: "What it would be worth if all of a stage moved on".into(),
        columns: vec![
            words("Step"),
            figure("Customers", "In the stage today."),
            figure("Mean now", "Net sales of the last twelve months by customer."),
            figure("Mean there", "The same, in the next stage."),
            figure("Worth", "Customers times the difference of the means."),
        ],
        rows,
    };
    section(
        "opportunities",
        "Where is money left lying?",
        "What would be gained at most, not what is to be expected.",
        vec![
            Part::Table(table),
            Part::Text("Start with customers who have ordered once. They are many, they are reachable, and the step is small.".into()),
        ],
    )
}

fn cohorts() -> Section {
    let rows = (0..12).map(|cohort| GridRow {
        title: months()[cohort + 12].clone(),
        cells: (0..12)
            .map(|month: usize| {
                let kept = if month == 0 { 1.0 } else { 0.42 / (1.0 + month as f64 * 0.13) + (cohort * 5 % 7) as f64 / 100.0 };
                (cohort + month < 12).then(|| GridCell { text: format!("{:.0}%", kept * 100.0), detail: String::new(), shade: kept })
            })
            .collect(),
    });
    let grid = Grid {
        id: "cohort-grid".into(),
        caption: "Customers who bought again, by month of first order".into(),
        row_title: "First order".into(),
        column_title: "Months since".into(),
        columns: (0..12).map(|month| month.to_string()).collect(),
        rows: rows.collect(),
    };
    section(
        "cohorts",
        "Do new customers come back?",
        "About two in five order again in the next month; after a year it is one in five.",
        vec![Part::Grid(grid)],
    )
}

fn actions() -> Section {
    let notes = [
        "Write to the 412 loyal customers who have gone quiet, before Christmas, by name.",
        "Offer a second order to the 1,623 who ordered once; hold a tenth of them back, to see what it does.",
        "Call the ten largest customers. Nobody has for a year.",
    ];
    section("actions", "What to do now", "", vec![Part::Notes(notes.map(String::from).to_vec())])
}
