//! A segment as it is defined, and what may come of a wish to change it.

use rapport_types::{Slug, Tag, Timestamp, Violation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::row::Row;

/// One segment as it was defined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Row", into = "Row")]
pub struct Definition {
    /// Its id.
    pub id: Slug,
    /// What people call it.
    pub name: String,
    /// Who decides who is in it.
    pub kind: Kind,
    /// Of a snapshot: what was frozen.
    pub from: Option<Origin>,
    /// The rule, as it was given and checked; `null` where it has none.
    pub rule: Value,
    /// Grows by one with each change of the rule, from 1 or from [`DefinitionSet::retired`](super::DefinitionSet::retired).
    pub version: u64,
    /// Its version when it was first defined: older ones were another segment's, of the same id, which was deleted. 0 where that was
    /// not kept.
    pub first_version: u64,
    /// The revision of the document with which anything of it last changed.
    pub rev: u64,
    /// When it was first defined.
    pub created_at: Timestamp,
    /// When its rule last changed.
    pub rule_changed_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
}

/// Who decides who is in a segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Its rule, at any moment.
    #[default]
    Dynamic,
    /// People, who put customers in and take them out.
    Manual,
    /// The moment at which another segment's audience was frozen; since then people, as with a manual one.
    Snapshot,
}

impl Kind {
    /// As clients write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::Manual => "manual",
            Self::Snapshot => "snapshot",
        }
    }
}

/// What a snapshot was taken of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The segment.
    pub segment: Slug,
    /// By which version of its definition.
    pub version: u64,
    /// When.
    pub at: Timestamp,
}

/// A definition as somebody wants it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The segment's id.
    pub id: Slug,
    /// What people shall call it.
    pub name: String,
    /// Its rule, not yet checked.
    pub rule: Value,
}

/// Why a definition is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// The name or the rule is wrong; pointers begin at `{"name", "rule"}`.
    Invalid(Vec<Violation>),
    /// The segment is of another kind, which it keeps: its members would mean something else.
    OtherKind(Kind),
    /// There are so many of these, which is the most.
    TooMany(&'static str, usize),
    /// There is such a tag already, which rules take for the same.
    Taken(Tag),
    /// The present state does not allow it, for this reason.
    Conflict(String),
    /// All names and rules together would have so many bytes, more than [`DefinitionSet::MOST_BYTES`](super::DefinitionSet::MOST_BYTES).
    TooLarge(usize),
}

/// What became of a definition that is as wanted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defined {
    /// It is new.
    Created,
    /// It was another before.
    Changed,
    /// It was so already.
    Same,
}
