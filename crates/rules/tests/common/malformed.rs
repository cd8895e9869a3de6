//! Rules that are refused, with the place and the code.

use serde_json::{Value, json};

/// Each with what is wrong with it.
pub fn malformed() -> Vec<(Value, &'static str, &'static str)> {
    let ok = json!({"tag": "vip"});
    let field = |is: &str, value: Value| json!({"field": "traits.x", "is": is, "value": value});
    vec![
        (json!("vip"), "", "wrong_type"),
        (json!({}), "", "missing_field"),
        (json!({"alll": [ok]}), "/alll", "unknown_field"),
        (json!({"all": [ok], "any": [ok]}), "", "ambiguous"),
        (json!({"all": ok}), "/all", "wrong_type"),
        (json!({"all": []}), "/all", "empty"),
        (json!({"any": [ok, 7]}), "/any/1", "wrong_type"),
        (json!({"not": [ok]}), "/not", "wrong_type"),
        (json!({"not": ok, "name": "x"}), "/name", "unknown_field"),
        (json!({"tag": 7}), "/tag", "wrong_type"),
        (json!({"tag": ""}), "/tag", "empty"),
        (field("contians", json!("x")), "/is", "unknown_operator"),
        (json!({"field": "traits.x"}), "", "missing_field"),
        (json!({"field": "traits.x", "is": 7}), "/is", "wrong_type"),
        (
            json!({"field": "traits.x", "is": "eq"}),
            "",
            "missing_field",
        ),
        (
            json!({"field": "traits.x", "is": "exists", "value": 1}),
            "/value",
            "unknown_field",
        ),
        (
            json!({"field": "traits.x", "is": "eq", "valeu": 1, "value": 1}),
            "/valeu",
            "unknown_field",
        ),
        (
            json!({"field": "traits.x", "is": "before", "value": "2026-11-21", "exact": true}),
            "/exact",
            "unknown_field",
        ),
        (
            json!({"field": "traits.x", "is": "eq", "value": "x", "exact": 1}),
            "/exact",
            "wrong_type",
        ),
        (json!({"field": 7, "is": "exists"}), "/field", "wrong_type"),
        (
            json!({"field": "city", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "traits..x", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "traits.", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "properties.x", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "loyalty.tiers", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "loyalty.balances.", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "loyalty.balances.a.b", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "loyalty.balances.growth", "is": "eq", "value": "3"}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "loyalty.tier", "is": "eq", "value": 3}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "loyalty.tier", "is": "within_last", "value": "3d"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "loyalty.active", "is": "starts_with", "value": "3"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "loyalty.active", "is": "in", "value": [3, "4"]}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "feedback.last_at", "is": "contains", "value": "2026"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "scores.heat.bands", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "scores.heat!", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "scores.heat", "is": "gte", "value": "50"}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "scores.heat.band", "is": "eq", "value": 50}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "rfm.recency", "is": "exists"}),
            "/field",
            "unknown_fact",
        ),
        (
            json!({"field": "rfm.recency_days", "is": "gte", "value": "30"}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"field": "rfm.monetary", "is": "contains", "value": "30"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "lifecycle", "is": "eq", "value": "lots"}),
            "/value",
            "unknown_value",
        ),
        (
            json!({"field": "lifecycle", "is": "gt", "value": "lost"}),
            "/is",
            "wrong_type",
        ),
        (
            json!({"field": "created_at", "is": "lt", "value": 7}),
            "/value",
            "wrong_type",
        ),
        (field("eq", Value::Null), "/value", "wrong_type"),
        (field("eq", json!([1])), "/value", "wrong_type"),
        (field("eq", json!({"a": 1})), "/value", "wrong_type"),
        (field("gt", json!(true)), "/value", "wrong_type"),
        (field("eq", json!(1e300)), "/value", "invalid_value"),
        (field("in", json!("x")), "/value", "wrong_type"),
        (field("in", json!([])), "/value", "empty"),
        (field("in", json!(["x", null])), "/value/1", "wrong_type"),
        (field("between", json!([1])), "/value", "wrong_type"),
        (field("between", json!([1, "2"])), "/value", "wrong_type"),
        (field("between", json!([2, 1])), "/value", "invalid_value"),
        (field("contains", json!("")), "/value", "empty"),
        (field("starts_with", json!(7)), "/value", "wrong_type"),
        (
            field("before", json!("yesterday")),
            "/value",
            "invalid_value",
        ),
        (
            field("on_day", json!("2026-11-21T00:00:00Z")),
            "/value",
            "invalid_value",
        ),
        (
            field("within_last", json!("30")),
            "/value",
            "invalid_duration",
        ),
        (
            field("within_last", json!(30)),
            "/value",
            "invalid_duration",
        ),
        (
            field("within_last", json!("0d")),
            "/value",
            "invalid_duration",
        ),
        (
            field("anniversary", json!("36h")),
            "/value",
            "invalid_duration",
        ),
        (
            field("within_distance", json!({"lat": 91, "lon": 0, "km": 1})),
            "/value",
            "invalid_value",
        ),
        (
            field("within_distance", json!({"lat": 1, "lon": 0})),
            "/value/km",
            "invalid_value",
        ),
        (field("matches", json!("(a+")), "/value", "invalid_pattern"),
        (
            field("matches", json!("a{300}")),
            "/value",
            "invalid_pattern",
        ),
        (
            field("not_matches", json!("(?=a)")),
            "/value",
            "invalid_pattern",
        ),
        (field("matches", json!("")), "/value", "empty"),
        (field("matches", json!(7)), "/value", "wrong_type"),
        (json!({"segment": 7}), "/segment", "wrong_type"),
        (json!({"segment": ""}), "/segment", "empty"),
        (json!({"segment": "金"}), "/segment", "invalid_value"),
        (
            json!({"segment": "gold", "is": "eq"}),
            "/is",
            "unknown_field",
        ),
        (json!({"sequence": {}}), "/sequence", "wrong_type"),
        (json!({"sequence": [], "in": "2d"}), "/sequence", "empty"),
        (json!({"sequence": [{"event": "e"}]}), "/sequence", "empty"),
        (
            json!({"sequence": vec![json!({"event": "e"}); 17]}),
            "/sequence",
            "too_many_values",
        ),
        (
            json!({"sequence": [{"event": "e"}, "f"]}),
            "/sequence/1",
            "wrong_type",
        ),
        (
            json!({"sequence": [{"event": "e"}, {"within": "2d", "event": "f"}]}),
            "/sequence/1/within",
            "unknown_field",
        ),
        (
            json!({"sequence": [{"event": "e"}, {}]}),
            "/sequence/1",
            "missing_field",
        ),
        (
            json!({"sequence": [{"event": "e"}, {"event": "f", "where": {"tag": "x"}}]}),
            "/sequence/1/where/tag",
            "misplaced",
        ),
        (
            json!({"sequence": [{"event": "e"}, {"event": "f"}], "in": "2"}),
            "/in",
            "invalid_duration",
        ),
        (json!({"event": ""}), "/event", "empty"),
        (json!({"event": 7}), "/event", "wrong_type"),
        (
            json!({"event": "e", "within": "month"}),
            "/within",
            "invalid_duration",
        ),
        (json!({"event": "e", "count": 3}), "/count", "wrong_type"),
        (
            json!({"event": "e", "count": {}}),
            "/count",
            "missing_field",
        ),
        (
            json!({"event": "e", "count": {"at_least": -1}}),
            "/count/at_least",
            "invalid_value",
        ),
        (
            json!({"event": "e", "count": {"at_least": 1.5}}),
            "/count/at_least",
            "invalid_value",
        ),
        (
            json!({"event": "e", "count": {"atleast": 1, "at_most": 2}}),
            "/count/atleast",
            "unknown_field",
        ),
        (
            json!({"event": "e", "count": {"at_least": 3, "at_most": 2}}),
            "/count",
            "invalid_value",
        ),
        (
            json!({"event": "e", "count": {"at_least": 3, "exactly": 3}}),
            "/count",
            "ambiguous",
        ),
        (
            json!({"event": "e", "at_least": 3}),
            "/at_least",
            "unknown_field",
        ),
        (
            json!({"event": "e", "sum": "properties.total"}),
            "",
            "missing_field",
        ),
        (
            json!({"event": "e", "sum": "total", "at_least": 1}),
            "/sum",
            "unknown_fact",
        ),
        (
            json!({"event": "e", "sum": "properties.total", "at_least": "1"}),
            "/at_least",
            "wrong_type",
        ),
        (
            json!({"event": "e", "sum": "properties.a", "avg": "properties.a", "at_least": 1}),
            "",
            "ambiguous",
        ),
        (
            json!({"event": "e", "sum": "properties.a", "at_least": 1, "count": {"at_least": 1}}),
            "/count",
            "ambiguous",
        ),
        (
            json!({"event": "e", "distinct": "a", "at_least": 1}),
            "/distinct",
            "unknown_fact",
        ),
        (
            json!({"event": "e", "distinct": "properties.a"}),
            "",
            "missing_field",
        ),
        (
            json!({"event": "e", "distinct": "properties.a", "at_least": 1.5}),
            "/at_least",
            "invalid_value",
        ),
        (
            json!({"event": "e", "sum": "properties.a", "at_least": 1.5, "exact": true}),
            "/exact",
            "unknown_field",
        ),
        (
            json!({"event": "e", "first": "properties.a"}),
            "",
            "missing_field",
        ),
        (
            json!({"event": "e", "first": "traits.a", "is": "exists"}),
            "/first",
            "unknown_fact",
        ),
        (
            json!({"event": "e", "last": "properties.a", "is": "eqq", "value": 1}),
            "/is",
            "unknown_operator",
        ),
        (
            json!({"event": "e", "last": "properties.a", "is": "eq", "value": 1, "at_least": 1}),
            "/at_least",
            "unknown_field",
        ),
        (
            json!({"event": "e", "last": "at", "is": "eq", "value": 1}),
            "/value",
            "wrong_type",
        ),
        (
            json!({"event": "e", "is": "eq", "count": {"at_least": 1}}),
            "/is",
            "unknown_field",
        ),
        (
            json!({"event": "e", "from": "yesterday"}),
            "/from",
            "invalid_value",
        ),
        (
            json!({"event": "e", "from": "2026-11-02", "to": "2026-11-01"}),
            "/to",
            "invalid_value",
        ),
        (
            json!({"event": "e", "from": "2026-11-02T00:00:00Z", "to": "2026-11-02T00:00:00Z"}),
            "/to",
            "invalid_value",
        ),
        (
            json!({"event": "e", "where": {"field": "traits.x", "is": "exists"}}),
            "/where/field",
            "unknown_fact",
        ),
        (
            json!({"event": "e", "where": {"tag": "vip"}}),
            "/where/tag",
            "misplaced",
        ),
        (
            json!({"event": "e", "where": {"event": "f"}}),
            "/where/event",
            "misplaced",
        ),
        (
            json!({"event": "e", "wihtin": "3d"}),
            "/wihtin",
            "unknown_field",
        ),
        (json!({"each": "traits.x"}), "", "missing_field"),
        (
            json!({"each": "tags", "where": {"field": "", "is": "exists"}}),
            "/each",
            "unknown_fact",
        ),
    ]
}
