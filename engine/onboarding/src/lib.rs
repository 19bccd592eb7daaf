//! Onboarding with proof: what a national system must show in a sandbox before it works for real.
//!
//! A [`CheckList`] is told each [`Call`] of one candidate, ticks its cases off with the evidence, and says of each
//! other case what was seen last and what to do. From it stems a [`Report`] as text, JSON and HTML, which the sandbox
//! hub signs ([`Signed`]). This crate knows no socket, no file, no clock and no key.

mod call;
mod cases;
mod checklist;
mod html;
mod judge;
mod reject;
mod report;
mod signed;
mod text;

pub use call::{Answered, Asked, Call, Content, Dialect, Identity, Push};
pub use cases::{CASES, Case, Kind, case};
pub use checklist::{CheckList, Evidence, Progress, Spoken};
pub use report::{CaseReport, REPORT_FORMAT, Report};
pub use signed::{ALGORITHM, Signed};

/// The partner country of a sandbox that fetches and acknowledges what it is sent.
pub const ACKNOWLEDGING_PARTNER: &str = "XA";
/// The partner country of a sandbox that sends envelopes to the candidates.
pub const SENDING_PARTNER: &str = "XB";

#[cfg(test)]
mod tests;
