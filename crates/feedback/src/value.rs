//! Whether a value is an answer of its kind.

use rapport_types::{Day, Violation, decimal};
use serde_json::{Number, Value};

use crate::draft::TEXT_BYTES;
use crate::kind::Kind;

/// The most texts of a choice.
pub const CHOICES: usize = 64;
/// The most bytes of one text of a choice.
pub const CHOICE_BYTES: usize = 256;

/// The value as it is kept, if it is an answer of `kind`. `null` is "was asked and did not answer" (a dismissal) for every kind.
///
/// Nothing is coerced: `"9"` is no score. `9.0` is, since JSON does not tell it from `9`, and is kept as `9`.
pub fn check(kind: Kind, scale: Option<u8>, value: Value) -> Result<Value, Violation> {
    if value.is_null() {
        return Ok(value);
    }
    if let Some((low, high)) = kind.scores(scale) {
        return match whole(&value) {
            Some(score) if (i64::from(low)..=i64::from(high)).contains(&score) => {
                Ok(Value::from(score))
            }
            Some(score) => bad(
                "",
                "out_of_range",
                format!(
                    "{} is a whole number from {low} to {high}, not {score}",
                    kind.word()
                ),
            ),
            None => bad(
                "",
                "wrong_type",
                format!("{} is a whole number from {low} to {high}", kind.word()),
            ),
        };
    }
    match (kind, value) {
        (Kind::Text, Value::String(text)) => text_within(text, TEXT_BYTES, ""),
        (Kind::Choice, Value::String(text)) => text_within(text, CHOICE_BYTES, ""),
        (Kind::Choice, Value::Array(texts)) => choices(texts),
        (Kind::Number, value @ Value::Number(_)) | (Kind::Boolean, value @ Value::Bool(_)) => {
            Ok(value)
        }
        (Kind::Date, Value::String(text)) if Day::parse(&text).is_some() => Ok(text.into()),
        (kind, _) => bad("", "wrong_type", expected(kind).to_owned()),
    }
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Choice => "a choice is text or a list of texts",
        Kind::Number => "a number is a JSON number",
        Kind::Boolean => "a boolean is true or false",
        Kind::Date => "a date is text, YYYY-MM-DD, of a day that exists",
        _ => "a text is JSON text",
    }
}

fn bad<T>(below: &str, code: &str, detail: String) -> Result<T, Violation> {
    Err(Violation::new(format!("/value{below}"), code, detail))
}

/// The whole number that `value` is, also where it was written `9.0`.
fn whole(value: &Value) -> Option<i64> {
    let number: &Number = match value {
        Value::Number(number) => number,
        _ => return None,
    };
    let exact = decimal::from_number(number)?;
    if !exact.is_integer() {
        return None;
    }
    i64::try_from(exact).ok()
}

fn text_within(text: String, max: usize, below: &str) -> Result<Value, Violation> {
    if text.is_empty() {
        return bad(
            below,
            "required",
            "an empty text is no answer; leave it null".to_owned(),
        );
    }
    if text.len() > max {
        let detail = format!("at most {max} bytes; this has {}", text.len());
        return bad(below, "too_long", detail);
    }
    Ok(text.into())
}

fn choices(texts: Vec<Value>) -> Result<Value, Violation> {
    if texts.len() > CHOICES {
        let detail = format!(
            "a choice has at most {CHOICES} texts; this has {}",
            texts.len()
        );
        return bad("", "too_many", detail);
    }
    let checked = texts.into_iter().enumerate().map(|(at, text)| match text {
        Value::String(text) => text_within(text, CHOICE_BYTES, &format!("/{at}")),
        _ => bad(
            &format!("/{at}"),
            "wrong_type",
            expected(Kind::Choice).to_owned(),
        ),
    });
    checked.collect::<Result<Vec<_>, _>>().map(Value::Array)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_takes_its_own_values_and_no_others() {
        let samples = [
            (Kind::Text, json!("好")),
            (Kind::Rating, json!(5)),
            (Kind::Choice, json!(["red", "blue"])),
            (Kind::Number, json!(-1.5)),
            (Kind::Boolean, json!(false)),
            (Kind::Date, json!("2026-11-21")),
        ];
        for (kind, value) in &samples {
            assert_eq!(
                check(*kind, None, value.clone()).unwrap(),
                *value,
                "{kind:?}"
            );
            assert_eq!(check(*kind, None, Value::Null).unwrap(), Value::Null);
            let wrong = check(*kind, None, json!({})).unwrap_err();
            assert_eq!(
                (wrong.pointer.as_str(), wrong.code.as_str()),
                ("/value", "wrong_type")
            );
        }
        assert!(check(Kind::Date, None, json!("2026-02-30")).is_err());
        assert!(check(Kind::Boolean, None, json!("true")).is_err());
        assert!(check(Kind::Number, None, json!("1")).is_err());
        assert!(check(Kind::Choice, None, json!("red")).is_ok());
        assert_eq!(
            check(Kind::Choice, None, json!(["red", 1]))
                .unwrap_err()
                .pointer,
            "/value/1"
        );
    }

    #[test]
    fn scores_stay_on_their_scale() {
        for (kind, scale, low, high) in [
            (Kind::Nps, None, 0, 10),
            (Kind::Csat, None, 1, 5),
            (Kind::Ces, None, 1, 7),
            (Kind::Rating, None, 1, 5),
            (Kind::Rating, Some(10), 1, 10),
        ] {
            assert!(check(kind, scale, json!(low)).is_ok());
            assert!(check(kind, scale, json!(high)).is_ok());
            for outside in [low - 1, high + 1] {
                assert_eq!(
                    check(kind, scale, json!(outside)).unwrap_err().code,
                    "out_of_range"
                );
            }
            assert_eq!(
                check(kind, scale, json!("3")).unwrap_err().code,
                "wrong_type"
            );
            assert_eq!(
                check(kind, scale, json!(3.5)).unwrap_err().code,
                "wrong_type"
            );
            assert_eq!(check(kind, scale, json!(3.0)).unwrap(), json!(3));
        }
    }
}
