//! A published survey: questions, the panels and pages around them, their conditions.

use serde_json::Value as Json;

use crate::expr::{Expr, Scope};

/// A survey that can be answered. Made by [`Survey::parse`], which has checked all of it.
#[derive(Debug, Clone)]
pub struct Survey {
    pub(crate) title: Option<String>,
    pub(crate) questions: Vec<Question>,
    /// Pages and panels, each after the one it stands in.
    pub(crate) groups: Vec<Group>,
}

impl Survey {
    /// The title in the survey's first language, if it has one.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The questions in their order on the pages.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }
}

/// A page or a panel.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// The group it stands in, as an index into the survey's groups.
    pub parent: Option<usize>,
    pub visible: Switch,
    pub enabled: Switch,
    /// At least one of its visible questions must be answered.
    pub required: Switch,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Question {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) kind: Kind,
    /// The page or panel it stands in, as an index into the survey's groups.
    pub(crate) group: usize,
    pub(crate) visible: Switch,
    pub(crate) enabled: Switch,
    pub(crate) required: Switch,
    /// There is a field for a comment beside the answer.
    pub(crate) comment: bool,
    pub(crate) validators: Vec<Validator>,
}

impl Question {
    /// The name under which its answer stands in `data`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The title in the survey's first language, if it has one.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// What kind of answer it takes.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Where it is counted: by kind and name, so that a question which changes its kind from one version to the next is
    /// counted anew.
    pub(crate) fn key(&self) -> String {
        format!("{}:{}", self.kind.name(), self.name)
    }

    /// The name under which its comment stands in `data`.
    pub fn comment_name(&self) -> String {
        comment_name(&self.name)
    }

    /// Whether a comment may stand beside the answer: a comment field, or a choice of one's own.
    pub(crate) fn takes_comment(&self) -> bool {
        self.comment || self.kind.choices().is_some_and(|choices| choices.other)
    }
}

/// `survey-core` keeps comments beside the answers, under this name.
pub(crate) fn comment_name(question: &str) -> String {
    format!("{question}-Comment")
}

/// What kind of answer a question takes.
#[derive(Debug, Clone)]
pub enum Kind {
    /// One line of text, or several.
    Text {
        /// What the browser's input field takes.
        input: Input,
        /// The most UTF-16 units, if there is a limit.
        max_length: Option<usize>,
        /// Least and most, for numbers and dates.
        range: Range,
    },
    /// One of some choices (`radiogroup`, `dropdown`).
    One(Choices),
    /// Any number of some choices (`checkbox`, `tagbox`).
    Many {
        /// What can be chosen.
        choices: Choices,
        /// The fewest choices; 0 is no limit.
        min: usize,
        /// The most choices; 0 is no limit.
        max: usize,
    },
    /// A place on a scale.
    Rating {
        /// The places, in order.
        values: Vec<Json>,
    },
    /// Yes or no.
    Boolean {
        /// What stands for yes.
        yes: Json,
        /// What stands for no.
        no: Json,
    },
}

impl Kind {
    /// What can be chosen, where something can be.
    pub fn choices(&self) -> Option<&Choices> {
        match self {
            Self::One(choices) | Self::Many { choices, .. } => Some(choices),
            _ => None,
        }
    }

    /// The kind's name in results: `text`, `number`, `choice`, `choices`, `rating`, `boolean`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text {
                input: Input::Number,
                ..
            } => "number",
            Self::Text { .. } => "text",
            Self::One(_) => "choice",
            Self::Many { .. } => "choices",
            Self::Rating { .. } => "rating",
            Self::Boolean { .. } => "boolean",
        }
    }
}

/// What the browser's input field takes (`inputType`), as far as it matters to the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Any text: `text`, `tel`, `url`, `password`, `color`, and the question type `comment`.
    Any,
    /// `email`.
    Email,
    /// `number` and `range`.
    Number,
    /// `date`: `2026-11-21`.
    Date,
    /// `datetime-local`: `2026-11-21T08:30`.
    DateTime,
    /// `month`: `2026-11`.
    Month,
    /// `week`: `2026-W47`.
    Week,
    /// `time`: `08:30`.
    Time,
}

/// Least and most, for numbers and dates.
#[derive(Debug, Clone, Default)]
pub struct Range {
    /// The least number.
    pub(crate) min_number: Option<f64>,
    /// The most.
    pub(crate) max_number: Option<f64>,
    /// The step, where it is a number.
    pub(crate) step: Option<f64>,
    /// The earliest date or time, in the format of the input.
    pub(crate) min_text: Option<String>,
    /// The latest.
    pub(crate) max_text: Option<String>,
}

/// What can be chosen.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    pub(crate) items: Vec<Choice>,
    /// The respondent may write a choice of their own: the value `other` with a comment.
    pub(crate) other: bool,
}

/// One choice.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What stands in `data`: a text, a number or a boolean.
    pub value: Json,
    /// What people see, if it is not the value.
    pub text: Option<String>,
    /// Nothing else can be chosen with it, such as `none`.
    pub exclusive: bool,
    /// It was added by `showNoneItem` and its kind, and is not among `choices`.
    pub(crate) built_in: bool,
}

/// The value of the choice of one's own.
pub(crate) const OTHER: &str = "other";

/// A further condition on an answer.
#[derive(Debug, Clone)]
pub(crate) enum Validator {
    /// A number between two.
    Numeric { min: Option<f64>, max: Option<f64> },
    /// A text's length in UTF-16 units (0 is no limit), and whether it may end in digits.
    Text {
        min: usize,
        max: usize,
        digits: bool,
    },
    /// How many choices (0 is no limit).
    AnswerCount { min: usize, max: usize },
    /// An e-mail address.
    Email,
    /// A condition that must hold.
    Expression(Expr),
}

/// Something that is on or off, or depends on answers.
#[derive(Debug, Clone)]
pub(crate) enum Switch {
    Fixed(bool),
    /// On where the condition is `true`, as `visibleIf` and `requiredIf`.
    When(Expr),
    /// Off where the condition is `false`, as `enableIf`.
    Unless(Expr),
}

impl Switch {
    pub fn is_on(&self, scope: &Scope) -> bool {
        match self {
            Self::Fixed(on) => *on,
            Self::When(condition) => condition.is_true(scope),
            Self::Unless(condition) => !condition.is_false(scope),
        }
    }
}
