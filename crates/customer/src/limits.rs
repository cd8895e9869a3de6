//! How much of everything a customer may hold.
//!
//! Chosen so that a document which is full in every respect stays under 300 KB.

/// Bytes of all traits together, as compact JSON.
pub const TRAITS_BYTES: usize = 64 * 1024;
/// Keys of all traits together, nested ones included.
pub const TRAITS_KEYS: usize = 256;
/// Objects and lists inside each other, in traits and in properties.
pub const DEPTH: usize = 8;
/// Bytes of one key, in traits.
pub const KEY_BYTES: usize = 128;
/// Tags of one customer.
pub const TAGS: usize = 128;
/// Bytes of one tag.
pub const TAG_BYTES: usize = 64;
/// Distinct event names of one customer.
pub const EVENT_NAMES: usize = 128;
/// Bytes of one event name.
pub const EVENT_NAME_BYTES: usize = 128;
/// Bytes of one event's properties, as compact JSON.
pub const PROPERTIES_BYTES: usize = 8 * 1024;
/// Events kept with their properties.
pub const RECENT_EVENTS: usize = 256;
/// Bytes of all kept events together.
pub const RECENT_BYTES: usize = 64 * 1024;
/// Days for which day totals are kept, the newest included.
pub const DAYS: i32 = 400;
/// Pairs of event name and day for which totals are kept.
pub const DAY_TOTALS: usize = 4_096;
/// Message ids remembered.
pub const SEEN_MESSAGES: usize = 1_024;
/// Order ids remembered.
pub const SEEN_ORDERS: usize = 8_192;
/// Orders of which is known what became of them.
pub const ORDERS: usize = 256;
/// Refunds of all of these together.
pub const ORDER_REFUNDS: usize = 512;
/// Refunds of one order.
pub const REFUNDS_OF_ONE: usize = 64;
/// Bytes of a message id or an order id.
pub const REPEATABLE_ID_BYTES: usize = 255;
/// Items in one batch.
pub const BATCH_ITEMS: usize = 10_000;
/// How far ahead of ours a client's clock may be, in milliseconds: a day.
pub const CLOCK_AHEAD_MILLIS: i64 = 86_400_000;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use crate::{Command, Customer, Item, ItemOutcome, decide};
    use rapport_types::{CustomerId, Timestamp, Zone};
    use serde_json::{Map, Value, json};

    fn track(event: String, at: i64, properties: Value, n: usize) -> Item {
        Item::Track {
            event,
            properties: properties.as_object().unwrap().clone(),
            timestamp: Some(Timestamp::from_millis(at)),
            message_id: Some(format!("m{n}")),
        }
    }

    #[test]
    fn a_customer_full_in_every_respect_stays_under_300_kilobytes() {
        const DAY: i64 = 86_400_000;
        let now = Timestamp::parse("2026-11-21T00:00:00Z").unwrap();
        let first = now.millis() - 399 * DAY;
        let id = CustomerId::parse(&"c".repeat(CustomerId::MAX_BYTES)).unwrap();
        let mut items = Vec::new();
        let traits: Map<String, Value> = (0..250)
            .map(|n| (format!("trait-{n:03}"), json!("x".repeat(240))))
            .collect();
        items.push(Item::Identify {
            traits,
            timestamp: None,
            message_id: None,
        });
        for n in 0..SEEN_ORDERS + 10 {
            let at = first + i64::try_from(n % 400).unwrap() * DAY;
            let order =
                json!({"order_id": format!("o{n}"), "total": "12345.67", "currency": "CNY"});
            items.push(track("Order Completed".into(), at, order, n));
        }
        for n in 0..DAY_TOTALS * 8 {
            let name = format!("{:0>128}", n % (EVENT_NAMES - 3));
            let at = first + i64::try_from(n % 397).unwrap() * DAY;
            items.push(track(
                name,
                at,
                json!({"note": "y".repeat(200)}),
                100_000 + n,
            ));
        }
        // Of the latest orders all kinds of things are known.
        for n in 0..ORDERS {
            let id = format!("o{}", SEEN_ORDERS - n);
            for part in 0..2 {
                let refund =
                    json!({"order_id": id, "refund": "1.01", "currency": "CNY", "refund_id": part});
                items.push(track(
                    "order_refunded".into(),
                    now.millis(),
                    refund,
                    900_000 + n * 2 + part,
                ));
            }
            let placed = json!({"order_id": id, "points_used": 1_000_000_000_000_i64});
            items.push(track(
                "order_placed".into(),
                now.millis(),
                placed,
                990_000 + n,
            ));
        }
        let tags = (0..TAGS).map(|n| format!("{n:0>64}")).collect();
        let decision = decide(&id, None, Command::Apply(items), now, &Zone::utc()).unwrap();
        assert!(decision.outcomes.iter().all(|o| *o == ItemOutcome::Applied));
        let patch = crate::Patch {
            tags: Some(Some(tags)),
            ..Default::default()
        };
        let customer = decide(
            &id,
            Some(decision.customer),
            Command::Patch(patch),
            now,
            &Zone::utc(),
        )
        .unwrap()
        .customer;

        let bytes = serde_json::to_vec(&customer).unwrap();
        assert!(bytes.len() > 200_000, "{} is not full", bytes.len());
        assert!(bytes.len() < 280_000, "{}", bytes.len());
        let again: Customer = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(again, customer);
    }
}
