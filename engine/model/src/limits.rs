//! Limits that more than one crate must agree on, each with its reason. What an operator may set is in the server's
//! configuration; these are the bounds within which every setting must stay.

/// Two letters of ISO 3166 and a suffix; the longest code in use has four characters.
pub const CONNECTION_CODE_LENGTH_MAX: usize = 12;

/// ISPM 12 systems use at most 60 characters, in any script (4 bytes a character); a longer one is no number.
pub const CERTIFICATE_NUMBER_BYTES_MAX: usize = 240;

/// A receiver's warning or error message, kept for the sender with the track for 400 days. Longer ones are cut, with a
/// mark: refusing the acknowledgement would harm more.
pub const MESSAGE_BYTES_MAX: usize = 4096;

/// Copies of one envelope for channels: each is a record of its own in the same batch, which must stay small.
pub const COPIES_MAX: usize = 8;

/// How much of a client's own text an error shows back.
pub const SHOWN_TEXT_CHARACTERS_MAX: usize = 64;

/// The largest body that a hub can be set to take. A record never spans two segments, so a segment must hold it.
pub const BODY_BYTES_MAX: usize = 64 << 20;

/// The smallest and largest segment. The largest keeps offsets in 32 bits and a reclaim's work bounded; the smallest
/// is for tests on small disks.
pub const SEGMENT_BYTES_MIN: usize = 64 << 10;
/// See [`SEGMENT_BYTES_MIN`].
pub const SEGMENT_BYTES_MAX: usize = 1 << 30;

/// One byte of a delivery number names the shard.
pub const SHARDS_MAX: usize = 64;

const _: () = assert!(BODY_BYTES_MAX < SEGMENT_BYTES_MAX / 2, "a segment holds at least two of the largest records");
const _: () = assert!(SEGMENT_BYTES_MAX <= u32::MAX as usize, "offsets are 32 bits");
const _: () = assert!(SHARDS_MAX <= 256, "a shard is one byte of a delivery number");
