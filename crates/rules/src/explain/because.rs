//! The one clause that an answer rests on.

use rapport_types::{Timestamp, Violation, Zone};
use serde::Serialize;
use serde_json::Value;

use super::{DEPTH, Explaining, Lookup, shown};
use crate::evaluate::{Context, evaluate};
use crate::library::Name;
use crate::rule::{Node, Rule};
use crate::subject::Subject;
use crate::text::Folds;

/// A clause that a rule's answer rests on: where it stands, what it says of the customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Because {
    /// The definition in which it stands, `segment gold`, where the rule names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Where it stands there, as a JSON pointer.
    pub pointer: String,
    /// What it is, for people.
    pub clause: String,
    /// Whether the customer passes: a clause inside a `not` is in the way where they do.
    pub matches: bool,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// The first clause, in the order in which people wrote them, for which the rule `json` answers what it does: of `all` that fail, the first
/// that does; of a segment, that of its rule. Where several clauses settle it together, such as an `any` none of whose parts
/// passes, it is what they are parts of.
///
/// # Errors
///
/// What is wrong with the rule.
pub fn because(
    json: &Value,
    definitions: Lookup<'_>,
    subject: &dyn Subject,
    now: Timestamp,
    zone: &Zone,
) -> Result<Because, Vec<Violation>> {
    let explaining = Explaining {
        definitions,
        subject,
        now,
        zone,
        clauses: Default::default(),
    };
    let rule = explaining.parsed(json)?;
    let matches = explaining.holds(&rule);
    explaining.because((json, rule), matches, None, String::new(), DEPTH)
}

impl Explaining<'_> {
    fn parsed(&self, json: &Value) -> Result<Rule, Vec<Violation>> {
        let mut rule = Rule::parse(json)?;
        (self.definitions.link)(&mut rule);
        Ok(rule)
    }

    fn holds(&self, rule: &Rule) -> bool {
        evaluate(rule, self.subject, self.now, self.zone).matches
    }

    /// The same of a rule that answers `matches`; it stands at `pointer` of `of`.
    fn because(
        &self,
        (json, rule): (&Value, Rule),
        matches: bool,
        of: Option<String>,
        pointer: String,
        depth: u32,
    ) -> Result<Because, Vec<Violation>> {
        for (name, settled_by) in [("all", Some(false)), ("any", Some(true)), ("not", None)] {
            let parts = match json.get(name) {
                Some(Value::Array(parts)) => parts.as_slice(),
                Some(part) if name == "not" => std::slice::from_ref(part),
                _ => continue,
            };
            // One part alone settles it, or all of them together do.
            let alone = parts.len() == 1 || settled_by == Some(matches);
            for (place, part) in parts.iter().enumerate().filter(|_| alone) {
                let parsed = self.parsed(part)?;
                let passes = self.holds(&parsed);
                if parts.len() == 1 || passes == matches {
                    let pointer = match name {
                        "not" => format!("{pointer}/not"),
                        _ => format!("{pointer}/{name}/{place}"),
                    };
                    return self.because((part, parsed), passes, of, pointer, depth);
                }
            }
        }
        if let Node::Segment(reference) = &rule.root
            && let Some(depth) = depth.checked_sub(1).filter(|depth| *depth > 0)
        {
            let name = Name::Segment(reference.id.to_string());
            if let Some(json) = (self.definitions.json)(&name) {
                let parsed = self.parsed(&json)?;
                let of = Some(name.to_string());
                return self.because((&json, parsed), matches, of, String::new(), depth);
            }
        }
        let folds = Folds::default();
        let cx = Context {
            now: self.now,
            zone: self.zone,
            folds: &folds,
        };
        Ok(Because {
            of,
            pointer,
            clause: shown::clause(json),
            matches,
            value: shown::value(&rule.root, self.subject, cx),
        })
    }
}
