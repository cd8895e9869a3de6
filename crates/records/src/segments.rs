//! Segment definitions, compiled; memberships and since when.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapport_rules::{Membership, Rule, since};
use rapport_store::{Key, NoEffect, Store, StoreError, Table};
use rapport_types::{Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::customers::CustomerRecord;
use crate::facts::Facts;

/// All definitions stand in one document, so that one read serves a customer's memberships.
pub struct Definitions;

impl Table for Definitions {
    type Value = DefinitionSet;
    type Effect = NoEffect;
    const NAME: &'static str = "segments";
    const SCHEMA: u32 = 1;
}

/// Every segment, by id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DefinitionSet {
    /// The segments.
    pub segments: BTreeMap<Slug, Definition>,
}

/// One segment as it was defined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Its id.
    pub id: Slug,
    /// What people call it.
    pub name: String,
    /// The rule, as it was given and checked.
    pub rule: Value,
    /// Grows by one with each change of the rule. A segment that is deleted and defined again goes on counting where
    /// the clock says, so that a version never comes twice.
    pub version: u64,
    /// When it was first defined.
    pub created_at: Timestamp,
    /// When its rule last changed.
    pub rule_changed_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
}

/// The definitions in the form that evaluation needs.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The revision of the document.
    pub rev: u64,
    /// The segments in the order of their ids.
    pub segments: Vec<CompiledSegment>,
}

/// A definition and its rule, ready.
#[derive(Debug)]
pub struct CompiledSegment {
    /// As it was defined.
    pub definition: Definition,
    /// Its rule.
    pub rule: Rule,
}

/// A membership as it stood at a customer's last commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Since when.
    pub since: Timestamp,
    /// By which version of the definition.
    pub version: u64,
}

/// The definitions, compiled once per revision and instance.
pub async fn compiled(store: &Store) -> Result<Arc<Compiled>, StoreError> {
    store
        .read_compiled(&Key::<Definitions>::single(), |found| {
            let Some(found) = found else {
                return Compiled::default();
            };
            let segments = found.value.segments.into_values().filter_map(|definition| {
                // Rules are checked when they are saved; one that a later version refuses has no members.
                let rule = Rule::parse(&definition.rule).ok()?;
                Some(CompiledSegment { definition, rule })
            });
            Compiled {
                rev: found.rev,
                segments: segments.collect(),
            }
        })
        .await
}

/// Whether and since when the customer is in `segment`, as of `now`.
pub fn membership(
    segment: &CompiledSegment,
    record: &CustomerRecord,
    now: Timestamp,
    zone: &Zone,
) -> Membership {
    let definition = &segment.definition;
    let held = record
        .memberships
        .get(&definition.id)
        .filter(|held| held.version == definition.version);
    let changed_at = record.evaluated_at.max(definition.rule_changed_at);
    since(
        &segment.rule,
        &Facts(&record.customer),
        changed_at,
        held.map(|held| held.since),
        now,
        zone,
    )
}

/// The memberships that a customer's next commit, at `now`, records: those of `next`, with `since` carried on from `last`.
pub fn carried_on(
    definitions: &Compiled,
    last: Option<&CustomerRecord>,
    next: &CustomerRecord,
    now: Timestamp,
    zone: &Zone,
) -> BTreeMap<Slug, Held> {
    let memberships = definitions.segments.iter().filter_map(|segment| {
        let before = last.and_then(|last| membership(segment, last, now, zone).since);
        let facts = Facts(&next.customer);
        let after = since(&segment.rule, &facts, now, before, now, zone).since?;
        let held = Held {
            since: after,
            version: segment.definition.version,
        };
        Some((segment.definition.id.clone(), held))
    });
    memberships.collect()
}
