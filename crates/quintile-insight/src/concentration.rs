//! How much of the revenue comes from how few.
//!
//! Customers are ordered by what they have spent, the largest first; of equal ones it does not matter which comes first.
//! The Lorenz curve gives the share of the revenue of each share of the customers, the smallest first, and the Gini
//! coefficient is twice the area between it and the line of equality: 0 when all spend alike, near 1 when one spends all
//! (Gini 1912; computed as (2 Σ i xᵢ) / (n Σ xᵢ) - (n + 1) / n over ascending x).
//!
//! Limits: money given back can leave a customer below zero, for which neither curve nor coefficient is defined; such
//! customers count as having spent nothing here, and the answer says how many they are.

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Concentration {
    /// Customers that were looked at.
    pub customers: u64,
    /// Customers below zero, taken as zero.
    pub below_zero: u64,
    /// What all spent, those below zero taken as zero, in ten-thousandths.
    pub spent: i128,
    /// The share of the revenue that the top share of customers brings, for the shares asked.
    pub top: Vec<TopShare>,
    /// The fewest customers who bring four fifths of the revenue.
    pub bring_four_fifths: u64,
    /// The Gini coefficient; `None` where nothing was spent.
    pub gini: Option<f64>,
    /// The Lorenz curve at every twentieth of the customers, from 0 to 1: shares of the revenue.
    pub lorenz: Vec<f64>,
}

/// What the top customers bring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TopShare {
    /// The share of customers, such as 0.2.
    pub of_customers: f64,
    /// How many customers that is, rounded up.
    pub customers: u64,
    /// What they spent.
    pub spent: i128,
    /// Their share of the revenue; `None` where nothing was spent.
    pub of_revenue: Option<f64>,
}

/// Steps of the Lorenz curve.
const STEPS: usize = 20;

/// Computes the concentration of amounts, one a customer, in ten-thousandths.
pub fn concentration(mut amounts: Vec<i64>, shares: &[f64]) -> Concentration {
    let below_zero = amounts.iter().filter(|amount| **amount < 0).count() as u64;
    amounts.iter_mut().for_each(|amount| *amount = (*amount).max(0));
    let amounts = ascending(amounts);
    let customers = amounts.len();
    let mut sums: Vec<i128> = Vec::with_capacity(customers + 1);
    sums.push(0);
    let (mut spent, mut weighted) = (0_i128, 0.0);
    for (place, amount) in amounts.iter().enumerate() {
        spent += i128::from(*amount);
        sums.push(spent);
        weighted += (place + 1) as f64 * *amount as f64;
    }
    let share = |part: i128| (spent > 0).then(|| part as f64 / spent as f64);
    let top = shares
        .iter()
        .map(|of_customers| {
            let count = ((customers as f64 * of_customers).ceil() as usize).min(customers);
            let brought = spent - sums[customers - count];
            TopShare { of_customers: *of_customers, customers: count as u64, spent: brought, of_revenue: share(brought) }
        })
        .collect();
    // The fewest from the top: the first place from which on less than a fifth lies below.
    let without = sums.partition_point(|sum| sum * 5 <= spent) - 1;
    let bring_four_fifths = if spent > 0 { (customers - without) as u64 } else { 0 };
    let count = customers as f64;
    let gini = (spent > 0).then(|| 2.0 * weighted / (count * spent as f64) - (count + 1.0) / count);
    let lorenz = (0..=STEPS).map(|step| share(sums[customers * step / STEPS]).unwrap_or(0.0)).collect();
    Concentration { customers: customers as u64, below_zero, spent, top, bring_four_fifths, gini, lorenz }
}

/// Sorts amounts, none below zero, digit by digit from the last: a trend sorts all buyers of many dates, and comparing them
/// takes several times as long.
fn ascending(mut amounts: Vec<i64>) -> Vec<i64> {
    const BITS: u32 = 11;
    if amounts.len() < 1 << BITS {
        amounts.sort_unstable();
        return amounts;
    }
    let digit = |amount: i64, shift: u32| (amount >> shift) as usize & ((1 << BITS) - 1);
    let most = amounts.iter().copied().max().unwrap_or(0);
    let mut sorted = vec![0; amounts.len()];
    let mut shift = 0;
    while shift < i64::BITS && most >> shift > 0 {
        let mut next = [0_usize; 1 << BITS];
        amounts.iter().for_each(|amount| next[digit(*amount, shift)] += 1);
        let mut before = 0;
        for next in &mut next {
            before += std::mem::replace(next, before);
        }
        for amount in &amounts {
            let place = &mut next[digit(*amount, shift)];
            sorted[*place] = *amount;
            *place += 1;
        }
        std::mem::swap(&mut amounts, &mut sorted);
        shift += BITS;
    }
    amounts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_amounts_are_sorted_as_few_are() {
        let mut state = 7_u64;
        let mut amounts: Vec<i64> = (0..10_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> (1 + state % 50)) as i64
            })
            .chain([0, i64::MAX, 0])
            .collect();
        let sorted = ascending(amounts.clone());
        amounts.sort_unstable();
        assert_eq!(sorted, amounts);
    }

    #[test]
    fn equal_customers_have_no_concentration() {
        let found = concentration(vec![50_000; 100], &[0.2]);
        assert!(found.gini.unwrap().abs() < 1e-12);
        assert_eq!((found.top[0].of_revenue, found.bring_four_fifths), (Some(0.2), 80));
        assert_eq!(found.lorenz[10], 0.5);
    }

    #[test]
    fn one_customer_brings_all() {
        let found = concentration([vec![0; 99], vec![10_000]].concat(), &[0.01, 0.2]);
        assert!((found.gini.unwrap() - 0.99).abs() < 1e-12);
        assert_eq!((found.top[0].customers, found.top[0].of_revenue, found.bring_four_fifths), (1, Some(1.0), 1));
    }

    #[test]
    fn the_coefficient_of_a_textbook() {
        // Mean absolute difference over twice the mean: (1+2+3+1+2+1) * 2 / (16 * 2 * 2.5) = 0.25.
        let found = concentration(vec![1, 2, 3, 4], &[0.25, 0.5]);
        assert!((found.gini.unwrap() - 0.25).abs() < 1e-12);
        assert_eq!(found.top.iter().map(|top| top.of_revenue.unwrap()).collect::<Vec<_>>(), [0.4, 0.7]);
    }

    #[test]
    fn nobody_and_nothing_have_none() {
        for amounts in [vec![], vec![0, 0], vec![-5]] {
            let found = concentration(amounts, &[0.2]);
            assert_eq!((found.gini, found.bring_four_fifths, found.top[0].of_revenue), (None, 0, None));
        }
        assert_eq!(concentration(vec![-5, 5], &[]).below_zero, 1);
    }
}
