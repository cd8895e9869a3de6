//! `/v1/loyalty/accounts/{customer}/check-ins`.

use futures::future::join_all;
use rapport_tests::host::Options;
use rapport_tests::{Host, Shop};
use serde_json::{Value, json};

const PATH: &str = "/v1/loyalty/accounts/c/check-ins";

async fn with_rules(shop: &Shop) {
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1},
        "rules": [
            {"id": "daily", "name": "Check-in", "when": "check_in", "points": 5},
            {"id": "week", "name": "Seven in a row", "when": "check_in", "points": 50,
             "where": {"field": "properties.streak_of_7", "is": "eq", "value": 7}},
        ],
    });
    shop.put("/v1/loyalty/program", program).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_check_ins_at_once_one_counts_and_seven_days_in_a_row_earn_more() {
    let shared = Options::default().argument("--instance-concurrency=16");
    for host in [Host::start(), shared.start()] {
        let shop = host.shop();
        with_rules(&shop).await;
        for day in 24..=30 {
            // Midnight in Shanghai is 16:00 UTC of the day before.
            let at = shop.at(&format!("2026-11-{:02}T16:00:00Z", day - 1));
            let all = join_all((0..20).map(|_| at.post(PATH, json!({})))).await;
            let mut bodies: Vec<Value> = Vec::new();
            for one in all.into_iter().filter(|one| one.status != 503) {
                bodies.push(one.ok());
            }
            assert!(bodies.iter().all(|one| *one == bodies[0]), "{bodies:?}");
            assert_eq!(bodies[0]["streak"], day - 23);
            let points = if day == 30 { 55 } else { 5 };
            assert_eq!(bodies[0]["points"], points);
        }
        // Six times 5, and 55.
        let then = shop.at("2026-11-29T16:00:00Z");
        let account = then.get("/v1/loyalty/accounts/c").await.ok();
        assert_eq!(account["balance"]["active"], 85);
    }
}

#[tokio::test]
async fn a_check_in_costs_one_write_and_none_where_there_was_one_today() {
    let host = Host::start();
    let shop = host.shop();
    with_rules(&shop).await;
    shop.post(PATH, json!({})).await.ok();
    let tomorrow = shop.at("2026-11-22T12:00:00+08:00");
    let checked = tomorrow.post(PATH, json!({})).await;
    assert_eq!(
        (checked.durable_writes(), &checked.body["streak"]),
        (1, &json!(2))
    );
    assert_eq!(tomorrow.post(PATH, json!({})).await.durable_writes(), 0);
    let read = tomorrow.get(PATH).await;
    assert_eq!(
        (read.durable_writes(), &read.body["checked_in"]),
        (0, &json!(true))
    );
}
