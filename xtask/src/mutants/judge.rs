//! What tests say of one change after the other.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::list::Mutant;
use super::tree::Binary;

/// What a test binary may have, in kilobytes.
const MEMORY_KILOBYTES: u32 = 3_000_000;
/// How a process ends that used up its time, first asked and then made.
const SIGXCPU: i32 = 24;
const SIGKILL: i32 = 9;

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This test failed.
    Caught(String),
    /// Tests of this binary did not end.
    Endless(String),
    Missed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caught(by) => write!(f, "caught by {by}"),
            Self::Endless(by) => write!(f, "endless in {by}"),
            Self::Missed => f.write_str("MISSED"),
        }
    }
}

/// So many of the tests that noticed something in a file are asked first about the next change of it.
const ASKED_FIRST: usize = 8;

/// Test binaries, the quickest first, with how long each may take.
pub struct Judge {
    binaries: Vec<(Binary, Duration)>,
    skipped: Vec<String>,
    /// By file, the tests that noticed changes of it, with their binary's place, the latest last.
    noticed: Mutex<BTreeMap<String, Vec<(usize, String)>>>,
}

/// What tests said.
enum Heard {
    Passed,
    /// This one failed; without a name where the process ended without saying which.
    Failed(String),
    /// They took too long.
    Endless,
}

impl Judge {
    /// Runs every binary without a change, all of which must pass. Tests whose name has one of `skipped` are left out.
    pub fn new(binaries: Vec<Binary>, skipped: Vec<String>) -> Result<Self> {
        let mut judge = Self {
            binaries: Vec::new(),
            skipped,
            noticed: Mutex::default(),
        };
        let mut timed = Vec::new();
        for binary in binaries {
            let start = Instant::now();
            let limit = Duration::from_secs(600);
            match judge.run(&binary, 0, limit, &[])? {
                Heard::Passed => {}
                Heard::Failed(test) => bail!("{}: {test} fails without a change", binary.name),
                Heard::Endless => bail!("{} does not end", binary.name),
            }
            eprintln!(
                "    {}: {:.1} s",
                binary.name,
                start.elapsed().as_secs_f64()
            );
            timed.push((start.elapsed(), binary));
        }
        timed.sort_by_key(|(took, _)| *took);
        // A loop that never ends is noticed, too.
        let bounded = |(took, binary)| (binary, took * 3 + Duration::from_secs(3));
        judge.binaries = timed.into_iter().map(bounded).collect();
        Ok(judge)
    }

    /// What the tests say of `mutant`. Those that noticed another change of its file are asked first: mostly one of them notices
    /// this one, too.
    pub fn judge(&self, mutant: &Mutant) -> Result<Verdict> {
        let likely = self.noticed().get(&mutant.file).cloned();
        let likely = likely.unwrap_or_default();
        for (place, (binary, limit)) in self.binaries.iter().enumerate() {
            let of_binary = likely.iter().filter(|(at, _)| *at == place);
            let tests: Vec<&str> = of_binary.map(|(_, test)| test.as_str()).collect();
            if tests.is_empty() {
                continue;
            }
            if let Some(verdict) = self.ask(place, binary, mutant, *limit, &tests)? {
                return Ok(verdict);
            }
        }
        for (place, (binary, limit)) in self.binaries.iter().enumerate() {
            if let Some(verdict) = self.ask(place, binary, mutant, *limit, &[])? {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Missed)
    }

    /// What the tests of that names, or all of `binary`, say; none where they pass.
    fn ask(
        &self,
        place: usize,
        binary: &Binary,
        mutant: &Mutant,
        limit: Duration,
        tests: &[&str],
    ) -> Result<Option<Verdict>> {
        match self.run(binary, mutant.number, limit, tests)? {
            Heard::Passed => Ok(None),
            Heard::Endless => Ok(Some(Verdict::Endless(binary.name.clone()))),
            Heard::Failed(test) => {
                let by = format!("{} {test}", binary.name);
                if !test.is_empty() {
                    let mut noticed = self.noticed();
                    let known = noticed.entry(mutant.file.clone()).or_default();
                    known.retain(|(at, other)| *at != place || *other != test);
                    known.push((place, test));
                    let surplus = known.len().saturating_sub(ASKED_FIRST);
                    known.drain(..surplus);
                }
                Ok(Some(Verdict::Caught(by)))
            }
        }
    }

    fn noticed(&self) -> MutexGuard<'_, BTreeMap<String, Vec<(usize, String)>>> {
        self.noticed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs those `tests` of a binary, or all of them. Ends with the first that fails.
    fn run(
        &self,
        binary: &Binary,
        number: usize,
        limit: Duration,
        tests: &[&str],
    ) -> Result<Heard> {
        // A change may loop for ever, or ask for memory for ever. Time is that of the processor, whatever else the machine does.
        let limits = format!(
            "ulimit -v {MEMORY_KILOBYTES}; ulimit -t {}; exec \"$0\" \"$@\"",
            limit.as_secs().max(1)
        );
        let mut command = Command::new("sh");
        command.args(["-c", &limits]).arg(&binary.path);
        if !tests.is_empty() {
            command.arg("--exact").args(tests);
        }
        for name in &self.skipped {
            command.args(["--skip", name]);
        }
        let mut child = command
            .current_dir(&binary.folder)
            .env("WOVEN_MUTANT", number.to_string())
            // Functions with many changes have large frames.
            .env("RUST_MIN_STACK", (16 << 20).to_string())
            .env("RUST_BACKTRACE", "0")
            // One after the other, so that `--jobs` says how much of the machine is used.
            .env("RUST_TEST_THREADS", "1")
            // That it fails is all there is to know: nobody reads the smallest history.
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let Some(test) = line.strip_prefix("test ") else {
                    continue;
                };
                let name = test.split(" ... ").next().unwrap_or_default();
                if line.ends_with("... FAILED") {
                    let _ = child.kill();
                    child.wait()?;
                    return Ok(Heard::Failed(name.to_owned()));
                }
            }
        }
        let status = child.wait()?;
        Ok(match status.signal() {
            Some(SIGXCPU | SIGKILL) => Heard::Endless,
            _ if status.success() => Heard::Passed,
            // It ended in the midst of a test, for want of memory or of stack.
            _ => Heard::Failed(String::new()),
        })
    }
}
