//! A request on its way through the hub: authenticate, admit, ask the shards, read content, answer. Waiting is done in
//! events; what is decided and put together is the hub's own code.

use std::collections::VecDeque;

use bytes::Bytes;
use phytohub_core::admission::admit;
use phytohub_core::shard::{Answer, Command};
use phytohub_journal::ReadError;
use phytohub_model::{ConnectionCode, DeliveryNumber, Locator, Outcome, Pressure, ShardId, TrackedHeader};
use phytohub_shard::Request;
use phytohub_shard::append::delivery;
use phytohub_shard::deliver::{Headers, Reading, TRIES_MAX, Waiting};
use phytohub_shard::route::{shard_index, shards_of};

use crate::mutation::Mutation;
use crate::oracle::{Guarantee, Moment, Verdict, broken};
use crate::parties::{Ask, CallId, Said, TOO_LARGE};
use crate::world::{Event, World};

/// A request that the hub works on.
pub(crate) struct Task {
    /// Whose; `None` for the hub's own, of push and operators.
    pub(crate) call: Option<CallId>,
    pub(crate) began: Moment,
    pub(crate) codes: Vec<ConnectionCode>,
    pub(crate) work: Work,
}

/// What is being done for it.
pub(crate) enum Work {
    Deliver,
    /// Shards are asked one after the other for what waits.
    PullMany {
        tries: u32,
        shards: VecDeque<usize>,
        waiting: Waiting<usize>,
    },
    /// Contents are read one after the other.
    ReadMany {
        tries: u32,
        reading: Reading<(Locator, usize)>,
    },
    PullOne {
        tries: u32,
        number: DeliveryNumber,
        found: Option<(TrackedHeader, Locator)>,
    },
    List {
        shards: VecDeque<usize>,
        headers: Headers,
    },
    Acknowledge,
    Track,
    /// A worker of push asks or tells.
    Push(ConnectionCode),
    /// An operator has parked envelopes delivered again.
    Redeliver,
}

/// How long a request may take while the hub runs and its disk is not slow.
const ANSWER_WITHIN: u64 = 60_000;

impl World {
    /// Steps 1 and 2: a request has come.
    pub(crate) fn arrive(&mut self, id: CallId) -> Verdict {
        let now = self.moment();
        if self.hub.is_none() {
            return Ok(());
        }
        self.trace.borrow_mut().counts.requests += 1;
        let Some(call) = self.calls.get(&id) else { return Ok(()) };
        let (ask, certificate) = (call.ask.clone(), call.certificate);
        match &ask {
            Ask::Deliver(intent) => self.oracle.arrives(*intent, now),
            Ask::Acknowledge(number, outcome) => self.oracle.asks(*number, *outcome, now),
            _ => {}
        }
        let Some(hub) = &mut self.hub else { return Ok(()) };
        let registry = hub.bugs.registry(&hub.registry, self.clock.steady(), self.mutation);
        let caller = registry.caller(self.clock.wall(), &certificate);
        let expected = self.expected.codes_of(certificate);
        let codes: Vec<ConnectionCode> = match caller {
            Ok(caller) if caller.codes[..] == expected[..] => expected,
            Err(_) if expected.is_empty() => {
                if let Ask::Deliver(intent) = ask {
                    self.oracle.not_taken(intent);
                }
                self.answer(id, now, Said::Stranger);
                return Ok(());
            }
            other => {
                let what = format!("a certificate that acts for {expected:?} by the answers is taken for {other:?}");
                return broken(Guarantee::Identity, what);
            }
        };
        self.begin(id, now, codes, ask)
    }

    fn begin(&mut self, id: CallId, began: Moment, codes: Vec<ConnectionCode>, ask: Ask) -> Verdict {
        let Some(hub) = &self.hub else { return Ok(()) };
        let shards = || shards_of(&hub.registry, &codes, self.plan.shards).into();
        let work = match ask {
            Ask::Deliver(intent) => return self.deliver(id, began, codes, intent),
            Ask::PullMany => {
                if let Some(stale) = self.stale_pull(&codes) {
                    return self.finish(id, began, &codes, Said::Envelopes(stale));
                }
                Work::PullMany { tries: 1, shards: shards(), waiting: Waiting::default() }
            }
            Ask::List => Work::List { shards: shards(), headers: Headers::default() },
            Ask::PullOne(number) => Work::PullOne { tries: 1, number, found: None },
            Ask::Acknowledge(number, outcome) => {
                let command = Command::Acknowledge { codes: codes.clone(), number, outcome, message: words(outcome) };
                let task = self.task(Some(id), began, codes, Work::Acknowledge);
                return self.ask(task, number.shard(), command, Bytes::new());
            }
            Ask::Track(number) => {
                let command = Command::Track { codes: codes.clone(), number };
                let task = self.task(Some(id), began, codes, Work::Track);
                return self.ask(task, number.shard(), command, Bytes::new());
            }
        };
        let task = self.task(Some(id), began, codes, work);
        self.go_on(task)
    }

    /// Steps 4 and 5 of a delivery.
    fn deliver(&mut self, id: CallId, began: Moment, codes: Vec<ConnectionCode>, intent: usize) -> Verdict {
        let Some(hub) = &mut self.hub else { return Ok(()) };
        let sent = &self.oracle.intents[intent];
        let (fields, content, from, to) = (sent.fields.clone(), sent.content.clone(), sent.from, sent.to);
        let is_active = |code: &ConnectionCode| self.expected.active.get(code) == Some(&true);
        let able = is_active(&from) && is_active(&to) && codes.contains(&from);
        let admitted = admit(&hub.registry, &codes, &fields, !content.is_empty());
        let admitted = match admitted {
            Ok(admitted) if able => admitted,
            Err(refusal) if !able => {
                self.oracle.not_taken(intent);
                self.answer(id, began, Said::NotTaken(refusal.reason()));
                return Ok(());
            }
            other => {
                let what = format!("delivery {intent} from {from} to {to}: {other:?}, both active: {able}");
                return broken(Guarantee::Identity, what);
            }
        };
        // As the server says: what never finds room with its copies is not told to try again.
        let copies = admitted.copies.len();
        if copies > 0 && self.plan.journal.records_max(content.len()) <= copies {
            self.oracle.not_taken(intent);
            self.answer(id, began, Said::NotTaken(TOO_LARGE));
            return Ok(());
        }
        if self.mutation == Some(Mutation::DedupOnSeen)
            && let Some(header) = hub.bugs.seen(intent)
        {
            return self.finish(id, began, &codes, Said::Accepted(header, Vec::new()));
        }
        let index = shard_index(&to, self.plan.shards);
        let random = &mut self.random;
        let number = || Ok::<_, Pressure>(DeliveryNumber::new(ShardId(index as u8), random.bytes()));
        let command = delivery(admitted, &content, content.len() as u32, number);
        let Ok(mut command) = command else { return Ok(()) };
        crate::bugs::deform(&mut command, self.mutation, &mut self.random);
        if let Command::Deliver(deliver) = &command {
            hub.bugs.note(intent, deliver);
        }
        let task = self.task(Some(id), began, codes, Work::Deliver);
        self.ask(task, ShardId(index as u8), command, content)
    }

    /// A new task; gives its name.
    pub(crate) fn task(&mut self, call: Option<CallId>, began: Moment, codes: Vec<ConnectionCode>, work: Work) -> u64 {
        let Some(hub) = &mut self.hub else { return 0 };
        hub.next_task += 1;
        hub.tasks.insert(hub.next_task, Task { call, began, codes, work });
        hub.next_task
    }

    /// Puts a command into a shard's queue.
    pub(crate) fn ask(&mut self, task: u64, shard: ShardId, command: Command, content: Bytes) -> Verdict {
        let Some(hub) = &mut self.hub else { return Ok(()) };
        let shard = usize::from(shard.0);
        if hub.shards.get(shard).is_none() {
            return broken(Guarantee::Bytes, format!("there is no shard {shard}"));
        }
        let process = &mut hub.shards[shard];
        if process.queue.len() >= self.plan.queue {
            let life = self.lives;
            let answer = Box::new(Answer::Refused(Pressure::Queue));
            self.after(0, Event::Told { life, task, answer });
            return Ok(());
        }
        process.queue.push_back(Request { command, content, reply: task });
        let within = self.random.below(3);
        self.wake(shard, within);
        Ok(())
    }

    /// Asks the next shard, or begins to read.
    fn go_on(&mut self, id: u64) -> Verdict {
        let Some(task) = self.hub.as_mut().and_then(|hub| hub.tasks.get_mut(&id)) else { return Ok(()) };
        let codes = task.codes.clone();
        match &mut task.work {
            Work::PullMany { shards, .. } if !shards.is_empty() => {
                let shard = shards[0];
                self.ask(id, ShardId(shard as u8), Command::PullMany { codes }, Bytes::new())
            }
            Work::PullMany { tries, waiting, .. } => {
                let limits = &self.plan.core;
                let waiting = std::mem::take(waiting);
                let reading = waiting.oldest_first(limits.envelopes_per_answer_max, limits.bytes_per_answer_max);
                task.work = Work::ReadMany { tries: *tries, reading };
                self.read_soon(id)
            }
            Work::List { shards, .. } if !shards.is_empty() => {
                let shard = shards[0];
                self.ask(id, ShardId(shard as u8), Command::ListInbox { codes, from: None }, Bytes::new())
            }
            Work::List { headers, .. } => {
                let listed = std::mem::take(headers).oldest_first(self.plan.core.headers_per_answer_max);
                self.end(id, Said::Headers(listed))
            }
            Work::PullOne { number, .. } => {
                let number = *number;
                self.ask(id, number.shard(), Command::PullOne { codes, number }, Bytes::new())
            }
            _ => Ok(()),
        }
    }

    /// A shard has answered.
    pub(crate) fn told(&mut self, id: u64, answer: Answer) -> Verdict {
        let Some(task) = self.hub.as_mut().and_then(|hub| hub.tasks.get_mut(&id)) else { return Ok(()) };
        match (&mut task.work, answer) {
            (Work::Push(code), answer) => {
                let code = *code;
                self.hub.as_mut().map(|hub| hub.tasks.remove(&id));
                self.push_told(code, answer)
            }
            (Work::Redeliver, answer) => {
                self.say(format_args!("operator: {answer:?}"));
                self.hub.as_mut().map(|hub| hub.tasks.remove(&id));
                Ok(())
            }
            (_, Answer::Refused(pressure)) => self.end(id, Said::Pressed(pressure)),
            (Work::Deliver, Answer::Accepted { header, copies, .. }) => self.end(id, Said::Accepted(header, copies)),
            (Work::PullMany { shards, waiting, .. }, Answer::Envelopes(envelopes)) => {
                if let Some(shard) = shards.pop_front() {
                    waiting.add(envelopes, &shard);
                }
                self.go_on(id)
            }
            (Work::List { shards, headers }, Answer::Headers(listed)) => {
                shards.pop_front();
                headers.add(listed);
                self.go_on(id)
            }
            (Work::PullOne { .. }, Answer::Envelope(None)) => self.end(id, Said::One(None)),
            (Work::PullOne { found, .. }, Answer::Envelope(Some(envelope))) => {
                *found = Some(envelope);
                self.read_soon(id)
            }
            (Work::Acknowledge, Answer::Acknowledged(state)) => self.end(id, Said::Acknowledged(state)),
            (Work::Acknowledge, Answer::AlreadyFinal(state)) => self.end(id, Said::AlreadyFinal(state)),
            (Work::Acknowledge, Answer::Unknown) => self.end(id, Said::Unknown),
            (Work::Track, Answer::Tracked(header)) => self.end(id, Said::Tracked(header)),
            (_, answer) => broken(Guarantee::Invariants, format!("an answer that does not fit: {answer:?}")),
        }
    }

    fn read_soon(&mut self, task: u64) -> Verdict {
        let life = self.lives;
        let pause = if self.random.percent(20) { self.random.below(400) } else { self.random.below(3) };
        self.after(pause, Event::Read { life, task });
        Ok(())
    }

    /// Step 6: reads the next content.
    pub(crate) fn read(&mut self, id: u64) -> Verdict {
        let Some(task) = self.hub.as_ref().and_then(|hub| hub.tasks.get(&id)) else { return Ok(()) };
        let place = match &task.work {
            Work::ReadMany { reading, .. } => reading.next_place().copied(),
            Work::PullOne { number, found: Some((_, locator)), .. } => Some((*locator, usize::from(number.shard().0))),
            _ => None,
        };
        let Some((locator, shard)) = place else { return self.read_all(id) };
        let content = match self.content(shard, locator) {
            Ok(content) => content,
            Err(error) => {
                self.say(format_args!("a content cannot be read: {error}"));
                if !self.harm.explains(&error) {
                    return broken(Guarantee::Bytes, format!("a content cannot be read: {error}"));
                }
                return self.end(id, Said::Broken);
            }
        };
        let skips = self.mutation == Some(Mutation::SkipWhatMoved);
        let Some(task) = self.hub.as_mut().and_then(|hub| hub.tasks.get_mut(&id)) else { return Ok(()) };
        match (&mut task.work, content) {
            (Work::ReadMany { reading, .. }, None) if skips => reading.take(Some(crate::bugs::LEFT_OUT)),
            (Work::ReadMany { reading, .. }, content) => reading.take(content),
            (Work::PullOne { found, .. }, Some(content)) => {
                let envelope = found.take().map(|(header, _)| (header, content));
                return self.end(id, Said::One(envelope));
            }
            (Work::PullOne { tries, .. }, None) => {
                *tries += 1;
                let enough = *tries > TRIES_MAX;
                return if enough { self.end(id, Said::Pressed(Pressure::Queue)) } else { self.go_on(id) };
            }
            _ => {}
        }
        self.read_soon(id)
    }

    /// All contents were read that can be.
    fn read_all(&mut self, id: u64) -> Verdict {
        let Some(hub) = &mut self.hub else { return Ok(()) };
        let Some(Task { call, began, codes, work }) = hub.tasks.remove(&id) else { return Ok(()) };
        let Work::ReadMany { tries, reading } = work else { return Ok(()) };
        let Some(call) = call else { return Ok(()) };
        match reading.finish() {
            Some(mut envelopes) => {
                if self.mutation == Some(Mutation::SkipWhatMoved) {
                    envelopes.retain(|(_, content)| *content != crate::bugs::LEFT_OUT);
                }
                self.finish(call, began, &codes, Said::Envelopes(envelopes))
            }
            None if tries >= TRIES_MAX => self.finish(call, began, &codes, Said::Pressed(Pressure::Queue)),
            None => {
                let shards = shards_of(&hub.registry, &codes, self.plan.shards).into();
                let work = Work::PullMany { tries: tries + 1, shards, waiting: Waiting::default() };
                let task = self.task(Some(call), began, codes, work);
                self.go_on(task)
            }
        }
    }

    /// Reads a content as the hub does: from memory, or else from the disk; `None` = not there any more.
    pub(crate) fn content(&mut self, shard: usize, locator: Locator) -> Result<Option<Bytes>, String> {
        let Some(hub) = &self.hub else { return Ok(None) };
        let reader = hub.shards[shard].owner.reader();
        let read = match reader.try_read_cached(locator) {
            Ok(None) => reader.read(locator).map(Some),
            other => other,
        };
        match read {
            Ok(content) => Ok(content),
            Err(ReadError::Gone) => Ok(None),
            Err(ReadError::Damaged { .. }) if self.mutation == Some(Mutation::ServeDamage) => {
                Ok(Some(crate::bugs::raw(&self.disk, shard, locator)))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn end(&mut self, id: u64, said: Said) -> Verdict {
        let Some(hub) = &mut self.hub else { return Ok(()) };
        let Some(task) = hub.tasks.remove(&id) else { return Ok(()) };
        let Some(call) = task.call else { return Ok(()) };
        self.finish(call, task.began, &task.codes, said)
    }

    /// The answer leaves the hub: from here on it is a promise.
    fn finish(&mut self, id: CallId, began: Moment, codes: &[ConnectionCode], said: Said) -> Verdict {
        let now = self.moment();
        let Some(ask) = self.calls.get(&id).map(|call| call.ask.clone()) else { return Ok(()) };
        let (oracle, clock) = (&mut self.oracle, &self.clock);
        match (&ask, &said) {
            (Ask::Deliver(intent), Said::Accepted(header, copies)) => {
                oracle.accepted(*intent, header, copies, clock, began, now)?;
                self.trace.borrow_mut().counts.envelopes += 1 + copies.len() as u64;
            }
            (Ask::Deliver(intent), Said::Pressed(pressure)) => {
                let limited = self.harm.was_full_since(now.at.saturating_sub(10_000));
                oracle.not_taken(*intent);
                let Some(hub) = &self.hub else { return Ok(()) };
                self.oracle.pressed(*intent, *pressure, limited, began, || self.waited(hub, began.at))?;
            }
            (Ask::PullMany, Said::Envelopes(envelopes)) => {
                oracle.pulled(codes, began, envelopes, clock, now)?;
                self.keep_pull(codes, envelopes);
            }
            (Ask::PullOne(number), Said::One(envelope)) => {
                oracle.pulled_one(codes, began, *number, envelope.as_ref(), clock, now)?;
            }
            (Ask::List, Said::Headers(headers)) => oracle.listed(codes, began, headers, clock, now)?,
            (Ask::Acknowledge(number, _), Said::Acknowledged(state) | Said::AlreadyFinal(state)) => {
                oracle.acknowledged(*number, *state, clock, now)?;
            }
            (Ask::Acknowledge(number, _), Said::Unknown) => oracle.acknowledged_nothing(codes, *number, clock)?,
            (Ask::Track(number), Said::Tracked(header)) => {
                oracle.tracked(codes, *number, header.as_ref(), clock, began, now)?
            }
            _ => {}
        }
        self.answer(id, began, said);
        Ok(())
    }

    /// Whether any request waits longer than it may.
    pub(crate) fn all_are_answered(&self) -> Verdict {
        let Some(hub) = &self.hub else { return Ok(()) };
        let now = self.clock.steady();
        let patience = ANSWER_WITHIN + self.harm.slowness(now);
        let late = hub.tasks.values().find(|task| now.saturating_sub(task.began.at) > patience);
        match late {
            Some(task) => {
                let who = crate::oracle::names(&task.codes);
                let waits = now.saturating_sub(task.began.at) / 1000;
                broken(Guarantee::Fair, format!("a request of {who} waits for {waits} s while the hub serves others"))
            }
            None => Ok(()),
        }
    }
}

/// What a receiver says with an outcome.
fn words(outcome: Outcome) -> Option<String> {
    (outcome != Outcome::Delivered).then(|| "as the simulation wants it".to_owned())
}
