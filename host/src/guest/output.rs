//! A guest's standard output and error, as log lines under the component's name.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use crate::log::GUEST;

/// A line longer than this is cut in pieces, so that a guest cannot make the host keep what it never ends.
const LONGEST: usize = 8 * 1024;

/// Where a component's output goes; all its streams share the line that is not finished yet.
#[derive(Clone)]
pub struct Output {
    component: Arc<str>,
    unfinished: Arc<Mutex<Vec<u8>>>,
}

impl Output {
    /// Output of a component.
    pub fn new(component: &str) -> Self {
        Self {
            component: component.into(),
            unfinished: Arc::default(),
        }
    }

    fn take(&self, bytes: &[u8]) {
        let mut line = self
            .unfinished
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(piece);
            if line.ends_with(b"\n") || line.len() >= LONGEST {
                self.say(&line);
                line.clear();
            }
        }
    }

    fn say(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end();
        if !line.is_empty() {
            tracing::info!(target: GUEST, "{}: {line}", self.component);
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if Arc::strong_count(&self.unfinished) == 1 {
            let line = std::mem::take(
                &mut *self
                    .unfinished
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner),
            );
            if !line.is_empty() {
                self.say(&line);
            }
        }
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
