//! Who is there: TLS with any client certificate, and identity by the exact certificate.
//!
//! The handshake proves that the client has the key of the certificate it shows, and nothing else: self-signed ones and
//! any issuer are welcome. Whether the hub knows the certificate is asked of the registry for each request, so that a
//! revoked certificate fails on its next request, on open connections too.

use std::path::Path;
use std::sync::Arc;

use phytohub_model::{Certificate, CertificateFingerprint, ConnectionCode, Timestamp};
use phytohub_push::Identity;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

use crate::own_certificate::OwnCertificate;

/// The fingerprint under which a certificate stands in the registry.
pub(crate) fn fingerprint(certificate: &CertificateDer<'_>) -> CertificateFingerprint {
    let digest = ::ring::digest::digest(&::ring::digest::SHA256, certificate);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    CertificateFingerprint(bytes)
}

/// What the hub keeps of a certificate.
pub(crate) struct Validity {
    /// The certificate's own.
    pub(crate) fingerprint: CertificateFingerprint,
    /// Whose it is, as it says.
    pub(crate) subject: String,
    /// First moment.
    pub(crate) not_before: Timestamp,
    /// Last moment.
    pub(crate) not_after: Timestamp,
}

/// Reads the first certificate of a PEM text.
///
/// # Errors
/// A sentence when the text holds no certificate or one that cannot be read.
pub(crate) fn read_validity(pem: &[u8]) -> Result<Validity, String> {
    let der = CertificateDer::from_pem_slice(pem)
        .map_err(|error| format!("no certificate in PEM form (-----BEGIN CERTIFICATE-----): {error}"))?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&der)
        .map_err(|error| format!("the certificate cannot be read as X.509: {error}"))?;
    let moment = |time: x509_parser::time::ASN1Time| Timestamp(u64::try_from(time.timestamp()).unwrap_or(0) * 1000);
    Ok(Validity {
        fingerprint: fingerprint(&der),
        subject: parsed.subject().to_string(),
        not_before: moment(parsed.validity().not_before),
        not_after: moment(parsed.validity().not_after),
    })
}

/// The subject of a certificate in PEM.
///
/// # Errors
/// As [`read_validity`].
pub(crate) fn subject_of(pem: &[u8]) -> Result<String, String> {
    read_validity(pem).map(|validity| validity.subject)
}

/// Reads a member's certificate from PEM for the registry.
///
/// # Errors
/// As [`read_validity`].
pub(crate) fn read_certificate(pem: &[u8], code: ConnectionCode) -> Result<Certificate, String> {
    let Validity { fingerprint, subject, not_before, not_after } = read_validity(pem)?;
    Ok(Certificate { fingerprint, code, subject, not_before, not_after })
}

/// The hub's own certificate and key.
///
/// # Errors
/// A sentence that names the file.
pub(crate) fn own(certificate: &Path, key: &Path) -> Result<Identity, String> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| format!("{}: {error}", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("{}: {error}", key.display()))?;
    Ok(Identity { chain, key })
}

/// TLS settings of the service from the hub's certificate and key.
///
/// # Errors
/// A sentence that names the file.
pub(crate) fn server_config(certificate: &Path, key: &Path) -> Result<ServerConfig, String> {
    let shown = OwnCertificate::open(certificate, key)?;
    server_config_showing(shown)
}

/// TLS settings of the service that shows this certificate, whichever it is at the time of a handshake.
///
/// # Errors
/// A sentence, when the library knows none of the versions.
pub(crate) fn server_config_showing(shown: Arc<OwnCertificate>) -> Result<ServerConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(AnyClient { algorithms: provider.signature_verification_algorithms });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(shown);
    // Tickets: a client that comes back pays half a handshake. They carry the client's certificate, sealed.
    config.ticketer = ring::Ticketer::new().map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Accepts any client certificate whose key signs the handshake.
#[derive(Debug)]
struct AnyClient {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyClient {
    fn offer_client_auth(&self) -> bool {
        true
    }

    /// Without a certificate the WSDL can be read; every operation then answers with a fault that says what to do,
    /// where a failed handshake would only say that it failed.
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The provider of all TLS of this program.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
