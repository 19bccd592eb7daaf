//! What is replaced in a certificate.

/// Bytes that are replaced by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What stands in the clean certificate.
    pub old: Vec<u8>,
    /// What stands there instead.
    pub new: Vec<u8>,
    /// Whether it is replaced wherever it stands; otherwise it stands there once.
    pub everywhere: bool,
}

impl Change {
    /// The document with it made; what is wrong, where it cannot be.
    pub(crate) fn make(&self, document: &[u8]) -> Result<Vec<u8>, String> {
        let places: Vec<usize> = match self.old.as_slice() {
            [] => return Err("nothing is to be replaced".to_owned()),
            old => document.windows(old.len()).enumerate().filter(|(_, at)| *at == old).map(|(at, _)| at).collect(),
        };
        if places.is_empty() || (places.len() > 1 && !self.everywhere) {
            let old = String::from_utf8_lossy(&self.old);
            return Err(format!("{old:?} stands {} times in the document; `-*` replaces all", places.len()));
        }
        let mut changed = Vec::with_capacity(document.len() + self.new.len());
        let mut rest = 0;
        for place in places {
            if place >= rest {
                changed.extend_from_slice(&document[rest..place]);
                changed.extend_from_slice(&self.new);
                rest = place + self.old.len();
            }
        }
        changed.extend_from_slice(&document[rest..]);
        Ok(changed)
    }
}

/// The bytes that a line of a case stands for: itself, but for `{{TEXT*COUNT}}` and the byte `{{xHH}}`.
pub(crate) fn bytes(line: &str) -> Result<Vec<u8>, String> {
    let mut made = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, after) = after.split_once("}}").ok_or("{{ has no }}")?;
        made.extend_from_slice(before.as_bytes());
        if let Some((text, count)) = inside.rsplit_once('*') {
            let count: usize = count.parse().map_err(|_| format!("{count:?} is not a count"))?;
            made.extend_from_slice(text.repeat(count).as_bytes());
        } else {
            let digits = inside.strip_prefix('x').ok_or_else(|| format!("{{{{{inside}}}}} is not known"))?;
            made.push(u8::from_str_radix(digits, 16).map_err(|_| format!("{inside:?} is not a byte"))?);
        }
        rest = after;
    }
    made.extend_from_slice(rest.as_bytes());
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_for_repeated_text_and_bytes() {
        assert_eq!(bytes("a{{bc*2}}d{{xE4}}").unwrap(), b"abcbcd\xE4");
        for wrong in ["{{", "{{a}}", "{{a*b}}", "{{xG0}}"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_stands_twice_is_replaced_where_that_is_said() {
        let change = |everywhere| Change { old: b"a".to_vec(), new: b"xy".to_vec(), everywhere };
        assert_eq!(change(true).make(b"aba").unwrap(), b"xybxy");
        assert!(change(false).make(b"aba").is_err());
        assert!(change(true).make(b"b").is_err());
    }
}
