//! Problem details (RFC 9457) for what no component could answer. The codes are those that the components use.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::body::Body;

/// Something that went wrong outside of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The request line or the headers make no sense.
    BadRequest(&'static str),
    /// No route leads anywhere.
    NotFound,
    /// The component trapped, failed to start, or answered nonsense.
    Internal,
    /// Too many requests are in flight.
    Overloaded,
    /// The component took too long.
    Timeout,
}

impl Problem {
    /// The status that a client sees.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad_request",
            Self::NotFound => "not_found",
            Self::Internal => "internal",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::BadRequest(detail) => detail,
            Self::NotFound => "No route of this application matches the path.",
            Self::Internal => {
                "The request could not be finished. Whether it took effect is unknown; repeating it with the same idempotency key is safe."
            }
            Self::Overloaded => "Too many requests are in flight. Nothing was done.",
            Self::Timeout => {
                "The request took too long and was given up. Whether it took effect is unknown; repeating it with the same idempotency key is safe."
            }
        }
    }

    /// The answer to request `request_id`.
    pub fn answer(self, request_id: &str) -> Response<Body> {
        #[derive(Serialize)]
        struct Details<'a> {
            r#type: &'a str,
            title: &'a str,
            status: u16,
            code: &'a str,
            detail: &'a str,
            request_id: &'a str,
        }
        let status = self.status();
        let details = Details {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code: self.code(),
            detail: self.detail(),
            request_id,
        };
        let mut answer = Response::new(Body::from(
            serde_json::to_string(&details).unwrap_or_default(),
        ));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert("x-request-id", id);
        }
        if self == Self::Overloaded {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        answer
    }
}

/// An id for a request: the client's own if it is fit to print, else a random one.
pub fn request_id(given: Option<&HeaderValue>) -> String {
    let fit =
        |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    match given.and_then(|id| id.to_str().ok()).filter(fit) {
        Some(id) => id.to_owned(),
        None => crate::random::hex(8),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_problem_is_complete() {
        let answer = Problem::Overloaded.answer("abc");
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()[RETRY_AFTER], "1");
        assert_eq!(answer.headers()["x-request-id"], "abc");
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let details: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(details["type"], "about:blank");
        assert_eq!(details["title"], "Service Unavailable");
        assert_eq!(details["status"], 503);
        assert_eq!(details["code"], "overloaded");
        assert_eq!(details["request_id"], "abc");
    }

    #[test]
    fn a_clients_id_is_kept_only_if_it_is_fit_to_print() {
        let id = |value: &'static str| request_id(Some(&HeaderValue::from_static(value)));
        assert_eq!(id("order-7"), "order-7");
        assert_eq!(id("").len(), 16);
        assert_eq!(id("a b").len(), 16);
        assert_ne!(request_id(None), request_id(None));
    }
}
