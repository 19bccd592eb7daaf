//! All the requests of a run, made ahead.

use phytohub_certificates::{Broken, Kind, Random, attachment};
use phytohub_soap::Operation;

use crate::draw::{apportion, file_bytes, lines, pairs, spread};
use crate::hostile::Hostile;
use crate::prototype::{Plan, Prototype, What};
use crate::settings::TrafficSettings;
use crate::template::File;

/// A member and its part of the traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its connection code.
    pub code: String,
    /// Its share of all deliveries as a sender. With no fewer prototypes than members it is never 0.
    pub sends: f64,
    /// Its share of all deliveries as a receiver.
    pub receives: f64,
}

/// All the requests of a run, made ahead. Taking prototypes alike often gives the traffic that was asked for.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// The members; prototypes name them by their place.
    pub members: Vec<Member>,
    /// The requests, in an order of chance.
    pub prototypes: Vec<Prototype>,
}

/// Weights of one, two and three files, among certificates with files.
const FILES: [f64; 3] = [80.0, 15.0, 5.0];

/// Characters of the file's beginning that the certificate itself has; they are nine bytes.
const FILE_BEGIN_CHARACTERS: usize = 12;

impl Traffic {
    /// The traffic of `settings`, which were checked, between the first of `codes`: ISO 3166 codes, perhaps with a
    /// suffix, as [`COUNTRIES`](crate::COUNTRIES) has them. Fewer than two codes make no traffic at all. The same seed
    /// gives the same bytes, on every machine.
    pub fn new(settings: &TrafficSettings, codes: &[String], seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let count = settings.prototypes;
        let codes = codes.get(..settings.members).unwrap_or(codes);
        if codes.len() < 2 {
            return Self { members: Vec::new(), prototypes: Vec::new() };
        }
        let pairs = pairs(codes.len(), settings.head, count, random);
        let plans = plans(settings, codes, &pairs, random);
        let files = files(settings, &plans, random);
        let prototypes = plans
            .iter()
            .zip(&files)
            .map(|(plan, files)| Prototype::new(plan, files.as_ref(), &mut Random::new(random.next())))
            .collect();
        Self { members: members(codes, &pairs), prototypes }
    }
}

fn members(codes: &[String], pairs: &[(u16, u16)]) -> Vec<Member> {
    let mut members: Vec<Member> =
        codes.iter().map(|code| Member { code: code.clone(), sends: 0.0, receives: 0.0 }).collect();
    let total = pairs.len() as f64;
    for &(from, to) in pairs {
        members[usize::from(from)].sends += 1.0;
        members[usize::from(to)].receives += 1.0;
    }
    for member in &mut members {
        member.sends /= total;
        member.receives /= total;
    }
    members
}

/// What each prototype shall be: every property has its exact share, and which come together is chance.
fn plans<'a>(
    settings: &TrafficSettings,
    codes: &'a [String],
    pairs: &[(u16, u16)],
    random: &mut Random,
) -> Vec<Plan<'a>> {
    const OPERATIONS: [Operation; 3] =
        [Operation::ValidateAndDeliverEnvelope, Operation::DeliverEnvelope, Operation::DeliverPhytoEnvelope];
    let count = pairs.len();
    let what = what(settings, count, random);
    let weights = settings.operations;
    let weights = [weights.validate_and_deliver, weights.deliver, weights.deliver_phyto];
    let operations = spread(&apportion(count, &weights), random);
    let dialects = spread(&apportion(count, &vec![1.0; settings.dialects.len()]), random);
    let chunked = spread(&apportion(count, &[1.0 - settings.chunked, settings.chunked]), random);
    (0..count)
        .map(|place| {
            let pair = pairs[place];
            let operation = match what[place] {
                What::Broken(_) => Operation::ValidateAndDeliverEnvelope,
                // What attacks does so by a field that only these two have.
                What::Hostile(_) => OPERATIONS[operations[place] % 2],
                What::Certificate { .. } => OPERATIONS[operations[place]],
            };
            Plan {
                pair,
                codes: [pair.0, pair.1].map(|member| codes[usize::from(member)].as_str()),
                what: what[place],
                operation,
                dialect: settings.dialects[dialects[place]],
                would_chunk: chunked[place] == 1,
            }
        })
        .collect()
}

fn what(settings: &TrafficSettings, count: usize, random: &mut Random) -> Vec<What> {
    let special = [settings.withdrawals, settings.reexports, settings.invalid, settings.hostile];
    let exports = (1.0 - special.iter().sum::<f64>()).max(0.0);
    let [withdrawals, reexports, invalid, hostile] = special;
    let counts = apportion(count, &[exports, withdrawals, reexports, invalid, hostile]);
    let lines = lines(count, random);
    let (first_broken, first_hostile) = (random.next() as usize, random.next() as usize);
    let mut what: Vec<What> = Vec::with_capacity(count);
    for (kind, number) in [Kind::Export, Kind::Withdrawal, Kind::ReExport].into_iter().zip(&counts) {
        what.extend((0..*number).map(|_| What::Certificate { kind, lines: 1 }));
    }
    // Flavours in turn, from one of chance on, so that few of them are not always the same.
    what.extend((0..counts[3]).map(|place| {
        let flavour = first_broken.wrapping_add(place) % Broken::ALL.len();
        What::Broken(Broken::ALL[flavour])
    }));
    what.extend((0..counts[4]).map(|place| {
        let flavour = first_hostile.wrapping_add(place) % Hostile::ALL.len();
        What::Hostile(Hostile::ALL[flavour])
    }));
    random.shuffle(&mut what);
    for (what, drawn) in what.iter_mut().zip(lines) {
        if let What::Certificate { lines, .. } = what {
            *lines = drawn;
        }
    }
    what
}

/// The attached files of each plan: how many, and one of them; all are the beginning of the same noise.
fn files(settings: &TrafficSettings, plans: &[Plan<'_>], random: &mut Random) -> Vec<Option<(usize, File)>> {
    let with_certificate: Vec<usize> =
        (0..plans.len()).filter(|&place| matches!(plans[place].what, What::Certificate { .. })).collect();
    let shares = [settings.attachments, 1.0 - settings.attachments];
    let with_files = apportion(with_certificate.len(), &shares)[0];
    let bounds = [settings.attachment_bytes_min, settings.attachment_bytes_max];
    let sizes: Vec<u64> = (0..with_files).map(|place| file_bytes(place, with_files, bounds)).collect();
    let longest = sizes.last().copied().unwrap_or(0) as usize;
    let noise = attachment(random.next(), longest);
    let noise: std::sync::Arc<str> = noise.get(FILE_BEGIN_CHARACTERS..).unwrap_or_default().into();
    let how_many = spread(&apportion(with_files, &FILES), random);
    let mut chosen = with_certificate;
    random.shuffle(&mut chosen);
    let mut files: Vec<Option<(usize, File)>> = vec![None; plans.len()];
    for (index, place) in chosen.into_iter().take(with_files).enumerate() {
        let number = how_many[index] + 1;
        // Whole groups of four characters; the beginning is three groups of them.
        let groups = (sizes[index] as usize / number / 3).saturating_sub(FILE_BEGIN_CHARACTERS / 4);
        files[place] = Some((number, File { noise: std::sync::Arc::clone(&noise), length: groups * 4 }));
    }
    files
}
