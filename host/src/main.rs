//! `rapport`: the bundled single-node host, and the command line.
//!
//! It serves the components of a `spin.toml` as Spin would, from one process with one SQLite file, and faster where that
//! costs no promise. What a component sees is Spin's: the same interfaces, the same table in the same file, the same
//! meaning of every store operation, awkward ones included.
//!
//! # Layout
//!
//! - [`cli`]: the command line
//! - [`up`]: `rapport up`, from its arguments to a graceful stop
//! - [`fit`]: `rapport fit`
//! - [`import`]: `rapport import`; `rapport export-store` and `import-store` are `rapport_transfer`
//! - [`manifest`]: `spin.toml`: components, routes, variables
//! - [`engine`]: WebAssembly set up, and compiled components kept on disk
//! - [`guest`]: what a component sees of the host, and how its instances live
//! - [`serve`]: HTTP in front of the components
//! - [`store`]: the key-value store behind them
//! - [`stats`]: counts of what happened in the store
//! - [`log`]: lines on standard error
//! - [`random`]: random text

mod cli;
mod engine;
mod fit;
mod guest;
mod import;
mod log;
mod manifest;
mod random;
mod serve;
mod stats;
mod store;
mod up;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start(cli.level());
    let result = match cli.command {
        Command::Up(args) => up::run(args).map(|()| true),
        Command::Import(import) => import::run(import),
        Command::Fit(args) => fit::run(&args).map(|()| true),
        // Standard output may be the file itself.
        Command::ExportStore(args) => rapport_transfer::export(args)
            .map(|report| eprint!("{report}"))
            .map(|()| true),
        Command::ImportStore(args) => rapport_transfer::import(args)
            .map(|report| print!("{report}"))
            .map(|()| true),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rapport: {error:#}");
            ExitCode::FAILURE
        }
    }
}
