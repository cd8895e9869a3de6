//! Fields that change with time alone: `rfm.recency_days` and `lifecycle`.
//!
//! Both go through known values in a known order, so the moment at which a test's answer flips is found
//! without trying every value between.

use rapport_types::{Decimal, Timestamp};

use crate::evaluate::Context;
use crate::field::passes;
use crate::found::One;
use crate::rule::{FieldTest, Test};
use crate::subject::Subject;
use crate::verdict::Verdict;

pub(crate) const DAY_MILLIS: i64 = 86_400_000;

/// Whole 24-hour days from `last` to `now`; 0 while `last` is yet to come.
pub(crate) fn days_since(last: Timestamp, now: Timestamp) -> i64 {
    let millis = now.millis_since(last).max(0);
    millis.checked_div(DAY_MILLIS).unwrap_or(0)
}

/// A test of the whole 24-hour days since the last order; absent without orders. 0 while the order is yet to come.
pub(crate) fn recency(test: &FieldTest, subject: &dyn Subject, cx: Context<'_>) -> Verdict {
    let Some(last) = subject.orders().last_at else {
        return Verdict::fixed(false);
    };
    let days = days_since(last, cx.now);
    let answer = |days: i64| passes(&test.test, One::Number(Decimal::from(days)), cx);
    let matches = answer(days);
    let flip = test
        .turns
        .iter()
        .copied()
        .find(|then| *then > days && answer(*then) != matches)
        .and_then(|then| then.checked_mul(DAY_MILLIS))
        .and_then(|millis| last.millis().checked_add(millis));
    Verdict::until(matches, flip.map(Timestamp::from_millis))
}

/// A test of the name of the stage of the customer's life.
pub(crate) fn lifecycle(test: &Test, subject: &dyn Subject, cx: Context<'_>) -> Verdict {
    let (orders, bounds) = (subject.orders(), subject.lifecycle_bounds());
    let (stage, mut next) = bounds.stage(&orders, cx.now);
    let matches = passes(test, One::Text(stage.name()), cx);
    // At most three stages follow one another without an order.
    while let Some(then) = next {
        let (stage, later) = bounds.stage(&orders, then);
        if passes(test, One::Text(stage.name()), cx) != matches {
            break;
        }
        next = later.filter(|later| *later > then);
    }
    Verdict::until(matches, next)
}
