//! How each library speaks HTTP.

use phytohub_soap::Operation;

use super::Dialect;

/// Version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    /// HTTP/1.0: a connection is for one request, bodies have their length.
    Http10,
    /// HTTP/1.1.
    Http11,
}

/// How a client speaks HTTP. Whoever sends the request writes Host, Content-Length or Transfer-Encoding, Connection
/// and Expect as this says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpShape {
    /// The version in the request line.
    pub version: HttpVersion,
    /// Bytes of a chunk, for a body that is sent in chunks; [`usize::MAX`] for all in one.
    pub chunked: Option<usize>,
    /// Whether the client sends `Expect: 100-continue` and waits (a moment) for it.
    pub expect_continue: bool,
    /// The other header lines as the library writes them, in its order; a name may stand several times.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// Chunks of a buffer of the usual size, as Java's clients write them.
const CHUNK_BYTES: usize = 4096;

const XML: (&str, &str) = ("Content-Type", "text/xml; charset=utf-8");

impl HttpShape {
    /// The shape of a request in `dialect`; `would_chunk` decides for libraries that could do either.
    pub(crate) fn of(dialect: Dialect, operation: Operation, would_chunk: bool) -> Self {
        let chunked = match dialect {
            Dialect::Axis | Dialect::SoapLite => None,
            Dialect::JaxWs | Dialect::Cxf => Some(CHUNK_BYTES),
            Dialect::Gsoap => Some(usize::MAX),
            _ => would_chunk.then_some(CHUNK_BYTES),
        };
        Self {
            version: if dialect == Dialect::Axis { HttpVersion::Http10 } else { HttpVersion::Http11 },
            chunked,
            expect_continue: dialect == Dialect::DotNet,
            headers: headers(dialect, operation),
        }
    }
}

fn headers(dialect: Dialect, operation: Operation) -> Vec<(&'static str, &'static str)> {
    const EMPTY_ACTION: (&str, &str) = ("SOAPAction", "\"\"");
    let action = quoted_action(operation);
    match dialect {
        Dialect::Plain => vec![XML],
        Dialect::Axis => vec![
            XML,
            ("Accept", "application/soap+xml, application/dime, multipart/related, text/*"),
            ("User-Agent", "Axis/1.4"),
            ("Cache-Control", "no-cache"),
            ("Pragma", "no-cache"),
            EMPTY_ACTION,
        ],
        Dialect::JaxWs => vec![
            ("Accept", "text/xml, multipart/related"),
            XML,
            ("SOAPAction", action),
            ("User-Agent", "JAX-WS RI 2.3.1"),
        ],
        Dialect::Cxf => vec![
            ("Content-Type", "text/xml; charset=UTF-8"),
            ("Accept", "*/*"),
            EMPTY_ACTION,
            ("User-Agent", "Apache-CXF/3.5.5"),
            ("Cache-Control", "no-cache"),
            ("Pragma", "no-cache"),
        ],
        Dialect::Zeep => vec![
            ("User-Agent", "Zeep/4.2.1 (www.python-zeep.org)"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept", "*/*"),
            ("SOAPAction", action),
            XML,
        ],
        Dialect::Suds => {
            vec![("Accept-Encoding", "identity"), XML, ("Soapaction", action), ("User-Agent", "Python-urllib/3.9")]
        }
        Dialect::PhpSoapClient => vec![("User-Agent", "PHP-SOAP/8.2.7"), XML, ("SOAPAction", action)],
        Dialect::NpmSoap => vec![
            ("User-Agent", "node-soap/1.0.0"),
            ("Accept", "text/html,application/xhtml+xml,application/xml,text/xml;q=0.9,*/*;q=0.8"),
            ("Accept-Encoding", "none"),
            ("Accept-Charset", "utf-8"),
            XML,
            ("SOAPAction", action),
        ],
        Dialect::Gsoap => {
            vec![("User-Agent", "gSOAP/2.8"), XML, ("Accept-Encoding", "gzip,deflate"), ("SOAPAction", action)]
        }
        Dialect::DotNet => vec![
            ("User-Agent", "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)"),
            XML,
            ("SOAPAction", action),
        ],
        Dialect::SoapLite => vec![
            ("TE", "deflate,gzip;q=0.3"),
            ("Accept", "text/xml"),
            ("Accept", "multipart/*"),
            ("Accept", "application/soap"),
            ("User-Agent", "SOAP::Lite/Perl/1.27"),
            XML,
            ("SOAPAction", action),
        ],
        Dialect::Go => {
            vec![("User-Agent", "Go-http-client/1.1"), XML, EMPTY_ACTION, ("Accept-Encoding", "gzip")]
        }
    }
}

/// The action of an operation that delivers, in the quotes that SOAP 1.1 asks for.
fn quoted_action(operation: Operation) -> &'static str {
    match operation {
        Operation::ValidateAndDeliverEnvelope => {
            "\"http://ephyto.ippc.int/IDeliveryService/ValidateAndDeliverEnvelope\""
        }
        Operation::DeliverPhytoEnvelope => "\"http://ephyto.ippc.int/IDeliveryService/DeliverPhytoEnvelope\"",
        _ => "\"http://ephyto.ippc.int/IDeliveryService/DeliverEnvelope\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_those_of_the_contract() {
        for operation in
            [Operation::ValidateAndDeliverEnvelope, Operation::DeliverEnvelope, Operation::DeliverPhytoEnvelope]
        {
            assert_eq!(quoted_action(operation), format!("\"{}\"", operation.soap_action()));
        }
    }

    #[test]
    fn only_what_can_be_chunked_is() {
        for dialect in Dialect::ALL {
            let [never, always] = [false, true].map(|would| HttpShape::of(dialect, Operation::DeliverEnvelope, would));
            assert!(always.version == HttpVersion::Http11 || always.chunked.is_none(), "{dialect:?}");
            assert_eq!(never.headers, always.headers);
            let reserved = ["host", "content-length", "transfer-encoding", "connection", "expect"];
            assert!(never.headers.iter().all(|(name, _)| !reserved.contains(&name.to_ascii_lowercase().as_str())));
            assert!(never.headers.iter().any(|(name, _)| *name == "Content-Type"), "{dialect:?}");
        }
    }
}
