//! What a rule may name: a segment, a score or a tag.

use std::collections::BTreeSet;
use std::fmt;

use rapport_types::{Slug, Tag, Timestamp};
use serde::{Deserialize, Serialize};

use crate::segments::DefinitionSet;

/// A definition, by its kind and id. As JSON it is text: a segment its id, others with their kind before it, `score:lead`, `tag:vip`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Named {
    /// A segment.
    Segment(Slug),
    /// A score.
    Score(Slug),
    /// A tag.
    Tag(Tag),
}

impl Named {
    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::Segment(id) | Self::Score(id) => id.as_str(),
            Self::Tag(tag) => tag.as_str(),
        }
    }
}

impl DefinitionSet {
    /// The revision of a definition; 0 where there is none.
    pub fn rev_of(&self, named: &Named) -> u64 {
        let rev = match named {
            Named::Segment(id) => self.segments.get(id).map(|one| one.rev),
            Named::Score(id) => self.scores.get(id).map(|one| one.rev),
            Named::Tag(tag) => self.tags.get(tag).map(|one| one.rev),
        };
        rev.unwrap_or(0)
    }

    /// Takes a definition out at `now`; `rev` is the revision that the document will have. Answers which others mean something else then;
    /// `None` where there is none.
    pub fn remove_named(
        &mut self,
        named: &Named,
        now: Timestamp,
        rev: u64,
    ) -> Option<BTreeSet<Named>> {
        match named {
            Named::Segment(id) => self.remove(id, now, rev),
            Named::Score(id) => self.remove_score(id, now, rev),
            Named::Tag(tag) => self.remove_tag(tag, now, rev),
        }
    }
}

impl TryFrom<String> for Named {
    type Error = rapport_types::id::IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.split_once(':') {
            Some(("score", id)) => Slug::parse(id).map(Self::Score),
            Some(("tag", tag)) => Tag::parse(tag).map(Self::Tag),
            _ => Slug::parse(&text).map(Self::Segment),
        }
    }
}

impl From<Named> for String {
    fn from(named: Named) -> Self {
        match named {
            Named::Segment(id) => id.into(),
            Named::Score(id) => format!("score:{id}"),
            Named::Tag(tag) => format!("tag:{tag}"),
        }
    }
}

/// For people.
impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment(id) => write!(f, "segment {id}"),
            Self::Score(id) => write!(f, "score {id}"),
            Self::Tag(tag) => write!(f, "tag {tag}"),
        }
    }
}
