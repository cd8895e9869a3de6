//! `/v1/segments/{id}/members` and its siblings: after a tick, audiences are what evaluating everybody says.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::future::join_all;
use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

/// A segment's members with since when, page by page.
async fn members(shop: &Shop, segment: &str) -> BTreeMap<String, String> {
    let items = shop
        .list(&format!("/v1/segments/{segment}/members"), 200)
        .await;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let members = items
        .iter()
        .map(|item| (text(&item["customer"]), text(&item["since"])));
    let found: BTreeMap<_, _> = members.collect();
    assert_eq!(found.len(), items.len(), "each is there once");
    found
}

/// The same, by asking of each customer.
async fn evaluated(shop: &Shop, segment: &str, customers: usize) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for n in 0..customers {
        let path = format!("/v1/segments/memberships/c{n}");
        let memberships = shop.get(&path).await.ok();
        let all = memberships["memberships"].as_array().expect("a list");
        for one in all.iter().filter(|one| one["segment"] == segment) {
            let since = one["since"].as_str().expect("a moment").to_owned();
            found.insert(format!("c{n}"), since);
        }
    }
    found
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

/// Ticks until every one of `segments` is filled, which takes over a minute of the platform's clock.
async fn filled(shop: &Shop, segments: &[&str]) {
    let begun = Instant::now();
    loop {
        tick(shop).await;
        let mut done = true;
        for segment in segments {
            let fill = shop.get(&format!("/v1/segments/{segment}/fill")).await.ok();
            done &= fill["state"] == "done";
        }
        if done {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(180),
            "it takes too long"
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn order(customer: usize, id: &str) -> Value {
    let properties = json!({"order_id": id, "total": 10, "currency": "CNY"});
    json!({"userId": format!("c{customer}"), "event": "Order Completed", "properties": properties})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_saved_while_32_clients_write_is_filled_with_just_who_is_in_it() {
    const CUSTOMERS: usize = 160;
    let host = Host::start();
    let shop = host.shop();
    for n in 0..CUSTOMERS {
        let path = format!("/v1/customers/c{n}");
        shop.put(&path, json!({"traits": {"n": n % 5}})).await.ok();
    }
    let rule = json!({"field": "traits.n", "is": "eq", "value": 2});
    shop.put(
        "/v1/segments/before",
        json!({"name": "before", "rule": rule}),
    )
    .await
    .ok();
    let writers = (0..32).map(|writer| {
        let shop = shop.clone();
        async move {
            for step in 0..60 {
                let customer = (writer * 7 + step * 13) % CUSTOMERS;
                let n = (writer + step) % 5;
                let path = format!("/v1/customers/c{customer}");
                shop.patch(&path, json!({"traits": {"n": n}})).await.ok();
                if step % 9 == 0 {
                    let id = format!("o{writer}-{step}");
                    shop.post("/v1/track", order(customer, &id)).await.ok();
                }
            }
        }
    });
    let definer = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let rule = json!({"field": "traits.n", "is": "in", "value": [1, 3]});
        shop.put("/v1/segments/odd", json!({"name": "odd", "rule": rule}))
            .await
            .ok();
        let rule = json!({"event": "order_completed", "within": "30d", "count": {"at_least": 2}});
        shop.put("/v1/segments/regulars", json!({"name": "r", "rule": rule}))
            .await
            .ok();
        tick(&shop).await;
        // Changed while it is being filled.
        let rule = json!({"field": "traits.n", "is": "in", "value": [1, 4]});
        shop.put("/v1/segments/odd", json!({"name": "odd", "rule": rule}))
            .await
            .ok();
        tick(&shop).await;
    };
    tokio::join!(join_all(writers), definer);
    let segments = ["before", "odd", "regulars"];
    filled(&shop, &segments).await;
    for segment in segments {
        let found = members(&shop, segment).await;
        assert!(!found.is_empty(), "{segment}");
        assert_eq!(
            found,
            evaluated(&shop, segment, CUSTOMERS).await,
            "{segment}"
        );
        let count = shop
            .get(&format!("/v1/segments/{segment}/count"))
            .await
            .ok();
        let number = json!(found.len());
        assert_eq!(
            (&count["count"], &count["complete"]),
            (&number, &json!(true))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_sixty_days_of_ticks_audiences_are_what_evaluating_everybody_says() {
    const CUSTOMERS: usize = 12;
    let host = Host::start();
    let shop = host.shop();
    let lately = json!({"event": "order_completed", "within": "9d"});
    let segments = [
        ("lately", lately.clone()),
        ("asleep", json!({"not": lately})),
        (
            "twice",
            json!({"event": "order_completed", "within": "20d", "count": {"at_least": 2}}),
        ),
        (
            "birthday",
            json!({"field": "traits.birthday", "is": "anniversary", "value": "7d"}),
        ),
        (
            "quiet",
            json!({"field": "rfm.recency_days", "is": "between", "value": [10, 12]}),
        ),
    ];
    for (id, rule) in &segments {
        let body = json!({"name": id, "rule": rule});
        shop.put(&format!("/v1/segments/{id}"), body).await.ok();
    }
    for n in 0..CUSTOMERS {
        let birthday = format!("1990-12-{:02}", n + 5);
        let body = json!({"traits": {"birthday": birthday}});
        shop.put(&format!("/v1/customers/c{n}"), body).await.ok();
    }
    for day in 0..60_usize {
        let at = shop.at(&moment(day));
        for n in 0..CUSTOMERS {
            if (n * 5 + day * 3) % 17 == 0 {
                at.post("/v1/track", order(n, &format!("o{n}-{day}")))
                    .await
                    .ok();
            }
        }
        tick(&at).await;
        for (id, _) in &segments {
            let found = members(&at, id).await;
            assert_eq!(
                found,
                evaluated(&at, id, CUSTOMERS).await,
                "{id} on day {day}"
            );
        }
    }
    let left = shop.get("/v1/segments/transitions/c0").await.ok();
    let events = left["transitions"].as_array().expect("a list");
    assert!(
        events.iter().any(|one| one["event"] == "segment_left"),
        "{left}"
    );
}

/// Noon in Shanghai, so many days after 2026-11-21.
fn moment(days: usize) -> String {
    let lengths = [(2026, 11, 30), (2026, 12, 31), (2027, 1, 31), (2027, 2, 28)];
    let mut day = 20 + days;
    for (year, month, length) in lengths {
        if day < length {
            return format!("{year}-{month:02}-{:02}T12:00:00+08:00", day + 1);
        }
        day -= length;
    }
    panic!("{days} days are too many");
}

#[tokio::test]
async fn a_commit_that_moves_nobody_is_one_write_and_one_that_does_three() {
    let host = Host::start();
    let shop = host.shop();
    for n in 0..200 {
        let rule = json!({"all": [{"tag": "vip"}, {"field": "traits.n", "is": "eq", "value": n}]});
        let body = json!({"name": "s", "rule": rule});
        shop.put(&format!("/v1/segments/s{n}"), body).await.ok();
    }
    shop.customer("c1").with("n", json!(7)).create().await;
    shop.customer("c2").with("n", json!(7)).create().await;
    // The audience and the lane of parking come to be.
    shop.patch("/v1/customers/c2", json!({"tags": ["vip"]}))
        .await
        .ok();
    let mut costs = Vec::new();
    for body in [
        json!({"traits": {"city": "上海"}}),
        json!({"tags": ["vip"]}),
        json!({"traits": {"city": "杭州"}}),
        json!({"tags": []}),
    ] {
        let answered = shop.patch("/v1/customers/c1", body).await;
        costs.push(answered.durable_writes());
        answered.ok();
    }
    assert_eq!(costs, [1, 3, 1, 3]);
}

#[tokio::test]
async fn an_export_is_a_file_in_parts() {
    let host = Host::start();
    let shop = host.shop();
    shop.put("/v1/segments/all", json!({"name": "all", "kind": "manual"}))
        .await
        .ok();
    for n in 0..5 {
        shop.customer(&format!("c{n}")).create().await;
    }
    let ids: Vec<String> = (0..5).map(|n| format!("c{n}")).collect();
    let put = shop
        .post("/v1/segments/all/members", json!({ "add": ids }))
        .await
        .ok();
    assert_eq!(put["results"][4]["status"], "added", "{put}");
    let mut path = "/v1/segments/all/export?format=csv&limit=2".to_owned();
    let mut text = String::new();
    loop {
        let request = shop.request(reqwest::Method::GET, &path);
        let response = request.send().await.expect("an answer");
        let link = response.headers().get("link").cloned();
        assert_eq!(
            response.headers()["content-type"],
            "text/csv; charset=utf-8"
        );
        text.push_str(&response.text().await.expect("text"));
        let Some(link) = link else { break };
        let link = link.to_str().expect("text").to_owned();
        path = link
            .split(['<', '>'])
            .nth(1)
            .expect("an address")
            .to_owned();
    }
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.remove(0), "customer,since");
    lines.sort_unstable();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0], "c0,2026-11-21T04:00:00Z");
}
