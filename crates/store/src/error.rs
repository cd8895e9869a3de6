//! What can go wrong in the store.

use crate::driver::DriverError;
use crate::probe::Promise;

/// Why the store did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The backend failed.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The backend breaks a promise without which writes get lost or are made twice. Nothing was written; reads work.
    #[error("the store is not safe to write to: {promise}")]
    Unsafe {
        /// The first promise that does not hold.
        promise: Promise,
    },
    /// Others kept committing the same document until the time for retries was over. Nothing was written.
    #[error("{key} was changed by others for as long as retries may last")]
    Contended {
        /// The document's key.
        key: String,
    },
    /// The document takes no commits just now. Nothing was written.
    #[error("{key} is frozen")]
    Frozen {
        /// The document's key.
        key: String,
    },
    /// The document would grow over [`MAX_BYTES`](crate::envelope::MAX_BYTES). Nothing was written.
    #[error("{key} would have {bytes} bytes, more than a document may")]
    TooLarge {
        /// The document's key.
        key: String,
        /// The bytes it would have.
        bytes: usize,
    },
    /// As many idempotency keys came within a day as a document keeps. Nothing was written.
    #[error("{key} keeps as many idempotency keys as it may")]
    TooManyKeys {
        /// The document's key.
        key: String,
        /// Milliseconds until the oldest is let go.
        millis: i64,
    },
    /// A newer version of this software wrote the document.
    #[error("{key} has schema {schema}, which this version does not know")]
    Newer {
        /// The document's key.
        key: String,
        /// The schema it has.
        schema: u32,
    },
    /// The bytes are no document.
    #[error("{key} cannot be read: {why}")]
    Corrupt {
        /// The document's key.
        key: String,
        /// What the decoder says.
        why: String,
    },
}

/// Why an update did not commit.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError<R> {
    /// The decision said no. Nothing was written.
    #[error("refused")]
    Rejected(R),
    /// The idempotency key came before, with another request. Nothing was written.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The idempotency key came before with this very request, and it was carried out; but so many other answers have been kept
    /// since that this one had to go. Nothing was written now.
    #[error("the request was carried out before, and its answer is no longer kept")]
    AnswerGone,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<R> From<DriverError> for UpdateError<R> {
    fn from(error: DriverError) -> Self {
        Self::Store(error.into())
    }
}
