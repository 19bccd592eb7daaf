//! The header of an envelope, as the certificate inside must agree with it.

/// What the header of an envelope says of the certificate inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected<'a> {
    /// From: the connection code of the exporting country; the country is its first two letters.
    pub from: &'a str,
    /// To: the connection code of the importing country, likewise.
    pub to: &'a str,
    /// NPPOCertificateNumber.
    pub number: &'a str,
    /// CertificateType.
    pub certificate_type: i32,
    /// CertificateStatus.
    pub certificate_status: i32,
}
