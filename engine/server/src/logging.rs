//! Logs: to standard error, as text or JSON, never with content, names or keys.

use std::io::IsTerminal;

use serde::{Deserialize, Serialize};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Section `[log]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// `error`, `warn`, `info`, `debug` (each request) or `trace` (each step of each request).
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: "text".to_owned() }
    }
}

impl LogSettings {
    pub(crate) fn check(&self) -> Result<(), String> {
        self.level
            .parse::<LevelFilter>()
            .map_err(|_| format!("[log] level '{}' is none of error, warn, info, debug, trace", self.level))?;
        match self.format.as_str() {
            "text" | "json" => Ok(()),
            other => Err(format!("[log] format '{other}' is neither text nor json")),
        }
    }

    /// Starts logging for the whole process. A second call (tests) changes nothing.
    pub fn start(&self) {
        let level = self.level.parse().unwrap_or(LevelFilter::INFO);
        // Libraries speak only when something is wrong: their debug lines could carry what ours must not.
        let filter = Targets::new().with_default(LevelFilter::WARN).with_target("phytohub", level);
        let registry = tracing_subscriber::registry().with(filter);
        // At the finest level each step tells when it ends and how long it took.
        let spans = if level == LevelFilter::TRACE { FmtSpan::CLOSE } else { FmtSpan::NONE };
        let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_span_events(spans);
        // An error means that a subscriber is there already.
        let _ = match self.format.as_str() {
            "json" => registry.with(layer.json()).try_init(),
            _ => registry.with(layer.with_ansi(std::io::stderr().is_terminal())).try_init(),
        };
    }
}
