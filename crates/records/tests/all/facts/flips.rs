//! What comes and goes in other documents flips memberships.

use super::*;

#[tokio::test]
async fn points_that_come_and_go_flip_memberships_at_once() {
    let shop = shop().await;
    shop.define("rich", field("loyalty.active", "gte", json!(100)), at(0))
        .await;
    shop.define("poor", field("loyalty.active", "lt", json!(100)), at(0))
        .await;
    shop.define("spender", field("loyalty.spent", "gt", json!(0)), at(0))
        .await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    assert_eq!(members(&shop, "poor").await, ["c"]);
    earn(&shop, "c", "e", 150, at(HOUR)).await;
    assert_eq!(members(&shop, "rich").await, ["c"]);
    assert!(members(&shop, "poor").await.is_empty());
    assert_eq!(shop.audience("rich").await["c"], at(HOUR));
    spend(&shop, "c", "s", 100, at(2 * HOUR)).await;
    assert!(members(&shop, "rich").await.is_empty());
    assert_eq!(shop.audience("spender").await["c"], at(2 * HOUR));
    shop.check(at(2 * HOUR)).await;
    let record = shop.record("c").await;
    // Created, earned, spent.
    assert_eq!(record.seen.account, 3);
}

#[tokio::test]
async fn a_movement_that_flips_nothing_costs_what_it_did() {
    let shop = shop().await;
    shop.apply("c", put(json!({})), at(1)).await;
    // The first one sets the account's own timer.
    earn(&shop, "c", "e0", 500, at(1)).await;
    let without = shop.writes(spend(&shop, "c", "s0", 1, at(2))).await;
    shop.define("rich", field("loyalty.active", "gte", json!(100)), at(2))
        .await;
    shop.filled(at(3)).await;
    let with = shop.writes(spend(&shop, "c", "s1", 1, at(4))).await;
    assert_eq!((without, with), (1, 1));
    let rev = shop.record("c").await.evaluated_at;
    spend(&shop, "c", "s2", 1, at(5)).await;
    assert_eq!(shop.record("c").await.evaluated_at, rev);
    // The first flip creates documents of parking.
    spend(&shop, "c", "s3", 450, at(6)).await;
    earn(&shop, "c", "e1", 450, at(7)).await;
    // Account, parking, customer, parking, audience.
    assert_eq!(shop.writes(spend(&shop, "c", "s4", 490, at(8))).await, 5);
}

#[tokio::test]
async fn where_no_rule_names_points_or_feedback_neither_is_read() {
    let shop = shop().await;
    shop.define("vip", json!({"tag": "vip"}), at(0)).await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    let reads = async |n: i64| {
        let before = shop.memory.counts().reads;
        shop.apply("c", put(json!({ "n": n })), at(n)).await;
        shop.memory.counts().reads - before
    };
    // The first commit after a creation asks who created the customer.
    reads(2).await;
    let before = reads(3).await;
    earn(&shop, "c", "e", 500, at(4)).await;
    say(&shop, "c", "f", "nps", 3, at(5)).await;
    assert_eq!(reads(6).await, before);
    assert!(shop.record("c").await.seen.is_none());
    // The same, where a rule does: account, programme and summary, each before and after the commit.
    let any = [
        field("loyalty.active", "gt", json!(1_000)),
        field("feedback.count", "gt", json!(9)),
    ];
    shop.define("any", json!({ "any": any }), at(7)).await;
    shop.filled(at(8)).await;
    reads(9).await;
    let with = reads(10).await;
    assert!(
        (before + 6..before + 12).contains(&with),
        "{with} after {before}"
    );
}

#[tokio::test]
async fn what_expires_flips_memberships_by_the_tick_alone() {
    let shop = shop().await;
    shop.define("rich", field("loyalty.active", "gte", json!(100)), at(0))
        .await;
    shop.define("poor", field("loyalty.active", "lt", json!(100)), at(0))
        .await;
    shop.define(
        "soon",
        field("loyalty.expiring_soon", "gt", json!(0)),
        at(0),
    )
    .await;
    shop.define("expired", field("loyalty.expired", "gt", json!(0)), at(0))
        .await;
    shop.define("gold", field("loyalty.tier", "eq", json!("gold")), at(0))
        .await;
    shop.define(
        "tiered",
        json!({"field": "loyalty.tier", "is": "exists"}),
        at(0),
    )
    .await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.apply("d", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    earn(&shop, "c", "e1", 200, at(HOUR)).await;
    earn(&shop, "c", "e2", 150, at(3 * DAY)).await;
    earn(&shop, "d", "e1", 99, at(3 * DAY)).await;
    assert_eq!(members(&shop, "gold").await, ["c"]);
    for day in 3..40 {
        let now = at(day * DAY + 2 * HOUR);
        shop.tick(now).await;
        shop.check(now).await;
        let earned = if day < 11 {
            350
        } else if day < 14 {
            150
        } else {
            0
        };
        assert_eq!(
            members(&shop, "rich").await.len(),
            usize::from(earned >= 100),
            "day {day}"
        );
    }
    assert!(members(&shop, "tiered").await.is_empty());
    assert_eq!(members(&shop, "expired").await, ["c", "d"]);
    // Since when is that of the expiry, not of the tick that wrote it down.
    let (poor, expired) = (shop.audience("poor").await, shop.audience("expired").await);
    let account = shop.store.read(&accounts::key(&customer("c"))).await;
    let changed_at = account.unwrap().unwrap().value.changed_at;
    assert_eq!(Some(poor["c"]), changed_at);
    assert!(expired["c"] < poor["c"]);
    assert_eq!(poor["c"].millis() % HOUR, 0);
}

#[tokio::test]
async fn an_order_earns_and_its_points_count_at_once() {
    let shop = shop().await;
    shop.define("rich", field("loyalty.active", "gte", json!(100)), at(0))
        .await;
    let both = json!({"all": [
        {"event": "order_completed", "count": {"at_least": 2}},
        field("loyalty.active", "gte", json!(100))
    ]});
    shop.define("both", both, at(0)).await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    shop.apply("c", order(60), at(HOUR)).await;
    assert!(members(&shop, "rich").await.is_empty());
    shop.apply("c", order(70), at(2 * HOUR)).await;
    assert_eq!(members(&shop, "rich").await, ["c"]);
    assert_eq!(members(&shop, "both").await, ["c"]);
    shop.check(at(2 * HOUR)).await;
    // Also of somebody who is new with the order.
    shop.apply("d", order(100), at(3 * HOUR)).await;
    assert_eq!(members(&shop, "rich").await, ["c", "d"]);
    shop.tick(at(4 * HOUR)).await;
    shop.check(at(4 * HOUR)).await;
}

#[tokio::test]
async fn the_latest_answer_puts_into_a_segment_and_takes_out() {
    let shop = shop().await;
    shop.define(
        "unhappy",
        field("feedback.last_nps", "lte", json!(6)),
        at(0),
    )
    .await;
    shop.define(
        "asked",
        json!({"field": "feedback.last_at", "is": "within_last", "value": "5d"}),
        at(0),
    )
    .await;
    shop.define(
        "cases",
        field("feedback.open_cases", "gte", json!(2)),
        at(0),
    )
    .await;
    shop.define("silent", field("feedback.count", "eq", json!(0)), at(0))
        .await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    assert_eq!(members(&shop, "silent").await, ["c"]);
    say(&shop, "c", "f1", "nps", 3, at(HOUR)).await;
    assert_eq!(shop.audience("unhappy").await["c"], at(HOUR));
    assert!(members(&shop, "silent").await.is_empty());
    say(&shop, "c", "f2", "nps", 9, at(2 * HOUR)).await;
    assert!(members(&shop, "unhappy").await.is_empty());
    assert_eq!(members(&shop, "cases").await, ["c"]);
    assert_eq!(members(&shop, "asked").await, ["c"]);
    shop.check(at(2 * HOUR)).await;
    shop.tick(at(6 * DAY)).await;
    assert!(members(&shop, "asked").await.is_empty());
    shop.check(at(6 * DAY)).await;
    // Who is not there is in no segment, and comes into them when they are.
    say(&shop, "d", "f3", "nps", 0, at(7 * DAY)).await;
    assert!(members(&shop, "unhappy").await.is_empty());
    shop.apply("d", put(json!({})), at(8 * DAY)).await;
    assert_eq!(members(&shop, "unhappy").await, ["d"]);
    shop.check(at(8 * DAY)).await;
}

#[tokio::test]
async fn a_definition_is_filled_by_what_other_documents_say() {
    let shop = shop().await;
    for n in 0..20 {
        let id = format!("c{n:02}");
        shop.apply(&id, put(json!({})), at(1)).await;
        earn(&shop, &id, "e", 10 * (n + 1), at(2)).await;
    }
    shop.define("rich", field("loyalty.earned", "gt", json!(150)), at(3))
        .await;
    shop.filled(at(4)).await;
    assert_eq!(
        members(&shop, "rich").await,
        ["c15", "c16", "c17", "c18", "c19"]
    );
    shop.check(at(4)).await;
}
