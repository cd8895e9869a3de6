//! Keys, and which paths need none.

use http::{HeaderMap, HeaderValue, Method, header};

use crate::code::Code;
use crate::problem::Problem;
use crate::settings::{Settings, digest};

/// Checks the request's key, where its path needs one.
pub(crate) fn check(
    settings: &Settings,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    if is_open(method, path) {
        return Ok(());
    }
    let challenge = |code, detail: &str| {
        Err(Problem::new(code, detail).header(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"rapport\""),
        ))
    };
    let Some(expected) = &settings.admin_key else {
        return challenge(
            Code::Closed,
            "No key is configured, so the service is closed. Set the variable admin_key.",
        );
    };
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = given.and_then(|text| {
        let (scheme, key) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    match key {
        None => challenge(
            Code::Unauthorized,
            "Send a key: Authorization: Bearer <key>.",
        ),
        // Hashes are compared, so that the time it takes tells nothing about the key.
        Some(key) if digest(key) == *expected => Ok(()),
        Some(_) => challenge(Code::Unauthorized, "The key is not known here."),
    }
}

/// What anybody may read: the index, health, and hosted survey pages.
fn is_open(method: &Method, path: &str) -> bool {
    let reading = method == Method::GET || method == Method::HEAD;
    reading && (path == "/" || path.starts_with("/s/") || path.ends_with("/health"))
}
