//! The forms of a chart, set out for `charts-rs`.

use charts_rs::{Align, BarChart, ChartBase, Color, HorizontalBarChart, LegendCategory, LineChart, Margin, Series, Symbol, YAxisConfig};

use super::marks::{STRIP, has_marks};
use super::palette::Palette;
use super::scale::Scale;
use super::{PictureError, Room, Theme};
use crate::text::plain;
use crate::{Chart, ChartKind};

/// Follows each number that `finish` writes anew; no text of a chart contains it.
pub(super) const NUMBER: char = '\u{E000}';

/// Fonts of the reader's machine. `charts-rs` measures with one of its own, so rows of names get some room to spare.
pub(super) const FONTS: &str = "system-ui,sans-serif";
pub(super) const FONT_SIZE: f32 = 12.0;

/// What a picture says that has nothing to show.
pub(super) const EMPTY: &str = "No figures yet";

/// A drawn chart.
pub(super) struct Drawn {
    pub(super) svg: String,
    pub(super) scale: Scale,
    pub(super) ground: Color,
    pub(super) text: Color,
    pub(super) theme: Theme,
    /// Can somebody point at a bar and ask for its figure?
    pub(super) is_pointed_at: bool,
}

/// Sizes of a picture, in pixels of the page.
struct Layout {
    width: f32,
    height: f32,
    /// Letters kept of a name, at the axis and in the legend.
    letters: usize,
}

impl Layout {
    fn of(chart: &Chart, room: Room) -> Layout {
        let lying = 26.0 * (chart.categories.len() * bars(chart)).clamp(1, 40) as f32 + 12.0 * chart.categories.len().clamp(1, 40) as f32;
        let is_lying = chart.kind == ChartKind::LyingBars;
        let (width, upright, letters) = match room {
            Room::Wide => (720.0, 300.0, 32),
            Room::Narrow => (340.0, 250.0, if is_lying { 17 } else { 13 }),
        };
        Layout { width, height: if is_lying { lying + header(chart) + 16.0 } else { upright }, letters }
    }
}

/// Bars beside each other at every place.
fn bars(chart: &Chart) -> usize {
    chart.series.len().max(1)
}

fn header(chart: &Chart) -> f32 {
    if chart.series.len() > 1 { 34.0 } else { 0.0 }
}

/// Whether there is no value to show.
pub(super) fn is_empty(chart: &Chart) -> bool {
    chart.series.iter().flat_map(|series| &series.values).flatten().all(|value| !value.is_finite())
}

/// Draws a chart; numbers stand divided before [`NUMBER`].
pub(super) fn draw(chart: &Chart, theme: Theme, room: Room) -> Result<Drawn, PictureError> {
    let palette = Palette::of(theme);
    let mut scale = Scale::of(chart);
    let layout = Layout::of(chart, room);
    let names = names(chart, layout.letters);
    if chart.kind == ChartKind::LyingBars && scale.ends.0 < 0.0 {
        // Room for the figures beside bars below nought.
        scale.widen_below();
    }
    let series = series(chart, &scale, layout.letters);
    let svg = match chart.kind {
        ChartKind::Bars | ChartKind::StackedBars => {
            let mut picture = BarChart::new_with_theme(series, names, charts_rs::THEME_LIGHT);
            set(&mut picture.base, &mut picture.y_axis_configs, chart, &palette, &scale, &layout);
            picture.radius = Some(1.0);
            picture.svg()?
        }
        ChartKind::LyingBars => {
            let mut picture = HorizontalBarChart::new_with_theme(series, names, charts_rs::THEME_LIGHT);
            set(&mut picture.base, &mut picture.y_axis_configs, chart, &palette, &scale, &layout);
            // Each bar carries its figure, so there is no axis to read it from.
            picture.series_list.iter_mut().for_each(|series| series.label_show = true);
            picture.x_axis.hidden = true;
            picture.grid.stroke_color = Color::transparent();
            picture.x_axis.stroke_color = Color::transparent();
            picture.svg()?
        }
        ChartKind::Lines => {
            let mut picture = LineChart::new_with_theme(series, names, charts_rs::THEME_LIGHT);
            set(&mut picture.base, &mut picture.y_axis_configs, chart, &palette, &scale, &layout);
            picture.svg()?
        }
        ChartKind::Flow | ChartKind::Funnel | ChartKind::Intervals => return Err(PictureError::of("this form is drawn elsewhere")),
    };
    Ok(Drawn { svg, scale, ground: palette.ground, text: palette.text, theme, is_pointed_at: room == Room::Wide })
}

/// Names of the places, set so that they neither touch each other nor a bar.
fn names(chart: &Chart, letters: usize) -> Vec<String> {
    let names = chart.categories.iter().map(|name| shortened(name, letters));
    match chart.kind {
        ChartKind::LyingBars if is_empty(chart) => Vec::new(),
        // Lying bars are drawn from the bottom up, and are read from the top down.
        ChartKind::LyingBars => names.rev().map(|name| spaced(&name)).collect(),
        _ if chart.categories.len() > 6 => names.map(|name| format!("\u{A0}{name}\u{A0}")).collect(),
        _ => names.collect(),
    }
}

fn series(chart: &Chart, scale: &Scale, letters: usize) -> Vec<Series> {
    let drawn = |(index, series): (usize, &crate::Series)| {
        let mut values: Vec<Option<f32>> =
            (0..chart.categories.len()).map(|place| scale.place(series.values.get(place).copied().flatten())).collect();
        if chart.kind == ChartKind::LyingBars {
            values.reverse();
        }
        let mut drawn = Series::new_nullable(spaced(&shortened(&series.name, letters)), values);
        drawn.index = Some(index);
        // Lines differ by more than their colour.
        drawn.stroke_dash_array = [None, Some("7,3"), Some("2,3"), Some("9,3,2,3")][index % 4].map(str::to_string);
        drawn.stack = (chart.kind == ChartKind::StackedBars).then(|| "all".to_string());
        drawn
    };
    chart.series.iter().enumerate().map(drawn).collect()
}

/// What all forms have in common.
fn set(base: &mut ChartBase, axes: &mut [YAxisConfig], chart: &Chart, palette: &Palette, scale: &Scale, layout: &Layout) {
    base.width = layout.width;
    base.height = layout.height;
    let is_lying = chart.kind == ChartKind::LyingBars;
    let strip = if has_marks(chart) { STRIP } else { 0.0 };
    base.margin =
        Margin { left: if is_lying { 4.0 } else { 18.0 }, top: 8.0 + strip, right: if is_lying { 64.0 } else { 12.0 }, bottom: 4.0 };
    base.background_color = palette.ground;
    base.font_family = FONTS.to_string();
    base.empty_text = is_empty(chart).then(|| EMPTY.to_string());

    base.legend.show = Some(chart.series.len() > 1);
    base.legend.align = Align::Left;
    base.legend.category = LegendCategory::Rect;
    base.legend.font.color = palette.text;
    base.legend.font.size = FONT_SIZE;
    base.legend.margin = Some(Margin { left: 0.0, top: 0.0, right: 0.0, bottom: 10.0 });

    base.x_axis.font.color = palette.text;
    base.x_axis.font.size = FONT_SIZE;
    base.x_axis.stroke_color = palette.axis;
    base.grid.stroke_color = palette.lines;

    base.series.colors = palette.series.clone();
    base.series.label.font.color = palette.text;
    base.series.label.font.size = FONT_SIZE;
    base.series.label.formatter = format!("{{c}}{NUMBER}");
    base.series.symbol = Some(Symbol::Circle(if chart.categories.len() > 60 { 1.0 } else { 2.5 }, Some(palette.ground)));
    base.series.stroke_width = 2.0;
    // The hover of `charts-rs` comes with a title on each bar and dot, which is all that `finish` keeps of it.
    base.tooltip.show = true;

    for axis in axes {
        axis.font.color = palette.text;
        axis.font.size = FONT_SIZE;
        axis.stroke_color = Color::transparent();
        axis.min = Some(scale.ends.0 as f32);
        axis.max = Some(scale.ends.1 as f32);
        axis.split_number = scale.steps;
        axis.formatter = Some(format!("{{c}}{}", NUMBER.to_string().repeat(scale.longest_addition())));
    }
}

/// A name with room for wider letters than the measured ones.
fn spaced(name: &str) -> String {
    let spaces = 2 + name.chars().count() / 2;
    format!("{name}{}", "\u{A0}".repeat(spaces))
}

/// A name that fits, without anything that is not a letter to be seen.
pub(super) fn shortened(name: &str, letters: usize) -> String {
    let name = plain(name);
    if name.chars().count() <= letters {
        return name;
    }
    let kept: String = name.chars().take(letters.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
