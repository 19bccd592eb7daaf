//! The report as JSON, as `validator-wasm/report.schema.json` describes it.
//!
//! Written by hand: the module for WebAssembly stays small without a serialiser, and every host writes the same bytes.

use Value::{Number, Plain, Text};

use super::{Finding, ListUsed, Outcome, Report};
use crate::messages::Messages;

/// Bytes of the report on a clean certificate, and some more.
const USUAL_BYTES: usize = 1 << 10;

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
        let mut json = Json::new();
        let certificate = &self.certificate;
        json.members(&[
            (r#"{"verdict":"#, Plain(self.outcome.as_str())),
            (r#","severe":"#, Number(self.severe)),
            (r#","warnings":"#, Number(self.warnings)),
            (r#","infos":"#, Number(self.infos)),
            (r#","more":"#, Number(self.more())),
            (r#","profile":"#, Text(&self.profile)),
            (r#","rules":"#, Plain(self.rules)),
            (r#","language":"#, Text(messages.language())),
            (r#","certificate":{"number":"#, Text(&certificate.number)),
            (r#","type":"#, Text(&certificate.kind)),
            (r#","status":"#, Text(&certificate.status)),
            (r#","from":"#, Text(&certificate.from)),
            (r#","to":"#, Text(&certificate.to)),
        ]);
        json.raw(r#"},"findings":["#);
        for finding in &self.findings {
            json.separate();
            finding.write(&mut json, messages);
        }
        json.raw(r#"],"lists":["#);
        for list in &self.lists {
            json.separate();
            list.write(&mut json);
        }
        json.raw("]}");
        json.text
    }

    /// The verdict and the rows of the hub's ValidationResult as one line of JSON, each row with the rule it stems
    /// from; the last one has none where more was found than is listed.
    pub fn rows_to_json(&self, messages: &Messages) -> String {
        let mut json = Json::new();
        json.members(&[(r#"{"verdict":"#, Text(self.outcome.as_str()))]);
        json.raw(r#","rows":["#);
        let mut rules = self.findings.iter().map(|finding| finding.rule.entry().id);
        for row in &self.verdict(messages).findings {
            json.separate();
            json.members(&[
                (r#"{"rule":"#, Text(rules.next().unwrap_or_default())),
                (r#","area":"#, Text(row.area.as_str())),
                (r#","level":"#, Text(row.level.as_str())),
                (r#","field":"#, Text(&row.field)),
                (r#","message":"#, Text(&row.message)),
            ]);
            json.raw("}");
        }
        json.raw("]}");
        json.text
    }
}

impl Finding {
    fn write(&self, json: &mut Json, messages: &Messages) {
        let entry = self.rule.entry();
        json.members(&[
            (r#"{"rule":"#, Text(entry.id)),
            (r#","level":"#, Text(self.level.as_str())),
            (r#","area":"#, Text(entry.area.as_str())),
            (r#","path":"#, Text(&self.path)),
            (r#","line":"#, Number(self.line)),
            (r#","column":"#, Number(self.column)),
            (r#","offset":"#, Number(self.offset)),
            (r#","found":"#, Text(&self.found)),
            (r#","expected":"#, Text(&self.expected)),
        ]);
        json.raw(r#","list":"#);
        match &self.list {
            Some(list) => list.write(json),
            None => json.raw("null"),
        }
        json.raw(r#","nearest":["#);
        for code in &self.nearest {
            json.separate();
            json.string(code);
        }
        json.members(&[
            (r#"],"sentence":"#, Text(&self.sentence(messages))),
            (r#","hint":"#, Text(&self.hint(messages))),
            (r#","source":"#, Text(entry.source)),
        ]);
        json.raw("}");
    }
}

impl ListUsed {
    fn write(&self, json: &mut Json) {
        json.raw(r#"{"name":""#);
        json.raw(self.name);
        json.raw(r#"","edition":""#);
        // A day, or some with plus signs between them: a list with anything else is not read.
        json.raw(&self.edition);
        json.raw(r#""}"#);
    }
}

/// A value of a member.
enum Value<'a> {
    Text(&'a str),
    /// A text of the program's own, in which nothing need be escaped.
    Plain(&'static str),
    Number(usize),
}

/// Text of a JSON document that is being written. Pieces are long rather than many: each costs a call.
struct Json {
    text: String,
}

impl Json {
    fn new() -> Self {
        Self { text: String::with_capacity(USUAL_BYTES) }
    }

    /// A comma, unless the value that follows is the first of its array.
    fn separate(&mut self) {
        if !self.text.ends_with('[') {
            self.text.push(',');
        }
    }

    fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Members, each with what stands before its value.
    fn members(&mut self, members: &[(&str, Value<'_>)]) {
        for (before, value) in members {
            self.raw(before);
            match value {
                Text(value) => self.string(value),
                Plain(value) => self.quoted(value),
                Number(0) => self.text.push('0'),
                Number(value) => self.raw(&value.to_string()),
            }
        }
    }

    fn quoted(&mut self, value: &str) {
        self.text.push('"');
        self.raw(value);
        self.text.push('"');
    }

    fn string(&mut self, value: &str) {
        // Without a branch, so that the compiler can look at many bytes at once.
        if value.as_bytes().iter().fold(false, |found, byte| found | may_be_special(*byte)) {
            self.text.push('"');
            value.chars().for_each(|character| self.character(character));
            self.text.push('"');
        } else {
            self.quoted(value);
        }
    }

    /// A character of a string, escaped where JSON demands it, and where it would end a script that the text stands in.
    fn character(&mut self, character: char) {
        match character {
            '"' => self.raw("\\\""),
            '\\' => self.raw("\\\\"),
            '\n' => self.raw("\\n"),
            '\r' => self.raw("\\r"),
            '\t' => self.raw("\\t"),
            '<' | '\0'..='\u{1F}' | '\u{7F}' | '\u{2028}' | '\u{2029}' => {
                self.raw("\\u");
                for shift in [12, 8, 4, 0] {
                    let digit = u32::from(character) >> shift & 0xF;
                    self.text.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
            _ => self.text.push(character),
        }
    }
}

/// Whether a character that is escaped may begin with `byte`.
#[inline(always)]
fn may_be_special(byte: u8) -> bool {
    const LINE_SEPARATOR: u8 = 0xE2;
    (byte < b' ') | (byte == b'"') | (byte == b'\\') | (byte == b'<') | (byte == 0x7F) | (byte == LINE_SEPARATOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_and_values_separated() {
        let mut json = Json::new();
        json.members(&[(r#"{"a":"#, Text("\"\\\n\u{1}</script>é")), (r#","b":"#, Number(10)), (r#","c":"#, Number(0))]);
        json.raw(r#","d":["#);
        for value in ["[", "{", "\u{2028}€"] {
            json.separate();
            json.string(value);
        }
        json.raw("]}");
        let expected = r#"{"a":"\"\\\n\u0001\u003c/script>é","b":10,"c":0,"d":["[","{","\u2028€"]}"#;
        assert_eq!(json.text, expected);
    }
}
