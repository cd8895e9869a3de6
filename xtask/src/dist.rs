//! Build what is deployed, and lay it out in one folder that needs nothing else.

mod manifest;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::build::{self, Built, COMPONENTS, Profile};
use crate::run::{root, target_dir};

/// What stands in the folder beside the host, the manifest and the components: where it is here, and there.
const BESIDE: [(&str, &str); 7] = [
    ("LICENSE", "LICENSE"),
    ("deploy/START.md", "README.md"),
    ("deploy/rapport.service", "deploy/rapport.service"),
    ("deploy/redis.conf", "deploy/redis.conf"),
    ("deploy/redis.env", "deploy/redis.env"),
    ("examples/README.md", "examples/README.md"),
    ("examples/cdnow_sample.txt", "examples/cdnow_sample.txt"),
];

/// Builds everything as it is deployed and lays it out, in `--to FOLDER` or under the target folder.
pub fn dist(arguments: &[String]) -> Result<()> {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let folder = match arguments.as_slice() {
        [] => target_dir().join(name()),
        ["--to", folder] => PathBuf::from(folder),
        _ => bail!("usage: cargo xtask dist [--to FOLDER]"),
    };
    let (built, ()) = build::all_and(Profile::Dist, || Ok(()))?;
    lay_out(&built, &folder)?;
    println!(
        "\nLaid out in {}. From there, here or on a machine like this one:\n\n  \
         SPIN_VARIABLE_ADMIN_KEY=... ./rapport up --listen 0.0.0.0:3000 --data /var/lib/rapport\n\n\
         or, with Spin: spin up. More in its README.md.",
        folder.display()
    );
    Ok(())
}

/// `rapport-0.1.0-x86_64-linux`
fn name() -> String {
    use std::env::consts::{ARCH, OS};
    format!("rapport-{}-{ARCH}-{OS}", env!("CARGO_PKG_VERSION"))
}

/// Lays out what was built in `folder`. What is there already is replaced file by file, and all else stays: a host that is running
/// goes on with what it has, and data that somebody keeps there is not touched.
pub fn lay_out(built: &Built, folder: &Path) -> Result<()> {
    let from = |path: &str| root().join(path);
    put(&built.host, &folder.join("rapport"))?;
    for name in COMPONENTS {
        let file = format!("{name}.wasm");
        put(
            &built.components.join(&file),
            &folder.join(manifest::COMPONENTS).join(&file),
        )?;
    }
    for (here, there) in BESIDE {
        put(&from(here), &folder.join(there))?;
    }
    let said = fs::read_to_string(from("spin.toml")).context("cannot read spin.toml")?;
    let own = folder.join("spin.toml");
    fs::write(&own, manifest::of_folder(&said)?)
        .with_context(|| format!("cannot write `{}`", own.display()))
}

/// Copies a file aside and renames it, as a program that runs cannot be written over.
fn put(from: &Path, to: &Path) -> Result<()> {
    let copied = || -> std::io::Result<()> {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        let aside = to.with_extension("new");
        fs::copy(from, &aside)?;
        fs::rename(&aside, to)
    };
    copied().with_context(|| format!("cannot copy `{}` to `{}`", from.display(), to.display()))
}
