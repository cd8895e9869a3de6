//! JSON in, checked, with the place of what is wrong.

use bytes::Bytes;
use http::{HeaderMap, header};
use rapport_types::{Violation, json, violation};
use serde::de::DeserializeOwned;

use crate::code::Code;
use crate::place::{self, Place};
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
    json::from_slice(bytes).map_err(|error| {
        let again = |part: &[u8]| json::from_slice::<T>(part).err();
        refusal(bytes, &error, &again)
    })
}

/// Why `bytes` are refused, where `error` is how, and `again` reads a part of them.
#[cold]
fn refusal(
    bytes: &[u8],
    error: &serde_json::Error,
    again: &dyn Fn(&[u8]) -> Option<serde_json::Error>,
) -> Problem {
    // A shape may be found wrong before the text is found broken; broken text is the first thing to mend.
    not_json(bytes).unwrap_or_else(|| {
        let text = said(error);
        let same = |part: &[u8]| again(part).is_some_and(|error| said(&error) == text);
        wrong(place::find(bytes, read(bytes, error), &same), text)
    })
}

/// What the reader says. The position is its addition; the pointer says the place better.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text)
        .to_owned()
}

/// How many of `bytes` the reader had read.
fn read(bytes: &[u8], error: &serde_json::Error) -> usize {
    if error.line() == 0 {
        return bytes.len();
    }
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let before = lines
        .take(error.line().saturating_sub(1))
        .fold(0_usize, |sum, line| sum.saturating_add(line.len()));
    before.saturating_add(error.column())
}

/// Why `bytes` are no JSON of any shape, if they are none.
fn not_json(bytes: &[u8]) -> Option<Problem> {
    let any = serde_json::from_slice::<serde::de::IgnoredAny>(bytes);
    any.err().map(|error| invalid_json(&error))
}

fn invalid_json(error: &serde_json::Error) -> Problem {
    Problem::new(Code::InvalidJson, format!("The body is not JSON: {error}."))
}

/// Refuses JSON that is no object, in the same words whatever is read from it.
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

fn wrong(place: Place, text: String) -> Problem {
    let Place { pointer, key } = place;
    let (pointer, code) = match named(&text) {
        Some(("unknown field", name)) => (below(&pointer, name), "unknown_field"),
        Some(("missing field", name)) => (below(&pointer, name), "missing_field"),
        Some(("duplicate field", _)) => (pointer, "invalid_value"),
        Some(("unknown variant", _)) => (pointer, "unknown_value"),
        _ => {
            let code = if text.starts_with("invalid type") {
                "wrong_type"
            } else {
                "invalid_value"
            };
            (
                key.map_or(pointer.clone(), |key| below(&pointer, &key)),
                code,
            )
        }
    };
    Problem::invalid(vec![Violation::new(pointer, code, plain::said(&text))])
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
