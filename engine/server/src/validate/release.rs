//! A release in shadow: it judges beside what is in force, and keeps who still sends what it will refuse.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use phytohub_change::{Delivery, Seen};

use super::Broken;
use super::aside::{Aside, Delivered};
use super::settings::Equipment;
use super::shadow::only;
use super::validators::Validators;
use crate::clock;

/// A release that judges, on a thread of its own until this is dropped.
pub(crate) struct ReleaseShadow {
    thread: Aside,
    seen: Arc<Mutex<Seen>>,
    /// What was left out before this thread began.
    left_out_before: u64,
}

impl ReleaseShadow {
    /// Lets `equipment` judge whatever is given to it, and goes on with what was `seen`.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub(crate) fn start(validators: &Validators, equipment: Equipment, seen: Seen) -> Result<Self, String> {
        let left_out_before = seen.left_out;
        let seen = Arc::new(Mutex::new(seen));
        let (active, into) = (validators.active(), Arc::clone(&seen));
        let thread = Aside::start("release", move |delivered| {
            let header = &delivered.header;
            let in_force = Arc::clone(&active.load().equipment.judge);
            let active = delivered.judged(in_force.as_ref());
            let release = delivered.judged(equipment.judge.as_ref());
            let delivery = Delivery {
                from: header.from.as_str(),
                certificate_type: header.document.kind.0,
                certificate_status: header.document.status.0,
                certificate_number: header.certificate_number.as_str(),
                is_enforced: delivered.is_enforced,
                at: clock::now(),
            };
            let refuses = (active.verdict.refuses(), release.verdict.refuses());
            let rules = only(&release, &active);
            let rules = rules.iter().map(|Broken { rule, level }| (rule.as_ref(), level.as_str()));
            locked(&into).judged(&delivery, refuses, rules);
        })?;
        Ok(Self { thread, seen, left_out_before })
    }

    pub(super) fn offer(&self, delivered: &Delivered) {
        self.thread.offer(delivered);
    }

    /// What it has seen so far.
    pub(crate) fn seen(&self) -> Seen {
        let mut seen = locked(&self.seen).clone();
        seen.left_out = self.left_out_before + self.thread.left_out();
        seen
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
