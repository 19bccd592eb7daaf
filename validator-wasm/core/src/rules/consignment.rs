//! SPSConsignment: who sends what to whom, and how.

use super::{Context, is_void, line};
use crate::codelists::List;
use crate::findings::Findings;
use crate::rules::catalogue::Rule;
use crate::structure::schema::Element;
use crate::structure::tree::Place;

pub(super) fn judge(consignment: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    for (party, rule) in
        [(Element::ConsignorSPSParty, Rule::ConsignorEmpty), (Element::ConsigneeSPSParty, Rule::ConsigneeEmpty)]
    {
        if let Some(party) = consignment.child(party) {
            judge_party(party, rule, findings);
        }
    }
    judge_countries(consignment, context, findings);
    judge_point_of_entry(consignment, context, findings);
    judge_conveyance(consignment, context, findings);
    for item in consignment.children(Element::IncludedSPSConsignmentItem) {
        line::judge_all(item, context, findings);
    }
}

fn judge_party(party: Place<'_>, rule: Rule, findings: &mut Findings<'_>) {
    if is_void(party.text_of(Element::Name)) {
        findings.add(rule, party);
    }
    let has_address = party
        .child(Element::SpecifiedSPSAddress)
        .is_some_and(|address| address.all().any(|line| line.name().starts_with("Line") && !is_void(line.text())));
    if !has_address {
        findings.add(Rule::AddressEmpty, party).element(party.name());
    }
}

fn judge_countries(consignment: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    for country in consignment.all().filter(|place| place.name().ends_with("SPSCountry")) {
        judge_country(country, context, findings);
    }
    let (exporter, importer) = (context.exporter, context.importer);
    if !exporter.is_empty()
        && exporter == importer
        && let Some(place) = consignment.child(Element::ImportSPSCountry)
    {
        findings.add(Rule::CountriesSame, place).found(importer);
    }
    for transit in consignment.children(Element::TransitSPSCountry) {
        let code = transit.text_of(Element::ID);
        if !code.is_empty() && (code == exporter || code == importer) {
            findings.add(Rule::TransitCountrySame, transit).found(code);
        }
    }
}

/// The code of an element that names a country.
pub(super) fn judge_country(country: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    let Some(code) = country.child(Element::ID) else { return };
    if code.text().is_empty() {
        findings.add(Rule::CountryEmpty, code).other(country.name());
    } else if !context.lists.contains(List::Countries, code.text()) {
        findings.add(Rule::CountryCode, code).not_in(List::Countries, code.text());
    }
}

fn judge_point_of_entry(consignment: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    let Some(place) = consignment.child(Element::UnloadingBaseportSPSLocation) else {
        findings.add(Rule::PointOfEntryEmpty, consignment);
        return;
    };
    let code = place.child(Element::ID).filter(|code| !code.text().is_empty());
    if is_void(place.text_of(Element::Name)) && code.is_none() {
        findings.add(Rule::PointOfEntryEmpty, place);
    }
    let Some(code) = code else { return };
    let text = code.text();
    match text.split_at_checked(2) {
        Some((country, rest))
            if rest.len() == 3
                && context.lists.contains(List::Countries, country)
                && rest.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'9').contains(&byte)) =>
        {
            if country != context.importer && !context.importer.is_empty() {
                findings.add(Rule::PointOfEntryCountry, code).found(text).expected(context.importer);
            }
        }
        _ => {
            findings.add(Rule::PointOfEntryCode, code).found(text);
        }
    }
}

fn judge_conveyance(consignment: Place<'_>, context: &Context<'_, '_>, findings: &mut Findings<'_>) {
    if consignment.child(Element::MainCarriageSPSTransportMovement).is_none() {
        findings.add(Rule::ConveyanceMissing, consignment);
    }
    for movement in consignment.children(Element::MainCarriageSPSTransportMovement) {
        let Some(mode) = movement.child(Element::ModeCode) else { continue };
        if mode.text().is_empty() {
            findings.add(Rule::ConveyanceModeEmpty, mode);
        } else if !context.lists.contains(List::MeansOfTransport, mode.text()) {
            findings.add(Rule::ConveyanceMode, mode).not_in(List::MeansOfTransport, mode.text());
        }
    }
}
