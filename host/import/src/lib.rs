//! Puts a shop's past orders into a running Rapport, from a file that holds one order a row.
//!
//! The file is streamed: whatever its size, memory holds a few batches. Rows are shared out by customer, so that the
//! orders of one customer travel one after another, in the order of the file, while those of others travel beside them.
//! An order is counted once by its id, so that sending it again changes nothing: what is not known to have arrived is
//! simply sent again.
//!
//! # Layout
//!
//! - [`args`]: the arguments of `rapport import orders`.
//! - [`format`](mod@format): how a file separates its columns. [`records`]: its rows, one at a time.
//! - [`columns`]: which column holds what. [`when`], [`amount`]: a date and a number as files write them.
//! - `order`: a row made into what is sent, or the reason why not. `partition`: whose rows travel together.
//! - [`client`]: one request. `delivery`: a batch until each of its rows has an answer. `patience`: how long to go on.
//! - `run`: reading, sending and telling side by side. `checkpoint`: what has been answered, for `--resume`.
//! - `progress`: how far it is. [`report`]: what came of it.
//! - `sample`: a programme, segments and real orders to try things with.

pub mod amount;
pub mod args;
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
mod run;
mod sample;

pub use args::OrdersArgs;
pub use report::Report;
pub use run::orders;
pub use sample::{Sample, sample};
