//! Referrals that are claimed at the same moment, over a store that is late, and one on a bad day.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop::{get, is, post, problem, program};
use futures_util::future::join_all;
use rapport_store::faulty::{Faulty, Plan};
use rapport_store::{Memory, Store};
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

const CLAIM: &str = "/v1/loyalty/referrals";

/// A shop with codes for `customers`, whose programme pays both at the sign-up.
async fn with_codes(customers: &[String]) -> (Client, Vec<String>) {
    let shop = Client::new(loyalty::routes);
    let mut program = program();
    program["referral"] = json!({"referrer": {"points": 100}, "referred": {"points": 1}});
    assert_eq!(shop.put("/v1/loyalty/program", program).await.status, 201);
    let mut codes = Vec::new();
    for customer in customers {
        let made = post(&shop, customer, "referral", json!({})).await;
        codes.push(made.body["code"].as_str().unwrap().to_owned());
    }
    (shop, codes)
}

/// Another process over the same store.
fn process(memory: &Memory, plan: Plan) -> Client {
    let faulty = Faulty::over(memory.clone(), plan);
    Client::of(Store::new(faulty), memory.clone(), loyalty::routes)
}

async fn claim(shop: &Client, code: &str, customer: &str) -> Answered {
    let body = json!({"code": code, "customer": customer});
    for _ in 0..200 {
        let answered = shop.post(CLAIM, body.clone()).await;
        if answered.status != 503 {
            return answered;
        }
    }
    panic!("the store refuses for ever");
}

async fn active(shop: &Client, customer: &str) -> i64 {
    let account = get(shop, customer, "").await.body;
    account["balance"]["active"].as_i64().unwrap()
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("c{n}")).collect()
}

/// Who brought `customer`.
async fn brought_by(shop: &Client, customer: &str) -> Option<String> {
    let own = get(shop, customer, "/referral").await.body;
    own["referred"]["referrer"].as_str().map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn of_those_who_would_close_a_circle_at_once_at_least_one_is_refused_and_never_all() {
    for seed in 0..150_u64 {
        let size = 2 + usize::try_from(seed % 3).unwrap();
        let customers = names(size);
        let (shop, codes) = with_codes(&customers).await;
        let plan = |n: usize| Plan {
            seed: seed * 10 + u64::try_from(n).unwrap(),
            delayed: 500,
            ..Plan::default()
        };
        // Each claims the code of the next, and the last that of the first.
        let processes: Vec<_> = (0..size).map(|n| process(&shop.memory, plan(n))).collect();
        let claims = (0..size).map(|n| claim(&processes[n], &codes[(n + 1) % size], &customers[n]));
        let answers = join_all(claims).await;
        let mut done = 0;
        for (n, answer) in answers.iter().enumerate() {
            let by = brought_by(&shop, &customers[n]).await;
            if answer.status == 200 {
                assert_eq!(by.as_deref(), Some(customers[(n + 1) % size].as_str()));
                done += 1;
            } else {
                assert_eq!(problem(answer), is(409, "circular_referral", &[]));
                assert_eq!(by, None, "seed {seed}");
            }
        }
        assert!(done < size, "seed {seed}: {size} closed a circle");
        assert!(done > 0, "seed {seed}: all {size} were refused");
        // Points are those of the claims that stand, and whoever was refused may try again where that closes none.
        let mut points = 0;
        for customer in &customers {
            points += active(&shop, customer).await;
        }
        assert_eq!(points, 101 * i64::try_from(done).unwrap(), "seed {seed}");
        for n in 0..size {
            claim(&shop, &codes[(n + 1) % size], &customers[n]).await;
        }
        let mut stand = 0;
        for customer in &customers {
            stand += usize::from(brought_by(&shop, customer).await.is_some());
        }
        assert_eq!(stand, size - 1, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_is_brought_once_whoever_claims_how_often_on_a_bad_day() {
    for seed in 0..60_u64 {
        let referrers = names(3);
        let (shop, codes) = with_codes(&referrers).await;
        let processes: Vec<_> = (0..4)
            .map(|n| process(&shop.memory, Plan::rough(seed * 10 + n)))
            .collect();
        // Twelve claims for one customer: of each code four, each by another process.
        let claims = (0..12).map(|n| claim(&processes[n % 4], &codes[n % 3], "new"));
        let answers = join_all(claims).await;
        // What a lost answer left undone is done when the same claim is made again.
        let by = brought_by(&shop, "new").await.unwrap();
        let winner = referrers.iter().position(|one| *one == by).unwrap();
        let again = claim(&shop, &codes[winner], "new").await;
        assert_eq!(again.body["state"], "paid", "seed {seed}: {}", again.body);
        for (n, answer) in answers.iter().enumerate() {
            match n % 3 == winner {
                true => assert_eq!(answer.status, 200, "seed {seed}: {}", answer.body),
                false => assert_eq!(problem(answer), is(409, "already_referred", &[])),
            }
        }
        let mut points = Vec::new();
        for referrer in &referrers {
            points.push(active(&shop, referrer).await);
        }
        let mut expected = vec![0; 3];
        expected[winner] = 100;
        assert_eq!(
            (points, active(&shop, "new").await),
            (expected, 1),
            "seed {seed}"
        );
        let listed: Vec<Value> = join_all(referrers.iter().map(async |one| {
            let list = get(&shop, one, "/referrals").await.body;
            list["items"].clone()
        }))
        .await;
        for (n, items) in listed.iter().enumerate() {
            let count = items.as_array().unwrap().len();
            assert_eq!(count, usize::from(n == winner), "seed {seed}");
        }
    }
}
