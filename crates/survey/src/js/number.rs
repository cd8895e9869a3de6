//! Texts to numbers and back, as ECMA-262 and `survey-core` do it.

use super::trim;

/// StringToNumber of ECMA-262: the whole text is a number, or it is none. An empty text is 0.
pub fn of_text(text: &str) -> f64 {
    let text = trim(text);
    if text.is_empty() {
        return 0.0;
    }
    for (prefix, radix) in [
        ("0x", 16),
        ("0X", 16),
        ("0o", 8),
        ("0O", 8),
        ("0b", 2),
        ("0B", 2),
    ] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return of_digits(digits, radix);
        }
    }
    match text {
        "Infinity" | "+Infinity" => return f64::INFINITY,
        "-Infinity" => return f64::NEG_INFINITY,
        _ => {}
    }
    if decimal_prefix(text) == text.len() {
        text.parse().unwrap_or(f64::NAN)
    } else {
        f64::NAN
    }
}

/// `parseFloat`: the longest beginning that is a number.
pub fn parse_float(text: &str) -> f64 {
    let text = trim(text);
    for (infinity, value) in [
        ("Infinity", f64::INFINITY),
        ("+Infinity", f64::INFINITY),
        ("-Infinity", f64::NEG_INFINITY),
    ] {
        if text.starts_with(infinity) {
            return value;
        }
    }
    text.get(..decimal_prefix(text))
        .and_then(|prefix| prefix.parse().ok())
        .unwrap_or(f64::NAN)
}

/// `parseInt` without a radix: the longest beginning that is a whole number, hexadecimal after `0x`.
pub fn parse_int(text: &str) -> f64 {
    let text = trim(text);
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, rest) = match rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        Some(rest) => (16, rest),
        None => (10, rest),
    };
    let end = rest
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(rest.len());
    sign * of_digits(rest.get(..end).unwrap_or(""), radix)
}

/// ToString of a number: the shortest text that reads back as the same number.
pub fn to_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    let size = number.abs();
    if (1e-6..1e21).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}

/// `Helpers.getNumber`: what `survey-core` takes for a number in a text. One comma may stand for the point.
pub fn lenient(text: &str) -> Option<f64> {
    let text = trim(text);
    if text.is_empty() {
        return None;
    }
    if text.starts_with("0x") {
        let number = parse_int(text);
        return (text.len() <= 32 && !number.is_nan()).then_some(number);
    }
    if text.len() > 15 && text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let signed_inside =
        text.rfind('-').is_some_and(|at| at > 0) || text.rfind('+').is_some_and(|at| at > 0);
    if !signed_inside && text.contains(['*', '^', '/', '%']) {
        return None;
    }
    let text = if text.matches(',').count() == 1 {
        text.replace(',', ".")
    } else {
        text.to_owned()
    };
    let number = parse_float(&text);
    (!number.is_nan() && of_text(&text).is_finite()).then_some(number)
}

fn of_digits(digits: &str, radix: u32) -> f64 {
    if digits.is_empty() {
        return f64::NAN;
    }
    if radix == 10 {
        return digits.parse().unwrap_or(f64::NAN);
    }
    let mut number = 0.0;
    for c in digits.chars() {
        match c.to_digit(radix) {
            Some(digit) => number = number * f64::from(radix) + f64::from(digit),
            None => return f64::NAN,
        }
    }
    number
}

/// The bytes at the beginning of `text` that are a decimal literal with a sign; 0 where there is none.
fn decimal_prefix(text: &str) -> usize {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied();
    let digits_from = |start: usize| {
        bytes
            .iter()
            .skip(start)
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let sign = usize::from(matches!(at(0), Some(b'+' | b'-')));
    let whole = digits_from(sign);
    let mut end = sign.saturating_add(whole);
    let mut fraction = 0;
    if at(end) == Some(b'.') {
        fraction = digits_from(end.saturating_add(1));
        if whole > 0 || fraction > 0 {
            end = end.saturating_add(1).saturating_add(fraction);
        }
    }
    if whole == 0 && fraction == 0 {
        return 0;
    }
    if matches!(at(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(at(end.saturating_add(1)), Some(b'+' | b'-')));
        let start = end.saturating_add(1).saturating_add(sign);
        let digits = digits_from(start);
        if digits > 0 {
            end = start.saturating_add(digits);
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_number_where_javascript_says_so() {
        for (text, number) in [
            ("", 0.0),
            (" 12 ", 12.0),
            ("1e3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("0x1f", 31.0),
            ("-7", -7.0),
        ] {
            assert_eq!(of_text(text), number, "{text:?}");
        }
        for text in ["12a", "1,5", ".", "e5", "-", "inf", "0x", "--1"] {
            assert!(of_text(text).is_nan(), "{text:?}");
        }
    }

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (number, text) in [
            (1.0, "1"),
            (0.1, "0.1"),
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (-0.0, "0"),
            (123_456_789.5, "123456789.5"),
        ] {
            assert_eq!(to_text(number), text);
        }
    }

    #[test]
    fn one_comma_stands_for_a_point_and_long_digits_for_no_number() {
        assert_eq!(lenient("1,5"), Some(1.5));
        assert_eq!(lenient("1,000,000"), None);
        assert_eq!(lenient("6222021234567890123"), None);
        assert_eq!(lenient("abc"), None);
        assert_eq!(lenient("2026-01-02"), None);
    }
}
