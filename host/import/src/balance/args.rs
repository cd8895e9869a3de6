//! The arguments of `rapport import balances`.

use std::path::PathBuf;
use std::time::Duration;

use crate::args::duration;
use crate::format::Format;
use crate::when::Offset;

/// What to import, and where to.
#[derive(Clone, Debug, clap::Args)]
pub struct BalancesArgs {
    /// The file: one lot of points a row.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where Rapport is served.
    #[arg(
        long,
        env = "RAPPORT_URL",
        default_value = "http://127.0.0.1:3000",
        value_name = "URL"
    )]
    pub url: String,
    /// The key to send.
    #[arg(long, env = "RAPPORT_KEY", hide_env_values = true, value_name = "KEY")]
    pub key: Option<String>,
    /// Which column holds what, by name or by number from 1: `customer` and `points` are needed, `expires_at`, `earned_at`,
    /// `kind` and `key` are known [default: the columns of these names].
    #[arg(long, value_name = "customer=…,points=…")]
    pub map: Vec<String>,
    /// How columns are separated [default: as the first row looks].
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// The first row holds names, although every column is given by number.
    #[arg(long)]
    pub header: bool,
    /// The kind of points of every row that names none [default: points].
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// What keys begin with where no column holds them; the number of the line follows
    /// [default: the file's name and a hash of its first row].
    #[arg(long, value_name = "TEXT")]
    pub key_prefix: Option<String>,
    /// The offset from UTC of times that name none, such as `+08:00`. A date without a time needs none: it is that day in
    /// the shop.
    #[arg(long, value_name = "OFFSET", value_parser = Offset::parse, allow_hyphen_values = true)]
    pub offset: Option<Offset>,
    /// Requests under way at once.
    #[arg(long, default_value_t = 8, value_name = "REQUESTS", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub parallel: u8,
    /// How long to go on trying while the service cannot be reached or asks for patience.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = duration)]
    pub retry_for: Duration,
    /// Leave out rows that an earlier run has had an answer for.
    #[arg(long)]
    pub resume: bool,
    /// Where to keep what has been answered [default: FILE.import-progress].
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Write every refused row to this file, as CSV: line, field, reason.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Read and check everything, send nothing, and show what would be sent.
    #[arg(long)]
    pub dry_run: bool,
}
