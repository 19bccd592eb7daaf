//! A stand-in for the admin address of a hub, in memory: it serves the console and answers what it was told to answer,
//! so that a test can show states that a real hub reaches in hours.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use phytohub_console::{File, INDEX, POLICY};
use serde_json::{Value, json};

/// Tokens by the role that they stand for.
pub const TOKENS: [(&str, &str); 2] = [("operator", "token-of-an-operator"), ("reader", "token-of-a-reader")];

/// A request that changes something, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Path with its query.
    pub path: String,
    /// The document that was posted.
    pub body: Value,
}

/// What the connections share.
#[derive(Default)]
struct State {
    /// Status and answer by method and path, such as `GET /v1/members`.
    answers: BTreeMap<String, (u16, Value)>,
    asked: Vec<Asked>,
    /// Whether connections are closed without an answer.
    is_down: bool,
    /// Paths of all requests, in the order in which they came.
    paths: Vec<String>,
}

/// A double that serves until the test ends.
pub struct AdminDouble {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl AdminDouble {
    /// Listens on a free port of loopback.
    ///
    /// # Panics
    /// When there is none.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A browser that goes away is not the test's matter.
                std::thread::spawn(move || serve(&socket, &shared).ok());
            }
        });
        Self { address, state }
    }

    /// As [`Self::start`], with a hub of fourteen members on a bad day.
    ///
    /// # Panics
    /// When a fixture cannot be read.
    pub fn furnished() -> Self {
        let double = Self::start();
        for name in FIXTURES {
            double.answer(&format!("GET /v1/{name}"), 200, fixture(name));
        }
        let envelope = fixture("envelope");
        double.answer(&format!("GET /v1/envelopes/{}", envelope["number"].as_str().expect("a number")), 200, envelope);
        double
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets an answer: `GET /v1/members`, or with its query where only that one is meant.
    pub fn answer(&self, request: &str, status: u16, body: Value) {
        self.state().answers.insert(request.to_owned(), (status, body));
    }

    /// Closes connections without an answer from now on, or no longer.
    pub fn set_down(&self, is_down: bool) {
        self.state().is_down = is_down;
    }

    /// All that was posted so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// How often a path was asked for, whatever its query.
    pub fn times(&self, path: &str) -> usize {
        self.state().paths.iter().filter(|asked| asked.split('?').next() == Some(path)).count()
    }

    /// The last query that a path was asked for with.
    pub fn last_query(&self, path: &str) -> Option<String> {
        let state = self.state();
        let queries = state.paths.iter().rev().filter_map(|asked| asked.split_once('?'));
        queries.filter(|(asked, _)| *asked == path).map(|(_, query)| query.to_owned()).next()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// What a furnished double answers for.
const FIXTURES: [&str; 12] = [
    "alerts",
    "audit",
    "documents",
    "envelopes",
    "failed",
    "lists",
    "maintenance",
    "members",
    "overview",
    "releases",
    "report",
    "validator",
];

/// The answer of a file in `fixtures/console`; the hub's last hour is made here.
///
/// # Panics
/// When there is no such file or it is no JSON.
pub fn fixture(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/console").join(name).with_extension("json");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    if name == "overview" {
        answer["history"] = history();
    }
    answer
}

/// An hour with a wave of deliveries, a service that stopped answering and one slow sync; a point each 10 s.
fn history() -> Value {
    let points = (0..=360_u32).map(|index| {
        let hour = f64::from(index) / 360.0;
        // No randomness, so that every run shows the same.
        let noise = f64::from(index * index * 7919 % 101) / 101.0 - 0.5;
        let rate = 38.0 + 12.0 * (hour * 7.0).sin() + 6.0 * noise;
        let seconds = index * 10;
        json!({
            "at": format!("2026-11-25T{:02}:{:02}:{:02}Z", 11 + seconds / 3600, seconds / 60 % 60, seconds % 60),
            "accepted_per_s": rate,
            "finished_per_s": rate - 3.0 * (hour * 23.0).sin() - 2.0 * noise,
            "refused_per_s": 0.4 + 0.25 * (hour * 11.0).sin() + 0.2 * noise,
            "errors_per_s": if (200..230).contains(&index) { 0.4 } else { 0.0 },
            "pending": (1_100.0 + 200.0 * (hour * 5.0).sin() + 60.0 * noise + 230.0 * hour * hour).round(),
            "oldest_age_seconds": 4_540 + seconds,
            "commit_p99_ms": 1.8 + 0.4 * (hour * 40.0).sin() + noise + if index == 222 { 7.0 } else { 0.0 },
            "connections": (210.0 + 20.0 * (hour * 9.0).sin() + 4.0 * noise).round(),
        })
    });
    json!({"step_seconds": 10, "points": points.collect::<Vec<_>>()})
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request of a connection, which is closed after it.
fn serve(socket: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(socket);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        let mut found = lines.iter().filter_map(|line| line.split_once(": "));
        found.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if lock(state).is_down {
        return Ok(());
    }
    lock(state).paths.push(path.to_owned());
    if let Some(file) = page(path) {
        return write(socket, 200, file.media_type, file.bytes);
    }
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (status, answer) = answer(&mut lock(state), method, path, header("authorization").as_deref(), body);
    let answer = if answer.is_null() { Vec::new() } else { answer.to_string().into_bytes() };
    write(socket, status, "application/json", &answer)
}

fn page(path: &str) -> Option<&'static File> {
    if path == "/" { Some(&INDEX) } else { phytohub_console::file(path.strip_prefix("/console/")?) }
}

fn answer(state: &mut State, method: &str, path: &str, shown: Option<&str>, body: Value) -> (u16, Value) {
    let shown = shown.and_then(|shown| shown.strip_prefix("Bearer "));
    let Some((role, _)) = TOKENS.iter().find(|(_, token)| Some(*token) == shown) else {
        return (401, json!({"error": "This token is not known to the hub."}));
    };
    if path == "/v1/me" {
        return (200, json!({"name": "Ada", "role": role}));
    }
    if method == "POST" {
        if *role != "operator" {
            return (403, json!({"error": "A reader cannot change anything."}));
        }
        state.asked.push(Asked { path: path.to_owned(), body });
    }
    let whole = format!("{method} {path}");
    let short = whole.split('?').next().unwrap_or_default();
    let found = state.answers.get(&whole).or_else(|| state.answers.get(short));
    found.cloned().unwrap_or_else(|| (404, json!({"error": format!("There is no {short}.")})))
}

fn write(mut socket: &TcpStream, status: u16, media_type: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(
        socket,
        "HTTP/1.1 {status} -\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\
         Content-Security-Policy: {POLICY}\r\nDate: Wed, 25 Nov 2026 12:00:00 GMT\r\n\r\n"
    )?;
    socket.write_all(body)
}
