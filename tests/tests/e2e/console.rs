//! The operators' console in a real browser: what it shows of a hub on a bad day, which a double plays, and what it
//! does with a hub that runs.

use std::path::PathBuf;

use phytohub_tests::admin_double::{AdminDouble, TOKENS, fixture};
use phytohub_tests::browser::Browser;
use phytohub_tests::hub::TestHub;
use phytohub_tests::wire::get;
use serde_json::{Value, json};

/// The views by their addresses.
const VIEWS: [&str; 11] = [
    "#/",
    "#/members",
    "#/member/EG",
    "#/envelopes?from=KE",
    "#/envelope/02f1c0ffee0ddba11ad00000000000a1",
    "#/failed",
    "#/rules",
    "#/alerts",
    "#/reports",
    "#/audit",
    "#/maintenance",
];

/// What tells that a view has its data.
const LOADED: &str =
    "document.querySelector('#view h1') && !document.querySelector('#view').innerText.includes('Loading')";

/// Where a person who runs this test finds what the console looked like.
fn picture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn token(role: &str) -> &'static str {
    TOKENS.iter().find(|(known, _)| *known == role).map(|(_, token)| *token).unwrap()
}

/// The console of an admin address in a browser, somebody with this token logged in.
fn enter(address: &str, token: &str) -> Browser {
    let browser = Browser::start(1400, 1000);
    browser.open(&format!("http://{address}/"));
    browser.wait("document.querySelector('#token')");
    browser.type_into("#token", token);
    browser.click("form [type=submit]");
    browser.wait("document.querySelector('#view h1')?.textContent === 'Overview'");
    browser
}

fn enter_double(double: &AdminDouble, role: &str) -> Browser {
    enter(&double.address().to_string(), token(role))
}

/// Goes to a view and waits for what it shows.
fn go(browser: &Browser, view: &str) {
    browser.run(&format!("location.hash = {}", json!(view)));
    browser.wait(LOADED);
}

#[test]
fn a_token_opens_the_console_and_a_wrong_one_is_told() {
    let double = AdminDouble::furnished();
    let browser = Browser::start(1400, 1000);
    browser.open(&format!("http://{}/", double.address()));
    browser.wait("document.querySelector('#token')");
    browser.type_into("#token", "something else");
    browser.click("form [type=submit]");
    browser.wait("document.querySelector('.problem')");
    assert_eq!(browser.text(".problem"), "This token is not known to the hub.");
    assert_eq!(browser.run("return sessionStorage.length"), json!(0), "a token that opens nothing is not kept");

    browser.run("document.querySelector('#token').value = ''");
    browser.type_into("#token", token("reader"));
    browser.click("form [type=submit]");
    browser.wait("document.querySelector('#who')?.innerText.includes('reader')");
    let kept = browser.run("return [localStorage.length, document.cookie, sessionStorage.length]");
    assert_eq!(kept, json!([0, "", 1]), "the token stays in this tab");
    browser.click("#logout");
    browser.wait("document.querySelector('#token')");
    assert_eq!(browser.run("return sessionStorage.length"), json!(0));
    assert_eq!(browser.run("return document.querySelector('#nav').hidden"), json!(true));
}

#[test]
fn the_overview_shows_the_hub_and_tells_its_plots_in_words() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    browser.wait("document.querySelectorAll('.plot svg').length === 6");
    let view = browser.text("#view");
    for shown in ["1,284 of 200,000", "412 GB", "peak 212/s", "EG: the breaker has been open", "of 5 push destinations"]
    {
        assert!(view.contains(shown), "{shown}: {view}");
    }
    let told = browser.run("return document.querySelector('.plot svg').getAttribute('aria-label')");
    assert!(told.as_str().unwrap().starts_with("Rate, 11:00 to 12:00 UTC; accepted: from "), "{told}");
    browser.click(".plot details summary");
    browser.wait("document.querySelectorAll('.plot table tbody tr').length === 61");
    browser.run("document.querySelector('.plot svg').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowLeft'}))");
    let reading = browser.run("return document.querySelector('.plot svg [data-own]').textContent");
    assert!(reading.as_str().unwrap().starts_with("12:00:00 UTC"), "{reading}");
    browser.click(".plot details summary");
    browser.screenshot(&picture("console-overview.png"));

    let mut state = fixture("overview");
    state["maintenance"] = json!({"text": "back at 14:00", "since": "2026-11-25T11:50:00Z", "by": "Ada"});
    double.answer("GET /v1/overview", 200, state);
    browser.wait("document.querySelector('#notices').innerText.includes('“back at 14:00”')");
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn members_are_found_sorted_and_those_in_trouble_told_apart() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    go(&browser, "#/members");
    browser.wait("document.querySelectorAll('#view tbody tr').length === 14");
    browser.screenshot(&picture("console-members.png"));
    let row = browser.text("#view tr[data-key='row EG']");
    for shown in ["breaker open", "37 parked", "2 h", "374 d", "connection refused by push.eg.example"] {
        assert!(row.contains(shown), "{shown}: {row}");
    }
    let first = "document.querySelector('#view tbody tr').dataset.key";
    browser.run("[...document.querySelectorAll('button.sort')].find((one) => one.innerText === 'Queued').click()");
    assert_eq!(browser.run(&format!("return {first}")), json!("row EG"), "largest first");
    browser.click("#trouble");
    browser.wait("document.querySelectorAll('#view tbody tr').length === 4");
    browser.click("#trouble");
    browser.type_into("#filter", "fisheries");
    browser.wait("document.querySelectorAll('#view tbody tr').length === 1");
    // What is typed stays, and the place in it, when the figures change.
    let before = double.times("/v1/members");
    while double.times("/v1/members") < before + 2 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let kept = browser.run("return [document.activeElement.id, document.activeElement.value]");
    assert_eq!(kept, json!(["filter", "fisheries"]));
    browser.click("#view tbody a");
    browser.wait("document.querySelector('h1').innerText.startsWith('AU Department')");
    assert_eq!(
        browser.run("return document.activeElement.tagName"),
        json!("H1"),
        "a new view is read from its name on"
    );
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

fn bodies(double: &AdminDouble) -> Vec<Value> {
    double.asked().into_iter().map(|asked| asked.body).collect()
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
fn an_envelope_is_found_by_either_number_and_its_track_shown() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    go(&browser, "#/envelopes");
    browser.type_into("[name=certificate]", "KE-2026-0031415");
    browser.click("form.search [type=submit]");
    browser.wait("document.querySelectorAll('#view tbody tr').length === 12");
    assert_eq!(browser.run("return location.hash"), json!("#/envelopes?certificate=KE-2026-0031415"));
    browser.click("#view tbody a");
    browser.wait("document.querySelectorAll('.track li').length === 5");
    let track = browser.text(".track");
    for shown in ["accepted", "took 12 ms", "+1 min 4 s", "refused", "HTTP 500: Cannot process ValidUntil", "parked"] {
        assert!(track.contains(shown), "{shown}: {track}");
    }
    browser.screenshot(&picture("console-envelope.png"));
    go(&browser, "#/envelope/00000000000000000000000000000000");
    browser.wait("document.querySelector('#view .problem')");
    assert!(browser.text("#view .problem").starts_with("There is no GET /v1/envelopes/0000"));
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
    let seen = changing(&operator);
    for view in [1, 2, 4, 5, 6, 10] {
        assert!(seen[view] != 0, "an operator can change something at {}", VIEWS[view]);
    }
}

#[test]
fn nothing_that_a_member_says_becomes_markup() {
    let double = AdminDouble::furnished();
    let hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    poison_texts(&double, hostile);
    let browser = enter_double(&double, "operator");
    for view in VIEWS {
        go(&browser, view);
        assert_eq!(browser.run("return document.querySelectorAll('main img, main script').length"), json!(0), "{view}");
        assert_ne!(browser.run("return document.title"), json!("owned"), "{view}");
    }
    go(&browser, "#/members");
    assert!(browser.text("#view").contains("<img src=x"));
    // Neither may a script that got in run, nor anything be sent elsewhere.
    let ran = browser.run(
        "const script = document.createElement('script');
         script.textContent = 'window.ran = \"inline\"';
         document.body.append(script);
         await new Promise(resolve => setTimeout(resolve, 50));
         return [window.ran ?? 'none', await fetch('http://127.0.0.2:9/').then(() => 'sent', () => 'refused')]",
    );
    assert_eq!(ran, json!(["none", "refused"]));
}

/// Puts a text into every field that comes from people.
fn poison_texts(double: &AdminDouble, hostile: &str) {
    fn replace(value: &mut Value, hostile: &str) {
        let texts = ["name", "subject", "text", "cause", "certificate_number", "message", "who", "details", "url"];
        match value {
            Value::Object(fields) => {
                for (key, inner) in fields {
                    match inner {
                        Value::String(text) if texts.contains(&key.as_str()) => hostile.clone_into(text),
                        _ => replace(inner, hostile),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|inner| replace(inner, hostile)),
            _ => {}
        }
    }
    for name in ["alerts", "audit", "documents", "envelopes", "failed", "lists", "members", "releases"] {
        let mut answer = fixture(name);
        replace(&mut answer, hostile);
        double.answer(&format!("GET /v1/{name}"), 200, answer);
    }
}

#[test]
fn what_the_hub_does_not_send_is_a_dash() {
    let double = AdminDouble::start();
    let sparse = json!([{"code": "EG", "id": "one", "kind": "parked", "destination": "EG"}]);
    for name in ["documents", "failed", "lists", "members", "releases"] {
        double.answer(&format!("GET /v1/{name}"), 200, sparse.clone());
    }
    let rows = json!({"entries": [{}], "envelopes": [{}], "firing": [{}], "recent": [{}], "rules": [{}], "steps": [{}],
        "active": {}, "shadow": {"classes": [{"rules": [{}]}]}});
    for name in ["alerts", "audit", "envelopes", "overview", "report", "validator"] {
        double.answer(&format!("GET /v1/{name}"), 200, rows.clone());
    }
    double.answer("GET /v1/maintenance", 200, Value::Null);
    double.answer("GET /v1/envelopes/02f1c0ffee0ddba11ad00000000000a1", 200, rows);
    let browser = enter_double(&double, "operator");
    for view in VIEWS {
        go(&browser, view);
        let page = browser.text("body");
        for wrong in ["undefined", "NaN", "null", "[object", "Invalid"] {
            assert!(!page.contains(wrong), "{view} says {wrong}: {page}");
        }
    }
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn a_hub_that_is_gone_is_told_and_found_again() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    browser.wait("document.querySelectorAll('.plot svg').length === 6");
    double.set_down(true);
    browser.wait("document.querySelector('#notices').innerText.includes('No connection to the hub since 12:0')");
    assert!(browser.text("#health").contains("no connection"));
    assert!(browser.text("#view").contains("1,284 of 200,000"), "what was known stays");
    double.set_down(false);
    browser.wait("document.querySelector('#notices').innerText === ''");
    assert!(browser.text("#health").contains("ready"));
}

#[test]
fn nobody_is_asked_while_nobody_looks() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    let look = |is_hidden: bool| {
        browser.run(&format!(
            "Object.defineProperty(document, 'hidden', {{value: {is_hidden}, configurable: true}});
             document.dispatchEvent(new Event('visibilitychange'))"
        ));
    };
    look(true);
    // A request that was under way ends; after twice the time between two of them there was no other.
    let wait = |seconds| std::thread::sleep(std::time::Duration::from_secs(seconds));
    wait(2);
    let before = double.times("/v1/overview");
    wait(11);
    assert_eq!(double.times("/v1/overview"), before);
    look(false);
    while double.times("/v1/overview") == before {
        wait(1);
    }
}

#[test]
fn on_a_dark_phone_every_view_fits_the_screen() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    browser.dark_phone(360, 740);
    for (index, view) in VIEWS.iter().enumerate() {
        go(&browser, view);
        assert_eq!(browser.run("return document.documentElement.scrollWidth"), json!(360), "{view}");
        browser.screenshot(&picture(&format!("console-phone-{index}.png")));
    }
    let ground = browser.run("return getComputedStyle(document.body).backgroundColor");
    assert_eq!(ground, json!("rgb(20, 24, 26)"), "dark for whoever likes it dark");
}

#[test]
fn everything_comes_from_the_admin_address() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    for view in VIEWS {
        go(&browser, view);
    }
    let elsewhere = browser.run(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)
            .filter((name) => !name.startsWith(location.origin + '/'))",
    );
    assert_eq!(elsewhere, json!([]));
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn what_can_be_reached_and_clicked_has_a_name() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "operator");
    for view in VIEWS {
        go(&browser, view);
        let nameless = browser.run(
            "return [...document.querySelectorAll('a, button, input, select, textarea, summary')].filter((one) =>
                !one.hidden && !(one.textContent || one.ariaLabel || one.labels?.length)).map((one) => one.outerHTML)",
        );
        assert_eq!(nameless, json!([]), "{view}");
        assert_eq!(browser.run("return document.querySelectorAll('h1').length"), json!(1), "{view}");
    }
}

#[tokio::test]
async fn the_hub_serves_the_console_and_no_other_file() {
    let hub = TestHub::start(&["KE", "NL"]);
    let (status, page) = get(hub.admin(), "/").await;
    assert!(status == 200 && page.contains("console/main.js"), "{status} {page}");
    for path in ["/console/main.js", "/console/views/overview.js", "/console/elements.js", "/console/base.css"] {
        assert_eq!(get(hub.admin(), path).await.0, 200, "{path}");
    }
    for path in ["/console/", "/console/../admin.token", "/console/%2e%2e/admin.token", "/console/main.css"] {
        assert_eq!(get(hub.admin(), path).await.0, 404, "{path}");
    }
}
