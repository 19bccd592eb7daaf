//! Layer 3, rules: whether what the certificate says is complete, legal and consistent. They ask the tree of the
//! document; each part of the certificate has a file.

pub(crate) mod catalogue;

mod attachments;
mod consignment;
mod document;
mod envelope;
mod everywhere;
mod line;
mod notes;
mod treatment;
pub(crate) mod values;

use phytohub_model::DocumentType;

use crate::codelists::Lists;
use crate::findings::Findings;
use crate::header::Expected;
use crate::report::Certificate;
use crate::structure::schema::Element;
use crate::structure::tree::{Place, Tree};
use values::Moment;

/// What all rules of one certificate share.
pub(crate) struct Context<'c, 't> {
    pub(crate) lists: &'c Lists,
    /// When it was issued, where that can be read.
    issued: Option<Moment>,
    /// The date of issue as written.
    issued_text: &'t str,
    /// Number, type, countries as written.
    number: &'t str,
    kind: &'t str,
    importer: &'t str,
    exporter: &'t str,
}

impl Context<'_, '_> {
    fn is_export(&self) -> bool {
        self.kind == "851"
    }

    fn is_reexport(&self) -> bool {
        self.kind == "657"
    }
}

/// Judges what was read of a certificate, of which `said` is what it says of itself.
pub(crate) fn judge(
    tree: &Tree<'_>,
    said: &Certificate,
    lists: &Lists,
    expected: Option<&Expected<'_>>,
    findings: &mut Findings<'_>,
) {
    let Some(root) = tree.root().filter(|root| root.element() == Element::SPSCertificate) else { return };
    if let Some(expected) = expected {
        envelope::judge(root, expected, findings);
    }
    let document = root.child(Element::SPSExchangedDocument);
    let issued_text = document.and_then(|document| issue_date(document)).map_or("", Place::text);
    let context = Context {
        lists,
        issued: Moment::read(issued_text).ok(),
        issued_text,
        number: &said.number,
        kind: &said.kind,
        importer: &said.to,
        exporter: &said.from,
    };
    everywhere::judge(tree, &context, findings);
    if let Some(document) = document {
        document::judge(document, &context, findings);
    }
    if let Some(consignment) = root.child(Element::SPSConsignment) {
        consignment::judge(consignment, &context, findings);
    }
}

/// What the document says of itself.
pub(crate) fn identify(tree: &Tree<'_>) -> Certificate {
    let root = tree.root().filter(|root| root.element() == Element::SPSCertificate);
    let text = |path: &[Element]| {
        root.and_then(|root| root.find(path)).map_or(String::new(), |place| phytohub_model::shown(place.text()))
    };
    let (document, consignment) = (Element::SPSExchangedDocument, Element::SPSConsignment);
    Certificate {
        number: text(&[document, Element::ID]),
        kind: text(&[document, Element::TypeCode]),
        status: text(&[document, Element::StatusCode]),
        from: text(&[consignment, Element::ExportSPSCountry, Element::ID]),
        to: text(&[consignment, Element::ImportSPSCountry, Element::ID]),
    }
}

fn issue_date(document: Place<'_>) -> Option<Place<'_>> {
    date_of(document.child(Element::IssueDateTime)?)
}

/// The value of an element that holds a date, in either form.
fn date_of(place: Place<'_>) -> Option<Place<'_>> {
    place.child(Element::DateTimeString).or_else(|| place.child(Element::DateTime))
}

/// Whether a mandatory value says nothing: empty, or the filler `NULL`.
#[inline(never)]
fn is_void(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("null")
}

/// Whether `text` has more than `limit` characters; counted only where the bytes leave it open.
#[inline(never)]
fn is_longer(text: &str, limit: usize) -> bool {
    limit < text.len() && limit < text.chars().count()
}

const _: () = assert!(DocumentType::PHYTOSANITARY.0 == 851 && DocumentType::RE_EXPORT.0 == 657);
