//! `/v1/segments/models/…` and `/v1/segments/ready`: the published model on the real purchases, as a rule sees it.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use rapport_tests::host::{KEY, binary};
use rapport_tests::sample::purchases;
use rapport_tests::{Host, Shop, root};
use serde_json::{Value, json};

const LIFETIME: &str = "/v1/segments/models/lifetime";
const RFM: &str = "/v1/segments/models/rfm";
/// The last day of the calibration, in days since 1970.
const UNTIL: i64 = 10_134;
/// That day's beginning in the shop's zone: each order is at the beginning of its day.
const NOW: &str = "1997-09-30T00:00:00+08:00";

/// Days since 1970 of a day in 1997.
fn number(day: &str) -> i64 {
    let starts = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let (month, day) = (&day[4..6], &day[6..]);
    let month: usize = month.parse().expect("a month");
    9_862 + starts[month - 1] + day.parse::<i64>().expect("a day") - 1
}

/// The first ten customers until the end of the calibration, with the days of their orders, each once.
fn ten() -> BTreeMap<String, Vec<String>> {
    let mut customers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for purchase in purchases() {
        if purchase.customer.as_str() <= "0010" && purchase.day.as_str() <= "19970930" {
            customers
                .entry(purchase.customer)
                .or_default()
                .push(purchase.day);
        }
    }
    customers
}

async fn order(shop: &Shop, customer: &str, day: &str, id: &str) {
    let date = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]);
    let order = json!({
        "userId": customer, "event": "Order Completed", "timestamp": date,
        "properties": {"order_id": id, "total": 10, "currency": "USD"},
    });
    shop.post("/v1/track", order).await.ok();
}

/// `rapport fit` of the sample until the end of the calibration.
fn fit(more: &[&str]) -> String {
    let output = Command::new(binary())
        .current_dir(root())
        .args([
            "fit",
            "examples/cdnow_sample.txt",
            "--map",
            "customer=2,date=3,total=5",
        ])
        .args(["--until", "1997-09-30"])
        .args(more)
        .env("RAPPORT_KEY", KEY)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .expect("the host's binary can be run");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{errors}");
    said
}

#[tokio::test]
async fn a_fit_is_put_and_says_of_ten_customers_what_the_closed_form_does() {
    let host = Host::start();
    let shop = host.shop();
    let found: Value = serde_json::from_str(&fit(&["--url", host.url(), "--json"])).expect("JSON");
    let model = shop.get(LIFETIME).await.ok();
    for (name, published) in [("r", 0.243), ("alpha", 4.414), ("a", 0.793), ("b", 2.426)] {
        let kept = model[name].as_f64().expect("a number");
        assert_eq!(found["lifetime"][name], kept, "{name}");
        assert!(
            (kept / published - 1.0_f64).abs() < 0.01,
            "{name} is {kept}"
        );
    }
    assert_eq!(
        (&model["customers"], &model["version"]),
        (&json!(2357), &json!(1))
    );
    let rfm = shop.get(RFM).await.ok();
    assert_eq!(rfm["recency_days"], found["rfm"]["recency_days"]);

    let parameter = |name: &str| model[name].as_f64().expect("a number");
    let (r, alpha, a, b) = (
        parameter("r"),
        parameter("alpha"),
        parameter("a"),
        parameter("b"),
    );
    let mut leaving = 0;
    for (customer, days) in ten() {
        for (at, day) in days.iter().enumerate() {
            order(&shop, &customer, day, &format!("{customer}-{at}")).await;
        }
        let mut numbers: Vec<i64> = days.iter().map(|day| number(day)).collect();
        numbers.dedup();
        let weeks = |from: i64, to: i64| (to - from) as f64 / 7.0;
        let x = (numbers.len() - 1) as f64;
        let (last, age) = (
            weeks(numbers[0], numbers[numbers.len() - 1]),
            weeks(numbers[0], UNTIL),
        );
        let odds = a / (b + x - 1.0) * ((alpha + age) / (alpha + last)).powf(r + x);
        let alive = if x > 0.0 { 1.0 / (1.0 + odds) } else { 1.0 };
        let alive = (alive * 1e6).round() / 1e6;
        let rule = json!({"field": "lifetime.p_alive", "is": "eq", "value": alive});
        let body = json!({"rule": rule, "customer": customer});
        let answer = shop.at(NOW).post("/v1/segments/preview", body).await.ok();
        assert_eq!(answer["matches"], true, "{customer} {alive}: {answer}");
        leaving += u32::from(alive < 0.5);
    }
    // Customers 0002 and 0007, who came once more within five weeks and then no more.
    assert_eq!(leaving, 2);
}

#[tokio::test]
async fn a_model_costs_one_write_and_what_is_put_again_none() {
    let host = Host::start();
    let shop = host.shop();
    // The very first write of a store tries the backend out.
    shop.customer("c1").with_orders(2).create().await;
    let body = json!({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426});
    let first = shop.put(LIFETIME, body.clone()).await;
    assert_eq!((first.status.as_u16(), first.durable_writes()), (201, 3));
    let again = shop.put(LIFETIME, body).await;
    assert_eq!((again.status.as_u16(), again.durable_writes()), (200, 0));
    let other = json!({"r": 0.25, "alpha": 4.414, "a": 0.793, "b": 2.426});
    let changed = shop.put(LIFETIME, other).await;
    assert_eq!(
        (changed.status.as_u16(), changed.durable_writes()),
        (200, 1)
    );

    // Models stand with the definitions: a rule that asks for one costs no read more.
    let reads = async || {
        let answered = shop.get("/v1/segments/memberships/c1").await;
        answered.operations("reads")
    };
    let define = async |id: &str, name: &str, rule: Value| {
        let body = json!({"name": name, "rule": rule});
        shop.put(&format!("/v1/segments/{id}"), body).await.ok();
    };
    let twice = json!({"field": "rfm.frequency", "is": "gte", "value": 2});
    define("twice", "Twice", twice.clone()).await;
    // A document that has been changed once is read without its register.
    define("twice", "More", twice).await;
    let without = reads().await;
    define(
        "fresh",
        "Fresh",
        json!({"field": "rfm.r", "is": "eq", "value": 5}),
    )
    .await;
    assert_eq!(reads().await, without);
}

#[tokio::test]
async fn ready_segments_are_there_after_one_call() {
    let host = Host::start();
    let shop = host.shop();
    let installed = shop
        .post("/v1/segments/ready", json!({"language": "zh"}))
        .await
        .ok();
    let segments = installed["segments"].as_array().expect("a list");
    assert_eq!(segments.len(), 6, "{installed}");
    shop.customer("c1").with_orders(1).create().await;
    let memberships = shop.get("/v1/segments/memberships/c1").await.ok();
    assert_eq!(
        memberships["memberships"][0]["segment"], "new-customers",
        "{memberships}"
    );
    let named = shop.get("/v1/segments/new-customers").await.ok();
    assert_eq!(named["name"], "新客");
    let again = shop.post("/v1/segments/ready", json!({})).await;
    assert_eq!(again.durable_writes(), 0);
}
