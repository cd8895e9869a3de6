//! A question, by its type.

use serde_json::Value as Json;

use super::properties::Properties;
use super::{MAX_QUESTIONS, Publisher};
use crate::format;
use crate::js::number::lenient;
use crate::survey::{Input, Kind, Question, Range, comment_name};

/// The most UTF-16 units of a question's name.
const MAX_NAME: usize = 120;

impl Publisher {
    pub(super) fn question(&mut self, at: &Properties<'_>, kind: &str, group: usize) {
        if self.survey.questions.len() >= MAX_QUESTIONS {
            if self.survey.questions.len() == MAX_QUESTIONS {
                let detail = format!("a survey has at most {MAX_QUESTIONS} questions");
                self.refuse(at.pointer(), "too_many_questions", detail);
            }
            return;
        }
        let kind = match kind {
            "text" => self.text_question(at),
            "comment" => Some(Kind::Text {
                input: Input::Any,
                max_length: self.max_length(at),
                range: Range::default(),
            }),
            "radiogroup" | "dropdown" => self.choices(at, false).map(Kind::One),
            "checkbox" | "tagbox" => self.choices(at, true).map(|choices| {
                let min = self.count(at, "minSelectedChoices").unwrap_or(0);
                let max = self.count(at, "maxSelectedChoices").unwrap_or(0);
                Kind::Many { choices, min, max }
            }),
            "rating" => self.rating(at),
            "boolean" => self.boolean(at),
            other => {
                let detail = format!(
                    "questions of type {other:?} are not supported; there are text, comment, radiogroup, dropdown, \
                     checkbox, tagbox, rating and boolean, and panel, html and image"
                );
                return self.refuse(at.pointer_to("type"), "unsupported_element", detail);
            }
        };
        self.refuse_question_properties(at);
        let comment_property = at.spelt("showCommentArea", "hasComment");
        let comment = self.flag(at, comment_property).unwrap_or(false);
        if comment
            && kind
                .as_ref()
                .and_then(Kind::choices)
                .is_some_and(|choices| choices.other)
        {
            // With both, survey-core keeps the own choice in the answer itself.
            let detail =
                "showCommentArea is not supported beside showOtherItem: both would use one comment";
            self.refuse(
                at.pointer_to(comment_property),
                "unsupported_property",
                detail,
            );
        }
        let (visible, enabled) = (self.visible(at), self.enabled(at));
        let required = self.required(at);
        let validators = self.validators(at);
        let Some(name) = self.name(at) else { return };
        let Some(kind) = kind else { return };
        let question = Question {
            title: at.text("title"),
            name,
            kind,
            group,
            visible,
            enabled,
            required,
            comment,
            validators,
        };
        if question.takes_comment() {
            self.names.insert(question.comment_name().to_lowercase());
        }
        self.survey.questions.push(question);
    }

    /// A name that is there, that expressions can name, and that no other question has.
    fn name(&mut self, at: &Properties<'_>) -> Option<String> {
        let name = match at.get("name") {
            Some(Json::String(name)) if !name.is_empty() => name,
            None | Some(Json::String(_)) => {
                self.refuse(at.pointer(), "missing_name", "a question has a name");
                return None;
            }
            Some(_) => {
                self.refuse(at.pointer_to("name"), "bad_name", "a name is a text");
                return None;
            }
        };
        let pointer = at.pointer_to("name");
        if name.contains(['{', '}'])
            || name.starts_with('#')
            || crate::js::trim(name) != name
            || name.chars().any(char::is_control)
            || crate::js::utf16_len(name) > MAX_NAME
        {
            let detail = format!(
                "a name has 1 to {MAX_NAME} characters, none of them {{ or }}, no # at its beginning and no outer space"
            );
            self.refuse(pointer, "bad_name", detail);
            return None;
        }
        // A comment's name is taken too, so that no answer can be read as a comment.
        let taken = !self.names.insert(name.to_lowercase())
            || self.survey.questions.iter().any(|question| {
                question.comment_name().to_lowercase() == name.to_lowercase()
                    || comment_name(name).to_lowercase() == question.name.to_lowercase()
            });
        if taken {
            let detail =
                format!("there is another question named {name:?}; case does not tell names apart");
            self.refuse(pointer, "duplicate_name", detail);
            return None;
        }
        Some(name.clone())
    }

    fn text_question(&mut self, at: &Properties<'_>) -> Option<Kind> {
        let input = match at.get("inputType").map(Json::as_str) {
            None => Input::Any,
            Some(Some(name)) => match name.to_lowercase().as_str() {
                "text" | "tel" | "url" | "password" | "color" => Input::Any,
                "email" => Input::Email,
                "number" | "range" => Input::Number,
                "date" => Input::Date,
                "datetime-local" | "datetime" => Input::DateTime,
                "month" => Input::Month,
                "week" => Input::Week,
                "time" => Input::Time,
                other => {
                    let detail = format!("input fields of type {other:?} are not supported");
                    self.refuse(at.pointer_to("inputType"), "unsupported_property", detail);
                    return None;
                }
            },
            Some(None) => {
                self.refuse(
                    at.pointer_to("inputType"),
                    "bad_property",
                    "inputType is a text",
                );
                return None;
            }
        };
        Some(Kind::Text {
            input,
            max_length: self.max_length(at),
            range: self.range(at, input),
        })
    }

    /// `maxLength`, or else `maxTextLength` of the survey.
    fn max_length(&mut self, at: &Properties<'_>) -> Option<usize> {
        match at.get("maxLength").and_then(Json::as_i64) {
            Some(..0) => self.max_text_length,
            Some(_) => self.count(at, "maxLength").filter(|most| *most > 0),
            None => {
                self.count(at, "maxLength");
                self.max_text_length
            }
        }
    }

    /// `min`, `max` and `step`. One that does not suit the input type is passed over, as in `survey-core`.
    fn range(&mut self, at: &Properties<'_>, input: Input) -> Range {
        let mut range = Range::default();
        match input {
            Input::Any | Input::Email => {}
            Input::Number => {
                range.min_number = number_of(at.get("min"));
                range.max_number = number_of(at.get("max"));
                let is_range = at
                    .get("inputType")
                    .and_then(Json::as_str)
                    .is_some_and(|it| it.eq_ignore_ascii_case("range"));
                range.step = number_of(at.get("step")).filter(|_| !is_range);
            }
            Input::Date | Input::DateTime | Input::Month | Input::Week | Input::Time => {
                range.min_text = self.limit(at, "min", input);
                range.max_text = self.limit(at, "max", input);
                // `settings.maxDate` of survey-core.
                if range.max_text.is_none() && matches!(input, Input::Date | Input::DateTime) {
                    range.max_text = Some("2999-12-31".to_owned());
                }
            }
        }
        range
    }

    fn limit(&mut self, at: &Properties<'_>, name: &str, input: Input) -> Option<String> {
        let text = at
            .get(name)?
            .as_str()
            .filter(|text| !text.is_empty() && !text.starts_with('='))?;
        let fits = format::fits(input, text)
            || input == Input::DateTime && format::fits(Input::Date, text);
        if !fits && lenient(text).is_none() {
            let detail = format!("{name} is written as the answers to this question are");
            self.refuse(at.pointer_to(name), "bad_property", detail);
        }
        fits.then(|| text.to_owned())
    }

    fn boolean(&mut self, at: &Properties<'_>) -> Option<Kind> {
        let mut side = |name: &str, or: bool| match at.get(name) {
            None => Some(Json::Bool(or)),
            Some(value @ (Json::Bool(_) | Json::String(_) | Json::Number(_))) => {
                Some(value.clone())
            }
            Some(_) => {
                let detail = format!("{name} is a text, a number, true or false");
                self.refuse(at.pointer_to(name), "bad_property", detail);
                None
            }
        };
        let (yes, no) = (side("valueTrue", true)?, side("valueFalse", false)?);
        if yes == no {
            self.refuse(
                at.pointer_to("valueFalse"),
                "bad_property",
                "valueTrue and valueFalse differ",
            );
            return None;
        }
        Some(Kind::Boolean { yes, no })
    }
}

fn number_of(value: Option<&Json>) -> Option<f64> {
    match value? {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => lenient(text),
        _ => None,
    }
}
