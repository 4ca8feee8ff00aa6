//! Elements of a picture, written as markup.

use crate::picture::draw::{EMPTY, FONT_SIZE, FONTS, shortened};
use crate::picture::palette::Palette;
use crate::picture::{PictureError, Room};
use crate::text::{escaped, plain};
use charts_rs::measure_text_width_family;

/// Around a picture that is a file of its own.
const MARGIN: f32 = 12.0;

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
    /// Can somebody point at a part and ask for its figure?
    is_pointed_at: bool,
}

impl Canvas {
    pub(super) fn new(room: Room, height: f32) -> Canvas {
        Canvas { width: width_of(room), height, markup: String::new(), is_pointed_at: room == Room::Wide }
    }

    /// A picture that has nothing to show.
    pub(super) fn empty(palette: &Palette, room: Room) -> Canvas {
        let mut canvas = Canvas::new(room, 40.0);
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
        let title = self.titled(title);
        self.markup.push_str(&format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"1\" fill=\"{fill}\">{title}</rect>",
            at.0, at.1
        ));
    }

    pub(super) fn dot(&mut self, at: (f32, f32), radius: f32, fill: &str, title: &str) {
        let title = self.titled(title);
        self.markup.push_str(&format!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" fill=\"{fill}\">{title}</circle>", at.0, at.1));
    }

    /// A closed path.
    pub(super) fn shape(&mut self, path: &str, fill: &str, opacity: f32, title: &str) {
        let title = self.titled(title);
        self.markup.push_str(&format!("<path d=\"{path}\" fill=\"{fill}\" fill-opacity=\"{opacity}\">{title}</path>"));
    }

    /// With a margin around it, on its own ground.
    pub(super) fn file(&self, title: &str, summary: &str, ground: &str) -> String {
        let (width, height) = (self.width + 2.0 * MARGIN, self.height + 2.0 * MARGIN);
        let named = format!("<title>{}</title><desc>{}</desc>", escaped(title), escaped(summary));
        let ground = format!("<rect x=\"-{MARGIN:.0}\" y=\"-{MARGIN:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" fill=\"{ground}\"/>");
        self.whole(title, &format!("{named}{ground}"), MARGIN)
    }

    pub(super) fn inline(&self, title: &str) -> String {
        self.whole(title, "", 0.0)
    }

    fn titled(&self, title: &str) -> String {
        if title.is_empty() || !self.is_pointed_at { String::new() } else { format!("<title>{}</title>", escaped(title)) }
    }

    fn whole(&self, title: &str, before: &str, margin: f32) -> String {
        let (start, width, height) = (0.0 - margin, self.width + 2.0 * margin, self.height + 2.0 * margin);
        let name = if title.trim().is_empty() { "Chart".to_owned() } else { escaped(title) };
        format!(
            "<svg width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"{start:.0} {start:.0} {width:.0} {height:.0}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{name}\">{before}{}</svg>",
            self.markup
        )
    }
}

/// The width of a picture, in pixels of the page.
pub(super) fn width_of(room: Room) -> f32 {
    match room {
        Room::Wide => 720.0,
        Room::Narrow => 340.0,
    }
}

/// How wide a text is at the most.
pub(super) fn width_of_text(text: &str) -> Result<f32, PictureError> {
    // Machines have wider letters than the measured ones.
    Ok(measure_text_width_family(FONTS, FONT_SIZE, text)?.width() * 1.06)
}

/// A text that is no wider than the room for it.
pub(super) fn fitting(text: &str, width: f32) -> Result<String, PictureError> {
    let text = plain(text);
    let mut letters = text.chars().count().min(200);
    let mut shown = shortened(&text, letters);
    while letters > 1 && width_of_text(&shown)? > width {
        letters -= 1;
        shown = shortened(&text, letters);
    }
    Ok(shown)
}
