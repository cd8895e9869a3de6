//! `/v1/loyalty/rewards/{id}/codes`: imported codes, each handed out once.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{change_stock, get, is, open, post, problem};
use rapport_loyalty::TransactionId;
use rapport_loyalty::reward::{Claim, Code};
use rapport_store::Driver;
use rapport_types::{CustomerId, Timestamp};
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

const CARD: &str = "/v1/loyalty/rewards/card";
const CODES: &str = "/v1/loyalty/rewards/card/codes";

/// A shop whose gift card takes 10 points, and `c` with 1,000.
async fn with_a_card() -> Client {
    let shop = open().await;
    post(&shop, "c", "earn", json!({"points": 1000, "key": "e"})).await;
    put(&shop, CARD).await;
    shop
}

async fn put(shop: &Client, path: &str) {
    let card = json!({"name": "Card", "points": 10, "voucher": {"codes": "imported"}});
    let answered = shop.put(path, card).await;
    assert_eq!(answered.status, 201, "{}", answered.body);
}

async fn import(shop: &Client, codes: &[&str]) -> Value {
    let answered = shop.post(CODES, json!({ "codes": codes })).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    answered.body
}

async fn redeem(shop: &Client, key: &str) -> Answered {
    post(shop, "c", "redeem", json!({"reward": "card", "key": key})).await
}

fn code(redeemed: &Answered) -> &str {
    redeemed.body["voucher"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", redeemed.body))
}

async fn counts(shop: &Client) -> Value {
    let mut body = shop.get(CODES).await.body;
    body.as_object_mut().unwrap().remove("reward");
    body
}

#[tokio::test]
async fn an_import_answers_for_each_code() {
    let shop = with_a_card().await;
    put(&shop, "/v1/loyalty/rewards/coupon").await;
    let theirs = json!({"codes": ["K-1"]});
    shop.post("/v1/loyalty/rewards/coupon/codes", theirs).await;
    let body = json!({"codes": ["A-1", " A-1", "a-1", "", "K-1"], "key": "batch 1"});
    let dry = format!("{CODES}?dry_run=true");
    let dry = shop.post(&dry, body.clone()).await;
    assert_eq!(counts(&shop).await["total"], 0);
    let answered = shop.post(CODES, body.clone()).await;
    assert_eq!((answered.status.as_u16(), &answered.body), (200, &dry.body));
    let statuses: Vec<&str> = answered.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["status"].as_str().unwrap())
        .collect();
    let is_so = ["added", "duplicate", "added", "refused", "refused"];
    assert_eq!(statuses, is_so);
    let errors: Vec<&Value> = (3..5)
        .map(|at| &answered.body["results"][at]["error"])
        .collect();
    assert_eq!(errors[0]["pointer"], "/codes/3");
    assert_eq!(errors[0]["code"], "invalid_value");
    assert_eq!(errors[1]["code"], "in_another_pool");
    assert!(errors[1]["detail"].as_str().unwrap().contains("coupon"));
    let told = ["added", "duplicates", "refused", "total"].map(|name| &answered.body[name]);
    assert_eq!(told, [&json!(2), &json!(1), &json!(2), &json!(2)]);
    // The same request is answered the same; the same codes again are duplicates.
    let again = shop.post(CODES, body).await;
    assert_eq!(again.body, answered.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let more = import(&shop, &["A-1", "B-1"]).await;
    assert_eq!(
        (&more["added"], &more["duplicates"], &more["total"]),
        (&json!(1), &json!(1), &json!(3))
    );
    let is = json!({"total": 3, "left": 3, "given": 0, "reserved": 0});
    assert_eq!(counts(&shop).await, is);
}

#[tokio::test]
async fn each_code_is_handed_out_once_and_never_again() {
    let shop = with_a_card().await;
    import(&shop, &["A-1", "B-2"]).await;
    let first = redeem(&shop, "1").await;
    let second = redeem(&shop, "2").await;
    assert_eq!((code(&first), code(&second)), ("A-1", "B-2"));
    assert_eq!(code(&redeem(&shop, "1").await), "A-1");
    let is_so = json!({"total": 2, "left": 0, "given": 2, "reserved": 0});
    assert_eq!(counts(&shop).await, is_so);

    let empty = redeem(&shop, "3").await;
    assert_eq!(problem(&empty), is(409, "pool_empty", &[]));
    let balance = get(&shop, "c", "").await.body["balance"].clone();
    assert_eq!(
        (&balance["active"], &balance["held"]),
        (&json!(980), &json!(0))
    );
    let listed = shop.get("/v1/loyalty/rewards?customer=c").await.body["items"][0].clone();
    assert_eq!(listed["why_not"][0]["code"], "pool_empty");
    assert_eq!(
        (&listed["redeemed"], &listed["left"]),
        (&json!(2), &json!(0))
    );

    // A till finds the voucher by the imported code, as it stands, and uses it once.
    let path = "/v1/loyalty/vouchers/A-1";
    assert_eq!(shop.get(path).await.body["state"], "active");
    assert_eq!(shop.get("/v1/loyalty/vouchers/a-1").await.status, 404);
    let used = shop.post(&format!("{path}/use"), json!({"key": "t"})).await;
    assert_eq!(used.body["state"], "used");

    // What is cancelled was seen: its points go back, its code does not.
    let cancelled = shop
        .post("/v1/loyalty/vouchers/B-2/cancel", json!({}))
        .await;
    assert_eq!(cancelled.body["balance"]["active"], 990);
    assert_eq!(counts(&shop).await, is_so);
    assert_eq!(
        problem(&redeem(&shop, "4").await),
        is(409, "pool_empty", &[])
    );
    assert_eq!(import(&shop, &["B-2"]).await["duplicates"], 1);
    import(&shop, &["C-3"]).await;
    assert_eq!(code(&redeem(&shop, "5").await), "C-3");
    let vouchers = get(&shop, "c", "/vouchers").await.body["items"].clone();
    let codes: Vec<_> = vouchers
        .as_array()
        .unwrap()
        .iter()
        .map(|v| &v["code"])
        .collect();
    assert_eq!(codes, ["C-3", "B-2", "A-1"]);
}

#[tokio::test]
async fn a_stock_bounds_a_pool_and_a_cancelled_voucher_makes_room_in_it() {
    let shop = with_a_card().await;
    let card = json!({"name": "Card", "points": 10, "stock": 1, "voucher": {"codes": "imported"}});
    let put = shop.put(CARD, card).await;
    assert_eq!(put.body["left"], 0);
    import(&shop, &["A", "B", "C"]).await;
    assert_eq!(shop.get(CARD).await.body["left"], 1);
    assert_eq!(code(&redeem(&shop, "1").await), "A");
    assert_eq!(
        problem(&redeem(&shop, "2").await),
        is(409, "out_of_stock", &[])
    );
    shop.post("/v1/loyalty/vouchers/A/cancel", json!({})).await;
    assert_eq!(code(&redeem(&shop, "3").await), "B");
}

#[tokio::test]
async fn codes_are_only_imported_where_they_are_handed_out() {
    let shop = with_a_card().await;
    let mug = json!({"name": "Mug", "points": 10});
    shop.put("/v1/loyalty/rewards/mug", mug).await;
    let some = || json!({"codes": ["A"]});
    let of_mug = shop.post("/v1/loyalty/rewards/mug/codes", some()).await;
    assert_eq!(problem(&of_mug), is(409, "conflict", &[]));
    assert_eq!(shop.get("/v1/loyalty/rewards/mug/codes").await.status, 409);
    let of_none = shop.post("/v1/loyalty/rewards/none/codes", some()).await;
    assert_eq!(problem(&of_none), is(404, "not_found", &[]));
    for number in [0, 501] {
        let many: Vec<String> = (0..number).map(|n| n.to_string()).collect();
        let answered = shop.post(CODES, json!({ "codes": many })).await;
        assert_eq!(problem(&answered), is(422, "invalid_input", &["/codes"]));
    }
    let prefix =
        json!({"name": "Card", "points": 10, "voucher": {"codes": "imported", "prefix": "X"}});
    let answered = shop.put(CARD, prefix).await;
    assert_eq!(
        problem(&answered),
        is(422, "invalid_input", &["/voucher/prefix"])
    );
}

/// 100 bytes each, every character of which takes two in JSON.
fn wide(range: std::ops::Range<u32>) -> Vec<String> {
    range
        .map(|n| format!("{n:0>10}{}", "\"".repeat(90)))
        .collect()
}

#[tokio::test]
async fn many_codes_leave_to_pages_and_none_is_lost_or_twice() {
    let shop = with_a_card().await;
    for batch in [0..400, 400..800, 800..1300, 1300..1301] {
        let number = batch.len();
        let answered = shop.post(CODES, json!({"codes": wide(batch)})).await;
        assert_eq!(answered.body["added"], number, "{}", answered.body);
    }
    // Codes of every age are known, wherever they stand.
    let codes = [wide(0..3), wide(399..402), wide(1299..1303)].concat();
    let again = shop.post(CODES, json!({ "codes": codes })).await;
    assert_eq!(
        (&again.body["duplicates"], &again.body["added"]),
        (&json!(8), &json!(2))
    );
    assert_eq!(counts(&shop).await["left"], 1303);
    // The 500th and the 501st stand on two pages.
    for n in 0..5 {
        assert_eq!(
            code(&redeem(&shop, &n.to_string()).await),
            wide(n..n + 1)[0]
        );
    }
    change_stock(&shop, "card", |stock| stock.codes = 498).await;
    for n in 498..503 {
        assert_eq!(
            code(&redeem(&shop, &n.to_string()).await),
            wide(n..n + 1)[0]
        );
    }
    change_stock(&shop, "card", |stock| stock.codes = 1300).await;
    for n in 1300..1303 {
        assert_eq!(
            code(&redeem(&shop, &n.to_string()).await),
            wide(n..n + 1)[0]
        );
    }
    for key in shop.memory.keys() {
        let bytes = shop.memory.get(&key).await.unwrap().unwrap().len();
        assert!(bytes < 300_000, "{key}: {bytes}");
    }
}

#[tokio::test]
async fn an_imported_code_that_looks_like_one_of_ours_is_told_from_them() {
    let shop = with_a_card().await;
    let same = Code::new(7).text(None);
    import(&shop, &[&same]).await;
    assert_eq!(code(&redeem(&shop, "1").await), same);
    let path = format!("/v1/loyalty/vouchers/{same}");
    assert_eq!(shop.get(&path).await.body["reward"], "card");
    let used = shop.post(&format!("{path}/use"), json!({"key": "t"})).await;
    assert_eq!(used.body["state"], "used", "{}", used.body);
    let cancelled = shop.post(&format!("{path}/cancel"), json!({})).await;
    assert_eq!(problem(&cancelled), is(409, "voucher_unusable", &[]));
}

fn claim(of: &str, serial: u64, code: u64) -> Claim {
    Claim {
        customer: CustomerId::parse("c").unwrap(),
        of: TransactionId::of_key(of),
        serial,
        code: Some(code),
        at: Timestamp::parse("2026-11-21T04:00:00Z").unwrap(),
    }
}

/// Nobody saw the code of a claim that came to nothing, so it is not lost.
#[tokio::test]
async fn the_code_of_a_claim_that_no_account_knows_is_handed_out_once_it_is_old() {
    let shop = with_a_card().await;
    import(&shop, &["A"]).await;
    change_stock(&shop, "card", |stock| {
        (stock.granted, stock.codes) = (1, 1);
        stock.claims.push(claim("lost", 1, 1));
    })
    .await;
    let is_so = json!({"total": 1, "left": 0, "given": 0, "reserved": 1});
    assert_eq!(counts(&shop).await, is_so);
    assert_eq!(
        problem(&redeem(&shop, "1").await),
        is(409, "pool_empty", &[])
    );
    let later = shop.at("2026-11-21T04:02:01Z");
    assert_eq!(code(&redeem(&later, "2").await), "A");
}

/// As if the account's outbox had not come through, and the voucher was cancelled before it does.
#[tokio::test]
async fn a_code_that_an_account_has_written_down_stays_given_whatever_becomes_of_its_claim() {
    for cancel in [false, true] {
        let shop = with_a_card().await;
        import(&shop, &["A"]).await;
        assert_eq!(code(&redeem(&shop, "1").await), "A");
        change_stock(&shop, "card", |stock| stock.claims.push(claim("1", 1, 1))).await;
        if cancel {
            let cancelled = shop.post("/v1/loyalty/vouchers/A/cancel", json!({})).await;
            assert_eq!(cancelled.status, 200);
        }
        let later = shop.at("2026-11-21T04:02:01Z");
        assert_eq!(
            problem(&redeem(&later, "2").await),
            is(409, "pool_empty", &[])
        );
        let is_so = json!({"total": 1, "left": 0, "given": 1, "reserved": 0});
        assert_eq!(counts(&shop).await, is_so);
    }
}
