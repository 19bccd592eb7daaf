//! The report as JSON, as `validator-wasm/report.schema.json` describes it.
//!
//! Written by hand: the module for WebAssembly stays small without a serialiser, and every host writes the same bytes.

use super::{Finding, ListUsed, Outcome, Report};
use crate::messages::Messages;

impl Outcome {
    /// The word of the JSON form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::NotDetermined => "not-determined",
        }
    }
}

impl Report {
    /// The report as one line of JSON, with sentences in the messages' language.
    pub fn to_json(&self, messages: &Messages) -> String {
        let mut json = Json::default();
        json.open('{');
        json.member("verdict", self.outcome.as_str());
        for (name, count) in
            [("severe", self.severe), ("warnings", self.warnings), ("infos", self.infos), ("more", self.more())]
        {
            json.number(name, count);
        }
        json.member("profile", &self.profile);
        json.member("rules", self.rules);
        json.member("language", messages.language());
        json.key("certificate");
        json.open('{');
        let certificate = &self.certificate;
        for (name, value) in [
            ("number", &certificate.number),
            ("type", &certificate.kind),
            ("status", &certificate.status),
            ("from", &certificate.from),
            ("to", &certificate.to),
        ] {
            json.member(name, value);
        }
        json.close('}');
        json.key("findings");
        json.open('[');
        for finding in &self.findings {
            finding.write(&mut json, messages);
        }
        json.close(']');
        json.key("lists");
        json.open('[');
        for list in &self.lists {
            list.write(&mut json);
        }
        json.close(']');
        json.close('}');
        json.text
    }

    /// The verdict and the rows of the hub's ValidationResult as one line of JSON, each row with the rule it stems
    /// from; the last one has none where more was found than is listed.
    pub fn rows_to_json(&self, messages: &Messages) -> String {
        let mut json = Json::default();
        json.open('{');
        json.member("verdict", self.outcome.as_str());
        json.key("rows");
        json.open('[');
        let rules = self.findings.iter().map(|finding| finding.rule.entry().id).chain(std::iter::once(""));
        for (row, rule) in self.verdict(messages).findings.iter().zip(rules) {
            json.open('{');
            json.member("rule", rule);
            json.member("area", row.area.as_str());
            json.member("level", row.level.as_str());
            json.member("field", &row.field);
            json.member("message", &row.message);
            json.close('}');
        }
        json.close(']');
        json.close('}');
        json.text
    }
}

impl Finding {
    fn write(&self, json: &mut Json, messages: &Messages) {
        let entry = self.rule.entry();
        json.open('{');
        json.member("rule", entry.id);
        json.member("level", self.level.as_str());
        json.member("area", entry.area.as_str());
        json.member("path", &self.path);
        json.number("line", self.line);
        json.number("column", self.column);
        json.number("offset", self.offset);
        json.member("found", &self.found);
        json.member("expected", &self.expected);
        json.key("list");
        match &self.list {
            Some(list) => list.write(json),
            None => json.raw("null"),
        }
        json.key("nearest");
        json.open('[');
        for code in &self.nearest {
            json.string(code);
        }
        json.close(']');
        json.member("sentence", &self.sentence(messages));
        json.member("hint", &self.hint(messages));
        json.member("source", entry.source);
        json.close('}');
    }
}

impl ListUsed {
    fn write(&self, json: &mut Json) {
        json.open('{');
        json.member("name", self.name);
        json.member("edition", &self.edition);
        json.close('}');
    }
}

/// Text of a JSON document that is being written.
#[derive(Default)]
struct Json {
    text: String,
}

impl Json {
    /// A comma, unless the value is the first of its array or object or belongs to a key.
    fn separate(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(['{', '[', ':']) {
            self.text.push(',');
        }
    }

    fn open(&mut self, bracket: char) {
        self.separate();
        self.text.push(bracket);
    }

    fn close(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    fn raw(&mut self, text: &str) {
        self.separate();
        self.text.push_str(text);
    }

    fn key(&mut self, name: &str) {
        self.string(name);
        self.text.push(':');
    }

    fn member(&mut self, name: &str, value: &str) {
        self.key(name);
        self.string(value);
    }

    fn number(&mut self, name: &str, value: usize) {
        self.key(name);
        self.raw(&value.to_string());
    }

    fn string(&mut self, value: &str) {
        self.separate();
        self.text.push('"');
        for character in value.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                // Safe inside of a script, too.
                '<' | '\0'..='\u{1F}' | '\u{7F}' | '\u{2028}' | '\u{2029}' => {
                    self.text.push_str("\\u");
                    for shift in [12, 8, 4, 0] {
                        let digit = u32::from(character) >> shift & 0xF;
                        self.text.push(char::from_digit(digit, 16).unwrap_or('0'));
                    }
                }
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn strings_are_escaped_and_values_separated() {
        let mut json = Json::default();
        json.open('{');
        json.member("a", "\"\\\n\u{1}</script>é");
        json.key("b");
        json.open('[');
        json.string("[");
        json.string("{");
        json.close(']');
        json.number("c", 0);
        json.close('}');
        assert_eq!(json.text, r#"{"a":"\"\\\n\u0001\u003c/script>é","b":["[","{"],"c":0}"#);
    }
}
