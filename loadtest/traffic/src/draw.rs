//! Shares into whole numbers, and the two heavy tails of the traffic: who sends to whom, and how large files are.
//!
//! Only operations that IEEE 754 rounds exactly are used, so that the same settings give the same traffic everywhere:
//! the library's `powf` and `ln` may differ in the last bit from one machine to the next.

use phytohub_certificates::Random;

/// Binary places of an exponent that are looked at: more than a weight that was written by hand has.
const EXPONENT_BITS: u32 = 24;

/// `base` to the `exponent`, neither of them negative.
pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    let whole = exponent.trunc();
    // Exponents are checked to be small.
    let mut result = (0..whole as u32).fold(1.0, |product, _| product * base);
    let (mut rest, mut root) = (exponent - whole, base);
    for _ in 0..EXPONENT_BITS {
        (rest, root) = (rest * 2.0, root.sqrt());
        if rest >= 1.0 {
            (rest, result) = (rest - 1.0, result * root);
        }
    }
    result
}

/// Divides `total` by `weights`: each gets its share rounded down, the largest remainders one more, and what has a
/// weight but got nothing takes one from the largest, as long as that has more than one to give.
pub(crate) fn apportion(total: usize, weights: &[f64]) -> Vec<usize> {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return vec![0; weights.len()];
    }
    let exact = |index: usize| weights[index] / sum * total as f64;
    let mut counts: Vec<usize> = (0..weights.len()).map(|index| exact(index) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).filter(|&index| 0.0 < weights[index]).collect();
    by_remainder.sort_by(|&left, &right| exact(right).fract().total_cmp(&exact(left).fract()));
    let missing = total.saturating_sub(counts.iter().sum());
    for &index in by_remainder.iter().cycle().take(missing) {
        counts[index] += 1;
    }
    for index in 0..counts.len() {
        let largest = (0..counts.len()).max_by_key(|&index| counts[index]).unwrap_or(index);
        if counts[index] == 0 && 0.0 < weights[index] && 1 < counts[largest] {
            counts[index] += 1;
            counts[largest] -= 1;
        }
    }
    counts
}

/// As many items as `counts` say, each `counts[index]` times its index, in an order of chance.
pub(crate) fn spread(counts: &[usize], random: &mut Random) -> Vec<usize> {
    let mut items: Vec<usize> =
        counts.iter().enumerate().flat_map(|(index, &count)| std::iter::repeat_n(index, count)).collect();
    random.shuffle(&mut items);
    items
}

/// Sender and receiver of `total` deliveries between `members`. Members have ranks as senders and other ranks as
/// receivers, by chance; the weight of a rank is `1 / rank ^ head`, that of a pair the product of its two.
pub(crate) fn pairs(members: usize, head: f64, total: usize, random: &mut Random) -> Vec<(u16, u16)> {
    let weights: Vec<f64> = (1..=members).map(|rank| 1.0 / power(rank as f64, head)).collect();
    let mut senders: Vec<usize> = (0..members).collect();
    random.shuffle(&mut senders);
    let mut receivers = senders.clone();
    random.shuffle(&mut receivers);
    // The same member cannot lead both: more than the whole would be its own share.
    if senders.first() == receivers.first() {
        receivers.rotate_left(1);
    }
    let shares = apportion(total, &weights);
    let from: Vec<usize> = spread(&shares, random).into_iter().map(|rank| senders[rank]).collect();
    let mut to: Vec<usize> = spread(&shares, random).into_iter().map(|rank| receivers[rank]).collect();
    for place in 0..total {
        if from[place] == to[place] {
            part(&from, &mut to, place, members, random);
        }
    }
    from.into_iter().zip(to).map(|(from, to)| (from as u16, to as u16)).collect()
}

/// Gives the delivery at `place`, which goes to its own sender, another receiver, and keeps everybody's share: it
/// changes receivers with a delivery that has nothing to do with that member.
fn part(from: &[usize], to: &mut [usize], place: usize, members: usize, random: &mut Random) {
    let (member, total) = (from[place], from.len());
    let first = random.next() as usize % total;
    let other = (0..total).map(|step| (first + step) % total).find(|&at| from[at] != member && to[at] != member);
    match other {
        Some(other) => to.swap(place, other),
        // So few deliveries that rounding left no way: the shares bend a little.
        None => to[place] = (member + 1) % members,
    }
}

/// Exponent of the tail of attached files: a bounded Pareto distribution, so flat that a few large scans make up most
/// of the bytes, as they do in real exchanges.
const FILE_TAIL: f64 = 0.6;

/// Bytes of the attached files of the `place`-th of `count` certificates with files, by size: the quantile in the
/// middle of its part of the distribution between two sizes, neither of them 0. From 4 KiB to 3 MiB half of them have
/// less than 13 KiB, one in ten more than 143 KiB and one in a hundred more than 1.5 MiB; the mean is 81 KiB.
pub(crate) fn file_bytes(place: usize, count: usize, [bytes_min, bytes_max]: [u64; 2]) -> u64 {
    let quantile = (place as f64 + 0.5) / count as f64;
    let [low, high] = [bytes_min, bytes_max].map(|bytes| 1.0 / power(bytes as f64, FILE_TAIL));
    let bytes = power(1.0 / (low - quantile * (low - high)), 1.0 / FILE_TAIL);
    (bytes as u64).clamp(bytes_min, bytes_max)
}

/// Weights of the number of commodity lines: most certificates have one or two, a few are long lists.
const LINES: [(usize, f64); 10] =
    [(1, 60.0), (2, 21.0), (3, 9.0), (4, 4.5), (5, 2.7), (7, 1.4), (10, 0.8), (16, 0.4), (25, 0.15), (40, 0.05)];

/// Numbers of commodity lines for `total` certificates.
pub(crate) fn lines(total: usize, random: &mut Random) -> Vec<usize> {
    let counts = apportion(total, &LINES.map(|(_, weight)| weight));
    spread(&counts, random).into_iter().map(|index| LINES[index].0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_library() {
        for base in [0.5, 1.0, 2.0, 120.0, 3e6] {
            for exponent in [0.0, 0.25, 0.6, 1.0, 1.7, 3.0] {
                let (ours, library) = (power(base, exponent), f64::powf(base, exponent));
                assert!((ours - library).abs() <= 2e-6 * library, "{base} ^ {exponent}: {ours} and {library}");
            }
        }
    }

    #[test]
    fn what_is_divided_is_all_there_and_nobody_is_forgotten() {
        assert_eq!(apportion(10, &[1.0, 1.0, 2.0]), [3, 2, 5]);
        assert_eq!(apportion(10, &[0.0, 1.0]), [0, 10]);
        assert_eq!(apportion(100, &[1.0, 0.000_1, 0.0]), [99, 1, 0]);
        assert_eq!(apportion(1, &[1.0, 1.0]), [1, 0]);
        assert_eq!(apportion(0, &[1.0]), [0]);
        assert_eq!(apportion(7, &[0.0, 0.0]), [0, 0]);
    }

    #[test]
    fn nobody_writes_to_themselves_and_shares_are_kept() {
        for (members, head, total) in [(2, 0.0, 10), (2, 3.0, 101), (3, 1.0, 7), (120, 1.0, 2000), (249, 4.0, 1000)] {
            let pairs = pairs(members, head, total, &mut Random::new(1));
            assert_eq!(pairs.len(), total);
            assert!(pairs.iter().all(|(from, to)| from != to && usize::from(*to.max(from)) < members));
        }
    }

    #[test]
    fn files_are_as_large_as_documented() {
        let bounds = [4 << 10, 3 << 20];
        let sizes: Vec<u64> = (0..1000).map(|place| file_bytes(place, 1000, bounds)).collect();
        assert!(sizes.is_sorted() && sizes.iter().all(|bytes| (bounds[0]..=bounds[1]).contains(bytes)));
        let kib = |bytes: u64| bytes >> 10;
        let mean = sizes.iter().sum::<u64>() / 1000;
        let found = [sizes[500], sizes[900], sizes[990], mean].map(kib);
        assert_eq!(found, [12, 144, 1559, 81]);
        assert_eq!(file_bytes(0, 1, [5000, 5000]), 5000);
    }
}
