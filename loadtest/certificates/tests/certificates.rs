//! What is generated is what was ordered: clean, the same for the same seed, of the size asked for; broken where it is
//! meant to be.

use phytohub_certificates::{Broken, Day, Kind, Order, acknowledgement, broken, certificate, typical};
use phytoval::{Expected, Report, Validator};

const ISSUED: Day = Day { year: 2024, month: 2, day: 29 };

fn order(kind: Kind) -> Order<'static> {
    let number = "KE/2024-<&>-\"1\"";
    Order { from: "KE", to: "NL", number, kind, lines: 3, attachments: 0, attachment_bytes: 0, issued: ISSUED }
}

fn validate(content: &[u8], expected: Option<&Expected<'_>>) -> Report {
    Validator::default().validate(content, expected)
}

fn expected<'a>(order: &Order<'a>) -> Expected<'a> {
    Expected {
        from: order.from,
        to: order.to,
        number: order.number,
        certificate_type: order.kind.certificate_type(),
        certificate_status: order.kind.certificate_status(),
    }
}

#[test]
fn every_kind_is_clean_and_agrees_with_its_header() {
    for seed in 0..200 {
        for kind in [Kind::Export, Kind::ReExport, Kind::Withdrawal] {
            let order = order(kind);
            let text = certificate(seed, &order);
            assert_eq!(validate(text.as_bytes(), Some(&expected(&order))).findings, [], "seed {seed}, {kind:?}");
        }
    }
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_others() {
    let order = order(Kind::Export);
    assert_eq!(certificate(7, &order), certificate(7, &order));
    assert_ne!(certificate(7, &order), certificate(8, &order));
    assert_eq!(typical(7, "KE", "NL", "1"), typical(7, "KE", "NL", "1"));
    // A change of the generator changes what a seed stands for, and so every recorded run: it should be meant.
    let sum = certificate(7, &order).bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    assert_eq!(sum, 13_194_899_409_139_216_545);
}

#[test]
fn a_withdrawal_is_the_same_certificate_with_another_status() {
    for seed in 0..20 {
        let (issued, withdrawn) =
            (certificate(seed, &order(Kind::Export)), certificate(seed, &order(Kind::Withdrawal)));
        assert_ne!(issued, withdrawn);
        assert_eq!(issued.replace("StatusCode>70<", "StatusCode>40<"), withdrawn);
    }
}

#[test]
fn a_line_has_packages_or_their_description_and_an_order_its_lines() {
    let text = certificate(3, &Order { lines: 400, ..order(Kind::Export) });
    let items: Vec<&str> = text.split("IncludedSPSTradeLineItem>").skip(1).step_by(2).collect();
    assert_eq!(items.len(), 400);
    let counted = items.iter().filter(|item| item.contains("PhysicalSPSPackage>")).count();
    assert!((250..400).contains(&counted), "{counted}");
    assert!(items.iter().all(|item| item.contains("PhysicalSPSPackage>") != item.contains(">OPTND<")));
    assert!(validate(text.as_bytes(), Some(&expected(&order(Kind::Export)))).findings.is_empty());
    let none = certificate(3, &Order { lines: 0, ..order(Kind::Export) });
    assert_eq!(none.matches("SequenceNumeric>1</").count(), 1);
    assert_eq!(none.matches("IncludedSPSTradeLineItem>").count(), 2);
}

#[test]
fn a_re_export_names_its_original() {
    for seed in 0..20 {
        let text = certificate(seed, &order(Kind::ReExport));
        let original = text.split_once("RPCRF<").and_then(|(_, rest)| rest.split("Content>").nth(1)).unwrap();
        let original = original.trim_end_matches(|character| character != '<').trim_end_matches('<');
        assert!(original.contains("-PC-"), "{original}");
        assert!(text.contains(&format!("ID>{original}<")), "attached as AWR: {original}");
        assert!(!text.contains("IncludedSPSClause"));
        assert!(!original.starts_with("KE") && !original.starts_with("NL"), "{original}");
    }
}

#[test]
fn typical_ones_have_the_size_of_real_ones() {
    let expected = Expected { from: "LK2", to: "NO", number: "N-1", certificate_type: 851, certificate_status: 70 };
    let mut sizes: Vec<usize> = (0..999)
        .map(|seed| {
            let text = typical(seed, "LK", "NO", "N-1");
            assert_eq!(validate(text.as_bytes(), Some(&expected)).findings, [], "seed {seed}");
            text.len()
        })
        .collect();
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    assert!((8_000..10_000).contains(&median), "median {median}");
    assert!(sizes[0] < 6_500 && 15_000 < sizes[998], "from {} to {}", sizes[0], sizes[998]);
}

#[test]
fn attachments_make_it_as_large_as_asked_for() {
    let order = Order { attachments: 3, attachment_bytes: 1_000_000, ..order(Kind::Export) };
    let text = certificate(1, &order);
    assert!((4_000_000..4_030_000).contains(&text.len()), "{}", text.len());
    assert!(validate(text.as_bytes(), Some(&expected(&order))).findings.is_empty());
}

#[test]
fn everything_broken_is_refused() {
    let expected = Expected { from: "KE", to: "NL", number: "N-1", certificate_type: 851, certificate_status: 70 };
    for seed in 0..50 {
        for flavour in Broken::ALL {
            let verdict = validate(broken(seed, "KE", "NL", "N-1", flavour).as_bytes(), Some(&expected));
            assert!(verdict.refuses(), "seed {seed}, {flavour:?}");
            assert_eq!(verdict.findings.len(), 1, "seed {seed}, {flavour:?}: {verdict:?}");
        }
    }
}

#[test]
fn an_acknowledgement_is_clean_in_its_envelope() {
    let expected = Expected { from: "NL", to: "KE", number: "R-1", certificate_type: 312, certificate_status: 39 };
    for seed in 0..20 {
        let text = acknowledgement(seed, "N-1", Kind::Export, 39, ISSUED);
        assert_eq!(validate(text.as_bytes(), Some(&expected)).findings, []);
        assert!(text.contains("StatusCode>39<") && text.contains("ID>N-1<"));
    }
}
