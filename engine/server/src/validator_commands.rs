//! `phytohub validator`: what judges, asked and changed through the running hub.

use std::path::{Path, PathBuf};

use crate::cli::ValidatorCommand;
use crate::client;
use crate::validate::{ValidationSettings, ValidatorChange, ValidatorState};
use phytohub_operate::layout::Layout;

/// Runs a command about the validator; gives what it has to say.
///
/// # Errors
/// A sentence for whoever called it.
pub fn validator(command: ValidatorCommand) -> Result<String, String> {
    match command {
        ValidatorCommand::Show { dir, json } => {
            let state = ask(&dir, None)?;
            match json {
                true => serde_json::to_string_pretty(&state).map_err(|error| error.to_string()),
                false => Ok(state.to_string()),
            }
        }
        ValidatorCommand::Shadow { dir, module, profile, lists } => {
            let profile = if Path::new(&profile).is_file() { text(&absolute(profile.into())?)? } else { profile };
            let candidate = ValidationSettings {
                validator: module.map(absolute).transpose()?.unwrap_or_default(),
                profile,
                lists: lists.into_iter().map(absolute).collect::<Result<_, _>>()?,
                ..ValidationSettings::default()
            };
            ask(&dir, Some(ValidatorChange::Shadow { candidate })).map(|state| state.to_string())
        }
        ValidatorCommand::Activate { dir } => {
            let state = ask(&dir, Some(ValidatorChange::Activate))?;
            let ValidationSettings { profile, lists, validator, .. } = &state.base;
            let lists: Vec<String> = lists.iter().map(|list| format!("{:?}", list.display().to_string())).collect();
            Ok(format!(
                "{state}\nuntil the hub ends; to keep it, write into {}:\n\n[validation]\nprofile = {profile:?}\n\
                 lists = [{}]\nvalidator = {:?}",
                Layout::new(&dir).config().display(),
                lists.join(", "),
                validator.display().to_string()
            ))
        }
        ValidatorCommand::Stop { dir } => ask(&dir, Some(ValidatorChange::Stop)).map(|state| state.to_string()),
    }
}

fn ask(dir: &Path, change: Option<ValidatorChange>) -> Result<ValidatorState, String> {
    let layout = Layout::new(dir);
    if layout.lock().is_ok() {
        return Err(format!("no hub runs in {0}: start it (`phytohub serve {0}`)", dir.display()));
    }
    let running = layout.running()?;
    let body = change.map(|change| serde_json::to_vec(&change)).transpose().map_err(|error| error.to_string())?;
    let method = if body.is_some() { "POST" } else { "GET" };
    let answer = client::admin(&layout, &running, method, "/v1/validator", body)?;
    serde_json::from_slice(&answer).map_err(|error| format!("the hub's answer cannot be read: {error}"))
}

/// The hub may run elsewhere than where the person stands.
fn absolute(path: PathBuf) -> Result<PathBuf, String> {
    std::path::absolute(&path).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(path: &Path) -> Result<String, String> {
    path.to_str().map(str::to_owned).ok_or_else(|| format!("{}: the path is no UTF-8", path.display()))
}
