//! Documents that are no message: definitions of entities, and things that are no envelope at all.

use crate::Expected::Fault;
use crate::{Body, OPEN, count, delivery, fill};

const DOCTYPE: crate::Expected = Fault("a DOCTYPE is not allowed in a SOAP message");
const NO_XML: crate::Expected = Fault("this is not XML; send a SOAP 1.1 envelope");

pub(crate) const DOCUMENTS: &[Body] = &[
    ("entities-of-entities", entities_of_entities, DOCTYPE),
    ("entity-used-often", entity_used_often, DOCTYPE),
    ("entity-of-itself", |size| with_doctype("[<!ENTITY a '&b;'><!ENTITY b '&a;'>]", "&a;", size), DOCTYPE),
    ("entity-of-a-file", |size| with_doctype("[<!ENTITY a SYSTEM 'file:///etc/hostname'>]", "&a;", size), DOCTYPE),
    ("entity-of-a-device", |size| with_doctype("[<!ENTITY a SYSTEM 'file:///dev/zero'>]", "&a;", size), DOCTYPE),
    ("entity-of-a-server", |size| with_doctype("[<!ENTITY a SYSTEM 'http://127.0.0.1/'>]", "&a;", size), DOCTYPE),
    ("entity-of-parameters", entity_of_parameters, DOCTYPE),
    ("entity-in-an-attribute", |size| with_doctype("[<!ENTITY a '<'>]", "<b c='&a;'/>", size), DOCTYPE),
    ("subset-outside", |size| with_doctype("SYSTEM 'http://127.0.0.1/a.dtd'", "", size), DOCTYPE),
    ("subset-public", |size| with_doctype("PUBLIC '-//A//B' 'http://127.0.0.1/a.dtd'", "", size), DOCTYPE),
    ("attributes-by-default", |size| with_doctype("[<!ATTLIST To a CDATA 'b'>]", "", size), DOCTYPE),
    ("doctype-behind-comments", doctype_behind_comments, DOCTYPE),
    ("doctype-that-does-not-end", |size| format!("<!DOCTYPE a [{}", fill("<!ENTITY ", size)).into(), DOCTYPE),
    (
        "doctype-in-small-letters",
        |size| ("<!doctype a>".to_owned() + &sized(size)).into(),
        Fault("'<!' begins neither"),
    ),
    ("entity-alone", |size| ("<!ENTITY a 'b'>".to_owned() + &sized(size)).into(), Fault("'<!' begins neither")),
    ("instruction-before", |size| ("<?go?>".to_owned() + &sized(size)).into(), INSTRUCTION),
    ("instruction-stylesheet", stylesheet, INSTRUCTION),
    ("instruction-behind", |size| (sized(size) + "<?go?>").into(), INSTRUCTION),
    ("instruction-long", |size| format!("<?go {}?>{}", fill("?", size), sized(0)).into(), INSTRUCTION),
    ("instruction-open", |size| format!("<?go {}", fill("? ", size)).into(), Fault("this processing instruction has")),
    ("declaration-twice", |size| (DECLARATION.repeat(2) + &sized(size)).into(), DECLARATION_PLACE),
    ("declaration-late", |size| (" ".to_owned() + DECLARATION + &sized(size)).into(), DECLARATION_PLACE),
    ("declaration-open", |size| format!("<?xml version='1.0' {}", fill("a", size)).into(), Fault("has no end")),
    ("declaration-long", |size| format!("<?xml version='{}'?>", fill("1", size)).into(), Fault("is not spoken here")),
    ("declaration-of-much", declaration_of_much, Fault("the XML declaration cannot be read")),
    ("nothing", |_| Vec::new(), Fault("the body is empty; send a SOAP 1.1 envelope")),
    ("space", |size| fill(" \n", size).into(), Fault("the body is empty; send a SOAP 1.1 envelope")),
    ("zeros", |size| vec![0; size.max(1)], Fault("the character U+0000 is not allowed in XML")),
    ("random", random, NO_XML),
    ("json", |size| format!("{{\"a\":[{}]}}", fill("[],", size)).into(), NO_XML),
    ("text", |size| fill("Sample ", size).into(), NO_XML),
    ("web-page", |size| format!("<html>{}</html>", fill("<br/>", size)).into(), Fault("the document's root is 'html'")),
    ("certificate-alone", certificate_alone, Fault("and not the Envelope of SOAP 1.1")),
    ("compressed", |size| [b"\x1F\x8B\x08\x00".as_slice(), &random(size)].concat(), Fault("this is compressed")),
    ("archive", |size| [b"PK\x03\x04".as_slice(), &random(size)].concat(), NO_XML),
    ("multipart", multipart, Fault("this is a multipart body; send the envelope alone")),
    ("comment-alone", |size| format!("<!--{}-->", fill("x", size)).into(), Fault("the document has no element")),
    ("cut-off", cut_off, Fault("the document ends while <h:Content> is open")),
    ("two-documents", |size| sized(size).repeat(2).into(), Fault("a second element begins behind the end")),
    ("text-behind", |size| (sized(0) + &fill("x", size)).into(), Fault("text stands behind the document's root")),
    ("section-outside", |size| format!("<![CDATA[{}]]>", fill("x", size)).into(), Fault("may only stand inside an")),
];

const DECLARATION: &str = "<?xml version='1.0' encoding='UTF-8'?>";
const DECLARATION_PLACE: crate::Expected = Fault("an XML declaration may only stand at the very beginning");
const INSTRUCTION: crate::Expected = Fault("a processing instruction is not allowed in a SOAP message");

/// A legal delivery of about this size.
fn sized(size: usize) -> String {
    delivery("", &fill("x", size))
}

fn with_doctype(definitions: &str, content: &str, size: usize) -> Vec<u8> {
    format!("<!DOCTYPE Envelope {definitions}>{}", delivery("", &(fill("x", size) + content))).into()
}

/// Each is ten of the one before: more than any memory holds.
fn entities_of_entities(size: usize) -> Vec<u8> {
    let defined: String =
        (1..=20).map(|level| format!("<!ENTITY e{level} '{}'>", format!("&e{};", level - 1).repeat(10))).collect();
    with_doctype(&format!("[<!ENTITY e0 'Sample'>{defined}]"), "&e20;", size)
}

/// No entity of entities, and yet the square of the document.
fn entity_used_often(size: usize) -> Vec<u8> {
    let definition = format!("[<!ENTITY a '{}'>]", fill("x", size / 2));
    with_doctype(&definition, &fill("&a;", size / 2), 1)
}

fn entity_of_parameters(size: usize) -> Vec<u8> {
    with_doctype("[<!ENTITY % a SYSTEM 'http://127.0.0.1/a.dtd'> %a; <!ENTITY b '&c;'>]", "&b;", size)
}

fn doctype_behind_comments(size: usize) -> Vec<u8> {
    format!("{}<!DOCTYPE a>{}", fill("<!--x-->\n", size), sized(0)).into()
}

fn stylesheet(size: usize) -> Vec<u8> {
    format!("{DECLARATION}<?xml-stylesheet type='text/xsl' href='http://127.0.0.1/a.xsl'?>{}", sized(size)).into()
}

fn declaration_of_much(size: usize) -> Vec<u8> {
    let fields = count(size, |index| format!(" a{index}='b'"));
    format!("<?xml version='1.0'{fields}?>{}", sized(0)).into()
}

/// Bytes by chance (xorshift64), none of which begins anything.
fn random(size: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::once(b'x').chain((1..size).map(|_| byte())).collect()
}

fn certificate_alone(size: usize) -> Vec<u8> {
    let namespace = "urn:un:unece:uncefact:data:standard:SPSCertificate:17";
    format!("<SPSCertificate xmlns='{namespace}'>{}</SPSCertificate>", fill("x", size)).into()
}

fn multipart(size: usize) -> Vec<u8> {
    let part = "--a\r\nContent-Type: application/xop+xml; type=\"text/xml\"\r\nContent-ID: <b>\r\n\r\n";
    format!("{part}{}\r\n--a--", sized(size)).into()
}

fn cut_off(size: usize) -> Vec<u8> {
    let mut body = format!("{OPEN}<s:Body><e:DeliverEnvelope><e:env><h:Content>").into_bytes();
    body.extend_from_slice(fill("x", size).as_bytes());
    body
}
