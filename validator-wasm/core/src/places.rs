//! The places of a certificate that the validator knows, and what must stand at each.

/// Namespace of the certificate's own elements.
const CERTIFICATE: &str = "urn:un:unece:uncefact:data:standard:SPSCertificate:17";
/// Namespace of the acknowledgement's own elements.
const ACKNOWLEDGEMENT: &str = "urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17";
/// Namespace of everything below them.
const COMPONENTS: &str = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21";

/// A place in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The root of a certificate.
    Certificate,
    /// The root of a country response.
    Acknowledgement,
    ExchangedDocument,
    Number,
    Type,
    Status,
    Consignment,
    ExportCountry,
    ExportCountryCode,
    ImportCountry,
    ImportCountryCode,
    /// Anywhere else: well-formedness is all that is checked there.
    Elsewhere,
}

impl Place {
    /// The element's local name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Certificate => "SPSCertificate",
            Self::Acknowledgement => "SPSAcknowledgement",
            Self::ExchangedDocument => "SPSExchangedDocument",
            Self::Number | Self::ExportCountryCode | Self::ImportCountryCode => "ID",
            Self::Type => "TypeCode",
            Self::Status => "StatusCode",
            Self::Consignment => "SPSConsignment",
            Self::ExportCountry => "ExportSPSCountry",
            Self::ImportCountry => "ImportSPSCountry",
            Self::Elsewhere => "",
        }
    }

    /// Its namespace.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Certificate | Self::ExchangedDocument | Self::Consignment => CERTIFICATE,
            Self::Acknowledgement => ACKNOWLEDGEMENT,
            _ => COMPONENTS,
        }
    }

    /// What it means, for sentences.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Certificate => "the certificate",
            Self::Acknowledgement => "the country response",
            Self::ExchangedDocument => "the data of the document",
            Self::Number => "the certificate's number",
            Self::Type => "the certificate's type",
            Self::Status => "the certificate's status",
            Self::Consignment => "the data of the consignment",
            Self::ExportCountry => "the exporting country",
            Self::ExportCountryCode => "the exporting country's code",
            Self::ImportCountry => "the importing country",
            Self::ImportCountryCode => "the importing country's code",
            Self::Elsewhere => "",
        }
    }

    /// The elements that must stand inside of it, each exactly once.
    pub(crate) fn required(self) -> &'static [Self] {
        match self {
            Self::Certificate => &[Self::ExchangedDocument, Self::Consignment],
            Self::ExchangedDocument => &[Self::Number, Self::Type, Self::Status],
            Self::Consignment => &[Self::ExportCountry, Self::ImportCountry],
            Self::ExportCountry => &[Self::ExportCountryCode],
            Self::ImportCountry => &[Self::ImportCountryCode],
            _ => &[],
        }
    }

    /// Whether its text is a value that is judged.
    pub(crate) fn has_value(self) -> bool {
        matches!(self, Self::Number | Self::Type | Self::Status | Self::ExportCountryCode | Self::ImportCountryCode)
    }
}
