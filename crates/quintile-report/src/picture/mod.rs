//! A chart as SVG.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `draw` | the forms of a chart, set out for `charts-rs` |
//! | `scale` | the value axis: round steps, and a suffix for large figures |
//! | `own` | forms that `charts-rs` has not, or not so that they are read: flows, funnels, estimates with their intervals |
//! | `marks` | what happened along the axis, drawn over bars and lines |
//! | `finish` | what a drawn picture still lacks: exact figures on its bars and dots, a name, labels of the axis |
//! | `palette` | colours, light and dark |
//! | `png` | the same as dots (feature `png`) |

mod draw;
mod finish;
mod marks;
mod own;
mod palette;
#[cfg(feature = "png")]
mod png;
mod scale;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::{Chart, ChartKind};

pub(crate) use marks::letter;
pub(crate) use palette::page_style;
#[cfg(feature = "png")]
pub use png::png;

/// On what a picture is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// On white.
    #[default]
    Light,
    /// On near black.
    Dark,
}

/// Why a chart could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureError {
    message: String,
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the chart cannot be drawn: {}", self.message)
    }
}

impl std::error::Error for PictureError {}

impl PictureError {
    fn of(message: &str) -> PictureError {
        PictureError { message: message.to_string() }
    }
}

impl From<charts_rs::Error> for PictureError {
    fn from(error: charts_rs::Error) -> PictureError {
        PictureError { message: error.to_string() }
    }
}

/// How much room a picture has. It is drawn anew for each, because letters must not shrink with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// A column of text, a sheet of paper.
    Wide,
    /// A telephone.
    Narrow,
}

/// Draws a chart as an SVG file of its own, with its ground, its title and its summary.
pub fn svg(chart: &Chart, theme: Theme) -> Result<String, PictureError> {
    match chart.kind {
        ChartKind::Flow | ChartKind::Funnel | ChartKind::Intervals => own::file(chart, theme),
        ChartKind::Bars | ChartKind::StackedBars | ChartKind::LyingBars | ChartKind::Lines => {
            finish::file(chart, &draw::draw(chart, theme, Room::Wide)?)
        }
    }
}

/// Draws a chart to stand inside a page, whose style gives it the colours of the reader's scheme.
pub(crate) fn inline(chart: &Chart, room: Room) -> Result<String, PictureError> {
    match chart.kind {
        ChartKind::Flow | ChartKind::Funnel | ChartKind::Intervals => own::inline(chart, room),
        ChartKind::Bars | ChartKind::StackedBars | ChartKind::LyingBars | ChartKind::Lines => {
            finish::inline(chart, &draw::draw(chart, Theme::Light, room)?)
        }
    }
}
