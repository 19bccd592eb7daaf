//! XML inside the message that has to become content: character data that says the same XML.

use crate::names;
use crate::xml::{self, Event, Malformed, Reader, Start};

/// Writes the element just begun as a document of its own: with the namespace declarations it uses from outside,
/// without comments and processing instructions.
pub(crate) fn document(reader: &mut Reader<'_>, root: &Start<'_>) -> Result<String, Malformed> {
    let outside = reader.bindings_outside();
    let depth = reader.depth() - 1;
    // Declarations of the surroundings that something in here uses.
    let mut used = Vec::new();
    let mut text = String::with_capacity(root.tag.len());
    text.push_str(&root.tag[1 + root.qualified.len()..]);
    collect_used(reader, root, outside, &mut used);
    while reader.depth() > depth {
        match reader.next()? {
            Event::Start(start) => {
                text.push_str(start.tag);
                collect_used(reader, &start, outside, &mut used);
            }
            Event::End(tag) => text.push_str(tag),
            Event::Text(run) => push_run(run, &mut text),
            Event::Section(section) => text.push_str(section),
            Event::Instruction(_) | Event::Eof => {}
        }
    }
    let mut whole = format!("<{}", root.qualified);
    for index in used {
        push_declaration(&reader.bindings()[index], &mut whole);
    }
    whole.push_str(&text);
    Ok(whole)
}

/// The content of the element just begun where it is more than character data: text and CDATA as they stand, elements
/// as text, the rest dropped.
pub(crate) fn character_data(reader: &mut Reader<'_>) -> Result<Vec<u8>, Malformed> {
    let depth = reader.depth() - 1;
    let mut data = String::new();
    while reader.depth() > depth {
        match reader.next()? {
            Event::Text(run) => push_run(run, &mut data),
            Event::Section(section) => data.push_str(section),
            Event::Start(start) => {
                refuse_include(reader, &start)?;
                let document = document(reader, &start)?;
                push_escaped(&document, &mut data);
            }
            Event::End(_) | Event::Instruction(_) | Event::Eof => {}
        }
    }
    Ok(data.into_bytes())
}

/// Escapes XML so that it can stand as text, line ends as its reader would have seen them.
pub(crate) fn escaped(document: &str) -> Vec<u8> {
    let mut data = String::with_capacity(document.len() + document.len() / 4);
    push_escaped(document, &mut data);
    data.into_bytes()
}

fn push_escaped(document: &str, data: &mut String) {
    let mut characters = document.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '&' => data.push_str("&amp;"),
            '<' => data.push_str("&lt;"),
            '>' => data.push_str("&gt;"),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' => data.push('\n'),
            _ => data.push(character),
        }
    }
}

/// A run of text, with `>` escaped: what stood between two runs may be gone, and `]]` + `>` must not meet.
fn push_run(run: &str, text: &mut String) {
    let mut parts = run.split('>');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        text.push_str("&gt;");
        text.push_str(part);
    }
}

fn push_declaration(binding: &xml::Binding<'_>, text: &mut String) {
    let separator = if binding.prefix.is_empty() { "" } else { ":" };
    let mut namespace = Vec::new();
    xml::escape(&binding.namespace, &mut namespace);
    let namespace = String::from_utf8_lossy(&namespace);
    *text += &format!(" xmlns{separator}{}=\"{namespace}\"", binding.prefix);
}

/// Notes which declarations from outside the start tag uses: for its own name, its attributes' and the name in an
/// `xsi:type`. Index 0 is the prefix `xml`, which nobody declares.
fn collect_used(reader: &Reader<'_>, start: &Start<'_>, outside: usize, used: &mut Vec<usize>) {
    let mut note = |binding: Option<usize>| {
        if let Some(index) = binding
            && (1..outside).contains(&index)
            && !used.contains(&index)
        {
            used.push(index);
        }
    };
    note(start.binding);
    for attribute in reader.attributes() {
        note(attribute.binding);
        if attribute.local == "type" && reader.namespace(attribute.binding) == names::XSI {
            let prefix = attribute.value.trim().split_once(':').map_or("", |(prefix, _)| prefix);
            note(reader.bindings().iter().rposition(|binding| binding.prefix == prefix));
        }
    }
}

/// With MTOM the certificate is not in the envelope but in another part of the body.
fn refuse_include(reader: &Reader<'_>, start: &Start<'_>) -> Result<(), Malformed> {
    if start.local == "Include" && reader.namespace(start.binding) == names::XOP {
        let what =
            "the content is an xop:Include; MTOM is not spoken here, send the certificate in the envelope itself";
        return Err(Malformed::new(start.at, what));
    }
    Ok(())
}
