//! The command line.

use clap::{Parser, Subcommand, ValueEnum};
use tracing::level_filters::LevelFilter;

use rapport_fit::FitArgs;
use rapport_transfer::{ExportArgs, ImportArgs};

use crate::import::Import;
use crate::up;

/// Customer profiles, segments, feedback, surveys and loyalty points at the edge.
#[derive(Debug, Parser)]
#[command(name = "rapport", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to log on standard error.
    #[arg(long, global = true, value_enum, default_value_t = Log::Info, value_name = "LEVEL")]
    pub log: Log,
    /// Log errors only.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the application of a `spin.toml`.
    Up(up::Args),
    /// Put what a shop has into a running Rapport.
    #[command(subcommand)]
    Import(Import),
    /// Fit BG/NBD and RFM thresholds to past orders: who still is a customer, and what each is worth.
    Fit(Box<FitArgs>),
    /// Write everything that a store holds to a file: a backup, or the way to another backend.
    ExportStore(ExportArgs),
    /// Put what `export-store` has written into a store.
    ImportStore(ImportArgs),
}

/// How much to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum Log {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Cli {
    /// The least important level that is logged.
    pub fn level(&self) -> LevelFilter {
        match self.log {
            _ if self.quiet => LevelFilter::ERROR,
            Log::Off => LevelFilter::OFF,
            Log::Error => LevelFilter::ERROR,
            Log::Warn => LevelFilter::WARN,
            Log::Info => LevelFilter::INFO,
            Log::Debug => LevelFilter::DEBUG,
            Log::Trace => LevelFilter::TRACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn quiet_leaves_only_errors() {
        let cli = Cli::parse_from(["rapport", "up", "--quiet"]);
        assert_eq!(cli.level(), LevelFilter::ERROR);
        let cli = Cli::parse_from(["rapport", "--log", "debug", "up"]);
        assert_eq!(cli.level(), LevelFilter::DEBUG);
    }
}
