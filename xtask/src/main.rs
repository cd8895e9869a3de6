//! Developer tasks. `cargo xtask` lists them.
//!
//! # Layout
//!
//! - `build`: the components (wasm) and the host (native), and what they need.
//! - `up`: build, then serve.
//! - `test`: build, then every test; or see that tests can fail.
//! - `lint`: formatting, clippy, links in the documentation.
//! - `bench`: build, then measure.
//! - `dist`: build what is deployed, and lay it out in one folder.
//! - `sabotage`: break what tests must notice, and see that they do.
//! - `mutants`: change the store, or the points ledger, in every small way, and see what no test notices.
//! - `run`: commands that say what they are and fail with a reason.

mod bench;
mod build;
mod dist;
mod lint;
mod mutants;
mod run;
mod sabotage;
mod test;
mod up;

use anyhow::{Result, bail};

const HELP: &str = "\
Developer tasks of Rapport.

Usage: cargo xtask <task> [arguments]

  up [arguments]     Build everything and serve; arguments go to `rapport up`
                     (--sample loads the sample, --listen ADDR, --data DIR, --in-memory, ...)
  build              Build the five components and the host, in release
  test [filter]      Build, then run every test (or those whose name has the filter)
  test --sabotage [name]
                     Break on purpose what the tests must notice, and see that they do (alias: sabotage)
  mutants [loyalty | records] [--woven] [arguments]
                     Change the store, or the points ledger, in every small way and see what no test notices: hours;
                     with --woven, all compiled at once, less than one (docs/mutants.md)
                     (needs cargo-mutants, and gives it the arguments: --file crates/store/src/tick.rs, --list, ...)
  lint               Formatting, clippy with warnings denied, links in the documentation
  bench [filter]     Build as it is deployed, then measure, as ratios to baselines in the same run
  dist [--to FOLDER] Build as it is deployed: the host optimised across all crates (minutes), the components and
                     their manifest in one folder that needs nothing else
";

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next();
    let rest: Vec<String> = arguments.collect();
    match task.as_deref() {
        Some("up") => up::up(&rest),
        Some("build") => build::all().map(drop),
        Some("test") => test::test(&rest),
        Some("lint") => lint::lint(),
        Some("sabotage") => sabotage::sabotage(&rest),
        Some("mutants") => mutants::mutants(&rest),
        Some("bench") => bench::bench(&rest),
        Some("dist") => dist::dist(&rest),
        None | Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => {
            eprint!("{HELP}");
            bail!("there is no task {other:?}");
        }
    }
}
