//! Many clients on few accounts while hosts, and the server behind them, are killed: nothing that was acknowledged is lost, and nothing
//! is doubled.
//!
//! Each client repeats a request with its key until it is answered, as a till does. So in the end every request is known to have been
//! carried out once, and the accounts must say just that. `RAPPORT_ENDURANCE_SECONDS` sets how long it goes on.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures::future::join_all;
use rapport_tests::redis::Redis;
use rapport_tests::{Answered, Host, Shop};
use serde_json::{Value, json};

const CLIENTS: usize = 32;
const ACCOUNTS: u64 = 20;
const KILLS: u32 = 3;

fn duration() -> Duration {
    let seconds = std::env::var("RAPPORT_ENDURANCE_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(60))
}

/// Hosts over one store.
struct Fleet {
    hosts: Mutex<Vec<Host>>,
    redis: Mutex<Option<Redis>>,
}

impl Fleet {
    fn new(hosts: Vec<Host>, redis: Option<Redis>) -> Self {
        Self {
            hosts: Mutex::new(hosts),
            redis: Mutex::new(redis),
        }
    }

    /// A client of one of the hosts, where it serves now.
    fn shop(&self, n: usize) -> Shop {
        let hosts = self.hosts.lock().unwrap();
        hosts[n % hosts.len()].shop()
    }

    /// Kills one host, and with several the server behind them, too; starts them again.
    fn kill(&self, n: usize) {
        let mut hosts = self.hosts.lock().unwrap();
        let many = hosts.len();
        hosts[n % many].kill();
        if let (true, Some(redis)) = (many > 1, self.redis.lock().unwrap().as_mut()) {
            redis.kill();
            std::thread::sleep(Duration::from_millis(300));
            redis.restart();
        }
        hosts[n % many].restart();
    }
}

/// What a client did to an account, as it was answered.
#[derive(Debug, Clone)]
struct Done {
    account: String,
    what: &'static str,
    body: Value,
    answer: Value,
}

/// Choices that a client makes: xorshift, so that each has its own.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// Posts again and again, wherever the client's host serves by then, until it is answered by the service.
async fn insist(fleet: &Fleet, client: usize, path: &str, body: &Value) -> Answered {
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_secs(60), "{path} {body}");
        let shop = fleet.shop(client);
        let request = shop.with_json(reqwest::Method::POST, path, body);
        match Shop::try_send(request.timeout(Duration::from_secs(10))).await {
            Ok(answered) if answered.status.as_u16() < 500 => return answered,
            // Down, overloaded, or contended: whether it took effect is unknown, and its key is known.
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn client(fleet: &Fleet, n: usize, end: Instant) -> (Vec<Done>, u64) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (n as u64 + 1) << 17);
    let mut done: Vec<Done> = Vec::new();
    let mut replays = 0;
    let mut count = 0;
    while Instant::now() < end {
        count += 1;
        let account = format!("c{}", dice.below(ACCOUNTS));
        let key = format!("{n}-{count}");
        let kind = dice.below(10);
        if kind == 0 && !done.is_empty() {
            let before = done[dice.below(done.len() as u64) as usize].clone();
            let path = path_of(&before.account, before.what);
            let again = insist(fleet, n, &path, &before.body).await;
            if before.what == "order" {
                again.ok();
            } else {
                assert_eq!(
                    again.header("idempotency-replayed"),
                    Some("true"),
                    "{before:?}"
                );
                assert_eq!(again.body, before.answer, "{before:?}");
            }
            replays += 1;
            continue;
        }
        let spent = done.iter().rev().find(|one| one.what == "spend");
        let (account, what, body) = match kind {
            1 | 2 => {
                let order = json!({"order_id": key, "total": 3 + dice.below(5), "currency": "CNY"});
                let event = json!({"userId": account, "event": "order_completed", "messageId": key, "properties": order});
                (account, "order", event)
            }
            3..=5 => (
                account,
                "earn",
                json!({"points": 1 + dice.below(30), "key": key}),
            ),
            6 if spent.is_some() => {
                let spent = spent.cloned().unwrap();
                let body = json!({"transaction": spent.answer["transaction"], "key": key});
                (spent.account, "reverse", body)
            }
            _ => (
                account,
                "spend",
                json!({"points": 1 + dice.below(40), "key": key}),
            ),
        };
        let answered = insist(fleet, n, &path_of(&account, what), &body).await;
        if !answered.status.is_success() {
            assert_eq!(answered.problem(), (409, "insufficient_points"), "{body}");
            continue;
        }
        let answer = answered.body;
        done.push(Done {
            account,
            what,
            body,
            answer,
        });
    }
    (done, replays)
}

fn path_of(account: &str, what: &str) -> String {
    match what {
        "order" => "/v1/track".to_owned(),
        _ => format!("/v1/loyalty/accounts/{account}/{what}"),
    }
}

/// What a movement adds to the balance. A second reversal of one spend is answered as the first, and adds nothing.
fn adds(done: &Done, reversed: &mut std::collections::HashSet<String>) -> i64 {
    let points = |value: &Value| value["points"].as_i64().unwrap();
    match done.what {
        "earn" => points(&done.answer),
        "spend" => -points(&done.answer),
        "order" => done.body["properties"]["total"].as_i64().unwrap(),
        "reverse" => {
            let first = reversed.insert(done.body["transaction"].to_string());
            if first { points(&done.answer) } else { 0 }
        }
        _ => unreachable!(),
    }
}

async fn endure(fleet: Fleet) {
    fleet.shop(0).with_program().await;
    let end = Instant::now() + duration();
    let clients = (0..CLIENTS).map(|n| client(&fleet, n, end));
    let killer = async {
        for n in 0..KILLS {
            tokio::time::sleep(duration() / (KILLS + 1)).await;
            tokio::task::block_in_place(|| fleet.kill(n as usize));
        }
    };
    let (results, ()) = tokio::join!(join_all(clients), killer);
    let shop = fleet.shop(0);
    while shop.post("/v1/tick", json!({})).await.ok()["more"] == true {}

    let replays: u64 = results.iter().map(|(_, replays)| replays).sum();
    let all: Vec<Done> = results.into_iter().flat_map(|(done, _)| done).collect();
    println!(
        "{} movements and {replays} repetitions were answered",
        all.len()
    );
    assert!(all.len() > 500 && replays > 20);
    let mut reversed = std::collections::HashSet::new();
    for n in 0..ACCOUNTS {
        let account = format!("c{n}");
        let own = all.iter().filter(|done| done.account == account);
        let expected: i64 = own.clone().map(|done| adds(done, &mut reversed)).sum();
        let path = format!("/v1/loyalty/accounts/{account}");
        let balance = shop.get(&path).await.ok()["balance"].clone();
        assert_eq!(balance["active"], expected, "{account}: {balance}");
        let journal = shop.list(&format!("{path}/journal"), 200).await;
        let sum: i64 = journal
            .iter()
            .filter_map(|entry| entry["points"].as_i64())
            .sum();
        assert_eq!(sum, expected, "{account}");
        // No transaction stands in the journal twice, and none at a balance below nothing.
        let mut ids: Vec<&str> = journal
            .iter()
            .filter_map(|one| one["transaction"].as_str())
            .collect();
        ids.sort_unstable();
        let heads = ids.len();
        ids.dedup();
        let parts = journal
            .iter()
            .filter(|one| one["lots"].as_array().is_some_and(|lots| lots.len() == 16))
            .count();
        assert!(heads - ids.len() <= parts, "{account}");
        assert!(
            journal
                .iter()
                .all(|entry| entry["balance"].as_i64() >= Some(0))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_over_its_own_database_is_killed_three_times_and_loses_nothing() {
    endure(Fleet::new(vec![Host::start()], None)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_over_redis_is_killed_three_times_and_loses_nothing() {
    let Some(redis) = Redis::start() else { return };
    let host = redis.options().start();
    endure(Fleet::new(vec![host], Some(redis))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hosts_over_one_redis_are_killed_and_the_server_too_and_nothing_is_lost() {
    let Some(redis) = Redis::start() else { return };
    let hosts = vec![redis.options().start(), redis.options().start()];
    endure(Fleet::new(hosts, Some(redis))).await;
}
