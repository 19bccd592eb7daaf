//! The plan of a run, drawn from its seed: who takes part and how each behaves, limits and times of the hub, and how
//! much goes wrong.

use std::time::Duration;

use phytohub_core::flow::FlowSettings;
use phytohub_core::registry::RegistryCommand;
use phytohub_core::shard::ParkAfter;
use phytohub_journal::Settings as Journal;
use phytohub_model::{
    AllowedDocument, Certificate, CertificateFingerprint, Channel, ChannelRule, ConnectionCode, Delivery, Direction,
    Poison, PushTarget, RuleKind, Timestamp, Trust,
};
use phytohub_shard::Limits;

use crate::random::Random;

/// All that is fixed for one run.
pub(crate) struct Plan {
    pub(crate) shards: usize,
    pub(crate) journal: Journal,
    pub(crate) limits: Limits,
    pub(crate) core: phytohub_core::shard::Settings,
    /// Requests that may wait for one shard.
    pub(crate) queue: usize,
    pub(crate) flow: FlowSettings,
    pub(crate) park: ParkAfter,
    pub(crate) remind_after: Duration,
    pub(crate) parties: Vec<Party>,
    /// How long there is work and faults, in milliseconds; then what is left is brought to its end.
    pub(crate) span: u64,
    /// Mean time between two acts of a party.
    pub(crate) pace: u64,
    /// Mean time between two faults.
    pub(crate) faults_every: u64,
    /// Faults that this run knows.
    pub(crate) faults: Vec<FaultKind>,
    /// Losses of messages in a thousand, while the network is as usual.
    pub(crate) loss: u64,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    PowerLoss,
    PowerLossInWrite,
    Kill,
    DiskError,
    DiskFull,
    SlowDisk,
    ColdCache,
    ClockStep,
    Flip,
    FlipAtRest,
    Restart,
    Storm,
}

impl FaultKind {
    const ALL: [Self; 12] = [
        Self::PowerLoss,
        Self::PowerLossInWrite,
        Self::Kill,
        Self::DiskError,
        Self::DiskFull,
        Self::SlowDisk,
        Self::ColdCache,
        Self::ClockStep,
        Self::Flip,
        Self::FlipAtRest,
        Self::Restart,
        Self::Storm,
    ];
}

/// A member or channel.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    /// The codes its certificate acts for: one, or two.
    pub(crate) codes: Vec<ConnectionCode>,
    pub(crate) certificate: CertificateFingerprint,
    pub(crate) is_channel: bool,
    /// How it deals with what it gets.
    pub(crate) habit: Habit,
    /// How its service answers, when it is pushed to.
    pub(crate) service: Service,
    pub(crate) poison: Poison,
    /// Whether it begins with push.
    pub(crate) pushed: bool,
    /// It sends as much as it can.
    pub(crate) floods: bool,
    /// Who receives in its stead.
    pub(crate) delegate: Option<ConnectionCode>,
    /// Who gets a copy of what it sends, and of what it receives.
    pub(crate) forward: [Option<ConnectionCode>; 2],
}

/// How a receiver deals with what it pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Acknowledges all of it.
    Steady,
    /// Acknowledges some of it.
    Lazy,
    /// Acknowledges nothing.
    Never,
    /// Acknowledges twice.
    Twice,
    /// Acknowledges twice and says something else the second time.
    Contrary,
    /// Lists and pulls one by one.
    OneByOne,
}

/// How a member's service answers the hub's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Takes everything at once.
    Good,
    /// Takes its time.
    Slow,
    /// Is often not there.
    Failing,
    /// Takes what it gets, and its answer is often lost.
    LosesAnswers,
    /// Does not take some envelopes.
    Refusing,
}

const CODES: [&str; 12] = ["LK", "NL", "NO", "AR", "EC", "US", "CN", "FR", "KE", "NZ", "CL", "MA"];
const CHANNELS: [&str; 2] = ["EUTRACES", "ZZARCHIVE"];

impl Plan {
    pub(crate) fn new(random: &mut Random) -> Self {
        let parties = parties(random);
        let seconds = Duration::from_secs;
        let expire_after = seconds(*random.pick(&[30, 120, 120, 900, 900]));
        let track_retention = seconds(*random.pick(&[40, 180, 1200, 86_400]));
        let retry_window = track_retention.min(seconds(*random.pick(&[20, 60, 600])));
        let mut faults: Vec<FaultKind> = FaultKind::ALL.into_iter().filter(|_| random.percent(60)).collect();
        if faults.is_empty() {
            faults.push(FaultKind::PowerLoss);
        }
        Self {
            shards: random.between(1, 3) as usize,
            journal: Journal { segment_bytes: 64 << 10, spare_segments: random.between(1, 2) as u32 },
            limits: Limits {
                held_max: random.between(2, 64) as usize,
                batch_records_max: random.between(4, 64) as usize,
                batch_bytes_max: random.between(16, 256) << 10,
                disk_low_water: *random.pick(&[0, 128 << 10, 512 << 10]),
                erase_after: Duration::from_millis(random.between(200, 5000)),
            },
            core: phytohub_core::shard::Settings {
                pending_per_destination_max: random.between(30, 200),
                pending_per_sender_max: random.between(20, 100),
                pending_total_max: random.between(200, 1000),
                expire_after,
                track_retention,
                retry_window,
                headers_per_answer_max: 5000,
                envelopes_per_answer_max: random.between(2, 30) as usize,
                bytes_per_answer_max: random.between(4, 64) << 10,
                expired_per_tick_max: random.between(2, 50) as usize,
            },
            queue: random.between(8, 64) as usize,
            flow: FlowSettings { pause_first: Duration::from_millis(200), pause_max: seconds(5), breaker_failures: 4 },
            park: ParkAfter { refusals: random.between(1, 3) as u32, unclear: random.between(3, 8) as u32 },
            remind_after: seconds(random.between(8, 40)),
            span: random.between(20, 120) * 1000,
            pace: random.between(60, 400),
            faults_every: random.between(1500, 9000),
            faults,
            loss: *random.pick(&[0, 5, 30, 100]),
            parties,
        }
    }

    /// The party of a code.
    pub(crate) fn party_of(&self, code: &ConnectionCode) -> Option<usize> {
        self.parties.iter().position(|party| party.codes.contains(code))
    }

    /// The changes that make the registry as it is when the run begins.
    pub(crate) fn registry(&self) -> Vec<RegistryCommand> {
        let (channels, members): (Vec<&Party>, Vec<&Party>) = self.parties.iter().partition(|party| party.is_channel);
        let mut commands = Vec::new();
        for party in channels.iter().chain(&members) {
            for &code in &party.codes {
                commands.push(if party.is_channel {
                    let name = format!("channel {code}");
                    RegistryCommand::SetChannel(Channel { code, name, receive: true, send: false })
                } else {
                    let name = format!("NPPO {code}");
                    RegistryCommand::AddNppo { code, name, active: true, allowed: AllowedDocument::All }
                });
                commands.push(RegistryCommand::AddCertificate(party.certificate_for(code)));
                commands.extend(party.rules().into_iter().map(|rule| RegistryCommand::SetRule { code, rule }));
                if party.pushed {
                    commands.push(RegistryCommand::SetDelivery { code, delivery: party.push() });
                }
            }
        }
        commands
    }
}

impl Party {
    pub(crate) fn certificate_for(&self, code: ConnectionCode) -> Certificate {
        Certificate {
            fingerprint: self.certificate,
            code,
            subject: format!("CN={code}"),
            not_before: Timestamp(0),
            not_after: Timestamp(u64::MAX),
        }
    }

    /// Its delivery when it is pushed to.
    pub(crate) fn push(&self) -> Delivery {
        let url = format!("https://{}.example/service", self.codes[0].as_str().to_ascii_lowercase());
        Delivery::Push(PushTarget { url, trust: Trust::Pinned(self.certificate), poison: self.poison })
    }

    fn rules(&self) -> Vec<ChannelRule> {
        let rule = |channel, kind, direction| ChannelRule {
            id: 0,
            channel,
            kind,
            direction,
            document_type: None,
            document_status: None,
            partner: None,
        };
        let delegate = self.delegate.map(|channel| rule(channel, RuleKind::Delegate, Direction::Incoming));
        let outgoing = self.forward[0].map(|channel| rule(channel, RuleKind::Forward, Direction::Outgoing));
        let incoming = self.forward[1].map(|channel| rule(channel, RuleKind::Forward, Direction::Incoming));
        [delegate, outgoing, incoming].into_iter().flatten().collect()
    }
}

fn parties(random: &mut Random) -> Vec<Party> {
    let code = |text: &str| -> ConnectionCode { text.parse().expect("the codes of the simulation are codes") };
    let channels: Vec<ConnectionCode> = CHANNELS[..random.below(3) as usize].iter().map(|text| code(text)).collect();
    let members = random.between(3, 6) as usize;
    let mut codes: Vec<ConnectionCode> = CODES.iter().map(|text| code(text)).collect();
    for index in 0..codes.len() {
        let other = random.below(codes.len() as u64) as usize;
        codes.swap(index, other);
    }
    let mut parties = Vec::new();
    for index in 0..members + channels.len() {
        let is_channel = index >= members;
        let mut own = if is_channel { vec![channels[index - members]] } else { vec![codes[index]] };
        if !is_channel && random.percent(15) {
            own.push(codes[CODES.len() - 1 - index]);
        }
        own.sort_unstable();
        let some_channel = |random: &mut Random, percent| {
            let wanted = !is_channel && !channels.is_empty() && random.percent(percent);
            wanted.then(|| *random.pick(&channels))
        };
        parties.push(Party {
            codes: own,
            certificate: CertificateFingerprint([index as u8 + 1; 32]),
            is_channel,
            habit: *random.pick(&[
                Habit::Steady,
                Habit::Steady,
                Habit::Steady,
                Habit::Lazy,
                Habit::Never,
                Habit::Twice,
                Habit::Contrary,
                Habit::OneByOne,
            ]),
            service: *random.pick(&[
                Service::Good,
                Service::Good,
                Service::Slow,
                Service::Failing,
                Service::LosesAnswers,
                Service::Refusing,
            ]),
            poison: *random.pick(&[Poison::Park, Poison::Park, Poison::Hold]),
            pushed: random.percent(35),
            floods: !is_channel && random.percent(12),
            delegate: some_channel(random, 15),
            forward: [some_channel(random, 20), some_channel(random, 20)],
        });
    }
    parties
}
