//! Since when a subject has matched.

use rapport_types::{Timestamp, Zone};

use crate::{Outcome, Rule, Subject, evaluate};

/// Flips that are followed one by one; beyond that `since` is not exact, and the answer says so.
const MOST_STEPS: usize = 1_000;

/// Whether a subject is in a segment, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Whether it matches now.
    pub matches: bool,
    /// When it began to match; `None` where it does not.
    pub since: Option<Timestamp>,
    /// When it ceased to match; `None` where it matches, or did not before.
    pub left_at: Option<Timestamp>,
    /// The earliest moment at which, with no new data, `matches` may change.
    pub next_change_at: Option<Timestamp>,
    /// False where the rule reaches beyond kept events, or there were too many flips to follow.
    pub complete: bool,
}

/// Since when `subject` has matched `rule`, given that neither has changed since `changed_at` and that just
/// before then it had matched since `member_since` (`None` where it had not).
///
/// What time alone flipped between `changed_at` and `now` is followed flip by flip, so the answer
/// is exact however seldom it is asked for.
pub fn since(
    rule: &Rule,
    subject: &dyn Subject,
    changed_at: Timestamp,
    member_since: Option<Timestamp>,
    now: Timestamp,
    zone: &Zone,
) -> Membership {
    let ask = &mut |now| evaluate(rule, subject, now, zone);
    follow(ask, changed_at, member_since, now)
}

/// The same, where `ask` says what the rule answers about the subject at a moment.
pub(crate) fn follow(
    ask: &mut dyn FnMut(Timestamp) -> Outcome,
    changed_at: Timestamp,
    member_since: Option<Timestamp>,
    now: Timestamp,
) -> Membership {
    let mut at = changed_at.min(now);
    let mut outcome = ask(at);
    let mut since = outcome.matches.then(|| member_since.unwrap_or(at));
    let mut left_at = member_since.filter(|_| !outcome.matches).map(|_| at);
    let mut steps: usize = 0;
    let mut followed = true;
    while let Some(then) = outcome.next_change_at.filter(|then| *then <= now) {
        steps = steps.saturating_add(1);
        followed = steps <= MOST_STEPS;
        at = if followed { then } else { now };
        let later = ask(at);
        if later.matches != outcome.matches {
            since = later.matches.then_some(at);
            left_at = (!later.matches).then_some(at);
        }
        outcome = later;
        if !followed {
            break;
        }
    }
    if !outcome.complete && at < now {
        // What was out of reach then may be within it now.
        outcome.complete = ask(now).complete;
    }
    Membership {
        matches: outcome.matches,
        since,
        left_at,
        next_change_at: outcome.next_change_at,
        complete: outcome.complete && followed,
    }
}
