//! What a waiting envelope costs in memory.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use allocation_counter::measure;
use phytohub_core::shard::{Settings, Shard};
use phytohub_model::{
    Accepted, CertificateNumber, DeliveryNumber, Document, DocumentStatus, DocumentType, Fact, Fingerprint, Header,
    Locator, ShardId, Timestamp,
};

const DESTINATIONS: usize = 120;
/// Memory that one waiting envelope may take, everything included.
const BYTES_MAX: i64 = 250;

fn accepted(index: usize) -> Fact {
    let code = |number: usize| {
        let letters = [b'A' + (number / 26 % 26) as u8, b'A' + (number % 26) as u8];
        std::str::from_utf8(&letters).unwrap().parse().unwrap()
    };
    // Spread as random numbers are.
    let random = (index as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let mut bytes = [0; 15];
    bytes.copy_from_slice(&random.to_le_bytes()[..15]);
    Fact::Accepted(Accepted {
        number: DeliveryNumber::new(ShardId(0), bytes),
        sequence: index as u64,
        at: Timestamp(1_000_000 + index as u64),
        header: Header {
            from: code(index % DESTINATIONS),
            to: code((index / 7) % DESTINATIONS),
            document: Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED },
            certificate_number: CertificateNumber::new(&format!("EPHYTO-2026-{index:08}")).unwrap(),
        },
        fingerprint: Fingerprint(random.rotate_left(61)),
        route: None,
    })
}

#[test]
fn a_waiting_envelope_takes_at_most_250_bytes() {
    // Just behind a doubling of a table is where an envelope costs most.
    for pending in [100_000, 130_000, 240_000] {
        let mut shard = Shard::new(ShardId(0), Settings::default());
        shard.recovered();
        let allocated = measure(|| {
            for index in 0..pending {
                let offset = (index * 16) as u32;
                shard.apply(&accepted(index), Locator { segment: 1, offset, length: 9000 });
            }
        });
        let each = allocated.bytes_current / pending as i64;
        assert!(each <= BYTES_MAX, "{each} bytes each at {pending} waiting");
        assert_eq!(shard.pending(), pending as u64);
    }
}
