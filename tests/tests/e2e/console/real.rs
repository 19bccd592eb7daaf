//! The console before a real hub with something of everything: every view, with the figures of what was sent.

use phytohub_tests::browser::Browser;
use phytohub_tests::furnished::{FOR_EG, Furnished, PARKED, REFUSED, TO_NL, WAITING_FOR_NL};
use serde_json::json;

use super::{enter, go, picture};

/// What only a program would say.
const LEFTOVERS: [&str; 6] = ["undefined", "NaN", "null", "false", "[object", "Invalid"];

/// A view that has its data, as a person reads it.
fn read(browser: &Browser, view: &str, has: &str) -> String {
    go(browser, view);
    browser.wait(&format!("document.querySelector('#view').innerText.includes({})", json!(has)));
    let page = browser.text("body");
    for wrong in LEFTOVERS {
        assert!(!page.contains(wrong), "{view} says {wrong}: {page}");
    }
    browser.text("#view")
}

#[track_caller]
fn assert_says(view: &str, page: &str, all: &[String]) {
    for shown in all {
        assert!(page.contains(shown), "{view} does not say '{shown}': {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_shows_a_real_hub_with_the_figures_of_what_was_sent() {
    let furnished = Furnished::start().await;
    let token = std::fs::read_to_string(furnished.hub.dir().join("admin.token")).unwrap();
    let (address, parked, delivered) =
        (furnished.hub.admin().to_owned(), furnished.parked.clone(), furnished.delivered.clone());
    let looking = tokio::task::spawn_blocking(move || {
        let browser = enter(&address, token.trim());
        figures(&browser);
        envelopes(&browser, &parked, &delivered);
        read(&browser, "#/rules", "Units of measure");
        let page = read(&browser, "#/releases", "Tonnes only");
        assert!(page.find("2. Tonnes only") < page.find("1. A unit"), "the newest release first: {page}");
        read(&browser, "#/alerts", "parked");
        read(&browser, "#/audit", "The log is whole");
        read(&browser, "#/maintenance", "Members are served");
        read(&browser, "#/reports", "What was exchanged");
        browser.click("form.search [type=submit]");
        browser.wait("document.querySelector('#view').innerText.includes('its figures agree')");
        assert_eq!(browser.log(), Vec::<String>::new());
        photograph(&browser, &delivered);
    });
    looking.await.unwrap();
}

fn figures(browser: &Browser) {
    // Two points make a line.
    browser.wait("document.querySelectorAll('.plot svg').length === 6");
    let page = read(browser, "#/", "push destinations");
    let accepted = 2 * TO_NL + PARKED + FOR_EG + 15;
    let told = [
        format!("of {accepted} accepted; 0 failed, {REFUSED} refused"),
        "1\nof 2 push destinations".to_owned(),
        format!("{} of 4,000,000 envelopes", accepted - (TO_NL - WAITING_FOR_NL)),
        "US".to_owned(),
    ];
    assert_says("overview", &page, &told);
    let page = read(browser, "#/members", "Dutch customs");
    assert_says(
        "members",
        &page,
        &["breaker open".to_owned(), format!("{PARKED} parked"), "CUSTOMS channel".to_owned()],
    );
    let page = read(browser, "#/member/NL", "NVWA");
    assert_says("member", &page, &["FORWARD".to_owned(), "last 24 h".to_owned()]);
    assert_says("member", &page, &["let in without a proof".to_owned()]);
    let page = read(browser, "#/member/LK", "unit-code");
    assert_says("member", &page, &[format!("of {} certificates that it sent were clean", PARKED + 5)]);
}

fn envelopes(browser: &Browser, parked: &str, delivered: &str) {
    let page = read(browser, "#/envelopes?certificate=KE-2026-00100", "2 envelopes");
    assert_says("envelopes", &page, &["copy".to_owned(), "CUSTOMS".to_owned(), delivered.to_owned()]);
    browser.type_into("[name=number]", &parked[..8]);
    browser.run("document.querySelector('[name=certificate]').value = ''");
    browser.click("form.search [type=submit]");
    browser.wait("document.querySelectorAll('#view tbody tr').length === 1");
    browser.click("#view tbody a");
    browser.wait("document.querySelectorAll('.track li').length >= 4");
    assert_says("track", &browser.text(".track"), &["this certificate is not for us".to_owned(), "parked".to_owned()]);
    let page = read(browser, &format!("#/envelope/{delivered}"), "CUSTOMS: ");
    assert_says("track", &page, &["delivered".to_owned(), "from KE".to_owned()]);
    let page = read(browser, "#/failed", "this certificate is not for us");
    assert_says("failed", &page, &[format!("Parked: {PARKED}"), "Being tried: 1".to_owned()]);
}

/// Pictures for whoever runs this test, as each screen shows it; nothing is wider than the screen.
fn photograph(browser: &Browser, delivered: &str) {
    let views = [
        ("overview", "#/".to_owned()),
        ("members", "#/members".to_owned()),
        ("member", "#/member/LK".to_owned()),
        ("envelopes", "#/envelopes?to=NL".to_owned()),
        ("envelope", format!("#/envelope/{delivered}")),
        ("failed", "#/failed".to_owned()),
        ("rules", "#/rules".to_owned()),
        ("releases", "#/releases".to_owned()),
        ("alerts", "#/alerts".to_owned()),
        ("reports", "#/reports".to_owned()),
        ("audit", "#/audit".to_owned()),
    ];
    for (screen, width, height, is_phone, colours) in
        [("light", 1400, 1000, false, "light"), ("dark", 1400, 1000, false, "dark"), ("phone", 390, 844, true, "dark")]
    {
        browser.show_on(width, height, is_phone, colours);
        for (name, view) in &views {
            go(browser, view);
            let wide = browser.run("return document.documentElement.scrollWidth");
            assert!(wide.as_u64() <= Some(u64::from(width)), "{view} on {screen}: {wide}");
            browser.screenshot(&picture(&format!("real-{screen}-{name}.png")));
        }
    }
}
