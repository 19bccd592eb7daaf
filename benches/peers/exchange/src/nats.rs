//! NATS: a stream with work-queue retention and a pull consumer for each destination.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{Config, RetentionPolicy, StorageType};
use async_nats::jetstream::{self, Context};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};

use crate::failure::{Failure, Result, While};
use crate::peer::{BATCH, Consumer, PATIENCE, Peer, Producer};
use crate::server::{Launch, Server, free_port};

/// Messages that were delivered and not acknowledged yet, as many as RabbitMQ's consumers may have.
const UNACKNOWLEDGED: i64 = 2 * BATCH as i64;

/// After this time a message that was not acknowledged is delivered again: longer than any run, since no consumer dies.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(600);

/// What makes a message durable before its confirm.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// The server's own setting, since 2.10.
    Setting,
    /// Earlier ones sync every two minutes, whatever one asks for. But they write before they confirm, so a file system
    /// that is told to treat the folder's writes as synchronous does what the setting would.
    FileSystem,
    /// Neither is to be had.
    Never,
}

/// The server.
pub(crate) struct Nats {
    server: Server,
    address: String,
    durable: Durable,
    what: String,
}

impl Peer for Nats {
    type Producer = Sender;
    type Consumer = Receiver;

    async fn start(folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let store = folder.join("data");
        fs::create_dir(&store).during(store.display())?;
        let (configuration, durable) = configure(folder, &store, port)?;
        let launch = Launch::new("nats-server").arguments(["-c", &configuration]);
        let mut server = Server::start("nats", &launch, &folder.join("log"))?;
        let address = format!("nats://127.0.0.1:{port}");
        let client = server.ready(async || connect(&address).await).await?;
        let version = client.server_info().version;
        let how = match durable {
            Durable::Setting => "sync_interval always",
            Durable::FileSystem => "files written synchronously, since it has no sync_interval",
            Durable::Never => "NOT durable before the confirm: it has no sync_interval, and writes cannot be made so",
        };
        Ok(Self { server, address, durable, what: format!("NATS {version} JetStream, {how}") })
    }

    fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    fn what(&self) -> &str {
        &self.what
    }

    async fn declare(&self, destinations: usize) -> Result<()> {
        let context = jetstream::new(connect(&self.address).await?);
        for destination in 0..destinations {
            let config = Config {
                name: name(destination),
                subjects: vec![subject(destination)],
                retention: RetentionPolicy::WorkQueue,
                storage: StorageType::File,
                num_replicas: 1,
                ..Config::default()
            };
            context.create_stream(config).await.during("making a stream of nats")?;
        }
        Ok(())
    }

    async fn producer(&self) -> Result<Sender> {
        Ok(Sender { context: jetstream::new(connect(&self.address).await?) })
    }

    async fn consumer(&self, destination: usize) -> Result<Receiver> {
        let context = jetstream::new(connect(&self.address).await?);
        let config = pull::Config {
            durable_name: Some(name(destination)),
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACKNOWLEDGED_WITHIN,
            max_ack_pending: UNACKNOWLEDGED,
            ..pull::Config::default()
        };
        let created = context.create_consumer_on_stream(config, name(destination)).await;
        let consumer: PullConsumer = created.during("making a consumer of nats")?;
        let messages = consumer.stream().max_messages_per_batch(BATCH).messages().await;
        Ok(Receiver { messages: messages.during("pulling from nats")? })
    }

    fn sync_calls(&self) -> &'static [&'static str] {
        match self.durable {
            // How it writes messages to their file, which then is a sync itself.
            Durable::FileSystem => &["pwrite64", "fsync"],
            Durable::Setting | Durable::Never => &["fsync"],
        }
    }
}

/// A producer on a connection of its own.
pub(crate) struct Sender {
    context: Context,
}

impl Producer for Sender {
    async fn send(&mut self, destination: usize, body: &Bytes) -> Result<()> {
        let published = self.context.publish(subject(destination), body.clone()).await.during("publishing to nats")?;
        published.await.during("waiting for a confirm of nats").map(drop)
    }
}

/// A consumer on a connection of its own, which always has a pull waiting at the server.
pub(crate) struct Receiver {
    messages: pull::Stream,
}

impl Consumer for Receiver {
    /// Acknowledgements are sent and not confirmed, as is usual with it.
    async fn take(&mut self) -> Result<Vec<usize>> {
        let Ok(first) = tokio::time::timeout(PATIENCE, self.messages.next()).await else { return Ok(Vec::new()) };
        let mut lengths = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            let message = message.ok_or_else(|| Failure::new("nats ended a consumer"))?;
            let message = message.during("pulling from nats")?;
            let acknowledged = message.ack().await;
            acknowledged.map_err(|error| Failure::new(format!("acknowledging to nats: {error}")))?;
            lengths.push(message.payload.len());
            next = if lengths.len() < BATCH { self.messages.next().now_or_never() } else { None };
        }
        Ok(lengths)
    }
}

fn name(destination: usize) -> String {
    format!("destination-{destination}")
}

fn subject(destination: usize) -> String {
    format!("destination.{destination}")
}

async fn connect(address: &str) -> Result<async_nats::Client> {
    async_nats::connect(address).await.during("connecting to nats")
}

/// Writes the strictest configuration that the server takes; its path.
fn configure(folder: &Path, store: &Path, port: u16) -> Result<(String, Durable)> {
    let path = folder.join("nats.conf");
    let write = |setting: &str| {
        let store = store.display();
        let text = format!("listen: \"127.0.0.1:{port}\"\njetstream {{\n  store_dir: \"{store}\"\n{setting}}}\n");
        fs::write(&path, text).during(path.display())
    };
    write("  sync_interval: always\n")?;
    let mut check = Command::new("nats-server");
    check.arg("-t").arg("-c").arg(&path);
    let durable = if succeeds(&mut check) {
        Durable::Setting
    } else {
        write("")?;
        // Folders and files that are made within inherit it.
        match succeeds(Command::new("chattr").arg("+S").arg(store)) {
            true => Durable::FileSystem,
            false => Durable::Never,
        }
    };
    Ok((path.to_string_lossy().into_owned(), durable))
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
