//! Formatting, clippy, links in the documentation.

use anyhow::Result;

use crate::run::{cargo, step};

/// Checks what a machine can check of style. Nothing is changed.
pub fn lint() -> Result<()> {
    step("formatting", &mut cargo(&["fmt", "--all", "--check"]))?;
    let native = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    step("clippy", &mut cargo(&native))?;
    let guests = [
        "clippy",
        "--target",
        "wasm32-wasip2",
        "--package",
        "rapport-component-*",
        "--",
        "-D",
        "warnings",
    ];
    step("clippy of the components for wasm", &mut cargo(&guests))?;
    let mut docs = cargo(&[
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    step("links in the documentation", &mut docs)
}
