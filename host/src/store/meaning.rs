//! What every backend that stands for Spin's SQLite must do, tried on each.

use std::sync::Arc;
use std::time::Duration;

use super::{Change, Changed, Database, Failure, Label};

async fn change(database: &Database, store: &Label, change: Change) -> Result<Changed, Failure> {
    database.backend().await.change(store, change).await
}

async fn get(database: &Database, store: &Label, key: &str) -> Option<Vec<u8>> {
    database.backend().await.get(store, key).await.unwrap()
}

fn set(key: &str, value: &[u8]) -> Change {
    Change::Set {
        key: key.into(),
        value: value.into(),
    }
}

fn swap(key: &str, old: Option<&[u8]>, new: &[u8]) -> Change {
    Change::Swap {
        key: key.into(),
        old: old.map(<[u8]>::to_vec),
        new: new.into(),
    }
}

fn increment(key: &str, delta: i64) -> Change {
    Change::Increment {
        key: key.into(),
        delta,
    }
}

pub async fn holds(database: &Database) {
    let store: Label = "default".into();
    let other: Label = "other".into();

    // Plain values; the labels are apart.
    assert_eq!(get(database, &store, "a").await, None);
    assert_eq!(
        change(database, &store, set("a", b"1")).await,
        Ok(Changed::Done)
    );
    assert_eq!(get(database, &store, "a").await.as_deref(), Some(&b"1"[..]));
    assert_eq!(get(database, &other, "a").await, None);
    let backend = database.backend().await;
    assert_eq!(backend.exists(&store, "a").await, Ok(true));
    assert_eq!(backend.exists(&other, "a").await, Ok(false));
    assert_eq!(
        change(database, &store, Change::Delete { key: "a".into() }).await,
        Ok(Changed::Done)
    );
    assert_eq!(
        change(database, &store, Change::Delete { key: "a".into() }).await,
        Ok(Changed::Done)
    );
    assert_eq!(backend.exists(&store, "a").await, Ok(false));

    // Counters are 8 bytes, little-endian, and begin at nothing.
    assert_eq!(
        change(database, &store, increment("n", 5)).await,
        Ok(Changed::Counter(5))
    );
    assert_eq!(
        change(database, &store, increment("n", -7)).await,
        Ok(Changed::Counter(-2))
    );
    assert_eq!(
        get(database, &store, "n").await,
        Some((-2i64).to_le_bytes().to_vec())
    );
    assert_eq!(
        change(database, &store, set("n", &i64::MAX.to_le_bytes())).await,
        Ok(Changed::Done)
    );
    assert_eq!(
        change(database, &store, increment("n", 1)).await,
        Ok(Changed::Counter(i64::MIN))
    );

    // A swap that remembers a value compares the whole of it.
    assert_eq!(
        change(database, &store, set("s", b"old")).await,
        Ok(Changed::Done)
    );
    assert_eq!(
        change(database, &store, swap("s", Some(b"ol"), b"new")).await,
        Ok(Changed::Swapped(false))
    );
    assert_eq!(
        get(database, &store, "s").await.as_deref(),
        Some(&b"old"[..])
    );
    assert_eq!(
        change(database, &store, swap("s", Some(b"old"), b"new")).await,
        Ok(Changed::Swapped(true))
    );
    assert_eq!(
        change(database, &store, swap("gone", Some(b"old"), b"new")).await,
        Ok(Changed::Swapped(false))
    );
    assert_eq!(get(database, &store, "gone").await, None);

    // A swap that remembers nothing overwrites whatever came meanwhile. Not repaired: Spin does so, too.
    assert_eq!(
        change(database, &store, swap("s", None, b"blind")).await,
        Ok(Changed::Swapped(true))
    );
    assert_eq!(
        get(database, &store, "s").await.as_deref(),
        Some(&b"blind"[..])
    );
    assert_eq!(
        change(database, &store, swap("t", None, b"first")).await,
        Ok(Changed::Swapped(true))
    );
    assert_eq!(
        change(database, &store, swap("t", None, b"second")).await,
        Ok(Changed::Swapped(true))
    );
    assert_eq!(
        get(database, &store, "t").await.as_deref(),
        Some(&b"second"[..])
    );

    // Many at once; absent keys are left out, and a key asked for twice is told once.
    let pairs = vec![
        ("m:1".to_owned(), b"1".to_vec()),
        ("m:2".to_owned(), Vec::new()),
    ];
    assert_eq!(
        change(database, &store, Change::SetMany(pairs.clone())).await,
        Ok(Changed::Done)
    );
    let keys = ["m:2", "m:0", "m:1", "m:1"].map(str::to_owned).to_vec();
    let mut found = backend.get_many(&store, keys.clone()).await.unwrap();
    found.sort();
    assert_eq!(found, pairs);
    assert_eq!(
        change(database, &store, Change::DeleteMany(keys.clone())).await,
        Ok(Changed::Done)
    );
    assert_eq!(backend.get_many(&store, keys).await, Ok(Vec::new()));

    // Listing and streaming tell the same.
    let mut listed = backend.list(&store).await.unwrap();
    listed.sort();
    assert_eq!(listed, ["n", "s", "t"]);
    let mut stream = database.stream(&store).await;
    let mut streamed = Vec::new();
    while let Some(key) = stream.keys.recv().await {
        streamed.push(key);
    }
    streamed.sort();
    assert_eq!(streamed, listed);
    assert_eq!(stream.end.await, Ok(Ok(())));
    assert_eq!(backend.list(&other).await, Ok(Vec::new()));

    nothing_is_lost_under_concurrency(database, &store).await;
}

async fn nothing_is_lost_under_concurrency(database: &Database, store: &Label) {
    let reply = |key: &str| {
        let key = key.to_owned();
        async move {
            database
                .backend()
                .await
                .change(store, increment(&key, 1))
                .await
                .unwrap()
        }
    };
    let mut seen: Vec<_> =
        futures::future::join_all((0..200).map(|n| reply(if n % 2 == 0 { "even" } else { "odd" })))
            .await
            .into_iter()
            .map(|changed| {
                if let Changed::Counter(n) = changed {
                    n
                } else {
                    panic!("no counter: {changed:?}")
                }
            })
            .collect();
    seen.sort_unstable();
    let each: Vec<i64> = (1..=100).flat_map(|n| [n, n]).collect();
    assert_eq!(seen, each, "every number is handed out once per counter");
}

pub async fn a_bad_counter_ends_everything(database: &Database) {
    let store: Label = "default".into();
    let other: Label = "other".into();
    change(database, &store, set("doc", b"{\"rev\": 1}"))
        .await
        .unwrap();
    assert_eq!(
        change(database, &store, increment("doc", 1)).await,
        Err(Failure::Poisoned)
    );

    let backend = database.backend().await;
    assert_eq!(backend.get(&store, "doc").await, Err(Failure::Poisoned));
    assert_eq!(backend.exists(&other, "doc").await, Err(Failure::Poisoned));
    assert_eq!(
        backend.get_many(&store, vec!["doc".into()]).await,
        Err(Failure::Poisoned)
    );
    assert_eq!(backend.list(&store).await, Err(Failure::Poisoned));
    assert_eq!(
        change(database, &other, set("new", b"")).await,
        Err(Failure::Poisoned)
    );
    assert_eq!(
        change(database, &other, increment("good", 1)).await,
        Err(Failure::Poisoned)
    );
    assert_eq!(
        database.stream(&store).await.end.await,
        Ok(Err(Failure::Poisoned))
    );
}

pub async fn an_open_stream_locks_everything(database: &Arc<Database>) {
    let store: Label = "default".into();
    for n in 0..64 {
        change(database, &store, set(&format!("k{n}"), b""))
            .await
            .unwrap();
    }
    let mut stream = database.stream(&store).await;
    stream.keys.recv().await.unwrap();
    let write = {
        let (database, store) = (database.clone(), store.clone());
        tokio::spawn(async move { change(&database, &store, set("late", b"")).await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(
        !write.is_finished(),
        "a write should wait for the stream, as in Spin"
    );
    let mut count = 1;
    while stream.keys.recv().await.is_some() {
        count += 1;
    }
    assert_eq!(count, 64);
    assert_eq!(write.await.unwrap(), Ok(Changed::Done));
}
