//! A picture as PNG, of the SVG that was drawn: for mails and slides that take no SVG.
//!
//! Letters come from the font that the pictures are measured with, so that they look alike on every machine and fit.

use super::PictureError;
use charts_rs::{DEFAULT_FONT_DATA, DEFAULT_FONT_FAMILY};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Dots for each unit of the drawing, so that letters stay sharp on a fine screen.
const DOTS: f32 = 2.0;

/// Paints an SVG picture.
pub fn png(svg: &str) -> Result<Vec<u8>, PictureError> {
    let mut options = Options { font_family: DEFAULT_FONT_FAMILY.to_string(), ..Options::default() };
    let fonts = options.fontdb_mut();
    fonts.load_font_data(DEFAULT_FONT_DATA.to_vec());
    // The pictures ask for whatever the machine has; here that is always this one.
    fonts.set_sans_serif_family(DEFAULT_FONT_FAMILY);
    let tree = Tree::from_str(svg, &options).map_err(|error| PictureError { message: error.to_string() })?;
    let size = tree.size();
    let dots = |length: f32| (length * DOTS).ceil() as u32;
    let mut picture =
        Pixmap::new(dots(size.width()), dots(size.height())).ok_or_else(|| PictureError::of("it has no width or no height"))?;
    resvg::render(&tree, Transform::from_scale(DOTS, DOTS), &mut picture.as_mut());
    picture.encode_png().map_err(|error| PictureError { message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_bars_are_painted() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"20\"><rect width=\"60\" height=\"20\" fill=\"#ffffff\"/><text x=\"4\" y=\"16\" font-size=\"14\" font-family=\"system-ui,sans-serif\" fill=\"#000000\">Wm</text></svg>";
        let bytes = png(svg).unwrap();
        let picture = Pixmap::decode_png(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (120, 40));
        let dark = picture.pixels().iter().filter(|pixel| pixel.red() < 64).count();
        assert!(dark > 100, "{dark} dark dots: the letters are not there");
        assert!(png("no picture").is_err());
    }
}
