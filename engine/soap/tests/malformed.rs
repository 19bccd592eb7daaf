//! Every shape that is no request, with its own fault.

mod common;

use common::{envelope, with_content};
use phytohub_model::FaultKind;
use phytohub_soap::limits::{
    ATTRIBUTES_MAX, DEPTH_MAX, FORWARDINGS_MAX, NAME_BYTES_MAX, NAMESPACE_BYTES_MAX, NAMESPACES_MAX,
};
use phytohub_soap::read_request;

/// Reads what is no request and compares the fault: what is wrong, and the place where it is given.
#[track_caller]
fn refuses(body: impl AsRef<[u8]>, expected: &str) {
    let fault = read_request(body.as_ref().to_vec().into()).expect_err("this is no request");
    assert_eq!(fault.kind, FaultKind::Client);
    assert!(fault.message.contains(expected), "expected: {expected}\n     got: {}", fault.message);
}

fn header(fields: &str) -> String {
    envelope(&format!("<e:DeliverEnvelope><e:env>{fields}</e:env></e:DeliverEnvelope>"))
}

#[test]
fn a_fault_names_line_and_column_in_characters() {
    let fault = read_request("<a>\nçé&nbsp;</a>".into()).expect_err("no request");
    assert_eq!(
        fault.message,
        "The request cannot be read (line 1, column 1): the document's root is 'a' in no namespace and not the \
         Envelope of SOAP 1.1 ('http://schemas.xmlsoap.org/soap/envelope/')"
    );
    refuses(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\n<s:Header>\nçé&nbsp;",
        "(line 3, column 3): the entity '&nbsp;' is not defined; XML knows &lt; &gt; &amp; &quot; &apos; and",
    );
}

#[test]
fn what_is_no_soap_at_all() {
    refuses("", "the body is empty");
    refuses(" \r\n\t", "the body is empty");
    refuses("--uuid:1\r\nContent-Type: application/xop+xml\r\n\r\n<a/>", "this is a multipart body");
    refuses(b"\x1F\x8B\x08\x00", "this is compressed");
    refuses("{\"operation\": 1}", "this is not XML");
    refuses("<html><body/></html>", "the document's root is 'html' in no namespace");
    refuses("<!-- nothing -->", "the document has no element");
    refuses(
        "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body/></e:Envelope>",
        "this is SOAP 1.2; SOAP 1.1 is spoken here",
    );
    refuses("<Envelope xmlns=\"urn:x\"/>", "the document's root is 'Envelope' in the namespace 'urn:x'");
}

#[test]
fn envelopes_without_one_known_operation() {
    let soap = |inside: &str| {
        format!("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">{inside}</s:Envelope>")
    };
    refuses(soap(""), "the SOAP envelope has no Body");
    refuses(soap("<s:Header/>"), "the SOAP envelope has no Body");
    refuses(soap("<Body xmlns=\"urn:x\"><a/></Body>"), "the SOAP envelope has no Body");
    refuses(soap("<s:Body/>"), "the SOAP Body is empty");
    refuses(soap("<s:Body>text</s:Body>"), "text stands where only elements may stand");
    refuses(envelope("<e:Deliver/>"), "'Deliver' in the namespace 'http://ephyto.ippc.int/' is no operation");
    refuses(envelope("<GetProfile/>"), "it is one of this service only in the namespace 'http://ephyto.ippc.int/'");
    refuses(envelope("<e:GetProfile/><e:GetProfile/>"), "the SOAP Body has a second element <e:GetProfile>");
    refuses(soap("<s:Body><GetProfile xmlns=\"http://ephyto.ippc.int/\"/></s:Body><s:Body/>"), "behind the SOAP Body");
    refuses(envelope("<e:GetProfile/>") + "<a/>", "a second element begins behind the end of the document's root");
    refuses(envelope("<e:GetProfile/>") + "text", "text stands behind the document's root");
    refuses(envelope("<e:GetProfile/>") + "</a>", "</a> ends an element that never began");
}

#[test]
fn parameters_that_are_missing_or_ambiguous() {
    refuses(envelope("<e:DeliverEnvelope/>"), "DeliverEnvelope needs the element env, which is missing");
    refuses(envelope("<e:DeliverEnvelope><e:env/><env/></e:DeliverEnvelope>"), "env stands twice");
    refuses(envelope("<e:SetTrackingInfoUpdate/>"), "SetTrackingInfoUpdate needs the element header");
    refuses(envelope("<e:PULLSingleImportEnvelope/>"), "PULLSingleImportEnvelope needs the element hubTrackingNumber");
    refuses(
        envelope("<e:AcknowledgeFailedEnvelopeReceipt><e:message/></e:AcknowledgeFailedEnvelopeReceipt>"),
        "AcknowledgeFailedEnvelopeReceipt needs the element hubTrackingNumber",
    );
    let number = "<e:hubTrackingNumber>1</e:hubTrackingNumber>";
    refuses(
        envelope(&format!("<e:GetEnvelopeTrackingInfo>{number}{number}</e:GetEnvelopeTrackingInfo>")),
        "hubTrackingNumber stands twice",
    );
    refuses(
        envelope("<e:ValidatePhytoXML><e:ePhytoXML/><e:ePhytoXML/></e:ValidatePhytoXML>"),
        "ePhytoXML stands twice",
    );
}

#[test]
fn header_fields_that_cannot_be_used() {
    refuses(header("<h:CertificateType>85x</h:CertificateType>"), "CertificateType is '85x', a whole number is due");
    refuses(header("<h:CertificateStatus>70.0</h:CertificateStatus>"), "CertificateStatus is '70.0'");
    refuses(header("<h:CertificateType>99999999999</h:CertificateType>"), "CertificateType is '99999999999'");
    for field in ["From", "To", "CertificateType", "NPPOCertificateNumber", "Forwardings", "Content"] {
        refuses(header(&format!("<h:{field}/><{field}/>")), &format!("{field} stands twice; which one is meant?"));
    }
    refuses(header("<h:From><b>NZ</b></h:From>"), "From takes a text, but <b> begins in it");
    refuses(header("text"), "text stands where only elements may stand");
    let many = "<h:EnvelopeForwarding><h:Code>A</h:Code></h:EnvelopeForwarding>".repeat(FORWARDINGS_MAX + 1);
    refuses(header(&format!("<h:Forwardings>{many}</h:Forwardings>")), "Forwardings names more than 64 channels");
    let twice = "<h:EnvelopeForwarding><h:Code>A</h:Code><h:Code>B</h:Code></h:EnvelopeForwarding>";
    refuses(header(&format!("<h:Forwardings>{twice}</h:Forwardings>")), "Code stands twice");
}

#[test]
fn content_that_is_no_character_data() {
    refuses(with_content("a & b"), "'&' does not begin a reference here; write '&amp;'");
    refuses(with_content("&"), "'&' does not begin a reference here");
    refuses(with_content("&;"), "'&' does not begin a reference here");
    refuses(with_content("&nbsp;"), "the entity '&nbsp;' is not defined");
    refuses(with_content("&LT;"), "the entity '&LT;' is not defined");
    for reference in ["&#0;", "&#8;", "&#xD800;", "&#xFFFE;", "&#x110000;", "&#;", "&#x;", "&#1_0;", "&#+65;", "&#X41;"]
    {
        refuses(with_content(reference), &format!("'{reference}' is no reference to a character that XML allows"));
    }
    refuses(with_content("a ]]> b"), "']]>' may not stand in text; write ']]&gt;'");
    refuses(with_content("<![CDATA[ ]] >"), "this CDATA section has no end");
    refuses(with_content("<![CDATB[ ]]>"), "'<!' begins neither a comment nor a CDATA section");
    refuses(with_content("5 < 10"), "a name is due here; write a plain '<' as '&lt;'");
    refuses(with_content("<?xml version=\"1.0\"?><a/>"), "an XML declaration may only stand at the very beginning");
    refuses(
        with_content("<i:Include xmlns:i=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:1\"/>"),
        "the content is an xop:Include; MTOM is not spoken here",
    );
    refuses(header("<h:Content xsi:nil=\"true\">a</h:Content>"), "Content is xsi:nil and yet not empty");
}

#[test]
fn bytes_that_are_no_characters() {
    let broken = |bytes: &[u8]| [b"<a>\n", bytes].concat();
    refuses(broken(b"caf\xE9"), "(line 2, column 4): the bytes from here on are not UTF-8");
    refuses(broken(b"\xC0\x80"), "are not UTF-8");
    refuses(broken(b"\xED\xA0\x80"), "are not UTF-8");
    refuses(broken(b"a\x01"), "(line 2, column 2): the character U+0001 is not allowed in XML");
    refuses(broken("\u{FFFE}".as_bytes()), "the character U+FFFE is not allowed");
    refuses(broken("\u{FFFF}".as_bytes()), "the character U+FFFF is not allowed");
    refuses(b"<\0a\0/\0>\0", "U+0000 is not allowed in XML (is this UTF-16 without a byte order mark?)");
    refuses(b"\xFF\xFE<\0a", "UTF-16 by its byte order mark, but ends in half a unit");
    refuses(b"\xFF\xFE<\0\x00\xD8", "UTF-16 with half a surrogate pair");
    // Far behind the first block that is looked at, and behind a legal character of the same first byte.
    refuses(format!("<a>{}\u{FB01}\u{1}", "x".repeat(1000)), "column 1005): the character U+0001");
}

#[test]
fn xml_declarations_of_something_else() {
    let declared = |declaration: &str| format!("{declaration}{}", envelope("<e:GetProfile/>"));
    assert!(read_request(declared("<?xml version='1.0' encoding='us-ascii' standalone='no' ?>").into()).is_ok());
    assert!(read_request(declared("<?xml version=\"1.0\"\n encoding = \"utf-8\"?>\n").into()).is_ok());
    refuses(declared("<?xml version='1.0' encoding='ISO-8859-1'?>"), "the XML declaration says 'ISO-8859-1', but the");
    refuses(declared("<?xml version='1.0' encoding='UTF-16'?>"), "says 'UTF-16', but the request is read as UTF-8");
    refuses(declared("<?xml version='1.0' encoding='us-ascii'?><!--é-->"), "says 'us-ascii'");
    refuses(declared("<?xml version='1.1'?>"), "XML 1.1 is not spoken here");
    refuses(declared("<?xml encoding='UTF-8'?>"), "the XML declaration cannot be read");
    refuses(declared("<?xml version=1.0?>"), "the XML declaration cannot be read");
    refuses(declared("<?xml version='1.0'encoding='UTF-8'?>"), "the XML declaration cannot be read");
    refuses(declared("<?xml version='1.0' x='y'?>"), "an unknown or unreadable part 'x'");
    refuses("<?xml version='1.0'", "the XML declaration has no end");
    refuses(declared("\n<?xml version='1.0'?>"), "an XML declaration may only stand at the very beginning");
    let utf_16: Vec<u8> =
        declared("\u{FEFF}<?xml version='1.0' encoding='UTF-8'?>").encode_utf16().flat_map(u16::to_be_bytes).collect();
    refuses(utf_16, "says 'UTF-8', but the request is UTF-16 by its byte order mark");
}

#[test]
fn markup_that_soap_forbids() {
    let profile = envelope("<e:GetProfile/>");
    refuses(format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{profile}"), "a DOCTYPE is not allowed in a SOAP message");
    refuses(format!("<?go?>{profile}"), "a processing instruction is not allowed in a SOAP message");
    refuses(envelope("<?go?><e:GetProfile/>"), "a processing instruction is not allowed");
    refuses(envelope("<e:GetProfile><?go?></e:GetProfile>"), "a processing instruction is not allowed");
    refuses(header("<h:From><?go?></h:From>"), "a processing instruction is not allowed");
    refuses(envelope("<?go"), "this processing instruction has no end");
    refuses(format!("{profile}<?go?>"), "a processing instruction is not allowed");
}

#[test]
fn xml_that_is_not_well_formed() {
    refuses("<a", "the document ends inside this tag");
    refuses("<a></a", "the document's root is 'a'");
    refuses(envelope("<e:GetProfile></e:GetProfile"), "</e:GetProfile</s:Body> ends an element that is not open");
    refuses(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body",
        "the document ends inside this",
    );
    refuses("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>", "while <s:Body> is open");
    refuses("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"></s:Env", "ends inside an end tag");
    refuses(envelope("<e:GetProfile></e:GetProfiles>"), "</e:GetProfiles> ends an element that is not open; </e:GetP");
    refuses(envelope("<e:GetProfile a=\"1\" a=\"2\"/>"), "the attribute 'a' stands twice");
    refuses(envelope("<e:GetProfile xmlns:f=\"http://ephyto.ippc.int/\" e:a=\"\" f:a=\"\"/>"), "'f:a' stands twice");
    refuses(envelope("<e:GetProfile xmlns:a=\"1\" xmlns:a=\"2\"/>"), "the attribute 'xmlns:a' stands twice");
    refuses(envelope("<e:GetProfile a=\"<\"/>"), "'<' may not stand in the value of 'a'");
    refuses(envelope("<e:GetProfile a=\"&b;\"/>"), "the entity '&b;' is not defined");
    refuses(envelope("<e:GetProfile a=1/>"), "the value of 'a' has no quotes");
    refuses(envelope("<e:GetProfile a/>"), "'=' is due behind the attribute 'a'");
    refuses(envelope("<e:GetProfile a=\"1\"b=\"2\"/>"), "the tag of <e:GetProfile> goes wrong here");
    refuses("<a b=\"", "the value of 'b' has no end");
    refuses(envelope("<x:GetProfile/>"), "the prefix 'x' is bound to no namespace");
    refuses(envelope("<e:GetProfile x:a=\"1\"/>"), "the prefix 'x' is bound to no namespace");
    refuses(envelope("<e:GetProfile xmlns:x=\"\"/>"), "'xmlns:x' does not bind a prefix to a namespace");
    refuses(envelope("<e:GetProfile xmlns:xml=\"urn:x\"/>"), "the prefixes 'xml' and 'xmlns' and their namespaces");
    refuses(envelope("<e:GetProfile xmlns:xmlns=\"urn:x\"/>"), "the prefixes 'xml' and 'xmlns' and their namespaces");
    refuses(envelope("<e:b:GetProfile/>"), "the name 'e:b:GetProfile' has more than one colon");
    refuses(envelope("<:GetProfile/>"), "':GetProfile' is not a name");
    refuses(envelope("<e:1/>"), "'e:1' is not a name");
    refuses(envelope("<e:×/>"), "'e:×' is not a name");
    refuses(envelope("<!-- a -- b --><e:GetProfile/>"), "'--' may not stand inside a comment");
    refuses(envelope("<!-- a"), "this comment has no end");
    refuses("<![CDATA[a]]>", "a CDATA section may only stand inside an element");
}

#[test]
fn more_than_the_limits_allow() {
    refuses(header(&"<a>".repeat(DEPTH_MAX)), "elements are nested more than 100 deep");
    let attributes: String = (0..=ATTRIBUTES_MAX).map(|index| format!(" a{index}=\"\"")).collect();
    refuses(envelope(&format!("<e:GetProfile{attributes}/>")), "an element has more than 64 attributes");
    let declarations = |from: usize| -> String {
        (from..from + ATTRIBUTES_MAX).map(|index| format!(" xmlns:p{index}=\"urn:{index}\"")).collect()
    };
    let nested: String =
        (0..=NAMESPACES_MAX / ATTRIBUTES_MAX).map(|level| format!("<a{}>", declarations(level * 64))).collect();
    refuses(header(&nested), "more than 128 namespace declarations are in scope");
    refuses(envelope(&format!("<e:{}/>", "a".repeat(NAME_BYTES_MAX))), "a name is longer than 256 bytes");
    let namespace = "u".repeat(NAMESPACE_BYTES_MAX + 1);
    refuses(envelope(&format!("<GetProfile xmlns=\"{namespace}\"/>")), "a namespace is longer than 512 bytes");
}

#[test]
fn the_limits_hold_inside_a_certificate_sent_as_xml() {
    let phyto = |inside: &str| {
        envelope(&format!(
            "<e:DeliverPhytoEnvelope><e:ePhytoEnvelope><SPSCertificate>{inside}</SPSCertificate></e:ePhytoEnvelope>\
             </e:DeliverPhytoEnvelope>"
        ))
    };
    let nest = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    const OUTSIDE: usize = 5;
    assert!(read_request(phyto(&nest(DEPTH_MAX - OUTSIDE)).into()).is_ok());
    refuses(phyto(&nest(DEPTH_MAX - OUTSIDE + 1)), "elements are nested more than 100 deep");
    refuses(phyto("<a b=\"1\" b=\"2\"/>"), "the attribute 'b' stands twice");
    refuses(phyto("<a>&c;</a>"), "the entity '&c;' is not defined");
}

#[test]
fn xml_that_would_grow_without_measure_as_content() {
    let short = "<b/>".repeat(1000);
    refuses(with_content(&short), "as text, this XML would have more than 2 times the length of the request");
    refuses(with_content(&format!("<b>{}</b>", ">".repeat(1000))), "as text, this XML would have more than 2 times");
    let namespace = "u".repeat(NAMESPACE_BYTES_MAX);
    let many = "<p:b/>".repeat(100);
    refuses(
        envelope(&format!(
            "<e:DeliverEnvelope><e:env xmlns:p=\"{namespace}\"><Content>{many}</Content></e:env></e:DeliverEnvelope>"
        )),
        "as text, this XML would have more than 2 times",
    );
    refuses(
        envelope(&format!(
            "<e:DeliverPhytoEnvelope><e:ePhytoEnvelope><SPSCertificate>{short}</SPSCertificate></e:ePhytoEnvelope>\
             </e:DeliverPhytoEnvelope>"
        )),
        "as text, this XML would have more than 2 times",
    );
}

#[test]
fn a_long_text_of_the_client_is_cut_in_the_fault() {
    let long = "9".repeat(5000);
    let fault = read_request(header(&format!("<h:CertificateType>{long}</h:CertificateType>")).into())
        .expect_err("too large a number");
    assert!(fault.message.len() < 300, "{}", fault.message);
}
