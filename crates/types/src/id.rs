//! The names clients give to things.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing there.
    #[error("an id must not be empty")]
    Empty,
    /// Longer than allowed.
    #[error("an id has at most {max} bytes; this one has {len}")]
    TooLong {
        /// The most bytes allowed.
        max: usize,
        /// The bytes given.
        len: usize,
    },
    /// A character that the kind of id does not allow.
    #[error("an id must not contain {0:?}")]
    Character(char),
}

/// A shop's own id of a customer: 1 to 128 bytes of text without control characters, white space or `/`.
///
/// An anonymous visitor is a customer too, named `anon:<anonymousId>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct CustomerId(String);

impl CustomerId {
    /// The most bytes of a customer id.
    pub const MAX_BYTES: usize = 128;

    /// Checks `text`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        Self::try_from(text.to_owned())
    }

    fn checked(text: String) -> Result<String, IdError> {
        check(&text, Self::MAX_BYTES, |c| {
            !c.is_control() && !c.is_whitespace() && c != '/'
        })?;
        Ok(text)
    }

    /// The customer that stands for an anonymous visitor.
    pub fn anonymous(anonymous_id: &str) -> Result<Self, IdError> {
        Self::parse(&format!("anon:{anonymous_id}"))
    }

    /// The id as the shop wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of something that people define: a segment, a survey, a tier. 1 to 64 of `a-z A-Z 0-9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Slug(String);

impl Slug {
    /// The most bytes of a slug.
    pub const MAX_BYTES: usize = 64;

    /// Checks `text`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        Self::try_from(text.to_owned())
    }

    fn checked(text: String) -> Result<String, IdError> {
        check(&text, Self::MAX_BYTES, |c| {
            c.is_ascii_alphanumeric() || c == '_' || c == '-'
        })?;
        Ok(text)
    }

    /// The id as it was defined.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A tag, such as `vip` or `老客`: 1 to 64 bytes of text without control characters. White space around it is dropped, as people
/// type it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Tag(String);

impl Tag {
    /// The most bytes of a tag.
    pub const MAX_BYTES: usize = 64;

    /// Checks `text`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        Self::try_from(text.to_owned())
    }

    fn checked(text: String) -> Result<String, IdError> {
        let text = text.trim();
        check(text, Self::MAX_BYTES, |c| !c.is_control())?;
        Ok(text.to_owned())
    }

    /// The tag as people wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(text: &str, max: usize, allowed: impl Fn(char) -> bool) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > max {
        return Err(IdError::TooLong {
            max,
            len: text.len(),
        });
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(IdError::Character(c)),
        None => Ok(()),
    }
}

macro_rules! text_like {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::checked(text).map(Self)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}
text_like!(CustomerId, Slug, Tag);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_id_may_be_chinese_but_not_a_path() {
        assert!(CustomerId::parse("会员-8821").is_ok());
        assert_eq!(CustomerId::parse("a/b"), Err(IdError::Character('/')));
        assert_eq!(CustomerId::parse("a b"), Err(IdError::Character(' ')));
        assert_eq!(CustomerId::parse(""), Err(IdError::Empty));
        let long = "x".repeat(129);
        assert_eq!(
            CustomerId::parse(&long),
            Err(IdError::TooLong { max: 128, len: 129 })
        );
    }

    #[test]
    fn a_tag_is_any_short_text_without_white_space_around_it() {
        assert_eq!(
            Tag::parse(" 高价值 客户 ").map(String::from),
            Ok("高价值 客户".to_owned())
        );
        assert_eq!(Tag::parse("  "), Err(IdError::Empty));
        assert_eq!(Tag::parse("a\nb"), Err(IdError::Character('\n')));
        let long = "老".repeat(22);
        assert_eq!(
            Tag::parse(&long),
            Err(IdError::TooLong { max: 64, len: 66 })
        );
    }

    #[test]
    fn an_id_is_checked_when_it_is_read_from_json() {
        assert!(serde_json::from_str::<Slug>("\"gold tier\"").is_err());
        assert_eq!(
            serde_json::from_str::<Slug>("\"gold\"").unwrap().as_str(),
            "gold"
        );
    }
}
