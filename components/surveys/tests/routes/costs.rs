//! What each route costs in the store, as `docs/api/surveys.md` says.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use crate::common::{client, publish, respond, respond_once, shop, visit};
use rapport_web::testing::Client;
use serde_json::json;

/// Writes and reads of what `work` does.
async fn cost<F: Future>(shop: &Client, work: F) -> (u64, u64) {
    let before = shop.memory.counts();
    work.await;
    let after = shop.memory.counts();
    (after.writes - before.writes, after.reads - before.reads)
}

#[tokio::test]
async fn saving_and_publishing() {
    let shop = client();
    let (writes, _) = cost(&shop, shop.put("/v1/surveys/visit", visit())).await;
    assert_eq!(writes, 5, "a creation and its place in the list");
    let (writes, _) = cost(&shop, publish(&shop)).await;
    assert_eq!(writes, 2, "the definition and the survey");
    let (writes, reads) = cost(&shop, shop.put("/v1/surveys/visit", visit())).await;
    assert_eq!((writes, reads), (1, 1));
    let (writes, reads) = cost(&shop, publish(&shop)).await;
    assert_eq!((writes, reads), (1, 2), "the same definition again");
}

#[tokio::test]
async fn answering_and_adding_up() {
    let shop = shop().await;
    let (writes, reads) = cost(&shop, respond(&shop, json!({"nps": 3}))).await;
    assert_eq!(
        (writes, reads),
        (5, 8),
        "a creation and its place in the list"
    );
    let (writes, _) = cost(&shop, respond(&shop, json!({"nps": 11}))).await;
    assert_eq!(writes, 0, "nothing for what is refused");
    respond_once(&shop, "k", json!({"nps": 4})).await;
    let (writes, _) = cost(&shop, respond_once(&shop, "k", json!({"nps": 4}))).await;
    assert_eq!(writes, 0, "nothing for a retry");
    let (writes, _) = cost(&shop, shop.get("/v1/surveys/visit/results")).await;
    assert_eq!(writes, 0);

    let (writes, _) = cost(&shop, async {
        for n in 0..62 {
            respond(&shop, json!({"nps": n % 11})).await;
        }
    })
    .await;
    assert_eq!(writes, 62 * 5 + 3, "the 64th response creates the sum");
    let (_, reads) = cost(&shop, shop.get("/v1/surveys/visit/results")).await;
    assert!(reads <= 6, "{reads}: the sum, and no response");
}
