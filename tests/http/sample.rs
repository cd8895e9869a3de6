//! The real purchases: what the service says after the import is what the file says.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rapport_tests::host::{KEY, binary};
use rapport_tests::sample::{Expected, expected, purchases};
use rapport_tests::{Host, Shop, root};
use serde_json::{Value, json};

/// `rapport import orders` of the sample, as a command to be run.
fn import(host: &Host, more: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .current_dir(root())
        .args([
            "import",
            "orders",
            "examples/cdnow_sample.txt",
            "--url",
            host.url(),
        ])
        .args([
            "--map",
            "customer=2,date=3,total=5",
            "--currency",
            "USD",
            "--order-id-prefix",
            "cdnow-",
        ])
        .args(more)
        .env("RAPPORT_KEY", KEY)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn succeed(output: Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    text
}

async fn set_up(shop: &Shop) {
    let program = json!({
        "points": { "per": { "amount": 100, "currency": "USD" }, "points": 1 },
        "tiers": [
            { "id": "bronze", "name": "Bronze", "at_least": 0, "by": "points" },
            { "id": "silver", "name": "Silver", "at_least": 100, "by": "points" },
            { "id": "gold", "name": "Gold", "at_least": 500, "by": "points" },
        ],
    });
    shop.put("/v1/loyalty/program", program).await.ok();
}

/// What the service holds of each customer.
async fn held(shop: &Shop) -> BTreeMap<String, (Expected, String)> {
    let mut held = BTreeMap::new();
    for customer in shop.list("/v1/customers", 200).await {
        let id = customer["id"].as_str().expect("an id").to_owned();
        let account = shop.get(&format!("/v1/loyalty/accounts/{id}")).await.ok();
        let number = |value: &Value| {
            value
                .as_i64()
                .unwrap_or_else(|| panic!("no number: {customer} {account}"))
        };
        assert_eq!(customer["totals"]["spend"]["currency"], "USD", "{customer}");
        let expected = Expected {
            orders: number(&customer["totals"]["orders"]),
            cents: number(&customer["totals"]["spend"]["amount"]),
            points: number(&account["balance"]["active"]),
        };
        let tier = account["tier"].as_str().unwrap_or("none").to_owned();
        assert!(
            held.insert(id, (expected, tier)).is_none(),
            "listed twice: {customer}"
        );
    }
    held
}

fn tier_of(points: i64) -> String {
    match points {
        500.. => "gold",
        100.. => "silver",
        _ => "bronze",
    }
    .to_owned()
}

/// What the file alone says.
fn truth() -> BTreeMap<String, (Expected, String)> {
    let all = expected(&purchases());
    all.into_iter()
        .map(|(id, one)| {
            let tier = tier_of(one.points);
            (id, (one, tier))
        })
        .collect()
}

fn best_ten(all: &BTreeMap<String, (Expected, String)>) -> Vec<(i64, &str)> {
    let mut best: Vec<_> = all
        .iter()
        .map(|(id, (one, _))| (one.cents, id.as_str()))
        .collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    best.truncate(10);
    best
}

fn assert_true(held: &BTreeMap<String, (Expected, String)>) {
    let truth = truth();
    let sum = |all: &BTreeMap<String, (Expected, String)>, of: fn(&Expected) -> i64| -> i64 {
        all.values().map(|(one, _)| of(one)).sum()
    };
    assert_eq!(
        (truth.len(), sum(&truth, |one| one.orders)),
        (2_357, 6_919),
        "the file is the one we know"
    );
    assert_eq!(held.len(), truth.len());
    assert_eq!(sum(held, |one| one.orders), 6_919);
    assert_eq!(sum(held, |one| one.cents), sum(&truth, |one| one.cents));
    assert_eq!(sum(held, |one| one.points), sum(&truth, |one| one.points));
    assert_eq!(best_ten(held), best_ten(&truth));
    let tiers = |all: &BTreeMap<String, (Expected, String)>| {
        let mut counts = BTreeMap::new();
        for (_, tier) in all.values() {
            *counts.entry(tier.clone()).or_insert(0) += 1;
        }
        counts
    };
    assert_eq!(tiers(held), tiers(&truth));
    assert_eq!(*held, truth);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_import_every_customer_is_as_the_file_says_and_again_changes_nothing() {
    let host = Host::start();
    let shop = host.shop();
    set_up(&shop).await;
    succeed(import(&host, &[]).output().expect("the importer runs"));
    let first = held(&shop).await;
    assert_true(&first);
    let again = succeed(import(&host, &[]).output().expect("the importer runs"));
    assert_eq!(held(&shop).await, first, "{again}");
}

/// Waits until an import, which goes by customers from `0001` to `2357`, has come to `customer`: how far it is after some time, every machine
/// decides for itself.
async fn reached(shop: &Shop, customer: &str) {
    let path = format!("/v1/customers/{customer}");
    for _ in 0..20_000 {
        if shop.get(&path).await.status.is_success() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the import never came to {customer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_importer_leaves_nothing_that_a_second_run_does_not_put_right() {
    let host = Host::start();
    let shop = host.shop();
    set_up(&shop).await;
    for customer in ["0100", "0500"] {
        let mut importer = import(&host, &[]).spawn().expect("the importer starts");
        reached(&shop, customer).await;
        importer.kill().expect("it can be killed");
        let status = importer.wait().expect("it ends");
        assert!(!status.success(), "it was not at its end yet");
    }
    succeed(import(&host, &[]).output().expect("the importer runs"));
    assert_true(&held(&shop).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_host_loses_nothing_that_it_acknowledged_and_a_second_run_puts_the_rest_right() {
    let mut host = Host::start();
    set_up(&host.shop()).await;
    for customer in ["0100", "0500"] {
        let mut importer = import(&host, &["--retry-for", "0s"])
            .spawn()
            .expect("the importer starts");
        reached(&host.shop(), customer).await;
        host.kill();
        // Its host is gone: it gives up, and says so.
        assert!(!importer.wait().expect("it ends").success());
        host.restart();
    }
    succeed(import(&host, &[]).output().expect("the importer runs"));
    assert_true(&held(&host.shop()).await);
}
