//! In what a customer is: all rules are asked about one customer as one set.

use rapport_rules::{Asking, Membership};
use rapport_types::{Timestamp, Zone};

use crate::beside::Beside;
use crate::compiled::{Compiled, CompiledSegment};
use crate::customers::CustomerRecord;
use crate::facts::Facts;

/// A customer of whom memberships are asked, as of one moment.
pub struct Members<'a> {
    record: &'a CustomerRecord,
    beside: &'a Beside,
    now: Timestamp,
    asking: Asking<'a>,
    /// Where the last one asked for stands among those that the customer was in.
    place: usize,
}

impl Compiled {
    /// Asks for memberships of the customer of `record` as of `now`; `facts` are theirs, and `beside` has what [`Compiled::needs`] says,
    /// or at least what [`CompiledSegment::needs`] does of those that are asked for.
    pub fn members<'a>(
        &'a self,
        facts: &'a Facts<'a>,
        record: &'a CustomerRecord,
        beside: &'a Beside,
        now: Timestamp,
        zone: &'a Zone,
    ) -> Members<'a> {
        // Nothing is asked of a time before that.
        let from = record.evaluated_at.min(now);
        Members {
            record,
            beside,
            now,
            asking: self.set.about(facts, from, zone),
            place: 0,
        }
    }
}

impl Members<'_> {
    /// Whether and since when the customer is in `segment`, which is one of those of the same definitions.
    pub fn of(&mut self, segment: &CompiledSegment) -> Membership {
        let definition = &segment.definition;
        let memberships = &self.record.memberships;
        let held = memberships.near(&mut self.place, &definition.id);
        let held = held.filter(|held| held.version == definition.version);
        let changed_at = self.record.evaluated_at.max(definition.rule_changed_at);
        // What the other documents said before that is known no more; what it made of memberships was told.
        let beside = self.beside.changed_at(segment.needs);
        let changed_at = changed_at.max(beside.unwrap_or(changed_at));
        let since = held.map(|held| held.since);
        self.asking
            .since(segment.place, changed_at, since, self.now)
    }
}

/// The same of one segment alone.
pub fn membership(
    definitions: &Compiled,
    segment: &CompiledSegment,
    record: &CustomerRecord,
    beside: &Beside,
    now: Timestamp,
    zone: &Zone,
) -> Membership {
    let facts = definitions.facts(record, beside);
    let mut members = definitions.members(&facts, record, beside, now, zone);
    members.of(segment)
}
