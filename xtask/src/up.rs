//! Build, then serve.

use std::process::Command;

use anyhow::{Result, bail};

use crate::build;
use crate::run::root;

/// Builds everything and runs the host with `arguments`.
pub fn up(arguments: &[String]) -> Result<()> {
    let built = build::all()?;
    let mut host = Command::new(&built.host);
    host.current_dir(root())
        .arg("up")
        .arg("--components")
        .arg(&built.components)
        .args(arguments);
    let status = host.status()?;
    if !status.success() {
        bail!("the host ended with {status}");
    }
    Ok(())
}
