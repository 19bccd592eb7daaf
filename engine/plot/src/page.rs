//! A page that is complete in itself: style and plots are in it, and nothing of it runs.

use crate::markup::escape;

/// Nothing may be fetched and nothing run: a name that got past the escaping is still only text. It stands in the page
/// for whoever opens it as a file; a server sends the same as a header.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = include_str!("page.css");

/// The page: for a screen, a phone and paper, in the light and in the dark. `title` is text, `body` markup.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    )
}
