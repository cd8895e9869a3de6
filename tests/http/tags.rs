//! `/v1/tags`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::future::join_all;
use rapport_tests::{Host, Shop};
use reqwest::Method;
use serde_json::{Value, json};

/// A request without a body.
async fn bare(shop: &Shop, method: Method, path: &str) -> rapport_tests::Answered {
    Shop::send(shop.request(method, path)).await
}

async fn tick(shop: &Shop) {
    loop {
        let ticked = shop.post("/v1/tick", json!({})).await.ok();
        assert_eq!(ticked["failed"], 0, "{ticked}");
        if ticked["more"] == false {
            return;
        }
    }
}

#[tokio::test]
async fn an_automatic_tag_stands_in_the_customers_own_view_and_leaves_with_time() {
    let host = Host::start();
    let shop = host.shop();
    let rule = json!({"event": "order_completed", "within": "30d"});
    let put = shop
        .put(
            "/v1/tags/活跃",
            json!({"color": "#52c41a", "group": "行为", "rule": rule}),
        )
        .await;
    assert_eq!(put.status.as_u16(), 201, "{}", put.body);
    shop.put(
        "/v1/segments/busy",
        json!({"name": "Busy", "rule": {"tag": "活跃"}}),
    )
    .await
    .ok();
    shop.put("/v1/tags/vip", json!({"name": "VIP"})).await.ok();
    shop.customer("c1").with_orders(1).create().await;
    let on = bare(&shop, Method::PUT, "/v1/tags/vip/customers/c1")
        .await
        .ok();
    assert_eq!(
        (&on["tagged"], &on["changed"]),
        (&json!(true), &json!(true))
    );

    let read = shop.get("/v1/customers/c1").await;
    let etag = read.header("etag").expect("a tag").to_owned();
    let view = read.ok();
    assert_eq!(
        (&view["tags"], &view["automatic_tags"]),
        (&json!(["vip"]), &json!(["活跃"]))
    );
    let list = shop.get("/v1/customers").await.ok();
    assert_eq!(list["items"][0]["automatic_tags"], json!(["活跃"]));
    let of = shop.get("/v1/tags/of/c1").await.ok();
    // The order was placed on 20 November at noon.
    assert_eq!(
        of["tags"][1]["next_change_at"], "2026-12-20T04:00:00Z",
        "{of}"
    );

    let later = shop.at("2026-12-20T12:00:00+08:00");
    let unless = |shop: &Shop| {
        shop.request(Method::GET, "/v1/customers/c1")
            .header("if-none-match", &etag)
    };
    assert_eq!(Shop::send(unless(&shop)).await.status, 304);
    let after = Shop::send(unless(&later)).await.ok();
    assert_eq!(
        (&after["tags"], &after["automatic_tags"], &after["rev"]),
        (&json!(["vip"]), &json!([]), &view["rev"])
    );
    let members = async || shop.get("/v1/segments/busy/count").await.ok()["count"].clone();
    assert_eq!(members().await, 1);
    tick(&later).await;
    assert_eq!(members().await, 0);

    // What a client read is what it may change, whatever time did to automatic tags; and none of these is put on by hand.
    let rev = shop
        .get("/v1/customers/c1")
        .await
        .header("etag")
        .expect("a tag")
        .to_owned();
    let patch =
        |tags: Value| shop.with_json(Method::PATCH, "/v1/customers/c1", &json!({ "tags": tags }));
    let stale = Shop::send(patch(json!([])).header("if-match", &etag)).await;
    assert_eq!(
        stale.problem(),
        (412, "stale_revision"),
        "the tick has committed"
    );
    let refused = Shop::send(patch(json!(["vip", "活跃"])).header("if-match", &rev)).await;
    assert_eq!(
        (refused.problem(), refused.pointers()),
        ((422, "invalid_input"), vec!["/tags/1"])
    );
    Shop::send(patch(json!(["vip", "new"])).header("if-match", &rev))
        .await
        .ok();
    shop.put("/v1/tags/settings", json!({"unknown_tags": "refuse"}))
        .await
        .ok();
    let refused = Shop::send(patch(json!(["vip", "new", "newer"]))).await;
    assert_eq!(refused.pointers(), ["/tags/2"]);
    let by_hand = bare(&shop, Method::PUT, "/v1/tags/活跃/customers/c1").await;
    assert_eq!(by_hand.problem(), (409, "conflict"));
}

#[tokio::test]
async fn a_manual_audience_is_tagged_by_the_tick() {
    let host = Host::start();
    let shop = host.shop();
    shop.put(
        "/v1/segments/beta",
        json!({"name": "内测", "kind": "manual"}),
    )
    .await
    .ok();
    let ids: Vec<String> = (0..40).map(|n| format!("c{n}")).collect();
    join_all(ids.iter().map(|id| shop.customer(id).create())).await;
    shop.post("/v1/segments/beta/members", json!({ "add": ids }))
        .await
        .ok();
    let apply = "/v1/tags/beta/apply";
    let of = json!({"segment": "beta"});
    assert_eq!(
        shop.post(apply, of.clone()).await.problem(),
        (404, "not_found")
    );
    shop.put("/v1/tags/beta", json!({})).await.ok();
    let none = shop.post(apply, json!({"segment": "none"})).await;
    assert_eq!(
        (none.problem(), none.pointers()),
        ((422, "invalid_input"), vec!["/segment"])
    );
    let dry = shop
        .post(&format!("{apply}?dry_run=true"), of.clone())
        .await
        .ok();
    assert_eq!(dry["customers"], 40);
    let job = shop.post(apply, of).await;
    assert_eq!(job.status.as_u16(), 202);
    let place = job.header("location").expect("an address").to_owned();
    assert_eq!(shop.get(&place).await.ok()["state"], "queued");
    tick(&shop).await;
    let done = shop.get(&place).await.ok();
    assert_eq!(
        (&done["state"], &done["changed"], &done["total"]),
        (&json!("done"), &json!(40), &json!(40))
    );
    let view = shop.get("/v1/customers/c7").await.ok();
    assert_eq!(view["tags"], json!(["beta"]));
}

/// Eight clients write the old name and the new one while a tag is merged into another. Nobody is seen without it at any time, and in
/// the end no document has the old name.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_while_eight_clients_write_loses_nobody() {
    const CUSTOMERS: usize = 64;
    let host = Host::start();
    let shop = host.shop();
    for tag in ["old", "new"] {
        shop.put(&format!("/v1/tags/{tag}"), json!({})).await.ok();
    }
    shop.put(
        "/v1/segments/has",
        json!({"name": "Has", "rule": {"any": [{"tag": "old"}, {"tag": "new"}]}}),
    )
    .await
    .ok();
    let tagged = async |shop: &Shop, n: usize, tags: Value| {
        shop.patch(&format!("/v1/customers/c{n}"), json!({ "tags": tags }))
            .await
            .ok()
    };
    for n in 0..CUSTOMERS {
        shop.customer(&format!("c{n}")).create().await;
        tagged(&shop, n, json!(["old"])).await;
    }
    let clients = (0..8_usize).map(|client| {
        let shop = host.shop();
        tokio::spawn(async move {
            for round in 0..24_usize {
                let n = (client * 8 + round * 3) % CUSTOMERS;
                let tags = [
                    json!(["old"]),
                    json!(["old", "x"]),
                    json!(["new"]),
                    json!(["new", "old"]),
                ];
                let path = format!("/v1/customers/c{n}");
                shop.patch(&path, json!({ "tags": tags[(client + round) % 4] }))
                    .await
                    .ok();
                let seen = shop
                    .get(&format!("/v1/segments/memberships/c{n}"))
                    .await
                    .ok();
                assert_ne!(seen["memberships"], json!([]), "c{n} has lost the tag");
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    tokio::time::sleep(Duration::from_millis(30)).await;
    let merged = shop
        .post("/v1/tags/old/merge", json!({"into": "new"}))
        .await
        .ok();
    assert_eq!(merged["changed"], json!(["has"]));
    tick(&shop).await;
    for client in clients {
        client.await.expect("a client");
    }
    let path = format!("/v1/tags/jobs/{}", merged["job"].as_str().expect("an id"));
    // It settles for over a minute of the platform's clock.
    let begun = Instant::now();
    while shop.get(&path).await.ok()["state"] != "done" {
        assert!(
            begun.elapsed() < Duration::from_secs(180),
            "it takes too long"
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
        tick(&shop).await;
    }
    let list = shop.list("/v1/customers", 200).await;
    assert_eq!(list.len(), CUSTOMERS);
    for one in &list {
        let tags: BTreeSet<&str> = one["tags"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert!(tags.contains("new") && !tags.contains("old"), "{one}");
    }
    // The alias goes with its tag: what stands in the documents is then seen as it is.
    shop.delete("/v1/tags/new?force=true").await.ok();
    for one in shop.list("/v1/customers", 200).await {
        let tags: Vec<&str> = one["tags"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert!(tags.contains(&"new") && !tags.contains(&"old"), "{one}");
    }
}
