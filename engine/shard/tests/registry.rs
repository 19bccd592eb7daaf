//! The registry's owner: what was changed last is as safe as what was changed before.

use std::path::Path;
use std::sync::Arc;

use phytohub_core::registry::RegistryCommand;
use phytohub_journal::fake::FakeDisk;
use phytohub_model::{AllowedDocument, Timestamp};
use phytohub_shard::Members;

const SEGMENT_BYTES: u32 = 64 << 10;

fn open(disk: &FakeDisk) -> Result<Members<FakeDisk>, String> {
    Members::open(Arc::new(disk.clone()), Path::new("registry"), SEGMENT_BYTES)
}

/// The registry once left no mark behind its last change, which may be the only one for weeks: a bit that flipped
/// in it took it back unseen, and a revoked certificate could act again.
#[test]
fn damage_to_the_last_change_of_the_registry_is_found() {
    let disk = changed();
    disk.restart();
    assert_last_change_is_guarded(&disk);
}

/// The mark may be lost with the power, and the start after that once left none: damage to the last change was then
/// taken for a torn tail until the next change.
#[test]
fn damage_to_the_last_change_is_found_after_a_loss_of_power_and_a_start() {
    let changed = changed();
    for seed in 0..16 {
        let disk = changed.crash(seed);
        drop(open(&disk).expect("nothing is damaged yet"));
        disk.restart();
        assert_last_change_is_guarded(&disk);
    }
}

/// A registry of two changes whose process was killed: nothing is closed.
fn changed() -> FakeDisk {
    let disk = FakeDisk::new();
    let mut members = open(&disk).expect("an empty disk opens");
    for code in ["KE", "NL"] {
        let code = code.parse().expect("a code");
        let name = "a name that is found".to_owned();
        let command = RegistryCommand::AddNppo { code, name, active: true, allowed: AllowedDocument::All };
        members.change(Timestamp(1), &command).expect("a change");
    }
    drop(members);
    disk
}

fn assert_last_change_is_guarded(disk: &FakeDisk) {
    let file = Path::new("registry").join("0000000001.used");
    let bytes = disk.contents(&file).expect("the segment");
    let last = bytes.windows(4).rposition(|window| window == b"name").expect("the last change");
    disk.flip(&file, last, 1).expect("a byte");
    let met = open(disk).map(|_| ()).expect_err("the last change is damaged");
    assert!(met.contains("is damaged at offset"), "{met}");
}
