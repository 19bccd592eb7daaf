//! Calls in, verdict out.

use phytohub_model::{Fault, HeaderFields, Timestamp, TrackingState};
use phytohub_soap::Operation;

use crate::{Answered, Asked, CASES, Call, CheckList, Content, Dialect, Identity, Kind, Push, Report, Signed, case};

const NUMBER: &str = "0000000000000000000000000Z";

fn call(operation: Operation, asked: Asked, answered: Answered) -> Call {
    let dialect = Dialect { http: "HTTP/1.1".to_owned(), ..Dialect::default() };
    let identity = Identity::Member;
    Call { at: Timestamp(1_000), operation: Some(operation), identity, asked, answered, dialect }
}

fn header(certificate: &str, status: i32) -> HeaderFields {
    HeaderFields {
        from: "KE".to_owned(),
        to: "XA".to_owned(),
        certificate_type: 851,
        certificate_status: status,
        certificate_number: certificate.to_owned(),
        ..HeaderFields::default()
    }
}

fn delivery(certificate: &str, status: i32, number: &str) -> Call {
    let asked = Asked::Delivery(header(certificate, status), Content::default());
    call(Operation::DeliverEnvelope, asked, Answered::Accepted { number: number.to_owned() })
}

fn refused(operation: Operation, reason: &'static str, broken: &[&str]) -> Call {
    let broken = broken.iter().map(|&rule| rule.to_owned()).collect();
    let asked = Asked::Delivery(header("KE-1", 70), Content { attachment: false, broken });
    call(operation, asked, Answered::Refused { reason, text: "no".to_owned() })
}

fn passed(list: &CheckList, id: &str) -> bool {
    assert!(case(id).is_some(), "{id} is a case");
    list.progress(id).is_some_and(|progress| progress.passed.is_some())
}

fn seen(list: &CheckList, id: &str) -> String {
    let last = list.progress(id).and_then(|progress| progress.last.clone());
    last.map(|evidence| evidence.text).unwrap_or_default()
}

#[test]
fn each_case_has_a_name_of_its_own_and_says_what_to_do() {
    let mut ids: Vec<&str> = CASES.iter().map(|case| case.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CASES.len());
    assert!(CASES.iter().all(|case| case.todo.ends_with('.') && !case.title.is_empty()));
    assert!(CASES.iter().filter(|case| case.kind == Kind::MustReject).count() >= 10);
}

#[test]
fn a_withdrawal_counts_only_for_what_was_sent_before() {
    let mut list = CheckList::new("KE");
    list.saw(&delivery("KE-1", 40, "A"));
    assert!(!passed(&list, "withdraw"));
    assert!(seen(&list, "withdraw").contains("status 70"), "{}", seen(&list, "withdraw"));
    list.saw(&delivery("KE-2", 70, "B"));
    list.saw(&delivery("KE-2", 40, "C"));
    assert!(passed(&list, "withdraw"));
    let evidence = list.progress("withdraw").and_then(|progress| progress.passed.clone()).unwrap_or_default();
    assert_eq!((evidence.number.as_deref(), evidence.operation.as_str()), (Some("C"), "DeliverEnvelope"));
    assert!(seen(&list, "withdraw").is_empty(), "what is right needs no advice");
}

#[test]
fn a_repeated_delivery_must_get_the_same_number() {
    let mut list = CheckList::new("KE");
    list.saw(&delivery("KE-1", 70, "A"));
    assert!(!passed(&list, "retry"));
    list.saw(&delivery("KE-1", 70, "B"));
    assert!(!passed(&list, "retry") && seen(&list, "retry").contains("another number"));
    list.saw(&delivery("KE-1", 70, "A"));
    assert!(passed(&list, "retry"));
}

#[test]
fn all_ten_lists_are_one_case_and_it_says_which_are_missing() {
    let mut list = CheckList::new("KE");
    let lists: Vec<Operation> = Operation::ALL.into_iter().filter(|operation| operation.list().is_some()).collect();
    for (index, &operation) in lists.iter().enumerate() {
        assert!(!passed(&list, "code-lists"));
        list.saw(&call(operation, Asked::Other, Answered::Rows(1)));
        if index + 2 == lists.len() {
            let last = lists[index + 1].name();
            assert!(seen(&list, "code-lists").contains(last), "{}", seen(&list, "code-lists"));
        }
    }
    assert!(passed(&list, "code-lists"));
}

#[test]
fn states_are_seen_by_tracking() {
    let mut list = CheckList::new("KE");
    let tracked = |state| {
        let (asked, number) = (Asked::Number(NUMBER.to_owned()), NUMBER.to_owned());
        call(Operation::GetEnvelopeTrackingInfo, asked, Answered::Tracked { number, state })
    };
    list.saw(&tracked(TrackingState::EnvelopeNotExists));
    assert!(!passed(&list, "track") && seen(&list, "track").contains("hubDeliveryNumber"));
    list.saw(&tracked(TrackingState::PendingDelivery));
    assert!(passed(&list, "track") && seen(&list, "see-delivered").contains("ask again"));
    list.saw(&tracked(TrackingState::Delivered));
    assert!(passed(&list, "see-delivered") && !passed(&list, "see-warnings"));
}

#[test]
fn an_acknowledgement_that_says_nothing_is_not_enough() {
    let mut list = CheckList::new("KE");
    let acknowledge = |message: &str| {
        let asked = Asked::Acknowledgement { number: NUMBER.to_owned(), message: message.to_owned() };
        call(Operation::AdvancedAcknowledgeEnvelopeReceipt, asked, Answered::Acknowledged)
    };
    list.saw(&acknowledge(" "));
    assert!(!passed(&list, "acknowledge-warnings") && seen(&list, "acknowledge-warnings").contains("warningMessage"));
    list.saw(&acknowledge("the seal is broken"));
    assert!(passed(&list, "acknowledge-warnings"));
}

#[test]
fn refusals_are_told_apart_by_their_reason() {
    for (reason, id) in [
        ("not_yours", "wrong-sender"),
        ("destination_unknown", "unknown-destination"),
        ("document_not_received", "type-not-received"),
        ("content_missing", "no-content"),
    ] {
        let mut list = CheckList::new("KE");
        list.saw(&refused(Operation::DeliverEnvelope, reason, &[]));
        let rejected: Vec<&str> = CASES.iter().map(|case| case.id).filter(|id| passed(&list, id)).collect();
        assert_eq!(rejected, [id]);
    }
}

#[test]
fn what_is_broken_counts_where_it_is_judged() {
    let validated = Operation::ValidateAndDeliverEnvelope;
    for (rule, id) in [
        ("country-code", "unknown-code"),
        ("xml-cut-off", "broken-xml"),
        ("xml-doctype", "doctype"),
        ("header-number", "header-differs"),
    ] {
        let mut list = CheckList::new("KE");
        let mut taken = refused(Operation::DeliverEnvelope, "invalid", &[rule]);
        taken.answered = Answered::Accepted { number: "A".to_owned() };
        list.saw(&taken);
        assert!(seen(&list, id).contains("ValidateAndDeliverEnvelope"), "{id}: {}", seen(&list, id));
        list.saw(&refused(validated, "not_yours", &[rule]));
        assert!(!passed(&list, id), "{id} refused for something else");
        list.saw(&refused(validated, "invalid", &[rule]));
        assert!(passed(&list, id), "{id}");
    }
}

#[test]
fn faults_are_told_apart_by_what_they_say() {
    let acknowledge = |text: String| {
        let asked = Asked::Acknowledgement { number: NUMBER.to_owned(), message: String::new() };
        call(Operation::AcknowledgeEnvelopeReceipt, asked, Answered::Fault(text))
    };
    let mut list = CheckList::new("KE");
    list.saw(&acknowledge(Fault::envelope_unknown(NUMBER).message));
    assert!(passed(&list, "unknown-number") && !passed(&list, "second-acknowledgement"));
    let number = NUMBER.parse().expect("a delivery number");
    list.saw(&acknowledge(Fault::already_final(number, TrackingState::Delivered).message));
    assert!(passed(&list, "second-acknowledgement") && !passed(&list, "acknowledge"));
    let mut unreadable = call(Operation::GetProfile, Asked::Unreadable, Answered::Fault("no DOCTYPE".to_owned()));
    unreadable.operation = None;
    list.saw(&unreadable);
    assert!(passed(&list, "doctype") && !passed(&list, "not-soap"));
    unreadable.answered = Answered::Fault("The body is no SOAP envelope".to_owned());
    list.saw(&unreadable);
    assert!(passed(&list, "not-soap"));
}

#[test]
fn a_certificate_that_does_not_count_ticks_nothing_else_off() {
    let mut list = CheckList::new("KE");
    let mut revoked = call(Operation::GetProfile, Asked::Other, Answered::Fault("not found".to_owned()));
    revoked.identity = Identity::Revoked;
    list.saw(&revoked);
    assert!(passed(&list, "revoked-certificate") && seen(&list, "profile").is_empty());
    assert!(list.dialects().is_empty(), "a dialect is a member's");
}

#[test]
fn a_push_counts_when_it_is_acknowledged() {
    let mut list = CheckList::new("KE");
    let push = |failure: Option<&str>| Push {
        at: Timestamp(1),
        number: NUMBER.to_owned(),
        failure: failure.map(str::to_owned),
    };
    list.pushed(&push(Some("connection refused")));
    assert!(seen(&list, "push").contains("connection refused"));
    list.pushed(&push(None));
    assert!(seen(&list, "push").contains("acknowledge"));
    let asked = Asked::Acknowledgement { number: NUMBER.to_owned(), message: String::new() };
    list.saw(&call(Operation::AcknowledgeEnvelopeReceipt, asked, Answered::Acknowledged));
    assert!(passed(&list, "push"));
}

/// A list on which everything passed, by evidence made up.
fn all_passed() -> Report {
    let mut report = CheckList::new("KE").report(&[], "1970-01-01T00:00:01Z", "0");
    report.cases.iter_mut().for_each(|case| case.passed = Some(crate::Evidence::default()));
    report.green = true;
    report
}

#[test]
fn a_report_is_checked_by_its_cases_and_not_by_its_word() {
    assert_eq!(all_passed().check(), Ok(()));
    let mut report = all_passed();
    report.cases[3].passed = None;
    let error = report.check().unwrap_err();
    assert!(error.contains(CASES[3].id) && error.contains(CASES[3].todo), "{error}");
    report.cases[3].optional = true;
    assert_eq!(report.check(), Ok(()));
    report.cases.remove(0);
    assert!(report.check().unwrap_err().contains(CASES[0].id));
}

#[test]
fn what_is_signed_is_the_same_after_a_way_through_a_file() {
    let report = all_passed();
    let message = Signed::message(&report);
    let signed = Signed { report, algorithm: String::new(), signer: String::new(), signature: String::new() };
    let file = serde_json::to_string_pretty(&signed).expect("JSON");
    let read: Signed = serde_json::from_str(&file).expect("a signed report");
    assert_eq!(Signed::message(&read.report), message);
    assert!(
        serde_json::from_str::<Signed>(&file.replacen('{', "{\"more\":1,", 1)).is_err(),
        "nothing unsigned beside it"
    );
}

#[test]
fn a_list_is_kept_and_read_again() {
    let mut list = CheckList::new("KE");
    assert!(list.saw(&delivery("KE-1", 70, "A")));
    list.has_certificate("ab");
    let file = list.to_json().expect("JSON");
    assert_eq!(CheckList::from_json(&file).as_ref(), Ok(&list));
    assert!(CheckList::from_json(b"{}").is_err());
}

#[test]
fn pages_show_names_from_outside_as_text() {
    let mut list = CheckList::new("KE");
    let mut call = delivery("<b>\"1\"</b>", 40, "A");
    call.dialect.user_agent = "<script>".to_owned();
    list.saw(&call);
    let report = list.report(&["push".to_owned()], "now", "0");
    let page = report.html();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains("<b>"), "{page}");
    let text = report.text();
    assert!(text.contains("TODO withdraw") && text.contains("to do: Deliver a certificate with status 70"), "{text}");
    assert!(text.contains("-    push"), "{text}");
}
