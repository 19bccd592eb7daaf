//! Attached files, as base64.

use crate::random::Random;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `%PDF-1.4` and a line feed: nine bytes, so that what follows begins a new group of four characters.
const PDF_HEADER: &str = "JVBERi0xLjQK";

/// An attached file of `bytes` bytes, rounded up to groups of three, as base64: what a certificate has in its
/// AttachmentBinaryObject. Longer ones of the same seed begin with the shorter ones.
pub fn attachment(seed: u64, bytes: usize) -> String {
    pdf(&mut Random::new(seed), bytes)
}

/// The base64 of a file of `bytes` bytes, rounded up to groups of three, that begins as a PDF does and goes on with
/// noise: like a real scan it cannot be compressed.
pub(crate) fn pdf(random: &mut Random, bytes: usize) -> String {
    let characters = (bytes.div_ceil(3) * 4).max(PDF_HEADER.len());
    let mut text = String::with_capacity(characters);
    text.push_str(PDF_HEADER);
    while text.len() < characters {
        let number = random.next();
        // Ten characters of six bits are in one number.
        let piece = (0..10).map(|index| char::from(ALPHABET[(number >> (6 * index) & 63) as usize]));
        text.extend(piece.take(characters - text.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_that_of_whole_groups() {
        for (bytes, characters) in [(0, 12), (9, 12), (10, 16), (600, 800), (1_000_000, 1_333_336)] {
            assert_eq!(pdf(&mut Random::new(1), bytes).len(), characters, "{bytes}");
        }
    }
}
