//! A report from what is known: sums, comparisons, sentences.

mod availability;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use phytohub_model::{ConnectionCode, Day, Document, DocumentType, Month, Tally};
use phytohub_plot::units;

use crate::model::{
    By, Capacity, Copies, DayLine, FORMAT, Figures, Growth, Line, MemberLine, Named, Period, Quality, Refusals, Report,
};
use crate::money::{self, Basis, Money};
use crate::reconcile::reconcile;
use crate::statistics::{Counts, MinuteOf};
use crate::{Asked, Facts, Observed, Prices};

/// Rules of a member that are named; the rest is in the metrics.
const RULES_PER_MEMBER_MAX: usize = 10;

/// A member of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Connection code.
    pub code: ConnectionCode,
    /// Name for people.
    pub name: String,
    /// Whether it is active.
    pub active: bool,
}

/// All that a report is made of.
#[derive(Clone, Debug)]
pub struct Known<'k> {
    /// The period.
    pub asked: Asked,
    /// What it is foremost by.
    pub by: By,
    /// Counts of the hub's tracks, those of the period before by day.
    pub facts: &'k Facts,
    /// Statistics of both periods.
    pub observed: &'k Observed,
    /// The registry's members.
    pub members: &'k [Member],
    /// Names of document types that the operator added.
    pub documents: &'k BTreeMap<i32, String>,
    /// Version of the hub.
    pub version: &'k str,
    /// How long tracks are kept.
    pub tracks_kept: Duration,
    /// Envelopes a second that the hub is proven to hold.
    pub capacity: Option<f64>,
    /// Prices.
    pub prices: Option<&'k Prices>,
}

/// The counts, grouped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) months: BTreeMap<Month, Tally>,
    pub(crate) sent: BTreeMap<ConnectionCode, Tally>,
    pub(crate) received: BTreeMap<ConnectionCode, Tally>,
    pub(crate) pairs: BTreeMap<(ConnectionCode, ConnectionCode), Tally>,
    pub(crate) types: BTreeMap<Document, Tally>,
}

impl Sums {
    fn of(facts: &Facts) -> Self {
        let mut sums = Self::default();
        for (cell, tally) in &facts.cells {
            *sums.months.entry(cell.month).or_default() += tally;
            *sums.sent.entry(cell.from).or_default() += tally;
            *sums.received.entry(cell.to).or_default() += tally;
            *sums.pairs.entry((cell.from, cell.to)).or_default() += tally;
            *sums.types.entry(cell.document).or_default() += tally;
        }
        sums
    }
}

/// Makes the report.
pub fn assemble(known: &Known<'_>) -> Report {
    let sums = Sums::of(known.facts);
    let (asked, observed) = (&known.asked, known.observed);
    let reconciliation = reconcile(known, &sums);
    let capacity = capacity(known);
    let mut report = Report {
        format: FORMAT,
        version: known.version.to_owned(),
        period: Period {
            from: asked.from.to_string(),
            to: asked.to.to_string(),
            over: asked.is_over(),
            made_at: asked.now.to_string(),
            days: asked.days(),
        },
        by: known.by,
        summary: Vec::new(),
        total: Figures::from(&known.facts.total),
        active_pairs: sums.pairs.len(),
        active_members: sums.sent.keys().chain(sums.received.keys()).collect::<BTreeSet<_>>().len(),
        growth: growth(known),
        months: months(known, &sums),
        members: members(known, &sums),
        pairs: most_first(sums.pairs.iter().map(|((from, to), tally)| line(format!("{from} to {to}"), tally))),
        types: most_first(sums.types.iter().map(|(document, tally)| line(document_name(known, *document), tally))),
        days: days(known),
        copies: (known.facts.copies.accepted > 0).then(|| Copies { figures: Figures::from(&known.facts.copies) }),
        refusals: refusals(observed),
        quality: quality(observed),
        availability: availability::availability(asked, observed),
        money: None,
        capacity,
        reconciles: reconciliation.iter().all(|row| row.agrees != Some(false)),
        reconciliation,
        not_known: Vec::new(),
    };
    report.money = known.prices.map(|prices| paid(prices, known, &report));
    report.summary = words::summary(&report);
    report.not_known = words::not_known(known, &report);
    report
}

fn line(name: String, tally: &Tally) -> Line {
    Line { name, figures: Figures::from(tally) }
}

fn most_first(lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut lines: Vec<Line> = lines.collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.figures.accepted));
    lines
}

fn document_name(known: &Known<'_>, document: Document) -> String {
    let DocumentType(kind) = document.kind;
    let name = known.documents.get(&kind).map_or(document.kind.name(), String::as_str);
    let status = document.status.name();
    let code = format!("{kind}:{}", document.status.0);
    match (name, status) {
        ("", "") => code,
        (name, "") => format!("{code} {name}"),
        ("", status) => format!("{code} {}", status.to_lowercase()),
        (name, status) => format!("{code} {name}, {}", status.to_lowercase()),
    }
}

/// Each month of the period, those without an envelope too.
fn months(known: &Known<'_>, sums: &Sums) -> Vec<Line> {
    let none = Tally::default();
    let months = known.asked.months().into_iter();
    months.map(|month| line(month.to_string(), sums.months.get(&month).unwrap_or(&none))).collect()
}

/// Each day of the period up to now.
fn days(known: &Known<'_>) -> Vec<DayLine> {
    let until = known.asked.until();
    let days = std::iter::successors(Some(known.asked.from), |day| Some(day.next()));
    let counted = |day: Day| known.facts.days.get(&day).copied().unwrap_or_default();
    days.take_while(|day| day.start() < until)
        .map(|day| DayLine { day: day.to_string(), accepted: counted(day) })
        .collect()
}

/// The registry's members, and those who sent or received and are no longer in it.
fn members(known: &Known<'_>, sums: &Sums) -> Vec<MemberLine> {
    let registered = known.members.iter().map(|member| member.code);
    let codes: BTreeSet<ConnectionCode> =
        registered.chain(sums.sent.keys().copied()).chain(sums.received.keys().copied()).collect();
    let none = Tally::default();
    let line = |code: ConnectionCode| {
        let member = known.members.iter().find(|member| member.code == code);
        let refused = known.observed.refused.get(code.as_str());
        MemberLine {
            code: code.to_string(),
            name: member.map(|member| member.name.clone()).unwrap_or_default(),
            active: member.is_some_and(|member| member.active),
            sent: Figures::from(sums.sent.get(&code).unwrap_or(&none)),
            received: Figures::from(sums.received.get(&code).unwrap_or(&none)),
            refused: refused.map(|reasons| reasons.values().sum()).unwrap_or_default(),
        }
    };
    codes.into_iter().map(line).collect()
}

fn growth(known: &Known<'_>) -> Growth {
    let asked = &known.asked;
    let previous = asked.previous_from();
    let days = f64::from(asked.from.0 - previous.0);
    let tracked: u64 = known.facts.days.range(previous..asked.from).map(|(_, count)| count).sum();
    let tracks_from =
        known.asked.now.0.saturating_sub(u64::try_from(known.tracks_kept.as_millis()).unwrap_or(u64::MAX));
    let first = known.facts.days.keys().next().copied();
    let noted_all = known.observed.began.is_some_and(|began| began <= MinuteOf::of(previous.start()));
    let (accepted, source) = if days == 0.0 {
        (None, "there is no period before".to_owned())
    } else if previous.start().0 >= tracks_from && (first.is_some_and(|first| first <= previous) || noted_all) {
        (Some(tracked), "from the journal".to_owned())
    } else if noted_all {
        (Some(known.observed.accepted(previous, asked.from)), "from the statistics".to_owned())
    } else if previous.start().0 < tracks_from {
        (None, "the journal no longer has the period before, and no statistics were kept of it".to_owned())
    } else {
        (None, "the hub has no records from the begin of the period before".to_owned())
    };
    let a_day = |accepted: u64, days: f64| accepted as f64 / days;
    let now = a_day(known.facts.total.accepted, asked.days());
    let share = accepted.filter(|accepted| *accepted > 0).map(|before| now / a_day(before, days) - 1.0);
    Growth {
        previous_from: previous.to_string(),
        previous_to: Day(asked.from.0.saturating_sub(1)).to_string(),
        previous_accepted: accepted,
        share,
        source,
    }
}

fn named(counts: &Counts) -> Vec<Named> {
    let all = counts.iter().flat_map(|(member, counts)| counts.iter().map(move |(name, count)| (member, name, count)));
    let named = |(member, name, count): (&String, &String, &u64)| Named {
        member: member.clone(),
        name: name.clone(),
        count: *count,
    };
    by_count(all.map(named).collect())
}

fn by_count(mut named: Vec<Named>) -> Vec<Named> {
    named.sort_by(|one, other| {
        other.count.cmp(&one.count).then_with(|| (&one.member, &one.name).cmp(&(&other.member, &other.name)))
    });
    named
}

fn refusals(observed: &Observed) -> Refusals {
    let mut rules: BTreeMap<&String, u64> = BTreeMap::new();
    for (rule, count) in observed.refused_rules.values().flatten() {
        *rules.entry(rule).or_default() += count;
    }
    let anybody = |name: String, count: u64| Named { member: String::new(), name, count };
    let by_month = observed.refused_by_month.iter().map(|(month, count)| anybody(month.to_string(), *count));
    Refusals {
        total: observed.refused.values().flat_map(BTreeMap::values).sum(),
        by_month: by_month.collect(),
        by_member: named(&observed.refused),
        by_rule: by_count(rules.into_iter().map(|(rule, count)| anybody(rule.clone(), count)).collect()),
    }
}

fn quality(observed: &Observed) -> Vec<Quality> {
    let member = |(member, verdicts): (&String, &BTreeMap<String, u64>)| {
        let one = observed.findings.get_key_value(member).map(|(member, rules)| (member.clone(), rules.clone()));
        let mut rules = named(&one.into_iter().collect());
        rules.truncate(RULES_PER_MEMBER_MAX);
        Quality {
            member: member.clone(),
            judged: verdicts.values().sum(),
            clean: verdicts.get("clean").copied().unwrap_or_default(),
            rules,
        }
    };
    observed.judged.iter().map(member).collect()
}

fn capacity(known: &Known<'_>) -> Capacity {
    let noted = known.observed.began.is_some();
    let peak = known.observed.peak;
    let proven = known.capacity;
    let used = peak.zip(proven).map(|((peak, _), proven)| peak as f64 / proven);
    Capacity {
        peak_per_second: noted.then(|| peak.map_or(0, |(peak, _)| peak)),
        peak_at: peak.map(|(_, at)| at.to_string()),
        proven_per_second: proven,
        used,
        pending_max: noted.then_some(known.observed.pending_max),
    }
}

fn paid(prices: &Prices, known: &Known<'_>, report: &Report) -> Money {
    let bears = |member: &&MemberLine| member.active || member.sent.accepted + member.received.accepted > 0;
    let members: Vec<(String, u64, u64)> = report
        .members
        .iter()
        .filter(bears)
        .map(|member| (member.code.clone(), member.sent.accepted, member.received.accepted))
        .collect();
    money::money(
        prices,
        &Basis {
            months: known.asked.months_long(),
            accepted: report.total.accepted,
            journal_bytes: known.observed.journal_bytes_mean(),
            peak: report.capacity.peak_per_second.map(|peak| peak as f64),
            capacity: known.capacity,
            members: &members,
        },
    )
}

/// A share as percent with as many nines as it has.
pub(crate) fn nines(share: f64) -> String {
    // Rounded down: 99.99996 % must not be read as never away.
    let percent = (share * 100_000.0).floor() / 1000.0;
    format!("{} %", units::plain(percent))
}
