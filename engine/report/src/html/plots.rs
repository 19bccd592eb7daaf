//! The plots of the page.

use phytohub_plot::chart::{Axis, Chart, Kind, Look, Plotted};
use phytohub_plot::markup::section;
use phytohub_plot::units::{self, Unit};

use crate::model::{Figures, Report};

/// Members that the plot of members shows.
const MEMBERS_MAX: usize = 12;

/// All plots; one without data says so.
pub(super) fn plots(report: &Report) -> String {
    let mut charts = vec![by_month(report), by_day(report), dwell(report), by_member(report)];
    charts.extend(forecast(report));
    let figures: String = charts.iter().map(|chart| chart.figure(None)).collect();
    section("Plots", &format!("<div class=\"plots\">\n{figures}</div>\n"))
}

/// An axis whose places have names: the first lies between 0 and 1.
fn named(label: &str) -> Axis {
    Axis { label: label.to_owned(), kind: Kind::Time }
}

fn names(names: impl Iterator<Item = String>) -> Vec<(f64, String)> {
    names.enumerate().map(|(index, name)| (index as f64 + 0.5, name)).collect()
}

/// Names of months as they fit under bars.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The short name of a month that is written `2026-01`.
fn short(month: &str) -> String {
    let number = month.split('-').nth(1).and_then(|number| number.parse::<usize>().ok());
    let name = number.and_then(|number| MONTHS.get(number.checked_sub(1)?));
    name.map_or_else(|| month.to_owned(), |name| (*name).to_owned())
}

/// The years that the short names leave out.
fn months_label(report: &Report, what: &str) -> String {
    let (first, last) = (report.months.first(), report.months.last());
    let (first, last) = (first.map_or("", |month| &month.name), last.map_or("", |month| &month.name));
    if first == last { format!("{what}: {first}") } else { format!("{what}: {first} to {last}") }
}

fn placed(name: &str, look: Look, values: impl Iterator<Item = f64>) -> Plotted {
    let points = values.enumerate().map(|(index, value)| (index as f64 + 0.5, value));
    Plotted { name: name.to_owned(), look, points: points.collect() }
}

fn counts(what: &str, values: impl Iterator<Item = u64>) -> (Unit, Axis) {
    let unit = units::count_unit(values.max().unwrap_or_default() as f64);
    let label = match unit.name {
        "" => what.to_owned(),
        "k" => format!("{what}, thousands"),
        _ => format!("{what}, millions"),
    };
    (unit, Axis { label, kind: Kind::Linear })
}

fn taken(figures: &Figures) -> u64 {
    figures.delivered + figures.with_warnings + figures.not_readable
}

fn by_month(report: &Report) -> Chart {
    let (unit, y) = counts("envelopes", report.months.iter().map(|month| month.figures.accepted));
    let bars = |name: &str, read: fn(&Figures) -> u64| {
        placed(name, Look::Bars, report.months.iter().map(|month| read(&month.figures) as f64 / unit.divisor))
    };
    Chart {
        title: "Envelopes by month".to_owned(),
        x: named(&months_label(report, "month")),
        y,
        plotted: vec![bars("accepted", |figures| figures.accepted), bars("acknowledged", taken)],
        marks: Vec::new(),
        names: names(report.months.iter().map(|month| short(&month.name))),
    }
}

fn by_day(report: &Report) -> Chart {
    let (unit, y) = counts("envelopes a day", report.days.iter().map(|day| day.accepted));
    let values = report.days.iter().map(|day| day.accepted as f64 / unit.divisor);
    // Month and day; the year is in the title of the page.
    let name = |day: &str| day.get(5..).unwrap_or(day).to_owned();
    Chart {
        title: "Envelopes by day".to_owned(),
        x: named("day"),
        y,
        plotted: vec![placed("accepted", Look::Peaks, values)],
        marks: Vec::new(),
        names: names(report.days.iter().map(|day| name(&day.day))),
    }
}

fn dwell(report: &Report) -> Chart {
    const MINUTE: f64 = 60.0;
    let line = |name: &str, read: fn(&crate::model::Dwell) -> f64| {
        let value = |figures: &Figures| figures.dwell.as_ref().map_or(f64::NAN, |dwell| read(dwell) / MINUTE);
        placed(name, Look::Line, report.months.iter().map(|month| value(&month.figures)))
    };
    Chart {
        title: "Time until acknowledged".to_owned(),
        x: named(&months_label(report, "month of acceptance")),
        y: Axis { label: "minutes".to_owned(), kind: Kind::Log },
        plotted: vec![
            line("p50", |dwell| dwell.p50_seconds),
            line("p90", |dwell| dwell.p90_seconds),
            line("p99", |dwell| dwell.p99_seconds),
        ],
        marks: Vec::new(),
        names: names(report.months.iter().map(|month| short(&month.name))),
    }
}

fn by_member(report: &Report) -> Chart {
    let mut members: Vec<_> = report.members.iter().collect();
    members.sort_by_key(|member| std::cmp::Reverse(member.sent.accepted + member.received.accepted));
    members.truncate(MEMBERS_MAX);
    let most = members.iter().flat_map(|member| [member.sent.accepted, member.received.accepted]);
    let (unit, y) = counts("envelopes", most);
    let sent = members.iter().map(|member| member.sent.accepted as f64 / unit.divisor);
    let received = members.iter().map(|member| member.received.accepted as f64 / unit.divisor);
    Chart {
        title: "Largest members".to_owned(),
        x: named("member"),
        y,
        plotted: vec![placed("sent", Look::Bars, sent), placed("received", Look::Bars, received)],
        marks: Vec::new(),
        names: names(members.iter().map(|member| member.code.clone())),
    }
}

fn forecast(report: &Report) -> Option<Chart> {
    let money = report.money.as_ref().filter(|money| !money.forecast.is_empty())?;
    let worth = 10_f64.powi(i32::try_from(money.total.decimals).unwrap_or_default());
    let costs = || money.forecast.iter().map(|year| year.cost.units as f64 / worth);
    let unit = units::count_unit(costs().fold(0.0, f64::max));
    let scale = match unit.name {
        "" => String::new(),
        "k" => ", thousands".to_owned(),
        _ => ", millions".to_owned(),
    };
    Some(Chart {
        title: "Cost of the years ahead".to_owned(),
        x: named("years ahead"),
        y: Axis { label: format!("{} a year{scale}", money.currency), kind: Kind::Linear },
        plotted: vec![placed("cost", Look::Bars, costs().map(|cost| cost / unit.divisor))],
        marks: Vec::new(),
        names: names(money.forecast.iter().map(|year| year.year.to_string())),
    })
}
