//! Judges one document: reads it once, and compares what stands at each known place with what must stand there.

use phytohub_model::{Area, DocumentType, Level, Verdict, shown};

use crate::characters::SPACE;
use crate::document::Document;
use crate::header::{self, Expected};
use crate::path::Path;
use crate::places::Place;
use crate::report::Report;
use crate::scanner::{Event, Scanner};

/// An open element.
struct Open {
    place: Place,
    at: usize,
    /// How often each of the place's required elements occurred, in their order.
    occurred: Vec<Occurred>,
    /// Its own text, where the place has a value.
    value: String,
}

#[derive(Clone, Default)]
struct Occurred {
    times: usize,
    /// The name occurred, but in another namespace.
    stray: bool,
}

struct Judge<'a, 'e> {
    expected: Option<&'e Expected<'e>>,
    path: Path<'a>,
    open: Vec<Open>,
    report: Report<'a>,
}

/// Reads `document` to its end, or to where it stops being XML.
pub(crate) fn judge(document: &Document<'_>, expected: Option<&Expected<'_>>) -> Verdict {
    let mut scanner = Scanner::new(document);
    let mut judge = Judge { expected, path: Path::default(), open: Vec::new(), report: Report::new(&document.text) };
    loop {
        match scanner.next() {
            Ok(Some(Event::Start { namespace, local, at })) => judge.start(&namespace, local, at),
            Ok(Some(Event::Text(text))) => judge.text(text),
            Ok(Some(Event::Character(character))) => judge.text(character.encode_utf8(&mut [0; 4])),
            Ok(Some(Event::End { at })) => judge.end(at),
            Ok(None) => return judge.report.verdict(),
            Err(error) => {
                let field = judge.path.show();
                judge.report.add(Area::Schema, Level::Severe, field, error.at, error.kind);
                return judge.report.verdict();
            }
        }
    }
}

impl<'a> Judge<'a, '_> {
    fn start(&mut self, namespace: &str, local: &'a str, at: usize) {
        self.path.enter(local);
        let place = match self.open.last_mut() {
            None => self.root(namespace, local, at),
            Some(parent) => match parent.child(namespace, local) {
                Some((place, times)) => {
                    if 1 < times {
                        let parent = parent.place;
                        self.severe(Area::Schema, at, repeated(parent, place));
                    }
                    place
                }
                None => Place::Elsewhere,
            },
        };
        let occurred = vec![Occurred::default(); place.required().len()];
        self.open.push(Open { place, at, occurred, value: String::new() });
    }

    fn root(&mut self, namespace: &str, local: &str, at: usize) -> Place {
        let is_response =
            self.expected.is_some_and(|expected| expected.certificate_type == DocumentType::COUNTRY_RESPONSE.0);
        let root = if is_response { Place::Acknowledgement } else { Place::Certificate };
        if (namespace, local) == (root.namespace(), root.name()) {
            return root;
        }
        let sentence = format!(
            "the root element is {} of the namespace '{}': it must be {} of the namespace '{}'",
            shown(local),
            shown(namespace),
            root.name(),
            root.namespace()
        );
        self.severe(Area::Schema, at, sentence);
        Place::Elsewhere
    }

    fn text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut()
            && open.place.has_value()
        {
            open.value.push_str(text);
        }
    }

    fn end(&mut self, at: usize) {
        let Some(open) = self.open.pop() else { return };
        for (place, occurred) in open.place.required().iter().zip(&open.occurred) {
            if occurred.times == 0 {
                let field = format!("{}/{}", self.path.show(), place.name());
                let sentence = missing(open.place, *place, occurred.stray);
                self.report.add(Area::MandatoryElements, Level::Severe, field, at, sentence);
            }
        }
        if open.place.has_value()
            && let Err((area, sentence)) = header::check(open.place, open.value.trim_matches(SPACE), self.expected)
        {
            self.severe(area, open.at, sentence);
        }
        self.path.leave();
    }

    /// A finding about the innermost open element.
    fn severe(&mut self, area: Area, at: usize, sentence: String) {
        self.report.add(area, Level::Severe, self.path.show(), at, sentence);
    }
}

impl Open {
    /// The place of a child and how often it occurred by now; none where it is not a known one.
    fn child(&mut self, namespace: &str, local: &str) -> Option<(Place, usize)> {
        let required = self.place.required();
        let (place, occurred) = required.iter().zip(&mut self.occurred).find(|(place, _)| place.name() == local)?;
        if place.namespace() != namespace {
            occurred.stray = true;
            return None;
        }
        occurred.times += 1;
        Some((*place, occurred.times))
    }
}

fn missing(parent: Place, place: Place, stray: bool) -> String {
    let (parent, name, meaning) = (parent.name(), place.name(), place.meaning());
    if stray {
        format!("{name} in {parent} is of another namespace than '{}': put it there", place.namespace())
    } else {
        format!("{parent} ends without {name}, {meaning}: add it")
    }
}

fn repeated(parent: Place, place: Place) -> String {
    format!("{} has more than one {}, {}: keep the right one", parent.name(), place.name(), place.meaning())
}
