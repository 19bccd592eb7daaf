//! The validator as `phytoval.js` calls it: what [`phytoval::Embedded`] is, in the types of JavaScript.
//!
//! Errors are answered as text and thrown by `phytoval.js`: an object of JavaScript, made in here, would bring the code
//! that keeps such objects.

use phytoval::{Embedded, Validator};
use wasm_bindgen::prelude::wasm_bindgen;

/// A page downloads it, so it is a small one.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// A validator with what was loaded into it.
#[wasm_bindgen]
#[derive(Default)]
pub struct Instance(Embedded);

#[wasm_bindgen]
impl Instance {
    /// One with the lists, profiles and English messages that are compiled in.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a code list, a profile or messages in force. Answers with nothing, or with the line and what is wrong with
    /// it; nothing has changed then.
    pub fn load(&mut self, text: &str) -> String {
        self.0.load(text).map_or_else(|error| error.problem, |()| String::new())
    }

    /// Judges a certificate by options in lines of `key=value`. Answers with an object of JSON, or with what is wrong
    /// with the options.
    pub fn judge(&self, content: &[u8], options: &str) -> String {
        self.0.judge(content, options).unwrap_or_else(|error| error.problem)
    }
}

/// The text that is judged: `content` itself, or what it is the base64 or UTF-16 of.
#[wasm_bindgen]
pub fn text(content: &[u8]) -> String {
    Validator::text(content)
}
