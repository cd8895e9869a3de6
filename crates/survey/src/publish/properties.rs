//! The properties of an object in the document, and where they stand.

use rapport_types::violation::step;
use serde_json::{Map, Value as Json};

use super::Publisher;

/// An object in the document and its place.
pub(super) struct Properties<'a> {
    object: &'a Map<String, Json>,
    pointer: &'a str,
}

impl<'a> Properties<'a> {
    pub fn new(object: &'a Map<String, Json>, pointer: &'a str) -> Self {
        Self { object, pointer }
    }

    /// A property that is there; `null` is not.
    pub fn get(&self, name: &str) -> Option<&'a Json> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    pub fn pointer(&self) -> &'a str {
        self.pointer
    }

    pub fn pointer_to(&self, name: &str) -> String {
        format!("{}{}", self.pointer, step(name))
    }

    /// Of two spellings of a property, the one that is used.
    pub fn spelt(&self, name: &'static str, formerly: &'static str) -> &'static str {
        if self.get(name).is_none() && self.get(formerly).is_some() {
            formerly
        } else {
            name
        }
    }

    /// A text that may be in several languages: the default one's, or the first.
    pub fn text(&self, name: &str) -> Option<String> {
        localised(self.get(name)?)
    }
}

/// A text, of a plain one or of one in several languages.
pub(super) fn localised(text: &Json) -> Option<String> {
    match text {
        Json::String(text) => Some(text.clone()),
        Json::Object(languages) => languages
            .get("default")
            .or_else(|| languages.values().next())
            .and_then(Json::as_str)
            .map(str::to_owned),
        _ => None,
    }
}

impl Publisher {
    /// A property that is `true` or `false`.
    pub(super) fn flag(&mut self, at: &Properties<'_>, name: &str) -> Option<bool> {
        match at.get(name)? {
            Json::Bool(it) => Some(*it),
            _ => {
                self.refuse(
                    at.pointer_to(name),
                    "bad_property",
                    format!("{name} is true or false"),
                );
                None
            }
        }
    }

    /// A property that is a number.
    pub(super) fn number(&mut self, at: &Properties<'_>, name: &str) -> Option<f64> {
        match at.get(name)?.as_f64() {
            Some(number) => Some(number),
            None => {
                self.refuse(
                    at.pointer_to(name),
                    "bad_property",
                    format!("{name} is a number"),
                );
                None
            }
        }
    }

    /// A property that is a count; less than 0 is 0.
    pub(super) fn count(&mut self, at: &Properties<'_>, name: &str) -> Option<usize> {
        let value = at.get(name)?;
        let count = match value.as_i64() {
            Some(count) => usize::try_from(count.max(0)).ok(),
            None => None,
        };
        if count.is_none() {
            self.refuse(
                at.pointer_to(name),
                "bad_property",
                format!("{name} is a whole number"),
            );
        }
        count
    }
}
