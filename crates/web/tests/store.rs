//! What clients see of a store that refuses, does not answer, or is not safe.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use async_trait::async_trait;
use axum::extract::State;
use axum::routing::get;
use http::{Method, StatusCode};
use rapport_store::around::Around;
use rapport_store::creation::Creation;
use rapport_store::driver::{Snapshot, Swapped};
use rapport_store::faulty::{Faulty, Plan};
use rapport_store::{
    Change, Driver, DriverError, Grant, Key, Memory, NoEffect, Nothing, Request, Store, StoreError,
    Table, UpdateError,
};
use rapport_types::Timestamp;
use rapport_web::testing::{Answered, Client};
use rapport_web::{Answer, App, Problem, Router, health};
use serde_json::{Value, json};

struct Numbers;

impl Table for Numbers {
    type Value = u64;
    type Effect = NoEffect;
    const NAME: &'static str = "number";
    const SCHEMA: u32 = 1;
}

/// A number that `POST` counts up.
fn routes() -> Router<App> {
    Router::new()
        .route("/number", get(read).post(count))
        .merge(health::route("loyalty"))
}

async fn read(State(app): State<App>) -> Result<Answer, Problem> {
    let found = app.store.read(&Key::<Numbers>::single()).await?;
    Answer::ok(&found.map(|found| found.value))
}

async fn count(State(app): State<App>) -> Result<Answer, Problem> {
    let request = Request::plain(Timestamp::from_millis(0), &Nothing);
    let counted = app
        .store
        .update::<Numbers, u64, StoreError>(&Key::single(), request, |current| {
            let value = current.value.unwrap_or(0) + 1;
            Ok(Change::Commit {
                value,
                effects: Vec::new(),
                answer: value,
            })
        })
        .await;
    match counted {
        Ok(committed) => Answer::ok(&committed.answer),
        Err(UpdateError::Store(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(other.to_string())),
    }
}

/// A backend without swaps and increments, such as Akamai's. Otherwise in memory.
#[derive(Clone)]
struct NoAtomics(Memory);

#[async_trait]
impl Around for NoAtomics {
    fn inner(&self) -> &dyn Driver {
        &self.0
    }

    fn assured(&self) -> Option<Creation> {
        None
    }

    async fn swap(&self, _snapshot: Snapshot, _value: Vec<u8>) -> Result<Swapped, DriverError> {
        Err(DriverError::Failed("not implemented".to_owned()))
    }

    async fn increment(&self, _key: &str, _delta: i64) -> Result<i64, DriverError> {
        Err(DriverError::Failed("not implemented".to_owned()))
    }
}

fn over(driver: impl Driver + 'static, memory: &Memory) -> Client {
    Client::of(Store::new(driver), memory.clone(), routes)
}

async fn post(client: &Client) -> Answered {
    client.call(Method::POST, "/number", &[], None).await
}

/// Status, code and `Retry-After`.
fn problem(answered: &Answered) -> (u16, &str, &str) {
    assert_eq!(
        answered.headers["content-type"], "application/problem+json",
        "{}",
        answered.body
    );
    let retry_after = answered.headers.get("retry-after");
    (
        answered.status.as_u16(),
        answered.body["code"].as_str().unwrap(),
        retry_after.map_or("", |after| after.to_str().unwrap()),
    )
}

async fn probe(client: &Client) -> Value {
    let mut health = client.get("/v1/loyalty/health").await;
    assert_eq!(health.status, StatusCode::OK);
    assert_eq!(health.body["schema"], 1);
    health.body["probe"].take()
}

#[tokio::test]
async fn a_store_that_is_not_safe_answers_reads_and_refuses_writes_by_name() {
    let memory = Memory::new();
    let healthy = over(memory.clone(), &memory);
    assert_eq!(post(&healthy).await.body, 1);
    let broken = over(NoAtomics(memory.clone()), &memory);
    let refused = post(&broken).await;
    assert_eq!(problem(&refused), (503, "store_unsafe", "30"));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("swap_refuses_changed"), "{detail}");
    assert_eq!(broken.get("/number").await.body, 1);
}

#[tokio::test]
async fn health_names_the_broken_promises_before_the_first_write() {
    let memory = Memory::new();
    let broken = over(NoAtomics(memory.clone()), &memory);
    let expected = json!({"state": "failed", "broken":
        ["swap_refuses_changed", "swap_replaces", "increments_apart", "counters_read"]});
    assert_eq!(probe(&broken).await, expected);
}

#[tokio::test]
async fn health_says_how_a_sound_store_creates() {
    let client = Client::new(routes);
    let expected = json!({"state": "passed", "creation": "register"});
    assert_eq!(probe(&client).await, expected);
}

#[tokio::test]
async fn an_overloaded_store_asks_for_patience_and_health_answers_all_the_same() {
    let memory = Memory::new();
    let plan = Plan {
        overloaded: 1_000,
        ..Plan::default()
    };
    let busy = over(Faulty::over(memory.clone(), plan), &memory);
    assert_eq!(problem(&post(&busy).await), (503, "store_unavailable", "2"));
    let read = busy.get("/number").await;
    assert_eq!(problem(&read), (503, "store_unavailable", "2"));
    // A backend in memory needs no probe; this one does, and it cannot be run.
    let busy = over(Faulty::over(NoAtomics(memory.clone()), plan), &memory);
    assert_eq!(probe(&busy).await, json!({"state": "not_run"}));
}

/// A backend that is denied.
struct Denied(Grant);

impl Denied {
    fn so<T>(&self) -> Result<T, DriverError> {
        Err(DriverError::Denied(self.0, "in its own words".to_owned()))
    }
}

#[async_trait]
impl Driver for Denied {
    fn name(&self) -> &'static str {
        "denied"
    }

    async fn get(&self, _key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        self.so()
    }

    async fn open(&self, _key: &str) -> Result<Snapshot, DriverError> {
        self.so()
    }

    async fn swap(&self, _snapshot: Snapshot, _value: Vec<u8>) -> Result<Swapped, DriverError> {
        self.so()
    }

    async fn set(&self, _key: &str, _value: Vec<u8>) -> Result<(), DriverError> {
        self.so()
    }

    async fn increment(&self, _key: &str, _delta: i64) -> Result<i64, DriverError> {
        self.so()
    }

    fn decode_counter(&self, _bytes: &[u8]) -> Option<i64> {
        None
    }

    fn encode_counter(&self, _number: i64) -> Vec<u8> {
        Vec::new()
    }

    async fn pause(&self, _millis: u64) {}

    fn elapsed_millis(&self) -> u64 {
        0
    }
}

#[tokio::test]
async fn whoever_forgot_to_grant_the_store_is_told_what_to_set() {
    let memory = Memory::new();
    for (grant, what) in [
        (Grant::Store, "its key_value_stores must name \"default\""),
        (
            Grant::Host,
            "its allowed_outbound_hosts must name it, as {{ store_host }} does",
        ),
        (Grant::Login, "store_url needs a user and a password"),
    ] {
        let denied = over(Denied(grant), &memory);
        for answered in [denied.get("/number").await, post(&denied).await] {
            assert_eq!(problem(&answered), (503, "misconfigured", "60"));
            let detail = answered.body["detail"].as_str().unwrap();
            assert!(detail.contains(what), "{detail}");
            assert!(!answered.body.to_string().contains("in its own words"));
        }
        let probe = probe(&denied).await;
        assert_eq!(probe["state"], "not_run");
        assert!(probe["detail"].as_str().unwrap().contains(what), "{probe}");
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_asks_for_more_patience() {
    let memory = Memory::new();
    let gone = over(
        Faulty::over(
            memory.clone(),
            Plan {
                crash_after: Some(0),
                ..Plan::default()
            },
        ),
        &memory,
    );
    assert_eq!(problem(&post(&gone).await), (503, "store_unavailable", "5"));
    let read = gone.get("/number").await;
    let detail = read.body["detail"].as_str().unwrap();
    assert!(
        !detail.contains("crashed"),
        "what the store says is for the log: {detail}"
    );
}
