//! Steps one under another, each with its figure and its share of the step before.

use super::canvas::{Anchor, Canvas, fitting, width_of};
use crate::Chart;
use crate::picture::palette::Palette;
use crate::picture::{PictureError, Room};
use crate::text::Figures;

pub(super) fn draw(chart: &Chart, palette: &Palette, room: Room) -> Result<Canvas, PictureError> {
    let width = width_of(room);
    // On a telephone the names stand over their bars.
    let (left, right, above) = match room {
        Room::Wide => (150.0, 188.0, 0.0),
        Room::Narrow => (0.0, 0.0, 17.0),
    };
    let (bar, between) = (24.0, 8.0);
    let series = chart.series.first();
    let value = |place: usize| {
        series.and_then(|series| series.values.get(place).copied().flatten()).filter(|value| value.is_finite()).unwrap_or(0.0).max(0.0)
    };
    let greatest = (0..chart.categories.len()).map(value).fold(0.0_f64, f64::max);
    if greatest <= 0.0 {
        return Ok(Canvas::empty(palette, room));
    }
    let figures = Figures::of(chart);
    let step = above + bar + between;
    let mut canvas = Canvas::new(room, chart.categories.len() as f32 * step + 2.0);
    let middle = left + (width - left - right) / 2.0;
    let half = |place: usize| (width - left - right) / 2.0 * (value(place) / greatest) as f32;
    for (place, name) in chart.categories.iter().enumerate() {
        let top = place as f32 * step + above;
        let (own, text) = (half(place), palette.text.hex());
        let share = (place > 0 && value(place - 1) > 0.0).then(|| 100.0 * value(place) / value(place - 1));
        let figure = figures.written(value(place));
        let of_before = share.map_or(String::new(), |share| format!("{share:.1} % of before"));
        let title = format!("{name}: {}", figures.with_unit(value(place), &chart.unit));
        canvas.rectangle((middle - own, top), (own * 2.0, bar), &palette.series[0].hex(), &title);
        if place + 1 < chart.categories.len() && above == 0.0 {
            let (next, below) = (half(place + 1), top + bar);
            let path = format!(
                "M{:.1} {below:.1}L{:.1} {below:.1}L{:.1} {:.1}L{:.1} {:.1}Z",
                middle - own,
                middle + own,
                middle + next,
                below + between,
                middle - next,
                below + between
            );
            canvas.shape(&path, &palette.series[0].hex(), 0.25, "");
        }
        if above > 0.0 {
            canvas.text(0.0, top - 4.0, Anchor::Start, &text, &fitting(name, width - 170.0)?);
            let told = if of_before.is_empty() { figure } else { format!("{figure} · {of_before}") };
            canvas.text(width, top - 4.0, Anchor::End, &text, &told);
        } else {
            canvas.text(0.0, top + 16.0, Anchor::Start, &text, &fitting(name, left - 8.0)?);
            canvas.text(width - right + 66.0, top + 16.0, Anchor::End, &text, &figure);
            canvas.text(width, top + 16.0, Anchor::End, &text, &of_before);
        }
    }
    Ok(canvas)
}
