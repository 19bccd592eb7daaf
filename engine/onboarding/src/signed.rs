//! A report with the signature of the sandbox hub that made it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::report::Report;

/// How reports are signed: ECDSA over the curve P-256 with SHA-256, the signature in ASN.1, as hexadecimal digits.
pub const ALGORITHM: &str = "ECDSA-P256-SHA256";

/// A signed report. What is signed are the bytes of [`Signed::message`], so that a file whose white space changed on
/// its way still holds, and one of which anything else changed does not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = SignedReport)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The report.
    pub report: Report,
    /// [`ALGORITHM`].
    pub algorithm: String,
    /// SHA-256 of the signing hub's certificate, hexadecimal.
    pub signer: String,
    /// The signature, hexadecimal.
    pub signature: String,
}

impl Signed {
    /// The bytes that are signed: the report as JSON without white space, its fields in their order.
    ///
    /// # Errors
    /// When it cannot be written, which memory alone could be the cause of.
    pub fn message(report: &Report) -> Result<Vec<u8>, String> {
        serde_json::to_vec(report).map_err(|error| error.to_string())
    }
}
