//! `phytoval`: judges certificates in files, folders or on standard input.
//!
//! Exit code 0: nothing severe was found; 1: something severe was, or a certificate could not be determined; 2: a file
//! or the call could not be used.

mod rules;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use phytoval::{Messages, PROFILES, Profile, Validator};

/// Judges electronic phytosanitary certificates.
#[derive(Parser)]
#[command(name = "phytoval", version, about, after_help = "Example: phytoval --format json certificate.xml")]
struct Arguments {
    /// Files, folders (all *.xml inside), or - for standard input.
    #[arg(required_unless_present_any = ["list_rules", "explain"])]
    files: Vec<PathBuf>,
    /// Text for people, or JSON: one report a line.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// A built-in profile (ippc, lenient, strict), or the path of a national overlay.
    #[arg(long, default_value = "ippc", value_name = "NAME|FILE")]
    profile: String,
    /// A code list that takes the place of the one it names; may be given several times.
    #[arg(long, value_name = "FILE")]
    list: Vec<PathBuf>,
    /// The language of the report as text, and of the sentences and hints in JSON.
    #[arg(long, default_value = "en", value_name = "en|fr|es|ru|ar|zh")]
    lang: String,
    /// A file of messages in one more language, or in other words; takes the place of --lang.
    #[arg(long, value_name = "FILE", conflicts_with = "lang")]
    messages: Option<PathBuf>,
    /// Shows all rules and ends.
    #[arg(long)]
    list_rules: bool,
    /// Shows what a rule means and ends.
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// A call or a file that cannot be used.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments, &mut std::io::stdout().lock()) {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            // Nothing is left to do where standard error is closed.
            let _ = writeln!(std::io::stderr(), "phytoval: {problem}");
            ExitCode::from(UNUSABLE)
        }
    }
}

fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<u8, String> {
    let messages = &messages(arguments)?;
    let validator = validator(arguments)?;
    if arguments.list_rules {
        return print(out, &rules::list(&validator.profile, messages)).map(|()| 0);
    }
    if let Some(id) = &arguments.explain {
        return print(out, &rules::explain(id, &validator.profile, messages)?).map(|()| 0);
    }
    let mut worst = 0;
    for path in files(&arguments.files)? {
        let content = bytes(&path)?;
        let report = validator.validate(&content, None);
        worst = worst.max(u8::from(report.refuses()));
        let name = path.display().to_string();
        match arguments.format {
            Format::Text => print(out, &report.to_text(&name, &Validator::text(&content), messages))?,
            Format::Json => print(out, &format!("{}\n", report.to_json(messages)))?,
        }
    }
    Ok(worst)
}

fn messages(arguments: &Arguments) -> Result<Messages, String> {
    match &arguments.messages {
        Some(path) => Messages::parse(&text(path)?).map_err(|error| format!("{}: {error}", path.display())),
        None => Messages::of(&arguments.lang).cloned().ok_or_else(|| {
            format!(
                "there are no messages in '{}': use one of {}, or a file of messages (--messages FILE)",
                arguments.lang,
                Messages::languages().collect::<Vec<_>>().join(", ")
            )
        }),
    }
}

fn validator(arguments: &Arguments) -> Result<Validator, String> {
    let profile = match Profile::named(&arguments.profile) {
        Some(profile) => profile,
        None if Path::new(&arguments.profile).is_file() => Profile::parse(&text(Path::new(&arguments.profile))?)
            .map_err(|error| format!("{}: {error}", arguments.profile))?,
        None => {
            return Err(format!(
                "there is no profile '{}': use one of {}, or the path of an overlay",
                arguments.profile,
                PROFILES.join(", ")
            ));
        }
    };
    let mut validator = Validator { profile, ..Validator::default() };
    for path in &arguments.list {
        validator.lists.load(&text(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(validator)
}

/// The files that are meant: folders give their certificates in the order of names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let fail = |error| format!("{}: {error}", path.display());
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(fail)? {
            let entry = entry.map_err(fail)?.path();
            if entry.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) {
                inside.push(entry);
            }
        }
        if inside.is_empty() {
            return Err(format!("{}: the folder has no *.xml", path.display()));
        }
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    if path == Path::new("-") {
        let mut content = Vec::new();
        std::io::stdin().read_to_end(&mut content).map_err(|error| format!("standard input: {error}"))?;
        return Ok(content);
    }
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn print(out: &mut dyn Write, text: &str) -> Result<(), String> {
    out.write_all(text.as_bytes()).map_err(|error| format!("standard output: {error}"))
}
