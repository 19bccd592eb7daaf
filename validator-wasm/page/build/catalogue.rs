//! The catalogue of rules as a page for each language: what a rule says, where it stems from, what passes and what does
//! not. Sentences are those of a real finding in the conformance suite's first failing document.

use std::collections::BTreeMap;
use std::fmt::Write;

use phytoval::{Layer, Messages, RULES_EDITION, Rule, Validator};
use phytoval_conformance::{Case, EXPORT, HEADER};

/// Longest part of an example that is shown whole, in characters: what is longer is told by its count.
const SHOWN_MAX: usize = 240;

/// The layers in their order, with the key of their name.
const LAYERS: [(Layer, &str); 4] = [
    (Layer::Syntax, "rules-syntax"),
    (Layer::Structure, "rules-structure"),
    (Layer::Rules, "rules-meaning"),
    (Layer::Envelope, "rules-envelope"),
];

/// The words of the page in one language, by key.
pub(crate) type Words = BTreeMap<String, String>;

/// The page in the language of `messages`; `others` are the languages that it links to, with their names.
pub(crate) fn page(words: &Words, messages: &Messages, others: &[&Messages], cases: &[Case]) -> Result<String, String> {
    let say = |key: &str| words.get(key).map(String::as_str).ok_or_else(|| format!("the word {key} is missing"));
    let title = escaped(say("rules-title")?);
    let about =
        say("rules-about")?.replace("{count}", &Rule::ALL.len().to_string()).replace("{edition}", RULES_EDITION);
    let mut html = head(messages, &title);
    html += &format!("<header class=\"top\"><h1>{title}</h1><nav class=\"languages\">");
    for other in others {
        let (language, name) = (other.language(), escaped(other.name()));
        html += &format!("<a href=\"{language}.html\" lang=\"{language}\">{name}</a> ");
    }
    html += &format!(
        "</nav></header>\n<main>\n<p class=\"promise\">{} <a href=\"../\">{}</a></p>\n",
        escaped(&about),
        escaped(say("title")?)
    );
    for (layer, key) in LAYERS {
        html += &format!("<section class=\"rules\">\n<h2>{}</h2>\n", escaped(say(key)?));
        let rules = Rule::ALL.iter().filter(|rule| rule.entry().layer == layer);
        html += "<p class=\"contents\">";
        for rule in rules.clone() {
            html += &format!("<a href=\"#{0}\">{0}</a> ", rule.entry().id);
        }
        html += "</p>\n";
        for rule in rules {
            html += &entry(*rule, &say, messages, cases)?;
        }
        html += "</section>\n";
    }
    html += "</main>\n</body>\n</html>\n";
    Ok(html)
}

fn head(messages: &Messages, title: &str) -> String {
    let (language, direction) = (messages.language(), if messages.is_right_to_left() { "rtl" } else { "ltr" });
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; img-src 'self'; \
         base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"../icon.svg\">\n\
         <link rel=\"stylesheet\" href=\"../page.css\">\n</head>\n<body>\n"
    )
}

fn entry<'w>(
    rule: Rule,
    say: &impl Fn(&str) -> Result<&'w str, String>,
    messages: &Messages,
    cases: &[Case],
) -> Result<String, String> {
    let entry = rule.entry();
    let first = |passes| cases.iter().find(|case| case.rule == entry.id && case.passes == passes);
    let (sentence, hint) = match first(false) {
        Some(case) => said(rule, &case.document, case, messages)?,
        // Its documents are too large for the suite.
        None => said(rule, &vec![b' '; (64 << 20) + 1], &Case::default(), messages)?,
    };
    let (id, level) = (entry.id, entry.level.as_str());
    let class = level.to_lowercase();
    let mut html = format!(
        "<article class=\"rule\" id=\"{id}\">\n<h3><a href=\"#{id}\">{id}</a> \
         <span class=\"badge {class}\">{}</span></h3>\n\
         <p>{}</p>\n<p class=\"hint\">{}</p>\n<p class=\"hint\">{}: <bdi dir=\"ltr\">{}</bdi>. {}: {}.</p>\n",
        escaped(say(&format!("level-{level}"))?),
        escaped(&sentence),
        escaped(&hint),
        escaped(say("based-on")?),
        escaped(entry.source),
        escaped(say("area")?),
        entry.area.as_str(),
    );
    for (passes, key) in [(true, "rules-passes"), (false, "rules-fails")] {
        if let Some(case) = first(passes) {
            let caption = escaped(say(key)?);
            let _ = writeln!(
                html,
                "<figure><figcaption>{caption}</figcaption><pre dir=\"ltr\" translate=\"no\">{}</pre></figure>",
                example(case)
            );
        }
    }
    html += "</article>\n";
    Ok(html)
}

/// Sentence and hint of the finding that the validator makes of a document.
fn said(rule: Rule, document: &[u8], case: &Case, messages: &Messages) -> Result<(String, String), String> {
    let field = |name: &str| case.header.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let number = |name: &str| field(name).and_then(|text| text.parse().ok());
    let expected = field("number").zip(number("type")).zip(number("status")).map(|((number, kind), status)| {
        let country = |name| field(name).unwrap_or_default();
        phytoval::Expected {
            from: country("from"),
            to: country("to"),
            number,
            certificate_type: kind,
            certificate_status: status,
        }
    });
    let report = Validator::default().validate(document, expected.as_ref());
    let finding = report.findings.iter().find(|finding| finding.rule == rule);
    let finding = finding.ok_or_else(|| format!("{} is not found in its example", rule.entry().id))?;
    Ok((finding.sentence(messages), finding.hint(messages)))
}

/// What a document of the suite is: itself, or how it differs from a clean certificate.
fn example(case: &Case) -> String {
    let differs = case.header.iter().zip(HEADER).filter(|((_, given), (_, clean))| given != clean);
    let mut parts: Vec<String> = differs
        .map(|((key, value), (_, clean))| format!("{key}={}", difference(clean.as_bytes(), value.as_bytes())))
        .collect();
    parts.extend(case.changes.iter().map(|change| {
        let (before, after) = around(&change.old);
        let whole = |part: &[u8]| [before, part, after].concat();
        difference(&whole(&change.old), &whole(&change.new))
    }));
    if parts.is_empty() && case.header.is_empty() {
        parts.push(shown(&case.document));
    } else if parts.is_empty() {
        parts.extend(case.header.iter().map(|(key, value)| format!("{key}={}", escaped(value))));
    }
    parts.join("\n")
}

/// What stands around a part of the clean certificate, as far as its tags.
fn around(part: &[u8]) -> (&'static [u8], &'static [u8]) {
    let clean = EXPORT.as_bytes();
    let Some(start) = clean.windows(part.len()).position(|found| found == part) else { return (b"", b"") };
    let (before, after) = (&clean[..start], &clean[start + part.len()..]);
    let open = before.iter().rposition(|&byte| byte == b'<').filter(|_| !part.starts_with(b"<"));
    let close = after.iter().position(|&byte| byte == b'>').filter(|_| !part.ends_with(b">"));
    (&before[open.unwrap_or(before.len())..], &after[..close.map_or(0, |at| at + 1)])
}

/// A text as it was and is, what is common at its ends shown once; values are shown whole.
fn difference(old: &[u8], new: &[u8]) -> String {
    let ends_value = |byte: &u8| b"<>\"'= ".contains(byte);
    let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let start = old[..same].iter().rposition(ends_value).map_or(0, |at| at + 1);
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let same = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let end = old_rest[old_rest.len() - same..].iter().position(ends_value).map_or(0, |at| same - at);
    let marked = |name: &str, bytes: &[u8]| match bytes {
        [] => String::new(),
        bytes => format!("<{name}>{}</{name}>", shown(bytes)),
    };
    let (removed, added) = (&old_rest[..old_rest.len() - end], &new_rest[..new_rest.len() - end]);
    let after = &old_rest[old_rest.len() - end..];
    [shown(&old[..start]), marked("del", removed), marked("ins", added), shown(after)].concat()
}

/// Bytes as people can read them: what cannot be seen as a sign for it, and only the beginning of what is long.
fn shown(bytes: &[u8]) -> String {
    let text: Vec<char> = String::from_utf8_lossy(bytes).chars().map(visible).collect();
    if text.len() <= SHOWN_MAX {
        return escaped(&text.iter().collect::<String>());
    }
    let start: String = text.iter().take(SHOWN_MAX / 3).collect();
    format!("{}<span class=\"cut\">… +{}</span>", escaped(&start), text.len() - SHOWN_MAX / 3)
}

fn visible(character: char) -> char {
    match character {
        '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(character),
        other => other,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
