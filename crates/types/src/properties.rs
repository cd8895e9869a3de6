//! What was said about an event: a JSON object, packed.
//!
//! A customer has 256 events, and rules look one property up in each. In trees that is an allocation for each object, each name and each
//! text, and waiting for memory at each. Here all of an event stands in two pieces: values in the order of the document, and their text.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};

/// A JSON object that is only read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// Of each member its name, which is a text, and its value.
    nodes: Box<[Node]>,
    text: Box<str>,
}

/// A value. What is in a list or an object stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Null,
    Bool(bool),
    Number(Number),
    /// From where until where in the text.
    Text(u32, u32),
    /// How many nodes behind it are in it.
    List(u32),
    Object(u32),
}

/// A value in [`Properties`].
#[derive(Debug, Clone, Copy)]
pub struct Packed<'a> {
    /// Itself and what is in it.
    nodes: &'a [Node],
    text: &'a str,
}

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub enum Shape<'a> {
    /// `null`.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(&'a Number),
    /// A text.
    Text(&'a str),
    /// The elements of a list.
    List(Elements<'a>),
    /// The members of an object.
    Object(Members<'a>),
}

/// The elements of a list, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Elements<'a>(Packed<'a>);

/// The members of an object, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a>(Packed<'a>);

impl Properties {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
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
        Members(Packed {
            nodes: &self.nodes,
            text: &self.text,
        })
    }
}

impl<'a> Packed<'a> {
    /// What it is.
    #[inline]
    pub fn shape(self) -> Shape<'a> {
        let within = Self {
            nodes: self.nodes.get(1..).unwrap_or(&[]),
            ..self
        };
        match self.nodes.first() {
            None | Some(Node::Null) => Shape::Null,
            Some(Node::Bool(truth)) => Shape::Bool(*truth),
            Some(Node::Number(number)) => Shape::Number(number),
            Some(Node::Text(from, to)) => Shape::Text(part(self.text, *from, *to)),
            Some(Node::List(_)) => Shape::List(Elements(within)),
            Some(Node::Object(_)) => Shape::Object(Members(within)),
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
            Shape::Number(number) => Value::Number(number.clone()),
            Shape::Text(text) => Value::String(text.to_owned()),
            Shape::List(elements) => elements.map(Self::to_value).collect(),
            Shape::Object(members) => Value::Object(members.to_map()),
        }
    }

    /// The first of several values; they are left without it.
    #[inline]
    fn next(&mut self) -> Option<Self> {
        let within = match self.nodes.first()? {
            Node::List(within) | Node::Object(within) => *within,
            _ => 0,
        };
        let size = usize::try_from(within).ok()?.checked_add(1)?;
        let (nodes, rest) = self.nodes.split_at_checked(size)?;
        self.nodes = rest;
        Some(Self { nodes, ..*self })
    }
}

impl Elements<'_> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.nodes.is_empty()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Packed<'a>;

    fn next(&mut self) -> Option<Packed<'a>> {
        self.0.next()
    }
}

impl<'a> Members<'a> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.nodes.is_empty()
    }

    #[inline]
    fn get(self, name: &str) -> Option<Packed<'a>> {
        let Self(mut members) = self;
        loop {
            let (key, rest) = members.nodes.split_first()?;
            members.nodes = rest;
            let value = members.next()?;
            if let Node::Text(from, to) = key
                && part(members.text, *from, *to) == name
            {
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
        let name = match self.0.next()?.shape() {
            Shape::Text(name) => name,
            _ => "",
        };
        Some((name, self.0.next()?))
    }
}

#[inline]
fn part(text: &str, from: u32, to: u32) -> &str {
    match (usize::try_from(from), usize::try_from(to)) {
        (Ok(from), Ok(to)) => text.get(from..to).unwrap_or_default(),
        _ => "",
    }
}

/// Packs values one after the other.
#[derive(Default)]
struct Packer {
    nodes: Vec<Node>,
    text: String,
}

impl Packer {
    fn text(&mut self, text: &str) {
        let from = length(self.text.len());
        self.text.push_str(text);
        self.nodes.push(Node::Text(from, length(self.text.len())));
    }

    /// What is at `place` has all that was packed since in it.
    fn close(&mut self, place: usize) {
        let within = self.nodes.len().saturating_sub(place).saturating_sub(1);
        if let Some(Node::List(size) | Node::Object(size)) = self.nodes.get_mut(place) {
            *size = length(within);
        }
    }

    fn members(&mut self, members: &Map<String, Value>) {
        for (name, value) in members {
            self.text(name);
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        let place = self.nodes.len();
        match value {
            Value::Null => self.nodes.push(Node::Null),
            Value::Bool(truth) => self.nodes.push(Node::Bool(*truth)),
            Value::Number(number) => self.nodes.push(Node::Number(number.clone())),
            Value::String(text) => self.text(text),
            Value::Array(list) => {
                self.nodes.push(Node::List(0));
                list.iter().for_each(|value| self.value(value));
            }
            Value::Object(members) => {
                self.nodes.push(Node::Object(0));
                self.members(members);
            }
        }
        self.close(place);
    }

    fn finish(self) -> Properties {
        Properties {
            nodes: self.nodes.into_boxed_slice(),
            text: self.text.into_boxed_str(),
        }
    }
}

/// Of what has a few kilobytes.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl From<&Map<String, Value>> for Properties {
    fn from(members: &Map<String, Value>) -> Self {
        let mut packer = Packer::default();
        packer.members(members);
        packer.finish()
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

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Packer;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Packer, A::Error> {
                let mut packer = Packer::default();
                pack_members(&mut packer, &mut members)?;
                Ok(packer)
            }
        }

        deserializer.deserialize_map(Object).map(Packer::finish)
    }
}

fn pack_members<'de, A: MapAccess<'de>>(
    packer: &mut Packer,
    members: &mut A,
) -> Result<(), A::Error> {
    while members.next_key_seed(Pack(packer))?.is_some() {
        members.next_value_seed(Pack(packer))?;
    }
    Ok(())
}

/// Packs the next value that is read.
struct Pack<'p>(&'p mut Packer);

impl<'de> DeserializeSeed<'de> for Pack<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Pack<'_> {
    fn push<E>(self, node: Node) -> Result<(), E> {
        self.0.nodes.push(node);
        Ok(())
    }
}

impl<'de> Visitor<'de> for Pack<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.push(Node::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.push(Node::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.push(Node::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.push(Node::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.push(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self(packer) = self;
        let place = packer.nodes.len();
        packer.nodes.push(Node::List(0));
        while list.next_element_seed(Pack(packer))?.is_some() {}
        packer.close(place);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self(packer) = self;
        let place = packer.nodes.len();
        packer.nodes.push(Node::Object(0));
        pack_members(packer, &mut members)?;
        packer.close(place);
        Ok(())
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
