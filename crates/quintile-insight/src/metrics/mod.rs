//! What do the customers of a segment bring, how do they behave, and what do they say?
//!
//! Method: sums over the members at one moment, and each metric a ratio of two of them, so that a large customer weighs as
//! much as they are large: opens over messages received, and not the mean of everybody's rate. Averages of customers are
//! over those of whom the figure is known.
//!
//! Limits: a metric whose divisor is nought has no value. Whether that is because the store has no such facts, only the
//! caller knows.

use crate::mean;
use quintile_model::Money;

/// What is known of one member at a moment. Amounts are in ten-thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Member {
    /// Spent so far, less what was given back; `None` where no order has an amount.
    pub spent: Option<i64>,
    /// The same before refunds.
    pub gross: Option<i64>,
    /// Given back.
    pub refunded: Option<i64>,
    /// Orders that count.
    pub orders: u64,
    /// Of those, orders without an exchange rate, which are in no amount.
    pub orders_without_rate: u64,
    /// Orders of the last 365 days.
    pub orders_in_365d: u64,
    /// What is still expected of them, by a value model.
    pub predicted: Option<i64>,
    /// Messages received in the last 90 days.
    pub received: u64,
    /// Of those, opened by a person.
    pub opened: u64,
    /// Of those, followed by a link.
    pub clicked: u64,
    /// Visited in the last 30 days.
    pub visited: bool,
    /// Ordered in the last 30 days.
    pub ordered: bool,
    /// What winning them cost.
    pub winning_cost: Option<i64>,
    /// Requests to the help desk.
    pub tickets: u64,
    /// Mean satisfaction, 1 to 5.
    pub csat: Option<f64>,
    /// Newest answer to whether they would recommend the shop, 0 to 10.
    pub nps: Option<f64>,
}

/// Sums over members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// Members.
    pub customers: u64,
    /// Members with an order.
    pub buyers: u64,
    spent: i128,
    without_money: u64,
    gross: i128,
    refunded: i128,
    orders: u64,
    orders_with_amount: u64,
    orders_in_365d: u64,
    predicted: i128,
    predicted_of: u64,
    received: u64,
    opened: u64,
    clicked: u64,
    visitors: u64,
    converted: u64,
    winning: i128,
    won: u64,
    tickets: u64,
    /// In ten-thousandths, each customer's mean rounded once: sums of whole numbers do not hang on their order.
    csat: i128,
    csat_of: u64,
    promoters: u64,
    detractors: u64,
    nps_of: u64,
    active_before: u64,
    lost: u64,
}

/// From this answer on somebody is a promoter, up to that one a detractor.
const PROMOTER: f64 = 9.0;
const DETRACTOR: f64 = 6.0;

impl Sums {
    /// Adds a member.
    pub fn add(&mut self, member: &Member) {
        self.customers += 1;
        self.buyers += u64::from(member.orders > 0);
        match member.spent {
            Some(spent) => self.spent += i128::from(spent),
            None => self.without_money += 1,
        }
        self.gross += i128::from(member.gross.unwrap_or(0));
        self.refunded += i128::from(member.refunded.unwrap_or(0));
        self.orders += member.orders;
        self.orders_with_amount += member.orders.saturating_sub(member.orders_without_rate);
        self.orders_in_365d += member.orders_in_365d;
        if let Some(predicted) = member.predicted {
            self.predicted += i128::from(predicted);
            self.predicted_of += 1;
        }
        self.received += member.received;
        self.opened += member.opened;
        self.clicked += member.clicked;
        self.visitors += u64::from(member.visited);
        self.converted += u64::from(member.visited && member.ordered);
        if let Some(cost) = member.winning_cost {
            self.winning += i128::from(cost);
            self.won += 1;
        }
        self.tickets += member.tickets;
        if let Some(csat) = member.csat {
            self.csat += (csat * 10_000.0).round() as i128;
            self.csat_of += 1;
        }
        if let Some(nps) = member.nps {
            self.promoters += u64::from(nps >= PROMOTER);
            self.detractors += u64::from(nps <= DETRACTOR);
            self.nps_of += 1;
        }
    }

    /// Of the members of a month ago who were active then, so many; so many of those are inactive now.
    pub fn add_churn(&mut self, active_before: u64, lost: u64) {
        self.active_before += active_before;
        self.lost += lost;
    }

    /// Adds the sums over other members.
    pub fn merge(&mut self, other: &Sums) {
        self.customers += other.customers;
        self.buyers += other.buyers;
        self.spent += other.spent;
        self.without_money += other.without_money;
        self.gross += other.gross;
        self.refunded += other.refunded;
        self.orders += other.orders;
        self.orders_with_amount += other.orders_with_amount;
        self.orders_in_365d += other.orders_in_365d;
        self.predicted += other.predicted;
        self.predicted_of += other.predicted_of;
        self.received += other.received;
        self.opened += other.opened;
        self.clicked += other.clicked;
        self.visitors += other.visitors;
        self.converted += other.converted;
        self.winning += other.winning;
        self.won += other.won;
        self.tickets += other.tickets;
        self.csat += other.csat;
        self.csat_of += other.csat_of;
        self.promoters += other.promoters;
        self.detractors += other.detractors;
        self.nps_of += other.nps_of;
        self.active_before += other.active_before;
        self.lost += other.lost;
    }

    /// What they have spent so far, less refunds; `None` where nobody's money is known.
    pub fn revenue(&self) -> Option<Money> {
        (self.customers == 0 || self.with_money() > 0).then(|| Money::from_sum(self.spent)).flatten()
    }

    /// The same in ten-thousandths, for shares.
    pub fn spent(&self) -> i128 {
        self.spent
    }

    /// Revenue by customer whose money is known: the customer lifetime value so far.
    pub fn clv(&self) -> Option<Money> {
        mean(self.spent, self.with_money())
    }

    /// What is still expected of a customer, by those of whom anything is.
    pub fn predicted_clv(&self) -> Option<Money> {
        mean(self.predicted, self.predicted_of)
    }

    /// Gross by order that has an amount.
    pub fn average_order_value(&self) -> Option<Money> {
        mean(self.gross, self.orders_with_amount)
    }

    /// Orders of the last 365 days by customer who ever ordered.
    pub fn orders_a_year(&self) -> Option<f64> {
        ratio(self.orders_in_365d, self.buyers)
    }

    /// Of the messages received in 90 days, the share that a person opened.
    pub fn engagement(&self) -> Option<f64> {
        ratio(self.opened, self.received)
    }

    /// Of the messages received in 90 days, the share out of which a link was followed.
    pub fn click_through(&self) -> Option<f64> {
        ratio(self.clicked, self.received)
    }

    /// Of those who visited in 30 days, the share who ordered in them.
    pub fn conversion(&self) -> Option<f64> {
        ratio(self.converted, self.visitors)
    }

    /// What winning a customer cost, by those of whom it is known.
    pub fn acquisition_cost(&self) -> Option<Money> {
        mean(self.winning, self.won)
    }

    /// Mean satisfaction of those who answered, each counted once; 1 to 5.
    pub fn csat(&self) -> Option<f64> {
        (self.csat_of > 0).then(|| self.csat as f64 / self.csat_of as f64 / 10_000.0)
    }

    /// Promoters less detractors in hundredths of those who answered, by their newest answer; -100 to 100.
    pub fn nps(&self) -> Option<f64> {
        (self.nps_of > 0).then(|| 100.0 * (self.promoters as f64 - self.detractors as f64) / self.nps_of as f64)
    }

    /// Requests to the help desk by order.
    pub fn tickets_per_order(&self) -> Option<f64> {
        ratio(self.tickets, self.orders)
    }

    /// What was given back, as a share of gross.
    pub fn refund(&self) -> Option<f64> {
        (self.gross > 0).then(|| self.refunded as f64 / self.gross as f64)
    }

    /// Members of a month ago who were active then; `None` where nobody could be.
    pub fn active_before(&self) -> Option<u64> {
        (self.active_before > 0).then_some(self.active_before)
    }

    /// Of the members of a month ago who were active then, the share inactive now.
    pub fn churn(&self) -> Option<f64> {
        ratio(self.lost, self.active_before)
    }

    fn with_money(&self) -> u64 {
        self.customers - self.without_money
    }
}

fn ratio(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(members: &[Member]) -> Sums {
        let mut sums = Sums::default();
        members.iter().for_each(|member| sums.add(member));
        sums
    }

    #[test]
    fn each_metric_is_a_ratio_of_sums() {
        let one = Member {
            spent: Some(900_000),
            gross: Some(1_000_000),
            refunded: Some(100_000),
            orders: 3,
            orders_without_rate: 1,
            orders_in_365d: 2,
            received: 8,
            opened: 4,
            clicked: 1,
            visited: true,
            ordered: true,
            winning_cost: Some(50_000),
            tickets: 1,
            csat: Some(4.5),
            nps: Some(10.0),
            ..Member::default()
        };
        let other = Member {
            spent: Some(200_000),
            gross: Some(200_000),
            refunded: Some(0),
            orders: 1,
            received: 2,
            visited: true,
            predicted: Some(70_000),
            csat: Some(2.0),
            nps: Some(6.0),
            ..Member::default()
        };
        // Of somebody whose money is not known, and who ordered.
        let unknown = Member { orders: 1, orders_without_rate: 1, nps: Some(7.0), ..Member::default() };
        let mut found = sums(&[one, other, unknown]);
        assert_eq!((found.customers, found.buyers, found.revenue(), found.clv()), (3, 3, Some(Money(1_100_000)), Some(Money(550_000))));
        assert_eq!((found.average_order_value(), found.predicted_clv()), (Some(Money(400_000)), Some(Money(70_000))));
        assert_eq!((found.engagement(), found.click_through(), found.conversion()), (Some(0.4), Some(0.1), Some(0.5)));
        assert_eq!((found.acquisition_cost(), found.csat(), found.nps()), (Some(Money(50_000)), Some(3.25), Some(0.0)));
        assert_eq!((found.tickets_per_order(), found.refund()), (Some(0.2), Some(100_000.0 / 1_200_000.0)));
        assert_eq!((found.orders_a_year(), found.churn()), (Some(2.0 / 3.0), None));
        found.add_churn(4, 1);
        assert_eq!(found.churn(), Some(0.25));
    }

    #[test]
    fn nothing_is_known_of_nobody_and_parts_add_up() {
        let nobody = Sums::default();
        assert_eq!(
            (nobody.revenue(), nobody.clv(), nobody.refund(), nobody.csat(), nobody.nps()),
            (Some(Money(0)), None, None, None, None)
        );
        assert_eq!(sums(&[Member::default()]).revenue(), None, "somebody whose money is not known");
        let (a, b) =
            (Member { csat: Some(3.3), tickets: 2, orders: 1, ..Member::default() }, Member { nps: Some(2.0), ..Member::default() });
        let mut parts = sums(&[a]);
        parts.merge(&sums(&[b, a]));
        assert_eq!(parts, sums(&[a, a, b]));
    }
}
