//! The client libraries that national systems use, with the peculiarities that each has on the wire.

mod content;
mod http;
mod message;

use phytohub_soap::Operation;
use serde::{Deserialize, Serialize};

pub use http::{HttpShape, HttpVersion};

pub(crate) use content::Form;
pub(crate) use message::{Fields, around};

/// A client library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// This project's own client, without peculiarities.
    Plain,
    /// Apache Axis 1.4: HTTP/1.0, a new prefix for each field, nil fields, characters beyond ASCII as references.
    Axis,
    /// JAX-WS RI: chunked, all namespaces at the operation, empty fields.
    JaxWs,
    /// Apache CXF: chunked, default namespace on the operation, empty fields.
    Cxf,
    /// zeep (Python): WS-Addressing headers, a new prefix for each field.
    Zeep,
    /// suds (Python): two prefixes for one namespace, an empty header, certificates as base64.
    Suds,
    /// PHP's SoapClient.
    PhpSoapClient,
    /// npm's soap: pretty-printed, two prefixes for one namespace, CDATA with white space around it.
    NpmSoap,
    /// gSOAP (C++): chunked in one piece, every namespace at the root.
    Gsoap,
    /// .NET's generated clients: Expect: 100-continue, the default namespace declared again on each field.
    #[serde(rename = "dotnet")]
    DotNet,
    /// SOAP::Lite (Perl): xsi:type on each field, characters beyond ASCII as references, several Accept lines.
    SoapLite,
    /// A client by hand in Go: fields in another order, CDATA in several sections.
    Go,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Plain,
        Self::Axis,
        Self::JaxWs,
        Self::Cxf,
        Self::Zeep,
        Self::Suds,
        Self::PhpSoapClient,
        Self::NpmSoap,
        Self::Gsoap,
        Self::DotNet,
        Self::SoapLite,
        Self::Go,
    ];
}

/// Element of the request that carries the operation's envelope.
pub(crate) fn parameter(operation: Operation) -> &'static str {
    match operation {
        Operation::ValidateAndDeliverEnvelope => "envelope",
        Operation::DeliverPhytoEnvelope => "ePhytoEnvelope",
        _ => "env",
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    use super::*;

    #[test]
    fn scenarios_name_dialects_as_people_do() {
        const NAMES: [&str; 12] = [
            "plain",
            "axis",
            "jax-ws",
            "cxf",
            "zeep",
            "suds",
            "php-soap-client",
            "npm-soap",
            "gsoap",
            "dotnet",
            "soap-lite",
            "go",
        ];
        let read = |name: &'static str| {
            let name: StrDeserializer<'_, Error> = name.into_deserializer();
            Dialect::deserialize(name)
        };
        assert_eq!(NAMES.map(|name| read(name).unwrap()), Dialect::ALL);
        assert!(read("cobol").is_err());
    }
}
