//! Idempotency keys, kept inside the document that the request commits: the key and the change are one write.

use rapport_types::{Timestamp, time::millis};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A request that may come more than once.
#[derive(Debug, Clone)]
pub struct Once {
    /// Hash of the client's idempotency key.
    pub key: u64,
    /// Hash of what the client asked for: method, path and body.
    pub request: u64,
}

/// A key that came, and what was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Answered {
    k: u64,
    r: u64,
    #[serde(with = "millis")]
    at: Timestamp,
    /// Dropped, oldest first, where answers take too much of the document; the key stays.
    #[serde(
        default,
        deserialize_with = "kept",
        skip_serializing_if = "Option::is_none"
    )]
    a: Option<Value>,
}

/// `null` is an answer: that of a command that answers nothing.
fn kept<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// How long a key is kept at least: a day.
const KEEP_MILLIS: i64 = 86_400_000;
/// The most keys of one document. None is let go before its day is over: the next one is refused.
const MAX_KEYS: usize = 1_000;
/// The most bytes of kept answers in one document.
const MAX_ANSWER_BYTES: usize = 64_000;

/// What a document knows about a key.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    /// Nothing.
    Never,
    /// It came with another request.
    Other,
    /// It came with this request; the answer, where it is still kept.
    Before(Option<Value>),
}

pub(crate) fn look_up(answers: &[Answered], once: &Once) -> Seen {
    match answers.iter().rev().find(|answered| answered.k == once.key) {
        None => Seen::Never,
        Some(answered) if answered.r != once.request => Seen::Other,
        Some(answered) => Seen::Before(answered.a.clone()),
    }
}

/// Lets every kept answer go; the keys stay, so nothing is done twice.
pub(crate) fn forget_answers(answers: &mut [Answered]) {
    for answered in answers {
        answered.a = None;
    }
}

/// As many keys came within a day as a document keeps.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full {
    /// Milliseconds until the oldest may go.
    pub millis: i64,
}

/// Adds `answer` and lets go of what is older than a day or too much.
pub(crate) fn record(
    answers: &mut Vec<Answered>,
    once: &Once,
    answer: Option<Value>,
    now: Timestamp,
) -> Result<(), Full> {
    answers.retain(|old| now.millis_since(old.at) <= KEEP_MILLIS);
    if let (true, Some(oldest)) = (answers.len() >= MAX_KEYS, answers.first()) {
        let age = now.millis_since(oldest.at);
        return Err(Full {
            millis: KEEP_MILLIS.saturating_sub(age),
        });
    }
    answers.push(Answered {
        k: once.key,
        r: once.request,
        at: now,
        a: answer,
    });
    let mut bytes = 0_usize;
    // The newest answer stays whatever its size: it is the one that a retry asks for.
    for (age, answered) in answers.iter_mut().rev().enumerate() {
        let size = answered.a.as_ref().map_or(0, |a| a.to_string().len());
        bytes = bytes.saturating_add(size);
        if bytes > MAX_ANSWER_BYTES && age > 0 {
            answered.a = None;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_kept_for_a_day_and_more_are_refused() {
        let start = Timestamp::from_millis(0);
        let once = |key| Once { key, request: key };
        let mut answers = Vec::new();
        for key in 0..1_000 {
            record(&mut answers, &once(key), Some(key.into()), start).unwrap();
        }
        let later = Timestamp::from_millis(KEEP_MILLIS - 1_000);
        let refused = record(&mut answers, &once(1_000), None, later);
        assert_eq!(refused, Err(Full { millis: 1_000 }));
        assert_eq!(look_up(&answers, &once(0)), Seen::Before(Some(0.into())));
        let next_day = Timestamp::from_millis(KEEP_MILLIS + 1);
        record(&mut answers, &once(1_000), None, next_day).unwrap();
        assert_eq!(answers.len(), 1);
    }
}
