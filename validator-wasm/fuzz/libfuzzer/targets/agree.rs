//! The modules say what the native validator says, on any content.
#![no_main]

libfuzzer_sys::fuzz_target!(init: phytoval_fuzz::prepare(), |content: &[u8]| phytoval_fuzz::agree(content));
