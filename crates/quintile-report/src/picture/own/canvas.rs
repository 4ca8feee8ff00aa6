//! Elements of a picture, written as markup.

use crate::picture::draw::{EMPTY, FONT_SIZE, FONTS, shortened};
use crate::picture::palette::Palette;
use crate::picture::{PictureError, Room};
use crate::text::{escaped, plain};
use charts_rs::measure_text_width_family;

/// Where a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture that is being drawn.
pub(super) struct Canvas {
    width: f32,
    height: f32,
    markup: String,
}

impl Canvas {
    pub(super) fn new(width: f32, height: f32) -> Canvas {
        Canvas { width, height, markup: String::new() }
    }

    /// A picture that has nothing to show.
    pub(super) fn empty(palette: &Palette, room: Room) -> Canvas {
        let mut canvas = Canvas::new(width_of(room), 40.0);
        canvas.text(12.0, 24.0, Anchor::Start, &palette.text.hex(), EMPTY);
        canvas
    }

    pub(super) fn text(&mut self, x: f32, y: f32, anchor: Anchor, fill: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let text = escaped(text);
        self.markup.push_str(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{FONT_SIZE}\" font-family=\"{FONTS}\"{anchor} fill=\"{fill}\">{text}</text>"
        ));
    }

    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), stroke: &str, width: f32) {
        self.markup.push_str(&format!(
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>",
            from.0, from.1, to.0, to.1
        ));
    }

    /// A rectangle that says something when it is pointed at.
    pub(super) fn rectangle(&mut self, at: (f32, f32), size: (f32, f32), fill: &str, title: &str) {
        let (width, height) = (size.0.max(0.0), size.1.max(0.0));
        let title = titled(title);
        self.markup.push_str(&format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"1\" fill=\"{fill}\">{title}</rect>",
            at.0, at.1
        ));
    }

    pub(super) fn dot(&mut self, at: (f32, f32), radius: f32, fill: &str, title: &str) {
        let title = titled(title);
        self.markup.push_str(&format!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" fill=\"{fill}\">{title}</circle>", at.0, at.1));
    }

    /// A closed path.
    pub(super) fn shape(&mut self, path: &str, fill: &str, opacity: f32, title: &str) {
        let title = titled(title);
        self.markup.push_str(&format!("<path d=\"{path}\" fill=\"{fill}\" fill-opacity=\"{opacity}\">{title}</path>"));
    }

    pub(super) fn file(&self, title: &str, summary: &str, ground: &str) -> String {
        let (width, height) = (self.width, self.height);
        let named = format!("<title>{}</title><desc>{}</desc>", escaped(title), escaped(summary));
        let ground = format!("<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"{ground}\"/>");
        self.whole(title, &format!("{named}{ground}"))
    }

    pub(super) fn inline(&self, title: &str) -> String {
        self.whole(title, "")
    }

    fn whole(&self, title: &str, before: &str) -> String {
        let (width, height) = (self.width, self.height);
        let name = if title.trim().is_empty() { "Chart".to_owned() } else { escaped(title) };
        format!(
            "<svg width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{name}\">{before}{}</svg>",
            self.markup
        )
    }
}

fn titled(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!("<title>{}</title>", escaped(title)) }
}

/// The width of a picture, in pixels of the page.
pub(super) fn width_of(room: Room) -> f32 {
    match room {
        Room::Wide => 720.0,
        Room::Narrow => 340.0,
    }
}

/// A text that is no wider than the room for it.
pub(super) fn fitting(text: &str, width: f32) -> Result<String, PictureError> {
    let text = plain(text);
    let mut letters = text.chars().count().min(200);
    let mut shown = shortened(&text, letters);
    // Machines have wider letters than the measured ones.
    while letters > 1 && measure_text_width_family(FONTS, FONT_SIZE, &shown)?.width() * 1.06 > width {
        letters -= 1;
        shown = shortened(&text, letters);
    }
    Ok(shown)
}
