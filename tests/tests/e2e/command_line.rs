//! The command line as scripts rely on it.

use std::process::Command;

use phytohub_tests::hub::{TestHub, phytohub, phytohub_ok, program};

fn complaint(arguments: &[&str]) -> String {
    let output = phytohub(arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn init_writes_what_the_contract_says() {
    use std::os::unix::fs::PermissionsExt;
    let hub = TestHub::resting(&["KE", "NL2"], &[]);
    for name in ["ca.pem", "hub.pem", "hub.key", "nppo-KE.pem", "nppo-KE.key", "nppo-NL2.pem", "nppo-NL2.key"] {
        let file = hub.pki(name);
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if name.ends_with("key") { 0o600 } else { 0o644 }, "{name}");
    }
    assert!(hub.dir().join("hub.toml").exists());
    assert!(complaint(&["init", hub.dir_text(), "--nppo", "KE"]).contains("there is a hub already"));
}

#[test]
fn init_refuses_a_code_that_is_none_before_it_writes_anything() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("hub");
    let dir = dir.to_str().unwrap();
    assert!(complaint(&["init", dir, "--nppo", "KE", "--nppo", "kenya"]).contains("'kenya'"));
    assert!(!folder.path().join("hub").exists());
    assert!(complaint(&["init", dir]).contains("--nppo"));
    assert!(complaint(&["init", dir, "--nppo", "KE", "--shards", "0"]).contains("1 to 64"));
}

#[test]
fn members_are_listed_and_shown_alike_while_the_hub_runs_and_rests() {
    let mut hub = TestHub::resting(&["KE"], &[]);
    phytohub_ok(&[
        "nppo",
        "add",
        hub.dir_text(),
        "NL",
        "--name",
        "Nederland",
        "--allow",
        "851:70",
        "--override",
        "a test",
    ]);
    let resting: Vec<String> = [
        phytohub_ok(&["nppo", "list", hub.dir_text()]),
        phytohub_ok(&["nppo", "show", hub.dir_text(), "KE"]),
        phytohub_ok(&["nppo", "list", hub.dir_text(), "--json"]),
    ]
    .into();
    hub.restart();
    assert_eq!(phytohub_ok(&["nppo", "list", hub.dir_text()]), resting[0]);
    assert_eq!(phytohub_ok(&["nppo", "show", hub.dir_text(), "KE"]), resting[1]);
    assert_eq!(phytohub_ok(&["nppo", "list", hub.dir_text(), "--json"]), resting[2]);
    assert!(resting[0].contains("Nederland") && resting[1].contains("certificate "));
    let members: serde_json::Value = serde_json::from_str(&resting[2]).unwrap();
    assert_eq!(members[1]["allow"][0], "851:70");
    phytohub_ok(&["nppo", "allow", hub.dir_text(), "NL", "851:70", "851:40"]);
    assert!(phytohub_ok(&["nppo", "show", hub.dir_text(), "NL"]).contains("851:40 851:70"));
    assert!(complaint(&["nppo", "show", hub.dir_text(), "NZ"]).contains("NZ is not in the registry"));
}

#[test]
fn serve_says_in_plain_words_why_it_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    assert!(complaint(&["serve", folder.path().to_str().unwrap()]).contains("phytohub init"));
    let hub = TestHub::start(&["KE"]);
    let second = complaint(&["serve", hub.dir_text(), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    assert!(second.contains("another process holds it"), "{second}");
    let taken = complaint(&["serve", hub.dir_text(), "--listen", hub.soap(), "--admin", "127.0.0.1:0"]);
    assert!(taken.contains(hub.soap()), "{taken}");
    let mut resting = TestHub::resting(&["KE"], &[]);
    resting.configure("[http]\nbody_maximum = \"1 MiB\"\n");
    let error = resting.try_start().unwrap_err().to_string();
    assert!(error.contains("body_maximum") && error.contains("hub.toml"), "{error}");
    let readable = TestHub::resting(&["KE"], &[]);
    let token = readable.dir().join("admin.token");
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(complaint(&["serve", readable.dir_text(), "--listen", "127.0.0.1:0"]).contains("chmod 600"));
}

#[test]
fn a_damaged_journal_stops_the_start_and_is_left_as_it_is() {
    let mut hub = TestHub::start(&["KE", "NL"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut sender = phytohub_tests::parties::party(&hub, "KE");
        for index in 0..5 {
            let head = phytohub_tests::parties::header("KE", "NL", &format!("KE-{index}"));
            let content = format!("content-{index}");
            sender.deliver(phytohub_soap::Operation::DeliverEnvelope, &head, &content).await.unwrap();
        }
    });
    assert!(hub.stop().success());
    let folder = hub.dir().join("data/shard-00");
    let (file, mut bytes, at) = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find_map(|file| {
            let bytes = std::fs::read(&file).ok()?;
            let at = memchr::memmem::find(&bytes, b"content-2")?;
            Some((file, bytes, at))
        })
        .expect("the content lies in a segment");
    bytes[at] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let error = hub.try_start().unwrap_err().to_string();
    assert!(error.contains("damaged") && error.contains("shard-00"), "{error}");
    assert!(std::fs::read(&file).unwrap() == bytes, "the damaged file was changed");
    bytes[at] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    hub.restart();
}

#[test]
fn the_demo_shows_everything_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = phytohub_certificates::typical(5, "LK", "NO", "LK-2026-5");
    std::fs::write(folder.path().join("one.xml"), certificate).unwrap();
    std::fs::write(folder.path().join("two.xml"), "<no-certificate/>").unwrap();
    let output =
        Command::new(program()).args(["demo", "--once", "--certificates"]).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for step in
        ["1 ingress", "2 authenticate", "3 validate", "4 append", "5 route", "6 deliver", "7 acknowledge", "8 forget"]
    {
        assert!(said.contains(step), "{step}: {said}");
    }
    assert!(said.contains("one.xml: LK -> NO") && said.contains("two.xml is not sent"), "{said}");
    assert!(!said.contains("FAIL"), "{said}");
}
