//! The value axis: round steps, and a suffix for large figures.

use crate::{Chart, ChartKind};

/// How values stand along an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    /// What a value is divided by before it is drawn.
    pub(super) divisor: f64,
    /// The ends of the axis and the number of steps between them, in divided values.
    pub(super) ends: (f64, f64),
    pub(super) steps: usize,
    is_percent: bool,
}

/// Fewer than this many steps lie on an axis, before its ends are rounded outwards.
const STEPS: f64 = 5.0;

impl Scale {
    /// The scale that holds all values of a chart, and zero.
    pub(super) fn of(chart: &Chart) -> Scale {
        let (low, high) = range(chart);
        let divisor = divisor(high.max(-low));
        let (low, high) = (low / divisor, high / divisor);
        let step = round_step((high - low) / STEPS);
        let ends = ((low / step).floor() * step, (high / step).ceil() * step);
        let steps = ((ends.1 - ends.0) / step).round().clamp(1.0, 50.0) as usize;
        Scale { divisor, ends, steps, is_percent: chart.unit == "%" }
    }

    /// A value as it is drawn; none of one that is no number.
    pub(super) fn place(&self, value: Option<f64>) -> Option<f32> {
        value.filter(|value| value.is_finite()).map(|value| (value / self.divisor) as f32)
    }

    /// One step more at the lower end.
    pub(super) fn widen_below(&mut self) {
        self.ends.0 -= (self.ends.1 - self.ends.0) / self.steps as f64;
        self.steps += 1;
    }

    /// How many letters a label has more than the number it is made from; at least one.
    pub(super) fn longest_addition(&self) -> usize {
        let step = (self.ends.1 - self.ends.0) / self.steps as f64;
        let addition = |place: usize| {
            let number = ((self.ends.0 + place as f64 * step) * 10.0).round() / 10.0;
            self.label(number).chars().count().saturating_sub(number.to_string().len())
        };
        (0..=self.steps).map(addition).max().unwrap_or(0).clamp(1, 12)
    }

    /// A drawn value as a label, such as `1.2M`.
    pub(super) fn label(&self, drawn: f64) -> String {
        let exponent = self.divisor.log10().round() as i32;
        let text = match exponent {
            _ if drawn == 0.0 => "0".to_string(),
            -6..0 => trimmed(format!("{:.*}", exponent.unsigned_abs() as usize + 1, drawn * self.divisor)),
            _ => match SUFFIXES.get(exponent.unsigned_abs() as usize / 3) {
                Some(suffix) if exponent >= 0 => format!("{drawn}{suffix}"),
                _ => format!("{drawn}e{exponent}"),
            },
        };
        self.signed(drawn, &text)
    }

    /// A value in about three figures, on a scale of its own.
    pub(super) fn short(&self, value: f64) -> String {
        let divisor = if value.abs() >= 1000.0 { divisor(value.abs()) } else { 1.0 };
        let suffix = SUFFIXES.get((divisor.log10().round() as usize) / 3);
        let text = match (suffix, value / divisor) {
            (None, _) => format!("{value:.1e}"),
            (Some(suffix), figure) if figure.fract() == 0.0 || figure.abs() >= 100.0 => format!("{figure:.0}{suffix}"),
            (Some(suffix), figure) if figure.abs() >= 10.0 => format!("{}{suffix}", trimmed(format!("{figure:.1}"))),
            (Some(suffix), figure) if figure.abs() >= 0.01 => format!("{}{suffix}", trimmed(format!("{figure:.2}"))),
            (Some(_), _) => format!("{value:.1e}"),
        };
        self.signed(value, &text)
    }

    fn signed(&self, value: f64, text: &str) -> String {
        let percent = if self.is_percent { "%" } else { "" };
        format!("{}{percent}", text.replacen('-', "\u{2212}", usize::from(value < 0.0)))
    }
}

/// The least and the greatest value, zero included; of stacks their ends.
fn range(chart: &Chart) -> (f64, f64) {
    let mut ends = (0.0_f64, 0.0_f64);
    for place in 0..chart.categories.len() {
        let mut sums = (0.0, 0.0);
        for value in chart.series.iter().filter_map(|series| series.values.get(place).copied().flatten()).filter(|value| value.is_finite())
        {
            if chart.kind != ChartKind::StackedBars {
                sums = (0.0, 0.0);
            }
            if value < 0.0 {
                sums.0 += value;
            } else {
                sums.1 += value;
            }
            ends = (ends.0.min(sums.0), ends.1.max(sums.1));
        }
    }
    // Stacks of the greatest numbers there are would not add up to a number.
    (ends.0.max(-1e300), ends.1.min(1e300))
}

/// For thousands, millions ...
const SUFFIXES: [&str; 5] = ["", "k", "M", "bn", "tn"];

/// What to divide by so that labels stay short.
fn divisor(greatest: f64) -> f64 {
    if greatest == 0.0 {
        return 1.0;
    }
    let power = greatest.log10().floor() as i32;
    let thousands = power.div_euclid(3);
    if greatest >= 0.5 && thousands < SUFFIXES.len() as i32 {
        // Half a thing is a thing, and not five hundred thousandths.
        1000_f64.powi(thousands.max(0))
    } else {
        // Drawn labels have one decimal, which is too little below a half.
        10_f64.powi(power.max(-300))
    }
}

fn trimmed(decimal: String) -> String {
    decimal.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// The next of 1, 2, 5, 10, 20 ... that is no less; at least a tenth, the last place a label shows.
fn round_step(least: f64) -> f64 {
    if least <= 0.1 || !least.is_finite() {
        return if least > 0.0 { 0.1 } else { 0.2 };
    }
    let power = 10_f64.powf(least.log10().floor());
    // A hair of slack, so that a step of 20 stays one.
    [1.0, 2.0, 5.0].into_iter().map(|leading| leading * power).find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}
