//! Looks at a vector's worth of bytes of a text in one go: what a document mostly consists of is short names and short
//! texts, and now and then a very long one.

use crate::vectors::{VECTOR_BYTES, first_of, first_other_than_letters};

/// Bytes looked at in one go where a text is long: one or two vector registers, which the compiler fills by itself.
const CHUNK_BYTES: usize = 64;

/// Vectors after which a text counts as long.
const SHORT_VECTORS: usize = CHUNK_BYTES / VECTOR_BYTES;

/// How many bytes at the beginning of `bytes` may be letters; all of those that follow one another are among them.
#[inline(always)]
pub(crate) fn letters(bytes: &[u8]) -> usize {
    let (vectors, tail) = bytes.as_chunks::<VECTOR_BYTES>();
    for (index, vector) in vectors.iter().enumerate() {
        if let Some(at) = first_other_than_letters(vector) {
            return index * VECTOR_BYTES + at;
        }
    }
    let rest = tail.iter().position(|byte| byte & 0x40 == 0).unwrap_or(tail.len());
    bytes.len() - tail.len() + rest
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
    let (vectors, _) = bytes.as_chunks::<VECTOR_BYTES>();
    let short = vectors.get(..SHORT_VECTORS).unwrap_or(vectors);
    find_in(short, wanted).or_else(|| find_far(bytes, short.len() * VECTOR_BYTES, wanted))
}

/// Where `wanted`, two or three signs, stands first in `text`.
#[inline(never)]
pub(crate) fn find(text: &str, wanted: &str) -> Option<usize> {
    let wanted = wanted.as_bytes();
    text.as_bytes().windows(wanted.len()).position(|window| same(window, wanted))
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
    let (vectors, tail) = rest.as_chunks::<VECTOR_BYTES>();
    let found = find_in(vectors, wanted)
        .or_else(|| Some(rest.len() - tail.len() + tail.iter().position(|byte| wanted.contains(byte))?))?;
    Some(start + found)
}

#[inline(always)]
fn find_in(vectors: &[[u8; VECTOR_BYTES]], wanted: [u8; 3]) -> Option<usize> {
    for (index, vector) in vectors.iter().enumerate() {
        if let Some(at) = first_of(vector, wanted) {
            return Some(index * VECTOR_BYTES + at);
        }
    }
    None
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
