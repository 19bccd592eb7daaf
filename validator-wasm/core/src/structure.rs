//! Layer 2, structure: builds the tree from the scanner's events and compares it with the table of types, in one pass.

mod names;
pub(crate) mod schema;
mod slots;
pub(crate) mod tree;

use std::borrow::Cow;

use phytohub_model::DocumentType;

use crate::binary;
use crate::document::Document;
use crate::findings::Findings;
use crate::header::Expected;
use crate::references;
use crate::rules::catalogue::Rule;
use crate::scanner::{Event, Name, Scanner};
use crate::tag::Attribute;
use schema::{Element, Type};
use tree::{Id, Tree};

/// Bytes of the document for each element for which room is made at once. Typical ones have 50 to 60, so that the tree
/// need not grow; room that is not used is not touched.
const BYTES_A_NODE: usize = 48;

/// An open element.
struct Open {
    id: Id,
    kind: Type,
    /// The children of the type that occurred, as bits.
    seen: u32,
    /// The child that comes latest in the schema's order, of those that occurred.
    latest: usize,
    /// Whether text between its elements was reported.
    texts: bool,
}

struct Reader<'a, 'f, 'p, 'e> {
    tree: Tree<'a>,
    open: Vec<Open>,
    findings: &'f mut Findings<'p>,
    expected: Option<&'e Expected<'e>>,
}

/// Reads `document` to its end, or to where it stops being XML. What was read stands in the tree in both cases; whether
/// it is all of the document comes with it.
pub(crate) fn read<'a>(
    document: &'a Document<'_>,
    expected: Option<&Expected<'_>>,
    findings: &mut Findings<'_>,
) -> (Tree<'a>, bool) {
    let mut scanner = Scanner::new(document);
    let mut reader =
        Reader { tree: Tree::with_capacity(document.text.len() / BYTES_A_NODE), open: Vec::new(), findings, expected };
    loop {
        match scanner.next() {
            Ok(Some(Event::Leaf { name, at, text })) => reader.leaf(name, &scanner, at, text),
            Ok(Some(Event::Start { name, at })) => {
                let (id, kind) = reader.start(name, &scanner, at);
                reader.attributes(id, kind, scanner.attributes());
                reader.open.push(Open { id, kind, seen: 0, latest: 0, texts: false });
            }
            Ok(Some(Event::Text(text))) => reader.text(text),
            Ok(Some(Event::Character(character))) => reader.character(character),
            Ok(Some(Event::End { .. })) => reader.end(),
            Ok(None) => return (reader.tree, true),
            Err(error) => {
                let node = reader.open.last().map(|open| open.id);
                error.kind.report(reader.findings.add_at(error.kind.rule(), node, error.at));
                return (reader.tree, false);
            }
        }
    }
}

impl<'a> Reader<'a, '_, '_, '_> {
    /// An element with nothing inside but `text`.
    #[inline(always)]
    fn leaf(&mut self, name: Name<'a>, scanner: &Scanner<'a>, at: usize, text: &'a str) {
        let (id, kind) = self.start(name, scanner, at);
        self.attributes(id, kind, scanner.attributes());
        if kind.is_value() && kind != Type::Base64 {
            self.tree.set_text(text);
        } else if kind != Type::Foreign {
            self.open.push(Open { id, kind, seen: 0, latest: 0, texts: false });
            self.text(text);
            self.end();
        }
    }

    /// Adds the element to the tree and judges its place; gives it and what may stand inside.
    #[inline(always)]
    fn start(&mut self, name: Name<'a>, scanner: &Scanner<'a>, at: usize) -> (Id, Type) {
        let Some(open) = self.open.last_mut() else { return self.root(name, scanner, at) };
        let parent = open.id;
        let Some((slot, child)) = open.kind.child(name.element) else {
            let id = self.tree.add(Some(parent), Element::Unknown, name.local, at);
            self.unknown(id, at, name);
            return (id, Type::Foreign);
        };
        let id = self.tree.add(Some(parent), child.element, name.local, at);
        let bit = 1 << slot;
        let is_first = open.seen & bit == 0;
        let latest = open.latest;
        open.seen |= bit;
        open.latest = latest.max(slot);
        if name.namespace != child.element.namespace() {
            self.other_namespace(id, at, child.element, scanner.namespace());
        }
        if !is_first && child.need.is_single() {
            self.findings.add_at(Rule::ElementTwice, Some(id), at).element(child.element.name()).limit(1);
        }
        if slot < latest && is_first {
            self.out_of_order(id, at, child.element, latest);
        }
        if child.element == Element::Signature {
            self.findings.add_at(Rule::SignatureUnchecked, Some(id), at).element(child.element.name());
        }
        (id, child.kind)
    }

    fn root(&mut self, name: Name<'a>, scanner: &Scanner<'a>, at: usize) -> (Id, Type) {
        let expected = self.expected_root();
        let is_expected = name.element == expected && name.namespace == expected.namespace();
        let (element, kind) = match is_expected {
            false => (Element::Unknown, Type::Foreign),
            true if expected == Element::SPSCertificate => (expected, Type::Certificate),
            true => (expected, Type::Foreign),
        };
        let id = self.tree.add(None, element, name.local, at);
        if !is_expected {
            self.findings
                .add_at(Rule::RootElement, Some(id), at)
                .found(&qualified(scanner.namespace(), name.local))
                .expected(&qualified(expected.namespace().name(), expected.name()));
        }
        (id, kind)
    }

    fn expected_root(&self) -> Element {
        let is_response =
            self.expected.is_some_and(|expected| expected.certificate_type == DocumentType::COUNTRY_RESPONSE.0);
        if is_response { Element::SPSAcknowledgement } else { Element::SPSCertificate }
    }

    fn other_namespace(&mut self, id: Id, at: usize, element: Element, found: &str) {
        self.findings
            .add_at(Rule::ElementNamespace, Some(id), at)
            .element(element.name())
            .found(found)
            .expected(element.namespace().name());
    }

    /// `element` stands behind the child `latest`, which comes later in the schema.
    fn out_of_order(&mut self, id: Id, at: usize, element: Element, latest: usize) {
        let before = self.open.last().and_then(|open| open.kind.children().get(latest));
        let before = before.map_or("", |child| child.element.name());
        self.findings.add_at(Rule::ElementOrder, Some(id), at).element(element.name()).other(before);
    }

    /// An element that does not belong here; inside of one that is not judged, everything may stand.
    fn unknown(&mut self, id: Id, at: usize, name: Name<'a>) {
        let Some(open) = self.open.last() else { return };
        if open.kind == Type::Foreign {
            return;
        }
        let local = name.local;
        if name.element != Element::Unknown {
            let parent = self.tree.place(open.id).map_or("", |parent| parent.name());
            self.findings.add_at(Rule::ElementMisplaced, Some(id), at).element(local).other(parent);
        } else {
            self.findings.add_at(Rule::ElementUnknown, Some(id), at).element(local);
        }
    }

    /// The attributes of the element added last.
    #[inline(always)]
    fn attributes(&mut self, id: Id, kind: Type, attributes: &[Attribute<'a>]) {
        if !attributes.is_empty() && kind != Type::Foreign {
            self.judge_attributes(id, attributes);
        }
    }

    fn judge_attributes(&mut self, id: Id, attributes: &[Attribute<'a>]) {
        for attribute in attributes {
            let name = attribute.name;
            // Declarations, and what other standards add (xsi:schemaLocation, xml:lang), are none of the message's.
            if !name.prefix.is_empty() || name.local == "xmlns" {
                continue;
            }
            if !ATTRIBUTES.contains(&name.local) {
                let element = self.tree.place(id).map_or("", |place| place.name());
                self.findings.add_at(Rule::AttributeUnknown, Some(id), attribute.at).element(element).found(name.local);
            }
            let value = match attribute.value.bytes().any(|byte| matches!(byte, b'&' | b'\t' | b'\r' | b'\n')) {
                true => Cow::Owned(references::resolve(attribute.value)),
                false => Cow::Borrowed(attribute.value),
            };
            self.tree.add_attribute(name.local, value);
        }
    }

    fn text(&mut self, text: &'a str) {
        let Some(open) = self.open.last_mut() else { return };
        if open.kind.is_value() {
            self.tree.add_text(open.id, text);
        } else if open.kind != Type::Foreign && !open.texts && !text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            self.misplaced_text();
        }
    }

    fn character(&mut self, character: char) {
        let Some(open) = self.open.last_mut() else { return };
        if open.kind.is_value() {
            self.tree.add_character(open.id, character);
        } else if open.kind != Type::Foreign && !open.texts && !character.is_ascii_whitespace() {
            self.misplaced_text();
        }
    }

    /// Reported once an element.
    fn misplaced_text(&mut self) {
        let Some(open) = self.open.last_mut() else { return };
        open.texts = true;
        if let Some(place) = self.tree.place(open.id) {
            self.findings.add(Rule::TextMisplaced, place).element(place.name());
        }
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let Some(place) = self.tree.place(open.id) else { return };
        if open.kind == Type::Base64 && !binary::is_legal(place.text()) {
            self.findings.add(Rule::Base64, place).element(place.name());
        }
        let [mandatory, fillers] = open.kind.missing(open.seen);
        for (missing, rule) in [(mandatory, Rule::ElementMissing), (fillers, Rule::ElementMissingFiller)] {
            if missing == 0 {
                continue;
            }
            for (child, slot) in open.kind.children().iter().zip(0..) {
                if missing >> slot & 1 == 1 {
                    self.findings.add(rule, place).missing(child.element.name());
                }
            }
        }
    }
}

/// `{namespace}local`, the usual short form.
fn qualified(namespace: &str, local: &str) -> String {
    if namespace.is_empty() { local.to_owned() } else { format!("{{{namespace}}}{local}") }
}

/// The attributes that the data types have, by local name.
const ATTRIBUTES: [&str; 26] = [
    "languageID",
    "unitCode",
    "filename",
    "listName",
    "mimeCode",
    "name",
    "schemeID",
    "listID",
    "format",
    "encodingCode",
    "characterSetCode",
    "uri",
    "languageLocaleID",
    "listAgencyID",
    "listAgencyName",
    "listVersionID",
    "listURI",
    "listSchemeURI",
    "schemeName",
    "schemeAgencyID",
    "schemeAgencyName",
    "schemeVersionID",
    "schemeDataURI",
    "schemeURI",
    "unitCodeListVersionID",
    "unitCodeListID",
];
