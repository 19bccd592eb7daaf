//! What is changed through the console: named, confirmed, sent in the words of the admin address, and only by whom it
//! may be.

use phytohub_tests::admin_double::{AdminDouble, fixture};
use phytohub_tests::browser::Browser;
use serde_json::{Value, json};

use super::{VIEWS, enter_double, go, picture};

/// The documents that were posted.
fn bodies(double: &AdminDouble) -> Vec<Value> {
    double.asked().into_iter().map(|asked| asked.body).collect()
}

#[test]
fn a_change_is_named_confirmed_and_refused_in_place() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    go(&browser, "#/member/EG");
    browser.click("#deactivate");
    browser.wait("document.querySelector('dialog[open]')");
    browser.screenshot(&picture("console-confirmation.png"));
    let said = browser.text("dialog");
    assert!(said.contains("EG can neither send nor be sent to") && said.contains("184 envelopes"), "{said}");
    browser.run("[...document.querySelectorAll('dialog button')].find((one) => one.innerText === 'Cancel').click()");
    browser.wait("!document.querySelector('dialog')");
    assert_eq!(double.asked(), [], "nothing is done before it is confirmed");
    assert_eq!(browser.run("return document.activeElement.id"), json!("deactivate"), "back to where one was");

    double.answer("POST /v1/changes", 409, json!({"error": "EG is not in the registry any more; look at the list."}));
    browser.click("#deactivate");
    browser.click("dialog [type=submit]");
    browser.wait("document.querySelector('dialog .problem')");
    assert_eq!(browser.text("dialog .problem"), "EG is not in the registry any more; look at the list.");
    double.answer("POST /v1/changes", 204, Value::Null);
    browser.click("dialog [type=submit]");
    browser.wait("!document.querySelector('dialog')");
    assert_eq!(browser.text("#said"), "EG is not active any more.");
    let change = json!({"change": "deactivate", "code": "EG"});
    assert_eq!(bodies(&double), [change.clone(), change]);
}

#[test]
fn the_registry_is_edited_in_the_words_of_the_admin_address() {
    let double = AdminDouble::furnished();
    double.answer("POST /v1/changes", 204, Value::Null);
    let browser = enter_double(&double, "operator");
    go(&browser, "#/member/KE");
    let done = |number: usize| {
        browser.click("dialog [type=submit]");
        browser.wait("!document.querySelector('dialog')");
        assert_eq!(double.asked().len(), number);
    };
    browser.click("#allow");
    browser.run("document.querySelector('dialog [name=allow]').value = '851:70, 853:70'");
    done(1);
    browser.click("#deliver");
    browser.run(
        "document.querySelector('dialog [name=way]').value = 'push';
         document.querySelector('dialog [name=url]').value = 'https://push.ke.example/hub';
         document.querySelector('dialog [name=pin]').value = 'ab'.repeat(32)",
    );
    done(2);
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&certificate, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").unwrap();
    std::fs::write(&key, "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n").unwrap();
    browser.click("#add-certificate");
    browser.choose_files("dialog [type=file]", &[&key]);
    browser.wait("document.querySelector('dialog [name=pem]').value.includes('KEY')");
    browser.click("dialog [type=submit]");
    browser.wait("document.querySelector('dialog .problem')?.innerText.includes('private key')");
    assert_eq!(double.asked().len(), 2, "a key never leaves the browser");
    browser.choose_files("dialog [type=file]", &[&certificate]);
    browser.wait("document.querySelector('dialog [name=pem]').value.includes('BEGIN CERTIFICATE')");
    done(3);
    browser.run("document.querySelector('button[aria-label^=\"Revoke CN=ephyto2\"]').click()");
    done(4);
    let fingerprint = &fixture("members")[7]["certificates"][1]["fingerprint"];
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    let pin = "ab".repeat(32);
    assert_eq!(
        bodies(&double),
        [
            json!({"change": "allow", "code": "KE", "allow": ["851:70", "853:70"]}),
            json!({"change": "push", "code": "KE", "url": "https://push.ke.example/hub", "poison": "park", "pin": pin}),
            json!({"change": "certificate_add", "code": "KE", "pem": pem}),
            json!({"change": "certificate_revoke", "code": "KE", "fingerprint": fingerprint}),
        ]
    );
}

#[test]
fn what_is_parked_is_redelivered_one_by_one_or_as_a_group() {
    let double = AdminDouble::furnished();
    double.answer("POST /v1/redeliver", 200, json!({"redelivered": 33, "not_parked": ["02ab"]}));
    let browser = enter_double(&double, "operator");
    go(&browser, "#/failed");
    browser.wait("document.querySelectorAll('.group').length === 5");
    browser.screenshot(&picture("console-failed.png"));
    assert_eq!(
        browser.run("return document.querySelectorAll('.group-redeliver').length"),
        json!(3),
        "parked ones only"
    );
    browser.click(".group-redeliver");
    let said = browser.text("dialog");
    assert!(said.contains("Redeliver 34 envelopes to EG?") && said.contains("Cannot process ValidUntil"), "{said}");
    browser.click("dialog [type=submit]");
    browser.wait("document.querySelector('#said').innerText.includes('33 envelopes will be delivered again')");
    assert!(browser.text("#said").contains("Not parked any more: 02ab."));
    browser.click(".group details summary");
    browser.click(".group details button");
    browser.click("dialog [type=submit]");
    browser.wait("!document.querySelector('dialog')");
    let group = &fixture("failed")[0];
    let expected = [json!({"destination": "EG", "cause": group["cause"]}), json!({"numbers": [group["numbers"][0]]})];
    assert_eq!(bodies(&double), expected);
}

#[test]
fn a_release_goes_through_its_life() {
    let double = AdminDouble::furnished();
    double.answer("POST /v1/releases", 200, json!({"id": 3}));
    let browser = enter_double(&double, "operator");
    go(&browser, "#/releases");
    let view = browser.text("#view");
    for shown in ["97 of 18,234 deliveries", "KE 61, LK 36", "unit-code: WARNING → SEVERE", "2027-01-15 00:00:00"] {
        assert!(view.contains(shown), "{shown}: {view}");
    }
    browser.screenshot(&picture("console-releases.png"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("units.csv");
    std::fs::write(&file, "# list: unit-measures\n").unwrap();
    browser.click("#announce");
    browser.choose_files("dialog [type=file]", &[&file]);
    browser.run("document.querySelector('dialog [name=active_from]').value = '2027-01-15T06:30'");
    browser.click("dialog [type=submit]");
    browser.wait("document.querySelector('#said').innerText === 'Release 3 is announced.'");
    let click = "[...document.querySelectorAll('#view button')].find((one) => one.innerText === 'Activate …').click()";
    browser.run(click);
    let said = browser.text("dialog");
    assert!(said.contains("would have refused 97 deliveries"), "{said}");
    browser.click("dialog [type=submit]");
    browser.wait("!document.querySelector('dialog')");
    assert_eq!(
        bodies(&double),
        [
            json!({"change": "announce", "file": "units.csv",
                "content": "IyBsaXN0OiB1bml0LW1lYXN1cmVzCg==", "title": "",
                "text": "", "edition": "", "active_from": "2027-01-15T06:30:00Z"}),
            json!({"change": "activate", "id": 2}),
        ]
    );
}

#[test]
fn maintenance_begins_with_a_text_and_ends() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    go(&browser, "#/maintenance");
    let notice = json!({"text": "back at 14:00", "since": "2026-11-25T11:50:00Z", "by": "Ada"});
    let on = json!({"on": true, "notice": notice});
    double.answer("POST /v1/maintenance", 200, on.clone());
    browser.click("#maintenance-on");
    browser.type_into("dialog [name=text]", "back at 14:00");
    double.answer("GET /v1/maintenance", 200, on);
    browser.click("dialog [type=submit]");
    browser.wait("document.querySelector('#maintenance-off')");
    browser.click("#maintenance-off");
    browser.click("dialog [type=submit]");
    browser.wait("!document.querySelector('dialog')");
    assert_eq!(bodies(&double), [json!({"on": true, "text": "back at 14:00"}), json!({"on": false, "text": ""})]);
}

#[test]
fn a_reader_sees_all_and_no_button_that_changes() {
    let double = AdminDouble::furnished();
    let changing = |browser: &Browser| {
        let buttons = "return [...document.querySelectorAll('#view button:not(.sort)')].map((one) => one.innerText)
            .filter((words) => /deliver|activate|add|change|revoke|force|stop|begin|end/i.test(words)).length";
        VIEWS.map(|view| {
            go(browser, view);
            browser.run(buttons).as_u64().unwrap()
        })
    };
    let (operator, reader) = (enter_double(&double, "operator"), enter_double(&double, "reader"));
    assert_eq!(changing(&reader).iter().sum::<u64>(), 0);
    assert!(!reader.text("#view").contains("false"), "no button leaves nothing");
    let seen = changing(&operator);
    for view in [1, 2, 4, 5, 6, 7, 11] {
        assert!(seen[view] != 0, "an operator can change something at {}", VIEWS[view]);
    }
}
