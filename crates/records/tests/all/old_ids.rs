//! Accounts whose journal was found again by pages of ids, before there was an index.
#![allow(clippy::unwrap_used, clippy::panic)]

use rapport_loyalty::{Command, Earn, Entry, Ids, Outcome, decide};
use rapport_records::accounts::{self, IdPages};
use rapport_store::{Driver, Key, Memory, Store};
use rapport_types::{CustomerId, Timestamp, Zone, hash};

struct Shop {
    memory: Memory,
    store: Store,
}

impl Shop {
    fn over(memory: Memory) -> Self {
        let store = Store::new(memory.clone());
        Self { memory, store }
    }

    async fn order(&self, id: &str) -> Outcome {
        let command = Command::Earn(Earn {
            ids: Ids::new(Some(id), None, "").unwrap(),
            points: Some(1),
            money: None,
            at: None,
            reason: None,
        });
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let now = Timestamp::parse("2026-06-01T00:00:00Z").unwrap();
        let decide = |account: &_, _, prior: &_| decide(account, None, &command, prior, now, &zone);
        let (store, alice) = (&self.store, alice());
        let settled = accounts::decide(store, &alice, now, &zone, false, decide).await;
        settled.unwrap().outcome
    }

    /// The same shop, with what an earlier version kept in the place of the index; `write` makes a page of rows of hash and number.
    async fn as_before(&self, write: fn(&[(u64, u64)]) -> String) -> Self {
        let old = Memory::new();
        let mut indexes = 0_u32;
        for key in self.memory.keys() {
            if key.starts_with("ids:") || key.starts_with("b:ids:") {
                indexes = indexes.saturating_add(1);
                continue;
            }
            let bytes = self.memory.get(&key).await.unwrap().unwrap();
            old.set(&key, bytes).await.unwrap();
        }
        assert!(indexes > 0, "there was one");
        let mut rows = Vec::new();
        for page in 0..2 {
            let entries = accounts::journal_page(&self.store, &alice(), page).await;
            rows.extend(entries.unwrap().iter().map(row));
        }
        rows.sort_unstable();
        let key = Key::<IdPages>::within("alice", "0-0");
        let page = format!("{{\"rev\":3,\"schema\":1,\"born\":true}}\n{}", write(&rows));
        old.set(key.as_str(), page.into()).await.unwrap();
        Self::over(old)
    }
}

fn alice() -> CustomerId {
    CustomerId::parse("alice").unwrap()
}

fn row(entry: &Entry) -> (u64, u64) {
    let key = hash::u64_of_parts(&["transaction", entry.id.as_str()]);
    (key, entry.n)
}

fn text(rows: &[(u64, u64)]) -> String {
    let rows = rows.iter().map(|(key, n)| format!("{key:016x}{n:010x}"));
    format!("\"{}\"", rows.collect::<String>())
}

fn list(rows: &[(u64, u64)]) -> String {
    serde_json::to_string(rows).unwrap()
}

#[tokio::test]
async fn what_left_an_account_before_there_was_an_index_counts_once_and_goes_on_doing_so() {
    let shop = Shop::over(Memory::new());
    for n in 0..170 {
        shop.order(&format!("order-{n}")).await;
    }
    for write in [text, list] {
        let shop = shop.as_before(write).await;
        assert!(shop.order("order-5").await.replayed);
        assert!(shop.order("order-127").await.replayed);
        // More pages leave, which the index has.
        for n in 170..270 {
            assert!(!shop.order(&format!("order-{n}")).await.replayed, "{n}");
        }
        let keys = shop.memory.keys();
        assert!(keys.iter().any(|key| key.starts_with("ids:")));
        for n in [0, 127, 128, 169, 191, 192, 269] {
            assert!(shop.order(&format!("order-{n}")).await.replayed, "{n}");
        }
        let account = shop.store.read(&accounts::key(&alice())).await.unwrap();
        assert_eq!(account.unwrap().value.ledger.totals.earned, 270);
    }
}
