//! Tags that rules put on are told of and filled as segments are; jobs tag an audience and rename a tag, whatever crashes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod automatic;
mod jobs;
mod names;

use crate::common::{DAY, LATE, Shop, at, order, put, slug, tags, zone};
use rapport_customer::{Command, Tagging};
use rapport_records::customers::CustomerRecord;
use rapport_records::fill::Stepped;
use rapport_records::segments::{self, DefinitionSet, Definitions, Refused};
use rapport_records::tagging::{self, Audience, Job, State, What};
use rapport_records::tags::{Unknown, Wanted};
use rapport_store::faulty::{Faulty, Plan, for_each_crash_point};
use rapport_store::{Change, Key, Memory, Nothing, Request, Store};
use rapport_types::{Tag, Timestamp};
use serde_json::{Value, json};

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn wanted(text: &str, rule: Value) -> Wanted {
    Wanted {
        tag: tag(text),
        name: None,
        color: None,
        group: None,
        rule,
    }
}

/// Changes the definitions.
async fn change<T: Send>(
    shop: &Shop,
    now: Timestamp,
    change: impl Fn(&mut DefinitionSet, u64) -> T + Send + Sync,
) -> T {
    let mut answer = None;
    let key = Key::<Definitions>::single();
    let request = Request::plain(now, &Nothing);
    let committed = shop.store.update::<_, (), ()>(&key, request, |current| {
        let mut value = current.value.unwrap_or_default();
        answer = Some(change(&mut value, current.next_rev));
        Ok(Change::Commit {
            value,
            effects: Vec::new(),
            answer: (),
        })
    });
    committed.await.unwrap();
    answer.unwrap()
}

async fn define(shop: &Shop, text: &str, rule: Value, now: Timestamp) {
    change(shop, now, |set, rev| {
        set.define_tag(wanted(text, rule.clone()), now, rev)
            .unwrap()
    })
    .await;
}

/// Does jobs until there is nothing to do now.
async fn work(store: &Store, now: Timestamp) {
    while step(store, now).await.unwrap().more {}
}

async fn step(store: &Store, now: Timestamp) -> Result<Stepped, rapport_store::StoreError> {
    tagging::step(store, now, &zone()).await
}

async fn jobs(shop: &Shop) -> Vec<Job> {
    tagging::read(&shop.store).await.unwrap().jobs
}

/// The tags that rules would see, and those that stand in the document.
async fn seen(shop: &Shop, id: &str) -> (Vec<String>, Vec<String>) {
    let CustomerRecord { customer, .. } = shop.record(id).await;
    let mut renamed = customer.clone();
    let definitions = segments::compiled(&shop.store).await.unwrap();
    definitions.rename_tags(&mut renamed);
    let list = |tags: std::collections::BTreeSet<String>| tags.into_iter().collect();
    (list(renamed.tags), list(customer.tags))
}
