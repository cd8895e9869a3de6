//! A defect on purpose, behind a feature that nothing but `cargo xtask test --sabotage` turns on: it shows that the tests notice it.

use rapport_loyalty::Order;
use rapport_store::Store;

/// The effect becomes a difference: whatever it is delivered for is new, so that each delivery earns.
pub(crate) const FRESH_ORDERS: bool = cfg!(feature = "sabotage-fresh-orders");

/// Gives the order an id that nobody has seen.
pub(crate) fn rename(store: &Store, order: &mut Order) {
    order.id = format!("{} {}", order.id, store.random());
}
