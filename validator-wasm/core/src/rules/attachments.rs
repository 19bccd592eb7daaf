//! ReferenceSPSReferencedDocument: attached files.

use super::Context;
use crate::binary;
use crate::findings::Findings;
use crate::rules::catalogue::Rule;
use crate::structure::schema::Element;
use crate::structure::tree::Place;
use crate::tag::Known;

/// The kinds of file that receivers open: extension, and how such a file begins.
const KINDS: [(&str, &[u8]); 5] =
    [("pdf", b"%PDF"), ("png", b"\x89PNG"), ("gif", b"GIF8"), ("jpg", b"\xFF\xD8\xFF"), ("jpeg", b"\xFF\xD8\xFF")];

/// The relationship that says: the original certificate.
const ORIGINAL: &str = "AWR";

pub(super) fn judge(document: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    let mut has_original = false;
    for reference in document.children(Element::ReferenceSPSReferencedDocument) {
        if let Some(code) = reference.child(Element::RelationshipTypeCode) {
            has_original |= code.text() == ORIGINAL;
            if !matches!(code.text(), ORIGINAL | "ZZZ") {
                findings.add(Rule::AttachmentRelationship, code).found(code.text());
            }
        }
        for file in reference.children(Element::AttachmentBinaryObject) {
            judge_file(file, findings);
        }
    }
    if context.is_reexport() && !has_original {
        findings.add(Rule::OriginalMissing, document);
    }
}

#[inline(never)]
fn judge_file(file: Place<'_>, findings: &mut Findings<'_>) {
    let data = file.text();
    if data.is_empty() {
        findings.add(Rule::AttachmentEmpty, file);
    }
    let Some(name) = file.attribute(Known::FileName).filter(|name| !name.is_empty()) else {
        findings.add(Rule::AttachmentFileName, file);
        return;
    };
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let Some((_, begin)) = KINDS.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(extension)) else {
        findings.add(Rule::AttachmentFileType, file).found(name).expected("pdf, png, gif, jpg");
        return;
    };
    let mut bytes = [0; 4];
    let read = binary::begin(data, &mut bytes);
    // What is no base64 at all is a finding of the structure.
    if !data.is_empty() && binary::is_legal(data.get(..64).unwrap_or(data)) | (64 < data.len()) {
        let found = bytes.get(..read.min(begin.len())).unwrap_or_default();
        if found != *begin {
            findings.add(Rule::AttachmentContent, file).found(name);
        }
    }
}
