//! An account of several kinds of points, whose lots expire on hundreds of different days: what has left the document is found, reversed and
//! audited through the store, of each kind, and nothing that is stored for it is large.
//!
//! 800 transactions are some 2,000 entries: thirty pages, and ids in their second generation. `tests/http/long_account.rs` does 20,000 of one
//! kind through the real components.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic
)]

use rapport_loyalty::{Audit, Command, Earn, Ids, Outcome, Program, Rejection, Spend, decide};
use rapport_records::accounts;
use rapport_store::{Memory, Store};
use rapport_types::{Currency, CustomerId, Money, Slug, Timestamp, Zone};
use serde_json::json;

/// What the smallest of the backends takes, in bytes.
const LARGEST: usize = 300_000;

const TRANSACTIONS: i64 = 800;

/// Points that expire on hundreds of different days, growth with every order, coins.
fn programme() -> Program {
    let programme = json!({
        "points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1, "expires_after": {"days": 400}},
        "kinds": [{"id": "growth", "name": "成长值", "spendable": false, "expires_after": {"days": 365}},
                  {"id": "coins", "name": "Coins", "expires_after": {"months": 6}}],
        "rules": [{"id": "grow", "name": "Growth", "kind": "growth", "per": {"amount": 100, "currency": "CNY"}, "points": 2},
                  {"id": "coin", "name": "A coin", "kind": "coins", "points": 1}],
        "tiers": [{"id": "gold", "name": "Gold", "at_least": 1000, "by": "points", "kind": "growth", "window": "365d"}],
    });
    let programme: Program = serde_json::from_value(programme).unwrap();
    assert_eq!(programme.check(), []);
    programme
}

fn command(n: i64) -> Command {
    let key = format!("key-{n}-{}", "k".repeat(40));
    match n % 10 {
        9 => Command::Spend(Spend {
            ids: Ids::new(None, Some(&key), "").unwrap(),
            points: 60,
            reason: Some("优惠券 \"满减\"".repeat(4)),
        }),
        8 => Command::Spend(Spend {
            ids: Ids::new(None, Some(&key), "").unwrap(),
            points: 5,
            reason: None,
        })
        .of_kind(Slug::parse("coins").ok()),
        _ => Command::Earn(Earn {
            ids: Ids::new(Some(&format!("order-{n}")), Some(&key), "").unwrap(),
            points: None,
            money: Some(Money::new(1_000 + n % 700, Currency::parse("CNY").unwrap())),
            at: None,
            reason: Some("线上商城".to_owned()),
        }),
    }
}

struct Shop {
    store: Store,
    programme: Program,
    zone: Zone,
    customer: CustomerId,
}

impl Shop {
    async fn run(&self, command: &Command, now: Timestamp) -> Result<Outcome, Rejection> {
        let Self {
            store,
            programme,
            zone,
            customer,
        } = self;
        let settled = accounts::decide(store, customer, now, zone, false, |account, _, prior| {
            decide(account, Some(programme), command, prior, now, zone)
        });
        match settled.await {
            Ok(settled) => Ok(settled.outcome),
            Err(rapport_store::UpdateError::Rejected(rejection)) => Err(rejection),
            Err(_) => panic!("the store failed"),
        }
    }
}

/// The largest value in the store, and how many there are.
async fn largest(memory: &Memory, store: &Store) -> (usize, usize, String) {
    let keys = memory.keys();
    let mut largest = (0, String::new());
    for key in &keys {
        let bytes = store.driver().get(key).await.unwrap().unwrap_or_default();
        if bytes.len() > largest.0 {
            largest = (bytes.len(), key.clone());
        }
    }
    (largest.0, keys.len(), largest.1)
}

#[tokio::test]
async fn an_order_of_hundreds_of_transactions_ago_counts_once_and_no_value_is_large() {
    let memory = Memory::new();
    let shop = Shop {
        store: Store::new(memory.clone()),
        programme: programme(),
        zone: Zone::named("Asia/Shanghai").unwrap(),
        customer: CustomerId::parse("alice").unwrap(),
    };
    let account_key = accounts::key(&shop.customer);
    let begin = Timestamp::parse("2024-01-01T00:00:00Z").unwrap();
    let mut first = None;
    let mut account_largest = 0;
    let mut now = begin;
    for n in 0..TRANSACTIONS {
        // More than two years.
        now = Timestamp::from_millis(begin.millis() + n * (72_000_000_000 / TRANSACTIONS));
        let command = command(n);
        match shop.run(&command, now).await {
            Ok(outcome) => drop(first.get_or_insert(outcome)),
            Err(Rejection::Insufficient { .. }) => assert!(n < 100, "{n}"),
            Err(other) => panic!("{n}: {other}"),
        }
        if n % 50 == 0 {
            let bytes = shop.store.driver().get(account_key.as_str()).await.unwrap();
            account_largest = account_largest.max(bytes.unwrap().len());
        }
    }
    let first = first.unwrap();
    let (bytes, keys, key) = largest(&memory, &shop.store).await;
    println!(
        "{keys} values; the largest is {key} with {bytes} bytes; the account had at most {account_largest}"
    );
    assert!(
        bytes.max(account_largest) <= LARGEST,
        "{key}: {bytes}, {account_largest}"
    );

    let before = shop.store.read(&account_key).await.unwrap().unwrap();
    let again = shop.run(&command(0), now).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.answer, first.answer);
    assert_eq!((&again.also, &again.given), (&first.also, &first.given));
    // Under its other name it is known as well.
    let same_key = Command::Spend(Spend {
        ids: Ids::new(None, Some(&format!("key-0-{}", "k".repeat(40))), "").unwrap(),
        points: 1,
        reason: None,
    });
    let reused = shop.run(&same_key, now).await;
    assert!(matches!(reused, Err(Rejection::KeyReused { .. })));
    let after = shop.store.read(&account_key).await.unwrap().unwrap();
    assert_eq!((after.rev, &after.value), (before.rev, &before.value));

    // All that was ever written adds up, of each kind.
    let mut audit = Audit::after(None);
    for page in 0..after.value.pages() {
        let entries = accounts::journal_page(&shop.store, &shop.customer, page).await;
        entries.unwrap().iter().for_each(|entry| audit.check(entry));
    }
    for entry in after.value.journal.kept().unwrap() {
        audit.check(entry);
    }
    audit.close(&after.value);
    assert_eq!(audit.differs, None);
    assert!(
        audit.is_complete(&after.value) && i64::try_from(audit.next).unwrap() > 2 * TRANSACTIONS,
        "{}",
        audit.next
    );
    assert_eq!(audit.others.len(), 2);

    // The order is taken back, long after its entries have left the account, with what it earned of each kind that has not expired.
    let back = shop.run(&reverse(&first), now).await.unwrap();
    assert_eq!(back.answer.points, 0, "its points have expired");
    let decided = shop.run(&reverse(&first), now).await.unwrap();
    assert!(decided.replayed);
}

fn reverse(of: &Outcome) -> Command {
    Command::Reverse(rapport_loyalty::Reverse {
        ids: Ids::new(None, Some("back"), "").unwrap(),
        of: of.transaction.clone(),
        points: None,
        policy: None,
        reason: None,
    })
}
