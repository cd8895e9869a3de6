//! Rules as shops write them, in three languages.

use serde_json::{Value, json};

use crate::NOW;
use crate::customers::{CATEGORIES, CITIES, Dice, INTERESTS, TAGS};

/// One rule, said three times.
pub struct Said {
    pub ours: Value,
    pub cel: String,
    pub datalogic: Value,
}

/// How many kinds of tests there are.
pub const KINDS: u64 = 17;

/// The rule of that number: one to four tests, joined or denied.
pub fn rule(number: usize) -> Said {
    let mut dice = Dice(number as u64 * 31 + 5);
    let count = 1 + dice.below(4);
    let mut parts: Vec<Said> = (0..count)
        .map(|_| test(dice.below(KINDS), dice.below(1_000)))
        .collect();
    if dice.below(4) == 0 {
        let last = parts.pop().expect("at least one");
        parts.push(Said {
            ours: json!({"not": last.ours}),
            cel: format!("!({})", last.cel),
            datalogic: json!({"!": [last.datalogic]}),
        });
    }
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let (ours, cel, datalogic) = match dice.below(3) {
        0 => ("any", " || ", "or"),
        _ => ("all", " && ", "and"),
    };
    Said {
        ours: json!({ours: parts.iter().map(|part| part.ours.clone()).collect::<Vec<_>>()}),
        cel: parts
            .iter()
            .map(|part| format!("({})", part.cel))
            .collect::<Vec<_>>()
            .join(cel),
        datalogic: json!({datalogic: parts.iter().map(|part| part.datalogic.clone()).collect::<Vec<_>>()}),
    }
}

fn said(ours: Value, cel: String, datalogic: Value) -> Said {
    Said {
        ours,
        cel,
        datalogic,
    }
}

fn before(days: u64) -> i64 {
    NOW - days as i64 * 86_400_000
}

/// A test of that kind.
pub fn test(kind: u64, seed: u64) -> Said {
    let mut dice = Dice(seed);
    let var = |name: &str| json!({"var": name});
    let days = [7, 14, 30, 60, 90, 180][dice.below(6) as usize];
    let since = before(days);
    let within = format!("{days}d");
    let late = |since: i64| json!({">": [{"var": "at"}, since]});
    match kind {
        0 => {
            let cities = [dice.one(&CITIES), dice.one(&CITIES), dice.one(&CITIES)];
            said(
                json!({"field": "traits.city", "is": "in", "value": cities}),
                format!("has(c.traits.city) && c.traits.city in {}", json!(cities)),
                json!({"in": [var("traits.city"), cities]}),
            )
        }
        1 => {
            let (low, high) = (18 + dice.below(20), 40 + dice.below(20));
            said(
                json!({"field": "traits.age", "is": "between", "value": [low, high]}),
                format!("has(c.traits.age) && c.traits.age >= {low} && c.traits.age <= {high}"),
                json!({"<=": [low, var("traits.age"), high]}),
            )
        }
        2 => {
            let gender = dice.one(&["female", "male"]);
            said(
                json!({"field": "traits.gender", "is": "eq", "value": gender}),
                format!("has(c.traits.gender) && c.traits.gender == \"{gender}\""),
                json!({"===": [var("traits.gender"), gender]}),
            )
        }
        3 => said(
            json!({"field": "traits.subscribed", "is": "eq", "value": true}),
            "has(c.traits.subscribed) && c.traits.subscribed == true".to_owned(),
            json!({"===": [var("traits.subscribed"), true]}),
        ),
        4 => {
            let wanted = [dice.one(&INTERESTS), dice.one(&INTERESTS)];
            said(
                json!({"field": "traits.interests", "is": "contains_any", "value": wanted}),
                format!(
                    "has(c.traits.interests) && c.traits.interests.exists(i, i in {})",
                    json!(wanted)
                ),
                json!({"some": [var("traits.interests"), {"in": [var(""), wanted]}]}),
            )
        }
        5 => {
            let tag = dice.one(&TAGS);
            said(
                json!({"tag": tag}),
                format!("\"{tag}\" in c.tags"),
                json!({"in": [tag, var("tags")]}),
            )
        }
        6 | 7 => {
            let count = 1 + dice.below(4);
            said(
                json!({"event": "order_completed", "within": within, "count": {"at_least": count}}),
                format!("c.events.order_completed.filter(e, e.at > {since}).size() >= {count}"),
                json!({">=": [{"length": [{"filter": [var("events.order_completed"), late(since)]}]}, count]}),
            )
        }
        8 => {
            let amount = 100 + 50 * dice.below(20);
            said(
                json!({"event": "order_completed", "within": within, "sum": "properties.total", "at_least": amount}),
                format!(
                    "sum(c.events.order_completed.map(e, e.at > {since}, e.total)) >= {amount}.0"
                ),
                json!({">=": [{"reduce": [
                    {"filter": [var("events.order_completed"), late(since)]},
                    {"+": [var("accumulator"), var("current.total")]}, 0]}, amount]}),
            )
        }
        9 => {
            let category = dice.one(&CATEGORIES);
            said(
                json!({"event": "product_viewed", "where": {"field": "properties.category", "is": "eq", "value": category},
                    "within": within, "count": {"at_least": 2}}),
                format!(
                    "c.events.product_viewed.filter(e, e.at > {since} && e.category == \"{category}\").size() >= 2"
                ),
                json!({">=": [{"length": [{"filter": [var("events.product_viewed"),
                    {"and": [late(since), {"===": [var("category"), category]}]}]}]}, 2]}),
            )
        }
        10 => said(
            json!({"field": "rfm.recency_days", "is": "gte", "value": days}),
            format!("has(c.last_order_at) && c.last_order_at <= {since}"),
            json!({"and": [{"!=": [var("last_order_at"), absent()]}, {"<=": [var("last_order_at"), since]}]}),
        ),
        11 => {
            let count = 2 + dice.below(6);
            said(
                json!({"field": "rfm.frequency", "is": "gte", "value": count}),
                format!("c.frequency >= {count}"),
                json!({">=": [var("frequency"), count]}),
            )
        }
        12 => {
            let spend = 200 + 100 * dice.below(20);
            said(
                json!({"field": "rfm.monetary", "is": "gt", "value": spend}),
                format!("c.monetary > {spend}.0"),
                json!({">": [var("monetary"), spend]}),
            )
        }
        13 => said(
            json!({"field": "created_at", "is": "within_last", "value": within}),
            format!("c.created_at > {since}"),
            json!({">": [var("created_at"), since]}),
        ),
        14 => {
            let since = rapport_types::Timestamp::from_millis(since).to_string();
            said(
                json!({"field": "traits.last_login", "is": "within_last", "value": within}),
                format!("has(c.traits.last_login) && c.traits.last_login > \"{since}\""),
                json!({">": [var("traits.last_login"), since]}),
            )
        }
        15 => {
            let end = dice.one(&["@example.com", "@example.cn", ".test"]);
            said(
                json!({"field": "traits.email", "is": "ends_with", "value": end}),
                format!("has(c.traits.email) && c.traits.email.endsWith(\"{end}\")"),
                json!({"ends_with": [var("traits.email"), end]}),
            )
        }
        _ => said(
            json!({"not": {"event": "order_completed", "within": within}}),
            format!("!c.events.order_completed.exists(e, e.at > {since})"),
            json!({"!": [{"some": [var("events.order_completed"), late(since)]}]}),
        ),
    }
}

fn absent() -> Value {
    Value::Null
}
