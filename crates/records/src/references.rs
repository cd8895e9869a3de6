//! Which definitions' rules name which: no circle, and nothing that others stand on is deleted unawares.
//!
//! Segments, scores and tags are named by each other's rules. A rule names a segment and a score by their ids; it names a tag wherever
//! it can make a difference to it that a customer has that tag.

use std::collections::BTreeSet;

use rapport_rules::{Library, Rule, Score};
use rapport_types::{Slug, Violation, sort, violation};
use serde_json::Value;

use crate::compiled::Compiled;
use crate::named::Named;
use crate::segments::DefinitionSet;

/// What the rules of a definition name, each with its place in the definition.
#[derive(Debug, Default)]
pub struct Mentions {
    /// Segments and scores.
    pub names: Vec<(String, Named)>,
    /// Tests of tags, each as a rule.
    pub of_tags: Vec<(String, Rule)>,
}

impl Mentions {
    /// Those of one rule, with places that begin at it.
    pub fn of_rule(rule: &Value) -> Self {
        Self::of([(String::new(), rule)])
    }

    /// Those of rules, each with its place.
    pub fn of<'a>(rules: impl IntoIterator<Item = (String, &'a Value)>) -> Self {
        let mut mentions = Self::default();
        for (place, rule) in rules {
            mentions.collect(rule, &place);
        }
        mentions
    }

    fn collect(&mut self, part: &Value, place: &str) {
        let Value::Object(members) = part else {
            return;
        };
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        if let Some(Ok(id)) = text("segment").map(Slug::parse) {
            let name = (format!("{place}/segment"), Named::Segment(id));
            self.names.push(name);
        }
        let field = text("field");
        let score = field.and_then(|field| field.strip_prefix("scores."));
        let score = score.map(|score| score.strip_suffix(".band").unwrap_or(score));
        if let Some(Ok(id)) = score.map(Slug::parse) {
            let name = (format!("{place}/field"), Named::Score(id));
            self.names.push(name);
        }
        let tags = match (text("tag"), field) {
            (Some(_), _) => Some("tag"),
            (None, Some("tags")) => Some("field"),
            _ => None,
        };
        if let Some(member) = tags
            && let Ok(rule) = Rule::parse(part)
        {
            self.of_tags.push((format!("{place}/{member}"), rule));
        }
        for (name, inner) in members {
            let place = format!("{place}{}", violation::step(name));
            match (name.as_str(), inner) {
                ("all" | "any", Value::Array(parts)) => {
                    for (index, part) in parts.iter().enumerate() {
                        self.collect(part, &format!("{place}/{index}"));
                    }
                }
                ("not", inner) => self.collect(inner, &place),
                _ => {}
            }
        }
    }

    /// Whether it names anything at all that a rule is to be told of before it is evaluated.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.of_tags.is_empty()
    }

    /// The segments among them, each with its place.
    pub fn segments(&self) -> impl Iterator<Item = (&str, &Slug)> {
        self.names.iter().filter_map(|(place, named)| match named {
            Named::Segment(id) => Some((place.as_str(), id)),
            _ => None,
        })
    }

    /// The places at which it names one of these. A tag is among them under each of its names.
    fn places<'a>(&'a self, named: &'a [Named]) -> impl Iterator<Item = &'a str> {
        let names = self.names.iter().filter(|(_, name)| named.contains(name));
        let tags = self.of_tags.iter().filter(|(_, rule)| {
            named
                .iter()
                .any(|named| matches!(named, Named::Tag(tag) if rule.reads_tag(tag.as_str())))
        });
        names
            .map(|(place, _)| place.as_str())
            .chain(tags.map(|(place, _)| place.as_str()))
    }

    /// Whether it names one of these.
    pub fn name(&self, named: &[Named]) -> bool {
        self.places(named).next().is_some()
    }
}

/// Where a rule that is none of the definitions names segments or scores that there are not. Pointers begin at the rule.
pub fn unknown(rule: &Value, definitions: &Compiled) -> Vec<Violation> {
    let mentions = Mentions::of_rule(rule);
    let unknown = mentions.names.iter().filter_map(|(place, named)| {
        let (kind, id, known) = match named {
            Named::Segment(id) => ("segment", id, definitions.is_segment(id)),
            Named::Score(id) => {
                let mut scores = definitions.scores.iter();
                let known = scores.any(|score| score.definition.id == *id);
                ("score", id, known)
            }
            Named::Tag(_) => return None,
        };
        (!known).then(|| unknown_name(place, kind, id))
    });
    unknown.collect()
}

/// There is no such segment or score.
pub(crate) fn unknown_name(place: &str, kind: &str, id: &Slug) -> Violation {
    let detail = format!("there is no {kind} {:?}", id.as_str());
    Violation::new(place, format!("unknown_{kind}"), detail)
}

impl Compiled {
    /// Whether there is a segment of that id.
    pub fn is_segment(&self, id: &Slug) -> bool {
        let dynamic = self.segments.iter().map(|segment| &segment.definition);
        dynamic.chain(&self.lists).any(|known| known.id == *id)
    }
}

/// The rules of a score, each with its place.
pub fn clauses(clauses: &Value) -> impl Iterator<Item = (String, &Value)> {
    let clauses = clauses.as_array().into_iter().flatten().enumerate();
    clauses.filter_map(|(place, clause)| {
        let rule = clause.get("when")?;
        Some((format!("/clauses/{place}/when"), rule))
    })
}

impl DefinitionSet {
    /// Every definition with what it names.
    pub(crate) fn mentions(&self) -> Vec<(Named, Mentions)> {
        let one = |rule| [("/rule".to_owned(), rule)];
        let segments = self.segments.values();
        let segments = segments.map(|segment| {
            let named = Named::Segment(segment.id.clone());
            (named, Mentions::of(one(&segment.rule)))
        });
        let scores = self.scores.values().map(|score| {
            let named = Named::Score(score.id.clone());
            (named, Mentions::of(clauses(&score.clauses)))
        });
        let tags = self.tags.values().map(|tag| {
            let named = Named::Tag(tag.tag.clone());
            (named, Mentions::of(one(&tag.rule)))
        });
        segments.chain(scores).chain(tags).collect()
    }

    /// Every name by which rules may mean that.
    pub fn all_names(&self, of: &Named) -> Vec<Named> {
        let mut names = vec![of.clone()];
        if let Named::Tag(tag) = of {
            let aliases = self.former_names(tag);
            names.extend(aliases.map(|(alias, _)| Named::Tag(alias.clone())));
        }
        names
    }

    /// The definitions whose rules name `of`.
    pub fn dependents(&self, of: &Named) -> BTreeSet<Named> {
        self.dependents_in(&self.mentions(), of)
    }

    fn dependents_in(&self, all: &[(Named, Mentions)], of: &Named) -> BTreeSet<Named> {
        let names = self.all_names(of);
        let dependents = all.iter().filter(|(_, mentions)| mentions.name(&names));
        dependents.map(|(named, _)| named.clone()).collect()
    }

    /// Those that name any of `of`, and those that name them, and so on.
    pub(crate) fn all_dependents(&self, of: impl IntoIterator<Item = Named>) -> BTreeSet<Named> {
        let all = self.mentions();
        let mut found = BTreeSet::new();
        let mut next = Vec::from_iter(of);
        while let Some(of) = next.pop() {
            for dependent in self.dependents_in(&all, &of) {
                if found.insert(dependent.clone()) {
                    next.push(dependent);
                }
            }
        }
        found
    }

    /// Where `rules`, as those of `named`, name what there is not, or what stands on `named` itself.
    pub(crate) fn wrong_references(&self, named: &Named, rules: &Mentions) -> Vec<Violation> {
        let standing_on_it = self.all_dependents([named.clone()]);
        let own = self.all_names(named);
        let mut wrong = Vec::new();
        for place in rules.places(&own) {
            let detail = "a definition cannot be part of its own rule";
            wrong.push(Violation::new(place, "cycle", detail));
        }
        for of in &standing_on_it {
            for place in rules.places(&self.all_names(of)) {
                let detail = format!("the rule of the {of} leads back to the {named}");
                wrong.push(Violation::new(place, "cycle", detail));
            }
        }
        for (place, of) in &rules.names {
            let (kind, id, known) = match of {
                Named::Segment(id) => ("segment", id, self.segments.contains_key(id)),
                Named::Score(id) => ("score", id, self.scores.contains_key(id)),
                Named::Tag(_) => continue,
            };
            if !known && of != named {
                wrong.push(unknown_name(place, kind, id));
            }
        }
        sort::by(&mut wrong, |one, other| one.pointer.cmp(&other.pointer));
        wrong.dedup_by(|one, other| one.pointer == other.pointer);
        wrong
    }

    /// All definitions as they know one another. One that is no rule is left out.
    pub(crate) fn library(&self) -> Library {
        let mut library = Library::default();
        for segment in self.segments.values() {
            if let Ok(rule) = Rule::parse(&segment.rule) {
                library.segments.insert(segment.id.to_string(), rule);
            }
        }
        for score in self.scores.values() {
            if let Ok(parsed) = Score::parse(&score.json()) {
                library.scores.insert(score.id.to_string(), parsed);
            }
        }
        for tag in self.tags.values() {
            if let Ok(rule) = Rule::parse(&tag.rule) {
                library.tags.insert(tag.tag.to_string(), rule);
            }
        }
        for (alias, of) in &self.aliases {
            let (alias, tag) = (alias.to_string(), of.tag.to_string());
            library.aliases.insert(alias, tag);
        }
        library
    }
}
