//! The reader against a general parser: whatever is accepted here, that one accepts too, and sees the same in it.

use proptest::prelude::*;
use quick_xml::NsReader;
use quick_xml::events::Event as Theirs;
use quick_xml::name::ResolveResult;

use super::{Event, Reader, check_document, unescape};

const GOLDEN: [&str; 4] = [
    include_str!("../../tests/golden/requests/axis-1.4.xml"),
    include_str!("../../tests/golden/requests/gsoap-phyto.xml"),
    include_str!("../../tests/golden/requests/npm-soap.xml"),
    include_str!("../../tests/golden/requests/go.xml"),
];

/// What a document says, in terms of both readers: `{namespace}local`.
#[derive(Debug, PartialEq)]
enum Said {
    Start(String, Vec<(String, String)>),
    End,
    Text(String),
}

fn say(said: &mut Vec<Said>, text: &str) {
    match said.last_mut() {
        Some(Said::Text(before)) => before.push_str(text),
        _ => said.push(Said::Text(text.to_owned())),
    }
}

fn ours(document: &str) -> Option<Vec<Said>> {
    let document = check_document(document.as_bytes()).ok()?;
    let begin = match document.starts_with("<?xml ") {
        true => document.find("?>")? + 2,
        false => 0,
    };
    let mut reader = Reader::new(document, begin);
    let mut said = Vec::new();
    loop {
        match reader.next().ok()? {
            Event::Start(start) => {
                let attributes = reader.attributes().iter().map(|attribute| {
                    let name = format!("{{{}}}{}", reader.namespace(attribute.binding), attribute.local);
                    // A general parser makes white space in attributes blanks; nothing here reads such.
                    (name, unescape(attribute.value).replace(['\t', '\n'], " "))
                });
                let attributes = attributes.collect();
                said.push(Said::Start(format!("{{{}}}{}", reader.namespace(start.binding), start.local), attributes));
            }
            Event::End(_) => said.push(Said::End),
            Event::Text(text) | Event::Section(text) => say(&mut said, &unescape(text)),
            Event::Instruction(_) => {}
            Event::Eof => return Some(said),
        }
    }
}

fn expanded(namespace: &ResolveResult<'_>, local: &str) -> String {
    match namespace {
        ResolveResult::Bound(namespace) => {
            let raw = std::str::from_utf8(namespace.into_inner().as_ref()).expect("text").to_owned();
            format!("{{{}}}{local}", unescape(&raw))
        }
        ResolveResult::Unbound => format!("{{}}{local}"),
        ResolveResult::Unknown(prefix) => panic!("the prefix {prefix:?} is not bound"),
    }
}

fn theirs(document: &str) -> Vec<Said> {
    let mut reader = NsReader::from_str(document);
    reader.config_mut().check_comments = true;
    reader.config_mut().expand_empty_elements = true;
    let mut said = Vec::new();
    let mut depth = 0;
    loop {
        let (namespace, event) = reader.read_resolved_event().expect("accepted by a general parser too");
        match event {
            Theirs::Start(start) => {
                depth += 1;
                let name = expanded(&namespace, start.local_name().into_inner());
                let mut attributes = Vec::new();
                for attribute in start.attributes() {
                    let attribute = attribute.expect("accepted by a general parser too");
                    if attribute.key.as_namespace_binding().is_some() {
                        continue;
                    }
                    let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
                    let value = quick_xml::escape::unescape(&attribute.value).expect("references are legal");
                    attributes.push((
                        expanded(&namespace, local.into_inner()),
                        value.replace("\r\n", " ").replace(['\t', '\n', '\r'], " "),
                    ));
                }
                said.push(Said::Start(name, attributes));
            }
            Theirs::End(_) => {
                depth -= 1;
                said.push(Said::End);
            }
            Theirs::Text(text) if depth > 0 => say(&mut said, &text.replace("\r\n", "\n").replace('\r', "\n")),
            Theirs::CData(text) => say(&mut said, &text.replace("\r\n", "\n").replace('\r', "\n")),
            Theirs::GeneralRef(name) => {
                let text = format!("&{};", &*name);
                say(&mut said, &quick_xml::escape::unescape(&text).expect("references are legal"));
            }
            Theirs::Eof => return said,
            _ => {}
        }
    }
}

/// Parts of an element, deep and wide enough to mix prefixes and default namespaces. The prefix p is bound outside.
fn part() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec![
        "text",
        " ",
        "&lt;&#65;&#x1F33F;",
        "<![CDATA[<&>]] ]]>",
        "<!-- - -->",
        "<?p i?>",
        "\r\n",
        "]",
        "a>b",
    ]);
    text.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
        let name = prop::sample::select(vec!["e", "p:e", "é-1", "p:_.x"]);
        let declaration =
            prop::sample::select(vec!["", " xmlns='urn:d'", " xmlns:p=\"urn:p&amp;q\"", " xmlns:p='urn:r'"]);
        let attribute = prop::sample::select(vec!["", " a=\"1 &lt;\n\"", "\n a = '\"' p:a=\"'\"", " xml:lang=''"]);
        let inside = prop::collection::vec(inner, 0..4);
        (name, declaration, attribute, inside).prop_map(|(name, declaration, attribute, inside)| match inside.len() {
            0 => format!("<{name}{declaration}{attribute}/>"),
            _ => format!("<{name}{attribute}{declaration}>{}</{name} >", inside.concat()),
        })
    })
}

#[test]
fn golden_requests_say_the_same_to_both() {
    for document in GOLDEN {
        assert_eq!(ours(document).expect("a golden request is well-formed"), theirs(document));
    }
}

proptest! {
    #[test]
    fn documents_say_the_same_to_both(inside in prop::collection::vec(part(), 0..4)) {
        let document = format!("<!-- c --><root xmlns:p='urn:p'>{}</root>\n", inside.concat());
        let ours = ours(&document);
        prop_assert!(ours.is_some(), "{document} is well-formed");
        prop_assert_eq!(ours.expect("well-formed"), theirs(&document));
    }

    #[test]
    fn what_is_accepted_here_is_accepted_there(
        golden in prop::sample::select(GOLDEN.to_vec()),
        put in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![
            "<", ">", "&", "/", "<!-- c -->", "--", "<![CDATA[a]]>", "]]>", "<?p i?>", "\"", "'", "=", " a:b=\"c\"",
            "<a>", "</a>", "<a/>", "&#x41;", "&lt;", ":", "é", " xmlns=\"\"", " xmlns:a=\"b\"", " ", "\r\n", "x",
            " x='y'",
        ])), 1..3),
    ) {
        let mut document = golden.to_owned();
        for (place, markup) in put {
            let place = place.index(document.len() + 1);
            let place = (0..=place).rev().find(|&place| document.is_char_boundary(place)).unwrap_or(0);
            document.insert_str(place, markup);
        }
        if let Some(ours) = ours(&document) {
            prop_assert_eq!(ours, theirs(&document));
        }
    }
}
