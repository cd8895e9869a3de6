//! A tag gets another name, or becomes one with another tag.

use std::collections::BTreeSet;

use rapport_rules::fold;
use rapport_types::{Tag, Timestamp, Violation};
use serde_json::Value;

use super::{Alias, TagDefinition};
use crate::named::Named;
use crate::segments::{DefinitionSet, Refused};

/// What a new name changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The number of the alias, by which its job is known.
    pub serial: u64,
    /// The definitions whose rules were rewritten or mean something else: each has a new version.
    pub changed: BTreeSet<Named>,
}

impl DefinitionSet {
    /// Calls the tag `from` `to` from now on, at `now`; `rev` is the revision that the document will have.
    pub fn rename_tag(
        &mut self,
        from: &Tag,
        to: &Tag,
        now: Timestamp,
        rev: u64,
    ) -> Result<Renamed, Refused> {
        let Some(last) = self.tags.get(from) else {
            return Err(Refused::Conflict(format!(
                "there is no tag {:?}",
                from.as_str()
            )));
        };
        if from == to {
            let detail = "the tag has this name already";
            return Err(invalid("/to", "invalid_value", detail));
        }
        let folded = |tag: &Tag| fold(tag.as_str());
        let others = self.tags.keys().filter(|other| *other != from);
        let aliases = self.aliases.iter();
        let aliases = aliases.filter(|(_, alias)| alias.tag != *from);
        let mut taken = others.chain(aliases.map(|(alias, _)| alias));
        if let Some(taken) = taken.find(|other| folded(other) == folded(to)) {
            return Err(Refused::Taken(taken.clone()));
        }
        let named_after_itself = last.name == from.as_str();
        let next = TagDefinition {
            tag: to.clone(),
            name: if named_after_itself {
                to.to_string()
            } else {
                last.name.clone()
            },
            rev,
            updated_at: now,
            ..last.clone()
        };
        // Only spelled otherwise: to rules nothing changes, but documents do.
        self.take_name(from, to, false, now, rev, |set| {
            set.aliases.retain(|alias, _| folded(alias) != folded(to));
            set.tags.insert(to.clone(), next);
        })
    }

    /// Makes the tag `from` one with `into`, at `now`. `from` need not be in the catalogue.
    pub fn merge_tag(
        &mut self,
        from: &Tag,
        into: &Tag,
        now: Timestamp,
        rev: u64,
    ) -> Result<Renamed, Refused> {
        if fold(from.as_str()) == fold(into.as_str()) {
            let detail = "to rules these are one tag already; rename it to spell it otherwise";
            return Err(invalid("/into", "invalid_value", detail));
        }
        if !self.tags.contains_key(into) {
            let detail = format!("there is no tag {:?} in the catalogue", into.as_str());
            return Err(invalid("/into", "unknown_tag", &detail));
        }
        if let Some(alias) = self.aliases.get(from) {
            let detail = format!(
                "{:?} is what the tag {:?} was called before",
                from.as_str(),
                alias.tag.as_str()
            );
            return Err(Refused::Conflict(detail));
        }
        if self.tags.get(from).is_some_and(TagDefinition::is_automatic) {
            let detail = format!(
                "a rule puts the tag {:?} on customers; take the rule away first, or merge the other way round",
                from.as_str()
            );
            return Err(Refused::Conflict(detail));
        }
        self.take_name(from, into, true, now, rev, |_| ())
    }

    /// `from` becomes another name of `to`, and rules that say `from` say `to`.
    fn take_name(
        &mut self,
        from: &Tag,
        to: &Tag,
        merged: bool,
        now: Timestamp,
        rev: u64,
        change: impl FnOnce(&mut Self),
    ) -> Result<Renamed, Refused> {
        if self.aliases.len() >= Self::MOST_ALIASES {
            return Err(Refused::TooMany("former names of tags", Self::MOST_ALIASES));
        }
        let both = [from, to].map(|tag| Named::Tag(tag.clone()));
        let serial = self.tag_serial.saturating_add(1);
        let mut changed = self.all_dependents(both.clone());
        let place = if merged { "/into" } else { "/to" };
        let mut renamed = BTreeSet::new();
        self.try_to(place, |set| {
            set.tag_serial = serial;
            set.tags.remove(from);
            change(set);
            for alias in set.aliases.values_mut().filter(|alias| alias.tag == *from) {
                alias.tag = to.clone();
            }
            let alias = Alias {
                tag: to.clone(),
                serial,
                since: now,
                merged,
            };
            set.aliases.insert(from.clone(), alias);
            set.rewrite(from, to);
            changed.extend(set.all_dependents(both));
            // Under its new name, where it names itself by others.
            renamed = changed
                .iter()
                .map(|named| match named {
                    Named::Tag(tag) if tag == from => Named::Tag(to.clone()),
                    named => named.clone(),
                })
                .collect();
            set.renew(&renamed, now, rev);
        })?;
        Ok(Renamed {
            serial,
            changed: renamed,
        })
    }

    /// Writes `to` wherever a rule says `from`.
    fn rewrite(&mut self, from: &Tag, to: &Tag) {
        let folded = fold(from.as_str());
        let rename = Rename {
            from: from.as_str(),
            folded: &folded,
            to: to.as_str(),
        };
        for segment in self.segments.values_mut() {
            rename.part(&mut segment.rule);
        }
        for tag in self.tags.values_mut() {
            rename.part(&mut tag.rule);
        }
        for score in self.scores.values_mut() {
            let clauses = score.clauses.as_array_mut();
            for clause in clauses.into_iter().flatten() {
                if let Some(rule) = clause.get_mut("when") {
                    rename.part(rule);
                }
            }
        }
    }
}

struct Rename<'a> {
    from: &'a str,
    folded: &'a str,
    to: &'a str,
}

impl Rename<'_> {
    /// A part of a rule that is about a customer.
    fn part(&self, part: &mut Value) {
        let Value::Object(members) = part else {
            return;
        };
        let exact = members.get("exact") == Some(&Value::Bool(true));
        if members.get("field").and_then(Value::as_str) == Some("tags") {
            // What a value has inside, or how it begins, is no name.
            const BY_NAME: [&str; 7] = [
                "eq",
                "ne",
                "in",
                "not_in",
                "contains_any",
                "contains_none",
                "contains_all",
            ];
            let is = members.get("is").and_then(Value::as_str);
            if is.is_some_and(|is| BY_NAME.contains(&is)) {
                match members.get_mut("value") {
                    Some(Value::Array(names)) => {
                        names.iter_mut().for_each(|name| self.name(name, exact));
                    }
                    Some(name) => self.name(name, exact),
                    None => {}
                }
            }
        }
        if let Some(tag) = members.get_mut("tag") {
            self.name(tag, false);
        }
        for name in ["all", "any"] {
            let parts = members.get_mut(name).and_then(Value::as_array_mut);
            parts.into_iter().flatten().for_each(|part| self.part(part));
        }
        if let Some(part) = members.get_mut("not") {
            self.part(part);
        }
    }

    fn name(&self, name: &mut Value, exact: bool) {
        let same = |name: &str| match exact {
            true => name == self.from,
            false => fold(name) == self.folded,
        };
        if name.as_str().is_some_and(same) {
            *name = Value::String(self.to.to_owned());
        }
    }
}

fn invalid(place: &str, code: &str, detail: &str) -> Refused {
    Refused::Invalid(vec![Violation::new(place, code, detail)])
}
