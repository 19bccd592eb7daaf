//! Keys of a new hub: a throw-away CA, the hub's own certificate, and one for each first member.
//!
//! They get a hub running in a minute; a real deployment replaces the hub's certificate by one that its members'
//! systems trust, and registers the certificates that members made themselves. Identity is the exact certificate, so
//! the CA decides nothing about clients.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};

use crate::onboarding::Keys;
use phytohub_operate::layout::{Layout, PUBLIC, SECRET, write_new};

/// Years that the first certificates are valid: long enough for a trial, short enough to be noticed.
const VALID_YEARS: i32 = 2;

/// Life of a certificate that is to be expired, from the moment it is made.
const SHORT_LIFE: std::time::Duration = std::time::Duration::from_secs(10);

/// An issuer of certificates that nobody else trusts.
pub struct ThrowAwayCa {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, both as PEM.
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The private key (PKCS #8).
    pub key: String,
}

impl ThrowAwayCa {
    /// Makes a new CA.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> io::Result<Self> {
        let mut params = params("phytohub throw-away CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)? })
    }

    /// The CA's certificate as PEM.
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for the hub's own address, valid for this machine's loopback names and `names`.
    ///
    /// # Errors
    /// When a name is no DNS name.
    pub fn hub(&self, names: &[String]) -> io::Result<Pair> {
        let mut params = params("phytohub");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names = vec![
            SanType::DnsName("localhost".try_into().map_err(io::Error::other)?),
            SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ];
        for name in names {
            params.subject_alt_names.push(match name.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.as_str().try_into().map_err(io::Error::other)?),
            });
        }
        self.sign(params)
    }

    /// A client certificate for a member.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn member(&self, code: &str) -> io::Result<Pair> {
        let mut params = params(&format!("NPPO {code} (throw-away)"));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params)
    }

    /// As [`Self::member`], for keys that stop to count in ten seconds: the time in which they are registered.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn short_lived_member(&self, code: &str) -> io::Result<Pair> {
        let mut params = params(&format!("NPPO {code} (throw-away, expired)"));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let end = crate::clock::now().plus(SHORT_LIFE).0 / 1000;
        params.not_after = rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(end);
        self.sign(params)
    }

    /// As [`Self::member`], for keys that do not count before the day after tomorrow.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn early_member(&self, code: &str) -> io::Result<Pair> {
        let mut params = params(&format!("NPPO {code} (throw-away, early)"));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before += 3 * std::time::Duration::from_secs(86_400);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> io::Result<Pair> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    // A day back, for clients whose clock is late.
    let today = std::time::SystemTime::now();
    let (year, month, day) = civil_date(today);
    params.not_before = rcgen::date_time_ymd(year, month, day) - std::time::Duration::from_secs(86_400);
    params.not_after = params.not_before + std::time::Duration::from_secs(86_400 * 365) * VALID_YEARS as u32;
    params
}

fn civil_date(time: std::time::SystemTime) -> (i32, u8, u8) {
    let text = crate::clock::timestamp(time).to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    (part(0..4).parse().unwrap_or(2026), part(5..7).parse().unwrap_or(1), part(8..10).parse().unwrap_or(1))
}

/// Writes the CA, the hub's pair and returns the CA for the members' pairs.
///
/// # Errors
/// When a file exists already or cannot be written.
pub fn create(layout: &Layout, names: &[String]) -> io::Result<ThrowAwayCa> {
    let ca = ThrowAwayCa::new()?;
    write_new(&layout.pki("ca.pem"), ca.certificate().as_bytes(), PUBLIC)?;
    let hub = ca.hub(names)?;
    write_new(&layout.pki("hub.pem"), hub.certificate.as_bytes(), PUBLIC)?;
    write_new(&layout.pki("hub.key"), hub.key.as_bytes(), SECRET)?;
    Ok(ca)
}

/// Writes a member's pair as `nppo-CODE.pem` and `nppo-CODE.key`, and returns the certificate.
///
/// # Errors
/// When a file exists already or cannot be written.
pub fn create_member(layout: &Layout, ca: &ThrowAwayCa, code: &str) -> io::Result<String> {
    write_pair(layout, &format!("nppo-{code}"), ca.member(code)?)
}

/// Writes a pair that does not count as `nppo-CODE-KIND.pem` and `.key`, and returns the certificate.
///
/// # Errors
/// When a file exists already or cannot be written.
pub(crate) fn create_trial_pair(layout: &Layout, ca: &ThrowAwayCa, code: &str, keys: &Keys) -> io::Result<String> {
    let pair = match keys {
        Keys::Revoked => ca.member(code)?,
        Keys::Expired => ca.short_lived_member(code)?,
    };
    write_pair(layout, &format!("nppo-{code}-{}", keys.kind()), pair)
}

fn write_pair(layout: &Layout, name: &str, pair: Pair) -> io::Result<String> {
    write_new(&layout.pki(&format!("{name}.pem")), pair.certificate.as_bytes(), PUBLIC)?;
    write_new(&layout.pki(&format!("{name}.key")), pair.key.as_bytes(), SECRET)?;
    Ok(pair.certificate)
}
