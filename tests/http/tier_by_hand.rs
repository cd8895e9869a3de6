//! `PUT /v1/loyalty/accounts/{customer}/tier` and whom it is told to: it makes nobody a customer.

use rapport_tests::{Answered, Host, Shop};
use serde_json::{Value, json};

async fn give(shop: &Shop, customer: &str, until: Value) -> Answered {
    let body = json!({"tier": "gold", "until": until, "reason": "guest of honour"});
    let given = shop
        .put(&format!("/v1/loyalty/accounts/{customer}/tier"), body)
        .await;
    assert!(given.status.is_success(), "{}", given.body);
    given
}

async fn take(shop: &Shop, customer: &str) -> Answered {
    let taken = shop
        .delete(&format!("/v1/loyalty/accounts/{customer}/tier"))
        .await;
    assert!(taken.status.is_success(), "{}", taken.body);
    taken
}

/// How often the customer has heard of another tier; none where there is no such customer.
async fn heard(shop: &Shop, customer: &str) -> Option<u64> {
    let answered = shop.get(&format!("/v1/customers/{customer}")).await;
    if answered.status.as_u16() == 404 {
        return None;
    }
    let body = answered.ok();
    Some(
        body["totals"]["events"]["tier_changed"]["count"]
            .as_u64()
            .unwrap_or(0),
    )
}

#[tokio::test]
async fn who_is_no_customer_is_none_by_being_given_a_tier_and_hears_of_it_later() {
    let host = Host::start();
    let shop = host.shop();
    shop.with_program().await;
    for customer in ["a", "b", "c"] {
        let earned = json!({"points": 1, "key": "k"});
        shop.post(&format!("/v1/loyalty/accounts/{customer}/earn"), earned)
            .await
            .ok();
    }
    let until = json!("2026-12-24");
    // The first of a store makes what parks and what is timed.
    give(&shop, "a", until.clone()).await;
    assert_eq!(heard(&shop, "a").await, None);
    // The account, that it has something to carry out, and its timer.
    assert_eq!(give(&shop, "b", until.clone()).await.durable_writes(), 3);
    assert_eq!(heard(&shop, "b").await, None);
    assert_eq!(shop.list("/v1/customers", 50).await, Vec::<Value>::new());
    // Of a customer one more: they hear of it.
    shop.put("/v1/customers/c", json!({"traits": {}}))
        .await
        .ok();
    assert_eq!(give(&shop, "c", until.clone()).await.durable_writes(), 4);
    assert_eq!(heard(&shop, "c").await, Some(1));
    // The same again changes nothing and tells nobody.
    assert_eq!(give(&shop, "c", until).await.durable_writes(), 0);
    assert_eq!(heard(&shop, "c").await, Some(1));

    // Who becomes a customer later hears what the account has kept, with what it tells next.
    shop.put("/v1/customers/b", json!({"traits": {}}))
        .await
        .ok();
    assert_eq!(heard(&shop, "b").await, Some(0));
    take(&shop, "b").await;
    assert_eq!(heard(&shop, "b").await, Some(2));
    take(&shop, "a").await;
    assert_eq!(heard(&shop, "a").await, None);
}
