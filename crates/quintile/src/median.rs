//! The median of what is known.

/// The middle value, or what lies between the middle two; `None` of no numbers.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_middle_one_or_between_the_middle_two() {
        let of = |values: &[f64]| median(values.to_vec());
        assert_eq!((of(&[]), of(&[9.0]), of(&[30.0, 1.0, 2.0]), of(&[4.0, 1.0, 2.0, 90.0])), (None, Some(9.0), Some(2.0), Some(3.0)));
    }
}
