//! Our own hub at the same work, by the load tool: SOAP over mutual TLS, every certificate validated.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::failure::{Failure, Result, While};
use crate::result::Measured;
use crate::server::{Launch, Server, empty_folder};
use crate::usage::{self, Usage};

/// Beside its measured time: a hub to be made, the warm-up, and the rest that receivers fetch at the end.
const BESIDE: Duration = Duration::from_secs(180);

/// The programs that were built for it, and the scenario.
pub(crate) struct Ours {
    /// The load tool, beside which the hub's program lies.
    pub(crate) phytoload: PathBuf,
    /// The scenario's file.
    pub(crate) scenario: PathBuf,
}

impl Ours {
    /// Runs the scenario for some seconds, with everything in `folder`.
    pub(crate) async fn measure(&self, folder: &Path, time: Duration) -> Result<Measured> {
        empty_folder(folder)?;
        let out = folder.join("out");
        let launch = Launch::new(&self.phytoload)
            .arguments(["run", &self.scenario.to_string_lossy(), "--out", &out.to_string_lossy()])
            .arguments(["--duration", &format!("{}s", time.as_secs())])
            // Then it ends as at a terminal, and stops its hub.
            .stopped_by_interrupt();
        let (begun, busy, own) = (Instant::now(), usage::machine_busy(), Usage::of(process::id()));
        let mut tool = Server::start("phytoload", &launch, &folder.join("log"))?;
        let status = tool.ended(time + BESIDE).await?;
        // Of the whole run; the tool and its hub have ended, so that they count as ours.
        let (busy, own) = (usage::machine_busy().saturating_sub(busy), Usage::of(process::id()).since(own));
        let others_share = usage::others_share(begun.elapsed(), busy, own.cpu);
        let file = out.join("report.json");
        if !file.is_file() {
            return Err(tool.failed(format_args!("ended with {status} and without a report")));
        }
        let text = fs::read_to_string(&file).during(file.display())?;
        let report = serde_json::from_str(&text).during(file.display())?;
        let measured = read(&report).map_err(|failure| Failure::new(format!("{}: {failure}", file.display())))?;
        Ok(Measured { others_share: Some(others_share), ..measured })
    }
}

/// Takes what is compared out of the load tool's report.
fn read(report: &Value) -> Result<Measured> {
    let number = |pointer: &str| {
        let found = report.pointer(pointer).and_then(Value::as_f64);
        found.ok_or_else(|| Failure::new(format!("there is no number at {pointer}")))
    };
    // A limit that broke does not make figures wrong; a message that was lost or altered does.
    if let Some(fault) = report.pointer("/ledger/faults/0").and_then(Value::as_str) {
        return Err(Failure::new(format!("the ledger found a fault: {fault}")));
    }
    if report.pointer("/verdict").and_then(Value::as_str) == Some("interrupted") {
        return Err(Failure::new("the run was interrupted"));
    }
    let seconds = number("/stages/0/to")? - number("/stages/0/from")?;
    let version = report.pointer("/versions/phytohub").and_then(Value::as_str).unwrap_or("phytohub");
    let accepted = number("/ledger/accepted")?;
    let requests = number("/generator/cpu_us_per_request").and_then(|cpu| Ok(cpu * number("/generator/requests")?));
    Ok(Measured {
        what: format!("{version}, SOAP, mutual TLS, validated"),
        seconds,
        end_to_end: number("/stages/0/acknowledged")?,
        confirmed: number("/stages/0/accepted")?,
        confirm_p50: number("/latency/deliver/p50")?,
        confirm_p99: number("/latency/deliver/p99")?,
        confirm_max: number("/latency/deliver/max")?,
        cpu_us_per_message: number("/hub/cpu_us_per_envelope").ok(),
        client_cpu_us_per_message: requests.ok().filter(|_| accepted > 0.0).map(|cpu| cpu / accepted),
        memory: number("/hub/memory_max").ok().map(|bytes| bytes as u64),
        syncs_per_message: number("/hub/commits").ok().filter(|_| accepted > 0.0).map(|commits| commits / accepted),
        written_per_message: number("/hub/written_per_envelope").ok(),
        left: report.pointer("/ledger/classes/waiting").and_then(Value::as_u64).unwrap_or(0),
        ..Measured::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> Value {
        json!({
            "verdict": "passed",
            "versions": { "phytohub": "phytohub 0.1.0" },
            "stages": [{ "from": 3.0, "to": 13.0, "accepted": 7000.0, "acknowledged": 6900.0 }],
            "latency": { "deliver": { "p50": 4.0, "p99": 15.0, "max": 40.0 } },
            "ledger": { "accepted": 90_000, "classes": { "delivered once": 90_000 }, "faults": [] },
            "hub": { "cpu_us_per_envelope": 110.0, "memory_max": 90_000_000, "commits": 9_000,
                     "written_per_envelope": null },
            "generator": { "cpu_us_per_request": 30.0, "requests": 180_000 },
        })
    }

    #[test]
    fn figures_are_taken_out_of_the_report() {
        let measured = read(&report()).unwrap();
        assert_eq!(measured.what, "phytohub 0.1.0, SOAP, mutual TLS, validated");
        assert_eq!(measured.end_to_end, 6900.0);
        assert_eq!(measured.seconds, 10.0);
        assert_eq!(measured.syncs_per_message, Some(0.1));
        assert_eq!(measured.client_cpu_us_per_message, Some(60.0));
        assert_eq!(measured.written_per_message, None);
    }

    #[test]
    fn a_run_that_lost_something_has_no_figures() {
        let mut lost = report();
        lost["ledger"]["faults"] = json!(["envelope 3 was lost"]);
        assert!(read(&lost).unwrap_err().to_string().contains("envelope 3"));
        let mut cut = report();
        cut["stages"] = json!([]);
        assert!(read(&cut).unwrap_err().to_string().contains("/stages/0/to"));
    }
}
