//! A tier read against a component that answers without a store, and one that does one get.

use anyhow::Result;
use rapport_tests::host::Options;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::rounds::{Named, against_first, aim};
use crate::wrk::Load;

/// The manifest of the bare components.
pub fn baselines() -> Options {
    let manifest =
        std::env::var("RAPPORT_BASELINES").expect("run the benches with `cargo xtask bench`");
    let mut options = Options::default().argument(&format!("--manifest={manifest}"));
    // Variables of ours that theirs does not declare are let be; counting costs a little.
    options.arguments.retain(|argument| argument != "--stats");
    options
}

/// Ours, as it serves a shop: without counting.
pub fn ours() -> Options {
    let mut options = Options::default();
    options.arguments.retain(|argument| argument != "--stats");
    options
}

pub fn read(runtime: &Runtime) -> Result<()> {
    let bare = baselines().start();
    let host = ours().start();
    runtime.block_on(async {
        let shop = host.shop();
        shop.with_program().await;
        // An account as a loyal customer has it.
        shop.customer("c1").with_orders(12).create().await;
        for n in 0..20 {
            let body = json!({"points": 5, "key": format!("k{n}")});
            shop.post("/v1/loyalty/accounts/c1/earn", body).await.ok();
        }
        shop.get("/v1/loyalty/accounts/c1/tier").await.ok();
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
        get("no store", bare.url(), "/empty"),
        get("tier read", host.url(), "/v1/loyalty/accounts/c1/tier"),
        get("customer read", host.url(), "/v1/customers/c1"),
    ];
    for connections in [1, 16] {
        let ratios = against_first(&loads, connections)?;
        let tier = ratios[2].time;
        aim(
            "tier read, median time against one get",
            tier,
            tier <= 1.5,
            "at most 1.5",
        );
    }
    Ok(())
}
