//! The validator ends on any content, and its report makes sense.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| phytoval_fuzz::judge(content));
