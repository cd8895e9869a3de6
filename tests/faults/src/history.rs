//! Several clients and processes at once; who was answered what.

mod choice;
mod client;

use std::cell::{Cell, RefCell};

use fastrand::Rng;
use futures::future::join_all;
use rapport_store::Memory;
use rapport_web::testing::Answered;
use serde_json::json;

use crate::act::{Act, Item};
use crate::call::Call;
use crate::fleet::{Fleet, Passed};
use crate::heal::heal;
use crate::process::Process;

/// How large a history is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Clients at once.
    pub clients: usize,
    /// Requests of each, one after the other.
    pub requests: usize,
    /// Processes at once.
    pub processes: usize,
    /// Customers that all of it is about.
    pub customers: usize,
    /// How many of a hundred requests give feedback.
    pub feedback: u8,
    /// How many of a hundred requests are given up after a few tries.
    pub impatient: u8,
    /// Whether points expire: then accounts set timers.
    pub expiring: bool,
    /// How many orders the first customer has before anything goes wrong: with many, pages of the journal leave the account.
    pub before: usize,
    /// Whether there are segments whose rules ask for points and feedback.
    pub segments: bool,
}

/// What became of a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was answered: done.
    Done(Answered),
    /// It was answered: refused. Nothing must have been done.
    Refused(Answered),
    /// The client gave up before it was answered: done or not.
    Unknown,
}

/// A request, and what became of it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What was asked.
    pub act: Act,
    /// Its idempotency key.
    pub key: String,
    /// The request, word for word.
    pub call: Call,
    /// When it was first sent.
    pub begun: u64,
    /// When it was last sent.
    pub last_sent: u64,
    /// When it was answered, or given up.
    pub ended: u64,
    /// What became of it.
    pub outcome: Outcome,
}

impl Entry {
    /// What was answered, where it was done.
    pub fn done(&self) -> Option<&Answered> {
        match &self.outcome {
            Outcome::Done(answered) => Some(answered),
            Outcome::Refused(_) | Outcome::Unknown => None,
        }
    }
}

/// A history that is over, and healed.
pub struct History {
    /// What is in the store.
    pub memory: Memory,
    /// Every request.
    pub entries: Vec<Entry>,
    /// How many customers there may be.
    pub customers: usize,
    /// Whether there are segments.
    pub segments: bool,
    /// What the processes went through.
    pub passed: Passed,
}

/// A history under way.
pub(crate) struct Scene {
    pub fleet: Fleet,
    pub size: Size,
    pub entries: RefCell<Vec<Entry>>,
    clock: Cell<u64>,
}

impl Scene {
    /// A moment after every other.
    pub fn now(&self) -> u64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }
}

/// A point for each dollar, for a year or for ever.
fn programme(expiring: bool) -> Call {
    let mut points = json!({"per": {"amount": 100, "currency": "USD"}, "points": 1});
    if expiring {
        points["expires_after"] = json!({"months": 12});
    }
    Call::put(
        "/v1/loyalty/program",
        json!({"points": points, "tiers": []}),
    )
}

/// Runs the history of `seed`, to the end and until nothing is left to do.
///
/// # Panics
///
/// Where an answer cannot be right, whatever else happened.
pub async fn run(seed: u64, size: Size) -> History {
    let memory = Memory::new();
    let answered = Process::sound(&memory)
        .make(&programme(size.expiring))
        .await;
    assert_eq!(answered.status, 201, "{}", answered.body);
    if size.segments {
        for (id, field, is, value) in [
            ("rich", "loyalty.active", "gte", 150),
            ("unhappy", "feedback.last_nps", "lte", 6),
        ] {
            let rule = json!({"field": field, "is": is, "value": value});
            let path = format!("/v1/segments/{id}");
            let put = Call::put(&path, json!({"name": id, "rule": rule}));
            let answered = Process::sound(&memory).make(&put).await;
            assert_eq!(answered.status, 201, "{}", answered.body);
        }
    }
    let mut rng = Rng::with_seed(seed);
    let scene = Scene {
        fleet: Fleet::new(&memory, size.processes, rng.u64(..)),
        size,
        entries: RefCell::default(),
        clock: Cell::new(0),
    };
    if size.before > 0 {
        let orders = (0..size.before).map(|n| (0, Item::Order(format!("before-{n}"), 1_000)));
        let act = Act::Batch(orders.collect());
        client::alone(&scene, &Process::sound(&memory), act).await;
    }
    let clients = (0..size.clients).map(|n| client::run(&scene, n, Rng::with_seed(rng.u64(..))));
    join_all(clients).await;
    heal(&memory, None).await;
    History {
        memory,
        customers: size.customers,
        segments: size.segments,
        passed: scene.fleet.passed(),
        entries: scene.entries.into_inner(),
    }
}
