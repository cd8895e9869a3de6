//! Definitions and models in the form that evaluation needs; memberships and since when.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapport_rules::{Library, Linked, Membership, Rule, Target, since};
use rapport_store::{Key, Store, StoreError};
use rapport_types::{Slug, Timestamp, Zone};

use crate::beside::{Beside, Needs};
use crate::customers::CustomerRecord;
use crate::facts::Facts;
use crate::models::Known;
use crate::segments::{Definition, DefinitionSet, Definitions, Held, Kind};

/// The definitions in the form that evaluation needs.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The revision of the document.
    pub rev: u64,
    /// The dynamic segments, in the order of their ids.
    pub segments: Vec<CompiledSegment>,
    /// The others, in the same order: who is in them stands in the customers' documents alone.
    pub lists: Vec<Definition>,
    /// What is known of the population.
    pub known: Known,
    /// Of which other documents any of the rules names facts.
    pub needs: Needs,
}

/// A definition and its rule, ready.
#[derive(Debug)]
pub struct CompiledSegment {
    /// As it was defined.
    pub definition: Definition,
    /// Its rule, which knows those that it refers to.
    pub rule: Arc<Rule>,
    /// Of which other documents it names facts.
    pub needs: Needs,
}

impl Compiled {
    /// The definitions of a document of that revision.
    pub fn new(set: DefinitionSet, rev: u64) -> Self {
        let known = Known::new(&set.models);
        let (dynamic, lists): (Vec<Definition>, Vec<Definition>) = set
            .segments
            .into_values()
            .partition(|definition| definition.kind == Kind::Dynamic);
        let mut library = Library::default();
        for definition in &dynamic {
            // Rules are checked when they are saved; one that a later version refuses has no members.
            if let Ok(rule) = Rule::parse(&definition.rule) {
                library.segments.insert(definition.id.to_string(), rule);
            }
        }
        let is_list = |id: &str| lists.iter().any(|list| list.id.as_str() == id);
        let Linked { mut segments, .. } = library.link(is_list);
        let ready = dynamic.into_iter().filter_map(|definition| {
            let rule = segments.remove(definition.id.as_str())?;
            let needs = Needs::of(&rule);
            Some(CompiledSegment {
                definition,
                rule,
                needs,
            })
        });
        let segments: Vec<CompiledSegment> = ready.collect();
        let needs = segments.iter().map(|segment| segment.needs);
        let needs = needs.fold(Needs::default(), Needs::and);
        Self {
            rev,
            segments,
            lists,
            known,
            needs,
        }
    }

    /// Tells a rule that is not among the definitions what the segments in it are.
    pub fn link(&self, rule: &mut Rule) {
        rule.link(|id| {
            let dynamic = self
                .segments
                .iter()
                .find(|segment| segment.definition.id.as_str() == id);
            match dynamic {
                Some(segment) => Target::Dynamic(Arc::clone(&segment.rule)),
                None if self.lists.iter().any(|list| list.id.as_str() == id) => Target::Kept,
                None => Target::Unknown,
            }
        });
    }

    /// A customer as rules see one.
    pub fn facts<'a>(&'a self, record: &'a CustomerRecord, beside: &'a Beside) -> Facts<'a> {
        Facts::new(&record.customer, self, &record.memberships, beside)
    }

    /// Whether `held` says that the customer stands on the list of that id.
    pub(crate) fn is_listed(&self, id: &str, held: &BTreeMap<Slug, Held>) -> bool {
        let list = self.lists.iter().find(|list| list.id.as_str() == id);
        list.is_some_and(|list| {
            let held = held.get(&list.id);
            held.is_some_and(|held| held.version == list.version)
        })
    }
}

/// The definitions, compiled once per revision and instance.
pub async fn compiled(store: &Store) -> Result<Arc<Compiled>, StoreError> {
    store
        .read_compiled(&Key::<Definitions>::single(), |found| match found {
            None => Compiled::default(),
            Some(found) => Compiled::new(found.value, found.rev),
        })
        .await
}

/// Whether and since when the customer is in `segment`, as of `now`. `beside` has what [`Compiled::needs`] says, or at least what
/// [`CompiledSegment::needs`] does.
pub fn membership(
    definitions: &Compiled,
    segment: &CompiledSegment,
    record: &CustomerRecord,
    beside: &Beside,
    now: Timestamp,
    zone: &Zone,
) -> Membership {
    let definition = &segment.definition;
    let held = record
        .memberships
        .get(&definition.id)
        .filter(|held| held.version == definition.version);
    let changed_at = record.evaluated_at.max(definition.rule_changed_at);
    // What the other documents said before that is known no more; what it made of memberships was told.
    let changed_at = changed_at.max(beside.changed_at(segment.needs).unwrap_or(changed_at));
    since(
        &segment.rule,
        &definitions.facts(record, beside),
        changed_at,
        held.map(|held| held.since),
        now,
        zone,
    )
}

/// Whether and since when the customer with `facts` is in `segment` with their next commit, at `now`: `since` is carried on from
/// `last`.
pub(crate) fn at_next(
    definitions: &Compiled,
    segment: &CompiledSegment,
    last: Option<&CustomerRecord>,
    facts: &Facts<'_>,
    beside: &Beside,
    now: Timestamp,
    zone: &Zone,
) -> Membership {
    let before =
        last.and_then(|last| membership(definitions, segment, last, beside, now, zone).since);
    since(&segment.rule, facts, now, before, now, zone)
}
