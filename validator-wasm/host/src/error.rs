//! Why a module cannot be used, or did not answer.

/// Why there is no report. None of these says anything of the certificate: it is never clean after a failure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The bytes are no WebAssembly module, or none that this runtime takes.
    #[error("it is no WebAssembly module that can be run: {0}")]
    NotWasm(String),
    /// A module, but none of the validator's.
    #[error("it is no module of the validator: {0}")]
    NotValidator(String),
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// The call is wrong: an option, a list, a profile or messages that cannot be used.
    #[error("{0}")]
    Call(String),
    /// The module needed more memory than it may have.
    #[error("the validator's module needed more than its {0} bytes of memory")]
    OutOfMemory(usize),
    /// The module took longer than it may.
    #[error("the validator's module took longer than {0:?}")]
    TooLong(std::time::Duration),
    /// The module failed.
    #[error("the validator's module failed: {0}")]
    Failed(String),
}
