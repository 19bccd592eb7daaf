//! XML inside the message that has to become content: character data that says the same XML.

use crate::limits::REWRITTEN_GROWTH_MAX;
use crate::names;
use crate::xml::{self, Event, Malformed, Reader, Start};

/// Collects rewritten text, up to a length.
struct Rewritten {
    text: String,
    bytes_max: usize,
}

/// The element just begun as text: what a receiver un-escapes is that element again.
pub(crate) fn element(reader: &mut Reader<'_>, body_bytes: usize, root: &Start<'_>) -> Result<Vec<u8>, Malformed> {
    let mut data = Rewritten::new(body_bytes);
    let document = document(reader, body_bytes, root)?;
    data.push_escaped(&document, root.at)?;
    Ok(data.text.into_bytes())
}

/// The content of the element just begun where it is more than character data: text and CDATA as they stand, elements
/// as text, the rest dropped.
pub(crate) fn character_data(reader: &mut Reader<'_>, body_bytes: usize) -> Result<Vec<u8>, Malformed> {
    let depth = reader.depth() - 1;
    let mut data = Rewritten::new(body_bytes);
    while reader.depth() > depth {
        let at = reader.at();
        match reader.next()? {
            Event::Text(run) => data.push_run(run, at)?,
            Event::Section(section) => data.push(section, at)?,
            Event::Start(start) => {
                refuse_include(reader, &start)?;
                let document = document(reader, body_bytes, &start)?;
                data.push_escaped(&document, at)?;
            }
            Event::End(_) | Event::Instruction(_) | Event::Eof => {}
        }
    }
    Ok(data.text.into_bytes())
}

/// Writes the element just begun as a document of its own: with the namespace declarations it uses from outside,
/// without comments and processing instructions.
fn document(reader: &mut Reader<'_>, body_bytes: usize, root: &Start<'_>) -> Result<String, Malformed> {
    let outside = reader.bindings_outside();
    let depth = reader.depth() - 1;
    // Declarations of the surroundings that something in here uses.
    let mut used = Vec::new();
    let mut inside = Rewritten::new(body_bytes);
    inside.push(&root.tag[1 + root.qualified.len()..], root.at)?;
    collect_used(reader, root, outside, &mut used);
    while reader.depth() > depth {
        let at = reader.at();
        match reader.next()? {
            Event::Start(start) => {
                inside.push(start.tag, at)?;
                collect_used(reader, &start, outside, &mut used);
            }
            Event::End(tag) => inside.push(tag, at)?,
            Event::Text(run) => inside.push_run(run, at)?,
            Event::Section(section) => inside.push(section, at)?,
            Event::Instruction(_) | Event::Eof => {}
        }
    }
    let mut whole = format!("<{}", root.qualified);
    for index in used {
        push_declaration(&reader.bindings()[index], &mut whole);
    }
    whole.push_str(&inside.text);
    Ok(whole)
}

impl Rewritten {
    fn new(body_bytes: usize) -> Self {
        Self { text: String::new(), bytes_max: body_bytes.saturating_mul(REWRITTEN_GROWTH_MAX) }
    }

    /// Makes sure of room for what comes from the byte `at` of the body.
    fn reserve(&mut self, bytes: usize, at: usize) -> Result<(), Malformed> {
        if self.text.len() + bytes <= self.bytes_max {
            return Ok(());
        }
        let what = format!(
            "as text, this XML would have more than {REWRITTEN_GROWTH_MAX} times the length of the request; send the \
             certificate escaped or in CDATA"
        );
        Err(Malformed::new(at, what))
    }

    fn push(&mut self, text: &str, at: usize) -> Result<(), Malformed> {
        self.reserve(text.len(), at)?;
        self.text.push_str(text);
        Ok(())
    }

    /// Appends a run of text, with `>` escaped: what stood between two runs may be gone, and `]]` + `>` must not meet.
    fn push_run(&mut self, run: &str, at: usize) -> Result<(), Malformed> {
        let growth = memchr::memchr_iter(b'>', run.as_bytes()).count() * ("&gt;".len() - 1);
        self.reserve(run.len() + growth, at)?;
        let mut parts = run.split('>');
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            self.text.push_str("&gt;");
            self.text.push_str(part);
        }
        Ok(())
    }

    /// Appends XML escaped, so that it stands as text, its line ends as its reader would have seen them.
    fn push_escaped(&mut self, document: &str, at: usize) -> Result<(), Malformed> {
        let brackets = memchr::memchr2_iter(b'<', b'>', document.as_bytes()).count();
        let ampersands = memchr::memchr_iter(b'&', document.as_bytes()).count();
        let growth = brackets * ("&lt;".len() - 1) + ampersands * ("&amp;".len() - 1);
        self.reserve(document.len() + growth, at)?;
        let mut characters = document.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '\r' if characters.peek() == Some(&'\n') => {}
                '\r' => self.text.push('\n'),
                _ => self.text.push(character),
            }
        }
        Ok(())
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
