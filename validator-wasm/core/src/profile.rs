//! Profiles: at which level each rule counts, and which do not.

use std::fmt;

use phytohub_model::Level;

use crate::listing;
use crate::rules::catalogue::{Layer, Rule};

/// How strictly certificates are judged: a level for each rule, or none where it is off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    name: String,
    levels: Vec<Option<Level>>,
}

/// Names of the profiles that are built in; the first is the default.
pub const PROFILES: [&str; 3] = ["ippc", "lenient", "strict"];

impl Default for Profile {
    fn default() -> Self {
        Self::of(|rule| Some(rule.entry().level), "ippc")
    }
}

impl Profile {
    /// A built-in profile: `ippc` as the exchange uses certificates; `lenient`, for documents of which only syntax and
    /// structure are known; `strict`, where order and advice become warnings.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "ippc" => Some(Self::default()),
            // Agreement with the envelope is judged wherever an envelope is given.
            "lenient" => {
                Some(Self::of(|rule| (rule.entry().layer != Layer::Rules).then_some(rule.entry().level), name))
            }
            "strict" => Some(Self::of(|rule| Some(rule.entry().level.max(Level::Warning)), name)),
            _ => None,
        }
    }

    /// A national overlay, as the text of a file: `# profile: NAME`, `# base: NAME of a built-in one`, then lines
    /// `rule-id = off`, `info`, `warning` or `severe`. Empty lines and other lines that begin with `#` are passed over.
    ///
    /// # Errors
    ///
    /// The line, and what is wrong with it. Rules of the syntax cannot be changed: without them nothing else is judged.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let mut profile = Self::default();
        let mut named = false;
        for (line, number) in text.lines().zip(1..) {
            let fail = |problem| Err(ProfileError { line: number, problem });
            let line = bare(line);
            if let Some(name) = line.strip_prefix("# profile:") {
                profile.name = bare(name).to_owned();
                named = true;
            } else if let Some(base) = line.strip_prefix("# base:") {
                let Some(base) = Self::named(bare(base)) else {
                    return fail(format!(
                        "there is no profile '{}': the base is one of {}",
                        bare(base),
                        listing::of(&PROFILES)
                    ));
                };
                profile.levels = base.levels;
            } else if line.is_empty() || line.starts_with('#') {
            } else if let Err(problem) = profile.change(line) {
                return fail(problem);
            }
        }
        if !named || profile.name.is_empty() {
            return Err(ProfileError { line: 1, problem: "'# profile: ' and its name are missing".to_owned() });
        }
        Ok(profile)
    }

    fn change(&mut self, line: &str) -> Result<(), String> {
        let (id, level) = line.split_once('=').ok_or("write rule-id = off, info, warning or severe")?;
        let rule = Rule::find(bare(id)).ok_or_else(|| format!("there is no rule '{}'", bare(id)))?;
        let level = match bare(level) {
            "off" => None,
            "info" => Some(Level::Info),
            "warning" => Some(Level::Warning),
            "severe" => Some(Level::Severe),
            other => return Err(format!("'{other}' is no level: write off, info, warning or severe")),
        };
        if rule.entry().layer == Layer::Syntax {
            return Err(format!("'{}' is a rule of the syntax, which no profile can change", bare(id)));
        }
        if let Some(known) = self.levels.get_mut(rule as usize) {
            *known = level;
        }
        Ok(())
    }

    #[inline(never)]
    fn of(level: fn(Rule) -> Option<Level>, name: &str) -> Self {
        Self { name: name.to_owned(), levels: Rule::ALL.iter().map(|&rule| level(rule)).collect() }
    }

    /// The profile's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// At which level `rule` counts; none where it is off.
    pub fn level(&self, rule: Rule) -> Option<Level> {
        self.levels.get(rule as usize).copied().flatten()
    }
}

/// `text` without white space around it.
#[inline(never)]
fn bare(text: &str) -> &str {
    text.trim_ascii()
}

/// Why an overlay cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ProfileError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_makes_advice_a_warning_and_lenient_leaves_the_rules_out() {
        let (strict, lenient) = (Profile::named("strict").unwrap(), Profile::named("lenient").unwrap());
        assert_eq!(strict.level(Rule::ElementOrder), Some(Level::Warning));
        assert_eq!(strict.level(Rule::ElementMissing), Some(Level::Severe));
        assert_eq!(lenient.level(Rule::OriginMissing), None);
        assert_eq!(lenient.level(Rule::ElementMissing), Some(Level::Severe));
        assert_eq!(lenient.level(Rule::HeaderNumber), Some(Level::Severe));
        assert_eq!(Profile::named("other"), None);
    }

    #[test]
    fn an_overlay_changes_levels() {
        let text = "# profile: national\n# base: strict\n# a remark\n\nhs-code = severe\nelement-order = off\n";
        let profile = Profile::parse(text).unwrap();
        assert_eq!(profile.name(), "national");
        assert_eq!(profile.level(Rule::HsCode), Some(Level::Severe));
        assert_eq!(profile.level(Rule::ElementOrder), None);
        assert_eq!(profile.level(Rule::DateOffset), Some(Level::Warning));
    }

    #[test]
    fn a_bad_overlay_is_refused_with_its_line() {
        for (text, line, says) in [
            ("hs-code = off", 1, "# profile"),
            ("# profile: a\nno-rule = off", 2, "no-rule"),
            ("# profile: a\nhs-code = loud", 2, "loud"),
            ("# profile: a\nhs-code", 2, "write"),
            ("# profile: a\n# base: x", 2, "ippc"),
            ("# profile: a\nxml-doctype = off", 2, "syntax"),
        ] {
            let error = Profile::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
