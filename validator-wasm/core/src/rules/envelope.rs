//! The certificate against the header of its envelope.

use crate::findings::Findings;
use crate::header::Expected;
use crate::rules::catalogue::Rule;
use crate::structure::schema::Element;
use crate::structure::tree::Place;

#[inline(never)]
pub(super) fn judge(root: Place<'_>, expected: &Expected<'_>, findings: &mut Findings<'_>) {
    let (document, consignment) = (Element::SPSExchangedDocument, Element::SPSConsignment);
    let (kind, status) = (expected.certificate_type.to_string(), expected.certificate_status.to_string());
    let wanted: [(&[Element], Rule, &str); 5] = [
        (&[document, Element::ID], Rule::HeaderNumber, expected.number),
        (&[document, Element::TypeCode], Rule::HeaderType, &kind),
        (&[document, Element::StatusCode], Rule::HeaderStatus, &status),
        (&[consignment, Element::ExportSPSCountry, Element::ID], Rule::HeaderFrom, country(expected.from)),
        (&[consignment, Element::ImportSPSCountry, Element::ID], Rule::HeaderTo, country(expected.to)),
    ];
    for (path, rule, wanted) in wanted {
        // What is missing or says nothing is a finding of its own.
        if let Some(place) = root.find(path)
            && !(place.text().is_empty() && rule != Rule::HeaderType && rule != Rule::HeaderStatus)
            && !is_same_token(place.text(), wanted)
        {
            findings.add(rule, place).found(place.text()).expected(&phytohub_model::shown(wanted));
        }
    }
}

/// The country of a connection code.
fn country(code: &str) -> &str {
    code.get(..2).unwrap_or(code)
}

/// Whether two texts are the same to XML Schema's token type: white space inside counts as one blank.
fn is_same_token(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.split_ascii_whitespace(), right.split_ascii_whitespace());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (one, other) if one != other => return false,
            _ => {}
        }
    }
}
