//! The period in sentences, and what is not known of it.

use phytohub_plot::units;

use super::{Known, nines};
use crate::model::Report;
use crate::statistics::MinuteOf;

/// What a governing body is told first.
pub(super) fn summary(report: &Report) -> Vec<String> {
    let total = &report.total;
    let mut words = vec![exchanged(report)];
    if total.accepted > 0 {
        words.push(became(report));
    }
    if let Some(share) = report.growth.share {
        let more = if share < 0.0 { "fewer" } else { "more" };
        let percent = units::percent(share.abs());
        let (from, to) = (&report.growth.previous_from, &report.growth.previous_to);
        words.push(format!("A day had {percent} {more} than one of the period before, {from} to {to}."));
    }
    if let Some(share) = report.availability.share {
        let away = report.availability.known_seconds - report.availability.up_seconds;
        let span = if away == 0 { "never away".to_owned() } else { format!("away for {}", units::span(away as f64)) };
        words.push(format!("The hub was available for {} of the time of which it is known, {span}.", nines(share)));
    }
    if report.refusals.total > 0 {
        let deliveries = plural(report.refusals.total, "delivery was", "deliveries were");
        words.push(format!("{deliveries} not accepted; the senders were told why."));
    }
    words
}

fn exchanged(report: &Report) -> String {
    let (from, to) = (&report.period.from, &report.period.to);
    let when = match report.period.over {
        true => format!("From {from} to {to}"),
        false => format!("From {from} until {} ({to} is not reached yet)", report.period.made_at),
    };
    if report.total.accepted == 0 {
        return format!("{when} no envelope was accepted.");
    }
    let envelopes = plural(report.total.accepted, "envelope", "envelopes");
    let members = plural(report.active_members as u64, "member", "members");
    let pairs = plural(report.active_pairs as u64, "pair", "pairs");
    format!("{when} the hub accepted {envelopes}, exchanged by {members} in {pairs} of sender and destination.")
}

fn became(report: &Report) -> String {
    let total = &report.total;
    let taken = total.delivered + total.with_warnings + total.not_readable;
    let part = nines(taken as f64 / total.accepted as f64);
    let mut text = format!("{} ({part}) were acknowledged by their destination", units::count(taken));
    if let Some(dwell) = &total.dwell {
        let (half, most) = (units::span(dwell.p50_seconds), units::span(dwell.p99_seconds));
        text.push_str(&format!(", half of them within {half} and 99 of 100 within {most}"));
    }
    let (failed, pending) = (units::count(total.failed), units::count(total.pending));
    text.push_str(&format!("; given up: {failed}, still waiting: {pending}."));
    text
}

fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", units::count(number), if number == 1 { one } else { many })
}

/// What the figures leave open, each in a sentence.
pub(super) fn not_known(known: &Known<'_>, report: &Report) -> Vec<String> {
    let mut words = Vec::new();
    let begin = known.asked.from.start();
    let kept = u64::try_from(known.tracks_kept.as_millis()).unwrap_or(u64::MAX);
    if begin.0 < known.asked.now.0.saturating_sub(kept) {
        let days = known.tracks_kept.as_secs() / 86_400;
        words.push(format!(
            "Tracks are kept for {days} days after an envelope's end: of the begin of the period those that ended \
             earlier are gone, and all counts of envelopes are too low."
        ));
    }
    if !report.period.over {
        words.push("The period is not over: its figures will grow.".to_owned());
    }
    if report.total.pending > 0 {
        words.push(
            "Envelopes that wait may still be delivered or given up; a later report of this period says so.".to_owned(),
        );
    }
    match known.observed.began {
        None => words.push(
            "No statistics were noted: availability, refusals, findings of the validator, the peak and the journal's \
             size are not known."
                .to_owned(),
        ),
        Some(began) if began > MinuteOf::of(begin) => words.push(format!(
            "Statistics were noted from {began} on: availability, refusals, findings, the peak and the journal's size \
             are those since then."
        )),
        Some(_) => words.push(
            "Statistics are noted once a minute: of a crash up to a minute of refusals and findings is lost."
                .to_owned(),
        ),
    }
    if known.observed.unreadable > 0 {
        let lines = plural(known.observed.unreadable, "line", "lines");
        words.push(format!("{lines} of the statistics could not be read and are left out."));
    }
    if report.growth.share.is_none() {
        words.push(format!("Growth is not known: {}.", growth_reason(report)));
    }
    if report.capacity.proven_per_second.is_none() {
        words.push(
            "What the hub can hold was not measured, or [report] capacity does not say it; `phytoload run \
             ramp-to-knee` measures it."
                .to_owned(),
        );
    }
    words.push("Times of acknowledgement are at most an eighth above the true ones.".to_owned());
    words
}

fn growth_reason(report: &Report) -> &str {
    match report.growth.previous_accepted {
        Some(_) => "nothing was accepted in the period before",
        None => &report.growth.source,
    }
}
