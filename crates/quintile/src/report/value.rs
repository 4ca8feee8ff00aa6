//! What customers will probably still buy, and how far the store's own past says that can be believed.

use super::figures::{Figures, numbers, texts};
use super::forecast_tables::{backtest_table, grid, models_table, tiers_table};
use crate::header::{about, counted};
use crate::profile::named;
use crate::table::Answer;
use crate::value::{StoredForecast, StoredValueModel};
use crate::{Error, RfmAsk, When, Workspace};
use arrow::array::{Array, AsArray};
use arrow::datatypes::Decimal64Type;
use quintile_model::columns::repeated;
use quintile_profile::numbers as column_of;
use quintile_report::{Chart, ChartKind, Part, Section, Series, Tile};

/// All that is said of the future as of a moment.
pub(super) struct Foresight {
    pub model: StoredValueModel,
    /// As `quintile value show` has it.
    pub sums: Answer,
    pub cells: Cells,
    /// By predicted spend tier, the highest first.
    pub tiers: [Tier; 3],
}

/// Customers of one class of purchases and of silence, summed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    pub customers: u64,
    pub alive: f64,
    pub silent: f64,
}

/// By purchases, then by days since the last one.
pub(super) type Cells = [[Cell; SINCE.len() + 1]; PURCHASES.len()];

/// Customers of a predicted spend tier, summed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tier {
    pub customers: u64,
    pub spent: i128,
    pub orders: f64,
    pub value: f64,
}

/// Names of tiers in the profile, the highest first.
pub(super) const TIERS: [&str; 3] = ["HIGH", "MEDIUM", "LOW"];
/// The least purchases of each class.
pub(super) const PURCHASES: [u64; 7] = [1, 2, 3, 4, 5, 7, 10];
/// The longest silence of each class but the last, in horizons.
pub(super) const SINCE: [f64; 6] = [0.25, 0.5, 1.0, 1.5, 2.0, 3.0];

/// The longest silence of a class, in days.
pub(super) fn upto_days(horizon: u32, class: usize) -> f64 {
    (f64::from(horizon) * SINCE[class]).round()
}

impl Workspace {
    /// `None` before a value model stands.
    pub(super) fn foresight(&self, when: &When) -> Result<Option<Foresight>, Error> {
        let stand = self.stand(when)?;
        let Some(model) = self.value_model(stand.as_of.instant)?.filter(|model| model.in_use().is_some()) else { return Ok(None) };
        let asked = [
            "number_of_purchases",
            "days_since_last_order",
            "p_alive",
            "churn_risk",
            "expected_orders_365d",
            "predicted_clv",
            "predicted_spend_tier",
            "amount_spent",
        ];
        let profile = self.profile_at(stand, named(&asked.map(str::to_owned))?, &RfmAsk::default())?;
        let mut cells = Cells::default();
        let mut tiers = [Tier::default(); 3];
        profile.each(|batches| {
            for batch in &batches {
                let of = |name: &str| column_of(batch, name);
                let (purchases, since, alive, silent) =
                    (of("number_of_purchases")?, of("days_since_last_order")?, of("p_alive")?, of("churn_risk")?);
                let (orders, value) = (of("expected_orders_365d")?, of("predicted_clv")?);
                let names = repeated(batch, "predicted_spend_tier");
                let spent = batch.column_by_name("amount_spent").and_then(|column| column.as_primitive_opt::<Decimal64Type>());
                for row in (0..batch.num_rows()).filter(|row| silent[*row].is_finite()) {
                    let many = PURCHASES.iter().rposition(|least| purchases[row] >= *least as f64).unwrap_or(0);
                    let long = (0..SINCE.len()).find(|class| since[row] <= upto_days(model.horizon.days, *class)).unwrap_or(SINCE.len());
                    let cell = &mut cells[many][long];
                    cell.customers += 1;
                    cell.silent += silent[row];
                    cell.alive += alive[row];
                    if let Some(place) = names.get(row).and_then(|name| TIERS.iter().position(|tier| *tier == name)) {
                        let tier = &mut tiers[place];
                        tier.customers += 1;
                        tier.orders += orders[row];
                        tier.value += if value[row].is_finite() { value[row] } else { 0.0 };
                        tier.spent += spent.filter(|spent| spent.is_valid(row)).map_or(0, |spent| i128::from(spent.value(row)));
                    }
                }
            }
            Ok(true)
        })?;
        Ok(Some(Foresight { model, sums: self.value_show(when)?, cells, tiers }))
    }
}

const TITLE: &str = "What they will probably still buy";

pub(super) fn sections(foresight: Option<&Foresight>, as_of: &str, figures: &Figures<'_>) -> Result<Vec<Section>, Error> {
    let Some(foresight) = foresight else {
        let text = "No value model stands for this moment. `quintile value fit` fits one on the store's own purchases and holds it against the store's past; it needs 50 customers, 20 of whom have bought again.";
        return Ok(vec![section("value", TITLE, "", vec![Part::Text(text.to_owned())])]);
    };
    let model = &foresight.model;
    let lead = format!(
        "As of {as_of}, by {}, fitted on {} through {}; {} of them have bought again.",
        model_name(model.choice.model.as_deref().unwrap_or_default()),
        counted(model.fitted_on.customers, "customer", "customers"),
        model.until,
        crate::months::whole(model.fitted_on.repeat_customers)
    );
    let limit = model.in_use().and_then(|used| used.limit_meaning.clone());
    let mut ahead = vec![Part::Tiles(tiles(foresight, figures)?)];
    ahead.extend(limit.map(|meaning| {
        let far = "Sums far ahead are then a bound from above: where customers do leave after all, less will come.";
        Part::Text(if model.in_use().is_some_and(|used| used.equals.is_some()) {
            format!("{}. {far}", capital(&meaning))
        } else {
            format!("{}.", capital(&meaning))
        })
    }));
    let shows_alive = foresight.cells.iter().flatten().any(|cell| cell.customers > 0 && cell.alive.is_finite());
    if shows_alive {
        ahead.push(Part::Grid(grid(foresight, true)));
    }
    ahead.push(Part::Grid(grid(foresight, false)));
    if foresight.tiers.iter().any(|tier| tier.customers > 0) {
        ahead.push(Part::Table(tiers_table(foresight, figures)));
    }
    ahead.push(Part::Notes(vec![
        format!("Intervals hold the truth nine times of ten as far as the model is right: {}.", model.intervals),
        "These are sums and means. What a single customer will do is far less certain; `quintile value customer ID` says how much."
            .to_owned(),
        format!("The store's horizon is {} days: {}.", model.horizon.days, model.horizon.found),
    ]));
    let believed = believed(model);
    Ok(vec![
        section("value", TITLE, &lead, ahead),
        section(
            "value-backtest",
            "How far that can be believed",
            "At days of the past each rule was told what was known then, and its word is held against what came.",
            believed,
        ),
    ])
}

fn section(id: &str, title: &str, lead: &str, parts: Vec<Part>) -> Section {
    Section { id: id.to_owned(), title: title.to_owned(), lead: lead.to_owned(), parts }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The name of a rule as papers and people write it.
pub(super) fn model_name(rule: &str) -> String {
    match rule {
        "mbg-nbd" => "the MBG/NBD",
        "bg-nbd" => "the BG/NBD",
        "pareto-nbd" => "the Pareto/NBD",
        "nbd" => "the NBD",
        "recency" => "time since the last purchase",
        "own-gaps" => "multiples of one's own gap",
        "last-year" => "purchases of the last year",
        other => other,
    }
    .to_owned()
}

/// Names of models in a sentence as people write them; the longer name is found before the one it contains.
fn spelled(sentence: &str) -> String {
    ["mbg-nbd", "bg-nbd", "pareto-nbd"]
        .into_iter()
        .fold(sentence.to_owned(), |text, name| text.replace(name, model_name(name).trim_start_matches("the ")))
}

fn tiles(foresight: &Foresight, figures: &Figures<'_>) -> Result<Vec<Tile>, Error> {
    let sums = &foresight.sums;
    let (labels, units) = (texts(sums, "expected")?, texts(sums, "unit")?);
    let (values, lows, highs) = (numbers(sums, "value")?, numbers(sums, "low")?, numbers(sums, "high")?);
    let shown = |value: Option<f64>| value.map_or("–".to_owned(), about);
    let tile = |row: usize| Tile {
        label: capital(&labels[row]),
        value: if units[row] == figures.currency { format!("{} {}", shown(values[row]), figures.currency) } else { shown(values[row]) },
        detail: format!("{} to {}", shown(lows[row]), shown(highs[row])),
        definition: definition(&labels[row], &foresight.model),
    };
    Ok((0..labels.len()).map(tile).collect())
}

fn definition(label: &str, model: &StoredValueModel) -> String {
    match label {
        "customers who have not left" => "the sum over customers of the probability of not having left for good".to_owned(),
        label if label.starts_with("customers without") => {
            "the sum over customers of the probability of making no purchase in that time, whether they have left or only pause".to_owned()
        }
        label if label.starts_with("orders") => "purchases to expect of the customers known today; new ones come on top".to_owned(),
        label if label.ends_with("days") => "these purchases times what each customer's purchases are worth, less refunds".to_owned(),
        _ => format!(
            "what customers known today will still spend in {} years, each year worth {:.0} % less than the one before",
            model.years,
            model.discount * 100.0
        ),
    }
}

fn believed(model: &StoredValueModel) -> Vec<Part> {
    let mut parts = Vec::new();
    let choice = &model.choice;
    let decides = choice.model.as_deref() == Some(choice.rule.as_str());
    parts.push(Part::Text(format!(
        "Forecasts are by {}. Life stages and retention states go by {}. Why: {}.",
        model_name(choice.model.as_deref().unwrap_or("no model")),
        if decides { format!("its probability of no purchase in {} days", model.horizon.days) } else { "usual gaps".to_owned() },
        spelled(&choice.because)
    )));
    match &model.backtest {
        Some(backtest) => {
            if let Some(latest) = &backtest.latest {
                parts.push(Part::Chart(calibration(latest, backtest.horizon_days)));
                parts.push(Part::Chart(by_purchases(latest, backtest.horizon_days)));
            }
            parts.push(Part::Table(backtest_table(model, backtest)));
        }
        None => parts.push(Part::Text(
            "The past is too short to hold them against it: a cut needs 50 customers and a horizon before it, and one after it.".to_owned(),
        )),
    }
    parts.push(Part::Table(models_table(model)));
    parts.push(Part::Notes(vec![
        "Models know no seasons, no campaigns and no contracts: what comes of a Christmas or a price rise is not in them.".to_owned(),
        "What each model assumes, with its equations, is in docs/concepts/value-models.md.".to_owned(),
    ]));
    parts
}

fn calibration(latest: &StoredForecast, horizon: u32) -> Chart {
    let share = |of: f64| Some(of * 100.0);
    Chart {
        id: "value-calibration".to_owned(),
        title: format!("Forecast and truth: no purchase in the {horizon} days after {}", latest.cut),
        summary: format!(
            "Customers in ten equal parts by the probability of silence that {} gave them: the share who were silent, beside the mean forecast of the part. The nearer the two lines, the better.",
            model_name(&latest.rule)
        ),
        kind: ChartKind::Lines,
        unit: "%".to_owned(),
        categories: latest.tenths.iter().map(|tenth| format!("{:.0} %", tenth.forecast * 100.0)).collect(),
        series: vec![
            Series { name: "Silent".to_owned(), values: latest.tenths.iter().map(|tenth| share(tenth.happened)).collect() },
            Series { name: "Forecast".to_owned(), values: latest.tenths.iter().map(|tenth| share(tenth.forecast)).collect() },
        ],
        ..Chart::default()
    }
}

fn by_purchases(latest: &StoredForecast, horizon: u32) -> Chart {
    let last = latest.by_purchases.last().map(|class| class.purchases);
    Chart {
        id: "value-by-purchases".to_owned(),
        title: format!("Expected and actual orders in the {horizon} days after {}", latest.cut),
        summary: format!(
            "Orders a customer, by how many purchases were known of them on {}: what {} expected, and what came.",
            latest.cut,
            model_name(&latest.rule)
        ),
        kind: ChartKind::Bars,
        unit: "orders a customer".to_owned(),
        categories: latest
            .by_purchases
            .iter()
            .map(|class| {
                let more =
                    if Some(class.purchases) == last && class.purchases >= quintile_value::backtest::MOST_PURCHASES { "+" } else { "" };
                format!("{}{more}", class.purchases)
            })
            .collect(),
        series: vec![
            Series { name: "Expected".to_owned(), values: latest.by_purchases.iter().map(|class| Some(class.forecast)).collect() },
            Series { name: "Actual".to_owned(), values: latest.by_purchases.iter().map(|class| Some(class.came)).collect() },
        ],
        ..Chart::default()
    }
}
