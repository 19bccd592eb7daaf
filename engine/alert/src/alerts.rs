//! Alerts: an observation in, events out. Each alert of a rule about a subject begins once and ends once, however long
//! it lasts and however often the hub starts again meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use phytohub_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::caps::Caps;
use crate::conditions::{Condition, Verdict, conditions, span_text};
use crate::message::{Event, Message, What};
use crate::observation::Observation;
use crate::rules::{Kind, Level, RuleId};
use crate::settings::AlertSettings;
use crate::windows::{Habit, Windows};

/// Events kept for lists: some days of a hub in trouble.
const RECENT_MAX: usize = 200;

type Key = (RuleId, String);

/// An alert that holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Firing {
    /// By which rule.
    pub rule: RuleId,
    /// About whom; empty for the hub.
    pub subject: String,
    /// Since when, in RFC 3339.
    pub since: String,
    /// How bad it is.
    pub level: Level,
    /// How things stand, as of the last look.
    pub text: String,
    /// How far it has got, for rules with steps.
    pub(crate) step: u8,
    /// Whether people were told.
    pub(crate) told: bool,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Recent {
    /// By which rule.
    pub rule: RuleId,
    /// About whom; empty for the hub.
    pub subject: String,
    /// When, in RFC 3339.
    pub at: String,
    /// Whether it began or ended.
    pub what: What,
    /// How things stood.
    pub text: String,
    /// Whether people were told.
    pub sent: Sent,
    /// The message that tells it.
    pub(crate) message: u64,
}

/// Whether people were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = AlertSent)]
#[serde(rename_all = "lowercase")]
pub enum Sent {
    /// Nobody is to be told: no way is set.
    Nobody,
    /// Not told, the day's number was reached.
    Withheld,
    /// On its way.
    Waiting,
    /// At least one way took it.
    Sent,
    /// No way took it in time.
    Failed,
}

/// What outlives a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Saved {
    firing: Vec<Firing>,
    recent: Vec<Recent>,
    caps: Caps,
    habits: BTreeMap<String, Habit>,
    last_message: u64,
    unsent: u64,
    /// The process that saved this ended as it was told to.
    stopped: bool,
}

/// All alerts of a hub.
#[derive(Debug)]
pub struct Alerts {
    settings: AlertSettings,
    firing: BTreeMap<Key, Firing>,
    /// What does not hold long enough yet: since when the process had run so long, and how far it has got.
    holding: BTreeMap<Key, Duration>,
    recent: VecDeque<Recent>,
    caps: Caps,
    windows: Windows,
    last_message: u64,
    unsent: u64,
    /// How the run before ended, when there was one and it was not told yet.
    before: Option<bool>,
    last_look: Option<(Timestamp, Duration)>,
    clock_jumps: u64,
    has_ways: bool,
}

impl Alerts {
    /// Alerts that go on where the process before ended. `has_ways` = somebody is told.
    pub fn new(settings: AlertSettings, saved: Option<Saved>, has_ways: bool) -> Self {
        let before = saved.as_ref().map(|saved| saved.stopped);
        let saved = saved.unwrap_or_default();
        Self {
            settings,
            firing: saved.firing.into_iter().map(|firing| ((firing.rule, firing.subject.clone()), firing)).collect(),
            holding: BTreeMap::new(),
            recent: saved.recent.into(),
            caps: saved.caps,
            windows: Windows::new(saved.habits),
            last_message: saved.last_message,
            unsent: saved.unsent,
            before,
            last_look: None,
            clock_jumps: 0,
            has_ways,
        }
    }

    /// Takes an observation in. The message is what people are to be told; none when nothing changed.
    pub fn observe(&mut self, seen: &Observation) -> Option<Message> {
        let day_turned = self.caps.turn(seen.at);
        let mut events = self.momentary(seen);
        let mut all = conditions(seen, &self.settings);
        all.extend(self.windows.observe(seen, &self.settings));
        all.retain(|condition| !self.settings.is_off(condition.rule));
        events.extend(self.gone(&all, seen.at));
        for condition in all {
            events.extend(self.weigh(condition, seen));
        }
        if day_turned {
            events.extend(self.untold());
        }
        self.last_look = Some((seen.at, seen.running));
        self.message(seen.at, events, day_turned)
    }

    /// What to keep for the next process; `stopped` when this one ends as it was told to.
    pub fn saved(&self, stopped: bool) -> Saved {
        Saved {
            firing: self.firing.values().cloned().collect(),
            recent: self.recent.iter().cloned().collect(),
            caps: self.caps.clone(),
            habits: self.windows.habits.clone(),
            last_message: self.last_message,
            unsent: self.unsent,
            stopped,
        }
    }

    /// A message ended: some way took it, or none did.
    pub fn ended(&mut self, message: u64, was_sent: bool) {
        let tells = |recent: &&mut Recent| recent.message == message && recent.sent == Sent::Waiting;
        for recent in self.recent.iter_mut().filter(tells) {
            recent.sent = if was_sent { Sent::Sent } else { Sent::Failed };
        }
        self.unsent += u64::from(!was_sent);
    }

    /// What holds now, the worst first.
    pub fn firing(&self) -> Vec<Firing> {
        let mut firing: Vec<Firing> = self.firing.values().cloned().collect();
        firing.sort_by(|left, right| right.level.cmp(&left.level).then(left.since.cmp(&right.since)));
        firing
    }

    /// What happened, the newest first.
    pub fn recent(&self) -> Vec<Recent> {
        self.recent.iter().rev().cloned().collect()
    }

    /// How often the clock was set since the process began.
    pub fn clock_jumps(&self) -> u64 {
        self.clock_jumps
    }

    /// Members that fetch regularly, and when they last did.
    pub fn regular(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        let habits = self.windows.habits.iter().filter(|(_, habit)| habit.is_regular());
        habits.map(|(code, habit)| (code.as_str(), Timestamp(habit.last)))
    }

    /// What happened and is over at once.
    fn momentary(&mut self, seen: &Observation) -> Vec<Event> {
        let mut events = Vec::new();
        let mut happened = |rule: RuleId, text: String| {
            debug_assert_eq!(rule.rule().kind, Kind::Momentary);
            events.push(Event {
                what: What::Fired,
                rule,
                level: rule.rule().level,
                subject: String::new(),
                since: seen.at.to_string(),
                text,
                hint: rule.rule().hint.to_owned(),
            });
        };
        match self.before.take() {
            Some(true) => happened(RuleId::HubRestarted, "The hub started again after it was stopped".to_owned()),
            Some(false) => {
                let text = "The hub started again; the run before ended without being told to".to_owned();
                happened(RuleId::HubRestarted, text);
            }
            None => {}
        }
        if let Some((at, running)) = self.last_look {
            let passed = seen.running.saturating_sub(running);
            let (ahead, behind) = (seen.at.since(at.plus(passed)), at.plus(passed).since(seen.at));
            let (jump, way) = if ahead > behind { (ahead, "forward") } else { (behind, "back") };
            if jump >= self.settings.clock_jump.0 {
                self.clock_jumps += 1;
                happened(RuleId::ClockJump, format!("The system's clock was set {way} by {}", span_text(jump)));
            }
        }
        events.retain(|event| !self.settings.is_off(event.rule));
        let mut told = Vec::new();
        for event in events {
            let is_told = self.caps.take(event.rule, &self.settings);
            self.note(&event, is_told, seen.at);
            told.extend(is_told.then_some(event));
        }
        told
    }

    /// Alerts about what is no longer watched: a member that left, a certificate that was revoked.
    fn gone(&mut self, all: &[Condition], at: Timestamp) -> Vec<Event> {
        let watched = |key: &Key| all.iter().any(|condition| condition.rule == key.0 && condition.subject == key.1);
        self.holding.retain(|key, _| watched(key));
        let gone: Vec<Key> = self.firing.keys().filter(|key| !watched(key)).cloned().collect();
        let text = |key: &Key| match self.settings.is_off(key.0) {
            true => "The rule was turned off".to_owned(),
            false => format!("{} is no longer watched: inactive, revoked or gone", key.1),
        };
        let gone: Vec<(Key, String)> = gone.into_iter().map(|key| (key.clone(), text(&key))).collect();
        gone.into_iter().filter_map(|(key, text)| self.clear(&key, text, at)).collect()
    }

    /// One condition against what is known.
    fn weigh(&mut self, condition: Condition, seen: &Observation) -> Option<Event> {
        let key = (condition.rule, condition.subject.clone());
        let step = match condition.verdict {
            Verdict::Breach(step) => step,
            Verdict::Fine => {
                self.holding.remove(&key);
                return self.clear(&key, condition.text, seen.at);
            }
            Verdict::Unsure => {
                self.holding.remove(&key);
                if let Some(firing) = self.firing.get_mut(&key) {
                    firing.text = condition.text;
                }
                return None;
            }
        };
        if let Some(firing) = self.firing.get_mut(&key) {
            firing.text.clone_from(&condition.text);
            if step <= firing.step {
                firing.step = step;
                return None;
            }
        }
        let began = *self.holding.entry(key.clone()).or_insert(seen.running);
        if seen.running.saturating_sub(began) < condition.rule.rule().holds {
            return None;
        }
        self.holding.remove(&key);
        self.fire(key, condition, step, seen.at)
    }

    fn fire(&mut self, key: Key, condition: Condition, step: u8, at: Timestamp) -> Option<Event> {
        let told = self.caps.take(condition.rule, &self.settings);
        let Condition { rule, subject, level, text, .. } = condition;
        let since = self.firing.get(&key).map_or_else(|| at.to_string(), |firing| firing.since.clone());
        let was_told = self.firing.get(&key).is_some_and(|firing| firing.told);
        let firing = Firing { rule, subject, since, level, text, step, told: told || was_told };
        let event = begun(&firing);
        self.firing.insert(key, firing);
        self.note(&event, told, at);
        told.then_some(event)
    }

    /// Ends an alert. Whoever was told of its beginning is told of its end, whatever the day's number says.
    fn clear(&mut self, key: &Key, text: String, at: Timestamp) -> Option<Event> {
        let Firing { rule, subject, since, level, told, .. } = self.firing.remove(key)?;
        let event = Event { what: What::Cleared, rule, level, subject, since, text, hint: String::new() };
        self.note(&event, told, at);
        told.then_some(event)
    }

    /// A new day: what holds and was never told.
    fn untold(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for firing in self.firing.values_mut().filter(|firing| !firing.told) {
            firing.told = self.caps.take(firing.rule, &self.settings);
            if firing.told {
                events.push(begun(firing));
            }
        }
        events
    }

    fn note(&mut self, event: &Event, told: bool, at: Timestamp) {
        let sent = match (self.has_ways, told) {
            (_, false) => Sent::Withheld,
            (false, true) => Sent::Nobody,
            (true, true) => Sent::Waiting,
        };
        let Event { rule, subject, what, text, .. } = event.clone();
        let message = self.last_message + 1;
        self.recent.push_back(Recent { rule, subject, at: at.to_string(), what, text, sent, message });
        while self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
    }

    fn message(&mut self, at: Timestamp, events: Vec<Event>, day_turned: bool) -> Option<Message> {
        // What was withheld is told with the next message; when none comes, with the new day.
        if events.is_empty() && !(day_turned && self.caps.has_withheld()) {
            return None;
        }
        self.last_message += 1;
        let (withheld, unsent) = (self.caps.withheld(), std::mem::take(&mut self.unsent));
        Some(Message::new(self.last_message, &self.settings.name, at, events, withheld, unsent))
    }
}

fn begun(firing: &Firing) -> Event {
    let Firing { rule, subject, since, level, text, .. } = firing.clone();
    Event { what: What::Fired, rule, level, subject, since, text, hint: rule.rule().hint.to_owned() }
}
