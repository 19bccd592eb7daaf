//! The report as a whole: its figures agree whatever happened, and say what they cannot know.

mod support;

use std::collections::BTreeSet;

use phytohub_model::{Day, Timestamp, TrackingState};
use phytohub_report::{By, Figures, Minute, MinuteOf, Prices, Report, csv, json, page};
use proptest::prelude::*;
use serde_json::Value;
use support::{DAY, World, day, document, row, year};

fn states(figures: &Figures) -> u64 {
    figures.delivered + figures.with_warnings + figures.not_readable + figures.failed + figures.pending
}

#[test]
fn a_year_is_told_in_full() {
    let world = year();
    let report = world.report(By::Month);
    assert!(report.reconciles, "{:?}", report.reconciliation);
    assert_eq!((report.months.len(), report.days.len()), (12, 365));
    assert_eq!(report.total.accepted, states(&report.total));
    assert_eq!((report.total.failed, report.total.pending, report.active_pairs), (1, 1, 5));
    // ZA sent and is not in the registry any more.
    let codes: Vec<_> = report.members.iter().map(|member| (member.code.as_str(), member.active)).collect();
    assert_eq!(codes, [("KE", true), ("NL", true), ("NZ", true), ("ZA", false)]);
    assert_eq!(report.copies.as_ref().map(|copies| copies.figures.delivered), Some(1));
    assert!(report.types.iter().any(|line| line.name == "911:17 Import permit, requested"), "{:?}", report.types);
    assert_eq!(report.growth.source, "from the statistics", "the tracks of the year before are gone");
    assert!(report.growth.share.is_some_and(|share| share > 0.05), "{:?}", report.growth);
    let availability = &report.availability;
    assert_eq!((availability.months.len(), availability.known_seconds), (12, 365 * 86_400));
    assert_eq!(availability.outages.iter().map(|outage| outage.seconds).collect::<BTreeSet<_>>(), [1800].into());
    assert_eq!(availability.known_seconds - availability.up_seconds, availability.outages.len() as u64 * 1800);
    assert_eq!(report.refusals.total, report.refusals.by_member.iter().map(|named| named.count).sum::<u64>());
    assert_eq!((report.capacity.peak_per_second, report.capacity.used), (Some(10), Some(10.0 / 7600.0)));
    let money = report.money.as_ref().unwrap();
    assert_eq!(money.costs[2].amount.map(f64::round), Some(36.0), "3 GiB for 12 months");
    assert_eq!(money.splits.len(), 4);
    assert!(report.summary[0].starts_with("From 2025-11-01 to 2026-10-31 the hub accepted"), "{:?}", report.summary);
}

#[test]
fn an_empty_period_is_a_report_too() {
    let mut world = World::new("2026-02-01", "2026-02-28", day("2026-03-05").start());
    world.prices = Some(Prices::parse(support::PRICES).unwrap());
    let report = world.report(By::Pair);
    assert!(report.reconciles);
    assert_eq!((report.total.accepted, report.months.len(), report.days.len()), (0, 1, 28));
    assert_eq!((report.availability.share, report.capacity.peak_per_second, report.growth.share), (None, None, None));
    assert_eq!(report.summary, ["From 2026-02-01 to 2026-02-28 no envelope was accepted."]);
    let words = report.not_known.join(" ");
    for part in ["No statistics were noted", "Growth is not known", "phytoload run ramp-to-knee"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let page = page(&report);
    assert!(!page.contains("NaN") && !page.contains("inf "), "no number that is none");
    assert_eq!(csv(&report).lines().count(), 1);
}

#[test]
fn what_is_past_its_retention_or_not_over_is_said() {
    let mut world = World::new("2025-01-01", "2026-12-31", day("2026-11-03").start());
    world.add(&row(day("2026-01-01"), "KE", "NL", document(851, 70), TrackingState::PendingDelivery, DAY));
    let words = world.report(By::Month).not_known.join(" ");
    assert!(words.contains("Tracks are kept for 400 days") && words.contains("The period is not over"), "{words}");
    let world = World::new("2026-10-01", "2026-10-31", day("2026-11-03").start());
    let words = world.report(By::Month).not_known.join(" ");
    assert!(!words.contains("Tracks are kept") && !words.contains("not over"), "{words}");
}

/// The tracks of the year before are gone when the report of a year is made in time: its statistics are not.
#[test]
fn growth_comes_from_the_statistics_where_the_tracks_are_gone() {
    let mut world = World::new("2025-01-01", "2025-12-31", day("2026-01-10").start());
    for (at, accepted) in [("2024-01-01", 0), ("2024-06-01", 366), ("2025-06-01", 730)] {
        let minute = MinuteOf::of(day(at).start()).to_string();
        world.note(&Minute { minute, up: 60, accepted, ..Minute::default() });
    }
    for _ in 0..730 {
        world.add(&row(day("2025-06-01"), "KE", "NL", document(851, 70), TrackingState::Delivered, DAY));
    }
    let growth = world.report(By::Month).growth;
    assert_eq!((growth.source.as_str(), growth.previous_accepted), ("from the statistics", Some(366)));
    assert!(growth.share.is_some_and(|share| (share - 1.0).abs() < 1e-9), "{growth:?}");
    world.observed = Default::default();
    let growth = world.report(By::Month).growth;
    assert!(growth.share.is_none() && growth.source.contains("no longer has"), "{growth:?}");
}

#[test]
fn csv_has_the_rows_of_what_was_asked_for() {
    let world = year();
    for (by, rows, first) in
        [(By::Month, 12, "month"), (By::Member, 4, "member"), (By::Pair, 5, "pair"), (By::Type, 4, "type")]
    {
        let text = csv(&world.report(by));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0].split(',').next()), (rows + 1, Some(first)));
        let columns = |line: &str| line.split(',').count();
        if by != By::Type {
            assert!(lines.iter().all(|line| columns(line) == columns(lines[0])), "{text}");
        }
    }
    assert!(csv(&world.report(By::Member)).starts_with("member,name,active,refused,sent_accepted,"));
}

#[test]
fn every_part_of_the_json_is_described() {
    fn keys(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => object.iter().for_each(|(key, value)| {
                found.insert(key.clone());
                keys(value, found);
            }),
            Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }
    let described = include_str!("../README.md");
    let report: Value = serde_json::from_str(&json(&year().report(By::Month)).unwrap()).unwrap();
    let mut found = BTreeSet::new();
    keys(&report, &mut found);
    assert!(found.len() > 60, "{found:?}");
    let missing: Vec<_> = found.iter().filter(|key| !described.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "not in README.md: {missing:?}");
    assert_eq!(report["format"], phytohub_report::FORMAT);
}

#[test]
fn the_page_needs_nothing_else_and_shows_every_part() {
    let report = year().report(By::Type);
    let page = page(&report);
    for word in ["<script", "<link", "<img", "src=", "href=", "url(", "@import", "http://", "https://"] {
        assert!(!page.contains(word), "{word}");
    }
    let titles = ["Key figures", "Plots", "By document", "By month", "By member", "By pair", "Copies"];
    let more =
        ["Deliveries not accepted", "Quality of certificates", "Availability", "Peak and capacity", "Cost, in USD"];
    let mut at = 0;
    for title in titles.into_iter().chain(more).chain(["Reconciliation", "What is not known"]) {
        let found = page[at..].find(&format!("<h2>{title}</h2>")).unwrap_or_else(|| panic!("{title} in its place"));
        at += found;
    }
    assert_eq!(page.matches("</figcaption><svg").count(), 5, "five plots with data");
    for id in page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "</td><script>alert(1)</script>\" onload='x' &\u{1b}[2J";
    let mut world = support::make_year();
    world.members.iter_mut().for_each(|member| hostile.clone_into(&mut member.name));
    world.documents.insert(851, hostile.to_owned());
    let counts = [(hostile.to_owned(), [(hostile.to_owned(), 7)].into())];
    let minute = MinuteOf::of(day("2026-05-05").start()).to_string();
    world.note(&Minute {
        minute,
        refused: counts.clone().into(),
        judged: counts.clone().into(),
        findings: counts.into(),
        ..Minute::default()
    });
    if let Some(prices) = &mut world.prices {
        hostile.clone_into(&mut prices.currency);
    }
    let page = page(&world.report(By::Member));
    assert!(!page.contains("<script") && !page.contains("onload='") && !page.contains('\u{1b}'));
    assert!(page.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn figures_that_contradict_each_other_are_told() {
    let mut world = World::new("2026-10-01", "2026-10-31", day("2026-11-03").start());
    let mut wrong = row(day("2026-10-02"), "KE", "NL", document(851, 70), TrackingState::Delivered, DAY);
    wrong.tally.accepted = 2;
    world.add(&wrong);
    let report: Report = world.report(By::Month);
    assert!(!report.reconciles);
    assert!(page(&report).contains("<header class=\"verdict failed\">"));
    assert!(json(&report).unwrap().contains("\n  \"reconciles\": false"));
}

/// Day, sender, destination, state and status by their numbers, and how long it took.
fn envelope() -> impl Strategy<Value = (u32, usize, usize, usize, i32, u64)> {
    (0..120_u32, 0..4_usize, 0..4_usize, 0..5_usize, 0..3_i32, 0..2_000_000_u64)
}

proptest! {
    #[test]
    fn the_figures_of_any_history_agree(
        envelopes in prop::collection::vec(envelope(), 0..150),
    ) {
        use TrackingState::{Delivered, DeliveredNotReadable, DeliveredWithWarnings, FailedDelivery, PendingDelivery};
        let codes = ["KE", "NL", "NZ", "ZA"];
        let states_of = [Delivered, DeliveredWithWarnings, DeliveredNotReadable, FailedDelivery, PendingDelivery];
        let first = day("2026-02-10");
        let mut world = World::new("2026-03-01", "2026-05-15", Timestamp(first.start().0 + 200 * 86_400_000));
        let mut inside = 0;
        for (at, from, to, state, status, dwell) in envelopes {
            let at = Day(first.0 + at);
            if at > world.asked.to {
                continue;
            }
            inside += u64::from(at >= world.asked.from);
            let dwell = std::time::Duration::from_secs(dwell);
            world.add(&row(at, codes[from], codes[to], document(851, status), states_of[state], dwell));
        }
        let report = world.report(By::Pair);
        prop_assert!(report.reconciles, "{:?}", report.reconciliation);
        prop_assert_eq!((report.total.accepted, states(&report.total)), (inside, inside));
        let sum = |figures: &mut dyn Iterator<Item = &Figures>| figures.map(|figures| figures.accepted).sum::<u64>();
        prop_assert_eq!(sum(&mut report.pairs.iter().map(|line| &line.figures)), inside);
        prop_assert_eq!(sum(&mut report.members.iter().map(|member| &member.received)), inside);
        for line in report.months.iter().chain(&report.pairs).chain(&report.types) {
            prop_assert_eq!(line.figures.accepted, states(&line.figures), "{}", line.name);
        }
        let days: u64 = report.days.iter().map(|day| day.accepted).sum();
        prop_assert_eq!(days, inside);
    }
}
