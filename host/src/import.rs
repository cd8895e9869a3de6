//! `rapport import`: puts what a shop has into a running Rapport.

use anyhow::Result;
use rapport_import::{BalancesArgs, OrdersArgs};

/// What can be imported.
#[derive(Debug, clap::Subcommand)]
pub enum Import {
    /// Past orders, from a file with one order a row: CSV, TSV, or columns separated by spaces.
    Orders(OrdersArgs),
    /// Balances of points that customers had elsewhere, from a file with one lot a row.
    Balances(BalancesArgs),
}

/// Imports, says what came of it, and answers whether every row was taken.
pub fn run(import: Import) -> Result<bool> {
    let report = match import {
        Import::Orders(args) => rapport_import::orders(args)?,
        Import::Balances(args) => rapport_import::balances(args)?,
    };
    print!("{report}");
    Ok(report.is_complete())
}
