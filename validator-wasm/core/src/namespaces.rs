//! Prefixes and what they stand for, per Namespaces in XML 1.0.

use std::borrow::Cow;

use crate::limits::{BINDINGS_MAX, NAMESPACE_BYTES_MAX};
use crate::structure::schema::Namespace;
use crate::syntax::Kind;
use crate::words::same;

/// What the prefix `xml` always stands for.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The name of declarations themselves, which nothing may be bound to.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The namespace declarations in force.
#[derive(Default)]
pub(crate) struct Namespaces<'a> {
    /// Innermost last; an empty prefix is the default namespace.
    bindings: Vec<Binding<'a>>,
    /// The binding that was asked last, which is mostly asked next: the innermost one of its prefix.
    recent: usize,
}

struct Binding<'a> {
    prefix: &'a str,
    /// The prefix and its colon as one word, where both have room in it, and the bits that they are.
    word: u64,
    mask: u64,
    namespace: Cow<'a, str>,
    known: Namespace,
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
            self.recent = usize::MAX;
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
        let known = Namespace::of(&namespace);
        let (word, mask) = word(prefix);
        self.bindings.push(Binding { prefix, word, mask, namespace, known });
        self.recent = usize::MAX;
        Ok(())
    }

    /// What `prefix` stands for; the empty one for an element without a default namespace: nothing.
    pub(crate) fn resolve<'p>(&mut self, prefix: &'p str) -> Result<Resolved, Kind<'p>> {
        match self.bindings.iter().rposition(|binding| binding.prefix == prefix) {
            Some(index) => {
                self.recent = index;
                Ok(Resolved::Bound(index))
            }
            None if prefix.is_empty() => Ok(Resolved::Nothing),
            None if prefix == "xml" => Ok(Resolved::Xml),
            None => Err(Kind::UnboundPrefix(prefix)),
        }
    }

    /// The prefix at the beginning of `name` and what it stands for, where it is the one that was resolved last or
    /// can be seen to be another that is declared; the length comes with it, the colon counted.
    #[inline(always)]
    pub(crate) fn begin(&mut self, name: &[u8]) -> Option<(usize, Resolved)> {
        if let Some(binding) = self.bindings.get(self.recent)
            && let Some(length) = binding.begin(name)
        {
            return Some((length, Resolved::Bound(self.recent)));
        }
        let index = self.bindings.iter().rposition(|binding| binding.begin(name).is_some())?;
        self.recent = index;
        Some((self.bindings.get(index)?.begin(name)?, Resolved::Bound(index)))
    }

    /// Which of the message's namespaces it is.
    #[inline(always)]
    pub(crate) fn known(&self, resolved: Resolved) -> Namespace {
        match resolved {
            Resolved::Bound(index) => self.bindings.get(index).map_or(Namespace::Other, |binding| binding.known),
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

impl Binding<'_> {
    /// The length of this prefix and its colon at the beginning of `name`. The default namespace has none, so whether
    /// `name` begins so cannot be seen from here.
    #[inline(always)]
    fn begin(&self, name: &[u8]) -> Option<usize> {
        let length = self.prefix.len();
        if let (Some(word), 1..8) = (name.first_chunk::<8>(), length) {
            return (u64::from_le_bytes(*word) & self.mask == self.word).then_some(length + 1);
        }
        let (prefix, rest) = name.split_at_checked(length)?;
        (0 < length && same(prefix, self.prefix.as_bytes()) && rest.first() == Some(&b':')).then_some(length + 1)
    }
}

/// The prefix and its colon as the first bytes of a word, with the bits that they are; of long ones nothing.
fn word(prefix: &str) -> (u64, u64) {
    match 8_usize.checked_sub(prefix.len() + 1) {
        Some(others) => {
            let word = prefix.bytes().rev().fold(u64::from(b':'), |word, byte| word << 8 | u64::from(byte));
            (word, u64::MAX >> (8 * others))
        }
        None => (0, 0),
    }
}
