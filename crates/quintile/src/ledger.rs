//! Every customer's orders and refunds, batch by batch, for questions about the way customers go.

use crate::Error;
use crate::workspace::{Stand, Workspace};
use quintile_model::Ledger;
use quintile_profile::leave_out::LeftOut;
use quintile_profile::{LedgerItems, ledger, ledger_needed};

/// What of the ledger a question wants beyond orders and money.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LedgerParts {
    /// What stands as the items of each order.
    pub items: Option<LedgerItems>,
    /// What they cost.
    pub costs: bool,
}

impl Workspace {
    /// What `work` finds in the ledger of each batch, in the order of customers; and what the settings leave out.
    pub(crate) fn ledgers<T: Send>(
        &self,
        stand: &Stand,
        parts: LedgerParts,
        work: impl Fn(&Ledger) -> Result<T, Error> + Sync,
    ) -> Result<(Vec<T>, LeftOut), Error> {
        let mut question = self.money_question(stand)?;
        if parts.costs {
            question.costs = self.product_costs(&stand.snapshot)?;
        }
        let wanted = ledger_needed(parts.items, &question);
        self.scan(&stand.snapshot, &wanted, &question.as_of, |batch| work(&ledger(&batch, parts.items, &question)?))
    }
}
