//! Looks at a vector's worth of bytes of a text in one go: what a document mostly consists of is short names and short
//! texts, and now and then a very long one.

use crate::vectors::{FOUR_VECTORS_BYTES, VECTOR_BYTES, equal, first_of, first_other_than_letters, has_any};

/// Vectors after which a text counts as long, and is looked at by four of them.
const SHORT_VECTORS: usize = FOUR_VECTORS_BYTES / VECTOR_BYTES;

/// Bytes among which a name ends: more than any name of the message has.
pub(crate) const NAME_BYTES: usize = 3 * VECTOR_BYTES;

/// How many bytes at the beginning of `bytes` may be letters; all of those that follow one another are among them.
/// Nothing where all may be.
#[inline(always)]
pub(crate) fn letters(bytes: &[u8; NAME_BYTES]) -> Option<usize> {
    let (vectors, _) = bytes.as_chunks::<VECTOR_BYTES>();
    for (index, vector) in vectors.iter().enumerate() {
        if let Some(at) = first_other_than_letters(vector) {
            return Some(index * VECTOR_BYTES + at);
        }
    }
    None
}

/// Whether two texts are the same, without the call that is dearer than comparing short ones: both ends, which meet in
/// all but the longest names, and then what is between them.
#[inline(always)]
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    if let (Some(first), Some(last), Some(other_first), Some(other_last)) =
        (left.first_chunk(), left.last_chunk(), right.first_chunk(), right.last_chunk())
    {
        let middle = VECTOR_BYTES..left.len() - VECTOR_BYTES;
        return equal([first, last], [other_first, other_last])
            && (left.len() <= 2 * VECTOR_BYTES || left.get(middle.clone()) == right.get(middle));
    }
    match left.len() {
        8.. => left.first_chunk::<8>() == right.first_chunk() && left.last_chunk::<8>() == right.last_chunk(),
        4.. => left.first_chunk::<4>() == right.first_chunk() && left.last_chunk::<4>() == right.last_chunk(),
        _ => left.iter().zip(right).all(|(left, right)| left == right),
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
#[inline(never)]
fn find_far(bytes: &[u8], start: usize, wanted: [u8; 3]) -> Option<usize> {
    let (chunks, _) = bytes.get(start..)?.as_chunks::<FOUR_VECTORS_BYTES>();
    let start = start + FOUR_VECTORS_BYTES * chunks.iter().take_while(|chunk| !has_any(chunk, wanted)).count();
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
        let mut bytes = [b'z'; NAME_BYTES];
        assert_eq!(letters(&bytes), None);
        for length in (0..NAME_BYTES).rev() {
            for end in [b'>', b' ', b'/', b':', b'-', b'5', b'\n'] {
                // What stood behind it stays, so that only the first counts.
                bytes[length] = end;
                assert_eq!(letters(&bytes), Some(length));
            }
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
