//! Reads an XML document strictly, event by event, without copying it: XML 1.0 with namespaces, no DOCTYPE.
//!
//! A reader made for leniency would need each of these checks added from outside; here the document is either
//! well-formed in every point or the first breach is named where it stands. Time is linear in the document's length.

use crate::characters::{self, SPACE, begins_name, continues_name, name_length};
use crate::document::Document;
use crate::limits::{DEPTH_MAX, NAME_BYTES_MAX};
use crate::namespaces::{Namespaces, Resolved};
use crate::references;
use crate::structure::schema::{Element, Namespace};
use crate::syntax::{Kind, SyntaxError};
use crate::tag::{self, Attribute};
use crate::words::{before, find, find_any, letters, same};

/// Open elements for which there is room from the start.
const DEPTH_USUAL: usize = 16;

/// What comes next in the document. Comments and processing instructions are checked and passed over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// An element begins at the offset `at`.
    Start { name: Name<'a>, at: usize },
    /// An element that begins at `at`, with no more inside than `text`: most are such, and need not be opened.
    Leaf { name: Name<'a>, at: usize, text: &'a str },
    /// The innermost open element ends; `at` is where its end tag begins.
    End { at: usize },
    /// Text inside the innermost open element, in pieces.
    Text(&'a str),
    /// One character of it that was written as a reference.
    Character(char),
}

/// An element's name, as the message knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    pub(crate) namespace: Namespace,
    /// What its local name means in the message, whatever its namespace is.
    pub(crate) element: Element,
    pub(crate) local: &'a str,
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
    /// The namespace of the element that began last.
    resolved: Resolved,
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
            resolved: Resolved::Nothing,
            attributes: Vec::new(),
            stage: Stage::BeforeRoot,
        }
    }

    /// The next event; none at the end of a well-formed document.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<Event<'a>>, SyntaxError<'a>> {
        if self.stage == Stage::InRoot
            && let Some(event) = self.common()
        {
            return Ok(Some(event));
        }
        self.next_any()
    }

    /// The namespace of the element that began last; empty for none.
    pub(crate) fn namespace(&self) -> &str {
        self.namespaces.name(self.resolved)
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

    /// The attributes of the start tag that [`Self::next`] gave last, namespace declarations among them, their values
    /// as written: [`references::resolve`] gives what they mean.
    pub(crate) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    fn next_event(&mut self) -> Result<Option<Event<'a>>, SyntaxError<'a>> {
        if self.stage == Stage::EmptyElement {
            return Ok(Some(self.end(self.at)));
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

    /// What comes next, if it is one of the three things of which nearly all of a document consists: a plain start tag
    /// of the message, the end tag that must come, text. Nothing is read of anything else, and nothing wrong is given.
    #[inline(always)]
    fn common(&mut self) -> Option<Event<'a>> {
        let at = self.at;
        let bytes = self.text.as_bytes().get(at..)?;
        match bytes {
            [b'<', b'/', name @ ..] => {
                let open = self.open.last()?.name;
                let (name, rest) = name.split_at_checked(open.len())?;
                if !same(name, open.as_bytes()) || rest.first() != Some(&b'>') {
                    return None;
                }
                self.at += "</".len() + open.len() + ">".len();
                Some(self.end(at))
            }
            [b'<', name @ ..] => self.common_start(name),
            _ => {
                let length = find_any(bytes, *b"<&]").filter(|&length| 0 < length)?;
                if bytes.get(length) == Some(&b']') {
                    return None;
                }
                self.at += length;
                self.text.get(at..at + length).map(Event::Text)
            }
        }
    }

    /// As [`Self::common`], for the tag that begins with `name`. That the name is one of the message's shows that it is
    /// one of XML's, so its characters need not be looked at one by one.
    #[inline(always)]
    fn common_start(&mut self, name: &[u8]) -> Option<Event<'a>> {
        if DEPTH_MAX <= self.open.len() {
            return None;
        }
        let (prefix, resolved) = match self.namespaces.begin(name) {
            Some(begun) => begun,
            None => (0, self.namespaces.resolve("").ok()?),
        };
        let local = name.get(prefix..)?;
        let (local, _) = local.split_at_checked(letters(local))?;
        let element = Element::of(local);
        if element == Element::Unknown || NAME_BYTES_MAX < prefix + local.len() {
            return None;
        }
        let length = prefix + local.len();
        let begin = self.at + "<".len();
        let end = begin + length;
        let (is_empty, behind) = tag::read_plain(self.text, end, &mut self.attributes)?;
        let local = element.name();
        if !is_empty && let Some((text, behind)) = self.leaf(name.get(..length)?, behind) {
            let at = std::mem::replace(&mut self.at, behind);
            self.resolved = resolved;
            return Some(Event::Leaf { name: self.name(element, local), at, text });
        }
        let (qualified, outside) = (self.text.get(begin..end)?, self.namespaces.count());
        Some(self.begin(Begun { qualified, local, element, resolved, outside, is_empty, behind }))
    }

    /// The text between `start` and the end tag of the element `qualified`, where nothing else stands between, and the
    /// offset behind that tag.
    #[inline(always)]
    fn leaf(&self, qualified: &[u8], start: usize) -> Option<(&'a str, usize)> {
        let bytes = self.text.as_bytes().get(start..)?;
        let length = find_any(bytes, *b"<&]")?;
        let [b'<', b'/', end @ ..] = bytes.get(length..)? else { return None };
        let (end, rest) = end.split_at_checked(qualified.len())?;
        if !same(end, qualified) || rest.first() != Some(&b'>') {
            return None;
        }
        let behind = start + length + "</".len() + qualified.len() + ">".len();
        Some((self.text.get(start..start + length)?, behind))
    }

    /// The name of the element that began last.
    #[inline(always)]
    fn name(&self, element: Element, local: &'a str) -> Name<'a> {
        Name { namespace: self.namespaces.known(self.resolved), element, local }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[cold]
    fn error<T>(&self, kind: Kind<'a>) -> Result<T, SyntaxError<'a>> {
        Err(SyntaxError { at: self.at, kind })
    }

    fn document_end(&self) -> Result<Option<Event<'a>>, SyntaxError<'a>> {
        match self.open.last() {
            Some(open) => self.error(Kind::EndsInside(open.name)),
            None if self.stage == Stage::BeforeRoot => self.error(Kind::NoRoot),
            None if self.stop.is_some() => self.error(Kind::Ends("text")),
            None => Ok(None),
        }
    }

    #[inline(always)]
    fn end(&mut self, at: usize) -> Event<'a> {
        if let Some(open) = self.open.pop() {
            self.namespaces.close(open.outside);
        }
        self.stage = if self.open.is_empty() { Stage::AfterRoot } else { Stage::InRoot };
        Event::End { at }
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
        let at = self.at;
        self.at += "</".len() + name.len() + (rest.len() - behind.len()) + ">".len();
        Ok(self.end(at))
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
        let element = Element::of(local.as_bytes());
        let begun = Begun { qualified, local, element, resolved, outside, is_empty: tag.empty, behind: tag.end };
        Ok(self.begin(begun))
    }

    #[inline(always)]
    fn begin(&mut self, begun: Begun<'a>) -> Event<'a> {
        let at = std::mem::replace(&mut self.at, begun.behind);
        self.open.push(Open { name: begun.qualified, outside: begun.outside });
        self.stage = if begun.is_empty { Stage::EmptyElement } else { Stage::InRoot };
        self.resolved = begun.resolved;
        Event::Start { name: self.name(begun.element, begun.local), at }
    }
}

/// A start tag that was read.
struct Begun<'a> {
    qualified: &'a str,
    local: &'a str,
    element: Element,
    resolved: Resolved,
    /// How many namespace declarations are in force outside of it.
    outside: usize,
    is_empty: bool,
    /// Where the tag ends.
    behind: usize,
}

/// Whether `text` is a name without a colon.
fn is_name(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX && text.starts_with(begins_name) && text.chars().all(continues_name)
}

#[cfg(test)]
mod tests;
