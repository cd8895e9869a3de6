//! What is wrong with a body's shape, in the words of those who sent it.
//!
//! serde speaks of `i64`, sequences and struct names. Whoever wrote the body knows whole numbers, lists and fields. What is said in
//! other words than serde's own was written for people, and stays.

use rapport_types::violation::nearest;

/// The most names that an answer lists.
const LISTED: usize = 30;

/// A message of serde, without its place.
pub(crate) fn said(message: &str) -> String {
    plain(message).unwrap_or_else(|| message.to_owned())
}

fn plain(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix("missing field ") {
        return Some(format!("{} is missing", quoted(rest)));
    }
    if let Some(rest) = message.strip_prefix("duplicate field ") {
        return Some(format!("{} is there more than once", quoted(rest)));
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return unknown(rest, "there is no field");
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        return unknown(rest, "it cannot be");
    }
    let rest = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))?;
    // A text that was sent may say anything; what is expected never says this.
    let (found, expected) = rest.rsplit_once(", expected ")?;
    Some(format!("must be {}, not {}", kind(expected)?, value(found)))
}

/// A name that is none of those that there are, all of them in backticks.
fn unknown(rest: &str, begins: &str) -> Option<String> {
    // A name that was sent may have backticks of its own: what is expected comes last.
    let (name, expected) = rest
        .rsplit_once(", expected ")
        .or_else(|| rest.rsplit_once(", there are no "))?;
    let name = name.trim_matches('`');
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    if let Some(meant) = nearest(name, known.iter().copied()) {
        return Some(format!("{begins} {name:?}; did you mean \"{meant}\"?"));
    }
    let mut all: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
    if all.is_empty() {
        return Some(format!("{begins} {name:?}; there are none here"));
    }
    if all.len() > LISTED {
        all.truncate(LISTED);
        all.push("…".to_owned());
    }
    Some(format!("{begins} {name:?}; there are {}", all.join(", ")))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.trim_matches('`'))
}

/// What should be there; `None` where that was said for people already.
fn kind(expected: &str) -> Option<&'static str> {
    Some(match expected {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "u128" | "usize" => "a whole number from 0 on",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" | "str" | "string" => "text",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("a tuple of size") => return None,
        _ if expected.starts_with("enum ") || expected == "variant identifier" => {
            "one of the names that are known here"
        }
        _ => return None,
    })
}

/// What was there, as it stands in the body.
fn value(found: &str) -> String {
    let plain = match found {
        "map" => "an object",
        "sequence" => "a list",
        "null" | "unit value" | "Option value" => "null",
        _ => {
            let bare = ["boolean ", "integer ", "floating point "]
                .iter()
                .find_map(|kind| found.strip_prefix(kind));
            if let Some(bare) = bare {
                return bare.trim_matches('`').to_owned();
            }
            return match found.strip_prefix("string ") {
                Some(text) => format!("the text {text}"),
                None => found.to_owned(),
            };
        }
    };
    plain.to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Earn {
        points: Option<i64>,
        order_id: Option<String>,
        frozen: Option<bool>,
        rate: Option<f64>,
        uses: Option<u32>,
        lots: Option<Vec<Earn>>,
        kind: Option<Kind>,
        key: (),
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Main,
        Growth,
    }

    fn told(field: &str, value: Value) -> String {
        let mut body = json!({"key": null});
        body.as_object_mut()
            .unwrap()
            .insert(field.to_owned(), value);
        let error = serde_json::from_value::<Earn>(body).unwrap_err();
        said(&error.to_string())
    }

    #[test]
    fn types_are_said_as_they_stand_in_the_body() {
        for (field, value, expected) in [
            (
                "points",
                json!("ten"),
                "must be a whole number, not the text \"ten\"",
            ),
            ("points", json!(1.5), "must be a whole number, not 1.5"),
            ("points", json!([1]), "must be a whole number, not a list"),
            (
                "uses",
                json!(-1),
                "must be a whole number from 0 on, not -1",
            ),
            ("order_id", json!(7), "must be text, not 7"),
            ("order_id", json!({}), "must be text, not an object"),
            (
                "frozen",
                json!("no"),
                "must be true or false, not the text \"no\"",
            ),
            ("rate", json!(true), "must be a number, not true"),
            ("lots", json!({}), "must be a list, not an object"),
            ("lots", json!([null]), "must be an object, not null"),
            (
                "order_id",
                json!([", expected i64"]),
                "must be text, not a list",
            ),
            (
                "points",
                json!("a, expected b"),
                "must be a whole number, not the text \"a, expected b\"",
            ),
        ] {
            assert_eq!(told(field, value), expected, "{field}");
        }
    }

    #[test]
    fn names_are_suggested_or_listed() {
        assert_eq!(
            told("pionts", json!(1)),
            "there is no field \"pionts\"; did you mean \"points\"?"
        );
        let listed = told("customer", json!(1));
        assert!(
            listed.starts_with(
                "there is no field \"customer\"; there are \"points\", \"order_id\", "
            ),
            "{listed}"
        );
        assert_eq!(
            told("kind", json!("grwth")),
            "it cannot be \"grwth\"; did you mean \"growth\"?"
        );
        assert_eq!(
            told("kind", json!("coins")),
            "it cannot be \"coins\"; there are \"main\", \"growth\""
        );
        assert_eq!(said("missing field `points`"), "\"points\" is missing");
        assert_eq!(
            said("unknown field `a`, there are no fields"),
            "there is no field \"a\"; there are none here"
        );
    }

    #[test]
    fn what_was_said_for_people_stays() {
        for text in [
            "an amount of money has an amount and a currency",
            "invalid type: integer `1`, expected a moment",
        ] {
            assert_eq!(said(text), text);
        }
    }
}
