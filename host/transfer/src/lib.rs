//! Moves everything that a store holds from one backend to another: `rapport export-store` writes it to a file, one row a
//! line, and `rapport import-store` reads that file. The file is a backup, too.
//!
//! Backends differ in how they write a counter, so a row says whether it is one, and each end writes it in its own way.
//! What belongs to a backend and not to the data (what the probe found there) stays behind.
//!
//! # Layout
//!
//! - [`args`]: the arguments of both commands, and which place they name.
//! - [`row`]: a key and its value; which keys are counters, and which stay behind. `counter`: how backends write one.
//! - [`mod@line`]: the file, line by line. `file`: the whole file: written under another name first; checked before it is used.
//! - [`sqlite`], `server`: the two ends, a SQLite file as Spin has it and a Redis server.
//! - `export`, `import`: from one end to the other. `progress`: how far it is. [`report`]: what came of it.

pub mod args;
pub mod line;
pub mod report;
pub mod row;
pub mod sqlite;

mod counter;
mod export;
mod file;
mod import;
mod progress;
mod server;

pub use args::{ExportArgs, ImportArgs};
pub use export::export;
pub use import::import;
