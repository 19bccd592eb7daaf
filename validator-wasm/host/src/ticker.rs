//! The clock by which modules are interrupted: wasmtime looks at an epoch's number, and somebody must count it.

use std::thread;
use std::time::Duration;

use wasmtime::Engine;

/// How often the epoch moves on: how exactly a deadline is kept.
const TICK: Duration = Duration::from_millis(10);

/// Counts the engine's epochs until the engine is gone.
pub(crate) fn start(engine: &Engine) -> Result<(), std::io::Error> {
    let weak = engine.weak();
    let count = move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("epochs".to_owned()).spawn(count).map(drop)
}

/// The epochs after which `deadline` has passed.
pub(crate) fn epochs(deadline: Duration) -> u64 {
    // One more, because the first may end at once.
    u64::try_from(deadline.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX - 1) + 1
}
