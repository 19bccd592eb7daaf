//! Bounds within which a document is read, so that time and memory stay linear in its size. Each is many times what
//! real certificates use.

/// Elements inside one another. A certificate has about ten levels; the message's one recursive type (subdivisions of
/// a country) adds a few.
pub(crate) const DEPTH_MAX: usize = 64;

/// Attributes of one element, which are compared with each other. The richest real roots declare a dozen namespaces.
pub(crate) const ATTRIBUTES_MAX: usize = 64;

/// Namespace declarations in force at one place, each of which a look-up may pass. Some senders declare one on every
/// child, to a depth of ten.
pub(crate) const BINDINGS_MAX: usize = 128;

/// A namespace's name; the message's longest has 79 bytes. It may be copied once per element.
pub(crate) const NAMESPACE_BYTES_MAX: usize = 1024;

/// The name of an element or attribute; the message's longest has 36 bytes.
pub(crate) const NAME_BYTES_MAX: usize = 1024;

/// Findings about one document. More help nobody, and each costs memory.
pub(crate) const FINDINGS_MAX: usize = 1000;
