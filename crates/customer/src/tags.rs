//! The sorted set of tags.

use std::collections::BTreeSet;

use rapport_types::{Timestamp, Violation};

use crate::command::Tagging;
use crate::customer::Customer;
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
        return Err(too_many(pointer, tags.len()));
    }
    Ok(tags)
}

/// Puts tags on a customer and takes others off; true where that changes any.
pub fn apply(customer: &mut Customer, tagging: Tagging, now: Timestamp) -> Result<bool, Violation> {
    let mut tags = customer.tags.clone();
    for tag in tagging.take {
        tags.remove(tag.as_str());
    }
    tags.extend(tagging.put.into_iter().map(String::from));
    if tags.len() > TAGS && tags.len() > customer.tags.len() {
        return Err(too_many("", tags.len()));
    }
    Ok(customer.set_tags(tags, now))
}

fn too_many(pointer: &str, number: usize) -> Violation {
    let detail = format!("a customer has at most {TAGS} tags; there would be {number}");
    Violation::new(pointer, "too_many", detail)
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

    fn tag(text: &str) -> rapport_types::Tag {
        rapport_types::Tag::parse(text).unwrap()
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn since_when_a_tag_is_on_is_kept_through_renaming() {
        let id = rapport_types::CustomerId::parse("c1").unwrap();
        let mut customer = Customer::new(id, at(1));
        let put = |customer: &mut Customer, name: &str, now| {
            let tagging = Tagging {
                put: vec![tag(name)],
                take: vec![],
            };
            apply(customer, tagging, now).unwrap()
        };
        assert!(put(&mut customer, "old", at(5)));
        assert!(!put(&mut customer, "old", at(6)));
        assert!(put(&mut customer, "new", at(7)));
        let renamed = |tag: &str| (tag == "old").then(|| "new".to_owned());
        assert!(customer.rename_tags(renamed));
        assert!(!customer.rename_tags(renamed));
        assert_eq!(customer.tags, BTreeSet::from(["new".to_owned()]));
        assert_eq!(customer.tagged_at("new"), Some(at(5)));
        assert_eq!(customer.tagged_at("old"), None);
        let take = Tagging {
            put: vec![],
            take: vec![tag("new")],
        };
        assert!(apply(&mut customer, take, at(8)).unwrap());
        assert!(customer.tags.is_empty() && customer.tagged.is_empty());
    }

    #[test]
    fn of_tags_from_before_that_was_kept_it_is_not_known_since_when_they_are_on() {
        let id = rapport_types::CustomerId::parse("c1").unwrap();
        let mut customer = Customer::new(id, at(1));
        customer.tags = BTreeSet::from(["b".to_owned()]);
        assert_eq!(customer.tagged_at("b"), None);
        let tagging = Tagging {
            put: vec![tag("a"), tag("c")],
            take: vec![],
        };
        assert!(apply(&mut customer, tagging, at(7)).unwrap());
        let since = ["a", "b", "c"].map(|tag| customer.tagged_at(tag));
        assert_eq!(since, [Some(at(7)), None, Some(at(7))]);
    }

    #[test]
    fn a_full_customer_takes_no_more_tags_but_lets_go_of_some() {
        let id = rapport_types::CustomerId::parse("c1").unwrap();
        let mut customer = Customer::new(id, at(1));
        let tagging = |put: std::ops::Range<usize>, take: std::ops::Range<usize>| Tagging {
            put: put.map(|n| tag(&n.to_string())).collect(),
            take: take.map(|n| tag(&n.to_string())).collect(),
        };
        assert!(apply(&mut customer, tagging(0..128, 0..0), at(2)).unwrap());
        let refused = apply(&mut customer, tagging(128..129, 0..0), at(3)).unwrap_err();
        assert_eq!(refused.code, "too_many");
        assert_eq!(customer.tags.len(), 128);
        assert!(apply(&mut customer, tagging(128..129, 0..1), at(3)).unwrap());
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
