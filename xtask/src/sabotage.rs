//! Break what tests must notice, and see that they do.
//!
//! A sabotage is a feature of the crate concerned. The tests named with it pass without the feature and must fail with it; where
//! one still passes, it proves nothing, and the command fails.
//!
//! - `outcome`: what became of a test, read off what it printed.
//! - `over_http`: the same through a component in the bundled host.

mod outcome;
mod over_http;

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::run::cargo;
use outcome::{Outcome, of_test};

/// A defect, and the tests that must notice it.
struct Sabotage {
    /// What it is called here; its feature is `sabotage-` and this.
    name: &'static str,
    /// What it does.
    what: &'static str,
    /// The crate that has the feature.
    broken: &'static str,
    /// The package of the tests: they are in its program `all`.
    package: &'static str,
    /// The tests, each by its module and its name.
    tests: &'static [&'static str],
}

const SABOTAGES: [Sabotage; 5] = [
    Sabotage {
        name: "plain-swap",
        what: "documents are created by a plain swap",
        broken: "rapport-store",
        package: "rapport-store",
        // Those to one document alone meet too seldom.
        tests: &["creation::three_first_writes_to_each_of_sixty_four_documents_are_all_kept"],
    },
    Sabotage {
        name: "forgotten-outbox",
        what: "an outbox is never replayed, neither by the next commit nor by a tick",
        broken: "rapport-store",
        package: "rapport-store",
        tests: &[
            "parking::a_tick_carries_out_what_a_crash_left",
            "parking::a_tick_finds_the_effects_of_a_crash_at_any_point",
            "parking::the_next_commit_finds_the_effects_of_a_crash_at_any_point",
        ],
    },
    Sabotage {
        name: "blind-retry",
        what: "a lost swap is retried with the value of before",
        broken: "rapport-store",
        package: "rapport-store",
        tests: &["update::a_hundred_updates_at_once_are_all_kept_and_each_has_its_revision"],
    },
    Sabotage {
        name: "no-id-pages",
        what: "ids that have left the account are not looked up",
        broken: "rapport-loyalty",
        package: "rapport-records",
        tests: &["orders::an_order_earns_once_even_after_hundreds_of_other_movements"],
    },
    Sabotage {
        name: "fresh-orders",
        what: "a tracked order earns each time its effect is delivered",
        broken: "rapport-records",
        package: "rapport-records",
        tests: &[
            "orders::an_order_earns_once_though_its_effect_is_delivered_again",
            "orders::an_order_earns_once_whenever_a_crash_comes",
        ],
    },
];

/// Runs the sabotages of these names, or all of them. One line for each; cargo is heard only where something cannot be built.
pub fn sabotage(names: &[String]) -> Result<()> {
    let known = || {
        let native = SABOTAGES.iter().map(|sabotage| sabotage.name);
        native.chain([over_http::NAME])
    };
    if let Some(stranger) = names.iter().find(|name| !known().any(|k| k == *name)) {
        let known: Vec<_> = known().collect();
        bail!(
            "there is no sabotage {stranger:?}; there are {}",
            known.join(", ")
        );
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|n| n == name);
    let mut unnoticed = Vec::new();
    for sabotage in SABOTAGES.iter().filter(|sabotage| wanted(sabotage.name)) {
        let start = Instant::now();
        let result = prove(
            sabotage.tests,
            || Ok(sabotage.command(&[])),
            || Ok(sabotage.command(&["--features", &sabotage.feature()])),
        );
        report(sabotage.name, sabotage.what, start, result, &mut unnoticed)?;
    }
    if wanted(over_http::NAME) {
        let start = Instant::now();
        let result = over_http::prove();
        report(
            over_http::NAME,
            over_http::WHAT,
            start,
            result,
            &mut unnoticed,
        )?;
    }
    if !unnoticed.is_empty() {
        bail!("{}", unnoticed.join("\n"));
    }
    Ok(())
}

impl Sabotage {
    fn feature(&self) -> String {
        format!("{}/sabotage-{}", self.broken, self.name)
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = cargo(&["test", "--quiet", "--package", self.package]);
        command.args(["--test", "all"]).args(more);
        command
    }
}

/// Runs `tests` by the command `whole` makes, where they must pass, and by the one `broken` makes, where they must fail.
/// Answers those that pass though they must not.
fn prove(
    tests: &[&'static str],
    whole: impl FnOnce() -> Result<Command>,
    broken: impl FnOnce() -> Result<Command>,
) -> Result<Vec<&'static str>> {
    let whole = outcome::run(whole()?, tests)?;
    for test in tests {
        match of_test(&whole, test) {
            Outcome::Passed => {}
            // Then it cannot be the sabotage that makes it fail.
            Outcome::Failed => bail!("{test} fails without sabotage:\n{whole}"),
            Outcome::Absent => bail!("there is no test {test}"),
        }
    }
    let broken = outcome::run(broken()?, tests)?;
    let mut passed = Vec::new();
    for &test in tests {
        match of_test(&broken, test) {
            Outcome::Failed => {}
            Outcome::Passed => passed.push(test),
            Outcome::Absent => bail!("{test} ended without a result:\n{broken}"),
        }
    }
    Ok(passed)
}

/// The line of one sabotage. What went unnoticed is kept for the end, so that the rest is still tried.
fn report(
    name: &str,
    what: &str,
    start: Instant,
    result: Result<Vec<&'static str>>,
    unnoticed: &mut Vec<String>,
) -> Result<()> {
    let seconds = start.elapsed().as_secs_f64();
    let passed = result.map_err(|error| error.context(format!("sabotage {name}")))?;
    if passed.is_empty() {
        println!("noticed    {name}: {what} ({seconds:.1} s)");
        return Ok(());
    }
    println!("UNNOTICED  {name}: {what} ({seconds:.1} s)");
    for test in passed {
        unnoticed.push(format!(
            "sabotage {name}: the test {test} passes though {what}; it proves nothing"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What prints this, as a run of tests would, whatever its arguments are.
    fn printing(text: &str) -> Result<Command> {
        let mut command = Command::new("printf");
        command.arg(text);
        Ok(command)
    }

    fn proved(whole: &str, broken: &str) -> Result<Vec<&'static str>> {
        prove(&["one", "two"], || printing(whole), || printing(broken))
    }

    const WHOLE: &str = "test one ... ok\ntest two ... ok\n";

    #[test]
    fn every_sabotage_names_tests_that_are_there() {
        for sabotage in &SABOTAGES {
            let package = sabotage.package.trim_start_matches("rapport-");
            let folder = crate::run::root().join("crates").join(package);
            for test in sabotage.tests {
                let (module, name) = test.split_once("::").expect("a module and a name");
                let file = folder.join(format!("tests/all/{module}.rs"));
                let text = std::fs::read_to_string(&file).expect(module);
                assert!(text.contains(&format!("fn {name}(")), "{test}");
            }
        }
    }

    #[test]
    fn tests_that_fail_with_the_sabotage_have_noticed_it() {
        let noticed = proved(WHOLE, "test one ... FAILED\ntest two ... FAILED\n");
        assert!(noticed.is_ok_and(|passed| passed.is_empty()));
    }

    #[test]
    fn a_test_that_passes_with_the_sabotage_fails_the_command_by_name() {
        let passed = proved(WHOLE, "test one ... FAILED\ntest two ... ok\n");
        let mut unnoticed = Vec::new();
        let told = report(
            "swap",
            "writes are lost",
            Instant::now(),
            passed,
            &mut unnoticed,
        );
        assert!(told.is_ok());
        assert_eq!(
            unnoticed,
            ["sabotage swap: the test two passes though writes are lost; it proves nothing"]
        );
    }

    #[test]
    fn a_test_that_fails_anyway_or_does_not_run_proves_nothing() {
        let broken = "test one ... FAILED\ntest two ... FAILED\n";
        for whole in [broken, "test one ... ok\n", ""] {
            assert!(proved(whole, broken).is_err(), "{whole}");
        }
        assert!(proved(WHOLE, "test one ... FAILED\n").is_err());
    }

    #[test]
    fn each_name_is_that_of_one_sabotage() {
        let mut names: Vec<_> = SABOTAGES.iter().map(|sabotage| sabotage.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SABOTAGES.len());
    }
}
