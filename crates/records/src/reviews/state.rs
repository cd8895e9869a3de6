//! What is under way, what was last, and when the next review is due.

use rapport_review::{Review, Settings, Severity};
use rapport_types::{Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::pass::Pass;
use crate::models::Kept;
use crate::steps::Start;

/// All that is known of reviews beside the reviews themselves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// How many reviews there have been.
    #[serde(default)]
    pub count: u64,
    /// How the shop wants them; the defaults where it has not said.
    #[serde(default)]
    pub settings: Option<Kept<Settings>>,
    /// The review that is under way.
    #[serde(default)]
    pub running: Option<Pass>,
    /// The last one.
    #[serde(default)]
    pub last: Option<Last>,
    /// The moment from which those that come by themselves are counted: when somebody last asked for one.
    #[serde(default)]
    pub anchor: Option<Timestamp>,
}

/// The last review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// Its id.
    pub id: String,
    /// The moment as of which it was.
    pub as_of: Timestamp,
    /// How many places in the list of customers it looked at.
    pub of: u64,
}

/// How far the review under way is; or, where none is, that the last one is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Its id.
    pub review: String,
    /// Whether it is done: then it can be read.
    pub done: bool,
    /// How many places in the list of customers were looked at,
    pub seen: u64,
    /// of how many.
    pub of: u64,
    /// The moment as of which customers are looked at.
    pub as_of: Timestamp,
    /// When the next one begins by itself.
    pub next_review_at: Option<Timestamp>,
}

impl State {
    /// How reviews shall be.
    pub fn wanted(&self) -> Settings {
        let kept = self.settings.as_ref();
        kept.map(|kept| kept.model.clone()).unwrap_or_default()
    }

    /// When the next review begins by itself. Before the first one that is at once if the shop has said how it wants reviews, and
    /// else never: nobody has asked for any.
    pub fn next_review_at(&self, zone: &Zone) -> Option<Timestamp> {
        let cadence = self.wanted().cadence;
        let running = self.running.as_ref().map(|pass| pass.as_of);
        match running.or(self.last.as_ref().map(|last| last.as_of)) {
            Some(last) => cadence.next(self.anchor.unwrap_or(last), last, zone),
            None => {
                let kept = self.settings.as_ref()?;
                // A cadence that never comes has no next step either.
                cadence.next(kept.updated_at, kept.updated_at, zone)?;
                Some(kept.updated_at)
            }
        }
    }

    /// Whether reviews have come just as far in `other`.
    pub(super) fn is_where(&self, other: &Self) -> bool {
        let place = |state: &Self| {
            state
                .running
                .as_ref()
                .map(|pass| (pass.number, pass.position))
        };
        self.count == other.count && place(self) == place(other)
    }

    /// The review under way is as far as `pass` now.
    pub(super) fn go_on(&mut self, pass: Pass, start: Start) {
        if self.running.is_none() {
            let by_hand = start == Start::ByHand;
            let set = self.settings.as_ref().map(|kept| kept.updated_at);
            self.anchor = match by_hand {
                true => Some(pass.as_of),
                false => self.anchor.or(set),
            };
            self.count = pass.number;
        }
        if pass.is_over() {
            self.last = Some(Last {
                id: pass.id,
                as_of: pass.as_of,
                of: pass.total,
            });
            self.running = None;
        } else {
            self.running = Some(pass);
        }
    }

    /// How far it is. Before the first review: nothing.
    pub fn progress(&self, zone: &Zone) -> Progress {
        let next_review_at = self.next_review_at(zone);
        match (&self.running, &self.last) {
            (Some(pass), _) => Progress {
                review: pass.id.clone(),
                done: false,
                seen: pass.position,
                of: pass.total,
                as_of: pass.as_of,
                next_review_at,
            },
            (None, Some(last)) => Progress {
                review: last.id.clone(),
                done: true,
                seen: last.of,
                of: last.of,
                as_of: last.as_of,
                next_review_at,
            },
            (None, None) => Progress {
                review: String::new(),
                done: false,
                seen: 0,
                of: 0,
                as_of: Timestamp::from_millis(0),
                next_review_at,
            },
        }
    }

    /// Reviews shall be so from now on; `rev` is the revision that the document will have. Whether that changes anything.
    pub fn set(&mut self, settings: &Settings, now: Timestamp, rev: u64) -> bool {
        let last = self.settings.as_ref();
        if last.is_some_and(|last| last.model == *settings) {
            return false;
        }
        let version = last.map_or(1, |last| last.version.saturating_add(1));
        self.settings = Some(Kept {
            model: settings.clone(),
            version,
            rev,
            updated_at: now,
        });
        true
    }
}

/// A review as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Its id.
    pub id: String,
    /// See [`Review::as_of`].
    pub as_of: Timestamp,
    /// See [`Review::since`].
    pub since: Timestamp,
    /// See [`Review::finished_at`].
    pub finished_at: Timestamp,
    /// How many customers there were.
    pub customers: u64,
    /// How many segments.
    pub segments: usize,
    /// How much there is to look at.
    pub findings: Weights,
}

/// How many findings of each gravity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Weights {
    pub critical: usize,
    pub warning: usize,
    pub info: usize,
}

impl Summary {
    /// That of a review.
    pub(super) fn of(review: &Review) -> Self {
        let count = |severity: Severity| {
            let findings = review.findings.iter();
            findings
                .filter(|finding| finding.severity == severity)
                .count()
        };
        Self {
            id: review.id.clone(),
            as_of: review.as_of,
            since: review.since,
            finished_at: review.finished_at,
            customers: review.everyone.size,
            segments: review.segments.len(),
            findings: Weights {
                critical: count(Severity::Critical),
                warning: count(Severity::Warning),
                info: count(Severity::Info),
            },
        }
    }
}
