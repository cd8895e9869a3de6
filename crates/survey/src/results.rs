//! A tally as the answer to who asks for results.

use rapport_types::{Decimal, decimal, json};
use rust_decimal::RoundingStrategy;
use serde::Serialize;
use serde_json::{Number, Value as Json};
use std::collections::BTreeMap;

use crate::survey::{Kind, OTHER, Question, Survey};
use crate::tally::{Count, Numbers, Tally};

/// The results of a survey.
#[derive(Debug, Clone, Serialize)]
pub struct Results {
    /// Responses counted.
    pub responses: u64,
    /// Responses counted, by the version that was answered.
    pub versions: BTreeMap<u32, u64>,
    /// The questions of the version asked about, in their order. Answers to a question of the same name and kind in
    /// other versions count too.
    pub questions: Vec<QuestionResults>,
}

/// The results of a question.
#[derive(Debug, Clone, Serialize)]
pub struct QuestionResults {
    /// The question's name.
    pub name: String,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// `text`, `number`, `choice`, `choices`, `rating` or `boolean`.
    pub kind: &'static str,
    /// Responses that answer it.
    pub answered: u64,
    /// Responses in which it was shown and not answered.
    pub skipped: u64,
    /// Responses in which it was not shown.
    pub not_shown: u64,
    /// How often each value was chosen: every value of the definition in its order, then values of other versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<ValueCount>>,
    /// Choices of values that are not counted one by one, because there are too many of them.
    #[serde(skip_serializing_if = "is_zero")]
    pub other_values: u64,
    /// Of numbers and ratings: `null` without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NumberResults>,
    /// Of a rating from 0 to 10: the net promoter score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nps: Option<Nps>,
    /// The latest texts, newest first, each cut to 120 characters: answers of a text question, comments of others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub latest: Vec<String>,
}

/// How often a value was chosen.
#[derive(Debug, Clone, Serialize)]
pub struct ValueCount {
    /// The value.
    pub value: Json,
    /// What people see, if it is not the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How often it was chosen.
    pub count: u64,
}

/// Numbers that were answered.
#[derive(Debug, Clone, Serialize)]
pub struct NumberResults {
    /// How many.
    pub count: u64,
    /// Their sum, exactly.
    pub sum: Option<Number>,
    /// Their arithmetic mean, rounded half to even to 4 decimals.
    pub mean: Option<Number>,
    /// The least.
    pub min: Option<Number>,
    /// The most.
    pub max: Option<Number>,
}

/// The net promoter score.
#[derive(Debug, Clone, Serialize)]
pub struct Nps {
    /// Answers of 9 and 10.
    pub promoters: u64,
    /// Answers of 7 and 8.
    pub passives: u64,
    /// Answers of 0 to 6.
    pub detractors: u64,
    /// Promoters minus detractors in per cent of all three, to 2 decimals; `null` without an answer.
    pub score: Option<Number>,
}

impl Results {
    /// The results as of `tally` for the questions of `survey`.
    pub fn new(survey: &Survey, tally: &Tally) -> Self {
        Self {
            responses: tally.responses,
            versions: tally.versions.clone(),
            questions: survey
                .questions
                .iter()
                .map(|question| {
                    let none = Count::default();
                    question_results(
                        question,
                        tally.questions.get(&question.key()).unwrap_or(&none),
                    )
                })
                .collect(),
        }
    }
}

fn question_results(question: &Question, count: &Count) -> QuestionResults {
    let numeric = matches!(question.kind.name(), "number" | "rating");
    QuestionResults {
        name: question.name.clone(),
        title: question.title.clone(),
        kind: question.kind.name(),
        answered: count.answered,
        skipped: count.skipped,
        not_shown: count.not_shown,
        values: values(question, count),
        other_values: count.beyond,
        numbers: count
            .numbers
            .as_ref()
            .filter(|_| numeric)
            .map(number_results),
        nps: nps(question, count),
        latest: count.texts.iter().cloned().collect(),
    }
}

fn values(question: &Question, count: &Count) -> Option<Vec<ValueCount>> {
    let mut defined: Vec<(Json, Option<String>)> = match &question.kind {
        Kind::Text { .. } => return None,
        Kind::One(choices) | Kind::Many { choices, .. } => {
            let items = choices.items.iter();
            let mut defined: Vec<_> = items
                .map(|it| (it.value.clone(), it.text.clone()))
                .collect();
            if choices.other {
                defined.push((Json::from(OTHER), None));
            }
            defined
        }
        Kind::Rating { values } => values.iter().map(|it| (it.clone(), None)).collect(),
        Kind::Boolean { yes, no } => vec![(yes.clone(), None), (no.clone(), None)],
    };
    for key in count.values.keys() {
        if let Ok(value) = json::from_slice::<Json>(key.as_bytes())
            && !defined.iter().any(|(it, _)| *it == value)
        {
            defined.push((value, None));
        }
    }
    let counted = |value: &Json| count.values.get(&value.to_string()).copied().unwrap_or(0);
    Some(
        defined
            .into_iter()
            .map(|(value, text)| ValueCount {
                count: counted(&value),
                value,
                text,
            })
            .collect(),
    )
}

fn number_results(numbers: &Numbers) -> NumberResults {
    let mean = numbers
        .sum
        .checked_div(Decimal::from(numbers.count))
        .map(|mean| mean.round_dp(4));
    NumberResults {
        count: numbers.count,
        sum: decimal::to_number(numbers.sum),
        mean: mean.and_then(decimal::to_number),
        min: decimal::to_number(numbers.min),
        max: decimal::to_number(numbers.max),
    }
}

fn nps(question: &Question, count: &Count) -> Option<Nps> {
    let Kind::Rating { values } = &question.kind else {
        return None;
    };
    if !values.iter().cloned().eq((0..=10).map(Json::from)) {
        return None;
    }
    let sum = |range: std::ops::RangeInclusive<u64>| -> u64 {
        range
            .filter_map(|n| count.values.get(&n.to_string()))
            .fold(0, |sum, n| sum.saturating_add(*n))
    };
    let (detractors, passives, promoters) = (sum(0..=6), sum(7..=8), sum(9..=10));
    let all = detractors
        .saturating_add(passives)
        .saturating_add(promoters);
    let score = Decimal::from(promoters)
        .checked_sub(Decimal::from(detractors))
        .and_then(|difference| difference.checked_mul(Decimal::ONE_HUNDRED))
        .and_then(|difference| difference.checked_div(Decimal::from(all)))
        .map(|score| score.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
        .and_then(decimal::to_number);
    Some(Nps {
        promoters,
        passives,
        detractors,
        score,
    })
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
