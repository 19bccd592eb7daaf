//! The operators' console, as files that a hub carries within itself and serves at its admin address.
//!
//! `assets` are the sources, and there is no build: what a browser gets is what is in the repository. The page is made
//! of plain modules. `main.js` knows who looks and which view is shown; each file of `views` asks the hub for what it
//! shows; `morph.js` changes what is on the page into what it should be. Colours, controls and the maker of elements
//! are the very files of the pre-check page.

pub use phytoval_page::File;

/// What the console is allowed, for the header `Content-Security-Policy`: its own files, and to ask the hub that
/// served it. Nothing can be sent elsewhere, and no markup in a name or a text of a member can run.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files that the pre-check page has as well.
const SHARED: [&str; 3] = ["base.css", "elements.js", "icon.svg"];

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Gives each source its media type.
macro_rules! sources {
    ($($path:literal is $media:ident),+ $(,)?) => {
        &[$(File { path: $path, media_type: $media, bytes: include_bytes!(concat!("../assets/", $path)) }),+]
    };
}

/// The page itself, which stands at the root of the admin address.
pub const INDEX: File =
    File { path: "index.html", media_type: "text/html; charset=utf-8", bytes: include_bytes!("../assets/index.html") };

/// The console's own files below `console/`.
pub const CONSOLE: &[File] = sources![
    "api.js" is SCRIPT,
    "console.css" is CSS,
    "dialog.js" is SCRIPT,
    "format.js" is SCRIPT,
    "login.js" is SCRIPT,
    "main.js" is SCRIPT,
    "morph.js" is SCRIPT,
    "parts.css" is CSS,
    "parts.js" is SCRIPT,
    "plot.js" is SCRIPT,
    "views/alerts.js" is SCRIPT,
    "views/audit.js" is SCRIPT,
    "views/envelopes.js" is SCRIPT,
    "views/failed.js" is SCRIPT,
    "views/maintenance.js" is SCRIPT,
    "views/member.js" is SCRIPT,
    "views/members.js" is SCRIPT,
    "views/overview.js" is SCRIPT,
    "views/releases.js" is SCRIPT,
    "views/reports.js" is SCRIPT,
    "views/rules.js" is SCRIPT,
];

/// The file at a path below `console/`.
pub fn file(path: &str) -> Option<&'static File> {
    let shared = || SHARED.contains(&path).then(|| phytoval_page::page(path)).flatten();
    CONSOLE.iter().find(|file| file.path == path).or_else(shared)
}
