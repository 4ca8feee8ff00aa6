//! Tables and what their columns mean.

use super::ids::Ids;
use crate::text::escaped;
use crate::{Align, Column, Row, Table};

/// A table of so many columns is set closer, so that a page or a sheet of paper holds it.
const MANY_COLUMNS: usize = 9;

/// Opens a region that scrolls sideways by itself, and the table in it.
pub(super) fn open(html: &mut String, id: &str, class: &str, caption: &str) {
    let caption = if caption.trim().is_empty() { "Table" } else { caption };
    html.push_str(&format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{id}-caption\">\n\
         <table id=\"{id}\" class=\"{class}\">\n<caption id=\"{id}-caption\"><span>{}</span></caption>\n",
        escaped(caption)
    ));
}

pub(super) fn close(html: &mut String) {
    html.push_str("</tbody>\n</table>\n</div>\n");
}

pub(super) fn push(html: &mut String, table: &Table, ids: &mut Ids) {
    let id = anchor(ids, &table.id);
    let is_dense = table.columns.len() >= MANY_COLUMNS;
    open(html, &id, if is_dense { "plain dense" } else { "plain" }, &table.caption);
    html.push_str("<thead>\n<tr>");
    for column in &table.columns {
        let title = if column.definition.is_empty() { String::new() } else { format!(" title=\"{}\"", escaped(&column.definition)) };
        let name = if column.title.trim().is_empty() { "<span class=\"hidden\">Column</span>".to_string() } else { escaped(&column.title) };
        html.push_str(&format!("<th scope=\"col\"{}{title}>{name}</th>", class(column.align)));
    }
    html.push_str("</tr>\n</thead>\n<tbody>\n");
    if table.rows.is_empty() {
        html.push_str(&format!("<tr><td colspan=\"{}\" class=\"none\">Nothing to show</td></tr>\n", table.columns.len().max(1)));
    }
    for row in &table.rows {
        push_row(html, &table.columns, row);
    }
    close(html);
    push_definitions(html, &table.columns, &table.caption);
}

/// The anchor of a table, whose caption gets one made from it.
pub(super) fn anchor(ids: &mut Ids, id: &str) -> String {
    loop {
        let anchor = ids.take(id);
        let caption = format!("{anchor}-caption");
        if ids.take(&caption) == caption {
            return anchor;
        }
    }
}

fn class(align: Align) -> &'static str {
    match align {
        Align::Start => "",
        Align::End => " class=\"figure\"",
    }
}

/// A row. Its remark has a line of its own, which on a phone is wider than the first column.
fn push_row(html: &mut String, columns: &[Column], row: &Row) {
    let heading = columns.iter().position(|column| column.align == Align::Start);
    let is_remarked = !row.remark.is_empty();
    html.push_str(match (row.is_total, is_remarked) {
        (true, _) => "<tr class=\"total\">",
        (false, true) => "<tr class=\"remarked\">",
        (false, false) => "<tr>",
    });
    for (place, column) in columns.iter().enumerate() {
        let cell = escaped(row.cells.get(place).map_or("", String::as_str));
        let class = class(column.align);
        html.push_str(&match heading {
            // A row that goes on with the heading of the row before it has none of its own.
            Some(heading) if heading == place && !cell.is_empty() => format!("<th scope=\"row\"{class}>{cell}</th>"),
            _ => format!("<td{class}>{cell}</td>"),
        });
    }
    html.push_str("</tr>\n");
    if is_remarked {
        html.push_str(&format!("<tr><td colspan=\"{}\" class=\"remark\"><span>{}</span></td></tr>\n", columns.len(), escaped(&row.remark)));
    }
}

fn push_definitions(html: &mut String, columns: &[Column], caption: &str) {
    if columns.iter().all(|column| column.definition.is_empty()) {
        return;
    }
    html.push_str(&format!(
        "<details class=\"definitions\">\n<summary>What the columns mean<span class=\"hidden\">: {}</span></summary>\n<dl>\n",
        escaped(caption)
    ));
    for column in columns.iter().filter(|column| !column.definition.is_empty()) {
        html.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(&column.title), escaped(&column.definition)));
    }
    html.push_str("</dl>\n</details>\n");
}
