//! Values as JavaScript sees them, so that an expression means here what it means in the browser.
//!
//! Only what `survey-core` uses is here: the conversions of ECMA-262 (ToNumber, ToString, ToBoolean,
//! `parseInt`, `parseFloat`, abstract comparison) and, in [`compare`], `survey-core`'s own notion of equal.

pub mod compare;
pub mod number;

use serde_json::Value as Json;

/// A JavaScript value, without objects: no supported question has an object for an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Js {
    /// Nothing there: an unanswered question.
    Undefined,
    /// The literal `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number: a binary float, as in JavaScript.
    Num(f64),
    /// A text.
    Str(String),
    /// A list, such as the answer to a checkbox question.
    Arr(Vec<Js>),
}

impl Js {
    /// The value of `json`; an object becomes [`Js::Undefined`].
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(it) => Self::Bool(*it),
            Json::Number(it) => it.as_f64().map_or(Self::Undefined, Self::Num),
            Json::String(it) => Self::Str(it.clone()),
            Json::Array(items) => Self::Arr(items.iter().map(Self::from_json).collect()),
            Json::Object(_) => Self::Undefined,
        }
    }

    /// Neither `undefined` nor `null` is a value.
    pub fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    /// ToBoolean: every array is true, even an empty one.
    pub fn truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(it) => *it,
            Self::Num(it) => *it != 0.0 && !it.is_nan(),
            Self::Str(it) => !it.is_empty(),
            Self::Arr(_) => true,
        }
    }

    /// `Helpers.isValueEmpty`: nothing, an empty text, an empty list, not a number. `0` and `false` are values.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => true,
            Self::Bool(_) => false,
            Self::Num(it) => it.is_nan(),
            Self::Str(it) => it.is_empty(),
            Self::Arr(items) => items.is_empty(),
        }
    }

    /// ToString. A list is its elements joined by commas.
    pub fn text(&self) -> String {
        match self {
            Self::Undefined => "undefined".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Bool(it) => it.to_string(),
            Self::Num(it) => number::to_text(*it),
            Self::Str(it) => it.clone(),
            Self::Arr(items) => {
                let parts: Vec<String> = items
                    .iter()
                    .map(|item| {
                        if item.is_nullish() {
                            String::new()
                        } else {
                            item.text()
                        }
                    })
                    .collect();
                parts.join(",")
            }
        }
    }

    /// ToNumber; `NaN` where it is none.
    pub fn number(&self) -> f64 {
        match self {
            Self::Undefined => f64::NAN,
            Self::Null => 0.0,
            Self::Bool(it) => f64::from(u8::from(*it)),
            Self::Num(it) => *it,
            Self::Str(it) => number::of_text(it),
            Self::Arr(_) => number::of_text(&self.text()),
        }
    }

    /// The text, of a text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(it) => Some(it),
            _ => None,
        }
    }
}

/// `String.prototype.trim`: Unicode white space and the byte order mark.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() && c != '\u{85}' || c == '\u{feff}')
}

/// A text's length as JavaScript counts it: in UTF-16 units.
pub fn utf16_len(text: &str) -> usize {
    text.encode_utf16().count()
}
