//! The catalogue of tags: names, colours, groups; tags that a rule puts on; renaming and merging.
//!
//! Which tags people put on a customer stands in the customer's document. A tag with a rule is **automatic**: it is on whoever passes,
//! decided on read as a segment is, and told of and filled as one; to customers' documents and audiences it is known by
//! [`TagDefinition::slug`], which stays when it is renamed. What people put on by hand stays beside that.
//!
//! A tag that was renamed or merged leaves its name behind as an [`Alias`]. To rules the two names are one from that commit on, whichever
//! of them a customer's document has, so nobody loses the tag; every later commit of a customer writes the new name, and a job
//! ([`crate::tagging`]) sees to those who have none. Rules that name the old one are rewritten in the same commit.

mod rename;

use std::collections::BTreeSet;

use rapport_rules::{Rule, fold};
use rapport_types::{Slug, Tag, Timestamp, Violation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::named::Named;
use crate::references::Mentions;
use crate::segments::{Defined, DefinitionSet, Refused, wrong_name};

pub use rename::Renamed;

/// What the ids of automatic tags begin with, where they stand among segments.
const PREFIX: &str = "__tag_";

/// Whether `id` is that of an automatic tag, and so can be no segment's.
pub fn is_of_a_tag(id: &Slug) -> bool {
    id.as_str().starts_with(PREFIX)
}

/// A tag in the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TagDefinition {
    /// The tag, as it stands in customers' documents and in rules.
    pub tag: Tag,
    /// What people call it.
    pub name: String,
    /// How it is shown: `#rrggbb`.
    pub color: Option<String>,
    /// What it belongs to.
    pub group: Option<String>,
    /// The rule of an automatic one; `null` where people alone put it on.
    pub rule: Value,
    /// Its number, which no other tag ever had.
    pub serial: u64,
    /// Grows by one with each change of the rule, or of what it names.
    pub version: u64,
    /// The revision of the document with which anything of it last changed.
    pub rev: u64,
    /// When it came into the catalogue.
    pub created_at: Timestamp,
    /// When its rule last changed.
    pub rule_changed_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
}

/// What a name that a tag had before stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The tag that it is now.
    pub tag: Tag,
    /// Its number, by which the job knows it.
    pub serial: u64,
    /// Since when.
    pub since: Timestamp,
    /// Whether another tag took it in; else it was renamed.
    #[serde(default)]
    pub merged: bool,
}

/// What happens where people put a tag on a customer that is not in the catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// It is put on.
    #[default]
    Allow,
    /// It is refused.
    Refuse,
}

/// A tag as somebody wants it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The tag.
    pub tag: Tag,
    /// What people shall call it; the tag itself where it is left out.
    pub name: Option<String>,
    /// How it is shown.
    pub color: Option<String>,
    /// What it belongs to.
    pub group: Option<String>,
    /// The rule of an automatic one, not yet checked; `null`: none.
    pub rule: Value,
}

impl TagDefinition {
    /// The id by which customers' documents and audiences know it, if it is automatic.
    pub fn slug(&self) -> Option<Slug> {
        Slug::parse(&format!("{PREFIX}{}", self.serial)).ok()
    }

    /// Whether a rule puts it on.
    pub fn is_automatic(&self) -> bool {
        !self.rule.is_null()
    }
}

impl DefinitionSet {
    /// The most tags in the catalogue.
    pub const MOST_TAGS: usize = 256;
    /// The most automatic tags: every commit of a customer evaluates all of them.
    pub const MOST_AUTOMATIC: usize = 64;
    /// The most names that tags had before.
    pub const MOST_ALIASES: usize = 256;

    /// What the tag was called before.
    pub fn former_names<'a>(
        &'a self,
        tag: &'a Tag,
    ) -> impl Iterator<Item = (&'a Tag, &'a Alias)> + 'a {
        let aliases = self.aliases.iter();
        aliases.filter(move |(_, alias)| alias.tag == *tag)
    }

    /// The tag in the catalogue that rules take for `tag`, by its name or by one that it had before.
    pub fn tag_like(&self, tag: &Tag) -> Option<&TagDefinition> {
        let wanted = fold(tag.as_str());
        let same = |other: &Tag| fold(other.as_str()) == wanted;
        let alias = self.aliases.iter().find(|(alias, _)| same(alias));
        match alias {
            Some((_, alias)) => self.tags.get(&alias.tag),
            None => self.tags.values().find(|other| same(&other.tag)),
        }
    }

    /// Puts a tag into the catalogue, or changes it, at `now`; `rev` is the revision that the document will have. Where its rule
    /// changes, those that name it mean something else and get a new version.
    pub fn define_tag(
        &mut self,
        wanted: Wanted,
        now: Timestamp,
        rev: u64,
    ) -> Result<Defined, Refused> {
        let tag = wanted.tag.clone();
        let named = Named::Tag(tag.clone());
        let name = wanted.name.as_deref().unwrap_or(tag.as_str());
        let name = name.trim().to_owned();
        self.check_tag(&wanted, &name)?;
        let Wanted {
            color, group, rule, ..
        } = wanted;
        let group = group.map(|group| group.trim().to_owned());
        let last = self.tags.get(&tag);
        if last.is_none() {
            if let Some(other) = self.tag_like(&tag) {
                return Err(Refused::Taken(other.tag.clone()));
            }
            if self.tags.len() >= Self::MOST_TAGS {
                return Err(Refused::TooMany("tags", Self::MOST_TAGS));
            }
        }
        let others = self.tags.values().filter(|other| other.tag != tag);
        let automatic = others.filter(|other| other.is_automatic()).count();
        if !rule.is_null() && automatic >= Self::MOST_AUTOMATIC {
            let most = Self::MOST_AUTOMATIC;
            return Err(Refused::TooMany("tags with a rule", most));
        }
        let next = match last {
            None => TagDefinition {
                tag: tag.clone(),
                name,
                color,
                group,
                rule,
                serial: self.tag_serial.saturating_add(1),
                version: 1,
                rev,
                created_at: now,
                rule_changed_at: now,
                updated_at: now,
            },
            Some(last) => {
                let new_rule = last.rule != rule;
                let next = TagDefinition {
                    name,
                    color,
                    group,
                    version: last.version.saturating_add(u64::from(new_rule)),
                    rule_changed_at: if new_rule { now } else { last.rule_changed_at },
                    rule,
                    ..last.clone()
                };
                if next == *last {
                    return Ok(Defined::Same);
                }
                TagDefinition {
                    rev,
                    updated_at: now,
                    ..next
                }
            }
        };
        let last = last.map(|last| last.version);
        let (version, serial) = (next.version, self.tag_serial.max(next.serial));
        let automatic = next.is_automatic();
        self.try_to("/rule", |set| {
            set.tags.insert(tag, next);
            set.tag_serial = serial;
        })?;
        // A new one without a rule is what it was to rules before: what people put on.
        if last.map_or(automatic, |last| last != version) {
            self.renew_dependents(&named, now, rev);
        }
        Ok(match last {
            Some(_) => Defined::Changed,
            None => Defined::Created,
        })
    }

    fn check_tag(&self, wanted: &Wanted, name: &str) -> Result<(), Refused> {
        let mut wrong = Vec::from_iter(wrong_name("/name", name));
        if let Some(group) = &wanted.group {
            wrong.extend(wrong_name("/group", group.trim()));
        }
        if let Some(color) = &wanted.color
            && !is_color(color)
        {
            let detail = "a color is written as #rrggbb, such as #d4380d";
            wrong.push(Violation::new("/color", "invalid_value", detail));
        }
        if !wanted.rule.is_null() {
            if let Err(violations) = Rule::parse(&wanted.rule) {
                wrong.extend(violations.into_iter().map(|one| one.under("/rule")));
            }
            let mentions = Mentions::of([("/rule".to_owned(), &wanted.rule)]);
            let named = Named::Tag(wanted.tag.clone());
            wrong.extend(self.wrong_references(&named, &mentions));
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Refused::Invalid(wrong)),
        }
    }

    /// Whether rules that name it mean something else once it is deleted. To a tag that people put on, and that had no other name, the
    /// catalogue adds nothing.
    pub fn is_missed(&self, named: &Named) -> bool {
        let Named::Tag(tag) = named else { return true };
        let automatic = self.tags.get(tag).is_some_and(TagDefinition::is_automatic);
        automatic || self.former_names(tag).next().is_some()
    }

    /// Takes a tag out of the catalogue, with the names it had before. A rule of its own takes nobody in any more; on whom people put
    /// it, it stays. Answers which definitions mean something else now; `None` where there is no such tag.
    ///
    /// Who has it under a former name in their document would lose it: not before the jobs that see to those names are over
    /// ([`Jobs::waits`](crate::tagging::Jobs::waits)).
    pub fn remove_tag(&mut self, tag: &Tag, now: Timestamp, rev: u64) -> Option<BTreeSet<Named>> {
        let named = Named::Tag(tag.clone());
        self.tags.get(tag)?;
        // While they are found under every name.
        let changed = match self.is_missed(&named) {
            true => self.renew_dependents(&named, now, rev),
            false => BTreeSet::new(),
        };
        self.tags.remove(tag);
        self.aliases.retain(|_, alias| alias.tag != *tag);
        Some(changed)
    }
}

fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').map(str::as_bytes);
    digits.is_some_and(|digits| digits.len() == 6 && digits.iter().all(u8::is_ascii_hexdigit))
}
