//! What a set of a million members costs, beside smaller ones: `cargo bench -p rapport-store`. Fails where it costs more
//! than the documentation says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

#[path = "../tests/all/growth.rs"]
mod growth;
#[path = "../tests/all/stepping.rs"]
mod stepping;

fn main() {
    growth::measure(1_000, 2);
    growth::measure(100_000, 3);
    growth::measure(1_000_000, 4);
}
