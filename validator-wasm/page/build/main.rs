//! Builds the validator's package for JavaScript, and gathers the files of the page around it.

#![expect(clippy::print_stdout, reason = "that is how a build script talks to cargo")]

mod catalogue;

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use phytoval::Messages;
use phytoval_build::{Instructions, module};
use wasm_bindgen_cli_support::Bindgen;

/// Folders whose files are in the package.
const SOURCES: [&str; 5] = [
    "engine/model/src",
    "validator-wasm/codelists",
    "validator-wasm/core/src",
    "validator-wasm/js",
    "validator-wasm/messages",
];

/// What wasm-bindgen writes beside the module: the code that carries values over, and its types.
const GLUE: [&str; 2] = ["phytoval_glue.js", "phytoval_glue.d.ts"];

/// The script that keeps the page for use without a network.
const OFFLINE: &str = "offline.js";

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            for line in problem.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    for folder in ["assets", "build", "words"] {
        println!("cargo::rerun-if-changed={}", here.join(folder).display());
    }
    let plain = package(&out, Instructions::Plain, "phytoval.wasm")?;
    let simd = package(&out, Instructions::Simd, "phytoval-simd.wasm")?;
    for file in GLUE {
        if read(&plain.join(file))? != read(&simd.join(file))? {
            return Err(format!("{file} is not the same for both modules, so one cannot stand for both"));
        }
    }
    let beside = here.parent().ok_or("the folder of the validator was not found")?;
    let mut common = Files::default();
    for name in ["phytoval.wasm", "phytoval-simd.wasm", "phytoval_glue.js"] {
        common.add(name, out.join(name));
    }
    common.add("phytoval.js", beside.join("js/phytoval.js"));
    common.folder("messages", &beside.join("messages"), "txt")?;

    let mut package = common.clone();
    package.add("phytoval_glue.d.ts", out.join("phytoval_glue.d.ts"));
    for name in ["phytoval.d.ts", "package.json", "README.md"] {
        package.add(name, beside.join("js").join(name));
    }
    package.add("report.schema.json", beside.join("report.schema.json"));

    let mut page = common;
    for kind in ["css", "html", "js", "svg"] {
        page.folder("", &here.join("assets"), kind)?;
    }
    page.folder("words", &here.join("words"), "json")?;
    page.rules(&here.join("words"), &out)?;
    page.keep_offline(&out)?;

    page.write(&out.join("page.rs"))?;
    package.write(&out.join("package.rs"))
}

/// Files by the path that they get.
#[derive(Clone, Default)]
struct Files(BTreeMap<String, PathBuf>);

impl Files {
    fn add(&mut self, path: &str, file: PathBuf) {
        self.0.insert(path.to_owned(), file);
    }

    /// All files of a folder with an extension, below `prefix`.
    fn folder(&mut self, prefix: &str, folder: &Path, extension: &str) -> Result<(), String> {
        let fail = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(fail)? {
            let file = entry.map_err(fail)?.path();
            if file.extension().is_some_and(|found| found == extension) {
                let name = file.file_name().and_then(|name| name.to_str()).ok_or("a file without a name")?;
                let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
                self.add(&path, file);
            }
        }
        Ok(())
    }

    /// Adds the catalogue of rules, a page for each language.
    fn rules(&mut self, words: &Path, out: &Path) -> Result<(), String> {
        let cases = phytoval_conformance::cases().map_err(|problem| problem.to_string())?;
        let languages: Vec<&Messages> = Messages::languages().filter_map(Messages::of).collect();
        for messages in &languages {
            let language = messages.language();
            let words = read(&words.join(language).with_extension("json"))?;
            let words = serde_json::from_slice(&words).map_err(|error| format!("words in {language}: {error}"))?;
            let file = out.join(format!("rules-{language}.html"));
            fs::write(&file, catalogue::page(&words, messages, &languages, &cases)?)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            self.add(&format!("rules/{language}.html"), file);
        }
        Ok(())
    }

    /// Tells the script that keeps the page for use without a network which files there are, and of what version.
    fn keep_offline(&mut self, out: &Path) -> Result<(), String> {
        let mut hasher = DefaultHasher::new();
        for file in self.0.values() {
            hasher.write(&read(file)?);
        }
        let script = self.0.get(OFFLINE).ok_or("the script for use without a network is missing")?;
        let script = String::from_utf8(read(script)?).map_err(|error| format!("{OFFLINE}: {error}"))?;
        let names: Vec<&str> = self.0.keys().map(|path| if path == "index.html" { "./" } else { path }).collect();
        let script =
            script.replace("@VERSION@", &format!("{:016x}", hasher.finish())).replace("@FILES@", &names.join("\", \""));
        let file = out.join(OFFLINE);
        fs::write(&file, script).map_err(|error| format!("{}: {error}", file.display()))?;
        self.add(OFFLINE, file);
        Ok(())
    }

    /// Writes the Rust that embeds them: a slice of `File`.
    fn write(&self, target: &Path) -> Result<(), String> {
        let mut code = "&[\n".to_owned();
        for (path, file) in &self.0 {
            let media = media_type(path).ok_or_else(|| format!("{path}: its media type is not known"))?;
            let file = file.to_str().ok_or_else(|| format!("{}: the path is not UTF-8", file.display()))?;
            writeln!(code, "File {{ path: {path:?}, media_type: {media:?}, bytes: include_bytes!({file:?}) }},")
                .map_err(|error| error.to_string())?;
        }
        code.push_str("]\n");
        fs::write(target, code).map_err(|error| format!("{}: {error}", target.display()))
    }
}

/// What a server says of a file. Browsers refuse scripts, modules and styles that are served as something else.
fn media_type(path: &str) -> Option<&'static str> {
    Some(match Path::new(path).extension()?.to_str()? {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "md" | "ts" | "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        _ => return None,
    })
}

/// Builds one form of the module with its JavaScript and puts it into `OUT_DIR` as `name`; gives the folder.
fn package(out: &Path, instructions: Instructions, name: &str) -> Result<PathBuf, String> {
    let built = module("phytoval-js", &[], instructions, &SOURCES)?;
    let folder = out.join(name).with_extension("package");
    let fail = |error: &dyn std::fmt::Display| format!("wasm-bindgen, {}: {error}", built.display());
    Bindgen::new()
        .input_path(&built)
        .out_name("phytoval_glue")
        .web(true)
        .map_err(|error| fail(&error))?
        .omit_default_module_path(true)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&folder)
        .map_err(|error| fail(&error))?;
    copy(&folder.join("phytoval_glue_bg.wasm"), &out.join(name))?;
    for file in GLUE {
        copy(&folder.join(file), &out.join(file))?;
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
