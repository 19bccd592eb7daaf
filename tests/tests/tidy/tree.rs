//! The files the checks look at: those that git tracks, or all below the root where there is no git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Directories that hold nothing of the project when there is no git to say so.
const SKIPPED_DIRECTORIES: [&str; 4] = [".git", "__pycache__", "node_modules", "target"];

/// One file.
pub(crate) struct File {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    /// All it holds.
    pub(crate) bytes: Vec<u8>,
}

/// The files of a checkout, in the order of their paths.
pub(crate) struct Tree {
    files: Vec<File>,
}

impl File {
    /// The file as text; `None` for one that is not text.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'))
    }

    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

impl Tree {
    /// Reads this checkout.
    pub(crate) fn load() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace");
        let paths = tracked(root).unwrap_or_else(|| walked(root));
        // A file that is tracked but removed in the working tree is no longer the project's.
        let read = |path: String| fs::read(root.join(&path)).ok().map(|bytes| File { path, bytes });
        let tree = Self::of(paths.into_iter().filter_map(read).collect());
        assert!(tree.file("Cargo.toml").is_some(), "the checks see no Cargo.toml below {}", root.display());
        tree
    }

    /// A tree for the tests of a check.
    pub(crate) fn planted(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
        Self::of(files.iter().map(file).collect())
    }

    fn of(mut files: Vec<File>) -> Self {
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Self { files }
    }

    /// Every file.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// Every Rust file with its text.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        let rust = self.files.iter().filter(|file| file.is_rust());
        rust.filter_map(|file| Some((file.path.as_str(), file.text()?)))
    }

    /// The text of one file.
    pub(crate) fn file(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).and_then(File::text)
    }

    /// The crates: the folder and the manifest of each.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = (&str, toml::Table)> {
        self.files.iter().filter_map(|file| {
            let folder = file.path.strip_suffix("/Cargo.toml")?;
            let manifest = file.text().and_then(|text| text.parse().ok());
            Some((folder, manifest.unwrap_or_else(|| panic!("{} is no TOML", file.path))))
        })
    }
}

fn tracked(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git").args(["ls-files", "-z", "--cached"]).current_dir(root).output().ok()?;
    let listed = output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())?;
    let paths: Vec<String> = listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    // Below somebody else's repository (an unpacked archive) git answers well and lists nothing.
    (!paths.is_empty()).then_some(paths)
}

fn walked(root: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(root.join(&folder)).expect("a folder of the project can be read");
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = folder.join(&name);
            let kind = entry.file_type().expect("an entry has a type");
            if kind.is_dir() && !SKIPPED_DIRECTORIES.contains(&name.as_str()) {
                waiting.push(path);
            } else if kind.is_file() {
                paths.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    paths
}

#[test]
fn the_walk_sees_what_git_tracks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace");
    let walked = walked(root);
    let tree = Tree::load();
    let missing: Vec<&str> =
        tree.files().map(|file| file.path.as_str()).filter(|path| !walked.iter().any(|seen| seen == path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(!walked.iter().any(|path| path.starts_with("target/") || path.starts_with(".git/")));
}
