//! What requests cost in store operations: `docs/api/profiles.md` promises it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use rapport_web::testing::{Answered, Client};
use serde_json::json;

/// Writes made by a request.
async fn writes(shop: &Client, request: impl Future<Output = Answered>) -> u64 {
    let before = shop.memory.counts().writes;
    let answered = request.await;
    assert!(answered.status.is_success(), "{answered:?}");
    shop.memory.counts().writes - before
}

#[tokio::test]
async fn a_change_of_a_customer_is_one_write_and_a_repeat_or_a_read_is_none() {
    let shop = Client::new(profiles::routes);
    let path = "/v1/customers/0001";
    assert_eq!(
        writes(&shop, shop.put(path, json!({"traits": {}}))).await,
        5
    );
    assert_eq!(
        writes(&shop, shop.put(path, json!({"traits": {"a": 1}}))).await,
        1
    );
    assert_eq!(
        writes(&shop, shop.put(path, json!({"traits": {"a": 1}}))).await,
        0
    );
    assert_eq!(writes(&shop, shop.get(path)).await, 0);
    let visit = || {
        shop.post(
            "/v1/track",
            json!({"userId": "0001", "event": "Visit", "messageId": "m"}),
        )
    };
    assert_eq!(writes(&shop, visit()).await, 1);
    assert_eq!(writes(&shop, visit()).await, 0);
    let item = json!({"type": "track", "userId": "0001", "event": "Visit"});
    let batch = json!({"batch": vec![item; 50]});
    assert_eq!(writes(&shop, shop.post("/v1/batch", batch)).await, 1);
}
