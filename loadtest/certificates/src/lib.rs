//! Seeded generator of fictitious certificates, for demonstrations, tests and load.
//!
//! Every document has the structure, the order and the mandatory parts of the message, in the dialects of different
//! senders and several languages. It is pure: the same seed and order give the same bytes, on every machine. It does
//! not know the hub.

mod acknowledgement;
mod attachment;
mod broken;
mod consignment;
mod document;
mod line;
mod random;
mod words;
mod xml;

use std::fmt;

pub use acknowledgement::acknowledgement;
pub use attachment::attachment;
pub use broken::{Broken, broken};
pub use random::Random;

use xml::Xml;

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A phytosanitary certificate, issued.
    Export,
    /// A phytosanitary certificate for re-export, issued.
    ReExport,
    /// The withdrawal of an [`Kind::Export`] certificate: with the same seed and order the same document, but for its
    /// status.
    Withdrawal,
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day {
    /// Year.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

/// A certificate to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order<'a> {
    /// ISO 3166 code of the exporting (for a re-export: the re-exporting) country.
    pub from: &'a str,
    /// ISO 3166 code of the importing country.
    pub to: &'a str,
    /// The certificate's number.
    pub number: &'a str,
    /// What for.
    pub kind: Kind,
    /// Commodity lines; a certificate has at least one, so none counts as one.
    pub lines: usize,
    /// Attached files, besides the original that a re-export certificate always has.
    pub attachments: usize,
    /// Size of each attached file; it grows by a third in the document.
    pub attachment_bytes: usize,
    /// Day of issue.
    pub issued: Day,
}

/// The certificate of `order`; the seed decides everything that the order does not.
pub fn certificate(seed: u64, order: &Order<'_>) -> String {
    const NAMESPACE: &str = "urn:un:unece:uncefact:data:standard:SPSCertificate:17";
    Xml::document(&mut Random::new(seed), NAMESPACE, "SPSCertificate", |xml, random| {
        let history = History::of(random, order);
        document::write(xml, random, order, &history);
        consignment::write(xml, random, order, &history);
    })
}

/// A certificate as most are: an export of one to a few lines, at the median of about 9 KB, now and then with a file.
pub fn typical(seed: u64, from: &str, to: &str, number: &str) -> String {
    // Another sequence than the one that the certificate itself is made from.
    let random = &mut Random::new(!seed);
    let lines = random.pick(&[1, 1, 1, 1, 1, 2, 2, 2, 3, 4]);
    let issued = Day { year: 2026, month: random.between(1, 12) as u8, day: random.between(1, 28) as u8 };
    let attachments = usize::from(random.chance(15));
    let attachment_bytes = random.between(1_000, 12_000) as usize;
    certificate(seed, &Order { from, to, number, kind: Kind::Export, lines, attachments, attachment_bytes, issued })
}

/// Where the goods come from.
struct History<'a> {
    /// ISO 3166 code of the country of origin.
    origin: &'a str,
    /// The number of the certificate that a re-export rests on.
    original: String,
}

impl<'a> History<'a> {
    fn of(random: &mut Random, order: &Order<'a>) -> Self {
        let third = third_country(random, order);
        let origin = if order.kind == Kind::ReExport { third } else { order.from };
        Self { origin, original: format!("{origin}-PC-{}", random.between(100_000, 999_999)) }
    }
}

/// A country that is neither of the order's two.
fn third_country(random: &mut Random, order: &Order<'_>) -> &'static str {
    let first = random.next() as usize;
    let candidates = words::COUNTRIES.iter().cycle().skip(first % words::COUNTRIES.len());
    let third = candidates.take(words::COUNTRIES.len()).find(|&&country| country != order.from && country != order.to);
    third.copied().unwrap_or_default()
}

impl Kind {
    /// CertificateType of its envelope.
    pub fn certificate_type(self) -> i32 {
        match self {
            Self::Export | Self::Withdrawal => 851,
            Self::ReExport => 657,
        }
    }

    /// CertificateStatus of its envelope.
    pub fn certificate_status(self) -> i32 {
        match self {
            Self::Export | Self::ReExport => 70,
            Self::Withdrawal => 40,
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}
