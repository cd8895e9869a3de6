//! JSON in, checked, with the place of what is wrong.

use bytes::Bytes;
use http::{HeaderMap, header};
use rapport_types::{Violation, violation};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::code::Code;
use crate::plain;
use crate::problem::Problem;

/// The most bytes of most bodies.
pub const LIMIT: usize = 256 * 1024;
/// The most bytes of a batch, and of any body.
pub const BATCH_LIMIT: usize = 4 * 1024 * 1024;

/// The request's body was larger than [`BATCH_LIMIT`] and was not read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Oversized;

/// Reads `bytes` as JSON of the shape `T`.
///
/// Not JSON is `invalid_json`, with the line; JSON of another shape is `invalid_input`, with the pointer.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut json);
    let value = parsed.map_err(|error| match not_json(bytes) {
        // A shape may be found wrong before the text is found broken; broken text is the first thing to mend.
        Some(problem) => problem,
        None => wrong(&pointer(error.path()), &error.into_inner()),
    })?;
    match json.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(invalid_json(&error)),
    }
}

/// Why `bytes` are no JSON of any shape, if they are none.
fn not_json(bytes: &[u8]) -> Option<Problem> {
    let any = serde_json::from_slice::<serde::de::IgnoredAny>(bytes);
    any.err().map(|error| invalid_json(&error))
}

fn invalid_json(error: &serde_json::Error) -> Problem {
    Problem::new(Code::InvalidJson, format!("The body is not JSON: {error}."))
}

/// Refuses JSON that is no object. Without this a list would be read as an object's fields in their order.
pub(crate) fn check_object(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return Ok(());
    }
    let detail = "The body is a JSON object, in braces.";
    Err(not_json(bytes).unwrap_or_else(|| Problem::invalid_at("", "wrong_type", detail)))
}

/// Refuses a body that is not said to be JSON.
pub(crate) fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
    {
        return Ok(());
    }
    Err(Problem::new(
        Code::UnsupportedMediaType,
        format!("Send the body with Content-Type: application/json, not {given:?}."),
    ))
}

/// Refuses a body of more than `limit` bytes.
pub(crate) fn check_size(bytes: &Bytes, limit: usize) -> Result<(), Problem> {
    if bytes.len() <= limit {
        return Ok(());
    }
    Err(too_large(limit))
}

pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(
        Code::TooLarge,
        format!("The body may have {limit} bytes at most here."),
    )
}

fn wrong(path: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    // The position is serde_json's addition; the pointer says the place better.
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    let (pointer, code) = match named(text) {
        Some(("unknown field", name)) => (beside(path, name), "unknown_field"),
        Some(("missing field", name)) => (below(path, name), "missing_field"),
        Some(("unknown variant", _)) => (path.to_owned(), "unknown_value"),
        _ if text.starts_with("invalid type") => (path.to_owned(), "wrong_type"),
        _ => (path.to_owned(), "invalid_value"),
    };
    Problem::invalid(vec![Violation::new(pointer, code, plain::said(text))])
}

/// What serde's message is about, and the field it names.
fn named(text: &str) -> Option<(&str, &str)> {
    let (kind, rest) = text.split_once('`')?;
    let (name, _) = rest.split_once('`')?;
    Some((kind.trim_end(), name))
}

fn below(path: &str, name: &str) -> String {
    format!("{path}{}", violation::step(name))
}

/// The path of an unknown field may end with it already.
fn beside(path: &str, name: &str) -> String {
    let step = violation::step(name);
    if path.ends_with(&step) {
        path.to_owned()
    } else {
        format!("{path}{step}")
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&violation::step(&index.to_string())),
            Segment::Map { key } => pointer.push_str(&violation::step(key)),
            Segment::Enum { variant } => pointer.push_str(&violation::step(variant)),
            Segment::Unknown => {}
        }
    }
    pointer
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        points: i64,
    }

    fn place(body: &str) -> (String, String) {
        let problem = parse::<Outer>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.code(), Code::InvalidInput, "{problem:?}");
        (
            problem.errors()[0].pointer.clone(),
            problem.errors()[0].code.clone(),
        )
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        assert_eq!(
            place(r#"{"inner": [{"points": "1"}]}"#),
            at("/inner/0/points", "wrong_type")
        );
        assert_eq!(
            place(r#"{"inner": [{"points": 1, "pts": 2}]}"#),
            at("/inner/0/pts", "unknown_field")
        );
        assert_eq!(
            place(r#"{"inner": [{}]}"#),
            at("/inner/0/points", "missing_field")
        );
        assert_eq!(place("7"), at("", "wrong_type"));
        // What was sent may read like the end of a message.
        let problem = parse::<Outer>(br#"{"inner": "day 7 at line 3"}"#).unwrap_err();
        assert_eq!(
            problem.errors()[0].detail,
            "must be a list, not the text \"day 7 at line 3\""
        );
        assert_eq!(place(r#"{"innr": []}"#), at("/innr", "unknown_field"));
    }

    #[test]
    fn what_is_not_json_has_its_line() {
        // The unknown field comes first, but mending the text does, too.
        assert_eq!(
            parse::<Outer>(b"{\"a\":").unwrap_err().code(),
            Code::InvalidJson
        );
        let problem = parse::<Outer>(b"{\n\"inner\": [}").unwrap_err();
        assert_eq!(problem.code(), Code::InvalidJson);
        assert!(problem.detail().contains("line 2"), "{}", problem.detail());
        assert_eq!(
            parse::<Outer>(b"{\"inner\": []} x").unwrap_err().code(),
            Code::InvalidJson
        );
        assert_eq!(parse::<Outer>(b"").unwrap_err().code(), Code::InvalidJson);
    }
}
