//! Rules of every kind that time flips, and what customers do meanwhile.

use rapport_customer::Command;
use rapport_types::hash;
use serde_json::{Value, json};

use crate::common::{DAY, Shop, at, order, put, tags, track};

/// A choice that a seed makes.
pub fn chance(seed: &str, bound: u64) -> u64 {
    hash::u64_of(seed) % bound
}

/// Rules of every kind that time flips.
fn rules() -> Vec<(&'static str, Value)> {
    let lately = json!({"event": "order_completed", "within": "9d"});
    vec![
        ("lately", lately.clone()),
        ("not_lately", json!({"not": lately})),
        (
            "often",
            json!({"event": "order_completed", "within": "20d", "count": {"at_least": 2}}),
        ),
        (
            "spent",
            json!({"event": "order_completed", "within": "15d", "sum": "properties.total", "at_least": 12}),
        ),
        (
            "quiet",
            json!({"field": "rfm.recency_days", "is": "between", "value": [10, 12]}),
        ),
        (
            "birthday",
            json!({"field": "traits.birthday", "is": "anniversary", "value": "7d"}),
        ),
        (
            "trial",
            json!({"field": "traits.until", "is": "within_next", "value": "3d"}),
        ),
        (
            "new",
            json!({"field": "created_at", "is": "within_last", "value": "5d"}),
        ),
        ("vip", json!({"tag": "vip"})),
        (
            "mixed",
            json!({"any": [{"all": [lately, {"tag": "vip"}]}, {"field": "created_at", "is": "older_than", "value": "20d"}]}),
        ),
        (
            "viewed_and_bought",
            json!({"sequence": [{"event": "cart_viewed"}, {"event": "order_completed"}], "in": "2d", "within": "12d"}),
        ),
        (
            "last_was_large",
            json!({"event": "order_completed", "last": "properties.total", "is": "gte", "value": 5, "within": "14d"}),
        ),
        (
            "came_lately",
            json!({"event": "order_completed", "first": "at", "is": "within_last", "value": "25d"}),
        ),
        (
            "average",
            json!({"event": "order_completed", "within": "18d", "avg": "properties.total", "at_least": 4}),
        ),
        (
            "largest",
            json!({"event": "order_completed", "within": "13d", "max": "properties.total", "at_most": 8}),
        ),
        (
            "two_carts",
            json!({"event": "cart_viewed", "within": "16d", "distinct": "properties.cart", "at_most": 1}),
        ),
        (
            "a_plan_ends",
            json!({"each": "traits.plans", "where": {"field": "until", "is": "within_next", "value": "4d"}}),
        ),
        (
            "warm",
            json!({"field": "scores.heat", "is": "gte", "value": 30}),
        ),
        (
            "band",
            json!({"field": "scores.heat.band", "is": "ne", "value": "hot"}),
        ),
        ("fresh", json!({"tag": "fresh"})),
        (
            "named",
            json!({"all": [{"not": {"segment": "quiet"}}, {"segment": "trial"}, {"not": {"tag": "fresh"}}]}),
        ),
    ]
}

/// All of these, with the score and the tag that some of them name.
pub async fn define(shop: &Shop) {
    let heat = json!({"name": "Heat", "clauses": [
        {"when": {"event": "order_completed", "within": "11d"}, "points": 30},
        {"when": {"event": "cart_viewed", "within": "4d"}, "points": 15},
        {"when": {"field": "traits.until", "is": "older_than", "value": "2d"}, "points": -10},
    ], "bands": [{"id": "warm", "at_least": 20}, {"id": "hot", "at_least": 40}]});
    shop.score("heat", heat, at(0)).await;
    let fresh = json!({"event": "cart_viewed", "within": "6d"});
    shop.automatic("fresh", fresh, at(0)).await;
    for (id, rule) in rules() {
        shop.define(id, rule, at(0)).await;
    }
    shop.filled(at(0)).await;
}

/// A cart was looked at.
pub fn cart(number: u64) -> Command {
    track("Cart Viewed", json!({ "cart": number }))
}

/// What customer `n` does on a day, if anything.
pub fn deed(n: u64, day: i64) -> Option<Command> {
    let seed = format!("{n} on {day}");
    match chance(&seed, 24) {
        0 | 1 => Some(order(chance(&seed, 9) as i64 + 1)),
        2 => {
            let date = format!(
                "1990-{:02}-{:02}",
                chance(&seed, 2) + 11,
                chance(&seed, 28) + 1
            );
            let until = at((day + 9) * DAY).to_string();
            Some(put(json!({"birthday": date, "until": until})))
        }
        3 => Some(tags(&["vip"])),
        4 => Some(tags(&[])),
        5 | 6 => Some(cart(chance(&seed, 2))),
        7 => {
            let until = |ahead: i64| json!({"until": at((day + ahead) * DAY).to_string()});
            Some(put(json!({"plans": [until(5), until(11)]})))
        }
        _ => None,
    }
}
