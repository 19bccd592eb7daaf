//! Layer 2, structure: builds the tree from the scanner's events and compares it with the table of types, in one pass.

pub(crate) mod schema;
pub(crate) mod tree;

use std::borrow::Cow;

use phytohub_model::DocumentType;

use crate::binary;
use crate::document::Document;
use crate::findings::Findings;
use crate::header::Expected;
use crate::references;
use crate::rules::catalogue::Rule;
use crate::scanner::{Event, Scanner};
use crate::tag::Attribute;
use schema::{Child, Element, Type};
use tree::{Id, Tree};

/// Children that one type has at most; a test holds the table to it.
const CHILDREN_MAX: usize = 32;

/// Elements for which room is made at once: those of a typical certificate, so that its tree grows once at most.
const TYPICAL_NODES: usize = 256;

/// An open element.
struct Open {
    id: Id,
    kind: Type,
    /// How often each child of the type occurred, up to 255.
    occurred: [u8; CHILDREN_MAX],
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
    let mut reader = Reader { tree: Tree::with_capacity(TYPICAL_NODES), open: Vec::new(), findings, expected };
    loop {
        match scanner.next() {
            Ok(Some(Event::Start { namespace, local, at })) => {
                reader.start(&namespace, local, at);
                reader.attributes(scanner.attributes());
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
    fn start(&mut self, namespace: &str, local: &'a str, at: usize) {
        let parent = self.open.last().map(|open| open.id);
        let child = match self.open.last_mut() {
            None => None,
            Some(open) => open.take(local),
        };
        let (element, kind) = match (parent, child) {
            (None, _) => self.root_kind(namespace, local),
            (Some(_), Some((_, child))) => (child.element, child.kind),
            (Some(_), None) => (Element::Unknown, Type::Foreign),
        };
        let id = self.tree.add(parent, element, local, at);
        match (parent, child) {
            (None, _) if element == Element::Unknown => {
                let expected = self.expected_root();
                self.findings
                    .add_at(Rule::RootElement, Some(id), at)
                    .found(&qualified(namespace, local))
                    .expected(&qualified(expected.namespace(), expected.name()));
            }
            (None, _) => {}
            (Some(_), Some((slot, child))) => self.known(id, at, namespace, slot, child),
            (Some(_), None) => self.unknown(id, at, local),
        }
        self.open.push(Open { id, kind, occurred: [0; CHILDREN_MAX], latest: 0, texts: false });
    }

    fn expected_root(&self) -> Element {
        let is_response =
            self.expected.is_some_and(|expected| expected.certificate_type == DocumentType::COUNTRY_RESPONSE.0);
        if is_response { Element::SPSAcknowledgement } else { Element::SPSCertificate }
    }

    fn root_kind(&self, namespace: &str, local: &str) -> (Element, Type) {
        let expected = self.expected_root();
        match (local == expected.name() && namespace == expected.namespace(), expected) {
            (false, _) => (Element::Unknown, Type::Foreign),
            (true, Element::SPSCertificate) => (expected, Type::Certificate),
            (true, _) => (expected, Type::Foreign),
        }
    }

    /// An element at its place: how often, in which order, in which namespace.
    fn known(&mut self, id: Id, at: usize, namespace: &str, slot: usize, child: Child) {
        let Some(open) = self.open.last_mut() else { return };
        let times = open.occurred.get(slot).copied().unwrap_or_default();
        let latest = open.latest;
        open.latest = latest.max(slot);
        if namespace != child.element.namespace() {
            self.findings
                .add_at(Rule::ElementNamespace, Some(id), at)
                .element(child.element.name())
                .found(namespace)
                .expected(child.element.namespace());
        }
        if 1 < times && child.need.is_single() {
            self.findings.add_at(Rule::ElementTwice, Some(id), at).element(child.element.name()).limit(1);
        }
        if slot < latest && times == 1 {
            let before = open.kind.children().get(latest).map_or("", |child| child.element.name());
            self.findings.add_at(Rule::ElementOrder, Some(id), at).element(child.element.name()).other(before);
        }
        if child.element == Element::Signature {
            self.findings.add_at(Rule::SignatureUnchecked, Some(id), at).element(child.element.name());
        }
    }

    /// An element that does not belong here; inside of one that is not judged, everything may stand.
    fn unknown(&mut self, id: Id, at: usize, local: &str) {
        let Some(open) = self.open.last() else { return };
        if open.kind == Type::Foreign {
            return;
        }
        if Element::is_known(local) {
            let parent = self.tree.place(open.id).map_or("", |parent| parent.name());
            self.findings.add_at(Rule::ElementMisplaced, Some(id), at).element(local).other(parent);
        } else {
            self.findings.add_at(Rule::ElementUnknown, Some(id), at).element(local);
        }
    }

    fn attributes(&mut self, attributes: &[Attribute<'a>]) {
        let Some(open) = self.open.last() else { return };
        if attributes.is_empty() || open.kind == Type::Foreign {
            return;
        }
        for attribute in attributes {
            let name = attribute.name;
            // Declarations, and what other standards add (xsi:schemaLocation, xml:lang), are none of the message's.
            if !name.prefix.is_empty() || name.local == "xmlns" {
                continue;
            }
            if !ATTRIBUTES.contains(&name.local) {
                let element = self.tree.place(open.id).map_or("", |place| place.name());
                self.findings
                    .add_at(Rule::AttributeUnknown, Some(open.id), attribute.at)
                    .element(element)
                    .found(name.local);
            }
            let value = match attribute.value.contains(['&', '\t', '\r', '\n']) {
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
        for (child, &times) in open.kind.children().iter().zip(&open.occurred) {
            if times == 0 && child.need.is_mandatory() {
                self.findings.add(Rule::ElementMissing, place).missing(child.element.name());
            } else if times == 0 && child.need.is_filler() {
                self.findings.add(Rule::ElementMissingFiller, place).missing(child.element.name());
            }
        }
    }
}

impl Open {
    /// Finds the child named `local` and counts it. Children mostly come in order, so the search goes on from the last.
    fn take(&mut self, local: &str) -> Option<(usize, Child)> {
        let children = self.kind.children();
        let order = (self.latest..children.len()).chain(0..self.latest);
        for slot in order {
            let child = children.get(slot)?;
            if child.element.name() == local {
                if let Some(times) = self.occurred.get_mut(slot) {
                    *times = times.saturating_add(1);
                }
                return Some((slot, *child));
            }
        }
        None
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

#[cfg(test)]
mod tests {
    use super::schema::Need;
    use super::*;

    #[test]
    fn every_type_has_room_for_its_children() {
        let mut kinds = vec![Type::Certificate];
        let mut known = kinds.clone();
        while let Some(kind) = kinds.pop() {
            assert!(kind.children().len() <= CHILDREN_MAX, "{kind:?}");
            for child in kind.children() {
                if !known.contains(&child.kind) {
                    known.push(child.kind);
                    kinds.push(child.kind);
                }
            }
        }
        let complex = known.iter().filter(|kind| !kind.children().is_empty()).count();
        // The thirty of the message, and the two that choose the form of a date or an indicator.
        assert_eq!(complex, 32);
        assert!(Need::Once.is_single() && !Need::Some.is_single());
    }
}
