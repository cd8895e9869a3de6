//! Segment definitions.

mod definition;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use rapport_rules::Rule;
use rapport_store::{NoEffect, Table};
use rapport_types::{Slug, Tag, Timestamp, Violation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::compiled::{Compiled, CompiledSegment, compiled};
pub use crate::held::{Held, Memberships};
pub use crate::members::{Members, membership};
use crate::models::{self, ModelSet};
use crate::named::Named;
use crate::references::{Mentions, clauses};
use crate::scores::ScoreDefinition;
use crate::tags::{Alias, TagDefinition, Unknown};
pub use definition::{Defined, Definition, Kind, Origin, Refused, Wanted};

/// All definitions stand in one document, so that one read serves a customer's memberships.
pub struct Definitions;

impl Table for Definitions {
    type Value = DefinitionSet;
    type Effect = NoEffect;
    const NAME: &'static str = "segments";
    /// 1 said of each segment all there is to say, field by field: it cannot read what is left out.
    const SCHEMA: u32 = 2;
}

/// Every segment, by id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DefinitionSet {
    /// The segments.
    pub segments: BTreeMap<Slug, Definition>,
    /// The highest version of a segment that was deleted: new ones count on from here, so that no version of an
    /// id ever comes twice.
    #[serde(default)]
    pub retired: u64,
    /// What is known of the whole population. It stands here because rules that ask for it mean something else with each change of
    /// it: that is a new version of their segments, in the same commit.
    #[serde(default)]
    pub models: ModelSet,
    /// The scores.
    #[serde(default)]
    pub scores: BTreeMap<Slug, ScoreDefinition>,
    /// The catalogue of tags.
    #[serde(default)]
    pub tags: BTreeMap<Tag, TagDefinition>,
    /// What tags were called before they were renamed, or merged into others.
    #[serde(default)]
    pub aliases: BTreeMap<Tag, Alias>,
    /// The last number that a tag or an alias got.
    #[serde(default)]
    pub tag_serial: u64,
    /// What happens to tags that are not in the catalogue.
    #[serde(default)]
    pub unknown_tags: Unknown,
}

impl DefinitionSet {
    /// The most segments: every commit of a customer evaluates all of them.
    pub const MOST: usize = 256;
    /// The most bytes of all names and rules together, as JSON: they share a document.
    pub const MOST_BYTES: usize = 200_000;
    /// The most characters of a name.
    pub const NAME_CHARS: usize = 100;

    /// Defines or changes a segment at `now`; `rev` is the revision that the document will have.
    pub fn define(&mut self, wanted: Wanted, now: Timestamp, rev: u64) -> Result<Defined, Refused> {
        let Wanted { id, name, rule } = wanted;
        let name = name.trim().to_owned();
        let mut violations = Vec::from_iter(wrong_name("/name", &name));
        if let Err(wrong) = Rule::parse(&rule) {
            violations.extend(wrong.into_iter().map(|violation| violation.under("/rule")));
        }
        let mentions = Mentions::of([("/rule".to_owned(), &rule)]);
        violations.extend(self.wrong_references(&Named::Segment(id.clone()), &mentions));
        if !violations.is_empty() {
            return Err(Refused::Invalid(violations));
        }
        let last = self.segments.get(&id);
        let next = match last {
            Some(last) if last.kind != Kind::Dynamic => return Err(Refused::OtherKind(last.kind)),
            Some(last) if last.name == name && last.rule == rule => return Ok(Defined::Same),
            Some(last) if last.rule == rule => Definition {
                name,
                rev,
                updated_at: now,
                ..last.clone()
            },
            Some(last) => Definition {
                name,
                rule,
                version: last.version.saturating_add(1),
                rev,
                rule_changed_at: now,
                updated_at: now,
                ..last.clone()
            },
            None if self.segments.len() >= Self::MOST => {
                return Err(Refused::TooMany("segments", Self::MOST));
            }
            None => Definition {
                id: id.clone(),
                name,
                kind: Kind::Dynamic,
                from: None,
                rule,
                version: self.retired.saturating_add(1),
                first_version: self.retired.saturating_add(1),
                rev,
                created_at: now,
                rule_changed_at: now,
                updated_at: now,
            },
        };
        self.put(next, now)
    }

    /// Defines a segment whose members stand on a list: a manual one, or a snapshot, of `from`. Of one that is there, only the
    /// name changes.
    pub fn define_list(
        &mut self,
        id: Slug,
        name: &str,
        from: Option<Origin>,
        now: Timestamp,
        rev: u64,
    ) -> Result<Defined, Refused> {
        let name = name.trim().to_owned();
        if let Some(wrong) = wrong_name("/name", &name) {
            return Err(Refused::Invalid(vec![wrong]));
        }
        let kind = match from {
            Some(_) => Kind::Snapshot,
            None => Kind::Manual,
        };
        let next = match self.segments.get(&id) {
            // A snapshot is renamed by those who do not say what it is of.
            Some(last) if last.kind == Kind::Dynamic || from.is_some() => {
                return Err(Refused::OtherKind(last.kind));
            }
            Some(last) if last.name == name => return Ok(Defined::Same),
            Some(last) => Definition {
                name,
                rev,
                updated_at: now,
                ..last.clone()
            },
            None if self.segments.len() >= Self::MOST => {
                return Err(Refused::TooMany("segments", Self::MOST));
            }
            None => Definition {
                id,
                name,
                kind,
                from,
                rule: Value::Null,
                version: self.retired.saturating_add(1),
                first_version: self.retired.saturating_add(1),
                rev,
                created_at: now,
                rule_changed_at: now,
                updated_at: now,
            },
        };
        self.put(next, now)
    }

    /// Puts a definition among the others, if there is room. Where its rule is new, those that name it mean something else now.
    fn put(&mut self, next: Definition, now: Timestamp) -> Result<Defined, Refused> {
        let (id, version, rev) = (next.id.clone(), next.version, next.rev);
        let last = self.segments.get(&id).map(|last| last.version);
        self.try_to("/rule", |set| drop(set.segments.insert(id.clone(), next)))?;
        // Nobody names a segment that is not there, unless it was deleted by force: to them it is another one.
        if last != Some(version) {
            self.renew_dependents(&Named::Segment(id), now, rev);
        }
        Ok(match last {
            Some(_) => Defined::Changed,
            None => Defined::Created,
        })
    }

    /// Changes definitions, unless they could not stand so: too large together, or too much that leads to one another.
    pub(crate) fn try_to(
        &mut self,
        place: &str,
        change: impl FnOnce(&mut Self),
    ) -> Result<(), Refused> {
        let mut next = self.clone();
        change(&mut next);
        let bytes = next.bytes();
        if bytes > Self::MOST_BYTES {
            return Err(Refused::TooLarge(bytes));
        }
        if let Err(tangled) = next.library().check() {
            let wrong = Violation::new(place, "too_large", tangled.to_string());
            return Err(Refused::Invalid(vec![wrong]));
        }
        *self = next;
        Ok(())
    }

    /// How many bytes all names and rules have together, as JSON.
    fn bytes(&self) -> usize {
        let json = |value: &Value| match value {
            Value::Null => 0,
            value => value.to_string().len(),
        };
        let sum = |parts: &[usize]| parts.iter().fold(0, |sum, part| part.saturating_add(sum));
        let segments = self.segments.values();
        let segments = segments.map(|one| sum(&[json(&one.rule), one.name.len()]));
        let scores = self.scores.values();
        let scores = scores.map(|one| sum(&[json(&one.clauses), json(&one.bands), one.name.len()]));
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let tags = self.tags.values();
        let tags = tags.map(|one| sum(&[json(&one.rule), one.name.len(), text(&one.group)]));
        segments
            .chain(scores)
            .chain(tags)
            .fold(0, usize::saturating_add)
    }

    /// Those that name `of`, and those that name them, mean something else from now on: each gets a new version. Answers which.
    pub(crate) fn renew_dependents(
        &mut self,
        of: &Named,
        now: Timestamp,
        rev: u64,
    ) -> BTreeSet<Named> {
        let dependents = self.all_dependents([of.clone()]);
        self.renew(&dependents, now, rev);
        dependents
    }

    /// These mean something else from now on: each gets a new version.
    pub(crate) fn renew(&mut self, these: &BTreeSet<Named>, now: Timestamp, rev: u64) {
        for named in these {
            match named {
                Named::Segment(id) => {
                    if let Some(definition) = self.segments.get_mut(id) {
                        definition.version = definition.version.saturating_add(1);
                        definition.rule_changed_at = now;
                        definition.updated_at = now;
                        definition.rev = rev;
                    }
                }
                Named::Score(id) => {
                    if let Some(definition) = self.scores.get_mut(id) {
                        definition.version = definition.version.saturating_add(1);
                        definition.updated_at = now;
                        definition.rev = rev;
                    }
                }
                Named::Tag(tag) => {
                    if let Some(definition) = self.tags.get_mut(tag) {
                        definition.version = definition.version.saturating_add(1);
                        definition.rule_changed_at = now;
                        definition.updated_at = now;
                        definition.rev = rev;
                    }
                }
            }
        }
    }

    /// Sets a model at `now`; `rev` is the revision that the document will have. Definitions whose rules ask for it, themselves
    /// or by naming others, get a new version.
    /// Pointers of violations begin at the model.
    pub fn set_model(
        &mut self,
        wanted: models::Wanted,
        now: Timestamp,
        rev: u64,
    ) -> Result<Defined, Vec<Violation>> {
        let model = wanted.clone();
        let set = self.models.set(wanted, now, rev)?;
        if set == Defined::Same {
            return Ok(set);
        }
        let asks = |rule: &Value| model.is_asked_by(rule);
        let segments = self.segments.values().filter(|one| asks(&one.rule));
        let segments = segments.map(|one| Named::Segment(one.id.clone()));
        let scores = self
            .scores
            .values()
            .filter(|one| clauses(&one.clauses).any(|(_, rule)| asks(rule)));
        let scores = scores.map(|one| Named::Score(one.id.clone()));
        let tags = self.tags.values().filter(|one| asks(&one.rule));
        let tags = tags.map(|one| Named::Tag(one.tag.clone()));
        let mut renewed: BTreeSet<Named> = segments.chain(scores).chain(tags).collect();
        renewed.extend(self.all_dependents(renewed.clone()));
        self.renew(&renewed, now, rev);
        Ok(set)
    }

    /// Deletes a segment at `now`; `rev` is the revision that the document will have. Answers which definitions mean something else
    /// now, as their rules name one that is not there, and has no members; `None` where there is no such segment.
    pub fn remove(&mut self, id: &Slug, now: Timestamp, rev: u64) -> Option<BTreeSet<Named>> {
        let removed = self.segments.remove(id)?;
        self.retired = self.retired.max(removed.version);
        Some(self.renew_dependents(&Named::Segment(id.clone()), now, rev))
    }
}

pub(crate) fn wrong_name(place: &str, name: &str) -> Option<Violation> {
    let (code, detail) = if name.is_empty() {
        ("empty", "here is a name missing".to_owned())
    } else if name.chars().count() > DefinitionSet::NAME_CHARS {
        let most = DefinitionSet::NAME_CHARS;
        ("too_long", format!("a name has at most {most} characters"))
    } else if name.chars().any(char::is_control) {
        (
            "invalid_value",
            "a name has no control characters".to_owned(),
        )
    } else {
        return None;
    };
    Some(Violation::new(place, code, detail))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wanted(id: &str, name: &str, rule: Value) -> Wanted {
        Wanted {
            id: Slug::parse(id).unwrap(),
            name: name.to_owned(),
            rule,
        }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_version_counts_changes_of_the_rule_and_never_comes_twice() {
        let mut set = DefinitionSet::default();
        let vip = json!({"tag": "vip"});
        let (id, old) = (Slug::parse("a").unwrap(), json!({"tag": "old"}));
        assert_eq!(
            set.define(wanted("a", "A", vip.clone()), at(1), 1),
            Ok(Defined::Created)
        );
        assert_eq!(
            set.define(wanted("a", " A ", vip.clone()), at(2), 2),
            Ok(Defined::Same)
        );
        assert_eq!(
            set.define(wanted("a", "B", vip.clone()), at(3), 2),
            Ok(Defined::Changed)
        );
        let renamed = &set.segments[&id];
        assert_eq!(
            (renamed.version, renamed.rev, renamed.rule_changed_at),
            (1, 2, at(1))
        );
        assert_eq!(
            set.define(wanted("a", "B", old), at(4), 3),
            Ok(Defined::Changed)
        );
        let changed = &set.segments[&id];
        assert_eq!(
            (changed.version, changed.created_at, changed.rule_changed_at),
            (2, at(1), at(4))
        );
        assert!(set.remove(&id, at(5), 4).is_some());
        assert!(set.remove(&id, at(5), 4).is_none());
        set.define(wanted("a", "A", vip), at(5), 5).unwrap();
        assert_eq!(set.segments[&id].version, 3);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let mut set = DefinitionSet::default();
        let refused = set.define(wanted("a", " ", json!({"all": [{"tga": "x"}]})), at(1), 1);
        let wrong = match refused {
            Err(Refused::Invalid(wrong)) => wrong,
            _ => Vec::new(),
        };
        let places: Vec<_> = wrong.iter().map(|wrong| wrong.pointer.as_str()).collect();
        assert_eq!(places, ["/name", "/rule/all/0/tga"]);
        assert!(set.segments.is_empty());
    }

    #[test]
    fn there_is_room_for_256_segments_and_200_kilobytes() {
        let mut set = DefinitionSet::default();
        for number in 0..256 {
            set.define(
                wanted(&number.to_string(), "n", json!({"tag": "vip"})),
                at(1),
                1,
            )
            .unwrap();
        }
        let one_more = set.define(wanted("x", "n", json!({"tag": "vip"})), at(1), 1);
        assert_eq!(one_more, Err(Refused::TooMany("segments", 256)));
        let cities: Vec<_> = (0..1_000)
            .map(|n| "城".repeat(70) + &n.to_string())
            .collect();
        let large = json!({"field": "traits.city", "is": "in", "value": cities});
        let refused = set.define(wanted("7", "n", large), at(1), 1);
        assert!(matches!(refused, Err(Refused::TooLarge(bytes)) if bytes > 200_000));
        assert_eq!(set.segments[&Slug::parse("7").unwrap()].version, 1);
    }
}
