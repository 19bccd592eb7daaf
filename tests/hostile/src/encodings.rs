//! Bodies whose bytes are not what they say, or nothing at all.

use crate::Expected::{Fault, Read};
use crate::{Body, delivery, envelope, fill};

pub(crate) const ENCODINGS: &[Body] = &[
    ("utf-7-declared", |size| declared("UTF-7", size), Fault("the XML declaration says 'UTF-7', but the request is")),
    ("utf-7", |size| format!("+ADw-a+AD4-{}", fill("+AGE-", size)).into(), Fault("this is not XML")),
    ("utf-16-declared", |size| declared("UTF-16", size), Fault("says 'UTF-16', but the request is read as UTF-8")),
    ("utf-16-declared-behind-the-mark-of-utf-8", marked_declared, Fault("says 'UTF-16', but the request is read as")),
    ("utf-8-declared-in-utf-16", |size| utf_16(&declared_text("UTF-8", size)), Fault("but the request is UTF-16 by")),
    ("utf-16-of-little-ends-without-a-mark", |size| little(&delivery("", &fill("x", size))), UNMARKED),
    ("utf-16-of-big-ends-without-a-mark", |size| big(&delivery("", &fill("x", size))), UNMARKED),
    ("utf-16-cut-off", utf_16_cut_off, Fault("UTF-16 by its byte order mark, but ends in half a unit")),
    ("utf-16-half-a-pair", half_a_pair, Fault("UTF-16 with half a surrogate pair")),
    ("utf-16-with-an-entity", |size| utf_16(&delivery("", &(fill("x", size) + "&a;"))), Fault("'&a;' is not defined")),
    ("utf-16-with-a-doctype", |size| utf_16(&format!("<!DOCTYPE a>{}", fill("x", size))), Fault("a DOCTYPE is not")),
    ("utf-16-that-grows", |size| utf_16(&envelope(&grows(size))), Read("GetProfile")),
    ("utf-32", utf_32, Fault("are not UTF-8")),
    ("utf-32-of-little-ends", utf_32_little, Fault("the character U+0000 is not allowed in XML")),
    ("ebcdic", |size| [&b"\x4C\x6F\xA7\x94"[..], fill("x", size).as_bytes()].concat(), Fault("this is not XML")),
    ("latin-1-declared", |size| declared("ISO-8859-1", size), Fault("the XML declaration says 'ISO-8859-1', but the")),
    ("shift-jis-declared", |size| declared("Shift_JIS", size), Fault("the XML declaration says 'Shift_JIS', but the")),
    ("ascii-declared-with-more", ascii_with_more, Fault("the XML declaration says 'US-ASCII', but the")),
    ("unknown-declared", |size| declared(&fill("x", size), 1), Fault("the XML declaration says 'xxxxxxxx")),
    ("version-1.1", version_1_1, Fault("XML 1.1 is not spoken here, XML 1.0 is")),
    ("mark-twice", |size| format!("\u{FEFF}\u{FEFF}{}", delivery("", &fill("x", size))).into(), BEFORE),
    ("mark-behind-space", |size| format!(" \u{FEFF}{}", delivery("", &fill("x", size))).into(), BEFORE),
    (
        "space-of-unicode",
        |size| format!("{}{}", fill("\u{2003}", size), delivery("", "x")).into(),
        Fault("this is not"),
    ),
    ("line-end-of-unicode", line_end, Fault("text stands where only elements may stand")),
    ("wide-brackets", |size| format!("\u{FF1C}a\u{FF1E}{}", fill("x", size)).into(), NO_KIND),
    ("letters-that-look-alike", look_alike, Fault("is no operation of this service")),
    ("nul-behind", |size| (delivery("", &fill("x", size)) + "\0").into(), Fault("the character U+0000 is not allowed")),
    ("nul-in-a-name", |size| delivery("<h:T\0o/>", &fill("x", size)).into(), Fault("the character U+0000 is not")),
];

const UNMARKED: crate::Expected = Fault("U+0000 is not allowed in XML (is this UTF-16 without a byte order mark?)");
const BEFORE: crate::Expected = Fault("text stands before the document's root element");
/// Its first byte could be that of a byte order mark.
const NO_KIND: crate::Expected = BEFORE;

fn declared_text(encoding: &str, size: usize) -> String {
    format!("<?xml version='1.0' encoding='{encoding}'?>{}", delivery("", &fill("x", size)))
}

fn declared(encoding: &str, size: usize) -> Vec<u8> {
    declared_text(encoding, size).into()
}

fn marked_declared(size: usize) -> Vec<u8> {
    format!("\u{FEFF}{}", declared_text("UTF-16", size)).into()
}

fn little(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn big(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn utf_16(text: &str) -> Vec<u8> {
    little(&format!("\u{FEFF}{text}"))
}

fn utf_16_cut_off(size: usize) -> Vec<u8> {
    let mut body = utf_16(&delivery("", &fill("x", size)));
    body.pop();
    body
}

fn half_a_pair(size: usize) -> Vec<u8> {
    [utf_16(&fill("<a/>", size)), b"\x00\xD8<\x00".to_vec()].concat()
}

/// Characters that take two bytes there and three here.
fn grows(size: usize) -> String {
    format!("<e:GetProfile><h:Note>{}</h:Note></e:GetProfile>", fill("\u{690D}", size))
}

fn utf_32(size: usize) -> Vec<u8> {
    let units = format!("\u{FEFF}{}", fill("<a/>", size / 4));
    units.chars().flat_map(|character| u32::from(character).to_be_bytes()).collect()
}

fn utf_32_little(size: usize) -> Vec<u8> {
    let units = format!("\u{FEFF}{}", fill("<a/>", size / 4));
    units.chars().flat_map(|character| u32::from(character).to_le_bytes()).collect()
}

fn ascii_with_more(size: usize) -> Vec<u8> {
    format!("<?xml version='1.0' encoding='US-ASCII'?>{}", delivery("", &fill("\u{e9}", size))).into()
}

fn version_1_1(size: usize) -> Vec<u8> {
    format!("<?xml version='1.1'?>{}", delivery("", &fill("&#1;", size))).into()
}

fn line_end(size: usize) -> Vec<u8> {
    envelope(&format!("{}\u{85}<e:GetProfile/>", fill("\n", size))).into()
}

/// An operation in whose name an e is Cyrillic.
fn look_alike(size: usize) -> Vec<u8> {
    delivery("", &fill("x", size)).replace("DeliverEnvelope", "D\u{435}liverEnvelope").into()
}
