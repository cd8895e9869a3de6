//! The signals that ask to stop: SIGINT (Ctrl-C) and SIGTERM.

use std::io::Result;

/// Waits until somebody asks to stop.
#[cfg(unix)]
pub async fn asked() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Waits until somebody asks to stop.
#[cfg(not(unix))]
pub async fn asked() -> Result<()> {
    tokio::signal::ctrl_c().await
}
