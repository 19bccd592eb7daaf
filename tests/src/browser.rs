//! A real browser, driven over WebDriver (W3C): as much of it as the tests of a page need.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Nothing on a page takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The key under which WebDriver names an element (WebDriver, 12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What keeps the browser from talking to anybody, and lets it run as root in a container.
const ARGUMENTS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// How often a driver is started: the port that the system gives it may be in use at the machine's other loopback
/// address, and then it ends.
const STARTS: usize = 5;

/// A browser with one page.
pub struct Browser {
    driver: Child,
    address: String,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts one with a profile of its own, a window of so many pixels, and the person's language.
    ///
    /// # Panics
    /// Where chromium or its driver is not installed or does not start.
    pub fn start(width: u32, height: u32) -> Self {
        let profile = tempfile::tempdir().expect("a folder can be made");
        let (driver, port) = (0..STARTS).find_map(|_| driver()).expect("the driver starts");
        let address = format!("127.0.0.1:{port}");
        let mut browser = Self { driver, address, session: String::new(), _profile: profile };
        let mut arguments: Vec<String> = ARGUMENTS.iter().map(|&argument| argument.to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", browser._profile.path().display()));
        arguments.push(format!("--window-size={width},{height}"));
        arguments.push("--lang=en".to_owned());
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"script": PATIENCE.as_millis() as u64},
        }}});
        let answer = browser.call("POST", "/session", &wanted);
        browser.session = answer["sessionId"].as_str().expect("a session").to_owned();
        browser
    }

    /// Opens an address and waits until it is loaded.
    pub fn open(&self, address: &str) {
        self.command("POST", "/url", &json!({"url": address}));
    }

    /// What a script's body returns; it may be a promise.
    pub fn run(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1]; (async () => {{ {script} }})()\
             .then((value) => done({{ value }}), (error) => done({{ error: String(error.stack ?? error) }}));"
        );
        let mut answer = self.command("POST", "/execute/async", &json!({"script": script, "args": []}));
        if let Some(error) = answer.get("error") {
            panic!("the page said {error} to: {script}");
        }
        answer["value"].take()
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    /// When it does not become so.
    pub fn wait(&self, expression: &str) {
        let start = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != json!(true) {
            let page = self.run("return document.body.innerText");
            assert!(start.elapsed() < PATIENCE, "{expression} did not come; the page is\n{page}\n{:?}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The text that a person sees in the first element of a selector.
    pub fn text(&self, selector: &str) -> String {
        let text = self.run(&format!("return document.querySelector({}).innerText", json!(selector)));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the first element of a selector, as a person does.
    pub fn click(&self, selector: &str) {
        self.command("POST", &format!("/element/{}/click", self.element(selector)), &json!({}));
    }

    /// Types into the first element of a selector; for one that takes files these are their paths, a line each.
    pub fn type_into(&self, selector: &str, text: &str) {
        self.command("POST", &format!("/element/{}/value", self.element(selector)), &json!({"text": text}));
    }

    /// Chooses files for an input that takes some.
    pub fn choose_files(&self, selector: &str, files: &[&Path]) {
        let paths: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        self.type_into(selector, &paths.join("\n"));
    }

    /// Shows the page as a phone of so many pixels would whose owner likes it dark.
    pub fn dark_phone(&self, width: u32, height: u32) {
        self.show_on(width, height, true, "dark");
    }

    /// Shows the page on a screen of so many pixels, a phone's or not, in this scheme of colours: `light` or `dark`.
    pub fn show_on(&self, width: u32, height: u32, is_phone: bool, colours: &str) {
        let scale = if is_phone { 2 } else { 1 };
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_phone});
        let dark = json!({"features": [{"name": "prefers-color-scheme", "value": colours}]});
        for (name, given) in [("setDeviceMetricsOverride", screen), ("setEmulatedMedia", dark)] {
            let call = json!({"cmd": format!("Emulation.{name}"), "params": given});
            self.command("POST", "/goog/cdp/execute", &call);
        }
    }

    /// What the page wrote to its console since the last time, refusals by its policy among it.
    pub fn log(&self) -> Vec<String> {
        let entries = self.command("POST", "/se/log", &json!({"type": "browser"}));
        let text = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        entries.as_array().map(|entries| entries.iter().map(text).collect()).unwrap_or_default()
    }

    /// Writes what a person sees to a PNG.
    pub fn screenshot(&self, file: &Path) {
        let image = self.command("GET", "/screenshot", &Value::Null);
        let image = BASE64_STANDARD.decode(image.as_str().expect("an image")).expect("an image in base64");
        std::fs::write(file, image).expect("the image can be written");
    }

    fn element(&self, selector: &str) -> String {
        let found = self.command("POST", "/element", &json!({"using": "css selector", "value": selector}));
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("there is no {selector}")).to_owned()
    }

    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("/session/{}{path}", self.session), body)
    }

    /// One request to the driver and its answer's value.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (head, body) = answer(&mut BufReader::new(self.send(method, path, &body).expect("the driver answers")));
        let mut value: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {}", value["value"]["message"]);
        value["value"].take()
    }

    fn send(&self, method: &str, path: &str, body: &str) -> std::io::Result<TcpStream> {
        let mut socket = TcpStream::connect(&self.address)?;
        socket.set_read_timeout(Some(2 * PATIENCE))?;
        let (host, length) = (&self.address, body.len());
        write!(socket, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n")?;
        write!(socket, "Content-Length: {length}\r\n\r\n{body}")?;
        Ok(socket)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when it is told to, not when it is killed. A test that failed may have lost it.
        if let Ok(mut socket) = self.send("DELETE", &format!("/session/{}", self.session), "") {
            let _ = std::io::Read::read(&mut socket, &mut [0; 512]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Head and body of an answer: the driver leaves the connection open.
fn answer(socket: &mut impl BufRead) -> (String, Vec<u8>) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(socket.read_line(&mut head).expect("an answer") != 0, "the driver closed the connection: {head}");
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
    let length = length.and_then(|length| length.trim().parse().ok()).expect("a length");
    let mut body = vec![0; length];
    socket.read_exact(&mut body).expect("a body");
    (head, body)
}

/// A driver and the port that it says it chose; `None` when it ended instead.
fn driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("chromedriver: {error}; `cargo xtask prepare` installs it"));
    let output = driver.stdout.take().expect("its output is piped");
    let mut lines = BufReader::new(output).lines();
    let said = "started successfully on port ";
    let Some(line) = lines.by_ref().map_while(Result::ok).find(|line| line.contains(said)) else {
        driver.wait().expect("it has ended");
        return None;
    };
    // Whatever else it says must not fill its pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let port = line.split(said).nth(1).map(|rest| rest.trim_end_matches('.')).and_then(|port| port.parse().ok());
    Some((driver, port.expect("a port")))
}
