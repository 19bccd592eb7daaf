//! How each library writes the certificate into its request.

use std::fmt::Write;

use phytohub_soap::Operation;

use super::Dialect;
use crate::template::{File, Template};

/// How a certificate stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As text with references.
    Escaped(Escapes),
    /// In one CDATA section, on lines of its own.
    IndentedSection,
    /// In several CDATA sections.
    Sections,
    /// As base64.
    Base64,
    /// As an element, without its XML declaration.
    Element,
}

/// What a library writes as references, besides `<`, `>` and `&`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Escapes {
    quotes: bool,
    tabs: bool,
    beyond_ascii: Option<Radix>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Radix {
    Decimal,
    Hexadecimal,
}

/// What stands around the section of [`Form::IndentedSection`]; it belongs to the content.
const INDENTED: [&str; 2] = ["\n            ", "\n          "];

impl Form {
    /// The form of a dialect. Clients that send base64 attach no files: they would be encoded twice.
    pub(crate) fn of(dialect: Dialect, operation: Operation, has_file: bool) -> Self {
        const FEW: Escapes = Escapes { quotes: false, tabs: false, beyond_ascii: None };
        if operation == Operation::DeliverPhytoEnvelope {
            return Self::Element;
        }
        match dialect {
            Dialect::Axis => Self::Escaped(Escapes { quotes: true, beyond_ascii: Some(Radix::Hexadecimal), ..FEW }),
            Dialect::Gsoap => Self::Escaped(Escapes { tabs: true, ..FEW }),
            Dialect::SoapLite => Self::Escaped(Escapes { beyond_ascii: Some(Radix::Decimal), ..FEW }),
            Dialect::NpmSoap => Self::IndentedSection,
            Dialect::Go => Self::Sections,
            Dialect::Suds if !has_file => Self::Base64,
            _ => Self::Escaped(FEW),
        }
    }

    /// The certificate as it stands in the request, and what its receiver must get, after un-escaping.
    pub(crate) fn write(self, certificate: &str, number: &str, file: Option<&File>) -> [Template; 2] {
        let plain = |text: &str| Template::new(text.as_bytes(), number, file);
        match self {
            Self::Escaped(escapes) => [plain(&escapes.apply(certificate)), plain(certificate)],
            Self::Sections => [plain(&sections(certificate)), plain(certificate)],
            Self::IndentedSection => {
                let [before, after] = INDENTED;
                [
                    plain(&format!("{before}<![CDATA[{}]]>{after}", inside_section(certificate))),
                    plain(&format!("{before}{certificate}{after}")),
                ]
            }
            Self::Base64 => {
                let encoded = Template::encoded(certificate.as_bytes(), number);
                [encoded.clone(), encoded]
            }
            Self::Element => {
                // It declares the namespaces that it uses itself, so the service has nothing to add.
                let element = plain(element(certificate));
                [element.clone(), element]
            }
        }
    }
}

impl Escapes {
    fn apply(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + text.len() / 4);
        for character in text.chars() {
            match character {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '"' if self.quotes => out.push_str("&quot;"),
                '\'' if self.quotes => out.push_str("&apos;"),
                '\t' if self.tabs => out.push_str("&#x9;"),
                _ if character.is_ascii() => out.push(character),
                _ => self.push_beyond_ascii(character, &mut out),
            }
        }
        out
    }

    fn push_beyond_ascii(self, character: char, out: &mut String) {
        let code = u32::from(character);
        // Writing to a string cannot fail.
        let _ = match self.beyond_ascii {
            None => out.write_char(character),
            Some(Radix::Decimal) => write!(out, "&#{code};"),
            Some(Radix::Hexadecimal) => write!(out, "&#x{code:X};"),
        };
    }
}

/// Text for the inside of a CDATA section, which must not end early.
fn inside_section(text: &str) -> String {
    text.replace("]]>", "]]]]><![CDATA[>")
}

/// The text in two sections, cut inside of the root's tag.
fn sections(text: &str) -> String {
    const CUT: &str = " xmlns";
    let cut = text.find(CUT).map_or(0, |at| at + CUT.len());
    let (first, second) = text.split_at(cut);
    format!("<![CDATA[{}]]><![CDATA[{}]]>", inside_section(first), inside_section(second))
}

/// The document's element, without the declaration and white space around it.
fn element(document: &str) -> &str {
    let behind = document.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    behind.map_or(document, |(_, rest)| rest).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_those_of_the_library() {
        let text = "<a b=\"'\">\té & 茶</a>";
        let escaped = |dialect| match Form::of(dialect, Operation::DeliverEnvelope, false) {
            Form::Escaped(escapes) => escapes.apply(text),
            other => panic!("{other:?}"),
        };
        assert_eq!(escaped(Dialect::Plain), "&lt;a b=\"'\"&gt;\té &amp; 茶&lt;/a&gt;");
        assert_eq!(escaped(Dialect::Axis), "&lt;a b=&quot;&apos;&quot;&gt;\t&#xE9; &amp; &#x8336;&lt;/a&gt;");
        assert_eq!(escaped(Dialect::Gsoap), "&lt;a b=\"'\"&gt;&#x9;é &amp; 茶&lt;/a&gt;");
        assert_eq!(escaped(Dialect::SoapLite), "&lt;a b=\"'\"&gt;\t&#233; &amp; &#33590;&lt;/a&gt;");
    }

    #[test]
    fn sections_never_end_early() {
        assert_eq!(sections("<a xmlns='u'>]]></a>"), "<![CDATA[<a xmlns]]><![CDATA[='u'>]]]]><![CDATA[></a>]]>");
    }

    #[test]
    fn an_element_has_no_declaration() {
        for text in ["<?xml version=\"1.0\"?>\n<a>é</a>\n", "<a>é</a>\n", "<a>é</a>"] {
            assert_eq!(element(text), "<a>é</a>");
        }
    }
}
