//! What other documents say about a customer: the points account, and the summary of their feedback.

use rapport_types::{Decimal, Timestamp};

use crate::drift::DAY_MILLIS;
use crate::evaluate::Context;
use crate::field::positive;
use crate::found::Found;
use crate::rule::Test;
use crate::verdict::Verdict;

/// Changes of a fact that are followed in search of the one that flips a test: an account has at most 512 open lots,
/// each of which begins, is about to end, and ends.
const MOST_CHANGES: usize = 1_600;
/// And for so long, ten years: a tier held by who is in the week of their birthday changes for ever.
const LONGEST_MILLIS: i64 = 3_653 * DAY_MILLIS;

/// Something that another document than the customer's says. Its name in rules stands in `fields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// `loyalty.tier`: text, the id of the tier that holds.
    LoyaltyTier,
    /// `loyalty.active`: number of points that can be spent.
    LoyaltyActive,
    /// `loyalty.pending`: number of points that are not active yet.
    LoyaltyPending,
    /// `loyalty.expiring_soon`: number of points that expire within 30 days.
    LoyaltyExpiringSoon,
    /// `loyalty.spent`: number of points spent, ever.
    LoyaltySpent,
    /// `loyalty.expired`: number of points expired, ever.
    LoyaltyExpired,
    /// `loyalty.earned`: number of points earned and not taken back, ever.
    LoyaltyEarned,
    /// `feedback.count`: number of records.
    FeedbackCount,
    /// `feedback.last_nps`: number, the latest answer from 0 to 10.
    FeedbackLastNps,
    /// `feedback.last_csat`: number, the latest answer from 1 to 5.
    FeedbackLastCsat,
    /// `feedback.last_ces`: number, the latest answer from 1 to 7.
    FeedbackLastCes,
    /// `feedback.open_cases`: number of records that are not resolved, closed or spam.
    FeedbackOpenCases,
    /// `feedback.last_at`: moment of the latest feedback.
    FeedbackLastAt,
}

/// A fact as of a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known<'a> {
    /// What it is; `None` is absence.
    pub value: Option<FactValue<'a>>,
    /// The earliest moment at which, with no new data, it may be something else; `None` if never.
    pub until: Option<Timestamp>,
}

/// What a fact is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FactValue<'a> {
    /// A name.
    Text(&'a str),
    /// A quantity.
    Number(Decimal),
    /// A moment.
    Moment(Timestamp),
}

impl<'a> Known<'a> {
    /// Nothing is known, now and ever.
    pub const ABSENT: Self = Self {
        value: None,
        until: None,
    };

    /// `value`, which time does not change.
    pub fn ever(value: FactValue<'a>) -> Self {
        Self {
            value: Some(value),
            until: None,
        }
    }

    fn found(self) -> Found<'a> {
        match self.value {
            None => Found::Absent,
            Some(FactValue::Text(text)) => Found::Text(text),
            Some(FactValue::Number(number)) => Found::Number(number),
            Some(FactValue::Moment(moment)) => Found::Moment(moment),
        }
    }
}

/// The answer of a test of a fact, of which `fact` says what it is at a moment.
pub(crate) fn verdict<'a>(
    test: &Test,
    fact: &dyn Fn(Timestamp) -> Known<'a>,
    cx: Context<'_>,
) -> Verdict {
    let mut known = fact(cx.now);
    let answer = positive(test, known.found(), cx);
    let mut verdict = answer;
    let mut at = cx.now;
    let far = cx.now.millis().saturating_add(LONGEST_MILLIS);
    for _ in 0..MOST_CHANGES {
        // The test may be about time itself, as that of a moment is.
        let until = known.until.filter(|until| *until > at);
        let Some(until) = until.filter(|until| verdict.next().is_none_or(|next| *until <= next))
        else {
            return Verdict {
                matches: answer.matches,
                ..verdict
            };
        };
        at = until;
        known = fact(at);
        verdict = positive(test, known.found(), Context { now: at, ..cx });
        if verdict.matches != answer.matches {
            return Verdict::until(answer.matches, Some(at));
        }
        if at.millis() > far {
            // Whether it flips then is not known; nobody is to look any further for it.
            return Verdict::until(answer.matches, Some(at));
        }
    }
    Verdict {
        exact: false,
        ..Verdict::until(answer.matches, Some(at))
    }
}
