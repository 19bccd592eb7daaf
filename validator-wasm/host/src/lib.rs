//! Runs the validator's WebAssembly module on wasmtime: the same verdict as the native one, with memory and time that
//! are bounded, and in a box that a fault cannot leave.
//!
//! Each certificate gets a fresh instance, so that none can know of another. The module may be the one that this crate
//! carries ([`MODULE`]) or any other of the same interface, such as the next edition ([`Module::open`]).

mod error;
mod limits;
mod module;
mod precompiled;
mod slots;
mod ticker;

pub use error::HostError;
pub use limits::Limits;
pub use module::Module;

/// The module with this version's rules, lists and messages in all languages, for every runtime.
pub const MODULE: &[u8] = include_bytes!(env!("MODULE"));

/// The same with instructions on vectors, for runtimes that have them; wasmtime and browsers do.
pub const MODULE_SIMD: &[u8] = include_bytes!(env!("MODULE_SIMD"));
