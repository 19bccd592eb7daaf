//! The pull reader: one event after the other, checked, with namespaces resolved.

use std::borrow::Cow;

use memchr::{memchr, memmem};
use phytohub_model::shown;

use super::{Malformed, is_white, text};
use crate::limits::DEPTH_MAX;
use crate::names;

/// What comes next in a document. Comments are checked and passed over.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// An element begins. Its attributes are [`Reader::attributes`] until the next event.
    Start(Start<'a>),
    /// The innermost open element ends; the text of its end tag, empty for `<a/>`.
    End(&'a str),
    /// Text, checked but still escaped.
    Text(&'a str),
    /// A CDATA section, with its delimiters.
    Section(&'a str),
    /// A processing instruction begins at this byte.
    Instruction(usize),
    /// The document ended as it should.
    Eof,
}

/// The beginning of an element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'a> {
    /// Byte of the `<`.
    pub(crate) at: usize,
    /// Whole tag, `<` and `>` included.
    pub(crate) tag: &'a str,
    /// Name as written.
    pub(crate) qualified: &'a str,
    /// Name without its prefix.
    pub(crate) local: &'a str,
    /// Index of the declaration that binds its prefix, if it is in a namespace.
    pub(crate) binding: Option<usize>,
}

/// An attribute that is no namespace declaration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) at: usize,
    pub(crate) qualified: &'a str,
    pub(crate) local: &'a str,
    pub(crate) binding: Option<usize>,
    /// Checked, but still escaped.
    pub(crate) value: &'a str,
}

/// A namespace declaration in scope.
#[derive(Debug)]
pub(crate) struct Binding<'a> {
    /// Empty for the default namespace.
    pub(crate) prefix: &'a str,
    /// Empty where the default namespace is undeclared.
    pub(crate) namespace: Cow<'a, str>,
}

struct Open<'a> {
    qualified: &'a str,
    /// How many declarations were in scope before it.
    bindings: usize,
}

/// Reads a document whose characters [`super::check_document`] has passed.
pub(crate) struct Reader<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    pub(super) bindings: Vec<Binding<'a>>,
    pub(super) attributes: Vec<Attribute<'a>>,
    open: Vec<Open<'a>>,
    /// The element just begun was `<a/>`: its end is the next event.
    end_is_due: bool,
    root_is_read: bool,
}

impl<'a> Reader<'a> {
    /// Reads `source` from the byte `at` on, which is where a byte order mark and an XML declaration end.
    pub(crate) fn new(source: &'a str, at: usize) -> Self {
        let xml = Binding { prefix: "xml", namespace: Cow::Borrowed(names::XML) };
        Self {
            source,
            at,
            bindings: vec![xml],
            attributes: Vec::new(),
            open: Vec::with_capacity(16),
            end_is_due: false,
            root_is_read: false,
        }
    }

    /// The byte at which the next event begins.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Declarations in scope, the innermost last.
    pub(crate) fn bindings(&self) -> &[Binding<'a>] {
        &self.bindings
    }

    /// How many declarations were in scope before the innermost open element's own.
    pub(crate) fn bindings_outside(&self) -> usize {
        self.open.last().map_or(1, |open| open.bindings)
    }

    /// Attributes of the element that the last event began.
    pub(crate) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// The namespace that a declaration binds; empty for none.
    pub(crate) fn namespace(&self, binding: Option<usize>) -> &str {
        binding.and_then(|index| self.bindings.get(index)).map_or("", |binding| binding.namespace.as_ref())
    }

    /// The next event.
    pub(crate) fn next(&mut self) -> Result<Event<'a>, Malformed> {
        if self.end_is_due {
            self.end_is_due = false;
            self.close();
            return Ok(Event::End(""));
        }
        loop {
            let rest = &self.source[self.at..];
            return match rest.as_bytes() {
                [] => self.finish(),
                [b'<', b'/', ..] => self.end_tag(rest),
                [b'<', b'?', ..] => self.instruction(rest),
                [b'<', b'!', ..] if rest.starts_with("<!--") => {
                    self.comment(rest)?;
                    continue;
                }
                [b'<', b'!', ..] => self.section(rest),
                [b'<', ..] => self.start(),
                _ => match self.run(rest)? {
                    Some(run) => Ok(Event::Text(run)),
                    None => continue,
                },
            };
        }
    }

    /// Right behind a start: the character data up to the element's end, checked and as it stands, if there is nothing
    /// else up to there. Otherwise nothing is read.
    pub(crate) fn character_data(&mut self) -> Result<Option<&'a str>, Malformed> {
        if self.end_is_due {
            return Ok(Some(""));
        }
        let begin = self.at;
        loop {
            let rest = &self.source[self.at..];
            match rest.as_bytes() {
                [b'<', b'/', ..] => return Ok(Some(&self.source[begin..self.at])),
                [b'<', ..] if rest.starts_with("<![CDATA[") => {
                    self.section(rest)?;
                }
                [] | [b'<', ..] => {
                    self.at = begin;
                    return Ok(None);
                }
                _ => {
                    self.run(rest)?;
                }
            }
        }
    }

    fn start(&mut self) -> Result<Event<'a>, Malformed> {
        if self.root_is_read && self.open.is_empty() {
            return Err(Malformed::new(self.at, "a second element begins behind the end of the document's root"));
        }
        if self.open.len() == DEPTH_MAX {
            return Err(Malformed::new(self.at, format!("elements are nested more than {DEPTH_MAX} deep")));
        }
        let bindings = self.bindings.len();
        let (start, is_empty) = self.start_tag()?;
        self.open.push(Open { qualified: start.qualified, bindings });
        self.end_is_due = is_empty;
        self.root_is_read = true;
        Ok(Event::Start(start))
    }

    fn end_tag(&mut self, rest: &'a str) -> Result<Event<'a>, Malformed> {
        let Some(end) = memchr(b'>', rest.as_bytes()) else {
            return Err(Malformed::new(self.at, "the document ends inside an end tag"));
        };
        let name = rest[2..end].trim_end_matches([' ', '\t', '\n', '\r']);
        match self.open.last() {
            Some(open) if open.qualified == name => {
                self.close();
                self.at += end + 1;
                Ok(Event::End(&rest[..=end]))
            }
            Some(open) => {
                let what = format!("</{}> ends an element that is not open; </{}> is due", shown(name), open.qualified);
                Err(Malformed::new(self.at, what))
            }
            None => Err(Malformed::new(self.at, format!("</{}> ends an element that never began", shown(name)))),
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.bindings.truncate(open.bindings);
        }
    }

    fn comment(&mut self, rest: &str) -> Result<(), Malformed> {
        let Some(end) = memmem::find(&rest.as_bytes()[4..], b"--") else {
            return Err(Malformed::new(self.at, "this comment has no end"));
        };
        if rest.as_bytes().get(4 + end + 2) != Some(&b'>') {
            return Err(Malformed::new(self.at + 4 + end, "'--' may not stand inside a comment"));
        }
        self.at += 4 + end + 3;
        Ok(())
    }

    fn section(&mut self, rest: &'a str) -> Result<Event<'a>, Malformed> {
        if !rest.starts_with("<![CDATA[") {
            let what = match rest.starts_with("<!DOCTYPE") {
                true => "a DOCTYPE is not allowed in a SOAP message",
                false => "'<!' begins neither a comment nor a CDATA section",
            };
            return Err(Malformed::new(self.at, what));
        }
        if self.open.is_empty() {
            return Err(Malformed::new(self.at, "a CDATA section may only stand inside an element"));
        }
        let Some(end) = memmem::find(rest.as_bytes(), b"]]>") else {
            return Err(Malformed::new(self.at, "this CDATA section has no end"));
        };
        let section = &rest[..end + 3];
        self.at += section.len();
        Ok(Event::Section(section))
    }

    fn instruction(&mut self, rest: &str) -> Result<Event<'a>, Malformed> {
        let begin = self.at;
        let is_declaration = rest[2..].get(..3).is_some_and(|target| target.eq_ignore_ascii_case("xml"))
            && rest.as_bytes().get(5).is_none_or(|&byte| is_white(byte) || byte == b'?');
        if is_declaration {
            let what =
                "an XML declaration may only stand at the very beginning; XML inside XML is sent escaped or in CDATA";
            return Err(Malformed::new(begin, what));
        }
        self.at += 2;
        self.name()?;
        let Some(end) = memmem::find(&self.source.as_bytes()[self.at..], b"?>") else {
            return Err(Malformed::new(begin, "this processing instruction has no end"));
        };
        self.at += end + 2;
        Ok(Event::Instruction(begin))
    }

    /// Reads text up to the next `<`; None for white space around the root.
    fn run(&mut self, rest: &'a str) -> Result<Option<&'a str>, Malformed> {
        let end = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        let run = &rest[..end];
        if self.open.is_empty() {
            if let Some(offset) = run.bytes().position(|byte| !is_white(byte)) {
                let side = if self.root_is_read { "behind" } else { "before" };
                return Err(Malformed::new(
                    self.at + offset,
                    format!("text stands {side} the document's root element"),
                ));
            }
            self.at += end;
            return Ok(None);
        }
        text::check_run(run, self.at)?;
        self.at += end;
        Ok(Some(run))
    }

    fn finish(&self) -> Result<Event<'a>, Malformed> {
        match self.open.last() {
            Some(open) => {
                Err(Malformed::new(self.at, format!("the document ends while <{}> is open", shown(open.qualified))))
            }
            None if self.root_is_read => Ok(Event::Eof),
            None => Err(Malformed::new(self.at, "the document has no element")),
        }
    }
}
