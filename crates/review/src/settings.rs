//! How a shop wants its reviews.

use rapport_types::{Span, Violation};
use serde::{Deserialize, Serialize};

use crate::cadence::Cadence;

/// How often reviews are, and from where on something is worth looking at. What is left out is as in [`Settings::default`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How often; monthly by default.
    pub cadence: Cadence,
    /// Whether each review sets the RFM thresholds anew, unless people have set them by hand; true by default.
    pub refresh_rfm: bool,
    /// With fewer members a segment is too small; 20 by default. Not said in shops of fewer than 5 times as many customers.
    pub min_members: u64,
    /// With this share of all customers, from 0 to 1, a segment is too large; 0.9 by default.
    pub max_share: f64,
    /// Two segments with this Jaccard index (those in both, of those in either) or more overlap; 0.8 by default.
    pub max_overlap: f64,
    /// Nobody has come or gone for this long: the segment does not move; 14 days by default.
    pub still_after: Span,
    /// A size, or revenue per member, that has fallen by this share or more is falling; 0.2 by default.
    pub fall: f64,
    /// Members with a lower net promoter score are unhappy; 0 by default.
    pub min_nps: f64,
    /// Members of whom a lower percentage is satisfied are unhappy; 60 by default.
    pub min_csat: f64,
    /// Answers without which neither is looked at; 10 by default.
    pub min_answers: u64,
    /// RFM thresholds are stale where the share of customers with some score differs by this much from what fresh ones would give; 0.1 by
    /// default.
    pub stale_drift: f64,
    /// A fit of BG/NBD is stale after this long; 180 days by default.
    pub stale_after: Span,
}

impl Default for Settings {
    fn default() -> Self {
        let days = |days| Span::days(days).unwrap_or(Span::MAX);
        Self {
            cadence: Cadence::Monthly,
            refresh_rfm: true,
            min_members: 20,
            max_share: 0.9,
            max_overlap: 0.8,
            still_after: days(14),
            fall: 0.2,
            min_nps: 0.0,
            min_csat: 60.0,
            min_answers: 10,
            stale_drift: 0.1,
            stale_after: days(180),
        }
    }
}

impl Settings {
    /// What is wrong with them, with pointers such as `/max_share`.
    pub fn check(&self) -> Vec<Violation> {
        let mut wrong = Vec::new();
        let bounded = [
            ("max_share", self.max_share, 0.0, 1.0),
            ("max_overlap", self.max_overlap, 0.0, 1.0),
            ("fall", self.fall, 0.0, 1.0),
            ("stale_drift", self.stale_drift, 0.0, 1.0),
            ("min_nps", self.min_nps, -100.0, 100.0),
            ("min_csat", self.min_csat, 0.0, 100.0),
        ];
        for (name, value, least, most) in bounded {
            // Nothing at all would be worth looking at, or everything.
            let open = most == 1.0 && value == 0.0;
            if open || !(least..=most).contains(&value) {
                let more = if most == 1.0 { "more than 0 and " } else { "" };
                let detail = match more {
                    "" => format!("this is a number from {least} to {most}, not {value}"),
                    _ => format!("this is a share, {more}at most 1, not {value}"),
                };
                wrong.push(Violation::new(format!("/{name}"), "out_of_range", detail));
            }
        }
        for (name, number) in [
            ("min_members", self.min_members),
            ("min_answers", self.min_answers),
        ] {
            if !(1..=1_000_000).contains(&number) {
                let detail = format!("this is a number from 1 to 1,000,000, not {number}");
                wrong.push(Violation::new(format!("/{name}"), "out_of_range", detail));
            }
        }
        for (name, span) in [
            ("still_after", self.still_after),
            ("stale_after", self.stale_after),
        ] {
            if span.millis() == 0 {
                let detail = "this is a duration of more than nothing, such as 14d";
                wrong.push(Violation::new(format!("/{name}"), "out_of_range", detail));
            }
        }
        wrong
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_is_the_default_and_the_default_is_right() {
        let settings: Settings = serde_json::from_value(json!({"cadence": "weekly"})).unwrap();
        assert_eq!(settings.cadence, Cadence::Weekly);
        assert_eq!(settings.min_members, 20);
        assert!(settings.check().is_empty());
    }

    #[test]
    fn each_bound_that_cannot_be_is_pointed_at() {
        let wrong: Settings = serde_json::from_value(json!({
            "max_share": 0, "max_overlap": 1.5, "fall": -0.1, "stale_drift": 2,
            "min_nps": -101, "min_csat": 101, "min_members": 0, "min_answers": 2_000_000,
            "still_after": "0d", "stale_after": "0s",
        }))
        .unwrap();
        let places: Vec<_> = wrong
            .check()
            .into_iter()
            .map(|wrong| wrong.pointer)
            .collect();
        assert_eq!(
            places,
            [
                "/max_share",
                "/max_overlap",
                "/fall",
                "/stale_drift",
                "/min_nps",
                "/min_csat",
                "/min_members",
                "/min_answers",
                "/still_after",
                "/stale_after"
            ]
        );
    }
}
