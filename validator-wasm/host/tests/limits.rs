//! Modules that are none, or that misbehave: each is told for what it is, and none is let go on.

use std::time::Duration;

use phytoval_host::{HostError, Limits, MODULE, MODULE_SIMD, Module};

/// A module of the interface, in text, whose judgement is `judge` and whose answer lies at `answer`.
fn module(judge: &str, answer: &str) -> String {
    format!(
        r#"(module
            (memory (export "memory") 1)
            (func (export "phytoval_abi") (result i32) i32.const 1)
            (func (export "phytoval_allocate") (param i32) (result i32) i32.const 16)
            (func (export "phytoval_load") (param i32) (result i32) i32.const 0)
            (func (export "phytoval_judge") (param i32 i32) (result i32) {judge})
            (func (export "phytoval_answer") (result i32) {answer})
            (func (export "phytoval_answer_length") (result i32) i32.const 4))"#
    )
}

fn compile(text: &str, limits: Limits) -> Result<Module, HostError> {
    Module::compile(&wat::parse_str(text).expect("the text is a module"), limits)
}

/// What becomes of a certificate that such a module judges.
fn judged(judge: &str, answer: &str, limits: Limits) -> Result<String, HostError> {
    compile(&module(judge, answer), limits).expect("it speaks the interface").judge(b"text", "")
}

#[test]
fn a_module_that_behaves_is_heard() {
    assert_eq!(judged("i32.const 0", "i32.const 16", Limits::default()).unwrap(), "text");
    let error = judged("i32.const 1", "i32.const 16", Limits::default()).unwrap_err();
    assert!(matches!(&error, HostError::Call(text) if text == "text"), "{error}");
}

#[test]
fn what_is_no_module_of_the_validator_is_refused() {
    let one = module("i32.const 0", "i32.const 16");
    for (text, says) in [
        ("(module)".to_owned(), "no export 'memory'"),
        (one.replace("(module", r#"(module (import "wasi" "clock" (func))"#), "imports wasi.clock"),
        (
            one.replace(r#""phytoval_abi") (result i32) i32.const 1"#, r#""phytoval_abi") (result i32) i32.const 2"#),
            "2",
        ),
        (one.replace("phytoval_abi", "abi"), "phytoval_abi"),
        (one.replace("(param i32 i32)", "(param i32)"), "other parameters"),
    ] {
        let error = compile(&text, Limits::default()).err().unwrap();
        assert!(matches!(error, HostError::NotValidator(_)) && error.to_string().contains(says), "{error}");
    }
    for bytes in [b"" as &[u8], b"\0asm\x01\0\0\0\xFF", &MODULE[..MODULE.len() / 2]] {
        let error = Module::compile(bytes, Limits::default()).err().unwrap();
        assert!(matches!(error, HostError::NotWasm(_) | HostError::NotValidator(_)), "{error}");
    }
    let error = Module::open("no-such-file.wasm".as_ref(), Limits::default()).err().unwrap();
    assert!(matches!(error, HostError::Unreadable(_)), "{error}");
}

#[test]
fn a_module_that_does_not_end_is_interrupted() {
    let limits = Limits { deadline: Duration::from_millis(50), ..Limits::default() };
    let error = judged("(loop br 0) i32.const 0", "i32.const 16", limits).unwrap_err();
    assert!(matches!(error, HostError::TooLong(_)), "{error}");
}

#[test]
fn a_module_that_fails_or_answers_nonsense_says_nothing_of_the_certificate() {
    for (judge, answer) in
        [("unreachable", "i32.const 16"), ("i32.const 0", "i32.const 70000"), ("i32.const 0", "i32.const -1")]
    {
        let error = judged(judge, answer, Limits::default()).unwrap_err();
        assert!(matches!(error, HostError::Failed(_)), "{error}");
    }
}

#[test]
fn memory_is_bounded() {
    let limits = Limits { memory_bytes: 4 << 20, ..Limits::default() };
    let module = Module::compile(MODULE_SIMD, limits).unwrap();
    assert!(module.judge(b"<a/>", "").is_ok());
    let error = module.judge(&vec![b' '; 8 << 20], "").unwrap_err();
    assert!(matches!(error, HostError::OutOfMemory(4_194_304)), "{error}");
    assert!(module.judge(b"<a/>", "").is_ok(), "the next certificate has a fresh instance");
    let error = module.judge(&vec![b' '; 65 << 20], "").unwrap_err();
    assert!(matches!(error, HostError::Call(_)), "{error}");
}

#[test]
fn the_module_imports_nothing_and_has_no_path_of_the_machine_it_was_built_on() {
    for bytes in [MODULE, MODULE_SIMD] {
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(has("phytoval_judge"));
        let root = env!("CARGO_MANIFEST_DIR").strip_suffix("validator-wasm/host").unwrap();
        assert!(!has(root), "{root}");
        // Where cargo keeps the sources of libraries.
        assert!(std::env::var("HOME").map_or(true, |home| !has(&format!("{home}/"))));
    }
}
