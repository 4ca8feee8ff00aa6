//! How far customers get, from the first visit to the fourth purchase.

use super::figures::{Figures, notes_beside, numbers, shown, texts};
use crate::Error;
use crate::months::whole;
use crate::table::Answer;
use quintile_report::{Chart, ChartKind, Folded, Grid, GridCell, GridRow, Part, Section, Series};

pub(super) fn section(found: &Answer, by_channel: &Answer, figures: &Figures<'_>) -> Result<Section, Error> {
    let (steps, reached) = (texts(found, "step")?, numbers(found, "reached")?);
    let names: Vec<String> = steps.iter().map(|step| named(step).to_owned()).collect();
    let chart = Chart {
        id: "funnel".to_owned(),
        title: "Customers who got so far".to_owned(),
        summary: "Who did a step has reached all before it; beside each bar the share of those at the step before.".to_owned(),
        kind: ChartKind::Funnel,
        unit: "customers".to_owned(),
        categories: names.clone(),
        series: vec![Series { name: "Reached".to_owned(), values: reached }],
        ..Chart::default()
    };
    let columns = [
        shown("step", "Step", "what a customer does"),
        shown("reached", "Reached", "customers who did the step or a later one"),
        shown("of_before_share", "Of before", "share of those at the step before"),
        shown("of_all_share", "Of all", "share of all customers"),
        shown("median_days", "Days", "from the step before, the median of those who did both"),
        shown("stopped", "Stopped", "came so far and no further"),
        shown("segment", "Who stopped, as a segment", "`quintile segment count --query` takes it"),
    ];
    let mut table = figures.table(found, "funnel-steps", "Steps, and who stopped at each", &columns, None)?;
    table.rows.iter_mut().zip(&names).for_each(|(row, name)| row.cells[0].clone_from(name));
    let mut parts =
        vec![Part::Chart(chart), Part::Folded(Folded { title: "The steps as a table".to_owned(), parts: vec![Part::Table(table)] })];
    parts.extend(channels(by_channel)?);
    parts.push(Part::Notes(notes_beside(found)));
    Ok(Section { id: "funnel".to_owned(), title: "How far do customers get?".to_owned(), lead: lead(found)?, parts })
}

/// Channels down, steps across; `None` where no channel is known.
fn channels(found: &Answer) -> Result<Option<Part>, Error> {
    let (channels, steps) = (texts(found, "channel")?, texts(found, "step")?);
    if channels.iter().all(String::is_empty) {
        return Ok(None);
    }
    let (reached, shares) = (numbers(found, "reached")?, numbers(found, "of_before_share")?);
    let mut columns: Vec<&str> = Vec::new();
    steps.iter().for_each(|step| {
        if !columns.contains(&step.as_str()) {
            columns.push(step)
        }
    });
    let mut rows: Vec<GridRow> = Vec::new();
    let mut row_of = "";
    for (row, channel) in channels.iter().enumerate() {
        if rows.is_empty() || row_of != channel {
            let title = if channel.is_empty() { "not known" } else { channel.as_str() };
            rows.push(GridRow { title: title.to_owned(), cells: vec![None; columns.len()] });
            row_of = channel;
        }
        let place = columns.iter().position(|step| **step == steps[row]);
        if let (Some(own), Some(place), Some(reached)) = (rows.last_mut(), place, reached[row]) {
            let detail = shares[row].map_or(String::new(), |share| format!("{:.0} %", share * 100.0));
            own.cells[place] =
                Some(GridCell { text: whole(reached as u64), detail, shade: shares[row].unwrap_or(f64::from(reached > 0.0)) });
        }
    }
    let grid = Grid {
        id: "funnel-channels".to_owned(),
        caption: "Customers who did a step or a later one, and their share of those at the step before".to_owned(),
        row_title: "Channel".to_owned(),
        column_title: "Steps".to_owned(),
        columns: columns.iter().map(|step| named(step).to_owned()).collect(),
        rows,
    };
    Ok(Some(Part::Folded(Folded { title: "The same by channel".to_owned(), parts: vec![Part::Grid(grid)] })))
}

/// The step at which the largest share is lost.
fn lead(found: &Answer) -> Result<String, Error> {
    let (steps, shares, stopped) = (texts(found, "step")?, numbers(found, "of_before_share")?, numbers(found, "stopped")?);
    let worst = shares.iter().enumerate().filter_map(|(at, share)| Some((at, (*share)?))).min_by(|a, b| a.1.total_cmp(&b.1));
    Ok(match worst {
        Some((at, share)) => format!(
            "The largest drop lies before “{}”: {:.0} % of those at the step before get there, and {} stopped.",
            named(&steps[at]).to_lowercase(),
            share * 100.0,
            whole(stopped[at - 1].unwrap_or(0.0) as u64)
        ),
        None => "Nobody has gone from one step to another yet.".to_owned(),
    })
}

fn named(step: &str) -> &str {
    match step {
        "visit" => "Visit",
        "product-view" => "Product viewed",
        "cart" => "Cart",
        "checkout" => "Checkout",
        "first-purchase" => "First purchase",
        "second-purchase" => "Second purchase",
        "third-purchase" => "Third purchase",
        "fourth-purchase" => "Fourth purchase",
        other => other,
    }
}
