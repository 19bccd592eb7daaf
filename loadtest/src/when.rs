//! The time of day, for reports and names of folders.

use std::time::{SystemTime, UNIX_EPOCH};

/// Bits of the mark that runs of one process have in their certificate numbers: as many as are left above the ids.
const TAG_BITS: u32 = 24;

fn since_1970(time: SystemTime) -> std::time::Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// As `2026-05-04T12:30:59Z`.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let text = phytohub_model::Timestamp(since_1970(time).as_millis() as u64).to_string();
    // Milliseconds say nothing here.
    text.split_once('.').map_or_else(|| text.clone(), |(whole, _)| format!("{whole}Z"))
}

/// As `20260504-123059`, for the name of a folder.
pub(crate) fn compact(time: SystemTime) -> String {
    rfc3339(time)
        .chars()
        .filter(char::is_ascii_digit)
        .enumerate()
        .flat_map(|(at, digit)| {
            let dash = (at == 8).then_some('-');
            dash.into_iter().chain([digit])
        })
        .collect()
}

/// A mark that runs of other processes hardly have.
pub(crate) fn tag() -> u64 {
    let nanos = since_1970(SystemTime::now()).as_nanos() as u64;
    crate::random::of(u64::from(std::process::id()), nanos) & ((1 << TAG_BITS) - 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_is_written_in_both_forms() {
        let time = UNIX_EPOCH + Duration::from_millis(1_777_897_859_500);
        assert_eq!(rfc3339(time), "2026-05-04T12:30:59Z");
        assert_eq!(compact(time), "20260504-123059");
    }
}
