//! Tables for a terminal: columns aligned, nothing in them that moves the cursor.

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Between columns.
const GAP: &str = "  ";

/// Before each row.
const INDENT: &str = "  ";

/// The rows with their columns aligned, each ended by a line feed. Rows may be of different lengths.
pub(crate) fn aligned(sides: &[Side], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..sides.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).zip(sides).map(|((cell, width), side)| match side {
            Side::Left => format!("{cell:<width$}"),
            Side::Right => format!("{cell:>width$}"),
        });
        let line = cells.collect::<Vec<_>>().join(GAP);
        text.push_str(INDENT);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Text of one line without control characters: a name from a hub must not write over a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_harmless() {
        let rows = [vec!["a\u{1b}[2J".to_owned(), "1".to_owned()], vec!["ü".to_owned(), "1,000".to_owned()]];
        assert_eq!(aligned(&[Side::Left, Side::Right], &rows), "  a?[2J      1\n  ü      1,000\n");
    }
}
