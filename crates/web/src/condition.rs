//! `If-Match` and `If-None-Match` (RFC 9110, 13.1): for commits, which handlers check; for reads, which [`gate`](crate::gate) does.

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use rapport_types::hash;

use crate::code::Code;
use crate::problem::Problem;

/// The `ETag` of a plain document: its revision.
pub fn etag(rev: u64) -> String {
    format!("\"{rev}\"")
}

/// What a request demands of the document's present state.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    matches: Option<Tags>,
    none_matches: Option<Tags>,
}

#[derive(Debug, Clone)]
enum Tags {
    Any,
    These(Vec<String>),
}

impl Tags {
    fn read(headers: &HeaderMap, name: HeaderName) -> Result<Option<Self>, Problem> {
        let mut tags = Vec::new();
        for value in headers.get_all(&name) {
            // A condition that cannot be read is refused: to leave it out would commit what it forbids.
            let text = value.to_str().unwrap_or_default().trim();
            if text.is_empty() {
                return Err(malformed(&name, &String::from_utf8_lossy(value.as_bytes())));
            }
            if text == "*" {
                return Ok(Some(Self::Any));
            }
            for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
                // A weak tag compares as its strong one for GET; for commits a proxy may have weakened ours.
                let strong = tag.strip_prefix("W/").unwrap_or(tag);
                if strong.len() < 2 || !strong.starts_with('"') || !strong.ends_with('"') {
                    return Err(malformed(&name, tag));
                }
                tags.push(strong.to_owned());
            }
        }
        Ok((!tags.is_empty()).then_some(Self::These(tags)))
    }

    /// Of each only the revision of the document that it begins with.
    fn of_document(&self) -> Self {
        match self {
            Self::Any => Self::Any,
            Self::These(tags) => Self::These(
                tags.iter()
                    .map(|tag| match tag.split_once('.') {
                        Some((rev, _)) => format!("{rev}\""),
                        None => tag.clone(),
                    })
                    .collect(),
            ),
        }
    }

    fn holds(&self, tag: Option<&str>) -> bool {
        match (self, tag) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::These(tags), Some(tag)) => tags.iter().any(|given| given == tag),
        }
    }
}

fn malformed(name: &HeaderName, given: &str) -> Problem {
    Problem::new(
        Code::InvalidParameter,
        format!("{name} takes tags in double quotes, as ETag gave them, or *; not {given:?}."),
    )
}

impl Condition {
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self {
            matches: Tags::read(headers, header::IF_MATCH)?,
            none_matches: Tags::read(headers, header::IF_NONE_MATCH)?,
        })
    }

    /// For a commit: fails with `stale_revision` unless the document at `rev` (0: there is none) is what the
    /// client demands. `If-None-Match: *` demands that there is none.
    ///
    /// The tag of an answer that depends on more than the document begins with the document's revision, `"5.9f3c"`: it stands for that.
    pub fn check(&self, rev: u64) -> Result<(), Problem> {
        let of_document = Self {
            matches: self.matches.as_ref().map(Tags::of_document),
            none_matches: self.none_matches.as_ref().map(Tags::of_document),
        };
        of_document.check_tag((rev > 0).then(|| etag(rev)).as_deref())
    }

    /// The same by tag; `None` where there is nothing.
    pub fn check_tag(&self, tag: Option<&str>) -> Result<(), Problem> {
        let stale = |wish: &str| {
            let state = tag.map_or("there is nothing here".to_owned(), |tag| {
                format!("the present one is {tag}")
            });
            Err(Problem::new(
                Code::StaleRevision,
                format!("{wish}; {state}. Read again and retry."),
            ))
        };
        if let Some(wanted) = &self.matches
            && !wanted.holds(tag)
        {
            return stale("If-Match names another revision");
        }
        if let Some(unwanted) = &self.none_matches
            && unwanted.holds(tag)
        {
            return stale("If-None-Match forbids this revision");
        }
        Ok(())
    }

    /// For what was read: `If-Match` fails with `stale_revision` where it names another state than was found, and 304 says it all where
    /// the client has that one already. An answer that has no tag of its own gets one of its body.
    pub(crate) fn of_answer(&self, parts: &mut Parts, body: &mut Bytes) -> Result<(), Problem> {
        if !matches!(parts.status, StatusCode::OK | StatusCode::NOT_MODIFIED) {
            return Ok(());
        }
        let tag = parts.headers.get(header::ETAG);
        let tag = match tag.and_then(|tag| tag.to_str().ok()) {
            Some(tag) => tag.to_owned(),
            None => {
                let body = String::from_utf8_lossy(body);
                let tag = format!("\"{:016x}\"", hash::u64_of(&body));
                let value = HeaderValue::from_str(&tag);
                value
                    .map(|value| parts.headers.insert(header::ETAG, value))
                    .ok();
                tag
            }
        };
        let matches = self.matches.clone();
        let none_matches = None;
        Self {
            matches,
            none_matches,
        }
        .check_tag(Some(&tag))?;
        if self.has(&tag) {
            parts.status = StatusCode::NOT_MODIFIED;
            parts.headers.remove(header::CONTENT_TYPE);
            *body = Bytes::new();
        }
        Ok(())
    }

    /// For a read: whether the client has `tag` already, so that 304 says it all.
    pub fn has(&self, tag: &str) -> bool {
        self.none_matches
            .as_ref()
            .is_some_and(|tags| tags.holds(Some(tag)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(value: &[u8]) -> Result<Condition, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::IF_MATCH,
            http::HeaderValue::from_bytes(value).unwrap(),
        );
        Condition::read(&headers)
    }

    #[test]
    fn a_condition_that_cannot_be_read_is_refused_not_left_out() {
        for bad in [
            "\"9\u{65e5}\"".as_bytes(),
            "\u{65e5}".as_bytes(),
            b"",
            b"9",
            b"\"7\xff\"",
        ] {
            assert_eq!(
                read(bad).unwrap_err().code(),
                Code::InvalidParameter,
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_condition_holds_for_its_revision_only() {
        let condition = read(b"\"3\", \"4\"").unwrap();
        assert!(condition.check(4).is_ok());
        assert_eq!(condition.check(5).unwrap_err().code(), Code::StaleRevision);
        assert!(read(b"*").unwrap().check(0).is_err());
        let more = read(b"\"4.9f3c\"").unwrap();
        assert!(more.check(4).is_ok());
        assert_eq!(more.check(5).unwrap_err().code(), Code::StaleRevision);
        assert_eq!(more.check(49).unwrap_err().code(), Code::StaleRevision);
    }
}
