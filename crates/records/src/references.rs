//! Which segments' rules name which: no circle, and nothing that others stand on is deleted unawares.

use std::collections::BTreeSet;

use rapport_rules::{Library, Rule};
use rapport_types::{Slug, Violation, violation};
use serde_json::Value;

use crate::segments::DefinitionSet;

/// The segments that a rule names, each with its place in the rule.
pub fn references(rule: &Value) -> Vec<(String, Slug)> {
    let mut found = Vec::new();
    collect(rule, "", &mut found);
    found
}

fn collect(part: &Value, place: &str, found: &mut Vec<(String, Slug)>) {
    let Value::Object(part) = part else { return };
    if let Some(id) = part.get("segment").and_then(Value::as_str)
        && let Ok(id) = Slug::parse(id)
    {
        found.push((format!("{place}/segment"), id));
    }
    for (name, inner) in part {
        let place = format!("{place}{}", violation::step(name));
        match (name.as_str(), inner) {
            ("all" | "any", Value::Array(parts)) => {
                for (index, part) in parts.iter().enumerate() {
                    collect(part, &format!("{place}/{index}"), found);
                }
            }
            ("not", inner) => collect(inner, &place, found),
            _ => {}
        }
    }
}

impl DefinitionSet {
    /// The segments whose rules name `id`.
    pub fn dependents(&self, id: &Slug) -> BTreeSet<Slug> {
        let segments = self.segments.values();
        segments
            .filter(|definition| references(&definition.rule).iter().any(|(_, of)| of == id))
            .map(|definition| definition.id.clone())
            .collect()
    }

    /// The same, and those that name them, and so on.
    pub fn all_dependents(&self, id: &Slug) -> BTreeSet<Slug> {
        let mut found = BTreeSet::new();
        let mut next = vec![id.clone()];
        while let Some(of) = next.pop() {
            for dependent in self.dependents(&of) {
                if found.insert(dependent.clone()) {
                    next.push(dependent);
                }
            }
        }
        found
    }

    /// Where `rule`, as that of `id`, names a segment that there is not, or that stands on `id` itself. Pointers begin at the
    /// definition.
    pub(crate) fn wrong_references(&self, id: &Slug, rule: &Value) -> Vec<Violation> {
        let standing_on_it = self.all_dependents(id);
        let wrong = references(rule).into_iter().filter_map(|(place, of)| {
            let (code, detail) = if of == *id {
                (
                    "cycle",
                    "a segment cannot be part of its own rule".to_owned(),
                )
            } else if standing_on_it.contains(&of) {
                (
                    "cycle",
                    format!(
                        "the rule of {of:?} leads back to {id:?}",
                        of = of.as_str(),
                        id = id.as_str()
                    ),
                )
            } else if !self.segments.contains_key(&of) {
                (
                    "unknown_segment",
                    format!("there is no segment {:?}", of.as_str()),
                )
            } else {
                return None;
            };
            Some(Violation::new(format!("/rule{place}"), code, detail))
        });
        wrong.collect()
    }

    /// Whether `rule`, as that of `id`, would lead through too many definitions, or be too large with all that it names.
    pub(crate) fn too_tangled(&self, id: &Slug, rule: &Value) -> Option<Violation> {
        let mut library = Library::default();
        let others = self.segments.values().filter(|other| other.id != *id);
        let rules = others.map(|other| (&other.id, &other.rule));
        for (id, rule) in rules.chain([(id, rule)]) {
            if let Ok(rule) = Rule::parse(rule) {
                library.segments.insert(id.to_string(), rule);
            }
        }
        let tangled = library.check().err()?;
        Some(Violation::new("/rule", "too_large", tangled.to_string()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::segments::Definition;
    use rapport_types::Timestamp;
    use serde_json::json;

    fn slug(id: &str) -> Slug {
        Slug::parse(id).unwrap()
    }

    fn set(rules: &[(&str, Value)]) -> DefinitionSet {
        let definition = |id: &str, rule: &Value| Definition {
            id: slug(id),
            name: id.to_owned(),
            kind: crate::segments::Kind::Dynamic,
            from: None,
            rule: rule.clone(),
            version: 1,
            rev: 1,
            created_at: Timestamp::EPOCH,
            rule_changed_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        };
        DefinitionSet {
            segments: BTreeMap::from_iter(
                rules
                    .iter()
                    .map(|(id, rule)| (slug(id), definition(id, rule))),
            ),
            ..DefinitionSet::default()
        }
    }

    #[test]
    fn references_are_found_with_their_places() {
        let rule = json!({"all": [{"tag": "vip"}, {"not": {"any": [{"segment": "a"}, {"segment": "b"}]}}]});
        let found = references(&rule);
        assert_eq!(
            found,
            [
                ("/all/1/not/any/0/segment".to_owned(), slug("a")),
                ("/all/1/not/any/1/segment".to_owned(), slug("b")),
            ]
        );
        let none = json!({"field": "traits.segment", "is": "eq", "value": {"segment": "a"}});
        assert_eq!(references(&none), []);
    }

    #[test]
    fn a_circle_is_found_at_its_place_however_long() {
        let set = set(&[
            ("a", json!({"tag": "x"})),
            ("b", json!({"segment": "a"})),
            ("c", json!({"not": {"segment": "b"}})),
        ]);
        assert_eq!(
            set.all_dependents(&slug("a")),
            [slug("b"), slug("c")].into()
        );
        assert_eq!(set.dependents(&slug("a")), [slug("b")].into());
        let wrong = |id: &str, rule: Value| {
            let wrong = set.wrong_references(&slug(id), &rule).into_iter();
            wrong
                .map(|wrong| (wrong.pointer, wrong.code))
                .collect::<Vec<_>>()
        };
        let at = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
        assert_eq!(
            wrong("a", json!({"any": [{"tag": "x"}, {"segment": "c"}]})),
            at("/rule/any/1/segment", "cycle")
        );
        assert_eq!(
            wrong("d", json!({"segment": "d"})),
            at("/rule/segment", "cycle")
        );
        assert_eq!(
            wrong("d", json!({"segment": "e"})),
            at("/rule/segment", "unknown_segment")
        );
        assert_eq!(wrong("d", json!({"segment": "c"})), []);
        assert_eq!(wrong("c", json!({"segment": "a"})), []);
    }
}
