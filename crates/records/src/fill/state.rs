//! How far each fill has come.

use std::collections::BTreeMap;

use rapport_types::{Slug, Timestamp};
use serde::{Deserialize, Serialize};

use super::GRACE_MILLIS;
use crate::segments::{Compiled, CompiledSegment, Definition, Kind};

/// What is known of all fills.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fills {
    /// The number in the log of the customer whom the walker looked at last.
    pub position: u64,
    /// How many customers there were when it last looked.
    pub total: u64,
    /// By segment.
    pub segments: BTreeMap<Slug, Fill>,
    /// The revision of the loyalty programme that was looked at last, where rules ask for points: tiers are what it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<u64>,
    /// Audiences that answer no more, yet to be emptied.
    #[serde(default)]
    pub clearing: Vec<Old>,
}

/// The fill of one segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The version of the definition.
    pub version: u64,
    /// The version whose audience answers until this one is filled; this one itself, where it was filled and has to be gone through
    /// once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answering: Option<u64>,
    /// When a tick first saw it.
    pub started_at: Timestamp,
    /// The same by the platform's clock, in milliseconds.
    pub noted: i64,
    /// When it was filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// How far it is.
    pub stage: Stage,
}

/// How far a fill is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The walker goes round.
    Lap {
        /// Where it was when it set out.
        from: u64,
        /// Whether it has come to the end of the log since.
        wrapped: bool,
        /// How many customers it has looked at since.
        looked_at: u64,
        /// Whether it set out late enough to count.
        counts: bool,
    },
    /// It went round, but set out too early to count; it sets out again when that is over.
    Waiting,
    /// A snapshot takes over an audience.
    Copying {
        /// The segment it is of,
        of: Slug,
        /// by which version of its definition.
        of_version: u64,
        /// When it was frozen.
        at: Timestamp,
        /// How far it came.
        after: Option<String>,
        /// How many members it has.
        copied: u64,
    },
    /// The audience is complete.
    Done,
}

/// An audience that answers no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Old {
    /// The segment.
    pub segment: Slug,
    /// The version of its definition.
    pub version: u64,
    /// How far it is emptied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Which audience answers for a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// That of this version of its definition.
    pub version: u64,
    /// Whether it is that of the definition, of the loyalty programme, and of the segments that give tiers, as they are now, and filled.
    pub complete: bool,
}

/// How far a fill is, as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// `queued` until a tick sees it, `filling`, `settling` while requests may be under way that know the definition of
    /// before, `done`.
    pub state: &'static str,
    /// How many customers were looked at.
    pub done: u64,
    /// Of how many.
    pub total: u64,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it was done.
    pub finished_at: Option<Timestamp>,
}

impl Fills {
    /// Begins what has come since, and drops what is gone.
    pub(super) fn take_note(&mut self, definitions: &Compiled, now: Timestamp, wall: i64) {
        let dynamic = definitions.evaluated();
        let all: BTreeMap<&Slug, &Definition> = dynamic
            .map(|segment| &segment.definition)
            .chain(&definitions.lists)
            .map(|definition| (&definition.id, definition))
            .collect();
        let Self {
            segments, clearing, ..
        } = self;
        segments.retain(|id, fill| {
            let stays = all.contains_key(id);
            if !stays {
                clearing.extend(fill.audiences().map(|version| Old::of(id, version)));
            }
            stays
        });
        for (id, definition) in all {
            let last = segments.get(id);
            if last.is_some_and(|last| last.version == definition.version) {
                continue;
            }
            let answering = last.and_then(|last| match last.finished_at {
                Some(_) => Some(last.version),
                None => last.answering,
            });
            // Nobody is answered the members of another segment that had this id before.
            let answering = answering.filter(|version| *version >= definition.first_version);
            let old = last.into_iter().flat_map(Fill::audiences);
            let old = old.filter(|version| Some(*version) != answering);
            clearing.extend(old.map(|version| Old::of(id, version)));
            let stage = match (definition.kind, &definition.from) {
                (Kind::Dynamic, _) => Stage::Lap {
                    from: self.position,
                    wrapped: false,
                    looked_at: 0,
                    counts: false,
                },
                (Kind::Snapshot, Some(origin)) => Stage::Copying {
                    of: origin.segment.clone(),
                    of_version: origin.version,
                    at: origin.at,
                    after: None,
                    copied: 0,
                },
                (Kind::Snapshot, None) | (Kind::Manual, _) => Stage::Done,
            };
            let fill = Fill {
                version: definition.version,
                answering,
                started_at: now,
                noted: wall,
                finished_at: None,
                stage,
            };
            segments.insert(id.clone(), fill);
        }
    }

    /// Under another programme customers have other tiers, though nobody commits their accounts: the walker goes round once more for the
    /// segments that ask for points. Their audiences answer meanwhile, but say that they are not complete.
    pub(super) fn take_note_of_program(&mut self, definitions: &Compiled, program: u64, wall: i64) {
        let before = self.program.replace(program);
        if before.is_none_or(|before| before == program) {
            return;
        }
        self.again(definitions, wall, |segment| segment.needs.account);
    }

    /// Where a segment by which a tier is given is another than what a tick has seen of it, or is gone, other customers hold that tier: the
    /// same for those that ask for the tier. To be called before [`Self::take_note`], which sees it.
    pub(super) fn take_note_of_tiers<'a>(
        &mut self,
        definitions: &Compiled,
        mut tiers: impl Iterator<Item = &'a Slug>,
        wall: i64,
    ) {
        let dynamic = definitions.segments.iter().map(|one| &one.definition);
        let all = || dynamic.clone().chain(&definitions.lists);
        let is_other = |id: &Slug| {
            let defined = all().find(|definition| definition.id == *id);
            let seen = self.segments.get(id);
            defined.map(|definition| definition.version) != seen.map(|fill| fill.version)
        };
        if tiers.any(is_other) {
            self.again(definitions, wall, |segment| segment.asks_for_tier);
        }
    }

    /// The walker goes round once more for those; their audiences answer meanwhile.
    fn again(
        &mut self,
        definitions: &Compiled,
        wall: i64,
        whose: impl Fn(&CompiledSegment) -> bool,
    ) {
        let position = self.position;
        for segment in definitions.evaluated().filter(|one| whose(one)) {
            if let Some(fill) = self.segments.get_mut(&segment.definition.id) {
                if fill.finished_at.take().is_some() {
                    fill.answering = Some(fill.version);
                }
                fill.noted = wall;
                fill.stage = Stage::Lap {
                    from: position,
                    wrapped: false,
                    looked_at: 0,
                    counts: false,
                };
            }
        }
    }

    /// Lets the walker set out for those for which what it looks at counts from now on.
    pub(super) fn begin_laps(&mut self, wall: i64) {
        let position = self.position;
        for fill in self.segments.values_mut() {
            let late = wall >= fill.noted.saturating_add(GRACE_MILLIS);
            if late
                && matches!(
                    fill.stage,
                    Stage::Waiting | Stage::Lap { counts: false, .. }
                )
            {
                fill.stage = Stage::Lap {
                    from: position,
                    wrapped: false,
                    looked_at: 0,
                    counts: true,
                };
            }
        }
    }

    /// Whether the walker has somebody to walk for.
    pub(super) fn walks(&self) -> bool {
        let mut stages = self.segments.values().map(|fill| &fill.stage);
        stages.any(|stage| matches!(stage, Stage::Lap { .. }))
    }

    /// The walker has come to `next`, or to the end of the log. Answers how many numbers that were.
    pub(super) fn walked(&mut self, next: Option<u64>) -> u64 {
        let end = next.unwrap_or(self.total);
        let walked = end.saturating_sub(self.position);
        self.position = next.unwrap_or(0);
        for fill in self.segments.values_mut() {
            let Stage::Lap {
                from,
                wrapped,
                looked_at,
                counts,
            } = &mut fill.stage
            else {
                continue;
            };
            *looked_at = looked_at.saturating_add(walked);
            let again = next.is_none() && *wrapped;
            *wrapped |= next.is_none();
            if again || *wrapped && self.position >= *from {
                fill.stage = if *counts { Stage::Done } else { Stage::Waiting };
            }
        }
        walked
    }

    /// What is filled answers from now on.
    pub(super) fn finish(&mut self, now: Timestamp) {
        for (id, fill) in &mut self.segments {
            if fill.stage == Stage::Done && fill.finished_at.is_none() {
                fill.finished_at = Some(now);
                let old = fill.answering.take();
                let old = old.filter(|version| *version != fill.version);
                self.clearing
                    .extend(old.map(|version| Old::of(id, version)));
            }
        }
    }

    /// Whether that audience is to be gone through before anybody takes it over.
    pub(super) fn is_walked(&self, segment: &Slug, version: u64) -> bool {
        let fill = self.segments.get(segment);
        fill.is_some_and(|fill| {
            fill.version == version && matches!(fill.stage, Stage::Lap { .. } | Stage::Waiting)
        })
    }

    /// Whether a snapshot takes over that audience.
    pub(super) fn is_copied(&self, segment: &Slug, version: u64) -> bool {
        self.segments.values().any(|fill| match &fill.stage {
            Stage::Copying { of, of_version, .. } => of == segment && *of_version == version,
            _ => false,
        })
    }

    /// Which audience answers for a segment.
    pub fn shown(&self, definition: &Definition) -> Shown {
        let version = definition.version;
        let fill = self.segments.get(&definition.id);
        let own = |version: &u64| *version >= definition.first_version;
        match fill {
            // What people put in is in it at once.
            _ if definition.kind == Kind::Manual => Shown {
                version,
                complete: true,
            },
            Some(fill) if fill.finished_at.is_some() && own(&fill.version) => Shown {
                version: fill.version,
                complete: fill.version == version,
            },
            _ => Shown {
                version: fill
                    .and_then(|fill| fill.answering)
                    .filter(own)
                    .unwrap_or(version),
                complete: false,
            },
        }
    }

    /// How far the fill of a segment is.
    pub fn progress(&self, definition: &Definition) -> Progress {
        let fill = self.segments.get(&definition.id);
        let fill = fill.filter(|fill| fill.version == definition.version);
        let Some(fill) = fill else {
            let manual = definition.kind == Kind::Manual;
            return Progress {
                state: if manual { "done" } else { "queued" },
                done: 0,
                total: 0,
                started_at: None,
                finished_at: None,
            };
        };
        let (state, done, total) = match &fill.stage {
            Stage::Lap { looked_at, .. } => ("filling", self.total.min(*looked_at), self.total),
            Stage::Waiting => ("settling", self.total, self.total),
            Stage::Copying { copied, .. } => ("filling", *copied, *copied),
            Stage::Done => ("done", self.total, self.total),
        };
        Progress {
            state,
            done,
            total,
            started_at: Some(fill.started_at),
            finished_at: fill.finished_at,
        }
    }
}

impl Fill {
    /// The versions that have an audience.
    fn audiences(&self) -> impl Iterator<Item = u64> + use<> {
        let answering = self.answering.filter(|version| *version != self.version);
        [Some(self.version), answering].into_iter().flatten()
    }
}

impl Old {
    fn of(segment: &Slug, version: u64) -> Self {
        Self {
            segment: segment.clone(),
            version,
            after: None,
        }
    }
}
