//! JSON as pages show it: with gaps, and with what is random.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

/// What stands for the rest of something.
const GAP: char = '…';

/// A value with gaps.
#[derive(Debug, PartialEq)]
pub enum Expected {
    /// Anything.
    Any,
    /// This very number, truth value or `null`.
    Plain(Value),
    /// A text, of which each `…` stands for any text.
    Text(String),
    /// A list; `true`: and whatever follows.
    List(Vec<Expected>, bool),
    /// An object; `true`: and whatever else is in it.
    Object(Vec<(String, Expected)>, bool),
}

/// Reads it.
pub fn read(text: &str) -> Result<Expected, String> {
    let mut letters = text.chars().peekable();
    let value = value(&mut letters)?;
    blank(&mut letters);
    match letters.next() {
        None => Ok(value),
        Some(letter) => Err(format!("{letter:?} behind the end of what the page shows")),
    }
}

fn blank(letters: &mut Peekable<Chars<'_>>) {
    while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
}

fn value(letters: &mut Peekable<Chars<'_>>) -> Result<Expected, String> {
    blank(letters);
    match letters.peek().copied() {
        Some(GAP) => {
            letters.next();
            Ok(Expected::Any)
        }
        Some('"') => text(letters).map(Expected::Text),
        Some('[') => {
            let mut items = Vec::new();
            let open = members(letters, ']', |letters| {
                items.push(value(letters)?);
                Ok(())
            })?;
            Ok(Expected::List(items, open))
        }
        Some('{') => {
            let mut fields = Vec::new();
            let open = members(letters, '}', |letters| {
                let name = text(letters)?;
                blank(letters);
                match letters.next() {
                    Some(':') => fields.push((name, value(letters)?)),
                    other => return Err(format!("{other:?} behind {name:?}")),
                }
                Ok(())
            })?;
            Ok(Expected::Object(fields, open))
        }
        _ => {
            let mut word = String::new();
            while let Some(letter) =
                letters.next_if(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(*letter))
            {
                word.push(letter);
            }
            serde_json::from_str(&word)
                .map(Expected::Plain)
                .map_err(|_| format!("{word:?} followed by {:?} is no JSON", letters.peek()))
        }
    }
}

/// What stands between brackets; whether the rest was left out.
fn members(
    letters: &mut Peekable<Chars<'_>>,
    close: char,
    mut member: impl FnMut(&mut Peekable<Chars<'_>>) -> Result<(), String>,
) -> Result<bool, String> {
    letters.next();
    let mut open = false;
    loop {
        blank(letters);
        match letters.peek().copied() {
            Some(letter) if letter == close => {
                letters.next();
                return Ok(open);
            }
            Some(',') => {
                letters.next();
            }
            Some(GAP) => {
                letters.next();
                open = true;
            }
            Some(_) => member(letters)?,
            None => return Err(format!("no {close:?} at the end of what the page shows")),
        }
    }
}

fn text(letters: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    blank(letters);
    let mut quoted = String::new();
    let mut escaped = false;
    for letter in letters.by_ref() {
        quoted.push(letter);
        if quoted.len() > 1 && letter == '"' && !escaped {
            return serde_json::from_str(&quoted).map_err(|_| format!("{quoted} is no text"));
        }
        escaped = letter == '\\' && !escaped;
    }
    Err(format!("a text without an end: {quoted}"))
}

/// What is random on the page, and what it really was.
pub type Known = BTreeMap<String, String>;

impl Expected {
    /// Where `real` differs, and how. What is random becomes `known`.
    pub fn differs(&self, real: &Value, known: &mut Known) -> Option<String> {
        self.differs_at("", real, known)
    }

    fn differs_at(&self, at: &str, real: &Value, known: &mut Known) -> Option<String> {
        let other = || {
            Some(format!(
                "at {at:?}: the page says {self:?}, the service {real}"
            ))
        };
        match (self, real) {
            (Self::Any, _) => None,
            (Self::Plain(wanted), real) => (wanted != real).then(other).flatten(),
            (Self::Text(wanted), Value::String(real)) => {
                let wanted_now = known.get(wanted).unwrap_or(wanted);
                if fits(wanted_now, real) {
                    return None;
                }
                let name = at.rsplit('/').next().unwrap_or_default();
                if known.contains_key(wanted) || !random(name, wanted, real) {
                    return other();
                }
                known.insert(wanted.clone(), real.clone());
                None
            }
            (Self::List(wanted, open), Value::Array(real)) => {
                if real.len() < wanted.len() || (real.len() > wanted.len() && !open) {
                    return Some(format!(
                        "at {at:?}: {} elements, the page has {}",
                        real.len(),
                        wanted.len()
                    ));
                }
                let mut pairs = wanted.iter().zip(real).enumerate();
                pairs.find_map(|(index, (wanted, real))| {
                    wanted.differs_at(&format!("{at}/{index}"), real, known)
                })
            }
            (Self::Object(wanted, open), Value::Object(real)) => {
                let beyond = real
                    .keys()
                    .find(|name| !wanted.iter().any(|(known, _)| known == *name));
                if let (Some(name), false) = (beyond, open) {
                    return Some(format!("at {at:?}: the page has no {name:?}"));
                }
                wanted
                    .iter()
                    .find_map(|(name, wanted)| match real.get(name) {
                        Some(real) => wanted.differs_at(&format!("{at}/{name}"), real, known),
                        None => Some(format!("at {at:?}: the service has no {name:?}")),
                    })
            }
            _ => other(),
        }
    }
}

/// Whether a text is what the page shows, gaps and all.
pub fn fits(wanted: &str, real: &str) -> bool {
    let Some((begin, rest)) = wanted.split_once(GAP) else {
        return wanted == real;
    };
    let Some(left) = real.strip_prefix(begin) else {
        return false;
    };
    rest.is_empty()
        || left
            .char_indices()
            .any(|(index, _)| left.get(index..).is_some_and(|tail| fits(rest, tail)))
}

/// Whether both are one of the things that no two runs have in common.
fn random(name: &str, wanted: &str, real: &str) -> bool {
    let both = |prefix: &str| wanted.starts_with(prefix) && real.starts_with(prefix);
    let shaped = |text: &str| {
        text.chars()
            .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '-')
    };
    match name {
        "request_id" => both("req_"),
        "code" => wanted.len() == real.len() && shaped(wanted) && shaped(real),
        _ => (both("r_") || both("fb_") || both("rs_")) && wanted.len() == real.len(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differs(shown: &str, real: Value) -> Option<String> {
        read(shown)
            .expect("it can be read")
            .differs(&real, &mut Known::new())
    }

    #[test]
    fn what_is_left_out_may_be_anything_and_nothing_else_may() {
        assert_eq!(differs(r#"{"a": 1, …}"#, json!({"a": 1, "b": 2})), None);
        assert!(differs(r#"{"a": 1}"#, json!({"a": 1, "b": 2})).is_some());
        assert!(differs(r#"{"a": 1, …}"#, json!({"a": 2})).is_some());
        assert!(differs(r#"{"a": 1, …}"#, json!({"b": 2})).is_some());
        assert_eq!(differs(r#"[1, …]"#, json!([1, 2, 3])), None);
        assert!(differs(r#"[1, 2]"#, json!([1, 2, 3])).is_some());
        assert_eq!(differs(r#"{"a": …}"#, json!({"a": {"b": 1}})), None);
        assert_eq!(differs(r#""o_…""#, json!("o_123")), None);
        assert!(differs(r#""o_…""#, json!("k_123")).is_some());
        assert_eq!(
            differs(r#""<…>; rel=\"next\"""#, json!("</a>; rel=\"next\"")),
            None
        );
    }

    #[test]
    fn what_is_random_is_the_same_wherever_it_comes_again() {
        let shown = read(r#"[{"code": "AB-12"}, {"code": "AB-12"}]"#).expect("it can be read");
        let mut known = Known::new();
        assert_eq!(
            shown.differs(&json!([{"code": "XY-34"}, {"code": "XY-34"}]), &mut known),
            None
        );
        assert_eq!(known["AB-12"], "XY-34");
        let mut known = Known::new();
        assert!(
            shown
                .differs(&json!([{"code": "XY-34"}, {"code": "XY-35"}]), &mut known)
                .is_some()
        );
        assert!(differs(r#"{"code": "not_found"}"#, json!({"code": "conflict"})).is_some());
    }
}
