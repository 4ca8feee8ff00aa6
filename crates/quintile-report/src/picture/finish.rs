//! What a drawn picture still lacks: exact figures on its bars and dots, a name, labels of the axis.
//!
//! `charts-rs` writes each element on a line of its own, and each text on the line between its tags.

use charts_rs::{compact_svg, measure_text_width_family};

use super::PictureError;
use super::draw::{Drawn, EMPTY, FONT_SIZE, FONTS, NUMBER, is_empty};
use super::marks::{self, Places};
use crate::text::{Figures, escaped};
use crate::{Chart, ChartKind, Series};

/// A picture as a file: named by its title and its summary, on its own ground.
pub(super) fn file(chart: &Chart, drawn: &Drawn) -> Result<String, PictureError> {
    let told = if marks::has_marks(chart) { format!("{} {}", chart.summary, marks::told(chart)) } else { chart.summary.clone() };
    let named = format!("\n<title>{}</title>\n<desc>{}</desc>", escaped(&chart.title), escaped(&told));
    finished(chart, drawn, &named, true)
}

/// A picture for a page, named by its title and without ground.
pub(super) fn inline(chart: &Chart, drawn: &Drawn) -> Result<String, PictureError> {
    finished(chart, drawn, "", false)
}

fn finished(chart: &Chart, drawn: &Drawn, named: &str, with_ground: bool) -> Result<String, PictureError> {
    let ground = format!("fill=\"{}\"/>", drawn.ground.hex());
    let mut titles = titles(chart).into_iter();
    let mut figures = values(chart).into_iter();
    let legend = if chart.series.len() > 1 { chart.series.len() } else { 0 };
    let mut texts = 0;
    let mut of_shapes = places_of_shapes(chart).into_iter();
    let mut places = Places::default();
    let mut svg = String::with_capacity(drawn.svg.len());
    let mut lines = drawn.svg.lines();
    let mut is_first_rectangle = true;
    while let Some(line) = lines.next() {
        let line = if line.starts_with("<svg ") {
            let name = if chart.title.trim().is_empty() { "Chart".to_string() } else { escaped(&chart.title) };
            format!("{} role=\"img\" aria-label=\"{name}\">{named}", line.trim_end_matches('>'))
        } else if line.starts_with("<style>") {
            continue;
        } else if line.contains(" class=\"ct-tip\"") {
            lines.by_ref().find(|line| *line == "</text>");
            continue;
        } else if is_first_rectangle && line.starts_with("<rect ") && line.ends_with(&ground) {
            is_first_rectangle = false;
            if !with_ground {
                continue;
            }
            line.to_string()
        } else if line.contains(" class=\"ct-trigger\"") {
            let tag = fair(chart, bare(line));
            if let (Some(place), Some(middle)) = (of_shapes.next(), middle(&tag)) {
                places.saw(place, middle);
            }
            tag
        } else if line.starts_with("<title>") {
            let title = titles.next().ok_or_else(|| PictureError::of("more bars or dots than values"))?;
            if !drawn.is_pointed_at {
                continue;
            }
            format!("<title>{}</title>", escaped(&title))
        } else if line.starts_with("<text ") && chart.kind == ChartKind::LyingBars && !line.contains(" dx=") {
            texts += 1;
            if texts > legend { with_attribute(line, "x", "4") } else { line.to_string() }
        } else if line.ends_with(NUMBER) && chart.kind == ChartKind::LyingBars {
            let value = figures.next().ok_or_else(|| PictureError::of("more labels than values"))?;
            if value < 0.0 {
                // Beside the bar, which lies on the other side of nought.
                let at = svg.rfind("<text ").unwrap_or(0);
                let tag = with_attribute(&svg.split_off(at), "dx", "-3");
                svg.push_str(&tag.replacen("<text ", "<text text-anchor=\"end\" ", 1));
            }
            escaped(&drawn.scale.short(value))
        } else if let Some(at) = line.find(NUMBER) {
            let number = number_of_label(&line[..at]).ok_or_else(|| PictureError::of("a label without a number"))?;
            // Labels end where they were measured to end, whatever they say now.
            let at = svg.rfind("<text ").unwrap_or(0);
            let tag = svg.split_off(at);
            let place = |name| attribute(&tag, name).and_then(|number| number.parse::<f32>().ok()).unwrap_or_default();
            let start = place("x");
            places.saw_label(place("y"));
            let end = start + measure_text_width_family(FONTS, FONT_SIZE, line)?.width();
            svg.push_str(&with_attribute(&tag, "x", &format!("{end:.1}")).replacen("<text ", "<text text-anchor=\"end\" ", 1));
            escaped(&drawn.scale.label(number))
        } else if line == "</svg>" && chart.kind == ChartKind::LyingBars && is_empty(chart) {
            // Upright pictures say so by themselves.
            format!(
                "<text x=\"12\" y=\"24\" font-size=\"{FONT_SIZE}\" font-family=\"{FONTS}\" fill=\"{}\">\n{EMPTY}\n</text>\n</svg>",
                drawn.text.hex()
            )
        } else if line == "</svg>" && marks::has_marks(chart) {
            format!("{}\n</svg>", marks::drawn(chart, &places, drawn.theme))
        } else if !line.starts_with('<') {
            // A text, in which `charts-rs` leaves quotes as they are.
            line.replace('"', "&quot;")
        } else {
            line.to_string()
        };
        svg.push_str(&line);
        svg.push('\n');
    }
    match titles.next() {
        Some(_) => Err(PictureError::of("fewer bars or dots than values")),
        None => Ok(compact_svg(svg.trim_end())),
    }
}

/// The number of a label, of which `charts-rs` writes a thousand as `1k`.
fn number_of_label(label: &str) -> Option<f64> {
    match label.strip_suffix('k') {
        Some(thousands) => thousands.parse::<f64>().ok().map(|number| number * 1000.0),
        None => label.parse().ok(),
    }
}

/// The tag of a bar or dot without what only a script could use.
fn bare(line: &str) -> String {
    let line = line.replacen(" class=\"ct-trigger\"", "", 1);
    match line.find(" data-series=\"") {
        Some(at) => format!("{}>", &line[..at]),
        None => line,
    }
}

/// A bar or dot as it is; a lone upright bar of a fair width, where `charts-rs` leaves margins of five on either side however wide the place.
fn fair(chart: &Chart, tag: String) -> String {
    const MARGINS: f32 = 10.0;
    const WIDEST: f32 = 72.0;
    let is_alone = chart.kind == ChartKind::StackedBars || (chart.kind == ChartKind::Bars && chart.series.len() == 1);
    let number = |name| attribute(&tag, name).and_then(|number| number.parse::<f32>().ok());
    match (number("x"), number("width")) {
        (Some(x), Some(width)) if is_alone && width > 1.0 => {
            let fair = width.max((width + MARGINS) * 0.7).min(WIDEST);
            let tag = with_attribute(&tag, "x", &format!("{:.1}", x + (width - fair) / 2.0));
            with_attribute(&tag, "width", &format!("{fair:.1}"))
        }
        _ => tag,
    }
}

/// The places of the bars and dots, in the order in which they are drawn.
fn places_of_shapes(chart: &Chart) -> Vec<usize> {
    let of_series = |series: &Series| -> Vec<usize> {
        let known = |place: &usize| series.values[*place].is_some_and(f64::is_finite);
        (0..series.values.len().min(chart.categories.len())).filter(known).collect()
    };
    chart.series.iter().flat_map(of_series).collect()
}

/// The middle of a bar or a dot.
fn middle(tag: &str) -> Option<f32> {
    let number = |name| attribute(tag, name).and_then(|number| number.parse::<f32>().ok());
    number("cx").or_else(|| Some(number("x")? + number("width")? / 2.0))
}

/// The value of an attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

/// A tag with another value of an attribute it has.
fn with_attribute(tag: &str, name: &str, value: &str) -> String {
    match attribute(tag, name) {
        Some(old) => tag.replacen(&format!(" {name}=\"{old}\""), &format!(" {name}=\"{value}\""), 1),
        None => tag.to_string(),
    }
}

/// Places and values of a series, in the order in which its bars or dots are drawn.
fn shapes<'a>(chart: &'a Chart, series: &'a Series) -> Vec<(&'a str, f64)> {
    let mut shapes: Vec<(&str, f64)> = (chart.categories.iter().zip(&series.values))
        .filter_map(|(category, value)| Some((category.as_str(), value.filter(|value| value.is_finite())?)))
        .collect();
    if chart.kind == ChartKind::LyingBars {
        shapes.reverse();
    }
    shapes
}

fn values(chart: &Chart) -> Vec<f64> {
    chart.series.iter().flat_map(|series| shapes(chart, series)).map(|(_, value)| value).collect()
}

/// What each bar or dot says.
pub(super) fn titles(chart: &Chart) -> Vec<String> {
    let figures = Figures::of(chart);
    let title = |series: &Series, category: &str, value: f64| {
        let value = figures.with_unit(value, &chart.unit);
        if chart.series.len() == 1 { format!("{category}: {value}") } else { format!("{category}, {}: {value}", series.name) }
    };
    let of_series = |series| shapes(chart, series).into_iter().map(move |(category, value)| title(series, category, value));
    chart.series.iter().flat_map(of_series).collect()
}
