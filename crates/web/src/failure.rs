//! What the store says, as problems.

use rapport_store::probe::AGAIN_MILLIS;
use rapport_store::{DriverError, StoreError, UpdateError};

use crate::code::Code;
use crate::problem::Problem;

/// Seconds until a store that was found unsafe is probed again.
const PROBED_AGAIN: u32 = AGAIN_MILLIS / 1_000;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let log = error.to_string();
        match error {
            StoreError::Contended { .. } => Problem::new(
                Code::Contended,
                "Others kept changing the same document. Nothing was written; try again.",
            )
            .retry_after(1),
            StoreError::Unsafe { promise } => Problem::new(
                Code::StoreUnsafe,
                format!("The store breaks a promise: {promise}. Nothing was written; reads work."),
            )
            .retry_after(PROBED_AGAIN),
            StoreError::Driver(DriverError::Overloaded(_)) => Problem::new(
                Code::StoreUnavailable,
                "The store is overloaded. Try again with the same idempotency key.",
            )
            .retry_after(2),
            StoreError::Driver(_) => Problem::new(
                Code::StoreUnavailable,
                "The store does not answer. Try again with the same idempotency key.",
            )
            .retry_after(5),
            StoreError::Frozen { .. } => Problem::new(
                Code::Conflict,
                "The document is frozen while it is merged or erased.",
            ),
            StoreError::TooLarge { bytes, .. } => Problem::new(
                Code::TooLarge,
                format!("The document would have {bytes} bytes; it may have 300000. Nothing was written."),
            ),
            StoreError::Newer { schema, .. } => Problem::new(
                Code::StoreUnavailable,
                format!("The document was written by a newer version (schema {schema}). Upgrade this one."),
            )
            .retry_after(60),
            StoreError::Corrupt { .. } => return Problem::internal(log),
        }
        .logged(log)
    }
}

impl<R: Into<Problem>> From<UpdateError<R>> for Problem {
    fn from(error: UpdateError<R>) -> Self {
        match error {
            UpdateError::Rejected(rejection) => rejection.into(),
            UpdateError::KeyReused => key_reused(),
            UpdateError::Store(error) => error.into(),
        }
    }
}

/// The idempotency key came before, with another request.
pub fn key_reused() -> Problem {
    Problem::new(
        Code::KeyReused,
        "This idempotency key came before with another request. Use a new key for a new request.",
    )
}
