//! Single figures side by side.

use crate::Tile;
use crate::text::escaped;

pub(super) fn push(html: &mut String, tiles: &[Tile]) {
    if tiles.is_empty() {
        return;
    }
    html.push_str("<ul class=\"tiles\">\n");
    for tile in tiles {
        let (label, value) = (escaped(&tile.label), escaped(&tile.value));
        html.push_str(&format!("<li><p class=\"label\">{label}</p><p class=\"value\">{value}</p>"));
        if !tile.detail.is_empty() {
            html.push_str(&format!("<p class=\"detail\">{}</p>", escaped(&tile.detail)));
        }
        if !tile.definition.is_empty() {
            html.push_str(&format!("<p class=\"definition\">{}</p>", escaped(&tile.definition)));
        }
        html.push_str("</li>\n");
    }
    html.push_str("</ul>\n");
}
