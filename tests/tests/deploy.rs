//! What lies in `deploy/`, checked with the tools that will read it, and against the hub that it runs.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use std::collections::BTreeSet;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use phytohub_server::party::Acknowledgement;
use phytohub_soap::Operation;
use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok, program};
use phytohub_tests::parties::{certificate, header, party};
use phytohub_tests::service::{MemberService, Reaction};
use phytohub_tests::wire;

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(deploy(path)).unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

/// Runs a tool that `cargo xtask prepare` installs; its words when it is content.
fn content(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}; `cargo xtask prepare` installs it from Debian's packages as root")
    });
    let words = words(&output);
    assert!(output.status.success(), "{command:?}: {words}");
    words
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_unit_is_one_that_systemd_takes_and_finds_well_guarded() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("phytohub.service");
    // systemd looks for the program, which is elsewhere on this machine.
    let program = program().to_str().unwrap();
    std::fs::write(&unit, text("systemd/phytohub.service").replace("/usr/local/bin/phytohub", program)).unwrap();
    let words = content(Command::new("systemd-analyze").arg("verify").arg(&unit));
    assert!(!words.contains("phytohub.service:"), "{words}");
    // The scale goes from 0 (nothing can go wrong) to 100.
    content(Command::new("systemd-analyze").args(["security", "--offline=true", "--threshold=20"]).arg(&unit));
}

#[test]
fn prometheus_takes_its_configuration_and_the_rules() {
    content(Command::new("promtool").args(["check", "config"]).arg(deploy("prometheus/prometheus.yml")));
}

#[test]
fn the_load_balancer_takes_its_configuration() {
    content(Command::new("haproxy").args(["-c", "-f"]).arg(deploy("haproxy/haproxy.cfg")));
}

#[test]
fn manifests_keep_to_the_schemas_of_kubernetes() {
    let python = std::env::var_os("PHYTOHUB_TEST_PYTHON").map(PathBuf::from).unwrap_or_else(|| {
        let profile = program().parent().unwrap();
        profile.parent().unwrap().join("venv/bin/python")
    });
    let words = content(
        Command::new(&python)
            .args(["-m", "kubernetes_validate", "--strict"])
            .arg(deploy("kubernetes/phytohub.yaml"))
            .stdin(Stdio::null()),
    );
    for kind in ["statefulset/phytohub", "service/phytohub", "networkpolicy/phytohub", "poddisruptionbudget/phytohub"] {
        assert!(words.contains(&format!("passed for resource {kind}")), "{kind}: {words}");
    }
}

#[test]
fn compose_names_only_files_that_are_there() {
    let compose = text("container/compose.yml");
    let mounted = compose.lines().filter_map(|line| line.trim().strip_prefix("- ../"));
    let mounted: Vec<&str> = mounted.filter_map(|line| line.split(':').next()).collect();
    assert!(mounted.len() >= 3, "{mounted:?}");
    for path in mounted {
        assert!(deploy(path).is_dir(), "compose.yml mounts deploy/{path}");
    }
    assert!(compose.contains("dockerfile: deploy/container/Containerfile"));
    assert!(deploy("container/Containerfile").is_file());
    let data_source = text("grafana/provisioning/datasources/prometheus.yml");
    assert!(
        data_source.contains("uid: prometheus")
            && text("grafana/dashboards/phytohub.json").contains("\"uid\": \"prometheus\"")
    );
}

/// Names of our metrics in a text.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = text.split(|character| !is_name(character));
    words.filter(|word| word.starts_with("phytohub_")).map(str::to_owned).collect()
}

/// A hub on which everything has happened that metrics count by label: a family without a sample is on no page.
async fn busy_hub() -> TestHub {
    let hub = TestHub::with(&["KE", "NL"], "[push]\nallow_private = true\npause_first = \"20 ms\"\n", &[]);
    let service = MemberService::start().await;
    service.react(&[], Reaction::Refuse);
    let (url, pin) = (service.url(), service.certificate());
    phytohub_ok(&["nppo", "push", hub.dir_text(), "NL", "--url", &url, "--pin", pin.to_str().unwrap()]);
    let (mut sender, mut receiver) = (party(&hub, "KE"), party(&hub, "NL"));
    let content = certificate("KE", "NL", "KE-1");
    let accepted = sender.deliver(Operation::DeliverEnvelope, &header("KE", "NL", "KE-1"), &content).await.unwrap();
    for (to, number) in [("ZZ", "KE-2"), ("NL", "KE-3")] {
        let head = header("KE", to, number);
        sender.deliver(Operation::ValidateAndDeliverEnvelope, &head, &content).await.unwrap();
    }
    service.until("a call", |received| received.len() >= 3).await;
    for attempt in 0.. {
        if hub.metric("phytohub_parked{destination=\"NL\"}").await > 0.0 {
            break;
        }
        assert!(attempt < 300, "nothing is parked");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    receiver.acknowledge(&accepted.delivery_number, Acknowledgement::Received).await.unwrap();
    let mut broken = wire::connect(&hub, Some("KE")).await;
    wire::exchange(&mut broken, b"no HTTP at all\r\n\r\n").await;
    // The hub looks at itself every ten seconds.
    for attempt in 0.. {
        if hub.metric("phytohub_disk_free_bytes").await > 0.0 {
            break;
        }
        assert!(attempt < 300, "the hub does not look at its disk");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    hub
}

#[tokio::test]
async fn every_metric_of_the_dashboard_is_one_that_a_hub_has() {
    let hub = busy_hub().await;
    let page = hub.metrics().await;
    let described = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let known: BTreeSet<&str> = described.collect();
    let is_known = |name: &str| {
        let bare = ["_total", "_bucket", "_count", "_sum"].into_iter().find_map(|end| name.strip_suffix(end));
        known.contains(name) || bare.is_some_and(|bare| known.contains(bare))
    };
    // Those of the rules have a test beside the alerts.
    let used = metrics_in(&text("grafana/dashboards/phytohub.json"));
    assert!(used.len() > 15, "{used:?}");
    let unknown: Vec<&String> = used.iter().filter(|name| !is_known(name)).collect();
    assert!(unknown.is_empty(), "no hub has {unknown:?}; it has {known:?}");
}

/// The shared libraries that a program is linked with, by their paths on this machine.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let listed = content(Command::new("ldd").arg(program));
    let paths = listed.split_whitespace().filter(|word| word.starts_with('/') && !word.ends_with(':'));
    paths.map(PathBuf::from).collect()
}

/// The container's root as its file makes it, without an engine: the programs that it copies, the libraries that its
/// base has, and nothing that their user can write to but the volume.
fn assemble(root: &Path) {
    let copied = text("container/Containerfile");
    assert!(copied.contains("COPY --from=build /source/target/release/phytohub"), "what is copied has changed");
    for library in libraries(program()) {
        let inside = root.join(library.strip_prefix("/").unwrap());
        std::fs::create_dir_all(inside.parent().unwrap()).unwrap();
        std::fs::copy(&library, inside).unwrap();
    }
    std::fs::create_dir_all(root.join("usr/local/bin")).unwrap();
    std::fs::copy(program(), root.join("usr/local/bin/phytohub")).unwrap();
    std::fs::create_dir(root.join("hub")).unwrap();
    let owner = format!("COPY --from=build --chown={USER}:{USER} /out/hub /hub");
    assert!(copied.contains(&owner), "a new volume takes its owner from the image");
    chown(root.join("hub"), Some(USER), Some(USER)).unwrap();
    std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// As the Containerfile says.
const USER: u32 = 65532;

#[test]
fn the_container_runs_as_no_one_on_a_root_that_it_cannot_write_to() {
    assert!(rustix::process::geteuid().is_root(), "this test needs root: it runs the hub in a root of its own");
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
    assemble(root);
    let inside = |arguments: &[&str]| {
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={USER}:{USER}")).arg(root).arg("/usr/local/bin/phytohub").args(arguments);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    };
    let init = ["init", "/hub/hub", "--nppo", "KE", "--unless-there"];
    assert!(content(&mut inside(&init)).contains("a hub for KE"));
    assert!(content(&mut inside(&init)).contains("already"), "every start may do this");
    let not_writable = inside(&["init", "/elsewhere", "--nppo", "KE"]).output().unwrap();
    assert!(!not_writable.status.success(), "the root can be written to");
    let mut hub = inside(&["serve", "/hub/hub", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    let mut hub = hub.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let dir = root.join("hub/hub");
    let healthy = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        phytohub(&["health", dir.to_str().unwrap()]).status.success()
    });
    hub.kill().unwrap();
    hub.wait().unwrap();
    assert!(healthy, "the hub in the container does not become ready");
    let gone = phytohub(&["health", dir.to_str().unwrap()]);
    assert!(!gone.status.success(), "a hub that is gone is not healthy: {}", words(&gone));
}
