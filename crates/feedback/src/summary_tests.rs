#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A record that was said and arrived at `said`.
fn record(id: &str, kind: &str, score: u8, said: i64) -> Record {
    serde_json::from_value(json!({
        "id": id, "kind": kind, "value": score, "text": null, "channel": null, "subject": null, "customer": "c1",
        "language": null, "submitted_at": at(said), "received_at": at(said), "state": "new"
    }))
    .unwrap()
}

fn in_state(record: &Record, state: State) -> Record {
    Record {
        state,
        ..record.clone()
    }
}

fn scores(summary: &Summary) -> Vec<(Kind, u8)> {
    summary.answers().collect()
}

#[test]
fn the_latest_answer_counts_whatever_the_order_of_arrival() {
    let mut summary = Summary::default();
    assert!(summary.tell(&record("b", "nps", 9, 20), 1, at(20)));
    assert!(summary.tell(&record("a", "nps", 2, 10), 1, at(21)));
    assert!(summary.tell(&record("c", "csat", 4, 5), 1, at(22)));
    assert!(summary.tell(&record("d", "rating", 1, 30), 1, at(23)));
    assert_eq!(scores(&summary), [(Kind::Nps, 9), (Kind::Csat, 4)]);
    assert_eq!((summary.count, summary.open_cases), (4, 4));
    assert_eq!(summary.last_at, Some(at(30)));
    assert_eq!(summary.changed_at, Some(at(23)));
}

#[test]
fn a_second_delivery_and_a_late_one_of_an_older_revision_do_nothing() {
    let mut summary = Summary::default();
    let new = record("a", "nps", 2, 10);
    let resolved = in_state(&new, State::Resolved);
    assert!(summary.tell(&new, 2, at(10)));
    assert!(summary.tell(&resolved, 3, at(11)));
    let before = summary.clone();
    assert!(!summary.tell(&resolved, 3, at(12)));
    assert!(!summary.tell(&new, 2, at(13)));
    assert_eq!(summary, before);
    assert_eq!((summary.count, summary.open_cases), (1, 0));
}

#[test]
fn a_record_counts_as_what_it_is_by_then() {
    let mut summary = Summary::default();
    let good = record("a", "nps", 9, 10);
    let bad = record("b", "nps", 0, 20);
    summary.tell(&good, 1, at(10));
    summary.tell(&bad, 1, at(20));
    assert_eq!(scores(&summary), [(Kind::Nps, 0)]);
    summary.tell(&in_state(&bad, State::Spam), 2, at(30));
    assert_eq!(scores(&summary), [(Kind::Nps, 9)]);
    assert_eq!((summary.count, summary.open_cases), (1, 1));
    assert_eq!(summary.last_at, Some(at(10)));
    for (rev, state, open) in [
        (2, State::Open, 1),
        (3, State::Waiting, 1),
        (4, State::Closed, 0),
        (5, State::Open, 1),
    ] {
        summary.tell(&in_state(&good, state), rev, at(40));
        assert_eq!(summary.open_cases, open, "{state:?}");
    }
}

#[test]
fn a_dismissed_question_is_no_feedback() {
    let mut summary = Summary::default();
    let dismissed = Record {
        value: serde_json::Value::Null,
        ..record("a", "nps", 1, 10)
    };
    assert!(!summary.tell(&dismissed, 1, at(10)));
    assert_eq!(summary, Summary::default());
}

#[test]
fn a_thousand_rows_are_kept_and_nothing_of_the_others_is_forgotten() {
    let mut summary = Summary::default();
    let said = |n: u64| record(&n.to_string(), "nps", 3, i64::try_from(n).unwrap());
    for n in 0..1_100 {
        let record = said(n);
        summary.tell(&record, 1, at(1));
        summary.tell(&in_state(&record, State::Resolved), 2, at(2));
    }
    assert_eq!(summary.rows.told.len(), MOST);
    assert_eq!((summary.count, summary.open_cases), (1_100, 0));
    // One that has no row any more is opened again, and then dealt with.
    for (rev, state, open) in [
        (3, State::Open, 1),
        (3, State::Open, 1),
        (4, State::Closed, 0),
    ] {
        summary.tell(&in_state(&said(5), state), rev, at(3));
        assert_eq!((summary.count, summary.open_cases), (1_100, open));
    }
    let rows = serde_json::to_vec(&summary.rows).unwrap();
    assert!(rows.len() < 80_000, "{}", rows.len());
    assert_eq!(serde_json::from_slice::<Rows>(&rows).unwrap(), summary.rows);
}

proptest! {
    /// Whatever is delivered twice, late or out of order: in the end the latest revision of each record counts.
    #[test]
    fn deliveries_in_any_order_come_to_the_same(
        told in prop::collection::vec((0_u8..6, 1_u64..4, 0_u8..11, 0_i64..5), 0..30),
        shuffled in any::<prop::sample::Index>(),
    ) {
        // What a record says by a revision is always the same.
        let said = |(id, rev, ..): &(u8, u64, u8, i64)| {
            let (_, _, score, said) = told.iter().find(|other| (other.0, other.1) == (*id, *rev)).unwrap();
            let state = [State::New, State::Resolved, State::Spam][usize::try_from(rev % 3).unwrap()];
            in_state(&record(&id.to_string(), "nps", *score, *said), state)
        };
        let mut one = Summary::default();
        for tell in &told {
            one.tell(&said(tell), tell.1, at(0));
        }
        let mut other = Summary::default();
        let mut turned = told.clone();
        if !turned.is_empty() {
            let middle = shuffled.index(turned.len());
            turned.rotate_left(middle);
            turned.reverse();
        }
        for tell in turned.iter().chain(&told) {
            other.tell(&said(tell), tell.1, at(0));
        }
        prop_assert_eq!(one, other);
    }
}
