//! The page on which people check certificates before they send them, and the validator's package for JavaScript, as
//! files: for a server that carries them within itself, or to be written to a folder.
//!
//! The build script builds the module and puts the files together; `assets` and `words` are the page's sources,
//! `../js` the package's.

use std::fs;
use std::io;
use std::path::Path;

/// One file of the page or the package.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Where it stands, relative to the page's address or the package's folder, with slashes.
    pub path: &'static str,
    /// Its media type, as a server says it.
    pub media_type: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// The files of the page; `index.html` is the page itself.
pub const PAGE: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The files of the package `phytoval` for browsers and node.
pub const PACKAGE: &[File] = include!(concat!(env!("OUT_DIR"), "/package.rs"));

/// What the page is allowed, for the header `Content-Security-Policy`: its own files, and to compile its module.
/// Nothing can be sent elsewhere, and no markup in a certificate can run.
pub const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    connect-src 'self'; worker-src 'self'; img-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The file of the page at a path below its address; nothing at the end of the path is the page itself.
pub fn page(path: &str) -> Option<&'static File> {
    let path = if path.is_empty() { "index.html" } else { path };
    PAGE.iter().find(|file| file.path == path)
}

/// Writes files into a folder, which is made where it is not there.
///
/// # Errors
///
/// As the system says.
pub fn write(files: &[File], folder: &Path) -> io::Result<()> {
    for file in files {
        let path = folder.join(file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, file.bytes)?;
    }
    Ok(())
}
