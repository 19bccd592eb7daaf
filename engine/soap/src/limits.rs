//! Bounds of a message that is read. The size of a body is bounded by whoever receives it; these bound the work and
//! the memory that one byte of it can cause.

/// A certificate nests about 15 elements deep and SOAP adds five; what nests deeper is no certificate.
pub const DEPTH_MAX: usize = 100;

/// Attributes of one element, namespace declarations among them. They are compared in pairs, so their number is small;
/// gSOAP declares every namespace of a WSDL and all it imports on the root, about 20.
pub const ATTRIBUTES_MAX: usize = 64;

/// Namespace declarations in scope at one place: a look-up passes them one by one.
pub const NAMESPACES_MAX: usize = 128;

/// The longest namespace name: they are compared in pairs too, and those in use have at most 80 characters.
pub const NAMESPACE_BYTES_MAX: usize = 512;

/// The longest name of an element, attribute or prefix; the longest in use has 45 characters.
pub const NAME_BYTES_MAX: usize = 256;

/// Channels that one envelope can be forwarded to.
pub const FORWARDINGS_MAX: usize = 64;

/// Content that has to be rewritten (XML where text is due, or the operations that take XML) may be at most this many
/// times as long as the body it came in. Escaping a certificate makes it a third longer; what grows more is made to
/// grow, and a hub sizes its records by the body.
pub const REWRITTEN_GROWTH_MAX: usize = 2;
