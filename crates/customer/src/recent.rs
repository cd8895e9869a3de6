//! The latest events with their properties.

use rapport_types::{Properties, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits::{RECENT_BYTES, RECENT_EVENTS};
use crate::traits::json_bytes;

/// Something a customer did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What, as [`event::name`](rapport_types::event::name) spells it.
    #[serde(rename = "n")]
    pub name: String,
    /// When.
    #[serde(with = "rapport_types::time::millis")]
    pub at: Timestamp,
    /// Whatever the client said about it.
    #[serde(rename = "p", default, skip_serializing_if = "Properties::is_empty")]
    pub properties: Properties,
}

impl Event {
    /// About how many bytes it takes in the document.
    fn bytes(&self) -> usize {
        // `{"n":"","at":1234567890123,"p":},` around the name and the properties.
        json_bytes(&self.properties)
            .saturating_add(self.name.len())
            .saturating_add(34)
    }
}

/// The latest 256 events of a customer, at most 64 KB together, in the order of their moments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Oldest first; of the same moment, in the order of arrival.
    events: Vec<Event>,
    /// The sum of [`Event::bytes`].
    bytes: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept_since: Option<Timestamp>,
}

impl Recent {
    /// Adds an event, and drops the oldest while there are too many.
    pub fn add(&mut self, event: Event) {
        self.bytes = self.bytes.saturating_add(event.bytes());
        let place = self.events.partition_point(|other| other.at <= event.at);
        self.events.insert(place, event);
        let mut dropped = 0_usize;
        let mut oldest = self.events.iter();
        let mut left = self.events.len();
        while left > RECENT_EVENTS || self.bytes > RECENT_BYTES {
            let Some(event) = oldest.next() else { break };
            self.bytes = self.bytes.saturating_sub(event.bytes());
            self.kept_since = Some(Timestamp::from_millis(event.at.millis().saturating_add(1)))
                .max(self.kept_since);
            dropped = dropped.saturating_add(1);
            left = left.saturating_sub(1);
        }
        self.events.drain(..dropped);
    }

    /// The kept events, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().rev()
    }

    /// From when on every event of the customer is among the kept ones; `None` where none was ever dropped.
    pub fn kept_since(&self) -> Option<Timestamp> {
        self.kept_since
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(at: i64, note: usize) -> Event {
        Event {
            name: "e".into(),
            at: Timestamp::from_millis(at),
            properties: json!({"note": "x".repeat(note)})
                .as_object()
                .unwrap()
                .into(),
        }
    }

    fn moments(recent: &Recent) -> Vec<i64> {
        recent.newest_first().map(|e| e.at.millis()).collect()
    }

    #[test]
    fn events_stand_in_the_order_of_their_moments_however_they_arrive() {
        let mut recent = Recent::default();
        for at in [3, 1, 2] {
            recent.add(event(at, 0));
        }
        assert_eq!(moments(&recent), [3, 2, 1]);
        assert_eq!(recent.kept_since(), None);
    }

    #[test]
    fn the_oldest_of_too_many_is_dropped_and_said() {
        let mut recent = Recent::default();
        for at in 0..257 {
            recent.add(event(at, 0));
        }
        assert_eq!(moments(&recent).len(), 256);
        assert_eq!(recent.kept_since(), Some(Timestamp::from_millis(1)));
        // Older than all that is kept: it never gets in.
        recent.add(event(-5, 0));
        assert_eq!(*moments(&recent).last().unwrap(), 1);
        assert_eq!(recent.kept_since(), Some(Timestamp::from_millis(1)));
    }

    #[test]
    fn large_events_push_out_more_than_one() {
        let mut recent = Recent::default();
        for at in 0..40 {
            recent.add(event(at, 8_000));
        }
        let bytes = serde_json::to_vec(&recent).unwrap().len();
        assert!(bytes < RECENT_BYTES + 256, "{bytes}");
        assert_eq!(moments(&recent).len(), 8);
        assert_eq!(recent.kept_since(), Some(Timestamp::from_millis(32)));
    }
}
