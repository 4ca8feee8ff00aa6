//! Pictures, with their figures as a table behind them.

use super::ids::Ids;
use super::table;
use crate::picture::{Room, inline, letter};
use crate::text::{Figures, escaped};
use crate::{Align, Chart, ChartKind, Column, Row, Table};

pub(super) fn push(html: &mut String, chart: &Chart, ids: &mut Ids) {
    let id = ids.take(&chart.id);
    html.push_str(&format!("<figure id=\"{id}\">\n<figcaption><strong>{}</strong>", escaped(&chart.title)));
    if !chart.unit.is_empty() {
        html.push_str(&format!(" <span class=\"unit\">{}</span>", escaped(&chart.unit)));
    }
    if !chart.summary.is_empty() {
        html.push_str(&format!("<p>{}</p>", escaped(&chart.summary)));
    }
    html.push_str("</figcaption>\n");
    // Drawn twice, because letters of a picture shrink with it; one of the two is shown.
    match (inline(chart, Room::Wide), inline(chart, Room::Narrow)) {
        (Ok(wide), Ok(narrow)) => {
            html.push_str(&format!("<div class=\"picture wide\">{wide}</div>\n<div class=\"picture narrow\">{narrow}</div>\n"));
        }
        _ => html.push_str("<p class=\"none\">This picture could not be drawn; its figures are in the table.</p>\n"),
    }
    push_marks(html, chart);
    html.push_str(&format!(
        "<details class=\"behind\">\n<summary>View as table<span class=\"hidden\">: {}</span></summary>\n",
        escaped(&chart.title)
    ));
    table::push(html, &figures(chart, &id), ids);
    html.push_str("</details>\n</figure>\n");
}

/// What happened, by the letters that stand in the picture.
fn push_marks(html: &mut String, chart: &Chart) {
    if chart.marks.is_empty() {
        return;
    }
    html.push_str("<ul class=\"marks\">\n");
    for (place, mark) in chart.marks.iter().enumerate() {
        html.push_str(&format!("<li><strong>{}</strong> {}</li>\n", letter(place), escaped(&mark.text)));
    }
    html.push_str("</ul>\n");
}

/// The figures of a chart, a row for each place along its axis.
fn figures(chart: &Chart, id: &str) -> Table {
    let figures = Figures::of(chart);
    let column = |title: String, align| Column { title, definition: String::new(), align };
    let heading = |name: &str| if chart.unit.is_empty() { name.to_string() } else { format!("{name} ({})", chart.unit) };
    let values = chart.series.iter().map(|series| column(heading(&series.name), Align::End));
    let row = |(place, category): (usize, &String)| {
        let value = |series: &crate::Series| series.values.get(place).copied().flatten().filter(|value| value.is_finite());
        let written = chart.series.iter().map(|series| value(series).map_or("–".to_string(), |value| figures.written(value)));
        Row { cells: std::iter::once(category.clone()).chain(written).collect(), ..Row::default() }
    };
    let first = if chart.kind == ChartKind::Flow { "From" } else { "Category" };
    Table {
        id: format!("{id}-figures"),
        caption: chart.title.clone(),
        columns: std::iter::once(column(first.to_string(), Align::Start)).chain(values).collect(),
        rows: chart.categories.iter().enumerate().map(row).collect(),
    }
}
