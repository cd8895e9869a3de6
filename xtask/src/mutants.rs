//! Change the store, or the points ledger, in every small way, and see what no test notices.
//!
//! - `list`: what is to be changed, by cargo-mutants.
//! - `weave`: all changes of a file in one.
//! - `tree`: the copy of the workspace that they are woven into, and what of them compiles.
//! - `judge`: what tests say of one change after the other.

mod judge;
mod list;
mod tree;
mod weave;

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::run::{cargo, step, target_dir};
use judge::{Judge, Verdict};
use tree::Tree;

/// Runs cargo-mutants on `crates/store` by `.cargo/mutants.toml`, or, where the first argument is `loyalty`, on `crates/loyalty` by
/// `.cargo/mutants-loyalty.toml`. Each survivor is a change that no test notices: a missing test, or code that makes no difference.
///
/// `arguments` are cargo-mutants' own: `--file` for some files, `--list` to see what would be changed, `--shard 0/8` for a part. With
/// `--woven` before them all changes are compiled together, which takes minutes instead of hours (see [`woven`]).
pub fn mutants(arguments: &[String]) -> Result<()> {
    let installed = cargo(&["mutants", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !installed.success() {
        bail!("cargo-mutants is not installed; cargo install cargo-mutants --locked");
    }
    let (package, config, rest) = match arguments.split_first() {
        Some((first, rest)) if first == "loyalty" => {
            ("rapport-loyalty", ".cargo/mutants-loyalty.toml", rest)
        }
        _ => ("rapport-store", ".cargo/mutants.toml", arguments),
    };
    if let Some((first, rest)) = rest.split_first()
        && first == "--woven"
    {
        return woven(package, config, rest);
    }
    let arguments_of = ["mutants", "--config", config, "--package", package];
    let mut mutants = cargo(&arguments_of);
    // It builds in a copy of the tree, and what is built there is broken: it must never be taken for ours.
    mutants
        .arg("--output")
        .arg(target_dir())
        .args(rest)
        .env_remove("CARGO_TARGET_DIR");
    step("change the code and see what no test notices", &mut mutants)
}

/// The same changes, compiled together: each function chooses by the environment which of them it has, and a change costs no more than the
/// tests that notice it.
///
/// `--skip NAME` leaves tests out, `--like TEXT` takes only changes whose name has it, `--again` only those that were missed the last time;
/// other arguments are cargo-mutants'. What was found stands in `mutants.woven` in the target folder.
fn woven(package: &str, config: &str, arguments: &[String]) -> Result<()> {
    let (mut skipped, mut like, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let mut again = false;
    let mut arguments = arguments.iter().cloned();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--skip" => skipped.extend(arguments.next()),
            "--like" => like.extend(arguments.next()),
            "--again" => again = true,
            _ => others.push(argument),
        }
    }
    let folder = target_dir().join("mutants.woven");
    let mutants = list::list(package, config, &others)?;
    // A constant is the same for all.
    let (inside, outside): (Vec<_>, Vec<_>) = mutants
        .into_iter()
        .partition(|mutant| mutant.function.is_some());
    let file = inside.first().map_or("", |mutant| mutant.file.as_str());
    let source = file.split("/src/").next().unwrap_or_default();
    let tree = Tree::copy(&folder, package, source)?;
    let unviable = tree.weave(&inside)?;
    let judge = Judge::new(tree.binaries()?, skipped)?;
    let missed_before = fs::read_to_string(folder.join("missed.txt")).unwrap_or_default();
    let known = |name: &str| missed_before.lines().any(|missed| missed == name);
    let (mut report, mut missed) = (String::new(), String::new());
    let (mut judged, mut count) = (0, 0);
    let start = Instant::now();
    for mutant in &inside {
        let asked = like.is_empty() || like.iter().any(|like| mutant.name.contains(like));
        if unviable.contains(&mutant.number) || !asked || again && !known(&mutant.name) {
            continue;
        }
        let verdict = judge.judge(mutant.number)?;
        judged += 1;
        writeln!(report, "{}: {verdict}", mutant.name)?;
        if verdict == Verdict::Missed {
            count += 1;
            println!("{}", mutant.name);
            writeln!(missed, "{}", mutant.name)?;
        }
        fs::write(folder.join("report.txt"), &report)?;
    }
    fs::write(folder.join("missed.txt"), missed)?;
    for mutant in &outside {
        println!("{}: not in a function, not tried", mutant.name);
    }
    let took = start.elapsed().as_secs();
    println!(
        "{judged} changes in {took} s: {count} missed; {} more do not compile, {} are in constants",
        unviable.len(),
        outside.len()
    );
    Ok(())
}
