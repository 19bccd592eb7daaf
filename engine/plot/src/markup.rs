//! HTML from data: everything that stems from a report goes through here, so that no name in it can become markup.

use std::fmt::Write as _;

/// Text as it may stand in an element or in a quoted attribute. Control characters, which HTML does not allow, are
/// shown as replaced.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Words, to the left.
    Text,
    /// A number, to the right.
    Number,
}

/// A cell: its text, not yet escaped, and a class of the style sheet, or none.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    class: &'static str,
}

impl Cell {
    /// A cell that looks as `class` says.
    pub fn of(class: &'static str, text: impl Into<String>) -> Self {
        Self { text: text.into(), class }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::of("", text)
    }
}

/// A table. The first cell of each row is its header.
#[derive(Clone, Debug)]
pub struct Table {
    caption: &'static str,
    columns: Vec<(&'static str, Column)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows.
    pub fn new(caption: &'static str, columns: &[(&'static str, Column)]) -> Self {
        Self { caption, columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table in a frame of its own that scrolls where the screen is narrow; the page never does.
    pub fn html(&self) -> String {
        let caption = escape(self.caption);
        let mut html = format!(
            "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\"><table>\
             <caption>{caption}</caption>\n<thead><tr>"
        );
        for (name, column) in &self.columns {
            let _ = write!(html, "<th scope=\"col\"{}>{}</th>", attribute(*column, ""), escape(name));
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            html.push_str("<tr>");
            for (index, (cell, (_, column))) in row.iter().zip(&self.columns).enumerate() {
                let (tag, scope) = if index == 0 { ("th", " scope=\"row\"") } else { ("td", "") };
                let class = attribute(*column, cell.class);
                let _ = write!(html, "<{tag}{scope}{class}>{}</{tag}>", escape(&cell.text));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody></table></div>\n");
        html
    }
}

fn attribute(column: Column, class: &str) -> String {
    let number = if column == Column::Number { "number" } else { "" };
    let classes = format!("{number} {class}");
    match classes.trim() {
        "" => String::new(),
        classes => format!(" class=\"{classes}\""),
    }
}

/// Figures with their names: pairs of a name and what is said of it, each not yet escaped.
pub fn figures(pairs: &[(&str, Cell)]) -> String {
    let mut html = String::from("<dl class=\"figures\">\n");
    for (name, cell) in pairs {
        let class = attribute(Column::Text, cell.class);
        let _ = writeln!(html, "<div><dt>{}</dt><dd{class}>{}</dd></div>", escape(name), escape(&cell.text));
    }
    html.push_str("</dl>\n");
    html
}

/// A section with its heading; nothing where there is nothing in it.
pub fn section(heading: &str, inner: &str) -> String {
    if inner.is_empty() {
        return String::new();
    }
    format!("<section>\n<h2>{}</h2>\n{inner}</section>\n", escape(heading))
}

/// A paragraph, not yet escaped.
pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(
            escape("<a href='x' b=\"y\">&\u{1b}[0m"),
            "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;\u{fffd}[0m"
        );
        let mut table = Table::new("things", &[("name", Column::Text), ("count", Column::Number)]);
        table.row(["</td><script>".into(), Cell::of("bad", "<1>")]);
        let html = table.html();
        assert!(html.contains("<th scope=\"row\">&lt;/td&gt;&lt;script&gt;</th>"), "{html}");
        assert!(html.contains("<td class=\"number bad\">&lt;1&gt;</td>"), "{html}");
        assert!(figures(&[("<b>", "<i>".into())]).contains("<dt>&lt;b&gt;</dt><dd>&lt;i&gt;</dd>"));
    }

    #[test]
    fn nothing_has_no_heading() {
        assert_eq!(section("Knee", ""), "");
    }
}
