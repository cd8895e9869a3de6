//! What came back.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// An answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; `null` where it is empty or no JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Answered {
    /// The body, of an answer that must be a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }

    /// The code of an answer that must be a whole problem: its type, its status, its request id.
    #[track_caller]
    pub fn problem(&self) -> (u16, &str) {
        let status = self.status.as_u16();
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{status} {}",
            self.body
        );
        assert_eq!(self.body["status"], json!(status), "{}", self.body);
        assert_eq!(
            self.body["request_id"].as_str(),
            self.header("x-request-id"),
            "{}",
            self.body
        );
        assert!(
            self.body["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty()),
            "{}",
            self.body
        );
        (
            status,
            self.body["code"].as_str().expect("a problem has a code"),
        )
    }

    /// The pointers of what is wrong with the input.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        errors
            .iter()
            .filter_map(|error| error["pointer"].as_str())
            .collect()
    }

    /// A header, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How many durable writes the request took, of every kind.
    #[track_caller]
    pub fn durable_writes(&self) -> u64 {
        ["writes", "increments", "swaps"]
            .iter()
            .map(|kind| self.operations(kind))
            .sum()
    }

    /// How many store operations of `kind` (`reads`, `writes`, `increments`, `swaps`) the request took.
    #[track_caller]
    pub fn operations(&self, kind: &str) -> u64 {
        let stats = self
            .header("rapport-stats")
            .expect("the host counts with --stats");
        stats
            .split(';')
            .filter_map(|part| part.trim().split_once('='))
            .find(|(name, _)| *name == kind)
            .and_then(|(_, number)| number.parse().ok())
            .unwrap_or_else(|| panic!("no {kind} in {stats}"))
    }
}
