//! An error as RFC 9457 has it.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use rapport_types::Violation;
use serde::Serialize;

use crate::code::Code;

/// An error for the client: a stable code, a text for people, and what is wrong where.
///
/// The text for the log is apart from it, and never reaches a client.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    detail: String,
    errors: Vec<Violation>,
    headers: HeaderMap,
    log: Option<String>,
}

/// A problem that has not been given its request's id yet; [`crate::gate`] does that.
#[derive(Debug, Clone)]
pub(crate) struct Unsent(pub Problem);

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Violation],
    request_id: &'a str,
}

impl Problem {
    /// A problem of `code`; `detail` tells people what is the matter and what would be right.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: HeaderMap::new(),
            log: None,
        }))
    }

    /// There is no such `thing`, named `id`.
    pub fn not_found(thing: &str, id: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no {thing} {id:?}."))
    }

    /// The input is refused, for these reasons.
    pub fn invalid(errors: Vec<Violation>) -> Self {
        let detail = match errors.as_slice() {
            [one] if one.pointer.is_empty() => one.detail.clone(),
            [one] => format!("At {}: {}", one.pointer, one.detail),
            many => format!("There are {} things wrong with the input.", many.len()),
        };
        let mut problem = Self::new(Code::InvalidInput, detail);
        problem.0.errors = errors;
        problem
    }

    /// The input is refused for one reason, at `pointer` (RFC 6901).
    pub fn invalid_at(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Violation::new(pointer, code, detail)])
    }

    /// Something failed inside; `log` is for operators only.
    pub fn internal(log: impl Into<String>) -> Self {
        Self::new(
            Code::Internal,
            "The request failed inside the service; its id finds the reason in the log.",
        )
        .logged(log)
    }

    /// The same, with a line for the log that clients do not see.
    #[must_use]
    pub fn logged(mut self, log: impl Into<String>) -> Self {
        self.0.log = Some(log.into());
        self
    }

    /// The same, with `Retry-After`.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The same, with a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// What it is about.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The text for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What is wrong with the input, and where.
    pub fn errors(&self) -> &[Violation] {
        &self.0.errors
    }

    pub(crate) fn log(&self) -> Option<&str> {
        self.0.log.as_deref()
    }

    pub(crate) fn to_body(&self, request_id: &str) -> Bytes {
        let body = Body {
            r#type: "about:blank",
            title: self.0.code.title(),
            status: self.0.code.status().as_u16(),
            code: self.0.code.as_str(),
            detail: &self.0.detail,
            errors: &self.0.errors,
            request_id,
        };
        serde_json::to_vec(&body).unwrap_or_default().into()
    }
}

impl IntoResponse for Problem {
    // Once, and not in each handler.
    #[inline(never)]
    fn into_response(self) -> Response {
        let mut response = self.0.code.status().into_response();
        response.headers_mut().extend(self.0.headers.clone());
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response.extensions_mut().insert(Unsent(self));
        response
    }
}
