//! Durable movements a second through `earn`, against a component that does one get and one durable write.

use anyhow::Result;
use rapport_tests::redis::Redis;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::read::{baselines, ours};
use crate::rounds::{Named, against_first};
use crate::wrk::Load;

/// Earns for one of many customers, so that parallel ones hardly ever meet.
const SCRIPT: &str = r#"
math.randomseed(os.time())
request = function()
  local path = "/v1/loyalty/accounts/c" .. math.random(0, 255) .. "/earn"
  local headers = {["Content-Type"] = "application/json", ["Authorization"] = wrk.headers["Authorization"]}
  return wrk.format("POST", path, headers, '{"points":1}')
end
"#;

pub fn earn(runtime: &Runtime) -> Result<()> {
    let bare = baselines().start();
    let sqlite = ours().start();
    let redis = Redis::start();
    let over_redis = redis.as_ref().map(|redis| {
        let mut options = redis.options();
        options.arguments.retain(|argument| argument != "--stats");
        options.start()
    });
    let load = |name, url: &str, script| Named {
        name,
        load: Load {
            url: url.to_owned(),
            script,
        },
    };
    let mut loads = vec![load(
        "one get, one write (baseline)",
        &format!("{}/one-write", bare.url()),
        None,
    )];
    loads.push(load("earn, SQLite in groups", sqlite.url(), Some(SCRIPT)));
    if let Some(host) = &over_redis {
        let name = "earn, Redis with appendfsync always";
        loads.push(load(name, host.url(), Some(SCRIPT)));
    }
    runtime.block_on(async {
        for shop in [
            Some(sqlite.shop()),
            over_redis.as_ref().map(|host| host.shop()),
        ]
        .into_iter()
        .flatten()
        {
            shop.with_program().await;
            for n in 0..256 {
                let path = format!("/v1/loyalty/accounts/c{n}/earn");
                shop.post(&path, json!({"points": 1})).await.ok();
            }
        }
    });
    for connections in [1, 16] {
        against_first(&loads, connections)?;
    }
    Ok(())
}
