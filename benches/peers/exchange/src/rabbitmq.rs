//! RabbitMQ: a quorum queue for each destination on one node, with publisher confirms.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

use crate::failure::{Failure, Result, While};
use crate::peer::{BATCH, Consumer, PATIENCE, Peer, Producer};
use crate::server::{Launch, Server, free_port};

/// Where Debian has the script that starts the node as the user who calls it.
pub(crate) const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// Connections that the clients' channels share: the library spends a thread on each, and RabbitMQ's own advice is few
/// connections with many channels.
const CONNECTIONS: usize = 8;

/// Delivery mode of a message that is written to disk.
const PERSISTENT: u8 = 2;

/// The node, and the program by which nodes find each other, which would otherwise be started beside it and stay.
pub(crate) struct RabbitMq {
    server: Server,
    connections: Vec<Connection>,
    next: std::cell::Cell<usize>,
    what: String,
    _names: Server,
}

impl Peer for RabbitMq {
    type Producer = Sender;
    type Consumer = Receiver;

    async fn start(folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let names_port = free_port()?.to_string();
        let names = Launch::new("epmd").arguments(["-address", "127.0.0.1", "-port", &names_port]);
        let names = Server::start("epmd", &names, &folder.join("epmd.log"))?;
        let launch = launch(folder, port, &names_port)?;
        let mut server = Server::start("rabbitmq", &launch, &folder.join("log"))?;
        let first = server.ready(async || connect(port).await).await?;
        let mut connections = vec![first];
        while connections.len() < CONNECTIONS {
            connections.push(connect(port).await?);
        }
        let what = format!("RabbitMQ {} quorum queues, one node", version());
        Ok(Self { server, connections, next: std::cell::Cell::new(0), what, _names: names })
    }

    fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    fn what(&self) -> &str {
        &self.what
    }

    async fn declare(&self, destinations: usize) -> Result<()> {
        let channel = self.channel().await?;
        for destination in 0..destinations {
            let mut arguments = FieldTable::default();
            arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
            let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
            let declared = channel.queue_declare(queue(destination).into(), options, arguments).await;
            declared.during("declaring a queue of rabbitmq")?;
        }
        Ok(())
    }

    async fn producer(&self) -> Result<Sender> {
        let channel = self.channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await.during("asking rabbitmq for confirms")?;
        Ok(Sender { channel })
    }

    async fn consumer(&self, destination: usize) -> Result<Receiver> {
        let channel = self.channel().await?;
        // Twice a batch, so that the next one comes while the last is acknowledged.
        let prefetch = u16::try_from(2 * BATCH).unwrap_or(u16::MAX);
        channel.basic_qos(prefetch, BasicQosOptions::default()).await.during("setting the prefetch of rabbitmq")?;
        let name = queue(destination);
        let consumed = channel.basic_consume(
            name.clone().into(),
            name.into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        Ok(Receiver { messages: consumed.await.during("consuming from rabbitmq")?, _channel: channel })
    }
}

impl RabbitMq {
    /// A channel on the next connection in turn.
    async fn channel(&self) -> Result<Channel> {
        let next = self.next.get();
        self.next.set((next + 1) % self.connections.len());
        self.connections[next].create_channel().await.during("opening a channel of rabbitmq")
    }
}

/// A producer on a channel of its own.
pub(crate) struct Sender {
    channel: Channel,
}

impl Producer for Sender {
    async fn send(&mut self, destination: usize, body: &Bytes) -> Result<()> {
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        let options = BasicPublishOptions::default();
        let published = self.channel.basic_publish("".into(), queue(destination).into(), options, body, properties);
        match published.await.during("publishing")?.await.during("waiting for a confirm")? {
            Confirmation::Ack(None) => Ok(()),
            other => Err(Failure::new(format!("rabbitmq did not confirm a message: {other:?}"))),
        }
    }
}

/// A consumer on a channel of its own, which ends with the channel.
pub(crate) struct Receiver {
    messages: lapin::Consumer,
    _channel: Channel,
}

impl Consumer for Receiver {
    /// There is no confirm of an acknowledgement: one that is sent counts.
    async fn take(&mut self) -> Result<Vec<usize>> {
        let Ok(first) = tokio::time::timeout(PATIENCE, self.messages.next()).await else { return Ok(Vec::new()) };
        let ended = || Failure::new("rabbitmq ended a consumer");
        let mut last = first.ok_or_else(ended)?.during("consuming")?;
        let mut lengths = vec![last.data.len()];
        while let Some(Some(next)) = self.messages.next().now_or_never() {
            last = next.during("consuming")?;
            lengths.push(last.data.len());
        }
        last.ack(BasicAckOptions { multiple: true }).await.during("acknowledging")?;
        Ok(lengths)
    }
}

fn queue(destination: usize) -> String {
    format!("destination-{destination}")
}

/// The node with all of its files in `folder` and all of its sockets on the loopback address.
fn launch(folder: &Path, port: u16, names_port: &str) -> Result<Launch> {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).during(folder.join(name).display());
    write("rabbitmq.conf", &format!("listeners.tcp.1 = 127.0.0.1:{port}\n"))?;
    write("plugins", "[].\n")?;
    // In place of the one of the system, which may say anything.
    write("environment", "")?;
    Ok(Launch::new(PROGRAM)
        .variable("HOME", path(""))
        .variable("ERL_EPMD_ADDRESS", "127.0.0.1")
        .variable("ERL_EPMD_PORT", names_port)
        .variable("RABBITMQ_CONF_ENV_FILE", path("environment"))
        .variable("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf"))
        .variable("RABBITMQ_DIST_PORT", free_port()?.to_string())
        .variable("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins"))
        .variable("RABBITMQ_LOG_BASE", path("logs"))
        .variable("RABBITMQ_MNESIA_BASE", path("data"))
        .variable("RABBITMQ_NODENAME", format!("phytohub-peer-{}@localhost", std::process::id()))
        .variable("RABBITMQ_NODE_PORT", port.to_string())
        .variable("RABBITMQ_PID_FILE", path("pid"))
        .variable("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"))
}

async fn connect(port: u16) -> Result<Connection> {
    let address = format!("amqp://guest:guest@127.0.0.1:{port}/%2f");
    Connection::connect(&address, ConnectionProperties::default()).await.during("connecting to rabbitmq")
}

/// The version, which the folder of the programs is named by.
fn version() -> String {
    let folders = fs::read_dir("/usr/lib/rabbitmq/lib").into_iter().flatten().flatten();
    let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
    let versions = names.filter_map(|name| name.strip_prefix("rabbitmq_server-").map(str::to_owned));
    versions.max().unwrap_or_else(|| "of unknown version".to_owned())
}
