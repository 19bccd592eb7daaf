//! The file of a release: what it is, by its own first bytes.

use phytoval::Profile;
use phytoval::codelists::{self, ListText};

use crate::release::Kind;

/// Largest file of a release. A validator module has some 700 KB, a list of all pesticides less than that.
pub const ARTEFACT_BYTES_MAX: usize = 16 << 20;

/// What every WebAssembly module begins with.
const MODULE_MAGIC: &[u8] = b"\0asm";

/// A file, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Artefact {
    /// A code list in the place of another, or added to it.
    List(ListText),
    /// A national overlay.
    Profile(Profile),
    /// A validator; that it compiles is for whoever can run it to say.
    Module,
}

/// Why a file cannot be a release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ArtefactError(pub(crate) String);

impl Artefact {
    /// Knows the file by how it begins.
    ///
    /// # Errors
    /// The line, and what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, ArtefactError> {
        let fail = |text: String| Err(ArtefactError(text));
        if ARTEFACT_BYTES_MAX < bytes.len() {
            return fail(format!("it has {} bytes, {ARTEFACT_BYTES_MAX} are the most", bytes.len()));
        }
        if bytes.starts_with(MODULE_MAGIC) {
            return Ok(Self::Module);
        }
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
                return fail(format!("line {line}: it is no UTF-8 text, and no WebAssembly module either"));
            }
        };
        let first = text.lines().next().unwrap_or_default();
        if first.starts_with("# list: ") || first.starts_with("# adds-to: ") {
            codelists::describe(text).map(Self::List).map_err(|error| ArtefactError(error.to_string()))
        } else if first.starts_with("# profile:") {
            Profile::parse(text).map(Self::Profile).map_err(|error| ArtefactError(error.to_string()))
        } else {
            fail(
                "line 1: '# list: NAME', '# adds-to: NAME', '# profile: NAME' or a WebAssembly module was expected"
                    .into(),
            )
        }
    }

    /// What kind of release it makes.
    pub fn kind(&self) -> Kind {
        match self {
            Self::List(_) => Kind::List,
            Self::Profile(_) => Kind::Profile,
            Self::Module => Kind::Validator,
        }
    }

    /// What it is a new edition of: the list's name, the profile's, `validator`.
    pub fn name(&self) -> &str {
        match self {
            Self::List(list) => &list.name,
            Self::Profile(profile) => profile.name(),
            Self::Module => "validator",
        }
    }

    /// Name of its file in the release's folder.
    pub(crate) fn file_name(&self) -> String {
        match self {
            Self::List(list) => format!("{}.csv", list.name),
            // The profile's own name is somebody's text, not a file's name.
            Self::Profile(_) => "overlay.txt".to_owned(),
            Self::Module => "module.wasm".to_owned(),
        }
    }
}
