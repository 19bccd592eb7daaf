//! The report as one page that needs nothing else.

use std::fmt::Write as _;

use crate::report::{CaseReport, Report};

/// Readable in light and dark, on a telephone and on paper.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}\
table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #8886}td{overflow-wrap:anywhere}\
.green{color:light-dark(#00632b,#6fdc8c)}.red{color:light-dark(#a2191f,#ff8389)}\
.small{font-size:.85rem;opacity:.85}caption{text-align:left;font-weight:600;padding:1rem 0 .3rem}\
.wide{overflow-x:auto}";

impl Report {
    /// As a page in HTML.
    pub fn html(&self) -> String {
        let (code, headline) = (escape(&self.code), escape(&self.headline()));
        let colour = if self.green { "green" } else { "red" };
        let mut page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <title>Onboarding of {code}</title><style>{STYLE}</style><main><h1>Onboarding of {code}</h1>\
             <p class=\"{colour}\"><strong>{headline}</strong></p><p class=\"small\">As of {}, phytohub {}.</p>",
            escape(&self.made_at),
            escape(&self.hub_version)
        );
        for (kind, title) in [("good", "Must work"), ("must-reject", "Must be refused")] {
            let _ = write!(
                page,
                "<div class=\"wide\"><table><caption>{title}</caption>\
                 <thead><tr><th scope=\"col\">State\
                 <th scope=\"col\">Case<th scope=\"col\">Evidence, or what to do</thead>"
            );
            self.cases.iter().filter(|case| case.kind == kind).for_each(|case| row(&mut page, case));
            page.push_str("</table></div>");
        }
        page.push_str("<div class=\"wide\"><table><caption>Dialects</caption>");
        page.push_str("<thead><tr><th scope=\"col\">HTTP<th scope=\"col\">User-Agent<th scope=\"col\">SOAP prefix");
        page.push_str("<th scope=\"col\">Requests</thead>");
        for spoken in &self.dialects {
            let dialect = &spoken.dialect;
            let _ = write!(
                page,
                "<tr><td>{}, {}<td>{}<td>{}<td>{}",
                escape(&dialect.http),
                escape(&dialect.framing),
                escape(&dialect.user_agent),
                escape(&dialect.soap_prefix),
                spoken.requests
            );
        }
        page.push_str("</table></div></main></html>\n");
        page
    }
}

fn row(page: &mut String, case: &CaseReport) {
    let state = match (&case.passed, case.optional) {
        (Some(_), _) => "<span class=\"green\">passed</span>",
        (None, true) => "optional",
        (None, false) => "<span class=\"red\">to do</span>",
    };
    let (title, id) = (escape(&case.title), escape(&case.id));
    let _ = write!(page, "<tr><td>{state}<th scope=\"row\">{title}<br><span class=\"small\">{id}</span><td>");
    if case.passed.is_none() {
        page.push_str(&escape(&case.todo));
    }
    if let Some(seen) = case.passed.as_ref().or(case.last.as_ref()) {
        let (at, operation, text) = (escape(&seen.at), escape(&seen.operation), escape(&seen.text));
        let number = seen.number.as_deref().map(|number| format!(", {}", escape(number))).unwrap_or_default();
        let before = if case.passed.is_none() { "<br>Seen last: " } else { "" };
        let _ = write!(page, "{before}{text}<br><span class=\"small\">{at}, {operation}{number}</span>");
    }
}

/// Text as it may stand in an element.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            control if control.is_control() && control != '\n' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}
