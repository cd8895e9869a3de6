//! Build, then every test.

use anyhow::Result;

use crate::build;
use crate::run::{cargo, step};

/// Runs every test, or those whose name has `filter`.
///
/// The host and what it needs are built once, in release, and so are its own tests: wasmtime takes minutes to build, and is slow
/// without optimisation.
pub fn test(filter: &[String]) -> Result<()> {
    let built = build::all()?;
    build::baselines()?;
    let mut unit = cargo(&[
        "test",
        "--workspace",
        "--exclude",
        "rapport",
        "--exclude",
        "rapport-tests",
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
