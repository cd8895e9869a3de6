//! What the store says, as problems.

use std::convert::Infallible;

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
            StoreError::Driver(DriverError::Denied(grant, _)) => Problem::new(
                Code::Misconfigured,
                format!("The store is denied: {grant}. Once that is set, repeat it with the same idempotency key."),
            )
            .retry_after(60),
            StoreError::Driver(DriverError::Failed(_)) => Problem::new(
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
            StoreError::TooManyKeys { millis, .. } => Problem::new(
                Code::TooManyRequests,
                "The document has taken as many idempotency keys within a day as it keeps. Nothing was written.",
            )
            .retry_after(u32::try_from(millis.div_euclid(1_000)).unwrap_or(1).max(1)),
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
            UpdateError::AnswerGone => answer_gone(),
            UpdateError::Store(error) => error.into(),
        }
    }
}

/// Of an update that is never refused.
impl From<Infallible> for Problem {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The request was carried out when its idempotency key first came; what was answered is not known any more.
pub fn answer_gone() -> Problem {
    Problem::new(
        Code::AnswerGone,
        "This request was carried out when its idempotency key first came. Its answer is no longer kept.",
    )
}

/// The idempotency key came before, with another request.
pub fn key_reused() -> Problem {
    Problem::new(
        Code::KeyReused,
        "This idempotency key came before with another request. Use a new key for a new request.",
    )
}
