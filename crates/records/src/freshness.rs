//! What a customer's commit finds out about memberships: who came, who went, and when to look again.
//!
//! A document holds the memberships that its commits have told others of ([`Held`]), and the timer that they have set. Each
//! commit evaluates every segment afresh and records what differs as effects. A tick does the same when a timer falls due, and
//! the fill of a new definition does it for each customer: there is one function for all of them, [`next`].
//!
//! A commit where nobody comes or goes, and nothing will change sooner than the timer that is set, records nothing: so it
//! costs what it would cost without segments. A timer is never moved to a later moment: when it falls due it finds that nothing flips,
//! which costs an evaluation, once for the commits that moved the change away.

use std::collections::BTreeMap;

use rapport_customer::Customer;
use rapport_rules::Document;
use rapport_types::{Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::beside::Beside;
use crate::compiled::Compiled;
use crate::customers::CustomerRecord;
use crate::effects::{Effect, Moved};
use crate::facts::Facts;
use crate::segments::{Held, Memberships};
use crate::tags::is_of_a_tag;

/// The most transitions that a customer's document keeps.
pub const TRANSITIONS: usize = 32;

/// A customer came into a segment, or left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The segment.
    pub segment: Slug,
    /// By which version of its definition.
    pub version: u64,
    /// Whether they came or went.
    pub event: Moved,
    /// Since when they are in it, or when they left. Where a definition of before had them, or nobody knows when another document
    /// changed, it is when it was found out.
    pub at: Timestamp,
    /// The revision of the customer with which it was recorded.
    pub rev: u64,
}

/// What a manual segment's list is to say of the customer from now on.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The manual segment, or the snapshot.
    pub segment: &'a Slug,
    /// Its version.
    pub version: u64,
    /// Since when they shall be on the list; `None`: they shall not.
    pub since: Option<Timestamp>,
}

/// When a commit takes place, and what it goes by.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// The definitions.
    pub definitions: &'a Compiled,
    /// What other documents say: all that the definitions need.
    pub beside: &'a Beside,
    /// When.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// The revision that the commit will have.
    pub rev: u64,
}

/// The record of `customer` after a commit, and what the commit causes. `last` is the record of before.
pub fn next(
    last: Option<&CustomerRecord>,
    customer: Customer,
    listed: Option<Listed<'_>>,
    moment: Moment<'_>,
) -> (CustomerRecord, Vec<Effect>) {
    let found = find(last, &customer, listed, moment, None);
    let seen = last.map(|last| last.seen).unwrap_or_default();
    let mut transitions = last
        .map(|last| last.transitions.clone())
        .unwrap_or_default();
    transitions.extend(found.transitions);
    let surplus = transitions.len().saturating_sub(TRANSITIONS);
    transitions.drain(..surplus);
    let record = CustomerRecord {
        customer,
        memberships: Memberships::from(&found.memberships),
        evaluated_at: moment.now,
        definitions: moment.definitions.rev,
        seen: moment.beside.revs(seen),
        timer: found.timer,
        transitions,
        missions: last.map(|last| last.missions.clone()).unwrap_or_default(),
        heard: last.map_or(0, |last| last.heard),
        absent: false,
    };
    (record, found.effects)
}

/// Whether a commit of the customer, who is as they were, would tell anything.
pub fn has_news(record: &CustomerRecord, moment: Moment<'_>) -> bool {
    !find(Some(record), &record.customer, None, moment, None)
        .effects
        .is_empty()
}

/// The same, where only rules that name facts of `document` are looked at; also true where the customer was committed by newer
/// definitions, of which nothing can be said here.
pub(crate) fn has_news_of(record: &CustomerRecord, moment: Moment<'_>, document: Document) -> bool {
    record.definitions > moment.definitions.rev
        || !find(Some(record), &record.customer, None, moment, Some(document))
            .effects
            .is_empty()
}

fn find<'a>(
    last: Option<&'a CustomerRecord>,
    customer: &Customer,
    listed: Option<Listed<'_>>,
    moment: Moment<'a>,
    only: Option<Document>,
) -> Found<'a> {
    let mut found = Found {
        told: last.map(|last| &last.memberships),
        moment,
        memberships: BTreeMap::new(),
        effects: Vec::new(),
        transitions: Vec::new(),
        timer: None,
    };
    for list in &moment.definitions.lists {
        let (id, version) = (&list.id, list.version);
        let held = found.told(id).filter(|held| held.version == version);
        let held = held.map(|held| held.since);
        let listed = listed.filter(|listed| listed.segment == id && listed.version == version);
        let since = match listed {
            None => held,
            Some(listed) => listed.since.map(|since| held.unwrap_or(since)),
        };
        found.note(id, version, since, moment.now);
    }
    // Rules may ask who stands on a list, as of this very commit.
    let lists = Memberships::from(&found.memberships);
    let Moment {
        definitions,
        beside,
        now,
        zone,
        ..
    } = moment;
    let facts_before = last.map(|last| definitions.facts(last, beside));
    let facts = Facts::after(
        facts_before.as_ref(),
        customer,
        definitions,
        &lists,
        beside,
        now,
    );
    let before = last.zip(facts_before.as_ref());
    let mut before =
        before.map(|(last, facts)| definitions.members(facts, last, beside, now, zone));
    let mut asking = definitions.set.about(&facts, now, zone);
    let mut earliest: Option<Timestamp> = None;
    let evaluated = definitions.evaluated();
    for segment in evaluated.filter(|segment| only.is_none_or(|only| segment.needs.has(only))) {
        // Since when is carried on; who was out before this commit left when time, or another document, put them out.
        let before = before.as_mut().map(|before| before.of(segment));
        let since = before.and_then(|before| before.since);
        let left_at = before.and_then(|before| before.left_at);
        let after = asking.since(segment.place, now, since, now);
        earliest = [earliest, after.next_change_at].into_iter().flatten().min();
        let definition = &segment.definition;
        let left_at = left_at.unwrap_or(now);
        found.note(&definition.id, definition.version, after.since, left_at);
    }
    let set = last
        .and_then(|last| last.timer)
        .filter(|set| *set > moment.now);
    let sooner = earliest.filter(|earliest| set.is_none_or(|set| *earliest < set));
    if let Some(at) = sooner {
        found.effects.push(Effect::Timer { at });
    }
    found.timer = sooner.or(set);
    found
}

/// What a commit finds out.
struct Found<'a> {
    told: Option<&'a Memberships>,
    moment: Moment<'a>,
    memberships: BTreeMap<Slug, Held>,
    effects: Vec<Effect>,
    transitions: Vec<Transition>,
    timer: Option<Timestamp>,
}

impl<'a> Found<'a> {
    /// What was told of a segment.
    fn told(&self, segment: &Slug) -> Option<Held> {
        self.told.and_then(|told| told.get(segment))
    }

    /// The customer is in the segment since then, or not: if that is news, it is told. Who is not and was, left at `left_at`.
    fn note(&mut self, segment: &Slug, version: u64, since: Option<Timestamp>, left_at: Timestamp) {
        let before = self.told(segment);
        // What was told of another version was told to another audience.
        let same = before.filter(|held| held.version == version);
        if let Some(since) = since {
            self.memberships
                .insert(segment.clone(), Held { since, version });
        }
        let news = match (before, since) {
            (None, None) => false,
            (Some(_), None) => true,
            (_, Some(since)) => same.is_none_or(|held| held.since != since),
        };
        if !news {
            return;
        }
        let moved = match (before, since) {
            (None, Some(_)) => Some(Moved::Entered),
            (Some(_), None) => Some(Moved::Left),
            // They left and came back since somebody looked; or only the definition is another.
            (Some(_), Some(_)) => same.map(|_| Moved::Entered),
            (None, None) => None,
        };
        // Who comes into segments and leaves them is told; tags are no segments.
        let moved = moved.filter(|_| !is_of_a_tag(segment));
        if let Some(event) = moved {
            self.transitions.push(Transition {
                segment: segment.clone(),
                version,
                event,
                at: since.unwrap_or(left_at),
                rev: self.moment.rev,
            });
        }
        self.effects.push(Effect::Member {
            segment: segment.clone(),
            version,
            since,
            moved,
        });
    }
}
