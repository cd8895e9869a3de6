//! A client: repeats what was not answered, with the same key, and sometimes what was.

use fastrand::Rng;
use futures::future::join;
use http::{Method, StatusCode};
use rapport_web::testing::Answered;
use serde_json::json;

use super::choice::next;
use super::{Entry, Outcome, Scene};
use crate::act::{Act, account, path};
use crate::call::Call;
use crate::crash::answered;
use crate::process::Process;

/// So often is a request made before the client takes the service for dead: never, as some process always works.
const MOST: usize = 200;

/// Makes the requests of one client.
pub(super) async fn run(scene: &Scene, client: usize, mut rng: Rng) {
    for n in 0..scene.size.requests {
        let act = next(scene, &mut rng, client, n);
        let key = format!("key-{client}-{n}");
        request(scene, act, key, &mut rng).await;
        match rng.u8(0..100) {
            0..20 => look(scene, &mut rng).await,
            20..24 => try_out(scene, &mut rng).await,
            24..30 => tick(scene, &mut rng).await,
            _ => {}
        }
    }
}

/// Makes a request that comes before all others, through a process that does nothing wrong.
pub(super) async fn alone(scene: &Scene, process: &Process, act: Act) {
    let key = "key-before".to_owned();
    let call = act.call(&key);
    let begun = scene.now();
    let answer = process.make(&call).await;
    assert!(answered(&answer), "{}", answer.body);
    scene.entries.borrow_mut().push(Entry {
        act,
        key,
        call,
        begun,
        last_sent: begun,
        ended: scene.now(),
        outcome: Outcome::Done(answer),
    });
}

/// What became of a request as one of a client's connections saw it.
struct Sent {
    outcome: Outcome,
    last_sent: u64,
}

async fn request(scene: &Scene, act: Act, key: String, rng: &mut Rng) {
    let call = act.call(&key);
    let begun = scene.now();
    let patience = match rng.u8(0..100) < scene.size.impatient {
        true => rng.usize(1..4),
        false => MOST,
    };
    // Some clients click twice.
    let twice = rng.u8(0..100) < 15;
    let sent = if twice {
        let (one, other) = join(send(scene, &call, patience), send(scene, &call, patience)).await;
        both(&call, one, other)
    } else {
        send(scene, &call, patience).await
    };
    let ended = scene.now();
    scene.entries.borrow_mut().push(Entry {
        act,
        key,
        call,
        begun,
        last_sent: sent.last_sent,
        ended,
        outcome: sent.outcome,
    });
}

/// Sends `call` until it is answered, to whatever process; gives up after as many times as there is `patience`.
async fn send(scene: &Scene, call: &Call, patience: usize) -> Sent {
    // What was computed though nobody got it was durable.
    let mut lost: Option<Answered> = None;
    let mut last_sent = 0;
    for _ in 0..patience {
        let (number, process) = scene.fleet.any();
        last_sent = scene.now();
        let answer = process.make(call).await;
        let crashed = scene.fleet.has_crashed(number, &process);
        if answered(&answer) {
            if let Some(lost) = &lost {
                assert_eq!(
                    (answer.status, &answer.body),
                    (lost.status, &lost.body),
                    "{call:?} was answered otherwise before"
                );
            }
            if crashed {
                lost = Some(answer);
                continue;
            }
            let outcome = Outcome::Done(answer);
            return Sent { outcome, last_sent };
        }
        if is_refused(call, &answer) && !crashed {
            assert!(
                lost.is_none(),
                "{call:?} was done, and then refused: {}",
                answer.body
            );
            let outcome = Outcome::Refused(answer);
            return Sent { outcome, last_sent };
        }
    }
    assert!(patience < MOST, "{call:?} was not answered {MOST} times");
    // It was computed: done, though the client did not learn it.
    let outcome = lost.map_or(Outcome::Unknown, Outcome::Done);
    Sent { outcome, last_sent }
}

/// Too few points, an order that has earned by another request, nobody to patch. Anything else that is no answer must be a store that fails.
fn is_refused(call: &Call, answer: &Answered) -> bool {
    let code = answer.body["code"].as_str().unwrap_or_default();
    match (answer.status, code) {
        (StatusCode::CONFLICT, "insufficient_points") => true,
        (StatusCode::NOT_FOUND, "not_found") if call.method == Method::PATCH => true,
        (StatusCode::UNPROCESSABLE_ENTITY, "key_reused") if call.key.is_none() => true,
        (StatusCode::SERVICE_UNAVAILABLE, _) | (StatusCode::OK, _) => false,
        _ => panic!("{call:?}: {} {}", answer.status, answer.body),
    }
}

/// What two connections saw of the same request.
fn both(call: &Call, one: Sent, other: Sent) -> Sent {
    let last_sent = one.last_sent.min(other.last_sent);
    let outcome = match (one.outcome, other.outcome) {
        (Outcome::Done(one), Outcome::Done(other)) => {
            assert_eq!(one.body, other.body, "{call:?} was answered in two ways");
            Outcome::Done(one)
        }
        (Outcome::Done(done), _) | (_, Outcome::Done(done)) => Outcome::Done(done),
        (Outcome::Unknown, _) | (_, Outcome::Unknown) => Outcome::Unknown,
        (Outcome::Refused(one), Outcome::Refused(_)) => Outcome::Refused(one),
    };
    Sent { outcome, last_sent }
}

/// Asks what would come of it: must leave nothing behind.
async fn try_out(scene: &Scene, rng: &mut Rng) {
    let customer = rng.usize(..scene.size.customers);
    let what = *rng.choice(&["earn", "spend"]).unwrap_or(&"earn");
    let path = format!("{}/{what}?dry_run=true", account(customer));
    let (number, process) = scene.fleet.any();
    process.make(&Call::post(&path, json!({"points": 1}))).await;
    scene.fleet.has_crashed(number, &process);
}

/// Carries out what is left, while others are at it: by the clock of all, or by one that takes every request for dead.
async fn tick(scene: &Scene, rng: &mut Rng) {
    let (number, process) = match rng.bool() {
        true => scene.fleet.any(),
        false => scene.fleet.late(),
    };
    let answer = process.make(&Call::post_nothing("/v1/tick")).await;
    scene.fleet.has_crashed(number, &process);
    let status = answer.status;
    let right = status == StatusCode::OK || status == StatusCode::SERVICE_UNAVAILABLE;
    assert!(right, "{}", answer.body);
}

/// Reads, while others write: what was acknowledged before is there.
async fn look(scene: &Scene, rng: &mut Rng) {
    let begun = scene.now();
    if rng.bool() {
        look_at_feedback(scene, begun).await;
    } else {
        let customer = rng.usize(..scene.size.customers);
        look_at_customer(scene, begun, customer).await;
    }
}

async fn read(scene: &Scene, path: &str) -> Option<Answered> {
    let (number, process) = scene.fleet.any();
    let answer = process.make(&Call::get(path)).await;
    scene.fleet.has_crashed(number, &process);
    (answer.status != StatusCode::SERVICE_UNAVAILABLE).then_some(answer)
}

async fn look_at_feedback(scene: &Scene, begun: u64) {
    let Some(list) = read(scene, "/v1/feedback?limit=200").await else {
        return;
    };
    let items = list.body["items"].as_array().cloned().unwrap_or_default();
    for entry in scene.entries.borrow().iter() {
        let Some(done) = entry
            .done()
            .filter(|_| matches!(entry.act, Act::Feedback(_)))
        else {
            continue;
        };
        let times = items.iter().filter(|item| item["id"] == done.body["id"]);
        let times = times.count();
        assert!(times <= 1, "{} is listed {times} times", done.body);
        assert!(
            times == 1 || entry.ended > begun,
            "{} is not listed",
            done.body
        );
    }
    let since = scene.now();
    let Some(metrics) = read(scene, "/v1/feedback/metrics").await else {
        return;
    };
    let entries = scene.entries.borrow();
    let before = entries
        .iter()
        .filter(|entry| matches!(entry.act, Act::Feedback(_)) && entry.ended < since);
    let least = before.filter(|entry| entry.done().is_some()).count();
    let counted = metrics.body["responses"].as_u64().unwrap_or(0);
    assert!(counted >= least as u64, "{counted} responses of {least}");
}

async fn look_at_customer(scene: &Scene, begun: u64, customer: usize) {
    let Some(found) = read(scene, &path(customer)).await else {
        return;
    };
    let Some(points) = read(scene, &account(customer)).await else {
        return;
    };
    let active = points.body["balance"]["active"].as_i64();
    assert!(active.is_some_and(|active| active >= 0), "{}", points.body);
    let rev = found.body["rev"].as_u64().unwrap_or(0);
    for entry in scene.entries.borrow().iter() {
        let about = match &entry.act {
            Act::Put(of, _) | Act::Patch(of, _) | Act::Track(of, _) => *of == customer,
            _ => false,
        };
        if let (true, true, Some(done)) = (about, entry.ended < begun, entry.done()) {
            let acknowledged = done.body["rev"].as_u64().unwrap_or(u64::MAX);
            assert!(rev >= acknowledged, "{} was read at {rev}", done.body);
        }
    }
}
