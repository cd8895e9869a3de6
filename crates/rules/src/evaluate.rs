//! A rule about a subject at a moment, and the next moment at which the answer changes.

use rapport_types::properties::{Packed, Shape};
use rapport_types::{Timestamp, Zone};
use serde_json::Value;

use crate::field;
use crate::found::{Found, Scope};
use crate::rule::{Node, Rule};
use crate::subject::Subject;
use crate::text::Folds;
use crate::verdict::{All, Any, Verdict};
use crate::{behaviour, sequence};

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

/// What an evaluation has at hand beside the subject.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) zone: &'a Zone,
    pub(crate) folds: &'a Folds,
}

/// What `rule` answers about `subject` at `now`, days being those of `zone`.
pub fn evaluate(rule: &Rule, subject: &dyn Subject, now: Timestamp, zone: &Zone) -> Outcome {
    let folds = &Folds::default();
    let scope = Scope::Subject(subject);
    outcome(
        &mut |now| node(&rule.root, scope, Context { now, zone, folds }),
        now,
    )
}

/// What `ask` answers at `now`, and the next moment at which it answers otherwise.
pub(crate) fn outcome(ask: &mut dyn FnMut(Timestamp) -> Verdict, now: Timestamp) -> Outcome {
    let answer = ask(now);
    let mut last = answer;
    // Where parts change at different times the whole may stay as it is: look on until it flips.
    for _ in 0..MOST_TRIES {
        let Some(then) = last.next().filter(|_| !last.exact) else {
            break;
        };
        let later = ask(then);
        if later.matches != answer.matches {
            break;
        }
        last = later;
    }
    Outcome {
        matches: answer.matches,
        next_change_at: last.next(),
        complete: answer.complete,
    }
}

/// Whether `subject` matches `rule` at `now`: what [`evaluate()`] answers, without until when. It looks at no more than it
/// has to, so it is the one to ask where only the present counts.
pub fn matches(rule: &Rule, subject: &dyn Subject, now: Timestamp, zone: &Zone) -> bool {
    let folds = &Folds::default();
    holds(
        &rule.root,
        Scope::Subject(subject),
        Context { now, zone, folds },
    )
}

/// Whether one part of a rule passes.
pub(crate) fn holds(part: &Node, scope: Scope<'_>, cx: Context<'_>) -> bool {
    match part {
        Node::Field(test) => field::verdict(test, scope, cx).matches,
        Node::All(parts) => parts.iter().all(|part| holds(part, scope, cx)),
        Node::Any(parts) => parts.iter().any(|part| holds(part, scope, cx)),
        Node::Not(part) => !holds(part, scope, cx),
        Node::Segment(reference) => match scope {
            Scope::Subject(subject) => reference.holds(subject, cx),
            Scope::Event(_) | Scope::Element(_) | Scope::Packed(_) => false,
        },
        Node::Tags(test) => match scope {
            Scope::Subject(subject) => test.holds(subject, cx),
            Scope::Event(_) | Scope::Element(_) | Scope::Packed(_) => false,
        },
        part => node(part, scope, cx).matches,
    }
}

/// The answer of one part of a rule.
pub(crate) fn node(part: &Node, scope: Scope<'_>, cx: Context<'_>) -> Verdict {
    match part {
        Node::Field(test) => field::verdict(test, scope, cx),
        Node::All(parts) => {
            let mut all = All::new();
            for part in parts {
                if !all.push(node(part, scope, cx)) {
                    break;
                }
            }
            all.finish()
        }
        Node::Any(parts) => {
            let mut any = Any::new();
            for part in parts {
                if !any.push(node(part, scope, cx)) {
                    break;
                }
            }
            any.finish()
        }
        Node::Not(part) => node(part, scope, cx).not(),
        Node::Each { list, rule } => {
            let mut any = Any::new();
            let mut on = |element| any.push(node(rule, element, cx));
            let _ = match scope.find(list) {
                Found::Json(Value::Array(elements)) => {
                    let mut elements = elements.iter().filter(|element| !element.is_null());
                    elements.all(|element| on(Scope::Element(element)))
                }
                Found::Packed(list) => match list.shape() {
                    Shape::List(elements) => {
                        let there = |element: &Packed<'_>| !matches!(element.shape(), Shape::Null);
                        let mut elements = elements.filter(there);
                        elements.all(|element| on(Scope::Packed(element)))
                    }
                    _ => true,
                },
                _ => true,
            };
            any.finish()
        }
        part => match scope {
            Scope::Subject(subject) => of_subject(part, subject, cx),
            // Parsing lets nothing about a customer stand in a `where`.
            Scope::Event(_) | Scope::Element(_) | Scope::Packed(_) => Verdict::fixed(false),
        },
    }
}

/// The answer of a part that only a customer can have.
fn of_subject(part: &Node, subject: &dyn Subject, cx: Context<'_>) -> Verdict {
    match part {
        Node::Behaviour(test) => behaviour::verdict(test, subject, cx),
        Node::Sequence(sequence) => sequence::verdict(sequence, subject, cx),
        Node::Segment(reference) => reference.verdict(subject, cx),
        Node::Tags(test) => test.verdict(subject, cx),
        _ => Verdict::fixed(false),
    }
}
