//! Reviews of made-up shops.
#![allow(dead_code, clippy::unwrap_used, clippy::arithmetic_side_effects)]

use rapport_review::findings::Models;
use rapport_review::review::{Ended, Rfm};
use rapport_review::{Held, Kind, Opinion, Review, Seen, Settings, Spent, Subject, Sums, Tally};
use rapport_rules::Stage;
use rapport_types::{Currency, Slug, Timestamp};

pub const DAY: i64 = 86_400_000;

/// So many days after 1970 began.
pub fn day(day: i64) -> Timestamp {
    Timestamp::from_millis(day * DAY)
}

pub fn yuan() -> Currency {
    Currency::parse("CNY").unwrap()
}

/// Customers who are equal in everything.
#[derive(Clone, Default)]
pub struct Some {
    pub many: u64,
    pub segments: Vec<usize>,
    pub entered: Vec<usize>,
    /// In the period, each of 100.00 yuan.
    pub orders: u64,
    pub points: i64,
    pub nps: Option<u8>,
    pub csat: Option<u8>,
}

pub fn some(many: u64, segments: &[usize]) -> Some {
    Some {
        many,
        segments: segments.to_vec(),
        ..Some::default()
    }
}

/// Segments named `a`, `b`, …, and who is in them.
pub fn tally(segments: usize, customers: &[Some]) -> Tally {
    let mut tally = Tally::new(segments);
    for some in customers {
        let spent = 10_000 * i64::try_from(some.orders).unwrap();
        let money = [Spent {
            currency: yuan(),
            sums: Sums {
                lifetime: spent,
                period: spent,
                orders: some.orders,
            },
        }];
        for _ in 0..some.many {
            tally.add(&Seen {
                segments: &some.segments,
                entered: &some.entered,
                new: false,
                before: Option::Some(Stage::Lead),
                now: Stage::Lead,
                orders: some.orders,
                period_orders: some.orders,
                money: &money,
                points: Option::Some(Held {
                    active: some.points,
                    pending: 0,
                }),
                opinion: Opinion {
                    nps: some.nps,
                    csat: some.csat,
                },
                buyer: None,
                exact: true,
            });
        }
    }
    tally
}

/// A review on that day, of the period since the day of `previous`, or the 30 days before.
pub struct Made {
    pub number: i64,
    pub day: i64,
    pub segments: usize,
    pub kind: Kind,
    pub changed: Vec<usize>,
    pub rfm: Option<Rfm>,
    pub fitted: Option<Timestamp>,
    pub settings: Settings,
}

pub fn on(number: i64) -> Made {
    Made {
        number,
        day: 1_000 + 30 * number,
        segments: 2,
        kind: Kind::Dynamic,
        changed: Vec::new(),
        rfm: None,
        fitted: None,
        settings: Settings::default(),
    }
}

impl Made {
    pub fn of(&self, customers: &[Some], previous: Option<&Review>) -> Review {
        let tally = tally(self.segments, customers);
        let segments = ('a'..='z').take(self.segments).enumerate();
        let segments = segments.map(|(place, letter)| Subject {
            id: Slug::parse(&letter.to_string()).unwrap(),
            name: format!("Segment {}", letter.to_uppercase()),
            kind: self.kind,
            version: 1,
            created_at: day(0),
            rule_changed_at: day(0),
            changed: self.changed.contains(&place),
        });
        let ended = Ended {
            id: format!("r{}", self.number),
            as_of: day(self.day),
            since: previous.map_or(day(self.day - 30), |previous| previous.as_of),
            finished_at: day(self.day),
            segments: segments.collect(),
            tally: &tally,
            has_points: true,
            rfm: self.rfm.clone(),
            models: Models {
                lifetime_fitted_at: self.fitted,
            },
        };
        Review::conclude(ended, previous, &self.settings)
    }
}
