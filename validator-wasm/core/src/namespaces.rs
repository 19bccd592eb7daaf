//! Prefixes and what they stand for, per Namespaces in XML 1.0.

use std::borrow::Cow;

use crate::limits::{BINDINGS_MAX, NAMESPACE_BYTES_MAX};
use crate::syntax::Kind;

/// What the prefix `xml` always stands for.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The name of declarations themselves, which nothing may be bound to.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The namespace declarations in force.
#[derive(Default)]
pub(crate) struct Namespaces<'a> {
    /// Innermost last; an empty prefix is the default namespace.
    bindings: Vec<Binding<'a>>,
    /// How many bindings were in force outside of each open element.
    outside: Vec<usize>,
}

struct Binding<'a> {
    prefix: &'a str,
    namespace: Cow<'a, str>,
}

impl<'a> Namespaces<'a> {
    pub(crate) fn open(&mut self) {
        self.outside.push(self.bindings.len());
    }

    pub(crate) fn close(&mut self) {
        if let Some(outside) = self.outside.pop() {
            self.bindings.truncate(outside);
        }
    }

    /// A declaration of the element opened last; `prefix` is empty for the default namespace.
    pub(crate) fn declare(&mut self, prefix: &'a str, namespace: Cow<'a, str>) -> Result<(), Kind> {
        let reserved = prefix == "xmlns" || namespace == XMLNS || (prefix == "xml") != (namespace == XML);
        if reserved {
            return Err(Kind::ReservedNamespace);
        }
        if !prefix.is_empty() && namespace.is_empty() {
            return Err(Kind::EmptyNamespace(prefix.into()));
        }
        if BINDINGS_MAX <= self.bindings.len() {
            return Err(Kind::TooManyNamespaces);
        }
        if NAMESPACE_BYTES_MAX < namespace.len() {
            return Err(Kind::NamespaceTooLong);
        }
        self.bindings.push(Binding { prefix, namespace });
        Ok(())
    }

    /// What `prefix` stands for; the empty one for an element without a default namespace: nothing.
    pub(crate) fn resolve(&self, prefix: &str) -> Result<Cow<'a, str>, Kind> {
        match self.bindings.iter().rev().find(|binding| binding.prefix == prefix) {
            Some(binding) => Ok(binding.namespace.clone()),
            None if prefix.is_empty() => Ok(Cow::Borrowed("")),
            None if prefix == "xml" => Ok(Cow::Borrowed(XML)),
            None => Err(Kind::UnboundPrefix(prefix.into())),
        }
    }
}
