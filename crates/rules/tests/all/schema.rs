//! The published JSON Schema: it is what the code makes, and says what it can of what the parser says.

use std::path::Path;

use crate::common::malformed::malformed;
use crate::common::schema_accepts;
use rapport_rules::{Rule, schema};
use serde_json::{Value, json};

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// After a change of the language: `BLESS=1 cargo test -p rapport-rules --test all schema`.
#[test]
fn the_published_schema_is_what_the_code_makes() {
    let path = docs().join("rules.schema.json");
    let made = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == made,
        "docs/rules.schema.json is not what the code makes"
    );
}

#[test]
fn it_is_a_schema_of_its_draft() {
    assert!(jsonschema::draft202012::meta::is_valid(&schema()));
}

#[test]
fn what_the_parser_refuses_for_its_shape_the_schema_refuses_too() {
    // What no schema says: which of two values is greater, and what is wrong inside a pattern.
    let beyond = [
        json!({"field": "traits.x", "is": "between", "value": [2, 1]}),
        json!({"field": "traits.x", "is": "matches", "value": "(a+"}),
        json!({"field": "traits.x", "is": "matches", "value": "a{300}"}),
        json!({"field": "traits.x", "is": "not_matches", "value": "(?=a)"}),
        json!({"field": "traits.x", "is": "anniversary", "value": "36h"}),
        json!({"event": "e", "count": {"at_least": 3, "at_most": 2}}),
        json!({"event": "e", "from": "2026-11-02", "to": "2026-11-01"}),
        json!({"event": "e", "from": "2026-11-02T00:00:00Z", "to": "2026-11-02T00:00:00Z"}),
    ];
    for (rule, pointer, code) in malformed() {
        assert_eq!(
            schema_accepts(&rule),
            beyond.contains(&rule),
            "{rule} ({code} at {pointer:?})"
        );
    }
}

/// Every rule in the documentation: each line of JSON in a code block that has one of the heads.
#[test]
fn every_rule_in_the_documentation_is_one() {
    let text = std::fs::read_to_string(docs().join("rules.md")).unwrap();
    let blocks = text.split("```").skip(1).step_by(2);
    let blocks = blocks.filter_map(|block| block.strip_prefix("json\n"));
    let mut rules = 0;
    for block in blocks {
        for rule in serde_json::Deserializer::from_str(block).into_iter::<Value>() {
            let rule = rule.unwrap_or_else(|error| panic!("{error}: {block}"));
            assert!(
                Rule::parse(&rule).is_ok(),
                "{rule}: {:?}",
                Rule::parse(&rule)
            );
            assert!(schema_accepts(&rule), "{rule}");
            rules += 1;
        }
    }
    assert!(rules >= 10, "{rules}");
}
