//! Content: what comes in is what goes out, whatever it says and however it is written.

mod common;

use common::{envelope, golden_request, with_content};
use phytohub_soap::{Content, Delivery, Operation, Request, client, read_request};
use proptest::prelude::*;

fn read(body: String) -> Option<Content> {
    match read_request(body.clone().into()) {
        Ok(Request::DeliverEnvelope(Delivery { content, .. })) => content,
        other => panic!("{body}: {other:?}"),
    }
}

#[track_caller]
fn becomes(inside: &str, raw: &str, said: &str) {
    let content = read(with_content(inside)).expect("content");
    assert_eq!(String::from_utf8_lossy(content.raw()), raw);
    assert_eq!(say(&content), said);
}

fn say(content: &Content) -> String {
    let mut scratch = b"left from before".to_vec();
    String::from_utf8(content.unescape(&mut scratch).to_vec()).expect("content is text")
}

/// Text as a client would put it in CDATA: `]]>` split over two sections.
fn in_sections(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

#[test]
fn character_data_stays_as_it_came() {
    for (inside, said) in [
        ("plain", "plain"),
        (" \n\t ", " \n\t "),
        ("&lt;a b=&quot;&apos;&quot;/&gt;&amp;amp;", "<a b=\"'\"/>&amp;"),
        ("&#65;&#x42;&#x1F33f;&#0067;", "AB\u{1F33F}C"),
        ("a > b ]] c", "a > b ]] c"),
        ("<![CDATA[<a>&amp;]]>", "<a>&amp;"),
        ("<![CDATA[]]>", ""),
        ("<![CDATA[]]]]><![CDATA[>]]>", "]]>"),
        (" <![CDATA[a]]> &lt; <![CDATA[b]]>", " a < b"),
        ("a\r\nb\rc<![CDATA[d\r\ne\r]]>&#13;\n", "a\nb\ncd\ne\n\r\n"),
        ("é\u{85}\u{7F}\u{10FFFF}", "é\u{85}\u{7F}\u{10FFFF}"),
    ] {
        becomes(inside, inside, said);
    }
}

#[test]
fn markup_in_content_becomes_text_once() {
    becomes("a<!-- b -->c<?d e?>f", "acf", "acf");
    becomes("<![CDATA[a]]><!-- b -->&amp;", "<![CDATA[a]]>&amp;", "a&");
    becomes("]]<!-- a -->>", "]]&gt;", "]]>");
    becomes("a<b/>c", "a&lt;b/&gt;c", "a<b/>c");
    becomes(
        "\n<b xmlns=\"urn:b\" c='\"&lt;'>1 &amp; 2<!-- x --><![CDATA[<]]>]]<?y?>></b >\n",
        "\n&lt;b xmlns=\"urn:b\" c='\"&amp;lt;'&gt;1 &amp;amp; 2&lt;![CDATA[&lt;]]&gt;]]&amp;gt;&lt;/b &gt;\n",
        "\n<b xmlns=\"urn:b\" c='\"&lt;'>1 &amp; 2<![CDATA[<]]>]]&gt;</b >\n",
    );
}

#[test]
fn an_element_in_content_brings_the_namespaces_it_uses() {
    // h is used by the element, s by an attribute, e by nothing; xsi by the attribute, and e by the type's name.
    becomes(
        "<h:a s:b=\"\"/>",
        "&lt;h:a xmlns:h=\"http://ephyto.ippc.int/HUB.Entities\" xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:b=\"\"/&gt;",
        "<h:a xmlns:h=\"http://ephyto.ippc.int/HUB.Entities\" xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:b=\"\"/>",
    );
    let text = say(&read(with_content("<a><b xsi:type=\"e:c\"/><s:d xmlns:s=\"urn:s\"/></a>")).expect("content"));
    assert_eq!(
        text,
        "<a xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:e=\"http://ephyto.ippc.int/\">\
         <b xsi:type=\"e:c\"/><s:d xmlns:s=\"urn:s\"/></a>"
    );
    let inside = "<DeliverEnvelope xmlns=\"http://ephyto.ippc.int/\"><env><Content><a xml:lang=\"en\"><b xmlns=\"\"/>\
                  </a></Content></env></DeliverEnvelope>";
    let text = say(&read(envelope(inside)).expect("content"));
    assert_eq!(text, "<a xmlns=\"http://ephyto.ippc.int/\" xml:lang=\"en\"><b xmlns=\"\"/></a>");
    let inside = "<DeliverEnvelope xmlns=\"http://ephyto.ippc.int/\"><env xmlns:q=\"u:&amp;&quot;&lt;\"><Content>\
                  <q:a/></Content></env></DeliverEnvelope>";
    let text = say(&read(envelope(inside)).expect("content"));
    assert_eq!(text, "<q:a xmlns:q=\"u:&amp;&quot;&lt;\"/>", "a namespace is escaped anew");
}

#[test]
fn content_can_be_missing_nil_or_blank() {
    let request = |inside: &str| envelope(&format!("<e:DeliverEnvelope><e:env>{inside}</e:env></e:DeliverEnvelope>"));
    assert_eq!(read(request("")), None);
    assert_eq!(read(request("<h:Content xsi:nil=\"true\"/>")), None);
    assert_eq!(read(request("<h:Content xsi:nil=\" 1 \"> </h:Content>")), None);
    assert_eq!(read(request("<h:Content nil=\"true\">a</h:Content>")), Some(Content::from_text("a")));
    for blank in ["<h:Content/>", "<h:Content></h:Content>", "<Content>\n<![CDATA[ \t]]>&#32;&#xD;</Content>"] {
        assert!(read(request(blank)).expect("content").is_blank(), "{blank}");
    }
    assert!(!read(request("<Content> <![CDATA[ . ]]></Content>")).expect("content").is_blank());
    assert!(!Content::from_text("\u{A0}").is_blank(), "XML's white space is ASCII");
}

#[test]
fn unescape_borrows_where_nothing_is_escaped() {
    for (raw, skipped) in [("plain é", 0), ("<![CDATA[<a>&b]]>", "<![CDATA[".len())] {
        let content = read(with_content(raw)).expect("content");
        let mut scratch = Vec::new();
        assert_eq!(content.unescape(&mut scratch).as_ptr(), content.raw()[skipped..].as_ptr(), "{raw}");
        assert_eq!(scratch.capacity(), 0);
    }
}

#[test]
fn characters_that_xml_does_not_have_are_replaced_when_written() {
    assert_eq!(say(&Content::from_text("a\u{0}b\u{1F}c\u{FFFF}")), "a\u{FFFD}b\u{FFFD}c\u{FFFD}");
}

/// Any text of characters that XML has, rich in what is special.
fn legal_text() -> impl Strategy<Value = String> {
    let special =
        prop::sample::select(vec!["]]>", "]]", "]", ">", "<", "&", "&amp;", "<![CDATA[", "\r\n", "\r", "\"", "é"]);
    let legal = any::<char>().prop_map(|character| match character {
        '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => '\t',
        _ => character,
    });
    prop::collection::vec(prop_oneof![special.prop_map(str::to_owned), legal.prop_map(String::from)], 0..40)
        .prop_map(|parts| parts.concat())
}

const GOLDEN: [&str; 14] = [
    "axis-1.4",
    "cxf-headers",
    "dotnet-acknowledge",
    "dotnet-asmx",
    "go",
    "gsoap",
    "gsoap-phyto",
    "jax-ws",
    "npm-soap",
    "php",
    "php-plain",
    "soap-lite",
    "suds",
    "zeep",
];

proptest! {
    #[test]
    fn escaped_text_is_said_again(text in legal_text()) {
        let body = client::deliver(Operation::DeliverEnvelope, &common::fields(), &text);
        let content = read(String::from_utf8(body).expect("text")).expect("content");
        prop_assert_eq!(say(&content), text.clone());
        prop_assert_eq!(Content::from_text(&text), content);
    }

    #[test]
    fn text_in_sections_is_said_again(text in legal_text()) {
        let sections = in_sections(&text);
        let content = read(with_content(&sections)).expect("content");
        prop_assert_eq!(content.raw().as_ref(), sections.as_bytes());
        // The one change a reader of XML makes: line ends.
        prop_assert_eq!(say(&content), text.replace("\r\n", "\n").replace('\r', "\n"));
    }

    #[test]
    fn a_request_with_bytes_changed_is_read_or_refused(
        golden in prop::sample::select(GOLDEN.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut body = golden_request(golden).to_vec();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        let _ = read_request(body.clone().into());
        // Behind the last tag there may be a line end, which nobody misses.
        body.truncate(cut.index(body.trim_ascii_end().len() - 1));
        prop_assert!(read_request(body.into()).is_err(), "half a request is none");
    }

    #[test]
    fn a_request_with_markup_put_in_is_read_or_refused(
        golden in prop::sample::select(GOLDEN.to_vec()),
        put in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![
            "<", ">", "&", "/>", "</", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "\"", "'", "=", " xmlns:a=\"b\"",
            "<a>", "</a>", "<a/>", "&#x0;", "&lt;", ":", "\u{0}", "é", "xmlns=\"\"", "<!DOCTYPE", "xsi:nil=\"1\"",
        ])), 1..6),
    ) {
        let mut body = String::from_utf8(golden_request(golden).to_vec()).expect("golden requests are text");
        for (place, markup) in put {
            let place = place.index(body.len() + 1);
            let place = (0..=place).rev().find(|&place| body.is_char_boundary(place)).unwrap_or(0);
            body.insert_str(place, markup);
        }
        let _ = read_request(body.into());
    }

    #[test]
    fn bytes_of_any_kind_are_refused_without_harm(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_request(body.into()).is_err());
    }
}
