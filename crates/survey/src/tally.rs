//! Counts, means and latest texts over many responses.
//!
//! A tally is folded response by response and kept as one document, so its size is bounded whatever is answered:
//! texts are cut, few are kept, and values beyond a limit are counted together.

use std::collections::{BTreeMap, VecDeque};

use rapport_types::{Decimal, decimal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::check::{Outcome, Outcomes};
use crate::survey::comment_name;

/// Bytes of the questions' names and counts together; questions of later versions beyond it are not counted.
const QUESTION_BYTES: usize = 80_000;
/// Bytes of the values that are counted on their own, over all questions together; others are counted as `beyond`.
const VALUE_BYTES: usize = 80_000;
/// Bytes of the latest texts of all questions together.
const TEXT_BYTES: usize = 80_000;
/// Latest texts kept of one question.
const MAX_TEXTS: usize = 10;
/// Characters kept of a text.
const MAX_TEXT: usize = 120;
/// About what a counter takes beside its name.
const COUNTER: usize = 64;

/// What has been answered so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Responses added.
    pub responses: u64,
    /// Responses added, by the version of the survey that was answered.
    pub versions: BTreeMap<u32, u64>,
    /// By question, under its kind and name.
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
    /// Adds a response that [`Survey::check`](crate::Survey::check) let through: the `data` kept and the `outcomes` then, with
    /// the `version` of the survey it was an answer to.
    pub fn add(&mut self, version: u32, data: &Map<String, Json>, outcomes: &Outcomes) {
        self.responses = self.responses.saturating_add(1);
        let of_version = self.versions.entry(version).or_default();
        *of_version = of_version.saturating_add(1);

        let mut room = self.room();
        for (key, outcome) in outcomes {
            let Some((kind, name)) = key.split_once(':') else {
                continue;
            };
            if !self.questions.contains_key(key) && !take(&mut room.questions, key, COUNTER) {
                continue;
            }
            let count = self.questions.entry(key.clone()).or_default();
            let answer = data.get(name);
            match outcome {
                Outcome::Answered => {
                    count.answered = count.answered.saturating_add(1);
                    if let Some(answer) = answer {
                        count.answer(kind, answer, &mut room.values);
                    }
                }
                Outcome::Skipped => count.skipped = count.skipped.saturating_add(1),
                Outcome::NotShown => count.not_shown = count.not_shown.saturating_add(1),
            }
            let text = match kind {
                "text" => answer,
                _ => data.get(&comment_name(name)),
            };
            if let Some(text) = text.and_then(Json::as_str) {
                count.latest(text, &mut room.texts);
            }
        }
    }

    /// The bytes that are left.
    fn room(&self) -> Room {
        let mut room = Room {
            questions: QUESTION_BYTES,
            values: VALUE_BYTES,
            texts: TEXT_BYTES,
        };
        for (key, count) in &self.questions {
            take(&mut room.questions, key, COUNTER);
            for value in count.values.keys() {
                take(&mut room.values, value, 8);
            }
            for text in &count.texts {
                take(&mut room.texts, text, 4);
            }
        }
        room
    }
}

/// Bytes that are left.
struct Room {
    questions: usize,
    values: usize,
    texts: usize,
}

/// Takes the bytes of `text` and `beside` it from what is `left`, if they are.
fn take(left: &mut usize, text: &str, beside: usize) -> bool {
    match left.checked_sub(text.len().saturating_add(beside)) {
        Some(less) => {
            *left = less;
            true
        }
        None => false,
    }
}

impl Count {
    fn answer(&mut self, kind: &str, answer: &Json, room: &mut usize) {
        match (kind, answer) {
            ("choices", Json::Array(items)) => {
                for item in items {
                    self.value(item, room);
                }
            }
            ("choice" | "boolean", _) => self.value(answer, room),
            ("rating", _) => {
                self.value(answer, room);
                self.number(answer);
            }
            ("number", _) => self.number(answer),
            _ => {}
        }
    }

    fn value(&mut self, value: &Json, room: &mut usize) {
        let key = value.to_string();
        if let Some(count) = self.values.get_mut(&key) {
            *count = count.saturating_add(1);
        } else if take(room, &key, 8) {
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

    fn latest(&mut self, text: &str, room: &mut usize) {
        let text: String = text.chars().take(MAX_TEXT).collect();
        // Where there is no room, a question's own oldest texts make it.
        while self.texts.len() >= MAX_TEXTS || !take(room, &text, 4) {
            let Some(oldest) = self.texts.pop_back() else {
                return;
            };
            *room = room.saturating_add(oldest.len()).saturating_add(4);
        }
        self.texts.push_front(text);
    }
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
