//! Counts, means and latest texts over many responses.
//!
//! A tally is folded response by response and kept as one document, so its size is bounded whatever is answered:
//! texts are cut, few are kept, and values beyond a limit are counted together.

use std::collections::{BTreeMap, VecDeque};

use rapport_types::{Decimal, decimal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::survey::{Kind, Question, Survey};

/// Latest texts kept over all questions together.
const MAX_TEXTS: usize = 300;
/// Latest texts kept of one question.
const MAX_TEXTS_OF_ONE: usize = 10;
/// Characters kept of a text.
const MAX_TEXT: usize = 120;
/// Different values counted on their own, over all questions together; the others are counted as `beyond`.
const MAX_VALUES: usize = 3_000;

/// What has been answered so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Responses added.
    pub responses: u64,
    /// Responses added, by the version of the survey that was answered.
    pub versions: BTreeMap<u32, u64>,
    /// By question, under its name; see [`key`].
    pub(crate) questions: BTreeMap<String, Count>,
}

/// What has been answered to one question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Count {
    pub answered: u64,
    pub skipped: u64,
    pub not_shown: u64,
    /// How often each value was chosen, by its JSON text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, u64>,
    /// Choices of values that are not counted on their own.
    pub beyond: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Numbers>,
    /// Latest texts, newest first: the answers of a text question, the comments of others.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    pub texts: VecDeque<String>,
}

/// Numbers added up, exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Numbers {
    pub count: u64,
    #[serde(with = "exact")]
    pub sum: Decimal,
    #[serde(with = "exact")]
    pub min: Decimal,
    #[serde(with = "exact")]
    pub max: Decimal,
}

impl Tally {
    /// Adds a response that [`Survey::check`] let through: the `data` kept and the questions `not_shown` then, with
    /// the `version` of the survey it was an answer to.
    pub fn add(
        &mut self,
        survey: &Survey,
        version: u32,
        data: &Map<String, Json>,
        not_shown: &[String],
    ) {
        self.responses = self.responses.saturating_add(1);
        let of_version = self.versions.entry(version).or_default();
        *of_version = of_version.saturating_add(1);

        let mut values: usize = self
            .questions
            .values()
            .map(|count| count.values.len())
            .sum();
        let texts: usize = self.questions.values().map(|count| count.texts.len()).sum();
        let mut texts_left = MAX_TEXTS.saturating_sub(texts);
        for question in &survey.questions {
            let count = self.questions.entry(key(question)).or_default();
            match data.get(&question.name) {
                _ if not_shown.contains(&question.name) => {
                    count.not_shown = count.not_shown.saturating_add(1);
                    continue;
                }
                None => count.skipped = count.skipped.saturating_add(1),
                Some(answer) => {
                    count.answered = count.answered.saturating_add(1);
                    count.answer(question, answer, &mut values);
                }
            }
            let text = match &question.kind {
                Kind::Text { .. } if question.kind.name() == "text" => data.get(&question.name),
                _ => data.get(&question.comment_name()),
            };
            if let Some(text) = text.and_then(Json::as_str) {
                count.latest(text, &mut texts_left);
            }
        }
    }
}

impl Count {
    fn answer(&mut self, question: &Question, answer: &Json, values: &mut usize) {
        match (&question.kind, answer) {
            (Kind::Many { .. }, Json::Array(items)) => {
                for item in items {
                    self.value(item, values);
                }
            }
            (Kind::One(_) | Kind::Boolean { .. }, _) => self.value(answer, values),
            (Kind::Rating { .. }, _) => {
                self.value(answer, values);
                self.number(answer);
            }
            _ => self.number(answer),
        }
    }

    fn value(&mut self, value: &Json, values: &mut usize) {
        let key = value.to_string();
        if let Some(count) = self.values.get_mut(&key) {
            *count = count.saturating_add(1);
        } else if *values < MAX_VALUES {
            *values = values.saturating_add(1);
            self.values.insert(key, 1);
        } else {
            self.beyond = self.beyond.saturating_add(1);
        }
    }

    fn number(&mut self, answer: &Json) {
        let Some(number) = answer.as_number().and_then(decimal::from_number) else {
            return;
        };
        match &mut self.numbers {
            Some(numbers) => {
                numbers.count = numbers.count.saturating_add(1);
                // Answers have at most 15 digits before the point: a sum of 10^13 of them is still exact enough.
                numbers.sum = numbers.sum.saturating_add(number);
                numbers.min = numbers.min.min(number);
                numbers.max = numbers.max.max(number);
            }
            None => {
                self.numbers = Some(Numbers {
                    count: 1,
                    sum: number,
                    min: number,
                    max: number,
                });
            }
        }
    }

    fn latest(&mut self, text: &str, left: &mut usize) {
        let room = *left > 0 && self.texts.len() < MAX_TEXTS_OF_ONE;
        if room {
            *left = left.saturating_sub(1);
        } else if self.texts.pop_back().is_none() {
            return;
        }
        self.texts.push_front(text.chars().take(MAX_TEXT).collect());
    }
}

/// Where a question is counted: by kind and name, so that a question which changes its kind from one version to the
/// next is counted anew.
pub(crate) fn key(question: &Question) -> String {
    format!("{}:{}", question.kind.name(), question.name)
}

/// Decimals in the document: as text, so that no digit is lost.
mod exact {
    use rapport_types::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(decimal: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(decimal)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(from)?;
        Decimal::from_str_exact(&text).map_err(D::Error::custom)
    }
}
