//! The known name that a misspelt one most resembles.

/// The nearest of the known names, if it is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let most = name.chars().count().div_ceil(3).max(1);
    let best = known.map(|candidate| (distance(name, candidate), candidate)).min()?;
    (best.0 <= most).then(|| best.1.to_owned())
}

/// Letters to insert, delete or replace (Levenshtein, 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_seen_and_a_stranger_is_not() {
        let known = ["days_since_last_order", "number_of_orders", "amount_spent"];
        assert_eq!(nearest("days_since_order", known.into_iter()).as_deref(), Some("days_since_last_order"));
        assert_eq!(nearest("amount_spend", known.into_iter()).as_deref(), Some("amount_spent"));
        assert_eq!(nearest("weather", known.into_iter()), None);
    }
}
