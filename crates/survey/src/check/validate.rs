//! Validates the answer to a question that is shown: what `survey-core` does in `collectErrors`.

use rapport_types::Violation;
use serde_json::Value as Json;

use super::{Part, chose_other, is_blank, pointer};
use crate::expr::Scope;
use crate::format;
use crate::js::number::lenient;
use crate::js::utf16_len;
use crate::survey::{Input, Kind, Range, Validator};

/// Adds what is wrong with `part`. A question that is not `open` (read only) is not asked for anything.
pub(super) fn part(part: &Part<'_>, open: bool, scope: &Scope, violations: &mut Vec<Violation>) {
    let before = violations.len();
    let question = part.question;
    let place = pointer(&question.name);
    let mut add = |code: &str, detail: String| {
        violations.push(Violation::new(place.as_str(), code, detail));
    };
    let answer = match &part.answer {
        Ok(answer) => answer.as_ref(),
        Err(violation) => {
            add(&violation.code, violation.detail.clone());
            return;
        }
    };
    if let Err(violation) = &part.comment {
        violations.push(violation.clone());
        return;
    }
    too_long(part, answer, &mut add);
    if let (Kind::Many { max, .. }, Some(Json::Array(chosen))) = (&question.kind, answer)
        && *max > 0
        && chosen.len() > *max
    {
        add("too_many_choices", format!("at most {max} can be chosen"));
    }
    if !open {
        return;
    }
    if answer.is_none_or(is_blank) && question.required.is_on(scope) {
        add("required", "this question must be answered".to_owned());
    }
    if chose_other(answer)
        && question.kind.choices().is_some_and(|choices| choices.other)
        && matches!(part.comment, Ok(None))
    {
        let detail = format!(
            "{} must say what the other choice is",
            question.comment_name()
        );
        add("other_without_comment", detail);
    }
    match &question.kind {
        Kind::Text { input, range, .. } => {
            if let Some(answer) = answer {
                within(*input, range, answer, &mut add);
            }
        }
        Kind::Many { choices, min, max } => {
            // A minimum above the maximum is the maximum.
            let min = if *max > 0 { (*min).min(*max) } else { *min };
            let chosen = answer
                .and_then(Json::as_array)
                .map_or(&[][..], Vec::as_slice);
            let none = matches!(chosen, [only] if choices.items.iter().any(|it| it.exclusive && it.value == *only));
            if min > 0 && chosen.len() < min && !none {
                add("too_few_choices", format!("at least {min} must be chosen"));
            }
        }
        _ => {}
    }
    // As in survey-core, validators run only where nothing else is wrong.
    if violations.len() == before {
        for validator in &question.validators {
            if let Some((code, detail)) = failed(validator, answer, scope) {
                violations.push(Violation::new(place.as_str(), code, detail));
            }
        }
    }
}

/// A browser's field takes no more than `maxLength`.
fn too_long(part: &Part<'_>, answer: Option<&Json>, add: &mut impl FnMut(&str, String)) {
    if let Kind::Text {
        max_length: Some(most),
        ..
    } = &part.question.kind
        && let Some(Json::String(text)) = answer
        && utf16_len(text) > *most
    {
        add(
            "too_long",
            format!("the answer has at most {most} characters"),
        );
    }
}

fn within(input: Input, range: &Range, answer: &Json, add: &mut impl FnMut(&str, String)) {
    match (input, answer) {
        (Input::Number, Json::Number(number)) => {
            let value = number.as_f64().unwrap_or(f64::NAN);
            if let Some(min) = range.min_number.filter(|min| value < *min) {
                add("below_minimum", format!("the answer is at least {min}"));
            }
            if let Some(max) = range.max_number.filter(|max| value > *max) {
                add("above_maximum", format!("the answer is at most {max}"));
            }
            if let Some(step) = range.step.filter(|step| !is_step(value, *step)) {
                add("not_a_step", format!("the answer is a multiple of {step}"));
            }
        }
        (Input::Email, Json::String(text)) if !format::is_email(text) => {
            add("bad_email", "the answer is an e-mail address".to_owned());
        }
        (_, Json::String(text)) => {
            // The formats sort as texts. A date beside a date and time is that day's first moment.
            if let Some(min) = range
                .min_text
                .as_ref()
                .filter(|min| moment(text, input) < moment(min, input))
            {
                add("below_minimum", format!("the answer is {min} or later"));
            }
            if let Some(max) = range
                .max_text
                .as_ref()
                .filter(|max| moment(text, input) > moment(max, input))
            {
                add("above_maximum", format!("the answer is {max} or earlier"));
            }
        }
        _ => {}
    }
}

/// A date and time with all its parts, so that texts of different precision compare; other formats as they are.
fn moment(text: &str, input: Input) -> String {
    match (input, text.len()) {
        (Input::DateTime, 10) => format!("{text}T00:00:00.000"),
        (Input::DateTime, 16) => format!("{text}:00.000"),
        (Input::DateTime, 19) => format!("{text}.000"),
        (Input::DateTime, 20..=22) => format!("{text:0<23}"),
        _ => text.to_owned(),
    }
}

/// `isStepNumberIncorrect`: both are scaled until they are whole, then divided.
fn is_step(value: f64, step: f64) -> bool {
    let mut scale = 1.0;
    while ((step * scale).round() / scale != step || (value * scale).round() / scale != value)
        && scale < 1_000_000.0
    {
        scale *= 10.0;
    }
    let (value, step) = ((value * scale).round(), (step * scale).round());
    step <= 0.0 || value % step == 0.0
}

fn failed(
    validator: &Validator,
    answer: Option<&Json>,
    scope: &Scope,
) -> Option<(&'static str, String)> {
    if let Validator::Expression(condition) = validator {
        return (!condition.passes(scope))
            .then(|| ("expression_failed", format!("this must hold: {condition}")));
    }
    let answer = answer?;
    if is_blank(answer) && !matches!(validator, Validator::Email) {
        return None;
    }
    match validator {
        Validator::Numeric { min, max } => numeric(answer, *min, *max),
        Validator::Text { min, max, digits } => text(answer, *min, *max, *digits),
        Validator::AnswerCount { min, max } => {
            let count = answer.as_array()?.len();
            if *min > 0 && count < *min {
                return Some(("too_few_choices", format!("at least {min} must be chosen")));
            }
            (*max > 0 && count > *max)
                .then(|| ("too_many_choices", format!("at most {max} can be chosen")))
        }
        Validator::Email => {
            let text = match answer {
                Json::String(text) => text.clone(),
                other => crate::js::Js::from_json(other).text(),
            };
            (!format::is_email(&text))
                .then(|| ("bad_email", "the answer is an e-mail address".to_owned()))
        }
        Validator::Expression(_) => None,
    }
}

fn numeric(answer: &Json, min: Option<f64>, max: Option<f64>) -> Option<(&'static str, String)> {
    let number = match answer {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => lenient(text),
        _ => None,
    };
    let Some(number) = number else {
        return Some(("wrong_type", "the answer is a number".to_owned()));
    };
    if let Some(min) = min.filter(|min| *min > number) {
        return Some(("below_minimum", format!("the answer is at least {min}")));
    }
    max.filter(|max| *max < number)
        .map(|max| ("above_maximum", format!("the answer is at most {max}")))
}

fn text(answer: &Json, min: usize, max: usize, digits: bool) -> Option<(&'static str, String)> {
    let text = crate::js::Js::from_json(answer).text();
    if !digits && text.ends_with(|c: char| c.is_ascii_digit()) {
        return Some((
            "has_digits",
            "the answer must not end in a digit".to_owned(),
        ));
    }
    let length = match answer {
        Json::String(text) => utf16_len(text),
        Json::Array(items) => items.len(),
        _ => return None,
    };
    if min > 0 && length < min {
        return Some((
            "too_short",
            format!("the answer has at least {min} characters"),
        ));
    }
    (max > 0 && length > max).then(|| {
        (
            "too_long",
            format!("the answer has at most {max} characters"),
        )
    })
}
