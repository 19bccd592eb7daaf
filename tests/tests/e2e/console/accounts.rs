//! The console with a real hub: who one is, the audit log, and maintenance.

use phytohub_tests::hub::{TestHub, phytohub_ok};
use serde_json::json;

use super::{enter, go, picture};

fn add(hub: &TestHub, name: &str, role: &str) -> String {
    let told = phytohub_ok(&["operator", "add", hub.dir_text(), name, "--role", role]);
    told.lines().last().expect("a token").to_owned()
}

#[test]
fn an_operator_begins_and_ends_maintenance_and_finds_it_in_the_audit_log() {
    let hub = TestHub::start(&["KE", "NL"]);
    let ada = add(&hub, "ada", "operator");
    let browser = enter(hub.admin(), &ada);
    browser.wait("document.querySelector('#who')?.innerText.includes('ada')");
    go(&browser, "#/maintenance");
    browser.click("#maintenance-on");
    browser.wait("document.querySelector('dialog[open]')");
    browser.type_into("dialog [name=text]", "back at noon");
    browser.click("dialog [type=submit]");
    browser.wait("document.querySelector('#maintenance-off')");
    browser.wait("document.querySelector('#notices').innerText.includes('“back at noon”')");
    assert!(browser.text("#view").contains("back at noon"), "{}", browser.text("#view"));
    assert!(phytohub_ok(&["maintenance", "show", hub.dir_text()]).contains("by ada"));
    browser.screenshot(&picture("console-real-maintenance.png"));
    browser.click("#maintenance-off");
    browser.wait("document.querySelector('dialog[open]')");
    browser.click("dialog [type=submit]");
    browser.wait("document.querySelector('#maintenance-on')");
    assert!(phytohub_ok(&["maintenance", "show", hub.dir_text()]).contains("not in maintenance"));
    browser.wait("!document.querySelector('#notices').innerText.includes('back at noon')");

    go(&browser, "#/audit");
    browser.wait("document.querySelectorAll('#view tbody tr').length === 8");
    let view = browser.text("#view");
    for shown in ["The log is whole.", "maintenance off", "maintenance on", "add operator", "owner at the command line"]
    {
        assert!(view.contains(shown), "{shown}: {view}");
    }
    browser.screenshot(&picture("console-real-audit.png"));
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn a_reader_sees_the_log_of_a_real_hub_and_is_offered_no_change() {
    let hub = TestHub::start(&["KE", "NL"]);
    for index in 0..60 {
        phytohub_ok(&["nppo", "allow", hub.dir_text(), "KE", &format!("851:{index}")]);
    }
    let grace = add(&hub, "grace", "reader");
    let browser = enter(hub.admin(), &grace);
    browser.wait("document.querySelector('#who')?.innerText.includes('reader')");
    go(&browser, "#/maintenance");
    assert_eq!(browser.run("return document.querySelector('#maintenance-on')"), json!(null));
    go(&browser, "#/audit");
    browser.wait("document.querySelectorAll('#view tbody tr').length === 50");
    browser.click("#older");
    browser.wait("document.querySelectorAll('#view tbody tr').length === 16");
    assert!(browser.text("#view").contains("make hub"), "{}", browser.text("#view"));
}
