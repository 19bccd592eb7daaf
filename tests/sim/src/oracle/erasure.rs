//! Content that has ended is on no disk: every content is made of marks, and the whole disk is searched for them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use memchr::memmem::Finder;

use super::{Guarantee, Oracle, Verdict, broken};

/// What each mark begins with.
const MARK: &[u8] = b"~SIM";
/// A mark is this and the number of its delivery.
const DIGITS: usize = 8;

/// Content of about so many bytes, so full of marks that any forty bytes of it hold a whole one.
pub(crate) fn marked(delivery: usize, bytes: usize) -> Bytes {
    let mut content = Vec::with_capacity(bytes + 16);
    let mut place = 0;
    while content.len() < bytes {
        content.extend_from_slice(format!("~SIM{delivery:08x}{:04x}", place & 0xffff).as_bytes());
        place += 1;
    }
    content.into()
}

/// The deliveries whose marks are in these bytes.
fn find(finder: &Finder<'_>, bytes: &[u8], mut found: impl FnMut(usize)) {
    for place in finder.find_iter(bytes) {
        let digits = bytes.get(place + MARK.len()..place + MARK.len() + DIGITS);
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(delivery) = digits.and_then(|digits| usize::from_str_radix(digits, 16).ok()) {
            found(delivery);
        }
    }
}

impl Oracle {
    /// Looks through all versions of all bytes of the disk for contents of deliveries that are not `held`: no envelope
    /// of theirs waits, and those that did had time to be erased.
    ///
    /// Who is held cannot follow from answers. An envelope may wait of which none was given, as it is on its way or a
    /// crash took it; and of the copies for channels that the sender is not told of, those of what is delivered anew
    /// are known to nobody before they are handed out.
    pub(crate) fn erased(
        &self,
        each: impl FnOnce(&mut dyn FnMut(&Path, &[u8])),
        held: impl FnOnce() -> BTreeSet<usize>,
    ) -> Verdict {
        let finder = Finder::new(MARK);
        let mut found: BTreeMap<usize, PathBuf> = BTreeMap::new();
        each(&mut |path, bytes| {
            let mut last = None;
            find(&finder, bytes, |delivery| {
                if last.replace(delivery) != Some(delivery) {
                    found.entry(delivery).or_insert_with(|| path.to_owned());
                }
            });
        });
        found.retain(|&delivery, _| delivery < self.intents.len());
        if found.is_empty() {
            return Ok(());
        }
        let held = held();
        match found.into_iter().find(|(delivery, _)| !held.contains(delivery)) {
            Some((delivery, path)) => {
                let what = format!("nothing of delivery {delivery} waits, and its content lies in {}", path.display());
                broken(Guarantee::Erased, what)
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_of_a_content_shows_whose_it_is() {
        let content = marked(0x2a, 1000);
        for start in [0, 1, 7, 333, 900] {
            let mut found = BTreeSet::new();
            find(&Finder::new(MARK), &content[start..start + 40], |delivery| {
                found.insert(delivery);
            });
            assert_eq!(found, BTreeSet::from([0x2a]), "{start}");
        }
    }
}
