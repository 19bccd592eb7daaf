//! The pre-check page, as the hub serves it, in a real browser.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use phytohub_certificates::typical;
use phytohub_tests::browser::Browser;
use phytohub_tests::hub::TestHub;
use phytohub_tests::wire::get;
use phytoval::Embedded;
use serde_json::{Value, json};

/// A folder of certificates: a clean one, one with a wrong unit, one that is not XML, one that would like to run.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clean = typical(1, "QM", "QZ", "QM-1");
        let unit = clean.replace("unitCode=\"KGM\"", "unitCode=\"KGS\"");
        let hostile = clean.replace("QM-1", "&lt;img src=x onerror=\"document.title='owned'\"&gt;");
        for (name, content) in [
            ("clean.xml", &clean),
            ("unit.xml", &unit),
            ("broken.xml", &clean[..2000].to_owned()),
            ("hostile.xml", &hostile),
        ] {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn choose(&self, browser: &Browser, names: &[&str]) {
        let paths: Vec<PathBuf> = names.iter().map(|name| self.path(name)).collect();
        browser.choose_files("#files", &paths.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    }
}

/// The page of a hub, loaded, in a browser.
fn page(hub: &TestHub) -> Browser {
    let browser = Browser::start(1280, 1000);
    browser.open(&format!("http://{}/check", hub.admin()));
    browser.wait("document.querySelector('h1').textContent === 'Check a phytosanitary certificate'");
    browser
}

/// Where a person who runs this test finds what the page looked like.
fn picture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn files_are_judged_listed_and_explained() {
    let (hub, files) = (TestHub::start(&["KE", "NL"]), Files::new());
    let browser = page(&hub);
    files.choose(&browser, &["clean.xml", "unit.xml", "broken.xml"]);
    browser.wait("document.querySelectorAll('#rows tr').length === 3 && !document.querySelector('#detail').hidden");
    assert_eq!(browser.text("#totals"), "Clean: 1. With findings: 0. Not to be sent: 2.");

    browser.click("#rows tr:nth-child(2) button");
    browser.wait("document.querySelector('#detail-title').textContent === 'unit.xml'");
    assert!(browser.text("#verdict").contains("Do not send"));
    browser.wait("document.querySelector('#findings .sentence').textContent.includes('KGS')");
    browser.click("#findings li.severe .sentence");
    browser.wait("document.querySelector('mark.chosen')?.textContent.includes('KGS')");
    browser.screenshot(&picture("check-english.png"));

    browser.click("#tab-certificate");
    let form = browser.text("#panel-certificate");
    assert!(form.contains("QM-1") && form.contains("Name and address of exporter"), "{form}");
    browser.screenshot(&picture("check-form.png"));

    browser.click("#rows tr:nth-child(3) button");
    browser.wait("document.querySelector('#detail-title').textContent === 'broken.xml'");
    assert!(browser.text("#panel-certificate").contains("cannot be shown"));
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn the_page_speaks_six_languages_and_turns_around_for_arabic() {
    let (hub, files) = (TestHub::start(&["KE", "NL"]), Files::new());
    let browser = page(&hub);
    files.choose(&browser, &["unit.xml"]);
    browser.wait("document.querySelector('#findings .sentence')");
    let certificate = std::fs::read(files.path("unit.xml")).unwrap();
    let mut titles = vec![browser.text("h1")];
    for language in ["fr", "es", "ru", "zh", "ar"] {
        browser.run(&format!(
            "const select = document.querySelector('#language'); select.value = '{language}';
             select.dispatchEvent(new Event('change'))"
        ));
        let report = Embedded::default().judge(&certificate, &format!("language={language}")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let sentence = &report["findings"][0]["sentence"];
        browser.wait(&format!("document.querySelector('#findings .sentence').textContent === {sentence}"));
        titles.push(browser.text("h1"));
    }
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 6, "{titles:?}");
    assert_eq!(browser.run("return [document.dir, document.documentElement.lang]"), json!(["rtl", "ar"]));
    browser.screenshot(&picture("check-arabic.png"));
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn every_rule_has_its_place_in_the_catalogue_of_each_language() {
    let (hub, files) = (TestHub::start(&["KE", "NL"]), Files::new());
    let browser = page(&hub);
    for language in ["ar", "en", "es", "fr", "ru", "zh"] {
        browser.open(&format!("http://{}/check/rules/{language}.html", hub.admin()));
        let found = browser.run("return [document.documentElement.lang, document.querySelectorAll('.rule').length]");
        assert_eq!(found, json!([language, phytoval::Rule::ALL.len()]));
        assert_eq!(browser.run("return document.querySelectorAll('.rule figure').length % 2"), json!(0));
    }
    browser.open(&format!("http://{}/check/rules/en.html#package-type", hub.admin()));
    browser.screenshot(&picture("check-rules.png"));
    assert_eq!(browser.log(), Vec::<String>::new());

    browser.open(&format!("http://{}/check/?lang=fr", hub.admin()));
    browser.wait("document.querySelector('#profile').options.length");
    files.choose(&browser, &["unit.xml"]);
    browser.wait("document.querySelector('#findings a')");
    let link = browser.run("return document.querySelector('#findings a').href");
    assert_eq!(link, json!(format!("http://{}/check/rules/fr.html#unit-code", hub.admin())));
}

#[test]
fn on_a_phone_nothing_is_wider_than_the_screen() {
    let (hub, files) = (TestHub::start(&["KE", "NL"]), Files::new());
    let browser = page(&hub);
    browser.dark_phone(360, 740);
    files.choose(&browser, &["clean.xml", "unit.xml"]);
    browser.wait("document.querySelectorAll('#rows tr').length === 2 && !document.querySelector('#detail').hidden");
    browser.screenshot(&picture("check-phone.png"));
    for tab in ["#tab-findings", "#tab-certificate", "#tab-envelope"] {
        browser.click(tab);
        let width = browser.run("return document.documentElement.scrollWidth");
        assert_eq!(width, json!(360), "{tab}");
    }
    browser.click("#tab-certificate");
    browser.screenshot(&picture("check-phone-form.png"));
}

#[test]
fn a_pasted_certificate_is_compared_with_the_header_of_its_envelope() {
    let hub = TestHub::start(&["KE", "NL"]);
    let browser = page(&hub);
    browser.click("#paste-box summary");
    let content = json!(typical(2, "QM", "QZ", "QM-2"));
    browser.run(&format!("document.querySelector('#paste').value = {content}"));
    browser.click("#check");
    browser.wait("document.querySelector('#rows .badge.clean')");
    browser.click("#tab-envelope");
    assert_eq!(browser.run("return document.querySelector('#envelope [name=number]').value"), json!("QM-2"));
    browser.type_into("#envelope [name=number]", "0");
    browser.click("#envelope [type=submit]");
    browser.wait("document.querySelector('#rows .badge.severe')");
    browser.wait("document.querySelector('#findings').textContent.includes('QM-20')");
}

#[test]
fn a_file_that_cannot_be_judged_does_not_look_clean() {
    let (hub, files) = (TestHub::start(&["KE", "NL"]), Files::new());
    let browser = page(&hub);
    files.choose(&browser, &["clean.xml"]);
    browser.wait("document.querySelector('#rows .badge.clean')");
    let profile = |name: &str| {
        browser.run(&format!(
            "const select = document.querySelector('#profile');
             select.append(new Option('{name}', '{name}'));
             select.value = '{name}';
             select.dispatchEvent(new Event('change'))"
        ))
    };
    profile("unknown");
    browser.wait("document.querySelector('#rows .badge.severe')");
    browser.wait("document.querySelector('#problems').textContent.includes('unknown')");
    browser.wait("document.querySelector('#detail').hidden");
    // It is judged again when that is possible, and the problem is gone.
    profile("ippc");
    browser.wait("document.querySelector('#rows .badge.clean') && !document.querySelector('#detail').hidden");
    assert_eq!(browser.text("#problems"), "");
}

#[test]
fn nothing_in_a_certificate_becomes_markup() {
    let (hub, files) = (TestHub::start(&["KE", "NL"]), Files::new());
    let browser = page(&hub);
    files.choose(&browser, &["hostile.xml"]);
    browser.wait("document.querySelector('#detail-title').textContent === 'hostile.xml'");
    browser.click("#tab-certificate");
    assert!(browser.text("#panel-certificate").contains("<img src=x"));
    assert_eq!(browser.run("return document.querySelectorAll('img').length"), json!(0));
    // Neither may a script that got in run, nor anything be sent elsewhere.
    let ran = browser.run(
        "const script = document.createElement('script');
         script.textContent = 'window.ran = \"inline\"';
         document.body.append(script);
         setTimeout('window.ran = \"text\"');
         await new Promise(resolve => setTimeout(resolve, 50));
         return [window.ran ?? 'none', await fetch('http://127.0.0.2:9/').then(() => 'sent', () => 'refused')]",
    );
    assert_eq!(ran, json!(["none", "refused"]));
    let log = browser.log().join("\n");
    for directive in ["script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'"] {
        assert!(log.contains(directive), "{directive}: {log}");
    }
}

#[test]
fn the_page_works_without_a_network_once_it_was_open() {
    let (mut hub, files) = (TestHub::start(&["KE", "NL"]), Files::new());
    let browser = page(&hub);
    browser.run("await navigator.serviceWorker.ready");
    let address = hub.admin().to_owned();
    hub.stop();
    browser.open(&format!("http://{address}/check/?lang=fr"));
    browser.wait("document.querySelector('h1').textContent.startsWith('Vérifier')");
    files.choose(&browser, &["unit.xml"]);
    browser.wait("document.querySelector('#findings .sentence')?.textContent.includes('KGS')");
}

/// Judges documents, given as base64 with the header they are compared with, by the package.
const JUDGE_CASES: &str = "
    const phytoval = await import('./phytoval.js');
    await phytoval.init(fetch(phytoval.moduleName()));
    return CASES.map(({ document, header }) =>
        JSON.stringify(phytoval.validate(Uint8Array.from(atob(document), (byte) => byte.charCodeAt(0)), { header })));";

#[test]
fn the_browser_gives_the_conformance_suite_the_reports_of_the_native_validator() {
    let hub = TestHub::start(&["KE", "NL"]);
    let browser = page(&hub);
    let native = Embedded::default();
    let cases = phytoval_conformance::cases().unwrap();
    for some in cases.chunks(100) {
        let given: Vec<Value> = some
            .iter()
            .map(|case| {
                let mut given = json!({ "document": BASE64_STANDARD.encode(&case.document) });
                for (key, value) in &case.header {
                    given["header"][key] = json!(value);
                }
                given
            })
            .collect();
        let said = browser.run(&format!("const CASES = {}; {JUDGE_CASES}", json!(given)));
        let expected: Vec<String> = some
            .iter()
            // The report is escaped for use inside of HTML; what JavaScript writes of it is not.
            .map(|case| native.judge(&case.document, &case.options()).unwrap().replace("\\u003c", "<"))
            .collect();
        assert_eq!(said, json!(expected));
    }
}

#[tokio::test]
async fn only_files_of_the_page_are_served() {
    let hub = TestHub::start(&["KE", "NL"]);
    assert_eq!(get(hub.admin(), "/check/").await.0, 200);
    assert_eq!(get(hub.admin(), "/check/phytoval.js").await.0, 200);
    for path in ["/check/../admin.token", "/check/%2e%2e/admin.token", "/check/nothing.js", "/check//"] {
        assert_eq!(get(hub.admin(), path).await.0, 404, "{path}");
    }
}
