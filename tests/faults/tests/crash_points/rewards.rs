//! Rewards are redeemed, and vouchers cancelled. Codes are random, so what is left is not compared with another run: it has to add up.

use std::collections::BTreeSet;

use faults::crash::answered;
use faults::heal::heal;
use faults::process::Process;
use rapport_store::Memory;
use rapport_store::faulty::{Faulty, for_each_crash_point};

use super::{Call, Scenario, Value, check, json};

const COFFEE: &str = "/v1/loyalty/rewards/coffee";
const ACCOUNT: &str = "/v1/loyalty/accounts/c1";
/// When the timer of a redemption is due, whatever quarter of an hour it is in.
const LATER: &str = "2026-11-21T13:00:00+08:00";

fn coffee(stock: Value) -> Call {
    let body = json!({"name": "Coffee", "points": 60, "stock": stock, "per_customer": 1});
    Call::put(COFFEE, body)
}

fn earned() -> Vec<Call> {
    let earn = Call::post(
        &format!("{ACCOUNT}/earn"),
        json!({"points": 100, "order_id": "first"}),
    );
    vec![super::loyalty::program(), earn]
}

fn redeem() -> Call {
    Call::post(&format!("{ACCOUNT}/redeem"), json!({"reward": "coffee"})).once("k")
}

#[tokio::test(start_paused = true)]
async fn a_reward_is_put_and_deleted() {
    check(
        Scenario::new(vec![], coffee(json!(3)).once("k"), &[COFFEE]),
        &[],
    )
    .await;
    let other = coffee(json!(4)).once("k");
    check(Scenario::new(vec![coffee(json!(3))], other, &[COFFEE]), &[]).await;
    let gone = Call::delete(COFFEE).once("k");
    check(Scenario::new(vec![coffee(json!(3))], gone, &[COFFEE]), &[]).await;
}

/// What the account, the stock and the vouchers say; asserts that they agree. Answers the vouchers by state.
async fn adds_up(process: &Process, place: &str) -> Vec<(String, String)> {
    let balance = process.get(ACCOUNT).await["balance"].clone();
    let stock = process.get(COFFEE).await;
    let vouchers = process.all(&format!("{ACCOUNT}/vouchers")).await;
    let text = |voucher: &Value, field: &str| voucher[field].as_str().unwrap_or("").to_owned();
    let vouchers: Vec<_> = vouchers
        .iter()
        .map(|voucher| (text(voucher, "code"), text(voucher, "state")))
        .collect();
    let codes: BTreeSet<_> = vouchers.iter().map(|(code, _)| code.clone()).collect();
    assert_eq!(codes.len(), vouchers.len(), "{place}: {vouchers:?}");
    let living = vouchers
        .iter()
        .filter(|(_, state)| state == "active")
        .count();
    let living = i64::try_from(living).unwrap_or(-1);
    let is = json!([
        balance["active"],
        balance["held"],
        balance["spent"],
        stock["redeemed"]
    ]);
    let expected = json!([100 - 60 * living, 0, 60 * living, living]);
    assert_eq!(is, expected, "{place}: {vouchers:?}");
    let audit = process.get(&format!("{ACCOUNT}/audit")).await;
    assert_eq!(audit["ok"], true, "{place}: {audit}");
    vouchers
}

/// `request` after `before`, crashed at each of its steps; then it is made again, or not; then what is left is done.
async fn crashed(
    before: &[Call],
    request: &Call,
    again: bool,
) -> Vec<(u64, Vec<(String, String)>)> {
    let mut left = Vec::new();
    let points = for_each_crash_point(
        Memory::repeatable,
        async |memory: Memory, faulty: Faulty| {
            let sound = Process::sound(&memory);
            for call in before {
                let made = sound.make(call).await;
                assert!(made.status.is_success(), "{call:?}: {}", made.body);
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
            let vouchers = adds_up(&Process::later(&memory), &place).await;
            if again || answered(&first) {
                assert_eq!(vouchers.len(), 1, "{place}: what was answered is there");
            }
            left.push((operations, vouchers));
        },
    )
    .await;
    assert!(points > 8, "{points}");
    left
}

#[tokio::test(start_paused = true)]
async fn a_reward_is_redeemed_once_or_not_at_all_whatever_crashes() {
    for stock in [json!(1), Value::Null] {
        let before: Vec<Call> = earned().into_iter().chain([coffee(stock)]).collect();
        for left in crashed(&before, &redeem(), true).await {
            assert_eq!(left.1.len(), 1);
        }
        // Nobody asks again: from some point on the tick finishes it, before that nothing has happened.
        let left = crashed(&before, &redeem(), false).await;
        let done: Vec<bool> = left
            .iter()
            .skip(1)
            .map(|(_, vouchers)| vouchers.len() == 1)
            .collect();
        assert!(
            done.is_sorted() && done.contains(&true) && done.contains(&false),
            "{done:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_crashed_without_a_stock_left_holds_no_points() {
    // The only one goes to somebody else while the points are held.
    let other = "/v1/loyalty/accounts/c2";
    let rich = Call::post(
        &format!("{other}/earn"),
        json!({"points": 100, "order_id": "second"}),
    );
    let theirs = Call::post(&format!("{other}/redeem"), json!({"reward": "coffee"})).once("k");
    let before: Vec<Call> = earned()
        .into_iter()
        .chain([rich, coffee(json!(1))])
        .collect();
    let mut both = BTreeSet::new();
    for_each_crash_point(
        Memory::repeatable,
        async |memory: Memory, faulty: Faulty| {
            let sound = Process::sound(&memory);
            for call in &before {
                assert!(sound.make(call).await.status.is_success());
            }
            Process::over(faulty.clone(), &memory).make(&redeem()).await;
            let second = sound.make(&theirs).await;
            heal(&memory, None).await;
            heal(&memory, Some(LATER)).await;
            let process = Process::later(&memory);
            let (mut spent, mut vouchers) = (Vec::new(), 0);
            for account in [ACCOUNT, other] {
                let balance = process.get(account).await["balance"].clone();
                assert_eq!(balance["held"], 0, "{balance}");
                spent.push(balance["spent"].as_i64().unwrap_or(-1));
                vouchers += process.all(&format!("{account}/vouchers")).await.len();
            }
            let operations = faulty.injected().operations;
            assert_eq!(vouchers, 1, "{operations} operations, {}", second.body);
            assert_eq!(spent.iter().sum::<i64>(), 60, "{spent:?}");
            assert_eq!(process.get(COFFEE).await["redeemed"], 1);
            both.insert(spent);
        },
    )
    .await;
    assert_eq!(both.len(), 2, "one or the other had it: {both:?}");
}

#[tokio::test(start_paused = true)]
async fn a_voucher_is_used_once_whatever_crashes() {
    let before: Vec<Call> = earned()
        .into_iter()
        .chain([coffee(json!(1)), redeem()])
        .collect();
    for_each_crash_point(
        Memory::repeatable,
        async |memory: Memory, faulty: Faulty| {
            let sound = Process::sound(&memory);
            for call in &before {
                assert!(sound.make(call).await.status.is_success());
            }
            let code = sound.all(&format!("{ACCOUNT}/vouchers")).await[0]["code"].clone();
            let path = format!("/v1/loyalty/vouchers/{}", code.as_str().unwrap_or(""));
            let using = Call::post(&format!("{path}/use"), json!({"order_id": "7"})).once("till");
            let first = Process::over(faulty, &memory).make(&using).await;
            let second = sound.make(&using).await;
            assert!(answered(&second), "{}", second.body);
            if answered(&first) {
                assert_eq!(first.body, second.body);
            }
            let voucher = sound.get(&path).await;
            assert_eq!(
                (&voucher["state"], &voucher["uses_left"]),
                (&json!("used"), &json!(0))
            );
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_voucher_returns_its_points_once_whatever_crashes() {
    let before: Vec<Call> = earned()
        .into_iter()
        .chain([coffee(json!(1)), redeem()])
        .collect();
    for again in [true, false] {
        let mut states = Vec::new();
        for_each_crash_point(
            Memory::repeatable,
            async |memory: Memory, faulty: Faulty| {
                let sound = Process::sound(&memory);
                for call in &before {
                    assert!(sound.make(call).await.status.is_success());
                }
                let code = sound.all(&format!("{ACCOUNT}/vouchers")).await[0]["code"].clone();
                let path = format!(
                    "/v1/loyalty/vouchers/{}/cancel",
                    code.as_str().unwrap_or("")
                );
                let cancel = Call::post(&path, json!({})).once("refund");
                let first = Process::over(faulty.clone(), &memory).make(&cancel).await;
                if again {
                    let second = sound.make(&cancel).await;
                    assert!(answered(&second), "{}", second.body);
                }
                heal(&memory, None).await;
                let place = format!("cancel crashed after {}", faulty.injected().operations);
                let vouchers = adds_up(&Process::later(&memory), &place).await;
                if again || answered(&first) {
                    assert_eq!(vouchers[0].1, "cancelled", "{place}");
                }
                states.push(vouchers[0].1.clone());
            },
        )
        .await;
        assert!(states.len() > 5, "{states:?}");
    }
}
