//! The segments a customer is in, of 200 that all are decided on read, against a component that does one get.

use anyhow::Result;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::read::{baselines, ours};
use crate::rounds::{Named, against_first, aim};
use crate::wrk::Load;

/// How many segments there are.
const SEGMENTS: u32 = 200;

/// Such as shops have.
fn rule(n: u32) -> Value {
    match n % 5 {
        0 => {
            json!({"event": "order_completed", "within": format!("{}d", n + 1), "count": {"at_least": n % 4 + 1}})
        }
        1 => {
            json!({"all": [{"field": "traits.city", "is": "in", "value": ["上海", "杭州"]}, {"not": {"tag": format!("t{n}")}}]})
        }
        2 => {
            json!({"any": [{"field": "rfm.monetary", "is": "gte", "value": n * 20}, {"field": "lifecycle", "is": "eq", "value": "loyal"}]})
        }
        3 => {
            json!({"field": "traits.birthday", "is": "anniversary", "value": format!("{}d", n % 30 + 1)})
        }
        _ => {
            json!({"all": [{"field": "rfm.recency_days", "is": "gte", "value": n % 90}, {"field": "created_at", "is": "older_than", "value": "1d"}]})
        }
    }
}

pub fn memberships(runtime: &Runtime) -> Result<()> {
    let bare = baselines().start();
    let host = ours().start();
    runtime.block_on(async {
        let shop = host.shop();
        for n in 0..SEGMENTS {
            let body = json!({"name": format!("segment {n}"), "rule": rule(n)});
            shop.put(&format!("/v1/segments/s{n}"), body).await.ok();
        }
        shop.customer("c1")
            .with("city", json!("上海"))
            .with("birthday", json!("1990-12-01"))
            .with_orders(12)
            .create()
            .await;
        shop.get("/v1/segments/memberships/c1").await.ok();
        bare.shop().post("/one-get", json!({})).await;
    });
    let get = |name, url: &str, path: &str| Named {
        name,
        load: Load {
            url: format!("{url}{path}"),
            script: None,
        },
    };
    let loads = [
        get("one get (baseline)", bare.url(), "/one-get"),
        get(
            "memberships, of 200 segments",
            host.url(),
            "/v1/segments/memberships/c1",
        ),
    ];
    for connections in [1, 16] {
        let ratios = against_first(&loads, connections)?;
        let time = ratios[1].time;
        aim(
            "memberships, median time against one get",
            time,
            time <= 1.5,
            "at most 1.5",
        );
    }
    Ok(())
}
