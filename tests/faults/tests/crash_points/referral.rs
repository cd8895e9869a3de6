//! A code is claimed, and paid for; check-ins and missions. Codes are random, so what is left is not compared with another run: it has
//! to add up.

use faults::crash::answered;
use faults::heal::heal;
use faults::process::Process;
use rapport_store::Memory;
use rapport_store::faulty::{Faulty, for_each_crash_point};

use super::{Call, Scenario, Value, check, json};

const ANNA: &str = "/v1/loyalty/accounts/anna";
const BO: &str = "/v1/loyalty/accounts/bo";
/// A quarter of an hour later, when every timer of now is due.
const LATER: &str = "2026-11-21T13:00:00+08:00";

fn program(referral: Value) -> Call {
    let points = json!({"per": {"amount": 100, "currency": "USD"}, "points": 1});
    let program = json!({"points": points, "tiers": [], "referral": referral});
    Call::put("/v1/loyalty/program", program)
}

/// Both get points, at the sign-up or for the first order.
fn terms(on: Value) -> Value {
    json!({"referrer": {"points": 100}, "referred": {"points": 50}, "on": on, "holding": "14d"})
}

/// What is left of a referral.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Left {
    /// Of how many earns and reversals each one's journal tells.
    anna: Vec<i64>,
    bo: Vec<i64>,
    state: String,
}

/// What is left; asserts that it adds up.
async fn left(memory: &Memory, place: &str) -> Left {
    let process = Process::later(memory);
    let mut journals = Vec::new();
    for account in [ANNA, BO] {
        let audit = process.get(&format!("{account}/audit")).await;
        assert_eq!(audit["ok"], true, "{place}: {audit}");
        let journal = process.all(&format!("{account}/journal")).await;
        let points = journal.iter().map(|entry| entry["points"].as_i64());
        let mut points: Vec<i64> = points.map(|points| points.unwrap_or(0)).collect();
        points.sort_unstable();
        journals.push(points);
    }
    let list = process.all(&format!("{ANNA}/referrals")).await;
    assert!(list.len() <= 1, "{place}: {list:?}");
    let state = list.first().and_then(|one| one["state"].as_str());
    Left {
        state: state.unwrap_or("none").to_owned(),
        bo: journals.pop().unwrap_or_default(),
        anna: journals.pop().unwrap_or_default(),
    }
}

/// Makes the code of anna, and with `claimed` lets bo claim it. Answers the claim.
async fn prepare(memory: &Memory, on: Value, claimed: bool) -> Call {
    let sound = Process::sound(memory);
    let set = sound.make(&program(terms(on))).await;
    assert!(set.status.is_success(), "{}", set.body);
    let code = Call::post(&format!("{ANNA}/referral"), json!({}));
    let code = sound.make(&code).await.body["code"].clone();
    let body = json!({"code": code, "customer": "bo"});
    let claim = Call::post("/v1/loyalty/referrals", body).once("claim");
    if claimed {
        let made = sound.make(&claim).await;
        assert_eq!(made.status, 200, "{}", made.body);
    }
    claim
}

/// `request`, crashed at each of its steps, made again or not; then what is left is done. `Option`: the claim itself.
async fn crashed(
    on: Value,
    before: &[Call],
    request: Option<&Call>,
    again: bool,
) -> Vec<(bool, Left)> {
    let mut all = Vec::new();
    let points = for_each_crash_point(
        Memory::repeatable,
        async |memory: Memory, faulty: Faulty| {
            let claim = prepare(&memory, on.clone(), request.is_some()).await;
            let request = request.unwrap_or(&claim);
            let sound = Process::sound(&memory);
            for call in before {
                assert!(sound.make(call).await.status.is_success());
            }
            let first = Process::over(faulty.clone(), &memory).make(request).await;
            let operations = faulty.injected().operations;
            let place = format!(
                "{} crashed after {operations}, repeated {again}",
                request.path
            );
            if again {
                let second = sound.make(request).await;
                assert!(answered(&second), "{place}: {}", second.body);
                if answered(&first) {
                    assert_eq!(first.body, second.body, "{place}");
                }
            }
            heal(&memory, None).await;
            heal(&memory, Some(LATER)).await;
            all.push((again || answered(&first), left(&memory, &place).await));
        },
    )
    .await;
    assert!(points > 4, "{points}");
    all
}

fn sorted(points: &[i64]) -> Vec<i64> {
    let mut points = points.to_vec();
    points.sort_unstable();
    points
}

#[tokio::test(start_paused = true)]
async fn a_claim_pays_both_once_or_neither_whatever_crashes() {
    for again in [true, false] {
        let mut done = Vec::new();
        for (answered, left) in crashed(json!("sign_up"), &[], None, again).await {
            let paid = left.anna == [100] && left.bo == [50] && left.state == "holding";
            let none = left.anna.is_empty() && left.bo.is_empty() && left.state == "none";
            assert!(paid || none && !answered, "{answered}: {left:?}");
            done.push(paid);
        }
        if !again {
            // From some point on the tick finishes it. The run without a crash comes first.
            let done = done.get(1..).unwrap_or_default();
            assert!(done.is_sorted() && done.contains(&true) && done.contains(&false));
        }
    }
}

fn order() -> Call {
    let money = json!({"amount": 1_000, "currency": "USD"});
    Call::post(
        &format!("{BO}/earn"),
        json!({"order_id": "1", "money": money}),
    )
}

fn tracked() -> Call {
    let properties = json!({"order_id": "1", "total": 10, "currency": "USD"});
    let body = json!({"userId": "bo", "event": "Order Completed", "properties": properties});
    Call::post("/v1/track", body).once("m1")
}

#[tokio::test(start_paused = true)]
async fn the_order_that_a_referral_waits_for_pays_both_once_or_is_none_whatever_crashes() {
    for request in [order(), tracked()] {
        for again in [true, false] {
            let mut done = 0;
            let all = crashed(json!({"order": 1}), &[], Some(&request), again).await;
            for (answered, left) in &all {
                let paid = left.anna == [100] && left.bo == [10, 50] && left.state == "holding";
                let none = left.anna.is_empty() && left.bo.is_empty() && left.state == "waiting";
                assert!(paid || none && !answered, "{answered}: {left:?}");
                done += usize::from(paid);
            }
            assert!(done == all.len() || !again && done > 1, "{done}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_order_that_is_taken_back_takes_the_points_back_once_whatever_crashes() {
    let transaction = rapport_loyalty::TransactionId::of_order("1").to_string();
    let back = Call::post(
        &format!("{BO}/reverse"),
        json!({"transaction": transaction}),
    )
    .once("b");
    for again in [true, false] {
        let mut done = 0;
        let all = crashed(json!({"order": 1}), &[order()], Some(&back), again).await;
        for (answered, left) in &all {
            let revoked = left.anna == [-100, 100]
                && left.bo == sorted(&[10, 50, -10, -50])
                && left.state == "revoked";
            let stays = left.anna == [100] && left.bo == [10, 50] && left.state == "holding";
            assert!(revoked || stays && !answered, "{answered}: {left:?}");
            done += usize::from(revoked);
        }
        assert!(done == all.len() || !again && done > 1, "{done}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_checks_in() {
    let rules = json!([{"id": "daily", "name": "Check-in", "when": "check_in", "points": 5}]);
    let points = json!({"per": {"amount": 100, "currency": "USD"}, "points": 1});
    let body = json!({"points": points, "tiers": [], "rules": rules});
    let program = Call::put("/v1/loyalty/program", body);
    let path = format!("{ANNA}/check-ins");
    let check_in = Call::post(&path, json!({})).once("k");
    let yesterday = Call::post(&path, json!({})).at("2026-11-20T12:00:00+08:00");
    let journal = format!("{ANNA}/journal");
    for before in [vec![program.clone()], vec![program, yesterday]] {
        let looks = [ANNA, &path, &journal];
        check(Scenario::new(before, check_in.clone(), &looks), &[]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_completes_a_mission() {
    let rule = json!({"event": "order_completed", "count": {"at_least": 1}});
    let mission =
        json!({"name": "Order", "rule": rule, "reward": {"points": 50}, "period": "weekly"});
    let mission = Call::put("/v1/loyalty/missions/order", mission);
    let there = Call::put("/v1/customers/bo", json!({"traits": {}}));
    let journal = format!("{BO}/journal");
    let missions = format!("{BO}/missions");
    let looks = ["/v1/customers/bo", BO, &journal, &missions];
    let before = vec![super::loyalty::program(), mission, there];
    check(Scenario::new(before, tracked(), &looks), &[]).await;
}
