//! Looks at eight bytes of a text in one go, or at a vector's worth: what a document mostly consists of is short names
//! and short texts, and now and then a very long one.

/// Bytes looked at in one go where a text is long: one or two vector registers, which the compiler fills by itself.
const CHUNK_BYTES: usize = 64;

/// Words after which a text counts as long.
const SHORT_WORDS: usize = 8;

const LOW_BITS: u64 = u64::from_le_bytes([0x01; 8]);
const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);

/// Of ASCII, letters, `@`, brackets, braces and a few other signs have this bit; what ends a name in a tag has it not.
const LETTER_BITS: u64 = u64::from_le_bytes([0x40; 8]);

/// How many bytes at the beginning of `bytes` may be letters; all of those that follow one another are among them.
#[inline(always)]
pub(crate) fn letters(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let others = !u64::from_le_bytes(*word) & LETTER_BITS;
        if others != 0 {
            return index * 8 + first_byte(others);
        }
    }
    let rest = tail.iter().position(|byte| byte & 0x40 == 0).unwrap_or(tail.len());
    words.len() * 8 + rest
}

/// Whether two texts are the same, without the call that is dearer than comparing short ones.
#[inline(always)]
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let ((left_words, left_tail), (right_words, right_tail)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    if left_words.iter().zip(right_words).any(|(left, right)| left != right) {
        return false;
    }
    // The last eight bytes once more, some of them for the second time.
    match (left.last_chunk::<8>(), right.last_chunk::<8>()) {
        (Some(left), Some(right)) => left == right,
        _ => left_tail.iter().zip(right_tail).all(|(left, right)| left == right),
    }
}

/// The first and the last eight bytes of a text, both filled with zeros where it is shorter.
#[inline(always)]
pub(crate) const fn ends(text: &[u8]) -> (u64, u64) {
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => {
            let (mut word, mut index) = (0, text.len());
            while 0 < index {
                index -= 1;
                word = word << 8 | text[index] as u64;
            }
            (word, word)
        }
    }
}

/// Where the first of three ASCII bytes stands.
#[inline(always)]
pub(crate) fn find_any(bytes: &[u8], wanted: [u8; 3]) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let short = words.get(..SHORT_WORDS).unwrap_or(words);
    find_in_words(short, wanted).or_else(|| find_far(bytes, short.len() * 8, wanted))
}

/// Where `wanted`, two or three signs, stands first in `text`.
#[inline(never)]
pub(crate) fn find(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len()).position(|window| window == wanted.as_bytes())
}

/// What stands before `end` in `text`, if it is there.
pub(crate) fn before<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    text.get(..find(text, end)?)
}

/// As [`find_any`], from `start` on.
fn find_far(bytes: &[u8], start: usize, wanted: [u8; 3]) -> Option<usize> {
    let [a, b, c] = wanted;
    let (chunks, _) = bytes.get(start..)?.as_chunks::<CHUNK_BYTES>();
    // Without a branch inside.
    let without = |chunk: &&[u8; CHUNK_BYTES]| {
        !chunk.iter().fold(false, |found, &byte| found | (byte == a) | (byte == b) | (byte == c))
    };
    let start = start + CHUNK_BYTES * chunks.iter().take_while(without).count();
    let rest = bytes.get(start..)?;
    let (words, tail) = rest.as_chunks::<8>();
    let found = find_in_words(words, wanted)
        .or_else(|| Some(rest.len() - tail.len() + tail.iter().position(|byte| wanted.contains(byte))?))?;
    Some(start + found)
}

#[inline(always)]
fn find_in_words(words: &[[u8; 8]], wanted: [u8; 3]) -> Option<usize> {
    // The high bit of each byte of `word` that equals the wanted one, and perhaps of some behind the first such byte.
    let matches = |word: u64, byte: u8| {
        let differing = word ^ (LOW_BITS * u64::from(byte));
        differing.wrapping_sub(LOW_BITS) & !differing & HIGH_BITS
    };
    let [a, b, c] = wanted;
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = matches(word, a) | matches(word, b) | matches(word, c);
        if found != 0 {
            return Some(index * 8 + first_byte(found));
        }
    }
    None
}

/// Which byte of a word, counted as they stand in the text, has the first bit.
#[inline(always)]
fn first_byte(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_first_wherever_it_stands() {
        let neighbours = [0x00, b'=', b';', 0xBC, 0x80, 0xFF, b'\'', b'^', b'\\'];
        for length in (0..90).chain([127, 128, 129, 200, 300]) {
            for neighbour in neighbours {
                let mut bytes = vec![neighbour; length];
                assert_eq!(find_any(&bytes, *b"<&]"), None);
                for at in (0..length).rev() {
                    // What stood behind it stays, so that only the first counts.
                    *bytes.get_mut(at).unwrap() = *b"<&]".get(at % 3).unwrap();
                    assert_eq!(find_any(&bytes, *b"<&]"), Some(at), "{length} of {neighbour}");
                }
            }
        }
    }

    #[test]
    fn letters_end_where_another_sign_stands() {
        for length in 0..40 {
            for end in [">", " x", "/>", ":a", "-", "5", "\n"] {
                assert_eq!(letters(format!("{}{end}", "aZ".repeat(length)).as_bytes()), 2 * length);
            }
            assert_eq!(letters("z".repeat(length).as_bytes()), length);
        }
    }

    #[test]
    fn texts_are_the_same_where_every_byte_is() {
        for length in 0..40 {
            let text = vec![b'a'; length];
            assert!(same(&text, &text.clone()));
            assert!(!same(&text, &vec![b'a'; length + 1]));
            for at in 0..length {
                let mut other = text.clone();
                *other.get_mut(at).unwrap() = b'b';
                assert!(!same(&text, &other), "{length} {at}");
            }
        }
        assert_eq!(ends(b"ab"), (0x6261, 0x6261));
        assert_eq!(ends(b"abcdefghi"), (u64::from_le_bytes(*b"abcdefgh"), u64::from_le_bytes(*b"bcdefghi")));
        assert_eq!(ends(b""), (0, 0));
    }
}
