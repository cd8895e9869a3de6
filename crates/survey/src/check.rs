//! A response against a survey: what is shown, what is missing, what is dropped.
//!
//! The order is `survey-core`'s: conditions look at all answers given, those on hidden questions included; then
//! what is shown is validated; then the answers to what is not shown are dropped. So a condition on an answer
//! that is itself dropped still holds, as it does in the browser.

mod answer;
mod validate;

use std::collections::BTreeMap;

use rapport_types::{Violation, violation::step};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::expr::Scope;
use crate::js::{Js, trim};
use crate::survey::{Kind, OTHER, Question, Survey};

/// A response that may be counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The answers to what was shown, as the definition spells them, and their comments. An empty answer is none.
    pub data: Map<String, Json>,
    /// What was given and is not kept.
    pub dropped: Vec<Dropped>,
    /// What became of each question, for [`Tally`](crate::Tally).
    pub outcomes: Outcomes,
}

impl Checked {
    /// The names of the questions that were not shown.
    pub fn not_shown(&self) -> Vec<&str> {
        not_shown(&self.outcomes)
    }
}

/// What became of each question, under its kind and name as in `rating:nps`. A stored response carries it, so that it
/// can be counted without the definition it was an answer to.
pub type Outcomes = BTreeMap<String, Outcome>;

/// What became of a question in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was answered.
    Answered,
    /// It was shown and not answered.
    Skipped,
    /// It was not shown.
    NotShown,
}

/// The names of the questions that were not shown.
pub fn not_shown(outcomes: &Outcomes) -> Vec<&str> {
    outcomes
        .iter()
        .filter(|(_, outcome)| **outcome == Outcome::NotShown)
        .filter_map(|(key, _)| key.split_once(':'))
        .map(|(_, name)| name)
        .collect()
}

/// Something that was given and is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The name under which it stood in `data`.
    pub name: String,
    /// Why it is not kept.
    pub reason: Reason,
}

/// Why something that was given is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its question was not shown with these answers.
    NotShown,
    /// The survey has no such question, or the question has no field for comments.
    UnknownName,
    /// A comment that belongs to the choice of one's own, which was not chosen.
    OtherNotChosen,
}

/// One question's part of a response.
struct Part<'a> {
    question: &'a Question,
    /// The answer as the definition spells it, if one was given.
    answer: Result<Option<Json>, Violation>,
    comment: Result<Option<String>, Violation>,
    shown: bool,
}

impl Survey {
    /// Holds a response against this survey.
    ///
    /// # Errors
    ///
    /// Everything wrong with the answers to what is shown; pointers begin at `/data`. Codes: `required`, `wrong_type`,
    /// `unknown_choice`, `duplicate_choice`, `exclusive_choice`, `too_few_choices`, `too_many_choices`,
    /// `other_without_comment`, `below_minimum`, `above_maximum`, `not_a_step`, `too_short`, `too_long`,
    /// `has_digits`, `bad_email`, `bad_format`, `number_out_of_range`, `expression_failed`.
    pub fn check(&self, data: &Map<String, Json>) -> Result<Checked, Vec<Violation>> {
        let mut parts: Vec<Part<'_>> = self
            .questions
            .iter()
            .map(|question| Part {
                question,
                answer: answer::read(question, data.get(&question.name)),
                comment: comment(question, data),
                shown: false,
            })
            .collect();
        let scope = scope(&parts);
        let groups = self.group_states(&scope);
        for part in &mut parts {
            let group = groups.get(part.question.group);
            part.shown =
                group.is_some_and(|group| group.shown) && part.question.visible.is_on(&scope);
        }

        let mut violations = Vec::new();
        for part in &parts {
            if part.shown {
                let open = groups
                    .get(part.question.group)
                    .is_some_and(|group| group.enabled)
                    && part.question.enabled.is_on(&scope);
                validate::part(part, open, &scope, &mut violations);
            }
        }
        self.required_groups(&parts, &groups, &scope, &mut violations);
        if !violations.is_empty() {
            return Err(violations);
        }
        Ok(self.kept(parts, data))
    }

    /// What is kept and what is dropped of a response with nothing wrong in it.
    fn kept(&self, parts: Vec<Part<'_>>, data: &Map<String, Json>) -> Checked {
        let mut checked = Checked {
            data: Map::new(),
            dropped: Vec::new(),
            outcomes: Outcomes::new(),
        };
        let mut reasons = BTreeMap::new();
        for part in parts {
            let question = part.question;
            let mut drop = |name: String, reason| reasons.insert(name, reason);
            if !part.shown {
                checked.outcomes.insert(question.key(), Outcome::NotShown);
                drop(question.name.clone(), Reason::NotShown);
                if question.takes_comment() {
                    drop(question.comment_name(), Reason::NotShown);
                }
                continue;
            }
            let own = part
                .answer
                .as_ref()
                .is_ok_and(|answer| chose_other(answer.as_ref()));
            if question.takes_comment() && !question.comment && !own {
                drop(question.comment_name(), Reason::OtherNotChosen);
            } else if let Ok(Some(comment)) = part.comment {
                checked
                    .data
                    .insert(question.comment_name(), Json::String(comment));
            }
            let mut outcome = Outcome::Skipped;
            if let Ok(Some(answer)) = part.answer
                && !is_blank(&answer)
            {
                checked.data.insert(question.name.clone(), answer);
                outcome = Outcome::Answered;
            }
            checked.outcomes.insert(question.key(), outcome);
        }
        for (name, value) in data {
            if is_blank(value) || checked.data.contains_key(name) {
                continue;
            }
            let reason = reasons.get(name).copied().unwrap_or(Reason::UnknownName);
            checked.dropped.push(Dropped {
                name: name.clone(),
                reason,
            });
        }
        checked
    }

    /// Pages and panels: each is shown and enabled only within one that is.
    fn group_states(&self, scope: &Scope) -> Vec<GroupState> {
        let mut states: Vec<GroupState> = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let around = group.parent.and_then(|parent| states.get(parent)).copied();
            let around = around.unwrap_or(GroupState {
                shown: true,
                enabled: true,
            });
            states.push(GroupState {
                shown: around.shown && group.visible.is_on(scope),
                enabled: around.enabled && group.enabled.is_on(scope),
            });
        }
        states
    }

    /// A required panel that is not read only needs an answer to one of its questions, if one of them is shown.
    fn required_groups(
        &self,
        parts: &[Part<'_>],
        states: &[GroupState],
        scope: &Scope,
        violations: &mut Vec<Violation>,
    ) {
        for (n, group) in self.groups.iter().enumerate() {
            let open = states
                .get(n)
                .is_some_and(|state| state.shown && state.enabled);
            if !open || !group.required.is_on(scope) {
                continue;
            }
            let mut within = parts
                .iter()
                .filter(|part| part.shown && self.is_within(part.question.group, n));
            let Some(first) = within.next() else { continue };
            let answered = |part: &Part<'_>| match &part.answer {
                Ok(answer) => answer.as_ref().is_some_and(|answer| !is_blank(answer)),
                // Wrong, which is another violation.
                Err(_) => true,
            };
            if !answered(first) && !within.any(answered) {
                violations.push(Violation::new(
                    pointer(&first.question.name),
                    "required",
                    "at least one question of this panel must be answered",
                ));
            }
        }
    }

    fn is_within(&self, group: usize, outer: usize) -> bool {
        let mut at = Some(group);
        while let Some(group) = at {
            if group == outer {
                return true;
            }
            at = self.groups.get(group).and_then(|group| group.parent);
        }
        false
    }
}

#[derive(Clone, Copy)]
struct GroupState {
    shown: bool,
    enabled: bool,
}

/// What expressions can name: every answer and comment that could be read.
fn scope(parts: &[Part<'_>]) -> Scope {
    let mut scope = Scope::default();
    for part in parts {
        match &part.answer {
            Ok(Some(answer)) => scope.insert(&part.question.name, Js::from_json(answer)),
            // Unanswered, a checkbox question is an empty list and not nothing.
            _ if matches!(part.question.kind, Kind::Many { .. }) => {
                scope.insert(&part.question.name, Js::Arr(Vec::new()));
            }
            _ => {}
        }
        if let Ok(Some(comment)) = &part.comment {
            scope.insert(&part.question.comment_name(), Js::Str(comment.clone()));
        }
    }
    scope
}

fn comment(question: &Question, data: &Map<String, Json>) -> Result<Option<String>, Violation> {
    if !question.takes_comment() {
        return Ok(None);
    }
    let name = question.comment_name();
    match data.get(&name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok((!trim(text).is_empty()).then(|| text.clone())),
        Some(_) => Err(Violation::new(
            pointer(&name),
            "wrong_type",
            "a comment is a text",
        )),
    }
}

/// Whether the answer is, or has in it, the choice of one's own.
fn chose_other(answer: Option<&Json>) -> bool {
    match answer {
        Some(Json::Array(items)) => items.iter().any(|item| item == OTHER),
        Some(answer) => answer == OTHER,
        None => false,
    }
}

/// What counts as no answer: nothing, white space, an empty list.
fn is_blank(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => trim(text).is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Where an answer stands in a response.
fn pointer(name: &str) -> String {
    format!("/data{}", step(name))
}
