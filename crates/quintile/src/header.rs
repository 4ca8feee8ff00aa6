//! What every answer says of itself: as of when, from which state of the store, under which settings, by which thresholds.

use crate::ask::{Chosen, Moment};
use crate::settings::{Origin, Settings};
use quintile_model::{Money, StoreZone};
use quintile_profile::leave_out::{Left, LeftOut, Reason};
use quintile_profile::{Amount, Found, Predictions, Statistics, Threshold};
use serde::Serialize;

/// What an answer holds for.
#[derive(Debug, Clone, Serialize)]
pub struct Header {
    /// The moment, in UTC; facts before it count.
    pub as_of: String,
    /// The same in words, with how it was chosen.
    #[serde(skip)]
    pub as_of_words: String,
    /// Was the moment chosen for the user, who may want to know?
    #[serde(skip)]
    pub chosen_for_you: bool,
    /// The store's zone.
    pub zone: String,
    /// The newest commit that was read.
    pub version: u32,
    /// The currency of all amounts.
    pub currency: String,
    /// A hash of the settings that can change an answer.
    pub settings: String,
    /// The value model that predicted columns rest on, and states where it decides them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_model: Option<String>,
    /// Customers known at the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customers: Option<u64>,
    /// Of a list of the members of a segment: which segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// And a hash of who they are, equal for equal members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members_hash: Option<String>,
    /// What `[leave-out]` in the settings left out before anything was asked, by reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<ShownLeftOut>,
    /// Thresholds in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<ShownThreshold>,
    /// What to keep in mind when reading the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A threshold, and how it was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownThreshold {
    /// Its name in `quintile.toml` and in sentences of the catalogue.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// How it was found.
    pub found: String,
}

/// How much is left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownLeftOut {
    /// Why, in words.
    pub reason: &'static str,
    /// Whole customers.
    pub customers: u64,
    /// Orders before the moment, theirs and others.
    pub orders: u64,
}

impl ShownLeftOut {
    /// `17 orders by channel`.
    pub fn sentence(&self) -> String {
        let orders = counted(self.orders, "order", "orders");
        match self.customers {
            0 => format!("{orders} by {}", self.reason),
            customers => format!("{} with {orders} by {}", counted(customers, "customer", "customers"), self.reason),
        }
    }
}

impl Header {
    pub(crate) fn new(moment: &Moment, version: u32, currency: &str, settings: String) -> Header {
        let as_of = &moment.as_of;
        let date = StoreZone::date_of(as_of.day());
        let is_midnight = as_of.zone.start_of(date) == Some(as_of.instant);
        let shown = if is_midnight { date.to_string() } else { as_of.instant.to_iso() };
        let why = match moment.chosen {
            Chosen::Given => "",
            Chosen::Today => " (the start of today)",
            Chosen::DayAfterLastFact => " (the day after the last fact)",
        };
        Header {
            as_of: as_of.instant.to_iso(),
            as_of_words: format!("{shown}{why}"),
            chosen_for_you: moment.chosen != Chosen::Given,
            zone: as_of.zone.name().to_owned(),
            version,
            currency: currency.to_owned(),
            settings,
            value_model: None,
            customers: None,
            segment: None,
            members_hash: None,
            left_out: Vec::new(),
            thresholds: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(crate) fn leave_out(&mut self, left: &LeftOut) {
        let shown =
            |(reason, left): (&Reason, &Left)| ShownLeftOut { reason: reason.name(), customers: left.customers, orders: left.orders };
        self.left_out = left.0.iter().map(shown).collect();
    }

    pub(crate) fn learn(&mut self, statistics: &Statistics, settings: &Settings) {
        self.customers = Some(statistics.customers);
        self.thresholds = thresholds(statistics, settings, &self.currency);
        self.warnings.extend(statistics.warnings.iter().map(ToString::to_string));
        if let (Some(share), Some(suggestion)) = (statistics.loyal_share, statistics.loyal_suggestion) {
            self.warnings.push(format!(
                "{} purchases make {:.0} % of buyers loyal; {} would make {:.0} % (loyal_orders in quintile.toml)",
                statistics.loyal_orders,
                share * 100.0,
                suggestion.orders,
                suggestion.share * 100.0
            ));
        }
    }

    /// Says which rule sorts customers into states once a value model stands, and why if it is not the model.
    pub(crate) fn learn_states(&mut self, predictions: &Predictions, gaps_because: Option<&str>) {
        let Some(lapse) = &predictions.lapse else {
            self.thresholds.push(ShownThreshold {
                name: "states",
                value: "usual gaps".to_owned(),
                found: format!("states go by usual gaps although a value model stands: {}", gaps_because.unwrap_or("it has no cuts")),
            });
            return;
        };
        let cuts = |again: bool| lapse.cuts(again).map(|cut| format!("{cut:.3}")).join(", ");
        self.thresholds.push(ShownThreshold {
            name: "horizon_days",
            value: predictions.horizon_days.to_string(),
            found: "the store's horizon, of the value model".to_owned(),
        });
        self.thresholds.push(ShownThreshold {
            name: "states",
            value: cuts(true),
            found: format!(
                "states go by the probability of no purchase in {} days, {}: above these a customer of two purchases or more is drifting, at risk, lost; \
                 the middle one told best in the store's past who stays away, the others are half and twice its odds",
                predictions.horizon_days,
                predictions.purchasing.name().as_str()
            ),
        });
        self.thresholds.push(ShownThreshold {
            name: "states_of_one_purchase",
            value: cuts(false),
            found: "the same for customers of one purchase".to_owned(),
        });
    }

    /// The value of a threshold by its name, for sentences.
    pub fn threshold(&self, name: &str) -> Option<String> {
        self.thresholds.iter().find(|threshold| threshold.name == name).map(|threshold| threshold.value.clone())
    }

    /// The line under a table.
    pub fn footer(&self) -> String {
        let customers = self.customers.map(|customers| format!("{}; ", counted(customers, "customer", "customers"))).unwrap_or_default();
        let left_out = self.left_out.iter().map(ShownLeftOut::sentence).collect::<Vec<_>>().join(", ");
        let left_out = if left_out.is_empty() { left_out } else { format!("left out: {left_out}; ") };
        let members = self.members_hash.as_ref().map(|hash| format!("; members {hash}")).unwrap_or_default();
        let model = self.value_model.as_ref().map(|model| format!("; {model}")).unwrap_or_default();
        format!(
            "as of {}, {}; {customers}{left_out}store version {}; {}; settings {}{model}{members}",
            self.as_of_words, self.zone, self.version, self.currency, self.settings
        )
    }
}

fn thresholds(statistics: &Statistics, settings: &Settings, currency: &str) -> Vec<ShownThreshold> {
    let mut shown = Vec::new();
    let mut days = |name: &'static str, threshold: Option<Threshold>, survival: &str| {
        if let Some(threshold) = threshold {
            shown.push(ShownThreshold { name, value: number(threshold.value), found: how(&threshold, survival) });
        }
    };
    days(
        "usual_gap_days",
        statistics.usual_gap,
        "the day by which half of the buyers have come again (Kaplan-Meier median of the gaps from the second purchase on)",
    );
    days("last_call_days", statistics.last_call, "the day by which four fifths of the second purchases of a year have come (Kaplan-Meier)");
    days("loyal_window_days", statistics.loyal_window, "four usual gaps");
    if let Some(last_call) = statistics.last_call {
        shown.push(ShownThreshold {
            name: "first_gap_days",
            value: number(last_call.value / 4.0),
            found: "a quarter of the last call".into(),
        });
    }
    if statistics.usual_gap.is_some() {
        let mut set = |name, meaning: &str, value: String| {
            let own = settings
                .origins
                .iter()
                .any(|(known, origin)| known.strip_prefix("thresholds.") == Some(name) && *origin != Origin::Default);
            let found = format!("{meaning}, {}", if own { "set in quintile.toml" } else { "the default" });
            shown.push(ShownThreshold { name, value, found });
        };
        set("drifting", "usual gaps", number(statistics.drifting));
        set("risk", "usual gaps", number(statistics.risk));
        set("inactive", "usual gaps", number(statistics.inactive));
        set("loyal_orders", "purchases", statistics.loyal_orders.to_string());
        set("promising", "purchases", statistics.promising.to_string());
    }
    let mut amount = |name, amount: Option<Amount>| {
        if let Some(Amount { value, percentile, of }) = amount {
            let found =
                format!("percentile {percentile} of the median net order values of {} buyers (nearest rank)", grouped(&of.to_string()));
            shown.push(ShownThreshold { name, value: money(value, currency), found });
        }
    };
    amount("big_order_value", statistics.big_spender);
    amount("small_order_value", statistics.new_above);
    shown
}

fn how(threshold: &Threshold, survival: &str) -> String {
    let of = grouped(&threshold.of.to_string());
    match threshold.found {
        Found::ByHand => "fixed in quintile.toml".to_owned(),
        Found::Survival => format!("{survival}, of {of} gaps"),
        Found::LargestFinished => format!("the largest finished gap of {of}: the curve never came down far enough"),
        Found::FirstGaps => format!("the median gap from the first purchase to the second, of {of}: nobody has bought three times yet"),
        Found::UsualGap => "four usual gaps".to_owned(),
        Found::Floor => "the least it may be".to_owned(),
        Found::Assumed => "assumed: nothing in the store says".to_owned(),
    }
}

fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An amount for people: rounded to the currency's decimals, thousands apart.
pub fn money(amount: Money, currency: &str) -> String {
    let decimals = decimals_of(currency);
    let unit = 10_i128.pow(4 - decimals.min(4));
    let rounded = quintile_model::money::div_half_even(i128::from(amount.0), unit);
    let sign = if rounded < 0 { "-" } else { "" };
    let scale = 10_u128.pow(decimals);
    let (whole, part) = (rounded.unsigned_abs() / scale, rounded.unsigned_abs() % scale);
    match decimals {
        0 => format!("{sign}{}", grouped(&whole.to_string())),
        _ => format!("{sign}{}.{part:0width$}", grouped(&whole.to_string()), width = decimals as usize),
    }
}

/// An estimate for people, by three digits: what lies behind them is not known.
pub fn about(value: f64) -> String {
    if !value.is_finite() {
        return "an unknown amount".to_owned();
    }
    let step = 10_f64.powi((value.abs().max(1.0).log10().floor() as i32 - 2).max(0));
    grouped(&format!("{:.0}", (value / step).round() * step))
}

/// Digits with thousands apart: `1,234,567`.
pub fn grouped(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}")
}

/// A number and what is counted: `1 order`, `2,000 orders`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(&number.to_string()), if number == 1 { one } else { many })
}

/// Decimals of a currency's smallest coin (ISO 4217), two unless it is known to be otherwise.
pub(crate) fn decimals_of(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_have_three_digits() {
        let shown = [950_677.99, 1_495_166.4, 99_960.0, 12.4, 0.0, -170_093.0].map(about);
        assert_eq!(shown, ["951,000", "1,500,000", "100,000", "12", "0", "-170,000"]);
    }

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(money(Money(12_345_678_905_000), "GBP"), "1,234,567,890.50");
        assert_eq!(money(Money(-1_234_550), "GBP"), "-123.46");
        assert_eq!(money(Money(-1_234_450), "GBP"), "-123.44");
        assert_eq!(money(Money(12_345_000), "JPY"), "1,234");
        assert_eq!(money(Money(5_005), "KWD"), "0.500");
        assert_eq!(money(Money(-40), "EUR"), "0.00");
    }

    #[test]
    fn thousands_are_kept_apart() {
        assert_eq!([grouped("0"), grouped("999"), grouped("1000"), grouped("-1234567")], ["0", "999", "1,000", "-1,234,567"]);
    }
}
