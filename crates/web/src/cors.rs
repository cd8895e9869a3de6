//! Who may call from a browser (the Fetch standard's CORS protocol).

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::settings::Settings;

/// The headers that a page may read of an answer.
const EXPOSED: &str = "ETag, X-Request-Id, Idempotency-Replayed, Retry-After, Location";
/// The headers that a page may send.
const SENT: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match";

/// Whether this is a browser that asks before it calls.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Adds what tells a browser that the origin may read the answer, where it may.
pub(crate) fn allow(settings: &Settings, origin: Option<HeaderValue>, answer: &mut HeaderMap) {
    let Some(origin) = origin else {
        return;
    };
    answer.append(header::VARY, HeaderValue::from_static("Origin"));
    let listed = |allowed: &String| allowed == "*" || allowed.as_bytes() == origin.as_bytes();
    if settings.allowed_origins.iter().any(listed) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        answer.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
    }
}

/// Turns the routes' answer to `OPTIONS`, which is 405 with `Allow`, into what a browser or a person wants to know.
pub(crate) fn answer_options(preflight: bool, status: &mut StatusCode, headers: &mut HeaderMap) {
    let Some(allowed) = headers.get(header::ALLOW).cloned() else {
        return;
    };
    *status = StatusCode::NO_CONTENT;
    headers.remove(header::CONTENT_TYPE);
    headers.remove(header::CONTENT_LENGTH);
    if preflight && headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, allowed);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(SENT),
        );
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("600"),
        );
    }
}
