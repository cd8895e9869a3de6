//! A customer update against a component that does one get and one durable write.

use anyhow::Result;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::read::{baselines, ours};
use crate::rounds::{Named, against_first, aim};
use crate::wrk::Load;

/// How many customers are updated in turn: parallel updates hardly ever meet.
pub const CUSTOMERS: u32 = 1_024;

/// Changes one trait of one of the customers, never to what it was.
pub const SCRIPT: &str = r#"
local n = 0
math.randomseed(os.time())
request = function()
  n = n + 1
  local path = "/v1/customers/c" .. math.random(0, 1023)
  local headers = {["Content-Type"] = "application/json", ["Authorization"] = wrk.headers["Authorization"]}
  return wrk.format("PATCH", path, headers, '{"traits":{"visits":' .. n .. math.random(0, 1000000) .. '}}')
end
"#;

/// Customers of about the size of the baseline's document.
pub async fn customers(shop: &rapport_tests::Shop) {
    let batch = |from: u32| -> Vec<_> {
        (from..from + 128)
            .map(|n| {
                let traits = json!({"name": "韩梅梅", "city": "上海", "note": "x".repeat(200)});
                json!({"type": "identify", "userId": format!("c{n}"), "traits": traits})
            })
            .collect()
    };
    for from in (0..CUSTOMERS).step_by(128) {
        shop.post("/v1/batch", json!({"batch": batch(from)}))
            .await
            .ok();
    }
}

pub fn update(runtime: &Runtime) -> Result<()> {
    let bare = baselines().start();
    let host = ours().start();
    runtime.block_on(customers(&host.shop()));
    let loads = [
        Named {
            name: "one get, one write (baseline)",
            load: Load {
                url: format!("{}/one-write", bare.url()),
                script: None,
            },
        },
        Named {
            name: "customer update",
            load: Load {
                url: host.url().to_owned(),
                script: Some(SCRIPT),
            },
        },
    ];
    for connections in [1, 16] {
        let ratios = against_first(&loads, connections)?;
        let time = ratios[1].time;
        aim(
            "customer update, median time against one write",
            time,
            time <= 1.3,
            "at most 1.3",
        );
    }
    Ok(())
}
