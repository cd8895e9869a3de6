//! Reading JSON: an object where an object belongs.
//!
//! What serde derives for a struct reads it from a list, too, field by field in the order in which they happen to be declared. Nobody
//! who sends `[100, "CNY"]` means that, and nothing of ours is stored so. [`Strict`] stands around a reader and gives structs objects
//! alone; as nothing asks for the other half of what is derived, that is never compiled.
//!
//! A shape that is read twice (`untagged`, `flatten` and `tag` of serde) is out of reach: serde keeps its parts meanwhile and reads them
//! by itself. No body has one.

use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// Reads `bytes`, all of them, as [`serde_json::from_slice`] does, but no struct from a list.
///
/// # Errors
///
/// What `serde_json` says: `bytes` are no JSON, or not of the shape `T`.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Strict(&mut json))?;
    json.end()?;
    Ok(value)
}

/// A reader, or a part of one, that gives structs objects alone: what is read inside is read so, too.
///
/// It passes on what readers of JSON tell, and no more: a binary format tells numbers of other widths.
pub struct Strict<T>(pub T);

/// What has no parts is left to the reader.
macro_rules! plainly {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$name(visitor)
        }
    )*};
}

/// What may have parts: they are read through [`Strict`], too.
macro_rules! strictly {
    ($($name:ident($($argument:ident: $kind:ty),*) by $inner:ident;)*) => {$(
        fn $name<V: Visitor<'de>>(self, $($argument: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$inner($($argument,)* Strict(visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    plainly! {
        deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string
        deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_identifier deserialize_ignored_any
    }

    strictly! {
        deserialize_any() by deserialize_any;
        deserialize_option() by deserialize_option;
        deserialize_seq() by deserialize_seq;
        deserialize_tuple(len: usize) by deserialize_tuple;
        deserialize_tuple_struct(name: &'static str, len: usize) by deserialize_tuple_struct;
        deserialize_map() by deserialize_map;
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) by deserialize_enum;
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Object(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // As JSON has it: what is inside, and nothing around it.
        visitor.visit_newtype_struct(self)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// Takes an object and nothing else.
struct Object<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Strict(map))
    }
}

/// What is told of a value without parts.
macro_rules! tell {
    ($($name:ident($kind:ty);)*) => {$(
        fn $name<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.0.$name(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<V> {
    type Value = V::Value;

    tell! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f64(f64);
        visit_str(&str);
        visit_borrowed_str(&'de str);
        visit_string(String);
    }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Strict(some))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Strict(seq))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Strict(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Strict(variant))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Strict(from))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

// Names, of fields and of variants, are text: nothing is inside.
impl<'de, A: MapAccess<'de>> MapAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Strict<A> {
    type Error = A::Error;
    type Variant = Strict<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (name, variant) = self.0.variant_seed(seed)?;
        Ok((name, Strict(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Strict(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Strict(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Object(visitor))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pair {
        a: u8,
        #[serde(default)]
        b: Option<Box<Pair>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Tuple(u8, Pair);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Newtype(Pair);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        New(Pair),
        Two(u8, Pair),
        Named { of: Pair, more: u8 },
    }

    fn read<T: DeserializeOwned>(value: &Value) -> serde_json::Result<T> {
        from_slice(value.to_string().as_bytes())
    }

    /// `good` is read as it always was; each of `bad` has a list where an object belongs.
    fn check<T: DeserializeOwned + PartialEq + fmt::Debug>(good: Value, bad: &[Value]) {
        let usual = |value: &Value| serde_json::from_slice::<T>(value.to_string().as_bytes());
        assert_eq!(read::<T>(&good).unwrap(), usual(&good).unwrap(), "{good}");
        for bad in bad {
            // Else there were nothing to refuse.
            assert!(usual(bad).is_ok(), "{bad}");
            let error = read::<T>(bad).unwrap_err().to_string();
            assert!(
                error.starts_with("invalid type: sequence, expected struct "),
                "{bad}: {error}"
            );
        }
    }

    #[test]
    fn no_struct_is_read_from_a_list_wherever_it_stands() {
        let (pair, list) = (json!({"a": 1}), json!([1, null]));
        check::<Pair>(
            json!({"a": 1, "b": {"a": 2}}),
            &[list.clone(), json!({"a": 1, "b": [2, null]})],
        );
        check::<Newtype>(pair.clone(), std::slice::from_ref(&list));
        check::<Tuple>(json!([1, pair]), &[json!([1, list])]);
        check::<Option<Pair>>(pair.clone(), std::slice::from_ref(&list));
        check::<Vec<Pair>>(json!([pair]), &[json!([pair, list])]);
        check::<BTreeMap<u8, Pair>>(json!({"7": pair}), &[json!({"7": list})]);
        check::<Kind>(json!({"new": pair}), &[json!({"new": list})]);
        check::<Kind>(json!({"two": [1, pair]}), &[json!({"two": [1, list]})]);
        check::<Kind>(
            json!({"named": {"of": pair, "more": 1}}),
            &[
                json!({"named": [pair, 1]}),
                json!({"named": {"of": list, "more": 1}}),
            ],
        );
    }

    #[test]
    fn all_else_is_read_as_it_always_was() {
        check::<Kind>(json!("plain"), &[]);
        check::<Option<Pair>>(json!(null), &[]);
        check::<(u8, i64, f64, bool, char, String, ())>(
            json!([1, -2, 0.5, true, "x", "text", null]),
            &[],
        );
        let any = json!({"list": [1, -2, 0.5, [], "x\n"], "object": {"no": null, "yes": true}});
        check::<Value>(any, &[]);
        assert!(from_slice::<u8>(b"1 2").is_err());
        assert!(from_slice::<u8>(b"").is_err());
    }
}
