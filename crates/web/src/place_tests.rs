#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code
)]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use serde_path_to_error::Segment;

use rapport_types::json::Strict;
use rapport_types::violation;

use crate::{body, plain};

/// Something of everything that bodies are made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer {
    inner: Vec<Inner>,
    #[serde(default)]
    by_name: BTreeMap<Name, Inner>,
    kind: Kind,
    pair: (u8, String),
    flat: Option<Flat>,
    either: Option<Either>,
    tagged: Tagged,
    last: Even,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    points: i64,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    Full { of: Inner, even: Even },
    Some(Vec<Even>),
}

#[derive(Debug, Deserialize)]
struct Flat {
    even: Even,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Either {
    One(u8),
    Many(Vec<u8>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tagged {
    Sum { points: u8 },
    Other { inner: Inner },
}

/// A key that is not just any text.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if name.len() > 3 {
            Err(format!("{name} is long"))
        } else {
            Ok(Self(name))
        }
    }
}

/// Refused by meaning after it was read.
#[derive(Debug, Deserialize)]
#[serde(try_from = "u8")]
struct Even(u8);

impl TryFrom<u8> for Even {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        if number.is_multiple_of(2) {
            Ok(Self(number))
        } else {
            Err(format!("{number} is odd"))
        }
    }
}

fn good() -> Value {
    json!({
        "inner": [{"points": 1, "name": "a\"\\/~{[,:"}, {"points": 2}],
        "by_name": {"1": {"points": 1}, "200": {"points": 3, "name": null}},
        "kind": {"full": {"of": {"points": 1}, "even": 2}},
        "pair": [1, "x"],
        "flat": {"even": 2, "a": 1, "b/c": 2},
        "either": [1, 2],
        "tagged": {"type": "other", "inner": {"points": 5}},
        "last": 4
    })
}

/// As a reader says it that keeps the path.
fn by_path(text: &[u8]) -> Option<(String, String)> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let error = serde_path_to_error::deserialize::<_, Outer>(Strict(&mut json)).err()?;
    let mut pointer = String::new();
    for segment in error.path().iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&violation::step(&index.to_string())),
            Segment::Map { key } => pointer.push_str(&violation::step(key)),
            Segment::Enum { variant } => pointer.push_str(&violation::step(variant)),
            Segment::Unknown => {}
        }
    }
    let text = error.into_inner().to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    let named = text.split('`').nth(1).unwrap_or_default();
    let step = violation::step(named);
    if text.starts_with("missing field")
        || (text.starts_with("unknown field") && !pointer.ends_with(&step))
    {
        pointer.push_str(&step);
    }
    Some((pointer, plain::said(text)))
}

fn ours(text: &[u8]) -> Option<(String, String)> {
    let problem = body::parse::<Outer>(text).err()?;
    let error = problem
        .errors()
        .first()
        .unwrap_or_else(|| panic!("{problem:?}"));
    Some((error.pointer.clone(), error.detail.clone()))
}

/// `good` with each of its values changed in each of many ways.
fn spoiled() -> Vec<Value> {
    fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
        into.push(at.to_owned());
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    pointers(value, &format!("{at}{}", violation::step(key)), into);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    pointers(value, &format!("{at}/{index}"), into);
                }
            }
            _ => {}
        }
    }
    let good = good();
    let mut places = Vec::new();
    pointers(&good, "", &mut places);
    let others = [
        json!(null),
        json!(true),
        json!(7),
        json!(8),
        json!(-1),
        json!(1.5),
        json!(300),
        json!("plain"),
        json!("other"),
        json!([]),
        json!([1, 3]),
        json!([1, "x", 2]),
        json!({}),
        json!({"points": 1}),
        json!({"points": "1"}),
        json!({"plain": null}),
        json!({"some": [2, 3]}),
        json!({"some": [2], "plain": null}),
        json!({"none": 1}),
        json!({"type": "sum", "points": 256}),
        json!({"type": "none"}),
        json!({"even": 2, "a": "x"}),
    ];
    let mut all = Vec::new();
    for place in &places {
        for other in &others {
            let mut value = good.clone();
            *value.pointer_mut(place).unwrap() = other.clone();
            all.push(value);
        }
        let (parent, key) = place.rsplit_once('/').unwrap_or_default();
        let key = key.replace("~1", "/");
        let mut value = good.clone();
        match value.pointer_mut(parent).unwrap() {
            Value::Object(fields) => {
                let found = fields.remove(&key);
                all.push(value.clone());
                if let Some(Value::Object(fields)) = value.pointer_mut(parent) {
                    fields.insert("zzz".to_owned(), found.unwrap_or_default());
                }
                all.push(value);
            }
            Value::Array(items) => {
                items.remove(key.parse().unwrap());
                all.push(value);
            }
            _ => {}
        }
    }
    all
}

#[test]
fn the_place_is_the_one_that_a_reader_with_a_path_tells() {
    assert!(body::parse::<Outer>(good().to_string().as_bytes()).is_ok());
    let mut wrong = 0;
    for value in spoiled() {
        for text in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let expected = by_path(text.as_bytes());
            assert_eq!(ours(text.as_bytes()), expected, "{text}");
            wrong += usize::from(expected.is_some());
        }
    }
    assert!(wrong > 1_000, "{wrong}");
}

#[test]
fn a_list_where_an_object_belongs_is_refused_with_its_place() {
    for (at, list) in [
        ("/inner/0", json!([1, "a"])),
        ("/by_name/200", json!([1, null])),
        ("/kind/full", json!([{"points": 1}, 2])),
        ("/kind/full/of", json!([1])),
    ] {
        let mut value = good();
        *value.pointer_mut(at).unwrap() = list;
        let text = value.to_string();
        // As serde has it, this were right.
        assert!(serde_json::from_str::<Outer>(&text).is_ok(), "{text}");
        let problem = body::parse::<Outer>(text.as_bytes()).unwrap_err();
        let error = &problem.errors()[0];
        assert_eq!(
            (
                error.pointer.as_str(),
                error.code.as_str(),
                error.detail.as_str()
            ),
            (at, "wrong_type", "must be an object, not a list")
        );
    }
}

#[test]
fn a_field_of_its_objects_name_is_told_from_it() {
    let text = br#"{"inner": [{"points": 1, "inner": 2}]}"#;
    assert_eq!(ours(text).unwrap().0, "/inner/0/inner");
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Twice {
        a: Inner,
    }
    let problem = body::parse::<Twice>(br#"{"a": {"a": 1}}"#).unwrap_err();
    assert_eq!(problem.errors()[0].pointer, "/a/a");
}
