//! A start ends, whatever lies on the disk.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| phytohub_fuzz::journal(content));
