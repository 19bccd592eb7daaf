//! All releases, and what may become of each: the state machine, without files and clock.

use std::cmp::Reverse;
use std::time::Duration;

use phytohub_model::Timestamp;

use crate::release::{Release, State};

/// All releases of a hub, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    releases: Vec<Release>,
}

/// Why a release cannot do that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no release of this number.
    #[error("there is no release {0}; `phytohub change list` shows all")]
    Unknown(u32),
    /// It stands elsewhere in its life.
    #[error("{0}")]
    Conflict(String),
}

/// The numbers of the releases that a change has touched, in the order in which they must be kept.
type Touched = Result<Vec<u32>, ChangeError>;

impl Book {
    /// A book of these releases.
    pub fn new(mut releases: Vec<Release>) -> Self {
        releases.sort_by_key(|release| release.id);
        Self { releases }
    }

    /// All of them, by number.
    pub fn releases(&self) -> &[Release] {
        &self.releases
    }

    /// One of them.
    ///
    /// # Errors
    /// There is none of this number.
    pub fn get(&self, id: u32) -> Result<&Release, ChangeError> {
        self.releases.iter().find(|release| release.id == id).ok_or(ChangeError::Unknown(id))
    }

    fn get_mut(&mut self, id: u32) -> Result<&mut Release, ChangeError> {
        self.releases.iter_mut().find(|release| release.id == id).ok_or(ChangeError::Unknown(id))
    }

    /// The number that the next release gets. Numbers are never used again.
    pub fn next_id(&self) -> u32 {
        self.releases.last().map_or(1, |release| release.id + 1)
    }

    pub(crate) fn add(&mut self, release: Release) {
        self.releases.push(release);
    }

    /// The release that judges beside what is in force.
    pub fn in_shadow(&self) -> Option<&Release> {
        self.releases.iter().find(|release| release.state == State::Shadow)
    }

    /// What is in force, the lowest first: a later one lies above those before it.
    pub fn in_force(&self) -> Vec<&Release> {
        let mut active: Vec<_> = self.releases.iter().filter(|release| release.state == State::Active).collect();
        active.sort_by_key(|release| (release.activated_at, release.id));
        active
    }

    /// The book as it will be when `id` becomes active: with all that is due until then. Without a date, it is as if
    /// that were now. This is what a shadow tries, because on that day members meet all of it at once.
    ///
    /// # Errors
    /// There is none of this number.
    pub fn when_active(&self, id: u32) -> Result<Self, ChangeError> {
        let wanted = self.get(id)?;
        let mut then = self.clone();
        if wanted.state == State::Active {
            return Ok(then);
        }
        let last = self.in_force().last().and_then(|release| release.activated_at).unwrap_or_default();
        let at = wanted.active_from.unwrap_or(last).max(last).max(wanted.valid_from.unwrap_or_default());
        for due in self.due(wanted.active_from.unwrap_or_default()).into_iter().filter(|due| *due != id) {
            then.activate(due, at, "")?;
        }
        then.activate(id, at, "")?;
        Ok(then)
    }

    /// Those whose date has come, in the order of their dates.
    pub fn due(&self, now: Timestamp) -> Vec<u32> {
        let waits = |release: &&Release| matches!(release.state, State::Announced | State::Shadow);
        let mut due: Vec<(Timestamp, u32)> = self
            .releases
            .iter()
            .filter(waits)
            .filter_map(|release| release.active_from.filter(|from| *from <= now).map(|from| (from, release.id)))
            .collect();
        due.sort_unstable();
        due.into_iter().map(|(_, id)| id).collect()
    }

    /// Lets `id` judge beside what is in force, in the place of whichever does.
    ///
    /// # Errors
    /// It is active, or there is none.
    pub fn shadow(&mut self, id: u32, now: Timestamp, who: &str) -> Touched {
        match self.get(id)?.state {
            State::Active => return conflict(format!("release {id} is in force already, there is nothing to try")),
            State::Shadow => return conflict(format!("release {id} is in shadow already")),
            State::Announced | State::Retired => {}
        }
        let mut touched = Vec::new();
        if let Some(other) = self.in_shadow().map(|release| release.id) {
            touched.extend(self.end_shadow(other, now, who)?);
        }
        let release = self.get_mut(id)?;
        release.state = State::Shadow;
        release.note(now, who, "in shadow: it also judges live traffic, without any effect");
        touched.push(id);
        Ok(touched)
    }

    /// Ends its shadow; it stands then where it stood before.
    ///
    /// # Errors
    /// It is not in shadow, or there is none.
    pub fn end_shadow(&mut self, id: u32, now: Timestamp, who: &str) -> Touched {
        let release = self.get_mut(id)?;
        if release.state != State::Shadow {
            return conflict(format!("release {id} is not in shadow, it is {}", release.state));
        }
        let was_over = release.retired_at.is_some() && release.active_from.is_none();
        release.state = if was_over { State::Retired } else { State::Announced };
        release.note(now, who, "no longer in shadow");
        Ok(vec![id])
    }

    /// Puts it in force; those that it replaces are retired.
    ///
    /// # Errors
    /// It is in force already, it is not valid yet, or there is none.
    pub fn activate(&mut self, id: u32, now: Timestamp, who: &str) -> Touched {
        let release = self.get(id)?;
        if release.state == State::Active {
            return conflict(format!("release {id} is in force already"));
        }
        is_valid_at(release, now)?;
        // Each lies above those before it, also when several become active in the same moment.
        let last = self.in_force().last().and_then(|release| release.activated_at);
        let at = last.map_or(now, |last| now.max(last.plus(Duration::from_millis(1))));
        let replaced: Vec<u32> =
            self.in_force().into_iter().filter(|other| release.replaces(other)).map(|other| other.id).collect();
        let release = self.get_mut(id)?;
        let (again, due) = (release.activated_at.is_some(), release.active_from);
        release.state = State::Active;
        release.activated_at = Some(at);
        release.problem = None;
        release.note(
            now,
            who,
            match due {
                Some(due) => format!("active, as announced for {due}"),
                None if again => "active again".to_owned(),
                None => "active".to_owned(),
            },
        );
        // The one that comes first: if only its state were kept, both are active, which `repaired` can tell.
        let mut touched = vec![id];
        for other in replaced {
            self.retire_as(other, now, who, format!("retired: replaced by release {id}"))?;
            touched.push(other);
        }
        Ok(touched)
    }

    /// Sets the moment at which it becomes active by itself.
    ///
    /// # Errors
    /// It is in force, that moment is past or before it is valid, or there is none.
    pub fn schedule(&mut self, id: u32, at: Timestamp, now: Timestamp, who: &str) -> Touched {
        let release = self.get(id)?;
        if release.state == State::Active {
            return conflict(format!("release {id} is in force already"));
        }
        if at <= now {
            return conflict(format!("{at} is past: leave the date out to activate release {id} now"));
        }
        is_valid_at(release, at)?;
        let release = self.get_mut(id)?;
        if release.state == State::Retired {
            release.state = State::Announced;
        }
        release.active_from = Some(at);
        release.problem = None;
        release.note(now, who, format!("becomes active on {at}"));
        Ok(vec![id])
    }

    /// Takes it back: out of force, or before it ever was.
    ///
    /// # Errors
    /// It is retired already, or there is none.
    pub fn retire(&mut self, id: u32, now: Timestamp, who: &str) -> Touched {
        let what = match self.get(id)?.state {
            State::Active => "retired: no longer in force",
            State::Announced | State::Shadow => "retired: withdrawn",
            State::Retired => return conflict(format!("release {id} is retired already")),
        };
        self.retire_as(id, now, who, what.to_owned())?;
        Ok(vec![id])
    }

    /// Notes why it could not become active at its date.
    ///
    /// # Errors
    /// There is none.
    pub fn failed(&mut self, id: u32, problem: &str, now: Timestamp) -> Touched {
        let release = self.get_mut(id)?;
        release.problem = Some(problem.to_owned());
        release.note(now, "hub", format!("could not become active: {problem}"));
        Ok(vec![id])
    }

    fn retire_as(&mut self, id: u32, now: Timestamp, who: &str, what: String) -> Result<(), ChangeError> {
        let release = self.get_mut(id)?;
        release.state = State::Retired;
        release.retired_at = Some(now);
        // What is retired comes back only when somebody says so.
        release.active_from = None;
        release.note(now, who, what);
        Ok(())
    }

    /// What a change leaves that was cut short between two files: more than one active where one replaces the other, or
    /// two in shadow. The later one stands.
    pub(crate) fn repaired(mut self, now: Timestamp) -> (Self, Vec<u32>) {
        let mut touched = Vec::new();
        let mut newest_first = self.in_force();
        newest_first.sort_by_key(|release| Reverse((release.activated_at, release.id)));
        let mut stale = Vec::new();
        for (index, later) in newest_first.iter().enumerate() {
            let earlier = newest_first.iter().skip(index + 1).filter(|earlier| later.replaces(earlier));
            stale.extend(earlier.map(|earlier| (earlier.id, later.id)));
        }
        for (id, later) in stale {
            if !touched.contains(&id)
                && self.retire_as(id, now, "hub", format!("retired: replaced by release {later}")).is_ok()
            {
                touched.push(id);
            }
        }
        let mut shadows: Vec<(Timestamp, u32)> = self
            .releases
            .iter()
            .filter(|release| release.state == State::Shadow)
            .map(|release| (release.updated_at(), release.id))
            .collect();
        shadows.sort_unstable();
        shadows.pop();
        for (_, id) in shadows {
            touched.extend(self.end_shadow(id, now, "hub").unwrap_or_default());
        }
        (self, touched)
    }
}

fn is_valid_at(release: &Release, at: Timestamp) -> Result<(), ChangeError> {
    match release.valid_from.filter(|from| at < *from) {
        Some(from) => conflict(format!("release {} is valid from {from} on, so not at {at}", release.id)),
        None => Ok(()),
    }
}

fn conflict<T>(sentence: String) -> Result<T, ChangeError> {
    Err(ChangeError::Conflict(sentence))
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
