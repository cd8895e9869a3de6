//! The segments that a customer is in at a moment, and how long that holds.

use rapport_types::{Slug, Timestamp, Zone, sort};

use crate::beside::Beside;
use crate::compiled::Compiled;
use crate::customers::CustomerRecord;

/// The segments that a customer is in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// Those, in the order of their ids.
    pub segments: Vec<Slug>,
    /// The earliest moment at which that may be otherwise with no new data: also by coming into another one.
    pub next_change_at: Option<Timestamp>,
}

/// In which of the segments that are `asked` for the customer is at `now`, decided as every membership is. `beside` has what
/// [`Compiled::needs`] says.
pub fn present(
    definitions: &Compiled,
    asked: impl Fn(&Slug) -> bool,
    record: &CustomerRecord,
    beside: &Beside,
    now: Timestamp,
    zone: &Zone,
) -> Present {
    let mut present = Present::default();
    let facts = definitions.facts(record, beside);
    let mut members = definitions.members(&facts, record, beside, now, zone);
    let dynamic = definitions.segments.iter();
    for segment in dynamic.filter(|segment| asked(&segment.definition.id)) {
        let found = members.of(segment);
        let changes = [present.next_change_at, found.next_change_at];
        present.next_change_at = changes.into_iter().flatten().min();
        if found.matches {
            present.segments.push(segment.definition.id.clone());
        }
    }
    // Who stands on a list stands there until people take them off.
    let lists = definitions.lists.iter().map(|list| &list.id);
    let listed = lists.filter(|id| definitions.is_listed(id.as_str(), &record.memberships));
    let listed = listed.filter(|id| asked(id)).cloned();
    present.segments.extend(listed);
    sort::sort(&mut present.segments);
    present
}
