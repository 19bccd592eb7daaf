//! Rust source split into what the compiler sees and what people read, without a parser: enough of the language's
//! lexical rules that a word in a string is never taken for code.

/// Two texts as long as the source, line by line, with everything else blanked.
pub(crate) struct Views {
    /// Code alone: comments and the insides of literals are blank.
    pub(crate) code: String,
    /// Comments alone.
    pub(crate) comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

impl Views {
    /// Splits a source.
    pub(crate) fn of(source: &str) -> Self {
        let bytes = source.as_bytes();
        let blank: Vec<u8> = bytes.iter().map(|&byte| if byte == b'\n' { b'\n' } else { b' ' }).collect();
        let (mut code, mut comments) = (blank.clone(), blank);
        let mut at = 0;
        while at < bytes.len() {
            let (kind, length) = token(&bytes[at..]);
            let end = (at + length).min(bytes.len());
            match kind {
                Kind::Code => code[at..end].copy_from_slice(&bytes[at..end]),
                Kind::Comment => comments[at..end].copy_from_slice(&bytes[at..end]),
                Kind::Literal => {}
            }
            at = end;
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: text(code), comments: text(comments) }
    }
}

/// Whether a byte can stand in an identifier.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// The places of `word` in `text` where it stands alone.
pub(crate) fn places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let bytes = text.as_bytes();
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let after = bytes.get(at + word.len());
        !before.is_some_and(|&byte| is_word(byte)) && !after.is_some_and(|&byte| is_word(byte))
    })
}

/// The line of a byte, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count()
}

/// The first token and its length, at least 1.
fn token(rest: &[u8]) -> (Kind, usize) {
    if rest.starts_with(b"//") {
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        return (Kind::Comment, length);
    }
    if rest.starts_with(b"/*") {
        return (Kind::Comment, block_comment(rest));
    }
    match rest[0] {
        b'"' => (Kind::Literal, quoted(rest)),
        b'\'' => character(rest).map_or((Kind::Code, 1), |length| (Kind::Literal, length)),
        byte if is_word(byte) => {
            let length = rest.iter().position(|&byte| !is_word(byte)).unwrap_or(rest.len());
            match &rest[..length] {
                b"r" | b"br" | b"cr" => raw(rest, length).map_or((Kind::Code, length), |all| (Kind::Literal, all)),
                _ => (Kind::Code, length),
            }
        }
        _ => (Kind::Code, 1),
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a character literal, `None` for a lifetime.
fn character(rest: &[u8]) -> Option<usize> {
    match rest.get(1)? {
        b'\\' => rest.iter().skip(3).position(|&byte| byte == b'\'').map(|after| after + 4),
        &first => {
            let width = match first {
                0xf0.. => 4,
                0xe0.. => 3,
                0xc0.. => 2,
                _ => 1,
            };
            (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
        }
    }
}

/// The length of a raw string whose prefix has `prefix` bytes, `None` when it is none.
fn raw(rest: &[u8], prefix: usize) -> Option<usize> {
    let hashes = rest[prefix..].iter().take_while(|&&byte| byte == b'#').count();
    let start = prefix + hashes;
    if rest.get(start) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = [b"\"", "#".repeat(hashes).as_bytes()].concat();
    let inside = &rest[start + 1..];
    let found = inside.windows(close.len()).position(|window| window == close);
    Some(found.map_or(rest.len(), |at| start + 1 + at + close.len()))
}

#[test]
fn literals_and_comments_are_no_code() {
    let source = "a /* b /* c */ d */ e // f\ng \"h \\\" i\" j r#\"k \" l\"# m 'n' '\\'' o 'p: b\"q\" 'é' r#type";
    let views = Views::of(source);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&views.code), "a e g j m o 'p: b r#type");
    assert_eq!(words(&views.comments), "/* b /* c */ d */ // f");
    assert_eq!(views.code.lines().count(), 2);
}

#[test]
fn only_whole_words_are_found() {
    assert_eq!(places("unsafe_code unsafe", "unsafe").collect::<Vec<_>>(), [12]);
    assert_eq!(line_of("a\nb\nc", 4), 3);
}
