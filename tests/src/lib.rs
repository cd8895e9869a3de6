//! End to end, over HTTP, through the real components in the bundled host.
//!
//! `cargo xtask test` builds host and components and says where they are. Each test starts a host of its own, on a free port of
//! the loopback address, with a database of its own.
//!
//! # Layout
//!
//! - [`host`]: [`Host`], a running `rapport up`, which can be killed and started again.
//! - [`redis`]: [`Redis`](redis::Redis), a real Redis server, where one is installed.
//! - [`shop`]: [`Shop`], a client of it: requests, and builders for customers and what they did.
//! - [`answered`]: [`Answered`], what came back.
//! - [`sample`]: the real purchases, and what must come of them, computed from the file alone.

pub mod answered;
pub mod host;
pub mod redis;
pub mod sample;
pub mod shop;

pub use answered::Answered;
pub use host::Host;
pub use shop::Shop;

/// The workspace's root. Asked of the cargo that runs the tests: clones that share a target directory share what was built.
pub fn root() -> std::path::PathBuf {
    let here = std::env::var("CARGO_MANIFEST_DIR")
        .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let here = std::path::PathBuf::from(here);
    here.parent().map(Into::into).unwrap_or(here)
}
