//! The document as read: its elements in document order, each with its place, its own text and its attributes.
//!
//! The rules ask it. It borrows from the text wherever XML lets it, and costs one entry an element.

use std::borrow::Cow;

use super::schema::{Element, Type};
use super::slots::CHILDREN_MAX;
use crate::characters::trimmed;
use crate::tag::{self, Known};

/// Bytes of the document for each element for which room is made at once. Typical ones have 50 to 60, so that the tree
/// need not grow; room that is not used is not touched.
const BYTES_A_NODE: usize = 48;

/// Stands for no node.
const NONE: u32 = u32::MAX;

/// One element. All of them stand in document order, so those inside of one follow it and end where its next sibling
/// may stand.
pub(crate) struct Node<'a> {
    /// Its own text, without white space around it, where that stands in the document in one piece.
    text: &'a str,
    /// Offset of its start tag.
    at: u32,
    id: Id,
    parent: u32,
    /// The number of the first element behind it and all that is inside of it.
    end: u32,
    /// Where its attributes begin in the tree's list.
    attributes: u32,
    attributes_count: u8,
    element: Element,
    /// Whether its text was put together of pieces.
    is_made: bool,
}

/// All elements read so far.
#[derive(Default)]
pub(crate) struct Tree<'a> {
    document: &'a str,
    nodes: Vec<Node<'a>>,
    attributes: Vec<(Known, Cow<'a, str>)>,
    /// The texts that were put together, one behind the other, and where that of each node ends, in ascending order.
    made: String,
    made_ends: Vec<(Id, usize)>,
}

/// Names a node of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(u32);

impl<'a> Tree<'a> {
    /// Of the text `document`, with room for a typical certificate.
    pub(crate) fn of(document: &'a str) -> Self {
        let nodes = document.len() / BYTES_A_NODE;
        Self {
            document,
            nodes: Vec::with_capacity(nodes),
            attributes: Vec::with_capacity(nodes / 4),
            ..Self::default()
        }
    }

    /// Adds an element that begins at `at` as the last one inside of `parent`. A document has fewer bytes, and so
    /// fewer elements, than 2^32 by its size's bound.
    #[inline(always)]
    pub(crate) fn add(&mut self, parent: Option<Id>, element: Element, at: usize) -> Id {
        let id = number(self.nodes.len());
        self.nodes.push(Node {
            text: "",
            at: number(at),
            id: Id(id),
            parent: parent.map_or(NONE, |parent| parent.0),
            end: id + 1,
            attributes: number(self.attributes.len()),
            attributes_count: 0,
            element,
            is_made: false,
        });
        Id(id)
    }

    /// All that is inside of the element was added.
    #[inline(always)]
    pub(crate) fn close(&mut self, id: Id) {
        let end = number(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.end = end;
        }
    }

    /// Adds an attribute to the node added last; an element has no more of them than 64.
    pub(crate) fn add_attribute(&mut self, name: Known, value: Cow<'a, str>) {
        self.attributes.push((name, value));
        if let Some(node) = self.nodes.last_mut() {
            node.attributes_count = node.attributes_count.saturating_add(1);
        }
    }

    /// Sets the whole text of the node added last.
    #[inline(always)]
    pub(crate) fn set_text(&mut self, text: &'a str) {
        if let Some(node) = self.nodes.last_mut() {
            node.text = trimmed(text);
        }
    }

    /// Appends to the text of a node. It has no node inside that has a text of its own.
    pub(crate) fn add_text(&mut self, id: Id, text: &str) {
        self.made.push_str(text);
        match self.made_ends.last_mut() {
            Some((known, end)) if *known == id => *end = self.made.len(),
            _ => self.made_ends.push((id, self.made.len())),
        }
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.is_made = true;
        }
    }

    /// The root element.
    pub(crate) fn root(&self) -> Option<Place<'_>> {
        self.place(Id(0))
    }

    /// All elements in document order.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place<'_>> {
        self.nodes.iter().map(|node| Place { tree: self, node })
    }

    /// The element of this number.
    pub(crate) fn place(&self, id: Id) -> Option<Place<'_>> {
        self.at(id.0)
    }

    /// The first that is `element` of the siblings from `index` up to `end`. Rules call it everywhere, so it is there
    /// once.
    #[inline(never)]
    fn find(&self, mut index: u32, end: u32, element: Element) -> Option<Place<'_>> {
        let nodes = self.nodes.get(..end as usize)?;
        loop {
            let node = nodes.get(index as usize)?;
            if node.element == element {
                return Some(Place { tree: self, node });
            }
            index = node.end;
        }
    }

    fn at(&self, index: u32) -> Option<Place<'_>> {
        self.nodes.get(index as usize).map(|node| Place { tree: self, node })
    }

    /// The text of a node that was put together.
    #[inline(never)]
    fn made(&self, id: Id) -> &str {
        let Ok(index) = self.made_ends.binary_search_by(|(known, _)| known.cmp(&id)) else { return "" };
        let end = |index| self.made_ends.get(index).map_or(0, |(_, end): &(Id, usize)| *end);
        trimmed(self.made.get(end(index.wrapping_sub(1))..end(index)).unwrap_or_default())
    }
}

/// What counts nodes and bytes.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a document has fewer than 2^32 bytes")]
fn number(count: usize) -> u32 {
    count as u32
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
        self.node.at as usize
    }

    /// Which of the message's elements it is.
    pub(crate) fn element(self) -> Element {
        self.node.element
    }

    /// Its local name.
    pub(crate) fn name(self) -> &'t str {
        match self.node.element {
            Element::Unknown => tag::name_at(self.tree.document, self.offset()).1,
            element => element.name(),
        }
    }

    /// Its own text, without white space around it.
    #[inline(always)]
    pub(crate) fn text(self) -> &'t str {
        if self.node.is_made { self.tree.made(self.node.id) } else { self.node.text }
    }

    /// The element that it stands in.
    pub(crate) fn parent(self) -> Option<Place<'t>> {
        self.tree.at(self.node.parent)
    }

    /// The value of one of its attributes, without white space around it.
    #[inline(always)]
    pub(crate) fn attribute(self, name: Known) -> Option<&'t str> {
        // Most elements have none.
        if self.node.attributes_count == 0 { None } else { self.attribute_of_some(name) }
    }

    #[inline(never)]
    fn attribute_of_some(self, name: Known) -> Option<&'t str> {
        let own = self.tree.attributes.get(self.node.attributes as usize..)?;
        let mut own = own.iter().take(usize::from(self.node.attributes_count));
        own.find(|(known, _)| *known == name).map(|(_, value)| trimmed(value))
    }

    /// All its children.
    pub(crate) fn all(self) -> impl Iterator<Item = Place<'t>> {
        let (tree, end) = (self.tree, self.node.end);
        let mut index = self.first();
        std::iter::from_fn(move || {
            let place = if index < end { tree.at(index)? } else { return None };
            index = place.node.end;
            Some(place)
        })
    }

    /// Its children that are `element`.
    #[inline(always)]
    pub(crate) fn children(self, element: Element) -> impl Iterator<Item = Place<'t>> {
        let (tree, end) = (self.tree, self.node.end);
        let mut index = self.first();
        std::iter::from_fn(move || {
            let place = tree.find(index, end, element)?;
            index = place.node.end;
            Some(place)
        })
    }

    /// The next child of its parent that is the same element.
    #[inline(always)]
    pub(crate) fn another(self) -> Option<Place<'t>> {
        self.tree.find(self.node.end, self.parent()?.node.end, self.node.element)
    }

    /// Where its first child stands, if it has any.
    #[inline(always)]
    fn first(self) -> u32 {
        self.node.id.0 + 1
    }

    /// The first of them.
    #[inline(always)]
    pub(crate) fn child(self, element: Element) -> Option<Place<'t>> {
        self.tree.find(self.first(), self.node.end, element)
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

/// The first of each kind among the children of a place that is asked for most of them, found in one pass.
pub(crate) struct Firsts<'t> {
    parent: Place<'t>,
    kind: Type,
    /// By the place of their element among those of the type; the root's number, which is no child's, for none.
    firsts: [Id; CHILDREN_MAX],
}

impl<'t> Firsts<'t> {
    /// Of `parent`, which is of the type `kind`.
    pub(crate) fn of(parent: Place<'t>, kind: Type) -> Self {
        let mut firsts = [Id(0); CHILDREN_MAX];
        for child in parent.all() {
            if let Some((slot, _)) = kind.child(child.element())
                && let Some(first) = firsts.get_mut(slot)
                && *first == Id(0)
            {
                *first = child.id();
            }
        }
        Self { parent, kind, firsts }
    }

    /// As [`Place::child`].
    #[inline(never)]
    pub(crate) fn child(&self, element: Element) -> Option<Place<'t>> {
        let (slot, _) = self.kind.child(element)?;
        let first = self.firsts.get(slot).filter(|first| **first != Id(0))?;
        self.parent.tree.place(*first)
    }

    /// As [`Place::children`].
    #[inline(always)]
    pub(crate) fn children(&self, element: Element) -> impl Iterator<Item = Place<'t>> {
        std::iter::successors(self.child(element), |place| place.another())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_a_name_has_a_position_and_each_parent_counts_anew() {
        let document = "<r><p:a/><c/></r>";
        let [a, c] = [3, 9];
        let mut tree = Tree::of(document);
        let root = tree.add(None, Element::Unknown, 0);
        let mut shown = Vec::new();
        for outer in [a, c, a] {
            let outer = tree.add(Some(root), Element::Unknown, outer);
            shown.extend([a, c, c].map(|inner| tree.add(Some(outer), Element::Unknown, inner)));
            tree.close(outer);
        }
        tree.close(root);
        let shown: Vec<_> = shown.into_iter().map(|id| tree.place(id).unwrap().path()).collect();
        assert_eq!(shown[..3], ["r/a/a", "r/a/c", "r/a/c[2]"]);
        assert_eq!(shown[3..6], ["r/c/a", "r/c/c", "r/c/c[2]"]);
        assert_eq!(shown[6..], ["r/a[2]/a", "r/a[2]/c", "r/a[2]/c[2]"]);
        assert_eq!(tree.root().unwrap().children(Element::Unknown).count(), 3);
    }

    #[test]
    fn the_firsts_are_those_that_a_search_finds() {
        let mut tree = Tree::of("");
        let line = tree.add(None, Element::IncludedSPSTradeLineItem, 0);
        let children = [Element::Description, Element::ID, Element::Description, Element::PhysicalSPSPackage];
        for element in children {
            let child = tree.add(Some(line), element, 0);
            // Inside of a child they do not count.
            tree.add(Some(child), Element::IntendedUse, 0);
            tree.close(child);
        }
        tree.close(line);
        let line = tree.root().unwrap();
        let firsts = Firsts::of(line, Type::TradeLineItem);
        for &element in Element::ALL.iter().filter(|element| Type::TradeLineItem.child(**element).is_some()) {
            assert_eq!(firsts.child(element).map(Place::id), line.child(element).map(Place::id));
            assert!(firsts.children(element).map(Place::id).eq(line.children(element).map(Place::id)), "{element:?}");
        }
        assert_eq!(firsts.children(Element::Description).count(), 2);
        // No child of the type.
        assert!(firsts.child(Element::ID).is_none());
    }

    #[test]
    fn text_in_pieces_is_one_text() {
        let mut tree = Tree::default();
        let root = tree.add(None, Element::Unknown, 0);
        let other = tree.add(Some(root), Element::Unknown, 0);
        tree.set_text(" \tc\n");
        for piece in [" a", "<", "b "] {
            tree.add_text(root, piece);
        }
        assert_eq!(tree.root().unwrap().text(), "a<b");
        assert_eq!(tree.place(other).unwrap().text(), "c");
        let last = tree.add(Some(root), Element::Unknown, 0);
        tree.add_text(last, " d");
        assert_eq!(tree.place(last).unwrap().text(), "d");
        assert_eq!(tree.root().unwrap().text(), "a<b");
    }
}
