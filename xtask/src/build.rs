//! The components (wasm) and the host (native), and what they need.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::run::{beside, cargo, root, step, target_dir};

const TARGET: &str = "wasm32-wasip2";

/// The packages of the five components.
pub const COMPONENTS: [&str; 5] = ["profiles", "segments", "feedback", "surveys", "loyalty"];

/// How the host is compiled. Components are always compiled as they are deployed.
#[derive(Clone, Copy)]
pub enum Profile {
    /// For developers and tests: built again within a minute.
    Release,
    /// What is deployed and measured: optimised across all crates, a sixth faster, and built again within minutes.
    Dist,
}

impl Profile {
    /// Its name in `Cargo.toml`, and in the target folder.
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dist => "dist",
        }
    }

    /// What to say while the host is built.
    fn building(self) -> &'static str {
        match self {
            Self::Release => "build the host (minutes, the first time)",
            Self::Dist => {
                "build the host as it is deployed (minutes, the first time and whenever it has changed)"
            }
        }
    }
}

/// What was built.
pub struct Built {
    /// The host's binary.
    pub host: PathBuf,
    /// Where the components are.
    pub components: PathBuf,
}

/// Builds everything that serving needs.
pub fn all() -> Result<Built> {
    all_and(Profile::Release, || Ok(())).map(|(built, ())| built)
}

/// Builds everything that serving needs, the host by `profile`, and whatever `more` builds.
///
/// The host is built beside the components: they share no folder, and linking one component leaves all but one processor idle.
pub fn all_and<T>(profile: Profile, more: impl FnOnce() -> Result<T>) -> Result<(Built, T)> {
    wasm_target()?;
    let host = beside(
        profile.building(),
        &mut cargo(&["build", "--profile", profile.name(), "--package", "rapport"]),
    )?;
    for name in COMPONENTS {
        component(name, &[])?;
    }
    let more = more()?;
    host.finish()?;
    let built = Built {
        host: target_dir().join(profile.name()).join("rapport"),
        components: target_dir().join("wasm32-wasip2/guest"),
    };
    Ok((built, more))
}

/// Builds one component, by the command that its manifest entry has, too.
pub fn component(name: &str, more: &[&str]) -> Result<()> {
    // As `cdylib` alone: with `rlib` beside it cargo leaves out link-time optimisation.
    let mut command = cargo(&[
        "rustc",
        "--target",
        TARGET,
        "--profile",
        "guest",
        "--crate-type",
        "cdylib",
    ]);
    command
        .arg("--package")
        .arg(format!("rapport-component-{name}"))
        .args(more);
    step(&format!("build the component {name}"), &mut command)
}

/// The bare components that benches compare with.
pub fn baselines() -> Result<PathBuf> {
    let manifest = root().join("benches/guests/Cargo.toml");
    let mut command = cargo(&[
        "build",
        "--target",
        TARGET,
        "--profile",
        "guest",
        "--workspace",
        "--manifest-path",
    ]);
    // Always under the workspace's target directory, so that they are found in one place.
    command.arg(&manifest).env("CARGO_TARGET_DIR", target_dir());
    step("build the bench baselines", &mut command)?;
    Ok(manifest.with_file_name("spin.toml"))
}

/// Adds the wasm target where it is missing.
fn wasm_target() -> Result<()> {
    if has_target() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).current_dir(root());
    step(&format!("add the target {TARGET}"), &mut rustup)?;
    if !has_target() {
        bail!(
            "the Rust toolchain in use has no target {TARGET}; add it with its own means (rustup target add {TARGET})"
        );
    }
    Ok(())
}

/// Whether the compiler in use has a standard library for the target.
fn has_target() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(root())
        .output();
    let Ok(output) = output else { return false };
    let dir = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    output.status.success()
        && std::fs::read_dir(dir).is_ok_and(|files| {
            files
                .flatten()
                .any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
        })
}
