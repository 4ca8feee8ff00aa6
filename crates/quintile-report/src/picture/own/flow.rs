//! Bands from the left to the right: where things come from, and where they go.

use super::canvas::{Anchor, Canvas, fitting, width_of, width_of_text};
use crate::Chart;
use crate::picture::palette::Palette;
use crate::picture::{PictureError, Room};
use crate::text::Figures;

/// The pillar that bands leave, or come to.
const PILLAR: f32 = 9.0;
const BETWEEN: f32 = 9.0;

/// A pillar: its name, what stands on it, and where.
struct Node<'a> {
    name: &'a str,
    sum: f64,
    top: f32,
    height: f32,
    /// Where the next band joins.
    next: f32,
}

pub(super) fn draw(chart: &Chart, palette: &Palette, room: Room) -> Result<Canvas, PictureError> {
    let (width, label, lines) = match room {
        Room::Wide => (width_of(room), 224.0, 1.0),
        Room::Narrow => (width_of(room), 100.0, 2.0),
    };
    let value = |from: usize, to: usize| -> f64 {
        let value = chart.series.get(to).and_then(|series| series.values.get(from).copied().flatten());
        // What is below nought cannot flow.
        value.filter(|value| value.is_finite() && *value > 0.0).unwrap_or(0.0)
    };
    let (from, to) = (0..chart.categories.len(), 0..chart.series.len());
    let sums_from: Vec<f64> = from.clone().map(|from| to.clone().map(|to| value(from, to)).sum()).collect();
    let sums_to: Vec<f64> = to.clone().map(|to| from.clone().map(|from| value(from, to)).sum()).collect();
    let all: f64 = sums_from.iter().sum();
    if !(all > 0.0 && all.is_finite()) {
        return Ok(Canvas::empty(palette, room));
    }
    let nodes = |names: Vec<&'_ str>, sums: &[f64]| -> Vec<(usize, String, f64)> {
        names.iter().enumerate().filter(|(at, _)| sums[*at] > 0.0).map(|(at, name)| (at, (*name).to_owned(), sums[at])).collect()
    };
    let left = nodes(chart.categories.iter().map(String::as_str).collect(), &sums_from);
    let right = nodes(chart.series.iter().map(|series| series.name.as_str()).collect(), &sums_to);
    let least = 14.0 * lines + 2.0;
    let bands_height = match room {
        Room::Wide => 260.0,
        Room::Narrow => 300.0,
    };
    let (left_nodes, left_end) = placed(&left, all, bands_height, least);
    let (right_nodes, right_end) = placed(&right, all, bands_height, least);
    let mut canvas = Canvas::new(room, left_end.max(right_end) + 6.0);
    let figures = Figures::of(chart);
    let (x_from, x_to) = (label + PILLAR, width - label - PILLAR);
    let (mut left_nodes, mut right_nodes) = (left_nodes, right_nodes);
    for (place, (at, name, _)) in left.iter().enumerate() {
        for (goal, (to, goal_name, _)) in right.iter().enumerate() {
            let amount = value(*at, *to);
            if amount <= 0.0 {
                continue;
            }
            let (own, other) = (&mut left_nodes[place], &mut right_nodes[goal]);
            let (a, b) = (own.height * (amount / own.sum) as f32, other.height * (amount / other.sum) as f32);
            let (start, end) = (own.next, other.next);
            own.next += a;
            other.next += b;
            let middle = (x_from + x_to) / 2.0;
            let path = format!(
                "M{x_from:.1} {start:.1}C{middle:.1} {start:.1} {middle:.1} {end:.1} {x_to:.1} {end:.1}L{x_to:.1} {:.1}C{middle:.1} {:.1} {middle:.1} {:.1} {x_from:.1} {:.1}Z",
                end + b.max(0.8),
                end + b.max(0.8),
                start + a.max(0.8),
                start + a.max(0.8)
            );
            // Who stays is ground for those who move.
            let (fill, opacity) = if name == goal_name { (&palette.axis, 0.35) } else { (series_colour(palette, *to), 0.55) };
            let title = format!("{name} to {goal_name}: {}", figures.with_unit(amount, &chart.unit));
            canvas.shape(&path, &fill.hex(), opacity, &title);
        }
    }
    for (node, anchor) in left_nodes.iter().map(|node| (node, Anchor::End)).chain(right_nodes.iter().map(|node| (node, Anchor::Start))) {
        let is_left = anchor == Anchor::End;
        let (pillar, text) = if is_left { (label, label - 6.0) } else { (x_to, x_to + PILLAR + 6.0) };
        canvas.rectangle((pillar, node.top), (PILLAR, node.height.max(1.0)), &palette.axis.hex(), "");
        let figure = figures.written(node.sum);
        let middle = node.top + node.height.max(1.0) / 2.0;
        if lines > 1.0 {
            canvas.text(text, middle - 2.0, anchor, &palette.text.hex(), &fitting(node.name, label - 8.0)?);
            canvas.text(text, middle + 12.0, anchor, &palette.text.hex(), &fitting(&figure, label - 8.0)?);
        } else {
            let name = fitting(node.name, label - 14.0 - width_of_text(&figure)?)?;
            canvas.text(text, middle + 4.0, anchor, &palette.text.hex(), &format!("{name} {figure}"));
        }
    }
    Ok(canvas)
}

fn series_colour(palette: &Palette, at: usize) -> &charts_rs::Color {
    &palette.series[at % palette.series.len()]
}

/// Pillars one under another, each with room for its label; and where they end.
fn placed<'a>(nodes: &'a [(usize, String, f64)], all: f64, height: f32, least: f32) -> (Vec<Node<'a>>, f32) {
    let mut placed = Vec::with_capacity(nodes.len());
    let mut end = 4.0;
    for (_, name, sum) in nodes {
        let own = height * (sum / all) as f32;
        // A pillar lower than its label stands in the middle of it.
        let top = end + ((least - own) / 2.0).max(0.0);
        placed.push(Node { name, sum: *sum, top, height: own, next: top });
        end += own.max(least) + BETWEEN;
    }
    (placed, end - BETWEEN)
}
