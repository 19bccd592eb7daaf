//! Section `[arrivals]`: when deliveries come.

use std::path::PathBuf;

use phytohub_operate::Span;
use serde::{Deserialize, Serialize};

use crate::schedule::{Pattern, SECOND, Schedule, Segment};

/// Highest rate that is taken: far beyond what one machine can make, and below what overflows anything.
const RATE_MAX: f64 = 1_000_000.0;
/// Largest burst.
const BURST_MAX: u32 = 100_000;
/// Most producers of a closed loop.
const PRODUCERS_MAX: usize = 10_000;

/// The form of the rate over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    /// One rate.
    Constant,
    /// From `rate` to `to`.
    Ramp,
    /// Each of `steps` in turn.
    Step,
    /// `rate`, in the middle for `spike_for` `to`, then `rate` again.
    Spike,
    /// Offsets from a file: one number of seconds a line, ascending.
    Trace,
    /// No schedule: each of `producers` sends the next when the last was answered. Latency is then counted from the
    /// sending, so this is for comparisons with systems that are measured in the same way, not for proofs of capacity.
    Closed,
}

/// How arrivals lie around the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PatternName {
    /// At even distances.
    Even,
    /// Independent of each other.
    Poisson,
    /// `burst` at once.
    Bursty,
}

/// One of `steps`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// Its name in the report.
    #[serde(default)]
    pub(crate) name: String,
    /// Deliveries a second.
    pub(crate) rate: f64,
    /// How long.
    #[serde(rename = "for")]
    pub(crate) duration: Span,
}

/// The section.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Arrivals {
    /// The form of the rate.
    pub(crate) shape: Shape,
    /// How arrivals lie around it.
    pub(crate) pattern: PatternName,
    /// Deliveries in one burst.
    pub(crate) burst: u32,
    /// Deliveries a second.
    pub(crate) rate: f64,
    /// The rate at the end of a ramp, or of a spike.
    pub(crate) to: f64,
    /// Rates of a stair.
    pub(crate) steps: Vec<Step>,
    /// Length of a spike.
    pub(crate) spike_for: Span,
    /// File of a trace.
    pub(crate) file: PathBuf,
    /// Senders of a closed loop.
    pub(crate) producers: usize,
    /// Before anything is measured, at the first rate.
    pub(crate) warm_up: Span,
    /// The measured part; of a stair its steps', of a trace its own.
    pub(crate) measure: Span,
    /// Longest time that receivers get at the end to fetch what is left.
    pub(crate) drain: Span,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            shape: Shape::Constant,
            pattern: PatternName::Poisson,
            burst: 20,
            rate: 100.0,
            to: 1000.0,
            steps: Vec::new(),
            spike_for: Span::seconds(10),
            file: PathBuf::new(),
            producers: 64,
            warm_up: Span::seconds(3),
            measure: Span::seconds(30),
            drain: Span::seconds(120),
        }
    }
}

/// A part of the run that the report tells of on its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StagePlan {
    /// Its name.
    pub(crate) name: String,
    /// Seconds from the start of the run.
    pub(crate) from: f64,
    /// Seconds from the start of the run.
    pub(crate) to: f64,
    /// Whether it counts.
    pub(crate) measured: bool,
}

/// The whole of it: stages for the report, segments for the schedule.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Plan {
    pub(crate) stages: Vec<StagePlan>,
    pub(crate) segments: Vec<Segment>,
}

impl Plan {
    fn push(&mut self, name: &str, measured: bool, segments: &[Segment]) {
        let from = self.seconds();
        let seconds: f64 = segments.iter().map(|segment| segment.seconds).sum();
        if seconds > 0.0 {
            self.segments.extend_from_slice(segments);
            self.stages.push(StagePlan { name: name.to_owned(), from, to: from + seconds, measured });
        }
    }

    /// Length of the run without its drain.
    pub(crate) fn seconds(&self) -> f64 {
        self.stages.last().map_or(0.0, |stage| stage.to)
    }

    /// Deliveries that it asks for, on average.
    pub(crate) fn deliveries(&self) -> f64 {
        self.segments.iter().map(Segment::area).sum()
    }
}

fn seconds(span: Span) -> f64 {
    span.0.as_secs_f64()
}

impl Arrivals {
    pub(crate) fn is_closed(&self) -> bool {
        self.shape == Shape::Closed
    }

    /// Whether its deliveries are those that its rates ask for.
    pub(crate) fn goes_by_rate(&self) -> bool {
        !matches!(self.shape, Shape::Closed | Shape::Trace)
    }

    /// Every rate of the section, by name.
    fn rates(&self) -> Vec<(&'static str, f64)> {
        let mut rates = vec![("rate", self.rate), ("to", self.to)];
        rates.extend(self.steps.iter().map(|step| ("steps: rate", step.rate)));
        rates
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, rate) in self.rates() {
            if !(0.0..=RATE_MAX).contains(&rate) {
                return Err(format!("[arrivals] {name} = {rate} must be from 0 to {RATE_MAX} deliveries a second"));
            }
        }
        if self.burst == 0 || self.burst > BURST_MAX {
            return Err(format!("[arrivals] burst must be from 1 to {BURST_MAX}"));
        }
        if self.producers == 0 || self.producers > PRODUCERS_MAX {
            return Err(format!("[arrivals] producers must be from 1 to {PRODUCERS_MAX}"));
        }
        if self.shape == Shape::Step && self.steps.is_empty() {
            return Err("[arrivals] shape = \"step\" needs steps, each with rate and for".to_owned());
        }
        if self.shape == Shape::Spike && self.spike_for.0 >= self.measure.0 {
            return Err("[arrivals] spike_for must be shorter than measure".to_owned());
        }
        if seconds(self.measure) <= 0.0 && self.steps.is_empty() {
            return Err("[arrivals] measure must be longer than 0 ms".to_owned());
        }
        Ok(())
    }

    /// Stages and segments.
    pub(crate) fn plan(&self) -> Result<Plan, String> {
        let mut plan = Plan::default();
        let measure = seconds(self.measure);
        let first = match (self.shape, self.steps.first()) {
            (Shape::Step, Some(step)) => step.rate,
            (Shape::Closed | Shape::Trace, _) => 0.0,
            _ => self.rate,
        };
        let warm_up = if self.shape == Shape::Trace { 0.0 } else { seconds(self.warm_up) };
        plan.push("warm-up", false, &[Segment::steady(warm_up, first)]);
        match self.shape {
            Shape::Constant => plan.push("steady", true, &[Segment::steady(measure, self.rate)]),
            Shape::Closed => plan.push("closed loop", true, &[Segment::steady(measure, 0.0)]),
            Shape::Ramp => {
                plan.push("ramp", true, &[Segment { seconds: measure, from: self.rate, to: self.to }]);
            }
            Shape::Step => {
                for step in &self.steps {
                    let name = if step.name.is_empty() { format!("{}/s", step.rate) } else { step.name.clone() };
                    plan.push(&name, true, &[Segment::steady(seconds(step.duration), step.rate)]);
                }
            }
            Shape::Spike => {
                let around = (measure - seconds(self.spike_for)) / 2.0;
                plan.push("before", true, &[Segment::steady(around, self.rate)]);
                plan.push("spike", true, &[Segment::steady(seconds(self.spike_for), self.to)]);
                plan.push("after", true, &[Segment::steady(around, self.rate)]);
            }
            Shape::Trace => {
                let last = self.trace()?.last().map_or(0.0, |&time| time as f64 / SECOND);
                plan.push("trace", true, &[Segment::steady(last + 1.0, 0.0)]);
            }
        }
        Ok(plan)
    }

    /// When deliveries are due; nothing of a closed loop.
    pub(crate) fn schedule(&self, seed: u64) -> Result<Schedule, String> {
        if self.shape == Shape::Trace {
            return Ok(Schedule::Trace(self.trace()?));
        }
        let pattern = match self.pattern {
            PatternName::Even => Pattern::Even,
            PatternName::Poisson => Pattern::Poisson,
            PatternName::Bursty => Pattern::Bursty(self.burst),
        };
        Ok(Schedule::Rate { segments: self.plan()?.segments, pattern, seed })
    }

    /// The offsets of the trace, in nanoseconds.
    fn trace(&self) -> Result<Vec<u64>, String> {
        let name = self.file.display();
        let text = std::fs::read_to_string(&self.file).map_err(|error| format!("[arrivals] file {name}: {error}"))?;
        let mut times = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let number = line.trim().parse::<f64>().ok().filter(|number| (0.0..=1e7).contains(number));
            let time = number.map(|seconds| (seconds * SECOND) as u64).filter(|time| times.last() <= Some(time));
            times.push(time.ok_or_else(|| {
                let line_number = index + 1;
                format!(
                    "{name}, line {line_number}: '{line}' must be seconds since the start, not before the line above"
                )
            })?);
        }
        Ok(times)
    }

    /// Scales every rate so that the highest is `rate`.
    pub(crate) fn set_rate(&mut self, rate: f64) -> Result<(), String> {
        let highest = match self.shape {
            Shape::Constant => self.rate,
            Shape::Ramp | Shape::Spike => self.rate.max(self.to),
            Shape::Step => self.steps.iter().map(|step| step.rate).fold(0.0, f64::max),
            Shape::Trace | Shape::Closed => {
                return Err("--rate means nothing here: the scenario's arrivals are not made by a rate".to_owned());
            }
        };
        let factor = rate / highest;
        if !factor.is_finite() {
            return Err(format!("--rate {rate}: the scenario's own rate is 0 and cannot be scaled"));
        }
        self.rate *= factor;
        self.to *= factor;
        self.steps.iter_mut().for_each(|step| step.rate *= factor);
        Ok(())
    }

    /// One rate for so long: a try of a search.
    pub(crate) fn hold(&mut self, rate: f64, measure: Span) {
        self.shape = Shape::Constant;
        (self.rate, self.measure) = (rate, measure);
    }

    /// A closed loop of so many producers for so long.
    pub(crate) fn close_loop(&mut self, producers: usize, measure: Span) {
        self.shape = Shape::Closed;
        (self.producers, self.measure) = (producers, measure);
    }

    /// Stretches the measured part to `wanted` seconds.
    pub(crate) fn set_duration(&mut self, wanted: f64) -> Result<(), String> {
        if self.shape == Shape::Trace {
            return Err("--duration means nothing here: the trace has its own".to_owned());
        }
        let all: f64 = self.steps.iter().map(|step| seconds(step.duration)).sum();
        let span = |seconds: f64| Span(std::time::Duration::from_millis((seconds * 1000.0) as u64));
        for step in &mut self.steps {
            step.duration = span(seconds(step.duration) * wanted / all);
        }
        self.spike_for = span(seconds(self.spike_for) * wanted / seconds(self.measure));
        self.measure = span(wanted);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_has_its_stages() {
        let names = |arrivals: Arrivals| {
            let plan = arrivals.plan().unwrap();
            plan.stages.iter().map(|stage| stage.name.clone()).collect::<Vec<_>>().join(" ")
        };
        let shape = |shape| Arrivals { shape, ..Arrivals::default() };
        assert_eq!(names(shape(Shape::Constant)), "warm-up steady");
        assert_eq!(names(shape(Shape::Spike)), "warm-up before spike after");
        let steps = [10.0, 20.0].map(|rate| Step { name: String::new(), rate, duration: Span::seconds(5) });
        assert_eq!(names(Arrivals { steps: steps.to_vec(), ..shape(Shape::Step) }), "warm-up 10/s 20/s");
        assert!(shape(Shape::Step).check().unwrap_err().contains("needs steps"));
    }

    #[test]
    fn a_trace_is_read_and_its_faults_are_named_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace.txt");
        let arrivals = Arrivals { shape: Shape::Trace, file: file.clone(), ..Arrivals::default() };
        std::fs::write(&file, "0\n0.5\n\n2\n").unwrap();
        let times: Vec<u64> = arrivals.schedule(1).unwrap().times().collect();
        assert_eq!(times, [0, 500_000_000, 2_000_000_000]);
        std::fs::write(&file, "1\n0.5\n").unwrap();
        assert!(arrivals.plan().unwrap_err().contains("line 2"));
    }
}
