//! What one instance of the module holds between calls.

use phytoval::{CallError, Embedded};

/// A buffer is no longer than this: above what any hub takes, and so that lengths and their sums stay numbers that the
/// module can add.
const BUFFER_BYTES_MAX: usize = 64 << 20;

/// Buffers that wait at a time: a judgement needs two.
const BUFFERS_MAX: usize = 8;

/// The answer is a report, or there is nothing to say.
const WELL: u32 = 0;
/// The answer says what is wrong with the call.
const WRONG: u32 = 1;

/// The validator, buffers that the host fills, and the last answer.
#[derive(Default)]
pub(crate) struct Session {
    embedded: Embedded,
    buffers: Vec<Vec<u8>>,
    answer: String,
}

impl Session {
    pub(crate) fn allocate(&mut self, length: usize) -> usize {
        if BUFFER_BYTES_MAX < length || BUFFERS_MAX <= self.buffers.len() {
            return 0;
        }
        // One byte more, so that an empty buffer has a place of its own, too.
        let mut buffer = vec![0; length + 1];
        buffer.truncate(length);
        let place = buffer.as_ptr() as usize;
        self.buffers.push(buffer);
        place
    }

    pub(crate) fn free(&mut self, buffer: usize) {
        let _ = self.take(buffer);
    }

    /// The buffer at `place`, which must be where one of ours is: nothing else is ever read.
    fn take(&mut self, place: usize) -> Option<Vec<u8>> {
        let index = self.buffers.iter().position(|buffer| buffer.as_ptr() as usize == place)?;
        Some(self.buffers.swap_remove(index))
    }

    pub(crate) fn load(&mut self, buffer: usize) -> u32 {
        let loaded = self.text(buffer).and_then(|text| self.embedded.load(&text));
        self.finish(loaded.map(|()| String::new()))
    }

    pub(crate) fn judge(&mut self, content: usize, options: usize) -> u32 {
        let content = self.take(content);
        let options = if options == 0 { Ok(String::new()) } else { self.text(options) };
        let content = content.ok_or_else(|| no_buffer("the content"));
        let answer = content.and_then(|content| self.embedded.judge(&content, &options?));
        self.finish(answer)
    }

    fn text(&mut self, buffer: usize) -> Result<String, CallError> {
        let bytes = self.take(buffer).ok_or_else(|| no_buffer("a text"))?;
        String::from_utf8(bytes).map_err(|_| CallError { problem: "a text is not UTF-8".to_owned() })
    }

    fn finish(&mut self, answer: Result<String, CallError>) -> u32 {
        let status = if answer.is_ok() { WELL } else { WRONG };
        self.answer = answer.unwrap_or_else(|error| error.problem);
        status
    }

    pub(crate) fn answer(&self) -> &str {
        &self.answer
    }
}

fn no_buffer(what: &str) -> CallError {
    CallError { problem: format!("{what} is not in a buffer of phytoval_allocate, or was handed over before") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(session: &mut Session, bytes: &[u8]) -> usize {
        let place = session.allocate(bytes.len());
        session.buffers.last_mut().unwrap().copy_from_slice(bytes);
        place
    }

    #[test]
    fn a_certificate_is_judged_and_its_buffers_are_taken() {
        let mut session = Session::default();
        let (content, options) = (filled(&mut session, b"<a/>"), filled(&mut session, b"profile=strict"));
        assert_eq!(session.judge(content, options), WELL);
        assert!(session.answer().contains(r#""profile":"strict""#), "{}", session.answer());
        assert!(session.buffers.is_empty());
        assert_eq!(session.judge(content, options), WRONG);
        assert!(session.answer().contains("phytoval_allocate"));
        let empty = session.allocate(0);
        assert_eq!((session.judge(empty, 0), session.answer().contains("xml-empty")), (WELL, true));
    }

    #[test]
    fn wrong_calls_are_told_and_bounded() {
        let mut session = Session::default();
        let part = filled(&mut session, b"# profile: here\nelement-order = off");
        assert_eq!((session.load(part), session.answer()), (WELL, ""));
        let part = filled(&mut session, b"\xFF");
        assert_eq!((session.load(part), session.answer()), (WRONG, "a text is not UTF-8"));
        assert_eq!(session.allocate(BUFFER_BYTES_MAX + 1), 0);
        let places: Vec<usize> = (0..=BUFFERS_MAX).map(|_| session.allocate(1)).collect();
        assert_eq!(places.iter().filter(|place| **place == 0).count(), 1);
        session.free(places[0]);
        session.free(12345);
        assert_ne!(session.allocate(1), 0);
    }
}
