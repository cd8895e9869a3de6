//! Why a rule answers what it does, clause by clause.
//!
//! The rule is walked as the JSON that people wrote, in their order, and each part of it is evaluated by itself: evaluation proper puts
//! cheap parts first and stops at the first that settles it. What is told of a clause is what it says of the customer; the parts of a
//! `where` speak of events or elements and are not told apart. A clause that names a segment, a score or a tag that a rule puts on has
//! the clauses of that definition beneath it, [`DEPTH`] definitions deep.

mod because;
mod change;
mod shown;

use std::cell::Cell;

use rapport_types::{Timestamp, Violation, Zone};
use serde::Serialize;
use serde_json::Value;

pub use because::{Because, because};
pub use change::Change;

use crate::evaluate::{Context, evaluate};
use crate::library::Name;
use crate::rule::{Field, Node, Rule};
use crate::score::Score;
use crate::subject::Subject;
use crate::text::Folds;

/// How many definitions deep an explanation goes: a rule, what it names, and so on.
const DEPTH: u32 = 4;
/// After so many clauses what a clause names is not shown beneath it any more.
const CLAUSES: u32 = 2_000;

/// A part of a rule, and what it says of a customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Clause {
    /// The definition in which it stands, `segment gold`, where that is another one than that of the clause above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Where it stands in that definition's rule (in the score, for its clauses), as a JSON pointer.
    pub pointer: String,
    /// Of a score's clause: what people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Of a score's clause: the points that it gives where it passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Value>,
    /// What it is, for people: `all of`, `traits.city in ["上海"]`.
    pub clause: String,
    /// Whether the customer passes.
    pub matches: bool,
    /// What was found: the field's value, how many events, what they come to. `None` where nothing was, and for what is made of
    /// other clauses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The earliest moment at which, with no new data, `matches` may change; `None` if never.
    pub next_change_at: Option<Timestamp>,
    /// False where it reaches back beyond the events that are kept singly.
    pub complete: bool,
    /// The fewest changes that, each taken by itself, make the clause answer otherwise; `None` where no data would.
    pub flip: Option<Vec<Change>>,
    /// The clauses that it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Clause>,
}

/// How the definitions that a rule names are found.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    /// Tells a rule what the names in it stand for (see [`Rule::link`]).
    pub link: &'a dyn Fn(&mut Rule),
    /// A segment's or a tag's rule, or a score, as people wrote it.
    pub json: &'a dyn Fn(&Name) -> Option<Value>,
}

/// Explains what the rule `json` says of `subject` at `now`.
///
/// # Errors
///
/// What is wrong with the rule.
pub fn explain(
    json: &Value,
    definitions: Lookup<'_>,
    subject: &dyn Subject,
    now: Timestamp,
    zone: &Zone,
) -> Result<Clause, Vec<Violation>> {
    Rule::parse(json)?;
    let explaining = Explaining {
        definitions,
        subject,
        now,
        zone,
        clauses: Cell::new(0),
    };
    explaining.part(json, String::new(), DEPTH)
}

/// The clauses of the score `json`, each with its points, and what each says of `subject` at `now`.
///
/// # Errors
///
/// What is wrong with the score.
pub fn explain_score(
    json: &Value,
    definitions: Lookup<'_>,
    subject: &dyn Subject,
    now: Timestamp,
    zone: &Zone,
) -> Result<Vec<Clause>, Vec<Violation>> {
    Score::parse(json)?;
    let explaining = Explaining {
        definitions,
        subject,
        now,
        zone,
        clauses: Cell::new(0),
    };
    explaining.clauses(json, DEPTH)
}

struct Explaining<'a> {
    definitions: Lookup<'a>,
    subject: &'a dyn Subject,
    now: Timestamp,
    zone: &'a Zone,
    /// How many were explained.
    clauses: Cell<u32>,
}

impl Explaining<'_> {
    fn part(&self, json: &Value, pointer: String, depth: u32) -> Result<Clause, Vec<Violation>> {
        self.clauses.set(self.clauses.get().saturating_add(1));
        let mut rule = Rule::parse(json)?;
        (self.definitions.link)(&mut rule);
        let outcome = evaluate(&rule, self.subject, self.now, self.zone);
        let several = |name: &str| json.get(name).and_then(Value::as_array);
        let mut parts = Vec::new();
        for name in ["all", "any"] {
            for (place, part) in several(name).into_iter().flatten().enumerate() {
                parts.push(self.part(part, format!("{pointer}/{name}/{place}"), depth)?);
            }
        }
        if let Some(part) = json.get("not") {
            parts.push(self.part(part, format!("{pointer}/not"), depth)?);
        }
        let folds = Folds::default();
        let cx = Context {
            now: self.now,
            zone: self.zone,
            folds: &folds,
        };
        let value = shown::value(&rule.root, self.subject, cx);
        let flip = match &rule.root {
            // Those that fail have to pass; one that passes has to fail.
            Node::All(_) if outcome.matches => change::least(&parts),
            Node::All(_) => change::every(&parts, false),
            Node::Any(_) if outcome.matches => change::every(&parts, true),
            Node::Any(_) => change::least(&parts),
            Node::Not(_) => parts.first().and_then(|part| part.flip.clone()),
            leaf => {
                parts = self.named(leaf, depth);
                change::of(leaf, json, &pointer, outcome.matches, value.as_ref())
                    .map(|one| vec![one])
            }
        };
        Ok(Clause {
            of: None,
            label: None,
            points: None,
            clause: shown::clause(json),
            pointer,
            matches: outcome.matches,
            value,
            next_change_at: outcome.next_change_at,
            complete: outcome.complete,
            flip,
            parts,
        })
    }

    /// The clauses of the definitions that a clause names. One that a later version of this service refuses has none.
    fn named(&self, leaf: &Node, depth: u32) -> Vec<Clause> {
        let Some(depth) = depth.checked_sub(1).filter(|depth| *depth > 0) else {
            return Vec::new();
        };
        if self.clauses.get() >= CLAUSES {
            return Vec::new();
        }
        let rule_of = |name: Name| {
            let json = (self.definitions.json)(&name)?;
            let clause = self.part(&json, String::new(), depth).ok()?;
            Some(Clause {
                of: Some(name.to_string()),
                ..clause
            })
        };
        match leaf {
            Node::Segment(reference) => {
                Vec::from_iter(rule_of(Name::Segment(reference.id.to_string())))
            }
            Node::Tags(test) => {
                // One tag may have several names.
                let mut tags: Vec<&str> = test.automatic.iter().map(|one| &*one.tag).collect();
                tags.dedup();
                let rules = tags
                    .into_iter()
                    .map(|tag| rule_of(Name::Tag(tag.to_owned())));
                rules.flatten().collect()
            }
            Node::Field(test) => match &test.field {
                Field::Score(score) | Field::Band(score) => {
                    let name = Name::Score(score.id.to_string());
                    let json = (self.definitions.json)(&name);
                    let clauses = json.and_then(|json| self.clauses(&json, depth).ok());
                    let of = |clause: Clause| Clause {
                        of: Some(name.to_string()),
                        ..clause
                    };
                    clauses.into_iter().flatten().map(of).collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn clauses(&self, score: &Value, depth: u32) -> Result<Vec<Clause>, Vec<Violation>> {
        let clauses = score.get("clauses").and_then(Value::as_array);
        let clauses = clauses.into_iter().flatten().enumerate();
        let clauses = clauses.map(|(place, json)| {
            let rule = json.get("when").unwrap_or(&Value::Null);
            let clause = self.part(rule, format!("/clauses/{place}/when"), depth)?;
            let label = json.get("label").and_then(Value::as_str);
            Ok(Clause {
                label: label.map(str::to_owned),
                points: json.get("points").cloned(),
                ..clause
            })
        });
        clauses.collect()
    }
}
