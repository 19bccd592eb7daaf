//! Facts and contents for the tests.
#![allow(dead_code, reason = "each test file uses its part of it")]

pub(crate) mod world;

use bytes::Bytes;
use phytohub_model::{
    Accepted, Acknowledged, CertificateNumber, DeliveryNumber, Document, DocumentStatus, DocumentType, Fact,
    Fingerprint, Header, Outcome, ShardId, Timestamp,
};

pub(crate) fn number(value: u64) -> DeliveryNumber {
    let mut random = [0; 15];
    random[..8].copy_from_slice(&value.to_le_bytes());
    DeliveryNumber::new(ShardId(3), random)
}

pub(crate) fn accepted(value: u64) -> Fact {
    Fact::Accepted(Accepted {
        number: number(value),
        sequence: value,
        at: Timestamp(1_795_428_900_123 + value),
        header: Header {
            from: "LK".parse().expect("a code"),
            to: "NL2".parse().expect("a code"),
            document: Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED },
            certificate_number: CertificateNumber::new(&format!("EPHYTO-LK-2026-{value:07}")).expect("a number"),
        },
        fingerprint: Fingerprint(u128::from(value) << 70 | 17),
        route: None,
    })
}

pub(crate) fn acknowledged(value: u64) -> Fact {
    Fact::Acknowledged(Acknowledged {
        number: number(value),
        at: Timestamp(value),
        outcome: Outcome::DeliveredWithWarnings,
        message: Some("seal number differs".into()),
    })
}

/// Text that names its record, so that a mix-up shows.
pub(crate) fn content(value: usize, length: usize) -> Bytes {
    let text = format!("<content {value}>");
    text.bytes().cycle().take(length).collect::<Vec<_>>().into()
}
