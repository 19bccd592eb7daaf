//! Section `[validation]`: what judges, by what, and what follows from it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use phytohub_model::{CodeList, CodeRow};
use phytoval::Validator;
use phytoval::codelists::{self, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Judge;
use super::lists::{ListInForce, Lists};
use super::module::ModuleJudge;
use super::native::NativeJudge;
use super::profiles::Read;

/// Section `[validation]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationSettings {
    /// What follows from a verdict.
    pub mode: Mode,
    /// A built-in profile, or the path of a national overlay.
    pub profile: String,
    /// Paths of code lists that take the place of others or add to them.
    #[schema(value_type = Vec<String>)]
    pub lists: Vec<PathBuf>,
    /// Path of a WebAssembly module of the validator that judges instead of the native one; empty for that.
    #[schema(value_type = String)]
    pub validator: PathBuf,
}

/// What follows from a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = ValidationMode)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// ValidateAndDeliverEnvelope refuses what a severe finding is in; DeliverEnvelope is not judged.
    Enforce,
    /// Nothing is refused for its content; every delivery is judged after its answer, and what is found is counted.
    Observe,
}

impl Default for ValidationSettings {
    fn default() -> Self {
        Self { mode: Mode::Enforce, profile: "ippc".to_owned(), lists: Vec::new(), validator: PathBuf::new() }
    }
}

impl fmt::Display for ValidationSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.validator.as_os_str().is_empty() {
            true => f.write_str("the native validator")?,
            false => write!(f, "the module {}", self.validator.display())?,
        }
        write!(f, ", profile {}", self.profile)?;
        for list in &self.lists {
            write!(f, ", list {}", list.display())?;
        }
        Ok(())
    }
}

/// The files of the releases in force, which lie above what the settings name. Relative to the hub's directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Above {
    /// Code lists, from the lowest to the highest.
    pub(crate) lists: Vec<PathBuf>,
    /// A national overlay.
    pub(crate) profile: Option<String>,
    /// A module of the validator.
    pub(crate) validator: Option<PathBuf>,
}

/// What the settings name, read and checked.
#[derive(Clone)]
pub(crate) struct Equipment {
    pub(crate) judge: Arc<dyn Judge>,
    /// The rows that the operations on code lists answer.
    pub(crate) rows: Vec<(CodeList, Arc<Vec<CodeRow>>)>,
    /// The lists in force, as operators are told.
    pub(crate) lists: Vec<ListInForce>,
}

impl ValidationSettings {
    /// The settings with the releases in force.
    pub(crate) fn with(&self, above: &Above) -> Self {
        Self {
            mode: self.mode,
            profile: above.profile.clone().unwrap_or_else(|| self.profile.clone()),
            lists: self.lists.iter().chain(&above.lists).cloned().collect(),
            validator: above.validator.clone().unwrap_or_else(|| self.validator.clone()),
        }
    }

    /// Reads all that is named. Paths are relative to the hub's directory `dir`.
    ///
    /// # Errors
    /// The file, its line, and what is wrong with it.
    pub(crate) fn open(&self, dir: &Path) -> Result<Equipment, String> {
        let read = |path: &Path| {
            let path = dir.join(path);
            let text = std::fs::read_to_string(&path);
            text.map_err(|error| format!("[validation] {}: cannot be read: {error}", path.display()))
        };
        let mut validator = Validator::default();
        let mut rows = CodeList::ALL.map(|list| (list, codelists::rows(list))).to_vec();
        let (mut parts, mut lists) = (Vec::new(), Lists::built_in());
        for path in &self.lists {
            let text = read(path)?;
            let asked = load(&text, &mut validator, &mut rows)
                .map_err(|error| format!("[validation] lists: {}: {error}", path.display()))?;
            lists.load(path, &text);
            parts.extend(asked.then_some(text));
        }
        let profile = Read::named(&self.profile, dir).map_err(|problem| format!("[validation] {problem}"))?;
        validator.profile = profile.profile;
        parts.extend(profile.overlay);
        let judge: Arc<dyn Judge> = if self.validator.as_os_str().is_empty() {
            Arc::new(NativeJudge::new(validator, dir.to_owned()))
        } else {
            let path = dir.join(&self.validator);
            let opened = ModuleJudge::open(&path, validator.profile.name(), &parts, dir.to_owned());
            Arc::new(opened.map_err(|error| format!("[validation] validator: {}: {error}", path.display()))?)
        };
        let rows = rows.into_iter().map(|(list, rows)| (list, Arc::new(rows))).collect();
        Ok(Equipment { judge, rows, lists: lists.rows() })
    }
}

/// Puts a list in force: for the rules, if they ask it, which is told; for the hub's answers, if it serves it.
fn load(text: &str, validator: &mut Validator, rows: &mut [(CodeList, Vec<CodeRow>)]) -> Result<bool, String> {
    let asked = validator.lists.load(text);
    let served = codelists::read(text);
    match (&asked, served) {
        (Err(error), Err(_)) => return Err(error.to_string()),
        // One that only the rules ask, or only the hub serves.
        (Err(error), Ok(_)) if !matches!(error.problem, Problem::OtherList(_)) => return Err(error.to_string()),
        (Ok(_), Err(error)) if !matches!(error.problem, Problem::OtherList(_)) => return Err(error.to_string()),
        (_, Err(_)) => {}
        (_, Ok(file)) => {
            if let Some((_, known)) = rows.iter_mut().find(|(list, _)| *list == file.list) {
                if !file.adds {
                    known.clear();
                }
                known.extend(file.rows);
            }
        }
    }
    Ok(asked.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# list: unit-measures\n# source: a test\n# edition: 2030-01-01\n# valid-from: 2030-01-01\n\
                        code,kind,symbol,text\nKGM,WEIGHT,kg,kilogram\n";

    fn rows_of(equipment: &Equipment, wanted: CodeList) -> Vec<String> {
        let (_, rows) = equipment.rows.iter().find(|(list, _)| *list == wanted).unwrap();
        rows.iter().map(|row| row.code.clone()).collect()
    }

    #[test]
    fn lists_and_profiles_from_files_judge_and_are_served() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("units.csv"), LIST).unwrap();
        let more = LIST.replace("# list: unit-measures", "# adds-to: statements");
        std::fs::write(
            folder.path().join("more.csv"),
            more.replace("code,kind,symbol,text\nKGM,WEIGHT,kg,", "code,text\nX,"),
        )
        .unwrap();
        std::fs::write(folder.path().join("overlay.txt"), "# profile: national\nelement-order = severe\n").unwrap();
        let settings = ValidationSettings {
            lists: vec!["units.csv".into(), "more.csv".into()],
            profile: "overlay.txt".to_owned(),
            ..ValidationSettings::default()
        };
        let equipment = settings.open(folder.path()).unwrap();
        assert_eq!(rows_of(&equipment, CodeList::UnitMeasures), ["KGM"]);
        let statements = rows_of(&equipment, CodeList::Statements);
        assert!(1 < statements.len() && statements.last().is_some_and(|code| code == "X"), "{statements:?}");
        let certificate = phytohub_certificates::typical(1, "QM", "QZ", "QM-1").replace("\"KGM\"", "\"GRM\"");
        let judgement = equipment.judge.judge(certificate.as_bytes(), None, None);
        assert!(judgement.broken.iter().any(|broken| broken.rule == "unit-code"), "{judgement:?}");
    }

    #[test]
    fn what_cannot_be_used_is_told_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bad.csv"), LIST.replace("2030-01-01\ncode", "soon\ncode")).unwrap();
        std::fs::write(folder.path().join("other.csv"), LIST.replace("unit-measures", "colours")).unwrap();
        std::fs::write(folder.path().join("bad.txt"), "# profile: a\nno-rule = off\n").unwrap();
        let default = ValidationSettings::default;
        for (settings, says) in [
            (ValidationSettings { lists: vec!["bad.csv".into()], ..default() }, "bad.csv: line 4"),
            (ValidationSettings { lists: vec!["other.csv".into()], ..default() }, "colours"),
            (ValidationSettings { lists: vec!["none.csv".into()], ..default() }, "none.csv: cannot be read"),
            (ValidationSettings { profile: "bad.txt".to_owned(), ..default() }, "bad.txt: line 2"),
            (ValidationSettings { profile: "loud".to_owned(), ..default() }, "ippc, lenient, strict"),
            (ValidationSettings { validator: "bad.txt".into(), ..default() }, "no WebAssembly module"),
            (ValidationSettings { validator: "none.wasm".into(), ..default() }, "none.wasm: it cannot be read"),
        ] {
            let error = settings.open(folder.path()).err().unwrap();
            assert!(error.contains(says), "{error}");
        }
    }
}
