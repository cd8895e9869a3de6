//! A feedback record as it is kept.

use rapport_types::{CustomerId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kind::Kind;
use crate::state::State;

/// One answer of one customer: a document of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Ours; derived from the client's key where it gave one.
    pub id: String,
    /// What it answers.
    pub kind: Kind,
    /// The answer; `null` where the question was dismissed, or the text is the answer.
    pub value: Value,
    /// The highest score of a rating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u8>,
    /// What the customer wrote.
    pub text: Option<String>,
    /// Where it was said.
    pub channel: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// Whose it is; `None` is anonymous.
    pub customer: Option<CustomerId>,
    /// The language of the text (BCP 47).
    pub language: Option<String>,
    /// When it was said.
    pub submitted_at: Timestamp,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Where it stands in its life.
    pub state: State,
}

impl Record {
    /// The score of kinds that are scored; `None` for others and where the question was dismissed.
    pub fn score(&self) -> Option<u8> {
        self.kind.scores(self.scale)?;
        u8::try_from(self.value.as_u64()?).ok()
    }

    /// Whether both say the same, whenever they arrived and whatever has become of them since.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let told = |record: &Self| Self {
            submitted_at: Timestamp::EPOCH,
            received_at: Timestamp::EPOCH,
            state: State::New,
            ..record.clone()
        };
        told(self) == told(other)
    }

    /// Whether it holds an answer at all: a value or a text.
    pub fn is_answer(&self) -> bool {
        !self.value.is_null() || self.text.as_deref().is_some_and(|text| !text.is_empty())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn records_say_the_same_whenever_they_came_and_whatever_became_of_them() {
        let record: Record = serde_json::from_value(json!({
            "id": "f", "kind": "nps", "value": 9, "text": null, "channel": null, "subject": null, "customer": null,
            "language": null, "submitted_at": "2026-11-21T00:00:00Z", "received_at": "2026-11-21T00:00:00Z",
            "state": "new"
        }))
        .unwrap();
        let handled = Record {
            received_at: Timestamp::MAX,
            state: State::Closed,
            ..record.clone()
        };
        assert!(record.says_the_same(&handled));
        let other = Record {
            value: json!(8),
            ..record.clone()
        };
        assert!(!record.says_the_same(&other));
    }
}
