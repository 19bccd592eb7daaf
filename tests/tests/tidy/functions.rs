//! Functions: short enough to be read at one look.

use crate::tree::Tree;
use crate::views::{self, Views};

/// What fits a screen; most functions should need far fewer.
const FUNCTION_LINES_MAX: usize = 70;

/// A function that may be longer: its file, its name, and why.
pub(crate) type LongFunction = (&'static str, &'static str, &'static str);

/// The functions longer than [`FUNCTION_LINES_MAX`] today. The list only ever gets shorter.
pub(crate) const LONG_FUNCTIONS: &[LongFunction] = &[];

#[derive(Debug, PartialEq, Eq)]
struct Function<'t> {
    name: &'t str,
    line: usize,
    lines: usize,
}

/// Checks every function of every Rust file.
pub(crate) fn check(tree: &Tree, long: &[LongFunction]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut needed = vec![false; long.len()];
    for (path, text) in tree.rust() {
        let code = Views::of(text).code;
        for function in functions(&code).into_iter().filter(|function| function.lines > FUNCTION_LINES_MAX) {
            let entry = long.iter().position(|(file, name, _)| *file == path && *name == function.name);
            match entry.and_then(|index| needed.get_mut(index)) {
                Some(entry) => *entry = true,
                None => findings.push(format!(
                    "{path}:{}: `{}` has {} lines, {FUNCTION_LINES_MAX} are the most; give its steps names",
                    function.line, function.name, function.lines
                )),
            }
        }
    }
    let unneeded = long.iter().zip(needed).filter(|(_, needed)| !needed);
    findings.extend(
        unneeded.map(|((path, name, _), _)| format!("{path}: `{name}` is short; remove it from LONG_FUNCTIONS")),
    );
    findings
}

/// The functions with a body, from the line of `fn` to that of the closing brace.
fn functions(code: &str) -> Vec<Function<'_>> {
    views::places(code, "fn").filter_map(|at| function(code, at)).collect()
}

fn function(code: &str, at: usize) -> Option<Function<'_>> {
    let rest = code[at..].strip_prefix("fn")?.trim_start();
    let name_length = rest.bytes().position(|byte| !views::is_word(byte)).unwrap_or(rest.len());
    let name = rest.get(..name_length).filter(|name| !name.is_empty())?;
    let open = body(&code[at..])? + at;
    let end = open + closing(&code[open..])?;
    let line = views::line_of(code, at);
    Some(Function { name, line, lines: views::line_of(code, end) - line + 1 })
}

/// Where the body of a function begins, `None` for a declaration without one.
fn body(code: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(at),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Where the brace that opens at the beginning closes.
fn closing(code: &str) -> Option<usize> {
    let mut depth = 0_i32;
    code.bytes().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_with_their_length() {
        let source = "trait A {\n    fn none(&self, a: [u8; 2]);\n    fn b(\n        c: fn(u8),\n    ) -> u8 {\n\
                      '}' as u8 // }\n    }\n}\nfn d() {}\n";
        let code = Views::of(source).code;
        let expected = [Function { name: "b", line: 3, lines: 5 }, Function { name: "d", line: 9, lines: 1 }];
        assert_eq!(functions(&code), expected);
    }

    #[test]
    fn long_functions_are_a_ratchet() {
        let source = |lines: usize| format!("//! A.\nfn a() {{\n{}}}\n", "    b();\n".repeat(lines - 2));
        let check_with = |lines, list: &[LongFunction]| check(&Tree::planted(&[("a.rs", &source(lines))]), list);
        assert!(check_with(70, &[]).is_empty());
        assert!(matches!(&check_with(71, &[])[..], [one] if one.starts_with("a.rs:2: `a` has 71 lines")));
        assert!(check_with(71, &[("a.rs", "a", "one match")]).is_empty());
        assert_eq!(check_with(70, &[("a.rs", "a", "one match")]).len(), 1, "an entry nobody needs");
    }
}
