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
use crate::scanner::{DEPTH_USUAL, Scanner, Sink, Start};
use crate::tag::Attribute;
use schema::{Child, Element, Type};
use tree::{Id, Tree};

/// An open element.
struct Open {
    id: Id,
    kind: Type,
    /// The children of the type that occurred, as bits.
    seen: u32,
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
    let mut reader =
        Reader { tree: Tree::of(&document.text), open: Vec::with_capacity(DEPTH_USUAL), findings, expected };
    let read = Scanner::new(document).read(&mut reader);
    let is_whole = match read {
        Ok(()) => true,
        Err(error) => {
            let node = reader.open.last().map(|open| open.id);
            error.kind.report(reader.findings.add_at(error.kind.rule(), node, error.at));
            false
        }
    };
    for open in &reader.open {
        reader.tree.close(open.id);
    }
    (reader.tree, is_whole)
}

impl<'a> Sink<'a> for Reader<'a, '_, '_, '_> {
    #[inline(always)]
    fn start(&mut self, start: Start, scanner: &Scanner<'a>) {
        let (id, kind) = self.add(start, scanner);
        self.open.push(Open { id, kind, seen: 0, texts: false });
    }

    #[inline(always)]
    fn leaf(&mut self, start: Start, text: &'a str, scanner: &Scanner<'a>) {
        let (id, kind) = self.add(start, scanner);
        if kind.is_value() {
            self.tree.set_text(text);
            if kind == Type::Base64 {
                self.base64(id);
            }
        } else if kind != Type::Foreign {
            self.open.push(Open { id, kind, seen: 0, texts: false });
            self.text(text);
            self.end();
        }
    }

    #[inline(never)]
    fn text(&mut self, text: &str) {
        let Some(open) = self.open.last_mut() else { return };
        if open.kind.is_value() {
            self.tree.add_text(open.id, text);
        } else if open.kind != Type::Foreign && !open.texts && !text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            self.misplaced_text();
        }
    }

    #[inline(always)]
    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.tree.close(open.id);
        if open.kind == Type::Base64 {
            self.base64(open.id);
        }
        let [mandatory, fillers] = open.kind.missing(open.seen);
        if mandatory | fillers != 0 {
            self.missing(&open, [(mandatory, Rule::ElementMissing), (fillers, Rule::ElementMissingFiller)]);
        }
    }
}

impl<'a> Reader<'a, '_, '_, '_> {
    /// Adds the element with its attributes to the tree and judges its place; gives it and what may stand inside.
    #[inline(always)]
    fn add(&mut self, start: Start, scanner: &Scanner<'a>) -> (Id, Type) {
        let (id, kind) = self.add_alone(start, scanner);
        if !scanner.attributes().is_empty() && kind != Type::Foreign {
            self.judge_attributes(id, scanner.attributes());
        }
        (id, kind)
    }

    /// As [`Self::add`], without its attributes.
    #[inline(always)]
    fn add_alone(&mut self, start: Start, scanner: &Scanner<'a>) -> (Id, Type) {
        let Some(open) = self.open.last_mut() else { return self.root(start, scanner) };
        let parent = open.id;
        let Some((slot, child)) = open.kind.child(start.element) else { return self.unknown(parent, start) };
        // This child, and above it those that come later in the schema's order.
        let since = open.seen >> slot;
        open.seen |= 1 << slot;
        let id = self.tree.add(Some(parent), child.element, start.at);
        let is_other = start.namespace != child.namespace;
        if is_other | (1 < since) | ((since == 1) & child.need.is_single()) | (child.kind == Type::Foreign) {
            self.misplaced(id, start, child, since, scanner);
        }
        (id, child.kind)
    }

    /// What is wrong with a child that its type has, if anything is.
    #[cold]
    #[inline(never)]
    fn misplaced(&mut self, id: Id, start: Start, child: Child, since: u32, scanner: &Scanner<'_>) {
        let (at, name) = (start.at, child.element.name());
        if start.namespace != child.namespace {
            let found = scanner.namespace(at);
            let add = self.findings.add_at(Rule::ElementNamespace, Some(id), at);
            add.element(name).found(found).expected(child.namespace.name());
        }
        let is_first = since & 1 == 0;
        if !is_first && child.need.is_single() {
            self.findings.add_at(Rule::ElementTwice, Some(id), at).element(name).limit(1);
        }
        if is_first
            && let Some(open) = self.open.last()
            && let Some(latest) = open.seen.checked_ilog2()
            && since != 0
        {
            let before = open.kind.children().get(latest as usize).map_or("", |child| child.element.name());
            self.findings.add_at(Rule::ElementOrder, Some(id), at).element(name).other(before);
        }
        if child.element == Element::Signature {
            self.findings.add_at(Rule::SignatureUnchecked, Some(id), at).element(name);
        }
    }

    #[inline(never)]
    fn root(&mut self, start: Start, scanner: &Scanner<'_>) -> (Id, Type) {
        let expected = self.expected_root();
        let is_expected = start.element == expected && start.namespace == expected.namespace();
        let (element, kind) = match is_expected {
            false => (Element::Unknown, Type::Foreign),
            true if expected == Element::SPSCertificate => (expected, Type::Certificate),
            true => (expected, Type::Foreign),
        };
        let id = self.tree.add(None, element, start.at);
        if !is_expected {
            let local = self.tree.place(id).map_or("", |root| root.name());
            self.findings
                .add_at(Rule::RootElement, Some(id), start.at)
                .found(&qualified(scanner.namespace(start.at), local))
                .expected(&qualified(expected.namespace().name(), expected.name()));
        }
        (id, kind)
    }

    fn expected_root(&self) -> Element {
        let is_response =
            self.expected.is_some_and(|expected| expected.certificate_type == DocumentType::COUNTRY_RESPONSE.0);
        if is_response { Element::SPSAcknowledgement } else { Element::SPSCertificate }
    }

    /// An element that does not belong here; inside of one that is not judged, everything may stand.
    #[inline(never)]
    fn unknown(&mut self, parent: Id, start: Start) -> (Id, Type) {
        let id = self.tree.add(Some(parent), Element::Unknown, start.at);
        let is_judged = self.open.last().is_some_and(|open| open.kind != Type::Foreign);
        if is_judged && let (Some(place), Some(parent)) = (self.tree.place(id), self.tree.place(parent)) {
            if start.element != Element::Unknown {
                self.findings.add(Rule::ElementMisplaced, place).element(place.name()).other(parent.name());
            } else {
                self.findings.add(Rule::ElementUnknown, place).element(place.name());
            }
        }
        (id, Type::Foreign)
    }

    /// The attributes of the element added last.
    #[inline(never)]
    fn judge_attributes(&mut self, id: Id, attributes: &[Attribute<'a>]) {
        for attribute in attributes {
            let name = attribute.name;
            // Declarations, and what other standards add (xsi:schemaLocation, xml:lang), are none of the message's.
            if !name.prefix.is_empty() || name.local == "xmlns" {
                continue;
            }
            if attribute.known.is_none() && !ATTRIBUTES.contains(&name.local) {
                let element = self.tree.place(id).map_or("", |place| place.name());
                self.findings.add_at(Rule::AttributeUnknown, Some(id), attribute.at).element(element).found(name.local);
            }
            let Some(known) = attribute.known else { continue };
            let value = match attribute.value.bytes().any(|byte| matches!(byte, b'&' | b'\t' | b'\r' | b'\n')) {
                true => Cow::Owned(references::resolve(attribute.value)),
                false => Cow::Borrowed(attribute.value),
            };
            self.tree.add_attribute(known, value);
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

    fn base64(&mut self, id: Id) {
        if let Some(place) = self.tree.place(id)
            && !binary::is_legal(place.text())
        {
            self.findings.add(Rule::Base64, place).element(place.name());
        }
    }

    /// The children of the type that did not occur, as bits, and what that breaks.
    #[cold]
    fn missing(&mut self, open: &Open, missing: [(u32, Rule); 2]) {
        let Some(place) = self.tree.place(open.id) else { return };
        for (missing, rule) in missing {
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
