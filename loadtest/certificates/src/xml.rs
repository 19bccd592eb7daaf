//! Writes XML in the dialects of different senders.

use crate::random::Random;

/// How a sender writes: the prefixes for [`Namespace`] in its order, and the layout.
#[derive(Clone, Copy)]
struct Dialect {
    prefixes: [&'static str; 3],
    declaration: &'static str,
    indented: bool,
}

/// Four habits seen on the wire: hand-made templates, numbered prefixes, a default namespace, one long line.
const DIALECTS: [Dialect; 4] = [
    Dialect {
        prefixes: ["rsm:", "ram:", "udt:"],
        declaration: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        indented: true,
    },
    Dialect {
        prefixes: ["ns0:", "ns1:", "ns2:"],
        declaration: "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n",
        indented: true,
    },
    Dialect { prefixes: ["c:", "", "d:"], declaration: "", indented: true },
    Dialect {
        prefixes: ["rsm:", "ram:", "udt:"],
        declaration: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
        indented: false,
    },
];

/// Namespaces of the message.
#[derive(Clone, Copy)]
pub(crate) enum Namespace {
    /// The root's own.
    Root,
    /// Nearly all elements.
    Components,
    /// Inside of dates.
    Types,
}

/// What the prefixes stand for, but for the root's own namespace.
const COMPONENTS: &str = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21";
const TYPES: &str = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:21";

/// A document being written.
pub(crate) struct Xml {
    text: String,
    dialect: Dialect,
    depth: usize,
}

impl Xml {
    /// A whole document: the root `name` of `namespace` with what `content` writes.
    pub(crate) fn document(
        random: &mut Random,
        namespace: &str,
        name: &str,
        content: impl FnOnce(&mut Self, &mut Random),
    ) -> String {
        let dialect = random.pick(&DIALECTS);
        let mut xml = Self { text: dialect.declaration.to_owned(), dialect, depth: 0 };
        let namespaces = dialect.prefixes.iter().zip([namespace, COMPONENTS, TYPES]);
        let declarations: String = namespaces
            .map(|(prefix, namespace)| match prefix.strip_suffix(':') {
                Some(prefix) => format!(" xmlns:{prefix}=\"{namespace}\""),
                None => format!(" xmlns=\"{namespace}\""),
            })
            .collect();
        xml.open(Namespace::Root, name, &declarations);
        content(&mut xml, random);
        xml.close(Namespace::Root, name);
        xml.text.push('\n');
        xml.text
    }

    /// An element of the message with what `content` writes inside.
    pub(crate) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.element_of(Namespace::Components, name, content);
    }

    /// As [`Xml::element`], of another namespace.
    pub(crate) fn element_of(&mut self, namespace: Namespace, name: &str, content: impl FnOnce(&mut Self)) {
        self.open(namespace, name, "");
        content(self);
        self.close(namespace, name);
    }

    /// An element with text.
    pub(crate) fn leaf(&mut self, name: &str, text: &str) {
        self.leaf_of(Namespace::Components, name, &[], text);
    }

    /// An element with attributes and text.
    pub(crate) fn leaf_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.leaf_of(Namespace::Components, name, attributes, text);
    }

    /// A date: `name` with the string inside.
    pub(crate) fn date(&mut self, name: &str, date_time: &str) {
        self.element(name, |xml| xml.leaf_of(Namespace::Types, "DateTimeString", &[], date_time));
    }

    fn leaf_of(&mut self, namespace: Namespace, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.line();
        self.tag("<", namespace, name);
        for (attribute, value) in attributes {
            self.text.push(' ');
            self.text.push_str(attribute);
            self.text.push_str("=\"");
            self.escaped(value);
            self.text.push('"');
        }
        self.text.push('>');
        self.escaped(text);
        self.tag("</", namespace, name);
        self.text.push('>');
    }

    fn open(&mut self, namespace: Namespace, name: &str, declarations: &str) {
        if 0 < self.depth {
            self.line();
        }
        self.tag("<", namespace, name);
        self.text.push_str(declarations);
        self.text.push('>');
        self.depth += 1;
    }

    fn close(&mut self, namespace: Namespace, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line();
        self.tag("</", namespace, name);
        self.text.push('>');
    }

    fn tag(&mut self, begin: &str, namespace: Namespace, name: &str) {
        let [root, components, types] = self.dialect.prefixes;
        self.text.push_str(begin);
        self.text.push_str(match namespace {
            Namespace::Root => root,
            Namespace::Components => components,
            Namespace::Types => types,
        });
        self.text.push_str(name);
    }

    fn line(&mut self) {
        if self.dialect.indented {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    /// Text or a value, with what XML reserves written as references.
    fn escaped(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '"']) {
            let (plain, reserved) = rest.split_at(at);
            self.text.push_str(plain);
            self.text.push_str(match reserved.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                _ => "&quot;",
            });
            // All four are one byte long.
            rest = reserved.get(1..).unwrap_or_default();
        }
        self.text.push_str(rest);
    }
}
