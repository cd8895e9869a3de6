//! Creation by a plain swap, seen over HTTP: through the profiles component in the bundled host.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::build;
use crate::run::{cargo, target_dir};

/// What it is called.
pub const NAME: &str = "plain-swap-over-http";
/// What it does.
pub const WHAT: &str = "documents are created by a plain swap, over HTTP";

/// First writes to one customer alone meet too seldom.
const TESTS: [&str; 1] =
    ["concurrency::three_first_writes_to_each_of_sixty_four_new_customers_are_all_kept"];

/// Builds the components and the host, and the profiles component broken, too. Answers the tests that do not notice.
pub fn prove() -> Result<Vec<&'static str>> {
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
    let tests = |components: &Path| {
        let mut tests = cargo(&["test", "--quiet", "--package", "rapport-tests"]);
        tests
            .args(["--test", "http"])
            .env("RAPPORT_HOST", &built.host)
            .env("RAPPORT_COMPONENTS", components);
        Ok(tests)
    };
    super::prove(&TESTS, || tests(&built.components), || tests(&broken))
}
