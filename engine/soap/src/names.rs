//! Namespaces of the service, each once.

/// SOAP 1.1, the one that is spoken here.
pub(crate) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// SOAP 1.2, known only to be refused by its name.
pub(crate) const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// Operations and most types.
pub(crate) const EPH: &str = "http://ephyto.ippc.int/";
/// Envelopes, headers, NPPOs, channels.
pub(crate) const HUB: &str = "http://ephyto.ippc.int/HUB.Entities";
/// `xsi:nil` and `xsi:type`.
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// References to parts of a multipart body, known only to be refused by their name.
pub(crate) const XOP: &str = "http://www.w3.org/2004/08/xop/include";
/// Bound to `xml` in every document.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of namespace declarations; nothing may be bound to it.
pub(crate) const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
