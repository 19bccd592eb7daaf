//! The acts of the story, in the order of an envelope's way.

use std::time::{Duration, Instant};

use phytohub_certificates as certificates;
use phytohub_model::{HeaderFields, Level};
use phytohub_soap::Operation;

use super::stage::{Letter, MEMBERS, Stage};
use super::tell::{Part, Teller};
use crate::client::CallError;
use crate::party::{Acknowledgement, was_accepted, without_declaration};

/// The day of the demo's own documents.
const TODAY: certificates::Day = certificates::Day { year: 2026, month: 11, day: 23 };

/// How long the demo waits for erased content to be gone from the disk.
const ERASURE_PATIENCE: Duration = Duration::from_secs(30);

/// All acts.
pub(super) async fn all(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    teller.start();
    ingress(stage, teller).await?;
    authenticate(stage, teller).await?;
    validate(stage, teller).await?;
    append(stage, teller).await?;
    retry(stage, teller).await?;
    route(stage, teller).await?;
    restart(stage, teller).await?;
    deliver(stage, teller).await?;
    acknowledge(stage, teller).await?;
    track(stage, teller).await?;
    respond(stage, teller).await?;
    forget(stage, teller).await
}

fn no_answer(error: CallError) -> String {
    error.to_string()
}

async fn ingress(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    let members = stage.party("KE")?.active_nppos().await.map_err(no_answer)?;
    let codes: Vec<&str> = members.iter().map(|nppo| nppo.code.as_str()).collect();
    let all = MEMBERS.iter().all(|code| codes.contains(code));
    teller.tell(Part::Ingress, all, &format!("KE connects over mutual TLS; active members: {}", codes.join(", ")));
    let answer = stage.party("KE")?.call(b"<certificate/>".to_vec()).await;
    let (well, text) = match answer {
        Err(CallError::Fault { message, .. }) => (true, format!("what is no SOAP request is answered: {message}")),
        other => (false, format!("what is no SOAP request was not refused: {other:?}")),
    };
    teller.tell(Part::Ingress, well, &text);
    Ok(())
}

/// Sends what must be refused and tells the reason.
async fn expect_refusal(
    stage: &mut Stage,
    teller: &mut Teller,
    part: Part,
    what: &str,
    header: &HeaderFields,
    content: &str,
) -> Result<(), String> {
    let party = stage.party("KE")?;
    let answer = party.deliver(Operation::ValidateAndDeliverEnvelope, header, content).await.map_err(no_answer)?;
    let refused = !was_accepted(&answer) && !answer.error_message.is_empty();
    stage.refused += usize::from(refused);
    let reason = answer.error_message.lines().next().unwrap_or("no reason was given");
    teller.tell(part, refused, &format!("refused, {what}: {reason}"));
    Ok(())
}

async fn authenticate(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    let first = stage.letters.first().ok_or("no letter")?;
    let (header, content) = (first.header.clone(), first.content.clone());
    let wrong_from = HeaderFields { from: "NL".to_owned(), ..header.clone() };
    expect_refusal(stage, teller, Part::Authenticate, "KE sends as NL", &wrong_from, &content).await?;
    let nowhere = HeaderFields { to: "AQ".to_owned(), ..header };
    expect_refusal(stage, teller, Part::Authenticate, "to a country that is not connected", &nowhere, &content).await
}

async fn validate(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    let first = stage.letters.first().ok_or("no letter")?;
    let (header, content) = (first.header.clone(), first.content.clone());
    let findings = stage.party("KE")?.validate(&content).await.map_err(no_answer)?;
    let clean = !findings.iter().any(|finding| finding.level == Level::Severe);
    teller.tell(Part::Validate, clean, &format!("{} judged: {} findings", header.certificate_number, findings.len()));
    let other_number = HeaderFields { certificate_number: "KE-2026-999999".to_owned(), ..header.clone() };
    expect_refusal(stage, teller, Part::Validate, "header and certificate differ", &other_number, &content).await?;
    let broken = certificates::broken(7, "KE", "NL", &header.certificate_number, certificates::Broken::CutOff);
    expect_refusal(stage, teller, Part::Validate, "the certificate is broken XML", &header, &broken).await
}

async fn append(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    for unsent in &stage.unsent {
        teller.tell(Part::Append, true, &format!("{} is not sent: {}", unsent.file, unsent.why));
    }
    for index in 0..stage.letters.len() {
        let letter = &stage.letters[index];
        let (header, content, operation) = (letter.header.clone(), letter.content.clone(), letter.operation);
        let file = letter.file.clone();
        let sender = stage.party(&header.from)?;
        teller.start();
        let answer = sender.deliver(operation, &header, &content).await.map_err(no_answer)?;
        let accepted = was_accepted(&answer);
        let name = file.as_deref().unwrap_or(operation.name());
        let HeaderFields { from, to, certificate_type, certificate_status, certificate_number, .. } = &header;
        let what = format!("{name}: {from} -> {to}, {certificate_type}/{certificate_status}, {certificate_number}");
        let kilobytes = content.len() as f64 / 1000.0;
        let text = if accepted {
            format!("{what}, {kilobytes:.1} kB: on disk as {}", answer.delivery_number)
        } else {
            format!("{what}: refused: {}", answer.error_message)
        };
        // A certificate of the user's may be refused, with its reason; ours may not.
        teller.tell(Part::Append, accepted || file.is_some(), &text);
        stage.refused += usize::from(!accepted);
        stage.letters[index].number = accepted.then_some(answer.delivery_number);
    }
    Ok(())
}

/// A sender that got no answer sends again: the same number, no second envelope.
async fn retry(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    let letter = stage.letters.first().ok_or("no letter")?;
    let (header, content, number) = (letter.header.clone(), letter.content.clone(), letter.number.clone());
    let operation = letter.operation;
    let answer = stage.party("KE")?.deliver(operation, &header, &content).await.map_err(no_answer)?;
    let same = Some(&answer.delivery_number) == number.as_ref();
    teller.tell(Part::Append, same, "the first one sent again, as after a lost answer: same number, not queued twice");
    Ok(())
}

/// Numbers that wait for `code`, in the order in which they were accepted.
fn expected_inbox(stage: &Stage, code: &str) -> Vec<String> {
    let waiting = stage.letters.iter().filter(|letter| letter.header.to == code);
    waiting.filter_map(|letter| letter.number.clone()).collect()
}

fn destinations(stage: &Stage) -> Vec<String> {
    let mut codes: Vec<String> = stage.letters.iter().map(|letter| letter.header.to.clone()).collect();
    codes.sort();
    codes.dedup();
    codes
}

async fn route(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    for code in destinations(stage) {
        let expected = expected_inbox(stage, &code);
        let listed = stage.party(&code)?.import_headers(None).await.map_err(no_answer)?;
        let numbers: Vec<String> = listed.into_iter().map(|header| header.delivery_number).collect();
        let text = format!("{code} lists what waits for it, oldest first: {}", numbers.len());
        teller.tell(Part::Route, numbers == expected, &text);
    }
    let sent = stage.letters.iter().filter(|letter| letter.header.from == "KE" && letter.number.is_some()).count();
    let under_way = stage.party("KE")?.under_delivery().await.map_err(no_answer)?;
    let text = format!("KE sees its {} envelopes under way", under_way.len());
    teller.tell(Part::Route, under_way.len() == sent, &text);
    Ok(())
}

async fn restart(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    stage.kill_hub()?;
    teller.tell(Part::Restart, true, "the hub's process is killed (SIGKILL), as by a power cut");
    stage.start_hub()?;
    teller.tell(Part::Restart, true, "started again and recovered from its journal");
    let (mut waiting, mut all_there) = (0, true);
    for code in destinations(stage) {
        let expected = expected_inbox(stage, &code);
        let listed = stage.party(&code)?.import_headers(None).await.map_err(no_answer)?;
        let numbers: Vec<String> = listed.into_iter().map(|header| header.delivery_number).collect();
        waiting += numbers.len();
        all_there &= numbers == expected;
    }
    teller.tell(Part::Restart, all_there, &format!("all {waiting} waiting envelopes are still there, in order"));
    Ok(())
}

/// What the receiver must get of a letter: what travels as real XML is the root element, all else is as it was.
fn as_served(letter: &Letter) -> &str {
    match letter.operation {
        Operation::DeliverPhytoEnvelope => without_declaration(&letter.content),
        _ => &letter.content,
    }
}

async fn deliver(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    for code in destinations(stage) {
        let expected: Vec<(String, String)> = stage
            .letters
            .iter()
            .filter(|letter| letter.header.to == code)
            .filter_map(|letter| Some((letter.number.clone()?, as_served(letter).to_owned())))
            .collect();
        let Some((first, _)) = expected.first() else { continue };
        let party = stage.party(&code)?;
        teller.start();
        let single = party.pull(first).await.map_err(no_answer)?;
        let got = single.as_ref().is_some_and(|(header, _)| header.delivery_number == *first);
        teller.tell(Part::Deliver, got, &format!("{code} pulls one envelope by its number"));
        let envelopes = stage.party(&code)?.pull_all().await.map_err(no_answer)?;
        let well = envelopes.len() == expected.len()
            && envelopes
                .iter()
                .zip(&expected)
                .all(|(envelope, sent)| envelope.0.delivery_number == sent.0 && envelope.1 == sent.1);
        let text = format!("{code} pulls all that waits, content as it was sent: {}", envelopes.len());
        teller.tell(Part::Deliver, well, &text);
        stage.pulled += if well { envelopes.len() } else { 0 };
    }
    Ok(())
}

/// What the n-th envelope's receiver says of it: the three ways in turn.
fn acknowledgement(index: usize) -> (Acknowledgement<'static>, &'static str, &'static str) {
    match index % 3 {
        0 => (Acknowledgement::Received, "Delivered", ""),
        1 => (Acknowledgement::Warning("weight differs"), "DeliveredWithWarnings", "weight differs"),
        _ => (Acknowledgement::Unreadable("cannot be opened"), "DeliveredNotReadable", "cannot be opened"),
    }
}

async fn acknowledge(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    let accepted: Vec<(String, String)> =
        stage.letters.iter().filter_map(|letter| Some((letter.number.clone()?, letter.header.to.clone()))).collect();
    for (index, (number, to)) in accepted.iter().enumerate() {
        let (what, state, _) = acknowledgement(index);
        let answer = stage.party(to)?.acknowledge(number, what).await;
        stage.acknowledged += usize::from(answer.is_ok());
        match answer {
            Ok(_) => teller.tell(Part::Acknowledge, true, &format!("{to} says of {number}: {state}")),
            Err(error) => teller.tell(Part::Acknowledge, false, &format!("{to}, {number}: {error}")),
        }
    }
    let mut left = 0;
    for code in destinations(stage) {
        left += stage.party(&code)?.import_headers(None).await.map_err(no_answer)?.len();
    }
    teller.tell(Part::Acknowledge, left == 0, &format!("what still waits: {left}"));
    Ok(())
}

async fn track(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    let accepted: Vec<(String, String)> =
        stage.letters.iter().filter_map(|letter| Some((letter.number.clone()?, letter.header.from.clone()))).collect();
    for (index, (number, from)) in accepted.iter().enumerate().take(3) {
        let (_, state, message) = acknowledgement(index);
        let header = stage.party(from)?.track(number).await.map_err(no_answer)?;
        let well = header.tracking_info == state && header.error_message == message;
        let said = if message.is_empty() { String::new() } else { format!(", '{}'", header.error_message) };
        teller.tell(Part::Acknowledge, well, &format!("{from} tracks {number}: {}{said}", header.tracking_info));
    }
    Ok(())
}

/// The importing country answers the certificate with an envelope of its own.
async fn respond(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    let number = stage.letters.first().ok_or("no letter")?.header.certificate_number.clone();
    let header = HeaderFields {
        from: "NL".to_owned(),
        to: "KE".to_owned(),
        certificate_type: 312,
        certificate_status: 39,
        certificate_number: number.clone(),
        ..HeaderFields::default()
    };
    let response = certificates::acknowledgement(1, &number, certificates::Kind::Export, 39, TODAY);
    let operation = Operation::DeliverCountryResponseEnvelope;
    let answer = stage.party("NL")?.deliver(operation, &header, &response).await.map_err(no_answer)?;
    let waiting = stage.party("KE")?.import_headers(Some("NL")).await.map_err(no_answer)?;
    let there = waiting.iter().any(|waiting| waiting.delivery_number == answer.delivery_number);
    teller.tell(Part::Deliver, there, &format!("NL's country response to {number} waits for KE"));
    let done = stage.party("KE")?.acknowledge(&answer.delivery_number, Acknowledgement::Received).await;
    teller.tell(Part::Acknowledge, done.is_ok(), "KE acknowledges the country response");
    Ok(())
}

/// Acknowledged content is overwritten on disk; the track stays.
async fn forget(stage: &mut Stage, teller: &mut Teller) -> Result<(), String> {
    // Something that stands in content only, not in the header that is kept as the track.
    let needle = b"SPSExchangedDocument";
    let began = Instant::now();
    let mut left = true;
    while left && began.elapsed() < ERASURE_PATIENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
        left = disk_contains(&stage.dir.join("data"), needle).map_err(|error| error.to_string())?;
    }
    teller.tell(Part::Forget, !left, "no certificate is left on the disk; tracks stay for 400 days");
    Ok(())
}

fn disk_contains(folder: &std::path::Path, needle: &[u8]) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let found = match path.is_dir() {
            true => disk_contains(&path, needle)?,
            false => memchr::memmem::find(&std::fs::read(&path)?, needle).is_some(),
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}
