//! Tiers by a segment: from when until when each is held.
//!
//! Such a tier is held while the customer is in the segment, to the moment, and after that as the policy keeps tiers: the last day of the
//! shop on which they were in it is the last on which it was earned. With `one_step` the next lower tier follows, as if it had been
//! earned until then. Of tiers by points and tiers by a segment the one that stands higher in the programme is held.

use rapport_types::{Day, Timestamp, Zone};

use super::policy::{Downgrade, TierPolicy};
use super::stays::just_before;
use super::{Earned, Keeping, Meter, keeping, timeline};
use crate::account::Ledger;
use crate::program::Program;

/// A tier is held from a moment until before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) level: usize,
    pub(super) from: Timestamp,
    /// `None`: as long as the customer stays in the segment.
    pub(super) to: Option<Timestamp>,
    /// The day on which it ends, where days decide.
    lost: Option<i32>,
}

impl Span {
    pub(super) fn covers(&self, moment: Timestamp) -> bool {
        self.from <= moment && self.to.is_none_or(|to| moment < to)
    }
}

/// All of an account, those of each tier in their order.
pub(super) fn spans(ledger: &Ledger, program: &Program, zone: &Zone) -> Vec<Span> {
    let policy = program.tier_policy.unwrap_or_default();
    let mut spans = Vec::new();
    for (level, tier) in program.tiers.iter().enumerate() {
        let Some(segment) = &tier.segment else {
            continue;
        };
        for stay in ledger.stays.of(segment) {
            let left = stay.until;
            let kept = left.and_then(|left| kept(left, policy, zone));
            spans.push(Span {
                level,
                from: stay.from,
                to: kept.map(|(to, _)| to).or(left),
                lost: kept.map(|(_, day)| day),
            });
            if let Some((to, day)) = kept.filter(|_| policy.downgrade == Downgrade::OneStep) {
                step_down(&mut spans, level, (to, day), policy, zone);
            }
        }
    }
    spans
}

/// Until when a tier is kept of which the segment was left at `left`, and on which day it is lost; `None` where nothing is kept.
fn kept(left: Timestamp, policy: TierPolicy, zone: &Zone) -> Option<(Timestamp, i32)> {
    if policy.is_plain() {
        return None;
    }
    let last = zone.day_of(just_before(left)).number();
    let lost = policy.lost_on(last);
    Some((midnight(lost, zone)?, lost))
}

/// Each lower tier in its turn.
fn step_down(
    spans: &mut Vec<Span>,
    level: usize,
    (mut from, mut day): (Timestamp, i32),
    policy: TierPolicy,
    zone: &Zone,
) {
    for level in (0..level).rev() {
        let lost = policy.lost_on(day.saturating_sub(1));
        let Some(to) = midnight(lost, zone) else {
            return;
        };
        spans.push(Span {
            level,
            from,
            to: Some(to),
            lost: Some(lost),
        });
        (from, day) = (to, lost);
    }
}

fn midnight(day: i32, zone: &Zone) -> Option<Timestamp> {
    Some(zone.start_of(Day::from_number(day)?))
}

/// The highest tier that is held by a segment at `moment`.
pub(super) fn level_at(
    ledger: &Ledger,
    program: &Program,
    moment: Timestamp,
    zone: &Zone,
) -> Option<usize> {
    if ledger.stays.is_empty() {
        return None;
    }
    let spans = spans(ledger, program, zone);
    let held = spans.iter().filter(|span| span.covers(moment));
    held.map(|span| span.level).max()
}

/// What is earned by segments as well, where `measured` is what is by points, money or orders.
pub(super) fn with(
    measured: Earned,
    meter: Option<&Meter<'_>>,
    ledger: &Ledger,
    program: &Program,
    (now, zone): (Timestamp, &Zone),
) -> Earned {
    let spans = spans(ledger, program, zone);
    let held = spans.iter().filter(|span| span.covers(now));
    let by_segment = held.map(|span| span.level).max();
    let level = measured.level.max(by_segment);
    if spans.is_empty() || level.is_none() {
        return measured;
    }
    let own = measured.level == level;
    let since = timeline::since(meter, ledger, program, &spans, (now, zone));
    let mut earned = Earned {
        level,
        since: since.or(measured.since.filter(|_| own)),
        until: None,
        keep: None,
        grace_since: None,
    };
    // From one that holds the tier to the next, until nothing does.
    let mut until = now;
    let mut last: Option<Span> = None;
    if own {
        earned.keep.clone_from(&measured.keep);
        earned.grace_since = measured.grace_since;
        match measured.until {
            None => return earned,
            Some(end) => until = end,
        }
    }
    loop {
        let more = spans
            .iter()
            .filter(|span| Some(span.level) >= level && span.covers(until));
        // The one that lasts longest; without an end, the longest of all.
        let Some(next) = more.max_by_key(|span| span.to.unwrap_or(Timestamp::MAX)) else {
            break;
        };
        last = Some(*next);
        match next.to {
            Some(to) => until = to,
            None => break,
        }
    }
    let Some(last) = last else {
        earned.until = Some(until);
        return earned;
    };
    earned.until = last.to;
    earned.keep = keep_of(last, meter, program, (now, zone));
    let grace = program.tier_policy.unwrap_or_default().grace_days();
    earned.grace_since = last
        .lost
        .filter(|_| grace > 0)
        .and_then(|lost| midnight(lost.saturating_sub(grace), zone));
    earned
}

/// What keeps the tier that `span` holds last.
fn keep_of(
    span: Span,
    meter: Option<&Meter<'_>>,
    program: &Program,
    (now, zone): (Timestamp, &Zone),
) -> Option<Keeping> {
    let tier = program.tiers.get(span.level)?;
    if let Some(segment) = &tier.segment {
        let segment = Some(segment.clone());
        return Some(Keeping {
            missing: None,
            currency: None,
            segment,
            from: None,
            by: span.to,
        });
    }
    // A step down from a tier by a segment: to earn this one keeps it.
    let (lost, by) = span.lost.zip(span.to)?;
    let today = zone.day_of(now).number();
    let keep = keeping(meter?, program, tier, (today, lost), (now, by));
    keep.filter(|keep| keep.missing > Some(0))
}
