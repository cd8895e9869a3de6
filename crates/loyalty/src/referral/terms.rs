//! What a programme says about referrals.

use rapport_types::{Span, Violation};
use serde::{Deserialize, Serialize};

use crate::earn::MOST_POINTS;
use crate::program::{MAX_ACTIVATION_DAYS, waits_too_long};

/// The highest number of an order that may qualify.
const MOST_ORDERS: u32 = 1_000;

/// A programme's `referral`: `{"referrer": {"points": 100}, "referred": {"points": 50}, "on": {"order": 1}, "holding": "14d"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// What the customer gets who brought another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Share>,
    /// What the customer gets who was brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referred: Option<Share>,
    /// What it takes.
    #[serde(default)]
    pub on: On,
    /// How long the points wait before they can be spent, where that is longer than the programme's own delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holding: Option<Span>,
    /// How many referrals are paid to one referrer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<ReferralCaps>,
    /// Who has been a customer for longer cannot be referred any more; absent: anybody can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

/// What one of the two gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// So many points.
    pub points: i64,
}

/// What it takes for a referral to be paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// That the code was claimed.
    #[default]
    SignUp,
    /// The referred customer's order of that number, counted from their first.
    Order(u32),
}

/// At most so many referrals are paid to one referrer; the referred customers get theirs all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferralCaps {
    /// In one month of the calendar, by the day on which they qualified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_month: Option<u32>,
    /// Ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_referrer: Option<u32>,
}

impl Terms {
    /// What is wrong with them, each with its place below the programme's `referral`; empty when nothing is.
    pub fn check(&self) -> Vec<Violation> {
        let mut wrong = Vec::new();
        let mut say = |place: &str, code: &str, detail: String| {
            wrong.push(Violation::new(place, code, detail));
        };
        if self.referrer.is_none() && self.referred.is_none() {
            let detail = "a referral gives points to the referrer, the referred, or both";
            say("", "missing_field", detail.to_owned());
        }
        let shares = [("referrer", self.referrer), ("referred", self.referred)];
        for (name, share) in shares {
            if share.is_some_and(|share| !(1..=MOST_POINTS).contains(&share.points)) {
                let detail = format!("a referral gives 1 to {MOST_POINTS} points");
                say(&format!("/{name}/points"), "out_of_range", detail);
            }
        }
        if let On::Order(number) = self.on
            && !(1..=MOST_ORDERS).contains(&number)
        {
            let detail = format!("the first order is 1; at most {MOST_ORDERS}");
            say("/on/order", "out_of_range", detail);
        }
        if waits_too_long(self.holding) {
            let detail = format!("points are held at most {MAX_ACTIVATION_DAYS}d");
            say("/holding", "out_of_range", detail);
        }
        if self.within.is_some_and(|within| within.millis() == 0) {
            let detail = "nobody could be referred; leave it out where anybody can";
            say("/within", "out_of_range", detail.to_owned());
        }
        let Some(caps) = self.caps else { return wrong };
        let named = [
            ("per_month", caps.per_month),
            ("per_referrer", caps.per_referrer),
        ];
        if self.referrer.is_none() {
            let detail = "the referrer gets nothing that could be capped";
            say("/caps", "misplaced", detail.to_owned());
        } else if named.iter().all(|(_, cap)| cap.is_none()) {
            let detail = "a cap is at least one of per_month, per_referrer";
            say("/caps", "missing_field", detail.to_owned());
        }
        for (name, _) in named.iter().filter(|(_, cap)| *cap == Some(0)) {
            let detail = "a cap is at least 1; leave \"referrer\" out where they get nothing";
            say(&format!("/caps/{name}"), "out_of_range", detail.to_owned());
        }
        if let (Some(month), Some(ever)) = (caps.per_month, caps.per_referrer)
            && month > ever
        {
            let detail = "per_month is more than per_referrer, so it never counts";
            say("/caps/per_month", "out_of_range", detail.to_owned());
        }
        wrong
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn places(json: &str) -> Vec<String> {
        let terms: Terms = serde_json::from_str(json).unwrap();
        terms.check().into_iter().map(|v| v.pointer).collect()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let none: [&str; 0] = [];
        let fine = r#"{"referrer": {"points": 1}, "on": {"order": 1}, "holding": "366d",
                       "caps": {"per_month": 3, "per_referrer": 3}, "within": "1s"}"#;
        assert_eq!(places(fine), none);
        assert_eq!(places(r#"{"on": "sign_up"}"#), [""]);
        let wrong = r#"{"referrer": {"points": 0}, "referred": {"points": 1000000000001}, "on": {"order": 0},
                        "holding": "367d", "within": "0s", "caps": {"per_month": 2, "per_referrer": 1}}"#;
        assert_eq!(
            places(wrong),
            [
                "/referrer/points",
                "/referred/points",
                "/on/order",
                "/holding",
                "/within",
                "/caps/per_month"
            ]
        );
        let nobody = r#"{"referred": {"points": 1}, "caps": {"per_month": 0}}"#;
        assert_eq!(places(nobody), ["/caps", "/caps/per_month"]);
        assert_eq!(
            places(r#"{"referrer": {"points": 1}, "caps": {}}"#),
            ["/caps"]
        );
    }
}
