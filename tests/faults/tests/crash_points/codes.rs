//! Codes are imported, and handed out: none twice, and none is lost, whatever crashes.

use faults::crash::answered;
use faults::heal::heal;
use faults::process::Process;
use rapport_store::Memory;
use rapport_store::faulty::{Faulty, for_each_crash_point};

use super::{Call, Scenario, Value, check, json};

const CARD: &str = "/v1/loyalty/rewards/card";
const CODES: &str = "/v1/loyalty/rewards/card/codes";
/// When every timer of a redemption is due and every claim is old.
const LATER: &str = "2026-11-21T13:00:00+08:00";

fn card() -> Call {
    let body = json!({"name": "Card", "points": 10, "voucher": {"codes": "imported"}});
    Call::put(CARD, body)
}

fn import(range: std::ops::Range<u32>) -> Call {
    let codes: Vec<String> = range.map(|n| format!("code {n}")).collect();
    Call::post(CODES, json!({ "codes": codes }))
}

#[tokio::test(start_paused = true)]
async fn codes_are_imported_once_also_where_those_before_leave_the_document() {
    let first = || import(0..3).once("k");
    check(Scenario::new(vec![card()], first(), &[CODES]), &[]).await;
    // 400 are there, 200 come: the 400 leave.
    let before = || vec![card(), import(0..400)];
    let more = || import(400..600).once("k");
    check(Scenario::new(before(), more(), &[CODES]), &[]).await;
    // Whatever crashed, every code is known, and the total says how many there are.
    let points = for_each_crash_point(
        Memory::repeatable,
        async |memory: Memory, faulty: Faulty| {
            let sound = Process::sound(&memory);
            for call in before() {
                assert!(sound.make(&call).await.status.is_success());
            }
            Process::over(faulty.clone(), &memory).make(&more()).await;
            let operations = faulty.injected().operations;
            let old = sound.make(&import(0..400)).await;
            assert_eq!(old.body["duplicates"], 400, "{operations}");
            sound.make(&import(400..600)).await;
            let again = sound.make(&import(400..600)).await;
            let told = [&again.body["duplicates"], &again.body["total"]];
            assert_eq!(told, [&json!(200), &json!(600)], "{operations}");
        },
    )
    .await;
    assert!(points > 8, "{points}");
}

fn redeem(customer: &str, key: &str) -> Call {
    let path = format!("/v1/loyalty/accounts/{customer}/redeem");
    Call::post(&path, json!({"reward": "card"})).once(key)
}

async fn codes_of(process: &Process, customer: &str) -> Vec<Value> {
    let path = format!("/v1/loyalty/accounts/{customer}/vouchers");
    let vouchers = process.all(&path).await;
    vouchers.iter().map(|v| v["code"].clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn no_code_is_handed_out_twice_and_none_is_lost_whatever_crashes() {
    let earned = |customer: &str| {
        let path = format!("/v1/loyalty/accounts/{customer}/earn");
        Call::post(&path, json!({"points": 100, "order_id": "first"}))
    };
    let customers = ["c1", "c2", "c3"];
    let before: Vec<Call> = [super::loyalty::program(), card(), import(0..3)]
        .into_iter()
        .chain(customers.map(earned))
        .collect();
    for again in [true, false] {
        let points = for_each_crash_point(
            Memory::repeatable,
            async |memory: Memory, faulty: Faulty| {
                let sound = Process::sound(&memory);
                for call in &before {
                    assert!(sound.make(call).await.status.is_success());
                }
                let mine = redeem("c1", "k");
                let first = Process::over(faulty.clone(), &memory).make(&mine).await;
                let place = format!("{} operations, again {again}", faulty.injected().operations);
                let theirs = sound.make(&redeem("c2", "k")).await;
                assert!(answered(&theirs), "{place}: {}", theirs.body);
                if again {
                    let second = sound.make(&mine).await;
                    assert!(answered(&second), "{place}: {}", second.body);
                    if answered(&first) {
                        assert_eq!(first.body, second.body, "{place}");
                    }
                }
                heal(&memory, None).await;
                heal(&memory, Some(LATER)).await;
                let process = Process::later(&memory);
                let done = codes_of(&process, "c1").await.len();
                if again || answered(&first) {
                    assert_eq!(done, 1, "{place}");
                }
                // Whatever is left goes to the next, and then nothing is.
                for n in 0..3 - done {
                    let rest = redeem("c3", &n.to_string()).at(LATER);
                    let last = n == 2 - done;
                    let answer = process.make(&rest).await;
                    assert_eq!(answered(&answer), !last, "{place}: {}", answer.body);
                    assert!(
                        !last || answer.body["code"] == "pool_empty",
                        "{}",
                        answer.body
                    );
                }
                let mut codes = Vec::new();
                for customer in customers {
                    codes.extend(codes_of(&process, customer).await);
                }
                codes.sort_by_key(Value::to_string);
                assert_eq!(codes, ["code 0", "code 1", "code 2"], "{place}");
                let counts = process.get(CODES).await;
                let told = ["left", "given", "reserved"].map(|name| &counts[name]);
                assert_eq!(told, [&json!(0), &json!(3), &json!(0)], "{place}");
            },
        )
        .await;
        assert!(points > 8, "{points}");
    }
}
