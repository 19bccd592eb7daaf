//! The reader of requests ends on any body, and what it read says the same again.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| phytohub_fuzz::soap(content));
