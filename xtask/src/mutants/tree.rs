//! The copy of the workspace that changes are woven into, and what of them compiles.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::list::Mutant;
use super::weave::{ACTIVE, weave};
use crate::run::{cargo, root};

/// The copy.
pub struct Tree {
    path: PathBuf,
    target: PathBuf,
    package: String,
}

/// The lines of a file on which each change stands.
type Places = Vec<(Range<usize>, usize)>;

/// A test binary.
pub struct Binary {
    /// `lib`, or the name of the file in `tests`.
    pub name: String,
    pub path: PathBuf,
    /// Where it expects to be run.
    pub folder: PathBuf,
}

impl Tree {
    /// A fresh copy, at `path`, of what git knows of the workspace. What was built for an earlier copy is kept.
    pub fn copy(path: &Path, package: &str, folder: &str) -> Result<Self> {
        let listed = Command::new("git")
            .current_dir(root())
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .output()?;
        let names = String::from_utf8(listed.stdout)?;
        let tree = path.join("tree");
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (root().join(name), tree.join(name));
            let Ok(bytes) = fs::read(&from) else { continue };
            fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
            // What changes are woven into is written with them.
            if !(to.exists() && name.starts_with(&format!("{folder}/src/"))) {
                write_changed(&to, &bytes)?;
            }
        }
        Ok(Self {
            path: tree,
            target: path.join("target"),
            package: package.to_owned(),
        })
    }

    /// Weaves the changes in. Those that do not compile are left out, and answered.
    pub fn weave(&self, mutants: &[Mutant]) -> Result<BTreeSet<usize>> {
        // What did not compile before does not now, most likely: so nothing need be built again where nothing has changed.
        let noted = self.path.with_file_name("unviable.txt");
        let known = fs::read_to_string(&noted).unwrap_or_default();
        let known: BTreeSet<&str> = known.lines().collect();
        let before = mutants
            .iter()
            .filter(|mutant| known.contains(mutant.name.as_str()));
        let mut left_out: BTreeSet<usize> = before.map(|mutant| mutant.number).collect();
        loop {
            let lines = self.write(mutants, &left_out)?;
            let errors = self.errors()?;
            let before = left_out.len();
            for (file, on) in &errors {
                let of_file = lines.get(file).into_iter().flatten();
                let met = of_file.filter(|(lines, _)| on.iter().any(|n| lines.contains(n)));
                left_out.extend(met.map(|(_, mutant)| mutant));
            }
            eprintln!("    {} changes do not compile", left_out.len());
            if errors.is_empty() {
                let names = mutants
                    .iter()
                    .filter(|mutant| left_out.contains(&mutant.number));
                let names: Vec<&str> = names.map(|mutant| mutant.name.as_str()).collect();
                fs::write(noted, names.join("\n"))?;
                return Ok(left_out);
            }
            if left_out.len() == before {
                bail!("the woven code does not compile: {errors:?}");
            }
        }
    }

    /// Writes each file with its changes; answers where they stand.
    fn write(
        &self,
        mutants: &[Mutant],
        left_out: &BTreeSet<usize>,
    ) -> Result<BTreeMap<String, Places>> {
        let mut files: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
        for mutant in mutants {
            if !left_out.contains(&mutant.number) {
                files.entry(&mutant.file).or_default().push(mutant);
            }
        }
        let mut all = BTreeMap::new();
        for (file, mutants) in files {
            let woven = weave(&fs::read_to_string(root().join(file))?, &mutants)?;
            write_changed(&self.path.join(file), woven.text.as_bytes())?;
            all.insert(file.to_owned(), woven.lines);
        }
        let folder = mutants.first().map_or("", |mutant| {
            mutant.file.split("/src/").next().unwrap_or_default()
        });
        let main = format!("{folder}/src/lib.rs");
        // Of an earlier call other files may have changes, which have the numbers of that one.
        for file in sources(&format!("{folder}/src"))? {
            if file != main && !all.contains_key(&file) {
                write_changed(&self.path.join(&file), &fs::read(root().join(&file))?)?;
            }
        }
        let text = fs::read_to_string(root().join(&main))?;
        // What a change leaves unused is no news.
        let text = format!("#![allow(warnings)]\n{text}{ACTIVE}");
        write_changed(&self.path.join(&main), text.as_bytes())?;
        Ok(all)
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(arguments);
        command
            .current_dir(&self.path)
            .args([
                "--message-format=json",
                "--profile=mutants",
                "-p",
                &self.package,
            ])
            .env("CARGO_TARGET_DIR", &self.target)
            .stderr(Stdio::inherit());
        command
    }

    /// The lines of each file that have errors.
    fn errors(&self) -> Result<BTreeMap<String, BTreeSet<usize>>> {
        let output = self
            .cargo(&["check", "--quiet", "-p", &self.package])
            .output()?;
        let mut errors: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for message in messages(&output.stdout) {
            let message = &message["message"];
            if message["level"] != "error" {
                continue;
            }
            for span in message["spans"].as_array().into_iter().flatten() {
                let file = span["file_name"].as_str().unwrap_or_default();
                let line = span["line_start"].as_u64().unwrap_or_default();
                if span["is_primary"] == true {
                    let line = usize::try_from(line)?;
                    errors.entry(file.to_owned()).or_default().insert(line);
                }
            }
        }
        if errors.is_empty() && !output.status.success() {
            bail!("cargo check failed without saying where");
        }
        Ok(errors)
    }

    /// Builds the tests: those of the package, or those that `which` says in cargo's words, such as `-p rapport-records --test all`.
    pub fn binaries(&self, which: Option<&str>) -> Result<Vec<Binary>> {
        let own = format!("-p {}", self.package);
        let which = which.unwrap_or(&own).split_whitespace();
        let arguments: Vec<&str> = ["test", "--no-run"].into_iter().chain(which).collect();
        let output = self.cargo(&arguments).output()?;
        if !output.status.success() {
            bail!("the woven tests do not compile");
        }
        let mut binaries = Vec::new();
        for message in messages(&output.stdout) {
            let Some(path) = message["executable"].as_str() else {
                continue;
            };
            let target = &message["target"];
            let is_lib = target["kind"][0] == "lib";
            let name = target["name"].as_str().unwrap_or_default();
            let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
            binaries.push(Binary {
                name: if is_lib { "lib" } else { name }.to_owned(),
                path: path.into(),
                folder: manifest.parent().map(Path::to_owned).unwrap_or_default(),
            });
        }
        Ok(binaries)
    }
}

/// The Rust files below `folder`.
fn sources(folder: &str) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for found in fs::read_dir(root().join(&folder))? {
            let found = found?;
            let name = format!("{folder}/{}", found.file_name().to_string_lossy());
            if found.file_type()?.is_dir() {
                folders.push(name);
            } else if name.ends_with(".rs") {
                files.push(name);
            }
        }
    }
    Ok(files)
}

/// Cargo builds anew what is newer than its build, so what stays the same is left alone.
fn write_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|known| known == bytes) {
        return Ok(());
    }
    Ok(fs::write(path, bytes)?)
}

fn messages(output: &[u8]) -> impl Iterator<Item = Value> {
    let lines = output.split(|byte| *byte == b'\n');
    lines.filter_map(|line| serde_json::from_slice(line).ok())
}
