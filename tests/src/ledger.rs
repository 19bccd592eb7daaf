//! What was sent and what arrived, written down outside the hub, and the judgement over both.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;

/// One delivery that a sender means to make, by its certificate number, which a test uses once.
#[derive(Clone, Debug)]
struct Intent {
    to: String,
    content: String,
    /// Place in the order in which its sender sent to its destination.
    place: usize,
    /// Number that the hub answered with, once it did.
    answered: Option<String>,
}

/// One arrival at a receiver.
#[derive(Clone, Debug)]
struct Arrival {
    at: String,
    number: String,
    certificate: String,
    content: String,
}

#[derive(Debug, Default)]
struct Books {
    intents: BTreeMap<String, Intent>,
    sent: HashMap<(String, String), usize>,
    arrivals: Vec<Arrival>,
    /// Acknowledged, and told so by the hub.
    acknowledged: HashSet<String>,
    /// Arrived although the hub had told that it is acknowledged.
    resurrected: Vec<String>,
}

/// The ledger, shared by all parties of a test.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Books>);

impl Ledger {
    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.0.lock().expect("no test panics while it holds the ledger")
    }

    /// A sender is about to deliver.
    pub fn intend(&self, from: &str, to: &str, certificate: &str, content: &str) {
        let mut books = self.books();
        let sent = books.sent.entry((from.to_owned(), to.to_owned())).or_default();
        let place = *sent;
        *sent += 1;
        let intent = Intent { to: to.to_owned(), content: content.to_owned(), place, answered: None };
        books.intents.insert(certificate.to_owned(), intent);
    }

    /// The hub answered the delivery with a number.
    pub fn answered(&self, certificate: &str, number: &str) {
        if let Some(intent) = self.books().intents.get_mut(certificate) {
            intent.answered = Some(number.to_owned());
        }
    }

    /// An envelope came to a receiver.
    pub fn arrived(&self, at: &str, number: &str, certificate: &str, content: &str) {
        let mut books = self.books();
        if books.acknowledged.contains(number) {
            books.resurrected.push(number.to_owned());
        }
        books.arrivals.push(Arrival {
            at: at.to_owned(),
            number: number.to_owned(),
            certificate: certificate.to_owned(),
            content: content.to_owned(),
        });
    }

    /// The hub confirmed an acknowledgement.
    pub fn acknowledged(&self, number: &str) {
        self.books().acknowledged.insert(number.to_owned());
    }

    /// How many deliveries were answered, and how many envelopes are acknowledged.
    pub fn counts(&self) -> (usize, usize) {
        let books = self.books();
        (books.intents.values().filter(|intent| intent.answered.is_some()).count(), books.acknowledged.len())
    }

    /// Everything that is not as it should be, a sentence each.
    pub fn faults(&self) -> Vec<String> {
        let books = self.books();
        let mut faults: Vec<String> =
            books.resurrected.iter().map(|number| format!("{number} came again after its acknowledgement")).collect();
        let mut first_numbers: HashMap<&str, &str> = HashMap::new();
        let mut next_places: HashMap<(&str, &str), usize> = HashMap::new();
        for arrival in &books.arrivals {
            let Some(intent) = books.intents.get(&arrival.certificate) else {
                faults.push(format!("{} arrived and nobody sent it", arrival.certificate));
                continue;
            };
            let certificate = arrival.certificate.as_str();
            if arrival.at != intent.to {
                faults.push(format!("{certificate} arrived at {} instead of {}", arrival.at, intent.to));
            }
            if arrival.content != intent.content {
                faults.push(format!("{certificate} arrived altered"));
            }
            let known = *first_numbers.entry(certificate).or_insert(&arrival.number);
            if known != arrival.number {
                faults.push(format!("{certificate} was delivered twice, as {known} and {}", arrival.number));
            }
            if intent.answered.as_deref().is_some_and(|answered| answered != arrival.number) {
                faults.push(format!("{certificate} was answered with another number than it arrived with"));
            }
            let sender = certificate.split('-').next().unwrap_or_default();
            let next = next_places.entry((sender, &intent.to)).or_default();
            // An unacknowledged envelope is offered again, so places repeat; a new one must be the next.
            if intent.place > *next {
                faults.push(format!("{certificate} arrived before place {next} of {sender} to {}", intent.to));
            }
            *next = (*next).max(intent.place + 1);
        }
        for (certificate, intent) in &books.intents {
            let Some(number) = &intent.answered else { continue };
            if !first_numbers.contains_key(certificate.as_str()) {
                faults.push(format!("{certificate} ({number}) was accepted and never arrived: lost"));
            } else if !books.acknowledged.contains(number) {
                faults.push(format!("{certificate} ({number}) arrived and its acknowledgement was never confirmed"));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_delivered() -> Ledger {
        let ledger = Ledger::default();
        ledger.intend("KE", "NL", "KE-1", "text");
        ledger.answered("KE-1", "N1");
        ledger
    }

    #[test]
    fn a_whole_life_has_no_fault() {
        let ledger = one_delivered();
        ledger.arrived("NL", "N1", "KE-1", "text");
        ledger.arrived("NL", "N1", "KE-1", "text");
        ledger.acknowledged("N1");
        assert_eq!(ledger.faults(), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_fault_is_seen() {
        let fault = |act: fn(&Ledger), word: &str| {
            let ledger = one_delivered();
            act(&ledger);
            let faults = ledger.faults();
            assert!(faults.iter().any(|fault| fault.contains(word)), "{word}: {faults:?}");
        };
        fault(|_| {}, "lost");
        fault(|ledger| ledger.arrived("NO", "N1", "KE-1", "text"), "instead of NL");
        fault(|ledger| ledger.arrived("NL", "N1", "KE-1", "other"), "altered");
        fault(|ledger| ledger.arrived("NL", "N2", "KE-9", "text"), "nobody sent");
        fault(|ledger| ledger.arrived("NL", "N1", "KE-1", "text"), "never confirmed");
        fault(
            |ledger| {
                ledger.arrived("NL", "N1", "KE-1", "text");
                ledger.arrived("NL", "N2", "KE-1", "text");
            },
            "twice",
        );
        fault(
            |ledger| {
                ledger.arrived("NL", "N1", "KE-1", "text");
                ledger.acknowledged("N1");
                ledger.arrived("NL", "N1", "KE-1", "text");
            },
            "after its acknowledgement",
        );
        fault(
            |ledger| {
                ledger.intend("KE", "NL", "KE-2", "second");
                ledger.arrived("NL", "N2", "KE-2", "second");
            },
            "before place 0",
        );
    }
}
