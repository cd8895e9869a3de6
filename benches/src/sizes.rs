//! The `.wasm` files.

use anyhow::{Context, Result};

use crate::rounds::aim;

const AIM_KB: f64 = 450.0;

pub fn sizes() -> Result<()> {
    let folder =
        std::env::var("RAPPORT_COMPONENTS").context("run the benches with `cargo xtask bench`")?;
    for name in ["profiles", "segments", "feedback", "surveys", "loyalty"] {
        let bytes = std::fs::metadata(format!("{folder}/{name}.wasm"))?.len();
        let kilobytes = bytes as f64 / 1e3;
        println!("  {name:<10} {kilobytes:>6.0} KB");
        aim(
            &format!("{name}.wasm, KB"),
            kilobytes,
            kilobytes <= AIM_KB,
            "at most 450",
        );
    }
    Ok(())
}
