//! What the double keeps, in memory, and the one way in which it is wrong.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use phytohub_model::{DeliveryNumber, Fault, Header, HeaderFields, ShardId, TrackedHeader, TrackingState};
use phytohub_soap::{Answer, Content, Delivery, HeaderAnswer, Operation, Request};
use phytoval::{Expected, Validator};

/// What a double does wrong, to some envelopes; the others fare well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Nothing.
    None,
    /// It accepts an envelope and hands it out to nobody.
    Lose,
    /// It hands an envelope out again whose acknowledgement it confirmed.
    HandOutAfterTheEnd,
    /// It queues a delivery twice, under two numbers.
    SecondNumber,
    /// It queues an envelope for another member.
    Misroute,
    /// It changes one character of a content.
    Alter,
    /// It hands out an envelope before another one that it had accepted before this one was sent.
    Overtake,
    /// It refuses a delivery and queues it all the same.
    RefusedAndDelivered,
    /// It hands out an envelope that nobody sent.
    Invent,
    /// It accepts certificates that must be refused.
    TakesPoison,
}

/// The defect strikes at each of so many occasions.
const STRIKES_EVERY: u64 = 20;

/// Most envelopes in one answer.
const ENVELOPES_MAX: usize = 100;

/// An envelope that waits for its destination.
#[derive(Clone, Debug)]
struct Waiting {
    header: TrackedHeader,
    content: Content,
    /// The connection it came over: what came over one came in turn, each after the answer to the one before.
    connection: u64,
    /// Whether it was handed out, so that its place in the order is known to its receiver.
    handed_out: bool,
    /// Whether it waits although its acknowledgement was confirmed.
    ended: bool,
    /// Whether nobody sent it. Nobody acknowledges it then, so it is handed out once.
    invented: bool,
}

#[derive(Debug, Default)]
struct Books {
    /// Occasions for the defect.
    occasions: u64,
    /// A strike that is due and found no victim yet.
    due: bool,
    accepted: u64,
    numbers: u64,
    known: HashMap<(String, String), DeliveryNumber>,
    queues: BTreeMap<String, Vec<Waiting>>,
    /// Members that ask for what waits.
    asking: BTreeSet<String>,
    acknowledged: HashSet<DeliveryNumber>,
}

/// The double's memory.
pub(super) struct Store {
    defect: Defect,
    members: BTreeSet<String>,
    validator: Validator,
    books: Mutex<Books>,
}

impl Store {
    pub(super) fn new(defect: Defect, members: &[&str]) -> Self {
        let members = members.iter().map(|&code| code.to_owned()).collect();
        Self { defect, members, validator: Validator::default(), books: Mutex::default() }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("nothing panics while it holds the books")
    }

    /// Deliveries that were accepted.
    pub(super) fn accepted(&self) -> u64 {
        self.books().accepted
    }

    /// Answers a request of `caller`.
    pub(super) fn call(&self, caller: &str, connection: u64, request: Request) -> Result<Answer, Fault> {
        let operation = request.operation();
        match request {
            Request::DeliverEnvelope(delivery) | Request::ValidateAndDeliverEnvelope(delivery) => {
                Ok(Answer::Delivered { operation, header: self.deliver(caller, connection, operation, delivery) })
            }
            Request::PullImportEnvelope => Ok(Answer::Envelopes(self.hand_out(caller, |_| true))),
            Request::GetImportEnvelopeHeaders { from } => {
                let mut books = self.books();
                let queue = self.look(&mut books, caller);
                let headers = queue.iter().map(|waiting| waiting.header.clone());
                let is_wanted =
                    |header: &TrackedHeader| from.as_deref().is_none_or(|from| header.header.from.as_str() == from);
                Ok(Answer::Headers { operation, headers: headers.filter(is_wanted).collect() })
            }
            Request::PullSingleImportEnvelope { number } => {
                let wanted = |header: &TrackedHeader| header.number.to_string() == number;
                Ok(Answer::Envelope(self.hand_out(caller, wanted).pop()))
            }
            Request::AcknowledgeEnvelopeReceipt { number }
            | Request::AdvancedAcknowledgeEnvelopeReceipt { number, .. }
            | Request::AcknowledgeFailedEnvelopeReceipt { number, .. } => {
                let state = match operation {
                    Operation::AcknowledgeEnvelopeReceipt => TrackingState::Delivered,
                    Operation::AdvancedAcknowledgeEnvelopeReceipt => TrackingState::DeliveredWithWarnings,
                    _ => TrackingState::DeliveredNotReadable,
                };
                self.acknowledge(caller, &number)?;
                Ok(Answer::Acknowledged { operation, state })
            }
            _ => Err(Fault::client(format!("{} is not what a double does", operation.name()))),
        }
    }

    fn deliver(&self, caller: &str, connection: u64, operation: Operation, delivery: Delivery) -> HeaderAnswer {
        let Delivery { header: fields, content } = delivery;
        let Ok(header) = Header::try_from(&fields) else { return refused(fields, "the header cannot be used") };
        if header.from.as_str() != caller || !self.members.contains(header.to.as_str()) {
            return refused(fields, "the parties are not those of this connection");
        }
        let Some(content) = content else { return refused(fields, "there is no content") };
        let must_be_refused = operation == Operation::ValidateAndDeliverEnvelope && !self.is_right(&header, &content);
        if must_be_refused && self.defect != Defect::TakesPoison {
            return refused(fields, "the certificate is not in order");
        }
        let mut books = self.books();
        let key = (caller.to_owned(), fields.certificate_number.clone());
        if let Some(&number) = books.known.get(&key) {
            return HeaderAnswer::Tracked(tracked(header, number));
        }
        let number = books.number();
        let strikes = books.strikes(self.defect, header.to.as_str());
        let waiting = Waiting::new(tracked(header, number), content, connection);
        if strikes && self.defect == Defect::RefusedAndDelivered {
            books.queue(waiting);
            return refused(fields, "the double pretends that it has no room");
        }
        books.accepted += 1;
        books.known.insert(key, number);
        let answer = HeaderAnswer::Tracked(waiting.header.clone());
        if strikes {
            books.mishandle(self.defect, waiting);
        } else {
            books.queue(waiting);
        }
        answer
    }

    fn is_right(&self, header: &Header, content: &Content) -> bool {
        let expected = Expected {
            from: header.from.as_str(),
            to: header.to.as_str(),
            number: header.certificate_number.as_str(),
            certificate_type: header.document.kind.0,
            certificate_status: header.document.status.0,
        };
        !self.validator.verdict(content.unescape(&mut Vec::new()), Some(&expected)).refuses()
    }

    /// What waits for a member, in the order in which it will be handed out.
    fn look<'a>(&self, books: &'a mut Books, caller: &str) -> &'a mut Vec<Waiting> {
        books.asking.insert(caller.to_owned());
        let queue = books.queues.entry(caller.to_owned()).or_default();
        if self.defect == Defect::Overtake {
            overtake(queue);
        }
        queue
    }

    fn hand_out(&self, caller: &str, is_wanted: impl Fn(&TrackedHeader) -> bool) -> Vec<(TrackedHeader, Content)> {
        let mut books = self.books();
        let queue = self.look(&mut books, caller);
        let chosen = queue.iter_mut().filter(|waiting| is_wanted(&waiting.header)).take(ENVELOPES_MAX);
        let envelopes = chosen.map(|waiting| {
            waiting.handed_out = true;
            (waiting.header.clone(), waiting.content.clone())
        });
        let envelopes = envelopes.collect();
        queue.retain(|waiting| !(waiting.invented && waiting.handed_out));
        envelopes
    }

    fn acknowledge(&self, caller: &str, number: &str) -> Result<(), Fault> {
        let mut books = self.books();
        let queue = books.queues.entry(caller.to_owned()).or_default();
        let Some(place) = queue.iter().position(|waiting| waiting.header.number.to_string() == number) else {
            // One whose answer was lost is acknowledged once more.
            let again = number.parse().is_ok_and(|number| books.acknowledged.contains(&number));
            return if again { Ok(()) } else { Err(Fault::envelope_unknown(number)) };
        };
        let waiting = queue.remove(place);
        books.acknowledged.insert(waiting.header.number);
        if self.defect == Defect::HandOutAfterTheEnd && !waiting.ended && books.is_occasion() {
            books.queue(Waiting { ended: true, ..waiting });
        }
        Ok(())
    }
}

impl Waiting {
    fn new(header: TrackedHeader, content: Content, connection: u64) -> Self {
        Self { header, content, connection, handed_out: false, ended: false, invented: false }
    }
}

impl Books {
    fn number(&mut self) -> DeliveryNumber {
        self.numbers += 1;
        let mut random = [0; 15];
        random[7..].copy_from_slice(&self.numbers.to_be_bytes());
        DeliveryNumber::new(ShardId(0), random)
    }

    fn queue(&mut self, waiting: Waiting) {
        self.queues.entry(waiting.header.header.to.as_str().to_owned()).or_default().push(waiting);
    }

    fn is_occasion(&mut self) -> bool {
        self.occasions += 1;
        self.occasions.is_multiple_of(STRIKES_EVERY)
    }

    /// Whether the defect strikes the delivery that comes in now.
    fn strikes(&mut self, defect: Defect, to: &str) -> bool {
        let has_victim = match defect {
            Defect::Lose | Defect::SecondNumber | Defect::Alter | Defect::RefusedAndDelivered | Defect::Invent => true,
            Defect::Misroute => self.another(to).is_some(),
            // These strike elsewhere.
            Defect::None | Defect::HandOutAfterTheEnd | Defect::Overtake | Defect::TakesPoison => return false,
        };
        self.due |= self.is_occasion();
        has_victim && std::mem::take(&mut self.due)
    }

    /// A member beside this one that asks for what waits: one that never asks would never see it.
    fn another(&self, code: &str) -> Option<&String> {
        self.asking.iter().find(|asking| *asking != code)
    }

    /// Queues an accepted envelope wrongly.
    fn mishandle(&mut self, defect: Defect, mut waiting: Waiting) {
        match defect {
            Defect::Lose => {}
            Defect::SecondNumber => {
                let number = self.number();
                let mut second = waiting.clone();
                second.header.number = number;
                self.queue(waiting);
                self.queue(second);
            }
            Defect::Misroute => {
                let to = self.another(waiting.header.header.to.as_str()).cloned();
                self.queues.entry(to.expect("there is a victim")).or_default().push(waiting);
            }
            Defect::Alter => {
                waiting.content = altered(&waiting.content);
                self.queue(waiting);
            }
            Defect::Invent => {
                let mut fields = HeaderFields {
                    from: waiting.header.header.from.to_string(),
                    to: waiting.header.header.to.to_string(),
                    certificate_type: 851,
                    certificate_status: 70,
                    ..HeaderFields::default()
                };
                fields.certificate_number = format!("NOBODY-{}", self.numbers);
                let header = Header::try_from(&fields).expect("the parties are members");
                let (number, content) = (self.number(), Content::from_text("Nobody sent this."));
                self.queue(waiting);
                self.queue(Waiting { invented: true, ..Waiting::new(tracked(header, number), content, 0) });
            }
            _ => self.queue(waiting),
        }
    }
}

fn tracked(header: Header, number: DeliveryNumber) -> TrackedHeader {
    TrackedHeader { header, number, state: TrackingState::PendingDelivery, message: None }
}

fn refused(fields: HeaderFields, reason: &str) -> HeaderAnswer {
    let tracking_info = TrackingState::FailedDelivery.as_str().to_owned();
    HeaderAnswer::Echo(HeaderFields { tracking_info, error_message: reason.to_owned(), ..fields })
}

/// The content with its last digit counted on.
fn altered(content: &Content) -> Content {
    let mut scratch = Vec::new();
    let mut text = content.unescape(&mut scratch).to_vec();
    let last = text.iter_mut().rev().find(|byte| byte.is_ascii_digit()).expect("a certificate has a date");
    *last = if *last == b'9' { b'0' } else { *last + 1 };
    Content::from_text(&String::from_utf8_lossy(&text))
}

/// Puts one envelope before an earlier one of the same connection, which had been answered before it was sent, and both
/// are still unknown to the receiver.
fn overtake(queue: &mut Vec<Waiting>) {
    let fresh: Vec<usize> = (0..queue.len()).filter(|&place| !queue[place].handed_out).collect();
    let pair = fresh.iter().enumerate().find_map(|(index, &first)| {
        let later = fresh[index + 1..].iter().find(|&&later| queue[later].connection == queue[first].connection);
        later.map(|&later| (first, later))
    });
    if let Some((first, later)) = pair {
        let faster = queue.remove(later);
        queue.insert(first, faster);
    }
}
