//! JSON out, with its headers.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use rapport_types::{Timestamp, hash};
use serde::Serialize;

use crate::condition::{Condition, etag};
use crate::problem::Problem;

/// A successful answer.
#[derive(Debug, Clone)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// 200 with `body` as JSON.
    pub fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::OK, body)
    }

    /// 201 with `body` as JSON.
    pub fn created(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::CREATED, body)
    }

    /// `status` with `body` as JSON.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        let body =
            serde_json::to_vec(body).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Self::raw(status, "application/json", body.into()))
    }

    /// `status` with `body` as it is.
    pub fn raw(status: StatusCode, content_type: &'static str, body: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self {
            status,
            headers,
            body,
        }
    }

    /// 204: done, and nothing to say.
    pub fn nothing() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// The same, with the document's revision as `ETag`.
    #[must_use]
    pub fn rev(self, rev: u64) -> Self {
        self.tag(&etag(rev))
    }

    /// The same, with `tag` (in its quotes) as `ETag`.
    #[must_use]
    pub fn tag(self, tag: &str) -> Self {
        match HeaderValue::from_str(tag) {
            Ok(value) => self.header(header::ETAG, value),
            Err(_) => self,
        }
    }

    /// The same, with an `ETag` of the document's revision and of the body, which time alone may have changed.
    #[must_use]
    pub fn named(self, rev: u64) -> Self {
        let body = String::from_utf8_lossy(&self.body);
        let tag = format!("\"{rev}.{:016x}\"", hash::u64_of(&body));
        self.tag(&tag)
    }

    /// 304 instead, where the client has what `ETag` names already.
    #[must_use]
    pub fn unless(mut self, condition: &Condition) -> Self {
        let tag = self
            .headers
            .get(header::ETAG)
            .and_then(|tag| tag.to_str().ok());
        if tag.is_some_and(|tag| condition.has(tag)) {
            self.status = StatusCode::NOT_MODIFIED;
            self.headers.remove(header::CONTENT_TYPE);
            self.body = Bytes::new();
        }
        self
    }

    /// The same; caches of the client's own may keep it `seconds`, and never past `change`, when it may be wrong.
    #[must_use]
    pub fn cache(self, seconds: u32, now: Timestamp, change: Option<Timestamp>) -> Self {
        let left = change.map_or(i64::MAX, |change| change.millis_since(now).div_euclid(1000));
        let age = i64::from(seconds).min(left).max(0);
        match HeaderValue::from_str(&format!("private, max-age={age}")) {
            Ok(value) => self.header(header::CACHE_CONTROL, value),
            Err(_) => self,
        }
    }

    /// The same, marked as an answer that was given before.
    #[must_use]
    pub fn replayed(self, replayed: bool) -> Self {
        if !replayed {
            return self;
        }
        self.header(
            HeaderName::from_static("idempotency-replayed"),
            HeaderValue::from_static("true"),
        )
    }

    /// The same, with `Location`.
    #[must_use]
    pub fn location(self, path: &str) -> Self {
        match HeaderValue::from_str(path) {
            Ok(value) => self.header(header::LOCATION, value),
            Err(_) => self,
        }
    }

    /// The same, with a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl IntoResponse for Answer {
    // Once, and not in each handler.
    #[inline(never)]
    fn into_response(self) -> Response {
        // Not by axum's own tuple, which says `application/octet-stream` even of an empty body.
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
