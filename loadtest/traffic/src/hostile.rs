//! Requests that attack: no client of good will sends them, and a hub must answer each with a fault, or close the
//! connection, at a cost that their size justifies.

use phytohub_certificates::Random;

use crate::dialect::{Dialect, Fields, around, parameter};

/// An attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Hostile {
    ArrayFlood,
    AttributeFlood,
    CutOff,
    DeepNesting,
    EntityBomb,
    ExternalEntity,
    FieldTwice,
    Growth,
    HugeName,
    HugeNumber,
    Include,
    Instruction,
    NamespaceFlood,
    NoEnvelope,
    Nul,
    OpenSection,
    OtherSoap,
    TwoBodies,
    UndefinedEntity,
    UnknownOperation,
    WrongEncoding,
}

/// No hostile request is larger: an attacker of that size is enough for a test.
pub const HOSTILE_BYTES_MAX: usize = 1 << 20;

impl Hostile {
    pub(crate) const ALL: [Self; 21] = [
        Self::ArrayFlood,
        Self::AttributeFlood,
        Self::CutOff,
        Self::DeepNesting,
        Self::EntityBomb,
        Self::ExternalEntity,
        Self::FieldTwice,
        Self::Growth,
        Self::HugeName,
        Self::HugeNumber,
        Self::Include,
        Self::Instruction,
        Self::NamespaceFlood,
        Self::NoEnvelope,
        Self::Nul,
        Self::OpenSection,
        Self::OtherSoap,
        Self::TwoBodies,
        Self::UndefinedEntity,
        Self::UnknownOperation,
        Self::WrongEncoding,
    ];

    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ArrayFlood => "array-flood",
            Self::AttributeFlood => "attribute-flood",
            Self::CutOff => "cut-off",
            Self::DeepNesting => "deep-nesting",
            Self::EntityBomb => "entity-bomb",
            Self::ExternalEntity => "external-entity",
            Self::FieldTwice => "field-twice",
            Self::Growth => "growth",
            Self::HugeName => "huge-name",
            Self::HugeNumber => "huge-number",
            Self::Include => "include",
            Self::Instruction => "instruction",
            Self::NamespaceFlood => "namespace-flood",
            Self::NoEnvelope => "no-envelope",
            Self::Nul => "nul",
            Self::OpenSection => "open-section",
            Self::OtherSoap => "other-soap",
            Self::TwoBodies => "two-bodies",
            Self::UndefinedEntity => "undefined-entity",
            Self::UnknownOperation => "unknown-operation",
            Self::WrongEncoding => "wrong-encoding",
        }
    }

    /// The whole body of the request: the envelope of a delivery, but for the attack.
    pub(crate) fn body(self, fields: &Fields<'_>, random: &mut Random) -> Vec<u8> {
        let flood = |low, high| random_length(random, low, high);
        match self {
            Self::ArrayFlood
            | Self::AttributeFlood
            | Self::DeepNesting
            | Self::FieldTwice
            | Self::HugeName
            | Self::HugeNumber
            | Self::Instruction
            | Self::NamespaceFlood => with_field(fields, &self.field(flood)),
            Self::CutOff | Self::Growth | Self::Include | Self::Nul | Self::OpenSection | Self::UndefinedEntity => {
                self.with_content(fields, flood)
            }
            Self::EntityBomb | Self::ExternalEntity => self.with_doctype(fields),
            Self::NoEnvelope => b"<html><head><title>Sample</title></head><body>Sample</body></html>".to_vec(),
            Self::OtherSoap => {
                let soap_12 = "http://www.w3.org/2003/05/soap-envelope";
                delivery(fields, "").replace("http://schemas.xmlsoap.org/soap/envelope/", soap_12).into_bytes()
            }
            Self::TwoBodies => {
                let text = delivery(fields, "");
                let (begin, end) = text.find("<soap:Body").zip(text.find("</soap:Envelope>")).unwrap_or_default();
                let body = text[begin..end].to_owned();
                text.replace("</soap:Envelope>", &format!("{body}</soap:Envelope>")).into_bytes()
            }
            Self::UnknownOperation => {
                delivery(fields, "").replace(fields.operation.name(), "DeleteAllEnvelopes").into_bytes()
            }
            Self::WrongEncoding => {
                // é in ISO 8859-1, which is no UTF-8.
                let text = delivery(fields, "Caf@");
                text.bytes().map(|byte| if byte == b'@' { 0xE9 } else { byte }).collect()
            }
        }
    }

    /// A field for the envelope that is hard on whoever reads it.
    fn field(self, mut flood: impl FnMut(u64, u64) -> usize) -> String {
        match self {
            Self::ArrayFlood => {
                let item = "<hub:EnvelopeForwarding><hub:Code>SAMPLE</hub:Code></hub:EnvelopeForwarding>";
                format!("<hub:Forwardings>{}</hub:Forwardings>", item.repeat(flood(1_000, 12_000)))
            }
            Self::AttributeFlood => {
                let attributes: String = (0..flood(1_000, 60_000)).map(|index| format!(" a{index}=\"1\"")).collect();
                format!("<hub:Note{attributes}/>")
            }
            Self::DeepNesting => {
                let depth = flood(1_000, 120_000);
                format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth))
            }
            Self::HugeName => format!("<hub:{}/>", "n".repeat(flood(1_000, 1_000_000))),
            Self::HugeNumber => {
                let digits = "9".repeat(flood(1_000, 1_000_000));
                format!("<hub:CertificateType>{digits}</hub:CertificateType>")
            }
            Self::Instruction => "<?sample instruction?>".to_owned(),
            Self::NamespaceFlood => {
                // Few enough on each element, too many in scope together.
                let depth = flood(20, 90);
                let elements: String = (0..depth).map(namespaces).collect();
                elements + &"</a>".repeat(depth)
            }
            _ => format!("<hub:From>{}</hub:From>", "ZZ"),
        }
    }

    fn with_content(self, fields: &Fields<'_>, mut flood: impl FnMut(u64, u64) -> usize) -> Vec<u8> {
        let content = match self {
            Self::Growth => "<a/>".repeat(flood(1_000, 200_000)),
            Self::Include => {
                "<i:Include xmlns:i=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:sample\"/>".to_owned()
            }
            Self::Nul => "Sample\0Sample".to_owned(),
            Self::OpenSection => format!("<![CDATA[{}", "]]".repeat(flood(1_000, 500_000))),
            Self::UndefinedEntity => "Sample&nbsp;Sample".to_owned(),
            _ => "Sample ".repeat(flood(100, 10_000)),
        };
        let mut body = delivery(fields, &content);
        if self == Self::CutOff {
            body.truncate(body.len() / 2);
        }
        body.into_bytes()
    }

    fn with_doctype(self, fields: &Fields<'_>) -> Vec<u8> {
        /// Each of so many entities is ten of the one before: ten thousand million in the end.
        const LEVELS: usize = 10;
        let declared: String = match self {
            Self::ExternalEntity => "<!ENTITY e10 SYSTEM \"file:///etc/hostname\">".to_owned(),
            _ => (1..=LEVELS)
                .map(|level| format!("<!ENTITY e{level} \"{}\">", format!("&e{};", level - 1).repeat(10)))
                .collect(),
        };
        let document = delivery(fields, "&e10;");
        format!("<!DOCTYPE Envelope [<!ENTITY e0 \"Sample\">{declared}]>{document}").into_bytes()
    }
}

/// A delivery by the plain client, with `content` as markup.
fn delivery(fields: &Fields<'_>, content: &str) -> String {
    let [before, behind] = around(Dialect::Plain, fields);
    before + content + &behind
}

/// A delivery with one more `field`, or that field in the place of another of its name.
fn with_field(fields: &Fields<'_>, field: &str) -> Vec<u8> {
    let [before, behind] = around(Dialect::Plain, fields);
    let parameter = format!("<eph:{}>", parameter(fields.operation));
    let kind = format!("<hub:CertificateType>{}</hub:CertificateType>", fields.certificate_type);
    let before = if field.starts_with("<hub:CertificateType>") {
        before.replacen(&kind, field, 1)
    } else {
        before.replacen(&parameter, &format!("{parameter}{field}"), 1)
    };
    (before + &behind).into_bytes()
}

/// The beginning of an element with as many declarations as one may have, of prefixes that differ by `level`.
fn namespaces(level: usize) -> String {
    const ON_ONE: usize = 40;
    let declared: String = (0..ON_ONE).map(|index| format!(" xmlns:p{level}_{index}=\"urn:{index}\"")).collect();
    format!("<a{declared}>")
}

fn random_length(random: &mut Random, low: u64, high: u64) -> usize {
    random.between(low, high) as usize
}
