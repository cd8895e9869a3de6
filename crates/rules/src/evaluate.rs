//! A rule about a subject at a moment, and the next moment at which the answer changes.

use rapport_types::{Timestamp, Zone};
use serde_json::Value;

use crate::behaviour;
use crate::field;
use crate::found::{Found, Scope};
use crate::rule::{Node, Rule};
use crate::subject::Subject;
use crate::verdict::{All, Any, Verdict};

/// Moments tried to find the next flip of a rule whose parts change but cancel out.
const MOST_TRIES: usize = 64;

/// What a rule answers about a subject at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the subject matches.
    pub matches: bool,
    /// The earliest moment at which, with no new data, `matches` may change; `None` if never. Never later
    /// than the truth.
    pub next_change_at: Option<Timestamp>,
    /// False where the rule reaches back beyond the events that are kept singly.
    pub complete: bool,
}

/// What `rule` answers about `subject` at `now`, days being those of `zone`.
pub fn evaluate(rule: &Rule, subject: &dyn Subject, now: Timestamp, zone: &Zone) -> Outcome {
    let scope = Scope::Subject(subject);
    let answer = node(&rule.root, scope, now, zone);
    let mut last = answer;
    // Where parts change at different times the whole may stay as it is: look on until it flips.
    for _ in 0..MOST_TRIES {
        let Some(then) = last.next.filter(|_| !last.exact) else {
            break;
        };
        let later = node(&rule.root, scope, then, zone);
        if later.matches != answer.matches {
            break;
        }
        last = later;
    }
    Outcome {
        matches: answer.matches,
        next_change_at: last.next,
        complete: answer.complete,
    }
}

/// The answer of one part of a rule.
pub(crate) fn node(part: &Node, scope: Scope<'_>, now: Timestamp, zone: &Zone) -> Verdict {
    match part {
        Node::All(parts) => {
            let mut all = All::new();
            for part in parts {
                if !all.push(node(part, scope, now, zone)) {
                    break;
                }
            }
            all.finish()
        }
        Node::Any(parts) => {
            let mut any = Any::new();
            for part in parts {
                if !any.push(node(part, scope, now, zone)) {
                    break;
                }
            }
            any.finish()
        }
        Node::Not(part) => node(part, scope, now, zone).not(),
        Node::Field(test) => field::verdict(test, scope, now, zone),
        Node::Behaviour(test) => match scope {
            Scope::Subject(subject) => behaviour::verdict(test, subject, now, zone),
            // Parsing lets no behaviour stand in a `where`.
            Scope::Event(_) | Scope::Element(_) => Verdict::fixed(false),
        },
        Node::Each { list, rule } => {
            let mut any = Any::new();
            if let Found::Json(Value::Array(elements)) = scope.find(list) {
                for element in elements.iter().filter(|element| !element.is_null()) {
                    if !any.push(node(rule, Scope::Element(element), now, zone)) {
                        break;
                    }
                }
            }
            any.finish()
        }
    }
}
