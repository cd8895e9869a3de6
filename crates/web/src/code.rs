//! The published list of problem codes: part of the contract, listed in `docs/problems.md`.

use http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $status:ident, $title:literal;)*) => {
        /// What a problem is about. A code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code as clients see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The status it comes with.
            pub fn status(self) -> StatusCode {
                match self { $(Code::$name => StatusCode::$status,)* }
            }

            /// A short summary, the same for every problem of this code.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// When it occurs and what to do, for the published list.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc),*),)* }
            }
        }
    };
}

codes! {
    /// The body is not JSON. `detail` has the line and column.
    InvalidJson = "invalid_json", BAD_REQUEST, "The body is not JSON";
    /// The connection ended before the body did. Nothing was done; send it again.
    IncompleteBody = "incomplete_body", BAD_REQUEST, "The body is incomplete";
    /// A path or query parameter, or a header, has a value that it cannot have.
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "A parameter is wrong";
    /// No key came with the request, or one that is not known. Send `Authorization: Bearer <key>`.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A key is needed";
    /// The service has no key configured and is closed. Set the variable `admin_key`.
    Closed = "closed", UNAUTHORIZED, "The service is closed";
    /// The key's role may not do this.
    Forbidden = "forbidden", FORBIDDEN, "The key may not do this";
    /// There is nothing at this address.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// The address does not take this method; `Allow` lists those it takes.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The present state does not allow it. `detail` says which and what would.
    Conflict = "conflict", CONFLICT, "The present state does not allow this";
    /// The account has fewer active points than asked for. Nothing was spent.
    InsufficientPoints = "insufficient_points", CONFLICT, "Not enough points";
    /// The hold timed out before it was captured, and its points went back. Authorize again.
    HoldExpired = "hold_expired", CONFLICT, "The hold has timed out";
    /// The account is frozen: points are earned, but none go out. Unfreeze it first.
    AccountFrozen = "account_frozen", CONFLICT, "The account is frozen";
    /// All of the reward are redeemed. Nothing was spent.
    OutOfStock = "out_of_stock", CONFLICT, "Out of stock";
    /// No imported code of the reward is left. Nothing was spent. `POST /v1/loyalty/rewards/{id}/codes` brings more.
    PoolEmpty = "pool_empty", CONFLICT, "No code is left";
    /// The customer cannot redeem the reward now (its time, tiers, audience or limits; so says `GET /v1/loyalty/rewards?customer=`), or cannot be referred any more. `detail` says why.
    NotEligible = "not_eligible", CONFLICT, "Not for this customer now";
    /// The voucher was used, has expired or was cancelled; `detail` says which. Nothing was changed.
    VoucherUnusable = "voucher_unusable", CONFLICT, "The voucher cannot be used";
    /// The customer was brought by another one already. Nothing was changed.
    AlreadyReferred = "already_referred", CONFLICT, "Already referred";
    /// The code is the customer's own, or that of somebody whom they brought, or whom these brought. Nothing was changed.
    CircularReferral = "circular_referral", CONFLICT, "The referral would go in a circle";
    /// The survey has no published version to answer.
    NotPublished = "not_published", CONFLICT, "The survey is not published";
    /// Something must be configured first, such as the loyalty program.
    NotConfigured = "not_configured", CONFLICT, "Something must be configured first";
    /// `If-Match` names a revision that is not the present one. Read again and retry. Of a `GET` it names another state than was found.
    StaleRevision = "stale_revision", PRECONDITION_FAILED, "The revision is not the present one";
    /// The idempotency key came before with this request, which was carried out; its answer had to make room for others. Read what there is now.
    AnswerGone = "answer_gone", CONFLICT, "The answer is no longer kept";
    /// The body, or the document it would make, is larger than allowed.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "Too large";
    /// The body's `Content-Type` is not JSON.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be JSON";
    /// The body is JSON but not what this address takes; `errors` names each place.
    InvalidInput = "invalid_input", UNPROCESSABLE_ENTITY, "The input is not valid";
    /// The idempotency key came before, with another request.
    KeyReused = "key_reused", UNPROCESSABLE_ENTITY, "The idempotency key was used for another request";
    /// Too many requests. Wait as long as `Retry-After` says.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many requests";
    /// Something failed inside. Nothing is known to be wrong with the request; `request_id` finds it in the log.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something failed inside";
    /// Others kept changing the same document. Nothing was written; retry after `Retry-After`.
    Contended = "contended", SERVICE_UNAVAILABLE, "Too many changes to one document";
    /// The store does not answer, or asks for patience. Retry after `Retry-After`, with the same idempotency key.
    StoreUnavailable = "store_unavailable", SERVICE_UNAVAILABLE, "The store is not available";
    /// The store breaks a promise without which writes would get lost; the health route names it. Nothing was written, reads work. Retrying helps once the store is another one.
    StoreUnsafe = "store_unsafe", SERVICE_UNAVAILABLE, "The store is not safe to write to";
    /// A variable of the application has a value that it cannot have, or its manifest or the server keeps it from its store; `detail` says what is to be set. Whoever runs the service has to.
    Misconfigured = "misconfigured", SERVICE_UNAVAILABLE, "The service is misconfigured";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_published_list() {
        let published = include_str!("../../../docs/problems.md");
        for code in Code::ALL {
            let row = format!(
                "| `{}` | {} | {} |",
                code.as_str(),
                code.status().as_u16(),
                code.explanation().trim()
            );
            assert!(published.contains(&row), "docs/problems.md lacks:\n{row}");
        }
    }
}
