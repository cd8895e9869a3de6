//! A definition as it stands in the document. All of them are read with every customer, so what is usual, or was said before, is left out.

use rapport_types::{Slug, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::definition::{Definition, Kind, Origin};

/// A definition's fields, as they are stored.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    id: Slug,
    name: String,
    #[serde(default, skip_serializing_if = "is_usual")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Origin>,
    rule: Value,
    /// The version, the first version and the revision.
    #[serde(default)]
    v: Option<(u64, u64, u64)>,
    /// When it was first defined, when its rule last changed and when anything of it last changed, in milliseconds. What is as the one before is
    /// left out at the end.
    #[serde(default)]
    at: Vec<i64>,
    // The same as schema 1 had it.
    #[serde(default, skip_serializing)]
    version: Option<u64>,
    #[serde(default, skip_serializing)]
    first_version: u64,
    #[serde(default, skip_serializing)]
    rev: Option<u64>,
    #[serde(default, skip_serializing)]
    created_at: Option<Timestamp>,
    #[serde(default, skip_serializing)]
    rule_changed_at: Option<Timestamp>,
    #[serde(default, skip_serializing)]
    updated_at: Option<Timestamp>,
}

fn is_usual(kind: &Kind) -> bool {
    *kind == Kind::default()
}

impl TryFrom<Row> for Definition {
    type Error = &'static str;

    fn try_from(row: Row) -> Result<Self, Self::Error> {
        let before = || Some((row.version?, row.first_version, row.rev?));
        let numbers = row.v.or_else(before);
        let (version, first_version, rev) = numbers.ok_or("a definition without a version")?;
        let mut at = row.at.into_iter().map(Timestamp::from_millis);
        let created_at = at
            .next()
            .or(row.created_at)
            .ok_or("a definition without a moment")?;
        let rule_changed_at = at.next().or(row.rule_changed_at).unwrap_or(created_at);
        let updated_at = at.next().or(row.updated_at).unwrap_or(rule_changed_at);
        Ok(Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            from: row.from,
            rule: row.rule,
            version,
            first_version,
            rev,
            created_at,
            rule_changed_at,
            updated_at,
        })
    }
}

impl From<Definition> for Row {
    fn from(definition: Definition) -> Self {
        let Definition {
            id,
            name,
            kind,
            from,
            rule,
            version,
            first_version,
            rev,
            created_at,
            rule_changed_at,
            updated_at,
        } = definition;
        let mut at: Vec<i64> = [created_at, rule_changed_at, updated_at]
            .map(Timestamp::millis)
            .into();
        while let [.., before, last] = at.as_slice()
            && before == last
        {
            at.pop();
        }
        Self {
            id,
            name,
            kind,
            from,
            rule,
            v: Some((version, first_version, rev)),
            at,
            version: None,
            first_version: 0,
            rev: None,
            created_at: None,
            rule_changed_at: None,
            updated_at: None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition() -> Definition {
        let at = Timestamp::from_millis;
        Definition {
            id: Slug::parse("s1").unwrap(),
            name: "上海".to_owned(),
            kind: Kind::Dynamic,
            from: None,
            rule: json!({"tag": "vip"}),
            version: 3,
            first_version: 2,
            rev: 40,
            created_at: at(1_000),
            rule_changed_at: at(2_000),
            updated_at: at(3_000),
        }
    }

    #[test]
    fn it_is_read_as_it_was_written_whichever_moments_are_alike() {
        let first = definition();
        let (one, two, three) = (first.created_at, first.rule_changed_at, first.updated_at);
        for (moments, length) in [
            ([one, two, three], 3),
            ([one, one, three], 3),
            ([one, two, two], 2),
            ([one, two, one], 3),
            ([one, one, one], 1),
        ] {
            let [created_at, rule_changed_at, updated_at] = moments;
            let definition = Definition {
                created_at,
                rule_changed_at,
                updated_at,
                ..first.clone()
            };
            let json = serde_json::to_value(&definition).unwrap();
            assert_eq!(json["at"].as_array().unwrap().len(), length, "{json}");
            let read: Definition = serde_json::from_value(json).unwrap();
            assert_eq!(read, definition);
        }
        let list = Definition {
            kind: Kind::Snapshot,
            from: Some(Origin {
                segment: first.id.clone(),
                version: 1,
                at: one,
            }),
            rule: Value::Null,
            ..first
        };
        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(serde_json::from_str::<Definition>(&json).unwrap(), list);
    }

    #[test]
    fn what_is_usual_takes_no_room() {
        let json = serde_json::to_string(&definition()).unwrap();
        let expected =
            r#"{"id":"s1","name":"上海","rule":{"tag":"vip"},"v":[3,2,40],"at":[1000,2000,3000]}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn one_of_schema_1_is_read() {
        let before = json!({
            "id": "s1", "name": "上海", "kind": "dynamic", "rule": {"tag": "vip"}, "version": 3, "first_version": 2, "rev": 40,
            "created_at": "1970-01-01T00:00:01Z", "rule_changed_at": "1970-01-01T00:00:02Z", "updated_at": "1970-01-01T00:00:03Z",
        });
        let read: Definition = serde_json::from_value(before).unwrap();
        assert_eq!(read, definition());
        for lacking in [
            json!({"id": "s1", "name": "x", "rule": null, "v": [1, 1, 1]}),
            json!({"id": "s1", "name": "x", "rule": null, "at": [1]}),
        ] {
            assert!(serde_json::from_value::<Definition>(lacking).is_err());
        }
    }
}
