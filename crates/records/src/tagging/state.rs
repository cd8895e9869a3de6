//! How far each job has come.

use rapport_types::{Slug, Tag, Timestamp, sort};
use serde::{Deserialize, Serialize};

use super::TooMany;
use crate::compiled::Compiled;
use crate::fill::GRACE_MILLIS;

/// All jobs that are not done, and the latest of those that are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jobs {
    /// How many were asked for, ever.
    pub asked: u64,
    /// The number of the latest name of a tag that became a job.
    pub named: u64,
    /// In the order in which they are done.
    pub jobs: Vec<Job>,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: Slug,
    /// What is to be done.
    pub what: What,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// How far it is.
    pub state: State,
    /// How many customers were looked at.
    pub looked_at: u64,
    /// Of how many; 0 where nobody has counted them yet.
    pub total: u64,
    /// How many of them were changed.
    pub changed: u64,
    /// How many could not take the tag, as they have as many as a customer may have.
    pub refused: u64,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Everybody in an audience gets a tag.
    Apply(Audience),
    /// Everybody in an audience loses it.
    Remove(Audience),
    /// Documents that have the first name of a tag are to have the second.
    Rename {
        /// The old name.
        from: Tag,
        /// The new one, as it was then.
        to: Tag,
        /// Whether another tag took it in.
        merged: bool,
    },
}

/// A tag, and whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Audience {
    pub tag: Tag,
    /// The tag's number in the catalogue, where it stood there when the job was asked for: another one of that name is another tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<u64>,
    pub segment: Slug,
    /// The version of the segment's definition.
    pub version: u64,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is done yet.
    Queued,
    /// It goes through an audience, and is behind this place.
    Audience {
        /// Where.
        after: String,
    },
    /// It goes through the log of customers.
    Lap {
        /// Where it is.
        position: u64,
        /// Whether it set out when no request could know the old name.
        counts: bool,
        /// When a tick first saw it, by the platform's clock in milliseconds.
        noted: i64,
    },
    /// It went round, but set out too early to count.
    Waiting {
        /// When a tick first saw it, by the platform's clock in milliseconds.
        noted: i64,
    },
    /// All is done.
    Done,
    /// It ended before all was done, for this reason.
    Stopped {
        /// For people.
        why: String,
    },
}

/// A job as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct View {
    pub id: Slug,
    /// `apply`, `remove`, `rename` or `merge`.
    pub kind: &'static str,
    pub tag: Tag,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<Slug>,
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Tag>,
    /// `queued`, `running`, `settling`, `done` or `stopped`.
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    pub looked_at: u64,
    pub total: u64,
    pub changed: u64,
    pub refused: u64,
    pub asked_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

impl State {
    /// Whether nothing more will be done.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Stopped { .. })
    }
}

impl Job {
    fn new(id: &str, what: What, asked_at: Timestamp) -> Option<Self> {
        Some(Self {
            id: Slug::parse(id).ok()?,
            what,
            asked_at,
            state: State::Queued,
            looked_at: 0,
            total: 0,
            changed: 0,
            refused: 0,
            finished_at: None,
        })
    }

    /// As it is answered.
    pub fn view(&self) -> View {
        let (kind, tag, segment, to) = match &self.what {
            What::Apply(of) => ("apply", &of.tag, Some(&of.segment), None),
            What::Remove(of) => ("remove", &of.tag, Some(&of.segment), None),
            What::Rename { from, to, merged } => {
                let kind = if *merged { "merge" } else { "rename" };
                (kind, from, None, Some(to))
            }
        };
        let (state, why) = match &self.state {
            State::Queued => ("queued", None),
            State::Audience { .. } | State::Lap { .. } => ("running", None),
            State::Waiting { .. } => ("settling", None),
            State::Done => ("done", None),
            State::Stopped { why } => ("stopped", Some(why.clone())),
        };
        View {
            id: self.id.clone(),
            kind,
            tag: tag.clone(),
            segment: segment.cloned(),
            to: to.cloned(),
            state,
            why,
            looked_at: self.looked_at,
            total: self.total,
            changed: self.changed,
            refused: self.refused,
            asked_at: self.asked_at,
            finished_at: self.finished_at,
        }
    }
}

/// Whether no request is under way any more that began when a tick first saw a job.
pub(super) fn is_late(noted: i64, wall: i64) -> bool {
    wall >= noted.saturating_add(GRACE_MILLIS)
}

impl Jobs {
    /// The most jobs that wait.
    pub const MOST: usize = 32;
    /// The most jobs of which is told, those that are over included.
    pub const KEPT: usize = 64;

    /// The job of that id.
    pub fn find(&self, id: &Slug) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == *id)
    }

    /// The id of the job that renames by the alias of that number.
    pub fn id_of_name(serial: u64) -> String {
        format!("name-{serial}")
    }

    /// Whether the documents of those who have a former name of a tag, by its number, are not all seen to yet.
    pub fn waits(&self, serial: u64) -> bool {
        let id = Self::id_of_name(serial);
        let job = self.jobs.iter().find(|job| job.id.as_str() == id);
        // One that is not there is too new for the catalogue that was read, or long over.
        job.map_or(serial > self.named, |job| !job.state.is_over())
    }

    /// The first job that is not over, and has something to do at that moment of the platform's clock.
    pub(super) fn next(&mut self, wall: i64) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| match job.state {
            State::Waiting { noted } => is_late(noted, wall),
            _ => !job.state.is_over(),
        })
    }

    pub(super) fn ask(&mut self, what: What, now: Timestamp) -> Result<Job, TooMany> {
        let waiting = self.jobs.iter().filter(|job| !job.state.is_over());
        if waiting.count() >= Self::MOST {
            return Err(TooMany(Self::MOST));
        }
        self.asked = self.asked.saturating_add(1);
        let job = Job::new(&format!("job-{}", self.asked), what, now);
        let job = job.ok_or(TooMany(Self::MOST))?;
        self.add(job.clone());
        Ok(job)
    }

    /// New names of tags become jobs, in their order.
    pub(super) fn take_note(&mut self, definitions: &Compiled) {
        let aliases = definitions.aliases.iter();
        let mut new: Vec<_> = aliases
            .filter(|(_, alias)| alias.serial > self.named)
            .collect();
        sort::by_key(&mut new, |(_, alias)| alias.serial);
        for (from, alias) in new {
            self.named = alias.serial;
            let what = What::Rename {
                from: from.clone(),
                to: alias.tag.clone(),
                merged: alias.merged,
            };
            if let Some(job) = Job::new(&Self::id_of_name(alias.serial), what, alias.since) {
                self.add(job);
            }
        }
    }

    /// The oldest of those that are over make room.
    fn add(&mut self, job: Job) {
        self.jobs.push(job);
        while self.jobs.len() > Self::KEPT {
            match self.jobs.iter().position(|job| job.state.is_over()) {
                Some(oldest) => drop(self.jobs.remove(oldest)),
                None => return,
            }
        }
    }
}
