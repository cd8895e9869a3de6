//! `GET /v1/segments/insights/{customer}`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use crate::common::Shop;
use serde_json::json;

#[tokio::test]
async fn where_a_customer_stands_is_told_as_far_as_it_is_known() {
    let shop = Shop::new();
    let path = "/v1/segments/insights/li";
    assert_eq!(shop.client.get(path).await.status, 404);
    shop.traits("li", json!({}), "2026-06-01T00:00:00Z").await;
    let now = shop.client.at("2026-11-21T00:00:00Z");
    let told = now.get(path).await;
    assert_eq!(
        told.body,
        json!({"customer": "li", "evaluated_at": "2026-11-21T00:00:00Z",
            "lifecycle": {"stage": "lead", "next_change_at": null},
            "rfm": {"recency_days": null, "frequency": 0, "monetary": 0, "r": null, "f": null, "m": null, "value_group": null},
            "lifetime": null})
    );

    for day in ["06-01", "06-20", "08-19"] {
        let at = format!("2026-{day}T12:00:00Z");
        shop.order("li", 40.25, &at).await;
    }
    shop.client
        .put(
            "/v1/segments/models/lifetime",
            json!({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}),
        )
        .await;
    shop.client
        .put(
            "/v1/segments/models/rfm",
            json!({"recency_days": [30, 60, 90, 180], "frequency": [1, 1, 2, 3], "monetary": [14.96, 27.99, 46.04, 93.76],
                "mean_scores": {"r": 2.9859, "f": 2.1633, "m": 2.9953}}),
        )
        .await;
    // The last order is 93.5 days ago: at risk from 90, dormant from 180 on; recency between 90 and 180 is 2, as low as its mean.
    let told = now.get(path).await;
    assert_eq!(
        (&told.body["lifecycle"], &told.body["rfm"]),
        (
            &json!({"stage": "at_risk", "next_change_at": "2027-02-15T12:00:00Z"}),
            &json!({"recency_days": 93, "frequency": 3, "monetary": 120.75, "r": 2, "f": 4, "m": 5,
                "value_group": {"id": "important_keep", "en": "Important: keep", "zh": "重要保持"}})
        )
    );
    let alive = told.body["lifetime"]["p_alive"].as_f64().unwrap();
    assert!(alive > 0.0 && alive < 1.0, "{alive}");

    // A rule says the same of the same moment.
    for (field, value) in [
        ("lifecycle", &told.body["lifecycle"]["stage"]),
        ("rfm.r", &told.body["rfm"]["r"]),
        ("rfm.f", &told.body["rfm"]["f"]),
        ("rfm.value_group", &told.body["rfm"]["value_group"]["id"]),
        ("lifetime.p_alive", &told.body["lifetime"]["p_alive"]),
        (
            "lifetime.expected_orders_90d",
            &told.body["lifetime"]["expected_orders_90d"],
        ),
    ] {
        let rule = json!({"field": field, "is": "eq", "value": value});
        let tried = now
            .post(
                "/v1/segments/preview",
                json!({"rule": rule, "customer": "li"}),
            )
            .await;
        assert_eq!(tried.body["matches"], true, "{field} {value}");
    }
    // Nobody may go on showing it after the days have turned.
    let soon = shop.client.at("2026-11-21T11:59:58Z").get(path).await;
    assert_eq!(soon.headers["cache-control"], "private, max-age=2");
}
