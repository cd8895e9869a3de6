//! Tiers by the number of orders.

use crate::support::Bank;

#[test]
fn tiers_by_orders_count_each_order_once() {
    let mut bank = Bank::with(
        r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
            "tiers": [{"id": "two", "name": "Two", "at_least": 2, "by": "orders", "window": "30d"},
                      {"id": "four", "name": "Four", "at_least": 4, "by": "orders", "window": "30d"}]}"#,
    );
    bank.order("a", 1_000, "2026-01-01T00:00:00Z").unwrap();
    bank.earn("gift", 50, "2026-01-01T00:00:00Z");
    let b = bank.order("b", 0, "2026-01-01T01:00:00Z").unwrap();
    assert_eq!(b.answer.tier.unwrap().as_str(), "two");
    let c = bank.order("c", 2_000, "2026-01-05T01:00:00Z").unwrap();
    let next = bank.tier("2026-01-05T01:00:00Z").next.unwrap();
    assert_eq!((next.missing, next.currency), (Some(1), None));
    // A part that is taken back leaves the order; the rest takes it.
    bank.reverse(&c.transaction, Some(5), "2026-01-06T00:00:00Z")
        .unwrap();
    assert_eq!(
        bank.tier("2026-01-06T00:00:00Z").next.unwrap().missing,
        Some(1)
    );
    bank.reverse(&c.transaction, None, "2026-01-06T00:00:00Z")
        .unwrap();
    assert_eq!(
        bank.tier("2026-01-06T00:00:00Z").next.unwrap().missing,
        Some(2)
    );
    assert_eq!(bank.account.ledger.totals.orders, Some(2));
    // An account of before: a row with money is one order.
    let old = r#"{"ledger": {"lots": [], "totals": {"earned": 9, "spent": 0, "expired": 0, "taken": 0, "qualifying": 9, "spend": 900},
        "days": [[20454, 5, 500], [20455, 4, 400], [20456, 7, 0]], "marks": []}}"#;
    bank.account = serde_json::from_str(old).unwrap();
    bank.program
        .as_mut()
        .unwrap()
        .tiers
        .iter_mut()
        .for_each(|tier| tier.window = None);
    assert_eq!(
        bank.tier("2026-01-06T00:00:00Z").tier.unwrap().as_str(),
        "two"
    );
    bank.order("d", 100, "2026-01-06T00:00:00Z").unwrap();
    assert_eq!(bank.account.ledger.totals.orders, Some(3));
}
