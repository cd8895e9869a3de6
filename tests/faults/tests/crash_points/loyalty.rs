//! The programme, and points.

use super::{Call, Scenario, Value, check, json};

const PROGRAM: &str = "/v1/loyalty/program";
const ACCOUNT: &str = "/v1/loyalty/accounts/c1";
const TIER: &str = "/v1/loyalty/accounts/c1/tier";
const JOURNAL: &str = "/v1/loyalty/accounts/c1/journal?limit=200";
const LOOKS: [&str; 3] = [ACCOUNT, TIER, JOURNAL];

fn programme(expires_after: Value) -> Call {
    let mut points = json!({"per": {"amount": 100, "currency": "USD"}, "points": 1});
    if !expires_after.is_null() {
        points["expires_after"] = expires_after;
    }
    let tiers = json!([{"id": "bronze", "name": "Bronze", "at_least": 50, "by": "points", "window": "365d"}]);
    Call::put(PROGRAM, json!({"points": points, "tiers": tiers}))
}

/// A point for each dollar, for ever.
pub fn program() -> Call {
    programme(Value::Null)
}

fn moved(what: &str, body: Value) -> Call {
    Call::post(&format!("{ACCOUNT}/{what}"), body)
}

fn earned() -> Vec<Call> {
    let earn = moved("earn", json!({"points": 100, "order_id": "first"}));
    vec![program(), earn]
}

fn of_order(id: &str) -> String {
    rapport_loyalty::TransactionId::of_order(id).to_string()
}

fn of_key(key: &str) -> String {
    rapport_loyalty::TransactionId::of_key(key).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_programme_is_set() {
    check(Scenario::new(vec![], program().once("k"), &[PROGRAM]), &[]).await;
    let other = programme(json!({"months": 12})).once("k");
    check(Scenario::new(vec![program()], other, &[PROGRAM]), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn points_are_earned() {
    for before in [vec![program()], earned()] {
        let by_key = moved("earn", json!({"points": 70})).once("k");
        check(Scenario::new(before.clone(), by_key, &LOOKS), &[]).await;
        let money = json!({"amount": 9_900, "currency": "USD"});
        let by_order = moved("earn", json!({"order_id": "o1", "money": money}));
        check(Scenario::new(before, by_order, &LOOKS), &[]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn several_kinds_of_points_move() {
    const AUDIT: &str = "/v1/loyalty/accounts/c1/audit";
    let per = json!({"amount": 100, "currency": "USD"});
    let program = Call::put(
        PROGRAM,
        json!({"points": {"per": per, "points": 1},
            "kinds": [{"id": "growth", "name": "Growth", "spendable": false}, {"id": "coins", "name": "Coins"}],
            "rules": [{"id": "grow", "name": "Growth", "kind": "growth", "per": per, "points": 2}]}),
    );
    let looks = [ACCOUNT, JOURNAL, AUDIT];
    let money = json!({"amount": 9_900, "currency": "USD"});
    let order = moved("earn", json!({"order_id": "o1", "money": money}));
    check(
        Scenario::new(vec![program.clone()], order.clone(), &looks),
        &[],
    )
    .await;
    let coins = moved("earn", json!({"points": 30, "kind": "coins", "key": "c"}));
    let before = vec![program, order, coins];
    let spend = moved("spend", json!({"points": 20, "kind": "coins"})).once("k");
    check(Scenario::new(before.clone(), spend, &looks), &[]).await;
    let back = moved(
        "reverse",
        json!({"transaction": of_order("o1"), "points": 40}),
    )
    .once("k");
    check(Scenario::new(before, back, &looks), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_owed_is_counted() {
    const LIABILITY: &str = "/v1/loyalty/liability";
    let request = Call::post(LIABILITY, json!({})).once("k");
    check(Scenario::new(earned(), request, &[LIABILITY]), &[]).await;
}

/// A timer is set, and what it is for is done though nobody asks.
#[tokio::test(start_paused = true)]
async fn points_that_expire_are_earned() {
    let program = programme(json!({"months": 1}));
    let earlier = moved("earn", json!({"points": 5}))
        .at("2026-10-20T12:00:00+08:00")
        .once("old");
    for before in [vec![program.clone()], vec![program, earlier]] {
        let request = moved("earn", json!({"points": 70})).once("k");
        let scenario = Scenario::new(before, request, &LOOKS);
        check(scenario.then("2026-12-31T12:00:00+08:00", &LOOKS), &[]).await;
    }
}

/// The timer that a crash kept from being set is set by the next movement. The journal's order depends on the crash.
#[tokio::test(start_paused = true)]
async fn points_that_expire_are_earned_and_then_others_spent() {
    let first = moved("earn", json!({"points": 5})).once("first");
    let before = vec![program(), first, programme(json!({"months": 1}))];
    let request = moved("earn", json!({"points": 70})).once("k");
    let spend = moved("spend", json!({"points": 1})).once("other");
    let scenario = Scenario::new(before, request, &[ACCOUNT]);
    println!("{} points", scenario.run_followed(&spend).await);
}

#[tokio::test(start_paused = true)]
async fn points_are_spent() {
    let request = moved("spend", json!({"points": 30})).once("k");
    check(Scenario::new(earned(), request, &LOOKS), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn points_are_spent_on_a_condition() {
    let request = moved("spend", json!({"points": 30})).once("k").if_match(2);
    check(Scenario::new(earned(), request, &LOOKS), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn an_earn_is_reversed() {
    let request = moved(
        "reverse",
        json!({"transaction": of_order("first"), "points": 60}),
    )
    .once("k");
    check(Scenario::new(earned(), request, &LOOKS), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_spend_is_reversed() {
    let mut before = earned();
    before.push(moved("spend", json!({"points": 30})).once("spend"));
    let request = moved("reverse", json!({"transaction": of_key("spend")})).once("k");
    check(Scenario::new(before, request, &LOOKS), &[]).await;
}

/// The hold's time-out is a timer: what nobody captures goes back though nobody asks.
#[tokio::test(start_paused = true)]
async fn points_are_held() {
    let request = moved("authorize", json!({"points": 30})).once("k");
    let scenario = Scenario::new(earned(), request, &LOOKS);
    check(scenario.then("2026-12-31T12:00:00+08:00", &LOOKS), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_hold_is_captured_or_voided() {
    let mut before = earned();
    before.push(moved("authorize", json!({"points": 30})).once("hold"));
    let of = of_key("hold");
    for (what, body) in [
        ("capture", json!({"transaction": of, "points": 20})),
        ("void", json!({"transaction": of})),
    ] {
        let request = moved(what, body).once("k");
        check(Scenario::new(before.clone(), request, &LOOKS), &[]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn people_change_an_account() {
    let signed = json!({"reason": "r", "author": "anna"});
    let lots = json!({"lots": [{"points": 5}, {"points": 7, "expires_at": "2026-12-24"}]});
    let adjusted = json!({"points": -30, "reason": "r", "author": "anna"});
    for (what, body) in [("adjust", adjusted), ("freeze", signed), ("import", lots)] {
        let request = moved(what, body).once("k");
        check(Scenario::new(earned(), request, &LOOKS), &[]).await;
    }
}

/// Wherever it crashes, both accounts say the same in the end, though nobody makes the request again.
#[tokio::test(start_paused = true)]
async fn points_go_to_another_customer() {
    let other = "/v1/loyalty/accounts/c2";
    let journal = "/v1/loyalty/accounts/c2/journal?limit=200";
    let looks = [ACCOUNT, JOURNAL, other, journal];
    let theirs = Call::post(&format!("{other}/earn"), json!({"points": 5})).once("own");
    let mut known = earned();
    known.push(theirs);
    let mut ending = vec![programme(json!({"months": 1}))];
    ending.extend(known[1..].to_vec());
    for before in [earned(), known, ending] {
        let request = moved("transfer", json!({"to": "c2", "points": 30})).once("k");
        check(Scenario::new(before, request, &looks), &[]).await;
    }
}

/// The account is so long that a page of its journal leaves it with the next movement.
#[tokio::test(start_paused = true)]
async fn a_page_of_the_journal_leaves_the_account() {
    let mut before = earned();
    let gifts = (0..190).map(|n| moved("earn", json!({"points": 1})).once(&format!("gift{n}")));
    before.extend(gifts);
    let request = moved("spend", json!({"points": 150})).once("k");
    let scenario = Scenario::new(before, request, &LOOKS);
    check(scenario, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_tier_is_given() {
    let history = format!("{TIER}/history");
    let looks = [ACCOUNT, TIER, &history];
    let give = || Call::put(TIER, json!({"tier": "bronze", "reason": "guest"})).once("k");
    for before in [vec![program()], earned()] {
        check(Scenario::new(before, give(), &looks), &[]).await;
    }
}

/// What rules gave, and what their caps leave, is committed with the points.
#[tokio::test(start_paused = true)]
async fn points_are_earned_by_rules() {
    let rules = json!([
        {"id": "like", "name": "Like", "when": {"event": "liked"}, "points": 20, "caps": {"per_day": 30}},
    ]);
    let points = json!({"per": {"amount": 100, "currency": "USD"}, "points": 1});
    let program = Call::put(PROGRAM, json!({"points": points, "rules": rules}));
    let like = |key: &str| moved("earn", json!({"event": "liked"})).once(key);
    for before in [vec![program.clone()], vec![program, like("first")]] {
        check(Scenario::new(before, like("k"), &LOOKS), &[]).await;
    }
}
