//! Commands that say what they are and fail with a reason.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The workspace's root.
///
/// Asked of the cargo that runs this task, not of the one that built it: clones that share a target directory share this binary.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map(PathBuf::from).unwrap_or(here)
}

/// Where cargo puts what it builds.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// A cargo command in the workspace's root. The cargo that runs this task is used, whatever the path says.
pub fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args(arguments);
    command
}

/// Runs `command`, telling people that it does `what`, and how long that took.
pub fn step(what: &str, command: &mut Command) -> Result<()> {
    eprintln!("==> {what}");
    let start = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("{what}: {:?} cannot be started", command.get_program()))?;
    if !status.success() {
        bail!("{what}: {command:?} failed ({status})");
    }
    eprintln!("    {what}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// A command that runs beside others. It ends with this process's interest in it.
pub struct Beside {
    what: String,
    start: Instant,
    child: Child,
    told: Arc<Mutex<Told>>,
    reader: Option<JoinHandle<()>>,
}

/// What a command beside others has said.
#[derive(Default)]
struct Told {
    /// Whether somebody waits for it, and reads.
    loud: bool,
    /// What nobody has read yet.
    unread: Vec<String>,
}

/// Starts `command` beside what follows. What it says is kept until [`Beside::finish`].
pub fn beside(what: &str, command: &mut Command) -> Result<Beside> {
    eprintln!("==> {what}: begun beside what follows");
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{what}: {:?} cannot be started", command.get_program()))?;
    let said = child.stderr.take();
    let told = Arc::new(Mutex::new(Told::default()));
    let keep = told.clone();
    let reader = std::thread::spawn(move || {
        for line in said
            .into_iter()
            .flat_map(|said| BufReader::new(said).lines())
        {
            let Ok(line) = line else { break };
            let mut told = keep.lock().unwrap_or_else(PoisonError::into_inner);
            match told.loud {
                true => eprintln!("{line}"),
                false => told.unread.push(line),
            }
        }
    });
    Ok(Beside {
        what: what.to_owned(),
        start,
        child,
        told,
        reader: Some(reader),
    })
}

impl Beside {
    /// Waits for it, and shows what it says from now on; where it fails, also what it has said before.
    pub fn finish(mut self) -> Result<()> {
        eprintln!("==> {}: what is left of it", self.what);
        self.told().loud = true;
        let status = self.child.wait()?;
        if let Some(reader) = self.reader.take() {
            // It has nothing to panic about; without it some lines are missing.
            let _ = reader.join();
        }
        if !status.success() {
            for line in &self.told().unread {
                eprintln!("{line}");
            }
            bail!("{}: failed ({status})", self.what);
        }
        eprintln!(
            "    {}: {:.1} s",
            self.what,
            self.start.elapsed().as_secs_f64()
        );
        Ok(())
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Beside {
    /// What comes before it has failed: nobody waits for it any more.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
