//! Nothing is lost and nothing doubled when many come at once.

use std::collections::BTreeSet;

use futures::future::join_all;
use rapport_tests::Host;
use rapport_tests::host::Options;
use serde_json::json;

/// Both ways in which the host may run instances: one request at a time in each, and 16 as Spin does.
fn hosts() -> [Host; 2] {
    [
        Host::start(),
        Options::default()
            .argument("--instance-concurrency=16")
            .start(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_spends_of_ten_on_a_hundred_points_ten_succeed() {
    for host in hosts() {
        let shop = host.shop();
        shop.post(
            "/v1/loyalty/accounts/c1/earn",
            json!({"points": 100, "key": "e"}),
        )
        .await
        .ok();
        let spends = (0..64).map(|n| {
            let shop = shop.clone();
            async move {
                let body = json!({"points": 10, "key": format!("spend {n}")});
                shop.post("/v1/loyalty/accounts/c1/spend", body).await
            }
        });
        let answers = join_all(spends).await;
        let spent = answers
            .iter()
            .filter(|answered| answered.status.is_success())
            .count();
        assert_eq!(spent, 10);
        for refused in answers
            .iter()
            .filter(|answered| !answered.status.is_success())
        {
            assert_eq!(refused.problem(), (409, "insufficient_points"));
        }
        let account = shop.get("/v1/loyalty/accounts/c1").await.ok();
        assert_eq!(
            (&account["balance"]["active"], &account["balance"]["spent"]),
            (&json!(0), &json!(100))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_first_writes_to_one_new_customer_are_all_kept() {
    for host in hosts() {
        let shop = host.shop();
        let writes = (0..64).map(|n| {
            let shop = shop.clone();
            async move {
                let body = json!({"userId": "new", "traits": { format!("t{n}"): n }});
                shop.post("/v1/identify", body).await.ok()
            }
        });
        join_all(writes).await;
        let customer = shop.get("/v1/customers/new").await.ok();
        assert_eq!(
            customer["traits"].as_object().map(serde_json::Map::len),
            Some(64),
            "{customer}"
        );
        assert_eq!(shop.list("/v1/customers", 50).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_first_writes_to_each_of_sixty_four_new_customers_are_all_kept() {
    for host in hosts() {
        let shop = host.shop();
        let writes = (0..192).map(|n| {
            let (customer, part) = (n % 64, n / 64);
            let shop = shop.clone();
            async move {
                let body = json!({"userId": format!("new{customer}"), "traits": { format!("t{part}"): part }});
                shop.post("/v1/identify", body).await.ok()
            }
        });
        join_all(writes).await;
        let customers = shop.list("/v1/customers", 30).await;
        let ids: BTreeSet<&str> = customers
            .iter()
            .filter_map(|customer| customer["id"].as_str())
            .collect();
        assert_eq!((customers.len(), ids.len()), (64, 64));
        for customer in customers {
            assert_eq!(
                customer["traits"],
                json!({"t0": 0, "t1": 1, "t2": 2}),
                "{customer}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_reported_by_many_at_once_counts_and_earns_once() {
    for host in hosts() {
        let shop = host.shop();
        shop.with_program().await;
        let reports = (0..32).map(|n| {
            let shop = shop.clone();
            async move {
                let body = json!({
                    "userId": "c1", "event": "Order Completed", "messageId": format!("m{n}"),
                    "properties": {"order_id": "o1", "total": 250, "currency": "CNY"},
                });
                shop.post("/v1/track", body).await.ok()
            }
        });
        join_all(reports).await;
        let customer = shop.get("/v1/customers/c1").await.ok();
        assert_eq!(customer["totals"]["orders"], 1, "{customer}");
        let account = shop.get("/v1/loyalty/accounts/c1").await.ok();
        assert_eq!(
            (&account["balance"]["active"], &account["tier"]),
            (&json!(250), &json!("silver")),
            "{account}"
        );
    }
}
