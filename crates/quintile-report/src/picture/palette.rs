//! Colours of a picture, light and dark, by what they are for.

use charts_rs::Color;

use super::Theme;

/// A colour in both themes. The light one names the role in a drawn picture, so no two are alike.
struct Role {
    /// The name of its CSS variable on the page.
    variable: &'static str,
    light: &'static str,
    dark: &'static str,
}

const fn role(variable: &'static str, light: &'static str, dark: &'static str) -> Role {
    Role { variable, light, dark }
}

/// The series, in order; each stands at least 3 to 1 against the page.
const SERIES: [Role; 6] = [
    role("--series-1", "#1B617F", "#6FB8D6"),
    role("--series-2", "#B9651D", "#E5A462"),
    role("--series-3", "#6C7A86", "#A6B3BD"),
    role("--series-4", "#5B7F34", "#A8CA7C"),
    role("--series-5", "#8B5583", "#CF9FC8"),
    role("--series-6", "#23857E", "#6CCBC3"),
];
const TEXT: Role = role("--picture-text", "#4E5A64", "#B4BFC8");
const AXIS: Role = role("--picture-axis", "#9BA6AE", "#66737E");
const LINES: Role = role("--picture-lines", "#E1E6E9", "#2F3941");
const GROUND: Role = role("--picture-ground", "#FFFFFE", "#151A1E");

/// What a picture is drawn with.
pub(super) struct Palette {
    pub(super) series: Vec<Color>,
    pub(super) text: Color,
    pub(super) axis: Color,
    pub(super) lines: Color,
    pub(super) ground: Color,
}

impl Palette {
    pub(super) fn of(theme: Theme) -> Palette {
        let pick = |role: &Role| -> Color {
            match theme {
                Theme::Light => role.light.into(),
                Theme::Dark => role.dark.into(),
            }
        };
        Palette {
            series: SERIES.iter().map(pick).collect(),
            text: pick(&TEXT),
            axis: pick(&AXIS),
            lines: pick(&LINES),
            ground: pick(&GROUND),
        }
    }
}

/// CSS that gives the colours of a light picture inside a page to variables, and the variables both themes.
pub(crate) fn page_style() -> String {
    let roles = || SERIES.iter().chain([&TEXT, &AXIS, &LINES, &GROUND]);
    let mut css = String::new();
    let light: String = roles().map(|role| format!("{}:{};", role.variable, role.light)).collect();
    let both: String = roles().map(|role| format!("{}:light-dark({},{});", role.variable, role.light, role.dark)).collect();
    css.push_str(&format!(":root{{{light}}}\n@supports (color:light-dark(#000,#fff)){{:root{{{both}}}}}\n"));
    for role in roles() {
        for property in ["fill", "stroke"] {
            css.push_str(&format!(".picture [{property}=\"{}\"]{{{property}:var({})}}\n", role.light, role.variable));
        }
    }
    css
}
