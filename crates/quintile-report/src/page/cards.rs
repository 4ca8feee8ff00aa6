//! Groups side by side, each with its figures.

use crate::Card;
use crate::text::escaped;

pub(super) fn push(html: &mut String, cards: &[Card]) {
    if cards.is_empty() {
        return;
    }
    html.push_str("<ul class=\"cards\">\n");
    for card in cards {
        html.push_str(&format!("<li><h3>{}</h3>", escaped(&card.title)));
        if !card.lead.is_empty() {
            html.push_str(&format!("<p>{}</p>", escaped(&card.lead)));
        }
        if !card.figures.is_empty() {
            html.push_str("<dl>");
            for (name, value) in &card.figures {
                html.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>", escaped(name), escaped(value)));
            }
            html.push_str("</dl>");
        }
        html.push_str("</li>\n");
    }
    html.push_str("</ul>\n");
}
