//! A shop over a store in memory, with segments, customers, and a clock that is set.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use rapport_customer::{Command, Customer, Item, Patch};
use rapport_records::beside::Beside;
use rapport_records::customers::{self, Circumstances, CustomerRecord};
use rapport_records::segments::{self, DefinitionSet, Definitions, Wanted};
use rapport_records::todo::Todo;
use rapport_records::{audiences, fill};
use rapport_rules::evaluate;
use rapport_store::{
    Change, Duties, Key, Memory, Nothing, Request, Resumed, Store, StoreError, Timer, UpdateError,
    Waiting,
};
use rapport_types::{CustomerId, Slug, Tag, Timestamp, Zone};
use serde_json::{Value, json};

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
/// Longer than a request lives, and than a fill waits.
pub const LATE: i64 = 70_000;

/// So many milliseconds after the beginning.
pub fn at(millis: i64) -> Timestamp {
    let start = Timestamp::parse("2026-11-21T12:00:00+08:00").unwrap();
    Timestamp::from_millis(start.millis() + millis)
}

pub fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

pub fn slug(id: &str) -> Slug {
    Slug::parse(id).unwrap()
}

pub fn customer(id: &str) -> CustomerId {
    CustomerId::parse(id).unwrap()
}

/// Patches the tags.
pub fn tags(tags: &[&str]) -> Command {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    Command::Patch(Patch {
        traits: None,
        tags: Some(Some(tags)),
    })
}

pub fn put(traits: Value) -> Command {
    Command::Put {
        traits: traits.as_object().unwrap().clone(),
    }
}

pub fn track(event: &str, properties: Value) -> Command {
    Command::Apply(vec![Item::Track {
        event: event.to_owned(),
        properties: properties.as_object().unwrap().clone(),
        timestamp: None,
        message_id: None,
    }])
}

pub fn order(total: i64) -> Command {
    track(
        "order_completed",
        json!({"total": total, "currency": "CNY"}),
    )
}

/// A tick's duties, counted.
pub struct Counting<'a> {
    todo: Todo<'a>,
    pub timers: AtomicUsize,
}

#[async_trait]
impl Duties for Counting<'_> {
    async fn resume(&self, store: &Store, waiting: &Waiting) -> Result<Resumed, StoreError> {
        self.todo.resume(store, waiting).await
    }

    async fn fall_due(&self, store: &Store, timer: &Timer) -> Result<(), StoreError> {
        self.timers.fetch_add(1, Ordering::Relaxed);
        self.todo.fall_due(store, timer).await
    }
}

#[derive(Clone)]
pub struct Shop {
    pub memory: Memory,
    pub store: Store,
}

impl Shop {
    pub fn new() -> Self {
        Self::over(Memory::new())
    }

    pub fn over(memory: Memory) -> Self {
        Self {
            store: Store::new(memory.clone()),
            memory,
        }
    }

    /// Another process, to which no request is under way any more.
    pub fn later(&self) -> Self {
        Self::over(self.memory.clone().late_by(LATE))
    }

    pub async fn define(&self, id: &str, rule: Value, now: Timestamp) {
        let wanted = Wanted {
            id: slug(id),
            name: id.to_owned(),
            rule,
        };
        let key = Key::<Definitions>::single();
        let put = self
            .store
            .update::<_, (), ()>(&key, Request::plain(now, &Nothing), |current| {
                let mut value = current.value.unwrap_or_default();
                value.define(wanted.clone(), now, current.next_rev).unwrap();
                Ok(Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer: (),
                })
            });
        put.await.unwrap();
    }

    /// Changes the definitions.
    async fn change(&self, now: Timestamp, change: impl Fn(&mut DefinitionSet, u64) + Send + Sync) {
        let key = Key::<Definitions>::single();
        let put = self
            .store
            .update::<_, (), ()>(&key, Request::plain(now, &Nothing), |current| {
                let mut value = current.value.unwrap_or_default();
                change(&mut value, current.next_rev);
                Ok(Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer: (),
                })
            });
        put.await.unwrap();
    }

    /// Defines a score.
    pub async fn score(&self, id: &str, json: Value, now: Timestamp) {
        self.change(now, |set, rev| {
            let wanted = rapport_records::scores::Wanted {
                id: slug(id),
                name: id.to_owned(),
                clauses: json["clauses"].clone(),
                bands: json["bands"].clone(),
            };
            set.define_score(wanted, now, rev).unwrap();
        })
        .await;
    }

    /// Puts a tag with a rule into the catalogue.
    pub async fn automatic(&self, tag: &str, rule: Value, now: Timestamp) {
        self.change(now, |set, rev| {
            let wanted = rapport_records::tags::Wanted {
                tag: Tag::parse(tag).unwrap(),
                name: None,
                color: None,
                group: None,
                rule: rule.clone(),
            };
            set.define_tag(wanted, now, rev).unwrap();
        })
        .await;
    }

    pub async fn delete(&self, id: &str, now: Timestamp) {
        let key = Key::<Definitions>::single();
        let put = self
            .store
            .update::<_, (), ()>(&key, Request::plain(now, &Nothing), |current| {
                let mut value = current.value.unwrap_or_default();
                value.remove(&slug(id), now, current.next_rev).unwrap();
                Ok(Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer: (),
                })
            });
        put.await.unwrap();
    }

    pub async fn try_apply(
        &self,
        id: &str,
        command: Command,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (id, zone) = (customer(id), zone());
        let circumstances = Circumstances {
            now,
            zone: &zone,
            once: None,
            dry_run: false,
        };
        let applied = customers::apply::<u64, rapport_customer::Rejection>(
            &self.store,
            &id,
            command,
            circumstances,
            |_| Ok(()),
            |applied| applied.rev,
        );
        match applied.await {
            Ok(committed) => Ok(committed.answer),
            Err(UpdateError::Store(error)) => Err(error),
            Err(other) => panic!("{other:?}"),
        }
    }

    pub async fn apply(&self, id: &str, command: Command, now: Timestamp) {
        self.try_apply(id, command, now).await.unwrap();
    }

    /// Writes that `work` makes.
    pub async fn writes<T>(&self, work: impl Future<Output = T>) -> u64 {
        let before = self.memory.counts().writes;
        work.await;
        self.memory.counts().writes - before
    }

    pub async fn record(&self, id: &str) -> CustomerRecord {
        let found = customers::read(&self.store, &customer(id)).await.unwrap();
        found.unwrap().value
    }

    /// Ticks until there is no more; answers how many timers fired.
    pub async fn tick(&self, now: Timestamp) -> usize {
        let zone = zone();
        let duties = Counting {
            todo: Todo { now, zone: &zone },
            timers: AtomicUsize::new(0),
        };
        loop {
            let ticked = self.store.tick(&duties, now).await.unwrap();
            assert_eq!(ticked.failed, 0);
            if !ticked.more {
                return duties.timers.into_inner();
            }
        }
    }

    /// Fills until there is nothing to fill now; answers how many customers were committed.
    pub async fn fill(&self, now: Timestamp) -> usize {
        let mut committed = 0;
        loop {
            let stepped = fill::step(&self.store, now, &zone()).await.unwrap();
            committed += stepped.committed;
            if !stepped.more {
                return committed;
            }
        }
    }

    /// Fills all there is: once as far as it goes at once, and once when no request can know the definitions of before. Answers
    /// how many customers were committed.
    pub async fn filled(&self, now: Timestamp) -> usize {
        let early = self.fill(now).await;
        early + self.later().fill(now).await
    }

    /// Who is in the audience of `id`, and since when.
    pub async fn audience(&self, id: &str) -> BTreeMap<String, Timestamp> {
        let (version, complete) = self.shown(id).await;
        assert!(complete, "{id} is not filled");
        self.audience_of(id, version).await
    }

    pub async fn shown(&self, id: &str) -> (u64, bool) {
        let (definitions, fills) = fill::read(&self.store).await.unwrap();
        let dynamic = definitions.segments.iter().map(|one| &one.definition);
        let mut all = dynamic.chain(&definitions.lists);
        let definition = all.find(|one| one.id == slug(id)).unwrap();
        let shown = fills.shown(definition);
        (shown.version, shown.complete)
    }

    pub async fn audience_of(&self, id: &str, version: u64) -> BTreeMap<String, Timestamp> {
        let set = audiences::set(&self.store, &slug(id), version);
        let mut all = BTreeMap::new();
        let mut after = None;
        loop {
            let page = audiences::page(&set, after, 7).await.unwrap();
            all.extend(
                page.members
                    .into_iter()
                    .map(|one| (one.customer, one.since)),
            );
            match page.next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    }

    /// Who should be in each segment at `now`, by evaluating everybody afresh.
    pub async fn evaluated(&self, now: Timestamp) -> BTreeMap<String, BTreeMap<String, Timestamp>> {
        let definitions = segments::compiled(&self.store).await.unwrap();
        let mut all = BTreeMap::<String, BTreeMap<String, Timestamp>>::new();
        for segment in &definitions.segments {
            all.entry(segment.definition.id.to_string()).or_default();
        }
        for record in self.records().await {
            let id = &record.customer.id;
            let beside = Beside::load(&self.store, id, definitions.needs, &zone())
                .await
                .unwrap();
            for segment in &definitions.segments {
                let now_in =
                    segments::membership(&definitions, segment, &record, &beside, now, &zone());
                let facts = definitions.facts(&record, &beside);
                let plain = evaluate(&segment.rule, &facts, now, &zone());
                assert_eq!(now_in.matches, plain.matches);
                if let Some(since) = now_in.since {
                    let members = all.entry(segment.definition.id.to_string()).or_default();
                    members.insert(record.customer.id.to_string(), since);
                }
            }
        }
        all
    }

    pub async fn records(&self) -> Vec<CustomerRecord> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .store
                .page::<customers::Customers>(
                    customers::LOG,
                    rapport_store::log::Order::OldestFirst,
                    after,
                    100,
                )
                .await
                .unwrap();
            all.extend(page.items.into_iter().map(|(_, found)| found.value));
            match page.next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    }

    /// Every audience is what a full evaluation says.
    pub async fn check(&self, now: Timestamp) {
        for (segment, expected) in self.evaluated(now).await {
            assert_eq!(
                self.audience(&segment).await,
                expected,
                "{segment} at {now}"
            );
        }
    }
}

/// A customer of whom nothing is known.
pub fn blank(id: &str) -> Customer {
    Customer::new(customer(id), at(0))
}
