//! What the customers of each class are still expected to spend, by the value model that stands.

use crate::Error;
use crate::profile::named;
use crate::workspace::Workspace;
use crate::{RfmAsk, When};
use arrow::array::{Array, AsArray};
use arrow::datatypes::Decimal64Type;
use quintile_model::Money;
use quintile_model::columns::repeated;
use quintile_model::money::div_half_even;
use std::collections::BTreeMap;

/// Sums by class.
#[derive(Debug, Clone, Default)]
pub(crate) struct Predicted {
    /// Customers whose future spending is estimated, and the sum of it, in ten-thousandths.
    classes: BTreeMap<String, (u64, i128)>,
    /// What it rests on, or why there is nothing.
    pub note: String,
}

impl Predicted {
    /// The average of the customers of some classes taken as one.
    pub fn mean_of<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Option<Money> {
        let of = ids.into_iter().filter_map(|id| self.classes.get(id));
        let (customers, sum) = of.fold((0_u64, 0_i128), |(customers, sum), (own, spent)| (customers + own, sum + spent));
        (customers > 0).then(|| Money::from_sum(div_half_even(sum, i128::from(customers)))).flatten()
    }
}

impl Workspace {
    /// Of the classes of a partition at a moment; empty where no model was fitted for it.
    pub(super) fn predicted(&self, when: &When, partition: &str) -> Result<Predicted, Error> {
        let stand = self.stand(when)?;
        let Some(in_force) = self.predictions(stand.as_of.instant, &stand.header.currency)? else {
            let note = "predicted_clv is empty: no value model was fitted for this moment; `quintile value fit` fits one";
            return Ok(Predicted { note: note.to_owned(), ..Predicted::default() });
        };
        if in_force.predictions.spending.is_none() {
            let note = format!("predicted_clv is empty: {} knows nothing of spending in {}", in_force.shown, stand.header.currency);
            return Ok(Predicted { note, ..Predicted::default() });
        }
        let (years, discount) = (in_force.predictions.years, in_force.predictions.discount);
        let mut classes: BTreeMap<String, (u64, i128)> = BTreeMap::new();
        let asked = named(&[partition.to_owned(), "predicted_clv".to_owned()])?;
        self.profile_at(stand, asked, &RfmAsk::default())?.each(|batches| {
            for batch in &batches {
                let class = repeated(batch, partition);
                let predicted = batch.column_by_name("predicted_clv").and_then(|array| array.as_primitive_opt::<Decimal64Type>());
                let predicted = predicted.ok_or_else(|| Error::Answer("the profile lacks `predicted_clv`".to_owned()))?;
                for row in (0..batch.num_rows()).filter(|row| predicted.is_valid(*row)) {
                    let of = classes.entry(class.get(row).unwrap_or_default().to_owned()).or_default();
                    *of = (of.0 + 1, of.1 + i128::from(predicted.value(row)));
                }
            }
            Ok(true)
        })?;
        let note = format!(
            "predicted_clv: what a customer is still expected to spend within {years} years on the average, {:.0} % less for each year it lies ahead, by {}; it lies ahead, the other averages lie behind",
            100.0 * discount,
            in_force.shown
        );
        Ok(Predicted { classes, note })
    }
}
