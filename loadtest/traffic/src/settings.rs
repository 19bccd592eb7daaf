//! Section `[traffic]` of a scenario.

use serde::{Deserialize, Serialize};

use crate::COUNTRIES;
use crate::dialect::Dialect;

/// What the traffic is like. Shares are from 0 to 1 and of all prototypes; prototypes are sent alike often, so they are
/// shares of the requests too.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrafficSettings {
    /// Countries that take part, from 2 to 249.
    pub members: usize,
    /// How unevenly they do: a member's weight is `1 / rank ^ head`, once among the senders and once, with another
    /// rank, among the receivers, and a pair's weight the product of its two. 0 makes all pairs alike; at 1 the first
    /// of 120 senders sends nearly a fifth of everything.
    pub head: f64,
    /// Different certificates that are made ahead. One takes about 25 KB of memory; attached files share theirs.
    pub prototypes: usize,
    /// Share of withdrawals.
    pub withdrawals: f64,
    /// Share of certificates for re-export.
    pub reexports: f64,
    /// Share of certificates that the hub must refuse.
    pub invalid: f64,
    /// Share of requests that attack.
    pub hostile: f64,
    /// Share of certificates with attached files. Their bytes are the quantiles of a bounded Pareto distribution of
    /// exponent 0.6 between the next two settings; with the defaults half have less than 13 KiB, one in a hundred more
    /// than 1.5 MiB. Then the median certificate has 9 KB and the mean one 13 KB; a request has a fifth more.
    pub attachments: f64,
    /// The fewest bytes of attached files in one certificate that has some.
    pub attachment_bytes_min: u64,
    /// The most bytes of attached files in one certificate; they grow by a third there.
    pub attachment_bytes_max: u64,
    /// How often each operation delivers.
    pub operations: OperationWeights,
    /// The client libraries that send, each alike often; one that is named twice sends twice as often.
    pub dialects: Vec<Dialect>,
    /// Share of the requests with a chunked body, among those of libraries that could do either.
    pub chunked: f64,
}

/// How often each operation delivers, relative to the others.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperationWeights {
    /// ValidateAndDeliverEnvelope. Invalid certificates always come by it.
    pub validate_and_deliver: f64,
    /// DeliverEnvelope.
    pub deliver: f64,
    /// DeliverPhytoEnvelope.
    pub deliver_phyto: f64,
}

/// At some 25 KB each they are 500 MB.
const PROTOTYPES_MAX: usize = 20_000;

/// Beyond, the first member alone is all the traffic.
const HEAD_MAX: f64 = 8.0;

/// Three files of so many bytes together still have more than their first lines.
const ATTACHMENT_BYTES_MIN: u64 = 1 << 10;

/// As base64, in a body of its own, this still fits the largest body a hub can be set to take.
const ATTACHMENT_BYTES_MAX: u64 = 40 << 20;

impl TrafficSettings {
    /// Whether traffic can be made from them.
    ///
    /// # Errors
    /// A sentence that names the setting and what it may be.
    pub fn check(&self) -> Result<(), String> {
        within("members", self.members, 2, COUNTRIES.len())?;
        within("prototypes", self.prototypes, 1, PROTOTYPES_MAX)?;
        if !(0.0..=HEAD_MAX).contains(&self.head) {
            return Err(format!("traffic.head is {}; it may be from 0 to {HEAD_MAX}", self.head));
        }
        for (name, share) in [
            ("withdrawals", self.withdrawals),
            ("reexports", self.reexports),
            ("invalid", self.invalid),
            ("hostile", self.hostile),
            ("attachments", self.attachments),
            ("chunked", self.chunked),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return Err(format!("traffic.{name} is {share}; a share is from 0 to 1"));
            }
        }
        let special = self.withdrawals + self.reexports + self.invalid + self.hostile;
        // Shares written in decimals may miss 1 by a few bits.
        if special > 1.0 + 1e-9 {
            return Err(format!(
                "traffic.withdrawals, reexports, invalid and hostile are {special} together; no more than 1 can \
                 be shared"
            ));
        }
        if self.attachment_bytes_max > ATTACHMENT_BYTES_MAX {
            return Err(format!(
                "traffic.attachment_bytes_max is {}; the largest file that can be sent has \
                 {ATTACHMENT_BYTES_MAX} bytes",
                self.attachment_bytes_max
            ));
        }
        if self.attachment_bytes_min < ATTACHMENT_BYTES_MIN || self.attachment_bytes_max < self.attachment_bytes_min {
            return Err(format!(
                "traffic.attachment_bytes_min is {}; it may be from {ATTACHMENT_BYTES_MIN} to attachment_bytes_max",
                self.attachment_bytes_min
            ));
        }
        self.operations.check()?;
        if self.dialects.is_empty() {
            return Err("traffic.dialects names none; [\"plain\"] is the simplest".to_owned());
        }
        Ok(())
    }
}

impl OperationWeights {
    fn check(&self) -> Result<(), String> {
        let weights = [self.validate_and_deliver, self.deliver, self.deliver_phyto];
        if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) {
            return Err("traffic.operations has a weight that is negative or no number".to_owned());
        }
        if weights.iter().sum::<f64>() <= 0.0 {
            return Err("traffic.operations has no weight above 0; nothing would be sent".to_owned());
        }
        Ok(())
    }
}

fn within(name: &str, value: usize, low: usize, high: usize) -> Result<(), String> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(format!("traffic.{name} is {value}; it may be from {low} to {high}"))
}

impl Default for TrafficSettings {
    fn default() -> Self {
        Self {
            members: 120,
            head: 1.0,
            prototypes: 2000,
            withdrawals: 0.02,
            reexports: 0.05,
            invalid: 0.0,
            hostile: 0.0,
            attachments: 0.02,
            // A page scanned small.
            attachment_bytes_min: 4 << 10,
            attachment_bytes_max: 3 << 20,
            operations: OperationWeights::default(),
            dialects: Dialect::ALL.to_vec(),
            chunked: 0.2,
        }
    }
}

impl Default for OperationWeights {
    fn default() -> Self {
        Self { validate_and_deliver: 1.0, deliver: 0.0, deliver_phyto: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(change: impl FnOnce(&mut TrafficSettings), sentence: &str) {
        let mut settings = TrafficSettings::default();
        change(&mut settings);
        let error = settings.check().expect_err("cannot be made");
        assert!(error.contains(sentence), "expected: {sentence}\n     got: {error}");
    }

    #[test]
    fn the_defaults_can_be_made() {
        assert_eq!(TrafficSettings::default().check(), Ok(()));
        let all =
            TrafficSettings { withdrawals: 0.7, reexports: 0.1, invalid: 0.1, hostile: 0.1, ..Default::default() };
        assert_eq!(all.check(), Ok(()));
    }

    #[test]
    fn what_cannot_be_made_is_named() {
        refuses(|settings| settings.members = 1, "traffic.members is 1; it may be from 2 to 249");
        refuses(|settings| settings.members = 250, "traffic.members is 250");
        refuses(|settings| settings.prototypes = 0, "traffic.prototypes is 0; it may be from 1 to 20000");
        refuses(|settings| settings.head = -1.0, "traffic.head is -1");
        refuses(|settings| settings.head = f64::NAN, "traffic.head is NaN; it may be from 0 to 8");
        refuses(|settings| settings.hostile = 1.5, "traffic.hostile is 1.5; a share is from 0 to 1");
        refuses(|settings| settings.chunked = f64::NAN, "traffic.chunked is NaN");
        refuses(|settings| (settings.invalid, settings.hostile) = (0.6, 0.6), "no more than 1 can be shared");
        refuses(|settings| settings.attachment_bytes_max = 1 << 30, "attachment_bytes_max is 1073741824");
        refuses(|settings| settings.attachment_bytes_max = 4095, "attachment_bytes_min is 4096; it may be from 1024");
        refuses(|settings| settings.attachment_bytes_min = 0, "attachment_bytes_min is 0");
        refuses(|settings| settings.operations.deliver = -1.0, "a weight that is negative");
        refuses(|settings| settings.operations.validate_and_deliver = 0.0, "no weight above 0");
        refuses(|settings| settings.dialects.clear(), "traffic.dialects names none");
    }
}
