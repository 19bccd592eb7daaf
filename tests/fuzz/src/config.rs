//! The configuration: any file is read or refused in words.

use phytohub_server::config::Config;

/// Reads a configuration file.
///
/// # Panics
/// Where something does not hold.
pub fn config(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Err(error) = Config::parse(text, std::iter::empty()) {
        assert!(!error.is_empty(), "a file is refused without a word");
    }
}
