//! Who came back after being inactive, and what they spent since.

use super::figures::{Figures, notes_beside, numbers, shown, texts};
use crate::Error;
use crate::table::Answer;
use quintile_report::{Chart, ChartKind, Part, Section, Series};

pub(super) fn section(found: &Answer, figures: &Figures<'_>) -> Result<Option<Section>, Error> {
    let (who, how) = (texts(found, "inactive")?, texts(found, "order")?);
    let (were, came, again) = (numbers(found, "were_inactive")?, numbers(found, "came_back")?, numbers(found, "bought_again_share")?);
    let any: Vec<usize> = (0..who.len()).filter(|row| how[*row] == "any").collect();
    let all: f64 = any.iter().filter_map(|row| were[*row]).sum();
    if all <= 0.0 {
        return Ok(None);
    }
    let back: f64 = any.iter().filter_map(|row| came[*row]).sum();
    let once_more = |row: usize| Some((came[row]? * again[row].unwrap_or(0.0)).round());
    let series = |row: &usize| Series { name: named(&who[*row]).to_owned(), values: vec![were[*row], came[*row], once_more(*row)] };
    // A customer can be inactive, come back, and be inactive again: what is counted are the times.
    let chart = Chart {
        id: "reactivation".to_owned(),
        title: "Inactive, back, and back once more".to_owned(),
        summary: "Times in the last year that a customer was inactive, those that ended with a purchase, and those after which the customer bought again."
            .to_owned(),
        kind: ChartKind::Bars,
        unit: "times".to_owned(),
        categories: ["Inactive", "Came back", "Bought again"].map(str::to_owned).to_vec(),
        series: any.iter().map(series).collect(),
        ..Chart::default()
    };
    let columns = [
        shown("inactive", "Inactive", "after one purchase, or after more"),
        shown("order", "Order", "how they came back: any way, with a discount, or at full price"),
        shown("were_inactive", "Times", "how often a customer was inactive in the last year; the same one may be so again"),
        shown("came_back", "Came back", "of those, how often it ended with a purchase"),
        shown("came_back_share", "Share", "times that ended with a purchase, of all times"),
        shown("median_silent_days", "Silent, days", "before they came back, the median"),
        shown("spent_since_each", "Spent since, each", "orders from the day of return on, before refunds"),
        shown("discount_each", "Discount, each", "taken off those orders"),
        shown("inactive_now", "Now", "customers who are inactive now"),
        shown("spent_before_each", "Had spent, each", "what those inactive now had ordered so far"),
    ];
    let mut table = figures.table(found, "reactivation-table", "Who came back in the last year, and how", &columns, None)?;
    // Where nobody came back with a discount, all came at full price.
    let by_price = (0..who.len()).any(|row| how[row] == "discounted" && came[row].is_some_and(|came| came > 0.0));
    let mut of_rows = how.iter();
    table.rows.retain(|_| of_rows.next().is_some_and(|how| by_price || how == "any"));
    for row in &mut table.rows {
        row.cells[0] = named(&row.cells[0]).to_owned();
        row.cells[1] = named(&row.cells[1]).to_owned();
    }
    Ok(Some(Section {
        id: "reactivation".to_owned(),
        title: "Who came back after being inactive?".to_owned(),
        lead: format!(
            "Of {} that a customer was inactive in the last year, {:.0} % ended with a purchase.",
            crate::header::counted(all as u64, "time", "times"),
            100.0 * back / all
        ),
        parts: vec![Part::Chart(chart), Part::Table(table), Part::Notes(notes_beside(found))],
    }))
}

fn named(id: &str) -> &str {
    match id {
        "after-one-purchase" => "After one purchase",
        "repeat" => "After more",
        "any" => "Any",
        "discounted" => "With a discount",
        "full-price" => "At full price",
        other => other,
    }
}
