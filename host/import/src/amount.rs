//! Numbers as files write them.

use rapport_types::{Currency, Decimal, Money, decimal};
use serde_json::{Number, Value};

/// Digits that survive JSON's way through a binary float.
const EXACT_DIGITS: usize = 15;

/// A total in major units, as the service takes it: a number, or text where a JSON number would lose digits.
pub fn total(text: &str, comma: bool, currency: Currency) -> Result<Value, String> {
    let number = major(text, comma)?;
    if Money::from_major(number, currency).is_none() {
        return Err(format!("{text} is more than can be counted"));
    }
    Ok(value(number))
}

/// A total in major units.
pub fn major(text: &str, comma: bool) -> Result<Decimal, String> {
    if text.is_empty() {
        return Err("there is no total".into());
    }
    let plain = if comma {
        text.replacen(',', ".", 1)
    } else {
        text.to_owned()
    };
    let example = if comma { "29,33" } else { "29.33" };
    let wrong = || {
        let hint = if !comma && text.contains(',') && !text.contains('.') {
            "; is --decimal-comma missing?"
        } else {
            ""
        };
        format!("{text:?} is not a number; a total is written {example}{hint}")
    };
    // The other separator stands for thousands, which would be misread rather than refused.
    if comma && text.contains('.') {
        return Err(wrong());
    }
    let number = Decimal::from_str_exact(&plain).map_err(|_| wrong())?;
    if number.is_sign_negative() && !number.is_zero() {
        return Err(format!("{text} is negative; an order's total is not"));
    }
    Ok(number)
}

/// A number that stands in a column, if it is written as one would write it: `7` and `29.33`, not `007`, `+7` or `1e3`.
pub fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let plain =
        all_digits(whole) && all_digits(fraction) && (whole == "0" || !whole.starts_with('0'));
    let short = digits.bytes().filter(u8::is_ascii_digit).count() <= EXACT_DIGITS;
    if !plain || !short {
        return None;
    }
    Decimal::from_str_exact(text)
        .ok()
        .and_then(decimal::to_number)
        .map(Value::Number)
}

fn value(number: Decimal) -> Value {
    let plain = number.normalize().to_string();
    let short = plain.bytes().filter(u8::is_ascii_digit).count() <= EXACT_DIGITS;
    let exact: Option<Number> = if short {
        decimal::to_number(number)
    } else {
        None
    };
    exact.map_or(Value::String(plain), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd() -> Currency {
        Currency::parse("USD").unwrap()
    }

    #[test]
    fn a_total_keeps_its_cents() {
        for (text, comma, sent) in [
            ("29.33", false, "29.33"),
            ("29,33", true, "29.33"),
            ("0", false, "0"),
            ("7.50", false, "7.5"),
            ("12", true, "12"),
            ("1234567890123.45", false, "1234567890123.45"),
            ("12345678901234.56", false, "\"12345678901234.56\""),
        ] {
            assert_eq!(
                total(text, comma, usd()).unwrap().to_string(),
                sent,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_total_is_refused_with_the_reason() {
        for (text, comma, reason) in [
            ("", false, "there is no total"),
            ("$29.33", false, "is not a number"),
            ("29,33", false, "--decimal-comma"),
            ("1,234.56", false, "is not a number"),
            ("1.234,56", true, "is not a number"),
            ("1.234", true, "is not a number"),
            ("-5", false, "is negative"),
            ("99999999999999999999", false, "more than can be counted"),
            ("1e3", false, "is not a number"),
        ] {
            let refused = total(text, comma, usd()).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn a_property_is_a_number_only_where_nothing_is_lost() {
        for (text, sent) in [("2", "2"), ("-2.5", "-2.5"), ("0", "0"), ("0.5", "0.5")] {
            assert_eq!(number(text).unwrap().to_string(), sent);
        }
        for text in [
            "007",
            "+7",
            "1e3",
            "",
            ".5",
            "5.",
            "1,000",
            "1234567890123456",
            "--1",
            "x",
            "0x1",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
