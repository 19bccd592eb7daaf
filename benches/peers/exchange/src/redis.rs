//! Redis: a stream for each destination, the append-only file synced before every answer.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Pipeline, cmd, pipe};

use crate::failure::{Failure, Result, While};
use crate::peer::{BATCH, Consumer, PATIENCE, Peer, Producer};
use crate::server::{Launch, Server, free_port};

/// The consumer group of each stream, and its only member.
const GROUP: &str = "receivers";
const MEMBER: &str = "receiver";

/// Longest that an answer may take; the client's own limit of half a second is shorter than some syncs.
const ANSWER: Duration = Duration::from_secs(60);

/// Entries of a stream as they come: the stream's name, and for each entry its id and its fields.
type Streams = Vec<(String, Vec<(String, Vec<Bytes>)>)>;

/// The server.
pub(crate) struct Redis {
    server: Server,
    client: Client,
    what: String,
}

impl Peer for Redis {
    type Producer = Sender;
    type Consumer = Receiver;

    async fn start(folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let launch = Launch::new("redis-server")
            .arguments(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .arguments(["--dir", &folder.to_string_lossy()])
            .arguments(["--appendonly", "yes", "--appendfsync", "always"])
            // Snapshots beside the append-only file would be work that nobody asked for.
            .arguments(["--save", ""]);
        let mut server = Server::start("redis", &launch, &folder.join("log"))?;
        let client = Client::open(format!("redis://127.0.0.1:{port}")).during("the address of redis")?;
        let version = server.ready(async || version(&client).await).await?;
        Ok(Self { server, client, what: format!("Redis {version} streams, appendfsync always") })
    }

    fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    fn what(&self) -> &str {
        &self.what
    }

    async fn declare(&self, destinations: usize) -> Result<()> {
        let mut connection = connect(&self.client).await?;
        for destination in 0..destinations {
            let mut command = cmd("XGROUP");
            command.arg("CREATE").arg(stream(destination)).arg(GROUP).arg("$").arg("MKSTREAM");
            command.exec_async(&mut connection).await.during("making a stream of redis")?;
        }
        Ok(())
    }

    async fn producer(&self) -> Result<Sender> {
        Ok(Sender { connection: connect(&self.client).await? })
    }

    async fn consumer(&self, destination: usize) -> Result<Receiver> {
        Ok(Receiver { connection: connect(&self.client).await?, stream: stream(destination) })
    }
}

/// A producer on a connection of its own.
pub(crate) struct Sender {
    connection: MultiplexedConnection,
}

impl Producer for Sender {
    async fn send(&mut self, destination: usize, body: &Bytes) -> Result<()> {
        let mut command = cmd("XADD");
        command.arg(stream(destination)).arg("*").arg("body").arg(&body[..]);
        command.exec_async(&mut self.connection).await.during("XADD")
    }
}

/// A consumer of one stream, on a connection of its own since it waits on it.
pub(crate) struct Receiver {
    connection: MultiplexedConnection,
    stream: String,
}

impl Receiver {
    /// Takes entries out of the group's list and out of the stream.
    fn remove(&self, entries: &[(String, Vec<Bytes>)]) -> Pipeline {
        let mut commands = pipe();
        commands.cmd("XACK").arg(&self.stream).arg(GROUP);
        entries.iter().for_each(|(id, _)| {
            commands.arg(id);
        });
        commands.cmd("XDEL").arg(&self.stream);
        entries.iter().for_each(|(id, _)| {
            commands.arg(id);
        });
        commands
    }
}

impl Consumer for Receiver {
    async fn take(&mut self) -> Result<Vec<usize>> {
        let mut read = cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg(MEMBER).arg("COUNT").arg(BATCH);
        read.arg("BLOCK").arg(PATIENCE.as_millis() as u64).arg("STREAMS").arg(&self.stream).arg(">");
        let streams: Option<Streams> = read.query_async(&mut self.connection).await.during("XREADGROUP")?;
        let entries: Vec<_> = streams.into_iter().flatten().flat_map(|(_, entries)| entries).collect();
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let commands = self.remove(&entries);
        let (acknowledged, removed): (usize, usize) =
            commands.query_async(&mut self.connection).await.during("XACK and XDEL")?;
        if (acknowledged, removed) != (entries.len(), entries.len()) {
            let count = entries.len();
            return Err(Failure::new(format!("of {count} entries redis took {acknowledged} and removed {removed}")));
        }
        // Fields are names and values in turn.
        Ok(entries.iter().map(|(_, fields)| fields.get(1).map_or(0, Bytes::len)).collect())
    }
}

fn stream(destination: usize) -> String {
    format!("destination-{destination}")
}

async fn connect(client: &Client) -> Result<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(ANSWER));
    client.get_multiplexed_async_connection_with_config(&config).await.during("connecting to redis")
}

async fn version(client: &Client) -> Result<String> {
    let mut connection = connect(client).await?;
    let info: String =
        cmd("INFO").arg("server").query_async(&mut connection).await.during("asking redis for its version")?;
    let line = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(line.unwrap_or("of unknown version").trim().to_owned())
}
