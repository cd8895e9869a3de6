//! The sorted set of tags.

use std::collections::BTreeSet;

use rapport_types::Violation;

use crate::limits::{TAG_BYTES, TAGS};

/// `given` as a set, if each is a tag: text of 1 to 64 bytes without control characters. White space around
/// it is dropped, as people type it.
pub fn parse(given: &[String], pointer: &str) -> Result<BTreeSet<String>, Violation> {
    let mut tags = BTreeSet::new();
    for (at, text) in given.iter().enumerate() {
        let tag = text.trim();
        let bad = |code, detail| Err(Violation::new(format!("{pointer}/{at}"), code, detail));
        if tag.chars().any(char::is_control) {
            return bad(
                "bad_character",
                "a tag has no control characters".to_owned(),
            );
        }
        if tag.is_empty() || tag.len() > TAG_BYTES {
            let detail = format!(
                "a tag has 1 to {TAG_BYTES} bytes; this one has {}",
                tag.len()
            );
            return bad("bad_length", detail);
        }
        tags.insert(tag.to_owned());
    }
    if tags.len() > TAGS {
        return Err(Violation::new(
            pointer,
            "too_many",
            format!(
                "a customer has at most {TAGS} tags; there would be {}",
                tags.len()
            ),
        ));
    }
    Ok(tags)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_a_sorted_set() {
        let tags = parse(&["vip".into(), " 老客 ".into(), "vip".into()], "/tags").unwrap();
        assert_eq!(tags.into_iter().collect::<Vec<_>>(), ["vip", "老客"]);
    }

    #[test]
    fn a_bad_tag_is_named_by_its_place() {
        let refused = parse(&["vip".into(), " ".into()], "/tags").unwrap_err();
        assert_eq!(
            (refused.pointer.as_str(), refused.code.as_str()),
            ("/tags/1", "bad_length")
        );
        let many: Vec<_> = (0..129).map(|n| n.to_string()).collect();
        assert_eq!(parse(&many, "/tags").unwrap_err().code, "too_many");
    }
}
