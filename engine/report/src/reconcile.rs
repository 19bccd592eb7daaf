//! Whether the figures agree with each other, and with what the hub noted elsewhere.

use phytohub_model::Tally;

use crate::assemble::{Known, Sums};
use crate::model::Reconciled;
use crate::statistics::MinuteOf;

/// All comparisons.
pub(crate) fn reconcile(known: &Known<'_>, sums: &Sums) -> Vec<Reconciled> {
    let total = &known.facts.total;
    let states = total.delivered + total.with_warnings + total.not_readable + total.failed + total.pending;
    let mut rows = vec![
        must("accepted, and all states together", total.accepted, states),
        must("acknowledged, and times of acknowledgement", acknowledged(total), total.dwell.total()),
    ];
    let days: u64 = known.facts.days.range(known.asked.from..).map(|(_, count)| count).sum();
    rows.push(must("accepted, and the sum of days", total.accepted, days));
    for (what, sum) in [
        ("accepted, and the sum of months", sums.months.values().map(accepted).sum()),
        ("accepted, and the sum of what members sent", sums.sent.values().map(accepted).sum()),
        ("accepted, and the sum of what members received", sums.received.values().map(accepted).sum()),
        ("accepted, and the sum of pairs", sums.pairs.values().map(accepted).sum()),
        ("accepted, and the sum of document types", sums.types.values().map(accepted).sum()),
    ] {
        rows.push(must(what, total.accepted, sum));
    }
    let holds = sums.months.values().chain(sums.pairs.values()).filter(|tally| !tally.holds()).count();
    rows.push(must("months and pairs whose own states do not sum up", holds as u64, 0));
    rows.extend(with_statistics(known));
    rows
}

fn accepted(tally: &Tally) -> u64 {
    tally.accepted
}

fn acknowledged(tally: &Tally) -> u64 {
    tally.delivered + tally.with_warnings + tally.not_readable
}

fn must(what: &str, left: u64, right: u64) -> Reconciled {
    Reconciled { what: what.to_owned(), left, right, agrees: Some(left == right), note: String::new() }
}

/// The journal counts envelopes, the running hub counts acceptances: two ways to the same number. It is no
/// contradiction when they differ by what a crash or a minute that is not over kept from being noted, so that the
/// difference is shown and not judged. Copies for channels are acceptances too.
fn with_statistics(known: &Known<'_>) -> Option<Reconciled> {
    let began = known.observed.began?;
    let covered = began <= MinuteOf::of(known.asked.from.start());
    let tracked = known.facts.total.accepted + known.facts.copies.accepted;
    let noted = known.observed.accepted(known.asked.from, known.asked.to.next());
    let note = match (covered, tracked == noted) {
        (true, true) => String::new(),
        (true, false) => "a crash, or a minute that is not over, keeps up to a minute from being noted".to_owned(),
        (false, _) => format!("noted from {began} on only"),
    };
    Some(Reconciled {
        what: "envelopes in the journal, copies included, and acceptances noted minute by minute".to_owned(),
        left: tracked,
        right: noted,
        agrees: (tracked == noted).then_some(true),
        note,
    })
}
