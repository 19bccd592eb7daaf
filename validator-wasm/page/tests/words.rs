//! The page says the same in each language, and has words for all that it says.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use phytoval_page::{PAGE, POLICY};

const LANGUAGES: [&str; 6] = ["ar", "en", "es", "fr", "ru", "zh"];

/// First parts of keys whose last part is a code, a level or a name of the report, or that the catalogue of rules uses.
const FAMILIES: [&str; 9] =
    ["flag-", "level-", "measure-", "mode-", "profile-", "rules-", "status-", "treated-", "verdict-"];

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn words(language: &str) -> BTreeMap<String, String> {
    let file = source(&format!("words/{language}.json"));
    serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap_or_else(|error| panic!("{language}: {error}"))
}

/// The names in braces.
fn placeholders(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).map(|rest| rest.split_once('}').map_or(rest, |(name, _)| name)).collect()
}

/// All that stands in quotes in the page's sources.
fn quoted() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(source("assets")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        found.extend(text.split('"').map(str::to_owned));
    }
    found
}

#[test]
fn every_language_has_the_same_keys_and_placeholders() {
    let english = words("en");
    for language in LANGUAGES {
        let words = words(language);
        assert_eq!(words.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language}");
        for (key, sentence) in &words {
            assert!(!sentence.trim().is_empty(), "{language}: {key} is empty");
            assert_eq!(placeholders(sentence), placeholders(&english[key]), "{language}: {key}");
        }
    }
}

#[test]
fn no_word_is_missing_and_none_is_left_over() {
    let english = words("en");
    let quoted = quoted();
    let unused: Vec<&String> = english
        .keys()
        .filter(|key| !quoted.contains(*key) && !FAMILIES.iter().any(|family| key.starts_with(family)))
        .collect();
    assert!(unused.is_empty(), "no source names them: {unused:?}");

    let page = fs::read_to_string(source("assets/index.html")).unwrap();
    let named = page.split("data-words=\"").chain(page.split("data-label=\"")).skip(1);
    for key in named.filter_map(|rest| rest.split_once('"')).map(|(key, _)| key) {
        assert!(english.contains_key(key) || key.contains(['<', ' ', '=']), "index.html says {key}");
    }
    for entry in fs::read_dir(source("assets")).unwrap() {
        let file = entry.unwrap().path();
        let text = fs::read_to_string(&file).unwrap();
        for call in ["say(\"", "tell(\""] {
            for key in text.split(call).skip(1).filter_map(|rest| rest.split_once('"')).map(|(key, _)| key) {
                assert!(english.contains_key(key), "{} says {key}", file.display());
            }
        }
    }
}

#[test]
fn the_page_carries_its_policy_for_servers_that_send_none() {
    let page = fs::read_to_string(source("assets/index.html")).unwrap();
    // A page cannot say by itself who may frame it.
    let (own, _) = POLICY.split_once("; frame-ancestors").unwrap();
    assert!(page.contains(&format!("http-equiv=\"Content-Security-Policy\" content=\"{own}\"")));
}

#[test]
fn nothing_in_the_page_names_another_place() {
    for file in PAGE.iter().filter(|file| !file.path.ends_with(".wasm")) {
        let text = std::str::from_utf8(file.bytes).unwrap();
        // Examples of certificates name namespaces, as text.
        if file.path.starts_with("rules/") {
            assert!(!text.contains("=\"http") && !text.contains("=\"//"), "{}", file.path);
            continue;
        }
        for (before, after) in text.match_indices("://").map(|(at, _)| text.split_at(at)) {
            let namespace = before.ends_with("http") && after.starts_with("://www.w3.org/2000/svg");
            let excerpt: String = after.chars().take(40).collect();
            assert!(namespace, "{}: {excerpt}", file.path);
        }
    }
}
