//! `/v1/feedback/…`

use rapport_tests::Host;
use serde_json::{Value, json};

#[tokio::test]
async fn metrics_are_those_of_all_records_and_null_without_any() {
    let host = Host::start();
    let shop = host.shop();
    let metrics = shop.get("/v1/feedback/metrics").await.ok();
    assert_eq!(
        (&metrics["nps"], &metrics["csat"], &metrics["ces"]),
        (&Value::Null, &Value::Null, &Value::Null),
        "{metrics}"
    );
    // Two promoters, one passive, one detractor: 50% − 25%. One dismissal, left out.
    for value in [json!(10), json!(9), json!(8), json!(3), Value::Null] {
        shop.post(
            "/v1/feedback",
            json!({"kind": "nps", "value": value, "channel": "wechat"}),
        )
        .await
        .ok();
    }
    // Three of four in the top two.
    for value in [5, 4, 4, 1] {
        shop.post("/v1/feedback", json!({"kind": "csat", "value": value}))
            .await
            .ok();
    }
    for value in [7, 4] {
        shop.post("/v1/feedback", json!({"kind": "ces", "value": value}))
            .await
            .ok();
    }
    let metrics = shop.get("/v1/feedback/metrics").await.ok();
    let number = |name: &str| metrics[name].as_f64();
    assert_eq!(
        (number("nps"), number("csat"), number("ces")),
        (Some(25.0), Some(75.0), Some(5.5)),
        "{metrics}"
    );
}

#[tokio::test]
async fn the_list_is_newest_first_and_complete() {
    let host = Host::start();
    let shop = host.shop();
    for n in 0..7 {
        let body = json!({"kind": "text", "value": format!("第{n}条"), "customer": "c1"});
        let record = shop.post("/v1/feedback", body).await.ok();
        let path = format!("/v1/feedback/{}", record["id"].as_str().expect("an id"));
        assert_eq!(shop.get(&path).await.ok()["value"], record["value"]);
    }
    let listed = shop.list("/v1/feedback", 3).await;
    let values: Vec<&str> = listed
        .iter()
        .filter_map(|record| record["value"].as_str())
        .collect();
    assert_eq!(
        values,
        [
            "第6条", "第5条", "第4条", "第3条", "第2条", "第1条", "第0条"
        ]
    );
}
