//! Tables shaded by their values.

use super::ids::Ids;
use super::table::{anchor, close, open};
use crate::text::escaped;
use crate::{Grid, GridCell};

pub(super) fn push(html: &mut String, grid: &Grid, ids: &mut Ids) {
    let id = anchor(ids, &grid.id);
    open(html, &id, "shaded", &grid.caption);
    html.push_str("<thead>\n<tr>");
    html.push_str(&format!("<th scope=\"col\" rowspan=\"2\">{}</th>", named(&grid.row_title, "Rows")));
    html.push_str(&format!(
        "<th scope=\"colgroup\" class=\"over\" colspan=\"{}\">{}</th></tr>\n<tr>",
        grid.columns.len().max(1),
        named(&grid.column_title, "Columns")
    ));
    for column in &grid.columns {
        html.push_str(&format!("<th scope=\"col\">{}</th>", named(column, "Column")));
    }
    html.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &grid.rows {
        html.push_str(&format!("<tr><th scope=\"row\">{}</th>", named(&row.title, "Row")));
        for place in 0..grid.columns.len() {
            push_cell(html, row.cells.get(place).and_then(Option::as_ref));
        }
        html.push_str("</tr>\n");
    }
    close(html);
}

fn push_cell(html: &mut String, cell: Option<&GridCell>) {
    let Some(cell) = cell else {
        html.push_str("<td class=\"none\"><span class=\"hidden\">not yet</span></td>");
        return;
    };
    let shade = if cell.shade.is_finite() { cell.shade.clamp(0.0, 1.0) } else { 0.0 };
    html.push_str(&format!("<td style=\"--shade:{shade:.2}\">{}", escaped(&cell.text)));
    if !cell.detail.is_empty() {
        html.push_str(&format!("<small>{}</small>", escaped(&cell.detail)));
    }
    html.push_str("</td>");
}

/// A heading, which is never empty for those who only hear it.
fn named(title: &str, otherwise: &str) -> String {
    if title.trim().is_empty() { format!("<span class=\"hidden\">{otherwise}</span>") } else { escaped(title) }
}
