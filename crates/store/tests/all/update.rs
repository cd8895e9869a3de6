//! Updates: idempotency keys, revisions, dry runs, tombstones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]

use bytes::Bytes;

use crate::common::{Lists, append, append_once, now, read};
use futures::future::join_all;
use rapport_store::{
    Change, Driver, Key, Memory, NoEffect, Nothing, Once, Request, Store, StoreError, Table,
    UpdateError,
};

fn once(key: u64, request: u64) -> Once {
    Once { key, request }
}

#[tokio::test]
async fn a_key_commits_once_and_answers_the_same_again() {
    let store = Store::new(Memory::new());
    let first = append_once(&store, "a", "x", &once(1, 1)).await.unwrap();
    append(&store, "a", "y").await;
    let again = append_once(&store, "a", "x", &once(1, 1)).await.unwrap();
    assert_eq!((first.answer, first.replayed), (1, false));
    assert_eq!((again.answer, again.replayed), (1, true));
    assert_eq!(read(&store, "a").await, ["x", "y"]);
}

#[tokio::test]
async fn a_key_that_comes_with_another_request_is_refused() {
    let store = Store::new(Memory::new());
    append_once(&store, "a", "x", &once(1, 1)).await.unwrap();
    let other = append_once(&store, "a", "z", &once(1, 2)).await;
    assert!(matches!(other, Err(UpdateError::KeyReused)));
    assert_eq!(read(&store, "a").await, ["x"]);
}

#[tokio::test]
async fn an_answer_of_nothing_is_an_answer_too() {
    let store = Store::new(Memory::new());
    let key = Key::<Lists>::of("a");
    append(&store, "a", "x").await;
    let delete = || {
        let (store, key) = (store.clone(), key.clone());
        async move {
            let once = once(3, 3);
            let request = Request {
                once: Some(&once),
                ..Request::plain(now(), &Nothing)
            };
            let deleted =
                store.update::<_, (), &str>(&key, request, |current| match current.value {
                    Some(_) => Ok(Change::Delete(())),
                    None => Err("there is nothing to delete"),
                });
            deleted.await
        }
    };
    assert!(!delete().await.unwrap().replayed);
    assert!(delete().await.unwrap().replayed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_from_many_at_once_commits_once() {
    let store = Store::new(Memory::new());
    let tasks = (0..32).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            append_once(&store, "a", "x", &once(7, 7))
                .await
                .unwrap()
                .replayed
        })
    });
    let replayed = join_all(tasks)
        .await
        .into_iter()
        .filter(|task| *task.as_ref().unwrap())
        .count();
    assert_eq!(replayed, 31);
    assert_eq!(read(&store, "a").await, ["x"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_updates_at_once_are_all_kept_and_each_has_its_revision() {
    let store = Store::new(Memory::new());
    append(&store, "a", "first").await;
    let tasks = (0..100).map(|n: u32| {
        let store = store.clone();
        tokio::spawn(async move { append(&store, "a", &n.to_string()).await.rev })
    });
    let mut revs: Vec<u64> = join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    revs.sort_unstable();
    assert_eq!(revs, (2..=101).collect::<Vec<u64>>());
    assert_eq!(read(&store, "a").await.len(), 101);
}

#[tokio::test]
async fn a_dry_run_answers_and_writes_nothing() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    let request = Request::<Lists> {
        dry_run: true,
        ..Request::plain(now(), &Nothing)
    };
    let dry = store
        .update::<_, usize, ()>(&Key::of("a"), request, |_| {
            Ok(Change::Commit {
                value: vec!["x".to_owned()],
                effects: Vec::new(),
                answer: 1,
            })
        })
        .await
        .unwrap();
    assert_eq!((dry.answer, memory.counts().writes), (1, 0));
}

#[tokio::test]
async fn a_decision_to_keep_writes_nothing_but_to_remember_a_key() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    append(&store, "a", "x").await;
    let key = Key::of("a");
    let keep = async |keyed: bool, dry_run: bool| {
        let once = once(1, 1);
        let request = Request::<Lists> {
            once: keyed.then_some(&once),
            dry_run,
            ..Request::plain(now(), &Nothing)
        };
        let before = memory.counts().writes;
        let kept = store.update::<_, (), ()>(&key, request, |_| Ok(Change::Keep(())));
        assert_eq!(kept.await.unwrap().rev, 1);
        memory.counts().writes - before
    };
    assert_eq!(keep(false, false).await, 0);
    assert_eq!(keep(false, true).await, 0);
    assert_eq!(keep(true, true).await, 0);
    assert_eq!(keep(true, false).await, 1);
    assert_eq!(read(&store, "a").await, ["x"]);
}

/// [`Lists`] as a later version of the program stores them.
struct NewerLists;

impl Table for NewerLists {
    type Value = Vec<String>;
    type Effect = NoEffect;
    const NAME: &'static str = Lists::NAME;
    const SCHEMA: u32 = Lists::SCHEMA + 1;
}

#[tokio::test]
async fn what_a_newer_version_has_committed_is_refused_by_the_older_one() {
    let store = Store::new(Memory::new());
    append(&store, "a", "x").await;
    let request = Request::plain(now(), &Nothing);
    let key = Key::<NewerLists>::of("a");
    let updated = store.update::<_, (), ()>(&key, request, |current| {
        Ok(Change::Commit {
            value: current.value.unwrap_or_default(),
            effects: Vec::new(),
            answer: (),
        })
    });
    updated.await.unwrap();
    assert!(store.read(&Key::<Lists>::of("a")).await.is_err());
    let newer = store.read(&key).await.unwrap();
    assert_eq!(newer.unwrap().value, ["x"]);
}

#[tokio::test]
async fn a_deleted_document_is_gone_and_its_revision_goes_on() {
    let store = Store::new(Memory::new());
    append(&store, "a", "x").await;
    let key = Key::<Lists>::of("a");
    let request = Request::plain(now(), &Nothing);
    store
        .update::<_, (), ()>(&key, request, |_| Ok(Change::Delete(())))
        .await
        .unwrap();
    assert!(store.read(&key).await.unwrap().is_none());
    assert_eq!(append(&store, "a", "y").await.rev, 3);
    assert_eq!(read(&store, "a").await, ["y"]);
}

#[tokio::test]
async fn a_document_that_would_grow_too_large_is_refused_and_stays() {
    let store = Store::new(Memory::new());
    append(&store, "a", "x").await;
    let request = Request::plain(now(), &Nothing);
    let result = store
        .update::<Lists, (), ()>(&Key::of("a"), request, |_| {
            Ok(Change::Commit {
                value: vec!["x".repeat(300_000)],
                effects: Vec::new(),
                answer: (),
            })
        })
        .await;
    assert!(matches!(
        result,
        Err(UpdateError::Store(StoreError::TooLarge { .. }))
    ));
    assert_eq!(read(&store, "a").await, ["x"]);
}

#[tokio::test]
async fn a_full_document_lets_its_kept_answers_go_before_it_is_refused() {
    let store = Store::new(Memory::new());
    let key = Key::<Lists>::of("a");
    let put = |bytes: usize, once: Option<Once>| {
        let (store, key) = (store.clone(), key.clone());
        async move {
            let request = Request {
                once: once.as_ref(),
                ..Request::plain(now(), &Nothing)
            };
            let put = store.update::<_, String, ()>(&key, request, |_| {
                let value = vec!["x".repeat(bytes)];
                Ok(Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer: "y".repeat(60_000),
                })
            });
            put.await
        }
    };
    put(10, Some(once(1, 1))).await.unwrap();
    put(280_000, None).await.unwrap();
    // The key is still known; what was answered is not.
    let again = put(10, Some(once(1, 1))).await;
    assert!(matches!(again, Err(UpdateError::AnswerGone)));
    assert_eq!(
        read(&store, "a").await.first().map(String::len),
        Some(280_000)
    );
}

/// Lists whose texts stand apart; what is left is how many there are.
struct Apart;

#[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Split {
    many: usize,
    #[serde(default, skip_serializing)]
    texts: Vec<String>,
}

impl Table for Apart {
    type Value = Split;
    type Effect = NoEffect;
    const NAME: &'static str = "list";
    const SCHEMA: u32 = 1;
    const HAS_REST: bool = true;

    fn rest(value: &Split) -> serde_json::Result<Option<Bytes>> {
        serde_json::to_vec(&value.texts).map(|json| Some(json.into()))
    }

    fn put_rest(value: &mut Split, rest: &Bytes) -> serde_json::Result<()> {
        value.texts = serde_json::from_slice(rest)?;
        Ok(())
    }
}

/// The same documents, for who wants to know how many there are.
struct Counted;

impl Table for Counted {
    type Value = Split;
    type Effect = NoEffect;
    const NAME: &'static str = Apart::NAME;
    const SCHEMA: u32 = Apart::SCHEMA;
}

#[tokio::test]
async fn what_stands_apart_is_there_for_who_asks_for_it_and_survives_every_commit() {
    let memory = Memory::new();
    let store = Store::new(memory.clone());
    for text in ["one\ntwo", "three"] {
        let once = once(text.len().try_into().unwrap(), 1);
        let request = Request {
            once: Some(&once),
            ..Request::plain(now(), &Nothing)
        };
        let key = Key::of("a");
        let put = store.update::<Apart, usize, ()>(&key, request, |current| {
            let mut value = current.value.unwrap_or_default();
            value.texts.push(text.to_owned());
            value.many = value.texts.len();
            Ok(Change::Commit {
                answer: value.many,
                value,
                effects: Vec::new(),
            })
        });
        put.await.unwrap();
    }
    let whole = store.read(&Key::<Apart>::of("a")).await.unwrap().unwrap();
    assert_eq!(whole.value.texts, ["one\ntwo", "three"]);
    let part = store.read(&Key::<Counted>::of("a")).await.unwrap().unwrap();
    assert_eq!((part.value.many, part.value.texts.len()), (2, 0));
    // The first two lines are enough.
    let key = Key::<Apart>::of("b");
    let old = "{\"rev\":7,\"schema\":1,\"born\":true}\n{\"many\":1,\"texts\":[\"old\"]}";
    memory.set(key.as_str(), old.into()).await.unwrap();
    let read = store.read(&key).await.unwrap().unwrap();
    assert_eq!((read.rev, read.value.texts), (7, vec!["old".to_owned()]));
}
