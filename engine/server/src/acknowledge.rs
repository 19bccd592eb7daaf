//! Step 7, acknowledge: how an envelope ended, and what is known of it.

use bytes::Bytes;
use phytohub_core::shard::{Answer, Command};
use phytohub_model::{ConnectionCode, DeliveryNumber, Fault, HeaderFields, Outcome, TrackedHeader, TrackingState};

use crate::append::unexpected;
use crate::hub::Hub;

/// The three acknowledgements: the state the envelope has from now on.
///
/// # Errors
/// A client fault when no such envelope is the caller's, or it ended otherwise.
pub(crate) async fn acknowledge(
    hub: &Hub,
    codes: &[ConnectionCode],
    number: &str,
    outcome: Outcome,
    message: Option<String>,
) -> Result<TrackingState, Fault> {
    let codes = codes.to_vec();
    ask(hub, number, |number| Command::Acknowledge { codes, number, outcome, message }).await
}

/// Asks the shard of the envelope `number` what `command` makes of it.
async fn ask(hub: &Hub, number: &str, command: impl FnOnce(DeliveryNumber) -> Command) -> Result<TrackingState, Fault> {
    let unknown = || Fault::envelope_unknown(number);
    let parsed: DeliveryNumber = number.parse().map_err(|_| unknown())?;
    let shard = hub.shard(parsed.shard()).ok_or_else(unknown)?;
    match shard.ask(command(parsed), Bytes::new()).await? {
        Answer::Acknowledged(state) => Ok(state),
        Answer::AlreadyFinal(state) => Err(Fault::already_final(parsed, state)),
        Answer::Unknown => Err(unknown()),
        Answer::Refused(pressure) => Err(pressure.into()),
        other => Err(unexpected(&other)),
    }
}

/// SetTrackingInfoUpdate: the acknowledgement that the header's HUBTrackingInfo stands for.
///
/// # Errors
/// As [`acknowledge`], and a client fault for a state that no receiver can set.
pub(crate) async fn set_tracking(hub: &Hub, codes: &[ConnectionCode], header: &HeaderFields) -> Result<(), Fault> {
    let state: Option<TrackingState> = header.tracking_info.parse().ok();
    if state == Some(TrackingState::PendingDelivery) {
        let codes = codes.to_vec();
        return ask(hub, &header.delivery_number, |number| Command::Confirm { codes, number }).await.map(|_| ());
    }
    let Some(outcome) = state.and_then(TrackingState::outcome) else {
        let given: String = header.tracking_info.chars().take(64).collect();
        return Err(Fault::client(format!(
            "HUBTrackingInfo '{given}' cannot be set; a receiver sets Delivered, DeliveredWithWarnings or \
             DeliveredNotReadable"
        )));
    };
    let message = Some(header.error_message.clone()).filter(|message| !message.is_empty());
    acknowledge(hub, codes, &header.delivery_number, outcome, message).await.map(|_| ())
}

/// GetEnvelopeTrackingInfo: `None` when no such envelope is from or to the caller.
pub(crate) async fn tracking(
    hub: &Hub,
    codes: &[ConnectionCode],
    number: &str,
) -> Result<Option<TrackedHeader>, Fault> {
    let Ok(number) = number.parse::<DeliveryNumber>() else { return Ok(None) };
    let Some(shard) = hub.shard(number.shard()) else { return Ok(None) };
    match shard.ask(Command::Track { codes: codes.to_vec(), number }, Bytes::new()).await? {
        Answer::Tracked(header) => Ok(header),
        other => Err(unexpected(&other)),
    }
}
