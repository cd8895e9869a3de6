//! Defects on purpose, each behind a feature that nothing but `cargo xtask test --sabotage` turns on: it shows that the tests
//! notice them.

use crate::Store;
use crate::creation::Creation;
use crate::driver::{DriverError, Swapped};

/// Effects that a crash left are taken out of the outbox without having been carried out.
pub(crate) const FORGETS_OUTBOX: bool = cfg!(feature = "sabotage-forgotten-outbox");

/// A commit that has lost its swap swaps the same value again.
pub(crate) const RETRIES_BLINDLY: bool = cfg!(feature = "sabotage-blind-retry");

/// Creates by a plain swap, which loses acknowledged writes where a swap on an absent key overwrites.
pub(crate) fn creation() -> Option<Creation> {
    cfg!(feature = "sabotage-plain-swap").then_some(Creation::Swap)
}

/// Puts a value in the place of whatever stands at its key now; whether it did. Without sabotage there is no value.
pub(crate) async fn swapped(
    store: &Store,
    blindly: Option<(&str, Vec<u8>)>,
) -> Result<bool, DriverError> {
    let Some((key, bytes)) = blindly else {
        return Ok(false);
    };
    let snapshot = store.driver.open(key).await?;
    Ok(store.driver.swap(snapshot, bytes).await? == Swapped::Done)
}
