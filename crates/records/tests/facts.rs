//! Rules over the facts of other documents: points, tiers, feedback.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod common;

use std::collections::BTreeMap;

use common::{DAY, HOUR, LATE, Shop, at, customer, order, put, zone};
use futures::join;
use rapport_loyalty::{Command, Earn, Ids, Program, Rejection, Spend};
use rapport_records::accounts::{self, Programs};
use rapport_records::feedback::{self, RecordCarrier, Records};
use rapport_store::faulty::{Faulty, Plan, for_each_crash_point};
use rapport_store::{Change, Key, Memory, Nothing, Request, Store, StoreError, UpdateError};
use rapport_types::Timestamp;
use serde_json::{Value, json};

/// A point for a yuan, for ten days; gold from 300 points within 30 days.
fn program() -> Program {
    serde_json::from_value(json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"days": 10}},
        "tiers": [
            {"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "30d"},
            {"id": "gold", "name": "Gold", "at_least": 300, "by": "points", "window": "30d"}
        ]
    }))
    .unwrap()
}

async fn shop() -> Shop {
    open(Shop::new()).await
}

async fn open(shop: Shop) -> Shop {
    set(&shop, program()).await;
    shop
}

async fn set(shop: &Shop, program: Program) {
    let key = Key::single();
    let put = shop
        .store
        .update::<Programs, (), ()>(&key, Request::plain(at(0), &Nothing), |_| {
            Ok(Change::Commit {
                value: program.clone(),
                effects: Vec::new(),
                answer: (),
            })
        });
    put.await.unwrap();
}

fn field(name: &str, is: &str, value: Value) -> Value {
    json!({"field": name, "is": is, "value": value})
}

async fn moved(
    shop: &Shop,
    id: &str,
    key: &str,
    command: impl Fn(Ids) -> Command,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (program, zone) = (program(), zone());
    let command = command(Ids::new(None, Some(key), key).unwrap());
    let id = customer(id);
    let decided =
        accounts::decide::<Rejection>(&shop.store, &id, now, &zone, false, |account, _, prior| {
            rapport_loyalty::decide(account, Some(&program), &command, prior, now, &zone)
        });
    match decided.await {
        Ok(_) => Ok(()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

async fn try_earn(
    shop: &Shop,
    id: &str,
    key: &str,
    points: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let earn = |ids| {
        Command::Earn(Earn {
            points: Some(points),
            money: None,
            at: None,
            reason: None,
            ids,
        })
    };
    moved(shop, id, key, earn, now).await
}

async fn try_spend(
    shop: &Shop,
    id: &str,
    key: &str,
    points: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let spend = |ids| {
        Command::Spend(Spend {
            points,
            reason: None,
            ids,
        })
    };
    moved(shop, id, key, spend, now).await
}

async fn try_say(
    shop: &Shop,
    of: &str,
    id: &str,
    kind: &str,
    score: u8,
    now: Timestamp,
) -> Result<(), StoreError> {
    let record: rapport_feedback::Record = serde_json::from_value(json!({
        "id": id, "kind": kind, "value": score, "text": null, "channel": null, "subject": null, "customer": of,
        "language": null, "submitted_at": now, "received_at": now, "state": "new"
    }))
    .unwrap();
    let zone = zone();
    let carrier = RecordCarrier { now, zone: &zone };
    let key = feedback::key(id);
    let said = shop
        .store
        .update::<Records, (), ()>(&key, Request::plain(now, &carrier), |_| {
            Ok(Change::Commit {
                effects: feedback::effects(&record),
                value: record.clone(),
                answer: (),
            })
        });
    match said.await {
        Ok(_) => Ok(()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

async fn earn(shop: &Shop, id: &str, key: &str, points: i64, now: Timestamp) {
    try_earn(shop, id, key, points, now).await.unwrap();
}

async fn spend(shop: &Shop, id: &str, key: &str, points: i64, now: Timestamp) {
    try_spend(shop, id, key, points, now).await.unwrap();
}

async fn say(shop: &Shop, of: &str, id: &str, kind: &str, score: u8, now: Timestamp) {
    try_say(shop, of, id, kind, score, now).await.unwrap();
}

/// Who is in the audience.
async fn members(shop: &Shop, id: &str) -> Vec<String> {
    shop.audience(id).await.into_keys().collect()
}

#[tokio::test]
async fn points_that_come_and_go_flip_memberships_at_once() {
    let shop = shop().await;
    shop.define("rich", field("loyalty.active", "gte", json!(100)), at(0))
        .await;
    shop.define("poor", field("loyalty.active", "lt", json!(100)), at(0))
        .await;
    shop.define("spender", field("loyalty.spent", "gt", json!(0)), at(0))
        .await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    assert_eq!(members(&shop, "poor").await, ["c"]);
    earn(&shop, "c", "e", 150, at(HOUR)).await;
    assert_eq!(members(&shop, "rich").await, ["c"]);
    assert!(members(&shop, "poor").await.is_empty());
    assert_eq!(shop.audience("rich").await["c"], at(HOUR));
    spend(&shop, "c", "s", 100, at(2 * HOUR)).await;
    assert!(members(&shop, "rich").await.is_empty());
    assert_eq!(shop.audience("spender").await["c"], at(2 * HOUR));
    shop.check(at(2 * HOUR)).await;
    let record = shop.record("c").await;
    // Created, earned, spent.
    assert_eq!(record.seen.account, 3);
}

#[tokio::test]
async fn a_movement_that_flips_nothing_costs_what_it_did() {
    let shop = shop().await;
    shop.apply("c", put(json!({})), at(1)).await;
    // The first one sets the account's own timer.
    earn(&shop, "c", "e0", 500, at(1)).await;
    let without = shop.writes(spend(&shop, "c", "s0", 1, at(2))).await;
    shop.define("rich", field("loyalty.active", "gte", json!(100)), at(2))
        .await;
    shop.filled(at(3)).await;
    let with = shop.writes(spend(&shop, "c", "s1", 1, at(4))).await;
    assert_eq!((without, with), (1, 1));
    let rev = shop.record("c").await.evaluated_at;
    spend(&shop, "c", "s2", 1, at(5)).await;
    assert_eq!(shop.record("c").await.evaluated_at, rev);
    // The first flip creates documents of parking.
    spend(&shop, "c", "s3", 450, at(6)).await;
    earn(&shop, "c", "e1", 450, at(7)).await;
    // Account, parking, customer, parking, audience.
    assert_eq!(shop.writes(spend(&shop, "c", "s4", 490, at(8))).await, 5);
}

#[tokio::test]
async fn where_no_rule_names_points_or_feedback_neither_is_read() {
    let shop = shop().await;
    shop.define("vip", json!({"tag": "vip"}), at(0)).await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    let reads = async |n: i64| {
        let before = shop.memory.counts().reads;
        shop.apply("c", put(json!({ "n": n })), at(n)).await;
        shop.memory.counts().reads - before
    };
    // The first commit after a creation asks who created the customer.
    reads(2).await;
    let before = reads(3).await;
    earn(&shop, "c", "e", 500, at(4)).await;
    say(&shop, "c", "f", "nps", 3, at(5)).await;
    assert_eq!(reads(6).await, before);
    assert!(shop.record("c").await.seen.is_none());
    // The same, where a rule does: account, programme and summary, each before and after the commit.
    let any = [
        field("loyalty.active", "gt", json!(1_000)),
        field("feedback.count", "gt", json!(9)),
    ];
    shop.define("any", json!({ "any": any }), at(7)).await;
    shop.filled(at(8)).await;
    reads(9).await;
    let with = reads(10).await;
    assert!(
        (before + 6..before + 12).contains(&with),
        "{with} after {before}"
    );
}

#[tokio::test]
async fn what_expires_flips_memberships_by_the_tick_alone() {
    let shop = shop().await;
    shop.define("rich", field("loyalty.active", "gte", json!(100)), at(0))
        .await;
    shop.define("poor", field("loyalty.active", "lt", json!(100)), at(0))
        .await;
    shop.define(
        "soon",
        field("loyalty.expiring_soon", "gt", json!(0)),
        at(0),
    )
    .await;
    shop.define("expired", field("loyalty.expired", "gt", json!(0)), at(0))
        .await;
    shop.define("gold", field("loyalty.tier", "eq", json!("gold")), at(0))
        .await;
    shop.define(
        "tiered",
        json!({"field": "loyalty.tier", "is": "exists"}),
        at(0),
    )
    .await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.apply("d", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    earn(&shop, "c", "e1", 200, at(HOUR)).await;
    earn(&shop, "c", "e2", 150, at(3 * DAY)).await;
    earn(&shop, "d", "e1", 99, at(3 * DAY)).await;
    assert_eq!(members(&shop, "gold").await, ["c"]);
    for day in 3..40 {
        let now = at(day * DAY + 2 * HOUR);
        shop.tick(now).await;
        shop.check(now).await;
        let earned = if day < 11 {
            350
        } else if day < 14 {
            150
        } else {
            0
        };
        assert_eq!(
            members(&shop, "rich").await.len(),
            usize::from(earned >= 100),
            "day {day}"
        );
    }
    assert!(members(&shop, "tiered").await.is_empty());
    assert_eq!(members(&shop, "expired").await, ["c", "d"]);
    // Since when is that of the expiry, not of the tick that wrote it down.
    let (poor, expired) = (shop.audience("poor").await, shop.audience("expired").await);
    let account = shop.store.read(&accounts::key(&customer("c"))).await;
    let changed_at = account.unwrap().unwrap().value.changed_at;
    assert_eq!(Some(poor["c"]), changed_at);
    assert!(expired["c"] < poor["c"]);
    assert_eq!(poor["c"].millis() % HOUR, 0);
}

#[tokio::test]
async fn an_order_earns_and_its_points_count_at_once() {
    let shop = shop().await;
    shop.define("rich", field("loyalty.active", "gte", json!(100)), at(0))
        .await;
    let both = json!({"all": [
        {"event": "order_completed", "count": {"at_least": 2}},
        field("loyalty.active", "gte", json!(100))
    ]});
    shop.define("both", both, at(0)).await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    shop.apply("c", order(60), at(HOUR)).await;
    assert!(members(&shop, "rich").await.is_empty());
    shop.apply("c", order(70), at(2 * HOUR)).await;
    assert_eq!(members(&shop, "rich").await, ["c"]);
    assert_eq!(members(&shop, "both").await, ["c"]);
    shop.check(at(2 * HOUR)).await;
    // Also of somebody who is new with the order.
    shop.apply("d", order(100), at(3 * HOUR)).await;
    assert_eq!(members(&shop, "rich").await, ["c", "d"]);
    shop.tick(at(4 * HOUR)).await;
    shop.check(at(4 * HOUR)).await;
}

#[tokio::test]
async fn the_latest_answer_puts_into_a_segment_and_takes_out() {
    let shop = shop().await;
    shop.define(
        "unhappy",
        field("feedback.last_nps", "lte", json!(6)),
        at(0),
    )
    .await;
    shop.define(
        "asked",
        json!({"field": "feedback.last_at", "is": "within_last", "value": "5d"}),
        at(0),
    )
    .await;
    shop.define(
        "cases",
        field("feedback.open_cases", "gte", json!(2)),
        at(0),
    )
    .await;
    shop.define("silent", field("feedback.count", "eq", json!(0)), at(0))
        .await;
    shop.apply("c", put(json!({})), at(1)).await;
    shop.filled(at(2)).await;
    assert_eq!(members(&shop, "silent").await, ["c"]);
    say(&shop, "c", "f1", "nps", 3, at(HOUR)).await;
    assert_eq!(shop.audience("unhappy").await["c"], at(HOUR));
    assert!(members(&shop, "silent").await.is_empty());
    say(&shop, "c", "f2", "nps", 9, at(2 * HOUR)).await;
    assert!(members(&shop, "unhappy").await.is_empty());
    assert_eq!(members(&shop, "cases").await, ["c"]);
    assert_eq!(members(&shop, "asked").await, ["c"]);
    shop.check(at(2 * HOUR)).await;
    shop.tick(at(6 * DAY)).await;
    assert!(members(&shop, "asked").await.is_empty());
    shop.check(at(6 * DAY)).await;
    // Who is not there is in no segment, and comes into them when they are.
    say(&shop, "d", "f3", "nps", 0, at(7 * DAY)).await;
    assert!(members(&shop, "unhappy").await.is_empty());
    shop.apply("d", put(json!({})), at(8 * DAY)).await;
    assert_eq!(members(&shop, "unhappy").await, ["d"]);
    shop.check(at(8 * DAY)).await;
}

#[tokio::test]
async fn a_definition_is_filled_by_what_other_documents_say() {
    let shop = shop().await;
    for n in 0..20 {
        let id = format!("c{n:02}");
        shop.apply(&id, put(json!({})), at(1)).await;
        earn(&shop, &id, "e", 10 * (n + 1), at(2)).await;
    }
    shop.define("rich", field("loyalty.earned", "gt", json!(150)), at(3))
        .await;
    shop.filled(at(4)).await;
    assert_eq!(
        members(&shop, "rich").await,
        ["c15", "c16", "c17", "c18", "c19"]
    );
    shop.check(at(4)).await;
}

/// Segments whose rules need two documents, or three.
async fn mixed(shop: &Shop) {
    let big = field("traits.n", "gte", json!(3));
    let rich = field("loyalty.active", "gte", json!(100));
    let unhappy = field("feedback.last_nps", "lte", json!(6));
    for (id, rule) in [
        ("big-and-rich", json!({"all": [big, rich]})),
        ("rich-not-unhappy", json!({"all": [rich, {"not": unhappy}]})),
        ("unhappy-big", json!({"all": [unhappy, big]})),
        ("all-of-it", json!({"all": [unhappy, big, rich]})),
        (
            "bought",
            json!({"all": [{"event": "order_completed"}, rich]}),
        ),
        ("tiered", json!({"field": "loyalty.tier", "is": "exists"})),
    ] {
        shop.define(id, rule, at(0)).await;
    }
}

#[tokio::test]
async fn whenever_a_crash_comes_audiences_are_right_after_a_tick() {
    let points = for_each_crash_point(Memory::new, async |memory, process| {
        let shop = open(Shop::over(memory.clone())).await;
        mixed(&shop).await;
        shop.apply("a", put(json!({"n": 5})), at(0)).await;
        shop.filled(at(0)).await;
        let crashing = Shop {
            memory: memory.clone(),
            store: Store::new(process),
        };
        let _ = try_earn(&crashing, "a", "e", 120, at(HOUR)).await;
        let _ = try_say(&crashing, "a", "f", "nps", 2, at(2 * HOUR)).await;
        let _ = try_spend(&crashing, "a", "s", 50, at(3 * HOUR)).await;
        let _ = crashing.try_apply("a", order(40), at(4 * HOUR)).await;
        let _ = crashing.try_apply("b", order(100), at(5 * HOUR)).await;
        let later = Shop::over(memory.late_by(LATE));
        later.tick(at(6 * HOUR)).await;
        later.check(at(6 * HOUR)).await;
        later.tick(at(20 * DAY)).await;
        later.check(at(20 * DAY)).await;
        assert!(members(&later, "big-and-rich").await.is_empty());
    });
    let points = points.await;
    assert!(points > 80, "{points} points");
}

/// Who commits one document may have looked at another as it was before somebody else committed that.
#[tokio::test]
async fn whoever_comes_at_once_with_whom_audiences_are_what_evaluating_everybody_says() {
    for seed in 0..60 {
        let memory = Memory::new();
        let shop = open(Shop::over(memory.clone())).await;
        mixed(&shop).await;
        for id in ["a", "b"] {
            shop.apply(id, put(json!({"n": 0})), at(0)).await;
        }
        shop.filled(at(0)).await;
        let process = |n: u64| Shop {
            memory: memory.clone(),
            store: Store::new(Faulty::over(
                memory.clone(),
                Plan {
                    seed: seed * 10 + n,
                    delayed: 500,
                    lost_races: 30,
                    ..Plan::default()
                },
            )),
        };
        let now = at(HOUR);
        let (one, two, three, four) = (process(0), process(1), process(2), process(3));
        let customers = async {
            for n in 0..6 {
                one.apply("a", put(json!({"n": (n * 2 + 3) % 5, "again": n})), now)
                    .await;
            }
        };
        let points = async {
            for n in 0..4 {
                earn(&two, "a", &format!("e{n}"), 110, now).await;
                spend(&two, "a", &format!("s{n}"), 100, now).await;
            }
        };
        let feedback = async {
            // Of answers at the same moment the lowest counts.
            for score in [9, 8, 7, 3, 2, 0] {
                say(&three, "a", &format!("f{score}"), "nps", score, now).await;
            }
        };
        let orders = async {
            for _ in 0..3 {
                four.apply("b", order(60), now).await;
                four.apply("a", order(35), now).await;
            }
        };
        join!(customers, points, feedback, orders);
        for (segment, expected) in shop.evaluated(now).await {
            let found = shop.audience(&segment).await;
            let names = |all: &BTreeMap<String, Timestamp>| all.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&found), names(&expected), "seed {seed}: {segment}");
        }
    }
}

/// Two documents are committed once each, and only together do they make a member: whoever commits last has to see it.
#[tokio::test]
async fn of_two_who_commit_at_once_the_last_sees_both() {
    let big = field("traits.n", "gte", json!(3));
    let rich = field("loyalty.active", "gte", json!(100));
    let unhappy = field("feedback.last_nps", "lte", json!(6));
    let pairs = [[&big, &rich], [&big, &unhappy], [&rich, &unhappy]];
    for (without, pair) in [(2, pairs[0]), (1, pairs[1]), (0, pairs[2])] {
        for seed in 0..120 {
            let memory = Memory::new();
            let shop = open(Shop::over(memory.clone())).await;
            shop.apply("a", put(json!({"n": 0})), at(0)).await;
            // The documents are there, and so are those of parking: all that is left are the commits.
            earn(&shop, "a", "e0", 1, at(0)).await;
            say(&shop, "a", "f0", "nps", 9, at(0)).await;
            shop.define("both", json!({ "all": pair }), at(0)).await;
            shop.filled(at(1)).await;
            let process = |n: u64| {
                let seed = seed * 3 + n;
                let plan = Plan {
                    seed,
                    delayed: 500,
                    ..Plan::default()
                };
                let shop = Shop {
                    memory: memory.clone(),
                    store: Store::new(Faulty::over(memory.clone(), plan)),
                };
                // Feedback has further to go before its summary is committed.
                let turns = if n == 2 { 0 } else { (seed * 7) % 90 };
                (shop, turns)
            };
            let wait = async |turns: u64| {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            };
            let (one, two, three) = (process(0), process(1), process(2));
            let now = at(HOUR);
            join!(
                async {
                    if without != 0 {
                        wait(one.1).await;
                        one.0.apply("a", put(json!({"n": 5})), now).await;
                    }
                },
                async {
                    if without != 1 {
                        wait(two.1).await;
                        earn(&two.0, "a", "e", 110, now).await;
                    }
                },
                async {
                    if without != 2 {
                        say(&three.0, "a", "f", "nps", 2, now).await;
                    }
                },
            );
            assert_eq!(
                members(&shop, "both").await,
                ["a"],
                "seed {seed}, without {without}"
            );
        }
    }
}

#[tokio::test]
async fn another_programme_means_other_tiers_and_a_tick_finds_them() {
    let shop = shop().await;
    shop.define("gold", field("loyalty.tier", "eq", json!("gold")), at(0))
        .await;
    for (id, points) in [("a", 150), ("b", 400)] {
        shop.apply(id, put(json!({})), at(0)).await;
        earn(&shop, id, "e", points, at(0)).await;
    }
    shop.filled(at(1)).await;
    assert_eq!(members(&shop, "gold").await, ["b"]);
    let mut cheaper = program();
    cheaper.tiers.remove(0);
    cheaper.tiers[0].at_least = 100;
    set(&shop, cheaper).await;
    let later = shop.later();
    later.filled(at(2)).await;
    assert_eq!(members(&later, "gold").await, ["a", "b"]);
    later.check(at(2)).await;
    // Nothing more is to be done then.
    assert_eq!(later.later().filled(at(3)).await, 0);
}
