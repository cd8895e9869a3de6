//! Properties that would change the meaning of an answer and that the server does not carry out.

use serde_json::Value as Json;

use super::Publisher;
use super::properties::Properties;

/// Names in expressions that mean something else than a question, in lower case.
pub(super) const RESERVED_NAMES: &[&str] = &[
    "pageno",
    "pagecount",
    "questioncount",
    "correctedanswers",
    "correctanswers",
    "correctedanswercount",
    "incorrectedanswers",
    "incorrectanswers",
    "incorrectedanswercount",
    "self",
];

/// Of a question, whatever its type.
const OF_QUESTIONS: &[(&str, &str)] = &[
    ("valueName", "answers are kept under the question's name"),
    ("setValueIf", "the server does not compute answers"),
    ("setValueExpression", "the server does not compute answers"),
    ("resetValueIf", "the server does not compute answers"),
    ("bindings", "properties bound to answers are not supported"),
    ("minValueExpression", "a computed minimum is not supported"),
    ("maxValueExpression", "a computed maximum is not supported"),
    ("choicesByUrl", "choices are listed in the survey"),
    ("choicesFromQuestion", "choices are listed in the survey"),
    (
        "choicesVisibleIf",
        "conditions on choices are not supported",
    ),
    ("choicesEnableIf", "conditions on choices are not supported"),
    ("valuePropertyName", "answers are plain values"),
    ("allowCustomChoices", "choices are listed in the survey"),
    ("choicesLazyLoadEnabled", "choices are listed in the survey"),
    ("choicesMax", "choices are listed in the survey"),
];

/// Of a choice.
const OF_CHOICES: &[(&str, &str)] = &[
    ("visibleIf", "conditions on choices are not supported"),
    ("enableIf", "conditions on choices are not supported"),
    ("showCommentArea", "comments on choices are not supported"),
    ("elements", "questions within choices are not supported"),
];

impl Publisher {
    pub(super) fn refuse_survey_properties(&mut self, at: &Properties<'_>) {
        self.refuse_present(
            at,
            &[
                ("triggers", "triggers are not supported"),
                ("calculatedValues", "calculated values are not supported"),
                ("readOnly", "a survey that is read only cannot be answered"),
            ],
        );
        if matches!(at.get("clearInvisibleValues"), Some(Json::Bool(false)))
            || is(at, "clearInvisibleValues", "none")
        {
            self.refuse_property(
                at,
                "clearInvisibleValues",
                "answers to questions that were not shown are never kept",
            );
        }
        if is(at, "mode", "display") {
            self.refuse_property(at, "mode", "a survey that is read only cannot be answered");
        }
        self.refuse_store_others(at);
    }

    pub(super) fn refuse_question_properties(&mut self, at: &Properties<'_>) {
        self.refuse_present(at, OF_QUESTIONS);
        if is(at, "clearIfInvisible", "none") {
            self.refuse_property(
                at,
                "clearIfInvisible",
                "answers to questions that were not shown are never kept",
            );
        }
        if at.get("maskType").is_some() && !is(at, "maskType", "none") {
            self.refuse_property(at, "maskType", "input masks are not supported");
        }
        for name in ["min", "max"] {
            if at
                .get(name)
                .and_then(Json::as_str)
                .is_some_and(|text| text.starts_with('='))
            {
                self.refuse_property(at, name, "a computed limit is not supported");
            }
        }
        self.refuse_store_others(at);
    }

    pub(super) fn refuse_choice_properties(&mut self, at: &Properties<'_>) {
        self.refuse_present(at, OF_CHOICES);
    }

    fn refuse_store_others(&mut self, at: &Properties<'_>) {
        if matches!(at.get("storeOthersAsComment"), Some(Json::Bool(false))) {
            self.refuse_property(
                at,
                "storeOthersAsComment",
                "a choice of one's own is kept as a comment",
            );
        }
    }

    /// Refuses those that are there and say something.
    fn refuse_present(&mut self, at: &Properties<'_>, names: &[(&str, &str)]) {
        for (name, why) in names {
            let says_nothing = match at.get(name) {
                None | Some(Json::Bool(false)) => true,
                Some(Json::String(it)) => it.is_empty(),
                Some(Json::Array(it)) => it.is_empty(),
                Some(Json::Object(it)) => it.is_empty(),
                Some(_) => false,
            };
            if !says_nothing {
                self.refuse_property(at, name, why);
            }
        }
    }

    fn refuse_property(&mut self, at: &Properties<'_>, name: &str, why: &str) {
        self.refuse(
            at.pointer_to(name),
            "unsupported_property",
            format!("{name} is not supported: {why}"),
        );
    }
}

fn is(at: &Properties<'_>, name: &str, value: &str) -> bool {
    at.get(name).and_then(Json::as_str) == Some(value)
}
