//! The tables of the page.

use phytohub_plot::markup::Column::{Number, Text};
use phytohub_plot::markup::{Cell, Column, Table, paragraph, section};
use phytohub_plot::units;

use crate::assemble::nines;
use crate::model::{By, Figures, Line, Named, Report};
use crate::money::{Amount, Money};

/// Rows of a table that the report is not foremost by; the others are summed up in a sentence.
const ROWS_MAX: usize = 20;

const FIGURES: [(&str, Column); 9] = [
    ("accepted", Number),
    ("delivered", Number),
    ("with warnings", Number),
    ("not readable", Number),
    ("given up", Number),
    ("waiting", Number),
    ("p50", Number),
    ("p90", Number),
    ("p99", Number),
];

/// The rows that are shown, and a sentence about those that are not.
fn shown<T>(report: &Report, by: By, rows: &[T]) -> (usize, String) {
    let shown = if report.by == by { rows.len() } else { rows.len().min(ROWS_MAX) };
    let left = rows.len() - shown;
    let word = match by {
        By::Month => "month",
        By::Member => "member",
        By::Pair => "pair",
        By::Type => "type",
    };
    let words = format!("{} more are left out here; `--by {word}` shows all.", units::count(left as u64));
    (shown, if left > 0 { paragraph(&words) } else { String::new() })
}

fn cells(figures: &Figures) -> Vec<Cell> {
    let counts = [
        figures.accepted,
        figures.delivered,
        figures.with_warnings,
        figures.not_readable,
        figures.failed,
        figures.pending,
    ];
    let dwell = figures.dwell.map(|dwell| [dwell.p50_seconds, dwell.p90_seconds, dwell.p99_seconds]);
    let dwell = dwell.map_or_else(|| [(); 3].map(|()| "-".to_owned()), |dwell| dwell.map(units::span));
    counts.map(units::count).into_iter().chain(dwell).map(Cell::from).collect()
}

fn lines(report: &Report, by: By, first: &'static str, caption: &'static str, lines: &[Line]) -> String {
    let (shown, left) = shown(report, by, lines);
    let mut table = Table::new(caption, &[&[(first, Text)], &FIGURES[..]].concat());
    for line in &lines[..shown] {
        table.row([Cell::from(line.name.as_str())].into_iter().chain(cells(&line.figures)));
    }
    table.html() + &left
}

/// A row for each month, and the sum.
pub(super) fn months(report: &Report) -> String {
    let caption = "Envelopes by month of their acceptance, and times until they were acknowledged";
    let mut all = report.months.clone();
    all.push(Line { name: "all".to_owned(), figures: report.total.clone() });
    section("By month", &lines(report, By::Month, "month", caption, &all))
}

/// A row for each member.
pub(super) fn members(report: &Report) -> String {
    let (shown, left) = shown(report, By::Member, &report.members);
    let columns = [
        ("member", Text),
        ("name", Text),
        ("sent", Number),
        ("arrived", Number),
        ("given up", Number),
        ("not accepted", Number),
        ("received", Number),
        ("acknowledged", Number),
        ("expired", Number),
        ("waiting", Number),
        ("p50", Number),
        ("p99", Number),
    ];
    let caption = "What each member sent, how much of it arrived, was given up or not accepted; and what was sent to \
                   it, how much of that it acknowledged and within which time, let expire, or still has waiting";
    let mut table = Table::new(caption, &columns);
    let mut members: Vec<_> = report.members.iter().collect();
    members.sort_by_key(|member| std::cmp::Reverse(member.sent.accepted + member.received.accepted));
    for member in &members[..shown] {
        let (sent, received) = (&member.sent, &member.received);
        let taken = |figures: &Figures| figures.delivered + figures.with_warnings + figures.not_readable;
        let dwell = |read: fn(&crate::model::Dwell) -> f64| {
            received.dwell.as_ref().map_or_else(|| "-".to_owned(), |dwell| units::span(read(dwell)))
        };
        table.row([
            member.code.as_str().into(),
            match (member.active, member.name.as_str()) {
                (true, name) => name.into(),
                (false, "") => Cell::of("doubt", "not active"),
                (false, name) => Cell::of("doubt", format!("{name} (not active)")),
            },
            units::count(sent.accepted).into(),
            units::count(taken(sent)).into(),
            units::count(sent.failed).into(),
            units::count(member.refused).into(),
            units::count(received.accepted).into(),
            units::count(taken(received)).into(),
            units::count(received.failed).into(),
            units::count(received.pending).into(),
            dwell(|dwell| dwell.p50_seconds).into(),
            dwell(|dwell| dwell.p99_seconds).into(),
        ]);
    }
    section("By member", &(table.html() + &left))
}

/// A row for each pair.
pub(super) fn pairs(report: &Report) -> String {
    if report.pairs.is_empty() {
        return String::new();
    }
    let caption = "Envelopes by sender and destination";
    section("By pair", &lines(report, By::Pair, "sender and destination", caption, &report.pairs))
}

/// A row for each type of document.
pub(super) fn types(report: &Report) -> String {
    if report.types.is_empty() {
        return String::new();
    }
    let caption = "Envelopes by type and status of the document";
    section("By document", &lines(report, By::Type, "document", caption, &report.types))
}

/// Copies for channels.
pub(super) fn copies(report: &Report) -> String {
    let Some(copies) = &report.copies else { return String::new() };
    let mut table = Table::new("Copies that the hub made for channels", &[&[("copies", Text)], &FIGURES[..]].concat());
    table.row([Cell::from("all channels")].into_iter().chain(cells(&copies.figures)));
    section("Copies", &(table.html() + &paragraph("They are envelopes of their own and counted nowhere else.")))
}

fn named(caption: &'static str, columns: [&'static str; 2], rows: &[Named]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let with_member = rows.iter().any(|row| !row.member.is_empty());
    let member = with_member.then_some((columns[0], Text));
    let columns: Vec<_> = member.into_iter().chain([(columns[1], Text), ("deliveries", Number)]).collect();
    let mut table = Table::new(caption, &columns);
    for row in rows.iter().take(ROWS_MAX) {
        let member = with_member.then(|| Cell::from(row.member.as_str()));
        table.row(member.into_iter().chain([row.name.replace('_', " ").into(), units::count(row.count).into()]));
    }
    let left = rows.len().saturating_sub(ROWS_MAX);
    let words = format!("{} more are left out here; the JSON has all.", units::count(left as u64));
    table.html() + &if left > 0 { paragraph(&words) } else { String::new() }
}

/// Deliveries that were not accepted.
pub(super) fn refusals(report: &Report) -> String {
    if report.availability.noted_from.is_none() {
        return section("Deliveries not accepted", &paragraph("Not known: no statistics were noted."));
    }
    let refusals = &report.refusals;
    let inner = match refusals.total {
        0 => paragraph("None."),
        _ => [
            named("By member and reason", ["member", "reason"], &refusals.by_member),
            named("By rule that was broken; a delivery can break several", ["", "rule"], &refusals.by_rule),
            named("By month", ["", "month"], &refusals.by_month),
        ]
        .concat(),
    };
    section("Deliveries not accepted", &inner)
}

/// What the validator found.
pub(super) fn quality(report: &Report) -> String {
    if report.quality.is_empty() {
        return String::new();
    }
    let columns =
        [("member", Text), ("judged", Number), ("without a finding", Number), ("part", Number), ("most often", Text)];
    let mut table = Table::new("What the validator found in deliveries, by sender", &columns);
    for row in &report.quality {
        let part = if row.judged == 0 { "-".to_owned() } else { units::percent(row.clean as f64 / row.judged as f64) };
        let rules: Vec<String> =
            row.rules.iter().take(3).map(|rule| format!("{} ({})", rule.name, units::count(rule.count))).collect();
        table.row([
            row.member.as_str().into(),
            units::count(row.judged).into(),
            units::count(row.clean).into(),
            part.into(),
            rules.join(", ").into(),
        ]);
    }
    section("Quality of certificates", &table.html())
}

/// When the hub was there.
pub(super) fn availability(report: &Report) -> String {
    let found = &report.availability;
    let Some(share) = found.share else {
        return section("Availability", &paragraph("Not known: no statistics were noted."));
    };
    let columns = [("month", Text), ("known", Number), ("away", Number), ("available", Number)];
    let mut table = Table::new("Availability by month", &columns);
    let mut row = |name: &str, known: u64, up: u64, share: f64| {
        table.row([
            name.into(),
            units::span(known as f64).into(),
            units::span((known - up) as f64).into(),
            nines(share).into(),
        ]);
    };
    for month in &found.months {
        let share = month.up_seconds as f64 / (month.known_seconds as f64).max(1.0);
        row(&month.month, month.known_seconds, month.up_seconds, share);
    }
    row("all", found.known_seconds, found.up_seconds, share);
    let mut outages = Table::new("Longest times away", &[("from", Text), ("for", Number)]);
    found.outages.iter().for_each(|outage| {
        outages.row([outage.from.as_str().into(), units::span(outage.seconds as f64).into()]);
    });
    let note = "A minute without a note is counted as away: stops on purpose, restarts and crashes alike.";
    let outages = if found.outages.is_empty() { String::new() } else { outages.html() };
    section("Availability", &(table.html() + &outages + &paragraph(note)))
}

/// The peak against what the hub is proven to hold.
pub(super) fn capacity(report: &Report) -> String {
    let capacity = &report.capacity;
    let mut words = match (capacity.peak_per_second, &capacity.peak_at) {
        (Some(peak), Some(at)) => format!("In its busiest second, at {at}, the hub accepted {}.", units::count(peak)),
        (Some(_), None) => "Nothing was accepted.".to_owned(),
        (None, _) => "The busiest second is not known: no statistics were noted.".to_owned(),
    };
    match (capacity.proven_per_second, capacity.used) {
        (Some(proven), Some(used)) => words.push_str(&format!(
            " It is proven to hold {}: {} of that were used.",
            units::rate(proven),
            units::percent(used)
        )),
        (Some(proven), None) => words.push_str(&format!(" It is proven to hold {}.", units::rate(proven))),
        (None, _) => words.push_str(" What it can hold was not measured."),
    }
    if let Some(pending) = capacity.pending_max {
        words.push_str(&format!(" At most {} envelopes waited at once.", units::count(pending)));
    }
    section("Peak and capacity", &paragraph(&words))
}

/// An amount with its thousands apart.
pub(super) fn sum(amount: Amount) -> String {
    let text = amount.to_string();
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let whole = units::count(digits.parse().unwrap_or_default());
    rest.map_or_else(|| format!("{sign}{whole}"), |rest| format!("{sign}{whole}.{rest}"))
}

/// Cost, how it may be split, and how it may go on.
pub(super) fn money(report: &Report) -> String {
    let Some(money) = &report.money else { return String::new() };
    let columns = [("what", Text), ("amount", Number), ("price of one", Number), ("cost", Number)];
    let mut table = Table::new("Cost of the period", &columns);
    for cost in &money.costs {
        let used = cost.amount.map_or_else(
            || Cell::of("doubt", "not known"),
            |used| format!("{} {}", units::significant(used), cost.unit).into(),
        );
        let price = format!("{} {}", cost.price, money.currency);
        table.row([cost.what.as_str().into(), used, price.into(), sum(cost.cost).into()]);
    }
    table.row(["all".into(), "".into(), "".into(), Cell::of("strong", sum(money.total))]);
    let thousand = money.per_thousand.map_or_else(String::new, |amount| {
        paragraph(&format!("A thousand envelopes cost {} {}.", sum(amount), money.currency))
    });
    let notes: String = money.assumptions.iter().map(|words| paragraph(words)).collect();
    section(
        &format!("Cost, in {}", money.currency),
        &(table.html() + &thousand + &splits(money) + &forecast(money) + &notes),
    )
}

fn splits(money: &Money) -> String {
    let Some(first) = money.splits.first().filter(|split| !split.shares.is_empty()) else { return String::new() };
    let names: Vec<&'static str> = money.splits.iter().map(|split| model_name(split.model)).collect();
    let columns: Vec<_> =
        [("member", Text), ("envelopes", Number)].into_iter().chain(names.iter().map(|name| (*name, Number))).collect();
    let mut table = Table::new("What each member would bear, by the models of the price file", &columns);
    for (index, share) in first.shares.iter().enumerate() {
        let amounts =
            money.splits.iter().filter_map(|split| split.shares.get(index)).map(|share| sum(share.amount).into());
        table.row([Cell::from(share.member.as_str()), units::count(share.volume).into()].into_iter().chain(amounts));
    }
    let totals = money.splits.iter().map(|split| {
        let units = split.shares.iter().map(|share| share.amount.units).sum();
        Cell::of("strong", sum(Amount { units, ..money.total }))
    });
    table.row([Cell::from("all"), "".into()].into_iter().chain(totals));
    let explained = money
        .splits
        .iter()
        .map(|split| paragraph(&format!("{}: {}", capital(model_name(split.model)), split.explained)));
    table.html() + &explained.collect::<String>()
}

fn model_name(model: crate::prices::Model) -> &'static str {
    use crate::prices::Model::{Banded, ByVolume, Equal, Mixed};
    match model {
        Equal => "equal",
        ByVolume => "by volume",
        Banded => "banded",
        Mixed => "mixed",
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn forecast(money: &Money) -> String {
    if money.forecast.is_empty() {
        return String::new();
    }
    let columns = [
        ("years ahead", Number),
        ("envelopes", Number),
        ("cost", Number),
        ("a thousand", Number),
        ("busiest second", Number),
        ("within capacity", Text),
    ];
    let mut table = Table::new("Years ahead at the growth of the price file", &columns);
    for year in &money.forecast {
        table.row([
            year.year.to_string().into(),
            units::count(year.accepted).into(),
            sum(year.cost).into(),
            year.per_thousand.map_or_else(|| "-".to_owned(), sum).into(),
            year.peak_per_second.map_or_else(|| "not known".to_owned(), units::rate).into(),
            match year.within_capacity {
                Some(true) => Cell::of("good", "✓ yes"),
                Some(false) => Cell::of("bad", "✗ no"),
                None => Cell::of("doubt", "not known"),
            },
        ]);
    }
    table.html()
}

/// What was compared with what.
pub(super) fn reconciliation(report: &Report) -> String {
    let columns = [("what is compared", Text), ("one", Number), ("other", Number), ("agrees", Text), ("note", Text)];
    let mut table = Table::new("Figures that have to agree", &columns);
    for row in &report.reconciliation {
        table.row([
            row.what.as_str().into(),
            units::count(row.left).into(),
            units::count(row.right).into(),
            match row.agrees {
                Some(true) => Cell::of("good", "✓ yes"),
                Some(false) => Cell::of("bad", "✗ no"),
                None => Cell::of("doubt", "not comparable"),
            },
            row.note.as_str().into(),
        ]);
    }
    section("Reconciliation", &table.html())
}
