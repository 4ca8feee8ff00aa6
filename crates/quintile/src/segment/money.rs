//! What the members of a segment have brought.

use super::{SegmentAsk, SegmentCount};
use crate::Error;
use crate::workspace::Workspace;
use arrow::array::{Array, AsArray};
use arrow::datatypes::Decimal64Type;
use quintile_insight::ClassMoney;
use quintile_insight::sizes::sizes;
use quintile_model::Money;

/// A segment's members counted, with what they spent less what was given back.
#[derive(Debug, Clone)]
pub struct SegmentMoney {
    /// How many they are.
    pub count: SegmentCount,
    /// All of it; nothing where nobody's money is known.
    pub revenue: Option<Money>,
    /// The mean over those whose money is known.
    pub average: Option<Money>,
}

impl Workspace {
    /// Counts the members of a segment and adds up what they spent.
    pub fn segment_money(&self, ask: &SegmentAsk) -> Result<SegmentMoney, Error> {
        let (profile, count) = self.segment_members(ask, &["amount_spent".to_owned()])?;
        let mut members = ClassMoney { id: String::new(), customers: 0, spent: 0, without_money: 0 };
        profile.each(|batches| {
            for spent in batches.iter().map(|batch| batch.column(0).as_primitive::<Decimal64Type>()) {
                members.customers += spent.len() as u64;
                members.without_money += spent.null_count() as u64;
                members.spent += spent.iter().flatten().map(i128::from).sum::<i128>();
            }
            Ok(true)
        })?;
        let size = sizes(&[members]).into_iter().next();
        let (revenue, average) = size.map_or((None, None), |size| (size.revenue, size.average));
        Ok(SegmentMoney { count, revenue, average })
    }
}
