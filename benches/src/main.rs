//! Measurements, as ratios to baselines in the same run: `cargo xtask bench [name]`.
//!
//! Each measurement takes turns, baseline and ours, several rounds, and quotes the median of the rounds' ratios: a machine that
//! speeds up or slows down in between does so for both. The load comes from `wrk`.
//!
//! # Layout
//!
//! - `wrk`: runs the load generator and reads what it says.
//! - `rounds`: takes turns and makes ratios.
//! - `read`, `update`: a tier read and a customer update against bare components.
//! - `ledger`: a tier read, an earn, a spend and a redemption, by accounts with 10 and with 10,000 past entries.
//! - `earn`: durable movements a second, on SQLite and on Redis.
//! - `scale`: a tier read, an earn and a page of an audience with a thousand to a million customers.
//! - `memberships`: the segments a customer is in, of 200, against one get.
//! - `fill`: filling an audience of 100,000 customers.
//! - `sync`: durable updates in groups against one sync each.
//! - `start`: the first answer after a warm start.
//! - `sizes`: the `.wasm` files.

mod earn;
mod fill;
mod ledger;
mod memberships;
mod read;
mod rounds;
mod scale;
mod sizes;
mod start;
mod sync;
mod update;
mod wrk;

use anyhow::{Result, bail};
use tokio::runtime::Runtime;

/// Measures, and prints what it finds.
type Bench = fn(&Runtime) -> Result<()>;

fn main() -> Result<()> {
    let filter = std::env::args().nth(1).unwrap_or_default();
    wrk::check()?;
    let runtime = Runtime::new()?;
    let all: [(&str, Bench); 10] = [
        ("sizes", |_| sizes::sizes()),
        ("start", start::start),
        ("read", read::read),
        ("update", update::update),
        ("sync", sync::sync),
        ("earn", earn::earn),
        ("ledger", ledger::ledger),
        ("scale", scale::scale),
        ("memberships", memberships::memberships),
        ("fill", fill::fill),
    ];
    let mut ran = 0;
    for (name, bench) in all {
        if name.contains(&filter) {
            println!("\n## {name}\n");
            bench(&runtime)?;
            ran += 1;
        }
    }
    if ran == 0 {
        bail!(
            "no bench is called {filter:?}: there are {:?}",
            all.map(|(name, _)| name)
        );
    }
    Ok(())
}
