//! Lists in four fields.

use super::ids::Ids;
use super::table::{anchor, close, open};
use crate::TwoByTwo;
use crate::text::escaped;

pub(super) fn push(html: &mut String, fields: &TwoByTwo, ids: &mut Ids) {
    let id = anchor(ids, &fields.id);
    open(html, &id, "fields", &fields.caption);
    let heading = |text: &str| if text.trim().is_empty() { "<span class=\"hidden\">Field</span>".to_owned() } else { escaped(text) };
    let [left, right] = &fields.columns;
    html.push_str(&format!(
        "<thead>\n<tr><td></td><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr>\n</thead>\n<tbody>\n",
        heading(left),
        heading(right)
    ));
    for (row, cells) in fields.rows.iter().zip(&fields.cells) {
        html.push_str(&format!("<tr><th scope=\"row\">{}</th>", heading(row)));
        cells.iter().for_each(|texts| push_field(html, texts));
        html.push_str("</tr>\n");
    }
    close(html);
}

fn push_field(html: &mut String, texts: &[String]) {
    if texts.is_empty() {
        html.push_str("<td class=\"none\">Nothing</td>");
        return;
    }
    html.push_str("<td><ul>");
    texts.iter().for_each(|text| html.push_str(&format!("<li>{}</li>", escaped(text))));
    html.push_str("</ul></td>");
}
