//! SPSExchangedDocument: the certificate as a paper of its own.

use super::{Context, attachments, date_of, is_longer, is_void, notes};
use crate::codelists::List;
use crate::findings::Findings;
use crate::rules::catalogue::Rule;
use crate::structure::schema::Element;
use crate::structure::tree::Place;

/// A certificate's number, in characters.
pub(super) const NUMBER_CHARACTERS_MAX: usize = 60;

pub(super) fn judge(document: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    if let Some(number) = document.child(Element::ID) {
        if is_void(number.text()) {
            findings.add(Rule::NumberEmpty, number);
        } else if is_longer(number.text(), NUMBER_CHARACTERS_MAX) {
            findings.add(Rule::NumberLength, number).limit(NUMBER_CHARACTERS_MAX);
        }
    }
    for (element, rule, list) in [
        (Element::TypeCode, Rule::TypeCode, List::DocumentTypes),
        (Element::StatusCode, Rule::StatusCode, List::DocumentStatuses),
    ] {
        if let Some(place) = document.child(element)
            && !context.lists.contains(list, place.text())
        {
            findings.add(rule, place).not_in(list, place.text());
        }
    }
    if let Some(issued) = document.child(Element::IssueDateTime)
        && date_of(issued).is_none_or(|date| date.text().is_empty())
    {
        findings.add(Rule::IssueDateEmpty, issued);
    }
    if let Some(issuer) = document.child(Element::IssuerSPSParty)
        && is_void(issuer.text_of(Element::Name))
    {
        findings.add(Rule::IssuerEmpty, issuer);
    }
    for signatory in document.children(Element::SignatorySPSAuthentication) {
        judge_signatory(signatory, context, findings);
    }
    notes::judge_document(document, context, findings);
    attachments::judge(document, context, findings);
}

fn judge_signatory(signatory: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    if let Some(place) = signatory.child(Element::IssueSPSLocation)
        && is_void(place.text_of(Element::Name))
    {
        findings.add(Rule::PlaceOfIssueEmpty, place);
    }
    let officer = signatory.find(&[Element::ProviderSPSParty, Element::SpecifiedSPSPerson, Element::Name]);
    if officer.is_none_or(|officer| is_void(officer.text())) {
        findings.add(Rule::OfficerEmpty, officer.unwrap_or(signatory));
    }
    let mut certifies = false;
    for clause in signatory.children(Element::IncludedSPSClause) {
        let Some(id) = clause.child(Element::ID).filter(|id| !id.text().is_empty()) else { continue };
        let is_certifying = matches!(id.text(), "1" | "2");
        certifies |= is_certifying;
        if !is_certifying {
            findings.add(Rule::StatementCode, id).found(id.text());
        } else if context.is_reexport() {
            findings.add(Rule::StatementOnReexport, id).found(id.text());
        }
    }
    if context.is_export() && !certifies {
        findings.add(Rule::StatementMissing, signatory);
    }
}
