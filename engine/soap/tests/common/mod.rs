//! What several tests need.

#![allow(dead_code, reason = "each test file uses its part")]

use std::path::PathBuf;

use bytes::Bytes;
use phytohub_model::HeaderFields;

/// What every golden delivery says in its content.
pub(crate) const CERTIFICATE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<c:Certificate xmlns:c="urn:example:certificate">
	<c:Note kind="free">Côte d'Ivoire: mangues &amp; <![CDATA[noix, 5 < 10]]></c:Note>
</c:Certificate>"#;

/// The header of every golden delivery.
pub(crate) fn fields() -> HeaderFields {
    HeaderFields {
        from: "NZ".to_owned(),
        to: "AU".to_owned(),
        certificate_type: 851,
        certificate_status: 70,
        certificate_number: "NZL2026/0001".to_owned(),
        ..HeaderFields::default()
    }
}

/// Where golden files are.
pub(crate) fn golden(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

/// A golden request.
#[expect(clippy::disallowed_methods, reason = "a test reads its data from files")]
pub(crate) fn golden_request(name: &str) -> Bytes {
    std::fs::read(golden(&format!("requests/{name}.xml"))).expect("the golden request can be read").into()
}

/// A SOAP 1.1 body around `inside`, in the namespaces of the service.
pub(crate) fn envelope(inside: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:e=\"http://ephyto.ippc.int/\" \
         xmlns:h=\"http://ephyto.ippc.int/HUB.Entities\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <s:Body>{inside}</s:Body></s:Envelope>"
    )
}

/// DeliverEnvelope with `inside` between the tags of its Content.
pub(crate) fn with_content(inside: &str) -> String {
    envelope(&format!("<e:DeliverEnvelope><e:env><h:Content>{inside}</h:Content></e:env></e:DeliverEnvelope>"))
}
