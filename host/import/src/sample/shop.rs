//! The programme and the segments of the sample.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::client::{self, Client};

/// One point for each whole dollar of an order, for ever, and three tiers.
pub fn program() -> Value {
    json!({
        "points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "tiers": [
            {"id": "bronze", "name": "Bronze", "at_least": 0, "by": "points"},
            {"id": "silver", "name": "Silver", "at_least": 100, "by": "points"},
            {"id": "gold", "name": "Gold", "at_least": 500, "by": "points"},
        ],
    })
}

/// Segments by id, each a group that a shop would treat in its own way.
pub fn segments() -> [(&'static str, Value); 3] {
    [
        (
            "high_value",
            json!({
                "name": "High value: 200 dollars or more",
                "rule": {"field": "rfm.monetary", "is": "gte", "value": 200},
            }),
        ),
        (
            "repeat_buyers",
            json!({
                "name": "Repeat buyers: two orders or more",
                "rule": {"field": "rfm.frequency", "is": "gte", "value": 2},
            }),
        ),
        (
            "win_back",
            json!({
                "name": "Worth winning back: five orders or more, and none for long",
                "rule": {"all": [
                    {"field": "rfm.frequency", "is": "gte", "value": 5},
                    {"field": "lifecycle", "is": "in", "value": ["at_risk", "dormant", "lost"]},
                ]},
            }),
        ),
    ]
}

/// Puts them where nothing is yet. What is the same already is left alone; anything else is not ours to replace.
pub fn set_up(client: &Client) -> Result<()> {
    ensure(
        client,
        "/v1/loyalty/program",
        &program(),
        "loyalty programme",
    )?;
    for (id, segment) in segments() {
        ensure(
            client,
            &format!("/v1/segments/{id}"),
            &segment,
            &format!("segment `{id}`"),
        )?;
    }
    Ok(())
}

fn ensure(client: &Client, path: &str, wanted: &Value, what: &str) -> Result<()> {
    let reach = |error| {
        anyhow::anyhow!(
            "{} does not answer: {}",
            client.base(),
            client::said(&error)
        )
    };
    let reply = client.get(path).map_err(reach)?;
    match reply.status {
        200 if reply.json().is_some_and(|found| holds(&found, wanted)) => return Ok(()),
        200 => bail!(
            "another {what} is there already, and the sample is meant for an empty shop: start one with --in-memory, or with \
             --data and a new folder"
        ),
        404 if reply
            .problem()
            .is_some_and(|problem| problem.code == "not_found") => {}
        _ => bail!(client.explain(&reply)),
    }
    let reply = client.put(path, &wanted.to_string()).map_err(reach)?;
    match reply.status {
        200 | 201 => Ok(()),
        _ => bail!(client.explain(&reply)),
    }
}

/// Whether `found` says everything that `wanted` does; the service adds revisions and moments of its own.
fn holds(found: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(wanted) => wanted.iter().all(|(name, value)| &found[name] == value),
        _ => found == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_service_adds_makes_no_difference_and_anything_else_does() {
        let mut found = program();
        found["rev"] = json!(3);
        assert!(holds(&found, &program()));
        found["points"]["points"] = json!(2);
        assert!(!holds(&found, &program()));
        assert!(!holds(&json!({}), &program()));
    }
}
