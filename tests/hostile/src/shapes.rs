//! Shapes of XML that are hard on whoever reads them, wherever they stand in a document.

use crate::{Attack, Expected, Place, count, fill};

/// A shape.
pub struct Shape {
    /// What it is.
    pub name: &'static str,
    make: fn(usize) -> Vec<u8>,
    /// What the reader of requests says of it; None where it is harmless.
    fault: Option<&'static str>,
    /// The rule that the validator says it breaks; None where it is harmless.
    pub rule: Option<&'static str>,
}

impl Shape {
    /// The shape alone, of about `size` bytes.
    pub fn fragment(&self, size: usize) -> Vec<u8> {
        (self.make)(size)
    }

    /// A certificate with the shape in it.
    pub fn certificate(&self, size: usize) -> Vec<u8> {
        let before = "<c:SPSCertificate xmlns:c=\"urn:un:unece:uncefact:data:standard:SPSCertificate:17\">";
        [before.as_bytes(), &self.fragment(size), b"</c:SPSCertificate>"].concat()
    }

    /// The requests with the shape in them.
    pub(crate) fn attacks(&self) -> impl Iterator<Item = Attack> {
        let places = [
            (Place::SoapHeader, Expected::Read("GetProfile")),
            (Place::Field, Expected::Read("DeliverEnvelope")),
            (Place::Content, Expected::ReadOrGrown("ValidatePhytoXML")),
            (Place::Certificate, Expected::ReadOrGrown("DeliverPhytoEnvelope")),
        ];
        places.into_iter().map(|(place, harmless)| Attack {
            name: self.name,
            place,
            expected: match (self.fault, place) {
                (None, _) => harmless,
                // There it is seen that it grows before what is behind is read.
                (Some(fault), Place::Content) => Expected::FaultOrGrown(fault),
                (Some(fault), _) => Expected::Fault(fault),
            },
            make: self.make,
        })
    }
}

const fn bad(name: &'static str, make: fn(usize) -> Vec<u8>, fault: &'static str, rule: &'static str) -> Shape {
    Shape { name, make, fault: Some(fault), rule: Some(rule) }
}

const fn harmless(name: &'static str, make: fn(usize) -> Vec<u8>) -> Shape {
    Shape { name, make, fault: None, rule: None }
}

/// Attributes of one element that every reader takes.
const ATTRIBUTES: usize = 60;

/// All shapes.
pub const SHAPES: &[Shape] = &[
    bad("depth", |size| fill("<a>", size).into(), "elements are nested more than 100 deep", "limit-depth"),
    bad("depth-closed", depth_closed, "elements are nested more than 100 deep", "limit-depth"),
    bad("attributes", attributes, "an element has more than 64 attributes", "limit-attributes"),
    bad("attribute-twice", |size| behind("<a/>", size, "<a b='' b=''/>"), "'b' stands twice", "xml-attribute-twice"),
    bad("attribute-twice-by-prefix", twice_by_prefix, "'q:b' stands twice", "xml-attribute-twice"),
    bad("attribute-open", |size| open("<a b=\"", "x", size), "the value of 'b' has no end", "xml-attribute-less-than"),
    bad("attribute-tag", |size| behind("<a/>", size, "<a b='<'/>"), "'<' may not stand in", "xml-attribute-less-than"),
    bad("namespaces", namespaces, "more than 128 namespace declarations are in scope", "limit-namespaces"),
    bad("namespace-long", namespace_long, "a namespace is longer than 512 bytes", "limit-namespace-length"),
    bad("prefix-unbound", |size| behind("<a/>", size, "<p:a/>"), "'p' is bound to no namespace", "xml-prefix-unbound"),
    bad("prefix-reserved", reserved, "the prefixes 'xml' and 'xmlns' and their", "xml-namespace-reserved"),
    bad("name-long", |size| open("<a", "a", 1024 + size), "a name is longer than 256 bytes", "limit-name-length"),
    bad("name-of-attribute", |size| open("<a a", "a", 1024 + size), "a name is longer than 256", "limit-name-length"),
    bad("name-of-prefix", |size| open("<a", "a", 1024 + size), "a name is longer than 256 bytes", "limit-name-length"),
    bad("name-of-end", |size| open("<a></a", "a", size), "ends an element that is not open", "xml-end-mismatch"),
    bad("name-colons", |size| behind("<a/>", size, "<a:b:c/>"), "more than one colon", "xml-qualified-name"),
    bad("comment-open", |size| open("<!--", "-x", size), "this comment has no end", "xml-cut-off"),
    bad("comment-dashes", |size| behind("<!--x-->", size, "<!--a--b-->"), "'--' may not stand", "xml-comment"),
    bad("section-open", |size| open("<![CDATA[", "]]", size), "this CDATA section has no end", "xml-cut-off"),
    bad("section-end", |size| behind("]", size, "]]>"), "']]>' may not stand in text", "xml-cdata-end"),
    bad("section-unknown", |size| behind("<a/>", size, "<![INCLUDE["), "'<!' begins neither", "xml-markup"),
    bad("entity", |size| behind("x", size, "&nbsp;"), "the entity '&nbsp;' is not defined", "xml-entity"),
    bad("entity-declared", |size| behind("<a/>", size, "<!ENTITY a 'b'>"), "'<!' begins neither", "xml-markup"),
    bad("doctype", doctype, "a DOCTYPE is not allowed in a SOAP message", "xml-doctype"),
    bad("ampersands", |size| fill("&", size).into(), "'&' does not begin a reference here", "xml-ampersand"),
    bad("reference-open", |size| open("&#", "1", size), "'&' does not begin a reference", "xml-ampersand"),
    bad("reference-nul", |size| behind("x", size, "&#0;"), "is no reference to a character", "xml-character-reference"),
    bad("reference-half", |size| behind("x", size, "&#xD800;"), "is no reference to a", "xml-character-reference"),
    bad("ends", |size| fill("</a>", size).into(), "</a> ends an element that is not open", "xml-end-mismatch"),
    bad("ends-crossed", |size| behind("<a/>", size, "<a><b></a></b>"), "</b> is due", "xml-end-mismatch"),
    bad("tag-open", |size| open("<a", " ", size), "a name is due here", "xml-name"),
    bad("nul", |size| behind("x", size, "\0"), "the character U+0000 is not allowed in XML", "xml-character"),
    bad("control", |size| behind("\u{2028}", size, "\u{b}"), "the character U+000B is not allowed", "xml-character"),
    bad("noncharacter", |size| behind("\u{fb01}", size, "\u{ffff}"), "the character U+FFFF is not", "xml-character"),
    bad("overlong-tag", |size| not_utf_8(size, b"\xC0\xBCa/>"), "are not UTF-8", "xml-encoding"),
    bad("overlong-nul", |size| not_utf_8(size, b"\xC0\x80"), "are not UTF-8", "xml-encoding"),
    bad("overlong-three", |size| not_utf_8(size, b"\xE0\x80\xBC"), "are not UTF-8", "xml-encoding"),
    bad("surrogate", |size| not_utf_8(size, b"\xED\xA0\x80\xED\xB0\x80"), "are not UTF-8", "xml-encoding"),
    bad("beyond-unicode", |size| not_utf_8(size, b"\xF4\x90\x80\x80"), "are not UTF-8", "xml-encoding"),
    bad("latin-1", |size| not_utf_8(size, b"Caf\xE9 "), "are not UTF-8", "xml-encoding"),
    harmless("empties", |size| fill("<a/>", size).into()),
    harmless("names-that-collide", |size| count(size, |index| format!("<{}/>", colliding(index))).into()),
    harmless("attributes-that-collide", attributes_that_collide),
    harmless("attributes-of-each", attributes_of_each),
    harmless("attributes-of-one-name", attributes_of_one_name),
    harmless("value", |size| format!("<a b='{}'/>", fill("x", size)).into()),
    harmless("value-references", |size| format!("<a b='{}'/>", fill("&#65;&quot;", size)).into()),
    harmless("namespaces-of-each", namespaces_of_each),
    harmless("namespace-references", |size| fill("<a xmlns:p='&#117;rn:&#x61;'/>", size).into()),
    harmless("namespaces-passed-by", namespaces_passed_by),
    harmless("types", |size| fill("<a xsi:type='h:b'/>", size).replace("<a ", XSI).into()),
    harmless("space-in-tags", |size| format!("<a{0}></a{0}>", fill(" \t\n", size / 2)).into()),
    harmless("comments", |size| fill("<!---->", size).into()),
    harmless("comment-of-dashes", |size| format!("<!--{}-->", fill("- ", size)).into()),
    harmless("sections", |size| fill("<![CDATA[]]>", size).into()),
    harmless("section-of-brackets", |size| format!("<![CDATA[{}x]]>", fill("]]", size)).into()),
    harmless("references", |size| fill("&#65;&lt;", size).into()),
    harmless("text", |size| fill("x\n", size).into()),
    harmless("text-of-brackets", |size| fill("] ]", size).into()),
    harmless("text-of-greater", |size| fill(">", size).into()),
    harmless("line-ends", |size| fill("\r\n\r", size).into()),
    harmless("inclusion", inclusion),
];

const XSI: &str = "<a xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:h='urn:h' ";

/// Filling, then what makes it wrong: it must be read to its end.
fn behind(unit: &str, size: usize, wrong: &str) -> Vec<u8> {
    (fill(unit, size) + wrong).into()
}

/// What begins and does not end.
fn open(begin: &str, unit: &str, size: usize) -> Vec<u8> {
    (begin.to_owned() + &fill(unit, size)).into()
}

fn not_utf_8(size: usize, wrong: &[u8]) -> Vec<u8> {
    [fill("\u{e9}", size).as_bytes(), wrong].concat()
}

fn depth_closed(size: usize) -> Vec<u8> {
    (fill("<a>", size / 2) + &fill("</a>", size / 2)).into()
}

fn attributes(size: usize) -> Vec<u8> {
    // Even the smallest has too many.
    format!("<a {}/>", count(size.max(1000), |index| format!("a{index}='' "))).into()
}

fn twice_by_prefix(size: usize) -> Vec<u8> {
    behind("<a/>", size, "<a xmlns:p='urn:p' xmlns:q='urn:p' p:b='' q:b=''/>")
}

/// Few enough on each element, too many in scope together; behind them others.
fn namespaces(size: usize) -> Vec<u8> {
    let level = |level: usize| -> String {
        let declared: String = (0..ATTRIBUTES).map(|index| format!(" xmlns:p{level}_{index}='urn:{index}'")).collect();
        format!("<a{declared}>")
    };
    (fill("<a/>", size) + &level(0) + &level(1) + &level(2)).into()
}

fn namespace_long(size: usize) -> Vec<u8> {
    format!("<a xmlns='{}'/>", fill("u", 2048 + size)).into()
}

fn reserved(size: usize) -> Vec<u8> {
    behind("<a/>", size, "<a xmlns:xmlns='urn:x'/>")
}

fn doctype(size: usize) -> Vec<u8> {
    format!("{}<!DOCTYPE a [<!ENTITY b 'c'>]>", fill("<a/>", size)).into()
}

/// Names that have one hash in the languages that weigh characters by powers of 31.
fn colliding(index: usize) -> String {
    (0..12).map(|bit| if index >> bit & 1 == 0 { "Aa" } else { "BB" }).collect()
}

fn attributes_that_collide(size: usize) -> Vec<u8> {
    let mut next = 0;
    count(size, |_| {
        next += ATTRIBUTES;
        let attributes: String = (next - ATTRIBUTES..next).map(|index| format!(" {}=''", colliding(index))).collect();
        format!("<a{attributes}/>")
    })
    .into()
}

/// As many attributes as an element may have, on each.
fn attributes_of_each(size: usize) -> Vec<u8> {
    let attributes: String = (0..ATTRIBUTES).map(|index| format!(" a{index}=''")).collect();
    fill(&format!("<a{attributes}/>"), size).into()
}

/// Attributes of one local name in as many namespaces, which differ in their last letters only: comparing them in pairs
/// is as dear as can be.
fn attributes_of_one_name(size: usize) -> Vec<u8> {
    let long = "u".repeat(480);
    let declared: String = (0..ATTRIBUTES).map(|index| format!(" xmlns:p{index}='{long}{index:02}'")).collect();
    let attributes: String = (0..ATTRIBUTES).map(|index| format!(" p{index}:a=''")).collect();
    format!("<a{declared}>{}</a>", fill(&format!("<b{attributes}/>"), size)).into()
}

fn namespaces_of_each(size: usize) -> Vec<u8> {
    let declared: String = (0..ATTRIBUTES).map(|index| format!(" xmlns:p{index}='urn:{index}'")).collect();
    fill(&format!("<a{declared}/>"), size).into()
}

/// Many declarations in scope, and elements of the outermost: a look-up passes all of them.
fn namespaces_passed_by(size: usize) -> Vec<u8> {
    let declared: String = (0..ATTRIBUTES).map(|index| format!(" xmlns:{}{index}='urn:x'", "p".repeat(40))).collect();
    format!("<o:a xmlns:o='urn:o'><a{declared}>{}</a></o:a>", fill("<o:b/>", size)).into()
}

fn inclusion(size: usize) -> Vec<u8> {
    let include = "<i:include xmlns:i='http://www.w3.org/2001/XInclude' href='file:///etc/hostname' parse='text'/>";
    fill(include, size).into()
}
