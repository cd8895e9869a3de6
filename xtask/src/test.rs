//! Build, then every test; or see that tests can fail.

use anyhow::Result;

use crate::build;
use crate::run::{cargo, step};
use crate::sabotage;

/// Runs every test, or those whose name has `filter`; with `--sabotage`, see [`sabotage`].
///
/// The host and what it needs are built once, in release, and so are its own tests: wasmtime takes minutes to build, and is slow
/// without optimisation.
pub fn test(filter: &[String]) -> Result<()> {
    if let Some(("--sabotage", names)) = filter.split_first().map(|(f, rest)| (f.as_str(), rest)) {
        return sabotage::sabotage(names);
    }
    let (built, _) = build::all_and(build::baselines)?;
    let mut unit = cargo(&[
        "test",
        "--workspace",
        "--exclude",
        "rapport",
        "--exclude",
        "rapport-tests",
        // It has no tests; `cargo xtask lint` compiles it.
        "--exclude",
        "rapport-benches",
        // What they compare with takes minutes to build.
        "--exclude",
        "rapport-rules-bench",
    ]);
    step(
        "test the crates and the components' routes",
        unit.args(filter),
    )?;
    let mut host = cargo(&["test", "--release", "--package", "rapport"]);
    step("test the host", host.args(filter))?;
    let mut end_to_end = cargo(&["test", "--package", "rapport-tests"]);
    end_to_end
        .env("RAPPORT_HOST", &built.host)
        .env("RAPPORT_COMPONENTS", &built.components)
        .args(filter);
    step("test the service over HTTP", &mut end_to_end)
}
