//! JSON merge patch and the limits of traits.

use rapport_types::Violation;
use rapport_types::violation::step;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::limits::{DEPTH, KEY_BYTES, TRAITS_BYTES, TRAITS_KEYS};

/// Applies `patch` to `target` as RFC 7396 says: `null` removes, objects merge, all else replaces.
pub fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.remove(&key);
            }
            Value::Object(inner) => {
                let entry = target.entry(key).or_insert(Value::Null);
                if let Value::Object(existing) = entry {
                    merge(existing, inner);
                } else {
                    // Merging into nothing drops the nulls inside, as the RFC asks.
                    let mut fresh = Map::new();
                    merge(&mut fresh, inner);
                    *entry = Value::Object(fresh);
                }
            }
            other => {
                target.insert(key, other);
            }
        }
    }
}

/// What is wrong with `traits`, if anything; `pointer` is where they stand in the request.
pub fn check(traits: &Map<String, Value>, pointer: &str) -> Result<(), Violation> {
    check_depth(traits, pointer)?;
    let keys = check_keys(traits, pointer)?;
    if keys > TRAITS_KEYS {
        return Err(Violation::new(
            pointer,
            "too_many",
            format!("a customer has at most {TRAITS_KEYS} traits; there would be {keys}"),
        ));
    }
    let bytes = json_bytes(traits);
    if bytes > TRAITS_BYTES {
        return Err(Violation::new(
            pointer,
            "too_large",
            format!(
                "all traits together have at most {TRAITS_BYTES} bytes; there would be {bytes}"
            ),
        ));
    }
    Ok(())
}

/// The length of `object` as compact JSON.
pub fn json_bytes(object: &impl Serialize) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.saturating_add(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, object) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX,
    }
}

/// Refuses objects and lists nested deeper than [`DEPTH`], naming the first that is.
pub fn check_depth(object: &Map<String, Value>, pointer: &str) -> Result<(), Violation> {
    object
        .iter()
        .try_for_each(|(key, value)| depth_of(value, DEPTH, &mut vec![step(key)]))
        .map_err(|violation| violation.under(pointer))
}

fn depth_of(value: &Value, left: usize, path: &mut Vec<String>) -> Result<(), Violation> {
    let deeper = left.checked_sub(1);
    match value {
        Value::Array(_) | Value::Object(_) if deeper.is_none() => Err(Violation::new(
            path.concat(),
            "too_deep",
            format!("objects and lists stand at most {DEPTH} inside each other"),
        )),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| {
            path.push(format!("/{at}"));
            let outcome = depth_of(item, deeper.unwrap_or(0), path);
            path.pop();
            outcome
        }),
        Value::Object(fields) => fields.iter().try_for_each(|(key, item)| {
            path.push(step(key));
            let outcome = depth_of(item, deeper.unwrap_or(0), path);
            path.pop();
            outcome
        }),
        _ => Ok(()),
    }
}

/// Counts keys, nested ones included, and refuses one that is empty or too long. Depth was checked before.
fn check_keys(object: &Map<String, Value>, pointer: &str) -> Result<usize, Violation> {
    let mut count = object.len();
    for (key, value) in object {
        if key.is_empty() || key.len() > KEY_BYTES {
            let shown: String = key.chars().take(32).collect();
            return Err(Violation::new(
                format!("{pointer}{}", step(key)),
                "bad_key",
                format!(
                    "a trait's name has 1 to {KEY_BYTES} bytes; {shown:?} has {}",
                    key.len()
                ),
            ));
        }
        count = count.saturating_add(keys_within(value, &format!("{pointer}{}", step(key)))?);
    }
    Ok(count)
}

fn keys_within(value: &Value, pointer: &str) -> Result<usize, Violation> {
    match value {
        Value::Object(inner) => check_keys(inner, pointer),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_fold(0_usize, |sum, (at, item)| {
                Ok(sum.saturating_add(keys_within(item, &format!("{pointer}/{at}"))?))
            }),
        _ => Ok(0),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn merging_does_what_the_examples_of_rfc_7396_do() {
        // Appendix A, those whose target and result are objects.
        for (target, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (
                json!({"a":"b","b":"c"}),
                json!({"a":null}),
                json!({"b":"c"}),
            ),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (
                json!({}),
                json!({"a":{"bb":{"ccc":null}}}),
                json!({"a":{"bb":{}}}),
            ),
        ] {
            let mut merged = object(target);
            merge(&mut merged, object(patch));
            assert_eq!(Value::Object(merged), result);
        }
    }

    #[test]
    fn what_breaks_a_limit_is_named() {
        let mut deep = json!(1);
        for _ in 0..8 {
            deep = json!({ "d": deep });
        }
        assert!(
            check(
                &object(json!({"city": "上海", "deep": deep["d"]})),
                "/traits"
            )
            .is_ok()
        );
        let refused = check(&object(json!({"a/b": [deep]})), "/traits").unwrap_err();
        assert_eq!(refused.pointer, "/traits/a~1b/0/d/d/d/d/d/d/d");
        assert_eq!(refused.code, "too_deep");

        let many: Map<_, _> = (0..257).map(|n| (n.to_string(), json!(n))).collect();
        assert_eq!(check(&many, "/traits").unwrap_err().code, "too_many");
        let large = object(json!({"note": "x".repeat(TRAITS_BYTES)}));
        assert_eq!(check(&large, "/traits").unwrap_err().code, "too_large");
        let unnamed = check(&object(json!({"a": {"": 1}})), "/traits").unwrap_err();
        assert_eq!(
            (unnamed.pointer.as_str(), unnamed.code.as_str()),
            ("/traits/a/", "bad_key")
        );
    }
}
