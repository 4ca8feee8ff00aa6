//! How good forecasts were, once it is known what happened.

/// The probability that of two customers, one who did it and one who did not, the first had the higher score; ties count half. `None`
/// where all did it or none.
pub fn auc(scores: &[f64], did: &[bool]) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len().min(did.len())).collect();
    order.sort_by(|one, other| scores[*one].total_cmp(&scores[*other]));
    let (mut positives, mut negatives, mut pairs) = (0.0, 0.0, 0.0);
    let mut start = 0;
    while start < order.len() {
        let mut end = start;
        let (mut yes, mut no) = (0.0, 0.0);
        while end < order.len() && scores[order[end]].total_cmp(&scores[order[start]]).is_eq() {
            if did[order[end]] {
                yes += 1.0;
            } else {
                no += 1.0;
            }
            end += 1;
        }
        pairs += yes * (negatives + 0.5 * no);
        positives += yes;
        negatives += no;
        start = end;
    }
    (positives > 0.0 && negatives > 0.0).then(|| pairs / (positives * negatives))
}

/// The mean squared distance of probabilities from what happened (Brier 1950): 0 is perfect. `None` of nobody.
pub fn brier(probabilities: &[f64], did: &[bool]) -> Option<f64> {
    let count = probabilities.len().min(did.len());
    let sum: f64 = probabilities.iter().zip(did).map(|(p, did)| (p - f64::from(u8::from(*did))).powi(2)).sum();
    (count > 0).then(|| sum / count as f64)
}

/// Forecast and truth among customers of like probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibrated {
    /// Customers.
    pub customers: usize,
    /// Their mean probability.
    pub forecast: f64,
    /// The share of them who did it.
    pub happened: f64,
}

/// Calibration in equal parts of the customers, in order of probability; equal probabilities may fall on both sides of a border.
pub fn calibration(probabilities: &[f64], did: &[bool], parts: usize) -> Vec<Calibrated> {
    let mut order: Vec<usize> = (0..probabilities.len().min(did.len())).collect();
    order.sort_by(|one, other| probabilities[*one].total_cmp(&probabilities[*other]));
    let mut found = Vec::new();
    for part in 0..parts {
        let piece = &order[part * order.len() / parts..(part + 1) * order.len() / parts];
        if !piece.is_empty() {
            let customers = piece.len();
            found.push(Calibrated {
                customers,
                forecast: piece.iter().map(|place| probabilities[*place]).sum::<f64>() / customers as f64,
                happened: piece.iter().filter(|place| did[**place]).count() as f64 / customers as f64,
            });
        }
    }
    found
}

/// What a rule that flags customers would have been worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flagged {
    /// The share of customers flagged.
    pub flagged: f64,
    /// The share of those flagged who did it; `None` where nobody was flagged.
    pub precision: Option<f64>,
    /// The share of those who did it who were flagged; `None` where nobody did.
    pub recall: Option<f64>,
}

/// Flags against what happened; `None` of nobody.
pub fn flagged(flags: impl IntoIterator<Item = bool>, did: &[bool]) -> Option<Flagged> {
    let (mut count, mut hits) = (0_usize, 0_usize);
    for (flag, did) in flags.into_iter().zip(did) {
        count += usize::from(flag);
        hits += usize::from(flag && *did);
    }
    let happened = did.iter().filter(|did| **did).count();
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    Some(Flagged { flagged: share(count, did.len())?, precision: share(hits, count), recall: share(hits, happened) })
}

/// Counts forecast against counts that came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    /// The sum forecast.
    pub forecast: f64,
    /// The sum that came.
    pub came: f64,
    /// The mean absolute error of a customer.
    pub mean_error: f64,
    /// The square root of the mean squared error of a customer.
    pub root_mean_square: f64,
    /// Pearson's correlation; `None` where either does not vary.
    pub correlation: Option<f64>,
}

/// Compares counts customer by customer; `None` of nobody.
pub fn counted(forecast: &[f64], came: &[f64]) -> Option<Counted> {
    let count = forecast.len().min(came.len());
    if count == 0 {
        return None;
    }
    let n = count as f64;
    let (sum, real): (f64, f64) = (forecast.iter().sum(), came.iter().sum());
    let (mut absolute, mut square, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in forecast.iter().zip(came) {
        absolute += (x - y).abs();
        square += (x - y).powi(2);
        let (dx, dy) = (x - sum / n, y - real / n);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    let correlation = (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt());
    Some(Counted { forecast: sum, came: real, mean_error: absolute / n, root_mean_square: (square / n).sqrt(), correlation })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_half() {
        assert_eq!(auc(&[1.0, 2.0, 3.0], &[false, false, true]), Some(1.0));
        assert_eq!(auc(&[1.0, 1.0], &[false, true]), Some(0.5));
        assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Some(0.75));
        assert_eq!(auc(&[1.0], &[true]), None);
    }

    #[test]
    fn flags_and_calibration() {
        let did = [true, false, true, false];
        let found = flagged([true, true, false, false], &did).unwrap();
        assert_eq!((found.flagged, found.precision, found.recall), (0.5, Some(0.5), Some(0.5)));
        let parts = calibration(&[0.9, 0.1, 0.8, 0.2], &did, 2);
        assert_eq!(parts.len(), 2);
        assert!((parts[0].forecast - 0.15).abs() < 1e-12 && parts[0].happened == 0.0);
        assert!((parts[1].forecast - 0.85).abs() < 1e-12 && parts[1].happened == 1.0);
        assert_eq!(brier(&[1.0, 0.0, 1.0, 0.0], &did), Some(0.0));
    }
}
