//! Referrals: codes, claims, circles, and who is paid when.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, open, post, problem, program};
use futures_util::future::join_all;
use http::Method;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

const CLAIM: &str = "/v1/loyalty/referrals";

/// A shop whose programme has `referral`.
async fn with(referral: Value) -> Client {
    let shop = open().await;
    let mut program = program();
    program["referral"] = referral;
    let set = shop.put("/v1/loyalty/program", program).await;
    assert_eq!(set.status, 200, "{}", set.body);
    shop
}

async fn code(shop: &Client, customer: &str) -> String {
    let made = post(shop, customer, "referral", json!({})).await;
    assert_eq!(made.status, 200, "{}", made.body);
    made.body["code"].as_str().unwrap().to_owned()
}

async fn claim(shop: &Client, code: &str, customer: &str) -> Answered {
    let body = json!({"code": code, "customer": customer});
    shop.post(CLAIM, body).await
}

/// Active and pending points.
async fn points(shop: &Client, customer: &str) -> (i64, i64) {
    let balance = get(shop, customer, "").await.body["balance"].clone();
    (
        balance["active"].as_i64().unwrap(),
        balance["pending"].as_i64().unwrap(),
    )
}

async fn order(shop: &Client, customer: &str, id: &str) -> Answered {
    let money = json!({"amount": 1000, "currency": "USD"});
    let body = json!({"order_id": id, "money": money});
    let earned = post(shop, customer, "earn", body).await;
    assert_eq!(earned.status, 200, "{}", earned.body);
    earned
}

async fn brought(shop: &Client, customer: &str) -> Vec<(String, String)> {
    let list = get(shop, customer, "/referrals").await.body;
    let items = list["items"].as_array().unwrap();
    let text = |item: &Value, field: &str| item[field].as_str().unwrap().to_owned();
    let pair = |item: &Value| (text(item, "customer"), text(item, "state"));
    items.iter().map(pair).collect()
}

fn both() -> Value {
    json!({"referrer": {"points": 100}, "referred": {"points": 50}})
}

#[tokio::test]
async fn a_code_is_made_once_and_stays() {
    let shop = with(both()).await;
    let none = get(&shop, "a", "/referral").await;
    assert_eq!(
        (none.status.as_u16(), &none.body["code"]),
        (200, &Value::Null)
    );
    let dry = post(&shop, "a", "referral?dry_run=true", json!({})).await;
    assert_eq!(dry.body["code"], Value::Null);
    let all = join_all((0..5).map(|_| code(&shop, "a"))).await;
    assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
    assert_eq!(all[0].len(), 9);
    assert_eq!(get(&shop, "a", "/referral").await.body["code"], all[0]);
    assert_ne!(code(&shop, "b").await, all[0]);
}

#[tokio::test]
async fn a_sign_up_pays_both_at_once_and_once() {
    let shop = with(both()).await;
    let a = code(&shop, "a").await;
    let dry = shop
        .post(
            &format!("{CLAIM}?dry_run=true"),
            json!({"code": a, "customer": "b"}),
        )
        .await;
    assert_eq!(
        (dry.status.as_u16(), &dry.body["state"]),
        (200, &json!("due"))
    );
    assert_eq!(points(&shop, "b").await, (0, 0));
    let first = claim(&shop, &a.to_lowercase().replace('-', ""), "b").await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(
        first.body,
        json!({
            "customer": "b", "referrer": "a", "code": a, "state": "paid", "claimed_at": "2026-11-21T04:00:00Z",
            "on": "sign_up", "qualified_at": "2026-11-21T04:00:00Z", "held_until": null,
            "rewards": {"referrer": {"points": 100, "state": "paid"}, "referred": {"points": 50, "state": "paid"}},
        })
    );
    let again = claim(&shop, &a, "b").await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(points(&shop, "a").await, (100, 0));
    assert_eq!(points(&shop, "b").await, (50, 0));
    assert_eq!(brought(&shop, "a").await, [("b".into(), "paid".into())]);
    let own = get(&shop, "b", "/referral").await.body;
    assert_eq!(own["referred"], first.body);
    let journal = get(&shop, "a", "/journal").await.body["items"][0].clone();
    assert_eq!(journal["reason"], "referral: brought b");
}

#[tokio::test]
async fn an_idempotency_key_answers_as_the_first_time_and_stands_for_one_request() {
    let shop = with(json!({"referrer": {"points": 100}, "on": {"order": 1}})).await;
    let (a, c) = (code(&shop, "a").await, code(&shop, "c").await);
    let with_key = |code: &str| json!({"code": code, "customer": "b", "key": "k"});
    let first = shop.post(CLAIM, with_key(&a)).await;
    assert_eq!(first.body["state"], "waiting", "{}", first.body);
    order(&shop, "b", "1").await;
    let again = shop.post(CLAIM, with_key(&a)).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(claim(&shop, &a, "b").await.body["state"], "paid");
    let other = shop.post(CLAIM, with_key(&c)).await;
    assert_eq!(problem(&other), is(422, "key_reused", &[]));
}

#[tokio::test]
async fn claims_that_cannot_be_are_refused_with_the_reason() {
    let shop = open().await;
    let a = code(&shop, "a").await;
    let refused = claim(&shop, &a, "b").await;
    assert_eq!(problem(&refused), is(409, "not_configured", &[]));
    let shop = with(both()).await;
    let a = code(&shop, "a").await;
    let refused = claim(&shop, "nonsense!", "b").await;
    assert_eq!(problem(&refused), is(422, "invalid_input", &["/code"]));
    let refused = claim(&shop, "ZZZZ-ZZZZ", "b").await;
    assert_eq!(problem(&refused), is(422, "invalid_input", &["/code"]));
    let refused = claim(&shop, &a, "a").await;
    assert_eq!(problem(&refused), is(409, "circular_referral", &[]));
    assert_eq!(claim(&shop, &a, "b").await.status, 200);
    let c = code(&shop, "c").await;
    let refused = claim(&shop, &c, "b").await;
    assert_eq!(problem(&refused), is(409, "already_referred", &[]));
    // With a key it is no answer to keep.
    let keyed = json!({"code": c, "customer": "b", "key": "k"});
    let refused = shop.post(CLAIM, keyed).await;
    assert_eq!(problem(&refused), is(409, "already_referred", &[]));
    // b, whom a brought, cannot bring a; nor can d, whom b brought.
    let b = code(&shop, "b").await;
    let refused = claim(&shop, &b, "a").await;
    assert_eq!(problem(&refused), is(409, "circular_referral", &[]));
    assert_eq!(claim(&shop, &b, "d").await.status, 200);
    let d = code(&shop, "d").await;
    let refused = claim(&shop, &d, "a").await;
    assert_eq!(problem(&refused), is(409, "circular_referral", &[]));
    // But somebody else may.
    assert_eq!(claim(&shop, &c, "a").await.status, 200);
    let refused = claim(&shop, &d, "c").await;
    assert_eq!(problem(&refused), is(409, "circular_referral", &[]));
    let unknown = shop
        .post(CLAIM, json!({"code": a, "customer": "x", "coupon": 1}))
        .await;
    assert_eq!(problem(&unknown).0, 422);
    let gone = shop.call(Method::DELETE, CLAIM, &[], None).await;
    assert_eq!(
        (gone.status.as_u16(), &gone.headers["allow"]),
        (405, &"POST".parse().unwrap())
    );
}

/// A chain as long as it likes: the first of all is found from its far end.
#[tokio::test]
async fn a_circle_of_two_hundred_is_one_too() {
    let shop = with(json!({"referred": {"points": 1}})).await;
    let mut last = code(&shop, "c0").await;
    for n in 1..200 {
        let customer = format!("c{n}");
        assert_eq!(claim(&shop, &last, &customer).await.status, 200);
        last = code(&shop, &customer).await;
    }
    let refused = claim(&shop, &last, "c0").await;
    assert_eq!(problem(&refused), is(409, "circular_referral", &[]));
    assert_eq!(claim(&shop, &last, "c200").await.status, 200);
}

#[tokio::test]
async fn of_those_who_would_close_a_circle_together_not_all_do() {
    for size in [2, 3] {
        let shop = with(json!({"referred": {"points": 1}})).await;
        let customers: Vec<String> = (0..size).map(|n| format!("c{n}")).collect();
        let mut codes = Vec::new();
        for customer in &customers {
            codes.push(code(&shop, customer).await);
        }
        codes.rotate_left(1);
        let claims = customers.iter().zip(&codes);
        let answers = join_all(claims.map(|(customer, code)| claim(&shop, code, customer))).await;
        let done = answers.iter().filter(|one| one.status == 200).count();
        assert!(done < size, "{done} of {size}");
        for refused in answers.iter().filter(|one| one.status != 200) {
            assert_eq!(problem(refused), is(409, "circular_referral", &[]));
        }
        // Whoever was refused has nothing of it, and may try again where nobody else was faster.
        for (customer, answer) in customers.iter().zip(&answers) {
            let paid = i64::from(answer.status == 200);
            assert_eq!(points(&shop, customer).await, (paid, 0));
        }
        let first = claim(&shop, &codes[0], &customers[0]).await;
        let all = join_all(customers.iter().map(|one| get(&shop, one, "/referral"))).await;
        let stand = all.iter().filter(|one| !one.body["referred"].is_null());
        assert!(stand.count() < size, "{}", first.body);
    }
}

#[tokio::test]
async fn the_second_order_pays_and_points_wait_as_long_as_the_programme_says() {
    let terms = json!({"referrer": {"points": 100}, "referred": {"points": 50}, "on": {"order": 2}, "holding": "14d"});
    let shop = with(terms).await;
    let a = code(&shop, "a").await;
    assert_eq!(claim(&shop, &a, "b").await.body["state"], "waiting");
    order(&shop, "b", "1").await;
    order(&shop, "b", "1").await;
    assert_eq!(brought(&shop, "a").await, [("b".into(), "waiting".into())]);
    let later = shop.at("2026-11-30T04:00:00Z");
    order(&later, "b", "2").await;
    order(&later, "b", "3").await;
    assert_eq!(brought(&later, "a").await, [("b".into(), "holding".into())]);
    // 10 a piece for three orders of 10 dollars.
    assert_eq!(points(&later, "b").await, (30, 50));
    assert_eq!(points(&later, "a").await, (0, 100));
    // 14 days of 24 hours from 30 November 04:00 are 14 December 04:00.
    let last = shop.at("2026-12-14T03:59:59Z");
    assert_eq!(points(&last, "a").await, (0, 100));
    let then = shop.at("2026-12-14T04:00:00Z");
    assert_eq!(points(&then, "a").await, (100, 0));
    assert_eq!(brought(&then, "a").await, [("b".into(), "paid".into())]);
}

#[tokio::test]
async fn who_has_ordered_before_is_not_brought_any_more() {
    let shop = with(json!({"referrer": {"points": 100}, "on": {"order": 1}})).await;
    let a = code(&shop, "a").await;
    order(&shop, "b", "1").await;
    let refused = claim(&shop, &a, "b").await;
    assert_eq!(problem(&refused), is(409, "not_eligible", &[]));
}

#[tokio::test]
async fn an_order_that_is_taken_back_within_the_holding_time_takes_the_points_back() {
    let terms = json!({"referrer": {"points": 100}, "referred": {"points": 50}, "on": {"order": 1}, "holding": "14d"});
    let shop = with(terms).await;
    let a = code(&shop, "a").await;
    for customer in ["b", "c"] {
        assert_eq!(claim(&shop, &a, customer).await.status, 200);
    }
    let mut transactions = Vec::new();
    for customer in ["b", "c"] {
        let earned = order(&shop, customer, "1").await;
        transactions.push(earned.body["transaction"].clone());
    }
    assert_eq!(points(&shop, "a").await, (0, 200));
    let early = shop.at("2026-11-25T04:00:00Z");
    let back = |n: usize| json!({"transaction": transactions[n], "key": "back"});
    assert_eq!(post(&early, "b", "reverse", back(0)).await.status, 200);
    assert_eq!(points(&early, "a").await, (0, 100));
    assert_eq!(points(&early, "b").await, (0, 0));
    // 21 November 04:00 and 14 days are 5 December 04:00: from then on they stay.
    let late = shop.at("2026-12-05T04:00:00Z");
    assert_eq!(post(&late, "c", "reverse", back(1)).await.status, 200);
    assert_eq!(points(&late, "a").await, (100, 0));
    assert_eq!(
        brought(&late, "a").await,
        [("c".into(), "paid".into()), ("b".into(), "revoked".into())]
    );
    // Nor does another order pay again.
    order(&late, "b", "2").await;
    assert_eq!(points(&late, "a").await, (100, 0));
    for customer in ["a", "b", "c"] {
        let audit = get(&late, customer, "/audit").await.body;
        assert_eq!(audit["ok"], true, "{audit}");
    }
}

#[tokio::test]
async fn a_referrer_is_paid_as_often_as_the_caps_allow_and_the_referred_always() {
    let terms = json!({"referrer": {"points": 100}, "referred": {"points": 50},
                       "caps": {"per_month": 2, "per_referrer": 3}});
    let shop = with(terms).await;
    let a = code(&shop, "a").await;
    let names: Vec<String> = (0..6).map(|n| format!("n{n}")).collect();
    join_all(names.iter().map(|one| claim(&shop, &a, one))).await;
    assert_eq!(points(&shop, "a").await, (200, 0));
    for name in &names {
        assert_eq!(points(&shop, name).await, (50, 0));
    }
    // 30 November 16:00 UTC is 1 December in Shanghai: another month, but only one is left of three.
    let next = shop.at("2026-11-30T16:00:00Z");
    for name in ["d0", "d1"] {
        claim(&next, &a, name).await;
    }
    assert_eq!(points(&next, "a").await, (300, 0));
    // Rules that come and go do not make room.
    let capped =
        get(&next, "a", "/referrals").await.body["items"][0]["rewards"]["referrer"].clone();
    assert_eq!(capped, json!({"points": 0, "state": "capped"}));
}

#[tokio::test]
async fn a_programme_says_what_is_wrong_with_its_referral() {
    let shop = open().await;
    let mut program = program();
    program["referral"] = json!({"referrer": {"points": 0}, "on": {"order": 0}});
    let refused = shop.put("/v1/loyalty/program", program.clone()).await;
    let places = ["/referral/referrer/points", "/referral/on/order"];
    assert_eq!(problem(&refused), is(422, "invalid_input", &places));
    program["referral"] = json!({"referrer": {"points": 5}, "within": "30d"});
    let set = shop.put("/v1/loyalty/program", program).await.body;
    assert_eq!(
        set["referral"],
        json!({"referrer": {"points": 5}, "on": "sign_up", "within": "30d"})
    );
    assert_eq!(
        shop.get("/v1/loyalty/program").await.body["referral"],
        set["referral"]
    );
}

#[tokio::test]
async fn who_has_been_a_customer_for_too_long_is_not_brought_any_more() {
    let shop = with(json!({"referrer": {"points": 5}, "within": "7d"})).await;
    let people = Client::over(shop.memory.clone(), profiles::routes);
    people.put("/v1/customers/b", json!({"traits": {}})).await;
    people.put("/v1/customers/c", json!({"traits": {}})).await;
    let a = code(&shop, "a").await;
    // Created on 21 November 04:00: seven days later it is too late.
    let last = shop.at("2026-11-28T03:59:59Z");
    assert_eq!(claim(&last, &a, "b").await.status, 200);
    let late = claim(&shop.at("2026-11-28T04:00:00Z"), &a, "c").await;
    assert_eq!(problem(&late), is(409, "not_eligible", &[]));
}

#[tokio::test]
async fn an_order_that_was_tracked_pays_too() {
    let shop = with(json!({"referrer": {"points": 100}, "on": {"order": 1}})).await;
    let people = Client::over(shop.memory.clone(), profiles::routes);
    let a = code(&shop, "a").await;
    claim(&shop, &a, "b").await;
    let track = json!({"userId": "b", "event": "Order Completed", "messageId": "m1",
                       "properties": {"order_id": "7", "total": 20, "currency": "USD"}});
    for _ in 0..2 {
        let tracked = people.post("/v1/track", track.clone()).await;
        assert_eq!(tracked.status, 200, "{}", tracked.body);
    }
    assert_eq!(points(&shop, "a").await, (100, 0));
    assert_eq!(points(&shop, "b").await, (20, 0));
}
