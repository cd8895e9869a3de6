//! Documents whose commits cause something elsewhere.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use rapport_store::{
    Carrier, Change, DriverError, Duties, Key, Nothing, Request, Resumed, Sender, Store,
    StoreError, Table, Timer, UpdateError, Waiting,
};

use crate::common::{self, Lists, now};

/// Senders: each commit causes its text to be in the list `received`.
pub struct Senders;

impl Table for Senders {
    type Value = u32;
    type Effect = String;
    const NAME: &'static str = "sender";
    const SCHEMA: u32 = 1;
}

/// Adds each effect to the list, if it is not there. Fails while it is broken.
#[derive(Default)]
pub struct ToList {
    pub broken: AtomicBool,
    pub calls: AtomicUsize,
}

impl ToList {
    pub fn broken() -> Self {
        Self {
            broken: true.into(),
            calls: 0.into(),
        }
    }
}

#[async_trait]
impl Carrier<Senders> for ToList {
    async fn carry(
        &self,
        store: &Store,
        _sender: Sender<'_, Senders>,
        effects: &[String],
    ) -> Result<(), StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            return Err(DriverError::Failed("as a crash would".to_owned()).into());
        }
        let request = Request::plain(now(), &Nothing);
        let key = Key::of("received");
        let carried = store.update::<Lists, (), ()>(&key, request, |current| {
            let mut value = current.value.unwrap_or_default();
            let before = value.len();
            for effect in effects {
                if !value.contains(effect) {
                    value.push(effect.clone());
                }
            }
            Ok(if value.len() == before {
                Change::Keep(())
            } else {
                Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer: (),
                }
            })
        });
        match carried.await {
            Err(UpdateError::Store(error)) => Err(error),
            _ => Ok(()),
        }
    }
}

/// What a tick knows: senders alone.
pub struct Tables;

#[async_trait]
impl Duties for Tables {
    async fn resume(&self, store: &Store, waiting: &Waiting) -> Result<Resumed, StoreError> {
        assert!(waiting.key.starts_with("sender:"));
        store.resume::<Senders>(waiting, &ToList::default()).await
    }

    async fn fall_due(&self, store: &Store, timer: &Timer) -> Result<(), StoreError> {
        common::append(store, "fired", &format!("{} of {}", timer.key, timer.of)).await;
        Ok(())
    }
}

/// A commit of the sender `a` that causes `text`; its revision.
pub async fn send(store: &Store, carrier: &ToList, text: &str) -> Result<u64, UpdateError<()>> {
    send_from(store, carrier, "a", text).await
}

/// The same of another sender.
pub async fn send_from(
    store: &Store,
    carrier: &ToList,
    sender: &str,
    text: &str,
) -> Result<u64, UpdateError<()>> {
    let request = Request::plain(now(), carrier);
    let sent = store
        .update::<_, (), ()>(&Key::of(sender), request, |current| {
            let value = current.value.unwrap_or(0).saturating_add(1);
            Ok(Change::Commit {
                value,
                effects: vec![text.to_owned()],
                answer: (),
            })
        })
        .await?;
    Ok(sent.rev)
}

/// What has been carried out.
pub async fn received(store: &Store) -> Vec<String> {
    common::read(store, "received").await
}

/// Duties that cannot be done just now.
pub struct Broken;

#[async_trait]
impl Duties for Broken {
    async fn resume(&self, store: &Store, waiting: &Waiting) -> Result<Resumed, StoreError> {
        store.resume::<Senders>(waiting, &ToList::broken()).await
    }

    async fn fall_due(&self, _store: &Store, _timer: &Timer) -> Result<(), StoreError> {
        Err(DriverError::Failed("as a crash would".to_owned()).into())
    }
}
