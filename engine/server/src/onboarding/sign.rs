//! Signs a report with the sandbox hub's key, and checks such a signature.

use std::path::Path;

use phytohub_onboarding::{ALGORITHM, Report, Signed};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::identity;

/// Signs a report by the key whose certificate is `certificate` (PEM files, as `hub.pem` and `hub.key`).
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
pub(super) fn sign(report: Report, certificate: &Path, key: &Path) -> Result<Signed, String> {
    let der = read_certificate(certificate)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("{}: {error}", key.display()))?;
    let PrivateKeyDer::Pkcs8(private) = &private else { return Err(wrong_key(key)) };
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, private.secret_pkcs8_der(), &random)
        .map_err(|_| wrong_key(key))?;
    let signature =
        pair.sign(&random, &Signed::message(&report)?).map_err(|_| "the system gives no randomness".to_owned())?;
    let signed = Signed {
        report,
        algorithm: ALGORITHM.to_owned(),
        signer: identity::fingerprint(&der).to_string(),
        signature: hexadecimal(signature.as_ref()),
    };
    // A key that is not the certificate's would be noticed by the other side, weeks later.
    verify(&signed, certificate).map(|()| signed)
}

fn wrong_key(key: &Path) -> String {
    format!(
        "{}: reports are signed by an EC key on the curve P-256 in PKCS #8, as `phytohub init` makes",
        key.display()
    )
}

/// Checks that the hub with `certificate` signed the report, exactly as it is.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn verify(signed: &Signed, certificate: &Path) -> Result<(), String> {
    if signed.algorithm != ALGORITHM {
        return Err(format!("the report is signed by '{}', this hub checks {ALGORITHM}", signed.algorithm));
    }
    let der = read_certificate(certificate)?;
    let known = identity::fingerprint(&der).to_string();
    if signed.signer != known {
        return Err(format!(
            "the report was signed by the hub with certificate {}, but {} is {known}",
            signed.signer,
            certificate.display()
        ));
    }
    let (_, parsed) =
        x509_parser::parse_x509_certificate(&der).map_err(|error| format!("{}: {error}", certificate.display()))?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &parsed.public_key().subject_public_key.data);
    let signature = from_hexadecimal(&signed.signature).ok_or("the signature is not hexadecimal")?;
    key.verify(&Signed::message(&signed.report)?, &signature).map_err(|_| {
        "the signature does not fit: the report was changed after it was signed, or signed by another key".to_owned()
    })
}

fn read_certificate(file: &Path) -> Result<CertificateDer<'static>, String> {
    CertificateDer::from_pem_file(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|character| character.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use phytohub_onboarding::CheckList;

    use super::*;
    use crate::pki::ThrowAwayCa;

    #[test]
    fn a_signature_holds_for_the_very_report_and_hub_only() {
        let dir = tempfile::tempdir().unwrap();
        let pair = |name: &str| {
            let pair = ThrowAwayCa::new().unwrap().hub(&[]).unwrap();
            let [certificate, key] = ["pem", "key"].map(|kind| dir.path().join(format!("{name}.{kind}")));
            std::fs::write(&certificate, pair.certificate).unwrap();
            std::fs::write(&key, pair.key).unwrap();
            (certificate, key)
        };
        let ((certificate, key), (other, other_key)) = (pair("one"), pair("other"));
        let report = CheckList::new("KE").report(&[], "2026-01-01T00:00:00Z", "0");
        let signed = sign(report.clone(), &certificate, &key).unwrap();
        assert_eq!(verify(&signed, &certificate), Ok(()));
        let mut changed = signed.clone();
        changed.report.green = true;
        assert!(verify(&changed, &certificate).unwrap_err().contains("changed"));
        assert!(verify(&signed, &other).unwrap_err().contains("was signed by the hub"));
        let stolen = Signed { signer: sign(report.clone(), &other, &other_key).unwrap().signer, ..signed };
        assert!(verify(&stolen, &other).unwrap_err().contains("does not fit"));
        assert!(sign(report, &certificate, &other_key).is_err(), "a key that is not the certificate's");
    }
}
