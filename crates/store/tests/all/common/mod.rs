//! A table to test with.
#![allow(dead_code, clippy::unwrap_used)]

use rapport_store::{
    Change, Committed, Key, NoEffect, Nothing, Once, Request, Store, Table, UpdateError,
};
use rapport_types::Timestamp;

/// Lists of texts.
pub struct Lists;

impl Table for Lists {
    type Value = Vec<String>;
    type Effect = NoEffect;
    const NAME: &'static str = "list";
    const SCHEMA: u32 = 1;
    const LOG: Option<&'static str> = Some("lists");
}

pub fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

/// Appends `text` to the list at `key`.
pub async fn append(store: &Store, key: &str, text: &str) -> Committed<usize> {
    let request = Request::plain(now(), &Nothing);
    let added = store
        .update(&Key::<Lists>::of(key), request, |current| {
            add(current.value, text)
        })
        .await;
    added.unwrap()
}

/// Appends `text` once per idempotency key.
pub async fn append_once(
    store: &Store,
    key: &str,
    text: &str,
    once: &Once,
) -> Result<Committed<usize>, UpdateError<String>> {
    let request = Request {
        once: Some(once),
        ..Request::plain(now(), &Nothing)
    };
    store
        .update(&Key::<Lists>::of(key), request, |current| {
            add(current.value, text)
        })
        .await
}

fn add(list: Option<Vec<String>>, text: &str) -> Result<Change<Lists, usize>, String> {
    let mut value = list.unwrap_or_default();
    value.push(text.to_owned());
    let answer = value.len();
    Ok(Change::Commit {
        value,
        effects: Vec::new(),
        answer,
    })
}

/// The list at `key`.
pub async fn read(store: &Store, key: &str) -> Vec<String> {
    let found = store.read(&Key::<Lists>::of(key)).await.unwrap();
    found.map(|found| found.value).unwrap_or_default()
}
