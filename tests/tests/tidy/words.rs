//! Words that only some files may use, because each stands for something that is meant to live in one place.

use crate::tree::Tree;
use crate::views::{self, Views};

/// A word of code, where it may stand (paths begin so), and what to do instead.
struct Kept {
    word: &'static str,
    allowed: &'static [&'static str],
    instead: &'static str,
}

const KEPT: [Kept; 3] = [
    Kept {
        word: "rkyv",
        allowed: &["engine/journal/src/codec.rs", "engine/journal/src/codec/"],
        instead: "the form of a fact on disk is the codec's alone; give it what it needs in the words of the model",
    },
    Kept {
        word: "quick_xml",
        allowed: &["engine/soap/", "validator-wasm/", "benches/benches/validator.rs"],
        instead: "XML is read in phytohub-soap and phytoval; ask one of them",
    },
    Kept {
        word: "unsafe",
        // Names of exports, memory that nobody owns yet, and machine code that its owner vouches for.
        allowed: &[
            "validator-wasm/host/module/src/lib.rs",
            "validator-wasm/host/module/src/memory.rs",
            "validator-wasm/host/src/precompiled.rs",
        ],
        instead: "do without it, or argue for a place of its own in ARCHITECTURE.md first",
    },
];

/// Checks the code of every Rust file, comments and strings apart.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust() {
        let code = Views::of(text).code;
        for kept in KEPT.iter().filter(|kept| !kept.allowed.iter().any(|allowed| path.starts_with(allowed))) {
            let places = views::places(&code, kept.word);
            let finding =
                |at| format!("{path}:{}: `{}` is not for here: {}", views::line_of(text, at), kept.word, kept.instead);
            findings.extend(places.map(finding));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_found_where_it_does_not_belong() {
        let source = "// rkyv, quick_xml and unsafe are only named here\nuse rkyv::Archive;\n\
                      use quick_xml::Reader;\nfn a() { unsafe {} }\n";
        let found = |path| check(&Tree::planted(&[(path, source)]));
        let lines =
            |path| found(path).iter().map(|finding| finding.split(':').nth(1).map(str::to_owned)).collect::<Vec<_>>();
        let some = |lines: &[&str]| lines.iter().map(|line| Some((*line).to_owned())).collect::<Vec<_>>();
        assert_eq!(lines("engine/core/src/lib.rs"), some(&["2", "3", "4"]));
        assert_eq!(lines("engine/journal/src/codec.rs"), some(&["3", "4"]));
        assert_eq!(lines("engine/soap/src/xml.rs"), some(&["2", "4"]));
        assert_eq!(lines("validator-wasm/core/src/lib.rs"), some(&["2", "4"]));
    }
}
