//! Estimates with their intervals, one under another, around nought.

use super::canvas::{Anchor, Canvas, fitting, width_of};
use crate::picture::palette::Palette;
use crate::picture::scale::Scale;
use crate::picture::{PictureError, Room};
use crate::text::Figures;
use crate::{Chart, Series};

pub(super) fn draw(chart: &Chart, palette: &Palette, room: Room) -> Result<Canvas, PictureError> {
    let width = width_of(room);
    // On a telephone names stand over their intervals.
    let (left, right, above) = match room {
        Room::Wide => (236.0, 166.0, 0.0),
        Room::Narrow => (18.0, 62.0, 16.0),
    };
    let (row, head) = (22.0 + above, 4.0);
    let figures = Figures::of(chart);
    let scale = Scale::of(chart);
    let value = |series: Option<&Series>, place: usize| {
        series.and_then(|series| series.values.get(place).copied().flatten()).filter(|value| value.is_finite())
    };
    let (low, high) = scale.ends;
    let span = (high - low).max(f64::MIN_POSITIVE);
    let x = |value: f64| left + (width - left - right) * ((value / scale.divisor - low) / span).clamp(0.0, 1.0) as f32;
    let bottom = head + chart.categories.len() as f32 * row + 4.0;
    let mut canvas = Canvas::new(room, bottom + 18.0);
    for step in 0..=scale.steps {
        let drawn = low + step as f64 * (high - low) / scale.steps as f64;
        let at = x(drawn * scale.divisor);
        let is_nought = drawn.abs() < span * 1e-9;
        let (colour, thickness) = if is_nought { (palette.axis.hex(), 1.5) } else { (palette.lines.hex(), 1.0) };
        match above > 0.0 {
            // Names have the room between the lines.
            true => (0..chart.categories.len()).for_each(|place| {
                let top = head + place as f32 * row + above;
                canvas.line((at, top), (at, top + row - above), &colour, thickness);
            }),
            false => canvas.line((at, head), (at, bottom), &colour, thickness),
        }
        // Every other label where there is little room, that of nought among them.
        let nought = (-low / (high - low) * scale.steps as f64).round() as usize;
        if above == 0.0 || step.abs_diff(nought).is_multiple_of(2) {
            let rounded = if is_nought { 0.0 } else { (drawn * 10.0).round() / 10.0 };
            canvas.text(at, bottom + 14.0, Anchor::Middle, &palette.text.hex(), &scale.label(rounded));
        }
    }
    for (place, name) in chart.categories.iter().enumerate() {
        let top = head + place as f32 * row;
        let middle = top + above + 11.0;
        let (estimate, lower, upper) =
            (value(chart.series.first(), place), value(chart.series.get(1), place), value(chart.series.get(2), place));
        let text = palette.text.hex();
        match above > 0.0 {
            true => canvas.text(0.0, top + 13.0, Anchor::Start, &text, &fitting(name, width)?),
            false => canvas.text(left - 12.0, middle + 4.0, Anchor::End, &text, &fitting(name, left - 14.0)?),
        }
        let Some(estimate) = estimate else { continue };
        // What lies beyond nought as a whole stands out; of the rest nothing is shown.
        let colour = match (lower, upper) {
            (Some(lower), _) if lower > 0.0 => &palette.series[0],
            (_, Some(upper)) if upper < 0.0 => &palette.series[1],
            _ => &palette.series[2],
        };
        let mut told = figures.with_unit(estimate, &chart.unit);
        if let (Some(lower), Some(upper)) = (lower, upper) {
            canvas.line((x(lower), middle), (x(upper), middle), &colour.hex(), 2.0);
            if above == 0.0 {
                told = format!("{told} ({} to {})", figures.written(lower), figures.written(upper));
            }
        }
        let title = format!("{name}: {told}");
        canvas.dot((x(estimate), middle), 4.0, &colour.hex(), &title);
        canvas.text(width, middle + 4.0, Anchor::End, &text, &fitting(&told, right - 4.0)?);
    }
    Ok(canvas)
}
