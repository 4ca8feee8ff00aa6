//! Order statistics of many integers in pieces, without sorting or joining them.

/// The values that would stand at these places if all pieces were sorted together; places start at 0 and are within.
pub(crate) fn order_statistics(pieces: &[&[i64]], places: &[usize]) -> Vec<i64> {
    let (mut least, mut most) = (i64::MAX, i64::MIN);
    for piece in pieces {
        (least, most) = piece.iter().fold((least, most), |(least, most), value| (least.min(*value), most.max(*value)));
    }
    if least > most {
        return Vec::new();
    }
    // Buckets of a power of two of neighbouring values, some thousands of them, small enough to stay near the processor.
    const BUCKETS: u32 = 14;
    let width = most.wrapping_sub(least) as u64;
    let shift = (64 - width.leading_zeros()).saturating_sub(BUCKETS);
    let bucket = |value: i64| (value.wrapping_sub(least) as u64 >> shift) as usize;
    let mut counts = vec![0_usize; bucket(most) + 1];
    for piece in pieces {
        piece.iter().for_each(|value| counts[bucket(*value)] += 1);
    }
    let mut before = 0;
    let starts: Vec<usize> = counts
        .iter()
        .map(|count| {
            before += count;
            before - count
        })
        .collect();
    let of_place: Vec<usize> = places.iter().map(|place| starts.partition_point(|start| start <= place) - 1).collect();
    let mut wanted: Vec<(usize, Vec<i64>)> = Vec::new();
    for at in &of_place {
        if !wanted.iter().any(|(known, _)| known == at) {
            wanted.push((*at, Vec::with_capacity(if shift == 0 { 0 } else { counts[*at] })));
        }
    }
    if shift > 0 {
        let mut index = vec![u8::MAX; counts.len()];
        wanted.iter().enumerate().for_each(|(at, (bucket, _))| index[*bucket] = at as u8);
        for piece in pieces {
            for value in *piece {
                let at = index[bucket(*value)];
                if at != u8::MAX {
                    wanted[at as usize].1.push(*value);
                }
            }
        }
    }
    places
        .iter()
        .zip(of_place)
        .map(|(place, bucket)| {
            if shift == 0 {
                return least.wrapping_add(bucket as i64);
            }
            let Some((_, values)) = wanted.iter_mut().find(|(known, _)| *known == bucket) else {
                unreachable!("the bucket of each place is gathered")
            };
            *values.select_nth_unstable(place - starts[bucket]).1
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn is_what_sorting_gives(pieces in proptest::collection::vec(proptest::collection::vec(proptest::prop_oneof![-5_i64..5, proptest::num::i64::ANY, 0_i64..1_000_000_000], 0..40), 1..5)) {
            let mut sorted: Vec<i64> = pieces.iter().flatten().copied().collect();
            sorted.sort_unstable();
            let places: Vec<usize> = (0..sorted.len()).step_by(3).take(200).collect();
            let expected: Vec<i64> = places.iter().map(|place| sorted[*place]).collect();
            proptest::prop_assert_eq!(order_statistics(&pieces.iter().map(Vec::as_slice).collect::<Vec<_>>(), &places), expected);
        }
    }
}
