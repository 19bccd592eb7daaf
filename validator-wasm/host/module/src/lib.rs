//! The validator as a WebAssembly module, behind an interface of numbers that every runtime can call. It imports
//! nothing: it can neither read a clock nor a file nor reach a network.
//!
//! A host asks for a buffer ([`phytoval_allocate`]), writes bytes to it in the module's memory and hands it back with
//! [`phytoval_load`] or [`phytoval_judge`], which answer 0 where all is well, and 1 where the call is wrong. The
//! answer's text lies at [`phytoval_answer`] for [`phytoval_answer_length`] bytes until the next call. All texts are
//! UTF-8; pointers and lengths are `i32`, read without a sign. `validator-wasm/host/README.md` describes it for those
//! who write a host.

#[cfg(target_arch = "wasm32")]
mod memory;
mod session;

use std::sync::{Mutex, MutexGuard, PoisonError};

use session::Session;

/// What this interface is; a host refuses a module that answers another number.
const ABI: u32 = 1;

static SESSION: Mutex<Option<Session>> = Mutex::new(None);

/// Does `work` with what the instance holds. There is one thread in a module, so nobody waits here.
fn with<T>(work: impl FnOnce(&mut Session) -> T) -> T {
    let mut session: MutexGuard<'_, Option<Session>> = SESSION.lock().unwrap_or_else(PoisonError::into_inner);
    work(session.get_or_insert_default())
}

/// The version of this interface.
// SAFETY: no other symbol of the program has the name.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn phytoval_abi() -> u32 {
    ABI
}

/// A buffer of `length` bytes, all 0; 0 where it is too long or where too many are waiting.
// SAFETY: no other symbol of the program has the name.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn phytoval_allocate(length: usize) -> usize {
    with(|session| session.allocate(length))
}

/// Gives back a buffer that was not handed to another function; any other number is ignored.
// SAFETY: no other symbol of the program has the name.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn phytoval_free(buffer: usize) {
    with(|session| session.free(buffer));
}

/// Puts the code list, profile or messages whose text is in `buffer` in force, as [`phytoval::Embedded::load`] does.
/// The buffer is taken. 0, or 1 with the reason as the answer.
// SAFETY: no other symbol of the program has the name.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn phytoval_load(buffer: usize) -> u32 {
    with(|session| session.load(buffer))
}

/// Judges the certificate in the buffer `content` by the options in the buffer `options`, as
/// [`phytoval::Embedded::judge`] does; no options at all may be 0 instead of a buffer. Both are taken. 0 with the
/// report as the answer, or 1 with the reason.
// SAFETY: no other symbol of the program has the name.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn phytoval_judge(content: usize, options: usize) -> u32 {
    with(|session| session.judge(content, options))
}

/// Where the text of the last answer is.
// SAFETY: no other symbol of the program has the name.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn phytoval_answer() -> usize {
    with(|session| session.answer().as_ptr() as usize)
}

/// Bytes of the last answer.
// SAFETY: no other symbol of the program has the name.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn phytoval_answer_length() -> usize {
    with(|session| session.answer().len())
}
