//! Certificates that are XML in order and hard on a validator: much of what a certificate has a little of.

use crate::{count, fill};

/// A certificate of much of one thing.
pub struct Flood {
    /// Of what.
    pub name: &'static str,
    make: fn(usize) -> String,
}

impl Flood {
    /// The certificate, of about `size` bytes.
    pub fn certificate(&self, size: usize) -> Vec<u8> {
        (self.make)(size).into()
    }
}

const fn flood(name: &'static str, make: fn(usize) -> String) -> Flood {
    Flood { name, make }
}

/// All floods.
pub const FLOODS: &[Flood] = &[
    flood("lines", |size| lines(&count(size, |index| format!("<IncludedSPSTradeLineItem>{}", line(index))))),
    flood("lines-of-one-number", |size| lines(&fill(&format!("<IncludedSPSTradeLineItem>{}", line(1)), size))),
    flood("names", |size| in_line(&count(size, |index| format!("<Description languageID='l{index}'>x</Description>")))),
    flood("names-of-one-language", |size| in_line(&fill("<Description languageID='en'>x</Description>", size))),
    flood("names-far-apart", names_far_apart),
    flood("packages", |size| in_line(&fill(PACKAGE, size))),
    flood("notes-of-a-line", |size| in_line(&count(size, |index| note("AdditionalInformationSPSNote", index)))),
    flood("classifications", |size| in_line(&fill(CLASSIFICATION, size))),
    flood("origins", |size| {
        in_line(&count(size, |index| format!("<OriginSPSCountry><ID>{index}</ID></OriginSPSCountry>")))
    }),
    flood("subdivisions", |size| in_line(&format!("<OriginSPSCountry>{}</OriginSPSCountry>", fill(SUBDIVISION, size)))),
    flood("treatments", |size| in_line(&fill(TREATMENT, size))),
    flood("countries", |size| in_consignment(&fill("<TransitSPSCountry><ID>QZ</ID></TransitSPSCountry>", size))),
    flood("countries-wrong-at-the-end", wrong_at_the_end),
    flood("conveyances", |size| in_consignment(&fill(MOVEMENT, size))),
    flood("notes", |size| in_document(&count(size, |index| note("IncludedSPSNote", index)))),
    flood("notes-of-one-subject", |size| in_document(&fill(&note("IncludedSPSNote", 1), size))),
    flood("references", |size| in_document(&fill(REFERENCE, size))),
    flood("clauses", |size| in_document(&format!("<SignatorySPSAuthentication>{}", fill(CLAUSE, size)))),
    flood("text", |size| in_document(&format!("<Name>{}</Name>", fill("x", size)))),
    flood("text-in-pieces", |size| in_document(&format!("<Name>{}</Name>", fill("x<!---->", size)))),
    flood("text-of-references", |size| in_document(&format!("<Name>{}</Name>", fill("&#120;", size)))),
    flood("numeral", |size| {
        in_line(&format!("<NetWeightMeasure unitCode='KGM'>{}</NetWeightMeasure>", fill("9", size)))
    }),
    flood("base64", |size| in_document(&attachment(&fill("QUJD", size)))),
    flood("base64-broken", |size| in_document(&attachment(&(fill("QUJD", size) + "!")))),
    flood("base64-of-base64", |size| fill("QUJD", size)),
    flood("attributes-of-a-value", |size| in_document(&count(size, attributed))),
    flood("elements-of-a-foreign-part", |size| {
        in_document(&format!("<d:Signature xmlns:d='{XMLDSIG}'>{}", fill("<d:a/>", size)))
    }),
    flood("elements-at-a-wrong-place", |size| in_document(&fill("<ItemQuantity>1</ItemQuantity>", size))),
    flood("elements-twice", |size| in_document(&fill("<ID>QM-0001</ID>", size))),
    flood("elements-out-of-order", |size| in_document(&fill("<StatusCode>70</StatusCode><ID>1</ID>", size))),
    flood("elements-of-no-namespace", |size| in_document(&fill("<Name xmlns=''>1</Name>", size))),
    flood("text-between-elements", |size| in_document(&fill("<IssuerSPSParty/>x", size))),
    flood("escaped-twice", |size| fill("&lt;SPSCertificate/&gt;", size)),
];

const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const PACKAGE: &str = "<PhysicalSPSPackage><LevelCode>4</LevelCode><TypeCode>BX</TypeCode>\
                       <ItemQuantity>1</ItemQuantity></PhysicalSPSPackage>";
const CLASSIFICATION: &str = "<ApplicableSPSClassification><SystemName>HS</SystemName><ClassCode>0803</ClassCode>\
                              </ApplicableSPSClassification>";
const SUBDIVISION: &str = "<SubordinateSPSCountrySubDivision><Name>x</Name></SubordinateSPSCountrySubDivision>";
const TREATMENT: &str = "<AppliedSPSProcess><TypeCode>ZZ</TypeCode><ApplicableSPSProcessCharacteristic><Description>x\
                         </Description></ApplicableSPSProcessCharacteristic></AppliedSPSProcess>";
const MOVEMENT: &str = "<MainCarriageSPSTransportMovement><ModeCode>1</ModeCode></MainCarriageSPSTransportMovement>";
const REFERENCE: &str =
    "<ReferenceSPSReferencedDocument><TypeCode>916</TypeCode><ID>1</ID></ReferenceSPSReferencedDocument>";
const CLAUSE: &str = "<IncludedSPSClause><ID>1</ID><Content>x</Content></IncludedSPSClause>";

fn certificate(document: &str, consignment: &str) -> String {
    let standard = "urn:un:unece:uncefact:data:standard";
    format!(
        "<c:SPSCertificate xmlns:c='{standard}:SPSCertificate:17' \
         xmlns='{standard}:ReusableAggregateBusinessInformationEntity:21'><c:SPSExchangedDocument>{document}\
         </c:SPSExchangedDocument><c:SPSConsignment>{consignment}</c:SPSConsignment></c:SPSCertificate>"
    )
}

/// What is not closed in `inside` is cut off there: the reading ends, and what was read is judged as far as it goes.
fn in_document(inside: &str) -> String {
    certificate(inside, "")
}

fn in_consignment(inside: &str) -> String {
    certificate("<ID>QM-0001</ID>", inside)
}

fn lines(lines: &str) -> String {
    in_consignment(&format!("<IncludedSPSConsignmentItem>{lines}</IncludedSPSConsignmentItem>"))
}

fn in_line(inside: &str) -> String {
    lines(&format!("<IncludedSPSTradeLineItem><SequenceNumeric>1</SequenceNumeric>{inside}</IncludedSPSTradeLineItem>"))
}

fn line(index: usize) -> String {
    format!("<SequenceNumeric>{index}</SequenceNumeric><Description>x</Description></IncludedSPSTradeLineItem>")
}

fn note(element: &str, index: usize) -> String {
    format!("<{element}><Subject>S{index}</Subject><Content>x</Content></{element}>")
}

fn attachment(base64: &str) -> String {
    format!(
        "<ReferenceSPSReferencedDocument><AttachmentBinaryObject>{base64}</AttachmentBinaryObject>\
         </ReferenceSPSReferencedDocument>"
    )
}

fn attributed(index: usize) -> String {
    let attributes: String = (0..50).map(|attribute| format!(" a{index}x{attribute}='&#65;'")).collect();
    format!("<Name{attributes}>x</Name>")
}

/// The first names are spread over half of the document, and all others, each in a language of its own, are compared
/// with them.
fn names_far_apart(size: usize) -> String {
    let name = |index| format!("<Description languageID='l{index}'>x</Description>");
    let between = fill("<ProductionBatchID>1</ProductionBatchID>", size / 500);
    let first: String = (0..250).map(|index| name(index) + &between).collect();
    in_line(&(first + &count(size / 2, |index| name(250 + index))))
}

/// Nothing is found in what is long, and much in what stands behind it: where that is has to be counted.
fn wrong_at_the_end(size: usize) -> String {
    let good = fill("<TransitSPSCountry><ID>NZ</ID><Name>x</Name></TransitSPSCountry>", size);
    in_consignment(&(good + &"<TransitSPSCountry><ID>11</ID></TransitSPSCountry>".repeat(1000)))
}
