//! Where in the document the reader is, in the form that findings show.

/// How many differently named children of one element are counted. The largest type of the message has 23; a document
/// with more is none of ours, and counting without a bound would cost quadratic time.
const COUNTED_NAMES_MAX: usize = 64;

/// The open elements from the root, by local name, each with its position among its siblings of the same name.
#[derive(Default)]
pub(crate) struct Path<'a> {
    steps: Vec<Step<'a>>,
    /// How often each name occurred, for the children of every open element, innermost last.
    counted: Vec<(&'a str, usize)>,
}

struct Step<'a> {
    name: &'a str,
    occurrence: usize,
    /// Where in `counted` the names of its children begin.
    children: usize,
}

impl<'a> Path<'a> {
    pub(crate) fn enter(&mut self, name: &'a str) {
        let from = self.steps.last().map_or(0, |parent| parent.children);
        let siblings = self.counted.get_mut(from..).unwrap_or_default();
        let occurrence = match siblings.iter_mut().find(|(counted, _)| *counted == name) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                if siblings.len() < COUNTED_NAMES_MAX {
                    self.counted.push((name, 1));
                }
                1
            }
        };
        self.steps.push(Step { name, occurrence, children: self.counted.len() });
    }

    pub(crate) fn leave(&mut self) {
        if let Some(step) = self.steps.pop() {
            self.counted.truncate(step.children);
        }
    }

    /// `SPSCertificate/SPSConsignment/TransitSPSCountry[2]/ID`: no prefixes, and a position from the second of a name
    /// on, so that the path of a single element stays plain and every path names one element.
    pub(crate) fn show(&self) -> String {
        let mut shown = String::new();
        for step in &self.steps {
            if !shown.is_empty() {
                shown.push('/');
            }
            shown.push_str(step.name);
            if 1 < step.occurrence {
                shown.push_str(&format!("[{}]", step.occurrence));
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_a_name_has_a_position_and_each_parent_counts_anew() {
        let mut path = Path::default();
        path.enter("root");
        let mut shown = Vec::new();
        for outer in ["a", "b", "a"] {
            path.enter(outer);
            for inner in ["a", "c", "c"] {
                path.enter(inner);
                shown.push(path.show());
                path.leave();
            }
            path.leave();
        }
        assert_eq!(shown[..3], ["root/a/a", "root/a/c", "root/a/c[2]"]);
        assert_eq!(shown[3..6], ["root/b/a", "root/b/c", "root/b/c[2]"]);
        assert_eq!(shown[6..], ["root/a[2]/a", "root/a[2]/c", "root/a[2]/c[2]"]);
    }
}
