//! SOAP 1.1 as the exchange speaks it: bytes to the 27 operations and back, faults, the WSDL; both ends.
//!
//! A server uses [`read_request`], [`write_answer`], [`write_fault`] and [`wsdl`]; whoever calls one uses [`client`].
//!
//! This crate knows no sockets and no disk, and nothing of who is allowed what: it tells what was said, not whether it
//! may be. Content passes through it as a slice of the bytes it came in.

mod answer;
pub mod client;
mod content;
pub mod limits;
mod names;
mod operation;
mod read;
mod request;
mod write;
mod wsdl;
mod xml;

pub use answer::{Answer, HeaderAnswer};
pub use content::Content;
pub use operation::Operation;
pub use read::read_request;
pub use request::{Delivery, Request};
pub use write::{Body, write_answer, write_fault};
pub use wsdl::wsdl;
