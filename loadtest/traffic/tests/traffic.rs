//! The traffic has the shape that was asked for: pairs, kinds, sizes, and the same bytes for the same seed.

mod common;

use std::collections::HashMap;

use common::{body, content, number_of, traffic};
use phytohub_model::Level;
use phytoload_traffic::{Dialect, Expect, NUMBER_BYTES, Traffic, TrafficSettings};
use phytoval::{Expected, Validator};

/// Every kind of traffic at once.
fn mixed() -> TrafficSettings {
    TrafficSettings {
        prototypes: 600,
        withdrawals: 0.1,
        reexports: 0.1,
        invalid: 0.1,
        hostile: 0.1,
        attachment_bytes_max: 100_000,
        ..TrafficSettings::default()
    }
}

/// Judges as the hub does: the content against its header.
fn severe(traffic: &Traffic, place: usize) -> Vec<String> {
    let prototype = &traffic.prototypes[place];
    let number = number_of(traffic, prototype, place as u64);
    let code = |member: u16| traffic.members[usize::from(member)].code.as_str();
    let expected = Expected {
        from: code(prototype.from),
        to: code(prototype.to),
        number: &number,
        certificate_type: prototype.certificate_type,
        certificate_status: prototype.certificate_status,
    };
    let report = Validator::default().validate(&content(prototype, &number), Some(&expected));
    let severe = report.findings.iter().filter(|finding| finding.level == Level::Severe);
    severe.map(|finding| format!("{finding:?}")).collect()
}

#[test]
fn what_is_clean_is_judged_clean_and_what_is_invalid_is_not() {
    for seed in 0..3 {
        let traffic = traffic(&mixed(), seed);
        for (place, prototype) in traffic.prototypes.iter().enumerate() {
            let severe = || severe(&traffic, place);
            match prototype.kind {
                Expect::Clean => assert_eq!(severe(), [""; 0], "seed {seed}, {place}: {:?}", prototype.dialect),
                Expect::Invalid(flavour) => assert!(!severe().is_empty(), "seed {seed}, {place}: {flavour}"),
                Expect::Hostile(_) => assert_eq!(prototype.content_length(), 0),
            }
        }
    }
}

#[test]
fn every_country_of_the_list_can_take_part() {
    let settings = TrafficSettings { members: 249, prototypes: 1000, head: 2.0, ..mixed() };
    let traffic = traffic(&settings, 5);
    assert_eq!(traffic.members.len(), 249);
    for member in &traffic.members {
        assert!(0.0 < member.sends && 0.0 < member.receives, "{member:?}");
    }
    for (place, prototype) in traffic.prototypes.iter().enumerate() {
        if prototype.kind == Expect::Clean {
            assert_eq!(severe(&traffic, place), [""; 0], "{place}");
        }
    }
}

#[test]
fn the_largest_certificates_are_clean_too() {
    let (attachment_bytes_min, attachment_bytes_max) = (2 << 20, 4 << 20);
    let few = TrafficSettings { prototypes: 12, attachments: 1.0, ..TrafficSettings::default() };
    let traffic = traffic(&TrafficSettings { attachment_bytes_min, attachment_bytes_max, ..few }, 8);
    for (place, prototype) in traffic.prototypes.iter().enumerate() {
        assert!((2_790_000..5_700_000).contains(&prototype.content_length()), "{}", prototype.content_length());
        assert_eq!(severe(&traffic, place), [""; 0], "{place}");
    }
}

#[test]
fn codes_with_a_suffix_are_members_too() {
    let codes = ["LK2", "NO", "EU1A"].map(str::to_owned);
    let settings = TrafficSettings { members: 3, prototypes: 100, ..mixed() };
    let traffic = Traffic::new(&settings, &codes, 1);
    for (place, prototype) in traffic.prototypes.iter().enumerate() {
        assert!(prototype.kind != Expect::Clean || traffic.members.len() == 3);
        // EU is no country, so only the other two can be judged.
        if prototype.kind == Expect::Clean && prototype.from.max(prototype.to) < 2 {
            assert_eq!(severe(&traffic, place), [""; 0], "{place}");
        }
    }
    assert!(Traffic::new(&settings, &codes[..1], 1).prototypes.is_empty());
}

#[test]
fn shares_are_those_asked_for() {
    let traffic = traffic(&mixed(), 9);
    let count = |is: &dyn Fn(&phytoload_traffic::Prototype) -> bool| {
        traffic.prototypes.iter().filter(|&prototype| is(prototype)).count()
    };
    assert_eq!(traffic.prototypes.len(), 600);
    assert_eq!(count(&|prototype| matches!(prototype.kind, Expect::Invalid(_))), 60);
    assert_eq!(count(&|prototype| matches!(prototype.kind, Expect::Hostile(_))), 60);
    assert_eq!(count(&|prototype| prototype.certificate_status == 40), 60);
    assert_eq!(count(&|prototype| prototype.certificate_type == 657), 60);
    for dialect in Dialect::ALL {
        assert_eq!(count(&|prototype| prototype.dialect == dialect), 50, "{dialect:?}");
    }
}

#[test]
fn the_head_of_the_pairs_is_as_heavy_as_asked_for() {
    // At exponent 1 the first of 120 has 1 / (1 + 1/2 + ... + 1/120) of everything.
    for (head, first_share, first_pair_max) in [(0.0, 1.0 / 120.0, 0.003), (1.0, 0.186_5, 0.06), (2.0, 0.609, 0.5)] {
        let traffic = traffic(&TrafficSettings { head, ..TrafficSettings::default() }, 4);
        let senders = traffic.members.iter().map(|member| member.sends);
        let receivers = traffic.members.iter().map(|member| member.receives);
        for shares in [senders.collect::<Vec<f64>>(), receivers.collect()] {
            let largest = shares.iter().copied().fold(0.0, f64::max);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            // Whoever would get nothing has taken one from the largest: up to 120 of 2000.
            assert!((largest - first_share).abs() < 0.045, "head {head}: {largest}");
            assert!(shares.iter().all(|&share| 0.0 < share), "head {head}");
        }
        let mut pairs: HashMap<(u16, u16), usize> = HashMap::new();
        for prototype in &traffic.prototypes {
            assert_ne!(prototype.from, prototype.to);
            *pairs.entry((prototype.from, prototype.to)).or_default() += 1;
        }
        let largest = pairs.values().max().copied().unwrap() as f64 / 2000.0;
        assert!(largest < first_pair_max && first_pair_max / 4.0 < largest, "head {head}: {largest}");
    }
}

#[test]
fn sizes_are_those_of_real_exchanges() {
    for seed in 0..2 {
        let traffic = traffic(&TrafficSettings::default(), seed);
        let mut contents: Vec<usize> = traffic.prototypes.iter().map(|prototype| prototype.content_length()).collect();
        let mut bodies: Vec<usize> = traffic.prototypes.iter().map(|prototype| prototype.body_length()).collect();
        contents.sort_unstable();
        bodies.sort_unstable();
        let median = contents[1000];
        let mean = bodies.iter().sum::<usize>() / 2000;
        assert!((8_500..10_500).contains(&median), "median {median}");
        assert!((12_000..18_000).contains(&mean), "mean of bodies {mean}");
        assert!((1_500_000..4_500_000).contains(&contents[1999]), "largest {}", contents[1999]);
    }
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_others() {
    let bytes = |seed| -> Vec<u8> {
        let traffic = traffic(&mixed(), seed);
        let all = traffic.prototypes.iter().enumerate();
        all.flat_map(|(place, prototype)| body(prototype, &number_of(&traffic, prototype, place as u64))).collect()
    };
    let first = bytes(1);
    assert!(first == bytes(1));
    assert!(first != bytes(2));
    // A change of the generator changes what a seed stands for, and so every recorded run: it should be meant.
    let sum = first.iter().fold(0_u64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    assert_eq!(sum, 627_276_401_757_938_796);
}

#[test]
fn lengths_are_known_before_the_number_is() {
    let traffic = traffic(&mixed(), 2);
    for prototype in &traffic.prototypes {
        let number = number_of(&traffic, prototype, u64::MAX);
        assert_eq!(number.len(), NUMBER_BYTES);
        assert_eq!(body(prototype, &number).len(), prototype.body_length());
        assert_eq!(content(prototype, &number).len(), prototype.content_length());
    }
}
