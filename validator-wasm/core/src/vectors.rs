//! Sixteen bytes looked at in one go: as a vector where every processor of the target has them, as two words elsewhere.
//!
//! The compiler makes vectors of a loop that asks whether something is there, not of one that asks where, and in
//! WebAssembly mostly of neither.

/// Bytes of a vector.
pub(crate) const VECTOR_BYTES: usize = 16;

/// Bytes of four, which is a whole number of longer registers, too.
pub(crate) const FOUR_VECTORS_BYTES: usize = 4 * VECTOR_BYTES;

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

/// Whether one of three ASCII bytes is there.
#[inline(always)]
pub(crate) fn has_any(bytes: &[u8; FOUR_VECTORS_BYTES], wanted: [u8; 3]) -> bool {
    target::has_any(bytes, wanted)
}

/// Whether all are digits of base64.
#[inline(always)]
pub(crate) fn are_digits(bytes: &[u8; FOUR_VECTORS_BYTES]) -> bool {
    target::are_digits(bytes)
}

/// How many of the bytes are white space, if all others are digits of base64.
#[inline(never)]
pub(crate) fn spaces_among_digits(bytes: &[u8; FOUR_VECTORS_BYTES]) -> Option<usize> {
    target::spaces_among_digits(bytes)
}

/// Whether the highest bit of any of the bytes is set, or would be if a space were taken from it.
#[inline(always)]
pub(crate) fn has_odd(bytes: &[u8; FOUR_VECTORS_BYTES]) -> bool {
    target::has_odd(bytes)
}

/// Whether there may be an illegal character of XML among the bytes: a control character other than the three of white
/// space, or EF, with which U+FFFE and U+FFFF begin.
#[inline(never)]
pub(crate) fn has_suspicious(bytes: &[u8; FOUR_VECTORS_BYTES]) -> bool {
    target::has_suspicious(bytes)
}

/// Whether the bytes of two pairs are the same.
#[inline(always)]
pub(crate) fn equal(left: [&[u8; VECTOR_BYTES]; 2], right: [&[u8; VECTOR_BYTES]; 2]) -> bool {
    target::equal(left, right)
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128"))]
mod target {
    use wide::u8x16;

    use super::{FOUR_VECTORS_BYTES, VECTOR_BYTES};

    #[inline(always)]
    pub(super) fn equal([first, last]: [&[u8; VECTOR_BYTES]; 2], other: [&[u8; VECTOR_BYTES]; 2]) -> bool {
        let [other_first, other_last] = other.map(|bytes| u8x16::new(*bytes));
        (u8x16::new(*first).simd_eq(other_first) & u8x16::new(*last).simd_eq(other_last)).all()
    }

    /// All bits of the bytes that are digits, as `binary::is_digit` says it.
    #[inline(always)]
    fn digits(vector: u8x16) -> u8x16 {
        let letter = (vector | u8x16::splat(0x20)) - u8x16::splat(b'a');
        let number = vector - u8x16::splat(b'/');
        let is_letter = letter.min(u8x16::splat(25)).simd_eq(letter);
        let is_number = number.min(u8x16::splat(10)).simd_eq(number);
        is_letter | is_number | vector.simd_eq(u8x16::splat(b'+'))
    }

    #[inline(always)]
    pub(super) fn are_digits(bytes: &[u8; FOUR_VECTORS_BYTES]) -> bool {
        let vectors = bytes.as_chunks::<VECTOR_BYTES>().0.iter();
        vectors.fold(u8x16::splat(u8::MAX), |all, vector| all & digits(u8x16::new(*vector))).all()
    }

    #[inline(always)]
    pub(super) fn spaces_among_digits(bytes: &[u8; FOUR_VECTORS_BYTES]) -> Option<usize> {
        let (mut all, mut spaces) = (u8x16::splat(u8::MAX), 0_u64);
        for vector in bytes.as_chunks::<VECTOR_BYTES>().0 {
            let vector = u8x16::new(*vector);
            let space = matches(vector, *b"\t\n\r") | vector.simd_eq(u8x16::splat(b' '));
            all &= space | digits(vector);
            spaces = spaces << VECTOR_BYTES | u64::from(space.to_bitmask());
        }
        all.all().then_some(spaces.count_ones() as usize)
    }

    #[inline(always)]
    pub(super) fn has_odd(bytes: &[u8; FOUR_VECTORS_BYTES]) -> bool {
        let mut odd = u8x16::splat(0);
        for vector in bytes.as_chunks::<VECTOR_BYTES>().0 {
            let vector = u8x16::new(*vector);
            odd |= vector | (vector - u8x16::splat(b' '));
        }
        odd.to_bitmask() != 0
    }

    #[inline(always)]
    pub(super) fn has_suspicious(bytes: &[u8; FOUR_VECTORS_BYTES]) -> bool {
        let mut found = u8x16::splat(0);
        for vector in bytes.as_chunks::<VECTOR_BYTES>().0 {
            let vector = u8x16::new(*vector);
            let control = vector.min(u8x16::splat(b' ' - 1)).simd_eq(vector);
            let space = matches(vector, *b"\t\n\r");
            found |= (control ^ space) | vector.simd_eq(u8x16::splat(0xEF));
        }
        found.to_bitmask() != 0
    }

    /// Which byte has the lowest of these bits, one for each byte.
    #[inline(always)]
    fn lowest(bits: u32) -> Option<usize> {
        (bits != 0).then(|| bits.trailing_zeros() as usize)
    }

    /// All bits of the bytes that are one of the wanted ones.
    #[inline(always)]
    fn matches(vector: u8x16, wanted: [u8; 3]) -> u8x16 {
        let [a, b, c] = wanted.map(|byte| vector.simd_eq(u8x16::splat(byte)));
        a | b | c
    }

    #[inline(always)]
    pub(super) fn first_of(bytes: &[u8; VECTOR_BYTES], wanted: [u8; 3]) -> Option<usize> {
        lowest(matches(u8x16::new(*bytes), wanted).to_bitmask())
    }

    #[inline(always)]
    pub(super) fn has_any(bytes: &[u8; FOUR_VECTORS_BYTES], wanted: [u8; 3]) -> bool {
        let vectors = bytes.as_chunks::<VECTOR_BYTES>().0.iter();
        vectors.fold(u8x16::splat(0), |found, vector| found | matches(u8x16::new(*vector), wanted)).to_bitmask() != 0
    }

    #[inline(always)]
    pub(super) fn first_other_than_letters(bytes: &[u8; VECTOR_BYTES]) -> Option<usize> {
        let vector = u8x16::new(*bytes);
        // Doubled, so that the bit is the highest, of which the mask is made.
        lowest((vector + vector).to_bitmask() ^ 0xFFFF)
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128")))]
mod target {
    use super::{FOUR_VECTORS_BYTES, VECTOR_BYTES};
    use crate::binary;

    const LOW_BITS: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
    const LETTER_BITS: u64 = u64::from_le_bytes([0x40; 8]);

    #[inline(always)]
    pub(super) fn are_digits(bytes: &[u8; FOUR_VECTORS_BYTES]) -> bool {
        bytes.iter().fold(true, |all, &byte| all & binary::is_digit(byte))
    }

    #[inline(always)]
    pub(super) fn spaces_among_digits(bytes: &[u8; FOUR_VECTORS_BYTES]) -> Option<usize> {
        let spaces = bytes.iter().filter(|&&byte| binary::is_space(byte)).count();
        let digits = bytes.iter().filter(|&&byte| binary::is_digit(byte)).count();
        (digits + spaces == FOUR_VECTORS_BYTES).then_some(spaces)
    }

    #[inline(always)]
    pub(super) fn has_odd(bytes: &[u8; FOUR_VECTORS_BYTES]) -> bool {
        let words = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        words.fold(0, |bits, word| bits | word | word.wrapping_sub(LOW_BITS * u64::from(b' '))) & HIGH_BITS != 0
    }

    #[inline(always)]
    pub(super) fn has_suspicious(bytes: &[u8; FOUR_VECTORS_BYTES]) -> bool {
        let is_space = |byte| (byte == b'\t') | (byte == b'\n') | (byte == b'\r');
        bytes.iter().fold(false, |found, &byte| found | ((byte < b' ') & !is_space(byte)) | (byte == 0xEF))
    }

    /// The compiler makes a call, or byte after byte, of other ways to say this.
    #[inline(always)]
    pub(super) fn equal(left: [&[u8; VECTOR_BYTES]; 2], right: [&[u8; VECTOR_BYTES]; 2]) -> bool {
        left.map(|bytes| u128::from_le_bytes(*bytes)) == right.map(|bytes| u128::from_le_bytes(*bytes))
    }

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

    /// The high bit of each byte that is one of the wanted ones, and perhaps of some behind the first such byte.
    #[inline(always)]
    fn matches(word: u64, wanted: [u8; 3]) -> u64 {
        let matches = wanted.map(|byte| {
            let differing = word ^ (LOW_BITS * u64::from(byte));
            differing.wrapping_sub(LOW_BITS) & !differing & HIGH_BITS
        });
        matches[0] | matches[1] | matches[2]
    }

    #[inline(always)]
    pub(super) fn first_of(bytes: &[u8; VECTOR_BYTES], wanted: [u8; 3]) -> Option<usize> {
        lowest(bytes, |word| matches(word, wanted))
    }

    #[inline(always)]
    pub(super) fn has_any(bytes: &[u8; FOUR_VECTORS_BYTES], wanted: [u8; 3]) -> bool {
        let words = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        words.fold(0, |found, word| found | matches(word, wanted)) != 0
    }

    #[inline(always)]
    pub(super) fn first_other_than_letters(bytes: &[u8; VECTOR_BYTES]) -> Option<usize> {
        lowest(bytes, |word| !word & LETTER_BITS)
    }
}
