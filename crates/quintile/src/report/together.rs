//! What is bought together, who has the one and not the other, and what is bought after what.

use super::Lacking;
use super::figures::{Figures, first, numbers, shown, texts};
use super::reading::Ways;
use crate::Error;
use quintile_report::{Part, Section};

/// Rows of each table; the rest is in `quintile rules` and `quintile next`.
const ROWS: usize = 8;

pub(super) fn section(ways: &Ways, figures: &Figures<'_>, lacking: &mut Vec<Lacking>) -> Result<Option<Section>, Error> {
    let lacks = |part: &str, why: &str| Lacking { part: part.to_owned(), why: why.to_owned() };
    if !ways.has_items {
        lacking.push(lacks("What is bought together, and after what", "no order says what was in it; import files with lines of orders"));
        return Ok(None);
    }
    let titled = ways.rules.rows.schema().index_of("bought_title").is_ok();
    let mut parts = Vec::new();
    let mut lead = "No two products are bought together in one of a hundred orders, more often than by chance.".to_owned();
    if ways.rules.rows.num_rows() > 0 {
        let rules = first(&ways.rules, ROWS);
        let columns = [
            shown(if titled { "bought_title" } else { "bought" }, "Who bought", "what a rule starts from"),
            shown(if titled { "also_title" } else { "also" }, "Also bought", "what it leads to"),
            shown("baskets", "Orders", "orders that hold both"),
            shown("confidence_share", "Share", "of the orders with the first, those with the second"),
            shown("lift", "Lift", "how many times the share of all orders that is"),
            shown("customers_without", "Have not yet", "customers who bought the first and never the second"),
            shown(
                "expected",
                "Would bring",
                "those customers times the share of buyers of the first who have the second, times what a buyer of it paid; a bound from above",
            ),
        ];
        parts.push(Part::Table(figures.table(&rules, "rules", "What is bought together in one order", &columns, None)?));
        let also = texts(&rules, if titled { "also_title" } else { "also" })?;
        let bought = texts(&rules, if titled { "bought_title" } else { "bought" })?;
        let without = numbers(&rules, "customers_without")?;
        lead = format!(
            "Most is to be gained with “{}”: {} who bought “{}” have not bought it.",
            also[0],
            crate::header::counted(without[0].unwrap_or(0.0) as u64, "customer", "customers"),
            bought[0]
        );
    } else {
        lacking
            .push(lacks("What is bought together", "no two products lie together in one of a hundred orders, more often than by chance"));
    }
    if ways.next.rows.num_rows() > 0 {
        let next = first(&ways.next, ROWS);
        let titled = next.rows.schema().index_of("bought_title").is_ok();
        let columns = [
            shown(if titled { "bought_title" } else { "bought" }, "First", "bought before the other"),
            shown(if titled { "then_title" } else { "then" }, "Then", "bought for the first time on a later day"),
            shown("customers", "Buyers", "customers who bought the first"),
            shown("followed", "Followed", "of those, customers who bought the second later"),
            shown("followed_share", "Share", "followed as a share of the buyers"),
            shown("median_days", "Days", "from the first to the second, the median"),
            shown("reversed", "Other way", "customers who bought them the other way round"),
        ];
        parts.push(Part::Table(figures.table(&next, "next", "What is bought after what", &columns, None)?));
    } else {
        lacking.push(lacks("What is bought after what", "no pair of products was bought in turn by one of fifty buyers"));
    }
    if parts.is_empty() {
        return Ok(None);
    }
    parts.push(Part::Notes(vec![
        "Those who have not bought the second may not be like those who did; a test with some held out tells what asking them is worth. `quintile rules` and `quintile next` have all pairs, each as a segment.".to_owned(),
    ]));
    Ok(Some(Section { id: "together".to_owned(), title: "What is bought together, and what next?".to_owned(), lead, parts }))
}
