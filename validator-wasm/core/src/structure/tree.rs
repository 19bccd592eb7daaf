//! The document as read: its elements in document order, each with its place, its own text and its attributes.
//!
//! The rules ask it. It borrows from the text wherever XML lets it, and costs one entry an element.

use std::borrow::Cow;

use super::schema::Element;
use crate::characters::trimmed;
use crate::words::same;

/// Stands for no node.
const NONE: u32 = u32::MAX;

/// One element.
pub(crate) struct Node<'a> {
    pub(crate) element: Element,
    pub(crate) name: &'a str,
    /// Offset of its start tag.
    pub(crate) at: usize,
    pub(crate) text: Cow<'a, str>,
    id: Id,
    parent: u32,
    next: u32,
    first: u32,
    last: u32,
    /// Where its attributes begin and end in the tree's list.
    attributes: (u32, u32),
}

/// All elements read so far.
#[derive(Default)]
pub(crate) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
}

/// Names a node of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id(u32);

impl<'a> Tree<'a> {
    /// Room for a typical certificate.
    pub(crate) fn with_capacity(nodes: usize) -> Self {
        Self { nodes: Vec::with_capacity(nodes), attributes: Vec::with_capacity(nodes / 4) }
    }

    /// Adds an element as the last child of `parent`. A document has fewer elements than 2^32 by its size's bound.
    pub(crate) fn add(&mut self, parent: Option<Id>, element: Element, name: &'a str, at: usize) -> Id {
        let id = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        let attributes = u32::try_from(self.attributes.len()).unwrap_or(NONE);
        let up = parent.map_or(NONE, |parent| parent.0);
        let mut before = NONE;
        if let Some(parent) = self.nodes.get_mut(up as usize) {
            before = parent.last;
            parent.last = id;
            if parent.first == NONE {
                parent.first = id;
            }
        }
        if let Some(before) = self.nodes.get_mut(before as usize) {
            before.next = id;
        }
        self.nodes.push(Node {
            element,
            name,
            at,
            text: Cow::Borrowed(""),
            id: Id(id),
            parent: up,
            next: NONE,
            first: NONE,
            last: NONE,
            attributes: (attributes, attributes),
        });
        Id(id)
    }

    /// Adds an attribute to the node added last.
    pub(crate) fn add_attribute(&mut self, name: &'a str, value: Cow<'a, str>) {
        self.attributes.push((name, value));
        if let Some(node) = self.nodes.last_mut() {
            node.attributes.1 += 1;
        }
    }

    /// Sets the text of the node added last.
    #[inline(always)]
    pub(crate) fn set_text(&mut self, text: &'a str) {
        if let Some(node) = self.nodes.last_mut() {
            node.text = Cow::Borrowed(text);
        }
    }

    /// Appends to a node's own text.
    pub(crate) fn add_text(&mut self, id: Id, text: &'a str) {
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            match &mut node.text {
                own if own.is_empty() => *own = Cow::Borrowed(text),
                own => own.to_mut().push_str(text),
            }
        }
    }

    /// Appends one character that was written as a reference.
    pub(crate) fn add_character(&mut self, id: Id, character: char) {
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.text.to_mut().push(character);
        }
    }

    /// The root element.
    pub(crate) fn root(&self) -> Option<Place<'_>> {
        self.place(Id(0))
    }

    /// All elements in document order.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place<'_>> {
        (0..).map_while(|index| self.at(index))
    }

    /// The element of this number.
    pub(crate) fn place(&self, id: Id) -> Option<Place<'_>> {
        self.at(id.0)
    }

    /// The first that is `element` of the siblings from `index` on. Rules call it everywhere, so it is there once.
    #[inline(never)]
    fn find(&self, mut index: u32, element: Element) -> Option<Place<'_>> {
        loop {
            let node = self.nodes.get(index as usize)?;
            if node.element == element {
                return Some(Place { tree: self, node });
            }
            index = node.next;
        }
    }

    fn at(&self, index: u32) -> Option<Place<'_>> {
        self.nodes.get(index as usize).map(|node| Place { tree: self, node })
    }
}

/// A node with its tree: two words, so that it travels in registers.
#[derive(Clone, Copy)]
pub(crate) struct Place<'t> {
    tree: &'t Tree<'t>,
    node: &'t Node<'t>,
}

impl<'t> Place<'t> {
    /// Its number in the tree.
    pub(crate) fn id(self) -> Id {
        self.node.id
    }

    /// Where its start tag stands.
    pub(crate) fn offset(self) -> usize {
        self.node.at
    }

    /// Which of the message's elements it is.
    pub(crate) fn element(self) -> Element {
        self.node.element
    }

    /// Its local name.
    pub(crate) fn name(self) -> &'t str {
        self.node.name
    }

    /// Its own text, without white space around it.
    pub(crate) fn text(self) -> &'t str {
        trimmed(&self.node.text)
    }

    /// The element that it stands in.
    pub(crate) fn parent(self) -> Option<Place<'t>> {
        self.tree.at(self.node.parent)
    }

    /// The value of one of its attributes, without white space around it.
    #[inline(always)]
    pub(crate) fn attribute(self, name: &str) -> Option<&'t str> {
        let (start, end) = self.node.attributes;
        // Most elements have none.
        if start == end { None } else { self.attribute_of_some(name) }
    }

    #[inline(never)]
    fn attribute_of_some(self, name: &str) -> Option<&'t str> {
        let (start, end) = self.node.attributes;
        let own = self.tree.attributes.get(start as usize..end as usize)?;
        own.iter().find(|(known, _)| same(known.as_bytes(), name.as_bytes())).map(|(_, value)| trimmed(value))
    }

    /// All its children.
    pub(crate) fn all(self) -> impl Iterator<Item = Place<'t>> {
        let tree = self.tree;
        std::iter::successors(tree.at(self.node.first), move |place| tree.at(place.node.next))
    }

    /// Its children that are `element`.
    #[inline(always)]
    pub(crate) fn children(self, element: Element) -> impl Iterator<Item = Place<'t>> {
        std::iter::successors(self.child(element), |place| place.another())
    }

    /// The next child of its parent that is the same element.
    #[inline(always)]
    pub(crate) fn another(self) -> Option<Place<'t>> {
        self.tree.find(self.node.next, self.node.element)
    }

    /// The first of them.
    #[inline(always)]
    pub(crate) fn child(self, element: Element) -> Option<Place<'t>> {
        self.tree.find(self.node.first, element)
    }

    /// The text of the first of them, empty without one.
    #[inline(never)]
    pub(crate) fn text_of(self, element: Element) -> &'t str {
        self.child(element).map_or("", Place::text)
    }

    /// Follows the first child of each name.
    pub(crate) fn find(self, path: &[Element]) -> Option<Place<'t>> {
        path.iter().try_fold(self, |place, &element| place.child(element))
    }

    /// `SPSCertificate/SPSConsignment/TransitSPSCountry[2]/ID`: no prefixes, and a position from the second of a name
    /// on, so that the path of a single element stays plain and every path names one element.
    pub(crate) fn path(self) -> String {
        let mut steps: Vec<Place<'_>> = std::iter::successors(Some(self), |place| place.parent()).collect();
        steps.reverse();
        let mut path = String::new();
        for place in steps {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(place.name());
            let position = place.position();
            if 1 < position {
                path.push('[');
                path.push_str(&position.to_string());
                path.push(']');
            }
        }
        path
    }

    fn position(self) -> usize {
        let Some(parent) = self.parent() else { return 1 };
        1 + parent
            .all()
            .take_while(|sibling| sibling.id() != self.id())
            .filter(|sibling| sibling.name() == self.name())
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_a_name_has_a_position_and_each_parent_counts_anew() {
        let mut tree = Tree::default();
        let root = tree.add(None, Element::Unknown, "root", 0);
        let mut shown = Vec::new();
        for outer in ["a", "b", "a"] {
            let outer = tree.add(Some(root), Element::Unknown, outer, 1);
            for inner in ["a", "c", "c"] {
                let inner = tree.add(Some(outer), Element::Unknown, inner, 2);
                shown.push(tree.place(inner).unwrap().path());
            }
        }
        assert_eq!(shown[..3], ["root/a/a", "root/a/c", "root/a/c[2]"]);
        assert_eq!(shown[3..6], ["root/b/a", "root/b/c", "root/b/c[2]"]);
        assert_eq!(shown[6..], ["root/a[2]/a", "root/a[2]/c", "root/a[2]/c[2]"]);
    }

    #[test]
    fn text_in_pieces_is_one_text() {
        let mut tree = Tree::default();
        let root = tree.add(None, Element::Unknown, "root", 0);
        tree.add_text(root, " a");
        tree.add_character(root, '<');
        tree.add_text(root, "b ");
        assert_eq!(tree.root().unwrap().text(), "a<b");
    }
}
