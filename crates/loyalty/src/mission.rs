//! Missions: something to do, points for it, and how often.
//!
//! What is to be done is a rule about the customer, which is not known here: whoever loads the customer evaluates it. A mission that
//! comes again in each period counts from the period's beginning, so that what was done for one does nothing for the next; one that
//! has a beginning of its own counts from there.

use rapport_types::{Slug, Timestamp, Violation, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::command::{Command, Earn, Ids};
use crate::earn::MOST_POINTS;
use crate::reward::Every;

/// The most missions of a shop: all of them are looked at whenever a customer changes.
pub const MAX_MISSIONS: usize = 50;
/// The most bytes of a name.
const MAX_NAME: usize = 200;
/// The most bytes of a description.
const MAX_DESCRIPTION: usize = 1_000;

/// A mission: `{"name": "Three orders", "rule": {"event": "order_completed", "count": {"at_least": 3}}, "reward": {"points": 50}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mission {
    /// What people call it.
    pub name: String,
    /// What it is about, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is to be done: a rule about the customer.
    pub rule: Value,
    /// What it gives.
    pub reward: Reward,
    /// How often.
    #[serde(default)]
    pub period: Period,
    /// From when; absent: there is no beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The first moment at which it is over; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who may: a rule about the customer; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Value>,
}

/// What a mission gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reward {
    /// So many points.
    pub points: i64,
}

/// How often a mission gives its reward.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Once, ever.
    #[default]
    Once,
    /// Once on each day of the shop.
    Daily,
    /// Once from each Monday to Sunday.
    Weekly,
    /// Once in each month of the calendar.
    Monthly,
}

/// One of a mission's periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// What tells it from the mission's others: `once`, or its first day.
    pub id: String,
    /// From when on events count; `None`: all ever.
    pub from: Option<Timestamp>,
    /// The first moment after it; `None`: it does not end.
    pub until: Option<Timestamp>,
}

impl Period {
    fn every(self) -> Option<Every> {
        match self {
            Self::Once => None,
            Self::Daily => Some(Every::Day),
            Self::Weekly => Some(Every::Week),
            Self::Monthly => Some(Every::Month),
        }
    }
}

impl Mission {
    /// Whether it can be done at `now`.
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }

    /// The period that `now` is in.
    pub fn round(&self, now: Timestamp, zone: &Zone) -> Round {
        let Some(every) = self.period.every() else {
            return Round {
                id: "once".to_owned(),
                from: self.from,
                until: self.until,
            };
        };
        let first = every.first_day(zone.day_of(now));
        let ends = every.ends_at(now, zone);
        Round {
            id: first.to_string(),
            from: Some(zone.start_of(first)).max(self.from),
            until: [ends, self.until].into_iter().flatten().min(),
        }
    }

    /// The movement that gives the reward for a period, once.
    pub fn reward(id: &Slug, round: &str, name: &str, points: i64, at: Timestamp) -> Command {
        Command::Earn(Earn {
            ids: Ids::of_event(&format!("mission:{id}:{round}")),
            points: Some(points),
            money: None,
            at: Some(at),
            reason: Some(format!("mission: {name}")),
        })
    }

    /// What is wrong with it, but for its rules; empty when nothing is.
    pub fn check(&self) -> Vec<Violation> {
        let mut wrong = Vec::new();
        let mut say = |place: &str, detail: String| {
            wrong.push(Violation::new(place, "out_of_range", detail));
        };
        if self.name.is_empty() || self.name.len() > MAX_NAME {
            say("/name", format!("a name has 1 to {MAX_NAME} bytes"));
        }
        let description = self.description.as_ref().map_or(0, String::len);
        if description > MAX_DESCRIPTION {
            say(
                "/description",
                format!("a description has at most {MAX_DESCRIPTION} bytes"),
            );
        }
        if !(1..=MOST_POINTS).contains(&self.reward.points) {
            say(
                "/reward/points",
                format!("a mission gives 1 to {MOST_POINTS} points"),
            );
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until <= from
        {
            say("/until", "a mission ends after it begins".to_owned());
        }
        wrong
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn round(json: &str, now: &str) -> (String, Option<String>, Option<String>) {
        let mission: Mission = serde_json::from_str(json).unwrap();
        let round = mission.round(at(now), &Zone::named("Asia/Shanghai").unwrap());
        let text = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
        (round.id, text(round.from), text(round.until))
    }

    #[test]
    fn a_round_is_a_day_a_week_from_monday_or_a_month_of_the_shop() {
        let of = |period: &str| {
            format!(
                r#"{{"name": "A", "rule": {{}}, "reward": {{"points": 1}}, "period": "{period}", "from": "2026-11-05T16:00:00Z"}}"#
            )
        };
        let is = |id: &str, from: &str, until: &str| {
            let until = (!until.is_empty()).then(|| until.to_owned());
            (id.to_owned(), Some(from.to_owned()), until)
        };
        // Sunday, 22 November 2026, 23:59:59 in Shanghai, eight hours ahead of UTC.
        let sunday = "2026-11-22T15:59:59Z";
        assert_eq!(
            round(&of("daily"), sunday),
            is("2026-11-22", "2026-11-21T16:00:00Z", "2026-11-22T16:00:00Z")
        );
        assert_eq!(
            round(&of("weekly"), sunday),
            is("2026-11-16", "2026-11-15T16:00:00Z", "2026-11-22T16:00:00Z")
        );
        // A second later it is Monday, and the next week.
        assert_eq!(
            round(&of("weekly"), "2026-11-22T16:00:00Z"),
            is("2026-11-23", "2026-11-22T16:00:00Z", "2026-11-29T16:00:00Z")
        );
        // The month began on 1 November, the mission on the 6th.
        assert_eq!(
            round(&of("monthly"), sunday),
            is("2026-11-01", "2026-11-05T16:00:00Z", "2026-11-30T16:00:00Z")
        );
        assert_eq!(
            round(&of("once"), sunday),
            is("once", "2026-11-05T16:00:00Z", "")
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let wrong: Mission = serde_json::from_str(
            r#"{"name": "", "rule": {}, "reward": {"points": 0}, "from": "2026-11-05T16:00:00Z", "until": "2026-11-05T16:00:00Z"}"#,
        )
        .unwrap();
        let places: Vec<_> = wrong.check().into_iter().map(|v| v.pointer).collect();
        assert_eq!(places, ["/name", "/reward/points", "/until"]);
        assert!(!wrong.is_on(at("2026-11-05T16:00:00Z")));
        assert!(!wrong.is_on(at("2026-11-05T15:59:59Z")));
    }
}
