//! The plots of the page: what is shown in which, over which axes.

use crate::{Report, Trial};
use phytohub_plot::chart::{Axis, Chart, Kind, Look, Mark, Plotted};
use phytohub_plot::markup::section;
use phytohub_plot::units::{self, Unit};

/// Runs longer than this have more seconds than a plot has places.
const SECONDS_OF_ALL_POINTS: usize = 240;

const LATENCY: &str = "Latency of deliveries";
const CURVES: &str = "Latency by percentile";
const THROUGHPUT: &str = "Throughput against latency";

/// The plots of latencies.
const LATENCIES: [&str; 3] = [LATENCY, CURVES, THROUGHPUT];

const ONE: Unit = Unit { divisor: 1.0, name: "" };

/// Name, values and look of one line over time.
type Over<'r> = (&'static str, &'r [f64], Look);

/// All plots; one without data says so.
pub(super) fn plots(report: &Report) -> String {
    let doubt = (!report.believable()).then(|| report.not_believable());
    let charts = over_time(report).into_iter().chain([curves(report), throughput(report)]);
    // What was counted stays true; what was timed by a generator that was late does not.
    let doubt_of = |chart: &Chart| doubt.as_deref().filter(|_| LATENCIES.contains(&chart.title.as_str()));
    let figures: String = charts.map(|chart| chart.figure(doubt_of(&chart))).collect();
    let seconds = report.series.second.len();
    let note = if seconds > SECONDS_OF_ALL_POINTS {
        let each = seconds.div_ceil(SECONDS_OF_ALL_POINTS);
        format!(
            "<p class=\"quiet\">A point of a plot over time stands for {each} seconds: their mean, or where \
                 peaks matter their largest.</p>\n"
        )
    } else {
        String::new()
    };
    section("Plots", &format!("{note}<div class=\"plots\">\n{figures}</div>\n"))
}

fn over_time(report: &Report) -> Vec<Chart> {
    let series = &report.series;
    let (line, peaks) = (Look::Line, Look::Peaks);
    let latency = Unit { divisor: 1.0, name: "ms" };
    let share = Unit { divisor: 0.01, name: "% of one processor" };
    let rates: [Over<'_>; 4] = [
        ("offered", &series.offered, line),
        ("accepted", &series.accepted, line),
        ("received", &series.received, line),
        ("acknowledged", &series.acknowledged, line),
    ];
    let latencies: [Over<'_>; 3] =
        [("p50", &series.p50, line), ("p99", &series.p99, peaks), ("max", &series.max, peaks)];
    let cpu: [Over<'_>; 2] = [("hub", &series.hub_cpu, line), ("generator", &series.generator_cpu, line)];
    let pending: [Over<'_>; 1] = [("pending", &series.pending, peaks)];
    let errors: [Over<'_>; 1] = [("errors", &series.errors, peaks)];
    let memory: [Over<'_>; 1] = [("hub", &series.hub_memory, peaks)];
    let commit: [Over<'_>; 1] = [("commit", &series.commit, peaks)];
    vec![
        timed(report, "Rate", "envelopes", units::rate_unit(largest(&rates)), Kind::Linear, &rates),
        timed(report, LATENCY, "latency", latency, Kind::Log, &latencies),
        timed(report, "Pending", "envelopes in the hub", units::count_unit(largest(&pending)), Kind::Linear, &pending),
        timed(report, "Errors", "failed requests", units::rate_unit(largest(&errors)), Kind::Linear, &errors),
        timed(report, "CPU", "CPU time", share, Kind::Linear, &cpu),
        timed(report, "Hub memory", "resident", units::size_unit(largest(&memory)), Kind::Linear, &memory),
        timed(report, "Commit", "write and sync of a batch", latency, Kind::Linear, &commit),
    ]
}

fn largest(lines: &[Over<'_>]) -> f64 {
    let values = lines.iter().flat_map(|(_, values, _)| values.iter().copied());
    values.filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// A plot over the time of the run, with what was done to the hub marked in it.
fn timed(report: &Report, title: &str, what: &str, unit: Unit, kind: Kind, lines: &[Over<'_>]) -> Chart {
    let seconds = &report.series.second;
    let time = units::time_unit(seconds.last().copied().unwrap_or_default());
    let plotted = lines.iter().map(|(name, values, look)| {
        let points = seconds.iter().zip(*values).map(|(x, y)| (x / time.divisor, y / unit.divisor));
        Plotted { name: (*name).to_owned(), look: *look, points: points.collect() }
    });
    let marks = report.faults.iter().map(|fault| Mark { at: fault.at / time.divisor, label: fault.what.clone() });
    Chart {
        title: title.to_owned(),
        x: Axis { label: format!("time since the start, {}", time.name), kind: Kind::Time },
        y: Axis { label: labelled(what, unit), kind },
        plotted: plotted.collect(),
        marks: marks.collect(),
        names: Vec::new(),
    }
}

fn labelled(what: &str, unit: Unit) -> String {
    let name = if unit.name == "k" { "thousands" } else { unit.name };
    let name = if name == "M" { "millions" } else { name };
    if name.is_empty() { what.to_owned() } else { format!("{what}, {name}") }
}

/// Latency over the percentiles, a line for each kind of request.
fn curves(report: &Report) -> Chart {
    let line = |(kind, curve): (&String, &crate::Curve)| Plotted {
        name: kind.clone(),
        look: Look::Line,
        points: curve.points.iter().copied().filter(|point| point.0 < 100.0).collect(),
    };
    Chart {
        title: CURVES.to_owned(),
        x: Axis { label: "percentile".to_owned(), kind: Kind::Nines },
        y: Axis { label: "latency, ms".to_owned(), kind: Kind::Log },
        plotted: report.curves.iter().map(line).collect(),
        marks: Vec::new(),
        names: Vec::new(),
    }
}

/// p99 over the rate accepted: of each rate that was tried in the search for the knee, else of each stage.
fn throughput(report: &Report) -> Chart {
    let trials = points_of(report);
    let unit = trials.iter().map(|trial| trial.accepted).fold(0.0, f64::max);
    let unit = if unit > 0.0 { units::rate_unit(unit) } else { ONE };
    let group = |name: &str, look: Look, belongs: &dyn Fn(&Trial) -> bool| {
        let members = trials.iter().filter(|trial| belongs(trial));
        let points = members.map(|trial| (trial.accepted / unit.divisor, trial.p99));
        Plotted { name: name.to_owned(), look, points: points.collect() }
    };
    let (held, broken) = if report.knee.is_some() { ("held", "broken") } else { ("stage", "stage with failures") };
    let limited = "generator limited, not believable";
    Chart {
        title: THROUGHPUT.to_owned(),
        x: Axis { label: labelled("accepted", unit), kind: Kind::Linear },
        y: Axis { label: "p99 of deliver, ms".to_owned(), kind: Kind::Log },
        plotted: vec![
            group(held, Look::Circles, &|trial| trial.held && !trial.generator_limited),
            group(broken, Look::Squares, &|trial| !trial.held && !trial.generator_limited),
            group(limited, Look::Crosses, &|trial| trial.generator_limited),
        ],
        marks: Vec::new(),
        names: Vec::new(),
    }
}

fn points_of(report: &Report) -> Vec<Trial> {
    let trials = report.knee.as_ref().map(|knee| knee.trials.as_slice()).unwrap_or_default();
    if !trials.is_empty() {
        return trials.to_vec();
    }
    let measured = report.stages.iter().filter(|stage| stage.latency.count > 0);
    let trial = measured.map(|stage| Trial {
        repeat: 1,
        offered: stage.offered,
        accepted: stage.accepted,
        p99: stage.latency.p99,
        held: stage.failed == 0.0,
        generator_limited: stage.generator_limited,
    });
    trial.collect()
}
