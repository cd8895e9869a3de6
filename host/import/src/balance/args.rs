//! The arguments of `rapport import balances`.

use std::path::PathBuf;

use crate::args::{Course, Service, Table};
use crate::when::Offset;

/// What to import, and where to.
#[derive(Clone, Debug, clap::Args)]
pub struct BalancesArgs {
    /// The file: one lot of points a row.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where to.
    #[command(flatten)]
    pub service: Service,
    /// Which column holds what, by name or by number from 1: `customer` and `points` are needed, `expires_at`, `earned_at`,
    /// `kind` and `key` are known [default: the columns of these names].
    #[arg(long, value_name = "customer=…,points=…")]
    pub map: Vec<String>,
    /// How the file is written.
    #[command(flatten)]
    pub table: Table,
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
    /// How to go about it.
    #[command(flatten)]
    pub course: Course,
}
