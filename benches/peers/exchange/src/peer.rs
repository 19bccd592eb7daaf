//! What a peer has to be able to do to be measured.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use crate::failure::Result;
use crate::server::Server;

/// Messages that a consumer asks for at once, where its protocol has such a number: what a pull from the hub brings.
pub(crate) const BATCH: usize = 100;

/// Longest that a consumer waits for messages before it looks whether the run is over.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// A server of others, from its start to its clients.
pub(crate) trait Peer: Sized {
    /// What puts messages in.
    type Producer: Producer;
    /// What takes messages out.
    type Consumer: Consumer;

    /// Starts the server with its data in `folder`, which is there and empty, and waits until it serves.
    async fn start(folder: &Path) -> Result<Self>;

    /// The server's process.
    fn server(&mut self) -> &mut Server;

    /// What is measured, for the table: version, and the settings that decide what a confirm means.
    fn what(&self) -> &str;

    /// Makes a durable queue for each destination, numbered from 0.
    async fn declare(&self, destinations: usize) -> Result<()>;

    /// A new producer, on a connection of its own where the protocol means it so.
    async fn producer(&self) -> Result<Self::Producer>;

    /// A new consumer of one destination.
    async fn consumer(&self, destination: usize) -> Result<Self::Consumer>;

    /// Syncs to disk since the start, if the server counts them itself.
    async fn syncs(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// The calls by which the server makes files durable.
    fn sync_calls(&self) -> &'static [&'static str] {
        &["fsync", "fdatasync", "sync_file_range", "msync", "syncfs"]
    }
}

/// Puts messages in, one at a time.
pub(crate) trait Producer: Send + 'static {
    /// Sends a message and waits until the server has confirmed that it is durable.
    fn send(&mut self, destination: usize, body: &Bytes) -> impl Future<Output = Result<()>> + Send;
}

/// Takes messages out.
pub(crate) trait Consumer: Send + 'static {
    /// Waits for messages, at most about [`PATIENCE`], and acknowledges them. Says the length of each.
    fn take(&mut self) -> impl Future<Output = Result<Vec<usize>>> + Send;
}
