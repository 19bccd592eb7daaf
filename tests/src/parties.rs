//! Parties and what they send.

use phytohub_model::HeaderFields;
use phytohub_server::party::Party;

use crate::hub::TestHub;

/// The party `code` of a running hub, with the keys that `init` made.
///
/// # Panics
/// When its keys cannot be read.
pub fn party(hub: &TestHub, code: &str) -> Party {
    Party::new(hub.dir(), hub.soap(), code).expect("keys of a member")
}

/// The header of an issued phytosanitary certificate.
pub fn header(from: &str, to: &str, number: &str) -> HeaderFields {
    HeaderFields {
        from: from.to_owned(),
        to: to.to_owned(),
        certificate_type: 851,
        certificate_status: 70,
        certificate_number: number.to_owned(),
        ..HeaderFields::default()
    }
}

/// A certificate that fits [`header`].
pub fn certificate(from: &str, to: &str, number: &str) -> String {
    let seed = number.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    phytohub_certificates::typical(seed, from, to, number)
}
