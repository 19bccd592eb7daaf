//! Collects findings while a document is judged.

use phytohub_model::{Level, shown};

use crate::codelists::List;
use crate::limits::FINDINGS_MAX;
use crate::profile::Profile;
use crate::rules::catalogue::{Layer, Rule};
use crate::structure::tree::{Id, Place};

/// A finding as the rules make it: where, and the values its sentence needs.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) rule: Rule,
    pub(crate) level: Level,
    /// The element concerned; none before the root.
    pub(crate) node: Option<Id>,
    /// Name of the child that is missing in `node`, empty for none.
    pub(crate) missing: &'static str,
    pub(crate) at: usize,
    pub(crate) element: String,
    pub(crate) found: String,
    pub(crate) expected: String,
    pub(crate) other: String,
    pub(crate) limit: usize,
    /// The list that has not what was found, and that text in full.
    pub(crate) list: Option<(List, String)>,
}

/// The findings so far, up to [`FINDINGS_MAX`].
pub(crate) struct Findings<'p> {
    profile: &'p Profile,
    list: Vec<Raw>,
    /// Findings at this level are counted, no more.
    counted: [usize; 3],
    /// Findings that were kept and are not severe.
    lesser: usize,
    /// Takes what is not kept: beyond the bound, or switched off.
    scratch: Raw,
}

impl<'p> Findings<'p> {
    pub(crate) fn new(profile: &'p Profile) -> Self {
        let scratch = Raw::new(Rule::XmlEmpty, Level::Info, None, 0);
        Self { profile, list: Vec::new(), counted: [0; 3], lesser: 0, scratch }
    }

    /// A finding about an element. Like all that makes findings, it stands once in the program, aside: a rule calls it
    /// where it is broken, and most never are.
    #[cold]
    #[inline(never)]
    pub(crate) fn add(&mut self, rule: Rule, place: Place<'_>) -> &mut Raw {
        self.add_at(rule, Some(place.id()), place.offset())
    }

    /// A finding at the offset `at`, inside of `node`.
    #[cold]
    #[inline(never)]
    pub(crate) fn add_at(&mut self, rule: Rule, node: Option<Id>, at: usize) -> &mut Raw {
        self.scratch = Raw::new(rule, Level::Info, node, at);
        let Some(level) = self.profile.level(rule) else { return &mut self.scratch };
        self.scratch.level = level;
        if let Some(counted) = self.counted.get_mut(level as usize) {
            *counted += 1;
        }
        if FINDINGS_MAX <= self.list.len() {
            let Some(least) = self.least(rule, level) else { return &mut self.scratch };
            self.list.remove(least);
        }
        if level < Level::Severe {
            self.lesser += 1;
        }
        self.list.push(Raw::new(rule, level, node, at));
        self.list.last_mut().unwrap_or(&mut self.scratch)
    }

    /// Which of the kept ones makes room: what refuses a certificate, and above all why its reading ended, is said
    /// however much else was found before it.
    fn least(&mut self, rule: Rule, level: Level) -> Option<usize> {
        if level == Level::Severe && 0 < self.lesser {
            self.lesser -= 1;
            return self.list.iter().rposition(|kept| kept.level < level);
        }
        (rule.entry().layer == Layer::Syntax).then_some(FINDINGS_MAX - 1)
    }

    /// All that was kept as it was found, and how many there were of each level (INFO, WARNING, SEVERE).
    pub(crate) fn finish(self) -> (Vec<Raw>, [usize; 3]) {
        (self.list, self.counted)
    }
}

impl Raw {
    fn new(rule: Rule, level: Level, node: Option<Id>, at: usize) -> Self {
        Self {
            rule,
            level,
            node,
            missing: "",
            at,
            element: String::new(),
            found: String::new(),
            expected: String::new(),
            other: String::new(),
            limit: 0,
            list: None,
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn element(&mut self, name: &str) -> &mut Self {
        self.element = shown(name);
        self
    }

    /// The finding is about a child that is not there.
    #[cold]
    #[inline(never)]
    pub(crate) fn missing(&mut self, name: &'static str) -> &mut Self {
        self.missing = name;
        self.element(name)
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn found(&mut self, text: &str) -> &mut Self {
        self.found = shown(text);
        self
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn expected(&mut self, text: &str) -> &mut Self {
        self.expected = text.to_owned();
        self
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn other(&mut self, text: &str) -> &mut Self {
        self.other = shown(text);
        self
    }

    pub(crate) fn limit(&mut self, limit: usize) -> &mut Self {
        self.limit = limit;
        self
    }

    /// `code` is not in `list`.
    #[cold]
    #[inline(never)]
    pub(crate) fn not_in(&mut self, list: List, code: &str) -> &mut Self {
        self.list = Some((list, code.to_owned()));
        self.found(code)
    }
}
