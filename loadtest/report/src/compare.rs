//! Two runs beside each other: what changed by more than the runs themselves vary.

mod measure;
mod noise;
mod warnings;

use serde::Serialize;

use crate::table::{Side, aligned, printable};
use crate::{Report, Verdict};
use measure::{Better, Measure};
use phytohub_plot::units;

/// What a comparison found, as a whole and for each metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The run that is compared with.
    pub a: Run,
    /// The run that is judged.
    pub b: Run,
    /// Why the runs are not quite comparable; read these first.
    pub warnings: Vec<String>,
    /// A row for each metric.
    pub rows: Vec<Row>,
    /// All rows in a word.
    pub overall: Word,
}

/// Which run it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// Name of the scenario.
    pub scenario: String,
    /// When it began.
    pub started_at: String,
    /// Version of the hub.
    pub phytohub: String,
    /// Version of the load tool.
    pub phytoload: String,
    /// What came out.
    pub verdict: Verdict,
}

/// A metric of both runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub metric: String,
    /// What its values count.
    pub unit: Unit,
    /// Its value in the first run, if it was measured.
    pub a: Option<f64>,
    /// Its value in the second run.
    pub b: Option<f64>,
    /// Change from the first to the second, in percent of the first; none where the first is zero.
    pub change_percent: Option<f64>,
    /// The noise band: changes up to this many percent are no changes.
    pub noise_percent: f64,
    /// And changes up to this much, in the unit of the values, are none either.
    pub noise_step: f64,
    /// What the change is.
    pub word: Word,
}

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Envelopes or deliveries a second.
    PerSecond,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Bytes.
    Bytes,
    /// A share of 1.
    Share,
}

/// What a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// The second run is better by more than the noise.
    Better,
    /// The change is within the noise.
    Same,
    /// The second run is worse by more than the noise.
    Worse,
    /// Some metrics are better and some are worse. Only of all metrics together.
    Mixed,
    /// One of the runs has no value that could be believed.
    NotComparable,
}

impl Word {
    /// The word itself.
    pub fn text(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Same => "same",
            Self::Worse => "worse",
            Self::Mixed => "mixed",
            Self::NotComparable => "not comparable",
        }
    }
}

/// Compares the run `b` with the earlier run `a`.
///
/// A change counts when it is larger than the noise band: the larger of a floor for each kind of metric (see
/// `compare/measure.rs`) and three standard errors of both runs together, estimated from how the seconds of each run
/// spread around the median of their stage. Metrics without a value a second have the floor alone.
pub fn compare(a: &Report, b: &Report) -> Comparison {
    let kinds = measure::kinds(a, b);
    let pairs = measure::measures(a, &kinds).into_iter().zip(measure::measures(b, &kinds));
    let rows: Vec<Row> = pairs.map(|(one, other)| row(&one, &other)).collect();
    let worse_verdict = a.verdict == Verdict::Passed && b.verdict == Verdict::Failed;
    let overall = if worse_verdict { Word::Worse } else { overall(&rows) };
    Comparison { a: run(a), b: run(b), warnings: warnings::warnings(a, b), rows, overall }
}

fn run(report: &Report) -> Run {
    Run {
        scenario: report.scenario.name.clone(),
        started_at: report.started_at.clone(),
        phytohub: report.versions.phytohub.clone(),
        phytoload: report.versions.phytoload.clone(),
        verdict: report.verdict,
    }
}

fn row(one: &Measure, other: &Measure) -> Row {
    let noise = one.floor.max(one.noise.hypot(other.noise));
    let values = one.value.zip(other.value);
    let change = values.filter(|(a, _)| *a != 0.0).map(|(a, b)| (b - a) / a);
    Row {
        metric: one.name.clone(),
        unit: one.unit,
        a: one.value,
        b: other.value,
        change_percent: change.map(|change| change * 100.0),
        noise_percent: noise * 100.0,
        noise_step: one.step,
        word: values.map_or(Word::NotComparable, |(a, b)| word(one, a, b, noise)),
    }
}

fn word(measure: &Measure, a: f64, b: f64, noise: f64) -> Word {
    let change = b - a;
    if change.abs() <= measure.step.max(noise * a.abs()) {
        return Word::Same;
    }
    match (measure.better, change > 0.0) {
        (Better::More, true) | (Better::Less, false) => Word::Better,
        (Better::More, false) | (Better::Less, true) => Word::Worse,
    }
}

fn overall(rows: &[Row]) -> Word {
    let any = |word: Word| rows.iter().any(|row| row.word == word);
    match (any(Word::Better), any(Word::Worse), any(Word::Same)) {
        (true, true, _) => Word::Mixed,
        (true, false, _) => Word::Better,
        (false, true, _) => Word::Worse,
        (false, false, true) => Word::Same,
        (false, false, false) => Word::NotComparable,
    }
}

impl Comparison {
    /// The comparison for a terminal: warnings first, a table, and the word for all of it at the end.
    pub fn text(&self) -> String {
        let line = |name: &str, run: &Run| {
            let Run { scenario, started_at, phytohub, phytoload, verdict } = run;
            let verdict = verdict.word();
            let text = format!("{name}: {scenario}, hub {phytohub}, phytoload {phytoload}, {started_at}, {verdict}");
            printable(&text) + "\n"
        };
        let mut text: String =
            self.warnings.iter().map(|warning| format!("warning: {}\n", printable(warning))).collect();
        text.push_str(&line("a", &self.a));
        text.push_str(&line("b", &self.b));
        let header = ["metric", "a", "b", "change", "noise", ""].map(str::to_owned).to_vec();
        let rows: Vec<Vec<String>> = std::iter::once(header).chain(self.rows.iter().map(Row::cells)).collect();
        let sides = [Side::Left, Side::Right, Side::Right, Side::Right, Side::Right, Side::Left];
        text.push('\n');
        text.push_str(&aligned(&sides, &rows));
        text.push_str(&format!("\noverall: {}\n", self.overall.text()));
        text
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let value = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| self.unit.text(value));
        let change = match self.change_percent {
            Some(change) if self.word != Word::NotComparable => format!("{change:+.1} %"),
            _ => "-".to_owned(),
        };
        vec![
            self.metric.clone(),
            value(self.a),
            value(self.b),
            change,
            // A share has no percentage that means anything when it begins at nothing.
            if self.unit == Unit::Share {
                format!("{:.1} points", self.noise_step * 100.0)
            } else {
                format!("{:.1} %", self.noise_percent)
            },
            self.word.text().to_owned(),
        ]
    }
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Self::PerSecond => units::rate(value),
            Self::Milliseconds => units::latency(value),
            Self::Microseconds => format!("{} us", units::significant(value)),
            Self::Bytes => units::size(value),
            Self::Share => units::percent(value),
        }
    }
}
