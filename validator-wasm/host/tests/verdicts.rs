//! The module says what the native validator says, letter for letter.

use std::sync::LazyLock;

use phytohub_certificates::{Broken, broken, typical};
use phytoval::Embedded;
use phytoval_conformance::{EXPORT, cases};
use phytoval_host::{HostError, Limits, MODULE, MODULE_SIMD, Module};

/// Compiled once for all tests.
static MODULES: LazyLock<[Module; 2]> = LazyLock::new(|| {
    [MODULE, MODULE_SIMD].map(|bytes| Module::compile(bytes, Limits::default()).expect("the module compiles"))
});

/// Documents beside the conformance suite's that the two are compared on.
fn documents() -> Vec<String> {
    let made = (0..20).map(|seed| typical(seed, "QM", "QZ", "QM-1"));
    let cut = (0..EXPORT.len()).step_by(97).map(|at| EXPORT.chars().take(at).collect());
    let broken = [Broken::CutOff, Broken::Doctype, Broken::NoCertificate, Broken::NumberMissing]
        .map(|how| broken(3, "QM", "QZ", "QM-1", how));
    made.chain(cut).chain(broken).collect()
}

#[test]
fn the_conformance_suite_gets_the_same_reports() {
    let native = Embedded::default();
    for case in cases().unwrap() {
        let expected = native.judge(&case.document, &case.options()).unwrap();
        for module in &*MODULES {
            assert_eq!(module.judge(&case.document, &case.options()).unwrap(), expected, "{}", case.id);
        }
    }
}

#[test]
fn all_documents_get_the_same_report() {
    let native = Embedded::default();
    let documents = documents();
    for (document, options) in documents.iter().zip(
        ["", "language=ar", "form=rows\nprofile=strict", "from=QM\nto=QZ\nnumber=QM-1\ntype=851\nstatus=70"]
            .into_iter()
            .cycle(),
    ) {
        let expected = native.judge(document.as_bytes(), options).unwrap();
        for module in &*MODULES {
            assert_eq!(module.judge(document.as_bytes(), options).unwrap(), expected, "{document}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_get_the_same_report() {
    let native = Embedded::default();
    for bytes in [b"" as &[u8], b"\xFF\xFE<\0", b"<a>\xC3</a>", &[0; 100], b"PGEvPg=="] {
        let expected = native.judge(bytes, "").unwrap();
        for module in &*MODULES {
            assert_eq!(module.judge(bytes, "").unwrap(), expected, "{bytes:?}");
        }
    }
}

#[test]
fn parts_are_in_force_in_every_instance() {
    let [module, _] = &*MODULES;
    let overlay = "# profile: national\n# base: ippc\nelement-order = severe\n";
    let list = "# list: countries\n# source: a test\n# edition: 2030-01-01\n# valid-from: 2030-01-01\n\
                code,text\nQQ,Nowhere\n";
    let module = module.clone().with_part(overlay).unwrap().with_part(list).unwrap();
    let mut native = Embedded::default();
    native.load(overlay).unwrap();
    native.load(list).unwrap();
    for _ in 0..2 {
        let report = module.judge(EXPORT.as_bytes(), "profile=national").unwrap();
        assert_eq!(report, native.judge(EXPORT.as_bytes(), "profile=national").unwrap());
        assert!(report.contains("2030-01-01"), "{report}");
    }
    let error = module.with_part("# profile: other\nno-rule = off").err().unwrap();
    assert!(matches!(&error, HostError::Call(text) if text.contains("no-rule")), "{error}");
}

#[test]
fn wrong_options_are_told_as_the_native_validator_tells_them() {
    let native = Embedded::default();
    for options in ["colour=red", "profile=loud", "language=xx", "from=QM"] {
        let error = MODULES[0].judge(b"<a/>", options).unwrap_err();
        assert_eq!(error.to_string(), native.judge(b"<a/>", options).unwrap_err().to_string());
    }
}

#[test]
fn a_precompiled_module_judges_the_same() {
    let code = MODULES[1].precompiled().unwrap();
    let module = Module::load_precompiled(&code, Limits::default()).unwrap();
    let expected = Embedded::default().judge(EXPORT.as_bytes(), "").unwrap();
    assert_eq!(module.judge(EXPORT.as_bytes(), "").unwrap(), expected);
    let error = Module::load_precompiled(&code[..100], Limits::default()).err().unwrap();
    assert!(matches!(error, HostError::NotWasm(_)), "{error}");
}

#[test]
fn threads_judge_at_the_same_time_and_wait_where_there_is_no_place() {
    let module = Module::compile(MODULE, Limits { instances: 2, ..Limits::default() }).unwrap();
    let expected = Embedded::default().judge(EXPORT.as_bytes(), "").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(module.judge(EXPORT.as_bytes(), "").unwrap(), expected);
                }
            });
        }
    });
}
