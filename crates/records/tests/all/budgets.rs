//! What a rule may give to all customers together is never exceeded, however many earn at once, and whatever crashes.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use crate::common::{LATE, Shop, at, customer, zone};
use futures::future::join_all;
use rapport_customer::{Command, Item};
use rapport_loyalty::earning::Occasion;
use rapport_loyalty::{Earn, Ids, Outcome, Program, Rejection};
use rapport_records::accounts::{self, Programs};
use rapport_records::budgets;
use rapport_store::faulty::for_each_crash_point;
use rapport_store::{Change, Key, Memory, Nothing, Request, Store, StoreError, UpdateError};
use rapport_types::{Currency, Money, Slug};
use serde_json::json;

/// A point for a yuan, and 30 for each of the first orders, until 100 are given.
fn program() -> Program {
    let program: Program = serde_json::from_value(json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1},
        "rules": [{"id": "launch", "name": "Launch", "points": 30, "caps": {"per_campaign": 100}}],
    }))
    .unwrap();
    assert_eq!(program.check(), []);
    program
}

async fn open(memory: Memory) {
    let store = Store::new(memory);
    let program = program();
    let key = Key::single();
    let put = store.update::<Programs, (), ()>(&key, Request::plain(at(0), &Nothing), |_| {
        Ok(Change::Commit {
            value: program.clone(),
            effects: Vec::new(),
            answer: (),
        })
    });
    put.await.unwrap();
}

fn launch() -> Slug {
    Slug::parse("launch").unwrap()
}

/// An order of ten yuan that a till reports.
async fn earn(shop: &Shop, who: &str, order: &str, dry_run: bool) -> Result<Outcome, StoreError> {
    let command = rapport_loyalty::Command::Earn(Earn {
        ids: Ids::new(Some(order), None, "").unwrap(),
        points: None,
        money: Some(Money::new(1_000, Currency::parse("CNY").unwrap())),
        at: None,
        reason: None,
    });
    let (who, zone, program) = (customer(who), zone(), program());
    let known = Occasion::default();
    let decided = accounts::decide::<Rejection>(
        &shop.store,
        &who,
        at(0),
        &zone,
        dry_run,
        |account, _, prior| {
            let known = Some(&known);
            rapport_loyalty::decide_on(
                account,
                Some(&program),
                &command,
                known,
                prior,
                at(0),
                &zone,
            )
        },
    );
    match decided.await {
        Ok(settled) => Ok(settled.outcome),
        Err(UpdateError::Store(error)) => Err(error),
        Err(other) => panic!("{other:?}"),
    }
}

async fn shop() -> Shop {
    let shop = Shop::new();
    open(shop.memory.clone()).await;
    shop
}

#[tokio::test]
async fn a_campaign_gives_what_it_has_and_then_nothing_with_the_reason() {
    let shop = shop().await;
    let mut given = Vec::new();
    for (n, who) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        // What is only tried takes nothing.
        let tried = earn(&shop, who, &n.to_string(), true).await.unwrap();
        let outcome = earn(&shop, who, &n.to_string(), false).await.unwrap();
        assert_eq!(tried.answer.points, outcome.answer.points);
        let why = serde_json::to_value(outcome.given[1].why).unwrap();
        given.push((outcome.given[1].points, why));
        // The same order again earns nothing, and takes nothing.
        assert!(
            earn(&shop, who, &n.to_string(), false)
                .await
                .unwrap()
                .replayed
        );
    }
    let cap = json!("cap_per_campaign");
    let expected = [
        (30, json!(null)),
        (30, json!(null)),
        (30, json!(null)),
        (10, cap.clone()),
        (0, cap),
    ];
    assert_eq!(given, expected);
    let budget = budgets::read(&shop.store, &launch()).await.unwrap();
    assert_eq!(budget.claimed, 100);
}

#[tokio::test]
async fn a_campaign_is_never_exceeded_by_those_who_earn_at_once() {
    let shop = shop().await;
    let earns = (0..24).map(|n| {
        let shop = Shop {
            memory: shop.memory.clone(),
            store: Store::new(shop.memory.clone()),
        };
        async move {
            // Twelve customers, each with two orders at once, each order twice.
            let who = format!("c{}", n % 6);
            let order = format!("o{}", n % 12);
            earn(&shop, &who, &order, false).await.unwrap()
        }
    });
    join_all(earns).await;
    let mut bonus = 0;
    for n in 0..6 {
        let key = accounts::key(&customer(&format!("c{n}")));
        let account = shop.store.read(&key).await.unwrap().unwrap().value;
        for entry in account.journal.kept().unwrap() {
            bonus += entry.given[1].points;
        }
    }
    assert_eq!(bonus, 100);
}

#[tokio::test]
async fn a_crash_between_the_claim_and_the_account_gives_nothing_twice() {
    let crash_points = for_each_crash_point(Memory::repeatable, async |memory, process| {
        open(memory.clone()).await;
        let order = || {
            let order = json!({"order_id": "o1", "total": 10, "currency": "CNY"});
            Command::Apply(vec![Item::Track {
                event: "Order Paid".to_owned(),
                properties: order.as_object().unwrap().clone(),
                timestamp: None,
                message_id: None,
            }])
        };
        let asked = Shop {
            memory: memory.clone(),
            store: Store::new(process),
        };
        let _ = asked.try_apply("alice", order(), at(0)).await;
        let shop = Shop::over(memory.late_by(LATE));
        while shop.tick(at(0)).await > 0 {}
        shop.apply("alice", order(), at(0)).await;
        while shop.tick(at(0)).await > 0 {}
        let ledger = accounts::ledger(&shop.store, &customer("alice"))
            .await
            .unwrap();
        assert_eq!(ledger.value.totals.earned, 40);
        let budget = budgets::read(&shop.store, &launch()).await.unwrap();
        assert_eq!(budget.claimed, 30);
    });
    assert!(crash_points.await >= 6);
}
