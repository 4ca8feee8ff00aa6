//! What the models are told of a customer: how often, when last, since when.
//!
//! Times are whole ticks (a front door uses days). A purchase is a tick on which the customer bought; the first one starts the history and
//! is not counted. Customers with equal histories are one row with a weight, since no model can tell them apart: a million customers are
//! some three hundred thousand rows, in order of how often, since when, and when last.

/// One customer's purchases after the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History {
    /// Purchases after the first.
    pub again: u32,
    /// Ticks from the first purchase to the last; 0 where there was one.
    pub last: u32,
    /// Ticks from the first purchase to the moment asked about.
    pub age: u32,
}

/// A history in the unit of time of a fitted model, for predictions: parts of a unit are allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Purchases after the first.
    pub again: f64,
    /// Time from the first purchase to the last.
    pub last: f64,
    /// Time from the first purchase to the moment asked about.
    pub age: f64,
}

/// Histories of many customers, those alike kept once.
#[derive(Debug, Clone)]
pub struct Histories {
    pub(crate) rows: Vec<History>,
    pub(crate) weights: Vec<f64>,
    row_of_customer: Vec<u32>,
    /// Ticks in one unit of the parameters: 7 where ticks are days and parameters are told in weeks.
    pub(crate) ticks_per_unit: f64,
}

/// A history that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The last purchase lies after the moment asked about.
    #[error("customer {customer} bought last {last} ticks after the first purchase, which is later than the {age} ticks looked at")]
    LastAfterAge {
        /// Place among the histories.
        customer: usize,
        /// Ticks to the last purchase.
        last: u32,
        /// Ticks looked at.
        age: u32,
    },
    /// One purchase, and yet a later one.
    #[error("customer {customer} bought once, and yet again {last} ticks later; count purchases after the first")]
    OnceAndLater {
        /// Place among the histories.
        customer: usize,
        /// Ticks to the last purchase.
        last: u32,
    },
    /// More than tables hold.
    #[error("customer {customer} has {what} {found}; at most {most} can be held")]
    TooLarge {
        /// Place among the histories.
        customer: usize,
        /// Which figure.
        what: &'static str,
        /// Its value.
        found: u32,
        /// The most allowed.
        most: u32,
    },
    /// More customers than rows can be numbered.
    #[error("{0} customers are more than can be held at once")]
    TooMany(usize),
}

/// 2,800 years of days: tables over ticks stay small.
const MOST_TICKS: u32 = 1 << 20;
/// Tables over purchases stay small.
const MOST_PURCHASES: u32 = 1 << 20;

impl Histories {
    /// Groups histories. `ticks_per_unit` says in which unit parameters are told: 7.0 for weeks of days.
    ///
    /// # Errors
    /// A history that cannot be, or too large to hold.
    pub fn new(histories: &[History], ticks_per_unit: f64) -> Result<Self, HistoryError> {
        if u32::try_from(histories.len()).is_err() {
            return Err(HistoryError::TooMany(histories.len()));
        }
        let mut most = History::default();
        for (customer, history) in histories.iter().enumerate() {
            check(customer, history)?;
            most.again = most.again.max(history.again);
            most.last = most.last.max(history.last);
            most.age = most.age.max(history.age);
        }
        let (rows, weights, row_of_customer) = group(histories, &most);
        let ticks_per_unit = if ticks_per_unit.is_finite() && ticks_per_unit > 0.0 { ticks_per_unit } else { 1.0 };
        Ok(Histories { rows, weights, row_of_customer, ticks_per_unit })
    }

    /// Number of customers.
    pub fn customers(&self) -> usize {
        self.row_of_customer.len()
    }

    /// Number of different histories.
    pub fn distinct(&self) -> usize {
        self.rows.len()
    }

    /// Ticks in one unit of the parameters.
    pub fn ticks_per_unit(&self) -> f64 {
        self.ticks_per_unit
    }

    /// The distinct histories, in order of purchases, age and last purchase.
    pub fn rows(&self) -> &[History] {
        &self.rows
    }

    /// How many customers have each history; not whole numbers after [`Histories::with_weights`].
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The place in [`Histories::rows`] of every customer, in the order in which they were handed in.
    pub fn row_of_customer(&self) -> &[u32] {
        &self.row_of_customer
    }

    /// Customers who bought again, and their purchases after the first.
    pub fn again(&self) -> (f64, f64) {
        let mut customers = 0.0;
        let mut purchases = 0.0;
        for (row, weight) in self.rows.iter().zip(&self.weights) {
            if row.again > 0 {
                customers += weight;
                purchases += weight * f64::from(row.again);
            }
        }
        (customers, purchases)
    }

    /// The same histories, weighed anew: what a resampled population is to a model.
    pub(crate) fn with_weights(&self, weights: Vec<f64>) -> Self {
        Histories { rows: self.rows.clone(), weights, row_of_customer: Vec::new(), ticks_per_unit: self.ticks_per_unit }
    }

    /// One row in so many, with its weight: enough to see nearly where a likelihood is highest.
    pub(crate) fn thinned(&self, step: usize) -> Self {
        Histories {
            rows: self.rows.iter().step_by(step.max(1)).copied().collect(),
            weights: self.weights.iter().step_by(step.max(1)).copied().collect(),
            row_of_customer: Vec::new(),
            ticks_per_unit: self.ticks_per_unit,
        }
    }

    /// A history in the unit of the parameters.
    pub fn seen(&self, history: &History) -> Seen {
        Seen {
            again: f64::from(history.again),
            last: f64::from(history.last) / self.ticks_per_unit,
            age: f64::from(history.age) / self.ticks_per_unit,
        }
    }
}

fn check(customer: usize, history: &History) -> Result<(), HistoryError> {
    if history.last > history.age {
        return Err(HistoryError::LastAfterAge { customer, last: history.last, age: history.age });
    }
    if history.again == 0 && history.last > 0 {
        return Err(HistoryError::OnceAndLater { customer, last: history.last });
    }
    if history.age > MOST_TICKS {
        return Err(HistoryError::TooLarge { customer, what: "an age in ticks of", found: history.age, most: MOST_TICKS });
    }
    if history.again > MOST_PURCHASES {
        return Err(HistoryError::TooLarge { customer, what: "a number of purchases of", found: history.again, most: MOST_PURCHASES });
    }
    Ok(())
}

/// Distinct histories in order, how many have each, and which each customer has.
fn group(histories: &[History], most: &History) -> (Vec<History>, Vec<f64>, Vec<u32>) {
    let bits = |most: u32| u32::BITS - most.leading_zeros();
    let (age_bits, last_bits) = (bits(most.age), bits(most.last));
    let key_bits = bits(most.again) + age_bits + last_bits;
    let place_bits = bits(histories.len() as u32);
    let key = |history: &History| {
        (u64::from(history.again) << (age_bits + last_bits)) | (u64::from(history.age) << last_bits) | u64::from(history.last)
    };
    let mut row_of_customer = vec![0_u32; histories.len()];
    let mut rows: Vec<History> = Vec::new();
    let mut weights: Vec<f64> = Vec::new();
    let history_of = |key: u64| History {
        again: (key >> (age_bits + last_bits)) as u32,
        last: (key & ((1 << last_bits) - 1)) as u32,
        age: ((key >> last_bits) & ((1 << age_bits) - 1)) as u32,
    };
    let mut before = None;
    // From the key rather than from the history itself, which lies anywhere in memory.
    let mut put = |key: u64, place: usize| {
        match (before == Some(key), weights.last_mut()) {
            (true, Some(weight)) => *weight += 1.0,
            (true, None) | (false, _) => {
                rows.push(history_of(key));
                weights.push(1.0);
                before = Some(key);
            }
        }
        row_of_customer[place] = (rows.len() - 1) as u32;
    };
    if key_bits + place_bits <= u64::BITS {
        let packed = histories.iter().enumerate().map(|(place, history)| (key(history) << place_bits) | place as u64).collect();
        for entry in sorted_by_digits(packed, place_bits, key_bits) {
            put(entry >> place_bits, (entry & ((1 << place_bits) - 1)) as usize);
        }
    } else {
        let mut places: Vec<u32> = (0..histories.len() as u32).collect();
        places.sort_by_key(|place| key(&histories[*place as usize]));
        for place in places {
            put(key(&histories[place as usize]), place as usize);
        }
    }
    (rows, weights, row_of_customer)
}

/// Sorts by `count` bits from bit `from` up, a digit of a few bits at a time: the keys are short, and a sort by comparison takes three
/// times as long.
fn sorted_by_digits(mut entries: Vec<u64>, from: u32, count: u32) -> Vec<u64> {
    const DIGIT: u32 = 10;
    let digits = count.div_ceil(DIGIT).max(1);
    let mut other = vec![0_u64; if count == 0 { 0 } else { entries.len() }];
    let mut done = 0;
    while done < count {
        // Digits of one width: the fewer places an entry can go to, the quicker it goes there.
        let width = count.div_ceil(digits).min(count - done);
        let digit = |entry: u64| ((entry >> (from + done)) & ((1 << width) - 1)) as usize;
        let mut starts = [0_usize; 1 << DIGIT];
        for entry in &entries {
            starts[digit(*entry)] += 1;
        }
        let mut next = 0;
        for start in &mut starts {
            (*start, next) = (next, next + *start);
        }
        for entry in &entries {
            let start = &mut starts[digit(*entry)];
            other[*start] = *entry;
            *start += 1;
        }
        std::mem::swap(&mut entries, &mut other);
        done += width;
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_history() -> impl Strategy<Value = History> {
        (0_u32..6, 0_u32..40, 0_u32..40).prop_map(|(again, first, second)| History {
            again,
            last: if again == 0 { 0 } else { first.min(second) },
            age: first.max(second),
        })
    }

    proptest! {
        #[test]
        fn every_customer_keeps_its_history(histories in prop::collection::vec(any_history(), 0..200)) {
            let grouped = Histories::new(&histories, 7.0).unwrap();
            prop_assert_eq!(grouped.customers(), histories.len());
            prop_assert_eq!(grouped.weights().iter().sum::<f64>(), histories.len() as f64);
            for (history, row) in histories.iter().zip(grouped.row_of_customer()) {
                prop_assert_eq!(*history, grouped.rows()[*row as usize]);
            }
            let key = |history: &History| (history.again, history.age, history.last);
            prop_assert!(grouped.rows().windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
        }
    }

    #[test]
    fn long_keys_group_as_short_ones_do() {
        let far = History { again: MOST_PURCHASES, last: MOST_TICKS, age: MOST_TICKS };
        let mut histories = vec![History { again: 1, last: 2, age: 3 }; 40];
        histories.insert(7, far);
        let grouped = Histories::new(&histories, 1.0).unwrap();
        assert_eq!(grouped.rows(), [History { again: 1, last: 2, age: 3 }, far]);
        assert_eq!(grouped.weights(), [40.0, 1.0]);
        assert_eq!(grouped.row_of_customer()[7], 1);
    }

    #[test]
    fn what_cannot_be_is_said() {
        let late = History { again: 1, last: 9, age: 3 };
        let found = Histories::new(&[History::default(), late], 1.0).unwrap_err().to_string();
        assert_eq!(found, "customer 1 bought last 9 ticks after the first purchase, which is later than the 3 ticks looked at");
        let twice = History { again: 0, last: 2, age: 3 };
        let found = Histories::new(&[twice], 1.0).unwrap_err().to_string();
        assert_eq!(found, "customer 0 bought once, and yet again 2 ticks later; count purchases after the first");
    }
}
