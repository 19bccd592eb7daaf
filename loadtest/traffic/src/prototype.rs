//! A request made ahead, but for its number.

use phytohub_certificates::{Broken, Day, Kind, Order, Random, broken, certificate};
use phytohub_soap::Operation;

use crate::countries::country;
use crate::dialect::{Dialect, Fields, Form, HttpShape, around};
use crate::hostile::Hostile;
use crate::number::number;
use crate::template::{FILE_PLACE, File, Template};

/// What the hub must do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expect {
    /// Accept it.
    Clean,
    /// Refuse the certificate, with `FailedDelivery`; the name says what is wrong with it.
    Invalid(&'static str),
    /// Answer with a fault or close the connection, and never accept; the name says what the attack is.
    Hostile(&'static str),
}

/// A request made ahead, but for its number.
#[derive(Clone, Debug)]
pub struct Prototype {
    /// Who sends it, as an index of the traffic's members.
    pub from: u16,
    /// Who receives it; never its sender.
    pub to: u16,
    /// What the hub must do with it.
    pub kind: Expect,
    /// The operation that delivers it.
    pub operation: Operation,
    /// CertificateType of its header.
    pub certificate_type: i32,
    /// CertificateStatus of its header.
    pub certificate_status: i32,
    /// The library that sends it.
    pub dialect: Dialect,
    /// How that speaks HTTP.
    pub http: HttpShape,
    body: Template,
    content: Template,
}

/// What a prototype shall be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) pair: (u16, u16),
    /// Connection codes of the two.
    pub(crate) codes: [&'a str; 2],
    pub(crate) what: What,
    pub(crate) operation: Operation,
    pub(crate) dialect: Dialect,
    pub(crate) would_chunk: bool,
}

/// What a request brings.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Certificate { kind: Kind, lines: usize },
    Broken(Broken),
    Hostile(Hostile),
}

/// An id that no run ever reaches, in the number that stands in texts until they are templates.
const PLACEHOLDER_ID: u64 = 0xD15C_0FFE_E5EE_D5A1;

/// The document that a small attached file would have been: its beginning alone, behind which the rest is put.
const FILE_BEGIN: &str = ">JVBERi0xLjQK<";

impl Prototype {
    /// The prototype of a plan. `files` are as many files as the certificate shall have, all of them alike.
    pub(crate) fn new(plan: &Plan<'_>, files: Option<&(usize, File)>, random: &mut Random) -> Self {
        match plan.what {
            What::Certificate { kind, lines } => Self::with_certificate(plan, kind, lines, files, random),
            What::Broken(flavour) => {
                let [from, to] = plan.codes.map(country);
                let text = broken(random.next(), from, to, &placeholder(from), flavour);
                Self::around_content(plan, Expect::Invalid(flavour.name()), Kind::Export, &text, None)
            }
            What::Hostile(hostile) => {
                let mark = placeholder(plan.codes[0]);
                let body = Template::new(&hostile.body(&fields(plan, Kind::Export, &mark), random), &mark, None);
                Self::new_with(plan, Expect::Hostile(hostile.name()), Kind::Export, [body, Template::default()])
            }
        }
    }

    fn with_certificate(
        plan: &Plan<'_>,
        kind: Kind,
        lines: usize,
        files: Option<&(usize, File)>,
        random: &mut Random,
    ) -> Self {
        let [from, to] = plan.codes.map(country);
        let order = Order {
            from,
            to,
            number: &placeholder(from),
            kind,
            lines,
            attachments: files.map_or(0, |(count, _)| *count),
            attachment_bytes: 0,
            issued: Day { year: 2026, month: random.between(1, 12) as u8, day: random.between(1, 28) as u8 },
        };
        let mut text = certificate(random.next(), &order);
        if files.is_some() {
            let (begin, end) = FILE_BEGIN.split_at(FILE_BEGIN.len() - 1);
            text = text.replace(FILE_BEGIN, &format!("{begin}{FILE_PLACE}{end}"));
        }
        Self::around_content(plan, Expect::Clean, kind, &text, files.map(|(_, file)| file))
    }

    fn around_content(plan: &Plan<'_>, expect: Expect, kind: Kind, text: &str, file: Option<&File>) -> Self {
        let mark = placeholder(plan.codes[0]);
        let form = Form::of(plan.dialect, plan.operation, file.is_some());
        let [written, content] = form.write(text, &mark, file);
        let [before, behind] = around(plan.dialect, &fields(plan, kind, &mark));
        let mut body = Template::new(before.as_bytes(), &mark, None);
        body.append(written);
        body.append(Template::new(behind.as_bytes(), &mark, None));
        Self::new_with(plan, expect, kind, [body, content])
    }

    fn new_with(plan: &Plan<'_>, expect: Expect, kind: Kind, [body, content]: [Template; 2]) -> Self {
        Self {
            from: plan.pair.0,
            to: plan.pair.1,
            kind: expect,
            operation: plan.operation,
            certificate_type: kind.certificate_type(),
            certificate_status: kind.certificate_status(),
            dialect: plan.dialect,
            http: HttpShape::of(plan.dialect, plan.operation, plan.would_chunk),
            body,
            content,
        }
    }

    /// Appends the body of the request to `out`, with `number` wherever the certificate's number stands. The number is
    /// one of [`number`] for the sender's code.
    pub fn body(&self, number: &str, out: &mut Vec<u8>) {
        self.body.fill(number, out);
    }

    /// Appends what the receiver must get, after un-escaping, to `out`. Nothing for a hostile request.
    pub fn content(&self, number: &str, out: &mut Vec<u8>) {
        self.content.fill(number, out);
    }

    /// Bytes of the body.
    pub fn body_length(&self) -> usize {
        self.body.length()
    }

    /// Bytes of the content.
    pub fn content_length(&self) -> usize {
        self.content.length()
    }
}

fn placeholder(code: &str) -> String {
    number(code, PLACEHOLDER_ID)
}

fn fields<'a>(plan: &Plan<'a>, kind: Kind, number: &'a str) -> Fields<'a> {
    let [from, to] = plan.codes;
    Fields {
        operation: plan.operation,
        from,
        to,
        certificate_type: kind.certificate_type(),
        certificate_status: kind.certificate_status(),
        number,
    }
}
