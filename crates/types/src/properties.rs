//! What was said about an event: a JSON object, packed.
//!
//! A customer has 256 events, and rules look one property up in each. In trees that is an allocation for each object, each name and each
//! text, and waiting for memory at each. Here all of an event stands in one piece of some 60 bytes, in the order of the document. It is
//! text, so that texts are parts of it as they stand; what says how long they are, and numbers, are written in bytes of seven bits
//! (`properties/seven.rs`).

mod packer;
mod seven;

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Number, Value};

/// A JSON object that is only read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// Of each member its name, as a text without its [`tag`], and its value.
    text: Box<str>,
}

/// What a value begins with. A number is behind it in [`seven::NUMBER`] bytes; the length of a text, of a list or of an object in
/// [`seven::LENGTH`], and what is in it behind that.
mod tag {
    pub(super) const NULL: u8 = b'n';
    pub(super) const FALSE: u8 = b'f';
    pub(super) const TRUE: u8 = b't';
    /// A whole number that is not negative, one that is, and any other.
    pub(super) const WHOLE: u8 = b'+';
    pub(super) const NEGATIVE: u8 = b'-';
    pub(super) const FLOAT: u8 = b'.';
    pub(super) const TEXT: u8 = b'"';
    pub(super) const LIST: u8 = b'[';
    pub(super) const OBJECT: u8 = b'{';
}

/// A value in [`Properties`].
#[derive(Debug, Clone, Copy)]
pub struct Packed<'a>(&'a str);

/// What a value is.
#[derive(Debug, Clone)]
pub enum Shape<'a> {
    /// `null`.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(&'a str),
    /// The elements of a list.
    List(Elements<'a>),
    /// The members of an object.
    Object(Members<'a>),
}

/// The elements of a list, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Elements<'a>(&'a str);

/// The members of an object, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a>(&'a str);

impl Properties {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The value of that name.
    #[inline]
    pub fn get(&self, name: &str) -> Option<Packed<'_>> {
        self.members().get(name)
    }

    /// All of them in a tree.
    pub fn to_map(&self) -> Map<String, Value> {
        self.members().to_map()
    }

    fn members(&self) -> Members<'_> {
        Members(&self.text)
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_map().fmt(formatter)
    }
}

impl<'a> Packed<'a> {
    /// What it is.
    #[inline]
    pub fn shape(self) -> Shape<'a> {
        let Some((tag, rest)) = self.0.split_at_checked(1) else {
            return Shape::Null;
        };
        let within = || seven::text(rest).map_or("", |(within, _)| within);
        let number = || seven::number(rest);
        match *tag.as_bytes() {
            [tag::FALSE] => Shape::Bool(false),
            [tag::TRUE] => Shape::Bool(true),
            [tag::WHOLE] => Shape::Number(number().into()),
            [tag::NEGATIVE] => Shape::Number(number().cast_signed().into()),
            [tag::FLOAT] => {
                Number::from_f64(f64::from_bits(number())).map_or(Shape::Null, Shape::Number)
            }
            [tag::TEXT] => Shape::Text(within()),
            [tag::LIST] => Shape::List(Elements(within())),
            [tag::OBJECT] => Shape::Object(Members(within())),
            _ => Shape::Null,
        }
    }

    /// The value of that name, where it is an object.
    pub fn get(self, name: &str) -> Option<Self> {
        match self.shape() {
            Shape::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// The same in a tree.
    pub fn to_value(self) -> Value {
        match self.shape() {
            Shape::Null => Value::Null,
            Shape::Bool(truth) => Value::Bool(truth),
            Shape::Number(number) => Value::Number(number),
            Shape::Text(text) => Value::String(text.to_owned()),
            Shape::List(elements) => elements.map(Self::to_value).collect(),
            Shape::Object(members) => Value::Object(members.to_map()),
        }
    }
}

/// The first of several values; they are left without it.
#[inline]
fn next<'a>(values: &mut &'a str) -> Option<Packed<'a>> {
    let bytes = values.as_bytes();
    let size = match *bytes.first()? {
        tag::WHOLE | tag::NEGATIVE | tag::FLOAT => seven::NUMBER,
        tag::TEXT | tag::LIST | tag::OBJECT => {
            seven::length(bytes.get(1..)?)?.checked_add(seven::LENGTH)?
        }
        _ => 0,
    };
    let (value, rest) = values.split_at_checked(size.checked_add(1)?)?;
    *values = rest;
    Some(Packed(value))
}

impl Elements<'_> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Packed<'a>;

    fn next(&mut self) -> Option<Packed<'a>> {
        next(&mut self.0)
    }
}

impl<'a> Members<'a> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    fn get(self, name: &str) -> Option<Packed<'a>> {
        let Self(mut members) = self;
        loop {
            let (known, rest) = seven::text(members)?;
            members = rest;
            let value = next(&mut members)?;
            if known == name {
                return Some(value);
            }
        }
    }

    fn to_map(self) -> Map<String, Value> {
        let members = self.map(|(name, value)| (name.to_owned(), value.to_value()));
        members.collect()
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Packed<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = seven::text(self.0)?;
        self.0 = rest;
        Some((name, next(&mut self.0)?))
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.members())
    }
}

impl Serialize for Packed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.shape() {
            Shape::Null => serializer.serialize_unit(),
            Shape::Bool(truth) => serializer.serialize_bool(truth),
            Shape::Number(number) => number.serialize(serializer),
            Shape::Text(text) => serializer.serialize_str(text),
            Shape::List(elements) => serializer.collect_seq(elements),
            Shape::Object(members) => serializer.collect_map(members),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object() -> Map<String, Value> {
        let value = json!({
            "": "", "a\"b": "say \"hi\"\n", "list": [1, [], [2, {"x": null}], "茶具"], "none": null, "object": {"a": {"b": [true, -7]}, "c": {}},
            "price": 29.33, "tiny": 1e-7, "total": 18_446_744_073_709_551_615_u64, "yes": false, "茶": "茶",
        });
        value.as_object().unwrap().clone()
    }

    #[test]
    fn it_is_read_and_written_as_a_tree_is() {
        let text = serde_json::to_string(&object()).unwrap();
        for packed in [
            Properties::from(&object()),
            serde_json::from_str(&text).unwrap(),
            serde_json::from_value(Value::Object(object())).unwrap(),
        ] {
            assert_eq!(packed, Properties::from(&object()));
            assert_eq!(packed.to_map(), object());
            assert_eq!(serde_json::to_string(&packed).unwrap(), text);
        }
        assert!(serde_json::from_str::<Properties>("[]").is_err());
        assert!(Properties::default().is_empty());
    }

    #[test]
    fn each_value_is_found_by_its_name() {
        let (packed, tree) = (Properties::from(&object()), object());
        for (name, value) in &tree {
            assert_eq!(packed.get(name).unwrap().to_value(), *value, "{name}");
        }
        assert!(packed.get("b").is_none());
        let inner = packed.get("object").and_then(|value| value.get("a"));
        assert_eq!(inner.unwrap().to_value(), json!({"b": [true, -7]}));
        assert!(packed.get("price").unwrap().get("a").is_none());
    }
}
