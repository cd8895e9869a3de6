//! When a customer is in the segments that tiers ask for: what was told of the past, what time alone has done since, and what it will do.
//!
//! A segment's rule is followed flip by flip, from the customer's last commit on and no further than somebody asks; so one timeline
//! answers of any moment, in any order, and each flip is looked for once.

use rapport_loyalty::{Seen, Sight};
use rapport_rules::Asking;
use rapport_types::{Slug, Timestamp};

use crate::beside::Beside;
use crate::compiled::{Compiled, CompiledSegment};
use crate::customers::CustomerRecord;
use crate::effects::Moved;
use crate::segments::Memberships;

/// Flips that are followed one by one at a time.
const MOST_STEPS: usize = 1_000;

/// A customer's times in the segments that tiers ask for.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    of: Vec<InSegment>,
}

#[derive(Debug)]
struct InSegment {
    id: Slug,
    /// As far as it was followed, oldest first.
    seen: Vec<Seen>,
    by: By,
}

/// What says whether they are in it.
#[derive(Debug)]
enum By {
    /// A rule, at that place among all.
    Rule {
        place: usize,
        /// When it is to be asked next: first since when what it asks for has been what it is, then when it may answer otherwise.
        next: Option<Timestamp>,
    },
    /// A list on which they stand, until people take them off.
    List,
    /// Nothing does: they are in it no more, whatever was told.
    Nothing,
}

impl Timeline {
    /// Of a customer as of their last commit.
    pub(crate) fn told<'a>(
        definitions: &Compiled,
        record: &CustomerRecord,
        beside: &Beside,
        asked: impl Iterator<Item = &'a Slug>,
    ) -> Self {
        let from = |segment: &CompiledSegment| {
            let changed = beside.changed_at(segment.needs);
            let changed = changed.max(Some(segment.definition.rule_changed_at));
            changed.max(Some(record.evaluated_at))
        };
        let of = asked.map(|id| {
            let by = By::of(definitions, id, &record.memberships, |segment| {
                from(segment).unwrap_or(record.evaluated_at)
            });
            InSegment {
                id: id.clone(),
                seen: told(record, id),
                by,
            }
        });
        Self { of: of.collect() }
    }

    /// Of a customer as a commit at `now` makes them; `before` is what was seen of them then, and `lists` says on which they stand.
    pub(crate) fn from_now<'a>(
        definitions: &Compiled,
        before: Option<&Sight>,
        lists: &Memberships,
        asked: impl Iterator<Item = &'a Slug>,
        now: Timestamp,
    ) -> Self {
        let of = asked.map(|id| {
            let by = By::of(definitions, id, lists, |_| now);
            let before = before.and_then(|sight| sight.of.iter().find(|(known, _)| known == id));
            let mut seen = before.map_or_else(Vec::new, |(_, seen)| seen.clone());
            match &by {
                By::Rule { .. } => {}
                By::List if is_open(&seen) => {}
                By::List => seen.push(Seen {
                    from: Some(lists.get(id).map_or(now, |held| held.since)),
                    until: None,
                    came: true,
                }),
                By::Nothing => close(&mut seen, now),
            }
            let id = id.clone();
            InSegment { id, seen, by }
        });
        Self { of: of.collect() }
    }

    /// The first moment up to `moment` at which some rule has to be asked to know what there is to know then; `None`: all is known.
    pub(crate) fn unknown_from(&self, moment: Timestamp) -> Option<Timestamp> {
        let due = self.of.iter().filter_map(|one| one.by.due());
        due.filter(|due| *due <= moment).min()
    }

    /// Follows what time alone does, up to `moment`.
    pub(crate) fn follow(&mut self, moment: Timestamp, asking: &mut Asking<'_>) {
        for one in &mut self.of {
            let mut steps = 0_usize;
            while let Some(due) = one.by.due().filter(|due| *due <= moment) {
                let By::Rule { place, next } = &mut one.by else {
                    break;
                };
                steps = steps.saturating_add(1);
                let at = if steps > MOST_STEPS { moment } else { due };
                let outcome = asking.evaluate(*place, at);
                *next = outcome.next_change_at.filter(|next| *next > at);
                match outcome.matches {
                    true if !is_open(&one.seen) => one.seen.push(Seen {
                        from: Some(at),
                        until: None,
                        came: true,
                    }),
                    true => {}
                    false => close(&mut one.seen, at),
                }
            }
        }
    }

    /// What whoever looks at `moment` sees of a customer of the revision `rev`, once all is known up to then.
    pub(crate) fn at(&self, moment: Timestamp, rev: u64) -> Sight {
        let mut sight = Sight {
            rev,
            ..Sight::nothing(moment)
        };
        for one in &self.of {
            let began = one
                .seen
                .iter()
                .filter(|seen| seen.from.is_none_or(|from| from <= moment));
            let mut seen: Vec<Seen> = began
                .map(|seen| Seen {
                    until: seen.until.filter(|until| *until <= moment),
                    ..*seen
                })
                .collect();
            if matches!(one.by, By::Nothing) {
                close(&mut seen, moment);
            }
            let flips = one.seen.iter().flat_map(|seen| [seen.from, seen.until]);
            let changes = flips.chain([sight.changes_at, one.by.due()]).flatten();
            sight.changes_at = changes.filter(|at| *at > moment).min();
            sight.of.push((one.id.clone(), seen));
        }
        sight
    }
}

impl By {
    /// What says of the segment `id` who is in it; `held` are the lists on which the customer stands, and a rule is followed `from` then on.
    fn of(
        definitions: &Compiled,
        id: &Slug,
        held: &Memberships,
        from: impl Fn(&CompiledSegment) -> Timestamp,
    ) -> Self {
        let mut segments = definitions.segments.iter();
        let segment = segments.find(|segment| segment.definition.id == *id);
        match segment {
            Some(segment) if !segment.leads_back => Self::Rule {
                place: segment.place,
                next: Some(from(segment)),
            },
            None if definitions.is_listed(id.as_str(), held) => Self::List,
            _ => Self::Nothing,
        }
    }

    /// When the rule has to be asked next.
    fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Rule { next, .. } => *next,
            Self::List | Self::Nothing => None,
        }
    }
}

/// What the customer's commits have told of a segment.
fn told(record: &CustomerRecord, segment: &Slug) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    let transitions = record.transitions.iter();
    for transition in transitions.filter(|one| one.segment == *segment) {
        match transition.event {
            Moved::Entered => seen.push(Seen {
                from: Some(transition.at),
                until: None,
                came: true,
            }),
            Moved::Left => close(&mut seen, transition.at),
        }
    }
    let held = record.memberships.get(segment);
    if let Some(held) = held.filter(|_| !is_open(&seen)) {
        seen.push(Seen {
            from: Some(held.since),
            until: None,
            came: false,
        });
    }
    seen
}

fn is_open(seen: &[Seen]) -> bool {
    seen.last().is_some_and(|last| last.until.is_none())
}

/// They are in the segment no more since `at`.
fn close(seen: &mut Vec<Seen>, at: Timestamp) {
    match seen.last_mut() {
        Some(last) if last.until.is_none() => last.until = Some(at),
        Some(_) => {}
        // Since when they had been is not known here.
        None => seen.push(Seen {
            from: None,
            until: Some(at),
            came: false,
        }),
    }
}
