//! Any configuration is read or refused in words.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| phytohub_fuzz::config(content));
