//! `phytohub onboarding run`: the whole script, done by a member of our own, as a self-test of the sandbox and an
//! example for implementers. Each case is a method named after it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use phytohub_certificates as certificates;
use phytohub_certificates::{Broken, Day, Kind, Order};
use phytohub_model::{CodeList, HeaderFields, Level, TrackingState};
use phytohub_onboarding::{ACKNOWLEDGING_PARTNER, SENDING_PARTNER};
use phytohub_soap::Operation;
use phytohub_soap::client::{plain, with_number};

use crate::client::CallError;
use crate::clock;
use crate::party::{Acknowledgement, Party, was_accepted};

/// How long the script waits for what the partner countries or the time must bring.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The day of the script's certificates.
const TODAY: Day = Day { year: 2026, month: 5, day: 4 };
/// A document that XB does not take.
const VETERINARY: i32 = 853;
/// A number of the right form that no hub gave.
const NOBODYS_NUMBER: &str = "0000000000000000000000000Z";

/// How a case went.
pub(super) enum Went {
    /// As it must; what the hub said.
    Well(String),
    /// It was left out, and why.
    LeftOut(&'static str),
}

/// Who plays the script.
pub(super) struct Player {
    party: Party,
    dir: PathBuf,
    soap: String,
    code: String,
    /// Distinguishes certificate numbers of one run and of others.
    run: u64,
    made: u64,
    /// Numbers of envelopes to XA.
    to_partner: Vec<String>,
    /// An envelope that was acknowledged as received.
    acknowledged: Option<String>,
}

type Result<T = Went> = std::result::Result<T, String>;

impl Player {
    /// The member `code` with the keys in the hub's directory, calling the hub at `soap`.
    ///
    /// # Errors
    /// A sentence that names the key that cannot be read.
    pub(super) fn new(dir: PathBuf, soap: &str, code: &str) -> Result<Self> {
        let party = Party::new(&dir, soap, code).map_err(|error| {
            format!("{error}; the script needs the member's keys as pki/nppo-{code}.pem and .key, as `init` makes them")
        })?;
        let (run, to_partner) = (clock::now().0, Vec::new());
        let (soap, code) = (soap.to_owned(), code.to_owned());
        Ok(Self { party, dir, soap, code, run, made: 0, to_partner, acknowledged: None })
    }

    /// Plays one case.
    ///
    /// # Errors
    /// What went wrong, in a sentence.
    pub(super) async fn play(&mut self, case: &str) -> Result {
        match case {
            "profile" => self.call(Operation::GetProfile).await,
            "directory" => self.call(Operation::GetActiveNppos).await,
            "channels" => self.call(Operation::GetAvailableChannels).await,
            "under-delivery" => self.call(Operation::GetUnderDeliveryEnvelope).await,
            "code-lists" => self.code_lists().await,
            "validate" => self.validate().await,
            "deliver" => self.deliver(Operation::DeliverEnvelope, 0).await,
            "validate-and-deliver" => self.deliver(Operation::ValidateAndDeliverEnvelope, 0).await,
            "deliver-xml" => self.deliver(Operation::DeliverPhytoEnvelope, 0).await,
            "attachment" => self.deliver(Operation::ValidateAndDeliverEnvelope, 1).await,
            "withdraw" => self.withdraw().await,
            "retry" => self.retry().await,
            "track" => self.track().await,
            "see-delivered" => self.see(TrackingState::Delivered).await,
            "see-warnings" => self.see(TrackingState::DeliveredWithWarnings).await,
            "see-not-readable" => self.see(TrackingState::DeliveredNotReadable).await,
            "list" => self.list().await,
            "pull-single" => self.pull_single().await,
            "pull-many" => self.pull_many().await,
            "acknowledge" => self.acknowledge(Acknowledgement::Received).await,
            "acknowledge-warnings" => self.acknowledge(Acknowledgement::Warning("the weight is missing")).await,
            "acknowledge-unreadable" => self.acknowledge(Acknowledgement::Unreadable("it ends in the middle")).await,
            "set-tracking" => self.set_tracking().await,
            "country-response" => self.country_response().await,
            "push" => Ok(Went::LeftOut("the script's system has no service of its own; it pulls")),
            other => self.play_refused(other).await,
        }
    }

    async fn play_refused(&mut self, case: &str) -> Result {
        let partner = ACKNOWLEDGING_PARTNER;
        match case {
            "wrong-sender" => self.refused(|header| header.from = SENDING_PARTNER.to_owned()).await,
            "unknown-destination" => self.refused(|header| header.to = "ZZ".to_owned()).await,
            "type-not-received" => {
                let to_sending = |header: &mut HeaderFields| {
                    (header.to, header.certificate_type) = (SENDING_PARTNER.to_owned(), VETERINARY);
                };
                self.refused(to_sending).await
            }
            "no-certificate-number" => self.refused(|header| header.certificate_number.clear()).await,
            "no-content" => {
                let (header, _) = self.certificate(partner, Kind::Export, 0);
                self.refused_with(&header, "").await
            }
            "header-differs" => self.broken(Broken::OtherNumber).await,
            "broken-xml" => self.broken(Broken::CutOff).await,
            "doctype" => self.broken(Broken::Doctype).await,
            "unknown-code" => {
                let (header, content) = self.certificate(partner, Kind::Export, 0);
                // The unit of each weight becomes one that no list has.
                self.refused_with(&header, &content.replace("KGM", "QQQ")).await
            }
            "not-soap" => fault(self.party.call(b"no SOAP envelope".to_vec()).await),
            "unknown-number" => fault(self.party.acknowledge(NOBODYS_NUMBER, Acknowledgement::Received).await),
            "second-acknowledgement" => self.second_acknowledgement().await,
            "revoked-certificate" => self.with_other_keys("revoked").await,
            "expired-certificate" => self.with_other_keys("expired").await,
            _ => Err("the script has no step for this case; do it by hand".to_owned()),
        }
    }

    /// A certificate of this member and the header that fits it.
    fn certificate(&mut self, to: &str, kind: Kind, attachments: usize) -> (HeaderFields, String) {
        self.made += 1;
        let number = format!("{}-{}-{}", self.code, self.run, self.made);
        let order = Order {
            from: self.country(),
            to,
            number: &number,
            kind,
            lines: 1,
            attachments,
            attachment_bytes: 2_000,
            issued: TODAY,
        };
        let content = certificates::certificate(self.made, &order);
        (self.header(to, kind.certificate_type(), kind.certificate_status(), &number), content)
    }

    fn header(&self, to: &str, kind: i32, status: i32, number: &str) -> HeaderFields {
        HeaderFields {
            from: self.code.clone(),
            to: to.to_owned(),
            certificate_type: kind,
            certificate_status: status,
            certificate_number: number.to_owned(),
            ..HeaderFields::default()
        }
    }

    /// A connection code is a country's and perhaps more; the certificate says the country.
    fn country(&self) -> &str {
        self.code.get(..2).unwrap_or(&self.code)
    }

    async fn call(&mut self, operation: Operation) -> Result {
        let reply = self.party.call(plain(operation)).await.map_err(no_answer)?;
        let rows = reply.nppos.len() + reply.rows.len() + reply.headers.len();
        Ok(Went::Well(format!("{rows} rows")))
    }

    async fn code_lists(&mut self) -> Result {
        let mut rows = 0;
        for list in CodeList::ALL {
            rows += self.party.list(Operation::of_list(list)).await.map_err(no_answer)?.len();
        }
        Ok(Went::Well(format!("{rows} rows in {} lists", CodeList::ALL.len())))
    }

    async fn validate(&mut self) -> Result {
        let (_, content) = self.certificate(ACKNOWLEDGING_PARTNER, Kind::Export, 0);
        let findings = self.party.validate(&content).await.map_err(no_answer)?;
        match findings.iter().find(|finding| finding.level == Level::Severe) {
            Some(finding) => Err(format!("our own certificate is not valid: {}", finding.message)),
            None => Ok(Went::Well("no SEVERE finding".to_owned())),
        }
    }

    async fn send(&mut self, operation: Operation, header: &HeaderFields, content: &str) -> Result<String> {
        let answer = self.party.deliver(operation, header, content).await.map_err(no_answer)?;
        if !was_accepted(&answer) {
            return Err(answer.error_message);
        }
        if header.to == ACKNOWLEDGING_PARTNER && !self.to_partner.contains(&answer.delivery_number) {
            self.to_partner.push(answer.delivery_number.clone());
        }
        Ok(answer.delivery_number)
    }

    async fn deliver(&mut self, operation: Operation, attachments: usize) -> Result {
        let (header, content) = self.certificate(ACKNOWLEDGING_PARTNER, Kind::Export, attachments);
        self.send(operation, &header, &content).await.map(Went::Well)
    }

    async fn withdraw(&mut self) -> Result {
        let operation = Operation::ValidateAndDeliverEnvelope;
        let (issued, content) = self.certificate(ACKNOWLEDGING_PARTNER, Kind::Export, 0);
        self.send(operation, &issued, &content).await?;
        let order = Order {
            from: self.country(),
            to: ACKNOWLEDGING_PARTNER,
            number: &issued.certificate_number,
            kind: Kind::Withdrawal,
            lines: 1,
            attachments: 0,
            attachment_bytes: 0,
            issued: TODAY,
        };
        let withdrawn = certificates::certificate(self.made, &order);
        let header = HeaderFields { certificate_status: Kind::Withdrawal.certificate_status(), ..issued };
        self.send(operation, &header, &withdrawn).await.map(Went::Well)
    }

    async fn retry(&mut self) -> Result {
        let (header, content) = self.certificate(ACKNOWLEDGING_PARTNER, Kind::Export, 0);
        let first = self.send(Operation::DeliverEnvelope, &header, &content).await?;
        let second = self.send(Operation::DeliverEnvelope, &header, &content).await?;
        if first == second { Ok(Went::Well(first)) } else { Err(format!("two numbers: {first} and {second}")) }
    }

    async fn track(&mut self) -> Result {
        if self.to_partner.is_empty() {
            self.deliver(Operation::DeliverEnvelope, 0).await?;
        }
        let number = self.to_partner.first().cloned().unwrap_or_default();
        let header = self.party.track(&number).await.map_err(no_answer)?;
        Ok(Went::Well(header.tracking_info))
    }

    /// Looks at all envelopes to XA until one has the state, and sends another when none is under way any more.
    async fn see(&mut self, wanted: TrackingState) -> Result {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let mut under_way = false;
            for number in self.to_partner.clone() {
                let state = self.party.track(&number).await.map_err(no_answer)?.tracking_info;
                if state == wanted.as_str() {
                    return Ok(Went::Well(number));
                }
                under_way |= state == TrackingState::PendingDelivery.as_str();
            }
            if !under_way {
                self.deliver(Operation::DeliverEnvelope, 0).await?;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(format!("no envelope became {wanted} within {} s; does XA acknowledge by 'script'?", PATIENCE.as_secs()))
    }

    /// What waits, once something does.
    async fn waiting(&mut self) -> Result<Vec<HeaderFields>> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let headers = self.party.import_headers(None).await.map_err(no_answer)?;
            if !headers.is_empty() {
                return Ok(headers);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(format!("nothing waited for {} s; is the hub's log about XB?", PATIENCE.as_secs()))
    }

    /// Fetches the oldest envelope.
    async fn fetch(&mut self) -> Result<HeaderFields> {
        let number = self.waiting().await?.swap_remove(0).delivery_number;
        let envelope = self.party.pull(&number).await.map_err(no_answer)?;
        envelope.map(|(header, _)| header).ok_or_else(|| format!("{number} was listed and not handed out"))
    }

    async fn list(&mut self) -> Result {
        self.waiting().await.map(|headers| Went::Well(format!("{} wait", headers.len())))
    }

    async fn pull_single(&mut self) -> Result {
        self.fetch().await.map(|header| Went::Well(header.delivery_number))
    }

    async fn pull_many(&mut self) -> Result {
        self.waiting().await?;
        let envelopes = self.party.pull_all().await.map_err(no_answer)?;
        if envelopes.is_empty() {
            return Err("what was listed was not handed out".to_owned());
        }
        Ok(Went::Well(format!("{} handed out", envelopes.len())))
    }

    async fn acknowledge(&mut self, what: Acknowledgement<'_>) -> Result {
        let number = self.fetch().await?.delivery_number;
        self.party.acknowledge(&number, what).await.map_err(no_answer)?;
        if matches!(what, Acknowledgement::Received) {
            self.acknowledged = Some(number.clone());
        }
        Ok(Went::Well(number))
    }

    async fn set_tracking(&mut self) -> Result {
        let mut header = self.fetch().await?;
        header.tracking_info = TrackingState::Delivered.as_str().to_owned();
        self.party.set_tracking(&header).await.map_err(no_answer)?;
        Ok(Went::Well(header.delivery_number))
    }

    async fn country_response(&mut self) -> Result {
        const APPROVED: i32 = 39;
        const COUNTRY_RESPONSE: i32 = 312;
        let answered = self.fetch().await?;
        let content =
            certificates::acknowledgement(self.made, &answered.certificate_number, Kind::Export, APPROVED, TODAY);
        let header = self.header(&answered.from, COUNTRY_RESPONSE, APPROVED, &answered.certificate_number);
        self.send(Operation::DeliverCountryResponseEnvelope, &header, &content).await.map(Went::Well)
    }

    async fn second_acknowledgement(&mut self) -> Result {
        if self.acknowledged.is_none() {
            self.acknowledge(Acknowledgement::Received).await?;
        }
        let number = self.acknowledged.clone().unwrap_or_default();
        fault(self.party.acknowledge(&number, Acknowledgement::Unreadable("after all")).await)
    }

    /// A delivery that is right but for what `spoil` does to its header.
    async fn refused(&mut self, spoil: impl FnOnce(&mut HeaderFields)) -> Result {
        let (mut header, content) = self.certificate(ACKNOWLEDGING_PARTNER, Kind::Export, 0);
        spoil(&mut header);
        self.refused_with(&header, &content).await
    }

    async fn broken(&mut self, flavour: Broken) -> Result {
        let (header, _) = self.certificate(ACKNOWLEDGING_PARTNER, Kind::Export, 0);
        let number = &header.certificate_number;
        let content = certificates::broken(self.made, self.country(), ACKNOWLEDGING_PARTNER, number, flavour);
        self.refused_with(&header, &content).await
    }

    async fn refused_with(&mut self, header: &HeaderFields, content: &str) -> Result {
        let operation = Operation::ValidateAndDeliverEnvelope;
        let answer = self.party.deliver(operation, header, content).await.map_err(no_answer)?;
        if was_accepted(&answer) { Err("the hub took it".to_owned()) } else { Ok(Went::Well(answer.error_message)) }
    }

    /// A call with the keys of that kind, once they no longer count.
    async fn with_other_keys(&mut self, kind: &str) -> Result {
        let [certificate, key] =
            ["pem", "key"].map(|ending| self.dir.join("pki").join(format!("nppo-{}-{kind}.{ending}", self.code)));
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let mut party = Party::with_keys(&self.dir, &self.soap, &self.code, &certificate, &key)?;
            match party.call(with_number(Operation::GetEnvelopeTrackingInfo, NOBODYS_NUMBER)).await {
                Err(CallError::Fault { message, .. }) => return Ok(Went::Well(message)),
                Err(error) => return Err(no_answer(error)),
                Ok(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
        Err("the certificate still counts".to_owned())
    }
}

fn no_answer(error: CallError) -> String {
    error.to_string()
}

/// The fault that must come.
fn fault<T>(result: std::result::Result<T, CallError>) -> Result {
    match result {
        Err(CallError::Fault { message, .. }) => Ok(Went::Well(message)),
        Err(error) => Err(no_answer(error)),
        Ok(_) => Err("the hub took it".to_owned()),
    }
}
