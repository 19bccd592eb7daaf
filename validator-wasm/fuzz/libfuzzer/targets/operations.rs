//! Requests of the shape of the WSDL are read as what they name, or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| phytohub_fuzz::operations(content));
