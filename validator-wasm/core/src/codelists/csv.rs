//! One line of comma-separated values.

/// The values of `line`; none when its quotes are wrong.
pub(super) fn values(line: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        let (value, behind) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_value(quoted)?,
            None => {
                let (value, behind) = rest.split_at_checked(rest.find(',').unwrap_or(rest.len()))?;
                if value.contains('"') {
                    return None;
                }
                (value.to_owned(), behind)
            }
        };
        values.push(value);
        if behind.is_empty() {
            return Some(values);
        }
        rest = behind.strip_prefix(',')?;
    }
}

/// A value behind its opening quote, and what follows its closing one.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (piece, behind) = rest.split_once('"')?;
        value.push_str(piece);
        match behind.strip_prefix('"') {
            Some(behind) => {
                value.push('"');
                rest = behind;
            }
            None => return Some((value, behind)),
        }
    }
}
