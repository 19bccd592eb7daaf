//! Threads that own something: when one of them can no longer go on, by an error or by a panic, the process must know,
//! because nobody else can take its place.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};

/// Runs `work` on a thread of its own; `failed` is told once when it ends badly.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn spawn(
    name: String,
    failed: impl FnOnce(String) + Send + 'static,
    work: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.clone()).spawn(move || {
        // What the thread owned is gone with it and nobody looks at it again, so nothing broken can be seen.
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed(format!("{name}: {error}")),
            Err(_) => failed(format!("{name}: panicked; the lines above say where")),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn an_error_and_a_panic_are_told_and_a_good_end_is_not() {
        let told = |work: fn() -> Result<(), String>| {
            let (sender, receiver) = mpsc::channel();
            let failed = move |error| sender.send(error).unwrap();
            spawn("owner".to_owned(), failed, work).unwrap().join().unwrap();
            receiver.try_recv().ok()
        };
        assert_eq!(told(|| Ok(())), None);
        assert_eq!(told(|| Err("no disk".to_owned())).as_deref(), Some("owner: no disk"));
        assert!(told(|| panic!("in a test, on purpose")).unwrap().contains("panicked"));
    }
}
