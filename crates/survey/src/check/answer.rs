//! Reads one answer: its type, and that it is among what can be chosen.
//!
//! `survey-core` leaves this to its input fields, which let nothing else through. A server has no such fields, so
//! what no field could yield is refused here.

use rapport_types::{Violation, decimal, json};
use serde_json::{Number, Value as Json};

use super::{is_blank, pointer};
use crate::format;
use crate::js::Js;
use crate::js::compare::{Manner, same};
use crate::js::number::{lenient, to_text};
use crate::survey::{Choices, Input, Kind, OTHER, Question};

/// The largest number in an answer. Sums of such numbers stay exact.
pub const MAX_NUMBER: f64 = 1e15;

/// The answer as the definition spells it, or `None` where there is none.
///
/// White space is an answer to a text question as far as expressions and validators see, though it does not satisfy
/// `isRequired`.
pub(super) fn read(question: &Question, given: Option<&Json>) -> Result<Option<Json>, Violation> {
    let Some(given) = given else { return Ok(None) };
    let plain = matches!(
        question.kind,
        Kind::Text {
            input: Input::Any | Input::Email,
            ..
        }
    );
    let space = plain && given.as_str().is_some_and(|text| !text.is_empty());
    if is_blank(given) && !space {
        return Ok(None);
    }
    let at = Place(question);
    match &question.kind {
        Kind::Text {
            input: Input::Number,
            ..
        } => at.number(given),
        Kind::Text { input, .. } => at.text(*input, given),
        Kind::One(choices) => at.choice(choices, given),
        Kind::Many { choices, .. } => at.choices(choices, given),
        Kind::Rating { values } => values
            .iter()
            .find(|value| is(value, given))
            .cloned()
            .ok_or_else(|| at.violation("unknown_choice", "this is no place on the scale")),
        Kind::Boolean { yes, no } => at.boolean(yes, no, given),
    }
    .map(Some)
}

struct Place<'a>(&'a Question);

impl Place<'_> {
    fn violation(&self, code: &str, detail: impl Into<String>) -> Violation {
        Violation::new(pointer(&self.0.name), code, detail)
    }

    fn number(&self, given: &Json) -> Result<Json, Violation> {
        let number = match given {
            Json::Number(number) => Some(number.clone()),
            Json::String(text) => lenient(text)
                .and_then(|number| json::from_slice::<Number>(to_text(number).as_bytes()).ok()),
            _ => None,
        };
        let Some(number) = number else {
            return Err(self.violation("wrong_type", "the answer is a number"));
        };
        let size = number.as_f64().unwrap_or(f64::INFINITY).abs();
        if size > MAX_NUMBER || decimal::from_number(&number).is_none() {
            let detail = "a number has at most 15 digits before the point";
            return Err(self.violation("number_out_of_range", detail));
        }
        Ok(Json::Number(number))
    }

    fn text(&self, input: Input, given: &Json) -> Result<Json, Violation> {
        let Json::String(text) = given else {
            return Err(self.violation("wrong_type", "the answer is a text"));
        };
        // What an e-mail address looks like is a validator's business: it does not bind where the field is read only.
        if input != Input::Email && !format::fits(input, text) {
            let example = match input {
                Input::Date => "2026-11-21",
                Input::DateTime => "2026-11-21T08:30",
                Input::Month => "2026-11",
                Input::Week => "2026-W47",
                _ => "08:30",
            };
            return Err(self.violation("bad_format", format!("the answer is written as {example}")));
        }
        Ok(given.clone())
    }

    fn choice(&self, choices: &Choices, given: &Json) -> Result<Json, Violation> {
        if choices.other && given == OTHER {
            return Ok(Json::from(OTHER));
        }
        choices
            .items
            .iter()
            .find(|item| is(&item.value, given))
            .map(|item| item.value.clone())
            .ok_or_else(|| match given {
                Json::Object(_) | Json::Array(_) => {
                    self.violation("wrong_type", "the answer is one of the choices")
                }
                _ => self.violation(
                    "unknown_choice",
                    format!("{given} is not among the choices"),
                ),
            })
    }

    fn choices(&self, choices: &Choices, given: &Json) -> Result<Json, Violation> {
        let Json::Array(given) = given else {
            return Err(self.violation("wrong_type", "the answer is a list of choices"));
        };
        let mut chosen: Vec<Json> = Vec::new();
        for given in given {
            let value = self.choice(choices, given)?;
            if chosen.contains(&value) {
                let detail = format!("{value} is chosen twice");
                return Err(self.violation("duplicate_choice", detail));
            }
            chosen.push(value);
        }
        let exclusive = choices
            .items
            .iter()
            .find(|item| item.exclusive && chosen.contains(&item.value));
        match exclusive {
            Some(item) if chosen.len() > 1 => {
                let detail = format!("{} excludes all other choices", item.value);
                Err(self.violation("exclusive_choice", detail))
            }
            _ => Ok(Json::Array(chosen)),
        }
    }

    /// `"true"` and `"false"` stand for the booleans unless they are values of their own.
    fn boolean(&self, yes: &Json, no: &Json, given: &Json) -> Result<Json, Violation> {
        for value in [yes, no] {
            if value == given || matches!(value, Json::Number(_)) && is(value, given) {
                return Ok(value.clone());
            }
        }
        match given.as_str() {
            Some("true") if *yes == Json::Bool(true) => Ok(Json::Bool(true)),
            Some("false") if *no == Json::Bool(false) => Ok(Json::Bool(false)),
            _ => Err(self.violation("wrong_type", format!("the answer is {yes} or {no}"))),
        }
    }
}

/// Whether an answer is a value of the definition: to the letter, but `"5"` is `5`, as in `survey-core`.
fn is(value: &Json, given: &Json) -> bool {
    match given {
        Json::Object(_) | Json::Array(_) | Json::Null => false,
        // `true` is not the choice 1, though JavaScript compares them as equal.
        Json::Bool(_) => value == given,
        _ if value.is_boolean() => false,
        _ => same(&Js::from_json(value), &Js::from_json(given), Manner::CHOICE),
    }
}
