//! One account with 20,000 transactions: an order of the first of them is still paid once, all of it adds up, and nothing that is
//! stored for it is large.
//!
//! Ten months of one customer who orders for a whole town: most orders come in batches from a shop system, the others one by one from
//! sixteen tills at once, which also spend points and take movements back.

use std::collections::{BTreeMap, HashSet};
use std::process::Command;

use futures::future::join_all;
use rapport_tests::host::{Options, binary};
use rapport_tests::{Answered, Host, Shop};
use serde_json::{Value, json};

/// What the smallest of the backends takes, in bytes.
const LARGEST: usize = 300_000;

const MONTHS: usize = 10;
/// Orders of a month that come in a batch; and how many batches.
const BATCH: usize = 850;
const BATCHES: usize = 2;
/// Of the tills: how many, and what each does in a month. An order, a spend, and every other time something is taken back.
const TILLS: usize = 16;
const ROUNDS: usize = 8;
/// Every transaction: 10 × (1,700 + 16 × 20) = 20,200.
const TRANSACTIONS: usize = MONTHS * (BATCH * BATCHES + TILLS * (2 * ROUNDS + ROUNDS / 2));

const ACCOUNT: &str = "/v1/loyalty/accounts/alice";

/// Noon of the 5th of the month, from February 2026.
fn when(month: usize) -> String {
    format!("2026-{:02}-05T12:00:00+08:00", month + 2)
}

/// An order that the shop system sends; `message` is the id of the event.
fn tracked(order: &str, message: &str, month: usize) -> Value {
    json!({
        "type": "track", "userId": "alice", "event": "Order Completed", "messageId": message, "timestamp": when(month),
        "properties": {"order_id": order, "total": 3, "currency": "CNY"},
    })
}

fn earn(order: &str) -> Value {
    json!({"order_id": order, "key": format!("key of {order}"), "money": {"amount": 500, "currency": "CNY"}, "reason": "线上商城 \"满减\""})
}

/// A request of a till, which must succeed.
async fn movement(shop: &Shop, what: &str, body: Value) -> Value {
    let answered = shop.post(&format!("{ACCOUNT}/{what}"), body.clone()).await;
    assert!(
        answered.status.is_success(),
        "{what} {body}: {}",
        answered.body
    );
    assert_eq!(answered.header("idempotency-replayed"), None, "{body}");
    answered.body
}

/// A month of a till; answers what it added to the balance.
async fn till(shop: Shop, month: usize, till: usize) -> i64 {
    let mut sum = 0;
    for round in 0..ROUNDS {
        let id = format!("{month}-{till}-{round}");
        let earned = movement(&shop, "earn", earn(&format!("till-{id}"))).await;
        assert_eq!(earned["points"], 5);
        let spent = movement(
            &shop,
            "spend",
            json!({"points": 7, "key": format!("spend {id}")}),
        )
        .await;
        sum += 5 - 7;
        // The one or the other of them is taken back, wholly or in part.
        let (of, points, adds) = match round % 4 {
            1 => (&earned, 5, -5),
            3 => (&spent, 3, 3),
            _ => continue,
        };
        let body = json!({"transaction": of["transaction"], "points": points, "key": format!("back {id}")});
        movement(&shop, "reverse", body).await;
        sum += adds;
    }
    sum
}

/// A batch from the shop system; answers what it earned.
async fn batch(shop: &Shop, month: usize, batch: usize) -> i64 {
    let orders = (0..BATCH).map(|n| {
        let order = format!("order-{month}-{batch}-{n}");
        tracked(&order, &format!("message of {order}"), month)
    });
    let body = json!({"batch": orders.collect::<Vec<_>>()});
    let answer = shop.post("/v1/batch", body).await.ok();
    let results = answer["results"].as_array().expect("a result for each");
    assert!(
        results.iter().all(|one| one["status"] == "applied"),
        "{answer}"
    );
    3 * BATCH as i64
}

/// The size of every value in the host's store.
fn sizes(host: &Host, folder: &tempfile::TempDir, name: &str) -> BTreeMap<String, usize> {
    let file = folder.path().join(name);
    let output = Command::new(binary())
        .arg("export-store")
        .arg("--data")
        .arg(host.data())
        .arg("--out")
        .arg(&file)
        .output()
        .expect("the host exports");
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(file).expect("there is an export");
    let rows = text.lines().filter_map(|line| {
        let row: Value = serde_json::from_str(line).expect("each line is JSON");
        let value = row["text"].as_str().or(row["base64"].as_str());
        Some((row["key"].as_str()?.to_owned(), value.map_or(8, str::len)))
    });
    rows.collect()
}

fn assert_small(sizes: &BTreeMap<String, usize>) {
    let (key, size) = sizes.iter().max_by_key(|(_, size)| **size).expect("values");
    println!(
        "{} values, the largest is {key} with {size} bytes",
        sizes.len()
    );
    assert!(*size <= LARGEST, "{key} has {size} bytes");
}

/// Every entry of the journal, newest first.
async fn journal(shop: &Shop) -> Vec<Value> {
    shop.list(&format!("{ACCOUNT}/journal"), 200).await
}

/// Everything there is to say about the account's points.
async fn state(shop: &Shop) -> (Value, Value) {
    let account = shop.get(ACCOUNT).await.ok();
    let newest = shop.get(&format!("{ACCOUNT}/journal?limit=1")).await.ok();
    (account["balance"].clone(), newest["items"].clone())
}

fn assert_replayed(answered: &Answered, first: &Value) {
    assert_eq!(
        answered.header("idempotency-replayed"),
        Some("true"),
        "{}",
        answered.body
    );
    assert_eq!(answered.durable_writes(), 0);
    assert_eq!(&answered.body, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_thousand_transactions_the_first_still_counts_once_and_no_value_is_large() {
    let host = Options::default().start();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let program = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"months": 24}},
        "tiers": [{"id": "gold", "name": "金卡", "at_least": 1000, "by": "points", "window": "365d"}],
    });
    let shop = host.shop().at(&when(0));
    shop.put("/v1/loyalty/program", program).await.ok();

    // The very first transaction, by a till; and the first of the shop system.
    let first = movement(&shop, "earn", earn("the first")).await;
    let mut sum = 5;
    for month in 0..MONTHS {
        let shop = host.shop().at(&when(month));
        for n in 0..BATCHES {
            sum += batch(&shop, month, n).await;
        }
        let tills = (0..TILLS).map(|n| till(shop.clone(), month, n));
        sum += join_all(tills).await.iter().sum::<i64>();
        if month == MONTHS / 2 {
            assert_small(&sizes(&host, &folder, "half.ndjson"));
        }
    }
    let shop = host.shop().at("2026-11-21T12:00:00+08:00");
    shop.post("/v1/tick", json!({})).await.ok();

    // The journal has every transaction, down to the first entry.
    let entries = journal(&shop).await;
    assert_eq!(
        entries.last().map(|entry| entry["number"].clone()),
        Some(json!(0))
    );
    assert!(
        entries
            .iter()
            .rev()
            .enumerate()
            .all(|(n, entry)| entry["number"] == n)
    );
    let ids: HashSet<&str> = entries
        .iter()
        .filter_map(|entry| entry["transaction"].as_str())
        .collect();
    let own: HashSet<&str> = entries
        .iter()
        .filter(|entry| entry["kind"] != "fold")
        .filter_map(|entry| entry["transaction"].as_str())
        .collect();
    println!("{} entries of {} transactions", entries.len(), ids.len());
    assert_eq!(own.len(), TRANSACTIONS + 1);
    let points = entries
        .iter()
        .map(|entry| entry["points"].as_i64().expect("points"));
    assert_eq!(points.sum::<i64>(), sum);
    let account = shop.get(ACCOUNT).await.ok();
    assert_eq!(account["balance"]["active"], sum, "{account}");

    // The audit, in two pages, says so as well.
    let half = shop.get(&format!("{ACCOUNT}/audit?limit=200")).await.ok();
    let cursor = half["next_cursor"].as_str().expect("there is more");
    let audit = shop
        .get(&format!("{ACCOUNT}/audit?limit=200&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(
        (&half["ok"], &half["complete"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&audit["ok"], &audit["complete"]),
        (&json!(true), &json!(true)),
        "{audit}"
    );
    assert_eq!(
        (&audit["sum"], &audit["balance"]),
        (&json!(sum), &json!(sum))
    );
    let checked = |page: &Value| page["checked"]["entries"].as_u64().expect("a number");
    assert_eq!(checked(&half) + checked(&audit), entries.len() as u64);

    // The first of all, asked again: the same answer, and nothing else.
    let before = state(&shop).await;
    let again = shop
        .post(&format!("{ACCOUNT}/earn"), earn("the first"))
        .await;
    assert_replayed(&again, &first);
    // Under its order id alone, and its key with another request.
    let alone = json!({"order_id": "the first", "money": {"amount": 500, "currency": "CNY"}, "reason": "线上商城 \"满减\""});
    assert_replayed(&shop.post(&format!("{ACCOUNT}/earn"), alone).await, &first);
    let reused = shop
        .post(
            &format!("{ACCOUNT}/spend"),
            json!({"points": 1, "key": "key of the first"}),
        )
        .await;
    assert_eq!(reused.problem(), (422, "key_reused"));
    // The shop system sends its first order again, as another message, and so the till's.
    for order in ["order-0-0-0", "the first", "till-0-0-0"] {
        let again = tracked(order, &format!("another message of {order}"), 0);
        shop.post("/v1/batch", json!({"batch": [again]})).await.ok();
    }
    assert_eq!(state(&shop).await, before);

    assert_small(&sizes(&host, &folder, "end.ndjson"));
}
