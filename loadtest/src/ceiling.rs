//! `phytoload ceiling`: how fast the generator itself is, against a service that answers at once.

use std::ffi::OsStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use phytohub_operate::Span;
use phytohub_operate::layout::{Layout, Running};
use phytohub_operate::process::HubProcess;
use phytoload_traffic::{Dialect, Traffic};

use crate::conduct::{Stage, conduct};
use crate::connection::Target;
use crate::hub::{self, Hub};
use crate::ledger::Writer;
use crate::live::Live;
use crate::scenario::{Fetch, Scenario};
use crate::target::Hosts;
use crate::{assemble, members};

/// Producers of the closed loop.
const PRODUCERS: usize = 64;

/// Measures for so many seconds; what was found, in a few lines.
///
/// # Errors
/// What kept it from being measured.
pub(crate) fn measure(seconds: u32, threads: usize) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let program = hub::program(None);
    let layout = Layout::new(folder.path().join("keys"));
    hub::command(&program, &["init".as_ref(), layout.dir().as_os_str(), OsStr::new("--nppo"), OsStr::new("NL")])?;
    let mut scenario = Scenario::default();
    "ceiling".clone_into(&mut scenario.name);
    scenario.arrivals.close_loop(PRODUCERS, Span(Duration::from_secs(u64::from(seconds))));
    scenario.arrivals.warm_up = Span::seconds(1);
    scenario.receivers.fetch = Fetch::Nothing;
    scenario.clients.threads = threads;
    // One connection each, as long as it lives: a handshake is not what is measured.
    scenario.traffic.dialects = vec![Dialect::Plain];
    scenario.traffic.attachments = 0.0;
    scenario.check()?;
    let codes = members::prepare(&layout, &program, scenario.traffic.members)?;
    let service = blind_service(&layout)?;
    let running = Running { pid: service.id(), soap: service.soap.clone(), admin: String::new() };
    let mut stranger = Hub::stranger(layout, program, running);
    let (ledger, writer) = Writer::create(&folder.path().join("ledger.bin"), &codes)?;
    let address = Hosts::default().admit(&service.soap)?;
    let mut stage = Stage {
        traffic: Arc::new(Traffic::new(&scenario.traffic, &codes, scenario.seed)),
        keys: members::keys(stranger.layout(), &codes, true)?,
        target: Arc::new(Target {
            address,
            host: service.soap.clone(),
            marks: "X-Load-Test: phytoload\r\n".to_owned(),
        }),
        ledger,
        epoch: Instant::now(),
        tag: 1,
        next_id: 0,
        interrupted: Arc::new(AtomicBool::new(false)),
    };
    let outcome = conduct(&mut stage, &scenario, &mut stranger, &mut Live::new(true))?;
    drop(stage);
    writer.close()?;
    drop(service);
    let mut report = phytoload_report::Report::default();
    assemble::add(&mut report, &scenario, &outcome, "");
    assemble::close(&mut report, &scenario, &[outcome]);
    let rate = report.stages.first().map_or(0.0, |stage| stage.accepted);
    let cpu = report.generator.cpu_us_per_request;
    Ok(format!(
        "{rate:.0} requests/s over {PRODUCERS} connections, {cpu:.1} us of CPU a request ({threads} threads, ledger \
         included)"
    ))
}

/// This program as the service, in a process of its own.
fn blind_service(layout: &Layout) -> Result<HubProcess, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = std::process::Command::new(program);
    command.args(["receiver", "--blind", "--certificate"]).arg(layout.pki("hub.pem"));
    command.arg("--key").arg(layout.pki("hub.key"));
    HubProcess::spawn(command, &layout.dir().join("service.log")).map_err(|error| error.to_string())
}
