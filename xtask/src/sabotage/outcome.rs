//! What became of a test, read off what it printed.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What became of a test.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran and passed.
    Passed,
    /// It ran and failed.
    Failed,
    /// It did not run, or not to its end.
    Absent,
}

/// Builds what `cargo_test` tests, which must succeed: a sabotage that does not compile shows nothing. Then runs those tests and
/// no others; answers what they printed, whatever became of them.
pub fn run(mut cargo_test: Command, tests: &[&str]) -> Result<String> {
    let mut build = Command::new(cargo_test.get_program());
    build.args(cargo_test.get_args()).arg("--no-run");
    if let Some(dir) = cargo_test.get_current_dir() {
        build.current_dir(dir);
    }
    let built = build
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("{build:?} cannot be started"))?;
    if !built.success() {
        bail!("{build:?} failed ({built})");
    }
    let output = cargo_test
        .args(["--", "--exact", "--format=pretty", "--color=never"])
        .args(tests)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{cargo_test:?} cannot be started"))?;
    let printed = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

/// What became of `test` by what the run of its file printed.
pub fn of_test(printed: &str, test: &str) -> Outcome {
    let line = |end: &str| format!("test {test} ... {end}");
    let (passed, failed) = (line("ok"), line("FAILED"));
    for printed in printed.lines() {
        if printed == passed {
            return Outcome::Passed;
        }
        if printed == failed {
            return Outcome::Failed;
        }
    }
    Outcome::Absent
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "
running 2 tests
test first_writes_are_kept ... ok
test retries::nothing_is_lost ... FAILED

failures:

---- retries::nothing_is_lost stdout ----
test late ... ok, it said
";

    #[test]
    fn a_test_has_passed_or_failed_by_its_own_whole_line() {
        assert_eq!(of_test(PRINTED, "first_writes_are_kept"), Outcome::Passed);
        assert_eq!(
            of_test(PRINTED, "retries::nothing_is_lost"),
            Outcome::Failed
        );
        for absent in ["first_writes", "nothing_is_lost", "late", ""] {
            assert_eq!(of_test(PRINTED, absent), Outcome::Absent, "{absent}");
        }
    }
}
