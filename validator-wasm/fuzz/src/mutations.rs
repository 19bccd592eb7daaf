//! Documents that are nearly certificates, or nearly something else: the same for the same seed.

use phytoval_conformance::cases;

/// What is put into documents: what means something to a reader of XML, and what breaks texts.
const MARKS: [&[u8]; 36] = [
    b"<",
    b">",
    b"/",
    b"&",
    b";",
    b"'",
    b"\"",
    b"=",
    b":",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"--",
    b"<?",
    b"?>",
    b"<!DOCTYPE a [",
    b"&#",
    b"&#x",
    b"&amp;",
    b"xmlns:",
    b"xmlns=''",
    b" ",
    b"\0",
    b"\r\n",
    b"\xEF\xBB\xBF",
    b"\xEF\xBF\xBE",
    b"\xFF\xFE",
    b"\xC0\x80",
    b"\xED\xA0\x80",
    b"<ID>",
    b"</ID>",
    b"NULL",
    b"9999999999999999999999",
    b"-0.00000000001",
    b"2026-02-30T25:61:61+99:99",
];

/// Documents without an end, each some changes away from one of those that are given.
#[derive(Debug)]
pub struct Mutations {
    documents: Vec<Vec<u8>>,
    state: u64,
}

impl Mutations {
    /// Those of a seed.
    ///
    /// # Panics
    ///
    /// Where the conformance suite is written wrongly.
    pub fn new(seed: u64) -> Self {
        let documents = cases().expect("the suite can be read").into_iter().map(|case| case.document);
        // The largest ones only take time: they are about bounds, which a change leaves as they are.
        Self::of(documents.filter(|document| document.len() < 16_384).collect(), seed)
    }

    /// Those of a seed, of other documents than certificates.
    ///
    /// # Panics
    ///
    /// Where there are none.
    pub fn of(documents: Vec<Vec<u8>>, seed: u64) -> Self {
        assert!(!documents.is_empty(), "nothing to change");
        Self { documents, state: seed | 1 }
    }

    /// A number below `bound`, which is above zero (xorshift64).
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % bound as u64).unwrap_or(0)
    }

    fn some(&mut self) -> Vec<u8> {
        let index = self.below(self.documents.len());
        self.documents[index].clone()
    }

    fn change(&mut self, document: &mut Vec<u8>) {
        let start = self.below(document.len() + 1);
        let length = self.below(64);
        let end = (start + length).min(document.len());
        match self.below(6) {
            0 => drop(document.drain(start..end)),
            1 => {
                let again = document[start..end].to_vec();
                document.splice(start..start, again);
            }
            2 if start < document.len() => document[start] ^= 1 << self.below(8),
            3 => {
                let other = self.some();
                let from = self.below(other.len() + 1);
                let to = (from + self.below(256)).min(other.len());
                document.splice(start..end, other[from..to].iter().copied());
            }
            _ => {
                let mark = MARKS[self.below(MARKS.len())];
                document.splice(start..start, mark.iter().copied());
            }
        }
    }
}

impl Iterator for Mutations {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut document = self.some();
        for _ in 0..=self.below(4) {
            self.change(&mut document);
        }
        Some(document)
    }
}
