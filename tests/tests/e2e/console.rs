//! The operators' console in a real browser: what it shows of a hub on a bad day, which a double plays, and what it
//! does with a hub that runs.

mod accounts;
mod changes;
mod real;

use std::path::PathBuf;

use phytohub_tests::admin_double::{AdminDouble, TOKENS, fixture};
use phytohub_tests::browser::Browser;
use phytohub_tests::hub::TestHub;
use phytohub_tests::wire::get;
use serde_json::{Value, json};

/// The views by their addresses.
const VIEWS: [&str; 12] = [
    "#/",
    "#/members",
    "#/member/EG",
    "#/envelopes?from=KE",
    "#/envelope/02f1c0ffee0ddba11ad00000000000a1",
    "#/failed",
    "#/rules",
    "#/releases",
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
fn a_report_is_shown_and_saved() {
    let double = AdminDouble::furnished();
    let browser = enter_double(&double, "reader");
    go(&browser, "#/reports");
    browser.run(
        "const select = document.querySelector('#by');
         select.value = 'member';
         select.dispatchEvent(new Event('change'))",
    );
    browser.click("form.search [type=submit]");
    browser.wait("document.querySelector('#view').innerText.includes('its figures agree')");
    let view = browser.text("#view");
    assert!(view.contains("412,345 envelopes were accepted") && view.contains("90,123"), "{view}");
    assert_eq!(double.last_query("/v1/report").unwrap(), "from=2026-11-01&to=2026-11-25&by=member&format=json");
    browser.click("#save-csv");
    browser.wait("!document.querySelector('#save-csv').disabled");
    assert_eq!(double.last_query("/v1/report").unwrap(), "from=2026-11-01&to=2026-11-25&by=member&format=csv");
    double.answer("GET /v1/report", 400, json!({"error": "from lies after to; exchange them."}));
    browser.click("form.search [type=submit]");
    browser.wait("document.querySelector('#view .problem')?.innerText === 'from lies after to; exchange them.'");
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

/// The same with `null` for every value that is no list.
fn hollow(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(key, inner)| (key.clone(), hollow(inner))).collect(),
        Value::Array(values) => values.iter().map(hollow).collect(),
        _ => Value::Null,
    }
}

#[test]
fn what_the_hub_does_not_know_is_a_dash() {
    let double = AdminDouble::furnished();
    for name in
        ["alerts", "audit", "documents", "envelopes", "failed", "lists", "members", "overview", "releases", "validator"]
    {
        double.answer(&format!("GET /v1/{name}"), 200, hollow(&fixture(name)));
    }
    double.answer("GET /v1/envelopes/02f1c0ffee0ddba11ad00000000000a1", 200, hollow(&fixture("envelope")));
    let browser = enter_double(&double, "operator");
    walk_without_leftovers(&browser);
}

/// No view says what only a program would.
fn walk_without_leftovers(browser: &Browser) {
    for view in VIEWS {
        go(browser, view);
        let page = browser.text("body");
        for wrong in ["undefined", "NaN", "null", "false", "[object", "Invalid"] {
            assert!(!page.contains(wrong), "{view} says {wrong}: {page}");
        }
    }
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn what_the_hub_does_not_send_is_a_dash() {
    let double = AdminDouble::start();
    let sparse = json!([{"code": "EG", "id": "one", "kind": "parked", "destination": "EG"}]);
    for name in ["documents", "failed", "lists", "members"] {
        double.answer(&format!("GET /v1/{name}"), 200, sparse.clone());
    }
    let rows = json!({"entries": [{}], "envelopes": [{}], "firing": [{}], "recent": [{}], "rules": [{}], "steps": [{}],
        "active": {}, "shadow": {"classes": [{"rules": [{}]}]}, "releases": [{}], "ways": [{}]});
    for name in ["alerts", "audit", "envelopes", "overview", "releases", "report", "validator"] {
        double.answer(&format!("GET /v1/{name}"), 200, rows.clone());
    }
    double.answer("GET /v1/maintenance", 200, Value::Null);
    double.answer("GET /v1/envelopes/02f1c0ffee0ddba11ad00000000000a1", 200, rows);
    walk_without_leftovers(&enter_double(&double, "operator"));
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
