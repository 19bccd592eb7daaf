//! Rust files: introduced by a sentence, lines that fit a screen, files that fit a head, nothing left for later.

use crate::tree::Tree;
use crate::views::{self, Views};

const LINE_CHARACTERS_MAX: usize = 120;

/// Above this a file needs an entry in [`LONG_FILES`] with the reason why it cannot be cut.
const FILE_LINES_MAX: usize = 500;

/// Above this no reason helps.
const FILE_LINES_LIMIT: usize = 600;

/// A file that may be longer than [`FILE_LINES_MAX`], and why.
pub(crate) type LongFile = (&'static str, &'static str);

/// The files longer than [`FILE_LINES_MAX`] today. The list only ever gets shorter.
pub(crate) const LONG_FILES: &[LongFile] =
    &[("engine/core/tests/life.rs", "one test for each rule of the envelope's life, to be read in one go")];

/// What says that something is not finished: in code, and in comments.
const UNFINISHED_CODE: [&str; 4] = ["todo!", "unimplemented!", "#[ignore", "#![ignore"];
const UNFINISHED_COMMENTS: [&str; 3] = ["FIXME", "TODO", "XXX"];

/// Checks every Rust file.
pub(crate) fn check(tree: &Tree, long_files: &[LongFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust() {
        if !text.starts_with("//!") {
            findings.push(format!("{path}: begin the file with a `//!` line that says what it is for"));
        }
        findings.extend(long_lines(path, text));
        findings.extend(length(path, text.lines().count(), long_files));
        findings.extend(unfinished(path, text));
    }
    let gone = long_files.iter().filter(|(path, _)| tree.file(path).is_none());
    findings.extend(gone.map(|(path, _)| format!("{path}: is no more; remove it from LONG_FILES")));
    findings
}

fn long_lines(path: &str, text: &str) -> Vec<String> {
    let long = text.lines().enumerate().filter(|(_, line)| line.chars().count() > LINE_CHARACTERS_MAX);
    long.map(|(index, _)| {
        format!("{path}:{}: break the line, {LINE_CHARACTERS_MAX} characters are the most", index + 1)
    })
    .collect()
}

fn length(path: &str, lines: usize, long_files: &[LongFile]) -> Option<String> {
    let listed = long_files.iter().any(|(listed, _)| *listed == path);
    if lines > FILE_LINES_LIMIT {
        return Some(format!(
            "{path}: has {lines} lines, {FILE_LINES_LIMIT} are the most; cut it by message or by step"
        ));
    }
    match (lines > FILE_LINES_MAX, listed) {
        (true, false) => {
            Some(format!("{path}: has {lines} lines, more than {FILE_LINES_MAX}; cut it by message or by step"))
        }
        (false, true) => Some(format!("{path}: has {lines} lines again; remove it from LONG_FILES")),
        _ => None,
    }
}

fn unfinished(path: &str, text: &str) -> Vec<String> {
    let views = Views::of(text);
    let in_code = UNFINISHED_CODE.iter().flat_map(|word| views.code.match_indices(word).map(|(at, _)| (at, *word)));
    let in_comments =
        UNFINISHED_COMMENTS.iter().flat_map(|word| views::places(&views.comments, word).map(|at| (at, *word)));
    let places = in_code.chain(in_comments);
    places.map(|(at, word)| format!("{path}:{}: finish it instead of `{word}`", views::line_of(text, at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        check(&Tree::planted(&[("a.rs", text)]), &[])
    }

    #[test]
    fn a_good_file_is_clean() {
        assert!(
            findings("//! A file.\n\n// Says nothing of \"TODOS\".\nconst A: &str = \"todo!() TODO #[ignore]\";\n")
                .is_empty()
        );
    }

    #[test]
    fn each_rule_finds_its_violation() {
        assert_eq!(findings("fn a() {}\n"), ["a.rs: begin the file with a `//!` line that says what it is for"]);
        let wide = findings(&format!("//! A.\n// {}\n", "é".repeat(118)));
        assert_eq!(wide, ["a.rs:2: break the line, 120 characters are the most"]);
        assert!(findings(&format!("//! A.\n// {}\n", "é".repeat(117))).is_empty());
        for word in ["todo!()", "unimplemented!()", "#[ignore = \"slow\"]", "// TODO: more", "/* FIXME */"] {
            let found = findings(&format!("//! A.\nfn a() {{\n    {word}\n}}\n"));
            assert!(matches!(&found[..], [one] if one.starts_with("a.rs:3: finish it")), "{word}: {found:?}");
        }
    }

    #[test]
    fn long_files_are_a_ratchet() {
        let file = |lines: usize| format!("//! A.\n{}", "\n".repeat(lines - 1));
        let check_with = |lines, list: &[LongFile]| check(&Tree::planted(&[("a.rs", &file(lines))]), list).len();
        assert_eq!(check_with(500, &[]), 0);
        assert_eq!(check_with(501, &[]), 1);
        assert_eq!(check_with(501, &[("a.rs", "one table")]), 0);
        assert_eq!(check_with(601, &[("a.rs", "one table")]), 1);
        assert_eq!(check_with(500, &[("a.rs", "one table")]), 1, "an entry nobody needs");
        assert_eq!(check_with(9, &[("b.rs", "one table")]), 1, "an entry for no file");
    }
}
