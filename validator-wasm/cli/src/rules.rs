//! What `--list-rules` and `--explain` show.

use phytoval::{Messages, Phrase, Profile, RULES_EDITION, Rule};

/// Columns that ids and areas take.
const ID_COLUMNS: usize = 28;
const AREA_COLUMNS: usize = 17;

/// One line a rule: id, level in the profile, area, sentence.
pub(crate) fn list(profile: &Profile, messages: &Messages) -> String {
    let mut text = String::new();
    let levels = [Phrase::Severe, Phrase::Warning, Phrase::Info, Phrase::Off];
    let level_columns = levels.map(|level| messages.phrase(level, &[]).chars().count()).into_iter().max().unwrap_or(0);
    for &rule in Rule::ALL {
        let entry = rule.entry();
        text.push_str(&format!(
            "{:ID_COLUMNS$} {:level_columns$} {:AREA_COLUMNS$} {}\n",
            entry.id,
            level(rule, profile, messages),
            entry.area.as_str(),
            messages.sentence(entry.id)
        ));
    }
    let count = Rule::ALL.len().to_string();
    let values = [("count", count.as_str()), ("edition", RULES_EDITION), ("profile", profile.name())];
    text.push_str(&messages.phrase(Phrase::Rules, &values));
    text.push('\n');
    text
}

/// All that the catalogue says of one rule.
pub(crate) fn explain(id: &str, profile: &Profile, messages: &Messages) -> Result<String, String> {
    let rule = Rule::find(id).ok_or_else(|| format!("there is no rule '{id}': --list-rules shows all"))?;
    let entry = rule.entry();
    let level = level(rule, profile, messages);
    let level = messages.phrase(Phrase::LevelInProfile, &[("level", &level), ("profile", profile.name())]);
    let lines = [
        (Phrase::Says, messages.sentence(id)),
        (Phrase::ToDo, messages.hint(id)),
        (Phrase::Level, &level),
        (Phrase::Area, entry.area.as_str()),
        (Phrase::Source, entry.source),
    ]
    .map(|(label, said)| (messages.phrase(label, &[]), said));
    let columns = lines.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let mut text = format!("{id}\n");
    for (label, said) in lines {
        text.push_str(&format!("  {label:columns$}  {said}\n"));
    }
    Ok(text)
}

fn level(rule: Rule, profile: &Profile, messages: &Messages) -> String {
    messages.phrase(profile.level(rule).map_or(Phrase::Off, Phrase::from), &[])
}
