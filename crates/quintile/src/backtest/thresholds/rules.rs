//! Each rule by which customers can be called late, at each cut: a score of every customer of two purchases or more, beside
//! whether they then stayed away.

use super::super::Deeds;
use super::super::past::Cut;
use crate::workspace::Workspace;
use crate::{Error, RfmAsk};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};
use quintile_insight::backtest::threshold::{Rule, Scored, cuts, cuts_of_probabilities, mean_gap};
use quintile_profile::columns;
use quintile_value::backtest::Purchases;
use quintile_value::{Ahead, Histories, Limit, ModelName, Purchasing};
use std::cell::OnceCell;

/// A rule at some moments.
pub(super) struct Ruled {
    pub name: String,
    /// Its score is a probability, and no number of gaps.
    pub is_probability: bool,
    pub by_cut: Vec<Scored>,
    learnt: OnceCell<Scored>,
}

impl Ruled {
    /// The cuts of its score that are tried.
    pub fn cuts(&self) -> Vec<f64> {
        if self.is_probability { cuts_of_probabilities() } else { cuts() }
    }

    /// Scores of the cuts that a suggestion is chosen on: all but the last, or that one where there is no other. All cuts are there
    /// before it is asked.
    pub fn learnt(&self) -> &Scored {
        self.learnt.get_or_init(|| {
            let mut learnt = Scored::default();
            let chosen_on = &self.by_cut[..(self.by_cut.len().saturating_sub(1)).max(1).min(self.by_cut.len())];
            chosen_on.iter().for_each(|scored| learnt.merge(scored));
            learnt
        })
    }
}

/// The rule by which stages are drawn.
const STAGES: &str = "overdue-ratio";
/// Days in the unit of time that models are told in.
const DAYS_PER_WEEK: f64 = 7.0;

impl Workspace {
    /// Every rule at every cut, that of the stages first; those of the value model where one stands, fitted anew at each cut on
    /// what was known then. And why a model says nothing.
    pub(super) fn ruled(&self, deeds: &Deeds, cuts: &[Cut], model: Option<ModelName>) -> Result<(Vec<Ruled>, Option<String>), Error> {
        let rule = |name: &str| Ruled { name: name.to_owned(), is_probability: false, by_cut: Vec::new(), learnt: OnceCell::new() };
        let mut rules = vec![rule(STAGES)];
        rules.extend(Rule::ALL.map(|own| rule(own.id())));
        for cut in cuts {
            self.go_on()?;
            rules[0].by_cut.push(self.overdue_at(deeds, *cut)?);
            let known = |customer: usize| {
                let days = deeds.days_of(customer);
                &days[..days.partition_point(|day| *day <= cut.day)]
            };
            let mean = mean_gap((0..deeds.keys.len()).map(known)).unwrap_or(0.0);
            for (rule, ruled) in Rule::ALL.into_iter().zip(&mut rules[1..]) {
                let mut scored = Scored::default();
                for customer in 0..deeds.keys.len() {
                    if let Some(ratio) = rule.ratio(known(customer), cut.day, mean) {
                        scored.add(ratio, !deeds.after(customer, *cut).0);
                    }
                }
                ruled.by_cut.push(scored);
            }
        }
        let Some(model) = model else { return Ok((rules, None)) };
        let mut by_model = [Vec::new(), Vec::new()];
        for cut in cuts {
            self.go_on()?;
            match by_model_at(deeds, *cut, model)? {
                Ok(scored) => by_model.iter_mut().zip(scored).for_each(|(all, scored)| all.push(scored)),
                Err(why) => return Ok((rules, Some(why))),
            }
        }
        let names = [format!("p-left {}", model.as_str()), format!("p-silent {}", model.as_str())];
        rules.extend(names.into_iter().zip(by_model).map(|(name, by_cut)| Ruled {
            name,
            is_probability: true,
            by_cut,
            learnt: OnceCell::new(),
        }));
        Ok((rules, None))
    }

    /// How overdue repeat customers were at a cut, by what was known then and by the store's own rule.
    fn overdue_at(&self, deeds: &Deeds, cut: Cut) -> Result<Scored, Error> {
        let mut wanted = crate::profile::named(&["number_of_purchases", "overdue_ratio"].map(str::to_owned))?;
        wanted.push(columns::customer_key());
        let lacking = || Error::Answer("the profile lacks how overdue customers are".to_owned());
        let mut scored = Scored::default();
        self.profile_of(&cut.when(), wanted, &RfmAsk::default())?.each(|batches| {
            for rows in &batches {
                let keys = crate::segment::keys_of(rows)?;
                let purchases = rows.column(0).as_primitive_opt::<Int64Type>().ok_or_else(lacking)?;
                let ratios = rows.column(1).as_primitive_opt::<Float64Type>().ok_or_else(lacking)?;
                for (row, key) in keys.iter().enumerate().filter(|(row, _)| purchases.value(*row) >= 2 && ratios.is_valid(*row)) {
                    if let Ok(customer) = deeds.keys.binary_search(key) {
                        scored.add(ratios.value(row), !deeds.after(customer, cut).0);
                    }
                }
            }
            Ok(true)
        })?;
        Ok(scored)
    }
}

/// The probabilities of having left and of no purchase in the horizon, of customers of two purchases or more; or why there are
/// none.
fn by_model_at(deeds: &Deeds, cut: Cut, name: ModelName) -> Result<Result<[Scored; 2], String>, Error> {
    let (offsets, days) = deeds.purchases();
    let known = Purchases { offsets: &offsets, days }.known(cut.day);
    let histories = Histories::new(&known.histories, DAYS_PER_WEEK).map_err(|error| Error::Answer(error.to_string()))?;
    let at = quintile_model::time::StoreZone::date_of(cut.day);
    let fitted = match Purchasing::fit(name, &histories) {
        Ok(fitted) if fitted.limit == Some(Limit::NobodyLeaves) => {
            return Ok(Err(format!("{} at {at}: nobody leaves in it, so that P(alive) says nothing", name.as_str())));
        }
        Ok(fitted) => fitted,
        Err(missing) => return Ok(Err(format!("{} at {at}: {missing}", name.as_str()))),
    };
    let time = f64::from(cut.horizon) / DAYS_PER_WEEK;
    let rows = fitted.model.forecast(&histories, &Ahead { horizons: [time], silence: time, discounted: None });
    let mut scored = [Scored::default(), Scored::default()];
    for ((customer, history), row) in known.customers.iter().zip(&known.histories).zip(histories.row_of_customer()) {
        if history.again > 0 {
            let (forecast, stayed_away) = (&rows[*row as usize], !deeds.after(*customer, cut).0);
            scored[0].add(1.0 - forecast.p_alive, stayed_away);
            scored[1].add(forecast.silent, stayed_away);
        }
    }
    Ok(Ok(scored))
}
