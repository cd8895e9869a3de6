//! Rules that are refused, with the place and the code.

use serde_json::{Value, json};

/// The code, the pointer (`.` is the rule itself), and the rule.
const MALFORMED: &str = r#"
wrong_type       .                     "vip"
missing_field    .                     {}
unknown_field    /alll                 {"alll": [{"tag": "vip"}]}
ambiguous        .                     {"all": [{"tag": "vip"}], "any": [{"tag": "vip"}]}
wrong_type       /all                  {"all": {"tag": "vip"}}
empty            /all                  {"all": []}
wrong_type       /any/1                {"any": [{"tag": "vip"}, 7]}
wrong_type       /not                  {"not": [{"tag": "vip"}]}
unknown_field    /name                 {"not": {"tag": "vip"}, "name": "x"}
wrong_type       /tag                  {"tag": 7}
empty            /tag                  {"tag": ""}
unknown_operator /is                   {"field": "traits.x", "is": "contians", "value": "x"}
missing_field    .                     {"field": "traits.x"}
wrong_type       /is                   {"field": "traits.x", "is": 7}
missing_field    .                     {"field": "traits.x", "is": "eq"}
unknown_field    /value                {"field": "traits.x", "is": "exists", "value": 1}
unknown_field    /valeu                {"field": "traits.x", "is": "eq", "valeu": 1, "value": 1}
unknown_field    /exact                {"field": "traits.x", "is": "before", "value": "2026-11-21", "exact": true}
wrong_type       /exact                {"field": "traits.x", "is": "eq", "value": "x", "exact": 1}
wrong_type       /field                {"field": 7, "is": "exists"}
unknown_fact     /field                {"field": "city", "is": "exists"}
unknown_fact     /field                {"field": "traits..x", "is": "exists"}
unknown_fact     /field                {"field": "traits.", "is": "exists"}
unknown_fact     /field                {"field": "properties.x", "is": "exists"}
unknown_fact     /field                {"field": "loyalty.tiers", "is": "exists"}
unknown_fact     /field                {"field": "loyalty.balances.", "is": "exists"}
unknown_fact     /field                {"field": "loyalty.balances.a.b", "is": "exists"}
wrong_type       /value                {"field": "loyalty.balances.growth", "is": "eq", "value": "3"}
wrong_type       /value                {"field": "loyalty.tier", "is": "eq", "value": 3}
wrong_type       /is                   {"field": "loyalty.tier", "is": "within_last", "value": "3d"}
wrong_type       /is                   {"field": "loyalty.active", "is": "starts_with", "value": "3"}
wrong_type       /value                {"field": "loyalty.active", "is": "in", "value": [3, "4"]}
wrong_type       /is                   {"field": "feedback.last_at", "is": "contains", "value": "2026"}
unknown_fact     /field                {"field": "scores.heat.bands", "is": "exists"}
unknown_fact     /field                {"field": "scores.heat!", "is": "exists"}
wrong_type       /value                {"field": "scores.heat", "is": "gte", "value": "50"}
wrong_type       /value                {"field": "scores.heat.band", "is": "eq", "value": 50}
unknown_fact     /field                {"field": "rfm.recency", "is": "exists"}
wrong_type       /value                {"field": "rfm.recency_days", "is": "gte", "value": "30"}
wrong_type       /is                   {"field": "rfm.monetary", "is": "contains", "value": "30"}
unknown_value    /value                {"field": "lifecycle", "is": "eq", "value": "lots"}
wrong_type       /is                   {"field": "lifecycle", "is": "gt", "value": "lost"}
wrong_type       /value                {"field": "created_at", "is": "lt", "value": 7}
wrong_type       /value                {"field": "traits.x", "is": "eq", "value": null}
wrong_type       /value                {"field": "traits.x", "is": "eq", "value": [1]}
wrong_type       /value                {"field": "traits.x", "is": "eq", "value": {"a": 1}}
wrong_type       /value                {"field": "traits.x", "is": "gt", "value": true}
invalid_value    /value                {"field": "traits.x", "is": "eq", "value": 1e300}
wrong_type       /value                {"field": "traits.x", "is": "in", "value": "x"}
empty            /value                {"field": "traits.x", "is": "in", "value": []}
wrong_type       /value/1              {"field": "traits.x", "is": "in", "value": ["x", null]}
wrong_type       /value                {"field": "traits.x", "is": "between", "value": [1]}
wrong_type       /value                {"field": "traits.x", "is": "between", "value": [1, "2"]}
invalid_value    /value                {"field": "traits.x", "is": "between", "value": [2, 1]}
empty            /value                {"field": "traits.x", "is": "contains", "value": ""}
wrong_type       /value                {"field": "traits.x", "is": "starts_with", "value": 7}
invalid_value    /value                {"field": "traits.x", "is": "before", "value": "yesterday"}
invalid_value    /value                {"field": "traits.x", "is": "on_day", "value": "2026-11-21T00:00:00Z"}
invalid_duration /value                {"field": "traits.x", "is": "within_last", "value": "30"}
invalid_duration /value                {"field": "traits.x", "is": "within_last", "value": 30}
invalid_duration /value                {"field": "traits.x", "is": "within_last", "value": "0d"}
invalid_duration /value                {"field": "traits.x", "is": "anniversary", "value": "36h"}
invalid_value    /value                {"field": "traits.x", "is": "within_distance", "value": {"lat": 91, "lon": 0, "km": 1}}
invalid_value    /value/km             {"field": "traits.x", "is": "within_distance", "value": {"lat": 1, "lon": 0}}
invalid_pattern  /value                {"field": "traits.x", "is": "matches", "value": "(a+"}
invalid_pattern  /value                {"field": "traits.x", "is": "matches", "value": "a{300}"}
invalid_pattern  /value                {"field": "traits.x", "is": "not_matches", "value": "(?=a)"}
empty            /value                {"field": "traits.x", "is": "matches", "value": ""}
wrong_type       /value                {"field": "traits.x", "is": "matches", "value": 7}
wrong_type       /segment              {"segment": 7}
empty            /segment              {"segment": ""}
invalid_value    /segment              {"segment": "金"}
unknown_field    /is                   {"segment": "gold", "is": "eq"}
wrong_type       /sequence             {"sequence": {}}
empty            /sequence             {"sequence": [], "in": "2d"}
empty            /sequence             {"sequence": [{"event": "e"}]}
wrong_type       /sequence/1           {"sequence": [{"event": "e"}, "f"]}
unknown_field    /sequence/1/within    {"sequence": [{"event": "e"}, {"within": "2d", "event": "f"}]}
missing_field    /sequence/1           {"sequence": [{"event": "e"}, {}]}
misplaced        /sequence/1/where/tag {"sequence": [{"event": "e"}, {"event": "f", "where": {"tag": "x"}}]}
invalid_duration /in                   {"sequence": [{"event": "e"}, {"event": "f"}], "in": "2"}
empty            /event                {"event": ""}
wrong_type       /event                {"event": 7}
invalid_duration /within               {"event": "e", "within": "month"}
wrong_type       /count                {"event": "e", "count": 3}
missing_field    /count                {"event": "e", "count": {}}
invalid_value    /count/at_least       {"event": "e", "count": {"at_least": -1}}
invalid_value    /count/at_least       {"event": "e", "count": {"at_least": 1.5}}
unknown_field    /count/atleast        {"event": "e", "count": {"atleast": 1, "at_most": 2}}
invalid_value    /count                {"event": "e", "count": {"at_least": 3, "at_most": 2}}
ambiguous        /count                {"event": "e", "count": {"at_least": 3, "exactly": 3}}
unknown_field    /at_least             {"event": "e", "at_least": 3}
missing_field    .                     {"event": "e", "sum": "properties.total"}
unknown_fact     /sum                  {"event": "e", "sum": "total", "at_least": 1}
wrong_type       /at_least             {"event": "e", "sum": "properties.total", "at_least": "1"}
ambiguous        .                     {"event": "e", "sum": "properties.a", "avg": "properties.a", "at_least": 1}
ambiguous        /count                {"event": "e", "sum": "properties.a", "at_least": 1, "count": {"at_least": 1}}
unknown_fact     /distinct             {"event": "e", "distinct": "a", "at_least": 1}
missing_field    .                     {"event": "e", "distinct": "properties.a"}
invalid_value    /at_least             {"event": "e", "distinct": "properties.a", "at_least": 1.5}
unknown_field    /exact                {"event": "e", "sum": "properties.a", "at_least": 1.5, "exact": true}
missing_field    .                     {"event": "e", "first": "properties.a"}
unknown_fact     /first                {"event": "e", "first": "traits.a", "is": "exists"}
unknown_operator /is                   {"event": "e", "last": "properties.a", "is": "eqq", "value": 1}
unknown_field    /at_least             {"event": "e", "last": "properties.a", "is": "eq", "value": 1, "at_least": 1}
wrong_type       /value                {"event": "e", "last": "at", "is": "eq", "value": 1}
unknown_field    /is                   {"event": "e", "is": "eq", "count": {"at_least": 1}}
invalid_value    /from                 {"event": "e", "from": "yesterday"}
invalid_value    /to                   {"event": "e", "from": "2026-11-02", "to": "2026-11-01"}
invalid_value    /to                   {"event": "e", "from": "2026-11-02T00:00:00Z", "to": "2026-11-02T00:00:00Z"}
unknown_fact     /where/field          {"event": "e", "where": {"field": "traits.x", "is": "exists"}}
misplaced        /where/tag            {"event": "e", "where": {"tag": "vip"}}
misplaced        /where/event          {"event": "e", "where": {"event": "f"}}
unknown_field    /wihtin               {"event": "e", "wihtin": "3d"}
missing_field    .                     {"each": "traits.x"}
unknown_fact     /each                 {"each": "tags", "where": {"field": "", "is": "exists"}}
"#;

/// Each rule with the pointer to what is wrong with it, and the code.
pub fn malformed() -> Vec<(Value, &'static str, &'static str)> {
    let mut rules: Vec<_> = MALFORMED.trim().lines().map(row).collect();
    let seventeen = json!({"sequence": vec![json!({"event": "e"}); 17]});
    rules.push((seventeen, "/sequence", "too_many_values"));
    rules
}

fn row(line: &'static str) -> (Value, &'static str, &'static str) {
    let (code, rest) = line.split_once(' ').unwrap();
    let (pointer, rule) = rest.trim_start().split_once(' ').unwrap();
    let rule = serde_json::from_str(rule).unwrap_or_else(|error| panic!("{line}: {error}"));
    (rule, pointer.trim_start_matches('.'), code)
}
