//! Which customers cost more than they leave?
//!
//! Method: what was given back and taken off the price, over what goods would have cost the customer without either; and what is
//! left: the contribution where costs are known, else what was spent net of refunds.
//!
//! Limits: a customer who costs much today may be won by how they are treated, and a refund can be the shop's own fault. Cost of
//! winning, of goods and of tickets count only as far as the store knows them.
//!
//! - [`subsidy`]: discounts given to customers who were about to buy anyway.

pub mod subsidy;

/// What a customer cost and left, in ten-thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// Order values before refunds.
    pub gross: i64,
    /// Money given back.
    pub refunded: i64,
    /// Discounts.
    pub discounted: i64,
    /// What is left after costs; `None` where no cost is known.
    pub contribution: Option<i64>,
    /// Requests to the help desk.
    pub tickets: u64,
    /// Orders.
    pub orders: u64,
}

/// What to make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// They leave less than nothing: no campaign is worth its cost.
    StopChasing,
    /// They get half or more of what they pay back or off, or ask the help desk more often than they order.
    Look,
    /// They cost no more than others.
    Fine,
}

impl Verdict {
    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Verdict::StopChasing => "stop-chasing",
            Verdict::Look => "look",
            Verdict::Fine => "fine",
        }
    }
}

impl Account {
    /// What was given: back, and off the price.
    pub fn given(&self) -> i128 {
        i128::from(self.refunded) + i128::from(self.discounted)
    }

    /// That as a share of what the goods would have cost the customer; `None` where nothing was bought.
    pub fn given_share(&self) -> Option<f64> {
        let full = i128::from(self.gross) + i128::from(self.discounted);
        (full > 0).then(|| self.given() as f64 / full as f64)
    }

    /// What is left: the contribution, else order values less refunds.
    pub fn left(&self) -> i128 {
        self.contribution.map_or(i128::from(self.gross) - i128::from(self.refunded), i128::from)
    }

    /// What to make of it.
    pub fn verdict(&self) -> Verdict {
        let asks_often = self.tickets >= 3 && self.tickets > self.orders;
        match self.given_share() {
            _ if self.left() < 0 || (self.left() == 0 && self.given() > 0) => Verdict::StopChasing,
            Some(share) if share >= 0.5 => Verdict::Look,
            _ if asks_often => Verdict::Look,
            _ => Verdict::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_by_hand() {
        let account = Account { gross: 100, refunded: 20, discounted: 20, contribution: None, tickets: 0, orders: 2 };
        assert_eq!((account.given(), account.left(), account.verdict()), (40, 80, Verdict::Fine));
        assert_eq!(account.given_share(), Some(40.0 / 120.0));
        assert_eq!(Account { refunded: 50, ..account }.verdict(), Verdict::Look);
        assert_eq!(Account { refunded: 100, ..account }.verdict(), Verdict::StopChasing);
        assert_eq!(Account { contribution: Some(-1), ..account }.verdict(), Verdict::StopChasing);
        assert_eq!(Account { tickets: 3, ..account }.verdict(), Verdict::Look);
        // Nobody who bought nothing costs anything.
        assert_eq!((Account::default().given_share(), Account::default().verdict()), (None, Verdict::Fine));
    }
}
