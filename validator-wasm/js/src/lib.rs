//! The validator as `phytoval.js` calls it: what [`phytoval::Embedded`] is, in the types of JavaScript.

use phytoval::{Embedded, Validator};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

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

    /// Puts a code list, a profile or messages in force.
    ///
    /// # Errors
    ///
    /// An `Error` with the line, and what is wrong with it; nothing has changed then.
    pub fn load(&mut self, text: &str) -> Result<(), JsError> {
        self.0.load(text).map_err(|error| JsError::new(&error.problem))
    }

    /// Judges a certificate by options in lines of `key=value`, and answers in JSON.
    ///
    /// # Errors
    ///
    /// An `Error` where the options are wrong.
    pub fn judge(&self, content: &[u8], options: &str) -> Result<String, JsError> {
        self.0.judge(content, options).map_err(|error| JsError::new(&error.problem))
    }
}

/// The text that is judged: `content` itself, or what it is the base64 or UTF-16 of.
#[wasm_bindgen]
pub fn text(content: &[u8]) -> String {
    Validator::text(content)
}
