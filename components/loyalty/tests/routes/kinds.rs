//! Several kinds of points over the routes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, open, post, problem};
use rapport_web::testing::Client;
use serde_json::{Value, json};

const PROGRAM: &str = "/v1/loyalty/program";

fn program() -> Value {
    json!({
        "points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "kinds": [
            {"id": "points", "name": "积分"},
            {"id": "growth", "name": "成长值", "spendable": false, "expires_after": {"months": 12}},
            {"id": "coins", "name": "Coins", "activates_after": "1d"},
        ],
        "rules": [{"id": "grow", "name": "Growth", "kind": "growth", "per": {"amount": 100, "currency": "USD"}, "points": 2}],
        "tiers": [{"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "kind": "growth"}],
    })
}

async fn growing() -> Client {
    let shop = open().await;
    let set = shop.put(PROGRAM, program()).await;
    assert_eq!(set.status, 200, "{}", set.body);
    assert_eq!(set.body["kinds"][1]["expires_after"], json!({"months": 12}));
    shop
}

#[tokio::test]
async fn an_order_earns_growth_and_the_account_shows_every_balance() {
    let shop = growing().await;
    let order = json!({"order_id": "A-1", "money": {"amount": 6_050, "currency": "USD"}});
    let earned = post(&shop, "c", "earn", order.clone()).await;
    assert_eq!(earned.status, 200, "{}", earned.body);
    assert_eq!(
        (
            &earned.body["points"],
            &earned.body["also"],
            &earned.body["tier"]
        ),
        (
            &json!(60),
            &json!([{"kind": "growth", "points": 121}]),
            &json!("silver")
        )
    );
    assert_eq!(
        earned.body["breakdown"],
        json!([{"source": "base", "points": 60}, {"source": "rule", "id": "grow", "points": 121, "kind": "growth"}])
    );
    let again = post(&shop, "c", "earn", order).await;
    assert_eq!(again.body, earned.body);
    let account = get(&shop, "c", "").await;
    let balances = &account.body["balances"];
    assert_eq!(
        [
            &account.body["balance"]["active"],
            &balances["points"]["active"],
            &balances["growth"]["active"],
            &balances["coins"]["active"]
        ],
        [&json!(60), &json!(60), &json!(121), &json!(0)]
    );
    let journal = get(&shop, "c", "/journal").await;
    let lines: Vec<_> = journal.body["items"].as_array().unwrap().iter().collect();
    assert_eq!(
        (
            &lines[0]["points_kind"],
            &lines[0]["balance"],
            &lines[0]["transaction"]
        ),
        (&json!("growth"), &json!(121), &lines[1]["transaction"])
    );
    assert_eq!(lines[1].get("points_kind"), None);
    // What an account without other kinds says is what it always said.
    let plain = open().await;
    post(&plain, "c", "earn", json!({"points": 5})).await;
    assert_eq!(get(&plain, "c", "").await.body.get("balances"), None);
}

#[tokio::test]
async fn a_kind_is_earned_spent_and_reversed_by_name() {
    let shop = growing().await;
    let earn = json!({"points": 50, "kind": "coins", "key": "e"});
    let earned = post(&shop, "c", "earn", earn).await;
    assert_eq!(
        (&earned.body["kind"], &earned.body["balance"]["pending"]),
        (&json!("coins"), &json!(50)),
        "{}",
        earned.body
    );
    let too_soon = post(&shop, "c", "spend", json!({"points": 20, "kind": "coins"})).await;
    assert_eq!(problem(&too_soon), is(409, "insufficient_points", &[]));
    let later = shop.at("2026-11-22T12:00:00+08:00");
    let spend = json!({"points": 20, "kind": "coins", "key": "s"});
    let spent = post(&later, "c", "spend", spend).await;
    assert_eq!(spent.body["balance"]["active"], 30, "{}", spent.body);
    // `points` is the main kind's name.
    let main = post(&later, "c", "earn", json!({"points": 7, "kind": "points"})).await;
    assert_eq!(
        (main.body.get("kind"), &main.body["balance"]["active"]),
        (None, &json!(7))
    );
    let back = json!({"transaction": spent.body["transaction"]});
    let back = post(&later, "c", "reverse", back).await;
    assert_eq!(
        (&back.body["kind"], &back.body["balance"]["active"]),
        (&json!("coins"), &json!(50))
    );
    let hold = post(
        &later,
        "c",
        "authorize",
        json!({"points": 10, "kind": "coins"}),
    )
    .await;
    let held = get(&later, "c", "/holds?kind=coins").await;
    assert_eq!(held.body["items"][0]["points"], 10);
    assert_eq!(get(&later, "c", "/holds").await.body["items"], json!([]));
    let capture = json!({"transaction": hold.body["transaction"], "points": 4});
    let captured = post(&later, "c", "capture", capture).await;
    assert_eq!(captured.body["balance"]["active"], 46, "{}", captured.body);
    let audit = get(&later, "c", "/audit").await;
    assert_eq!(
        (&audit.body["ok"], &audit.body["others"]["coins"]),
        (
            &json!(true),
            &json!({"sum": 46, "balance": 46, "lots": 46, "held": 0, "owed": 0})
        )
    );
}

#[tokio::test]
async fn what_cannot_be_done_with_a_kind_is_said_with_its_place() {
    let shop = growing().await;
    for what in ["spend", "authorize"] {
        let refused = post(&shop, "c", what, json!({"points": 1, "kind": "growth"})).await;
        assert_eq!(problem(&refused), is(422, "invalid_input", &["/kind"]));
        assert_eq!(refused.body["errors"][0]["code"], "not_spendable");
    }
    for (what, body) in [
        ("spend", json!({"points": 1, "kind": "stars"})),
        ("earn", json!({"points": 1, "kind": "stars"})),
        (
            "adjust",
            json!({"points": 1, "kind": "stars", "reason": "r", "author": "a"}),
        ),
        (
            "import",
            json!({"lots": [{"points": 1}], "kind": "stars", "key": "k"}),
        ),
        ("authorize", json!({"points": 1, "kind": "stars"})),
    ] {
        let refused = post(&shop, "c", what, body).await;
        assert_eq!(
            problem(&refused),
            is(422, "invalid_input", &["/kind"]),
            "{what}"
        );
        assert_eq!(
            refused.body["errors"][0]["detail"],
            "There is no kind of points called stars; there are points, growth, coins."
        );
    }
    let money = json!({"money": {"amount": 100, "currency": "USD"}, "kind": "growth"});
    assert_eq!(
        problem(&post(&shop, "c", "earn", money).await),
        is(422, "invalid_input", &["/points"])
    );
    let event = json!({"event": "checked_in", "kind": "growth"});
    assert_eq!(
        problem(&post(&shop, "c", "earn", event).await),
        is(422, "invalid_input", &["/kind"])
    );
    let unknown = get(&shop, "c", "/lots?kind=stars").await;
    assert_eq!(problem(&unknown), is(400, "invalid_parameter", &[]));
    // People may correct what only counts.
    let adjust = json!({"points": 30, "kind": "growth", "reason": "missed", "author": "anna"});
    let adjusted = post(&shop, "c", "adjust", adjust).await;
    assert_eq!(adjusted.body["balance"]["active"], 30, "{}", adjusted.body);
}

#[tokio::test]
async fn lots_and_what_expires_are_listed_by_kind() {
    let shop = growing().await;
    let lots = json!({"key": "k", "kind": "growth", "lots": [{"points": 5, "expires_at": "2026-12-01"}, {"points": 6}]});
    post(&shop, "c", "import", lots).await;
    post(&shop, "c", "earn", json!({"points": 3})).await;
    let growth = get(&shop, "c", "/lots?kind=growth&limit=1").await;
    assert_eq!(
        (
            &growth.body["items"][0]["kind"],
            &growth.body["items"][0]["points"]
        ),
        (&json!("growth"), &json!(5))
    );
    let next = growth.body["next_cursor"].as_str().unwrap();
    let rest = get(&shop, "c", &format!("/lots?kind=growth&cursor={next}")).await;
    assert_eq!(rest.body["items"][0]["points"], 6);
    let main = get(&shop, "c", "/lots").await;
    assert_eq!(
        (
            main.body["items"].as_array().unwrap().len(),
            main.body["items"][0].get("kind")
        ),
        (1, None)
    );
    let expiring = get(&shop, "c", "/expiring?kind=growth").await;
    assert_eq!(
        (&expiring.body["kind"], &expiring.body["points"]),
        (&json!("growth"), &json!(5))
    );
    assert_eq!(get(&shop, "c", "/expiring").await.body["points"], 0);
    // The account's answer holds until the growth expires, and is another then.
    let almost = shop.at("2026-12-01T15:59:57Z");
    let account = get(&almost, "c", "").await;
    assert_eq!(account.headers["cache-control"], "private, max-age=3");
    let after = get(&shop.at("2026-12-01T16:00:00Z"), "c", "").await;
    assert_ne!(after.headers["etag"], account.headers["etag"]);
    assert_eq!(after.body["balances"]["growth"]["expired"], 5);
}
