//! `rapport import`: puts what a shop has into a running Rapport.

use anyhow::Result;
use rapport_import::OrdersArgs;

/// What can be imported.
#[derive(Debug, clap::Subcommand)]
pub enum Import {
    /// Past orders, from a file with one order a row: CSV, TSV, or columns separated by spaces.
    Orders(OrdersArgs),
}

/// Imports, says what came of it, and answers whether every row was taken.
pub fn run(import: Import) -> Result<bool> {
    let Import::Orders(args) = import;
    let report = rapport_import::orders(args)?;
    print!("{report}");
    Ok(report.is_complete())
}
