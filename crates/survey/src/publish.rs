//! From the JSON document to a [`Survey`], or everything that stands in the way.
//!
//! What would change the meaning of an answer and is not carried out here is refused with its place; what only
//! changes the look is passed over, as are properties that `survey-core` does not know.

mod choices;
mod condition;
mod properties;
mod question;
mod rating;
mod refused;
mod validators;

use std::collections::BTreeSet;

use rapport_types::Violation;
use serde_json::{Map, Value as Json};

use crate::survey::{Group, Survey, Switch};
use properties::Properties;

/// The most bytes of a survey, as compact JSON.
pub const MAX_BYTES: usize = 220_000;
/// The most questions of a survey.
pub const MAX_QUESTIONS: usize = 300;
/// The most levels of panels.
pub const MAX_DEPTH: usize = 12;
/// The most choices of a question.
pub const MAX_CHOICES: usize = 500;
/// The most violations that are listed.
const MAX_VIOLATIONS: usize = 100;

impl Survey {
    /// Reads a SurveyJS document.
    ///
    /// # Errors
    ///
    /// Everything that stands in the way of publishing (at most 100 violations), each with a JSON pointer into the
    /// document. Codes: `too_large`, `not_a_survey`, `no_questions`, `too_many_questions`, `too_deep`, `missing_name`,
    /// `bad_name`, `duplicate_name`, `missing_type`, `bad_property`, `unsupported_element`, `unsupported_property`,
    /// `unsupported_validator`, `unsupported_function`, `unsupported_operator`, `bad_expression`,
    /// `unknown_reference`, `unsupported_reference`, `no_choices`, `bad_choice`, `duplicate_choice`, `too_many_choices`.
    pub fn parse(document: &Json) -> Result<Self, Vec<Violation>> {
        let Json::Object(root) = document else {
            return Err(vec![Violation::new(
                "",
                "not_a_survey",
                "a survey is a JSON object with pages or elements",
            )]);
        };
        // Counted without building the text.
        if !within(document, MAX_BYTES) {
            return Err(vec![Violation::new(
                "",
                "too_large",
                format!("a survey has at most {MAX_BYTES} bytes"),
            )]);
        }
        let mut publisher = Publisher::default();
        publisher.survey(root);
        publisher.references();
        if publisher.survey.questions.is_empty() && publisher.violations.is_empty() {
            publisher.refuse("", "no_questions", "there is no question in this survey");
        }
        if publisher.violations.is_empty() {
            Ok(publisher.survey)
        } else {
            publisher.violations.truncate(MAX_VIOLATIONS);
            Err(publisher.violations)
        }
    }
}

/// Whether `document` has at most `most` bytes as compact JSON.
fn within(document: &Json, most: usize) -> bool {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self
                .0
                .checked_sub(bytes.len())
                .ok_or_else(|| std::io::Error::other("too large"))?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    serde_json::to_writer(Counter(most), document).is_ok()
}

/// A survey being read.
struct Publisher {
    survey: Survey,
    violations: Vec<Violation>,
    /// Every question's and comment's name in lower case, as expressions find them.
    names: BTreeSet<String>,
    /// Names in expressions, with the place of the expression.
    references: Vec<(String, String)>,
    /// `maxTextLength`, `None` without a limit.
    max_text_length: Option<usize>,
}

impl Default for Publisher {
    fn default() -> Self {
        Self {
            survey: Survey {
                title: None,
                questions: Vec::new(),
                groups: Vec::new(),
            },
            violations: Vec::new(),
            names: BTreeSet::new(),
            references: Vec::new(),
            max_text_length: None,
        }
    }
}

impl Publisher {
    fn refuse(&mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.violations.push(Violation::new(pointer, code, detail));
    }

    fn survey(&mut self, root: &Map<String, Json>) {
        let at = Properties::new(root, "");
        self.refuse_survey_properties(&at);
        self.survey.title = at.text("title");
        self.max_text_length = self.count(&at, "maxTextLength").filter(|most| *most > 0);
        let pages = at.get("pages");
        let (name, elements) = match at.get("elements") {
            Some(elements) => ("elements", Some(elements)),
            None => ("questions", at.get("questions")),
        };
        match (pages, elements) {
            (Some(_), Some(_)) => self.refuse(
                format!("/{name}"),
                "bad_property",
                "a survey has either pages or elements, not both",
            ),
            (Some(pages), None) => self.pages(pages),
            (None, Some(elements)) => {
                let page = self.group(Group {
                    parent: None,
                    visible: Switch::Fixed(true),
                    enabled: Switch::Fixed(true),
                    required: Switch::Fixed(false),
                });
                self.elements(elements, &format!("/{name}"), page, 0);
            }
            (None, None) => {}
        }
    }

    fn pages(&mut self, pages: &Json) {
        let Json::Array(pages) = pages else {
            return self.refuse("/pages", "bad_property", "pages is a list");
        };
        for (n, page) in pages.iter().enumerate() {
            let pointer = format!("/pages/{n}");
            match page {
                Json::Object(page) => self.container(&Properties::new(page, &pointer), None, 0),
                _ => self.refuse(pointer, "bad_property", "a page is an object"),
            }
        }
    }

    fn group(&mut self, group: Group) -> usize {
        self.survey.groups.push(group);
        self.survey.groups.len().saturating_sub(1)
    }

    /// A page or a panel.
    fn container(&mut self, at: &Properties<'_>, parent: Option<usize>, depth: usize) {
        if depth > MAX_DEPTH {
            let detail = format!("panels nest at most {MAX_DEPTH} levels deep");
            return self.refuse(at.pointer(), "too_deep", detail);
        }
        let group = Group {
            parent,
            visible: self.visible(at),
            enabled: self.enabled(at),
            required: self.required(at),
        };
        let group = self.group(group);
        for name in ["elements", "questions"] {
            if let Some(elements) = at.get(name) {
                self.elements(elements, &at.pointer_to(name), group, depth);
            }
        }
    }

    fn elements(&mut self, elements: &Json, pointer: &str, group: usize, depth: usize) {
        let Json::Array(elements) = elements else {
            return self.refuse(pointer, "bad_property", "elements is a list");
        };
        for (n, element) in elements.iter().enumerate() {
            let pointer = format!("{pointer}/{n}");
            match element {
                Json::Object(element) => {
                    self.element(&Properties::new(element, &pointer), group, depth);
                }
                _ => self.refuse(pointer, "bad_property", "an element is an object"),
            }
        }
    }

    fn element(&mut self, at: &Properties<'_>, group: usize, depth: usize) {
        match at.get("type").and_then(Json::as_str) {
            None => self.refuse(
                at.pointer(),
                "missing_type",
                "an element has a type, such as \"text\"",
            ),
            Some("panel") => self.container(at, Some(group), depth.saturating_add(1)),
            // They take no answer, and a condition on them changes none.
            Some("html" | "image") => {}
            Some(kind) => self.question(at, kind, group),
        }
    }

    /// Every name in an expression is that of a question or a comment.
    fn references(&mut self) {
        for (name, pointer) in std::mem::take(&mut self.references) {
            let folded = name.to_lowercase();
            if refused::RESERVED_NAMES.contains(&folded.as_str())
                || name.starts_with('$')
                || name.ends_with(']')
                || name.ends_with("-unwrapped")
            {
                let detail = format!("{{{name}}} is not supported in expressions; name a question");
                self.refuse(pointer, "unsupported_reference", detail);
            } else if !self.names.contains(&folded) {
                let detail = format!("there is no question {name:?} in this survey");
                self.refuse(pointer, "unknown_reference", detail);
            }
        }
    }
}
