//! What each metric of a segment is: its name, unit, definition, and which facts it rests on.

use crate::table::AnswerColumn;
use quintile_insight::metrics::Sums;
use quintile_model::{FactKind, Money, Touchpoint};
use quintile_store::Snapshot;

/// A metric.
pub(crate) struct Metric {
    /// Its column in answers.
    pub name: &'static str,
    /// What it is called on a page.
    pub title: &'static str,
    pub unit: &'static str,
    pub meaning: &'static str,
    pub value: Value,
    /// What a store that has no such facts lacks; empty where orders are enough.
    pub lacks: &'static str,
}

/// How a metric is read from sums.
pub(crate) enum Value {
    Count(fn(&Sums) -> Option<u64>),
    Amount(fn(&Sums) -> Option<Money>),
    Share(fn(&Sums) -> Option<f64>),
    Number(fn(&Sums) -> Option<f64>),
}

/// All of them, in the order in which they are shown.
pub(crate) const METRICS: [Metric; 16] = [
    Metric {
        name: "customers",
        title: "Customers",
        unit: "customers",
        meaning: "members at the moment",
        value: Value::Count(|sums| Some(sums.customers)),
        lacks: "",
    },
    Metric {
        name: "revenue",
        title: "Revenue",
        unit: "amount",
        meaning: "what members have spent so far, less refunds, also before they were members",
        value: Value::Amount(Sums::revenue),
        lacks: "",
    },
    Metric {
        name: "clv",
        title: "CLV so far",
        unit: "amount",
        meaning: "revenue by customer whose money is known: the customer lifetime value so far",
        value: Value::Amount(Sums::clv),
        lacks: "",
    },
    Metric {
        name: "predicted_clv",
        title: "CLV to come",
        unit: "amount",
        meaning: "what a customer is still expected to spend, later years counted for less, by the value model in force at the moment; by those of whom anything is expected",
        value: Value::Amount(Sums::predicted_clv),
        lacks: "a value model (`quintile value fit`)",
    },
    Metric {
        name: "average_order_value",
        title: "Order value",
        unit: "amount",
        meaning: "AOV: gross by order that has an amount, over all orders so far",
        value: Value::Amount(Sums::average_order_value),
        lacks: "",
    },
    Metric {
        name: "orders_a_year",
        title: "Orders a year",
        unit: "orders",
        meaning: "orders of the last 365 days by member who ever ordered; of a shorter history the orders there are",
        value: Value::Number(Sums::orders_a_year),
        lacks: "",
    },
    Metric {
        name: "engagement_share",
        title: "Engagement",
        unit: "share",
        meaning: "of the messages members received in the last 90 days, those that a person opened",
        value: Value::Share(Sums::engagement),
        lacks: "messages that were opened",
    },
    Metric {
        name: "click_through_share",
        title: "Click-through",
        unit: "share",
        meaning: "of the messages members received in the last 90 days, those out of which a person followed a link",
        value: Value::Share(Sums::click_through),
        lacks: "messages out of which a link was followed",
    },
    Metric {
        name: "conversion_share",
        title: "Conversion",
        unit: "share",
        meaning: "of the members who visited in the last 30 days, those who ordered in these 30 days",
        value: Value::Share(Sums::conversion),
        lacks: "events of visits",
    },
    Metric {
        name: "acquisition_cost",
        title: "Cost to win",
        unit: "amount",
        meaning: "what the channel cost in the month of a member's first order, by buyer won over it in that month; by members of whom it is known",
        value: Value::Amount(Sums::acquisition_cost),
        lacks: "costs of acquisition by channel",
    },
    Metric {
        name: "csat",
        title: "CSAT",
        unit: "1 to 5",
        meaning: "mean satisfaction of the members who ever answered, each with the mean of their answers",
        value: Value::Number(Sums::csat),
        lacks: "answers about satisfaction (tickets or surveys with a score)",
    },
    Metric {
        name: "nps",
        title: "NPS",
        unit: "-100 to 100",
        meaning: "of the members who answered, those whose newest answer is 9 or 10 less those whose is 6 or under, in hundredths",
        value: Value::Number(Sums::nps),
        lacks: "answers to whether they recommend the shop (surveys)",
    },
    Metric {
        name: "tickets_per_order",
        title: "Tickets an order",
        unit: "tickets",
        meaning: "requests to the help desk over orders, of all time so far",
        value: Value::Number(Sums::tickets_per_order),
        lacks: "tickets",
    },
    Metric {
        name: "refund_share",
        title: "Refunded",
        unit: "share",
        meaning: "what was given back over gross, of all time so far",
        value: Value::Share(Sums::refund),
        lacks: "",
    },
    Metric {
        name: "active_before",
        title: "Active before",
        unit: "customers",
        meaning: "members of a calendar month before who had bought and whose life stage was not inactive then",
        value: Value::Count(Sums::active_before),
        lacks: "a month of history",
    },
    Metric {
        name: "churn_share",
        title: "Churn",
        unit: "share",
        meaning: "of the members active a calendar month before, those whose life stage is inactive at the moment; each moment by what was known then",
        value: Value::Share(Sums::churn),
        lacks: "a month of history",
    },
];

/// Which facts the store has heard of, where a metric cannot tell by its divisor: no ticket at all is not the same as none of
/// somebody's.
pub(crate) struct Heard {
    tickets: bool,
    opens: bool,
    clicks: bool,
}

impl Heard {
    /// By the store, and by the sums of all customers at each moment.
    pub fn of(snapshot: &Snapshot, everybody: &[Sums]) -> Heard {
        let any = |share: fn(&Sums) -> Option<f64>| everybody.iter().any(|sums| share(sums).is_some_and(|share| share > 0.0));
        Heard {
            tickets: snapshot.rows(FactKind::Touchpoint(Touchpoint::Tickets)) > 0,
            opens: any(Sums::engagement),
            clicks: any(Sums::click_through),
        }
    }
}

impl Metric {
    /// Its column over some sums; `None` stands for what nobody knows.
    pub fn column<'a>(&self, heard: &Heard, sums: impl Iterator<Item = Option<&'a Sums>>) -> AnswerColumn {
        let known = self.is_told(heard);
        let sums = sums.map(|sums| sums.filter(|_| known));
        match self.value {
            Value::Count(of) => AnswerColumn::count(self.name, sums.map(|sums| sums.and_then(of))),
            Value::Amount(of) => AnswerColumn::amount(self.name, sums.map(|sums| sums.and_then(of))),
            Value::Share(of) => AnswerColumn::share(self.name, sums.map(|sums| sums.and_then(of))),
            Value::Number(of) => AnswerColumn::number(self.name, sums.map(|sums| sums.and_then(of))),
        }
    }

    /// Has it a value in any of these sums?
    pub fn is_known<'a>(&self, heard: &Heard, mut sums: impl Iterator<Item = &'a Sums>) -> bool {
        self.is_told(heard)
            && sums.any(|sums| match self.value {
                Value::Count(of) => of(sums).is_some(),
                Value::Amount(of) => of(sums).is_some(),
                Value::Share(of) | Value::Number(of) => of(sums).is_some(),
            })
    }

    fn is_told(&self, heard: &Heard) -> bool {
        match self.name {
            "tickets_per_order" => heard.tickets,
            "engagement_share" => heard.opens,
            "click_through_share" => heard.clicks,
            _ => true,
        }
    }
}
