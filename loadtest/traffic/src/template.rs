//! A text with places for a number: made once, filled many times by a few copies.

use std::sync::Arc;

use crate::number::NUMBER_BYTES;

/// Stands in a text that becomes a template where an attached file's bytes belong. XML leaves it as it is.
pub(crate) const FILE_PLACE: &str = "@@FILE@@";

/// A file's bytes, shared by all templates that need as many or fewer of them.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) noise: Arc<str>,
    pub(crate) length: usize,
}

/// A text with places for a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
    length: usize,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(Box<[u8]>),
    Number,
    /// The number with the bytes that share its groups of three, to be written as base64.
    Encoded {
        before: Box<[u8]>,
        after: Box<[u8]>,
    },
    File(File),
}

impl Template {
    /// The template of `text`, in which `number` stands where numbers belong.
    pub(crate) fn new(text: &[u8], number: &str, file: Option<&File>) -> Self {
        let mut template = Self::default();
        let mut rest = text;
        while let Some(at) = find(rest, number.as_bytes()) {
            template.push_around_files(&rest[..at], file);
            template.push(Piece::Number);
            rest = &rest[at + number.len()..];
        }
        template.push_around_files(rest, file);
        template
    }

    /// The template of `text` in base64.
    pub(crate) fn encoded(text: &[u8], number: &str) -> Self {
        let mut template = Self::default();
        let mut done = 0;
        while let Some(offset) = find(&text[done..], number.as_bytes()) {
            let begin = done + offset;
            let end = begin + number.len();
            // `done` always stands at the beginning of a group.
            let group_begin = done + offset / 3 * 3;
            let group_end = done + (end - done).next_multiple_of(3);
            template.push_text(encode(&text[done..group_begin]).as_bytes());
            done = group_end.min(text.len());
            let (before, after) = (text[group_begin..begin].into(), text[end..done].into());
            template.push(Piece::Encoded { before, after });
        }
        template.push_text(encode(&text[done..]).as_bytes());
        template
    }

    /// Appends another template.
    pub(crate) fn append(&mut self, other: Self) {
        self.length += other.length;
        self.pieces.extend(other.pieces);
    }

    /// Length of the filled text, for numbers of the usual length.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Appends the text with `number` in all its places to `out`.
    pub(crate) fn fill(&self, number: &str, out: &mut Vec<u8>) {
        out.reserve(self.length);
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Number => out.extend_from_slice(number.as_bytes()),
                Piece::Encoded { before, after } => {
                    let group = [before, number.as_bytes(), after].concat();
                    out.extend_from_slice(encode(&group).as_bytes());
                }
                Piece::File(file) => out.extend_from_slice(file.bytes()),
            }
        }
    }

    fn push_around_files(&mut self, text: &[u8], file: Option<&File>) {
        let mut rest = text;
        while let (Some(at), Some(file)) = (find(rest, FILE_PLACE.as_bytes()), file) {
            self.push_text(&rest[..at]);
            self.push(Piece::File(file.clone()));
            rest = &rest[at + FILE_PLACE.len()..];
        }
        self.push_text(rest);
    }

    fn push_text(&mut self, text: &[u8]) {
        if !text.is_empty() {
            self.push(Piece::Text(text.into()));
        }
    }

    fn push(&mut self, piece: Piece) {
        self.length += match &piece {
            Piece::Text(text) => text.len(),
            Piece::Number => NUMBER_BYTES,
            Piece::Encoded { before, after } => (before.len() + NUMBER_BYTES + after.len()).div_ceil(3) * 4,
            Piece::File(file) => file.bytes().len(),
        };
        self.pieces.push(piece);
    }
}

impl File {
    fn bytes(&self) -> &[u8] {
        self.noise.as_bytes().get(..self.length).unwrap_or(self.noise.as_bytes())
    }
}

/// Where `needle`, which is not empty, first stands.
fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let (&first, _) = needle.split_first()?;
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|&byte| byte == first)?;
        if text[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Base64 with its usual alphabet, padded.
fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let index = bits >> (18 - 6 * place) & 63;
            text.push(if place <= group.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "LT-XX-0123456789ABCDEF";
    const NUMBER: &str = "LT-NL-00000000000000A7";

    fn filled(template: &Template) -> String {
        let mut out = Vec::new();
        template.fill(NUMBER, &mut out);
        assert_eq!(out.len(), template.length());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_place_gets_the_number() {
        for text in ["", "nothing", MARK, &format!("L{MARK}LT-{MARK}{MARK} end")] {
            assert_eq!(filled(&Template::new(text.as_bytes(), MARK, None)), text.replace(MARK, NUMBER));
        }
    }

    #[test]
    fn a_file_is_put_in_as_long_as_asked_for() {
        let file = File { noise: "0123456789".into(), length: 4 };
        let text = format!("<a>{FILE_PLACE}</a>{MARK}<b>{FILE_PLACE}</b>");
        let template = Template::new(text.as_bytes(), MARK, Some(&file));
        assert_eq!(filled(&template), format!("<a>0123</a>{NUMBER}<b>0123</b>"));
        let mut twice = template.clone();
        twice.append(template);
        assert_eq!(filled(&twice).len(), twice.length());
    }

    #[test]
    fn base64_is_that_of_the_filled_text() {
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|text| encode(text.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
        for before in 0..4 {
            for between in 5..9 {
                for after in 0..4 {
                    let [before, between, after] = [before, between, after].map(|length| "x".repeat(length));
                    let text = format!("{before}{MARK}{between}{MARK}{after}");
                    let template = Template::encoded(text.as_bytes(), MARK);
                    assert_eq!(filled(&template), encode(text.replace(MARK, NUMBER).as_bytes()), "{text}");
                }
            }
        }
    }
}
