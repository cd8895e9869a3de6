//! Why a rule answers what it does, clause by clause.
//!
//! The rule is walked as the JSON that people wrote, in their order, and each part of it is evaluated by itself: evaluation proper puts
//! cheap parts first and stops at the first that settles it. What is told of a clause is what it says of the customer; the parts of a
//! `where` speak of events or elements and are not told apart.

mod change;
mod shown;

use rapport_types::{Timestamp, Violation, Zone};
use serde::Serialize;
use serde_json::Value;

pub use change::Change;

use crate::evaluate::{Context, evaluate};
use crate::rule::{Node, Rule};
use crate::subject::Subject;
use crate::text::Folds;

/// A part of a rule, and what it says of a customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Clause {
    /// Where it stands in the rule, as a JSON pointer.
    pub pointer: String,
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

/// Explains what the rule `json` says of `subject` at `now`. `link` tells a rule what the names in it stand for (see [`Rule::link`]).
///
/// # Errors
///
/// What is wrong with the rule.
pub fn explain(
    json: &Value,
    link: &dyn Fn(&mut Rule),
    subject: &dyn Subject,
    now: Timestamp,
    zone: &Zone,
) -> Result<Clause, Vec<Violation>> {
    Rule::parse(json)?;
    let explaining = Explaining {
        link,
        subject,
        now,
        zone,
    };
    explaining.part(json, String::new())
}

struct Explaining<'a> {
    link: &'a dyn Fn(&mut Rule),
    subject: &'a dyn Subject,
    now: Timestamp,
    zone: &'a Zone,
}

impl Explaining<'_> {
    fn part(&self, json: &Value, pointer: String) -> Result<Clause, Vec<Violation>> {
        let mut rule = Rule::parse(json)?;
        (self.link)(&mut rule);
        let outcome = evaluate(&rule, self.subject, self.now, self.zone);
        let several = |name: &str| json.get(name).and_then(Value::as_array);
        let mut parts = Vec::new();
        for name in ["all", "any"] {
            for (place, part) in several(name).into_iter().flatten().enumerate() {
                parts.push(self.part(part, format!("{pointer}/{name}/{place}"))?);
            }
        }
        if let Some(part) = json.get("not") {
            parts.push(self.part(part, format!("{pointer}/not"))?);
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
            leaf => change::of(leaf, json, &pointer, outcome.matches, value.as_ref())
                .map(|one| vec![one]),
        };
        Ok(Clause {
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
}
