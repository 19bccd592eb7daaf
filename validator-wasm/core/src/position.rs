//! Byte offsets as people count: lines and columns.

/// Where something stands; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Turns offsets of one document into positions. Findings come in document order, so it only ever walks on and all of
/// them together cost one pass.
pub(crate) struct Positions<'a> {
    text: &'a str,
    offset: usize,
    position: Position,
}

impl<'a> Positions<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, offset: 0, position: Position { line: 1, column: 1 } }
    }

    /// The position of `offset`; one inside a character or behind the end counts as the end.
    pub(crate) fn at(&mut self, offset: usize) -> Position {
        if offset < self.offset {
            *self = Self::new(self.text);
        }
        let passed = self.text.get(self.offset..offset).or_else(|| self.text.get(self.offset..)).unwrap_or_default();
        match passed.rfind('\n') {
            Some(last) => {
                self.position.line += passed.bytes().filter(|&byte| byte == b'\n').count();
                self.position.column = 1 + passed.get(last + 1..).unwrap_or_default().chars().count();
            }
            None => self.position.column += passed.chars().count(),
        }
        self.offset += passed.len();
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_going_back_is_allowed() {
        let mut positions = Positions::new("äb\n\nc検d");
        let mut check = |offset, line, column| assert_eq!(positions.at(offset), Position { line, column });
        check(0, 1, 1);
        check(2, 1, 2);
        check(3, 1, 3);
        check(4, 2, 1);
        check(5, 3, 1);
        check(9, 3, 3);
        check(2, 1, 2);
        check(99, 3, 4);
    }
}
