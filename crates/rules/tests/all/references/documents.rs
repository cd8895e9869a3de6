//! What other documents say, and which of them a rule names.

use rapport_rules::Document;
use serde_json::{Value, json};

use super::library;
use crate::common::{self, Shopper, at};

#[test]
fn facts_of_other_documents_hold_until_they_change() {
    let shopper = Shopper::default()
        .known("loyalty.tier", at("2026-01-01"), json!("gold"))
        .known("loyalty.tier", at("2026-12-05"), json!("silver"))
        .known("loyalty.tier", at("2027-01-05"), Value::Null)
        .known("loyalty.active", at("2026-11-01"), json!(500))
        .known("loyalty.active", at("2026-11-25"), json!(300))
        .known("loyalty.active", at("2026-12-25"), json!(100))
        .known("loyalty.expiring_soon", at("2026-11-01"), json!(0))
        .known("loyalty.expiring_soon", at("2026-11-25"), json!(200))
        .known("loyalty.expiring_soon", at("2026-12-25"), json!(0))
        .known("loyalty.earned", at("2026-11-01"), json!(600))
        .known("feedback.count", at("2026-11-01"), json!(4))
        .known("feedback.last_nps", at("2026-11-01"), json!(3))
        .known(
            "feedback.last_at",
            at("2026-11-01"),
            json!("2026-11-01T12:00:00Z"),
        );
    for (test, matches, next) in [
        (
            json!({"field": "loyalty.tier", "is": "eq", "value": "Gold"}),
            true,
            Some("2026-12-05"),
        ),
        (
            json!({"field": "loyalty.tier", "is": "exists"}),
            true,
            Some("2027-01-05"),
        ),
        (
            json!({"field": "loyalty.tier", "is": "not_in", "value": ["silver"]}),
            true,
            Some("2026-12-05"),
        ),
        (
            json!({"field": "loyalty.active", "is": "gte", "value": 200}),
            true,
            Some("2026-12-25"),
        ),
        (
            json!({"field": "loyalty.active", "is": "gte", "value": 50}),
            true,
            None,
        ),
        (
            json!({"field": "loyalty.expiring_soon", "is": "gt", "value": 0}),
            false,
            Some("2026-11-25"),
        ),
        (
            json!({"all": [
                {"field": "loyalty.expiring_soon", "is": "eq", "value": 0},
                {"field": "loyalty.earned", "is": "between", "value": [500, 700]},
                {"field": "feedback.count", "is": "in", "value": [4, 5]}
            ]}),
            true,
            Some("2026-11-25"),
        ),
        (
            json!({"field": "loyalty.spent", "is": "missing"}),
            true,
            None,
        ),
        (
            json!({"field": "feedback.last_nps", "is": "lte", "value": 6}),
            true,
            None,
        ),
        (
            json!({"field": "feedback.last_at", "is": "within_last", "value": "30d"}),
            true,
            Some("2026-12-01"),
        ),
        (
            json!({"field": "feedback.last_at", "is": "on_day", "value": "2026-11-01"}),
            true,
            None,
        ),
        (
            json!({"field": "feedback.open_cases", "is": "gt", "value": 0}),
            false,
            None,
        ),
    ] {
        let outcome = common::ask(&shopper, test.clone(), "2026-11-21");
        assert_eq!(
            (outcome.matches, outcome.next_change_at),
            (matches, next.map(at)),
            "{test}"
        );
    }
}

/// A tier that is held in every other year changes for ever; nobody follows it for ever.
#[test]
fn what_changes_for_ever_is_followed_for_ten_years() {
    let years = (2026..2076).map(|year| (year, json!(["gold", "silver"][year % 2])));
    let shopper = years.fold(Shopper::default(), |shopper, (year, tier)| {
        shopper.known("loyalty.tier", at(&format!("{year}-01-01")), tier)
    });
    let asked = [
        ("gold", true, "2027-01-01"),
        ("silver", false, "2027-01-01"),
        // No more is said than that it may be otherwise then.
        ("none", false, "2037-01-01"),
    ];
    for (tier, matches, next) in asked {
        let test = json!({"field": "loyalty.tier", "is": "eq", "value": tier});
        let outcome = common::ask(&shopper, test, "2026-11-21");
        let told = (outcome.matches, outcome.next_change_at);
        assert_eq!(told, (matches, Some(at(next))), "{tier}");
    }
}

#[test]
fn a_rule_says_which_documents_traits_and_events_it_names() {
    let linked = library(
        &[
            ("gold", json!({"field": "loyalty.tier", "is": "eq", "value": "gold"})),
            ("a", json!({"all": [
                {"segment": "gold"}, {"segment": "friends"}, {"segment": "nowhere"},
                {"field": "traits.address.city", "is": "exists"},
                {"each": "traits.interests", "where": {"field": "name", "is": "exists"}},
                {"event": "Order Completed", "where": {"field": "properties.x", "is": "exists"}},
                {"sequence": [{"event": "cart_viewed"}, {"event": "order_completed"}]},
                {"field": "scores.heat", "is": "gte", "value": 1}
            ]})),
        ],
        &[("heat", json!({"clauses": [{"when": {"field": "feedback.last_nps", "is": "exists"}, "points": 1}]}))],
    )
    .link(|id| id == "friends");
    let gold = linked.segments["gold"].names();
    assert!(
        gold.reads(Document::Account)
            && !gold.reads(Document::Customer)
            && !gold.reads(Document::Feedback)
    );
    let names = linked.segments["a"].names();
    for document in [Document::Customer, Document::Account, Document::Feedback] {
        assert!(names.reads(document), "{document:?}");
    }
    let list = |set: &std::collections::BTreeSet<String>| {
        set.iter().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list(&names.traits), "address.city interests");
    assert_eq!(list(&names.events), "cart_viewed order_completed");
    assert_eq!(list(&names.put_in), "friends");
    assert_eq!(list(&names.segments), "gold nowhere");
    assert_eq!(list(&names.scores), "heat");
    assert_eq!(
        names.fields.iter().copied().collect::<Vec<_>>(),
        ["feedback.last_nps", "loyalty.tier"]
    );
    assert_eq!(
        linked.segments["a"].references(),
        ["gold", "friends", "nowhere"]
    );
}
