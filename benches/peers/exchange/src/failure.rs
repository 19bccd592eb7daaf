//! Why something could not be measured: a sentence for the person in front of it.

use std::error::Error;
use std::fmt;

/// What went wrong, with everything that is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Failure(String);

/// What comes out of nearly everything here.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Turns another library's error into a sentence that begins with what was being done.
pub(crate) trait While<T> {
    /// `what` is the sentence's begin, such as `asking redis for its version`.
    fn during(self, what: impl fmt::Display) -> Result<T>;
}

impl<T, E: Error> While<T> for std::result::Result<T, E> {
    fn during(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| {
            let mut sentence = format!("{what}: {error}");
            // The clients hide the reason one level down, and some repeat it on the way.
            let mut source = error.source();
            while let Some(cause) = source {
                let text = cause.to_string();
                if !sentence.ends_with(&text) {
                    sentence.push_str(": ");
                    sentence.push_str(&text);
                }
                source = cause.source();
            }
            Failure(sentence)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no answer")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_reason_below_is_told_too() {
        let failed: std::result::Result<(), _> = Err(Outer(io::Error::other("refused")));
        assert_eq!(failed.during("asking").unwrap_err().to_string(), "asking: no answer: refused");
    }
}
