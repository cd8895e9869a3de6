//! Change the store, or the points ledger, in every small way, and see what no test notices.

use std::process::Stdio;

use anyhow::{Result, bail};

use crate::run::{cargo, step, target_dir};

/// Runs cargo-mutants on `crates/store` by `.cargo/mutants.toml`, or, where the first argument is `loyalty`, on `crates/loyalty` by
/// `.cargo/mutants-loyalty.toml`. Each survivor is a change that no test notices: a missing test, or code that makes no difference.
///
/// `arguments` are cargo-mutants' own: `--file` for some files, `--list` to see what would be changed, `--shard 0/8` for a part.
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
