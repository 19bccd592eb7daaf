//! What is in memory stays there: no file of the process is written when it dies.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Lets no core file be written, whatever the system's settings: it would hold certificates and the hub's key. A limit
/// of 0 holds for core files that the system writes itself and, by their own word, for the usual programs that it hands
/// them to; that the process cannot be dumped holds for all of them, and nobody but root may look into it.
pub(crate) fn keep_out_of_files() {
    let nothing = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, nothing) {
        tracing::warn!(target: "phytohub", %error, "a core file may be written when the hub dies");
    }
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(target: "phytohub", %error, "a core file may be handed to a program when the hub dies");
    }
}
