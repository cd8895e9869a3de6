//! Build, then measure.

use anyhow::Result;

use crate::build::{self, Profile};
use crate::run::{cargo, step};

/// Runs the benches, or those whose name has `filter`, on the host as it is deployed.
pub fn bench(filter: &[String]) -> Result<()> {
    let (built, baselines) = build::all_and(Profile::Dist, build::baselines)?;
    let mut bench = cargo(&["run", "--release", "--package", "rapport-benches", "--"]);
    bench
        .env("RAPPORT_HOST", &built.host)
        .env("RAPPORT_COMPONENTS", &built.components)
        .env("RAPPORT_BASELINES", baselines)
        .args(filter);
    step("measure", &mut bench)
}
