//! What tests say of one change after the other.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::tree::Binary;

/// What a test binary may have, in kilobytes.
const MEMORY_KILOBYTES: u32 = 3_000_000;
/// How a process ends that used up its time, first asked and then made.
const SIGXCPU: i32 = 24;
const SIGKILL: i32 = 9;

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Tests of this binary failed.
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

/// Test binaries, the quickest first, with how long each may take.
pub struct Judge {
    binaries: Vec<(Binary, Duration)>,
    skipped: Vec<String>,
}

impl Judge {
    /// Runs every binary without a change, all of which must pass. Tests whose name has one of `skipped` are left out.
    pub fn new(binaries: Vec<Binary>, skipped: Vec<String>) -> Result<Self> {
        let mut judge = Self {
            binaries: Vec::new(),
            skipped,
        };
        let mut timed = Vec::new();
        for binary in binaries {
            let start = Instant::now();
            if judge.passes(&binary, 0, Duration::from_secs(600))? != Some(true) {
                bail!("{} fails without a change", binary.name);
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
        let bounded = |(took, binary)| (binary, took * 4 + Duration::from_secs(5));
        judge.binaries = timed.into_iter().map(bounded).collect();
        Ok(judge)
    }

    /// What the tests say of the change with that number.
    pub fn judge(&self, number: usize) -> Result<Verdict> {
        for (binary, limit) in &self.binaries {
            match self.passes(binary, number, *limit)? {
                Some(true) => {}
                Some(false) => return Ok(Verdict::Caught(binary.name.clone())),
                None => return Ok(Verdict::Endless(binary.name.clone())),
            }
        }
        Ok(Verdict::Missed)
    }

    /// Whether the tests pass, or none when they took too long. Ends with the first that fails.
    fn passes(&self, binary: &Binary, number: usize, limit: Duration) -> Result<Option<bool>> {
        // A change may loop for ever, or ask for memory for ever. Time is that of the processor, whatever else the machine does.
        let limits = format!(
            "ulimit -v {MEMORY_KILOBYTES}; ulimit -t {}; exec \"$0\" \"$@\"",
            limit.as_secs().max(1)
        );
        let mut command = Command::new("sh");
        command.args(["-c", &limits]).arg(&binary.path);
        for name in &self.skipped {
            command.args(["--skip", name]);
        }
        let mut child = command
            .current_dir(&binary.folder)
            .env("WOVEN_MUTANT", number.to_string())
            // Functions with many changes have large frames.
            .env("RUST_MIN_STACK", (16 << 20).to_string())
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(output) = child.stdout.take() {
            let mut lines = BufReader::new(output).lines().map_while(Result::ok);
            if lines.any(|line| line.ends_with("... FAILED")) {
                let _ = child.kill();
                child.wait()?;
                return Ok(Some(false));
            }
        }
        let status = child.wait()?;
        Ok(match status.signal() {
            Some(SIGXCPU | SIGKILL) => None,
            _ => Some(status.success()),
        })
    }
}
