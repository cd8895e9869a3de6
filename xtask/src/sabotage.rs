//! Break what tests must notice, and see that they do.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::build;
use crate::run::{cargo, step, target_dir};

/// The tests that must fail when documents are created by a plain swap.
const FIRST_WRITES: &str = "first_writes";

/// Builds the profiles component with creation by a plain swap, and expects the tests of first writes to fail.
pub fn sabotage() -> Result<()> {
    let built = build::all()?;
    let broken = target_dir().join("sabotage");
    fs::create_dir_all(&broken)?;
    for name in build::COMPONENTS {
        let file = format!("{name}.wasm");
        fs::copy(built.components.join(&file), broken.join(&file)).with_context(|| file.clone())?;
    }
    build::component(
        "profiles",
        &["--features", "rapport-store/sabotage-plain-swap"],
    )?;
    fs::copy(
        built.components.join("profiles.wasm"),
        broken.join("profiles.wasm"),
    )?;
    // What is served and tested from now on is whole again.
    build::component("profiles", &[])?;
    let tests = |components: &std::path::Path| {
        let mut tests = cargo(&["test", "--package", "rapport-tests", FIRST_WRITES]);
        tests
            .env("RAPPORT_HOST", &built.host)
            .env("RAPPORT_COMPONENTS", components);
        tests
    };
    // Whole, they pass: so it is the swap that makes them fail.
    step("test first writes", &mut tests(&built.components))?;
    match step("test first writes with a plain swap", &mut tests(&broken)) {
        Ok(()) => bail!("the tests pass though acknowledged writes are lost: they prove nothing"),
        Err(_) => {
            eprintln!("    they fail, as they must");
            Ok(())
        }
    }
}
