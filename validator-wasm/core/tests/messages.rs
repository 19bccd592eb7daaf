//! The messages: every language says all that English says, and a broken file is refused with its line.

use std::collections::BTreeSet;

use phytoval::{Messages, Phrase, Rule, Values};

/// The languages that must be there.
#[cfg(feature = "languages")]
const LANGUAGES: &[&str] = &["en", "fr", "es", "ru", "ar", "zh"];
#[cfg(not(feature = "languages"))]
const LANGUAGES: &[&str] = &["en"];

fn all() -> impl Iterator<Item = &'static Messages> {
    LANGUAGES.iter().map(|language| Messages::of(language).unwrap_or_else(|| panic!("{language} cannot be read")))
}

/// Names of the placeholders in `template`, sorted.
fn placeholders(template: &str) -> Vec<&str> {
    let mut names: Vec<_> =
        template.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}

#[test]
fn all_languages_are_there_under_their_names() {
    assert_eq!(Messages::languages().collect::<Vec<_>>(), LANGUAGES);
    for (messages, code) in all().zip(LANGUAGES) {
        assert_eq!(messages.language(), *code);
        assert_eq!(messages.is_right_to_left(), *code == "ar");
    }
    assert_eq!(all().map(|messages| messages.name().to_owned()).collect::<BTreeSet<_>>().len(), LANGUAGES.len());
    assert!(Messages::of("xx").is_none());
}

/// What is compiled in is trusted, so it is read strictly here.
#[test]
fn the_files_are_well_formed() {
    for language in LANGUAGES {
        let path = format!("{}/../messages/{language}.txt", env!("CARGO_MANIFEST_DIR"));
        let messages = Messages::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let compiled_in = Messages::of(language).unwrap();
        assert!(messages.ids().eq(compiled_in.ids()), "{path}");
        let header = |of: &Messages| (of.language().to_owned(), of.name().to_owned(), of.is_right_to_left());
        assert_eq!(header(&messages), header(compiled_in), "{path}");
        for id in messages.ids() {
            let texts = (messages.sentence(id), messages.hint(id));
            assert_eq!(texts, (compiled_in.sentence(id), compiled_in.hint(id)), "{id}");
        }
    }
}

#[test]
fn a_file_of_another_system_has_the_same_texts() {
    let text = "# language: xx\r\n# name: X\r\n# direction: ltr\r\n\r\n[a]\r\nOne.\r\nTwo.\r\n";
    let messages = Messages::parse(text).unwrap();
    assert_eq!((messages.name(), messages.sentence("a"), messages.hint("a")), ("X", "One.", "Two."));
}

#[test]
fn every_rule_has_a_sentence_and_a_hint_in_every_language_and_nothing_else_has() {
    let rules: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.entry().id).collect();
    for messages in all() {
        assert_eq!(messages.ids().collect::<BTreeSet<_>>(), rules, "{}", messages.language());
    }
}

#[test]
fn a_translation_uses_the_placeholders_of_english_and_is_one() {
    let english = Messages::english();
    for messages in all().filter(|messages| messages.language() != "en") {
        for id in english.ids() {
            let at = format!("{} {id}", messages.language());
            assert_eq!(placeholders(messages.sentence(id)), placeholders(english.sentence(id)), "{at}");
            assert_eq!(placeholders(messages.hint(id)), placeholders(english.hint(id)), "{at}");
            // Short hints may read the same in two languages, as "Use {expected}." does in Spanish.
            assert_ne!(messages.sentence(id), english.sentence(id), "{at}");
        }
    }
}

#[test]
fn every_phrase_is_there_in_every_language_with_its_placeholders() {
    for messages in all() {
        for phrase in Phrase::ALL {
            let at = format!("{} {}", messages.language(), phrase.key());
            let text = messages.own_phrase(*phrase).unwrap_or_else(|| panic!("{at} is missing"));
            let mut expected = phrase.placeholders().to_vec();
            expected.sort_unstable();
            assert_eq!(placeholders(text), expected, "{at}");
            let values: Vec<_> = expected.iter().map(|name| (*name, "5")).collect();
            assert!(!messages.phrase(*phrase, &values).contains(['{', '}']), "{at}");
        }
        // Levels and verdicts are told apart by nothing else.
        let words: BTreeSet<_> = Phrase::ALL.iter().map(|phrase| messages.phrase(*phrase, &[])).collect();
        assert_eq!(words.len(), Phrase::ALL.len(), "{}", messages.language());
    }
}

#[test]
fn no_placeholder_is_left_when_a_template_is_rendered() {
    for messages in all() {
        for template in messages.ids().flat_map(|id| [messages.sentence(id), messages.hint(id)]) {
            assert!(!Messages::render(template, &Values::default()).contains(['{', '}']), "{template}");
        }
    }
}

#[test]
fn what_a_document_brings_is_not_expanded() {
    let values = Values { found: "{other}{", other: "x", ..Values::default() };
    let rendered = Messages::render("{found} {other} { {nothing} {found", &values);
    assert_eq!(rendered, "{other}{ x { {nothing} {found");
    let values = Values { element: "a", found: "b", expected: "c", limit: "d", other: "e" };
    assert_eq!(Messages::render("{other}{limit}{expected}{found}{element}", &values), "edcba");
    assert_eq!(Messages::render("{é{found}", &values), "{éb");
}

#[test]
fn english_stands_in_for_what_is_missing() {
    let text = "# language: xx\n# name: X\n# direction: rtl\n\n[xml-empty]\nUn.\nDeux.\n";
    let messages = Messages::parse(text).unwrap();
    assert!(messages.is_right_to_left());
    assert_eq!((messages.language(), messages.name()), ("xx", "X"));
    assert_eq!((messages.sentence("xml-empty"), messages.hint("xml-empty")), ("Un.", "Deux."));
    assert_eq!(messages.sentence("xml-doctype"), Messages::english().sentence("xml-doctype"));
    assert_eq!(messages.hint("xml-doctype"), Messages::english().hint("xml-doctype"));
    assert_eq!((messages.sentence("none"), messages.hint("none")), ("", ""));
    assert_eq!((messages.own_phrase(Phrase::Clean), &*messages.phrase(Phrase::Clean, &[])), (None, "clean"));
    let messages = Messages::parse(&text.replace("[xml-empty]", "clean = pura\n\n[xml-empty]")).unwrap();
    assert_eq!((&*messages.phrase(Phrase::Clean, &[]), messages.sentence("xml-empty")), ("pura", "Un."));
}

#[test]
fn a_broken_file_is_refused_with_its_line() {
    let header = "# language: xx\n# name: X\n# direction: ltr\n";
    assert!(Messages::parse(header).is_ok_and(|messages| messages.ids().next().is_none()));
    for (text, line, problem) in [
        (String::new(), 1, "# language: "),
        ("# language: xx".to_owned(), 2, "# name: "),
        ("# language: xx\n# name: \n".to_owned(), 2, "# name: "),
        ("# language: xx\n# name: X\n# direction: up\n".to_owned(), 3, "'up'"),
        (format!("{header}text"), 4, "brackets"),
        (format!("{header}[a]\nonly one"), 4, "'a' needs"),
        (format!("{header}[a]\nb\n\n[b]\n"), 4, "'a' needs"),
        (format!("{header}[a]\nb\n[b]\nc\nd\n"), 4, "'a' needs"),
        (format!("{header}[a]\nb\n \n"), 4, "'a' needs"),
        (format!("{header}[a]\nb\nc\nd\n"), 7, "brackets"),
        (format!("{header}[a]\nb\nc\n\n[a]\nb\nc\n"), 8, "before"),
        (format!("{header}[a]\n{{fuond}}\nc\n"), 5, "placeholder"),
        (format!("{header}[a]\nb\nc {{found\n"), 6, "placeholder"),
        (format!("{header}cleaned = x\n"), 4, "no phrase 'cleaned'"),
        (format!("{header}clean = \n"), 4, "'clean' says nothing"),
        (format!("{header}clean = {{severe}}\n"), 4, "no placeholder"),
        (format!("{header}clean = x\n\nclean = y\n"), 6, "before"),
        (format!("{header}[a]\nb\nc\nclean = x\n"), 7, "brackets"),
    ] {
        let error = Messages::parse(&text).unwrap_err();
        assert_eq!(error.line, line, "{text}");
        assert!(error.problem.contains(problem), "{text}: {error}");
        assert!(error.to_string().starts_with(&format!("line {line}: ")));
    }
}
