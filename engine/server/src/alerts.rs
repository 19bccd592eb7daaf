//! The hub watches itself: looks at intervals, weighs by the rules of `phytohub-alert`, and sends what people are to
//! know. None of it is on the way of an envelope; a receiver of messages that hangs holds up nobody but itself.

mod gauges;
mod observe;
mod vitals;

use std::sync::Arc;

use phytohub_alert::{
    AlertSettings, Firing, Level, Message, Office, RULES, Recent, RuleId, Sent, Sight, WayState, What,
};
use phytohub_operate::layout::Layout;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use utoipa::ToSchema;

use crate::hub::Hub;
use observe::Standing;
pub(crate) use vitals::{CommitTimes, Vitals};

/// Reads what the process before left, and the ways that messages take.
///
/// # Errors
/// A sentence that names the setting or file that cannot be used.
pub(crate) fn open(settings: &AlertSettings, layout: &Layout) -> Result<Office, String> {
    let ways = phytohub_alert::ways(settings, layout.dir())?;
    let (office, complaint) = Office::open(settings.clone(), ways, layout.alerts());
    if let Some(complaint) = complaint {
        tracing::warn!(target: "phytohub::alerts", "{complaint}");
    }
    Ok(office)
}

/// Watches until the hub stops; the task then ends by itself.
pub(crate) fn start(hub: &Arc<Hub>, layout: &Layout, stop: watch::Receiver<bool>) -> JoinHandle<()> {
    for index in 0..hub.alerts.ways() {
        let hub = Arc::clone(hub);
        tokio::spawn(async move {
            let told = |way: &phytohub_alert::Way, message: &Message, outcome: &Result<(), String>| match outcome {
                Ok(()) => tracing::info!(target: "phytohub::alerts", way = way.name(), id = message.id, "message sent"),
                Err(error) => {
                    let (way, id) = (way.name(), message.id);
                    tracing::warn!(target: "phytohub::alerts", way, id, %error, "message not taken, tried again later");
                }
            };
            hub.alerts.carry(index, told).await;
        });
    }
    tokio::spawn(watch(Arc::clone(hub), Standing::now(layout), stop))
}

async fn watch(hub: Arc<Hub>, standing: Standing, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(hub.config.alerts.every.0);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is at once, when no shard has told anything yet.
    ticks.tick().await;
    while !*stop.borrow() {
        tokio::select! {
            biased;
            _ = stop.changed() => {}
            _ = ticks.tick() => {
                let (hub, standing) = (Arc::clone(&hub), standing.clone());
                // It writes a file now and then.
                let look = tokio::task::spawn_blocking(move || look(&hub, &standing));
                if look.await.is_err() {
                    tracing::error!(target: "phytohub::alerts", "a look at the hub panicked; alerts go on");
                }
            }
        }
    }
    let stopped = tokio::task::spawn_blocking(move || hub.alerts.stop());
    if let Ok(Err(error)) = stopped.await {
        tracing::warn!(target: "phytohub::alerts", %error, "the alerts were not saved");
    }
}

/// One look, and what follows from it.
fn look(hub: &Hub, standing: &Standing) {
    let seen = observe::observe(hub, standing);
    let (message, saved) = hub.alerts.observe(&seen);
    if let Err(error) = saved {
        // As on a full disk, of which this very message may speak.
        tracing::warn!(target: "phytohub::alerts", %error, "the alerts were not saved");
    }
    for event in message.iter().flat_map(|message| &message.events) {
        let (rule, subject, text) = (event.rule.rule().name, &event.subject, &event.text);
        match event.what {
            What::Fired => tracing::warn!(target: "phytohub::alerts", rule, %subject, "{text}"),
            What::Cleared => tracing::info!(target: "phytohub::alerts", rule, %subject, "over: {text}"),
        }
    }
    hub.metrics.vitals.observed(seen, hub.alerts.sight());
}

/// What `GET /v1/alerts` answers.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = Alerts)]
pub(crate) struct AlertsAnswer {
    pub(crate) rules: Vec<RuleRow>,
    pub(crate) firing: Vec<FiringRow>,
    pub(crate) recent: Vec<RecentRow>,
    pub(crate) ways: Vec<WayState>,
}

/// A rule as it is listed.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = AlertRule)]
pub(crate) struct RuleRow {
    pub(crate) id: RuleId,
    pub(crate) level: Level,
    pub(crate) sentence: String,
    pub(crate) hint: String,
    /// Its key in `[alerts]`; empty for none.
    pub(crate) setting: String,
    /// What that key says.
    pub(crate) value: String,
    pub(crate) off: bool,
}

/// An alert that holds.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = AlertFiring)]
pub(crate) struct FiringRow {
    pub(crate) rule: RuleId,
    pub(crate) subject: String,
    pub(crate) since: String,
    pub(crate) level: Level,
    pub(crate) text: String,
}

/// Something that happened.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = AlertEvent)]
pub(crate) struct RecentRow {
    pub(crate) rule: RuleId,
    pub(crate) subject: String,
    pub(crate) at: String,
    pub(crate) what: What,
    pub(crate) text: String,
    pub(crate) sent: Sent,
}

/// The rules, what holds and what happened.
pub(crate) fn answer(hub: &Hub) -> AlertsAnswer {
    AlertsAnswer::of(&hub.config.alerts, hub.alerts.sight())
}

impl AlertsAnswer {
    /// What was seen, with the rules of these settings.
    pub(crate) fn of(settings: &AlertSettings, sight: Sight) -> Self {
        let rules = RULES.iter().map(|rule| RuleRow {
            id: rule.id,
            level: rule.level,
            sentence: rule.sentence.to_owned(),
            hint: rule.hint.to_owned(),
            setting: rule.setting.to_owned(),
            value: (rule.value)(settings),
            off: settings.is_off(rule.id),
        });
        let firing = |Firing { rule, subject, since, level, text, .. }| FiringRow { rule, subject, since, level, text };
        let recent =
            |Recent { rule, subject, at, what, text, sent, .. }| RecentRow { rule, subject, at, what, text, sent };
        Self {
            rules: rules.collect(),
            firing: sight.firing.into_iter().map(firing).collect(),
            recent: sight.recent.into_iter().map(recent).collect(),
            ways: sight.ways,
        }
    }
}
