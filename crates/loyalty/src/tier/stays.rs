//! When a customer was in the segments that tiers ask for.
//!
//! Who is in a segment is not for an account to say. Whoever commits one is told what the customer's document says ([`Sight`]), and the account
//! remembers it: since when, and of the times that are over, from when until when, so that a tier can be kept after them. Readers
//! look at the customer as well and see the account as it would be, and write nothing.
//!
//! Of two who looked, the one with the later revision of the customer knows better, and of two at the same revision the later one.

use rapport_types::time::millis;
use rapport_types::{Slug, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::{Account, Ledger};
use crate::decide::Stop;
use crate::entry::is_zero;
use crate::pages::{Prior, Want};
use crate::program::Program;

/// The most stays in one segment that are kept, the latest.
const KEPT: usize = 12;

/// What is known of a customer's segments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stays {
    /// The revision of the customer by which something of it changed last.
    #[serde(default, skip_serializing_if = "is_zero")]
    seen: u64,
    /// When that was, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "is_zero")]
    at: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    of: Vec<InSegment>,
    /// When something of it may change with no new data, as of whoever looked just now.
    #[serde(skip)]
    pub(super) changes_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct InSegment {
    segment: Slug,
    /// Oldest first; none of them overlap.
    stays: Vec<Stay>,
}

/// In a segment from a moment until before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stay {
    #[serde(with = "millis")]
    pub(super) from: Timestamp,
    /// `None`: they are in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<Timestamp>,
}

/// What somebody saw who looked at the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The customer's revision; 0: there is none.
    pub rev: u64,
    /// When they looked.
    pub at: Timestamp,
    /// Each segment that a tier asks for, with what is known of the customer's times in it, oldest first.
    pub of: Vec<(Slug, Vec<Seen>)>,
    /// When one of them may change with no new data.
    pub changes_at: Option<Timestamp>,
}

impl Sight {
    /// Of a customer who is not there.
    pub fn nothing(at: Timestamp) -> Self {
        Self {
            rev: 0,
            at,
            of: Vec::new(),
            changes_at: None,
        }
    }
}

/// A time in a segment, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Since when; `None`: since before anything is known of.
    pub from: Option<Timestamp>,
    /// Until when; `None`: still.
    pub until: Option<Timestamp>,
    /// Whether they came into it then; else it may be the same time as one that is known with another beginning.
    pub came: bool,
}

impl Stays {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// The times in `segment`, oldest first.
    pub(super) fn of(&self, segment: &Slug) -> &[Stay] {
        let found = self.of.iter().find(|one| one.segment == *segment);
        found.map_or(&[], |one| one.stays.as_slice())
    }

    /// At least as many bytes as it takes in JSON.
    pub(crate) fn weight(&self) -> usize {
        let bytes = |one: &InSegment| one.stays.len().saturating_mul(64).saturating_add(160);
        let all = self.of.iter().map(bytes);
        all.fold(64, usize::saturating_add)
    }

    /// Takes in what was seen, unless more is known already.
    pub(crate) fn see(&mut self, sight: &Sight) {
        self.changes_at = sight.changes_at;
        let at = sight.at.millis();
        if (sight.rev, at) < (self.seen, self.at) {
            return;
        }
        let before = &self.of;
        let now = sight.of.iter().filter_map(|(segment, seen)| {
            let known = before.iter().find(|one| one.segment == *segment);
            let stays = known.map_or_else(Vec::new, |one| one.stays.clone());
            let stays = with(stays, seen);
            let segment = segment.clone();
            (!stays.is_empty()).then_some(InSegment { segment, stays })
        });
        let now: Vec<InSegment> = now.collect();
        if now != self.of {
            self.of = now;
            (self.seen, self.at) = (sight.rev, at);
        }
    }
}

/// What was known, with what was seen.
fn with(mut stays: Vec<Stay>, seen: &[Seen]) -> Vec<Stay> {
    let first = stays.first().map(|stay| stay.from);
    for seen in seen {
        let open = stays.last_mut().filter(|last| last.until.is_none());
        let Some(from) = seen.from else {
            if let Some(last) = open {
                last.until = seen.until.map(|until| until.max(last.from));
            }
            continue;
        };
        if let Some(same) = stays.iter_mut().find(|stay| stay.from == from) {
            same.until = seen.until;
            continue;
        }
        if first.is_some_and(|first| from < first) {
            continue;
        }
        let open = stays.last_mut().filter(|last| last.until.is_none());
        match open {
            // By another definition, or because nobody remembers when it began.
            Some(last) if !seen.came => last.until = seen.until,
            Some(last) => {
                // When they left nobody knows; they came back after it.
                last.until = Some(just_before(from).max(last.from));
                stays.push(Stay {
                    from,
                    until: seen.until,
                });
            }
            None => stays.push(Stay {
                from,
                until: seen.until,
            }),
        }
    }
    let surplus = stays.len().saturating_sub(KEPT);
    stays.drain(..surplus);
    stays
}

/// A millisecond earlier.
pub(super) fn just_before(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis().saturating_sub(1))
}

impl Ledger {
    /// Takes in what was seen of the customer; for reading.
    pub fn see(&mut self, sight: &Sight) {
        self.stays.see(sight);
    }
}

/// A ledger that is read as of several moments: each time as it is with what is known of the customer then.
#[derive(Debug)]
pub struct Seeing {
    ledger: Ledger,
    known: Stays,
}

impl Seeing {
    /// Of a ledger as it was read.
    pub fn new(ledger: &Ledger) -> Self {
        Self {
            ledger: ledger.clone(),
            known: ledger.stays.clone(),
        }
    }

    /// As it is with `sight`, and with no other before.
    pub fn with(&mut self, sight: &Sight) -> &Ledger {
        self.ledger.stays.clone_from(&self.known);
        self.ledger.see(sight);
        &self.ledger
    }
}

impl Prior {
    /// Answers [`Want::Segments`].
    pub fn sight(&mut self, sight: Sight) {
        self.seen = Some(sight);
    }

    /// The account as whoever looked at the customer knows it.
    #[must_use]
    pub fn seen(&self, account: &Account) -> Account {
        let mut account = account.clone();
        if let Some(sight) = &self.seen {
            account.ledger.stays.see(sight);
            account.ledger.stays.changes_at = None;
        }
        account
    }
}

/// Takes in what the customer's document says of the segments that tiers ask for.
pub(crate) fn look(
    account: &mut Account,
    program: Option<&Program>,
    prior: &Prior,
) -> Result<(), Stop> {
    if !program.is_some_and(Program::asks_for_segments) {
        return Ok(());
    }
    let sight = prior.seen.as_ref().ok_or(Want::Segments)?;
    account.ledger.stays.see(sight);
    // That is for who reads; what is stored is right until it is told otherwise.
    account.ledger.stays.changes_at = None;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn stays_take_no_more_bytes_than_their_weight() {
        let stay = Stay {
            from: Timestamp::from_millis(-62_000_000_000_000),
            until: Some(Timestamp::from_millis(-61_000_000_000_000)),
        };
        let in_segment = |stays| InSegment {
            segment: Slug::parse(&"s".repeat(Slug::MAX_BYTES)).unwrap(),
            stays: vec![stay; stays],
        };
        for segments in [vec![], vec![in_segment(KEPT)], vec![in_segment(1); 20]] {
            let stays = Stays {
                seen: u64::MAX,
                at: i64::MIN,
                of: segments,
                changes_at: None,
            };
            let bytes = serde_json::to_string(&stays).unwrap().len();
            assert!(bytes <= stays.weight(), "{bytes} > {}", stays.weight());
            assert!(
                stays.weight() <= 64 + bytes * 2,
                "{} for {bytes}",
                stays.weight()
            );
        }
    }
}
