//! Time, as the platform of a guest gives it.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use send_wrapper::SendWrapper;

/// Waits. A guest has one thread; the wrapper says so to callers that ask for `Send`.
pub(crate) async fn pause(millis: u64) {
    SendWrapper::new(spin_sdk::time::sleep(Duration::from_millis(millis))).await;
}

/// Milliseconds since this was first asked, never going back.
pub(crate) fn elapsed_millis() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX)
}
