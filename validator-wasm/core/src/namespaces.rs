//! Prefixes and what they stand for, per Namespaces in XML 1.0.

use std::borrow::Cow;

use crate::limits::{BINDINGS_MAX, NAMESPACE_BYTES_MAX};
use crate::scanner::START_BYTES;
use crate::structure::schema::Namespace;
use crate::syntax::Kind;

/// What the prefix `xml` always stands for.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The name of declarations themselves, which nothing may be bound to.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// Bytes of a word.
const WORD_BYTES: usize = size_of::<u128>();

/// The namespace declarations in force.
#[derive(Default)]
pub(crate) struct Namespaces<'a> {
    /// Innermost last; an empty prefix is the default namespace.
    bindings: Vec<Binding<'a>>,
    /// The innermost binding of the prefix that was asked last, which is mostly asked next.
    recent: Prefix,
}

/// A prefix as it stands before a name, and what it means.
#[derive(Clone, Copy)]
struct Prefix {
    /// Its bytes and the colon as the first of a word, and the bits that they are.
    word: u128,
    mask: u128,
    /// How many bytes these are. The default namespace has none and long prefixes have no room, so of these it cannot
    /// be seen from here whether a name begins so.
    length: usize,
    known: Namespace,
}

impl Default for Prefix {
    /// No name begins so.
    fn default() -> Self {
        Self { word: 1, mask: 0, length: 0, known: Namespace::Other }
    }
}

struct Binding<'a> {
    prefix: &'a str,
    begin: Prefix,
    namespace: Cow<'a, str>,
}

/// What a prefix stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// No namespace: there is no default one.
    Nothing,
    /// That of the prefix `xml`.
    Xml,
    /// That of a binding.
    Bound(usize),
}

impl<'a> Namespaces<'a> {
    /// How many are in force: what [`Self::close`] needs at the end of the element that begins now.
    pub(crate) fn count(&self) -> usize {
        self.bindings.len()
    }

    /// Ends all but the `outside` outermost ones.
    #[inline(always)]
    pub(crate) fn close(&mut self, outside: usize) {
        if outside < self.bindings.len() {
            self.bindings.truncate(outside);
            self.recent = Prefix::default();
        }
    }

    /// A declaration of the element opened last; `prefix` is empty for the default namespace.
    pub(crate) fn declare(&mut self, prefix: &'a str, namespace: Cow<'a, str>) -> Result<(), Kind<'a>> {
        let reserved = prefix == "xmlns" || namespace == XMLNS || (prefix == "xml") != (namespace == XML);
        if reserved {
            return Err(Kind::ReservedNamespace);
        }
        if !prefix.is_empty() && namespace.is_empty() {
            return Err(Kind::EmptyNamespace(prefix));
        }
        if BINDINGS_MAX <= self.bindings.len() {
            return Err(Kind::TooManyNamespaces);
        }
        if NAMESPACE_BYTES_MAX < namespace.len() {
            return Err(Kind::NamespaceTooLong);
        }
        let begin = Prefix::of(prefix, Namespace::of(&namespace));
        self.bindings.push(Binding { prefix, begin, namespace });
        self.recent = Prefix::default();
        Ok(())
    }

    /// What `prefix` stands for; the empty one for an element without a default namespace: nothing.
    pub(crate) fn resolve<'p>(&self, prefix: &'p str) -> Result<Resolved, Kind<'p>> {
        match self.bindings.iter().rposition(|binding| binding.prefix == prefix) {
            Some(index) => Ok(Resolved::Bound(index)),
            None if prefix.is_empty() => Ok(Resolved::Nothing),
            None if prefix == "xml" => Ok(Resolved::Xml),
            None => Err(Kind::UnboundPrefix(prefix)),
        }
    }

    /// The prefix at the beginning of the start tag `tag` and what it stands for, where it is the one that was seen
    /// last or can be seen to be another that is declared; its length comes with it, the colon counted.
    #[inline(always)]
    pub(crate) fn begin(&mut self, tag: &[u8; START_BYTES]) -> Option<(usize, Namespace)> {
        let [_, name @ ..] = tag;
        let word = u128::from_le_bytes(*name.first_chunk()?);
        let prefix = if self.recent.begins(word) { self.recent } else { self.begin_other(word)? };
        Some((prefix.length, prefix.known))
    }

    #[inline(never)]
    fn begin_other(&mut self, word: u128) -> Option<Prefix> {
        let index = self.bindings.iter().rposition(|binding| binding.begin.begins(word))?;
        self.recent = self.bindings.get(index)?.begin;
        Some(self.recent)
    }

    /// Which of the message's namespaces it is.
    pub(crate) fn known(&self, resolved: Resolved) -> Namespace {
        match resolved {
            Resolved::Bound(index) => self.bindings.get(index).map_or(Namespace::Other, |binding| binding.begin.known),
            Resolved::Nothing | Resolved::Xml => Namespace::Other,
        }
    }

    /// Its name, as long as it is in force; empty for none.
    pub(crate) fn name(&self, resolved: Resolved) -> &str {
        match resolved {
            Resolved::Bound(index) => self.bindings.get(index).map_or("", |binding| &*binding.namespace),
            Resolved::Nothing => "",
            Resolved::Xml => XML,
        }
    }
}

impl Prefix {
    fn of(prefix: &str, known: Namespace) -> Self {
        let (mut word, mut mask) = ([0; WORD_BYTES], [0; WORD_BYTES]);
        let with_colon = prefix.bytes().chain([b':']);
        for (byte, (place, bits)) in with_colon.zip(word.iter_mut().zip(&mut mask)) {
            (*place, *bits) = (byte, u8::MAX);
        }
        let length = prefix.len() + ":".len();
        if prefix.is_empty() || WORD_BYTES < length {
            return Self { known, ..Self::default() };
        }
        Self { word: u128::from_le_bytes(word), mask: u128::from_le_bytes(mask), length, known }
    }

    /// Whether the name whose first bytes are those of `word` begins so.
    #[inline(always)]
    fn begins(self, word: u128) -> bool {
        word & self.mask == self.word
    }
}
