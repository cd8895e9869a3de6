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

use std::fs::{self, File};
use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Result, bail};

use crate::run::{cargo, step, target_dir};
use judge::{Judge, Verdict};
use list::Mutant;
use tree::Tree;

/// Runs cargo-mutants on `crates/store` by `.cargo/mutants.toml`, or, where the first argument is `loyalty` or `records`, on that crate by
/// `.cargo/mutants-loyalty.toml` or `.cargo/mutants-records.toml`. Each survivor is a change that no test notices: a missing test, or code that makes no difference.
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
        Some((first, rest)) if first == "records" => {
            ("rapport-records", ".cargo/mutants-records.toml", rest)
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
/// `--skip NAME` leaves tests out, `--like TEXT` takes only changes whose name has it (several: in that order), `--again` only those that
/// were missed the last time, `--jobs N` tries N at once, `--tests '-p PACKAGE --test FILE'` says which tests are run, if not the crate's own; other arguments are cargo-mutants'. What was found stands in `mutants.woven` in the
/// target folder.
fn woven(package: &str, config: &str, arguments: &[String]) -> Result<()> {
    let (mut skipped, mut like, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let (mut again, mut jobs, mut tests) = (false, 1_usize, None);
    let mut arguments = arguments.iter().cloned();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--skip" => skipped.extend(arguments.next()),
            "--like" => like.extend(arguments.next()),
            "--again" => again = true,
            "--tests" => tests = arguments.next(),
            "--jobs" => {
                jobs = arguments
                    .next()
                    .and_then(|jobs| jobs.parse().ok())
                    .unwrap_or(1)
            }
            _ => others.push(argument),
        }
    }
    let folder = target_dir().join("mutants.woven").join(package);
    let mutants = list::list(package, config, &others)?;
    // A constant is the same for all.
    let (inside, outside): (Vec<_>, Vec<_>) = mutants
        .into_iter()
        .partition(|mutant| mutant.function.is_some());
    let file = inside.first().map_or("", |mutant| mutant.file.as_str());
    let source = file.split("/src/").next().unwrap_or_default();
    let tree = Tree::copy(&folder, package, source)?;
    let unviable = tree.weave(&inside)?;
    let judge = Judge::new(tree.binaries(tests.as_deref())?, skipped)?;
    let missed_before = fs::read_to_string(folder.join("missed.txt")).unwrap_or_default();
    let known = |name: &str| missed_before.lines().any(|missed| missed == name);
    let asked =
        |mutant: &&Mutant| !unviable.contains(&mutant.number) && (!again || known(&mutant.name));
    // What is named first is tried first.
    let rank = |mutant: &&Mutant| like.iter().position(|like| mutant.name.contains(like));
    let mut tried: Vec<&Mutant> = inside.iter().filter(asked).collect();
    tried.retain(|mutant| like.is_empty() || rank(mutant).is_some());
    tried.sort_by_key(rank);
    let start = Instant::now();
    let report = Mutex::new(File::create(folder.join("report.txt"))?);
    let missed = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some(mutant) = tried.get(next.fetch_add(1, Ordering::Relaxed)) {
            let verdict = judge.judge(mutant)?;
            let line = format!("{}: {verdict}\n", mutant.name);
            locked(&report).write_all(line.as_bytes())?;
            if verdict == Verdict::Missed {
                println!("{}", mutant.name);
                let mut missed = locked(&missed);
                missed.push(mutant.name.as_str());
                // At once, as somebody may not wait for the end.
                fs::write(folder.join("missed.txt"), missed.join("\n"))?;
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let mut ended = workers.into_iter().map(|worker| worker.join());
        ended.try_for_each(|ended| ended.unwrap_or_else(|_| bail!("a worker panicked")))
    })?;
    let missed = std::mem::take(&mut *locked(&missed));
    fs::write(folder.join("missed.txt"), missed.join("\n"))?;
    let (judged, count) = (tried.len(), missed.len());
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

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
