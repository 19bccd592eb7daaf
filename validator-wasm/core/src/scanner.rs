//! Reads an XML document strictly, event by event, without copying it: XML 1.0 with namespaces, no DOCTYPE.
//!
//! A reader made for leniency would need each of these checks added from outside; here the document is either
//! well-formed in every point or the first breach is named where it stands. Time is linear in the document's length.

use crate::characters::{self, SPACE, begins_name, continues_name, name_length};
use crate::document::Document;
use crate::limits::{DEPTH_MAX, NAME_BYTES_MAX};
use crate::namespaces::Namespaces;
use crate::references;
use crate::structure::schema::{Element, Namespace};
use crate::syntax::{Kind, SyntaxError};
use crate::tag::{self, Attribute};
use crate::words::{NAME_BYTES, before, find, find_any, letters, same};

/// Bytes that are looked at where a start tag is: room for a prefix and any name of the message. What begins nearer to
/// the document's end is read with care; mostly only end tags are there.
pub(crate) const START_BYTES: usize = 80;

/// Open elements for which there is room from the start.
pub(crate) const DEPTH_USUAL: usize = 16;

/// What comes next in the document. Comments and processing instructions are checked and passed over.
enum Event<'a> {
    /// An element begins.
    Start(Start),
    /// The innermost open element ends.
    End,
    /// Text inside the innermost open element, in pieces.
    Text(&'a str),
    /// One character of it that was written as a reference.
    Character(char),
}

/// An element's start tag, as the message knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) namespace: Namespace,
    /// What its local name means in the message, whatever its namespace is.
    pub(crate) element: Element,
    /// Its offset.
    pub(crate) at: usize,
}

/// Takes what is read of a document, in its order.
pub(crate) trait Sink<'a> {
    /// An element begins; the scanner has its attributes and the name of its namespace.
    fn start(&mut self, start: Start, scanner: &Scanner<'a>);

    /// An element with no more inside than `text` was read: most are such, and need not be opened.
    fn leaf(&mut self, start: Start, text: &'a str, scanner: &Scanner<'a>);

    /// Text inside the innermost open element, in pieces.
    fn text(&mut self, text: &str);

    /// The innermost open element ends.
    fn end(&mut self);
}

/// A cursor over the document.
pub(crate) struct Scanner<'a> {
    /// The document as far as it can be read at all.
    text: &'a str,
    /// Why it cannot be read further.
    stop: Option<Kind<'a>>,
    /// Where the next event begins.
    at: usize,
    open: Vec<Open<'a>>,
    namespaces: Namespaces<'a>,
    /// Used by one tag at a time.
    attributes: Vec<Attribute<'a>>,
    stage: Stage,
}

/// An open element.
struct Open<'a> {
    /// Its qualified name.
    name: &'a str,
    /// How many namespace declarations are in force outside of it.
    outside: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    BeforeRoot,
    InRoot,
    /// The tag just read was an empty one: its end comes next.
    EmptyElement,
    AfterRoot,
}

impl<'a> Scanner<'a> {
    /// Begins to read where the document's XML declaration or its root may stand.
    pub(crate) fn new(document: &'a Document<'_>) -> Self {
        let text = &*document.text;
        let end = characters::illegal_at(text).unwrap_or(text.len());
        let (legal, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        Self {
            text: legal,
            stop: rest.chars().next().map(Kind::IllegalCharacter).or(document.stop),
            at: document.start,
            open: Vec::with_capacity(DEPTH_USUAL),
            namespaces: Namespaces::default(),
            attributes: Vec::new(),
            stage: Stage::BeforeRoot,
        }
    }

    /// Shows `sink` all of the document, or what comes before the first breach.
    #[inline(always)]
    pub(crate) fn read(mut self, sink: &mut impl Sink<'a>) -> Result<(), SyntaxError<'a>> {
        loop {
            if self.stage == Stage::InRoot {
                self.common(sink);
            }
            if !self.step(sink)? {
                return Ok(());
            }
        }
    }

    /// Shows `sink` what comes next, whatever it is; false at the end of a well-formed document.
    #[inline(always)]
    fn step(&mut self, sink: &mut impl Sink<'a>) -> Result<bool, SyntaxError<'a>> {
        match self.next_any()? {
            Some(Event::Start(start)) => sink.start(start, self),
            Some(Event::End) => sink.end(),
            Some(Event::Text(text)) => sink.text(text),
            Some(Event::Character(character)) => sink.text(character.encode_utf8(&mut [0; 4])),
            None => return Ok(false),
        }
        Ok(true)
    }

    /// The namespace of the start tag at `at`, which was shown last; empty for none.
    pub(crate) fn namespace(&self, at: usize) -> &str {
        let prefix = tag::name_at(self.text, at).0;
        self.namespaces.resolve(prefix).map_or("", |resolved| self.namespaces.name(resolved))
    }

    #[inline(never)]
    fn next_any(&mut self) -> Result<Option<Event<'a>>, SyntaxError<'a>> {
        self.next_event().map_err(|error| match (&self.stop, &error.kind) {
            // What seemed to be the end of the document is where it cannot be read further.
            (Some(stop), Kind::Ends(_) | Kind::EndsInside(_) | Kind::NoRoot) => {
                SyntaxError { at: self.text.len(), kind: *stop }
            }
            _ => error,
        })
    }

    /// The attributes of the start tag that was shown last, namespace declarations among them, their values
    /// as written: [`references::resolve`] gives what they mean.
    pub(crate) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    fn next_event(&mut self) -> Result<Option<Event<'a>>, SyntaxError<'a>> {
        if self.stage == Stage::EmptyElement {
            self.end();
            return Ok(Some(Event::End));
        }
        if self.stage == Stage::BeforeRoot
            && self.rest().strip_prefix("<?xml").is_some_and(|rest| rest.starts_with(SPACE))
        {
            self.declaration()?;
        }
        loop {
            let rest = self.rest();
            if self.stage != Stage::InRoot {
                self.at += rest.len() - rest.trim_start_matches(SPACE).len();
            }
            let rest = self.rest();
            if rest.is_empty() {
                return self.document_end();
            }
            let event = if rest.starts_with('<') { self.markup(rest)? } else { Some(self.text(rest)?) };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    /// Shows `sink` what comes next inside of the root, as long as it is one of the three things of which nearly all of
    /// a document consists: a plain start tag of the message, the end tag that must come, text. Nothing is read of
    /// anything else, and nothing wrong is shown.
    #[inline(always)]
    fn common(&mut self, sink: &mut impl Sink<'a>) {
        // Not the field, which would be written and read for each: what comes next waits for where it begins.
        let mut at = self.at;
        while let Some(behind) = self.common_at(at, sink) {
            at = behind;
            if self.open.is_empty() {
                self.stage = Stage::AfterRoot;
                break;
            }
        }
        self.at = at;
    }

    /// As [`Self::common`], for what is at `at`; gives where that ends.
    #[inline(always)]
    fn common_at(&mut self, at: usize, sink: &mut impl Sink<'a>) -> Option<usize> {
        let bytes = self.text.as_bytes().get(at..)?;
        match bytes {
            [b'<', b'/', name @ ..] => {
                let open = self.open.last()?;
                let behind = at + "</".len() + behind_end(name, open.name.as_bytes())?;
                self.namespaces.close(open.outside);
                self.open.pop();
                sink.end();
                Some(behind)
            }
            [b'<', ..] => self.common_start(at, bytes, sink),
            _ => {
                let length = find_any(bytes, *b"<&]").filter(|&length| 0 < length)?;
                if bytes.get(length) == Some(&b']') {
                    return None;
                }
                sink.text(self.text.get(at..at + length)?);
                Some(at + length)
            }
        }
    }

    /// As [`Self::common_at`], for a start tag. That the name is one of the message's shows that it is one of XML's, so
    /// its characters need not be looked at one by one.
    #[inline(always)]
    fn common_start(&mut self, at: usize, bytes: &[u8], sink: &mut impl Sink<'a>) -> Option<usize> {
        let window = bytes.first_chunk::<START_BYTES>()?;
        let (prefix, namespace) = match self.namespaces.begin(window) {
            Some(begun) => begun,
            None => (0, self.namespaces.known(self.namespaces.resolve("").ok()?)),
        };
        let (_, local) = window.split_at_checked("<".len() + prefix)?;
        let local: &[u8; NAME_BYTES] = local.first_chunk()?;
        let local_length = letters(local)?;
        let element = Element::beginning(local, local_length);
        if element == Element::Unknown || DEPTH_MAX <= self.open.len() {
            return None;
        }
        let length = prefix + local_length;
        let (begin, end) = (at + "<".len(), at + "<".len() + length);
        self.attributes.clear();
        let (is_empty, behind) = match local.get(local_length) {
            Some(b'>') => (false, end + 1),
            _ => match tag::read_usual(self.text, end, &mut self.attributes) {
                Some(behind) => (false, behind),
                None => tag::read_undeclaring(self.text, at, length, &mut self.attributes)?,
            },
        };
        let start = Start { namespace, element, at };
        let qualified = window.get("<".len().."<".len() + length)?;
        let leaf = if is_empty { Some(("", behind)) } else { self.leaf(qualified, behind) };
        if let Some((text, behind)) = leaf {
            sink.leaf(start, text, self);
            return Some(behind);
        }
        self.open.push(Open { name: self.text.get(begin..end)?, outside: self.namespaces.count() });
        sink.start(start, self);
        Some(behind)
    }

    /// The text between `start` and the end tag of the element `qualified`, where nothing else stands between, and the
    /// offset behind that tag.
    #[inline(always)]
    fn leaf(&self, qualified: &[u8], start: usize) -> Option<(&'a str, usize)> {
        let bytes = self.text.as_bytes().get(start..)?;
        let length = find_any(bytes, *b"<&]")?;
        let [b'<', b'/', end @ ..] = bytes.get(length..)? else { return None };
        let behind = start + length + "</".len() + behind_end(end, qualified)?;
        Some((self.text.get(start..)?.get(..length)?, behind))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[cold]
    fn error<T>(&self, kind: Kind<'a>) -> Result<T, SyntaxError<'a>> {
        Err(SyntaxError { at: self.at, kind })
    }

    #[inline(never)]
    fn document_end(&self) -> Result<Option<Event<'a>>, SyntaxError<'a>> {
        match self.open.last() {
            Some(open) => self.error(Kind::EndsInside(open.name)),
            None if self.stage == Stage::BeforeRoot => self.error(Kind::NoRoot),
            None if self.stop.is_some() => self.error(Kind::Ends("text")),
            None => Ok(None),
        }
    }

    /// The innermost open element ends before the present place.
    #[inline(always)]
    fn end(&mut self) {
        if let Some(open) = self.open.pop() {
            self.namespaces.close(open.outside);
        }
        self.stage = if self.open.is_empty() { Stage::AfterRoot } else { Stage::InRoot };
    }

    /// Text up to the next tag or reference, or one reference.
    fn text(&mut self, rest: &'a str) -> Result<Event<'a>, SyntaxError<'a>> {
        if self.stage != Stage::InRoot {
            return self.error(Kind::TextOutsideRoot);
        }
        if let Some(reference) = rest.strip_prefix('&') {
            let (character, length) = references::read(reference).map_err(|kind| SyntaxError { at: self.at, kind })?;
            self.at += 1 + length;
            return Ok(Event::Character(character));
        }
        let bytes = rest.as_bytes();
        let mut end = 0;
        loop {
            let tail = bytes.get(end..).unwrap_or_default();
            end += find_any(tail, *b"<&]").unwrap_or(tail.len());
            match bytes.get(end) {
                Some(b']') if bytes.get(end..).is_some_and(|tail| tail.starts_with(b"]]>")) => {
                    self.at += end;
                    return self.error(Kind::CdataEndInText);
                }
                Some(b']') => end += 1,
                _ => break,
            }
        }
        self.at += end;
        Ok(Event::Text(rest.get(..end).unwrap_or_default()))
    }

    /// What begins with `<`; nothing for what is passed over.
    fn markup(&mut self, rest: &'a str) -> Result<Option<Event<'a>>, SyntaxError<'a>> {
        if let Some(comment) = rest.strip_prefix("<!--") {
            return self.comment(comment).map(|()| None);
        }
        if let Some(section) = rest.strip_prefix("<![CDATA[") {
            return self.cdata(section).map(Some);
        }
        if let Some(instruction) = rest.strip_prefix("<?") {
            return self.instruction(instruction).map(|()| None);
        }
        if let Some(name) = rest.strip_prefix("</") {
            return self.end_tag(name).map(Some);
        }
        if rest.starts_with("<!DOCTYPE") {
            return self.error(Kind::Doctype);
        }
        self.start_tag().map(Some)
    }

    #[inline(never)]
    fn comment(&mut self, comment: &'a str) -> Result<(), SyntaxError<'a>> {
        let Some(dashes) = find(comment, "--") else {
            return self.error(Kind::Ends("<!--"));
        };
        self.at += "<!--".len() + dashes;
        match self.rest() {
            "--" => self.error(Kind::Ends("<!--")),
            rest if rest.starts_with("-->") => {
                self.at += "-->".len();
                Ok(())
            }
            _ => self.error(Kind::BadComment),
        }
    }

    #[inline(never)]
    fn cdata(&mut self, section: &'a str) -> Result<Event<'a>, SyntaxError<'a>> {
        if self.stage != Stage::InRoot {
            return self.error(Kind::CdataOutsideRoot);
        }
        let Some(text) = before(section, "]]>") else {
            return self.error(Kind::Ends("<![CDATA["));
        };
        self.at += "<![CDATA[".len() + text.len() + "]]>".len();
        Ok(Event::Text(text))
    }

    #[inline(never)]
    fn instruction(&mut self, instruction: &'a str) -> Result<(), SyntaxError<'a>> {
        let Some(instruction) = before(instruction, "?>") else {
            return self.error(Kind::Ends("<?"));
        };
        let (target, _) = instruction.split_once(SPACE).unwrap_or((instruction, ""));
        if target == "xml" {
            return self.error(Kind::MisplacedDeclaration);
        }
        if target.eq_ignore_ascii_case("xml") || !is_name(target) {
            return self.error(Kind::BadInstruction);
        }
        self.at += "<?".len() + instruction.len() + "?>".len();
        Ok(())
    }

    fn declaration(&mut self) -> Result<(), SyntaxError<'a>> {
        let Some(declaration) = before(self.rest(), "?>") else {
            return self.error(Kind::Ends("<?xml"));
        };
        if !tag::is_declaration(declaration.strip_prefix("<?xml").unwrap_or_default()) {
            return self.error(Kind::BadDeclaration);
        }
        self.at += declaration.len() + "?>".len();
        Ok(())
    }

    #[inline(never)]
    fn end_tag(&mut self, rest: &'a str) -> Result<Event<'a>, SyntaxError<'a>> {
        let length = name_length(rest);
        let (name, rest) = rest.split_at_checked(length).unwrap_or_default();
        let behind = rest.trim_start_matches(SPACE);
        match self.open.last().map(|open| open.name) {
            _ if behind.is_empty() => return self.error(Kind::Ends("</")),
            None => return self.error(Kind::EndWithoutStart(name)),
            Some(open) if open != name => {
                return self.error(Kind::MismatchedEnd { found: name, open });
            }
            Some(_) if !behind.starts_with('>') => return self.error(Kind::SpaceMissing),
            Some(_) => {}
        }
        self.at += "</".len() + name.len() + (rest.len() - behind.len()) + ">".len();
        self.end();
        Ok(Event::End)
    }

    fn start_tag(&mut self) -> Result<Event<'a>, SyntaxError<'a>> {
        if self.stage == Stage::AfterRoot {
            return self.error(Kind::SecondRoot);
        }
        if DEPTH_MAX <= self.open.len() {
            return self.error(Kind::TooDeep);
        }
        let start = self.at;
        let tag = tag::read(self.text, start, &mut self.attributes)?;
        let outside = self.namespaces.count();
        let resolved = tag::resolve(&tag, &self.attributes, &mut self.namespaces)
            .map_err(|(at, kind)| SyntaxError { at, kind })?;
        let tag::Name { qualified, local, .. } = tag.name;
        self.begin(qualified, outside, tag.empty, tag.end);
        let namespace = self.namespaces.known(resolved);
        Ok(Event::Start(Start { namespace, element: Element::of(local.as_bytes()), at: start }))
    }

    /// Opens the element of the start tag that ends before `behind`; `outside` declarations are in force outside of it.
    #[inline(always)]
    fn begin(&mut self, qualified: &'a str, outside: usize, is_empty: bool, behind: usize) {
        self.at = behind;
        self.open.push(Open { name: qualified, outside });
        self.stage = if is_empty { Stage::EmptyElement } else { Stage::InRoot };
    }
}

/// How many bytes of `rest` close the element `name`: its name and the bracket.
#[inline(always)]
fn behind_end(rest: &[u8], name: &[u8]) -> Option<usize> {
    let (end, rest) = rest.split_at_checked(name.len())?;
    (same(end, name) && rest.first() == Some(&b'>')).then_some(name.len() + ">".len())
}

/// Whether `text` is a name without a colon.
fn is_name(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX && text.starts_with(begins_name) && text.chars().all(continues_name)
}

#[cfg(test)]
mod tests;
