//! Every breach of the syntax once, every leniency that XML does grant, and quick-xml as the oracle of both.

use std::borrow::Cow;

use proptest::prelude::*;
use quick_xml::NsReader;
use quick_xml::name::ResolveResult;

use super::*;
use crate::limits::{ATTRIBUTES_MAX, BINDINGS_MAX, NAMESPACE_BYTES_MAX};

/// Writes down what it is shown.
#[derive(Debug, Default, PartialEq, Eq)]
struct Notes {
    events: Vec<String>,
    text: String,
    /// Of each start tag what it means in the message, and its offset.
    starts: Vec<(Namespace, Element, usize)>,
    /// Of each start tag its element's local name, and prefix, local name and value of each attribute.
    attributes: Vec<[String; 4]>,
}

impl Notes {
    fn note(&mut self, event: &str) {
        if !self.text.is_empty() {
            self.events.push(format!("text {}", std::mem::take(&mut self.text)));
        }
        self.events.push(event.to_owned());
    }
}

impl<'a> Sink<'a> for Notes {
    fn start(&mut self, start: Start, scanner: &Scanner<'a>) {
        let (_, local) = tag::name_at(scanner.text, start.at);
        self.note(&format!("start {{{}}}{local}", scanner.namespace(start.at)));
        self.starts.push((start.namespace, start.element, start.at));
        for Attribute { name, value, .. } in scanner.attributes() {
            self.attributes.push([local, name.prefix, name.local, &references::resolve(value)].map(str::to_owned));
        }
    }

    fn leaf(&mut self, start: Start, text: &'a str, scanner: &Scanner<'a>) {
        self.start(start, scanner);
        self.text(text);
        self.end();
    }

    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn end(&mut self) {
        self.note("end");
    }
}

/// All events of `text`, or the breach.
fn scan(text: &str) -> Result<Vec<String>, (usize, Kind<'static>)> {
    Ok(read(text)?.events)
}

/// All that is shown of `text`, or the breach.
fn read(text: &str) -> Result<Notes, (usize, Kind<'static>)> {
    read_by(text, |scanner, notes| scanner.read(notes))
}

/// The same without the short way for what is common.
fn read_carefully(text: &str) -> Result<Notes, (usize, Kind<'static>)> {
    read_by(text, |mut scanner, notes| {
        while scanner.step(notes)? {}
        Ok(())
    })
}

fn read_by(
    text: &str,
    read: impl FnOnce(Scanner<'static>, &mut Notes) -> Result<(), SyntaxError<'static>>,
) -> Result<Notes, (usize, Kind<'static>)> {
    // A breach shows parts of its document, so that one stays.
    let document = Box::leak(Box::new(Document { text: Cow::Owned(text.to_owned()), start: 0, stop: None }));
    let mut notes = Notes::default();
    read(Scanner::new(document), &mut notes).map_err(|error| (error.at, error.kind))?;
    Ok(notes)
}

fn breach(text: &str) -> (usize, Kind<'static>) {
    scan(text).expect_err(text)
}

#[test]
fn legal_documents_are_read() {
    let check = |text: &str, events: &[&str]| assert_eq!(scan(text).expect(text), events, "{text}");
    check("<a/>", &["start {}a", "end"]);
    check("<?xml version='1.0'?>\n<!-- - -->\n<?p?><a ></a\n>\n<?p q?> <!---->", &["start {}a", "end"]);
    check("<?xml version=\"1.1\" encoding = 'utf-16' standalone=\"no\" ?><a/>", &["start {}a", "end"]);
    check("<a>&lt;&#65;&#x42;]] >&quot;</a>", &["start {}a", "text <AB]] >\"", "end"]);
    check("<a>x<![CDATA[]]&lt;<!-- ]]>]<!--c-->y</a>", &["start {}a", "text x]]&lt;<!-- ]y", "end"]);
    check("<a b='&lt;\"' c=\"'>\" ></a>", &["start {}a", "end"]);
    check(
        "<a xmlns='u'><b xmlns=''><c/></b><d/></a>",
        &["start {u}a", "start {}b", "start {}c", "end", "end", "start {u}d", "end", "end"],
    );
    check("<p:a xmlns:p='u&amp;\n v' p:b='' b='' xml:lang='en'/>", &["start {u&  v}a", "end"]);
    check(
        "<a xmlns:p='u'><b xmlns:p='v'><p:c/></b><p:d/></a>",
        &["start {}a", "start {}b", "start {v}c", "end", "end", "start {u}d", "end", "end"],
    );
    check(
        "<植物 xmlns:xml='http://www.w3.org/XML/1998/namespace'>\u{7F}\u{85}🌱</植物>",
        &["start {}植物", "text \u{7F}\u{85}🌱", "end"],
    );
}

#[test]
fn the_attributes_are_those_of_the_tag_read_last() {
    let text = "<a xmlns:p='u' p:b='1' c=\"x&amp;\ny\"><d/><e f='2'/>g</a>";
    let notes = read(text).unwrap();
    let expected = [("a", "xmlns", "p", "u"), ("a", "p", "b", "1"), ("a", "", "c", "x& y"), ("e", "", "f", "2")];
    let expected = expected.map(|(element, prefix, local, value)| [element, prefix, local, value].map(str::to_owned));
    assert_eq!(notes.attributes, expected);
}

#[test]
fn each_breach_is_named_where_it_stands() {
    for (document, at, kind) in [
        ("<a>& </a>", 3, Kind::AmpersandAlone),
        ("<a b='&amp'/>", 6, Kind::AmpersandAlone),
        ("<a>&#0;</a>", 3, Kind::BadCharacterReference("#0")),
        ("<a>&#xD800;</a>", 3, Kind::BadCharacterReference("#xD800")),
        ("<a>&#+5;</a>", 3, Kind::AmpersandAlone),
        ("<a>&#xFFFFFFFFFF;</a>", 3, Kind::BadCharacterReference("#xFFFFFFFFFF")),
        ("<a>&nbsp;</a>", 3, Kind::UndefinedEntity("nbsp")),
        ("<a><!-- -- --></a>", 8, Kind::BadComment),
        ("<a><!-- --->", 8, Kind::BadComment),
        ("<?xml version='2.0'?><a/>", 0, Kind::BadDeclaration),
        ("<?xml encoding='UTF-8'?><a/>", 0, Kind::BadDeclaration),
        ("<?xml version='1.0' standalone='maybe'?><a/>", 0, Kind::BadDeclaration),
        ("<?xml version='1.0'encoding='UTF-8'?><a/>", 0, Kind::BadDeclaration),
        (" <?xml version='1.0'?><a/>", 1, Kind::MisplacedDeclaration),
        ("<a><?xml version='1.0'?></a>", 3, Kind::MisplacedDeclaration),
        ("<?XML p?><a/>", 0, Kind::BadInstruction),
        ("<? p?><a/>", 0, Kind::BadInstruction),
        ("<?a:b?><a/>", 0, Kind::BadInstruction),
        ("<a>1 < 2</a>", 5, Kind::BadMarkup),
        ("<a><!ELEMENT b></a>", 3, Kind::BadMarkup),
        ("<a 1='2'/>", 3, Kind::BadName),
        ("<a:b:c/>", 1, Kind::BadQualifiedName("a:b:c")),
        ("<:a/>", 1, Kind::BadQualifiedName(":a")),
        ("<a xmlns:='u'/>", 3, Kind::BadQualifiedName("xmlns:")),
        ("<a xmlns:p='u' p:1=''/>", 15, Kind::BadQualifiedName("p:1")),
        ("<a>]]></a>", 3, Kind::CdataEndInText),
        ("<a/><![CDATA[ ]]>", 4, Kind::CdataOutsideRoot),
        ("<!DOCTYPE a><a/>", 0, Kind::Doctype),
        ("<a b='' b=''/>", 8, Kind::DuplicateAttribute("b")),
        ("<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", 34, Kind::DuplicateAttribute("q:b")),
        ("<a xmlns:p=''/>", 3, Kind::EmptyNamespace("p")),
        ("<a/></b>", 4, Kind::EndWithoutStart("b")),
        ("<a><b></b>", 10, Kind::EndsInside("a")),
        ("<a><b", 4, Kind::Ends("<")),
        ("<a b='", 6, Kind::Ends("=\"")),
        ("<a><!-- ", 3, Kind::Ends("<!--")),
        ("<a><![CDATA[ ]]", 3, Kind::Ends("<![CDATA[")),
        ("<a><?p ", 3, Kind::Ends("<?")),
        ("<a></a", 3, Kind::Ends("</")),
        ("<a>&am", 3, Kind::Ends("&")),
        ("<a b/>", 4, Kind::EqualsMissing("b")),
        ("<a b=c/>", 5, Kind::QuoteMissing("b")),
        ("<a b='<'/>", 6, Kind::LessThanInValue("b")),
        ("<a b='1'c='2'/>", 8, Kind::SpaceMissing),
        ("<a></a b=''>", 3, Kind::SpaceMissing),
        ("<a></a:>", 3, Kind::MismatchedEnd { found: "a:", open: "a" }),
        ("<a><b></a></b>", 6, Kind::MismatchedEnd { found: "a", open: "b" }),
        ("<a xmlns:p='u' xmlns:q='u'><p:b></q:b></a>", 32, Kind::MismatchedEnd { found: "q:b", open: "p:b" }),
        ("", 0, Kind::NoRoot),
        (" <!-- --> ", 10, Kind::NoRoot),
        ("<a/> <b/>", 5, Kind::SecondRoot),
        ("<a/>x", 4, Kind::TextOutsideRoot),
        ("x<a/>", 0, Kind::TextOutsideRoot),
        ("<a/>&#32;", 4, Kind::TextOutsideRoot),
        ("<p:a/>", 0, Kind::UnboundPrefix("p")),
        ("<a p:b=''/>", 3, Kind::UnboundPrefix("p")),
        ("<a><b xmlns:p='u'/><p:c/></a>", 19, Kind::UnboundPrefix("p")),
        ("<a xmlns:xml='u'/>", 3, Kind::ReservedNamespace),
        ("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", 3, Kind::ReservedNamespace),
        ("<a xmlns:xmlns='u'/>", 3, Kind::ReservedNamespace),
        ("<a xmlns='http://www.w3.org/2000/xmlns/'/>", 3, Kind::ReservedNamespace),
        ("<xmlns:a/>", 0, Kind::ReservedNamespace),
    ] {
        assert_eq!(breach(document), (at, kind), "{document}");
    }
}

#[test]
fn an_illegal_character_is_found_in_every_context() {
    for before in
        ["", "<", "<a", "<a ", "<a b='", "<a>", "<a>&am", "<a><!-- ", "<a><?p ", "<a><![CDATA[", "<a></a", "<a/>"]
    {
        for character in ['\0', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
            let document = format!("{before}{character}");
            assert_eq!(breach(&document), (before.len(), Kind::IllegalCharacter(character)), "{document:?}");
        }
    }
    assert_eq!(breach("<a></b>\0"), (3, Kind::MismatchedEnd { found: "b", open: "a" }));
}

#[test]
fn the_bounds_hold_and_what_is_just_inside_of_them_is_read() {
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert!(scan(&nested(DEPTH_MAX)).is_ok());
    assert_eq!(breach(&nested(DEPTH_MAX + 1)), (3 * DEPTH_MAX, Kind::TooDeep));

    let with_attributes =
        |count| format!("<a{}/>", (0..count).map(|index| format!(" b{index}=''")).collect::<String>());
    assert!(scan(&with_attributes(ATTRIBUTES_MAX)).is_ok());
    assert_eq!(breach(&with_attributes(ATTRIBUTES_MAX + 1)).1, Kind::TooManyAttributes);

    let declaring = |count: usize| {
        let open = (0..count).map(|index| format!("<a xmlns:p{index}='u' xmlns:q{index}='u' xmlns:r{index}='u'>"));
        open.collect::<String>() + &"</a>".repeat(count)
    };
    assert!(scan(&declaring(BINDINGS_MAX / 3)).is_ok());
    assert_eq!(breach(&declaring(BINDINGS_MAX / 3 + 1)).1, Kind::TooManyNamespaces);

    let long = |length| format!("<a xmlns='{}'/>", "u".repeat(length));
    assert!(scan(&long(NAMESPACE_BYTES_MAX)).is_ok());
    assert_eq!(breach(&long(NAMESPACE_BYTES_MAX + 1)).1, Kind::NamespaceTooLong);

    let named = |length| format!("<{}/>", "a".repeat(length));
    assert!(scan(&named(NAME_BYTES_MAX)).is_ok());
    assert_eq!(breach(&named(NAME_BYTES_MAX + 1)).1, Kind::NameTooLong);
}

/// What quick-xml makes of a document that we read.
fn oracle(document: &str) -> Result<Vec<String>, String> {
    use quick_xml::events::Event;
    let mut reader = NsReader::from_str(document);
    reader.config_mut().expand_empty_elements = true;
    let (mut events, mut text) = (Vec::new(), String::new());
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| error.to_string())?;
        let markup = matches!(event, Event::Start(_) | Event::End(_));
        if markup && !text.is_empty() {
            events.push(format!("text {}", std::mem::take(&mut text)));
        }
        match event {
            Event::Start(start) => {
                let namespace = match namespace {
                    ResolveResult::Bound(namespace) => namespace.0.to_owned(),
                    ResolveResult::Unbound => Default::default(),
                    ResolveResult::Unknown(prefix) => return Err(format!("unknown prefix {prefix:?}")),
                };
                let local = start.local_name();
                events.push(format!("start {{{}}}{}", namespace, local.as_ref()));
            }
            Event::End(_) => events.push("end".into()),
            Event::Text(piece) if reader_is_inside(&events) => text.push_str(&piece),
            Event::CData(piece) => text.push_str(&piece),
            Event::GeneralRef(reference) => {
                let reference = format!("{};", &*reference);
                text.push(references::read(&reference).map_err(|kind| format!("{kind:?}"))?.0);
            }
            Event::Eof => return Ok(events),
            _ => {}
        }
    }
}

/// Whether an element is open after `events`.
fn reader_is_inside(events: &[String]) -> bool {
    let count = |name: &str| events.iter().filter(|event| event.starts_with(name)).count();
    count("end") < count("start")
}

/// Documents made of the pieces that matter to a scanner, mostly broken ones.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<a>",
        "</a>",
        "<a/>",
        "<p:b xmlns:p='u'>",
        "</p:b>",
        "<p:c d='1'/>",
        "<a xmlns='v' e=\"&lt;\">",
        "<",
        ">",
        "&",
        "&amp;",
        "&#65;",
        "&x;",
        "]]>",
        "]]",
        "<![CDATA[",
        "<!--",
        "-->",
        "--",
        "<?p",
        "?>",
        "<?xml version='1.0'?>",
        "'",
        "\"",
        "=",
        " ",
        "text",
        "ä",
        "\u{1}",
        "<!DOCTYPE a>",
        "/",
        "xmlns:q='w'",
        "<q:a q:z=''>",
        "</q:a>",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| format!("<a>{}</a>", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_is_read_as_the_oracle_reads_it(document in pieces()) {
        if let Ok(events) = scan(&document) {
            prop_assert_eq!(Ok(events), oracle(&document));
        }
    }
}

/// Stands behind a document: the short way leaves the last bytes of all to the careful one.
const AFTER: &str = "<!-- This is more than the eighty bytes that are looked at where a start tag begins. -->";

/// Documents of names that the message has, which the short way takes.
fn known_pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<ID>",
        "</ID>",
        "<ID/>",
        "<ID></ID>",
        "<ID>text</ID>",
        "<ID>a]b</ID>",
        "<ID>a]]>b</ID>",
        "<ID>&lt;</ID>",
        "<ID >",
        "<ID-1>x</ID>",
        "<ID-1 unitCode='x'/>",
        "<r:Name.x>",
        "</r:Name.x>",
        "<r:Name_ languageID=\"en\"/>",
        "<ID\tlistID='x' mimeCode='y'>text</ID\n>",
        "</ID >",
        "<r:Name>",
        "</r:Name>",
        "<r:Name languageID=\"en\">a name in English</r:Name>",
        "<r:Name languageID='en' unitCode='x'/>",
        "<r:Name languageID='en' languageID='fr'/>",
        "<r:Name languageID='<'/>",
        "<r:Name languageID='&amp;'/>",
        "<r:Name languageID='en'unitCode='x'/>",
        "<r:Name xmlns='v' xmlns:r='w'>",
        "<longprefix:Subject>x</longprefix:Subject>",
        "<q:Content>",
        "</q:Content>",
        "<Contents/>",
        "<Conten:t/>",
        "<xmlns:ID/>",
        "<!-- -->",
        "<![CDATA[x]]>",
        " text ",
        "]]>",
        "é",
        "\u{1}",
    ]);
    prop::collection::vec(piece, 0..12)
        .prop_map(|pieces| format!("<root xmlns:r='u' xmlns:longprefix='l'>{}</root>{AFTER}", pieces.concat()))
}

proptest! {
    #[test]
    fn the_short_way_reads_what_the_careful_way_reads(document in known_pieces()) {
        prop_assert_eq!(read(&document), read_carefully(&document));
    }
}

#[test]
fn a_name_that_goes_on_behind_its_letters_is_another_one() {
    for name in ["ID-1", "ID.", "ID_", "ID1", "IDé", "r:ID-1"] {
        let text = format!("<root xmlns:r='u'><{name} unitCode='x'>y</{name}><{name}/></root>{AFTER}");
        assert_eq!(read(&text).unwrap(), read_carefully(&text).unwrap(), "{name}");
        assert!(read(&text.replace(&format!("</{name}>"), "</ID>")).is_err(), "{name}");
    }
}

#[test]
fn the_bounds_hold_on_the_short_way() {
    let attribute = |length| format!("<root><ID {}='x'>y</ID></root>{AFTER}", "a".repeat(length));
    let prefix = |length| {
        let prefix = "p".repeat(length);
        format!("<root xmlns:{prefix}='u'><{prefix}:ID>y</{prefix}:ID></root>{AFTER}")
    };
    let depth = |depth| format!("<root>{}{}</root>{AFTER}", "<ID>".repeat(depth), "</ID>".repeat(depth));
    for (inside, beyond, kind) in [
        (attribute(NAME_BYTES_MAX), attribute(NAME_BYTES_MAX + 1), Kind::NameTooLong),
        (prefix(NAME_BYTES_MAX - "xmlns:".len()), prefix(NAME_BYTES_MAX - ":ID".len() + 1), Kind::NameTooLong),
        (depth(DEPTH_MAX - 1), depth(DEPTH_MAX), Kind::TooDeep),
    ] {
        assert!(scan(&inside).is_ok());
        assert_eq!(breach(&beyond).1, kind);
        assert_eq!(read(&beyond), read_carefully(&beyond));
    }
}
