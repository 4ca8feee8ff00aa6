//! What happened along the axis, drawn over bars and lines: a letter and a line at its place, a shade over a stretch.

use super::Theme;
use super::draw::{FONT_SIZE, FONTS};
use super::palette::Palette;
use crate::text::escaped;
use crate::{Chart, ChartKind};

/// Room for the letters, over the plot.
pub(super) const STRIP: f32 = 16.0;

/// Room for one letter.
const LETTER: f32 = 11.0;

/// The letter of a mark, by its place: A, B, ... Z, A2, B2 ...
pub(crate) fn letter(place: usize) -> String {
    let letter = char::from(b'A' + (place % 26) as u8);
    match place / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{}", round + 1),
    }
}

/// Can a form have marks?
pub(super) fn has_marks(chart: &Chart) -> bool {
    !chart.marks.is_empty() && matches!(chart.kind, ChartKind::Bars | ChartKind::StackedBars | ChartKind::Lines)
}

/// Where the places along the axis lie, and the plot, as far as what was drawn has told.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Places with their middles, by bars and dots.
    middles: Vec<(usize, f32)>,
    /// The uppermost and the lowest step of the value axis.
    heights: Option<(f32, f32)>,
}

impl Places {
    pub(super) fn saw(&mut self, place: usize, middle: f32) {
        self.middles.push((place, middle));
    }

    /// The label of a step of the value axis, whose line lies in the middle of its letters.
    pub(super) fn saw_label(&mut self, foot: f32) {
        let line = foot - FONT_SIZE / 3.0;
        let (top, bottom) = self.heights.unwrap_or((line, line));
        self.heights = Some((top.min(line), bottom.max(line)));
    }

    /// The middle of a place: places lie equally far apart.
    fn middle(&self, place: usize) -> Option<f32> {
        let first = self.middles.iter().min_by_key(|(place, _)| *place)?;
        let last = self.middles.iter().max_by_key(|(place, _)| *place)?;
        match last.0 - first.0 {
            0 => (place == first.0).then_some(first.1),
            apart => Some(first.1 + (last.1 - first.1) * (place as f32 - first.0 as f32) / apart as f32),
        }
    }

    /// Half the way from one place to the next.
    fn half(&self) -> f32 {
        match (self.middle(0), self.middle(1)) {
            (Some(a), Some(b)) => (b - a).abs() / 2.0,
            _ => 20.0,
        }
    }
}

/// The marks of a chart, as markup; none where nothing tells where they stand.
pub(super) fn drawn(chart: &Chart, places: &Places, theme: Theme) -> String {
    let palette = Palette::of(theme);
    let (colour, text) = (palette.series[4].hex(), palette.text.hex());
    let Some((top, bottom)) = places.heights else { return String::new() };
    let (mut markup, mut letters) = (String::new(), Vec::new());
    for (number, mark) in chart.marks.iter().enumerate() {
        let (Some(from), Some(to)) = (places.middle(mark.from), places.middle(mark.to)) else { continue };
        let title = format!("<title>{}</title>", escaped(&mark.text));
        if mark.to > mark.from {
            let (x, width) = (from - places.half(), to - from + 2.0 * places.half());
            markup.push_str(&format!(
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\" fill-opacity=\"0.12\">{title}</rect>",
                width.max(1.0),
                (bottom - top).max(1.0)
            ));
        } else {
            markup.push_str(&format!(
                "<line x1=\"{from:.1}\" y1=\"{top:.1}\" x2=\"{from:.1}\" y2=\"{bottom:.1}\" stroke=\"{colour}\" stroke-width=\"1.5\" stroke-dasharray=\"4,3\">{title}</line>"
            ));
        }
        let middle = free(&mut letters, (from + to) / 2.0);
        markup.push_str(&format!(
            "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"{FONT_SIZE}\" font-family=\"{FONTS}\" font-weight=\"600\" fill=\"{text}\">{}</text>",
            top - 4.0,
            letter(number)
        ));
    }
    markup
}

/// The next room for a letter, at a place or beside the letters that stand there.
fn free(taken: &mut Vec<f32>, middle: f32) -> f32 {
    let mut at = middle;
    while taken.iter().any(|other| (other - at).abs() < LETTER) {
        at += LETTER;
    }
    taken.push(at);
    at
}

/// What the marks are, for whoever has the picture alone.
pub(super) fn told(chart: &Chart) -> String {
    let told = |(number, mark): (usize, &crate::Mark)| format!("{}: {}", letter(number), mark.text);
    chart.marks.iter().enumerate().map(told).collect::<Vec<_>>().join("; ")
}
