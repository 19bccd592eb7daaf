//! What `--list-rules` and `--explain` show.

use phytoval::{Messages, Profile, RULES_EDITION, Rule};

/// One line a rule: id, level in the profile, area, sentence.
pub(crate) fn list(profile: &Profile, messages: &Messages) -> String {
    let mut text = String::new();
    for &rule in Rule::ALL {
        let entry = rule.entry();
        text.push_str(&format!(
            "{:28} {:7} {:17} {}\n",
            entry.id,
            level(rule, profile),
            entry.area.as_str(),
            messages.sentence(entry.id)
        ));
    }
    text.push_str(&format!("{} rules, edition {RULES_EDITION}, profile {}\n", Rule::ALL.len(), profile.name()));
    text
}

/// All that the catalogue says of one rule.
pub(crate) fn explain(id: &str, profile: &Profile, messages: &Messages) -> Result<String, String> {
    let rule = Rule::find(id).ok_or_else(|| format!("there is no rule '{id}': --list-rules shows all"))?;
    let entry = rule.entry();
    Ok(format!(
        "{id}\n  says:    {}\n  to do:   {}\n  level:   {} in the profile {}\n  area:    {}\n  source:  {}\n",
        messages.sentence(id),
        messages.hint(id),
        level(rule, profile),
        profile.name(),
        entry.area.as_str(),
        entry.source
    ))
}

fn level(rule: Rule, profile: &Profile) -> &'static str {
    profile.level(rule).map_or("off", phytohub_model::Level::as_str)
}
