//! Build, then every test; or see that tests can fail.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::build::{self, Built, Profile};
use crate::dist;
use crate::run::{beside, cargo, step, target_dir};
use crate::sabotage;

/// Tests over HTTP that mostly wait for a minute of the platform's clock to pass: so long may a request be under way. They run beside the
/// others, all at once, and leave the processors to them. A name that fits no test any more only makes all of it slower.
const WAITING: [&str; 3] = [
    "audiences::a_definition_saved_while_32_clients_write",
    "pages::segments",
    "tags::a_merge_while_eight_clients_write",
];

/// Runs every test, or those whose name has `filter`; with `--sabotage`, see [`sabotage`].
///
/// The host and what it needs are built once, in release, and so are its own tests: wasmtime takes minutes to build, and is slow
/// without optimisation.
pub fn test(filter: &[String]) -> Result<()> {
    if let Some(("--sabotage", names)) = filter.split_first().map(|(f, rest)| (f.as_str(), rest)) {
        return sabotage::sabotage(names);
    }
    // The host's own tests serve the bare components.
    let (built, _) = build::all_and(Profile::Release, build::baselines)?;
    let unit = || {
        cargo(&[
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
        ])
    };
    let host = || cargo(&["test", "--release", "--package", "rapport"]);
    step(
        "build the tests of the crates and of the components' routes",
        unit().arg("--no-run"),
    )?;
    // Each of those tests has a program of its own, and the longest ones leave a processor idle.
    let more = [
        beside("build the tests of the host", host().arg("--no-run"))?,
        beside("build the tests over HTTP", http(&built).arg("--no-run"))?,
    ];
    step(
        "test the crates and the components' routes",
        unit().args(filter),
    )?;
    for built in more {
        built.finish()?;
    }
    step("test the host", host().args(filter))?;
    dist::lay_out(&built, &laid_out())?;
    over_http(&built, filter)
}

/// The folder that is laid out as `cargo xtask dist` does, to see that it serves.
fn laid_out() -> PathBuf {
    target_dir().join("laid-out")
}

fn http(built: &Built) -> Command {
    let mut test = cargo(&["test", "--package", "rapport-tests"]);
    test.env("RAPPORT_HOST", &built.host)
        .env("RAPPORT_COMPONENTS", &built.components)
        .env("RAPPORT_LAID_OUT", laid_out());
    test
}

fn over_http(built: &Built, filter: &[String]) -> Result<()> {
    let what = "test the service over HTTP";
    if !filter.is_empty() {
        return step(what, http(built).args(filter));
    }
    let at_once = format!("--test-threads={}", WAITING.len());
    let waiting = beside(
        "test over HTTP what waits for a minute",
        http(built)
            .args(["--test", "http", "--", &at_once])
            .args(WAITING),
    )?;
    let skipped = WAITING.iter().flat_map(|name| ["--skip", name]);
    step(what, http(built).arg("--").args(skipped))?;
    waiting.finish()
}
