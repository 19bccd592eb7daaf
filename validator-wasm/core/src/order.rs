//! Sorting, once for all that is sorted here. That of the standard library is made anew for each type, and larger in
//! the module than all rules of a line; nothing here is so long that its speed would count.

use std::cmp::Ordering;

/// Compares two of the things that are sorted, by their numbers.
type Compare<'c> = &'c dyn Fn(usize, usize) -> Ordering;

/// The numbers below `count`, sorted by what they stand for; of equals the lower one comes first.
#[inline(never)]
pub(crate) fn sorted(count: usize, compare: Compare<'_>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut width = 1;
    while width < count {
        let mut merged = Vec::with_capacity(count);
        for pair in order.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at_checked(width).unwrap_or((pair, &[]));
            while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
                if compare(*second, *first) == Ordering::Less {
                    merged.push(*second);
                    right = right_rest;
                } else {
                    merged.push(*first);
                    left = left_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        order = merged;
        width *= 2;
    }
    order
}

/// The numbers of those that are equal to one with a lower number, in ascending order.
#[inline(never)]
pub(crate) fn repeated(count: usize, compare: Compare<'_>) -> Vec<usize> {
    let order = sorted(count, compare);
    let pairs = order.iter().zip(order.iter().skip(1));
    let repeated: Vec<usize> =
        pairs.filter(|(one, next)| compare(**one, **next) == Ordering::Equal).map(|(_, next)| *next).collect();
    let ascending = sorted(repeated.len(), &|left, right| repeated.get(left).cmp(&repeated.get(right)));
    ascending.into_iter().filter_map(|index| repeated.get(index).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_keep_their_order() {
        for count in 0..40 {
            let keys: Vec<usize> = (0..count).map(|index| index * 7 % 10).collect();
            let mut expected: Vec<usize> = (0..count).collect();
            expected.sort_by_key(|index| keys[*index]);
            assert_eq!(sorted(count, &|left, right| keys[left].cmp(&keys[right])), expected);
            let repeated = repeated(count, &|left, right| keys[left].cmp(&keys[right]));
            assert!(repeated.into_iter().eq(10..count.max(10)), "{count}");
        }
    }
}
