//! The service over a Redis server: the same promises as over the platform's store, and those of a fleet of nodes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use futures::future::join_all;
use rapport_tests::redis::{Redis, recovered};
use rapport_tests::{Answered, Shop};
use serde_json::{Value, json};

/// Starts a server, or ends the test where there is none to start.
macro_rules! redis {
    () => {
        match Redis::start() {
            Some(redis) => redis,
            None => return,
        }
    };
}

async fn earn(shop: &Shop, account: &str, points: u32, key: &str) -> Answered {
    let path = format!("/v1/loyalty/accounts/{account}/earn");
    shop.post(&path, json!({"points": points, "key": key}))
        .await
}

/// Posts again, as `Retry-After` asks, where so many change one document that a host gave up without writing: a slow machine
/// under load comes to that. It is no loss, and no answer either.
async fn post_patiently(shop: &Shop, path: &str, body: &Value) -> Answered {
    for _ in 0..20 {
        let answered = shop.post(path, body.clone()).await;
        if answered.body["code"] != "contended" {
            return answered;
        }
        assert!(answered.header("retry-after").is_some());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} stays contended");
}

async fn active(shop: &Shop, account: &str) -> Value {
    let path = format!("/v1/loyalty/accounts/{account}");
    shop.get(&path).await.ok()["balance"]["active"].clone()
}

#[tokio::test]
async fn the_five_components_keep_everything_in_the_server_under_one_prefix() {
    let redis = redis!();
    let host = redis.options().start();
    let shop = host.shop();
    for component in ["profiles", "segments", "feedback", "surveys", "loyalty"] {
        let health = shop.get(&format!("/v1/{component}/health")).await.ok();
        assert_eq!(health["driver"], "redis", "{health}");
    }
    shop.with_program().await;
    let rule = json!({"event": "order_completed", "within": "30d", "count": {"at_least": 3}});
    let segment = json!({"name": "常客", "rule": rule});
    shop.put("/v1/segments/regulars", segment).await.ok();
    shop.customer("c1")
        .with("city", json!("上海"))
        .with_orders(3)
        .create()
        .await;
    let memberships = shop.get("/v1/segments/memberships/c1").await.ok();
    assert_eq!(memberships["memberships"][0]["segment"], "regulars");
    assert_eq!(active(&shop, "c1").await, 300);
    let journal = shop.list("/v1/loyalty/accounts/c1/journal", 2).await;
    assert_eq!(journal.len(), 3);
    for n in 0..5 {
        let body = json!({"kind": "csat", "value": 5 - n % 2, "customer": "c1"});
        shop.post("/v1/feedback", body).await.ok();
    }
    assert_eq!(shop.list("/v1/feedback", 2).await.len(), 5);
    assert_eq!(
        shop.get("/v1/feedback/metrics").await.ok()["csat"],
        json!(100.0)
    );
    let survey = json!({"elements": [{"type": "boolean", "name": "again"}]});
    shop.put("/v1/surveys/after", survey).await.ok();
    shop.post("/v1/surveys/after/publish", json!({})).await.ok();
    let response = json!({"data": {"again": true}});
    shop.post("/v1/surveys/after/responses", response)
        .await
        .ok();
    let results = shop.get("/v1/surveys/after/results").await.ok();
    assert_eq!(results["responses"], 1);

    let keys = redis.keys();
    assert!(keys.len() > 20, "{keys:?}");
    assert!(
        keys.iter().all(|key| key.starts_with("rapport:")),
        "{keys:?}"
    );
}

#[tokio::test]
async fn a_spend_is_one_write_and_a_page_takes_few_trips_however_long_it_is() {
    let redis = redis!();
    let host = redis.options().start();
    let shop = host.shop();
    for n in 0..30 {
        earn(&shop, "c1", 100, &format!("e{n}")).await.ok();
        let body = json!({"userId": format!("c{n}"), "traits": {"n": n}});
        shop.post("/v1/identify", body.clone()).await.ok();
        shop.post("/v1/identify", body).await.ok();
    }
    let body = json!({"points": 10, "key": "s"});
    let spent = shop.post("/v1/loyalty/accounts/c1/spend", body).await;
    assert_eq!((spent.durable_writes(), spent.operations("swaps")), (1, 1));
    let page = shop.get("/v1/customers?limit=30").await;
    assert_eq!(page.durable_writes(), 0);
    let trips = page.operations("reads");
    assert_eq!(page.ok()["items"].as_array().map(Vec::len), Some(30));
    assert!(trips <= 5, "{trips}");
}

/// 64 spends of ten on a hundred points, dealt out to `shops`: exactly ten succeed.
async fn spend_at_once(shops: &[Shop]) {
    earn(&shops[0], "c1", 100, "e").await.ok();
    let spends = (0..64).map(|n| {
        let shop = shops[n % shops.len()].clone();
        async move {
            let body = json!({"points": 10, "key": format!("spend {n}")});
            post_patiently(&shop, "/v1/loyalty/accounts/c1/spend", &body).await
        }
    });
    let answers = join_all(spends).await;
    let spent = answers.iter().filter(|one| one.status.is_success()).count();
    assert_eq!(spent, 10);
    for refused in answers.iter().filter(|one| !one.status.is_success()) {
        assert_eq!(refused.problem(), (409, "insufficient_points"));
    }
    for shop in shops {
        let account = shop.get("/v1/loyalty/accounts/c1").await.ok();
        assert_eq!(account["balance"]["active"], 0, "{account}");
        assert_eq!(account["balance"]["spent"], 100, "{account}");
    }
}

/// 64 first writes to one new customer, and three to each of 64, dealt out to `shops`: all are kept.
async fn first_writes_at_once(shops: &[Shop]) {
    let writes = (0..256).map(|n| {
        let shop = shops[n % shops.len()].clone();
        let (customer, name) = match n.checked_sub(64) {
            None => ("one".to_owned(), format!("t{n}")),
            Some(n) => (format!("new{}", n % 64), format!("t{}", n / 64)),
        };
        async move {
            let body = json!({"userId": customer, "traits": { name: n }});
            post_patiently(&shop, "/v1/identify", &body).await.ok()
        }
    });
    join_all(writes).await;
    for shop in shops {
        let customers = shop.list("/v1/customers", 30).await;
        let ids: BTreeSet<&str> = customers
            .iter()
            .filter_map(|customer| customer["id"].as_str())
            .collect();
        assert_eq!((customers.len(), ids.len()), (65, 65));
        for customer in &customers {
            let wanted = if customer["id"] == "one" { 64 } else { 3 };
            let kept = customer["traits"].as_object().map(serde_json::Map::len);
            assert_eq!(kept, Some(wanted), "{customer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_spends_at_once_just_those_that_are_covered_succeed() {
    let redis = redis!();
    for concurrency in ["1", "16"] {
        redis.command("FLUSHALL");
        let argument = format!("--instance-concurrency={concurrency}");
        let host = redis.options().argument(&argument).start();
        spend_at_once(&[host.shop()]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_first_writes_at_once_none_is_lost() {
    let redis = redis!();
    let host = redis.options().start();
    first_writes_at_once(&[host.shop()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_over_one_server_keep_the_same_promises() {
    let redis = redis!();
    let hosts = [redis.options().start(), redis.options().start()];
    let shops = hosts.each_ref().map(|host| host.shop());
    spend_at_once(&shops).await;
    first_writes_at_once(&shops).await;
}

#[tokio::test]
async fn a_prefix_keeps_two_applications_on_one_server_apart() {
    let redis = redis!();
    let usual = redis.options().start();
    let other = redis.options().variable("store_prefix", "shop-2.").start();
    earn(&usual.shop(), "c1", 100, "e").await.ok();
    earn(&other.shop(), "c1", 7, "e").await.ok();
    assert_eq!(active(&usual.shop(), "c1").await, 100);
    assert_eq!(active(&other.shop(), "c1").await, 7);
    let (ours, theirs): (Vec<_>, Vec<_>) = redis
        .keys()
        .into_iter()
        .partition(|key| key.starts_with("rapport:"));
    assert!(theirs.iter().all(|key| key.starts_with("shop-2.")));
    assert_eq!(ours.len(), theirs.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_the_server_was_killed_is_there_when_it_is_back() {
    let mut redis = redis!();
    let hosts = [redis.options().start(), redis.options().start()];
    let shops = hosts.each_ref().map(|host| host.shop());
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let earns = (0..400).map(|n| {
        let (shop, acknowledged) = (shops[n % 2].clone(), acknowledged.clone());
        async move {
            let account = format!("c{}", n % 20);
            let answered = earn(&shop, &account, 1, &format!("e{n}")).await;
            if !answered.status.is_success() {
                let (status, code) = answered.problem();
                assert_eq!((status, code), (503, "store_unavailable"));
                assert!(answered.header("retry-after").is_some());
                return false;
            }
            acknowledged.fetch_add(1, Relaxed);
            true
        }
    });
    let under_way = tokio::spawn(join_all(earns.collect::<Vec<_>>()));
    while acknowledged.load(Relaxed) < 60 && !under_way.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    redis.kill();
    let first = under_way.await.expect("no earn panics");
    let acknowledged = acknowledged.load(Relaxed);
    assert!(
        (60..400).contains(&acknowledged),
        "the server was killed too late: {acknowledged}"
    );
    redis.restart();
    for shop in &shops {
        recovered(shop, "/v1/loyalty/accounts/c0").await;
    }
    for (n, done) in first.iter().enumerate() {
        let answered = earn(
            &shops[(n + 1) % 2],
            &format!("c{}", n % 20),
            1,
            &format!("e{n}"),
        )
        .await;
        let replayed = answered.header("idempotency-replayed") == Some("true");
        answered.ok();
        assert!(replayed || !done, "e{n} was acknowledged and is lost");
    }
    for n in 0..20 {
        assert_eq!(active(&shops[0], &format!("c{n}")).await, 20);
    }
}

#[tokio::test]
async fn a_connection_that_the_server_closes_costs_no_request() {
    let redis = redis!();
    let host = redis.options().argument("--instance-idle=60s").start();
    let shop = host.shop();
    earn(&shop, "c1", 100, "e").await.ok();
    for n in 0..5 {
        redis.command("CLIENT KILL TYPE normal");
        // Scripts are forgotten, too, as by a server that was started again.
        redis.command("SCRIPT FLUSH");
        earn(&shop, "c1", 100, &format!("e{n}")).await.ok();
        redis.command("CLIENT KILL TYPE normal");
        assert_eq!(active(&shop, "c1").await, 200 + n * 100);
    }
}

#[tokio::test]
async fn a_server_that_is_down_full_or_silent_is_a_problem_that_says_when_to_try_again() {
    let mut redis = redis!();
    let host = redis.options().start();
    let shop = host.shop();
    earn(&shop, "c1", 100, "e").await.ok();
    let unavailable = |answered: &Answered, seconds: &str| {
        assert_eq!(answered.problem(), (503, "store_unavailable"));
        assert_eq!(answered.header("retry-after"), Some(seconds));
        let text = answered.body.to_string();
        assert!(!text.contains("127.0.0.1"), "{text}");
    };

    redis.command("CONFIG SET maxmemory 1");
    unavailable(&earn(&shop, "c1", 1, "full").await, "2");
    assert_eq!(active(&shop, "c1").await, 100);
    redis.command("CONFIG SET maxmemory 0");
    earn(&shop, "c1", 1, "full").await.ok();

    redis.freeze(true);
    unavailable(&shop.get("/v1/loyalty/accounts/c1").await, "2");
    redis.freeze(false);
    assert_eq!(active(&shop, "c1").await, 101);

    redis.kill();
    unavailable(&earn(&shop, "c1", 1, "down").await, "5");
    unavailable(&shop.get("/v1/customers").await, "5");
    redis.restart();
    recovered(&shop, "/v1/loyalty/accounts/c1").await;
    earn(&shop, "c1", 1, "down").await.ok();
    assert_eq!(active(&shop, "c1").await, 102);
}

#[tokio::test]
async fn a_host_that_the_manifest_does_not_allow_is_not_reached() {
    let redis = redis!();
    let options = redis.options();
    let host = options
        .variable("store_host", "redis://127.0.0.1:1")
        .start();
    let answered = host.shop().get("/v1/customers").await;
    assert_eq!(answered.problem(), (503, "misconfigured"));
    let detail = answered.body["detail"].as_str().expect("a text");
    assert!(detail.contains("allowed_outbound_hosts"), "{detail}");
    assert_eq!(redis.keys().len(), 0);
}

#[tokio::test]
async fn a_wrong_store_is_named_and_its_password_is_not_shown() {
    for (name, value) in [
        ("store_url", "redis://:hunter2@127.0.0.1"),
        ("store_url", "hunter2"),
        ("store_prefix", "hunter2 "),
    ] {
        let value = format!("{value}/x y");
        let options = rapport_tests::host::Options::default().variable(name, &value);
        let answered = options.start().shop().get("/v1/customers").await;
        assert_eq!(
            (answered.status.as_u16(), &answered.body["code"]),
            (503, &json!("misconfigured"))
        );
        let text = answered.body.to_string();
        assert!(text.contains(name) && !text.contains("hunter2"), "{text}");
    }
}
