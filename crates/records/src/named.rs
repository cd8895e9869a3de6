//! What a rule may name: a segment, a score or a tag.

use std::fmt;

use rapport_types::{Slug, Tag};
use serde::{Deserialize, Serialize};

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
