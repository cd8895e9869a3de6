//! Keys, and which paths need none.

use http::{HeaderMap, HeaderValue, Method, header};

use crate::code::Code;
use crate::health;
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

/// Where the public keys are by which anybody checks what the service signs (RFC 7517, RFC 8615).
pub const KEY_SET: &str = "/.well-known/jwks.json";

/// What anybody may read: the index, health, public keys, and hosted survey pages.
fn is_open(method: &Method, path: &str) -> bool {
    let reading = method == Method::GET || method == Method::HEAD;
    reading && (path == "/" || path == KEY_SET || path.starts_with("/s/") || is_health(path))
}

/// Exactly the components' health paths: a customer may be called `health`, too.
fn is_health(path: &str) -> bool {
    let component = path
        .strip_prefix("/v1/")
        .and_then(|rest| rest.strip_suffix("/health"));
    component.is_some_and(|name| health::COMPONENTS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_public_is_open() {
        let open = |path| is_open(&Method::GET, path);
        assert!(
            open("/") && open("/s/f1") && open("/v1/loyalty/health") && open("/v1/profiles/health")
        );
        assert!(open("/.well-known/jwks.json"));
        for closed in [
            "/.well-known/",
            "/.well-known/jwks.json/",
            "/v1/customers/health",
            "/v1/loyalty/accounts/health",
            "/v1/segments/memberships/health",
            "/v1/customers",
            "/v1/surveys/health/responses",
        ] {
            assert!(!open(closed), "{closed}");
        }
        assert!(!is_open(&Method::POST, "/v1/loyalty/health"));
    }
}
