//! The report as JSON, and back.

use serde::Deserialize;

use crate::Report;

/// The version of the format that is written, and the only one that is read.
pub const FORMAT: u32 = 1;

/// What of a report is read first: whether the rest can be.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Report {
    /// Reads what [`Report::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, in a sentence: it is no report, or one of another format.
    pub fn parse(json: &str) -> Result<Self, String> {
        let Version { format } =
            serde_json::from_str(json).map_err(|error| format!("this is not a report of phytoload: {error}"))?;
        if format != FORMAT {
            return Err(format!(
                "the report has format {format}, this phytoload reads format {FORMAT}; use the version that wrote it"
            ));
        }
        serde_json::from_str(json).map_err(|error| format!("the report is damaged: {error}"))
    }

    /// The report as JSON, with the format's version, whatever `format` holds.
    ///
    /// A number that is not finite becomes `null`, which [`Report::parse`] refuses unless the field is optional: divide
    /// by nothing that may be zero when you fill a report.
    pub fn to_json(&self) -> String {
        let versioned = Self { format: FORMAT, ..self.clone() };
        // All keys are names and no field fails to be written, so there is always a text.
        serde_json::to_string_pretty(&versioned).unwrap_or_default()
    }
}
