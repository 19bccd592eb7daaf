//! The load tool: its real binary against a real hub, and against doubles that break one promise each.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use phytohub_model::HeaderFields;
use phytohub_operate::layout::Layout;
use phytohub_server::client::{CallError, SoapClient};
use phytohub_soap::{Operation, client};
use phytohub_tests::double::{Defect, Double};
use phytohub_tests::hub::{TestHub, binary, phytohub};
use phytohub_tests::parties::{certificate, header, party};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;

/// Members of a double: the first six that the load tool takes.
const MEMBERS: [&str; 6] = ["NL", "US", "CN", "BR", "DE", "ES"];

/// A short run with something of everything that a double understands.
const SHORT: &str = r#"
[arrivals]
rate = 200
warm_up = "200 ms"
measure = "1 s"
drain = "60 s"
[traffic]
members = 6
prototypes = 60
dialects = ["plain"]
chunked = 0.0
attachments = 0.0
invalid = 0.1
hostile = 0.05
[clients]
connections = 6
duplicates = 0.05
[receivers]
connections = 6
interval = "300 ms"
"#;

/// Classes of a ledger that are faults.
const FAULTS: [&str; 7] =
    ["altered", "duplicate", "lost", "misrouted", "out of order", "unexpected", "wrongly accepted"];

/// The load tool's binary.
fn phytoload() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| binary("phytoload", "phytoload"))
}

/// What a command of the load tool said.
struct Said {
    status: Option<i32>,
    text: String,
    errors: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status.code(), text: text(&output.stdout), errors: text(&output.stderr) }
    }
}

fn load(arguments: &[&str]) -> Said {
    Command::new(phytoload()).args(arguments).output().unwrap().into()
}

/// A folder for one run.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a scenario; its path.
    fn scenario(&self, text: &str) -> String {
        let path = self.path("planted.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `phytoload run`, with its results in this folder.
    fn run(&self, scenario: &str, hub: Option<&Path>) -> Said {
        let out = self.path("out");
        let mut arguments = vec!["run", scenario, "--out", &out, "--quiet"];
        if let Some(hub) = hub {
            arguments.extend(["--hub", hub.to_str().unwrap()]);
        }
        load(&arguments)
    }

    fn report(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.path("out/report.json")).unwrap()).unwrap()
    }
}

fn count(report: &Value, class: &str) -> u64 {
    report["ledger"]["classes"][class].as_u64().unwrap_or_default()
}

/// The run kept every promise, all that was sent is accounted for, and its exit status says so. That the generator had
/// the processors to itself is nothing that a test can rely on: a run that says it had not is as good.
#[track_caller]
fn assert_passed(said: &Said, report: &Value) {
    let all = format!("{:?}\n{}{}", said.status, said.text, said.errors);
    let status = match report["verdict"].as_str() {
        Some("passed") => 0,
        Some("generator-limited") => 1,
        _ => panic!("{all}"),
    };
    assert_eq!(said.status, Some(status), "{all}");
    for check in report["checks"].as_array().unwrap() {
        assert_eq!(check["passed"], true, "{check}: {all}");
    }
    assert_clean(report);
    let waiting = count(report, "waiting") + count(report, "unanswered") + count(report, "wrongly refused");
    assert_eq!(waiting, 0, "{all}");
}

#[track_caller]
fn assert_clean(report: &Value) {
    let ledger = &report["ledger"];
    assert_eq!(FAULTS.map(|class| count(report, class)), [0; FAULTS.len()], "{ledger}");
    assert_eq!(ledger["faults"], Value::Array(Vec::new()), "{ledger}");
    let classes = ledger["classes"].as_object().unwrap();
    assert_eq!(classes.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), ledger["intended"], "{ledger}");
    assert_ne!(count(report, "delivered once"), 0, "{ledger}");
}

#[test]
fn smoke_passes_against_a_hub_that_runs_and_goes_on_running() {
    let mut hub = TestHub::start(&["NL", "KE"]);
    let folder = Folder::new();
    let said = folder.run("smoke", Some(hub.dir()));
    let report = folder.report();
    assert_passed(&said, &report);
    assert_ne!(count(&report, "refused"), 0);
    assert!(said.text.contains("report.html"), "{}", said.text);
    let page = std::fs::read_to_string(folder.path("out/report.html")).unwrap();
    for load in ["src=\"http", "src=\"//", "href=\"http", "href=\"//", "url(http", "@import", "<link", "<iframe"] {
        assert!(!page.contains(load), "the page loads something: {load}");
    }
    for kind in ["deliver", "pull", "acknowledge"] {
        let histogram = std::fs::read_to_string(folder.path(&format!("out/histograms/{kind}.csv"))).unwrap();
        assert!(histogram.lines().count() > 2, "{kind}: {histogram}");
    }
    let judged = load(&["ledger", &folder.path("out/ledger.bin")]);
    assert_eq!(judged.status, Some(0), "{}{}", judged.text, judged.errors);
    let [intended, accepted] = ["intended", "accepted"].map(|name| report["ledger"][name].as_u64().unwrap());
    assert!(judged.text.starts_with(&format!("{intended} deliveries begun, {accepted} accepted\n")), "{}", judged.text);
    let compared = load(&["compare", &folder.path("out"), &folder.path("out/report.json")]);
    assert_eq!(compared.status, Some(0), "{}{}", compared.text, compared.errors);
    assert!(compared.text.contains("overall: same"), "{}", compared.text);
    // The tool did not start this hub, so it is not the tool's to stop.
    assert!(hub.stop().success());
}

#[test]
fn smoke_passes_with_a_hub_of_its_own_that_it_stops() {
    let folder = Folder::new();
    let said = folder.run("smoke", None);
    assert_passed(&said, &folder.report());
    let dir = folder.path("out/hub");
    assert!(Layout::new(&dir).lock().is_ok(), "nobody has the data any more");
    let kept = phytohub(&["nppo", "list", &dir]);
    assert!(kept.status.success(), "{}", String::from_utf8_lossy(&kept.stderr));
    let again = folder.run("smoke", None);
    assert_eq!(again.status, Some(2), "{}", again.text);
    assert!(again.errors.contains("has a run already"), "{}", again.errors);
}

#[test]
fn a_kill_of_the_hub_in_mid_load_loses_nothing() {
    let folder = Folder::new();
    let scenario =
        folder.scenario(&SHORT.replace("measure = \"1 s\"", "measure = \"3 s\"").replace(
            "[clients]",
            "[[fault]]\nat = \"1 s\"\ndo = \"kill\"\n[clients]\nretries = 600\npatience = \"60 s\"",
        ));
    let said = folder.run(&scenario, None);
    let report = folder.report();
    assert_passed(&said, &report);
    let faults = report["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0]["what"], "kill -9");
    assert!(faults[0]["recovered_after"].is_number(), "{faults:?}");
}

#[test]
fn a_double_without_a_defect_passes_in_both_ways_of_fetching() {
    for fetch in ["batch", "single"] {
        let double = Double::start(&MEMBERS, Defect::None);
        let folder = Folder::new();
        let scenario = folder.scenario(&SHORT.replace("[receivers]", &format!("[receivers]\nfetch = \"{fetch}\"")));
        let said = folder.run(&scenario, Some(double.dir()));
        let report = folder.report();
        assert_passed(&said, &report);
        assert_eq!(count(&report, "delivered once"), double.accepted());
        assert_ne!(count(&report, "refused"), 0);
    }
}

/// Runs against a double with this defect, which the ledger must call so, and nothing else.
#[track_caller]
fn assert_caught(defect: Defect, class: &str) {
    let double = Double::start(&MEMBERS, defect);
    let folder = Folder::new();
    let said = folder.run(&folder.scenario(SHORT), Some(double.dir()));
    let (report, all) = (folder.report(), format!("{}{}", said.text, said.errors));
    assert_eq!(said.status, Some(1), "{all}");
    assert_eq!(report["verdict"], "failed", "{all}");
    let found: Vec<&str> = FAULTS.into_iter().filter(|class| count(&report, class) > 0).collect();
    assert_eq!(found, [class], "{all}");
    assert_ne!(count(&report, "delivered once"), 0, "the others fare well: {all}");
    assert!(said.text.starts_with("FAILED"), "{all}");
    let faults = report["ledger"]["faults"].as_array().unwrap();
    assert!(!faults.is_empty(), "{all}");
    for fault in faults {
        assert!(said.text.contains(fault.as_str().unwrap()), "{fault} is not told: {all}");
    }
    assert!(said.text.contains(&format!("{} {class}", count(&report, class))), "{all}");
    let judged = load(&["ledger", &folder.path("out/ledger.bin")]);
    assert_eq!(judged.status, Some(1), "{}{}", judged.text, judged.errors);
}

#[test]
fn an_envelope_that_is_lost_is_caught() {
    assert_caught(Defect::Lose, "lost");
}

#[test]
fn an_envelope_that_comes_again_after_its_end_is_caught() {
    assert_caught(Defect::HandOutAfterTheEnd, "duplicate");
}

#[test]
fn an_envelope_with_two_numbers_is_caught() {
    assert_caught(Defect::SecondNumber, "duplicate");
}

#[test]
fn an_envelope_for_another_member_is_caught() {
    assert_caught(Defect::Misroute, "misrouted");
}

#[test]
fn an_envelope_that_was_altered_is_caught() {
    assert_caught(Defect::Alter, "altered");
}

#[test]
fn an_envelope_that_overtakes_is_caught() {
    assert_caught(Defect::Overtake, "out of order");
}

#[test]
fn an_envelope_that_was_refused_and_comes_is_caught() {
    assert_caught(Defect::RefusedAndDelivered, "unexpected");
}

#[test]
fn an_envelope_that_nobody_sent_is_caught() {
    assert_caught(Defect::Invent, "unexpected");
}

#[test]
fn a_bad_certificate_that_is_accepted_is_caught() {
    assert_caught(Defect::TakesPoison, "wrongly accepted");
}

#[test]
fn load_goes_to_this_machine_only_unless_a_file_names_the_host() {
    // Any address of this machine, which is more than its loopback: it is refused, and a connection would be seen.
    let double = Double::listening(&MEMBERS, Defect::None, "0.0.0.0:0");
    let folder = Folder::new();
    let scenario = folder.scenario(SHORT);
    for elsewhere in ["10.0.0.1:8443", double.soap()] {
        double.announce(elsewhere);
        let said = folder.run(&scenario, Some(double.dir()));
        assert_eq!(said.status, Some(2), "{}", said.text);
        assert!(said.errors.contains(&format!("{elsewhere} is not this machine")), "{}", said.errors);
    }
    assert_eq!(double.connections(), 0);
    let hosts = folder.path("hosts.toml");
    std::fs::write(&hosts, format!("hosts = [\"{}\"]", double.soap())).unwrap();
    let (out, dir) = (folder.path("out"), double.dir().to_str().unwrap());
    let said = load(&["run", &scenario, "--out", &out, "--quiet", "--hub", dir, "--hosts", &hosts]);
    assert_passed(&said, &folder.report());
    assert_ne!(double.connections(), 0);
}

#[test]
fn a_hub_that_may_not_be_loaded_is_not_changed_either() {
    // Four members are missing for the scenario: they would be registered, which a double cannot do.
    let double = Double::start(&MEMBERS[..2], Defect::None);
    double.announce("10.0.0.1:8443");
    let folder = Folder::new();
    let said = folder.run(&folder.scenario(SHORT), Some(double.dir()));
    assert_eq!(said.status, Some(2), "{}", said.text);
    assert!(said.errors.contains("10.0.0.1:8443 is not this machine"), "{}", said.errors);
    assert!(!double.dir().join(format!("pki/nppo-{}.pem", MEMBERS[2])).exists());
}

#[test]
fn what_cannot_be_run_is_refused_in_words() {
    let folder = Folder::new();
    for (scenario, words) in [
        (folder.scenario("colour = 1"), "unknown field `colour`"),
        (
            "no-such-scenario".to_owned(),
            "'no-such-scenario' is neither a file nor one of the scenarios that ship: smoke",
        ),
        ("steady".to_owned(), "is no hub's directory"),
    ] {
        let said = folder.run(&scenario, Some(&folder.0.path().join("nothing")));
        assert_eq!(said.status, Some(2), "{}", said.text);
        assert!(said.errors.starts_with("phytoload: ") && said.errors.contains(words), "{}", said.errors);
        assert_eq!(said.text, "");
    }
}

#[tokio::test]
async fn a_hub_where_something_of_others_waits_is_not_loaded() {
    let hub = TestHub::start(&["KE", "NL"]);
    let head = header("KE", "NL", "KE-1");
    let delivered = party(&hub, "KE").deliver(Operation::DeliverEnvelope, &head, "somebody else's").await.unwrap();
    let folder = Folder::new();
    let said = folder.run(&folder.scenario(SHORT), Some(hub.dir()));
    assert_eq!(said.status, Some(2), "{}", said.text);
    assert!(said.errors.contains("1 envelopes wait for NL on this hub that are no load"), "{}", said.errors);
    // It waits as before.
    let waiting = party(&hub, "NL").import_headers(None).await.unwrap();
    assert_eq!(waiting[0].delivery_number, delivered.delivery_number);
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().unwrap()).unwrap()
}

/// Begins a long run that will be interrupted, in a process group of its own, as a shell does it.
fn begin_long_run(folder: &Folder, hub: Option<&Path>) -> Child {
    let scenario = folder.scenario(&SHORT.replace("measure = \"1 s\"", "measure = \"10 min\""));
    let mut command = Command::new(phytoload());
    command.args(["run", &scenario, "--out", &folder.path("out"), "--quiet"]);
    if let Some(hub) = hub {
        command.arg("--hub").arg(hub);
    }
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for something that a run does.
#[track_caller]
fn wait_for(child: &mut Child, done: impl Fn() -> bool) {
    while !done() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn ctrl_c_ends_a_run_with_the_report_of_what_ran() {
    let double = Double::start(&MEMBERS, Defect::None);
    let folder = Folder::new();
    let mut child = begin_long_run(&folder, Some(double.dir()));
    wait_for(&mut child, || double.accepted() >= 50);
    kill_process(pid(&child), Signal::INT).unwrap();
    assert_interrupted(&child.wait_with_output().unwrap().into(), &folder.report());
}

#[test]
fn ctrl_c_on_a_terminal_ends_the_run_before_its_hub() {
    let folder = Folder::new();
    let mut child = begin_long_run(&folder, None);
    // Long enough that envelopes came and were acknowledged.
    let ledger = folder.path("out/ledger.bin");
    wait_for(&mut child, || std::fs::metadata(&ledger).is_ok_and(|file| file.len() > 64 << 10));
    kill_process_group(pid(&child), Signal::INT).unwrap();
    let said = child.wait_with_output().unwrap().into();
    let report = folder.report();
    assert_interrupted(&said, &report);
    assert_eq!(report["errors"].get("not connected"), None, "{}", report["errors"]);
    assert!(Layout::new(folder.path("out/hub")).lock().is_ok(), "the hub goes on");
}

#[track_caller]
fn assert_interrupted(said: &Said, report: &Value) {
    let all = format!("{}{}", said.text, said.errors);
    assert_eq!(said.status, Some(1), "{all}");
    assert_eq!(report["verdict"], "interrupted", "{all}");
    assert!(said.text.starts_with("INTERRUPTED"), "{all}");
    assert_clean(report);
}

/// The web service of a receiver, as the load tool plays it.
struct Receiver {
    child: Child,
    address: String,
}

impl Receiver {
    fn start(hub: &TestHub, arguments: &[&str]) -> Self {
        let mut command = Command::new(phytoload());
        command.args(["receiver", "--listen", "127.0.0.1:0", "--certificate"]).arg(hub.pki("hub.pem"));
        command.arg("--key").arg(hub.pki("hub.key")).args(arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["event"], "listening");
        let url = line["soap"].as_str().unwrap();
        let address = url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        Self { child, address }
    }

    /// What it answers to a push.
    async fn push(&self, hub: &TestHub) -> Result<HeaderFields, CallError> {
        let [certificate_file, key] = ["nppo-NL.pem", "nppo-NL.key"].map(|name| hub.pki(name));
        let mut client = SoapClient::new(&self.address, &hub.pki("ca.pem"), &certificate_file, &key).unwrap();
        let (header, content) = (header("KE", "NL", "KE-1"), certificate("KE", "NL", "KE-1"));
        let mut reply = client.call(client::deliver(Operation::DeliverEnvelope, &header, &content)).await?;
        Ok(reply.headers.pop().unwrap())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_receivers_web_service_takes_a_push_or_fails_as_it_is_told() {
    let hub = TestHub::resting(&["NL"], &[]);
    let taking = Receiver::start(&hub, &["--latency", "10ms"]);
    let answer = taking.push(&hub).await.unwrap();
    assert_eq!((answer.certificate_number.as_str(), answer.tracking_info.as_str()), ("KE-1", "PendingDelivery"));
    let failing = Receiver::start(&hub, &["--faults", "1.0"]);
    let fault = failing.push(&hub).await.unwrap_err();
    assert!(matches!(&fault, CallError::Fault { status: 500, code, .. } if code == "Server"), "{fault}");
    let silent = Receiver::start(&hub, &["--silent", "1.0"]);
    let nothing = silent.push(&hub).await.unwrap_err();
    assert!(matches!(nothing, CallError::NoAnswer(_)), "{nothing}");
}
