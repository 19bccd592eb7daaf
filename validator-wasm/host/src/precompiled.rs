//! Machine code of a module: the one place where something is trusted that cannot be checked.

use wasmtime::{Engine, Module};

/// Takes `bytes` for the machine code that [`Module::serialize`] gave.
pub(crate) fn load(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Module> {
    // SAFETY: whoever calls `Module::load_precompiled` of this crate vouches that the bytes are what `precompiled`
    // gave, as its documentation demands; wasmtime checks version and settings, not the code.
    #[expect(unsafe_code, reason = "machine code can be had no other way")]
    unsafe {
        Module::deserialize(engine, bytes)
    }
}
