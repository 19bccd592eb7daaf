//! The certificate that the hub shows, exchanged while it runs: connections that are open live on, new ones see the new
//! one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::identity;

/// How often the files are looked at; SIGHUP has them looked at now.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The hub's certificate and key, as of their files.
#[derive(Debug)]
pub(crate) struct OwnCertificate {
    certificate: PathBuf,
    key: PathBuf,
    shown: ArcSwap<CertifiedKey>,
}

impl OwnCertificate {
    /// Reads both files.
    ///
    /// # Errors
    /// A sentence that names the file, or says that the two do not fit.
    pub(crate) fn open(certificate: &Path, key: &Path) -> Result<Arc<Self>, String> {
        let shown = ArcSwap::from_pointee(read(certificate, key)?);
        Ok(Arc::new(Self { certificate: certificate.to_owned(), key: key.to_owned(), shown }))
    }

    /// Shows what the files hold now; whether that is another certificate. The one before stays when they cannot be
    /// used.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn reload(&self) -> Result<bool, String> {
        let read = read(&self.certificate, &self.key)?;
        let changed = read.cert != self.shown.load().cert;
        if changed {
            self.shown.store(Arc::new(read));
        }
        Ok(changed)
    }

    /// Looks at the files from time to time, and at each SIGHUP, until the hub stops.
    pub(crate) async fn follow(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut hang_up = match signal(SignalKind::hangup()) {
            Ok(hang_up) => hang_up,
            Err(error) => {
                tracing::warn!(target: "phytohub", %error, "a new certificate is shown after a restart only");
                return;
            }
        };
        let mut complained = None;
        loop {
            tokio::select! {
                // What is wrong is told anew to who asks anew.
                _ = hang_up.recv() => complained = None,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = stop.changed() => return,
            }
            match self.reload() {
                Ok(true) => tracing::info!(target: "phytohub", "new connections are shown the hub's new certificate"),
                Ok(false) => complained = None,
                // Between the exchange of the two files this is no trouble; it is told once.
                Err(error) if complained.as_ref() != Some(&error) => {
                    tracing::warn!(target: "phytohub", %error, "the hub goes on showing its certificate of before");
                    complained = Some(error);
                }
                Err(_) => {}
            }
        }
    }
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown.load_full())
    }
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, String> {
    let own = identity::own(certificate, key)?;
    CertifiedKey::from_der(own.chain, own.key, &identity::provider())
        .map_err(|error| format!("{} and {} do not fit: {error}", certificate.display(), key.display()))
}
