//! Searching a leaf's members, and merging changes into them. Members stand in the order of (hash, member), so that two
//! of one hash are still two.

use std::cmp::Ordering;

use super::change::{Edit, Edited, Placed, Report};
use super::shard::{Entry, Heard};

/// How long the trace of a member who left is kept, in milliseconds. What was said of them before is carried by requests, which
/// give up after a minute; the rest is for clocks that disagree.
const TRACE_MILLIS: i64 = 600_000;

/// Where the member at `place`, its hash and name, stands (`Ok`), or would stand (`Err`), from index `from` on.
pub(super) fn seek(
    entries: &mut [Entry],
    from: usize,
    place: (u64, &str),
    hash: fn(&str) -> u64,
) -> Result<usize, usize> {
    let (mut low, mut high) = (from, entries.len());
    while low < high {
        let middle = low.midpoint(high);
        let Some(entry) = entries.get_mut(middle) else {
            break;
        };
        let there = (entry.hash(hash), entry.name.as_str());
        match there.cmp(&place) {
            Ordering::Less => low = middle.saturating_add(1),
            Ordering::Greater => high = middle,
            Ordering::Equal => return Ok(middle),
        }
    }
    Err(low)
}

/// The index of the first member whose hash is over `after`.
pub(super) fn first_after(entries: &mut [Entry], after: u64, hash: fn(&str) -> u64) -> usize {
    match after.checked_add(1) {
        // No member is empty, so this place comes before every member of the next hash.
        Some(next) => seek(entries, 0, (next, ""), hash).unwrap_or_else(|at| at),
        None => entries.len(),
    }
}

/// What came of a merge.
pub(super) struct Merged {
    pub entries: Vec<Entry>,
    pub edited: Edited,
}

/// One change, at the index where it belongs.
enum Step {
    Insert(Entry),
    Replace(Entry),
    Remove,
}

/// `entries` with `edits`, which are in the same order and name no member twice, at `now` by the platform's clock in
/// milliseconds. `None` where nothing changes.
pub(super) fn merge<'a>(
    mut entries: Vec<Entry>,
    edits: impl Iterator<Item = &'a Placed>,
    hash: fn(&str) -> u64,
    now: i64,
) -> Option<Merged> {
    let mut edited = Edited::default();
    let mut steps = Vec::new();
    let mut from = 0;
    for placed in edits {
        let place = (placed.hash, placed.edit.name());
        let found = seek(&mut entries, from, place, hash);
        from = found.unwrap_or_else(|at| at);
        let entry = |payload: &Option<_>| {
            Entry::new(place.1.to_owned(), payload.clone(), Some(placed.hash))
        };
        let there = found.ok().and_then(|at| entries.get(at));
        let is_member = there.is_some_and(|there| there.left().is_none());
        match (found, &placed.edit) {
            (_, Edit::Report(report)) => {
                if there
                    .and_then(|there| there.heard)
                    .is_some_and(|heard| heard.rev >= report.rev)
                {
                    continue;
                }
                edited.count(is_member, report.payload.is_some());
                let new = reported(report, placed.hash, now);
                steps.push(match found {
                    Ok(at) => (at, Step::Replace(new)),
                    Err(at) => (at, Step::Insert(new)),
                });
            }
            (Ok(at), Edit::Add(member)) if !is_member => {
                edited.added = edited.added.saturating_add(1);
                steps.push((at, Step::Replace(entry(&member.payload))));
            }
            (Ok(_), Edit::Remove(_)) if !is_member => {}
            (Err(at), Edit::Add(member)) => {
                edited.added = edited.added.saturating_add(1);
                steps.push((at, Step::Insert(entry(&member.payload))));
            }
            (Ok(at), Edit::Add(member)) => {
                if entries.get(at).map(|there| &there.payload) != Some(&member.payload) {
                    edited.replaced = edited.replaced.saturating_add(1);
                    steps.push((at, Step::Replace(entry(&member.payload))));
                }
            }
            (Ok(at), Edit::Remove(_)) => {
                edited.removed = edited.removed.saturating_add(1);
                steps.push((at, Step::Remove));
            }
            (Err(_), Edit::Remove(_)) => {}
        }
    }
    if steps.is_empty() {
        return None;
    }
    let mut entries = take(entries, steps);
    let limit = now.saturating_sub(TRACE_MILLIS);
    entries.retain(|entry| entry.left().is_none_or(|left| left > limit));
    Some(Merged { entries, edited })
}

fn reported(report: &Report, hash: u64, now: i64) -> Entry {
    let mut entry = Entry::new(report.name.clone(), report.payload.clone(), Some(hash));
    entry.heard = Some(Heard {
        rev: report.rev,
        left: report.payload.is_none().then_some(now),
    });
    entry
}

fn take(entries: Vec<Entry>, steps: Vec<(usize, Step)>) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(entries.len().saturating_add(steps.len()));
    let mut left = entries.into_iter().enumerate().peekable();
    for (at, step) in steps {
        while let Some((_, entry)) = left.next_if(|(index, _)| *index < at) {
            merged.push(entry);
        }
        match step {
            Step::Insert(entry) => merged.push(entry),
            Step::Replace(entry) => {
                left.next();
                merged.push(entry);
            }
            Step::Remove => {
                left.next();
            }
        }
    }
    merged.extend(left.map(|(_, entry)| entry));
    merged
}
