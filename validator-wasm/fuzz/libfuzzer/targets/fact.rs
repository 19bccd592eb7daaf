//! A start ends, whatever a record holds.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| phytohub_fuzz::fact(content));
