//! The envelope's life as its parties see it.

use std::fmt;
use std::str::FromStr;

/// HUBTrackingInfo. `PendingDelivery` is the only state with exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrackingState {
    /// Accepted and durable; waits for its destination.
    PendingDelivery,
    /// The destination has it.
    Delivered,
    /// Not delivered within the time allowed, or refused at the door.
    FailedDelivery,
    /// No envelope of that number is the caller's.
    EnvelopeNotExists,
    /// The destination has it and warns.
    DeliveredWithWarnings,
    /// The destination has it and cannot read it.
    DeliveredNotReadable,
}

/// What an acknowledgement can say: the three final states that only the destination can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// AcknowledgeEnvelopeReceipt.
    Delivered,
    /// AdvancedAcknowledgeEnvelopeReceipt.
    DeliveredWithWarnings,
    /// AcknowledgeFailedEnvelopeReceipt.
    DeliveredNotReadable,
}

impl TrackingState {
    /// All states, in the order of the service's type.
    pub const ALL: [Self; 6] = [
        Self::PendingDelivery,
        Self::Delivered,
        Self::FailedDelivery,
        Self::EnvelopeNotExists,
        Self::DeliveredWithWarnings,
        Self::DeliveredNotReadable,
    ];

    /// The state as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingDelivery => "PendingDelivery",
            Self::Delivered => "Delivered",
            Self::FailedDelivery => "FailedDelivery",
            Self::EnvelopeNotExists => "EnvelopeNotExists",
            Self::DeliveredWithWarnings => "DeliveredWithWarnings",
            Self::DeliveredNotReadable => "DeliveredNotReadable",
        }
    }

    /// The acknowledgement that leads to this state, if one does.
    pub fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Delivered => Some(Outcome::Delivered),
            Self::DeliveredWithWarnings => Some(Outcome::DeliveredWithWarnings),
            Self::DeliveredNotReadable => Some(Outcome::DeliveredNotReadable),
            Self::PendingDelivery | Self::FailedDelivery | Self::EnvelopeNotExists => None,
        }
    }
}

impl From<Outcome> for TrackingState {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Delivered => Self::Delivered,
            Outcome::DeliveredWithWarnings => Self::DeliveredWithWarnings,
            Outcome::DeliveredNotReadable => Self::DeliveredNotReadable,
        }
    }
}

impl fmt::Display for TrackingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TrackingState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}
