//! Who may use the admin address: the owner, who has the token of the directory, and operators with tokens and roles of
//! their own. A token itself is nowhere: of an operator's its SHA-256 is kept.

pub mod commands;
pub(crate) mod routes;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::ValueEnum;
use phytohub_audit::Author;
use phytohub_model::Timestamp;
use phytohub_operate::layout::{SECRET, write_new};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::admin;

pub(crate) use routes::routes;

/// Longest name of an operator.
const NAME_BYTES_MAX: usize = 40;
/// Names that mean somebody else.
const RESERVED: [&str; 2] = [OWNER, "hub"];
/// Whoever has the directory's own token.
pub(crate) const OWNER: &str = "owner";

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks and changes.
    Operator,
    /// Looks.
    Reader,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Operator => "operator",
            Self::Reader => "reader",
        })
    }
}

/// Whose token a request showed; an extension of the request behind the guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) is_owner: bool,
}

impl Caller {
    pub(crate) fn author(&self) -> Author {
        Author { name: self.name.clone(), role: self.role.to_string() }
    }
}

/// An operator as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operator {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Of the token, hexadecimal.
    sha256: String,
    /// When it was added.
    pub(crate) created: String,
}

/// A change of the operators, as it travels to the admin address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum OperatorChange {
    /// Adds one; the answer has its token, once.
    Add { name: String, role: Role },
    /// Takes its token back.
    Remove { name: String },
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Book {
    operator: Vec<Operator>,
}

const INTRODUCTION: &str = "\
# Who may use the admin address besides the owner (admin.token). `phytohub operator` writes this file; of each token
# only the SHA-256 is kept.

";

/// All operators of a file; none when there is no file.
///
/// # Errors
/// A sentence that says what is wrong and what to do.
pub(crate) fn read(path: &Path) -> Result<Vec<Operator>, String> {
    let complain = |what: String| format!("{}: {what}", path.display());
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(complain(error.to_string())),
    };
    if mode & 0o077 != 0 {
        return Err(complain("others than its owner can read or change it; `chmod 600` it".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|error| complain(error.to_string()))?;
    let book: Book = toml::from_str(&text).map_err(|error| complain(error.to_string()))?;
    Ok(book.operator)
}

/// Adds an operator; its token, which is nowhere else.
///
/// # Errors
/// A sentence that says why not.
pub(crate) fn add(path: &Path, name: &str, role: Role, now: Timestamp) -> Result<String, String> {
    let mut operators = read(path)?;
    check_name(name)?;
    if operators.iter().any(|operator| operator.name == name) {
        return Err(format!("there is an operator {name} already; `phytohub operator remove` takes the token back"));
    }
    let token = admin::new_token().map_err(|error| error.to_string())?;
    let sha256 = hash(&token).iter().map(|byte| format!("{byte:02x}")).collect();
    operators.push(Operator { name: name.to_owned(), role, sha256, created: now.to_string() });
    write(path, operators).map(|()| token)
}

/// Takes an operator's token back.
///
/// # Errors
/// A sentence that says why not.
pub(crate) fn remove(path: &Path, name: &str) -> Result<(), String> {
    let mut operators = read(path)?;
    let before = operators.len();
    operators.retain(|operator| operator.name != name);
    if operators.len() == before {
        return Err(format!("there is no operator {name}; `phytohub operator list` shows who is"));
    }
    write(path, operators)
}

fn check_name(name: &str) -> Result<(), String> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
    if name.is_empty() || NAME_BYTES_MAX < name.len() || !name.bytes().all(is_legal) {
        return Err(format!(
            "'{name}' is no name: 1 to {NAME_BYTES_MAX} letters of a to z, A to Z, digits and . _ @ -"
        ));
    }
    if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        return Err(format!("'{name}' means somebody else here; choose another name"));
    }
    Ok(())
}

/// Written beside and renamed: a hub that reads it meets the file before or the one after.
fn write(path: &Path, operator: Vec<Operator>) -> Result<(), String> {
    let text = toml::to_string(&Book { operator }).map_err(|error| error.to_string())?;
    let part = path.with_extension("part");
    let written = match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => write_new(&part, format!("{INTRODUCTION}{text}").as_bytes(), SECRET)
            .and_then(|()| fs::rename(&part, path))
            .and_then(|()| path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())),
    };
    written.map_err(|error| format!("{}: {error}", path.display()))
}

fn hash(token: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

/// Compares in a time that tells nothing of where the two differ.
fn same(left: &[u8; 32], right: &[u8; 32]) -> bool {
    left.iter().zip(right).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

/// All who may use the admin address, as the file has them now.
pub(crate) struct Operators {
    path: PathBuf,
    owner: [u8; 32],
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    stamp: Option<Stamp>,
    operators: Arc<Vec<([u8; 32], Caller)>>,
}

impl Operators {
    /// Those of the file at `path`, and the owner of this token.
    pub(crate) fn new(path: PathBuf, owner_token: &str) -> Self {
        Self { path, owner: hash(owner_token), known: Mutex::default() }
    }

    /// Where they are kept.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whose token this is. All are compared, so that the time tells nothing of who is there.
    pub(crate) fn caller(&self, token: &str) -> Option<Caller> {
        let shown = hash(token);
        let mut found = None;
        for (hash, caller) in self.operators().iter() {
            if same(&shown, hash) {
                found = Some(caller.clone());
            }
        }
        let owner = Caller { name: OWNER.to_owned(), role: Role::Operator, is_owner: true };
        if same(&shown, &self.owner) { Some(owner) } else { found }
    }

    /// Read again when the file is another than it was. One that cannot be used lets nobody in but the owner.
    fn operators(&self) -> Arc<Vec<([u8; 32], Caller)>> {
        let stamp = fs::metadata(&self.path).ok().map(|metadata| Stamp {
            inode: metadata.ino(),
            bytes: metadata.len(),
            // Of the inode, not only of the content: a `chmod` counts, too.
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.stamp != stamp {
            let operators = read(&self.path).unwrap_or_else(|error| {
                tracing::error!(target: "phytohub::admin", %error, "only the owner is let in until this is put right");
                Vec::new()
            });
            known.operators = Arc::new(operators.into_iter().filter_map(credential).collect());
            known.stamp = stamp;
        }
        Arc::clone(&known.operators)
    }
}

fn credential(operator: Operator) -> Option<([u8; 32], Caller)> {
    let mut hash = [0; 32];
    if operator.sha256.len() != 2 * hash.len() || !operator.sha256.is_ascii() {
        return None;
    }
    for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&operator.sha256[at..at + 2], 16).ok()?;
    }
    Some((hash, Caller { name: operator.name, role: operator.role, is_owner: false }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("operators.toml");
        (dir, path)
    }

    #[test]
    fn a_token_is_its_operators_until_it_is_taken_back() {
        let (_dir, path) = place();
        let operators = Operators::new(path.clone(), "the owner's");
        assert!(operators.caller("the owner's").is_some_and(|caller| caller.is_owner && caller.name == OWNER));
        assert_eq!(operators.caller(""), None);
        let ada = add(&path, "ada", Role::Operator, Timestamp(0)).unwrap();
        let grace = add(&path, "grace", Role::Reader, Timestamp(0)).unwrap();
        assert_ne!(ada, grace);
        let who = |token: &str| operators.caller(token).map(|caller| (caller.name, caller.role, caller.is_owner));
        assert_eq!(who(&ada), Some(("ada".to_owned(), Role::Operator, false)));
        assert_eq!(who(&grace), Some(("grace".to_owned(), Role::Reader, false)));
        assert_eq!(who(&ada[..63]), None);
        let kept = fs::read_to_string(&path).unwrap();
        assert!(!kept.contains(&ada) && !kept.contains(&grace), "no token is kept");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        remove(&path, "ada").unwrap();
        assert_eq!(who(&ada), None);
        assert!(who(&grace).is_some());
    }

    #[test]
    fn a_file_that_others_can_read_or_that_is_broken_lets_nobody_in_but_the_owner() {
        let (_dir, path) = place();
        let operators = Operators::new(path.clone(), "the owner's");
        let ada = add(&path, "ada", Role::Operator, Timestamp(0)).unwrap();
        assert!(operators.caller(&ada).is_some());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(operators.caller(&ada), None);
        assert!(read(&path).unwrap_err().contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(operators.caller(&ada).is_some());
        fs::write(&path, "operator = 3").unwrap();
        assert_eq!(operators.caller(&ada), None);
        assert!(operators.caller("the owner's").is_some());
        assert!(add(&path, "grace", Role::Reader, Timestamp(0)).is_err(), "a broken file is not overwritten");
    }

    #[test]
    fn names_are_names_and_stand_for_one_person() {
        let (_dir, path) = place();
        for name in ["", "owner", "Hub", "a b", "é", "a\nb", &"x".repeat(41)] {
            assert!(add(&path, name, Role::Reader, Timestamp(0)).is_err(), "{name:?}");
        }
        add(&path, "ada@example.org", Role::Reader, Timestamp(0)).unwrap();
        assert!(add(&path, "ada@example.org", Role::Operator, Timestamp(0)).unwrap_err().contains("already"));
        assert!(remove(&path, "grace").unwrap_err().contains("operator list"));
    }
}
