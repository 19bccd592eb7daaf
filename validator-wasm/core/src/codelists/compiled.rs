//! The lists that rules ask, turned into tables by the compiler: a fresh instance of a module asks them at once, and
//! the module carries codes only, not the texts of the files.

use phytohub_model::UnitKind;

use super::lists::{LISTS, List};

/// Bytes of the longest code in a list that is compiled in.
const CODE_BYTES_MAX: usize = 8;

/// Lines before the names of the columns; the third has the edition.
const HEADER_LINES: usize = 4;
const EDITION: &[u8] = b"# edition: ";

/// A day as in 2026-11-24.
const DAY_BYTES: usize = 10;

/// One list.
#[derive(Clone, Copy)]
pub(super) struct Table {
    /// Day of its edition.
    pub(super) edition: &'static str,
    codes: Codes,
    /// What each measures, by its number in [`UnitKind::ALL`] and one more, 0 for nothing; empty where the list has no
    /// units.
    kinds: &'static [u8],
}

/// The codes of a list. The long lists have pairs, of which a bit each says it at once and in the least room.
#[derive(Clone, Copy)]
enum Codes {
    /// Any codes: each as a word, sorted.
    Words(&'static [u64]),
    /// All are two characters, digits or letters from `letters` on: a bit for each pair, by its [`pair`].
    Pairs { letters: u8, bits: &'static [u64; PAIR_WORDS] },
}

impl Table {
    #[inline(always)]
    pub(super) fn contains(&self, code: &str) -> bool {
        match self.codes {
            Codes::Words(_) => self.index(code).is_some(),
            Codes::Pairs { letters, bits } => pair(code.as_bytes(), letters).is_some_and(|pair| has(bits, pair)),
        }
    }

    pub(super) fn unit_kind(&self, code: &str) -> Option<UnitKind> {
        self.kind_at(self.index(code)?)
    }

    #[inline(never)]
    fn index(&self, code: &str) -> Option<usize> {
        let Codes::Words(words) = self.codes else { return None };
        words.binary_search(&word(code.as_bytes())?).ok()
    }

    /// Shows `take` all codes in their order, with what each measures.
    pub(super) fn each(&self, take: &mut dyn FnMut(&str, Option<UnitKind>)) {
        match self.codes {
            Codes::Words(words) => {
                for (index, code) in words.iter().enumerate() {
                    let code = code.to_be_bytes();
                    let length = code.iter().position(|byte| *byte == 0).unwrap_or(code.len());
                    let text = code.get(..length).and_then(|code| str::from_utf8(code).ok());
                    take(text.unwrap_or_default(), self.kind_at(index));
                }
            }
            Codes::Pairs { letters, bits } => {
                for pair in (0..PAIRS).filter(|&pair| has(bits, pair)) {
                    let code = [pair / CHARACTERS, pair % CHARACTERS].map(|index| character(index, letters));
                    take(str::from_utf8(&code).unwrap_or_default(), None);
                }
            }
        }
    }

    fn kind_at(&self, index: usize) -> Option<UnitKind> {
        UnitKind::ALL.get(usize::from(*self.kinds.get(index)?).checked_sub(1)?).copied()
    }
}

/// Digits and letters of one case.
const CHARACTERS: usize = 10 + 26;
const PAIRS: usize = CHARACTERS * CHARACTERS;
const PAIR_WORDS: usize = PAIRS.div_ceil(u64::BITS as usize);

/// The number of a code of two characters among all such pairs, which sort as their texts do.
#[inline(always)]
const fn pair(code: &[u8], letters: u8) -> Option<usize> {
    let [first, second] = code else { return None };
    match (place(*first, letters), place(*second, letters)) {
        (Some(first), Some(second)) => Some(first * CHARACTERS + second),
        _ => None,
    }
}

#[inline(always)]
const fn place(character: u8, letters: u8) -> Option<usize> {
    match (character.wrapping_sub(b'0'), character.wrapping_sub(letters)) {
        (digit @ 0..10, _) => Some(digit as usize),
        (_, letter @ 0..26) => Some(10 + letter as usize),
        _ => None,
    }
}

/// The character of a [`place`].
const fn character(place: usize, letters: u8) -> u8 {
    if place < 10 { b'0' + place as u8 } else { letters + (place - 10) as u8 }
}

#[inline(always)]
fn has(bits: &[u64; PAIR_WORDS], pair: usize) -> bool {
    bits.get(pair / 64).is_some_and(|word| word >> (pair % 64) & 1 == 1)
}

/// The bits of all codes, if each is a pair of digits or letters from `letters` on.
const fn pairs(codes: &[u64], letters: u8) -> Option<[u64; PAIR_WORDS]> {
    let (mut bits, mut row) = ([0; PAIR_WORDS], 0);
    while row < codes.len() {
        let [first, second, rest @ ..] = codes[row].to_be_bytes();
        match pair(&[first, second], letters) {
            Some(pair) if u64::from_be_bytes([rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], 0, 0]) == 0 => {
                bits[pair / 64] |= 1 << (pair % 64);
            }
            _ => return None,
        }
        row += 1;
    }
    Some(bits)
}

/// A code as a number that sorts as its text does.
#[inline(always)]
const fn word(code: &[u8]) -> Option<u64> {
    if code.is_empty() || CODE_BYTES_MAX < code.len() {
        return None;
    }
    let (mut word, mut index) = (0, 0);
    while index < code.len() {
        word = word << 8 | code[index] as u64;
        index += 1;
    }
    Some(word << (8 * (CODE_BYTES_MAX - code.len())))
}

/// The tables, in the order of [`List::ALL`].
pub(super) static TABLES: [Table; LISTS] = {
    macro_rules! tables {
        ($($list:ident)*) => {
            [$({
                const FILE: &[u8] = List::$list.compiled_in().as_bytes();
                const ROWS: usize = count(FILE);
                const SORTED: [u64; ROWS] = sorted::<ROWS>(FILE).0;
                const UPPER: Option<[u64; PAIR_WORDS]> = pairs(&SORTED, b'A');
                const LOWER: Option<[u64; PAIR_WORDS]> = pairs(&SORTED, b'a');
                static CODES: [u64; ROWS] = SORTED;
                static KINDS_OF_CODES: [u8; ROWS] = sorted::<ROWS>(FILE).1;
                static EDITION_OF_LIST: [u8; DAY_BYTES] = edition(FILE);
                Table {
                    edition: match str::from_utf8(&EDITION_OF_LIST) {
                        Ok(day) => day,
                        Err(_) => panic!("a day is digits and hyphens"),
                    },
                    codes: match (&UPPER, &LOWER) {
                        (Some(bits), _) => Codes::Pairs { letters: b'A', bits },
                        (_, Some(bits)) => Codes::Pairs { letters: b'a', bits },
                        _ => Codes::Words(&CODES),
                    },
                    kinds: match List::$list {
                        List::UnitMeasures => &KINDS_OF_CODES,
                        _ => &[],
                    },
                }
            },)*]
        };
    }
    tables! {
        Countries DocumentStatuses DocumentTypes Languages MeansOfTransport NoteSubjects PackageTypes PackagingLevels
        UnitMeasures
    }
};

/// The offset behind the line that begins at `at`.
const fn line_end(file: &[u8], mut at: usize) -> usize {
    while at < file.len() && file[at] != b'\n' {
        at += 1;
    }
    at + 1
}

/// Where the first row begins.
const fn rows_begin(file: &[u8]) -> usize {
    let (mut at, mut line) = (0, 0);
    while line <= HEADER_LINES {
        at = line_end(file, at);
        line += 1;
    }
    at
}

const fn count(file: &[u8]) -> usize {
    let (mut at, mut rows) = (rows_begin(file), 0);
    while at < file.len() {
        at = line_end(file, at);
        rows += 1;
    }
    rows
}

/// A copy: a part of the file would keep all of it in the module.
const fn edition(file: &[u8]) -> [u8; DAY_BYTES] {
    let begin = line_end(file, line_end(file, 0)) + EDITION.len();
    let (mut day, mut index) = ([0; DAY_BYTES], 0);
    while index < DAY_BYTES {
        day[index] = file[begin + index];
        index += 1;
    }
    assert!(file[begin + DAY_BYTES] == b'\n', "an edition is a day");
    day
}

/// The codes of the file, sorted, and what each measures where the second column says so.
const fn sorted<const ROWS: usize>(file: &[u8]) -> ([u64; ROWS], [u8; ROWS]) {
    let (mut codes, mut kinds) = ([0; ROWS], [0; ROWS]);
    let (mut at, mut row) = (rows_begin(file), 0);
    while row < ROWS {
        let code = value(file, at);
        let kind = kind(value(file, at + code.len() + 1));
        let Some(code) = word(code) else { panic!("a code is empty or too long") };
        // Put where it belongs among those before it; the files are nearly in order.
        let mut place = row;
        while 0 < place && code < codes[place - 1] {
            codes[place] = codes[place - 1];
            kinds[place] = kinds[place - 1];
            place -= 1;
        }
        codes[place] = code;
        kinds[place] = kind;
        at = line_end(file, at);
        row += 1;
    }
    (codes, kinds)
}

/// The value that begins at `at`; codes and kinds stand without quotes.
const fn value(file: &[u8], at: usize) -> &[u8] {
    let mut end = at;
    while end < file.len() && !matches!(file[end], b',' | b'\n') {
        end += 1;
    }
    file.split_at(end).0.split_at(at).1
}

/// The number of the kind of this name, 0 for none.
const fn kind(name: &[u8]) -> u8 {
    let mut index = 0;
    while index < UnitKind::ALL.len() {
        let known = UnitKind::ALL[index].as_str().as_bytes();
        let mut same = known.len() == name.len();
        let mut at = 0;
        while same && at < known.len() {
            same = known[at] == name[at];
            at += 1;
        }
        if same {
            return index as u8 + 1;
        }
        index += 1;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codelists::reader;

    #[test]
    fn the_tables_say_what_the_files_say() {
        for (table, list) in TABLES.iter().zip(List::ALL) {
            let mut rows: Vec<_> = reader::read(list.name(), list.compiled_in())
                .unwrap()
                .into_iter()
                .inspect(|row| assert_eq!(row.edition, table.edition, "{list:?}"))
                .map(|row| (row.code, row.unit_kind))
                .collect();
            rows.sort_by(|left, right| left.0.cmp(&right.0));
            let mut known = Vec::new();
            table.each(&mut |code, kind| known.push((code.to_owned(), kind)));
            assert_eq!(known, rows, "{list:?}");
            for (code, kind) in rows {
                assert!(table.contains(&code) && !table.contains(&format!("{code}?")), "{list:?} {code}");
                assert_eq!(table.unit_kind(&code), kind);
            }
            assert!(!table.contains("") && !table.contains("123456789"));
        }
    }
}
