//! Work grows with a document's length and no faster: counted in the module's own instructions, so that no clock is
//! asked and the answer is the same on every machine.

use phytoval_host::MODULE;
use wasmtime::{Config, Engine, Linker, Module, Store};

/// Fuel for one judgement: far more than any document here needs.
const FUEL: u64 = 1 << 40;

/// A document of twice the size may cost this much more than twice the work: buffers that double, tables that are made
/// larger, numbers with a digit more.
const TOLERANCE: f64 = 1.25;

/// Repetitions in the smaller document of each pair, and how often it is doubled.
const SMALLEST: usize = 250;
const DOUBLINGS: u32 = 4;

/// Instructions that the module spends on documents.
struct Meter {
    engine: Engine,
    module: Module,
}

impl Meter {
    fn new() -> Self {
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config).expect("an engine that counts");
        let module = Module::from_binary(&engine, MODULE).expect("the module that is carried");
        Self { engine, module }
    }

    fn work(&self, content: &str) -> u64 {
        let mut store = Store::new(&self.engine, ());
        store.set_fuel(FUEL).expect("fuel is counted");
        let instance = Linker::new(&self.engine).instantiate(&mut store, &self.module).expect("it imports nothing");
        let length = u32::try_from(content.len()).expect("a document of this test");
        let allocate = instance.get_typed_func::<u32, u32>(&mut store, "phytoval_allocate").expect("the interface");
        let place = allocate.call(&mut store, length).expect("memory");
        let memory = instance.get_memory(&mut store, "memory").expect("the interface");
        memory.write(&mut store, place as usize, content.as_bytes()).expect("a buffer of this length");
        let judge = instance.get_typed_func::<(u32, u32), u32>(&mut store, "phytoval_judge").expect("the interface");
        let before = store.get_fuel().expect("fuel is counted");
        assert_eq!(judge.call(&mut store, (place, 0)).expect("a verdict"), 0);
        before - store.get_fuel().expect("fuel is counted")
    }

    /// Holds the work for documents of `shape` to their length, which [`DOUBLINGS`] times is doubled.
    fn is_linear(&self, name: &str, shape: impl Fn(usize) -> String) {
        let per_byte = |repetitions| {
            let content = shape(repetitions);
            let work = self.work(&content);
            assert!(0 < work, "{name}: no work was counted");
            #[expect(clippy::cast_precision_loss, reason = "counts of this test are far below 2^52")]
            let ratio = work as f64 / content.len() as f64;
            ratio
        };
        let first = per_byte(SMALLEST);
        let last = per_byte(SMALLEST << DOUBLINGS);
        assert!(last <= first * TOLERANCE, "{name}: {first:.1} instructions a byte, then {last:.1}");
    }
}

fn root(inside: &str) -> String {
    format!("<SPSCertificate xmlns=\"urn:un:unece:uncefact:data:standard:SPSCertificate:17\">{inside}</SPSCertificate>")
}

#[test]
fn work_is_linear_in_the_lines_of_a_certificate() {
    let day = phytohub_certificates::Day { year: 2026, month: 11, day: 24 };
    let order = |lines| phytohub_certificates::Order {
        from: "QM",
        to: "QZ",
        number: "QM-0001",
        kind: phytohub_certificates::Kind::Export,
        lines,
        attachments: 0,
        attachment_bytes: 0,
        issued: day,
    };
    let meter = Meter::new();
    meter.is_linear("lines", |lines| phytohub_certificates::certificate(1, &order(lines)));
    let [one, ten_thousand] = [1, 10_000].map(|lines| phytohub_certificates::certificate(1, &order(lines)));
    assert!(one.len() < ten_thousand.len() / 1_000);
    let (small, large) = (meter.work(&one), meter.work(&ten_thousand));
    let growth = u64::try_from(ten_thousand.len() / one.len()).expect("a ratio") + 1;
    assert!(large < small * growth * 2, "{small} instructions for one line, {large} for 10,000");
}

#[test]
fn work_is_linear_in_hostile_shapes() {
    let meter = Meter::new();
    type Shape = (&'static str, fn(usize) -> String);
    let shapes: [Shape; 12] = [
        ("unknown elements", |n| root(&"<x/>".repeat(n))),
        ("unknown namespaces", |n| root(&(0..n).map(|i| format!("<p:x xmlns:p=\"urn:{i}\"/>")).collect::<String>())),
        ("attributes", |n| {
            let attributes: String = (0..n).map(|i| format!(" a{i}=\"v\"")).collect();
            root(&format!("<x{attributes}/>"))
        }),
        ("prefixes of one element", |n| {
            let prefixes: String = (0..n).map(|i| format!(" xmlns:p{i}=\"urn:{i}\"")).collect();
            root(&format!("<x{prefixes}/>"))
        }),
        ("comments", |n| root(&"<!-- - -->".repeat(n))),
        ("processing instructions", |n| root(&"<?x ? ?>".repeat(n))),
        ("sections of characters", |n| root(&"<![CDATA[]]]]>".repeat(n))),
        ("references", |n| root(&"&amp;&#x41;".repeat(n))),
        ("depth", |n| root(&format!("{}{}", "<x>".repeat(n), "</x>".repeat(n)))),
        ("one text", |n| root(&"]] > ".repeat(n))),
        ("names far apart", names_far_apart),
        ("a tag that never ends", |n| format!("<SPSCertificate {}", "a ".repeat(n))),
    ];
    for (name, shape) in shapes {
        meter.is_linear(name, shape);
    }
}

/// The first names are far from one another, and all others, each in a language of its own, are compared with them.
fn names_far_apart(n: usize) -> String {
    let name = |i| format!("<Description languageID=\"l{i}\">x</Description>");
    let between = "<ProductionBatchID>1</ProductionBatchID>".repeat(n / 10);
    let first: String = (0..250).map(|i| name(i) + &between).collect();
    let others: String = (250..5 * n).map(name).collect();
    root(&format!(
        "<SPSConsignment><IncludedSPSConsignmentItem><IncludedSPSTradeLineItem>{first}{others}\
         </IncludedSPSTradeLineItem></IncludedSPSConsignmentItem></SPSConsignment>"
    ))
}

#[test]
fn work_is_linear_when_everything_is_wrong() {
    let meter = Meter::new();
    let broken = |lines: usize| {
        let line = "<ram:IncludedSPSTradeLineItem><ram:SequenceNumeric>x</ram:SequenceNumeric>\
            <ram:OriginSPSCountry><ram:ID>ZZ9</ram:ID></ram:OriginSPSCountry></ram:IncludedSPSTradeLineItem>";
        format!(
            "<SPSCertificate xmlns=\"urn:un:unece:uncefact:data:standard:SPSCertificate:17\" \
             xmlns:ram=\"urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21\">\
             <SPSConsignment><ram:IncludedSPSConsignmentItem>{}</ram:IncludedSPSConsignmentItem></SPSConsignment>\
             </SPSCertificate>",
            line.repeat(lines)
        )
    };
    meter.is_linear("broken lines", broken);
}
