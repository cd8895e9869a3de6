//! Packing values one after the other, out of trees and out of documents.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

use super::{Properties, seven, tag};

#[derive(Default)]
struct Packer {
    /// It becomes text in the end.
    bytes: Vec<u8>,
}

impl Packer {
    /// Begins what has a length; it ends with [`Packer::close`].
    fn open(&mut self, tag: Option<u8>) -> usize {
        self.bytes.extend(tag);
        self.bytes.extend([0; seven::LENGTH]);
        self.bytes.len()
    }

    /// What began at `place` has all that was packed since in it.
    fn close(&mut self, place: usize) {
        let length = self.bytes.len().saturating_sub(place);
        let from = place.saturating_sub(seven::LENGTH);
        if let Some(bytes) = self.bytes.get_mut(from..place) {
            let length = u64::try_from(length.min(seven::LONGEST));
            seven::write(length.unwrap_or_default(), bytes);
        }
    }

    fn text(&mut self, tag: Option<u8>, text: &str) {
        let place = self.open(tag);
        self.bytes.extend_from_slice(text.as_bytes());
        self.close(place);
    }

    fn number(&mut self, tag: u8, number: u64) {
        let mut bytes = [0; seven::NUMBER];
        seven::write(number, &mut bytes);
        self.bytes.push(tag);
        self.bytes.extend(bytes);
    }

    fn bool(&mut self, truth: bool) {
        self.bytes.push(if truth { tag::TRUE } else { tag::FALSE });
    }

    fn whole(&mut self, number: i64) {
        let tag = match number < 0 {
            true => tag::NEGATIVE,
            false => tag::WHOLE,
        };
        self.number(tag, number.cast_unsigned());
    }

    fn float(&mut self, number: f64) {
        // JSON has no others.
        match number.is_finite() {
            true => self.number(tag::FLOAT, number.to_bits()),
            false => self.bytes.push(tag::NULL),
        }
    }

    fn any_number(&mut self, number: &Number) {
        if let Some(number) = number.as_u64() {
            self.number(tag::WHOLE, number);
        } else if let Some(number) = number.as_i64() {
            self.whole(number);
        } else {
            self.float(number.as_f64().unwrap_or(f64::NAN));
        }
    }

    fn members(&mut self, members: &Map<String, Value>) {
        for (name, value) in members {
            self.text(None, name);
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.bytes.push(tag::NULL),
            Value::Bool(truth) => self.bool(*truth),
            Value::Number(number) => self.any_number(number),
            Value::String(text) => self.text(Some(tag::TEXT), text),
            Value::Array(list) => {
                let place = self.open(Some(tag::LIST));
                list.iter().for_each(|value| self.value(value));
                self.close(place);
            }
            Value::Object(members) => {
                let place = self.open(Some(tag::OBJECT));
                self.members(members);
                self.close(place);
            }
        }
    }

    fn finish(self) -> Properties {
        // Bytes of seven bits, and texts, are a text.
        let text = String::from_utf8(self.bytes).unwrap_or_default();
        Properties {
            text: text.into_boxed_str(),
        }
    }
}

impl From<&Map<String, Value>> for Properties {
    fn from(members: &Map<String, Value>) -> Self {
        let mut packer = Packer::default();
        packer.members(members);
        packer.finish()
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
    while members.next_key_seed(Name(packer))?.is_some() {
        members.next_value_seed(Pack(packer))?;
    }
    Ok(())
}

/// Packs the name of a member.
struct Name<'p>(&'p mut Packer);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<(), E> {
        self.0.text(None, name);
        Ok(())
    }
}

/// Packs the next value that is read.
struct Pack<'p>(&'p mut Packer);

impl<'de> DeserializeSeed<'de> for Pack<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pack<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.bytes.push(tag::NULL);
        Ok(())
    }

    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.0.bool(truth);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.0.whole(number);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.0.number(tag::WHOLE, number);
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.0.float(number);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(Some(tag::TEXT), text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self(packer) = self;
        let place = packer.open(Some(tag::LIST));
        while list.next_element_seed(Pack(packer))?.is_some() {}
        packer.close(place);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self(packer) = self;
        let place = packer.open(Some(tag::OBJECT));
        pack_members(packer, &mut members)?;
        packer.close(place);
        Ok(())
    }
}
