//! XML in order, and no request all the same, or another one than it seems.

use crate::Expected::{Fault, Read};
use crate::{Body, CLOSE, OPEN, count, delivery, envelope, fill, header};

const NO_OPERATION: crate::Expected = Fault("is no operation of this service");
const NO_NUMBER: crate::Expected = Fault("a whole number is due");
const TAKES_TEXT: crate::Expected = Fault("takes a text, but <");
const PROFILE: crate::Expected = Read("GetProfile");

pub(crate) const ENVELOPES: &[Body] = &[
    ("soap-1.2", |size| other_soap("http://www.w3.org/2003/05/soap-envelope", size), Fault("this is SOAP 1.2; SOAP")),
    ("soap-of-nobody", |size| other_soap("urn:soap", size), Fault("'Envelope' in the namespace 'urn:soap'")),
    ("no-body", |size| around(&format!("<s:Header>{}</s:Header>", fill("x", size))), Fault("has no Body")),
    ("empty-body", |size| around(&format!("<s:Body>{}</s:Body>", fill(" ", size))), Fault("the SOAP Body is empty")),
    ("body-of-another", |size| around(&format!("<h:Body>{}</h:Body>", operation(size))), Fault("has no Body")),
    ("two-bodies", |size| around(&format!("<s:Body>{0}</s:Body><s:Body>{0}</s:Body>", operation(size))), BEHIND),
    ("header-behind-the-body", header_behind, BEHIND),
    ("two-operations", |size| envelope(&operation(size).repeat(2)).into(), Fault("has a second element <e:Deliver")),
    ("text-in-the-body", |size| envelope(&fill("x", size)).into(), Fault("text stands where only elements may stand")),
    ("envelope-in-an-envelope", |size| envelope(&delivery("", &fill("x", size))).into(), NO_OPERATION),
    ("envelope-in-the-header", envelope_in_the_header, PROFILE),
    ("envelope-in-a-parameter", |size| profile_with(&delivery("", &fill("x", size))), PROFILE),
    ("body-before-the-body", body_before_the_body, PROFILE),
    ("operation-in-an-operation", in_an_operation, Fault("DeliverEnvelope needs the element env, which is missing")),
    (
        "operation-unknown",
        |size| envelope(&format!("<e:{}/>", "D".repeat(200))).into_bytes().padded(size),
        NO_OPERATION,
    ),
    ("operation-in-no-namespace", |size| in_namespace("", size), Fault("only in the namespace 'http://ephyto.ippc")),
    ("operation-in-another-namespace", |size| in_namespace("http://ephyto.ippc.int", size), NO_OPERATION),
    ("operation-in-capitals", |size| in_namespace("HTTP://ephyto.ippc.int/", size), NO_OPERATION),
    ("operation-of-an-answer", |size| named("DeliverEnvelopeResponse", size), NO_OPERATION),
    ("prefix-bound-anew", bound_anew, Fault("has no Body")),
    ("default-bound-anew", default_bound_anew, PROFILE),
    ("field-twice", |size| delivery("<h:To>ZZ</h:To>", &fill("x", size)).into(), Fault("To stands twice; which one")),
    ("field-twice-by-prefix", |size| delivery("<To>ZZ</To>", &fill("x", size)).into(), Fault("To stands twice; which")),
    ("field-twice-in-other-namespaces", |size| delivery("<a:To xmlns:a='urn:a'/>", &fill("x", size)).into(), TWICE),
    ("content-twice", |size| delivery("<h:Content/>", &fill("x", size)).into(), Fault("Content stands twice")),
    ("fields-thousandfold", |size| delivery(&fill("<h:From>KE</h:From>", size), "x").into(), Fault("stands twice")),
    ("parameter-twice", parameter_twice, Fault("env stands twice; which one is meant?")),
    ("number-twice", number_twice, Fault("hubTrackingNumber stands twice; which one is meant?")),
    ("field-in-a-field", |size| kind(&format!("<h:To>{}</h:To>", fill("x", size))), TAKES_TEXT),
    ("field-that-includes", included, TAKES_TEXT),
    ("type-huge", |size| kind(&fill("9", size)), NO_NUMBER),
    ("type-too-large", |size| kind(&format!("{}2147483648", fill("0", size))), NO_NUMBER),
    ("type-with-an-exponent", |size| kind(&format!("1e{}", fill("9", size))), NO_NUMBER),
    ("type-in-hexadecimal", |size| kind(&format!("0x{}", fill("3", size))), NO_NUMBER),
    ("type-in-other-digits", |size| kind(&fill("\u{668}\u{665}\u{661}", size)), NO_NUMBER),
    ("text-split-by-comments", split_by_comments, Read("GetEnvelopeTrackingInfo")),
    ("text-split-by-sections", split_by_sections, Read("GetEnvelopeTrackingInfo")),
    ("content-that-ends-early", ends_early, Read("ValidatePhytoXML")),
    ("channels-thousandfold", |size| forwarding("<h:Code>A</h:Code>", size), Fault("names more than 64 channels")),
    ("channels-of-no-name", |size| forwarding_of("<h:Code/>", size, "<h:Code/><h:Code/>"), Fault("Code stands twice")),
    ("array-of-a-size", array_of_a_size, PROFILE),
    ("must-understand", must_understand, PROFILE),
    ("addresses", addresses, PROFILE),
    ("signature", signature, PROFILE),
    ("references-by-id", references_by_id, PROFILE),
    ("nil-and-full", nil_and_full, Fault("Content is xsi:nil and yet not empty")),
    ("included-content", |size| delivery("", &(INCLUDE.to_owned() + &fill("x", size))).into(), MTOM),
    ("included-content-late", |size| delivery("", &(fill("x", size) + INCLUDE)).into(), MTOM),
    ("declaration-in-content", |size| delivery("", &(fill("x", size) + "<?xml version='1.0'?><a/>")).into(), PLACE),
    ("growing-content", |size| delivery("", &fill("<a/>", size)).into(), Fault(crate::GROWN)),
];

const BEHIND: crate::Expected = Fault("may not stand behind the SOAP Body");
const TWICE: crate::Expected = Fault("To stands twice; which one is meant?");
const MTOM: crate::Expected = Fault("the content is an xop:Include; MTOM is not spoken here");
const PLACE: crate::Expected = Fault("XML inside XML is sent escaped or in CDATA");
const INCLUDE: &str = "<i:Include xmlns:i='http://www.w3.org/2004/08/xop/include' href='cid:a'/>";

/// Makes a body as long as wanted.
trait Padded {
    fn padded(self, size: usize) -> Vec<u8>;
}

impl Padded for Vec<u8> {
    fn padded(mut self, size: usize) -> Vec<u8> {
        self.extend_from_slice(fill("\n", size).as_bytes());
        self
    }
}

fn around(parts: &str) -> Vec<u8> {
    format!("{OPEN}{parts}{CLOSE}").into()
}

/// A legal operation.
fn operation(size: usize) -> String {
    let (header, content) = (header("NL"), fill("x", size));
    format!("<e:DeliverEnvelope><e:env>{header}<h:Content>{content}</h:Content></e:env></e:DeliverEnvelope>")
}

fn other_soap(namespace: &str, size: usize) -> Vec<u8> {
    delivery("", &fill("x", size)).replace("http://schemas.xmlsoap.org/soap/envelope/", namespace).into()
}

fn header_behind(size: usize) -> Vec<u8> {
    around(&format!("<s:Body>{}</s:Body><s:Header/>", operation(size)))
}

fn with_header(header: &str) -> Vec<u8> {
    around(&format!("<s:Header>{header}</s:Header><s:Body><e:GetProfile/></s:Body>"))
}

fn profile_with(inside: &str) -> Vec<u8> {
    envelope(&format!("<e:GetProfile>{inside}</e:GetProfile>")).into()
}

fn envelope_in_the_header(size: usize) -> Vec<u8> {
    with_header(&delivery("", &fill("x", size)))
}

/// What a reader that looks for the first element of a name would take for the body.
fn body_before_the_body(size: usize) -> Vec<u8> {
    let other = format!("<o:Body xmlns:o='urn:o'>{0}<s:Body>{0}</s:Body></o:Body>", operation(size / 2));
    around(&format!("{other}<s:Body><e:GetProfile/></s:Body>"))
}

fn in_an_operation(size: usize) -> Vec<u8> {
    envelope(&format!("<e:DeliverEnvelope>{}</e:DeliverEnvelope>", operation(size))).into()
}

fn in_namespace(namespace: &str, size: usize) -> Vec<u8> {
    envelope(&format!("<DeliverEnvelope xmlns='{namespace}'><env>{}</env></DeliverEnvelope>", fill("<a/>", size)))
        .into()
}

fn named(name: &str, size: usize) -> Vec<u8> {
    envelope(&operation(size).replace("DeliverEnvelope", name)).into()
}

fn bound_anew(size: usize) -> Vec<u8> {
    around(&format!("<s:Body xmlns:s='urn:s'>{}</s:Body>", operation(size)))
}

/// The same name three times, and only the outer one is the operation.
fn default_bound_anew(size: usize) -> Vec<u8> {
    let inner = format!("<DeliverEnvelope xmlns=''>{}</DeliverEnvelope>", fill("<env xmlns='urn:a'/>", size));
    envelope(&format!("<GetProfile xmlns='http://ephyto.ippc.int/'>{inner}</GetProfile>")).into()
}

fn parameter_twice(size: usize) -> Vec<u8> {
    let env = format!("<e:env>{}<h:Content>{}</h:Content></e:env>", header("NL"), fill("x", size));
    envelope(&format!("<e:DeliverEnvelope>{}</e:DeliverEnvelope>", env.repeat(2))).into()
}

fn tracking(number: &str) -> Vec<u8> {
    envelope(&format!(
        "<e:GetEnvelopeTrackingInfo><e:hubTrackingNumber>{number}</e:hubTrackingNumber></e:GetEnvelopeTrackingInfo>"
    ))
    .into()
}

fn number_twice(size: usize) -> Vec<u8> {
    tracking(&format!("{}</e:hubTrackingNumber><hubTrackingNumber>1", fill("1", size)))
}

fn kind(text: &str) -> Vec<u8> {
    let field = "<h:CertificateType>851</h:CertificateType>";
    delivery("", "x").replace(field, &format!("<h:CertificateType>{text}</h:CertificateType>")).into()
}

fn included(size: usize) -> Vec<u8> {
    let include = "<i:include xmlns:i='http://www.w3.org/2001/XInclude' href='file:///etc/hostname'/>";
    kind(&(fill(" ", size) + include))
}

fn split_by_comments(size: usize) -> Vec<u8> {
    tracking(&fill("A<!---->", size))
}

fn split_by_sections(size: usize) -> Vec<u8> {
    tracking(&fill("A<![CDATA[B]]>", size))
}

/// To a reader that looks for the end tag in the text, the envelope ends in the section.
fn ends_early(size: usize) -> Vec<u8> {
    let inner = fill("<![CDATA[</e:ePhytoXML><e:ePhytoXML>]]>]]&gt;", size);
    envelope(&format!("<e:ValidatePhytoXML><e:ePhytoXML>{inner}</e:ePhytoXML></e:ValidatePhytoXML>")).into()
}

fn forwarding(code: &str, size: usize) -> Vec<u8> {
    let item = format!("<h:EnvelopeForwarding>{code}</h:EnvelopeForwarding>");
    let items = fill(&item, size.max(100 * item.len()));
    delivery(&format!("<h:Forwardings>{items}</h:Forwardings>"), "x").into()
}

/// Items that count for nothing, and a wrong one behind them.
fn forwarding_of(code: &str, size: usize, last: &str) -> Vec<u8> {
    let items = fill(&format!("<h:EnvelopeForwarding>{code}</h:EnvelopeForwarding>"), size);
    let last = format!("<h:EnvelopeForwarding>{last}</h:EnvelopeForwarding>");
    delivery(&format!("<h:Forwardings>{items}{last}</h:Forwardings>"), "x").into()
}

fn array_of_a_size(size: usize) -> Vec<u8> {
    let encoding = "http://schemas.xmlsoap.org/soap/encoding/";
    let item = "<e:item/>";
    profile_with(&format!(
        "<e:items xmlns:c='{encoding}' c:arrayType='e:item[2147483647]'>{}</e:items>",
        fill(item, size)
    ))
}

fn must_understand(size: usize) -> Vec<u8> {
    let part = "<o:Part xmlns:o='urn:o' s:mustUnderstand='1' s:actor='http://schemas.xmlsoap.org/soap/actor/next'/>";
    with_header(&fill(part, size))
}

/// Where answers and faults shall go.
fn addresses(size: usize) -> Vec<u8> {
    let part = |name: &str| format!("<a:{name}><a:Address>http://127.0.0.1:9/a</a:Address></a:{name}>");
    let parts = part("ReplyTo") + &part("FaultTo") + &part("From") + "<a:To>http://127.0.0.1:9/</a:To>";
    let header = fill(&parts, size);
    with_header(&format!("<o:all xmlns:o='urn:o' xmlns:a='http://www.w3.org/2005/08/addressing'>{header}</o:all>"))
}

fn signature(size: usize) -> Vec<u8> {
    let transforms = count(size, |index| format!("<d:Transform Algorithm='urn:{index}'/>"));
    let signature = format!(
        "<d:Signature xmlns:d='http://www.w3.org/2000/09/xmldsig#'><d:Reference URI='http://127.0.0.1:9/'>\
         <d:Transforms>{transforms}</d:Transforms></d:Reference></d:Signature>"
    );
    with_header(&signature)
}

fn references_by_id(size: usize) -> Vec<u8> {
    let parts = count(size, |index| format!("<e:a id='i{}' href='#i{index}'/>", index + 1));
    profile_with(&parts)
}

fn nil_and_full(size: usize) -> Vec<u8> {
    delivery("", &fill("x", size)).replace("<h:Content>", "<h:Content xsi:nil='true'>").into()
}
