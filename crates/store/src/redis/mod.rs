//! The backend for any fleet of nodes: a Redis (or Valkey) server, by `spin:redis`.
//!
//! Documents are plain values under `<prefix><key>`, counters decimal text, as `INCRBY` writes them. A swap is one trip: a
//! script on the server compares and sets, on absent keys too, which no command does by itself. Several keys are one trip by
//! `MGET`. Acknowledged writes outlive a crash only where the server runs with `appendfsync always`.
//!
//! # Layout
//!
//! - [`address`]: [`Address`], the server's URL; shows no password. [`Prefix`], what its keys begin with.
//! - [`script`]: the script of a swap.
//! - [`fault`]: what an error's words mean.
//! - `link`: the kept connection, opened anew when it fails (wasm only).
//! - `backend`: [`Driver`](crate::Driver) over it (wasm only).

pub mod address;
#[cfg(target_family = "wasm")]
mod backend;
pub mod fault;
#[cfg(target_family = "wasm")]
mod link;
pub mod script;

pub use address::{Address, AddressError, Prefix};
#[cfg(target_family = "wasm")]
pub use backend::Redis;
