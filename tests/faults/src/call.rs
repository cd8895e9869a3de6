//! A request that can be made again, word for word.

use http::Method;
use serde_json::Value;

/// A request.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The idempotency key, if it has one.
    pub key: Option<String>,
    /// `If-Match`, if it has one.
    pub if_match: Option<String>,
    /// The body, if it has one.
    pub body: Option<Value>,
    /// The moment, where it is not that of all others.
    pub at: Option<String>,
}

impl Call {
    fn new(method: Method, path: &str, body: Option<Value>) -> Self {
        Self {
            method,
            path: path.to_owned(),
            key: None,
            if_match: None,
            body,
            at: None,
        }
    }

    /// Reads.
    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path, None)
    }

    /// Puts `body`.
    pub fn put(path: &str, body: Value) -> Self {
        Self::new(Method::PUT, path, Some(body))
    }

    /// Patches with `body`.
    pub fn patch(path: &str, body: Value) -> Self {
        Self::new(Method::PATCH, path, Some(body))
    }

    /// Posts `body`.
    pub fn post(path: &str, body: Value) -> Self {
        Self::new(Method::POST, path, Some(body))
    }

    /// Posts nothing.
    pub fn post_nothing(path: &str) -> Self {
        Self::new(Method::POST, path, None)
    }

    /// Deletes.
    pub fn delete(path: &str) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    /// With an idempotency key.
    #[must_use]
    pub fn once(self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self
        }
    }

    /// On condition that the document has the revision `rev`.
    #[must_use]
    pub fn if_match(self, rev: u64) -> Self {
        Self {
            if_match: Some(format!("\"{rev}\"")),
            ..self
        }
    }

    /// At a moment (RFC 3339).
    #[must_use]
    pub fn at(self, moment: &str) -> Self {
        Self {
            at: Some(moment.to_owned()),
            ..self
        }
    }

    /// Which component has the route: `/v1/<component>`, and profiles what else there is.
    pub fn component(&self) -> &str {
        let path = self.path.split(['?', '/']).nth(2);
        path.unwrap_or_default()
    }
}
