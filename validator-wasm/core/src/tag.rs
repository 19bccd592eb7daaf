//! Start tags: name, attributes, namespace declarations.

use std::borrow::Cow;

use crate::characters::{SPACE, begins_name, name_length};
use crate::limits::{ATTRIBUTES_MAX, NAME_BYTES_MAX};
use crate::namespaces::{Namespaces, Resolved};
use crate::references;
use crate::syntax::{Kind, SyntaxError};
use crate::vectors::first_of;
use crate::words::find_any;

/// A name as written, and its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    pub(crate) qualified: &'a str,
    /// Empty without one.
    pub(crate) prefix: &'a str,
    pub(crate) local: &'a str,
}

/// A start tag; its attributes are kept apart, in a list that is used again.
#[derive(Debug)]
pub(crate) struct Tag<'a> {
    pub(crate) name: Name<'a>,
    /// Whether it closes itself.
    pub(crate) empty: bool,
    /// The offset of its `<`.
    pub(crate) at: usize,
    /// The offset behind it.
    pub(crate) end: usize,
}

/// The attributes that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    LanguageId,
    UnitCode,
    FileName,
}

impl Known {
    /// The one of this local name.
    #[inline(always)]
    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"languageID" => Some(Self::LanguageId),
            b"unitCode" => Some(Self::UnitCode),
            b"filename" => Some(Self::FileName),
            _ => None,
        }
    }
}

/// The prefix, empty without one, and the local name of the element that begins at `at`.
#[inline(never)]
pub(crate) fn name_at(text: &str, at: usize) -> (&str, &str) {
    let name = text.get(at + "<".len()..).unwrap_or_default();
    let qualified = name.get(..name_length(name)).unwrap_or_default();
    qualified.split_once(':').unwrap_or(("", qualified))
}

/// One attribute, its value as written.
#[derive(Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: Name<'a>,
    /// Which one it is, where rules ask for it.
    pub(crate) known: Option<Known>,
    pub(crate) value: &'a str,
    pub(crate) at: usize,
}

/// A cursor inside one tag.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// What stands behind the name of a start tag at `start`, if it is one of the two commonest attributes with a short
/// value and the tag's end; gives where that is. `attributes` is empty before.
#[inline(always)]
pub(crate) fn read_usual<'a>(text: &'a str, start: usize, attributes: &mut Vec<Attribute<'a>>) -> Option<usize> {
    let rest = text.as_bytes().get(start..)?;
    let (known, name, value) = match rest.strip_prefix(b" languageID=\"") {
        Some(value) => (Known::LanguageId, "languageID", value),
        None => (Known::UnitCode, "unitCode", rest.strip_prefix(b" unitCode=\"")?),
    };
    let length = first_of(value.first_chunk()?, *b"\"<&")?;
    let [b'"', b'>', ..] = value.get(length..)? else { return None };
    let at = start + " ".len();
    let begin = at + name.len() + "=\"".len();
    let behind = begin + length;
    let name = Name { qualified: name, prefix: "", local: name };
    attributes.push(Attribute { name, known: Some(known), value: text.get(begin..behind)?, at });
    Some(behind + "\">".len())
}

/// The start tag at `start` if its name has `length` bytes, and if it is a right one without prefixed attributes and
/// declarations: whether it closes itself, and where it ends.
#[inline(never)]
pub(crate) fn read_undeclaring<'a>(
    text: &'a str,
    start: usize,
    length: usize,
    attributes: &mut Vec<Attribute<'a>>,
) -> Option<(bool, usize)> {
    let tag = read(text, start, attributes).ok()?;
    let declares = |name: Name<'_>| !name.prefix.is_empty() || name.local == "xmlns";
    let is_plain = !attributes.iter().any(|attribute| declares(attribute.name));
    (is_plain && tag.name.qualified.len() == length).then_some((tag.empty, tag.end))
}

/// Reads the tag that begins at `start`.
pub(crate) fn read<'a>(
    text: &'a str,
    start: usize,
    attributes: &mut Vec<Attribute<'a>>,
) -> Result<Tag<'a>, SyntaxError<'a>> {
    let mut cursor = Cursor { text, at: start + "<".len() };
    if !cursor.rest().is_empty() && !cursor.rest().starts_with(|next| begins_name(next) || next == ':') {
        return Err(SyntaxError { at: start, kind: Kind::BadMarkup });
    }
    let name = cursor.name()?;
    attributes.clear();
    loop {
        let spaced = cursor.skip_space();
        let at = cursor.at;
        let empty = cursor.take("/>");
        if empty || cursor.take(">") {
            return Ok(Tag { name, empty, at: start, end: cursor.at });
        }
        if cursor.rest().is_empty() || cursor.rest() == "/" {
            return cursor.error(Kind::Ends("<"));
        }
        if !spaced {
            return cursor.error(Kind::SpaceMissing);
        }
        if ATTRIBUTES_MAX <= attributes.len() {
            return cursor.error(Kind::TooManyAttributes);
        }
        let name = cursor.name()?;
        let value = cursor.value(name)?;
        if attributes.iter().any(|known| known.name.qualified == name.qualified) {
            return Err(SyntaxError { at, kind: Kind::DuplicateAttribute(name.qualified) });
        }
        let known = if name.prefix.is_empty() { Known::of(name.local.as_bytes()) } else { None };
        attributes.push(Attribute { name, known, value, at });
    }
}

/// Takes the tag's declarations into `namespaces`, resolves all its prefixes, and gives the element's namespace.
pub(crate) fn resolve<'a>(
    tag: &Tag<'a>,
    attributes: &[Attribute<'a>],
    namespaces: &mut Namespaces<'a>,
) -> Result<Resolved, (usize, Kind<'a>)> {
    for attribute in attributes {
        let declared = match attribute.name {
            Name { prefix: "xmlns", local, .. } => local,
            Name { qualified: "xmlns", .. } => "",
            _ => continue,
        };
        namespaces.declare(declared, normalised(attribute.value)).map_err(|kind| (attribute.at, kind))?;
    }
    let mut expanded: Vec<(Resolved, &'a str)> = Vec::new();
    for attribute in attributes {
        let Name { prefix, local, qualified } = attribute.name;
        if prefix.is_empty() || prefix == "xmlns" {
            continue;
        }
        let namespace = namespaces.resolve(prefix).map_err(|kind| (attribute.at, kind))?;
        let is_same = |known: Resolved| namespaces.name(known) == namespaces.name(namespace);
        if expanded.iter().any(|known| known.1 == local && is_same(known.0)) {
            return Err((attribute.at, Kind::DuplicateAttribute(qualified)));
        }
        expanded.push((namespace, local));
    }
    if tag.name.prefix == "xmlns" {
        return Err((tag.at, Kind::ReservedNamespace));
    }
    namespaces.resolve(tag.name.prefix).map_err(|kind| (tag.at, kind))
}

/// How nearly all senders write their declaration.
const USUAL_DECLARATION: &str = " version=\"1.0\" encoding=\"UTF-8\"";

/// Whether `text`, what stands between `<?xml` and `?>`, is the rest of an XML declaration.
pub(crate) fn is_declaration(text: &str) -> bool {
    if text == USUAL_DECLARATION {
        return true;
    }
    let mut cursor = Cursor { text, at: 0 };
    let mut value_of = |expected: &str| {
        let before = cursor.at;
        let spaced = cursor.skip_space();
        match cursor.name() {
            Ok(name) if spaced && name.qualified == expected => cursor.value(name).ok(),
            _ => {
                cursor.at = before;
                None
            }
        }
    };
    let version = value_of("version");
    let encoding = value_of("encoding");
    let standalone = value_of("standalone");
    cursor.skip_space();
    let minor = version.and_then(|version| version.strip_prefix("1."));
    minor.is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()))
        && encoding.is_none_or(is_encoding_name)
        && standalone.is_none_or(|standalone| matches!(standalone, "yes" | "no"))
        && cursor.rest().is_empty()
}

fn is_encoding_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn normalised(value: &str) -> Cow<'_, str> {
    let plain = !value.bytes().any(|byte| matches!(byte, b'&' | b'\t' | b'\r' | b'\n'));
    if plain { Cow::Borrowed(value) } else { Cow::Owned(references::resolve(value)) }
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[cold]
    fn error<T>(&self, kind: Kind<'a>) -> Result<T, SyntaxError<'a>> {
        Err(SyntaxError { at: self.at, kind })
    }

    fn take(&mut self, expected: &str) -> bool {
        let taken = self.rest().starts_with(expected);
        if taken {
            self.at += expected.len();
        }
        taken
    }

    fn skip_space(&mut self) -> bool {
        let rest = self.rest();
        let length = rest.len() - rest.trim_start_matches(SPACE).len();
        self.at += length;
        0 < length
    }

    fn name(&mut self) -> Result<Name<'a>, SyntaxError<'a>> {
        let rest = self.rest();
        let length = name_length(rest);
        let qualified = rest.get(..length).unwrap_or_default();
        if length == rest.len() {
            return self.error(Kind::Ends("<"));
        }
        if !qualified.starts_with(|first| begins_name(first) || first == ':') {
            return self.error(Kind::BadName);
        }
        if NAME_BYTES_MAX < length {
            return self.error(Kind::NameTooLong);
        }
        let (prefix, local) = qualified.split_once(':').unwrap_or(("", qualified));
        let prefix_missing = prefix.is_empty() && qualified.starts_with(':');
        if prefix_missing || !local.starts_with(begins_name) || local.contains(':') {
            return self.error(Kind::BadQualifiedName(qualified));
        }
        self.at += length;
        Ok(Name { qualified, prefix, local })
    }

    fn value(&mut self, name: Name<'a>) -> Result<&'a str, SyntaxError<'a>> {
        self.skip_space();
        if self.rest().is_empty() {
            return self.error(Kind::Ends("<"));
        }
        if !self.take("=") {
            return self.error(Kind::EqualsMissing(name.qualified));
        }
        self.skip_space();
        let quote = match self.rest().bytes().next() {
            Some(quote @ (b'"' | b'\'')) => quote,
            Some(_) => return self.error(Kind::QuoteMissing(name.qualified)),
            None => return self.error(Kind::Ends("<")),
        };
        self.at += 1;
        let Some(length) = find_any(self.rest().as_bytes(), [quote, quote, b'<']) else {
            return self.error(Kind::Ends("=\""));
        };
        let value = self.rest().get(..length).unwrap_or_default();
        references::check(value).map_err(|(at, kind)| SyntaxError { at: self.at + at, kind })?;
        self.at += length;
        if self.take("<") {
            return Err(SyntaxError { at: self.at - 1, kind: Kind::LessThanInValue(name.qualified) });
        }
        self.at += 1;
        Ok(value)
    }
}
