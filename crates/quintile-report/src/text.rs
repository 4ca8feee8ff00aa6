//! Texts and figures as they are written into markup.

use crate::Chart;

/// A text without control characters, which neither HTML nor XML can hold.
pub(crate) fn plain(text: &str) -> String {
    let is_unwritable = |letter: char| letter.is_control() || matches!(letter, '\u{E000}' | '\u{FFFE}' | '\u{FFFF}');
    text.chars().map(|letter| if is_unwritable(letter) { ' ' } else { letter }).collect()
}

/// A text that is nothing but text, also between quotes of an attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for letter in plain(text).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// How the values of one chart are written: all with the same number of decimals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    decimals: usize,
}

impl Figures {
    pub(crate) fn of(chart: &Chart) -> Figures {
        let values = || chart.series.iter().flat_map(|series| &series.values).flatten().copied().filter(|value| value.is_finite());
        let greatest = values().fold(0.0_f64, |greatest, value| greatest.max(value.abs()));
        let decimals = match greatest {
            _ if values().all(|value| value.fract() == 0.0) => 0,
            _ if values().all(|value| (value * 10.0).round() / 10.0 == value) => 1,
            // Three figures of the greatest; what is smaller still gets fewer.
            greatest if greatest < 1.0 => ((2.0 - greatest.log10().floor()) as usize).min(12),
            _ => 2,
        };
        Figures { decimals }
    }

    /// A value with separators of thousands.
    pub(crate) fn written(self, value: f64) -> String {
        if value.abs() >= 1e15 {
            return format!("{value:e}");
        }
        let digits = format!("{:.*}", self.decimals, value.abs());
        let (whole, fraction) = digits.split_once('.').map_or((digits.as_str(), None), |(whole, fraction)| (whole, Some(fraction)));
        let mut written = String::new();
        if value < 0.0 && digits.contains(|digit: char| ('1'..='9').contains(&digit)) {
            written.push('\u{2212}');
        }
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                written.push(',');
            }
            written.push(digit);
        }
        if let Some(fraction) = fraction {
            written.push('.');
            written.push_str(fraction);
        }
        written
    }

    /// A value with its unit, in one piece.
    pub(crate) fn with_unit(self, value: f64, unit: &str) -> String {
        match unit {
            "" => self.written(value),
            "%" => format!("{}%", self.written(value)),
            unit => format!("{} {unit}", self.written(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_could_end_a_text() {
        assert_eq!(escaped("<b a='1' c=\"2\">&\u{0}\n"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;  ");
    }

    #[test]
    fn writes_thousands_signs_and_decimals() {
        let whole = Figures { decimals: 0 };
        assert_eq!(whole.written(1_234_567.0), "1,234,567");
        assert_eq!(whole.written(-123.0), "\u{2212}123");
        assert_eq!(Figures { decimals: 2 }.written(-0.001), "0.00");
        assert_eq!(Figures { decimals: 2 }.with_unit(1234.5, "GBP"), "1,234.50 GBP");
        assert_eq!(whole.written(1e300), "1e300");
    }
}
