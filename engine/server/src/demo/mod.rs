//! `phytohub demo`: the whole hub on one machine, shown step by step.
//!
//! A real hub process, real mutual TLS on loopback, real restarts: what is shown here is what a deployment does.

mod acts;
mod stage;
mod tell;

use std::path::Path;
use std::process::ExitCode;

use stage::Stage;
use tell::{Teller, say};

/// Runs the demo. With `once` it ends when all is shown, with success when all went as it should.
pub fn demo(certificates: Option<&Path>, once: bool) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no runtime: {error}")),
    };
    match runtime.block_on(show(certificates, once)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

fn failed(error: &str) -> ExitCode {
    say(&format!("The demo cannot go on: {error}"));
    ExitCode::FAILURE
}

async fn show(certificates: Option<&Path>, once: bool) -> Result<bool, String> {
    say("phytohub demo: three NPPOs, a hub, and certificates through all eight steps, on this machine only");
    say("");
    let mut teller = Teller::new();
    let mut stage = Stage::set_up(certificates, &mut teller)?;
    acts::all(&mut stage, &mut teller).await?;
    let went_well = teller.conclude(&stage.summary());
    if once {
        stage.strike()?;
        return Ok(went_well);
    }
    stage.say_how_to_call()?;
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())?;
    stage.strike()?;
    say("The hub has stopped and its directory is gone.");
    Ok(went_well)
}
