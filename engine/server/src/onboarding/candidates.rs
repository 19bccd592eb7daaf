//! What a sandbox's directory has for each member: keys that count, keys that no longer count, a check list.

use std::io;

use phytohub_onboarding::{ACKNOWLEDGING_PARTNER, SENDING_PARTNER};

use super::observer::Lists;
use crate::control::Change;
use crate::identity;
use crate::pki::{self, ThrowAwayCa};
use phytohub_operate::layout::Layout;

/// Types and statuses that XB takes: certificates, re-exports and country responses, in each state. Others it does not,
/// so that there is something to be refused.
const SENDING_PARTNER_TAKES: ([i32; 3], [i32; 7]) = ([851, 657, 312], [70, 40, 39, 41, 122, 17, 26]);

/// Throw-away keys for the cases of a certificate that does not count.
pub(crate) enum Keys {
    /// Was the member's and is not any more.
    Revoked,
    /// Its time is over seconds after it was made.
    Expired,
}

impl Keys {
    /// How the files are named: `nppo-CODE-KIND.pem`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// The changes that add both partner countries.
pub(crate) fn partner_changes() -> Vec<Change> {
    let (types, statuses) = SENDING_PARTNER_TAKES;
    let takes = types.iter().flat_map(|kind| statuses.iter().map(move |status| format!("{kind}:{status}"))).collect();
    let add = |code: &str, name: &str, allow: Vec<String>| Change::Add {
        code: code.to_owned(),
        name: name.to_owned(),
        allow,
        reason: None,
    };
    vec![
        add(ACKNOWLEDGING_PARTNER, "Partner country that acknowledges (sandbox)", Vec::new()),
        add(SENDING_PARTNER, "Partner country that sends (sandbox)", takes),
    ]
}

/// Makes a candidate's keys that do not count, and notes them in its check list; the changes that register them, and
/// take one back again.
///
/// # Errors
/// When a file exists already or cannot be written.
pub(crate) fn prepare(layout: &Layout, ca: &ThrowAwayCa, code: &str) -> io::Result<Vec<Change>> {
    let mut lists = Lists::open(&layout.onboarding()).map_err(io::Error::other)?;
    let mut changes = Vec::new();
    for keys in [Keys::Revoked, Keys::Expired] {
        let pem = pki::create_trial_pair(layout, ca, code, &keys)?;
        let parsed = code.parse().map_err(|error| io::Error::other(format!("'{code}': {error}")))?;
        let certificate = identity::read_certificate(pem.as_bytes(), parsed).map_err(io::Error::other)?;
        let fingerprint = certificate.fingerprint.to_string();
        lists.note_certificate(code, &fingerprint)?;
        changes.push(Change::CertificateAdd { code: code.to_owned(), pem });
        if matches!(keys, Keys::Revoked) {
            changes.push(Change::CertificateRevoke { code: code.to_owned(), fingerprint });
        }
    }
    Ok(changes)
}
