//! Who moved in the last month, which flows are unusual, and how steady the classes are.

use super::Answers;
use super::figures::Figures;
use crate::history::Partition;
use crate::months::whole;
use crate::movement::{Watched, flow_notes, watched};
use quintile_insight::flicker::Flicker;
use quintile_insight::movement::Matrix;
use quintile_insight::movement::control::Verdict;
use quintile_model::Money;
use quintile_report::{Align, Chart, ChartKind, Column, Folded, Grid, GridCell, GridRow, Part, Row, Section, Series, Table};

/// Flows in the table: the unusual ones and the largest.
const FLOWS: usize = 12;

pub(super) fn section(answers: &Answers, figures: &Figures<'_>) -> Section {
    let (months, partition) = (&answers.likely.months_of_moves, &answers.likely.partition);
    let flows = watched(months);
    let mut parts = Vec::new();
    match months.last() {
        Some(last) => {
            parts.push(Part::Chart(bands(last, partition)));
            let stands = vec![Part::Grid(grid(last, partition, figures))];
            parts.push(Part::Folded(Folded { title: "The same as a grid, with their money".to_owned(), parts: stands }));
            parts.push(Part::Table(table(&flows, partition, figures)));
            parts.extend(chart(&flows, answers).map(Part::Chart));
            parts.push(Part::Notes(flow_notes(&flows)));
        }
        None => parts
            .push(Part::Text("There is no month between the first order and now, so that nobody can be seen to have moved.".to_owned())),
    }
    if answers.flicker.iter().any(|(_, flicker)| !flicker.days.is_empty() && flicker.customers > 0) {
        parts.push(Part::Table(steadiness(&answers.flicker)));
        parts.push(Part::Notes(vec![
            "Each day is drawn by its own thresholds, as it would have been read then; a threshold that moves takes customers with it."
                .to_owned(),
        ]));
    }
    Section { id: "movement".to_owned(), title: "Who moved, and is that unusual?".to_owned(), lead: lead(months.last(), &flows), parts }
}

/// How many changed their stage in the last month, and what is unusual about it.
fn lead(last: Option<&Matrix>, flows: &[Watched]) -> String {
    let Some(matrix) = last else { return String::new() };
    let moved: u64 = flows.iter().filter(|flow| flow.from.is_some()).map(|flow| flow.arrow.customers).sum();
    let known = matrix.known_before();
    let share = if known > 0 { 100.0 * moved as f64 / known as f64 } else { 0.0 };
    let unusual = flows.iter().filter(|flow| matches!(flow.control.verdict, Verdict::More | Verdict::Fewer)).count();
    let said = match unusual {
        0 => "no flow is unusual".to_owned(),
        1 => "one flow is unusual".to_owned(),
        flows => format!("{flows} flows are unusual"),
    };
    format!("{} of {} customers ({share:.0} %) stand in another life stage than a month ago; {said}.", whole(moved), whole(known))
}

/// Where everybody stood, and where they stand now.
fn bands(matrix: &Matrix, partition: &Partition) -> Chart {
    let mut classes = inhabited(matrix);
    // Last, so that the others have the colours they have month by month.
    classes.sort_by_key(|class| partition.classes[*class] == "prospects");
    let from: Vec<Option<usize>> = classes.iter().map(|class| Some(*class)).chain([None]).collect();
    let series = |to: &usize| Series {
        name: partition.name(Some(*to)),
        values: from.iter().map(|from| Some(matrix.arrow(*from, *to).customers as f64)).collect(),
    };
    Chart {
        id: "movement-bands".to_owned(),
        title: "A month ago, and now".to_owned(),
        summary: "Customers of each life stage a month ago on the left, where they stand now on the right; the palest bands stayed."
            .to_owned(),
        kind: ChartKind::Flow,
        unit: "customers".to_owned(),
        categories: from.iter().map(|from| partition.name(*from)).collect(),
        series: classes.iter().map(series).collect(),
        ..Chart::default()
    }
}

/// Classes that anybody is in, before or now.
fn inhabited(matrix: &Matrix) -> Vec<usize> {
    let anybody = |class: &usize| {
        let balance = matrix.balance(*class);
        balance.before.customers + balance.now.customers > 0
    };
    (0..matrix.classes()).filter(anybody).collect()
}

fn grid(matrix: &Matrix, partition: &Partition, figures: &Figures<'_>) -> Grid {
    let classes = inhabited(matrix);
    let row = |from: Option<usize>| {
        let stood: u64 = classes.iter().map(|to| matrix.arrow(from, *to).customers).sum();
        GridRow {
            title: format!("{} ({})", partition.name(from), whole(stood)),
            cells: classes
                .iter()
                .map(|to| {
                    let arrow = matrix.arrow(from, *to);
                    (arrow.customers > 0).then(|| GridCell {
                        text: whole(arrow.customers),
                        detail: figures.money(Money::from_sum(arrow.between)),
                        shade: (arrow.customers as f64 / stood as f64).sqrt(),
                    })
                })
                .collect(),
        }
    };
    Grid {
        id: "movement-grid".to_owned(),
        caption: format!("Customers by life stage a month ago and now, with what they spent in that month in {}", figures.currency),
        row_title: "A month ago (customers)".to_owned(),
        column_title: "Now".to_owned(),
        columns: classes.iter().map(|class| partition.name(Some(*class))).collect(),
        rows: classes.iter().map(|class| Some(*class)).chain([None]).map(row).collect(),
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn verdict(flow: &Watched) -> String {
    match flow.control.verdict {
        Verdict::More => "more than usual",
        Verdict::Fewer => "fewer than usual",
        Verdict::Usual => "as usual",
        Verdict::Unknown => "not known",
    }
    .to_owned()
}

fn column(title: &str, definition: &str, align: Align) -> Column {
    Column { title: title.to_owned(), definition: definition.to_owned(), align }
}

fn table(flows: &[Watched], partition: &Partition, figures: &Figures<'_>) -> Table {
    let columns = vec![
        column("From", "the life stage a month ago", Align::Start),
        column("To", "the life stage now", Align::Start),
        column("Customers", "customers who moved so", Align::End),
        column("Revenue", "what these customers have spent so far, less refunds", Align::End),
        column("Share", "of the customers in the stage a month ago; of all customers, for those who are new", Align::End),
        column("Usual", "the mean share of the months before", Align::End),
        column("Limits", "three standard deviations around it, by the months' moving ranges", Align::End),
        column("Verdict", "whether the share lies within the limits", Align::Start),
    ];
    let row = |flow: &Watched| Row {
        cells: vec![
            partition.name(flow.from),
            partition.name(Some(flow.to)),
            whole(flow.arrow.customers),
            figures.money(Money::from_sum(flow.arrow.spent)),
            percent(flow.share),
            percent(flow.control.centre),
            flow.control.limits.map_or("–".to_owned(), |(low, high)| format!("{:.1} to {:.1} %", low * 100.0, high * 100.0)),
            verdict(flow),
        ],
        ..Row::default()
    };
    Table {
        id: "flows".to_owned(),
        caption: "Flows between life stages in the last month, the unusual ones first".to_owned(),
        columns,
        rows: flows.iter().take(FLOWS).map(row).collect(),
    }
}

/// The control chart of the first flow that has limits.
fn chart(flows: &[Watched], answers: &Answers) -> Option<Chart> {
    let (months, partition) = (&answers.likely.months_of_moves, &answers.likely.partition);
    let flow = flows.iter().find(|flow| flow.control.limits.is_some())?;
    let (low, high) = flow.control.limits?;
    let share = |matrix: &Matrix| {
        let stood = flow.from.map_or_else(|| matrix.known_before(), |class| matrix.balance(class).before.customers);
        (stood > 0).then(|| matrix.arrow(flow.from, flow.to).customers as f64 / stood as f64 * 100.0)
    };
    let level =
        |name: &str, value: Option<f64>| Series { name: name.to_owned(), values: vec![value.map(|value| value * 100.0); months.len()] };
    Some(Chart {
        id: "flow-control".to_owned(),
        title: format!("{} to {}, month by month", partition.name(flow.from), partition.name(Some(flow.to)).to_lowercase()),
        summary: "The share of the customers who moved so in each month, with its mean and its limits: the first flow of the table."
            .to_owned(),
        kind: ChartKind::Lines,
        unit: "%".to_owned(),
        categories: answers.dates_of_months(),
        series: vec![
            Series { name: "Share".to_owned(), values: months.iter().map(share).collect() },
            level("Mean", flow.control.centre),
            level("Lower limit", Some(low)),
            level("Upper limit", Some(high)),
        ],
        marks: answers.marks_of_months(),
    })
}

fn steadiness(found: &[(String, Flicker)]) -> Table {
    let days = found.first().map_or(0, |(_, flicker)| flicker.days.len());
    let columns = vec![
        column("Classes", "the partition", Align::Start),
        column("A day", "customers whose class is another than on the day before, on the average", Align::End),
        column("Of all", "the same as a share of the customers", Align::End),
        column("Most", "the largest of the days", Align::End),
        column("Changed", "customers whose class changed at least once", Align::End),
        column("There and back", "of those, customers who are back in the class in which they began", Align::End),
    ];
    let row = |(name, flicker): &(String, Flicker)| Row {
        cells: vec![
            name.clone(),
            flicker.a_day().map_or("–".to_owned(), |changes| format!("{changes:.1}")),
            flicker.share_a_day().map_or("–".to_owned(), |share| format!("{:.2} %", share * 100.0)),
            flicker.most().map_or("–".to_owned(), whole),
            whole(flicker.changed),
            whole(flicker.back),
        ],
        ..Row::default()
    };
    Table {
        id: "flicker".to_owned(),
        caption: format!("How steady the classes are: changes over the last {days} days"),
        columns,
        rows: found.iter().map(row).collect(),
    }
}
