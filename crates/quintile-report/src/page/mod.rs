//! The page: one HTML file that needs no network and no script.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `ids` | anchors, each once on a page |
//! | `table` | tables and what their columns mean |
//! | `grid` | tables shaded by their values |
//! | `tiles` | single figures side by side |
//! | `cards` | groups side by side, each with its figures |
//! | `two_by_two` | lists in four fields |
//! | `figure` | pictures, with their figures as a table behind them |
//! | `style.css` | how all of it looks: light, dark, on a telephone, on paper |

mod cards;
mod figure;
mod grid;
mod ids;
mod table;
#[cfg(test)]
mod tests;
mod tiles;
mod two_by_two;

use self::ids::Ids;
#[cfg(test)]
pub(crate) use self::tests::check_balance;
use crate::text::escaped;
use crate::{Finding, Part, Report, Section};

/// What browsers may do with the page: show it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// The heading over what all figures hold for.
const PROVENANCE: &str = "Where the figures come from";

/// Writes a report as one HTML file.
///
/// All texts of the report are taken for plain text, whatever they contain. Ids keep their ASCII letters, digits and hyphens; one that is
/// already taken gets a number.
pub fn page(report: &Report) -> String {
    let mut ids = Ids::new(&["content", "findings", "findings-title", "provenance"]);
    let anchors: Vec<String> = report.sections.iter().map(|section| ids.section(&section.id)).collect();
    let title = if report.title.trim().is_empty() { "Report" } else { &report.title };

    let mut html = String::with_capacity(64 * 1024);
    html.push_str(&format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>\n{}{}</style>\n</head>\n<body>\n",
        escaped(title),
        include_str!("style.css"),
        crate::picture::page_style(),
    ));
    html.push_str("<a class=\"skip\" href=\"#content\">Skip to the content</a>\n");
    html.push_str(&format!("<header>\n<h1>{}</h1>\n", escaped(title)));
    if !report.subtitle.is_empty() {
        html.push_str(&format!("<p class=\"subtitle\">{}</p>\n", escaped(&report.subtitle)));
    }
    html.push_str("</header>\n<main id=\"content\" tabindex=\"-1\">\n");
    push_findings(&mut html, &report.findings, &ids);
    push_navigation(&mut html, &report.sections, &anchors);
    for (section, anchor) in report.sections.iter().zip(&anchors) {
        push_section(&mut html, section, anchor, &mut ids);
    }
    html.push_str("</main>\n");
    push_provenance(&mut html, &report.provenance);
    html.push_str("</body>\n</html>\n");
    html
}

fn push_findings(html: &mut String, findings: &[Finding], ids: &Ids) {
    if findings.is_empty() {
        return;
    }
    html.push_str("<section class=\"findings\" id=\"findings\" aria-labelledby=\"findings-title\">\n");
    html.push_str("<h2 id=\"findings-title\">What stands out</h2>\n<ol>\n");
    for finding in findings {
        let headline = escaped(&finding.headline);
        let headline = match ids.of_section(&finding.section) {
            Some(anchor) => format!("<a href=\"#{anchor}\">{headline}</a>"),
            None => headline,
        };
        html.push_str(&format!("<li><p class=\"headline\">{headline}</p>"));
        if !finding.detail.is_empty() {
            html.push_str(&format!("<p>{}</p>", escaped(&finding.detail)));
        }
        html.push_str("</li>\n");
    }
    html.push_str("</ol>\n</section>\n");
}

fn push_navigation(html: &mut String, sections: &[Section], anchors: &[String]) {
    if sections.is_empty() {
        return;
    }
    html.push_str("<nav aria-label=\"Sections\">\n<ul>\n");
    for (section, anchor) in sections.iter().zip(anchors) {
        html.push_str(&format!("<li><a href=\"#{anchor}\">{}</a></li>\n", escaped(&section.title)));
    }
    html.push_str(&format!("<li><a href=\"#provenance\">{PROVENANCE}</a></li>\n</ul>\n</nav>\n"));
}

fn push_section(html: &mut String, section: &Section, anchor: &str, ids: &mut Ids) {
    html.push_str(&format!("<section id=\"{anchor}\" tabindex=\"-1\">\n<h2>{}</h2>\n", escaped(&section.title)));
    if !section.lead.is_empty() {
        html.push_str(&format!("<p class=\"lead\">{}</p>\n", escaped(&section.lead)));
    }
    push_parts(html, &section.parts, ids);
    html.push_str("</section>\n");
}

fn push_parts(html: &mut String, parts: &[Part], ids: &mut Ids) {
    for part in parts {
        match part {
            Part::Text(text) => html.push_str(&format!("<p class=\"text\">{}</p>\n", escaped(text))),
            Part::Notes(notes) => push_notes(html, notes),
            Part::Tiles(tiles) => tiles::push(html, tiles),
            Part::Cards(cards) => cards::push(html, cards),
            Part::Table(table) => table::push(html, table, ids),
            Part::Grid(grid) => grid::push(html, grid, ids),
            Part::Chart(chart) => figure::push(html, chart, ids),
            Part::TwoByTwo(fields) => two_by_two::push(html, fields, ids),
            Part::Folded(folded) => {
                html.push_str(&format!("<details class=\"folded\">\n<summary>{}</summary>\n", escaped(&folded.title)));
                push_parts(html, &folded.parts, ids);
                html.push_str("</details>\n");
            }
        }
    }
}

fn push_notes(html: &mut String, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    html.push_str("<ul class=\"notes\">\n");
    for note in notes {
        html.push_str(&format!("<li>{}</li>\n", escaped(note)));
    }
    html.push_str("</ul>\n");
}

fn push_provenance(html: &mut String, provenance: &[(String, String)]) {
    html.push_str(&format!("<footer id=\"provenance\" tabindex=\"-1\">\n<h2>{PROVENANCE}</h2>\n"));
    if !provenance.is_empty() {
        html.push_str("<dl>\n");
        for (name, value) in provenance {
            html.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(name), escaped(value)));
        }
        html.push_str("</dl>\n");
    }
    html.push_str("</footer>\n");
}
