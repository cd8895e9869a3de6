//! The one function that changes a record.

use rapport_types::{Timestamp, Violation, Zone};

use crate::draft::Draft;
use crate::record::Record;
use crate::state::State;

/// What can be asked of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Here is what a customer said.
    Submit {
        /// The record's id, chosen by the caller.
        id: String,
        /// What was said.
        draft: Draft,
    },
}

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is such a record already.
    #[error("there is such a record already")]
    Exists,
    /// Something in the input is wrong.
    #[error("the input was refused")]
    Invalid(Vec<Violation>),
}

/// Applies `command` to a record, which may not exist yet, at `now`. `zone` says when a day begins.
pub fn decide(
    record: Option<Record>,
    command: Command,
    now: Timestamp,
    zone: &Zone,
) -> Result<Record, Rejection> {
    let Command::Submit { id, draft } = command;
    if record.is_some() {
        return Err(Rejection::Exists);
    }
    let (draft, submitted_at) = draft.check(now, zone).map_err(Rejection::Invalid)?;
    Ok(Record {
        id,
        kind: draft.kind,
        value: draft.value,
        scale: draft.scale,
        text: draft.text,
        channel: draft.channel,
        subject: draft.subject,
        customer: draft.customer,
        language: draft.language,
        submitted_at,
        received_at: now,
        state: State::New,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-21T08:00:00Z").unwrap()
    }

    fn submit(record: Option<Record>, draft: Value) -> Result<Record, Rejection> {
        let draft = serde_json::from_value(draft).unwrap();
        let id = "f1".to_owned();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        decide(record, Command::Submit { id, draft }, now(), &zone)
    }

    fn places(draft: Value) -> Vec<(String, String)> {
        match submit(None, draft) {
            Err(Rejection::Invalid(wrong)) => {
                wrong.into_iter().map(|v| (v.pointer, v.code)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_said_becomes_a_new_record() {
        let record = submit(
            None,
            json!({
                "kind": "nps", "value": 9, "text": "很好", "channel": "mini_program", "subject": "order:1",
                "customer": "0001", "language": "zh-Hans", "submitted_at": "2026-11-20"
            }),
        )
        .unwrap();
        assert_eq!(record.state, State::New);
        assert_eq!(record.score(), Some(9));
        assert_eq!(record.submitted_at.to_string(), "2026-11-19T16:00:00Z");
        assert_eq!(record.received_at, now());
        let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(again, record);
        assert_eq!(
            submit(Some(record), json!({"kind": "nps"})),
            Err(Rejection::Exists)
        );
    }

    #[test]
    fn a_dismissed_question_is_a_record_without_a_score() {
        let record = submit(None, json!({"kind": "nps", "value": null})).unwrap();
        assert_eq!(record.score(), None);
        assert!(!record.is_answer());
    }

    #[test]
    fn a_text_may_stand_in_either_place_but_somewhere() {
        assert!(
            submit(None, json!({"kind": "text", "text": "hi"}))
                .unwrap()
                .is_answer()
        );
        assert!(
            submit(None, json!({"kind": "text", "value": "hi"}))
                .unwrap()
                .is_answer()
        );
        assert_eq!(
            places(json!({"kind": "text", "text": " "})),
            [("/text".into(), "required".into())]
        );
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let wrong = places(json!({
            "kind": "csat", "value": 6, "scale": 7, "text": "x".repeat(crate::draft::TEXT_BYTES + 1),
            "channel": "x".repeat(65), "subject": "x".repeat(257), "language": "中文",
            "submitted_at": "yesterday"
        }));
        let expected = [
            ("/text", "too_long"),
            ("/channel", "too_long"),
            ("/subject", "too_long"),
            ("/language", "bad_language"),
            ("/scale", "not_allowed"),
            ("/value", "out_of_range"),
            ("/submitted_at", "not_a_moment"),
        ];
        assert_eq!(wrong, expected.map(|(p, c)| (p.to_owned(), c.to_owned())));
        assert_eq!(
            places(json!({"kind": "rating", "scale": 11, "value": 1})),
            [("/scale".into(), "out_of_range".into())]
        );
        assert_eq!(
            places(json!({"kind": "nps", "value": 1, "submitted_at": "2027-01-01T00:00:00Z"})),
            [("/submitted_at".into(), "in_the_future".into())]
        );
    }
}
