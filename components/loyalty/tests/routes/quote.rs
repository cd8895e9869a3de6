//! `POST /v1/loyalty/accounts/{customer}/quote`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::{get, is, post, problem};
use rapport_web::testing::Client;
use serde_json::{Value, json};

const PATH: &str = "/v1/loyalty/program";

fn program() -> Value {
    let mut program = shop::program();
    program["redeem"] = json!({
        "points": 100, "worth": {"amount": 100, "currency": "USD"}, "max_share": 0.5, "step": 50,
        "tiers": {"gold": {"max_share": 1}},
    });
    program
}

fn cart(amount: i64) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

async fn open() -> Client {
    let shop = Client::new(loyalty::routes);
    let set = shop.put(PATH, program()).await;
    assert_eq!(set.status, 201, "{}", set.body);
    shop
}

#[tokio::test]
async fn a_quote_says_what_to_do_next_and_that_does_it() {
    let shop = open().await;
    let earn = json!({"points": 730, "key": "e"});
    post(&shop, "%E5%BC%A0", "earn", earn).await;
    let asked = json!({"cart": cart(1_099)});
    let quoted = post(&shop, "%E5%BC%A0", "quote", asked).await;
    assert_eq!(quoted.status, 200, "{}", quoted.body);
    // Half of 10.99 is 5.49, rounded down; in steps of 50 points that is 5.00.
    assert_eq!(
        quoted.body,
        json!({
            "customer": "张", "cart": cart(1_099), "points": 500, "value": cart(500), "to_pay": cart(599),
            "available": 730, "limited_by": "share", "tier": "silver",
            "hold": {"method": "POST", "path": "/v1/loyalty/accounts/%E5%BC%A0/authorize", "body": {"points": 500}},
        })
    );
    let rev = get(&shop, "%E5%BC%A0", "").await.body["rev"].clone();
    let hold = &quoted.body["hold"];
    let held = shop
        .post(hold["path"].as_str().unwrap(), hold["body"].clone())
        .await;
    assert_eq!(held.body["balance"]["held"], 500, "{}", held.body);
    assert_eq!(
        json!(rev.as_u64().unwrap() + 1),
        get(&shop, "%E5%BC%A0", "").await.body["rev"]
    );
    // What is held cannot be used again.
    let again = post(&shop, "%E5%BC%A0", "quote", json!({"cart": cart(1_099)})).await;
    let said = |field: &str| again.body[field].clone();
    assert_eq!(
        (said("points"), said("available")),
        (json!(200), json!(230))
    );
    assert_eq!(said("limited_by"), "balance");
}

#[tokio::test]
async fn a_tier_may_use_more_and_a_frozen_account_nothing() {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 1_000, "key": "e"})).await;
    let asked = json!({"cart": cart(600), "points": 800});
    let quoted = post(&shop, "c", "quote", asked.clone()).await;
    assert_eq!(quoted.body["tier"], "gold");
    assert_eq!(
        (&quoted.body["points"], &quoted.body["to_pay"]),
        (&json!(600), &cart(0))
    );
    let why = json!({"reason": "lost", "author": "anna"});
    post(&shop, "c", "freeze", why).await;
    let quoted = post(&shop, "c", "quote", asked).await;
    assert_eq!(
        (&quoted.body["points"], &quoted.body["hold"]),
        (&json!(0), &json!(null))
    );
    assert_eq!(
        (&quoted.body["limited_by"], &quoted.body["available"]),
        (&json!("frozen"), &json!(1_000))
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_cart_is_said_with_its_place() {
    let shop = open().await;
    let eur = json!({"amount": 1, "currency": "EUR"});
    for (body, place) in [
        (json!({"cart": cart(-1)}), "/cart/amount"),
        (json!({"cart": eur}), "/cart/currency"),
        (json!({"cart": cart(1), "points": -1}), "/points"),
        (json!({"points": 1}), "/cart"),
        (json!({"cart": cart(1), "coupon": 1}), "/coupon"),
    ] {
        let answered = post(&shop, "c", "quote", body).await;
        assert_eq!(problem(&answered), is(422, "invalid_input", &[place]));
    }
    let nobody = post(&shop, "nobody", "quote", json!({"cart": cart(100)})).await;
    assert_eq!(
        (&nobody.body["points"], &nobody.body["limited_by"]),
        (&json!(0), &json!("balance"))
    );
    // Programmes from before say nothing of it.
    for shop in [shop::open().await, Client::new(loyalty::routes)] {
        let answered = post(&shop, "c", "quote", json!({"cart": cart(1)})).await;
        assert_eq!(problem(&answered), is(409, "not_configured", &[]));
    }
}

#[tokio::test]
async fn a_programme_keeps_what_points_are_worth() {
    let shop = open().await;
    let mut expected = program();
    expected["rev"] = json!(1);
    assert_eq!(shop.get(PATH).await.body, expected);
    let mut wrong = program();
    wrong["redeem"]["max_share"] = json!(1.5);
    wrong["redeem"]["tiers"]["platinum"] = json!({});
    let answered = shop.put(PATH, wrong).await;
    assert_eq!(
        problem(&answered),
        is(
            422,
            "invalid_input",
            &["/redeem/max_share", "/redeem/tiers/platinum"]
        )
    );
    let mut wrong = program();
    wrong["redeem"]["tiers"]["gold"]["max_shares"] = json!(1);
    let answered = shop.put(PATH, wrong).await;
    assert_eq!(
        problem(&answered),
        is(422, "invalid_input", &["/redeem/tiers/gold/max_shares"])
    );
}
