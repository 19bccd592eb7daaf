//! Requests of the shape that the WSDL gives: all operations, each parameter there, absent, twice, nil or of another
//! kind, in the ways of different libraries.

use phytohub_soap::{Operation, read_request};

use crate::soap;

/// Bytes as choices; when they are used up, the first of each is taken.
#[derive(Debug)]
pub struct Choices<'a> {
    bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    /// Those of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % bound
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// What stands in elements of every kind.
const TEXTS: [&str; 16] = [
    "KE",
    "",
    "NL",
    "851",
    " 70 ",
    "-1",
    "2147483648",
    "0123456789ABCDEFGHJKMNPQRS",
    "PendingDelivery",
    "&#13;&amp;&#x1F33F;",
    "<![CDATA[&<a>]]>",
    "A<!-- -->B",
    "<a xmlns=''><b/></a>",
    "\u{690D}\u{7269}",
    "../../etc/passwd",
    "]]&gt;",
];

/// Elements of envelopes and headers, and what is none of them.
const FIELDS: [&str; 12] = [
    "From",
    "To",
    "CertificateType",
    "CertificateStatus",
    "NPPOCertificateNumber",
    "hubDeliveryNumber",
    "HUBTrackingInfo",
    "hubDeliveryErrorMessage",
    "Forwardings",
    "Content",
    "SPSCertificate",
    "Note",
];

/// Parameters of the operations.
const PARAMETERS: [&str; 11] = [
    "env",
    "envelope",
    "ePhytoEnvelope",
    "CountryResponseEnvelope",
    "header",
    "hubTrackingNumber",
    "message",
    "warningMessage",
    "countryCode",
    "ePhytoXML",
    "other",
];

/// How libraries write names: prefix and declaration for an element.
const WAYS: [(&str, &str); 5] = [
    ("e:", ""),
    ("h:", ""),
    ("", ""),
    ("", " xmlns=\"http://ephyto.ippc.int/\""),
    ("n:", " xmlns:n=\"http://ephyto.ippc.int/HUB.Entities\" xsi:type=\"h:Envelope\""),
];

/// The request that the choices make.
pub fn request(choices: &mut Choices<'_>) -> (Operation, String) {
    let operation = choices.one(&Operation::ALL);
    let mut parameters = String::new();
    for _ in 0..choices.below(4) {
        let own = parameters_of(operation);
        let name = if choices.below(4) == 3 || own.is_empty() { choices.one(&PARAMETERS) } else { choices.one(own) };
        let is_envelope = PARAMETERS.iter().position(|known| *known == name).is_some_and(|index| index < 5);
        let inside = if is_envelope { fields(choices) } else { choices.one(&TEXTS).to_owned() };
        parameters += &element(choices, name, &inside);
    }
    let header =
        choices.one(&["", "<s:Header/>", "<s:Header><a:To xmlns:a=\"urn:a\" s:mustUnderstand=\"1\"/></s:Header>"]);
    let declaration = choices.one(&["", "<?xml version=\"1.0\"?>\n", "\u{FEFF}"]);
    let name = operation.name();
    let text = format!(
        "{declaration}<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:e=\"http://ephyto.ippc.int/\" xmlns:h=\"http://ephyto.ippc.int/HUB.Entities\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{header}<s:Body><e:{name}>{parameters}</e:{name}>\
         </s:Body></s:Envelope>"
    );
    (operation, text)
}

/// The parameters that an operation has.
fn parameters_of(operation: Operation) -> &'static [&'static str] {
    match operation {
        Operation::DeliverEnvelope => &["env"],
        Operation::ValidateAndDeliverEnvelope => &["envelope"],
        Operation::DeliverPhytoEnvelope => &["ePhytoEnvelope"],
        Operation::DeliverCountryResponseEnvelope => &["CountryResponseEnvelope"],
        Operation::SetTrackingInfoUpdate => &["header"],
        Operation::ValidatePhytoXml => &["ePhytoXML"],
        Operation::GetImportEnvelopeHeaders => &["countryCode"],
        Operation::AdvancedAcknowledgeEnvelopeReceipt => &["hubTrackingNumber", "warningMessage"],
        Operation::AcknowledgeFailedEnvelopeReceipt => &["hubTrackingNumber", "message"],
        Operation::PullSingleImportEnvelope
        | Operation::AcknowledgeEnvelopeReceipt
        | Operation::GetEnvelopeTrackingInfo => &["hubTrackingNumber"],
        _ => &[],
    }
}

fn fields(choices: &mut Choices<'_>) -> String {
    let mut text = String::new();
    for _ in 0..choices.below(10) {
        let name = choices.one(&FIELDS);
        let inside = match name {
            "Forwardings" => forwardings(choices),
            _ => choices.one(&TEXTS).to_owned(),
        };
        text += &element(choices, name, &inside);
    }
    text
}

fn forwardings(choices: &mut Choices<'_>) -> String {
    let count = choices.one(&[0, 1, 2, 64, 65]);
    let code = element(choices, "Code", "CUSTOMS");
    format!("<h:EnvelopeForwarding>{code}</h:EnvelopeForwarding>").repeat(count)
}

fn element(choices: &mut Choices<'_>, name: &str, inside: &str) -> String {
    let (prefix, declaration) = choices.one(&WAYS);
    match choices.below(6) {
        4 => format!("<{prefix}{name}{declaration} xsi:nil=\"true\"/>"),
        5 => format!("<{prefix}{name}{declaration} xsi:nil=\"1\">{inside}</{prefix}{name}>"),
        _ => format!("<{prefix}{name}{declaration}>{inside}</{prefix}{name}>"),
    }
}

/// Makes a request of the bytes and reads it: it is read as the operation that it names, or refused.
///
/// # Panics
/// Where something does not hold.
pub fn operations(bytes: &[u8]) {
    let (operation, text) = request(&mut Choices::new(bytes));
    if let Ok(request) = read_request(text.clone().into()) {
        assert_eq!(request.operation(), operation, "{text}");
    }
    soap(text.as_bytes());
}
