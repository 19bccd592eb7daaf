//! Bytes of nobody's making are judged and never clean; what is nearly a certificate is tried in `validator-wasm/fuzz`.

use phytoval::Validator;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic_and_are_never_clean(content in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Validator::default().validate(&content, None).refuses());
    }
}
