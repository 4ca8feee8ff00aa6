//! Of whom a figure of the store is: `average(amount_spent)` of all customers, `average(buyers.amount_spent)` of those who have ordered.

/// Of whom a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Population {
    /// All customers.
    Everybody,
    /// `buyers.`: those with an order.
    Buyers,
    /// `visitors.`: those with an event.
    Visitors,
}

/// What stands before the attribute, and the column that is not nought for the customers meant.
const PREFIXES: [(Population, &str, &str); 2] =
    [(Population::Buyers, "buyers.", "number_of_orders"), (Population::Visitors, "visitors.", "last_seen_date")];

impl Population {
    /// Of whom, and which attribute of theirs.
    pub fn split(of: &str) -> (Population, &str) {
        let found = PREFIXES.iter().find_map(|(population, prefix, _)| Some((*population, of.strip_prefix(prefix)?)));
        found.unwrap_or((Population::Everybody, of))
    }

    /// The name of an attribute of these customers.
    pub fn join(self, attribute: &str) -> String {
        let prefix = PREFIXES.iter().find(|(population, ..)| *population == self).map_or("", |(_, prefix, _)| *prefix);
        format!("{prefix}{attribute}")
    }

    /// The column that says who is one of them: a count above nought, or any value.
    pub fn column(self) -> Option<&'static str> {
        PREFIXES.iter().find(|(population, ..)| *population == self).map(|(.., column)| *column)
    }
}
