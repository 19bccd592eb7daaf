//! Where the hub listens.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Section `[listen]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenSettings {
    /// The service of the exchange, over mutual TLS. Port 0 = any free one.
    pub soap: SocketAddr,
    /// Metrics, health and registry changes, plain HTTP: keep it on a loopback or private address.
    pub admin: SocketAddr,
}

impl Default for ListenSettings {
    fn default() -> Self {
        Self { soap: ([127, 0, 0, 1], 8443).into(), admin: ([127, 0, 0, 1], 8444).into() }
    }
}
