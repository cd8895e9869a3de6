//! Puts a shop's past orders, and the balances of points its customers had elsewhere, into a running Rapport, from a file that holds one
//! a row.
//!
//! The file is streamed: whatever its size, memory holds a few batches. Rows are shared out by customer, so that the
//! orders of one customer travel one after another, in the order of the file, while those of others travel beside them.
//! An order is counted once by its id, and a balance by its key, so that sending it again changes nothing: what is not known to have
//! arrived is simply sent again.
//!
//! # Layout
//!
//! - [`args`]: the arguments of `rapport import orders`, and those that every import takes.
//! - [`format`](mod@format): how a file separates its columns. [`records`]: its rows, one at a time.
//! - [`columns`]: which column holds what. [`when`], [`amount`]: a date and a number as files write them.
//! - `row`: a row, read column by column.
//! - `order`, [`balance`]: a row made into what is sent, or the reason why not. `partition`: whose rows travel together.
//! - `source`: a file, opened and understood as far as its first row.
//! - [`client`]: one request. `delivery`: a batch until each of its rows has an answer. `patience`: how long to go on.
//! - `run`: reading, sending and telling side by side. `checkpoint`: what has been answered, for `--resume`.
//! - `progress`: how far it is. [`report`]: what came of it.
//! - `sample`: a programme, segments and real orders to try things with.

pub mod amount;
pub mod args;
pub mod balance;
pub mod client;
pub mod columns;
pub mod format;
pub mod records;
pub mod report;
pub mod when;

mod checkpoint;
mod delivery;
mod lines;
mod order;
mod partition;
mod patience;
mod progress;
mod row;
mod run;
mod sample;
mod source;

pub use args::OrdersArgs;
pub use balance::args::BalancesArgs;
pub use report::Report;
pub use run::{balances, orders};
pub use sample::{Sample, sample};
