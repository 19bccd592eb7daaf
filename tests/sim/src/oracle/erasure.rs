//! Content that has ended is on no disk: every content is made of marks, and the whole disk is searched for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use memchr::memmem::Finder;

use super::{Guarantee, Oracle, Verdict, broken};

/// What each mark begins with.
const MARK: &[u8] = b"~SIM";
/// A mark is this and the number of its delivery.
const DIGITS: usize = 8;

/// Content of about so many bytes, so full of marks that any forty bytes of it hold a whole one.
pub(crate) fn marked(delivery: usize, bytes: usize) -> Bytes {
    let mut content = Vec::with_capacity(bytes + 16);
    let mut place = 0;
    while content.len() < bytes {
        content.extend_from_slice(format!("~SIM{delivery:08x}{:04x}", place & 0xffff).as_bytes());
        place += 1;
    }
    content.into()
}

/// The deliveries whose marks are in these bytes.
fn find(finder: &Finder<'_>, bytes: &[u8], mut found: impl FnMut(usize)) {
    for place in finder.find_iter(bytes) {
        let digits = bytes.get(place + MARK.len()..place + MARK.len() + DIGITS);
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(delivery) = digits.and_then(|digits| usize::from_str_radix(digits, 16).ok()) {
            found(delivery);
        }
    }
}

impl Oracle {
    /// Looks through all versions of all bytes of the disk for deliveries whose envelopes have all ended before
    /// `before` (milliseconds): their contents had time to be erased.
    ///
    /// One that was given up or could not be read is delivered anew when it is sent again, and its content lies on the
    /// disk before the answer says so. So nothing is said of a delivery of which an answer is still to come, or was
    /// lost in a crash.
    pub(crate) fn erased(&self, each: impl FnOnce(&mut dyn FnMut(&Path, &[u8])), before: u64) -> Verdict {
        let finder = Finder::new(MARK);
        let mut found: BTreeMap<usize, PathBuf> = BTreeMap::new();
        each(&mut |path, bytes| {
            let mut last = None;
            find(&finder, bytes, |delivery| {
                if last.replace(delivery) != Some(delivery) {
                    found.entry(delivery).or_insert_with(|| path.to_owned());
                }
            });
        });
        for (delivery, path) in found {
            let Some(intent) = self.intents.get(delivery) else { continue };
            let ended = |&place: &usize| self.envelopes[place].ended.is_some_and(|(_, since)| since.at <= before);
            let all_are_known = intent.answered.is_some() && intent.unanswered.is_empty();
            if all_are_known && intent.envelopes.iter().all(ended) {
                let what = format!("delivery {delivery} has ended, and its content still lies in {}", path.display());
                return broken(Guarantee::Erased, what);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use phytohub_model::{
        CertificateNumber, DeliveryNumber, Document, DocumentStatus, DocumentType, Header, HeaderFields, Outcome,
        ShardId, TrackedHeader, TrackingState,
    };

    use super::*;
    use crate::clock::Clock;
    use crate::oracle::Moment;
    use crate::plan::Plan;
    use crate::random::Random;

    #[test]
    fn any_part_of_a_content_shows_whose_it_is() {
        let content = marked(0x2a, 1000);
        for start in [0, 1, 7, 333, 900] {
            let mut found = BTreeSet::new();
            find(&Finder::new(MARK), &content[start..start + 40], |delivery| {
                found.insert(delivery);
            });
            assert_eq!(found, BTreeSet::from([0x2a]), "{start}");
        }
    }

    #[test]
    fn content_that_was_sent_anew_may_lie_on_the_disk_before_the_answer_says_so() {
        let (plan, clock) = (Plan::new(&mut Random::new(1)), Clock::new());
        let mut oracle = Oracle::new(&plan);
        let code = plan.parties[0].codes[0];
        let fields = HeaderFields { from: code.to_string(), to: code.to_string(), ..HeaderFields::default() };
        let content = marked(0, 100);
        let intent = oracle.intends(fields, content.clone());
        oracle.intents[intent].envelopes.truncate(1);
        let header = |name| TrackedHeader {
            header: Header {
                from: code,
                to: code,
                document: Document { kind: DocumentType::PHYTOSANITARY, status: DocumentStatus::ISSUED },
                certificate_number: CertificateNumber::new("1").unwrap(),
            },
            number: DeliveryNumber::new(ShardId(0), [name; 15]),
            state: TrackingState::PendingDelivery,
            message: None,
        };
        let moment = |step| Moment { step, at: step };
        let is_erased = |oracle: &Oracle| oracle.erased(|each| each(Path::new("used"), &content), u64::MAX).is_ok();
        for (round, began) in [(1, 10), (2, 20)] {
            oracle.arrives(intent, moment(began));
            assert!(is_erased(&oracle), "round {round}: it may be accepted already");
            let header = header(round);
            oracle.accepted(intent, &header, &[], &clock, moment(began), moment(began + 1)).unwrap();
            assert!(is_erased(&oracle), "round {round}: it waits");
            oracle.asks(header.number, Outcome::DeliveredNotReadable, moment(began + 2));
            let state = TrackingState::DeliveredNotReadable;
            oracle.acknowledged(header.number, state, &clock, moment(began + 3)).unwrap();
            assert!(!is_erased(&oracle), "round {round}: it has ended");
        }
        oracle.arrives(intent, moment(30));
        oracle.refused(intent, moment(30));
        assert!(!is_erased(&oracle), "what is refused is on no disk");
    }
}
