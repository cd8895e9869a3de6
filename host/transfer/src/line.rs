//! The file, line by line: JSON, one object a line, in UTF-8.
//!
//! ```json
//! {"format":"rapport-store","version":1}
//! {"key":"count:customers","counter":2}
//! {"key":"customers:1","text":"{\"key\":\"customer:…\",\"at\":1763766791951}"}
//! {"key":"anything","base64":"AAEC/w=="}
//! {"rows":3}
//! ```
//!
//! The first line names format and version, the last one counts the rows, so that a file that was cut short is noticed.
//! Between them stand rows in any order, each key once, each with exactly one value: `counter` (a whole number of 64
//! bits), `text` (bytes that are JSON) or `base64` (any others). Bytes travel unchanged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use crate::row::{Row, Value, check_key};

/// What the first line says.
const FORMAT: &str = "rapport-store";
/// The version that is written, and the only one that is read.
const VERSION: u64 = 1;

/// A line that is not the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A row.
    Row(Row),
    /// The end, with the number of rows before it.
    End(u64),
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {why}", field.map(|field| format!(", {field}")).unwrap_or_default())]
pub struct LineError {
    /// Its number, from 1.
    pub line: u64,
    /// The field, where it is one.
    pub field: Option<&'static str>,
    /// What is wrong.
    pub why: String,
}

/// What is wrong with what a line says: the field, and the reason.
type Wrong = (Option<&'static str>, String);

/// The first line.
pub fn head() -> String {
    json!({"format": FORMAT, "version": VERSION}).to_string()
}

/// The last line.
pub fn end(rows: u64) -> String {
    json!({"rows": rows}).to_string()
}

/// The line of a row.
pub fn write(row: &Row) -> String {
    let key = Json::from(row.key.as_str());
    match &row.value {
        Value::Counter(number) => format!(r#"{{"key":{key},"counter":{number}}}"#),
        Value::Plain(bytes) => match text(bytes) {
            Some(text) => format!(r#"{{"key":{key},"text":{}}}"#, Json::from(text)),
            None => format!(r#"{{"key":{key},"base64":"{}"}}"#, STANDARD.encode(bytes)),
        },
    }
}

/// The text of bytes that are JSON. Any other text could be anything, and is not shown as if it were legible.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    Some(text)
}

/// Reads the first line.
pub fn read_head(bytes: &[u8]) -> Result<(), LineError> {
    let check = |fields: Map<String, Json>| {
        if fields.get("format").and_then(Json::as_str) != Some(FORMAT) {
            return Err((
                Some("format"),
                format!("the first line of an exported store says \"{FORMAT}\""),
            ));
        }
        match fields.get("version").and_then(Json::as_u64) {
            Some(VERSION) => Ok(()),
            Some(other) => Err((
                Some("version"),
                format!("this Rapport reads version {VERSION}, not {other}"),
            )),
            None => Err((Some("version"), "it is missing".into())),
        }
    };
    fields(bytes).and_then(check).map_err(at(1))
}

/// Reads line `number`, which is not the first.
pub fn read(number: u64, bytes: &[u8]) -> Result<Line, LineError> {
    fields(bytes).and_then(line).map_err(at(number))
}

fn at(line: u64) -> impl Fn(Wrong) -> LineError {
    move |(field, why)| LineError { line, field, why }
}

fn fields(bytes: &[u8]) -> Result<Map<String, Json>, Wrong> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| (None, format!("it is no UTF-8: {error}")))?;
    match serde_json::from_str(text) {
        Ok(Json::Object(fields)) => Ok(fields),
        Ok(_) => Err((None, "it is no JSON object".into())),
        Err(error) => {
            let why = error.to_string();
            let why = why.replace(" at line 1 column ", " at column ");
            Err((None, format!("it is no JSON: {why}")))
        }
    }
}

fn line(mut fields: Map<String, Json>) -> Result<Line, Wrong> {
    if let Some(rows) = fields.remove("rows") {
        return match rows.as_u64() {
            Some(rows) if fields.is_empty() => Ok(Line::End(rows)),
            _ => Err((
                Some("rows"),
                "the last line has it alone, a whole number".into(),
            )),
        };
    }
    let mut key = None;
    let mut values = Vec::new();
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("key", Json::String(text)) => {
                check_key(&text).map_err(|why| (Some("key"), format!("{text:?}: {why}")))?;
                key = Some(text);
            }
            ("key", _) => return Err((Some("key"), "it is no text".into())),
            ("counter", value) => match value.as_i64() {
                Some(number) => values.push(Value::Counter(number)),
                None => {
                    let why = format!("{value} is no whole number of 64 bits");
                    return Err((Some("counter"), why));
                }
            },
            ("text", Json::String(text)) => values.push(Value::Plain(text.into_bytes())),
            ("text", _) => return Err((Some("text"), "it is no text".into())),
            ("base64", Json::String(text)) => match STANDARD.decode(text) {
                Ok(bytes) => values.push(Value::Plain(bytes)),
                Err(error) => return Err((Some("base64"), format!("it is no base64: {error}"))),
            },
            ("base64", _) => return Err((Some("base64"), "it is no text".into())),
            (other, _) => return Err((None, format!("there is no field `{other}`"))),
        }
    }
    let Some(key) = key else {
        return Err((Some("key"), "it is missing".into()));
    };
    match <[Value; 1]>::try_from(values) {
        Ok([value]) => Ok(Line::Row(Row { key, value })),
        Err(_) => Err((
            None,
            format!("`{key}` has exactly one of `counter`, `text` and `base64`"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, value: Value) -> Row {
        Row {
            key: key.into(),
            value,
        }
    }

    #[test]
    fn rows_are_read_as_they_were_written() {
        let plain = |bytes: &[u8]| Value::Plain(bytes.into());
        for (value, written) in [
            (
                Value::Counter(4_294_967_297),
                r#"{"key":"k","counter":4294967297}"#,
            ),
            (
                Value::Counter(i64::MIN),
                r#"{"key":"k","counter":-9223372036854775808}"#,
            ),
            (
                plain("{\"a\": \"会\"}".as_bytes()),
                r#"{"key":"k","text":"{\"a\": \"会\"}"}"#,
            ),
            (plain(b"plain"), r#"{"key":"k","base64":"cGxhaW4="}"#),
            (plain(&[0, 1, 2, 255]), r#"{"key":"k","base64":"AAEC/w=="}"#),
            (plain(b""), r#"{"key":"k","base64":""}"#),
        ] {
            let row = row("k", value);
            assert_eq!(write(&row), written);
            assert_eq!(read(2, written.as_bytes()), Ok(Line::Row(row)));
        }
        assert_eq!(read(9, end(7).as_bytes()), Ok(Line::End(7)));
        assert_eq!(read_head(head().as_bytes()), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named_with_line_and_field() {
        for (text, said) in [
            (
                r#"{"key":"k","text":"{}""#,
                "line 5: it is no JSON: EOF while parsing an object at column 22",
            ),
            ("[]", "line 5: it is no JSON object"),
            (r#"{"text":"{}"}"#, "line 5, key: it is missing"),
            (r#"{"key":7,"text":"{}"}"#, "line 5, key: it is no text"),
            (
                r#"{"key":"K","text":"{}"}"#,
                "line 5, key: \"K\": a key has only a-z, 0-9 and : . _ -",
            ),
            (r#"{"key":"k","text":{}}"#, "line 5, text: it is no text"),
            (
                r#"{"key":"k","base64":"A"}"#,
                "line 5, base64: it is no base64: ",
            ),
            (r#"{"key":"k","base64":1}"#, "line 5, base64: it is no text"),
            (
                r#"{"key":"k","counter":1.5}"#,
                "line 5, counter: 1.5 is no whole number of 64 bits",
            ),
            (
                r#"{"key":"k","counter":9223372036854775808}"#,
                "line 5, counter: 9223372036854775808 is no",
            ),
            (r#"{"key":"k"}"#, "line 5: `k` has exactly one of"),
            (
                r#"{"key":"k","text":"1","counter":1}"#,
                "line 5: `k` has exactly one of",
            ),
            (
                r#"{"key":"k","text":"1","kind":1}"#,
                "line 5: there is no field `kind`",
            ),
            (r#"{"rows":-1}"#, "line 5, rows: "),
        ] {
            let error = read(5, text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
        assert!(
            read(5, b"\xff")
                .unwrap_err()
                .to_string()
                .contains("no UTF-8")
        );
        for (text, said) in [
            (r#"{"format":"x","version":1}"#, "line 1, format: "),
            (
                r#"{"format":"rapport-store","version":2}"#,
                "line 1, version: this Rapport reads version 1, not 2",
            ),
            (
                r#"{"format":"rapport-store"}"#,
                "line 1, version: it is missing",
            ),
        ] {
            let error = read_head(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
