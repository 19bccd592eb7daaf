//! The oracle's looks at the whole hub: while it runs, after each start, with flipped bits while it rests, and at the
//! end of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use phytohub_core::registry::RegistryCommand;
use phytohub_core::shard::{Answer, Command, Shard};
use phytohub_model::{ConnectionCode, DeliveryNumber, Timestamp, TrackingState};

use crate::hub::{Hub, recover};
use crate::oracle::{Guarantee, Verdict, broken, delivery_of};
use crate::world::World;

/// Copies of the disk in which bits are flipped, at one rest.
const FLIPPED_COPIES: usize = 5;
/// How long after its end, and the time set for it, content is gone: ticks, jobs and reclaiming take their time.
const ERASED_WITHIN: u64 = 15_000;
/// How long what is left may take at the end of a run.
const DRAINED_WITHIN: u64 = 900_000;

impl World {
    /// Looks at a hub that runs.
    pub(crate) fn look(&mut self) -> Verdict {
        self.all_are_answered()?;
        self.services_are_called()?;
        let now = self.moment();
        let Some(hub) = &self.hub else { return Ok(()) };
        let cores = hub.cores();
        if hub.shards.iter().all(|process| process.owner.log().staged_bytes() == 0) {
            self.oracle.audit(&cores, &self.clock, now)?;
            self.oracle.copies(&cores, &self.clock)?;
            if !self.harm.is_damaged() {
                self.contents_are_whole(hub)?;
            }
        }
        self.is_erased()
    }

    /// Every content that waits can be read and is what was sent.
    fn contents_are_whole(&self, hub: &Hub) -> Verdict {
        for process in &hub.shards {
            let reader = process.owner.reader();
            for (number, locator) in process.owner.core().pending_locators() {
                let content = match reader.read(locator) {
                    Ok(content) => content,
                    // The disk's own fault, which the next write meets.
                    Err(error) if self.harm.explains(&error.to_string()) => return Ok(()),
                    Err(error) => {
                        return broken(Guarantee::Bytes, format!("{number} waits and cannot be read: {error}"));
                    }
                };
                let Some(sent) = self.sent(process.owner.core(), number) else { continue };
                if self.oracle.intents[sent].content != content {
                    return broken(Guarantee::Bytes, format!("{number} waits with other bytes than delivery {sent}"));
                }
            }
        }
        Ok(())
    }

    /// The delivery behind a number.
    fn sent(&self, core: &Shard, number: DeliveryNumber) -> Option<usize> {
        let delivery = stored(core, self.clock.wall(), number)?.delivery;
        (delivery < self.oracle.intents.len()).then_some(delivery)
    }

    /// Deliveries of which an envelope waits in the state of a shard, or ended after `before` (milliseconds). Whether
    /// the state is right is judged elsewhere: what waits and should not is found by [`Oracle::audit`], or handed out.
    ///
    /// [`Oracle::audit`]: crate::oracle::Oracle::audit
    fn held(&self, hub: &Hub, before: u64) -> BTreeSet<usize> {
        self.waited(hub, before + 1).map(|envelope| envelope.delivery).collect()
    }

    /// Envelopes that wait in the state of a shard, or ended at `since` (milliseconds) or later. A shard's counts have
    /// no part in it.
    pub(crate) fn waited<'a>(&'a self, hub: &'a Hub, since: u64) -> impl Iterator<Item = Stored> + 'a {
        let now = self.clock.wall();
        let ended = hub.ended.iter().filter(move |(_, at)| *at >= since).map(|(envelope, _)| *envelope);
        let waiting = hub
            .cores()
            .into_iter()
            .flat_map(move |core| core.pending_locators().filter_map(move |(number, _)| stored(core, now, number)));
        ended.chain(waiting)
    }

    /// What ended long enough ago is on the disk no more, where the hub had the time to see to it.
    fn is_erased(&self) -> Verdict {
        let Some(hub) = &self.hub else { return Ok(()) };
        let now = self.clock.steady();
        let patience = ERASED_WITHIN + self.plan.limits.erase_after.as_millis() as u64;
        // What ended in an earlier life had its time, too, then.
        let had_time = self.runs_since().is_some_and(|since| since + patience <= now);
        if !had_time || !self.harm.is_calm_for(now, patience) || self.harm.was_full_since(now - patience) {
            return Ok(());
        }
        let erased =
            self.oracle.erased(|visit| self.disk.fake().each_version(visit), || self.held(hub, now - patience));
        if erased.is_err() {
            for process in &hub.shards {
                let (owner, log) = (&process.owner, process.owner.log());
                let pending = |id| owner.core().segment_use(id);
                let segments: Vec<String> =
                    log.segments().iter().map(|info| format!("{info:?} {:?}", pending(info.id))).collect();
                self.say(format_args!("{:?}, {} to erase: {}", log.room(), owner.to_erase(), segments.join("; ")));
            }
        }
        erased
    }

    /// Flips bits in copies of the disk of a hub that was stopped in order, and starts it from each: it refuses, and
    /// names the place, or has all that it had.
    pub(crate) fn flips_at_rest(&mut self) -> Verdict {
        let whole = self.disk.copy();
        let reference = match recover(&whole, self) {
            Ok(hub) => summary(self, &hub),
            Err(error) => return broken(Guarantee::Lives, format!("a hub that was stopped does not start: {error}")),
        };
        for _ in 0..FLIPPED_COPIES {
            let copy = self.disk.copy();
            let files: Vec<(PathBuf, usize)> =
                copy.fake().image().into_iter().map(|(path, bytes)| (path, used(&bytes))).collect();
            let Some((path, used)) = files.get(self.random.below(files.len() as u64) as usize).cloned() else {
                return Ok(());
            };
            let place = self.random.below(used as u64 + 64) as usize;
            let mask = 1 << self.random.below(8);
            if copy.fake().flip(&path, place, mask).is_err() {
                continue;
            }
            let place = format!("{} at {place}", path.display());
            self.say(format_args!("at rest: a bit flips in {place}"));
            match recover(&copy, self) {
                Err(error) if error.contains("offset") && crate::faults::names(&error, &path) => {}
                Err(error) => {
                    let what = format!("a bit flipped in {place}, and the start only says: {error}");
                    return broken(Guarantee::Damage, what);
                }
                Ok(hub) => self.is_as_before(&hub, &reference, &place)?,
            }
        }
        Ok(())
    }

    fn is_as_before(&self, hub: &Hub, reference: &Summary, place: &str) -> Verdict {
        let found = summary(self, hub);
        if found != *reference {
            let missing = reference.envelopes.iter().find(|(number, state)| found.envelopes.get(number) != Some(state));
            let what =
                format!("a bit flipped in {place}, and the start says nothing, but is not as before: {missing:?}");
            return broken(Guarantee::Damage, what);
        }
        for process in &hub.shards {
            let reader = process.owner.reader();
            for (number, locator) in process.owner.core().pending_locators() {
                let Some(sent) = self.sent(process.owner.core(), number) else { continue };
                match reader.read(locator) {
                    Ok(content) if content == self.oracle.intents[sent].content => {}
                    Ok(_) => {
                        return broken(Guarantee::Damage, format!("a bit flipped in {place} and {number} is served"));
                    }
                    Err(error) => {
                        let what = format!("a bit flipped in {place}; the hub starts without {number}: {error}");
                        return broken(Guarantee::Damage, what);
                    }
                }
            }
        }
        Ok(())
    }

    /// Brings everything to its end: nothing goes wrong any more, everybody behaves, and nothing may be left.
    pub(crate) fn drain(&mut self) -> Verdict {
        self.say("work and faults are over");
        self.draining = true;
        self.heal_all();
        let end = self.clock.steady() + DRAINED_WITHIN;
        let mut restored = false;
        loop {
            if self.hub.is_some() && !restored {
                self.restore_registry()?;
                restored = self.hub.is_some();
            }
            let all_is_clear = self.clients.iter().all(|client| client.unsure.is_empty());
            if restored && all_is_clear && !self.oracle.waits(&self.clock) && self.pending() == 0 {
                break;
            }
            if self.clock.steady() > end {
                self.oracle.all_ended(&self.clock)?;
                if all_is_clear {
                    let what = format!("{} envelopes wait that no answer named, and never end", self.pending());
                    return broken(Guarantee::NoneVanishes, what);
                }
                return broken(Guarantee::Retry, "a delivery is sent again and again and never answered for good");
            }
            self.next()?;
        }
        let settled = self.clock.steady() + self.plan.limits.erase_after.as_millis() as u64 + ERASED_WITHIN + 1000;
        while self.clock.steady() < settled {
            self.next()?;
        }
        self.is_erased()?;
        self.stop()?;
        self.start()?;
        self.oracle.all_ended(&self.clock)
    }

    /// Envelopes that wait in the hub, those included that no answer named.
    fn pending(&self) -> u64 {
        self.hub.iter().flat_map(Hub::cores).map(Shard::pending).sum()
    }

    /// Everybody may send and receive again.
    fn restore_registry(&mut self) -> Verdict {
        for party in self.plan.parties.clone() {
            for &code in &party.codes {
                if self.expected.active.get(&code) == Some(&false) {
                    self.change(RegistryCommand::SetActive { code, active: true })?;
                }
                if !self.expected.certificates.contains(&(party.certificate, code)) {
                    self.change(RegistryCommand::AddCertificate(party.certificate_for(code)))?;
                }
            }
        }
        Ok(())
    }
}

/// An envelope that a shard knows, whether an answer named it or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    pub(crate) number: DeliveryNumber,
    pub(crate) delivery: usize,
    pub(crate) receiver: ConnectionCode,
}

/// What a shard knows by a number.
pub(crate) fn stored(core: &Shard, now: Timestamp, number: DeliveryNumber) -> Option<Stored> {
    let Answer::Story(Some(story)) = core.decide(now, &Command::Follow { number }).answer else { return None };
    let delivery = delivery_of(story.header.header.certificate_number.as_str())?;
    Some(Stored { number, delivery, receiver: story.receiver })
}

/// All that a start gives.
#[derive(PartialEq)]
struct Summary {
    envelopes: BTreeMap<DeliveryNumber, (TrackingState, bool)>,
    tracks: u64,
    registry: phytohub_core::registry::Registry,
}

fn summary(world: &World, hub: &Hub) -> Summary {
    let mut envelopes = BTreeMap::new();
    for core in hub.cores() {
        for number in world.oracle.numbers().chain(core.pending_locators().map(|(number, _)| number)) {
            let story = core.decide(world.clock.wall(), &Command::Follow { number }).answer;
            if let Answer::Story(Some(story)) = story {
                envelopes.insert(number, (story.header.state, story.parked));
            }
        }
    }
    let tracks = hub.cores().iter().map(|core| core.tracks()).sum();
    Summary { envelopes, tracks, registry: hub.registry.clone() }
}

/// Bytes up to the last that is not zero.
fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).map_or(0, |place| place + 1)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    use phytohub_model::{HeaderFields, Outcome};

    use super::*;
    use crate::mutation::Mutation;
    use crate::oracle::{Oracle, marked};
    use crate::parties::Ask;
    use crate::trace::Trace;

    /// What a member means to send to itself.
    fn to_itself(world: &mut World, party: usize) -> usize {
        let code = world.plan.parties[party].codes[0].to_string();
        let delivery = world.oracle.intents.len();
        let fields = HeaderFields {
            from: code.clone(),
            to: code,
            certificate_type: 851,
            certificate_status: 70,
            certificate_number: delivery.to_string(),
            ..HeaderFields::default()
        };
        world.oracle.intends(fields, marked(delivery, 500))
    }

    /// Accepts a delivery of which no answer is given, lets it expire, and looks before and some time after.
    fn looks_at_what_nobody_was_told_of(mutation: Option<Mutation>) -> [Verdict; 2] {
        let mut world = World::new(1, mutation, Rc::new(RefCell::new(Trace::default())));
        world.plan.faults.clear();
        world.plan.core.expire_after = Duration::from_secs(900);
        world.found().unwrap();
        let party = world.plan.parties.iter().position(|party| !party.is_channel).unwrap();
        let intent = to_itself(&mut world, party);
        world.send(party, Ask::Deliver(intent));
        let call = *world.calls.keys().next().unwrap();
        world.arrive(call).unwrap();
        world.hub.as_mut().unwrap().tasks.clear();
        let mut look_after = |seconds: u64| {
            let until = world.clock.steady() + seconds * 1000;
            while world.clock.steady() < until {
                world.next().unwrap();
            }
            let (waits, verdict) = (world.pending() > 0, world.is_erased());
            world.clock.step(900_000);
            (waits, verdict)
        };
        let ((waits, before), (waits_still, after)) = (look_after(30), look_after(30));
        assert!(waits && !waits_still);
        [before, after]
    }

    #[test]
    fn content_of_an_envelope_that_no_answer_named_may_lie_on_the_disk_until_it_ends() {
        assert_eq!(looks_at_what_nobody_was_told_of(None), [Ok(()), Ok(())]);
        let [before, after] = looks_at_what_nobody_was_told_of(Some(Mutation::ForgetZeros));
        assert_eq!(before, Ok(()));
        assert_eq!(after.unwrap_err().guarantee, Guarantee::Erased);
    }

    /// Two envelopes may wait. Has so many deliveries ended as unreadable and accepted anew, of which no answer is
    /// given, and sends one more. Gives how often that was not taken.
    fn sends_behind_what_nobody_was_told_of(
        deliveries: usize,
        mutation: Option<Mutation>,
    ) -> Result<u32, crate::oracle::Violation> {
        let mut world = World::new(1, mutation, Rc::new(RefCell::new(Trace::default())));
        world.plan.faults.clear();
        world.plan.core.pending_per_sender_max = 2;
        for party in &mut world.plan.parties {
            (party.pushed, party.delegate, party.forward) = (false, None, [None, None]);
        }
        world.oracle = Oracle::new(&world.plan);
        world.network.set(1000);
        world.found().unwrap();
        let party = world.plan.parties.iter().position(|party| !party.is_channel).unwrap();
        let ask = |world: &mut World, ask: Ask, is_answered: bool| {
            world.send(party, ask);
            world.arrive(*world.calls.keys().next_back().unwrap())?;
            if !is_answered {
                world.hub.as_mut().unwrap().tasks.clear();
            }
            let until = world.clock.steady() + 2000;
            while world.clock.steady() < until {
                world.next()?;
            }
            Ok(())
        };
        let mut named = BTreeSet::new();
        for _ in 0..deliveries {
            let delivery = to_itself(&mut world, party);
            ask(&mut world, Ask::Deliver(delivery), true)?;
            let number = world.oracle.numbers().find(|number| !named.contains(number)).unwrap();
            named.insert(number);
            ask(&mut world, Ask::Acknowledge(number, Outcome::DeliveredNotReadable), true)?;
            ask(&mut world, Ask::Deliver(delivery), false)?;
        }
        assert_eq!(world.pending(), deliveries as u64);
        let last = to_itself(&mut world, party);
        ask(&mut world, Ask::Deliver(last), true)?;
        Ok(world.oracle.intents[last].not_taken)
    }

    #[test]
    fn envelopes_that_no_answer_named_count_as_waiting_where_a_sender_is_refused() {
        assert_eq!(sends_behind_what_nobody_was_told_of(1, None), Ok(0));
        assert_eq!(sends_behind_what_nobody_was_told_of(2, None), Ok(1));
        // A hub that counts the one twice.
        let counted_twice = sends_behind_what_nobody_was_told_of(1, Some(Mutation::BlameAll));
        assert_eq!(counted_twice.unwrap_err().guarantee, Guarantee::Fair);
    }
}
