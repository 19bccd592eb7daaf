//! Certificates that the benches of the validator and its peers judge: always the same ones.

use phytohub_certificates::{Day, Kind, Order, certificate};

/// Commodity lines of the documents that show that time grows with them and no faster.
pub const LINES: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// Bytes of the attached file of [`attachment`].
const ATTACHMENT_BYTES: usize = 2 << 20;

/// A certificate of the usual size on one line, without an attachment: 8.7 KB, 164 elements.
pub fn typical() -> String {
    phytohub_certificates::typical(218, "QM", "QZ", "QM-0001").lines().map(str::trim).collect()
}

/// A certificate of so many commodity lines.
pub fn of_lines(lines: usize) -> String {
    certificate(1, &Order { lines, ..order() })
}

/// A certificate with a file of 2 MB attached.
pub fn attachment() -> String {
    certificate(1, &Order { attachments: 1, attachment_bytes: ATTACHMENT_BYTES, ..order() })
}

fn order() -> Order<'static> {
    Order {
        from: "QM",
        to: "QZ",
        number: "QM-0001",
        kind: Kind::Export,
        lines: 1,
        attachments: 0,
        attachment_bytes: 0,
        issued: Day { year: 2026, month: 11, day: 24 },
    }
}
