//! The console is complete, and names no place but its own.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use phytohub_console::{CONSOLE, File, INDEX, POLICY, file};

fn text(file: &File) -> &'static str {
    std::str::from_utf8(file.bytes).unwrap()
}

/// The paths of all files below a folder of the sources.
fn sources(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            sources(&entry.path(), &format!("{path}/"), found);
        } else {
            found.insert(path);
        }
    }
}

#[test]
fn every_source_is_served() {
    let mut found = BTreeSet::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets"), "", &mut found);
    let served: BTreeSet<String> = CONSOLE.iter().chain([&INDEX]).map(|file| file.path.to_owned()).collect();
    assert_eq!(found, served);
}

#[test]
fn every_module_and_file_that_is_named_is_there() {
    for source in CONSOLE {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for named in
            text(source).split(" from \"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(name, _)| name)
        {
            let path = match named.strip_prefix("../") {
                Some(above) => above.to_owned(),
                None => format!("{folder}/{}", named.strip_prefix("./").unwrap()).trim_start_matches('/').to_owned(),
            };
            assert!(file(&path).is_some(), "{} names {named}", source.path);
        }
    }
    for named in text(&INDEX).split("\"console/").skip(1).filter_map(|rest| rest.split_once('"')).map(|(name, _)| name)
    {
        assert!(file(named).is_some(), "index.html names {named}");
    }
    assert!(file("index.html").is_none() && file("page.css").is_none() && file("").is_none());
}

#[test]
fn nothing_writes_markup_styles_or_other_places() {
    for source in CONSOLE.iter().chain([&INDEX]) {
        let text = text(source);
        for banned in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "style=", "eval(", "onclick=\""]
        {
            assert!(!text.contains(banned), "{} has {banned}", source.path);
        }
        for (before, after) in text.match_indices("://").map(|(at, _)| text.split_at(at)) {
            let namespace = before.ends_with("http") && after.starts_with("://www.w3.org/2000/svg");
            let example = before.ends_with("https") && after.starts_with("://service.example/");
            assert!(namespace || example, "{}: {}", source.path, &after[..after.len().min(40)]);
        }
    }
    assert!(!POLICY.contains("unsafe") && POLICY.starts_with("default-src 'none'"));
}

#[test]
fn lines_fit_a_screen() {
    for source in CONSOLE.iter().filter(|file| file.path.ends_with(".js")) {
        for (index, line) in text(source).lines().enumerate() {
            assert!(line.chars().count() <= 120, "{}:{}", source.path, index + 1);
        }
    }
}
