//! Certificates that must be refused.

use crate::random::Random;
use crate::{Day, Kind, Order, acknowledgement, certificate, third_country};

/// What is wrong with a certificate whose envelope says: an issued phytosanitary certificate (type 851, status 70) of
/// this number, from here to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Broken {
    /// It ends in the middle.
    CutOff,
    /// It begins with a DOCTYPE.
    Doctype,
    /// It is a country response.
    NoCertificate,
    /// It has no number.
    NumberMissing,
    /// It is about goods of another exporting country.
    OtherExporter,
    /// It is about goods for another importing country.
    OtherImporter,
    /// It has another number.
    OtherNumber,
    /// It is a withdrawal.
    OtherStatus,
    /// It is a certificate for re-export.
    OtherType,
}

impl Broken {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::CutOff,
        Self::Doctype,
        Self::NoCertificate,
        Self::NumberMissing,
        Self::OtherExporter,
        Self::OtherImporter,
        Self::OtherNumber,
        Self::OtherStatus,
        Self::OtherType,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::CutOff => "cut-off",
            Self::Doctype => "doctype",
            Self::NoCertificate => "no-certificate",
            Self::NumberMissing => "number-missing",
            Self::OtherExporter => "other-exporter",
            Self::OtherImporter => "other-importer",
            Self::OtherNumber => "other-number",
            Self::OtherStatus => "other-status",
            Self::OtherType => "other-type",
        }
    }
}

/// A certificate from `from` to `to` with the number `number`, but for what `flavour` makes wrong.
pub fn broken(seed: u64, from: &str, to: &str, number: &str, flavour: Broken) -> String {
    const ISSUED: Day = Day { year: 2026, month: 5, day: 4 };
    let order =
        Order { from, to, number, kind: Kind::Export, lines: 1, attachments: 0, attachment_bytes: 0, issued: ISSUED };
    let third = third_country(&mut Random::new(seed), &order);
    match flavour {
        Broken::CutOff => {
            let mut text = certificate(seed, &order);
            let half = text.len() / 2;
            text.truncate((half..).find(|&at| text.is_char_boundary(at)).unwrap_or(half));
            text
        }
        Broken::Doctype => {
            let text = certificate(seed, &order);
            let root = text.find("?>").map_or(0, |end| end + "?>".len());
            let (declaration, root) = text.split_at(root);
            format!("{declaration}<!DOCTYPE SPSCertificate>{root}")
        }
        Broken::NoCertificate => acknowledgement(seed, number, Kind::Export, 39, ISSUED),
        Broken::NumberMissing => certificate(seed, &Order { number: "", ..order }),
        Broken::OtherExporter => certificate(seed, &Order { from: third, ..order }),
        Broken::OtherImporter => certificate(seed, &Order { to: third, ..order }),
        Broken::OtherNumber => certificate(seed, &Order { number: &format!("{number}-OTHER"), ..order }),
        Broken::OtherStatus => certificate(seed, &Order { kind: Kind::Withdrawal, ..order }),
        Broken::OtherType => certificate(seed, &Order { kind: Kind::ReExport, ..order }),
    }
}
