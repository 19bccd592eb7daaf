//! What holds for the validator whatever it is given. The tests try it on mutated documents of the conformance suite
//! for a moment, `cargo xtask fuzz` with libFuzzer for as long as one likes.

mod mutations;

use std::sync::LazyLock;

use phytoval::{Embedded, Expected, Layer, Messages, Outcome, Validator};
use phytoval_host::{Limits, MODULE, MODULE_SIMD, Module};

pub use crate::mutations::Mutations;

/// Options that are tried in turn, chosen by the content's length, so that a found input fails again as it is.
const OPTIONS: [&str; 5] = [
    "",
    "profile=strict\nlanguage=ar",
    "profile=lenient",
    "form=rows",
    "from=QM\nto=QZ\nnumber=QM-0001\ntype=851\nstatus=70",
];

/// Compiled once.
static MODULES: LazyLock<[Module; 2]> = LazyLock::new(|| {
    [MODULE, MODULE_SIMD].map(|bytes| Module::compile(bytes, Limits::default()).expect("the module compiles"))
});

/// Compiles the modules, which takes longer than any content may.
pub fn prepare() {
    LazyLock::force(&MODULES);
}

/// The validator ends, and its report makes sense.
///
/// # Panics
///
/// Where it does not.
pub fn judge(content: &[u8]) {
    // Headers come from outside, too: what part of the content stands in one is as good as anything.
    let from = Validator::text(content).chars().take(content.len() % 4).collect::<String>();
    let header = Expected { from: &from, to: "QZ", number: "QM-0001", certificate_type: 851, certificate_status: 70 };
    let compared = Validator::default().validate(content, Some(&header));
    let report = Validator::default().validate(content, None);
    assert!(report.findings.len() <= compared.findings.len(), "a header only adds findings");
    let text = Validator::text(content);
    for finding in &report.findings {
        let id = finding.rule.entry().id;
        assert!(1 <= finding.line && 1 <= finding.column, "{id} stands nowhere: {finding:?}");
        assert!(finding.offset <= content.len().max(text.len()), "{id} stands outside: {finding:?}");
        let (sentence, hint) = (finding.sentence(Messages::english()), finding.hint(Messages::english()));
        assert!(!sentence.is_empty() && !hint.is_empty(), "{id} says nothing");
    }
    let is_broken = report.findings.iter().any(|finding| finding.rule.entry().layer == Layer::Syntax);
    assert!(!is_broken || report.refuses(), "a breach of the syntax is refused");
    assert!(report.outcome != Outcome::NotDetermined || report.refuses(), "what was not judged is refused");
    report.to_text("-", &text, Messages::english());
}

/// Both modules say what the native validator says, letter for letter.
///
/// # Panics
///
/// Where one does not.
pub fn agree(content: &[u8]) {
    let options = OPTIONS[content.len() % OPTIONS.len()];
    let native = Embedded::default().judge(content, options).expect("no option is wrong");
    for module in &*MODULES {
        assert_eq!(module.judge(content, options).expect("the module answers"), native);
    }
}
