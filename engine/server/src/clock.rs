//! The one place where the hub reads the time.

use std::time::{SystemTime, UNIX_EPOCH};

use phytohub_model::Timestamp;

/// Now, as the core wants it.
pub(crate) fn now() -> Timestamp {
    timestamp(SystemTime::now())
}

/// A system time as a timestamp; what lies before 1970 becomes 1970.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
