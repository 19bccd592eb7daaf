//! One golden request for each library that national systems use, with its peculiarities.

mod common;

use common::{CERTIFICATE, fields, golden_request};
use phytohub_model::HeaderFields;
use phytohub_soap::{Content, Delivery, Request, read_request};

/// 64 characters of base 64 stand for 48 bytes; this is how suds was told to send the certificate.
const BASE_64: &str = "PD94bWwgdmVyc2lvbj0iMS4wIiBlbmNvZGluZz0iVVRGLTgiPz4KPGM6Q2VydGlm";

fn delivery(client: &str) -> Delivery {
    match read_request(golden_request(client)) {
        Ok(Request::DeliverEnvelope(delivery)) => delivery,
        other => panic!("{client}: {other:?}"),
    }
}

fn said(content: &Content) -> String {
    let mut scratch = Vec::new();
    String::from_utf8(content.unescape(&mut scratch).to_vec()).expect("content is text")
}

#[test]
fn every_client_delivers_the_same_header_and_content() {
    for client in ["axis-1.4", "jax-ws", "zeep", "php", "gsoap", "soap-lite", "go", "dotnet-asmx", "npm-soap", "suds"] {
        let Delivery { mut header, content } = delivery(client);
        if client == "dotnet-asmx" {
            let named: Vec<_> = std::mem::take(&mut header.forwardings).into_iter().map(|named| named.code).collect();
            assert_eq!(named, ["ARCHIVE"], "the nil forwarding names no channel");
        }
        assert_eq!(header, fields(), "{client}");
        let said = said(&content.unwrap_or_else(|| panic!("{client}: no content")));
        match client {
            "npm-soap" => assert_eq!(said, format!("\n            {CERTIFICATE}\n          "), "white space stays"),
            "suds" => assert!(said.starts_with(BASE_64), "base 64 stays what it is"),
            _ => assert_eq!(said, CERTIFICATE, "{client}"),
        }
    }
}

#[test]
fn content_is_kept_as_each_client_wrote_it() {
    for (client, begin) in [
        ("axis-1.4", "&lt;?xml version=&quot;1.0&quot;"),
        ("jax-ws", "&lt;?xml version=\"1.0\""),
        ("go", "<![CDATA[<?xml version=\"1.0\""),
        ("npm-soap", "\n            <![CDATA[<?xml version=\"1.0\""),
    ] {
        let content = delivery(client).content.unwrap_or_else(|| panic!("{client}: no content"));
        assert!(content.raw().starts_with(begin.as_bytes()), "{client}: {content:?}");
    }
}

#[test]
fn content_is_the_same_memory_as_the_body() {
    for client in ["axis-1.4", "jax-ws", "zeep", "php", "gsoap", "soap-lite", "go", "dotnet-asmx", "npm-soap", "suds"] {
        let body = golden_request(client);
        let Ok(Request::DeliverEnvelope(Delivery { content: Some(content), .. })) = read_request(body.clone()) else {
            panic!("{client}: no content");
        };
        assert!(!content.is_empty());
        assert!(body.as_ptr_range().contains(&content.raw().as_ptr()), "{client}: content was copied");
    }
}

#[test]
fn a_certificate_sent_as_xml_becomes_content_with_the_namespaces_it_uses() {
    let Ok(Request::DeliverPhytoEnvelope(delivery)) = read_request(golden_request("gsoap-phyto")) else {
        panic!("the request is a DeliverPhytoEnvelope");
    };
    assert_eq!(delivery.header, fields());
    // ns1 is used by xsi:type alone; ns2, ns6 and ns7 by nothing.
    assert_eq!(
        said(&delivery.content.expect("the certificate")),
        "<ns5:SPSCertificate xmlns:ns5=\"urn:un:unece:uncefact:data:standard:SPSCertificate:17\" \
         xmlns:ns3=\"urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:ns1=\"http://ephyto.ippc.int/\" \
         xmlns:ns4=\"urn:un:unece:uncefact:data:standard:UnqualifiedDataType:21\">\
         <ns5:SPSExchangedDocument><ns3:ID>NZL2026/0001</ns3:ID><ns3:IssueDateTime xsi:type=\"ns1:issueDateTime\">\
         <ns4:DateTimeString>2026-11-23T10:15:00Z</ns4:DateTimeString></ns3:IssueDateTime></ns5:SPSExchangedDocument>\
         </ns5:SPSCertificate>"
    );
}

#[test]
fn requests_without_content_are_read_in_their_dialects() {
    for (client, expected) in [
        ("cxf-headers", Request::GetImportEnvelopeHeaders { from: None }),
        ("php-plain", Request::GetActiveNppos),
        (
            "dotnet-acknowledge",
            Request::AdvancedAcknowledgeEnvelopeReceipt {
                number: "00ABC".to_owned(),
                message: "Poids > 5 t\nà vérifier".to_owned(),
            },
        ),
    ] {
        assert_eq!(read_request(golden_request(client)).as_ref(), Ok(&expected), "{client}");
    }
}

#[test]
fn utf_16_with_a_mark_is_read_as_utf_8_would_be() {
    let text = String::from_utf8(golden_request("jax-ws").to_vec()).expect("text").replace("'UTF-8'", "'utf-16'");
    let big: Vec<u8> = "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let little: Vec<u8> = big.chunks(2).flat_map(|unit| [unit[1], unit[0]]).collect();
    for body in [big, little] {
        let Ok(Request::DeliverEnvelope(delivery)) = read_request(body.into()) else {
            panic!("UTF-16 is read");
        };
        assert_eq!(delivery.header, HeaderFields { ..fields() });
        assert_eq!(said(&delivery.content.expect("content")), CERTIFICATE);
    }
}
