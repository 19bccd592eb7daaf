//! The two partner countries of a sandbox, as members over real mutual TLS: XA fetches and acknowledges, XB sends.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use phytohub_certificates as certificates;
use phytohub_core::registry::RegistryCommand;
use phytohub_model::{Delivery, HeaderFields};
use phytohub_onboarding::{ACKNOWLEDGING_PARTNER, SENDING_PARTNER};
use phytohub_soap::Operation;
use tokio::sync::{mpsc, watch};

use super::receiver;
use super::settings::{AcknowledgingWay, OnboardingSettings};
use crate::client::CallError;
use crate::clock;
use crate::hub::Hub;
use crate::party::{Acknowledgement, Party};
use phytohub_operate::layout::Layout;

/// How often the partners look: a candidate's developer waits for them.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Envelopes that XB keeps ready for each candidate: as many as the script takes one after the other.
const READY_FOR_EACH: usize = 6;
/// Between two lines in the log about the same trouble.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// Starts both partners; they end when the hub stops.
///
/// # Errors
/// A sentence that names what cannot be read or used.
pub(crate) async fn start(
    layout: &Layout,
    soap: SocketAddr,
    hub: &Arc<Hub>,
    stop: &watch::Receiver<bool>,
) -> Result<(), String> {
    let address = reachable(soap).to_string();
    let settings = hub.config.onboarding.clone();
    let party = |code| {
        Party::new(layout.dir(), &address, code)
            .map_err(|error| format!("the sandbox's partner country {code} has no keys: {error}"))
    };
    let xa =
        Acknowledging { party: party(ACKNOWLEDGING_PARTNER)?, settings, waits: HashMap::new(), done: HashMap::new() };
    let taken = receive(layout, hub, stop).await?;
    let xb = Sending { party: party(SENDING_PARTNER)?, hub: Arc::clone(hub), made: 0, taken };
    tokio::spawn(xa.run(stop.clone()));
    tokio::spawn(xb.run(stop.clone()));
    Ok(())
}

/// Starts XB's own service and has the hub push to it; the numbers of what it takes. None where the hub may not call
/// this machine, and XB pulls.
async fn receive(
    layout: &Layout,
    hub: &Arc<Hub>,
    stop: &watch::Receiver<bool>,
) -> Result<Option<mpsc::Receiver<String>>, String> {
    let code = SENDING_PARTNER.parse().map_err(|error| format!("{SENDING_PARTNER}: {error}"))?;
    let (delivery, taken) = if hub.config.push.allow_private {
        let (delivery, taken) = receiver::start(layout, hub.config.onboarding.xb, stop.clone()).await?;
        (delivery, Some(taken))
    } else {
        tracing::info!(target: "phytohub::onboarding", "XB pulls: [push] allow_private is not set");
        (Delivery::Pull, None)
    };
    hub.registry.change(RegistryCommand::SetDelivery { code, delivery }).await?;
    Ok(taken)
}

/// The address at which this machine reaches what listens at `soap`.
fn reachable(soap: SocketAddr) -> SocketAddr {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    SocketAddr::new(if soap.ip().is_unspecified() { loopback } else { soap.ip() }, soap.port())
}

/// Waits for the next round; false when the hub stops.
async fn next_round(stop: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = tokio::time::sleep(LOOK_EVERY) => !*stop.borrow(),
        _ = stop.changed() => false,
    }
}

/// Says what went wrong, not too often.
fn complain(partner: &str, error: &CallError, last: &mut Option<Instant>) {
    if last.is_none_or(|last| last.elapsed() > COMPLAIN_EVERY) {
        tracing::warn!(target: "phytohub::onboarding", partner, %error, "the partner country cannot do its part");
        *last = Some(Instant::now());
    }
}

/// XA.
struct Acknowledging {
    party: Party,
    settings: OnboardingSettings,
    /// What waits for it, by number, and since when it knows that.
    waits: HashMap<String, Instant>,
    /// Acknowledgements by sender.
    done: HashMap<String, usize>,
}

impl Acknowledging {
    async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut complained = None;
        while next_round(&mut stop).await {
            if let Err(error) = self.round().await {
                complain(ACKNOWLEDGING_PARTNER, &error, &mut complained);
            }
        }
    }

    async fn round(&mut self) -> Result<(), CallError> {
        if self.settings.xa == AcknowledgingWay::Never {
            return Ok(());
        }
        let headers = self.party.import_headers(None).await?;
        self.waits.retain(|number, _| headers.iter().any(|header| header.delivery_number == *number));
        for header in headers {
            let since = *self.waits.entry(header.delivery_number.clone()).or_insert_with(Instant::now);
            if self.settings.xa == AcknowledgingWay::Slow && since.elapsed() < self.settings.slow.0 {
                continue;
            }
            let done = self.done.entry(header.from.clone()).or_default();
            let what = acknowledgement(self.settings.xa, *done);
            self.party.pull(&header.delivery_number).await?;
            self.party.acknowledge(&header.delivery_number, what).await?;
            *done += 1;
        }
        Ok(())
    }
}

/// What XA says of the envelope after `done` others of the same sender.
fn acknowledgement(way: AcknowledgingWay, done: usize) -> Acknowledgement<'static> {
    let warning = Acknowledgement::Warning("XA warns, as its part in the sandbox is");
    let unreadable = Acknowledgement::Unreadable("XA cannot read this, as its part in the sandbox is");
    match (way, done % 3) {
        (AcknowledgingWay::Script, 1) | (AcknowledgingWay::Warnings, _) => warning,
        (AcknowledgingWay::Script, 2) | (AcknowledgingWay::Unreadable, _) => unreadable,
        _ => Acknowledgement::Received,
    }
}

/// XB.
struct Sending {
    party: Party,
    hub: Arc<Hub>,
    made: u64,
    /// Numbers of what its own service takes; None where it pulls.
    taken: Option<mpsc::Receiver<String>>,
}

impl Sending {
    async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut complained = None;
        while next_round(&mut stop).await {
            if let Err(error) = self.round().await {
                complain(SENDING_PARTNER, &error, &mut complained);
            }
        }
    }

    async fn round(&mut self) -> Result<(), CallError> {
        self.acknowledge().await?;
        let mut ready: HashMap<String, usize> = HashMap::new();
        self.party.under_delivery().await?.into_iter().for_each(|header| *ready.entry(header.to).or_default() += 1);
        for candidate in self.candidates() {
            for _ in ready.get(&candidate).copied().unwrap_or_default()..READY_FOR_EACH {
                self.send(&candidate).await?;
            }
        }
        Ok(())
    }

    async fn acknowledge(&mut self) -> Result<(), CallError> {
        let Some(taken) = &mut self.taken else {
            for header in self.party.import_headers(None).await? {
                self.party.pull(&header.delivery_number).await?;
                self.party.acknowledge(&header.delivery_number, Acknowledgement::Received).await?;
            }
            return Ok(());
        };
        while let Ok(number) = taken.try_recv() {
            match self.party.acknowledge(&number, Acknowledgement::Received).await {
                // A reminder of what was acknowledged meanwhile.
                Ok(_) | Err(CallError::Fault { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn candidates(&self) -> Vec<String> {
        let registry = self.hub.registry.load();
        let active = registry.nppos().filter(|nppo| nppo.active).map(|nppo| nppo.code.to_string());
        active.filter(|code| code != ACKNOWLEDGING_PARTNER && code != SENDING_PARTNER).collect()
    }

    async fn send(&mut self, to: &str) -> Result<(), CallError> {
        self.made += 1;
        // The time, so that no number comes twice after a restart.
        let number = format!("XB-{}-{}", clock::now().0, self.made);
        // A connection code is a country's and perhaps more.
        let country = to.get(..2).unwrap_or(to);
        let content = certificates::typical(self.made, SENDING_PARTNER, country, &number);
        let header = HeaderFields {
            from: SENDING_PARTNER.to_owned(),
            to: to.to_owned(),
            certificate_type: certificates::Kind::Export.certificate_type(),
            certificate_status: certificates::Kind::Export.certificate_status(),
            certificate_number: number,
            ..HeaderFields::default()
        };
        self.party.deliver(Operation::DeliverEnvelope, &header, &content).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_acknowledges_in_turn_in_each_of_the_three_ways() {
        let said = |way, done| match acknowledgement(way, done) {
            Acknowledgement::Received => "received",
            Acknowledgement::Warning(_) => "warning",
            Acknowledgement::Unreadable(_) => "unreadable",
        };
        let turn: Vec<&str> = (0..4).map(|done| said(AcknowledgingWay::Script, done)).collect();
        assert_eq!(turn, ["received", "warning", "unreadable", "received"]);
        assert_eq!(said(AcknowledgingWay::Delivered, 1), "received");
        assert_eq!(said(AcknowledgingWay::Warnings, 0), "warning");
        assert_eq!(said(AcknowledgingWay::Unreadable, 0), "unreadable");
    }

    #[test]
    fn a_hub_that_listens_everywhere_is_reached_here() {
        let reached = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(reached("0.0.0.0:8443"), "127.0.0.1:8443");
        assert_eq!(reached("10.0.0.1:8443"), "10.0.0.1:8443");
    }
}
