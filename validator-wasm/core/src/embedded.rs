//! The validator as hosts in other languages call it: options and content in, one text out.

use std::fmt;

use crate::header::Expected;
use crate::listing;
use crate::messages::Messages;
use crate::profile::{PROFILES, Profile};
use crate::validator::Validator;

/// A validator with what a deployment put in the place of its own parts. All that WebAssembly modules export is a
/// thin layer over this, so every host says the same.
#[derive(Clone, Default)]
pub struct Embedded {
    validator: Validator,
    overlays: Vec<Profile>,
    messages: Vec<Messages>,
}

/// Why a call cannot be answered with a report: not the certificate, the call is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// What is wrong, and what to do.
    pub problem: String,
}

/// What an answer looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The whole report, [`crate::Report::to_json`].
    Report,
    /// The rows of the hub's ValidationResult, [`crate::Report::rows_to_json`].
    Rows,
}

/// The options of one call.
struct Options<'a> {
    profile: Option<&'a str>,
    language: &'a str,
    form: Form,
    expected: Option<Expected<'a>>,
}

impl Embedded {
    /// Puts a part in force, known by its first line: a code list (`# list: `, `# adds-to: `), a profile (`# profile:
    /// `) that
    /// [`Self::judge`] may then name, or messages (`# language: `).
    ///
    /// # Errors
    ///
    /// The line, and what is wrong with it; nothing has changed then.
    pub fn load(&mut self, text: &str) -> Result<(), CallError> {
        let line = text.lines().next().unwrap_or_default();
        if line.starts_with("# list: ") || line.starts_with("# adds-to: ") {
            self.validator.lists.load(text)?;
        } else if line.starts_with("# profile: ") {
            let profile = Profile::parse(text)?;
            self.overlays.retain(|known| known.name() != profile.name());
            self.overlays.push(profile);
        } else if line.starts_with("# language: ") {
            let messages = Messages::parse(text)?;
            self.messages.retain(|known| known.language() != messages.language());
            self.messages.push(messages);
        } else {
            let expected =
                "'# list: ', '# adds-to: ', '# profile: ' or '# language: ' and a name were expected in line 1";
            return Err(CallError { problem: expected.to_owned() });
        }
        Ok(())
    }

    /// Judges `content`, as [`Validator::validate`] does, and answers in JSON.
    ///
    /// `options` are lines `key=value`, all of which may be left out: `profile` (`ippc`, `lenient`, `strict` or one
    /// that was loaded), `language` of the sentences (`en`), `form` (`report`, or `rows` for those of the hub's
    /// ValidationResult), and the header of the envelope, whole or not at all: `from`, `to`, `number`, `type`,
    /// `status`.
    ///
    /// # Errors
    ///
    /// An option that is not known, stands twice or has no usable value.
    pub fn judge(&self, content: &[u8], options: &str) -> Result<String, CallError> {
        let options = Options::parse(options)?;
        let messages = self.messages(options.language)?;
        let report = match options.profile {
            None => self.validator.validate(content, options.expected.as_ref()),
            Some(name) => self.validator.validate_by(&self.profile(name)?, content, options.expected.as_ref()),
        };
        Ok(match options.form {
            Form::Report => report.to_json(messages),
            Form::Rows => report.rows_to_json(messages),
        })
    }

    fn profile(&self, name: &str) -> Result<Profile, CallError> {
        let loaded = self.overlays.iter().find(|profile| profile.name() == name).cloned();
        loaded.or_else(|| Profile::named(name)).ok_or_else(|| CallError {
            problem: format!("there is no profile '{name}': use one of {}, or load it", listing::of(&PROFILES)),
        })
    }

    fn messages(&self, language: &str) -> Result<&Messages, CallError> {
        let loaded = self.messages.iter().find(|messages| messages.language() == language);
        loaded.or_else(|| Messages::of(language)).ok_or_else(|| CallError {
            problem: format!(
                "there are no messages in '{language}': use one of {}, or load them",
                listing::of(&Messages::languages().collect::<Vec<_>>())
            ),
        })
    }
}

/// The keys of [`Options`].
const KEYS: [&str; 8] = ["profile", "language", "form", "from", "to", "number", "type", "status"];

impl<'a> Options<'a> {
    fn parse(text: &'a str) -> Result<Self, CallError> {
        let fail = |problem: String| Err(CallError { problem });
        let mut values = [None; KEYS.len()];
        for line in text.lines().filter(|line| !line.is_empty()) {
            let Some((key, value)) = line.split_once('=') else {
                return fail(format!("the option '{line}' is not of the form key=value"));
            };
            let Some((_, known)) = KEYS.iter().zip(&mut values).find(|(known, _)| **known == key) else {
                return fail(format!("there is no option '{key}': they are {}", listing::of(&KEYS)));
            };
            if known.replace(value).is_some() {
                return fail(format!("the option '{key}' stands twice"));
            }
        }
        let [profile, language, form, from, to, number, kind, status] = values;
        let expected = match (from, to, number, kind, status) {
            (None, None, None, None, None) => None,
            (Some(from), Some(to), Some(number), Some(kind), Some(status)) => Some(Expected {
                from,
                to,
                number,
                certificate_type: code("type", kind)?,
                certificate_status: code("status", status)?,
            }),
            _ => {
                return fail(
                    "the envelope's header needs all of from, to, number, type and status, or none".to_owned(),
                );
            }
        };
        let form = match form.unwrap_or("report") {
            "report" => Form::Report,
            "rows" => Form::Rows,
            other => return fail(format!("there is no form '{other}': use report or rows")),
        };
        Ok(Self { profile, language: language.unwrap_or("en"), form, expected })
    }
}

fn code(key: &str, value: &str) -> Result<i32, CallError> {
    value.parse().map_err(|_| CallError { problem: format!("the option '{key}' is '{value}', which is no number") })
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for CallError {}

macro_rules! from_errors {
    ($($error:ty)*) => {
        $(impl From<$error> for CallError {
            fn from(error: $error) -> Self {
                Self { problem: error.to_string() }
            }
        })*
    };
}

from_errors!(crate::codelists::ListError crate::profile::ProfileError crate::messages::MessagesError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_choose_profile_language_form_and_header() {
        let embedded = Embedded::default();
        let report = embedded.judge(b"<a/>", "profile=lenient\nlanguage=fr\n").unwrap();
        assert!(report.contains(r#""profile":"lenient","#) && report.contains(r#""language":"fr""#), "{report}");
        let rows = embedded.judge(b"<a", "form=rows\nfrom=QM\nto=QZ\nnumber=1=2\ntype=851\nstatus=70").unwrap();
        assert!(rows.starts_with(r#"{"verdict":"findings","rows":[{"rule":"xml-"#), "{rows}");
    }

    #[test]
    fn wrong_options_are_told() {
        for (options, says) in [
            ("profile", "key=value"),
            ("colour=red", "colour"),
            ("profile=ippc\nprofile=ippc", "twice"),
            ("profile=loud", "lenient"),
            ("language=xx", "en"),
            ("form=text", "rows"),
            ("from=QM", "number"),
            ("from=QM\nto=QZ\nnumber=1\ntype=x\nstatus=70", "'type'"),
        ] {
            let error = Embedded::default().judge(b"", options).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    #[test]
    fn parts_are_known_by_their_first_line() {
        let mut embedded = Embedded::default();
        embedded.load("# profile: national\nxml-nothing = off").unwrap_err();
        embedded.load("# profile: national\nelement-order = off").unwrap();
        embedded.load("# language: eo\n# name: Esperanto\n# direction: ltr\n").unwrap();
        let header = "# source: a test\n# edition: 2030-01-01\n# valid-from: 2030-01-01\n";
        embedded.load(&format!("# list: countries\n{header}code,text\nQQ,Nowhere\n")).unwrap();
        let report = embedded.judge(b"<a/>", "profile=national\nlanguage=eo").unwrap();
        assert!(report.contains("2030-01-01") && report.contains("national") && report.contains("eo"), "{report}");
        assert!(embedded.load("nothing").unwrap_err().to_string().contains("line 1"));
    }
}
