//! Step 2, authenticate: the certificate of the connection -> the codes it acts for, asked anew for each request.

use phytohub_core::registry::Registry;
use phytohub_model::{CertificateFingerprint, ConnectionCode, Fault};

use crate::clock;

/// The party behind a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The codes it acts for, sorted; never empty.
    pub(crate) codes: Vec<ConnectionCode>,
}

/// Looks the certificate up.
///
/// # Errors
/// The known fault for a certificate that the registry does not know, others for none or one out of its validity.
pub(crate) fn caller(registry: &Registry, certificate: Option<&CertificateFingerprint>) -> Result<Caller, Fault> {
    let Some(certificate) = certificate else {
        return Err(Fault::client(
            "No client certificate was shown; connect with the certificate that is registered for your NPPO",
        ));
    };
    let caller = registry.caller(clock::now(), certificate)?;
    Ok(Caller { codes: caller.codes.to_vec() })
}
