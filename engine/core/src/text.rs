//! Texts of others, kept within bounds.

/// Stands at the end of a text of which something is missing.
const CUT_MARK: &str = " […]";

/// `text` if it has at most `bytes_max` bytes, else its beginning and a mark, together no longer than that. Never cuts
/// inside a character.
pub(crate) fn cut(text: &str, bytes_max: usize) -> Box<str> {
    if text.len() <= bytes_max {
        return text.into();
    }
    let end = text.floor_char_boundary(bytes_max.saturating_sub(CUT_MARK.len()));
    [&text[..end], CUT_MARK].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_within_the_limit_stays_as_it_is() {
        assert_eq!(&*cut("twelve bytes", 12), "twelve bytes");
        assert_eq!(&*cut("", 12), "");
    }

    #[test]
    fn a_longer_text_is_cut_at_a_character_and_marked() {
        assert_eq!(&*cut("thirteen byte", 12), "thirte […]");
        // Every place at which the limit can fall inside characters of one to four bytes.
        let text = "aé語🌱".repeat(20);
        for bytes_max in CUT_MARK.len()..text.len() {
            let cut = cut(&text, bytes_max);
            assert!(cut.len() <= bytes_max && cut.len() + 4 > bytes_max, "{bytes_max}: {} bytes", cut.len());
            assert!(text.starts_with(cut.strip_suffix(CUT_MARK).expect("a mark")));
        }
    }
}
