//! How much of the revenue comes from how few.

use crate::header::counted;
use crate::months::whole;
use crate::profile::named;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal64Type, Int64Type};
use quintile_insight::concentration::{Concentration, concentration};
use quintile_model::Money;

/// Shares of customers that are looked at.
pub(crate) const TOP: [f64; 6] = [0.01, 0.05, 0.1, 0.2, 0.5, 1.0];

impl Workspace {
    /// The share of the revenue that the top customers bring.
    pub fn concentration(&self, when: &When) -> Result<Answer, Error> {
        let (header, found) = self.concentrated(when)?;
        let top = &found.top;
        let columns = vec![
            AnswerColumn::share("customer_share", top.iter().map(|top| Some(top.of_customers))),
            AnswerColumn::count("customers", top.iter().map(|top| Some(top.customers))),
            AnswerColumn::amount("revenue", top.iter().map(|top| Money::from_sum(top.spent))),
            AnswerColumn::share("revenue_share", top.iter().map(|top| top.of_revenue)),
        ];
        Answer::new(header, columns, sentences(&found))
    }

    /// Of customers with an order, by what they spent less refunds.
    pub(crate) fn concentrated(&self, when: &When) -> Result<(Header, Concentration), Error> {
        let asked = named(&["amount_spent", "number_of_orders"].map(str::to_owned))?;
        let mut amounts: Vec<i64> = Vec::new();
        let header = self.profile_of(when, asked, &RfmAsk::default())?.each(|batches| {
            for batch in &batches {
                let (spent, orders) = (batch.column(0).as_primitive::<Decimal64Type>(), batch.column(1).as_primitive::<Int64Type>());
                amounts
                    .extend((0..batch.num_rows()).filter(|row| orders.value(*row) > 0 && spent.is_valid(*row)).map(|row| spent.value(row)));
            }
            Ok(true)
        })?;
        Ok((header, concentration(amounts, &TOP)))
    }
}

/// What it comes to, in words.
pub(crate) fn sentences(found: &Concentration) -> Vec<String> {
    let mut notes = vec!["customers with an order, by what they spent less what was given back, the largest first".to_owned()];
    if let Some(gini) = found.gini {
        notes.push(format!(
            "four fifths of the revenue come from {} of {} customers ({:.1} %); Gini {gini:.3}",
            whole(found.bring_four_fifths),
            whole(found.customers),
            100.0 * found.bring_four_fifths as f64 / found.customers as f64
        ));
    }
    if found.below_zero > 0 {
        notes.push(format!(
            "{} more back than they paid, and count as nothing here",
            counted(found.below_zero, "customer got", "customers got")
        ));
    }
    notes
}
