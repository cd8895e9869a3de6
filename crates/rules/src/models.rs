//! Fields that need what is known of the whole population: RFM scores, value groups, and what BG/NBD expects.
//!
//! They change with time alone, but only downwards and through known values, so the moment at which a test's answer flips is
//! found without trying every moment between.

use rapport_lifetime::{Customer, Group, Measure, Params, Purchases, Scores, Thresholds};
use rapport_types::{Decimal, Timestamp};
use rust_decimal::prelude::ToPrimitive;

use crate::drift::{self, DAY_MILLIS};
use crate::evaluate::Context;
use crate::field::passes;
use crate::found::One;
use crate::rule::{Field, Test};
use crate::subject::Subject;
use crate::verdict::Verdict;

/// What is known of the whole population; each may be unknown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Models<'a> {
    /// By which RFM scores are given.
    pub rfm: Option<&'a Thresholds>,
    /// What to expect of customers.
    pub lifetime: Option<&'a Params>,
}

/// One of the three scores of RFM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RfmScore {
    Recency,
    Frequency,
    Monetary,
}

/// A test of one of the three scores; absent without orders or thresholds.
pub(crate) fn score(
    score: RfmScore,
    test: &Test,
    subject: &dyn Subject,
    cx: Context<'_>,
) -> Verdict {
    scored(subject, cx.now, |_, scores| {
        let of = match score {
            RfmScore::Recency => scores.r,
            RfmScore::Frequency => scores.f,
            RfmScore::Monetary => scores.m,
        };
        passes(test, One::Number(Decimal::from(of)), cx)
    })
}

/// A test of the name of the value group; absent without orders or thresholds.
pub(crate) fn value_group(test: &Test, subject: &dyn Subject, cx: Context<'_>) -> Verdict {
    scored(subject, cx.now, |thresholds, scores| {
        let group = Group::of(*scores, thresholds).names().id;
        passes(test, One::Text(group), cx)
    })
}

/// What `passes` answers about the scores, until time takes recency past a threshold at which it answers otherwise.
fn scored(
    subject: &dyn Subject,
    now: Timestamp,
    passes: impl Fn(&Thresholds, &Scores) -> bool,
) -> Verdict {
    let orders = subject.orders();
    let known = subject.models().rfm.zip(orders.last_at);
    let Some((thresholds, last)) = known else {
        return Verdict::fixed(false);
    };
    let days = drift::days_since(last, now);
    let answer = |days: i64| {
        let customer = Customer {
            recency_days: u64::try_from(days).unwrap_or(0),
            frequency: orders.count,
            monetary: orders.spend,
        };
        passes(thresholds, &thresholds.scores(&customer))
    };
    let matches = answer(days);
    // The score falls on the day that the threshold names.
    let flip = thresholds
        .recency_days
        .iter()
        .filter_map(|threshold| i64::try_from(*threshold).ok())
        .filter(|then| *then > days && answer(*then) != matches)
        .min()
        .and_then(|then| then.checked_mul(DAY_MILLIS))
        .and_then(|millis| last.millis().checked_add(millis));
    Verdict::until(matches, flip.map(Timestamp::from_millis))
}

/// A test of what BG/NBD says; absent without orders or parameters.
pub(crate) fn lifetime(
    measure: Measure,
    test: &Test,
    subject: &dyn Subject,
    cx: Context<'_>,
) -> Verdict {
    let Some((params, purchases)) = purchases(subject) else {
        return Verdict::fixed(false);
    };
    let value = params.measure(measure, &purchases, cx.now);
    let answer = |millionths: i64| passes(test, One::Number(Decimal::new(millionths, 6)), cx);
    let matches = answer(value);
    let below = |value: i64| {
        let limits = test.numbers().filter_map(|number| {
            let millionths = number.checked_mul(Decimal::from(1_000_000))?;
            millionths.floor().to_i64()
        });
        limits
            .flat_map(|floor| [floor, floor.saturating_sub(1)])
            .filter(|limit| (0..value).contains(limit) && answer(*limit) != matches)
            .max()
    };
    // Between the numbers that the test names its answer is the same, and the value only falls. It may fall past two of
    // them within the hour, so each fall is tried.
    let (mut at, mut limit) = (cx.now, below(value));
    let flip = loop {
        let Some(then) = limit.and_then(|limit| params.falls_to(measure, &purchases, at, limit))
        else {
            break None;
        };
        let value = params.measure(measure, &purchases, then);
        if answer(value) != matches {
            break Some(then);
        }
        (at, limit) = (then, below(value));
    };
    Verdict::until(matches, flip)
}

/// What such a field is, for people.
pub(crate) enum Told {
    Number(Decimal),
    Name(&'static str),
}

/// What `field` says now; `None` where it is absent.
pub(crate) fn value(field: &Field, subject: &dyn Subject, now: Timestamp) -> Option<Told> {
    if let Field::Lifetime(measure) = field {
        let (params, purchases) = purchases(subject)?;
        let millionths = params.measure(*measure, &purchases, now);
        return Some(Told::Number(Decimal::new(millionths, 6)));
    }
    let (scores, group) = scores(subject, now)?;
    Some(match field {
        Field::Rfm(RfmScore::Recency) => Told::Number(scores.r.into()),
        Field::Rfm(RfmScore::Frequency) => Told::Number(scores.f.into()),
        Field::Rfm(RfmScore::Monetary) => Told::Number(scores.m.into()),
        Field::ValueGroup => Told::Name(group.names().id),
        _ => return None,
    })
}

/// The three scores of RFM and the group that they make; `None` without orders or thresholds.
pub(crate) fn scores(subject: &dyn Subject, now: Timestamp) -> Option<(Scores, Group)> {
    let orders = subject.orders();
    let thresholds = subject.models().rfm?;
    let days = drift::days_since(orders.last_at?, now);
    let scores = thresholds.scores(&Customer {
        recency_days: u64::try_from(days).unwrap_or(0),
        frequency: orders.count,
        monetary: orders.spend,
    });
    Some((scores, Group::of(scores, thresholds)))
}

/// What BG/NBD asks, and of whom; `None` without orders or parameters.
pub(crate) fn purchases(subject: &dyn Subject) -> Option<(&Params, Purchases)> {
    let params = subject.models().lifetime?;
    let orders = subject.orders();
    let purchases = Purchases::new(subject.order_days(), orders.first_at?, orders.last_at?)?;
    Some((params, purchases))
}
