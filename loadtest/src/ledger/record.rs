//! A line of the ledger: what a client meant to do, was told, or got, in 64 bytes.

/// Bytes of a record in the file.
pub(crate) const RECORD_BYTES: usize = 64;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A delivery is about to be sent for the first time; `hash` is its content's, `outcome` what must become of it.
    Intent = 1,
    /// The hub answered a delivery; `number` is the delivery number's hash if it was accepted.
    Answer = 2,
    /// An envelope came to the receiver `party`; `since` is when it began to ask.
    Receipt = 3,
    /// The hub confirmed the acknowledgement of `number`.
    Acknowledged = 4,
    /// The hub told the receiver `party`, when everything was sent, that nothing waits for it any more; `since` is when
    /// it began to ask last.
    Drained = 5,
}

/// What must become of a delivery, or became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Outcome {
    /// Accepted: it has a delivery number.
    Accepted = 1,
    /// Refused, for a reason that the hub gave.
    Refused = 2,
    /// Not answered, or told to come again: it may or may not be with the hub.
    Unknown = 3,
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) outcome: Outcome,
    /// Sender of an intent, receiver of everything else: an index into the run's members.
    pub(crate) party: u16,
    /// Destination of an intent.
    pub(crate) to: u16,
    /// Nanoseconds since the start of the run.
    pub(crate) at: u64,
    /// For what a receiver was told, when it began to ask; else as `at`.
    pub(crate) since: u64,
    /// Which delivery; [`NOBODYS`] where it cannot be told.
    pub(crate) id: u64,
    /// Hash of the content.
    pub(crate) hash: u128,
    /// Hash of the delivery number; 0 = none.
    pub(crate) number: u64,
}

/// The id of an envelope that none of the run's senders sent.
pub(crate) const NOBODYS: u64 = u64::MAX;

/// The hash that stands for a delivery number; never 0.
pub(crate) fn number_hash(number: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(number.as_bytes()).max(1)
}

/// The hash of content, as it was sent or as it came after un-escaping.
pub(crate) fn content_hash(content: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(content)
}

impl Record {
    /// A record of `kind` about the delivery `id`, for the others to be filled in.
    pub(crate) fn new(kind: Kind, id: u64, at: u64) -> Self {
        Self { kind, outcome: Outcome::Accepted, party: 0, to: 0, at, since: at, id, hash: 0, number: 0 }
    }

    /// The record as it stands in the file, its checksum last.
    pub(crate) fn encode(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[0] = self.kind as u8;
        bytes[1] = self.outcome as u8;
        bytes[2..4].copy_from_slice(&self.party.to_le_bytes());
        bytes[4..6].copy_from_slice(&self.to.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.at.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.since.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.id.to_le_bytes());
        bytes[32..48].copy_from_slice(&self.hash.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.number.to_le_bytes());
        let checksum = crc32fast::hash(&bytes[..60]);
        bytes[60..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a record back; `None` when it was not written whole.
    pub(crate) fn decode(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let checksum = u32::from_le_bytes(part(bytes, 60));
        if checksum != crc32fast::hash(&bytes[..60]) {
            return None;
        }
        let kind = match bytes[0] {
            1 => Kind::Intent,
            2 => Kind::Answer,
            3 => Kind::Receipt,
            4 => Kind::Acknowledged,
            5 => Kind::Drained,
            _ => return None,
        };
        let outcome = match bytes[1] {
            1 => Outcome::Accepted,
            2 => Outcome::Refused,
            3 => Outcome::Unknown,
            _ => return None,
        };
        Some(Self {
            kind,
            outcome,
            party: u16::from_le_bytes(part(bytes, 2)),
            to: u16::from_le_bytes(part(bytes, 4)),
            at: u64::from_le_bytes(part(bytes, 8)),
            since: u64::from_le_bytes(part(bytes, 16)),
            id: u64::from_le_bytes(part(bytes, 24)),
            hash: u128::from_le_bytes(part(bytes, 32)),
            number: u64::from_le_bytes(part(bytes, 48)),
        })
    }
}

fn part<const N: usize>(bytes: &[u8; RECORD_BYTES], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_not_when_it_was_damaged() {
        let record = Record {
            kind: Kind::Receipt,
            outcome: Outcome::Unknown,
            party: 7,
            to: 65_535,
            at: 1,
            since: u64::MAX,
            id: 1 << 40,
            hash: u128::MAX - 5,
            number: number_hash("N1"),
        };
        let bytes = record.encode();
        assert_eq!(Record::decode(&bytes), Some(record));
        for at in 0..RECORD_BYTES {
            let mut damaged = bytes;
            damaged[at] ^= 1;
            assert_eq!(Record::decode(&damaged), None, "byte {at}");
        }
    }
}
