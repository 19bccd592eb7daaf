//! PostgreSQL: one table as a queue, committed durably, consumed by `SKIP LOCKED`.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future;
use tokio_postgres::{Client, NoTls, Statement};

use crate::failure::{Failure, Result, While};
use crate::peer::{BATCH, Consumer, Peer, Producer};
use crate::server::{Launch, Server, free_port};

/// Where Debian has the programs, by version.
const PROGRAMS: &str = "/usr/lib/postgresql";

/// The server refuses to run as root; the package brings this user.
const USER: &str = "postgres";

/// How long a consumer that found nothing waits before it looks again. To be told (`LISTEN`) instead costs every
/// commit a lock that all share; to look more often costs the server more than it brings.
const PAUSE: Duration = Duration::from_millis(50);

/// One index serves all: a consumer finds the eldest of its destination where it begins.
const TABLE: &str = "CREATE TABLE queue (
    destination int NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    body bytea NOT NULL,
    PRIMARY KEY (destination, id)
)";

const INSERT: &str = "INSERT INTO queue (destination, body) VALUES ($1, $2)";
const SELECT: &str = "SELECT id, body FROM queue WHERE destination = $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED";
const DELETE: &str = "DELETE FROM queue WHERE destination = $1 AND id = ANY ($2)";

/// Rows are removed as fast as they come, so that vacuum is due far sooner than by the defaults, which wait for a
/// fifth of the table and look once a minute.
const VACUUM: &str = "autovacuum_naptime=5s";

/// The server.
pub(crate) struct Postgresql {
    server: Server,
    address: String,
    control: Client,
    what: String,
}

impl Peer for Postgresql {
    type Producer = Sender;
    type Consumer = Receiver;

    async fn start(folder: &Path) -> Result<Self> {
        let programs = programs().ok_or_else(|| Failure::new(format!("postgresql: no programs below {PROGRAMS}")))?;
        let user = rustix::process::geteuid().is_root().then_some(USER);
        let data = folder.join("data");
        fs::create_dir(&data).during(data.display())?;
        if let Some(user) = user {
            let (user_id, group_id) = ids_of(user)?;
            chown(&data, Some(user_id), Some(group_id)).during(data.display())?;
        }
        let in_data = ["-D".to_owned(), data.to_string_lossy().into_owned()];
        Launch::new(programs.join("initdb"))
            .arguments(in_data.clone())
            .arguments(["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"])
            .user(user)
            .run("initdb of postgresql")?;
        let port = free_port()?;
        let launch = Launch::new(programs.join("postgres"))
            .arguments(in_data)
            .arguments(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "unix_socket_directories="])
            .arguments(["-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "max_connections=200"])
            .arguments(["-c", VACUUM])
            .user(user)
            // This does not wait for clients to leave.
            .stopped_by_interrupt();
        let mut server = Server::start("postgresql", &launch, &folder.join("log"))?;
        let address = format!("host=127.0.0.1 port={port} user={USER} dbname=postgres");
        let control = server.ready(async || connect(&address).await).await?;
        let row = control.query_one("SHOW server_version", &[]).await.during("asking postgresql for its version")?;
        let version: &str = row.try_get(0).during("the version of postgresql")?;
        let version = version.split(' ').next().unwrap_or_default();
        let what = format!("PostgreSQL {version} queue table, synchronous_commit on");
        Ok(Self { server, address, control, what })
    }

    fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    fn what(&self) -> &str {
        &self.what
    }

    async fn declare(&self, _destinations: usize) -> Result<()> {
        self.control.batch_execute(TABLE).await.during("making the table of postgresql")
    }

    async fn producer(&self) -> Result<Sender> {
        let client = connect(&self.address).await?;
        let insert = client.prepare(INSERT).await.during("preparing INSERT")?;
        Ok(Sender { client, insert })
    }

    async fn consumer(&self, destination: usize) -> Result<Receiver> {
        let destination = i32::try_from(destination).during("the number of a destination")?;
        let client = connect(&self.address).await?;
        let select = client.prepare(SELECT).await.during("preparing SELECT")?;
        let delete = client.prepare(DELETE).await.during("preparing DELETE")?;
        Ok(Receiver { client, destination, select, delete })
    }

    /// Of the log that is written ahead, which is all that a commit waits for.
    async fn syncs(&self) -> Result<Option<u64>> {
        let row = self.control.query_one("SELECT wal_sync FROM pg_stat_wal", &[]).await;
        let syncs: i64 = row.and_then(|row| row.try_get(0)).during("asking postgresql for its syncs")?;
        Ok(u64::try_from(syncs).ok())
    }
}

/// A producer with a connection of its own.
pub(crate) struct Sender {
    client: Client,
    insert: Statement,
}

impl Producer for Sender {
    async fn send(&mut self, destination: usize, body: &Bytes) -> Result<()> {
        let destination = i32::try_from(destination).during("the number of a destination")?;
        self.client.execute(&self.insert, &[&destination, &&body[..]]).await.during("INSERT").map(drop)
    }
}

/// A consumer of one destination with a connection of its own.
pub(crate) struct Receiver {
    client: Client,
    destination: i32,
    select: Statement,
    delete: Statement,
}

impl Consumer for Receiver {
    /// Rows stay until the commit, so that a consumer that dies has lost nothing.
    async fn take(&mut self) -> Result<Vec<usize>> {
        let most = BATCH as i64;
        let begun = self.client.batch_execute("BEGIN");
        let (begun, rows) = future::join(begun, self.client.query(&self.select, &[&self.destination, &most])).await;
        begun.during("BEGIN")?;
        let rows = rows.during("SELECT")?;
        if rows.is_empty() {
            self.client.batch_execute("COMMIT").await.during("COMMIT")?;
            tokio::time::sleep(PAUSE).await;
            return Ok(Vec::new());
        }
        let mut ids: Vec<i64> = Vec::with_capacity(rows.len());
        let mut lengths = Vec::with_capacity(rows.len());
        for row in &rows {
            ids.push(row.try_get(0).during("the id of a row")?);
            lengths.push(row.try_get::<_, &[u8]>(1).during("the body of a row")?.len());
        }
        let (deleted, committed) = future::join(
            self.client.execute(&self.delete, &[&self.destination, &ids]),
            self.client.batch_execute("COMMIT"),
        )
        .await;
        committed.during("COMMIT")?;
        match deleted.during("DELETE")? {
            count if count == ids.len() as u64 => Ok(lengths),
            count => Err(Failure::new(format!("of {} rows postgresql deleted {count}", ids.len()))),
        }
    }
}

/// The folder of the newest version's programs.
pub(crate) fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(PROGRAMS).into_iter().flatten().flatten();
    let versions = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let folders = versions.map(|version| (version, Path::new(PROGRAMS).join(version.to_string()).join("bin")));
    folders.filter(|(_, folder)| folder.join("postgres").is_file()).max().map(|(_, folder)| folder)
}

async fn connect(address: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.during("connecting to postgresql")?;
    // Ends with the client; what goes wrong on it is told to the client's next call.
    tokio::spawn(connection);
    Ok(client)
}

/// Numbers of a user and its group.
fn ids_of(user: &str) -> Result<(u32, u32)> {
    let text = fs::read_to_string("/etc/passwd").during("/etc/passwd")?;
    let lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let ids = lines
        .filter(|fields| fields.first() == Some(&user))
        .find_map(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)));
    ids.ok_or_else(|| Failure::new(format!("there is no user {user}, and the server does not run as root")))
}
