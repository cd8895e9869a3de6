//! The load generator `wrk`.

use std::io::Write;
use std::process::Command;

use anyhow::{Context, Result, bail};
use rapport_tests::host::KEY;

/// How long one round lasts.
const SECONDS: u32 = 3;

/// What is asked for.
pub struct Load {
    /// Where, such as `http://127.0.0.1:3000/empty`.
    pub url: String,
    /// A Lua script for `wrk` that makes requests other than plain GETs.
    pub script: Option<&'static str>,
}

/// What was measured in one round.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// The median time to an answer, in microseconds.
    pub median_micros: f64,
    /// Answers per second.
    pub per_second: f64,
}

/// Fails with what to do where there is no `wrk`.
pub fn check() -> Result<()> {
    match Command::new("wrk").arg("-v").output() {
        Ok(_) => Ok(()),
        Err(_) => bail!(
            "the benches need the load generator wrk: install it (Debian: apt-get install wrk)"
        ),
    }
}

/// Runs `load` at `connections` connections.
pub fn run(load: &Load, connections: u32) -> Result<Measured> {
    let mut command = Command::new("wrk");
    command
        .args(["--latency", "--threads", "1"])
        .args([
            "--connections",
            &connections.to_string(),
            "--duration",
            &format!("{SECONDS}s"),
        ])
        .args(["--header", &format!("Authorization: Bearer {KEY}")]);
    let mut script = tempfile::Builder::new().suffix(".lua").tempfile()?;
    if let Some(text) = load.script {
        script.write_all(text.as_bytes())?;
        command.arg("--script").arg(script.path());
    }
    let output = command
        .arg(&load.url)
        .output()
        .context("wrk cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if let Some(line) = text
        .lines()
        .find(|line| line.contains("Non-2xx") || line.contains("Socket errors"))
    {
        bail!("{}: {line}", load.url);
    }
    let value = |name: &str| {
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1))
            .map(str::to_owned)
    };
    let median = value("50%").with_context(|| format!("no median in:\n{text}"))?;
    let rate = value("Requests/sec").with_context(|| format!("no rate in:\n{text}"))?;
    Ok(Measured {
        median_micros: micros(&median)?,
        per_second: rate.parse()?,
    })
}

/// `512.00us`, `1.20ms` or `1.01s` in microseconds.
fn micros(text: &str) -> Result<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    let unit = units.iter().find(|(unit, _)| text.ends_with(unit));
    let (unit, factor) = unit.with_context(|| format!("no time: {text}"))?;
    Ok(text.trim_end_matches(unit).parse::<f64>()? * factor)
}
