//! Forms that `charts-rs` has not, or not so that they are read.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `canvas` | elements of a picture, written as markup |
//! | `flow` | bands from the left to the right |
//! | `funnel` | steps, one under another |
//! | `intervals` | estimates with their intervals |

mod canvas;
mod flow;
mod funnel;
mod intervals;

use self::canvas::Canvas;
use super::palette::Palette;
use super::{PictureError, Room, Theme};
use crate::{Chart, ChartKind};
use charts_rs::compact_svg;

/// A picture as a file: named by its title and its summary, on its own ground.
pub(super) fn file(chart: &Chart, theme: Theme) -> Result<String, PictureError> {
    let palette = Palette::of(theme);
    let canvas = drawn(chart, &palette, Room::Wide)?;
    Ok(compact_svg(&canvas.file(&chart.title, &chart.summary, &palette.ground.hex())))
}

/// A picture for a page, named by its title and without ground.
pub(super) fn inline(chart: &Chart, room: Room) -> Result<String, PictureError> {
    Ok(compact_svg(&drawn(chart, &Palette::of(Theme::Light), room)?.inline(&chart.title)))
}

fn drawn(chart: &Chart, palette: &Palette, room: Room) -> Result<Canvas, PictureError> {
    if super::draw::is_empty(chart) {
        return Ok(Canvas::empty(palette, room));
    }
    match chart.kind {
        ChartKind::Flow => flow::draw(chart, palette, room),
        ChartKind::Funnel => funnel::draw(chart, palette, room),
        ChartKind::Intervals => intervals::draw(chart, palette, room),
        ChartKind::Bars | ChartKind::StackedBars | ChartKind::LyingBars | ChartKind::Lines => {
            Err(PictureError::of("this form is drawn elsewhere"))
        }
    }
}
