//! Sixteen bytes looked at in one go: as a vector where every processor of the target has them, as two words elsewhere.
//!
//! The compiler makes vectors of a loop that asks whether something is there, not of one that asks where. In
//! WebAssembly words are as fast, and need no library.

/// Bytes of a vector.
pub(crate) const VECTOR_BYTES: usize = 16;

/// Where the first of three ASCII bytes stands.
#[inline(always)]
pub(crate) fn first_of(bytes: &[u8; VECTOR_BYTES], wanted: [u8; 3]) -> Option<usize> {
    target::first_of(bytes, wanted)
}

/// Where the first byte stands that has not the bit of letters, 0x40. Of ASCII, letters, `@`, brackets, braces and a
/// few other signs have it; what ends a name in a tag has it not.
#[inline(always)]
pub(crate) fn first_other_than_letters(bytes: &[u8; VECTOR_BYTES]) -> Option<usize> {
    target::first_other_than_letters(bytes)
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod target {
    use wide::u8x16;

    use super::VECTOR_BYTES;

    /// Which byte has the lowest of these bits, one for each byte.
    #[inline(always)]
    fn lowest(bits: u32) -> Option<usize> {
        (bits != 0).then(|| bits.trailing_zeros() as usize)
    }

    #[inline(always)]
    pub(super) fn first_of(bytes: &[u8; VECTOR_BYTES], wanted: [u8; 3]) -> Option<usize> {
        let vector = u8x16::new(*bytes);
        let [a, b, c] = wanted.map(|byte| vector.simd_eq(u8x16::splat(byte)));
        lowest((a | b | c).to_bitmask())
    }

    #[inline(always)]
    pub(super) fn first_other_than_letters(bytes: &[u8; VECTOR_BYTES]) -> Option<usize> {
        let vector = u8x16::new(*bytes);
        // Doubled, so that the bit is the highest, of which the mask is made.
        lowest((vector + vector).to_bitmask() ^ 0xFFFF)
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod target {
    use super::VECTOR_BYTES;

    const LOW_BITS: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
    const LETTER_BITS: u64 = u64::from_le_bytes([0x40; 8]);

    /// Which byte has the lowest bit that `bits` finds in one of the two words.
    #[inline(always)]
    fn lowest(bytes: &[u8; VECTOR_BYTES], bits: impl Fn(u64) -> u64) -> Option<usize> {
        let (words, _) = bytes.as_chunks::<8>();
        for (index, word) in words.iter().enumerate() {
            let found = bits(u64::from_le_bytes(*word));
            if found != 0 {
                return Some(index * 8 + found.trailing_zeros() as usize / 8);
            }
        }
        None
    }

    #[inline(always)]
    pub(super) fn first_of(bytes: &[u8; VECTOR_BYTES], wanted: [u8; 3]) -> Option<usize> {
        // The high bit of each byte that equals the wanted one, and perhaps of some behind the first such byte.
        let matches = |word: u64, byte: u8| {
            let differing = word ^ (LOW_BITS * u64::from(byte));
            differing.wrapping_sub(LOW_BITS) & !differing & HIGH_BITS
        };
        let [a, b, c] = wanted;
        lowest(bytes, |word| matches(word, a) | matches(word, b) | matches(word, c))
    }

    #[inline(always)]
    pub(super) fn first_other_than_letters(bytes: &[u8; VECTOR_BYTES]) -> Option<usize> {
        lowest(bytes, |word| !word & LETTER_BITS)
    }
}
