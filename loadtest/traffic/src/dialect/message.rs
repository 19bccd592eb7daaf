//! How each library writes the SOAP message around the certificate.

use phytohub_model::HeaderFields;
use phytohub_soap::{Operation, client};

use super::{Dialect, parameter};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const EPH: &str = "http://ephyto.ippc.int/";
const HUB: &str = "http://ephyto.ippc.int/HUB.Entities";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// Stands in the message where the content belongs; as a text and as an element it looks alike.
const CONTENT_PLACE: &str = "@@CONTENT@@";

/// The header of a delivery. All texts are plain ASCII without anything that XML reserves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) operation: Operation,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) certificate_type: i32,
    pub(crate) certificate_status: i32,
    pub(crate) number: &'a str,
}

/// What stands before and behind the content in a request of `dialect`.
pub(crate) fn around(dialect: Dialect, fields: &Fields<'_>) -> [String; 2] {
    let message = match dialect {
        Dialect::Plain => plain(fields),
        _ => in_frame(dialect, fields),
    };
    let (before, behind) = message.split_once(CONTENT_PLACE).unwrap_or((&message, ""));
    [before.to_owned(), behind.to_owned()]
}

fn plain(fields: &Fields<'_>) -> String {
    let header = HeaderFields {
        from: fields.from.to_owned(),
        to: fields.to.to_owned(),
        certificate_type: fields.certificate_type,
        certificate_status: fields.certificate_status,
        certificate_number: fields.number.to_owned(),
        ..HeaderFields::default()
    };
    let body = match fields.operation {
        Operation::DeliverPhytoEnvelope => client::deliver_xml(fields.operation, &header, CONTENT_PLACE),
        _ => client::deliver(fields.operation, &header, CONTENT_PLACE),
    };
    String::from_utf8_lossy(&body).into_owned()
}

fn in_frame(dialect: Dialect, fields: &Fields<'_>) -> String {
    let [open, close] = frame(dialect, fields.operation);
    let (kind, status) = (fields.certificate_type.to_string(), fields.certificate_status.to_string());
    let mut texts = [
        ("From", fields.from),
        ("To", fields.to),
        ("CertificateType", &kind),
        ("CertificateStatus", &status),
        ("NPPOCertificateNumber", fields.number),
    ];
    if dialect == Dialect::Go {
        texts.reverse();
    }
    let mut message = open;
    for (place, (name, text)) in texts.iter().enumerate() {
        message += &field(dialect, place + 1, name, text);
    }
    message += &unset(dialect);
    message += &match fields.operation {
        Operation::DeliverPhytoEnvelope => CONTENT_PLACE.to_owned(),
        _ => {
            // Axis has counted its two nil fields.
            let place = texts.len() + if dialect == Dialect::Axis { 3 } else { 1 };
            field(dialect, place, "Content", CONTENT_PLACE)
        }
    };
    message + &close
}

/// What stands around the fields.
fn frame(dialect: Dialect, operation: Operation) -> [String; 2] {
    let (name, parameter) = (operation.name(), parameter(operation));
    // Prefixes of SOAP, the operation and its parameter, then what is declared where.
    let [soap, eph, inner] = match dialect {
        Dialect::Axis => ["soapenv:", "", ""],
        Dialect::JaxWs => ["S:", "ns6:", "ns6:"],
        Dialect::Zeep => ["soap-env:", "ns0:", "ns0:"],
        Dialect::Suds => ["ns2:", "ns0:", "ns0:"],
        Dialect::PhpSoapClient => ["SOAP-ENV:", "ns2:", "ns2:"],
        Dialect::NpmSoap => ["soap:", "ns1:", "tns:"],
        Dialect::Gsoap => ["SOAP-ENV:", "ns1:", "ns1:"],
        Dialect::Go => ["", "", ""],
        _ => ["soap:", "", ""],
    };
    let root = root(dialect);
    let root_end = if dialect == Dialect::Suds { "SOAP-ENV:" } else { soap };
    let header = soap_header(dialect, operation);
    let declarations = match dialect {
        Dialect::JaxWs => format!(" xmlns:ns2=\"{HUB}\"{} xmlns:ns6=\"{EPH}\"", unece_namespaces(3)),
        Dialect::Cxf => format!(" xmlns=\"{EPH}\" xmlns:ns2=\"{HUB}\"{}", unece_namespaces(3)),
        Dialect::Zeep => format!(" xmlns:ns0=\"{EPH}\""),
        Dialect::Suds | Dialect::PhpSoapClient | Dialect::NpmSoap | Dialect::Gsoap => String::new(),
        _ => format!(" xmlns=\"{EPH}\""),
    };
    let [end, body, line, deeper] = match dialect {
        Dialect::NpmSoap => ["\n", "\n  ", "\n    ", "\n      "],
        _ => [""; 4],
    };
    [
        format!("{root}{header}<{soap}Body>{line}<{eph}{name}{declarations}>{deeper}<{inner}{parameter}>"),
        format!("{deeper}</{inner}{parameter}>{line}</{eph}{name}>{body}</{soap}Body>{end}</{root_end}Envelope>"),
    ]
}

/// The XML declaration, if there is one, and the tag of the envelope.
fn root(dialect: Dialect) -> String {
    const DECLARED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    match dialect {
        Dialect::Axis => {
            format!("{DECLARED}<soapenv:Envelope xmlns:soapenv=\"{SOAP}\" xmlns:xsd=\"{XSD}\" xmlns:xsi=\"{XSI}\">")
        }
        Dialect::JaxWs => format!("<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S=\"{SOAP}\">"),
        Dialect::Zeep => {
            format!("<?xml version='1.0' encoding='utf-8'?>\n<soap-env:Envelope xmlns:soap-env=\"{SOAP}\">")
        }
        Dialect::Suds => format!(
            "{DECLARED}<SOAP-ENV:Envelope xmlns:ns0=\"{EPH}\" xmlns:ns1=\"{HUB}\" xmlns:ns2=\"{SOAP}\" \
             xmlns:xsi=\"{XSI}\" xmlns:SOAP-ENV=\"{SOAP}\">"
        ),
        Dialect::PhpSoapClient => {
            format!("{DECLARED}\n<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"{SOAP}\" xmlns:ns1=\"{HUB}\" xmlns:ns2=\"{EPH}\">")
        }
        Dialect::NpmSoap => format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<soap:Envelope xmlns:soap=\"{SOAP}\" \
             xmlns:tns=\"{EPH}\" xmlns:ns1=\"{EPH}\" xmlns:ns2=\"{HUB}\">\n  "
        ),
        Dialect::Gsoap => format!(
            "{DECLARED}\n<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"{SOAP}\" \
             xmlns:SOAP-ENC=\"http://schemas.xmlsoap.org/soap/encoding/\" xmlns:xsi=\"{XSI}\" xmlns:xsd=\"{XSD}\"{} \
             xmlns:ns2=\"{HUB}\" xmlns:ns1=\"{EPH}\">",
            unece_namespaces(3)
        ),
        Dialect::DotNet => format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{SOAP}\" xmlns:xsi=\"{XSI}\" \
             xmlns:xsd=\"{XSD}\">"
        ),
        Dialect::SoapLite => format!(
            "{DECLARED}<soap:Envelope soap:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\" \
             xmlns:soap=\"{SOAP}\" xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" xmlns:xsd=\"{XSD}\" \
             xmlns:xsi=\"{XSI}\">"
        ),
        Dialect::Go => format!("<Envelope xmlns=\"{SOAP}\">"),
        Dialect::Plain | Dialect::Cxf => format!("<soap:Envelope xmlns:soap=\"{SOAP}\">"),
    }
}

/// The namespaces of the message's parts that generators declare whether they are used or not, from `ns{first}` on.
fn unece_namespaces(first: usize) -> String {
    const NAMESPACES: [&str; 3] =
        ["UnqualifiedDataType:21", "ReusableAggregateBusinessInformationEntity:21", "SPSAcknowledgement:17"];
    let declared = NAMESPACES.iter().enumerate().map(|(place, namespace)| {
        format!(" xmlns:ns{}=\"urn:un:unece:uncefact:data:standard:{namespace}\"", first + place)
    });
    declared.collect::<String>() + " xmlns:ns7=\"urn:un:unece:uncefact:data:standard:SPSCertificate:17\""
}

fn soap_header(dialect: Dialect, operation: Operation) -> String {
    match dialect {
        Dialect::Zeep => format!(
            "<soap-env:Header xmlns:wsa=\"http://www.w3.org/2005/08/addressing\">\
             <wsa:Action soap-env:mustUnderstand=\"1\">{}</wsa:Action>\
             <wsa:MessageID>urn:uuid:0e8a0c8e-4b0e-4c53-9f0c-6d2f4b6a0c11</wsa:MessageID>\
             <wsa:To>https://hub.example/hub/DeliveryService</wsa:To></soap-env:Header>",
            operation.soap_action()
        ),
        Dialect::Suds => "<SOAP-ENV:Header/>".to_owned(),
        Dialect::NpmSoap => "<soap:Header/>\n  ".to_owned(),
        _ => String::new(),
    }
}

/// A field of the envelope, the `place`-th.
fn field(dialect: Dialect, place: usize, name: &str, text: &str) -> String {
    match dialect {
        Dialect::Axis | Dialect::Zeep => {
            format!("<ns{place}:{name} xmlns:ns{place}=\"{HUB}\">{text}</ns{place}:{name}>")
        }
        Dialect::Suds | Dialect::PhpSoapClient => format!("<ns1:{name}>{text}</ns1:{name}>"),
        Dialect::NpmSoap => format!("\n          <ns2:{name}>{text}</ns2:{name}>"),
        Dialect::DotNet => format!("<{name} xmlns=\"{HUB}\">{text}</{name}>"),
        Dialect::SoapLite => {
            let kind = if name == "CertificateType" || name == "CertificateStatus" { "int" } else { "string" };
            format!("<{name} xsi:type=\"xsd:{kind}\">{text}</{name}>")
        }
        Dialect::Go => format!("<h:{name} xmlns:h=\"{HUB}\">{text}</h:{name}>"),
        Dialect::Plain | Dialect::JaxWs | Dialect::Cxf | Dialect::Gsoap => format!("<ns2:{name}>{text}</ns2:{name}>"),
    }
}

/// Fields that the library writes although they were never set.
fn unset(dialect: Dialect) -> String {
    match dialect {
        Dialect::Axis => format!(
            "<ns6:hubDeliveryNumber xsi:nil=\"true\" xmlns:ns6=\"{HUB}\"/><ns7:Forwardings xsi:nil=\"true\" \
             xmlns:ns7=\"{HUB}\"/>"
        ),
        Dialect::JaxWs => "<ns2:hubDeliveryNumber></ns2:hubDeliveryNumber><ns2:HUBTrackingInfo></ns2:HUBTrackingInfo>\
                           <ns2:hubDeliveryErrorMessage></ns2:hubDeliveryErrorMessage><ns2:Forwardings/>"
            .to_owned(),
        Dialect::Cxf => "<ns2:hubDeliveryNumber></ns2:hubDeliveryNumber><ns2:Forwardings/>".to_owned(),
        Dialect::DotNet => {
            format!("<Forwardings xmlns=\"{HUB}\"><EnvelopeForwarding xsi:nil=\"true\"/></Forwardings>")
        }
        _ => String::new(),
    }
}
