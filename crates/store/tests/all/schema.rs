//! A document says which version of its shape it has: an older one is read, a newer one is refused and left alone.
#![allow(clippy::unwrap_used)]

use crate::common::now;
use rapport_store::{
    Change, Driver, Key, Memory, NoEffect, Nothing, Request, Store, StoreError, Table, UpdateError,
};
use serde::{Deserialize, Serialize};

/// As the second version has it: the first knew no nickname.
struct People;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Person {
    name: String,
    #[serde(default)]
    nickname: Option<String>,
}

impl Table for People {
    type Value = Person;
    type Effect = NoEffect;
    const NAME: &'static str = "person";
    const SCHEMA: u32 = 2;
}

async fn stored(text: &str) -> (Memory, Store, Key<People>) {
    let memory = Memory::new();
    let key = Key::<People>::of("a");
    memory.set(key.as_str(), text.into()).await.unwrap();
    (memory.clone(), Store::new(memory), key)
}

async fn rename(store: &Store, key: &Key<People>) -> Result<(), UpdateError<()>> {
    let request = Request::plain(now(), &Nothing);
    let renamed = store.update::<People, (), ()>(key, request, |current| {
        let mut value = current.value.ok_or(())?;
        value.nickname = Some("小芳".to_owned());
        Ok(Change::Commit {
            value,
            effects: Vec::new(),
            answer: (),
        })
    });
    renamed.await.map(drop)
}

#[tokio::test]
async fn an_older_document_is_read_and_has_the_present_version_after_its_next_commit() {
    let old = r#"{"rev":4,"schema":1,"born":true}
{"name":"王芳"}"#;
    let (memory, store, key) = stored(old).await;
    let read = store.read(&key).await.unwrap().unwrap();
    assert_eq!((read.rev, read.value.nickname), (4, None));
    rename(&store, &key).await.unwrap();
    let bytes = memory.get(key.as_str()).await.unwrap().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.contains(r#""schema":2"#) && text.contains("小芳"),
        "{text}"
    );
}

#[tokio::test]
async fn a_document_of_one_line_is_read_with_all_that_it_says() {
    let old = r#"{"rev":4,"schema":1,"born":true,"value":{"name":"王芳"}}"#;
    let (memory, store, key) = stored(old).await;
    let read = store.read(&key).await.unwrap().unwrap();
    assert_eq!((read.rev, read.value.name.as_str()), (4, "王芳"));
    rename(&store, &key).await.unwrap();
    let bytes = memory.get(key.as_str()).await.unwrap().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("小芳") && text.lines().count() == 2, "{text}");
}

#[tokio::test]
async fn a_newer_document_is_refused_clearly_and_left_as_it_is() {
    for newer in [
        r#"{"rev":4,"schema":3,"born":true}
{"name":"王芳"}"#,
        // Not even of a shape that this version could read.
        r#"{"rev":4,"schema":3,"born":true}
["王芳"]"#,
    ] {
        let (memory, store, key) = stored(newer).await;
        let refused = |error: &StoreError| matches!(error, StoreError::Newer { schema: 3, .. });
        assert!(refused(&store.read(&key).await.unwrap_err()));
        match rename(&store, &key).await {
            Err(UpdateError::Store(error)) => assert!(refused(&error)),
            other => assert!(other.is_err(), "{other:?}"),
        }
        let bytes = memory.get(key.as_str()).await.unwrap().unwrap();
        assert_eq!(bytes, newer.as_bytes());
    }
}
