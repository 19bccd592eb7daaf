//! Requests and certificates that attack whoever reads them, of any size, with what must be said of each.
//!
//! One table for all: the reader of requests, the validator and the whole hub are tried on the same attacks. An attack
//! is a function of a size in bytes, so that it can be shown that twice the size is at most twice the work.

mod certificates;
mod documents;
mod encodings;
mod envelopes;
mod shapes;

pub use certificates::{FLOODS, Flood};
pub use shapes::{SHAPES, Shape};

/// What must become of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A fault of the client's that says this.
    Fault(&'static str),
    /// That fault, or the one that its XML would grow as text.
    FaultOrGrown(&'static str),
    /// It is a legal request for this operation, and harmless.
    Read(&'static str),
    /// As [`Self::Read`], or the fault that its XML would grow as text.
    ReadOrGrown(&'static str),
}

/// What a content that grows without measure is told.
pub const GROWN: &str = "as text, this XML would have more than 2 times the length of the request";

/// Where an attack stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is the whole body.
    Document,
    /// In the header of the SOAP envelope, which nobody reads.
    SoapHeader,
    /// In a field of the hub's envelope that the contract does not know.
    Field,
    /// In the content of ValidatePhytoXML.
    Content,
    /// In a certificate that is sent as XML.
    Certificate,
}

/// One attack.
#[derive(Clone, Copy)]
pub struct Attack {
    /// What it is.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// What must become of it.
    pub expected: Expected,
    make: fn(usize) -> Vec<u8>,
}

impl Attack {
    /// The body of the request, of about `size` bytes.
    pub fn body(&self, size: usize) -> Vec<u8> {
        // What must be refused would be delivered, so that a reader that lets it pass is found out.
        let must_fail = matches!(self.expected, Expected::Fault(_) | Expected::FaultOrGrown(_));
        let to = if must_fail { "NL" } else { "ZZ" };
        let [before, behind] = match self.place {
            Place::Document => return (self.make)(size),
            Place::SoapHeader => {
                [format!("{OPEN}<s:Header>"), format!("</s:Header><s:Body><e:GetProfile/></s:Body>{CLOSE}")]
            }
            Place::Field => [
                format!("{OPEN}<s:Body><e:DeliverEnvelope><e:env>{}<h:Content>x</h:Content><h:Note>", header(to)),
                format!("</h:Note></e:env></e:DeliverEnvelope></s:Body>{CLOSE}"),
            ],
            Place::Content => [
                format!("{OPEN}<s:Body><e:ValidatePhytoXML><e:ePhytoXML>"),
                format!("</e:ePhytoXML></e:ValidatePhytoXML></s:Body>{CLOSE}"),
            ],
            Place::Certificate => [
                format!("{OPEN}<s:Body><e:DeliverPhytoEnvelope><e:ePhytoEnvelope>{}<SPSCertificate>", header(to)),
                format!("</SPSCertificate></e:ePhytoEnvelope></e:DeliverPhytoEnvelope></s:Body>{CLOSE}"),
            ],
        };
        [before.as_bytes(), &(self.make)(size), behind.as_bytes()].concat()
    }
}

/// All attacks on a reader of requests.
pub fn attacks() -> Vec<Attack> {
    let whole = documents::DOCUMENTS.iter().chain(encodings::ENCODINGS).chain(envelopes::ENVELOPES);
    let whole = whole.map(|&(name, make, expected)| Attack { name, place: Place::Document, expected, make });
    whole.chain(SHAPES.iter().flat_map(Shape::attacks)).collect()
}

/// A row of a table of whole bodies.
type Body = (&'static str, fn(usize) -> Vec<u8>, Expected);

/// The begin of a SOAP envelope; there is no quote and no double hyphen behind it in any request.
pub(crate) const OPEN: &str = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
                               xmlns:e=\"http://ephyto.ippc.int/\" xmlns:h=\"http://ephyto.ippc.int/HUB.Entities\" \
                               xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">";
pub(crate) const CLOSE: &str = "</s:Envelope>";

/// The header fields of a legal delivery.
pub(crate) fn header(to: &str) -> String {
    format!(
        "<h:From>KE</h:From><h:To>{to}</h:To><h:CertificateType>851</h:CertificateType>\
         <h:CertificateStatus>70</h:CertificateStatus><h:NPPOCertificateNumber>KE-1</h:NPPOCertificateNumber>"
    )
}

/// A SOAP envelope with this in its body.
pub(crate) fn envelope(inside: &str) -> String {
    format!("{OPEN}<s:Body>{inside}</s:Body>{CLOSE}")
}

/// A legal delivery, with more `fields` and this content.
pub(crate) fn delivery(fields: &str, content: &str) -> String {
    let header = header("NL");
    envelope(&format!(
        "<e:DeliverEnvelope><e:env>{header}{fields}<h:Content>{content}</h:Content></e:env></e:DeliverEnvelope>"
    ))
}

/// `unit` again and again, about `size` bytes.
pub(crate) fn fill(unit: &str, size: usize) -> String {
    unit.repeat((size / unit.len()).max(1))
}

/// What `unit` makes of 0, 1, 2 ..., about `size` bytes.
pub(crate) fn count(size: usize, mut unit: impl FnMut(usize) -> String) -> String {
    let mut text = String::with_capacity(size + 64);
    for index in 0.. {
        text.push_str(&unit(index));
        if size <= text.len() {
            break;
        }
    }
    text
}
