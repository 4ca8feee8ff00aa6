//! What is asked of a profile, and which facts that takes.

use crate::clusters::ClusterModel;
use crate::columns::{self, Column, ColumnType, Theme};
use crate::costs::Costs;
use crate::lines::first_sale_times;
use crate::rates::Rates;
use crate::rfm::{MapError, RfmSettings, Scoring};
use arrow::datatypes::SchemaRef;
use quintile_model::batch::{CustomerBatch, FactColumns};
use quintile_model::facts::FactKind;
use quintile_model::time::AsOf;
use quintile_model::touchpoints::Touchpoint;
use std::collections::HashMap;
use std::sync::Arc;

/// A profile that is asked for.
#[derive(Debug, Clone)]
pub struct ProfileQuestion {
    /// The moment.
    pub as_of: AsOf,
    /// The columns, in the order of the answer.
    pub columns: Vec<&'static Column>,
    /// The reporting currency; `None` takes every amount as it is.
    pub currency: Option<String>,
    /// Rates into the reporting currency.
    pub rates: Rates,
    /// Thresholds fixed by hand.
    pub thresholds: ThresholdSettings,
    /// A fitted value model; without one the columns it makes are empty, and states go by gaps.
    pub predictions: Option<std::sync::Arc<crate::Predictions>>,
    /// How customers are scored.
    pub rfm: RfmSettings,
    /// The source whose ids are shown bare; `None` shows all of them so.
    pub first_source: Option<String>,
    /// When products came on sale, for `new_arrival_share`; `None` where nobody knows.
    pub launches: Option<Launches>,
    /// The clusters that were last fitted, for `cluster`; `None` where they never were.
    pub clusters: Option<Arc<ClusterModel>>,
    /// Costs in the reporting currency, for `contribution`.
    pub costs: Costs,
}

/// When products came on sale: instants by what lines call the product.
pub type Launches = HashMap<String, i64>;

/// Thresholds fixed by hand; what is `None` is found from the store's own data.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdSettings {
    /// The usual gap between purchases, in days.
    pub usual_gap_days: Option<f64>,
    /// The last call for a second purchase, in days.
    pub last_call_days: Option<f64>,
    /// Overdue by more usual gaps than this is drifting.
    pub drifting: f64,
    /// Overdue by more usual gaps than this is at risk.
    pub risk: f64,
    /// Overdue by more usual gaps than this is inactive.
    pub inactive: f64,
    /// Purchases of a loyal customer within the window.
    pub loyal_orders: u32,
    /// The window of a loyal customer, in days; four usual gaps and at least 90 days where `None`.
    pub loyal_window_days: Option<f64>,
    /// Purchases of a promising customer.
    pub promising: u32,
    /// Purchases of a loyalist.
    pub loyalist_orders: u32,
    /// A big spender's median order is at or above this percentile of buyers.
    pub big_spender_percentile: u8,
    /// A new customer's order is above this percentile of buyers.
    pub new_percentile: u8,
}

impl Default for ThresholdSettings {
    fn default() -> Self {
        ThresholdSettings {
            usual_gap_days: None,
            last_call_days: None,
            drifting: 1.0,
            risk: 2.0,
            inactive: 4.0,
            loyal_orders: 3,
            loyal_window_days: None,
            promising: 2,
            loyalist_orders: 4,
            big_spender_percentile: 80,
            new_percentile: 25,
        }
    }
}

impl ProfileQuestion {
    /// The default columns at a moment, with default settings.
    pub fn new(as_of: AsOf) -> Self {
        ProfileQuestion {
            as_of,
            columns: columns::default_columns(),
            currency: None,
            rates: Rates::none(),
            thresholds: ThresholdSettings::default(),
            predictions: None,
            rfm: RfmSettings::default(),
            first_source: None,
            launches: None,
            clusters: None,
            costs: Costs::none(),
        }
    }

    /// The same question at another moment.
    pub fn at(&self, as_of: AsOf) -> Self {
        ProfileQuestion { as_of, ..self.clone() }
    }

    /// Can it be answered? Worth asking before the first batch is read; the passes ask it too.
    pub fn check(&self) -> Result<(), ProfileError> {
        self.rfm.map.check()?;
        for (metric, scoring) in self.rfm.metrics.iter().zip(&self.rfm.map.scoring) {
            let column = columns::find(&metric.column).ok_or_else(|| ProfileError::UnknownMetric(metric.column.clone()))?;
            let scored = matches!(column.kind, ColumnType::Count | ColumnType::Small | ColumnType::Number | ColumnType::Amount)
                || (column.kind == ColumnType::Instant && matches!(scoring, Scoring::Quantiles(_)));
            if column.second_pass() || !scored {
                return Err(ProfileError::NoMetric(metric.column.clone()));
            }
        }
        if let Some(clusters) = &self.clusters {
            clusters.check()?;
        }
        let t = &self.thresholds;
        let positive = |name, value: Option<f64>| match value {
            Some(value) if !(value > 0.0 && value.is_finite()) => Err(ProfileError::BadThreshold { name, value: value.to_string() }),
            _ => Ok(()),
        };
        positive("usual_gap_days", t.usual_gap_days)?;
        positive("last_call_days", t.last_call_days)?;
        positive("loyal_window_days", t.loyal_window_days)?;
        positive("drifting", Some(t.drifting))?;
        positive("risk", Some(t.risk))?;
        positive("inactive", Some(t.inactive))?;
        if t.drifting > t.risk || t.risk > t.inactive {
            return Err(ProfileError::ThresholdOrder);
        }
        if t.loyal_orders == 0 {
            return Err(ProfileError::BadThreshold { name: "loyal_orders", value: "0".into() });
        }
        Ok(())
    }

    /// Columns of the first pass: those asked, then those the second pass needs, each once.
    pub fn first_columns(&self) -> Vec<&'static Column> {
        let mut columns: Vec<&'static Column> = Vec::new();
        let mut add = |name: &str| {
            if let Some(column) = columns::any(name)
                && !columns.iter().any(|known| known.name == column.name)
            {
                columns.push(column);
            }
        };
        for column in self.columns.iter().filter(|column| !column.second_pass()) {
            add(column.name);
        }
        for name in self.later_columns().flat_map(|column| column.after) {
            match *name {
                columns::RFM => self.rfm.metrics.iter().for_each(|metric| add(&metric.column)),
                columns::CLUSTERS => self.clusters.iter().for_each(|clusters| {
                    clusters.grouping.columns().chain(clusters.grouping.kind_columns()).for_each(&mut add);
                }),
                name => add(name),
            }
        }
        columns
    }

    /// Does an answer hang on where a buyer stands among the others: on scores or percentiles?
    pub fn ranks_buyers(&self) -> bool {
        self.rests_on(columns::RFM) || self.rests_on("median_net_order_value")
    }

    /// Are there thresholds to be found, that are not fixed by hand?
    pub fn finds_thresholds(&self) -> bool {
        let set = &self.thresholds;
        self.rests_on("number_of_purchases")
            && (set.usual_gap_days.is_none()
                || set.last_call_days.is_none()
                || (self.rests_on("_loyal_day") && set.loyal_window_days.is_none()))
    }

    /// Is a column of the second pass asked that rests on this one?
    pub(crate) fn rests_on(&self, name: &str) -> bool {
        self.later_columns().any(|column| column.after.contains(&name))
    }

    /// The columns that are found after the first pass. Without a model nothing is predicted, and nothing is read for it.
    fn later_columns(&self) -> impl Iterator<Item = &'static Column> {
        let predicts = self.predictions.is_some();
        self.columns.iter().copied().filter(move |column| column.second_pass() && (predicts || column.theme != Theme::Predicted))
    }
}

/// Which facts a question reads: those of every question, and what its columns need.
pub fn facts_needed(question: &ProfileQuestion) -> FactColumns {
    // Who is known at all, and which orders count, must not depend on the columns asked.
    let mut names = vec!["customers.at", "orders.at", "orders.standing", "refunds.at", "cancellations.at"];
    names.extend(
        question
            .first_columns()
            .iter()
            .chain(&question.columns)
            .flat_map(|column| column.needs.iter().flat_map(|group| group.iter().copied())),
    );
    let in_order = |kind: &str, schema: SchemaRef| -> Vec<&'static str> {
        let asked: Vec<&'static str> = names
            .iter()
            .filter_map(|name| name.split_once('.'))
            .filter(|(of, column)| *of == kind && (*column != "currency" || question.currency.is_some()))
            .map(|(_, column)| column)
            .collect();
        let mut columns: Vec<&'static str> = Vec::new();
        for field in schema.fields() {
            columns.extend(asked.iter().find(|column| *column == field.name()));
        }
        columns
    };
    let of = |kind: FactKind| in_order(kind.name(), kind.schema());
    let lines = of(FactKind::Lines);
    let touchpoints = Touchpoint::ALL.into_iter().map(|kind| (kind, in_order(kind.name(), kind.schema())));
    FactColumns {
        customers: of(FactKind::Customers),
        orders: of(FactKind::Orders),
        lines: (!lines.is_empty()).then_some(lines),
        refunds: Some(of(FactKind::Refunds)),
        cancellations: of(FactKind::Cancellations),
        touchpoints: touchpoints.filter(|(_, columns)| !columns.is_empty()).collect(),
    }
}

/// First sales of the products in a batch, for stores that do not know when a product was launched. Take the earliest of
/// each over all batches. Reads `product` and `kind` of lines beyond what every question reads.
pub fn first_sales(batch: &CustomerBatch, as_of: &AsOf) -> Launches {
    first_sale_times(batch, as_of)
}

/// Why a profile cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A sum beyond what an amount holds.
    #[error("`{column}` of the customer `{customer}` is beyond 99,999,999,999,999.9999; look for a wrong amount among their facts")]
    TooLarge {
        /// The column.
        column: &'static str,
        /// The customer's key, in hexadecimal.
        customer: String,
    },
    /// The map is not one.
    #[error(transparent)]
    Map(#[from] MapError),
    /// A metric that is no column.
    #[error("unknown column `{0}` as a metric of RFM; `quintile profile --help` lists the columns")]
    UnknownMetric(String),
    /// A column that cannot be scored so.
    #[error(
        "`{0}` cannot be a metric of RFM; use a count, a number, an amount, or a date by quantiles, that does not itself depend on scores or thresholds"
    )]
    NoMetric(String),
    /// A threshold that is no length.
    #[error("the threshold `{name}` is {value}; use a number above 0")]
    BadThreshold {
        /// Which.
        name: &'static str,
        /// What was given.
        value: String,
    },
    /// Thresholds that do not nest.
    #[error("the thresholds must nest: drifting up to risk up to inactive")]
    ThresholdOrder,
    /// Moments that do not ascend, none, or too many.
    #[error("a history wants moments that ascend, at least one and fewer than 65,535")]
    Moments,
    /// A column that changes by time alone.
    #[error("`{0}` changes while nothing happens to the customer; ask for it moment by moment")]
    NoSpans(&'static str),
    /// Rows and statistics do not belong to the question.
    #[error("the rows lack `{0}`; they were computed for another question")]
    OtherQuestion(String),
    /// Arrow refused a batch.
    #[error("a batch of profile rows could not be put together: {0}")]
    Batch(String),
}
