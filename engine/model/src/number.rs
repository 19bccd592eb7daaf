//! Delivery numbers: the name of one envelope on the hub.

use std::fmt;
use std::str::FromStr;

/// One of the hub's shards. Their count is fixed when a hub's directory is made, because numbers name their shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardId(pub u8);

/// The hubDeliveryNumber: opaque to clients and not guessable (120 random bits). Its first byte is the shard that owns
/// the envelope, so that a look-up by number goes straight to its owner.
///
/// As text it is 26 characters of Crockford's base 32 (digits and capital letters without I, L, O, U): some clients
/// use the number as a file name, also on file systems that ignore case, and 40 characters are the most they expect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryNumber([u8; 16]);

/// Why a text is no delivery number of this hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberError;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_LENGTH: usize = 26;

impl DeliveryNumber {
    /// Makes the number of a new envelope from its shard and fresh randomness.
    pub fn new(shard: ShardId, random: [u8; 15]) -> Self {
        let mut bytes = [0; 16];
        bytes[0] = shard.0;
        bytes[1..].copy_from_slice(&random);
        Self(bytes)
    }

    /// The number as the journal stores it.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// The number from the bytes that [`Self::to_bytes`] gave.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The first and the last number whose text begins like this; none where no number's does.
    pub fn beginning_with(text: &str) -> Option<(Self, Self)> {
        let rest = TEXT_LENGTH.checked_sub(text.len())?;
        if !text.is_ascii() {
            return None;
        }
        let filled = |letter: &str| format!("{text}{}", letter.repeat(rest)).parse().ok();
        // The first letter stands for three bits only.
        let last = if text.is_empty() { Some(Self([0xff; 16])) } else { filled("Z") };
        filled("0").zip(last)
    }

    /// The shard that owns the envelope.
    pub fn shard(self) -> ShardId {
        ShardId(self.0[0])
    }
}

impl fmt::Display for DeliveryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = u128::from_be_bytes(self.0);
        let mut text = [0; TEXT_LENGTH];
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(value & 31) as usize];
            value >>= 5;
        }
        // Only letters of the alphabet are in it.
        f.pad(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for DeliveryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DeliveryNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        // 26 characters hold 130 bits: the first may only use three of its five.
        if text.len() != TEXT_LENGTH || !matches!(text.as_bytes()[0], b'0'..=b'7') {
            return Err(NumberError);
        }
        let mut value = 0_u128;
        for byte in text.bytes() {
            let upper = byte.to_ascii_uppercase();
            let digit = ALPHABET.iter().position(|&letter| letter == upper).ok_or(NumberError)?;
            value = value << 5 | digit as u128;
        }
        Ok(Self(value.to_be_bytes()))
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a hubDeliveryNumber of this hub has {TEXT_LENGTH} digits and capital letters")
    }
}

impl std::error::Error for NumberError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back_is_the_same_number() {
        for random in [[0; 15], [0xff; 15], *b"fifteen bytes !"] {
            for shard in [0, 1, 255] {
                let number = DeliveryNumber::new(ShardId(shard), random);
                let text = number.to_string();
                assert_eq!(text.len(), 26);
                assert!(text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
                assert_eq!(text.parse(), Ok(number));
                assert_eq!(text.to_lowercase().parse(), Ok(number));
                assert_eq!(number.shard(), ShardId(shard));
            }
        }
    }

    #[test]
    fn numbers_are_found_by_how_they_begin() {
        let number = DeliveryNumber::new(ShardId(7), *b"fifteen bytes !");
        let text = number.to_string();
        for length in 0..=text.len() {
            let (first, last) = DeliveryNumber::beginning_with(&text[..length].to_lowercase()).unwrap();
            assert!(first <= number && number <= last, "{length}");
            assert!(first.to_string().starts_with(&text[..length]) && last.to_string().starts_with(&text[..length]));
        }
        assert_eq!(DeliveryNumber::beginning_with(&text), Some((number, number)));
        for none in ["8", "U", "0!", "é", "000000000000000000000000000"] {
            assert_eq!(DeliveryNumber::beginning_with(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "0", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0000000000000000000000000U", "0000000000000000000000000é"]
        {
            assert_eq!(text.parse::<DeliveryNumber>(), Err(NumberError), "{text}");
        }
    }
}
