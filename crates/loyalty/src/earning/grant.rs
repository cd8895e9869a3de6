//! What gave how many points: the rows that an answer and the journal show.

use rapport_types::Slug;
use serde::{Deserialize, Serialize};

use super::granted::Cap;

/// How many points one source gave. In the journal a row `[source, points, why]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Grant {
    /// What gave them.
    pub source: Source,
    /// How many: negative where it took some, as a multiplier below 1 does.
    pub points: i64,
    /// Why it gave less than it says.
    pub why: Option<Why>,
}

/// What gives points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The programme's own rate.
    Base,
    /// The multiplier of a tier.
    Tier(Slug),
    /// A rule.
    Rule(Slug),
    /// The programme's caps, which take what is too much.
    Caps,
    /// Several together, where there is no room to name them.
    Others,
}

/// Why a source gave less than it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The cap of the day.
    CapPerDay,
    /// The cap of the week.
    CapPerWeek,
    /// The cap of the month.
    CapPerMonth,
    /// The cap of the year.
    CapPerYear,
    /// The cap of the customer.
    CapPerCustomer,
    /// What the rule may give to all customers together is given.
    CapPerCampaign,
    /// It is too long ago to know what the cap leaves.
    CapTooOld,
    /// Another multiplier is higher, and only the highest counts.
    OtherMultiplier,
}

/// A rule about what happened that did not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The rule.
    pub rule: Slug,
    /// The first thing that did not fit.
    pub why: Skip,
}

/// What did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// It is not in use.
    NotActive,
    /// Its period.
    Period,
    /// Its days of the week.
    Weekdays,
    /// The customer held none of its tiers.
    Tiers,
    /// The order came to less.
    Minimum,
    /// Its condition on the customer.
    Condition,
    /// Its condition on the order or event.
    Where,
    /// No item of the order was of those.
    Items,
}

type Row = (String, i64, Option<Why>);

impl From<Row> for Grant {
    fn from((source, points, why): Row) -> Self {
        let source = match source.split_once(':') {
            _ if source.is_empty() => Source::Base,
            Some(("tier", tier)) => Slug::parse(tier).map_or(Source::Others, Source::Tier),
            Some(("", "caps")) => Source::Caps,
            _ => Slug::parse(&source).map_or(Source::Others, Source::Rule),
        };
        Self {
            source,
            points,
            why,
        }
    }
}

impl From<Grant> for Row {
    fn from(grant: Grant) -> Self {
        let source = match grant.source {
            Source::Base => String::new(),
            Source::Tier(tier) => format!("tier:{tier}"),
            Source::Rule(rule) => rule.to_string(),
            Source::Caps => ":caps".to_owned(),
            Source::Others => ":others".to_owned(),
        };
        (source, grant.points, grant.why)
    }
}

impl From<Cap> for Why {
    fn from(cap: Cap) -> Self {
        match cap {
            Cap::Day => Self::CapPerDay,
            Cap::Week => Self::CapPerWeek,
            Cap::Month => Self::CapPerMonth,
            Cap::Year => Self::CapPerYear,
            Cap::Customer => Self::CapPerCustomer,
            Cap::TooOld => Self::CapTooOld,
        }
    }
}

/// `grants` in at most `bytes` of JSON: the last ones together where they are too many. Their sum stays.
pub(crate) fn fit(mut grants: Vec<Grant>, bytes: usize) -> Vec<Grant> {
    let mut others: Option<i64> = None;
    while weight(&grants).saturating_add(ROW) > bytes {
        let Some(last) = grants.pop() else { break };
        others = Some(others.unwrap_or(0).saturating_add(last.points));
    }
    grants.extend(others.map(|points| Grant {
        source: Source::Others,
        points,
        why: None,
    }));
    grants
}

/// What a row takes beside its source: brackets, commas, the points (at most 14 characters) and the longest reason.
const ROW: usize = 50;

/// At least as many bytes as they take in JSON.
pub(crate) fn weight(grants: &[Grant]) -> usize {
    let row = |grant: &Grant| match &grant.source {
        Source::Rule(id) | Source::Tier(id) => id.as_str().len().saturating_add(5),
        Source::Base | Source::Caps | Source::Others => 7,
    };
    grants.iter().fold(0, |sum, grant| {
        sum.saturating_add(row(grant)).saturating_add(ROW)
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn rule(id: &str, points: i64, why: Option<Why>) -> Grant {
        Grant {
            source: Source::Rule(Slug::parse(id).unwrap()),
            points,
            why,
        }
    }

    #[test]
    fn rows_go_there_and_back() {
        let id = "x".repeat(64);
        let tier = Source::Tier(Slug::parse(&id).unwrap());
        let sources = [Source::Base, tier, Source::Caps, Source::Others];
        let mut grants: Vec<Grant> = sources
            .into_iter()
            .map(|source| Grant {
                source,
                points: -1_000_000_000_000,
                why: Some(Why::CapPerCustomer),
            })
            .collect();
        grants.push(rule(&id, 1_000_000_000_000, Some(Why::OtherMultiplier)));
        let json = serde_json::to_string(&grants).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Grant>>(&json).unwrap(), grants);
        assert!(json.len() <= weight(&grants), "{json}");
    }

    #[test]
    fn where_there_is_no_room_the_last_ones_are_one() {
        let grants: Vec<_> = (0..40).map(|n| rule(&format!("r{n}"), n, None)).collect();
        let fitted = fit(grants.clone(), 600);
        assert!(serde_json::to_string(&fitted).unwrap().len() <= 600);
        assert!(fitted.len() > 3 && fitted.len() < 40);
        let sum = |grants: &[Grant]| grants.iter().map(|grant| grant.points).sum::<i64>();
        assert_eq!(sum(&fitted), sum(&grants));
        assert_eq!(fitted.last().unwrap().source, Source::Others);
        assert_eq!(fit(grants.clone(), 6_000), grants);
    }

    #[test]
    fn rows_that_just_fit_are_kept_one_by_one() {
        let grants: Vec<_> = (0..4).map(|n| rule("r", n, None)).collect();
        // A row is 1 byte of id, 5 and 50; one more of them must have room.
        assert_eq!(weight(&grants), 4 * 56);
        let room = 4 * 56 + ROW;
        assert_eq!(fit(grants.clone(), room), grants);
        let less = fit(grants, room - 1);
        assert_eq!((less.len(), less[3].points), (4, 3));
        assert_eq!(less[3].source, Source::Others);
    }

    #[test]
    fn every_cap_has_its_word() {
        let words = [
            (Cap::Day, "cap_per_day"),
            (Cap::Week, "cap_per_week"),
            (Cap::Month, "cap_per_month"),
            (Cap::Year, "cap_per_year"),
            (Cap::Customer, "cap_per_customer"),
            (Cap::TooOld, "cap_too_old"),
        ];
        for (cap, word) in words {
            assert_eq!(serde_json::to_value(Why::from(cap)).unwrap(), word);
        }
    }
}
