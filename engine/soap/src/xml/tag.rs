//! Start tags: names, attributes, namespace declarations.

use phytohub_model::shown;

use super::chars::{is_name, is_name_byte};
use super::reader::{Attribute, Binding, Reader, Start};
use super::{Malformed, is_white, text};
use crate::limits::{ATTRIBUTES_MAX, NAME_BYTES_MAX, NAMESPACE_BYTES_MAX, NAMESPACES_MAX};
use crate::names;

impl<'a> Reader<'a> {
    /// Reads the start tag that begins here, and whether it is an end too (`<a/>`).
    pub(super) fn start_tag(&mut self) -> Result<(Start<'a>, bool), Malformed> {
        let at = self.at;
        self.at += 1;
        let qualified = self.name()?;
        self.attributes.clear();
        let mut declarations = 0;
        let is_empty = loop {
            let is_spaced = self.white();
            match self.source.as_bytes()[self.at..] {
                [b'>', ..] => break false,
                [b'/', b'>', ..] => break true,
                [] => return Err(Malformed::new(at, "the document ends inside this tag")),
                _ if !is_spaced => {
                    let what = format!("the tag of <{}> goes wrong here; white space or '>' is due", shown(qualified));
                    return Err(Malformed::new(self.at, what));
                }
                _ if self.attributes.len() + declarations == ATTRIBUTES_MAX => {
                    return Err(Malformed::new(
                        self.at,
                        format!("an element has more than {ATTRIBUTES_MAX} attributes"),
                    ));
                }
                _ => {}
            }
            let attribute = self.attribute()?;
            match declared_prefix(attribute.qualified) {
                None => self.attributes.push(attribute),
                Some(prefix) => {
                    self.declare(prefix, &attribute, declarations)?;
                    declarations += 1;
                }
            }
        };
        self.at += 1 + usize::from(is_empty);
        self.resolve_attributes()?;
        let (prefix, local) = split(qualified, at + 1)?;
        let binding = self.resolve(prefix, at + 1)?;
        Ok((Start { at, tag: &self.source[at..self.at], qualified, local, binding }, is_empty))
    }

    /// Reads a name, colons and all.
    pub(super) fn name(&mut self) -> Result<&'a str, Malformed> {
        let rest = &self.source[self.at..];
        let end = rest.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(rest.len());
        if end == 0 {
            return Err(Malformed::new(self.at, "a name is due here; write a plain '<' as '&lt;'"));
        }
        if end > NAME_BYTES_MAX {
            return Err(Malformed::new(self.at, format!("a name is longer than {NAME_BYTES_MAX} bytes")));
        }
        let name = &rest[..end];
        if !name.split(':').all(is_name) {
            return Err(Malformed::new(self.at, format!("'{}' is not a name", shown(name))));
        }
        self.at += end;
        Ok(name)
    }

    /// Passes white space; whether there was any.
    fn white(&mut self) -> bool {
        let rest = &self.source.as_bytes()[self.at..];
        let width = rest.iter().position(|&byte| !is_white(byte)).unwrap_or(rest.len());
        self.at += width;
        width > 0
    }

    fn attribute(&mut self) -> Result<Attribute<'a>, Malformed> {
        let at = self.at;
        let qualified = self.name()?;
        self.white();
        if self.source.as_bytes().get(self.at) != Some(&b'=') {
            return Err(Malformed::new(self.at, format!("'=' is due behind the attribute '{}'", shown(qualified))));
        }
        self.at += 1;
        self.white();
        let rest = &self.source[self.at..];
        let Some(&quote @ (b'"' | b'\'')) = rest.as_bytes().first() else {
            return Err(Malformed::new(self.at, format!("the value of '{}' has no quotes", shown(qualified))));
        };
        let Some(length) = memchr::memchr(quote, &rest.as_bytes()[1..]) else {
            return Err(Malformed::new(self.at, format!("the value of '{}' has no end", shown(qualified))));
        };
        let value = &rest[1..=length];
        if let Some(offset) = memchr::memchr(b'<', value.as_bytes()) {
            let what = format!("'<' may not stand in the value of '{}'; write '&lt;'", shown(qualified));
            return Err(Malformed::new(self.at + 1 + offset, what));
        }
        text::check_references(value, self.at + 1)?;
        self.at += length + 2;
        Ok(Attribute { at, qualified, local: qualified, binding: None, value })
    }

    /// Puts a namespace declaration in scope. `already` of the same element are.
    fn declare(&mut self, prefix: &'a str, attribute: &Attribute<'a>, already: usize) -> Result<(), Malformed> {
        let fail = |what: String| Err(Malformed::new(attribute.at, what));
        let namespace = text::unescape(attribute.value);
        if self.bindings[self.bindings.len() - already..].iter().any(|binding| binding.prefix == prefix) {
            return fail(format!("the attribute '{}' stands twice", shown(attribute.qualified)));
        }
        if self.bindings.len() == NAMESPACES_MAX {
            return fail(format!("more than {NAMESPACES_MAX} namespace declarations are in scope"));
        }
        if namespace.len() > NAMESPACE_BYTES_MAX {
            return fail(format!("a namespace is longer than {NAMESPACE_BYTES_MAX} bytes"));
        }
        if prefix.contains(':') || (namespace.is_empty() && !prefix.is_empty()) {
            return fail(format!("'{}' does not bind a prefix to a namespace", shown(attribute.qualified)));
        }
        if prefix == "xmlns" || namespace == names::XMLNS || (prefix == "xml") != (namespace == names::XML) {
            return fail("the prefixes 'xml' and 'xmlns' and their namespaces cannot be bound anew".to_owned());
        }
        self.bindings.push(Binding { prefix, namespace });
        Ok(())
    }

    /// Gives each attribute its namespace and refuses the same attribute twice, however it is written.
    fn resolve_attributes(&mut self) -> Result<(), Malformed> {
        for index in 0..self.attributes.len() {
            let Attribute { at, qualified, .. } = self.attributes[index];
            let (prefix, local) = split(qualified, at)?;
            let binding = if prefix.is_empty() { None } else { self.resolve(prefix, at)? };
            let namespace = self.namespace(binding);
            let is_same = |other: &Attribute<'a>| other.local == local && self.namespace(other.binding) == namespace;
            if self.attributes[..index].iter().any(is_same) {
                return Err(Malformed::new(at, format!("the attribute '{}' stands twice", shown(qualified))));
            }
            self.attributes[index].local = local;
            self.attributes[index].binding = binding;
        }
        Ok(())
    }

    /// The declaration in scope for a prefix; the empty one may have none.
    fn resolve(&self, prefix: &str, at: usize) -> Result<Option<usize>, Malformed> {
        match self.bindings.iter().rposition(|binding| binding.prefix == prefix) {
            Some(index) => Ok(Some(index)),
            None if prefix.is_empty() => Ok(None),
            None => Err(Malformed::new(at, format!("the prefix '{}' is bound to no namespace", shown(prefix)))),
        }
    }
}

/// The prefix that an attribute of this name declares, if it declares one.
fn declared_prefix(qualified: &str) -> Option<&str> {
    match qualified.strip_prefix("xmlns") {
        Some("") => Some(""),
        Some(behind) => behind.strip_prefix(':'),
        None => None,
    }
}

/// Prefix (or nothing) and local name.
fn split(qualified: &str, at: usize) -> Result<(&str, &str), Malformed> {
    match qualified.split_once(':') {
        None => Ok(("", qualified)),
        Some((prefix, local)) if !local.contains(':') => Ok((prefix, local)),
        Some(_) => Err(Malformed::new(at, format!("the name '{}' has more than one colon", shown(qualified)))),
    }
}
