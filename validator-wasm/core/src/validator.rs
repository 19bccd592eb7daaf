//! The validator: lists and profile in force, and what it does with a document.

use phytohub_model::Verdict;
use phytohub_model::limits::BODY_BYTES_MAX;

use crate::codelists::Lists;
use crate::document::Document;
use crate::findings::Findings;
use crate::header::Expected;
use crate::messages::Messages;
use crate::profile::Profile;
use crate::report::{Certificate, Report};
use crate::rules::catalogue::Rule;
use crate::structure::tree::Tree;
use crate::{rules, structure};

/// Content above this is not read: no hub takes a larger body.
const CONTENT_BYTES_MAX: usize = BODY_BYTES_MAX;

/// Judges certificates by one set of lists and one profile. Shared freely between threads.
#[derive(Clone, Default)]
pub struct Validator {
    /// The code lists in force.
    pub lists: Lists,
    /// The profile.
    pub profile: Profile,
}

impl Validator {
    /// Judges `content`, the un-escaped content of an envelope: a document as text, with or without XML declaration,
    /// byte order mark and white space around it, or base64 of one. With `expected`, the document must agree with the
    /// envelope's header; a country response (type 312) is read as an acknowledgement, of which only the root is known.
    pub fn validate(&self, content: &[u8], expected: Option<&Expected<'_>>) -> Report {
        self.validate_by(&self.profile, content, expected)
    }

    /// As [`Self::validate`], by another profile.
    pub fn validate_by(&self, profile: &Profile, content: &[u8], expected: Option<&Expected<'_>>) -> Report {
        let mut findings = Findings::new(profile);
        if CONTENT_BYTES_MAX < content.len() {
            findings.add_at(Rule::LimitSize, None, 0).limit(CONTENT_BYTES_MAX);
            return Report::new("", &Tree::default(), findings, Certificate::default(), profile.name(), &self.lists);
        }
        let document = Document::read(content);
        let (tree, is_whole) = structure::read(&document, expected, &mut findings);
        let said = rules::identify(&tree);
        // Of half a document, what is missing is not known.
        if is_whole {
            rules::judge(&tree, &said, &self.lists, expected, &mut findings);
        }
        Report::new(&document.text, &tree, findings, said, profile.name(), &self.lists)
    }

    /// As [`Self::validate`], as the rows of the hub's ValidationResult, in English.
    pub fn verdict(&self, content: &[u8], expected: Option<&Expected<'_>>) -> Verdict {
        self.validate(content, expected).verdict(Messages::english())
    }

    /// The text that offsets in a report on `content` refer to: base64 and UTF-16 decoded.
    pub fn text(content: &[u8]) -> String {
        Document::read(content).text.into_owned()
    }
}
