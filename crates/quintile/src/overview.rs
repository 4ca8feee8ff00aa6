//! What a store holds, in a few figures that every question needs: the time of the last fact, and the currencies of its
//! orders. They are found by a scan once a version and kept beside the answers.

use crate::Error;
use crate::ask::FOREVER;
use crate::settings::LeaveOutSettings;
use crate::workspace::Workspace;
use arrow::array::Array;
use quintile_model::batch::FactColumns;
use quintile_model::columns::{instants, repeated};
use quintile_model::{AsOf, CustomerBatch, Instant, ids};
use quintile_store::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Overview {
    /// Which figures are kept; one of fewer figures is found again.
    #[serde(default)]
    form: u32,
    version: u32,
    /// What the settings leave out of them.
    #[serde(default)]
    left_out: String,
    /// Microseconds since 1970.
    last_fact: Option<i64>,
    /// Of orders and refunds.
    #[serde(default)]
    first_fact: Option<i64>,
    /// Orders that name no currency.
    unnamed: u64,
    /// Orders by currency.
    currencies: BTreeMap<String, u64>,
}

/// Microseconds.
const DAY: i64 = 86_400_000_000;

const KEPT: &str = "overview.toml";

/// One more with every figure that is added.
const FORM: u32 = 2;

/// The settings on which the figures rest beside the facts; empty where nothing is left out.
fn left_out(workspace: &Workspace) -> String {
    match &workspace.settings.leave_out {
        nothing if *nothing == LeaveOutSettings::default() => String::new(),
        some => format!("{:016x}", ids::text_hash(&format!("{some:?}"))),
    }
}

impl Overview {
    pub(crate) fn of(workspace: &Workspace, snapshot: &Snapshot) -> Result<Overview, Error> {
        let path = workspace.answers_folder().join(KEPT);
        let kept = std::fs::read_to_string(&path).ok().and_then(|text| toml::from_str::<Overview>(&text).ok());
        let left_out = left_out(workspace);
        if let Some(kept) = kept.filter(|kept| kept.form == FORM && kept.version == snapshot.version() && kept.left_out == left_out) {
            return Ok(kept);
        }
        let found = Self::scan(workspace, snapshot)?;
        // It can be found again, so a folder that cannot be written to is no reason to fail.
        if let Ok(text) = toml::to_string(&found) {
            let _ = workspace.keep_answer(KEPT, &text);
        }
        Ok(found)
    }

    fn scan(workspace: &Workspace, snapshot: &Snapshot) -> Result<Overview, Error> {
        let wanted = FactColumns {
            customers: vec!["at"],
            orders: vec!["at", "currency"],
            lines: None,
            refunds: Some(vec!["at"]),
            cancellations: vec!["at"],
            touchpoints: Vec::new(),
        };
        // Of no moment: whoever ever bought wholesale did.
        let as_of = AsOf { instant: FOREVER, zone: workspace.settings.zone.clone() };
        let (parts, _) = workspace.scan(snapshot, &wanted, &as_of, |batch| Ok(Self::of_batch(&batch)))?;
        // A clock of a browser can be wrong, so events of after the import say nothing of how far the facts reach.
        let imported = workspace.store.commits()?.last().map_or(FOREVER, |commit| Instant(commit.at.0.saturating_add(DAY)));
        let touched = snapshot.last_touchpoint(imported)?.map(|last| last.0);
        let mut all =
            Overview { form: FORM, version: snapshot.version(), left_out: left_out(workspace), last_fact: touched, ..Overview::default() };
        for part in parts {
            all.last_fact = all.last_fact.max(part.last_fact);
            all.first_fact = [all.first_fact, part.first_fact].into_iter().flatten().min();
            all.unnamed += part.unnamed;
            for (currency, orders) in part.currencies {
                *all.currencies.entry(currency).or_default() += orders;
            }
        }
        Ok(all)
    }

    fn of_batch(batch: &CustomerBatch) -> Overview {
        let mut found = Overview::default();
        for facts in [&batch.customers, &batch.orders, &batch.refunds, &batch.cancellations] {
            found.last_fact = found.last_fact.max(arrow::compute::max(instants(&facts.rows, "at")));
        }
        let dated = [&batch.orders, &batch.refunds];
        found.first_fact = dated.iter().filter_map(|facts| arrow::compute::min(instants(&facts.rows, "at"))).min();
        let currencies = repeated(&batch.orders.rows, "currency");
        let mut counts = vec![0_u64; currencies.values().len()];
        for code in currencies.codes() {
            match code {
                Some(code) => counts[code as usize] += 1,
                None => found.unnamed += 1,
            }
        }
        for (code, count) in counts.into_iter().enumerate().filter(|(code, count)| *count > 0 && currencies.values().is_valid(*code)) {
            *found.currencies.entry(currencies.values().value(code).to_owned()).or_default() += count;
        }
        found
    }

    pub(crate) fn last_fact(&self) -> Option<Instant> {
        self.last_fact.map(Instant)
    }

    pub(crate) fn first_fact(&self) -> Option<Instant> {
        self.first_fact.map(Instant)
    }

    /// The currency most orders are in.
    pub(crate) fn main_currency(&self) -> Option<&str> {
        // Of two as frequent, the first by name.
        self.currencies.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|(currency, _)| currency.as_str())
    }

    /// Orders that name no currency, in a store where others do.
    pub(crate) fn unnamed_beside_others(&self) -> u64 {
        if self.currencies.is_empty() { 0 } else { self.unnamed }
    }

    /// Orders in other currencies than this.
    pub(crate) fn orders_beside(&self, currency: &str) -> u64 {
        self.currencies.iter().filter(|(other, _)| *other != currency).map(|(_, orders)| orders).sum()
    }
}
